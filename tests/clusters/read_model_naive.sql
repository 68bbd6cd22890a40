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
    select e.tenant_id, e.user_id from telemetry.events e
     where e.user_id is not null and cohort in ('never', 'seldom', 'newcomers')
     group by 1, 2
    having case cohort when 'never' then count(*) filter (where e.event_name = 'pay') = 0
                       when 'seldom' then count(*) filter (where e.event_name in ('open', 'view') and e.payload @> '{"plan": "pro"}') <= 1
                       when 'newcomers' then min(e.event_ts) filter (where e.event_name = 'open') >= '2025-03-09 12:00Z' and min(e.event_ts) filter (where e.event_name = 'open') < '2025-07-01Z' end
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

-- The value of a breakdown: of one key, or of several together.
create function value_of(payload jsonb, breakdown text)
returns text
language sql immutable as $$
    select case when breakdown not like '{%' then payload ->> breakdown
                else (select case when count(payload ->> key) > 0 then jsonb_agg(payload ->> key order by n)::text end from unnest(breakdown::text[]) with ordinality k (key, n)) end
$$;

-- The values in order: the largest first, and of equals the first by its bytes; `size` has a number of each value, then another.
create type sized as (value text, size double precision, size_then double precision);
create function others(sizes model.sized[], top_n integer)
returns table (value text)
language sql stable as $$
    select s.value from (select z.value, row_number() over (order by z.size desc, z.size_then desc, z.value collate "C") as place from unnest(sizes) z where z.value is not null and (z.size > 0 or z.size_then > 0)) s
     where s.place > coalesce(top_n, 10)
$$;

create function event_volume(since timestamptz default null, until timestamptz default null, grain text default null, events text[] default null, tz text default null, tenant uuid default null, filter jsonb default null, breakdown text default null, top_n integer default null)
returns table (bucket timestamptz, breakdown_value text, event_name text, events double precision, is_complete boolean, is_other boolean)
language sql stable as $$
    with asked as (select coalesce(grain, 'day') as g, coalesce(tz, current_setting('TimeZone')) as z),
         e as materialized (select x as event, x.event_ts, x.event_name, model.value_of(x.payload, breakdown) as value from model.seen(event_volume.events, since, until, tenant, filter) x),
         b as (select b.* from asked, (select min(event_ts) as first, max(event_ts) as last from e) s, model.buckets(since, until, g, z, 0, s.first, s.last) b),
         size as (select array_agg((s.value, s.n, 0)::model.sized) as all_values from (select e.value, model.weighed(array_agg(e.event)) as n from e group by 1) s),
         other as (select o.value from size, model.others(size.all_values, top_n) o),
         grouped as materialized (select e.*, case when o.value is null then e.value else '$other' end as shown, o.value is not null as is_other from e left join other o on o.value = e.value),
         of_label as (select model.label(e.event_ts, g, z) as label, e.shown, e.is_other, e.event_name, model.weighed(array_agg(e.event)) as n from asked, grouped e group by 1, 2, 3, 4),
         pairs as (select distinct e.shown, e.is_other, e.event_name from grouped e
                    union select null, false, n from unnest(event_volume.events) n where n is not null and n not in (select e.event_name from e))
    select b.bucket, p.shown, p.event_name, coalesce(o.n, 0), b.is_complete, coalesce(p.is_other, false)
      from b
      left join pairs p on true
      left join of_label o on o.label = b.label and o.event_name = p.event_name and o.shown is not distinct from p.shown and o.is_other = p.is_other
$$;

create function active_users(since timestamptz default null, until timestamptz default null, grain text default null, rolling_days integer default null, events text[] default null, actor text default null, tz text default null, tenant uuid default null, filter jsonb default null, breakdown text default null, top_n integer default null)
returns table (bucket timestamptz, breakdown_value text, actors bigint, is_complete boolean, is_other boolean)
language sql stable as $$
    with b as materialized (select * from model.active_users_asked(since, until, grain, rolling_days, events, actor, tz, tenant, filter)),
         g as (select distinct e.shown, e.is_other from (select distinct read_since from b) r, model.active_users_events(r.read_since, until, grain, events, actor, tz, tenant, filter, breakdown, top_n) e)
    select b.bucket, g.shown, count(a.actor_id), b.is_complete, coalesce(g.is_other, false)
      from b
      left join g on true
      left join model.active_users_actors(since, until, grain, rolling_days, events, actor, tz, tenant, filter, breakdown, top_n) a on a.bucket = b.bucket and a.breakdown_value is not distinct from g.shown and a.is_other = g.is_other
     group by 1, 2, 4, 5
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

create function active_users_events(read_since timestamptz, until timestamptz, grain text, events text[], actor text, tz text, tenant uuid, filter jsonb, breakdown text, top_n integer)
returns table (tenant_id uuid, user_id uuid, label timestamp, shown text, is_other boolean)
language sql stable as $$
    with e as materialized (
            select e.tenant_id, model.actor_of(e, actor) as user_id, model.label(e.event_ts, coalesce(grain, 'day'), coalesce(tz, current_setting('TimeZone'))) as label, model.value_of(e.payload, breakdown) as value
              from model.seen(events, read_since, until, tenant, filter) e where model.actor_of(e, actor) is not null),
         size as (select array_agg((s.value, s.n, 0)::model.sized) as all_values from (select e.value, count(distinct (e.tenant_id, e.user_id)) as n from e group by 1) s),
         other as (select o.value from size, model.others(size.all_values, top_n) o)
    select distinct e.tenant_id, e.user_id, e.label, case when o.value is null then e.value else '$other' end, o.value is not null from e left join other o on o.value = e.value
$$;

create function active_users_actors(since timestamptz default null, until timestamptz default null, grain text default null, rolling_days integer default null, events text[] default null, actor text default null, tz text default null, tenant uuid default null, filter jsonb default null, breakdown text default null, top_n integer default null)
returns table (bucket timestamptz, breakdown_value text, tenant_id uuid, actor_id uuid, is_other boolean)
language sql stable as $$
    with b as materialized (select * from model.active_users_asked(since, until, grain, rolling_days, events, actor, tz, tenant, filter)),
         e as materialized (select e.* from (select distinct read_since from b) r, model.active_users_events(r.read_since, until, grain, events, actor, tz, tenant, filter, breakdown, top_n) e)
    select distinct b.bucket, e.shown, e.tenant_id, e.user_id, e.is_other
      from b join e on e.label <= b.label and e.label > b.label - make_interval(days => coalesce(rolling_days, 1)) and (rolling_days is not null or e.label = b.label)
$$;

create function event_ratio(numerator text default null, denominator text default null, since timestamptz default null, until timestamptz default null, grain text default null, tz text default null, tenant uuid default null, filter jsonb default null, breakdown text default null, top_n integer default null)
returns table (bucket timestamptz, breakdown_value text, numerator double precision, denominator double precision, ratio double precision, is_complete boolean, is_other boolean)
language sql stable as $$
    with asked as (select coalesce(grain, 'day') as g, coalesce(tz, current_setting('TimeZone')) as z),
         e as materialized (select x as event, x.event_ts, model.value_of(x.payload, breakdown) as value, event_ratio.numerator is null or x.event_name = event_ratio.numerator as is_numerator, event_ratio.denominator is null or x.event_name = event_ratio.denominator as is_denominator
                              from model.seen(null, since, until, tenant, filter) x
                             where event_ratio.numerator is null or event_ratio.denominator is null or x.event_name in (event_ratio.numerator, event_ratio.denominator)),
         b as (select b.* from asked, (select min(event_ts) as first, max(event_ts) as last from e) s, model.buckets(since, until, g, z, 0, s.first, s.last) b),
         size as (select array_agg((s.value, s.d, s.n)::model.sized) as all_values
                    from (select value, model.weighed(array_agg(event) filter (where is_denominator)) as d, model.weighed(array_agg(event) filter (where is_numerator)) as n from e group by 1) s),
         other as (select o.value from size, model.others(size.all_values, top_n) o),
         grouped as materialized (select e.*, case when o.value is null then e.value else '$other' end as shown, o.value is not null as is_other from e left join other o on o.value = e.value),
         of_label as (select model.label(e.event_ts, g, z) as label, e.shown, e.is_other, model.weighed(array_agg(event) filter (where is_numerator)) as n, model.weighed(array_agg(event) filter (where is_denominator)) as d from asked, grouped e group by 1, 2, 3)
    select b.bucket, p.shown, coalesce(o.n, 0), coalesce(o.d, 0), o.n / nullif(o.d, 0), b.is_complete, coalesce(p.is_other, false)
      from b
      left join (select distinct shown, is_other from grouped) p on true
      left join of_label o on o.label = b.label and o.shown is not distinct from p.shown and o.is_other = p.is_other
$$;

-- An actor counts in each value that it had; values that no event of the denominator has are nobody's.
create function actor_ratio_actors(numerator text default null, denominator text default null, since timestamptz default null, until timestamptz default null, grain text default null, actor text default null, tz text default null, tenant uuid default null, filter jsonb default null, breakdown text default null, top_n integer default null)
returns table (label timestamp, breakdown_value text, tenant_id uuid, actor_id uuid, is_in_numerator boolean, is_other boolean)
language sql stable as $$
    with e as materialized (
            select e.tenant_id, model.actor_of(e, actor) as user_id, model.label(e.event_ts, coalesce(grain, 'day'), coalesce(tz, current_setting('TimeZone'))) as label, model.value_of(e.payload, breakdown) as value,
                   numerator is null or e.event_name = numerator as is_numerator, denominator is null or e.event_name = denominator as is_denominator
              from model.seen(null, since, until, tenant, filter) e where model.actor_of(e, actor) is not null),
         of_value as (select e.value, count(distinct (e.tenant_id, e.user_id)) as n from e where is_denominator group by 1),
         size as (select array_agg((s.value, s.n, 0)::model.sized) as all_values from of_value s),
         other as (select o.value from size, model.others(size.all_values, top_n) o)
    select e.label, case when o.value is null then e.value else '$other' end, e.tenant_id, e.user_id, bool_or(e.is_numerator), o.value is not null
      from e join of_value v on v.value is not distinct from e.value left join other o on o.value = e.value
     group by 1, 2, 3, 4, 6
    having bool_or(e.is_denominator)
$$;

create function actor_ratio(numerator text default null, denominator text default null, since timestamptz default null, until timestamptz default null, grain text default null, actor text default null, tz text default null, tenant uuid default null, filter jsonb default null, breakdown text default null, top_n integer default null)
returns table (bucket timestamptz, breakdown_value text, numerator bigint, denominator bigint, ratio double precision, is_complete boolean, is_other boolean)
language sql stable as $$
    with asked as (select coalesce(grain, 'day') as g, coalesce(tz, current_setting('TimeZone')) as z),
         s as (select min(event_ts) as first, max(event_ts) as last from model.seen(null, since, until, tenant, filter) x
                where model.actor_of(x, actor) is not null and (actor_ratio.numerator is null or actor_ratio.denominator is null or x.event_name in (actor_ratio.numerator, actor_ratio.denominator))),
         a as materialized (select * from model.actor_ratio_actors(actor_ratio.numerator, actor_ratio.denominator, since, until, grain, actor, tz, tenant, filter, breakdown, top_n))
    select b.bucket, p.shown, count(*) filter (where a.is_in_numerator), count(a), count(*) filter (where a.is_in_numerator) / nullif(count(a), 0)::double precision, b.is_complete, coalesce(p.is_other, false)
      from asked, s, lateral model.buckets(since, until, g, z, 0, s.first, s.last) b
      left join (select distinct breakdown_value as shown, is_other from a) p on true
      left join a on a.label = b.label and a.breakdown_value is not distinct from p.shown and a.is_other = p.is_other
     group by b.bucket, p.shown, b.is_complete, p.is_other
$$;

-- The values of the elements of an array, each once; what is no array is its own element.
create function values_of(payload jsonb, key text)
returns text[]
language sql immutable as $$
    select array_remove(case when key not like '%[]' then array[model.value_of(payload, key)]
                             when jsonb_typeof(payload -> rtrim(key, '[]')) = 'array' then array(select distinct t.element from jsonb_array_elements_text(payload -> rtrim(key, '[]')) t (element))
                             else array[payload ->> rtrim(key, '[]')] end, null)
$$;

create function top_values(payload_key text, by text default null, events text[] default null, top_n integer default null, since timestamptz default null, until timestamptz default null, tenant uuid default null, filter jsonb default null)
returns table (rank integer, value text, events double precision, actors bigint, share double precision, is_other boolean)
language sql stable as $$
    with e as materialized (select x as event, x.ingest_id, x.tenant_id, x.user_id, model.values_of(x.payload, payload_key) as all_values from model.seen(top_values.events, since, until, tenant, filter) x),
         of_value as materialized (select e.*, v.value from e, unnest(e.all_values) v (value)),
         ranked as (
            select o.value, row_number() over (order by case when by = 'actors' then count(distinct (o.tenant_id, o.user_id)) filter (where o.user_id is not null) else model.weighed(array_agg(o.event)) end desc, o.value collate "C") as place
              from of_value o group by 1),
         shown as (select o.*, case when r.place <= coalesce(top_n, 10) then r.place end as rank from of_value o join ranked r using (value)),
         slots as (select distinct on (s.rank, s.ingest_id) s.*, case when s.rank is null then '$other' else s.value end as slot from shown s),
         whole as (select model.weighed(array_agg(e.event)) as events, count(distinct (e.tenant_id, e.user_id)) filter (where e.user_id is not null) as actors from e where e.all_values <> '{}')
    select s.rank::integer, s.slot, model.weighed(array_agg(s.event)), count(distinct (s.tenant_id, s.user_id)) filter (where s.user_id is not null),
           case when by = 'actors' then count(distinct (s.tenant_id, s.user_id)) filter (where s.user_id is not null) / nullif(w.actors, 0)::double precision
                else model.weighed(array_agg(s.event)) / nullif(w.events, 0) end, s.rank is null
      from slots s, whole w
     group by s.rank, s.slot, w.events, w.actors
$$;

create function retention(
    start_event text default null, return_event text default null, since timestamptz default null, until timestamptz default null, grain text default null, periods integer default null, kind text default null, mode text default null,
    rolling boolean default null, min_occurrences integer default null, match text[] default null, show text default null, breakdown text default null, top_n integer default null, actor text default null, tz text default null, week_start text default null, tenant uuid default null, filter jsonb default null)
returns table (cohort timestamptz, breakdown_value text, cohort_size bigint, period integer, actors bigint, rate double precision, is_complete boolean, is_other boolean)
language sql stable as $$
    with asked as (select coalesce(grain, 'day') as g, coalesce(tz, current_setting('TimeZone')) as z, coalesce(kind, 'recurring') as kind, coalesce(mode, 'on') as mode,
                          coalesce(array_position('{monday,tuesday,wednesday,thursday,friday,saturday,sunday}'::text[], week_start), 1) - 1 as first_day,
                          case when rolling then case grain when 'hour' then interval '1 hour' when 'week' then interval '168 hours' when 'month' then interval '720 hours' else interval '24 hours' end end as width),
         read as materialized (
            select x.tenant_id, model.actor_of(x, actor) as user_id, x.event_ts, x.ingest_id, model.value_of(x.payload, breakdown) as value, model.matched(x.payload, match) as of_keys, since is null or x.event_ts >= since as is_in_range, (filter is null or x.payload @> (filter - '{$cohort,$not_cohort}'::text[]))
       and (filter ->> '$cohort' is null or (x.tenant_id, x.user_id) in (select m.tenant_id, m.user_id from model.members(filter ->> '$cohort') m))
       and (filter ->> '$not_cohort' is null or x.user_id is null or (x.tenant_id, x.user_id) not in (select m.tenant_id, m.user_id from model.members(filter ->> '$not_cohort') m)) as passes,
                   start_event is null or x.event_name = start_event as is_start, return_event is null or x.event_name = return_event as is_return
              from asked, model.seen(null, case asked.kind when 'recurring' then since end, until, tenant, null) x
             where model.actor_of(x, actor) is not null and model.matched(x.payload, match) is not null),
         -- The values by the actors that started with them.
         size_of_value as (select array_agg((s.value, s.n, 0)::model.sized) as all_values from (select r.value, count(distinct (r.tenant_id, r.user_id)) as n from read r where r.is_start and r.passes group by 1) s),
         other as (select o.value from size_of_value, model.others(size_of_value.all_values, top_n) o),
         e as materialized (select r.*, case when o.value is null then r.value else '$other' end as shown, o.value is not null as is_other from read r left join other o on o.value = r.value),
         v as materialized (select distinct shown, is_other from e where is_start and passes union select null, false where not exists (select from e where is_start and passes)),
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
            select distinct on (tenant_id, user_id, of_keys) e.* from asked, e
             where is_start and (passes or asked.kind = 'first_ever') order by tenant_id, user_id, of_keys, event_ts, ingest_id),
         member as materialized (
            select e.tenant_id, e.user_id, e.of_keys, e.shown, e.is_other, b.place, min(e.event_ts) as began
              from asked, e, b where asked.kind = 'recurring' and is_start and passes and b.label = model.label(e.event_ts, g, z, first_day) group by 1, 2, 3, 4, 5, 6
            union all
            select f.tenant_id, f.user_id, f.of_keys, f.shown, f.is_other, b.place, f.event_ts
              from asked, first_start f, b where asked.kind <> 'recurring' and f.passes and f.is_in_range and b.label = model.label(f.event_ts, g, z, first_day)),
         returned as materialized (
            select m.tenant_id, m.user_id, m.of_keys, m.shown, m.is_other, m.place, r.distance, count(*) as times
              from asked, member m
              join (select e.tenant_id, e.user_id, e.of_keys, e.event_ts, b.place as return_place from asked, e, b where is_return and passes and is_in_range and b.label = model.label(e.event_ts, g, z, first_day)) e using (tenant_id, user_id, of_keys),
                   lateral (select case when asked.width is null then e.return_place - m.place
                                        when e.event_ts >= m.began then floor(extract(epoch from e.event_ts - m.began) / extract(epoch from asked.width))::integer end as distance) r
             where r.distance > 0
             group by 1, 2, 3, 4, 5, 6, 7),
         came as (
            select r.tenant_id, r.user_id, r.of_keys, r.shown, r.is_other, r.place, s.k from returned r, shape s where s.k > 0 and r.distance >= s.distance and r.distance < s.until_distance
             group by 1, 2, 3, 4, 5, 6, 7 having sum(r.times) >= coalesce(min_occurrences, 1)),
         counted as (
            select place, shown, is_other, k, count(distinct (tenant_id, user_id)) as actors from came, asked where asked.mode <> 'on_or_after' group by 1, 2, 3, 4
            union all
            select c.place, c.shown, c.is_other, s.k, count(distinct (tenant_id, user_id)) from (select tenant_id, user_id, of_keys, shown, is_other, place, max(k) as last from came group by 1, 2, 3, 4, 5, 6) c, shape s, asked where asked.mode = 'on_or_after' and s.k between 1 and c.last group by 1, 2, 3, 4
            union all
            select place, shown, is_other, 0, count(distinct (tenant_id, user_id)) from member group by 1, 2, 3),
         size as (select place, shown, is_other, count(distinct (tenant_id, user_id)) as actors from member group by 1, 2, 3),
         cell as (
            select b.bucket, v.shown, v.is_other, coalesce(z.actors, 0) as cohort_size, s.k,
                   case when case when asked.width is null then (select l.bucket from b l where l.place = b.place + s.distance) else b.bucket + s.distance * asked.width end <= now() then coalesce(c.actors, 0) end as actors, (since is null or b.bucket >= since) as is_whole,
                   greatest(b.next_bucket, case when s.k > 0 then coalesce(case when asked.width is null then (select l.next_bucket from b l where l.place = b.place + s.until_distance - 1)
                                                                                 else b.next_bucket + s.until_distance * asked.width end, 'infinity') end) as over_at
              from asked, b
              join shape s on s.distance < (select count(*) from b) - b.place and (periods is null or s.k <= periods)
              cross join v
              left join size z on z.place = b.place and z.shown is not distinct from v.shown and z.is_other = v.is_other
              left join counted c on c.place = b.place and c.k = s.k and c.shown is not distinct from v.shown and c.is_other = v.is_other),
         over_cell as (select cell.*, is_whole and over_at <= least(until, now()) as is_over, is_whole and over_at < 'infinity' and over_at <= coalesce(until, 'infinity') as will_be_over from cell)
    select o.bucket, o.shown, o.cohort_size, o.k, o.actors, o.actors / nullif(o.cohort_size, 0)::double precision, o.is_over, o.is_other
      from over_cell o where coalesce(show, 'cohorts') <> 'mean'
    union all
    select null, o.shown, coalesce(sum(o.cohort_size) filter (where o.is_over), 0)::bigint, o.k, (sum(o.actors) filter (where o.is_over))::bigint,
           sum(o.actors) filter (where o.is_over) / nullif(sum(o.cohort_size) filter (where o.is_over), 0)::double precision, bool_and(o.is_over or not o.will_be_over), o.is_other
      from over_cell o where show in ('mean', 'both') group by o.k, o.shown, o.is_other
$$;

-- How far actors with few step events come, by trying every chain: of ordered and unordered funnels without exclusions.
-- Where entries are counted: their journeys.
create function funnel_actors(
    steps jsonb, within interval default null, since timestamptz default null, until timestamptz default null, ordering text default null, entry text default null, ties text default null, exclude jsonb default null, exclusion text default null,
    breakdown text default null, attribution text default null, top_n integer default null, match text[] default null, count text default null, actor text default null, tenant uuid default null, filter jsonb default null)
returns table (breakdown_value text, tenant_id uuid, actor_id uuid, depth integer, began timestamptz, ended timestamptz)
language sql stable as $$
    with recursive
         step as (select n::integer as step, s->'where' as "where", coalesce(s->>'event', s #>> '{}') as name from jsonb_array_elements(steps) with ordinality x (s, n)),
         e as materialized (
            select x.tenant_id, i.actor_id, x.event_ts, x.ingest_id, model.value_of(x.payload, breakdown) as value, model.matched(x.payload, match) as of_keys, array_agg(s.step order by s.step) as matches
              from model.seen(null, since, until, tenant, filter) x
              join step s on s.name = x.event_name and (s."where" is null or x.payload @> s."where"),
                   lateral (select model.actor_of(x, actor) as actor_id) i
             where i.actor_id is not null and model.matched(x.payload, match) is not null
             group by 1, 2, 3, 4, 5, 6),
         few as materialized (
            select n.*, row_number() over (partition by n.tenant_id, n.actor_id order by event_ts, ingest_id) as n,
                   min(event_ts) filter (where ordering = 'unordered' or 1 = any (matches)) over (partition by n.tenant_id, n.actor_id, n.of_keys) as first_entry
              from (select e.*, count(*) over (partition by e.tenant_id, e.actor_id) as of_actor from e) n
             where of_actor <= case ordering when 'unordered' then 6 else 8 end),
         chain as (
            select f.tenant_id, f.actor_id, f.of_keys, array[n] as used, array[s] as served, event_ts as began, event_ts as ended
              from few f, unnest(matches) s
             where (s = 1 or ordering = 'unordered') and (coalesce(entry, 'latest') = 'latest' or coalesce(count, 'actors') = 'entries' or event_ts = first_entry)
            union
            select c.tenant_id, c.actor_id, c.of_keys, case when f.event_ts = c.ended then c.used end || n, c.served || s, c.began, f.event_ts
              from chain c
              join few f on f.tenant_id = c.tenant_id and f.actor_id = c.actor_id and f.of_keys = c.of_keys and f.n <> all (c.used) and (f.event_ts > c.ended or f.event_ts = c.ended and coalesce(ties, 'any') = 'any'),
                   unnest(matches) s
             where s <> all (c.served) and (s = cardinality(c.served) + 1 or ordering = 'unordered') and f.event_ts - c.began <= coalesce(within, interval '7 days')),
         best as (select distinct on (c.tenant_id, c.actor_id) c.* from chain c order by c.tenant_id, c.actor_id, cardinality(c.served) desc, ended, began desc)
    select (select f.value from few f where (f.tenant_id, f.actor_id) = (a.tenant_id, a.actor_id) and f.value is not null
             order by case attribution when 'last_touch' then -n else n end limit 1),
           a.tenant_id, a.actor_id, coalesce(cardinality(b.served), 0), b.began, b.ended
      from (select distinct f.tenant_id, f.actor_id from few f) a
      left join best b using (tenant_id, actor_id)
     where coalesce(count, 'actors') = 'actors'
     union all
    select null, c.tenant_id, c.actor_id, j.depth, j.began, j.ended
      from (select c.tenant_id, c.actor_id, c.of_keys, jsonb_agg(distinct jsonb_build_object('depth', cardinality(c.served), 'began', c.began, 'ended', c.ended)) as chains from chain c group by 1, 2, 3) c,
           lateral model.journeys(c.chains, jsonb_array_length(steps), coalesce(within, interval '7 days'), entry, '-infinity', 'infinity', 'infinity') j
     where count = 'entries'
     union all
    -- Those of many events are left out of the comparison.
    select null, a.tenant_id, a.actor_id, 0, null, null from (select distinct f.tenant_id, f.actor_id from few f) a where count = 'entries'
$$;
