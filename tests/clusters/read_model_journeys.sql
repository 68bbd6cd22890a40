-- What KPIs must answer where each journey counts, or where events must have the same value of a key, in plain SQL; see
-- read_model_naive.sql.

-- The values that an event has of these keys; null: not of all of them.
create function matched(payload jsonb, match text[]) returns text[] language sql immutable as $$
    select case when array_position(v, null) is null then v end from (select array(select payload ->> k from unnest(match) with ordinality m (k, n) order by n) as v) x
$$;

-- The journeys of one actor: the best chain between two times that begins by `last`, and those before and after it. The
-- chains are all that there are, each with how deep it is, when it begins and when it ends.
create function journeys(chains jsonb, steps integer, within interval, entry text, since timestamptz, until timestamptz, last timestamptz)
returns table (depth integer, began timestamptz, ended timestamptz)
language plpgsql stable as $$
#variable_conflict use_column
declare
    best record;
    over timestamptz;
begin
    with c as (select x.* from jsonb_to_recordset(chains) x (depth integer, began timestamptz, ended timestamptz) where x.began > since and x.ended < until)
    select c.* into best from c
     where c.began <= last and (coalesce(entry, 'latest') = 'latest' or c.began = (select min(f.began) from c f))
     order by c.depth desc, c.ended, c.began desc limit 1;
    if not found then
        return;
    end if;
    over := case when best.depth = steps then best.ended else best.began + within end;
    return query select * from model.journeys(chains, steps, within, entry, since, best.began, least(last, best.began - within - interval '1 microsecond'));
    return query select best.depth, best.began, best.ended;
    return query select * from model.journeys(chains, steps, within, entry, greatest(since, over), until, last);
end
$$;

-- From each first event to the next one, by whoever had it and by the values of the keys that match.
create function time_between_actors(
    first_event text default null, next_event text default null, since timestamptz default null, until timestamptz default null, grain text default null, within interval default null, match text[] default null,
    tz text default null, week_start text default null, tenant uuid default null, filter jsonb default null)
returns table (bucket timestamptz, tenant_id uuid, actor_id uuid, event_at timestamptz, next_at timestamptz, seconds double precision)
language sql stable as $$
    with e as materialized (
            select x.*, model.matched(x.payload, match) as of_keys from model.seen(null, null, null, tenant, filter) x where x.user_id is not null and model.matched(x.payload, match) is not null),
         f as (
            select e.*, (select n.event_ts from e n
                          where (n.tenant_id, n.user_id, n.of_keys) = (e.tenant_id, e.user_id, e.of_keys) and (next_event is null or n.event_name = next_event)
                            and (n.event_ts, n.ingest_id) > (e.event_ts, e.ingest_id) order by n.event_ts, n.ingest_id limit 1) as next_ts
              from e where (first_event is null or e.event_name = first_event) and (since is null or e.event_ts >= since) and (until is null or e.event_ts < until)),
         g as (select f.*, case when within is null or f.next_ts - f.event_ts <= within then f.next_ts end as next_at from f)
    select case when grain is not null then model.begins(model.label(g.event_ts, grain, z.z), case grain when 'hour' then 'UTC' else z.z end) end, g.tenant_id, g.user_id, g.event_ts, g.next_at, extract(epoch from g.next_at - g.event_ts)::double precision
      from g, (select coalesce(tz, current_setting('TimeZone')) as z) z
$$;
