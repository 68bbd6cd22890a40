-- What each KPI must answer, in plain SQL over the rows that the caller sees; the arguments have the names of the KPI's
-- own. Nothing of the extension is called. Read in this order: members, seen, label, buckets, then a KPI each.

-- Who is in a cohort of read_model.sql.
create function members(cohort text)
returns table (tenant_id uuid, user_id uuid)
language sql stable as $$
    select e.tenant_id, e.user_id from telemetry.events e
     where e.user_id is not null
       and (cohort = 'payers' and e.event_name = 'pay' or cohort = 'often' and e.event_name in ('open', 'view') or cohort = 'pros' and e.event_name = 'open' and e.payload @> '{"plan": "pro"}')
     group by 1, 2
    having cohort <> 'often' or count(*) between 3 and 8
     union all
    select l.tenant_id, l.user_id from model.listed l where cohort = 'listed' and l.tenant_id is not null
     union all
    select t.tenant_id, l.user_id from (select distinct e.tenant_id from telemetry.events e) t, model.listed l where cohort = 'anywhere'
$$;

create function seen(names text[], since timestamptz, until timestamptz, tenant uuid, filter jsonb)
returns setof telemetry.events
language sql stable as $$
    select e.* from telemetry.events e
     where (names is null or e.event_name = any (names)) and (since is null or e.event_ts >= since) and (until is null or e.event_ts < until)
       and (tenant is null or e.tenant_id = tenant) and (filter is null or e.payload @> (filter - '{$cohort,$not_cohort}'::text[]))
       and (filter ->> '$cohort' is null or (e.tenant_id, e.user_id) in (select m.tenant_id, m.user_id from model.members(filter ->> '$cohort') m))
       and (filter ->> '$not_cohort' is null or e.user_id is null or (e.tenant_id, e.user_id) not in (select m.tenant_id, m.user_id from model.members(filter ->> '$not_cohort') m))
$$;

create function actor_of(e telemetry.events, actor text)
returns uuid
language sql immutable as $$
    select case actor when 'tenant' then e.tenant_id when 'session' then e.session_id when 'subject' then e.subject_id else e.user_id end
$$;

-- Which local hour, day, ... a moment lies in; of hours the start, as the clock of UTC shows it: a local hour may come twice.
create function label(at_time timestamptz, grain text, tz text, first_day integer default 0)
returns timestamp
language sql stable as $$
    select case grain
        when 'hour' then date_trunc('hour', at_time, tz) at time zone 'UTC'
        when 'week' then date_trunc('week', (at_time at time zone tz) - make_interval(days => first_day)) + make_interval(days => first_day)
        else date_trunc(grain, at_time at time zone tz)
    end
$$;

-- The first moment at which clocks show it, or would if they did not skip it.
create function begins(label timestamp, tz text)
returns timestamptz
language sql stable as $$
    select case when (t - interval '1 microsecond') at time zone tz >= label then t - interval '1 microsecond' - ((t - interval '1 microsecond') at time zone tz - label) else t end
      from (select label at time zone tz) x (t)
$$;

create function buckets(since timestamptz, until timestamptz, grain text, tz text, first_day integer, first_event timestamptz, last_event timestamptz)
returns table (place integer, label timestamp, bucket timestamptz, next_bucket timestamptz, is_complete boolean)
language sql stable as $$
    select (row_number() over (order by b.label))::integer - 1, b.label, b.bucket, b.next_bucket,
           b.next_bucket <= now() and (since is null or b.bucket >= since) and (until is null or b.next_bucket <= until)
      from (select s.label, model.begins(s.label, z.of_label) as bucket, model.begins(s.label + z.step, z.of_label) as next_bucket
              from (select case grain when 'hour' then 'UTC' else tz end as of_label, case grain when 'quarter' then '3 months' else '1 ' || grain end::interval as step) z,
                   generate_series(model.label(coalesce(since, first_event), grain, tz, first_day),
                                   model.label(coalesce(until - interval '1 microsecond', greatest(last_event, now())), grain, tz, first_day), z.step) s (label)) b
$$;

-- How many events so many stored ones stand for.
create function weighed(events telemetry.events[])
returns double precision
language sql stable as $$
    select coalesce(sum(n / rate::text::double precision), 0)
      from (select coalesce(e.sample_rate, 1) as rate, count(*) as n from unnest(events) e group by 1) r
$$;

create function event_volume(since timestamptz default null, until timestamptz default null, grain text default null, events text[] default null, tz text default null, tenant uuid default null, filter jsonb default null)
returns table (bucket timestamptz, event_name text, events double precision, is_complete boolean)
language sql stable as $$
    with asked as (select coalesce(grain, 'day') as g, coalesce(tz, current_setting('TimeZone')) as z),
         e as materialized (select x.* from model.seen(event_volume.events, since, until, tenant, filter) x),
         b as (select b.* from asked, (select min(event_ts) as first, max(event_ts) as last from e) s, model.buckets(since, until, g, z, 0, s.first, s.last) b),
         of_label as (select model.label(e.event_ts, g, z) as label, e.event_name, model.weighed(array_agg(e::telemetry.events)) as n from asked, e group by 1, 2),
         names as (select distinct e.event_name from e union select n from unnest(event_volume.events) n where n is not null)
    select b.bucket, n.event_name, coalesce(o.n, 0), b.is_complete
      from b
      left join names n on true
      left join of_label o on o.label = b.label and o.event_name = n.event_name
$$;

create function active_users(since timestamptz default null, until timestamptz default null, grain text default null, rolling_days integer default null, events text[] default null, actor text default null, tz text default null, tenant uuid default null, filter jsonb default null)
returns table (bucket timestamptz, actors bigint, is_complete boolean)
language sql stable as $$
    select b.bucket, count(a.actor_id), b.is_complete
      from model.active_users_asked(since, until, grain, rolling_days, events, actor, tz, tenant, filter) b
      left join model.active_users_actors(since, until, grain, rolling_days, events, actor, tz, tenant, filter) a on a.bucket = b.bucket
     group by b.bucket, b.is_complete
$$;

-- Days before `since` count for a rolling window, those that it is shown at do not begin before.
create function active_users_asked(since timestamptz, until timestamptz, grain text, rolling_days integer, events text[], actor text, tz text, tenant uuid, filter jsonb)
returns table (read_since timestamptz, label timestamp, bucket timestamptz, is_complete boolean)
language sql stable as $$
    with asked as (select coalesce(grain, 'day') as g, coalesce(tz, current_setting('TimeZone')) as z),
         days as (select case when rolling_days is null then since else model.begins(model.label(since, g, z), z) end as shown_since,
                         case when rolling_days is null then since else model.begins(model.label(since, g, z) - make_interval(days => rolling_days - 1), z) end as read_since
                    from asked)
    select days.read_since, b.label, b.bucket, b.is_complete
      from asked, days,
           lateral (select min(event_ts) as first, max(event_ts) as last from model.seen(events, days.read_since, until, tenant, filter) e where model.actor_of(e, actor) is not null) s,
           model.buckets(days.shown_since, until, g, z, 0, s.first, s.last) b
$$;

create function active_users_actors(since timestamptz default null, until timestamptz default null, grain text default null, rolling_days integer default null, events text[] default null, actor text default null, tz text default null, tenant uuid default null, filter jsonb default null)
returns table (bucket timestamptz, tenant_id uuid, actor_id uuid)
language sql stable as $$
    with b as materialized (select * from model.active_users_asked(since, until, grain, rolling_days, events, actor, tz, tenant, filter)),
         e as materialized (select distinct e.tenant_id, model.actor_of(e, actor) as actor_id, model.label(e.event_ts, coalesce(grain, 'day'), coalesce(tz, current_setting('TimeZone'))) as label
                              from (select distinct read_since from b) r, model.seen(events, r.read_since, until, tenant, filter) e
                             where model.actor_of(e, actor) is not null)
    select distinct b.bucket, e.tenant_id, e.actor_id
      from b join e on e.label <= b.label and e.label > b.label - make_interval(days => coalesce(rolling_days, 1)) and (rolling_days is not null or e.label = b.label)
$$;

create function event_ratio(numerator text default null, denominator text default null, since timestamptz default null, until timestamptz default null, grain text default null, tz text default null, tenant uuid default null, filter jsonb default null)
returns table (bucket timestamptz, numerator double precision, denominator double precision, ratio double precision, is_complete boolean)
language sql stable as $$
    with asked as (select coalesce(grain, 'day') as g, coalesce(tz, current_setting('TimeZone')) as z),
         e as materialized (select x.* from model.seen(null, since, until, tenant, filter) x
                             where event_ratio.numerator is null or event_ratio.denominator is null or x.event_name in (event_ratio.numerator, event_ratio.denominator)),
         b as (select b.* from asked, (select min(event_ts) as first, max(event_ts) as last from e) s, model.buckets(since, until, g, z, 0, s.first, s.last) b),
         of_label as (select model.label(e.event_ts, g, z) as label,
                             model.weighed(array_agg(e::telemetry.events) filter (where event_ratio.numerator is null or e.event_name = event_ratio.numerator)) as n,
                             model.weighed(array_agg(e::telemetry.events) filter (where event_ratio.denominator is null or e.event_name = event_ratio.denominator)) as d
                        from asked, e group by 1)
    select b.bucket, coalesce(o.n, 0), coalesce(o.d, 0), o.n / nullif(o.d, 0)::double precision, b.is_complete
      from b left join of_label o using (label)
$$;

create function actor_ratio_actors(numerator text default null, denominator text default null, since timestamptz default null, until timestamptz default null, grain text default null, actor text default null, tz text default null, tenant uuid default null, filter jsonb default null)
returns table (label timestamp, tenant_id uuid, actor_id uuid, is_in_numerator boolean)
language sql stable as $$
    select model.label(e.event_ts, coalesce(grain, 'day'), coalesce(tz, current_setting('TimeZone'))), e.tenant_id, model.actor_of(e, actor), bool_or(numerator is null or e.event_name = numerator)
      from model.seen(null, since, until, tenant, filter) e
     where model.actor_of(e, actor) is not null
     group by 1, 2, 3
    having bool_or(denominator is null or e.event_name = denominator)
$$;

create function actor_ratio(numerator text default null, denominator text default null, since timestamptz default null, until timestamptz default null, grain text default null, actor text default null, tz text default null, tenant uuid default null, filter jsonb default null)
returns table (bucket timestamptz, numerator bigint, denominator bigint, ratio double precision, is_complete boolean)
language sql stable as $$
    with asked as (select coalesce(grain, 'day') as g, coalesce(tz, current_setting('TimeZone')) as z),
         s as (select min(event_ts) as first, max(event_ts) as last from model.seen(null, since, until, tenant, filter) x
                where model.actor_of(x, actor) is not null and (actor_ratio.numerator is null or actor_ratio.denominator is null or x.event_name in (actor_ratio.numerator, actor_ratio.denominator)))
    select b.bucket, count(*) filter (where a.is_in_numerator), count(a), count(*) filter (where a.is_in_numerator) / nullif(count(a), 0)::double precision, b.is_complete
      from asked, s, model.buckets(since, until, g, z, 0, s.first, s.last) b
      left join model.actor_ratio_actors(actor_ratio.numerator, actor_ratio.denominator, since, until, grain, actor, tz, tenant, filter) a using (label)
     group by b.bucket, b.is_complete
$$;

create function retention(
    start_event text default null, return_event text default null, since timestamptz default null, until timestamptz default null, grain text default null, periods integer default null, kind text default null, mode text default null,
    rolling boolean default null, min_occurrences integer default null, show text default null, actor text default null, tz text default null, week_start text default null, tenant uuid default null, filter jsonb default null)
returns table (cohort timestamptz, cohort_size bigint, period integer, actors bigint, rate double precision, is_complete boolean)
language sql stable as $$
    with asked as (select coalesce(grain, 'day') as g, coalesce(tz, current_setting('TimeZone')) as z, coalesce(kind, 'recurring') as kind, coalesce(mode, 'on') as mode,
                          coalesce(array_position('{monday,tuesday,wednesday,thursday,friday,saturday,sunday}'::text[], week_start), 1) - 1 as first_day,
                          case when rolling then case grain when 'hour' then interval '1 hour' when 'week' then interval '168 hours' when 'month' then interval '720 hours' else interval '24 hours' end end as width),
         e as materialized (
            select x.tenant_id, model.actor_of(x, actor) as actor_id, x.event_ts, x.ingest_id, since is null or x.event_ts >= since as is_in_range, (filter is null or x.payload @> (filter - '{$cohort,$not_cohort}'::text[]))
       and (filter ->> '$cohort' is null or (x.tenant_id, x.user_id) in (select m.tenant_id, m.user_id from model.members(filter ->> '$cohort') m))
       and (filter ->> '$not_cohort' is null or x.user_id is null or (x.tenant_id, x.user_id) not in (select m.tenant_id, m.user_id from model.members(filter ->> '$not_cohort') m)) as passes,
                   start_event is null or x.event_name = start_event as is_start, return_event is null or x.event_name = return_event as is_return
              from asked, model.seen(null, case asked.kind when 'recurring' then since end, until, tenant, null) x
             where model.actor_of(x, actor) is not null),
         b as materialized (
            select b.* from asked,
                   -- The time of an event of the start's name counts for the range of first_ever also where it does not pass.
                   (select min(event_ts) as first, max(event_ts) as last from asked, e where (is_start or is_return) and passes or asked.kind = 'first_ever' and is_start) s,
                   model.buckets(since, until, g, z, first_day, s.first, s.last) b),
         -- From which distance to which a period of the answer reaches.
         shape as (
            select k, k as distance, k + 1 as until_distance from asked, generate_series(0, (select count(*) from b)::integer) k where asked.mode not like 'brackets%'
            union all
            select 0, 0, 1 from asked where asked.mode like 'brackets%'
            union all
            select n::integer, 1 + (sum(w.width) over (order by n) - w.width)::integer, 1 + (sum(w.width) over (order by n))::integer
              from asked, lateral (select trim(width)::integer as width, n from unnest(string_to_array(substr(asked.mode, 10), ',')) with ordinality w (width, n) where asked.mode like 'brackets%') w),
         first_start as (
            select distinct on (tenant_id, actor_id) e.* from asked, e
             where is_start and (passes or asked.kind = 'first_ever') order by tenant_id, actor_id, event_ts, ingest_id),
         member as materialized (
            select e.tenant_id, e.actor_id, b.place, min(e.event_ts) as began
              from asked, e, b where asked.kind = 'recurring' and is_start and passes and b.label = model.label(e.event_ts, g, z, first_day) group by 1, 2, 3
            union all
            select f.tenant_id, f.actor_id, b.place, f.event_ts
              from asked, first_start f, b where asked.kind <> 'recurring' and f.passes and f.is_in_range and b.label = model.label(f.event_ts, g, z, first_day)),
         returned as materialized (
            select m.tenant_id, m.actor_id, m.place, r.distance, count(*) as times
              from asked, member m
              join (select e.*, b.place as return_place from asked, e, b where is_return and passes and is_in_range and b.label = model.label(e.event_ts, g, z, first_day)) e using (tenant_id, actor_id),
                   lateral (select case when asked.width is null then e.return_place - m.place
                                        when e.event_ts >= m.began then floor(extract(epoch from e.event_ts - m.began) / extract(epoch from asked.width))::integer end as distance) r
             where r.distance > 0
             group by 1, 2, 3, 4),
         came as (
            select r.tenant_id, r.actor_id, r.place, s.k from returned r, shape s where s.k > 0 and r.distance >= s.distance and r.distance < s.until_distance
             group by 1, 2, 3, 4 having sum(r.times) >= coalesce(min_occurrences, 1)),
         counted as (
            select place, k, count(*) as actors from came, asked where asked.mode <> 'on_or_after' group by 1, 2
            union all
            select c.place, s.k, count(*) from (select tenant_id, actor_id, place, max(k) as last from came group by 1, 2, 3) c, shape s, asked where asked.mode = 'on_or_after' and s.k between 1 and c.last group by 1, 2
            union all
            select place, 0, count(*) from member group by 1),
         size as (select place, count(*) as actors from member group by 1),
         cell as (
            select b.bucket, coalesce(z.actors, 0) as cohort_size, s.k,
                   case when case when asked.width is null then (select l.bucket from b l where l.place = b.place + s.distance) else b.bucket + s.distance * asked.width end <= now() then coalesce(c.actors, 0) end as actors, (since is null or b.bucket >= since) as is_whole,
                   greatest(b.next_bucket, case when s.k > 0 then coalesce(case when asked.width is null then (select l.next_bucket from b l where l.place = b.place + s.until_distance - 1)
                                                                                 else b.next_bucket + s.until_distance * asked.width end, 'infinity') end) as over_at
              from asked, b
              join shape s on s.distance < (select count(*) from b) - b.place and (periods is null or s.k <= periods)
              left join size z on z.place = b.place
              left join counted c on c.place = b.place and c.k = s.k),
         over_cell as (select cell.*, is_whole and over_at <= least(until, now()) as is_over, is_whole and over_at < 'infinity' and over_at <= coalesce(until, 'infinity') as will_be_over from cell)
    select o.bucket, o.cohort_size, o.k, o.actors, o.actors / nullif(o.cohort_size, 0)::double precision, o.is_over
      from over_cell o where coalesce(show, 'cohorts') <> 'mean'
    union all
    select null, coalesce(sum(o.cohort_size) filter (where o.is_over), 0)::bigint, o.k, (sum(o.actors) filter (where o.is_over))::bigint,
           sum(o.actors) filter (where o.is_over) / nullif(sum(o.cohort_size) filter (where o.is_over), 0)::double precision, bool_and(o.is_over or not o.will_be_over)
      from over_cell o where show in ('mean', 'both') group by o.k
$$;

-- How far actors with few step events come, by trying every chain: of ordered and unordered funnels without exclusions.
create function funnel_actors(
    steps jsonb, within interval default null, since timestamptz default null, until timestamptz default null, ordering text default null, entry text default null, ties text default null, exclude jsonb default null, exclusion text default null,
    breakdown text default null, attribution text default null, top_n integer default null, actor text default null, tenant uuid default null, filter jsonb default null)
returns table (breakdown_value text, tenant_id uuid, actor_id uuid, depth integer, began timestamptz, ended timestamptz)
language sql stable as $$
    with recursive
         step as (select n::integer as step, s->'where' as "where", coalesce(s->>'event', s #>> '{}') as name from jsonb_array_elements(steps) with ordinality x (s, n)),
         e as materialized (
            select x.tenant_id, i.actor_id, x.event_ts, x.ingest_id, x.payload ->> breakdown as value, array_agg(s.step order by s.step) as matches
              from model.seen(null, since, until, tenant, filter) x
              join step s on s.name = x.event_name and (s."where" is null or x.payload @> s."where"),
                   lateral (select model.actor_of(x, actor) as actor_id) i
             where i.actor_id is not null
             group by 1, 2, 3, 4, 5),
         few as materialized (
            select n.*, row_number() over (partition by n.tenant_id, n.actor_id order by event_ts, ingest_id) as n,
                   min(event_ts) filter (where ordering = 'unordered' or 1 = any (matches)) over (partition by n.tenant_id, n.actor_id) as first_entry
              from (select e.*, count(*) over (partition by e.tenant_id, e.actor_id) as of_actor from e) n
             where of_actor <= case ordering when 'unordered' then 6 else 8 end),
         chain as (
            select f.tenant_id, f.actor_id, array[n] as used, array[s] as served, event_ts as began, event_ts as ended
              from few f, unnest(matches) s
             where (s = 1 or ordering = 'unordered') and (coalesce(entry, 'latest') = 'latest' or event_ts = first_entry)
            union
            select c.tenant_id, c.actor_id, case when f.event_ts = c.ended then c.used end || n, c.served || s, c.began, f.event_ts
              from chain c
              join few f on f.tenant_id = c.tenant_id and f.actor_id = c.actor_id and f.n <> all (c.used) and (f.event_ts > c.ended or f.event_ts = c.ended and coalesce(ties, 'any') = 'any'),
                   unnest(matches) s
             where s <> all (c.served) and (s = cardinality(c.served) + 1 or ordering = 'unordered') and f.event_ts - c.began <= coalesce(within, interval '7 days')),
         best as (select distinct on (c.tenant_id, c.actor_id) c.* from chain c order by c.tenant_id, c.actor_id, cardinality(c.served) desc, ended, began desc)
    select (select f.value from few f where (f.tenant_id, f.actor_id) = (a.tenant_id, a.actor_id) and f.value is not null
             order by case attribution when 'last_touch' then -n else n end limit 1),
           a.tenant_id, a.actor_id, coalesce(cardinality(b.served), 0), b.began, b.ended
      from (select distinct f.tenant_id, f.actor_id from few f) a
      left join best b using (tenant_id, actor_id)
$$;
