-- What derived.py works with: a small taxonomy, events that bait a tick to a place, triggers that make it wait there, and
-- the check that what is derived says what the log says.
create extension telemetry;
select telemetry.register_event(n, '{"promoted_properties": ["page"]}') from unnest('{opened,viewed,bought}'::text[]) n \g /dev/null
create schema derived;

-- --- events --------------------------------------------------------------------------------------

-- 0 is the large tenant: more users than fit into one band.
create function derived.tenant(number integer)
returns uuid
language sql immutable
begin atomic
    select format('00000000-0000-4000-8000-%s', lpad(number::text, 12, '0'))::uuid;
end;

create function derived.user_id(number integer)
returns uuid
language sql immutable
begin atomic
    select md5(format('user %s', number))::uuid;
end;

-- Any event: of tenant 1 to 3, one in eight without a user; `past`: of the last three days, for import_events().
create function derived.event(writer text, batch integer, element integer, users integer, past boolean)
returns jsonb
language sql volatile
begin atomic
    select jsonb_strip_nulls(jsonb_build_object(
        'event_name', ('{opened,viewed,bought}'::text[])[1 + floor(random() * 3)::integer],
        'tenant_id', derived.tenant(1 + element % 3),
        'user_id', case when random() < 0.875 then derived.user_id(floor(random() * users)::integer) end,
        'source', ('{web,import}'::text[])[floor(random() * 3)::integer],
        'event_ts', case when past then clock_timestamp() - random() * interval '3 days' end,
        'sample_rate', case when past and random() < 0.2 then 0.25 end,
        'payload', jsonb_build_object('page', 'page ' || floor(random() * 5)::integer, 'writer', writer, 'batch', batch)));
end;

create function derived.batch(writer text, batch integer, events integer, users integer, past boolean)
returns jsonb
language sql volatile
begin atomic
    select jsonb_agg(derived.event(writer, batch, n, users, past)) from generate_series(1, events) n;
end;

-- What brings a tick to every place: users and hours that are new, some that are not, three tenants, nobody, the large
-- tenant; `stranger`: a tenant that is new.
create function derived.bait(stranger boolean)
returns jsonb
language sql volatile
begin atomic
    select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
               'event_name', e.name, 'tenant_id', e.tenant, 'user_id', e.user_id, 'event_ts', e.at,
               'payload', jsonb_build_object('page', 'bait', 'writer', 'bait', 'batch', 1))))
      from (select ('{opened,viewed,bought}'::text[])[1 + n % 3], derived.tenant(1), gen_random_uuid(), clock_timestamp() - random() * interval '3 days'
              from generate_series(1, 8) n
            union all
            select 'viewed', derived.tenant(n % 4), derived.user_id(n), clock_timestamp()
              from generate_series(0, 7) n
            union all
            select 'opened', derived.tenant(3), null, clock_timestamp()
            union all
            select 'opened', gen_random_uuid(), gen_random_uuid(), clock_timestamp() where stranger) e (name, tenant, user_id, at);
end;

-- What the writers had as an answer: stored, nothing (rolled back), unknown (the connection was lost).
create table derived.sent (writer text, batch integer, events integer, outcome text);

-- --- places --------------------------------------------------------------------------------------

create table derived.gate (is_open boolean not null);
insert into derived.gate values (false);

-- Waits at a place until the gate opens, where the session asked for that (derived.place, at its derived.nth passing).
create function derived.reach(place text)
returns void
language plpgsql
as $$
declare
    passed integer;
begin
    if current_setting('derived.place', true) is distinct from reach.place then
        return;
    end if;
    passed := coalesce(nullif(current_setting('derived.passed', true), ''), '0')::integer + 1;
    perform set_config('derived.passed', passed::text, coalesce(current_setting('derived.across', true), '') = '');
    if passed = current_setting('derived.nth')::integer then
        loop
            exit when (select g.is_open from derived.gate g);
            perform pg_sleep(0.005);
        end loop;
    end if;
end
$$;

-- Places have the names of their triggers: "before insert timeline_chunks", with what makes a difference.
create function derived.stop()
returns trigger
language plpgsql
as $$
declare
    place text := lower(coalesce(tg_argv[0], tg_when)) || ' ' || lower(tg_op) || ' ' || tg_table_name;
begin
    if tg_level = 'STATEMENT' then
        place := place || ' statement';
    elsif tg_table_name = 'cursor_positions' then
        place := place || ' ' || new.consumer || case when new.position <> old.position then ' moves' else ' looks' end;
    elsif tg_table_name = 'timeline_chunks' and tg_op = 'DELETE' then
        perform set_config('derived.merging', 'on', true);
    elsif tg_table_name = 'timeline_chunks' and current_setting('derived.merging', true) = 'on' then
        place := place || ' merged';
    end if;
    perform derived.reach(place);
    return case when tg_op = 'DELETE' then old else new end;
end
$$;

create function derived.stop_command()
returns event_trigger
language plpgsql
as $$
begin
    perform derived.reach(lower(tg_event || ' ' || tg_tag));
end
$$;

create function derived.set_stops()
returns void
language plpgsql
as $$
declare
    target text;
begin
    for target in select unnest('{cursor_positions,hourly_counts,timeline_tenants,timeline_actors,timeline_chunks}'::text[]) loop
        execute format('create trigger stop_before before insert or update or delete on telemetry.%I for each row execute function derived.stop()', target);
        execute format('create trigger stop_after after insert or update or delete on telemetry.%I for each row execute function derived.stop()', target);
        execute format('create trigger stop_statement after insert or update or delete on telemetry.%I for each statement execute function derived.stop()', target);
        execute format('create constraint trigger stop_at_commit after insert or update or delete on telemetry.%I deferrable initially deferred for each row execute function derived.stop(''commit'')', target);
    end loop;
    create event trigger stop_command_start on ddl_command_start when tag in ('CREATE TABLE', 'ALTER TABLE') execute function derived.stop_command();
    create event trigger stop_command_end on ddl_command_end when tag in ('CREATE TABLE', 'ALTER TABLE') execute function derived.stop_command();
end
$$;

-- --- checks --------------------------------------------------------------------------------------

-- Questions that are answered from the timeline, the hourly counts, and by users' numbers.
create function derived.answers(asked uuid)
returns table (question text, answer text)
language sql stable
as $$
    select 'event_volume by hour', string_agg(v::text, ' ' order by v.bucket, v.event_name) from telemetry.event_volume(grain => 'hour', tenant => asked) v
    union all
    select 'event_volume of a range that cuts an hour', string_agg(v::text, ' ' order by v.bucket, v.event_name)
      from telemetry.event_volume(since => date_trunc('hour', now()) - interval '2 days 17 minutes', grain => 'day', tenant => asked) v
    union all
    select 'event_volume with a filter', string_agg(v::text, ' ' order by v.bucket, v.event_name)
      from telemetry.event_volume(grain => 'day', tenant => asked, filter => '{"page": "page 1"}') v
    union all
    select 'active_users', string_agg(v::text, ' ' order by v.bucket) from telemetry.active_users(grain => 'day', tenant => asked) v
    union all
    select 'active_users_actors', count(*) || ' ' || md5(string_agg(v::text, ' ' order by v.bucket, v.tenant_id, v.actor_id))
      from telemetry.active_users_actors(grain => 'day', tenant => asked) v
    union all
    select 'funnel', string_agg(v::text, ' ' order by v.breakdown_value, v.step)
      from telemetry.funnel('["opened", "viewed", "bought"]', interval '1 day', breakdown => 'page', tenant => asked) v
    union all
    select 'funnel_actors', count(*) || ' ' || md5(string_agg(v::text, ' ' order by v.tenant_id, v.actor_id))
      from telemetry.funnel_actors('["opened", "bought"]', interval '6 hours', tenant => asked) v
    union all
    select 'retention', string_agg(v::text, ' ' order by v.cohort, v.period)
      from telemetry.retention('opened', 'bought', grain => 'day', periods => 3, tenant => asked) v
$$;

create function derived.raw_answers(asked uuid)
returns table (question text, answer text)
language sql stable
set telemetry.kpi_source = raw
as $$
    select a.question, a.answer from derived.answers(asked) a
$$;

-- Whatever is lost or double in the snapshot of the calling statement: no row where all is well.
create function derived.sums()
returns table (problem text)
language sql stable
as $$
    select format('timeline of %s: %s events, the log has %s', tenant_id, t.events, l.events)
      from (select c.tenant_id, sum(c.events) as events from telemetry.timeline_chunks c group by 1) t
      full join (select e.tenant_id, count(*) as events from telemetry.events e
                  where e.ingest_id <= (select c.position from telemetry.cursor_positions c where c.consumer = 'timeline')
                  group by 1) l using (tenant_id)
     where t.events is distinct from l.events
    union all
    select format('hourly counts of %s %s %s %s %s: %s, the log has %s', tenant_id, hour, event_name, source, sample_rate, h.events, l.events)
      from telemetry.hourly_counts h
      full join (select e.tenant_id, date_trunc('hour', e.event_ts, 'UTC') as hour, e.event_name, coalesce(e.source, '') as source,
                        coalesce(e.sample_rate, 1) as sample_rate, count(*) as events
                   from telemetry.events e
                  where e.ingest_id <= (select c.position from telemetry.cursor_positions c where c.consumer = 'hourly_counts')
                  group by 1, 2, 3, 4, 5) l using (tenant_id, hour, event_name, source, sample_rate)
     where h.events is distinct from l.events
    union all
    select format('chunk %s holds ids up to %s, the cursor is at %s', k.chunk_id, k.last_ingest_id, c.position)
      from telemetry.timeline_chunks k, telemetry.cursor_positions c
     where c.consumer = 'timeline' and k.last_ingest_id > c.position
$$;

-- Users have numbers from 0, without a gap, each one.
create function derived.wrong_numbers()
returns table (problem text)
language sql stable
as $$
    select format('users of %s: %s numbers given, %s to %s are used, by %s users', t.tenant_id, t.actors, a.first, a.last, a.users)
      from telemetry.timeline_tenants t
      full join (select tenant_id, count(*) as users, min(actor_number) as first, max(actor_number) as last from telemetry.timeline_actors group by 1) a using (tenant_id)
     where (t.actors, 0, t.actors - 1) is distinct from (a.users::integer, a.first, a.last)
       and t.actors is distinct from 0
    union all
    select format('user %s of %s has no number', e.user_id, e.tenant_id)
      from (select distinct e.tenant_id, e.user_id from telemetry.events e
             where e.user_id is not null and e.ingest_id <= (select c.position from telemetry.cursor_positions c where c.consumer = 'timeline')) e
      left join telemetry.timeline_actors a using (tenant_id, user_id)
     where a.actor_number is null
$$;

-- The same for what questions are answered; the volume also beside SQL of its own.
create function derived.wrong_answers(asked uuid)
returns table (problem text)
language sql stable
as $$
    select format('%s of %s: %s; from raw rows: %s', question, coalesce(asked::text, 'all'), left(a.answer, 300), left(r.answer, 300))
      from derived.answers(asked) a
      full join derived.raw_answers(asked) r using (question)
     where a.answer is distinct from r.answer
    union all
    select format('volume of %s %s: %s, SQL says %s', v.bucket, v.event_name, v.events, l.events)
      from telemetry.event_volume(grain => 'hour', tenant => asked) v
      full join (select date_trunc('hour', e.event_ts, 'UTC') as bucket, e.event_name,
                        count(*) filter (where e.sample_rate is null) + round(coalesce(sum(1 / e.sample_rate), 0))::bigint as events
                   from telemetry.events e
                  where asked is null or e.tenant_id = asked
                  group by 1, 2) l using (bucket, event_name)
     where v.events is distinct from l.events and (v.events, l.events) is distinct from (0, null)
$$;
