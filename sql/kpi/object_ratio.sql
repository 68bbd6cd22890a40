-- Ratios of objects: of what events are about (subject_id: bookings, assignments), how many got further, and who came
-- back where one was lost. Read from the rows: the timeline knows users, not subjects. How many rows a step finds the
-- planner cannot know, and a nested loop over 50,000 bookings took 390 s where hash joins take one.

create function telemetry_private.object_ratio_objects(
    numerator text,
    denominator text,
    since timestamptz,
    until timestamptz,
    grain text,
    breakdown text,
    within interval,
    exclude_event text,
    recovery_event text,
    recovery_from text,
    recovery_within interval,
    tz text,
    tenant uuid,
    filter jsonb,
    -- What the filter asks of payloads.
    payload_object jsonb,
    payload_path jsonpath)
returns table (
    bucket timestamptz, breakdown_value text, tenant_id uuid, subject_id uuid, user_id uuid, denominator_at timestamptz,
    is_in_numerator boolean, is_lost boolean, is_recovered boolean)
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
set enable_nestloop = off
set jit = off
rows 10000
as $$
#variable_conflict use_column
declare
    recovers_within constant interval := coalesce(object_ratio_objects.recovery_within, interval '14 days');
    lost_event constant text := coalesce(object_ratio_objects.recovery_from, object_ratio_objects.numerator);
    -- Cohorts that the user must be in, each, and those that it must not be in.
    wanted constant text[] := array(select distinct jsonb_array_elements_text(case jsonb_typeof(filter -> '$cohort') when 'array' then filter -> '$cohort' else jsonb_build_array(filter -> '$cohort') end) where filter ? '$cohort');
    unwanted constant text[] := array(select distinct jsonb_array_elements_text(case jsonb_typeof(filter -> '$not_cohort') when 'array' then filter -> '$not_cohort' else jsonb_build_array(filter -> '$not_cohort') end) where filter ? '$not_cohort');
    starts timestamptz[];
    span_since timestamptz;
    span_until timestamptz;
begin
    if object_ratio_objects.within < interval '0' or recovers_within < interval '0' then
        raise exception 'within and recovery_within must not be negative'
            using errcode = '22023', hint = 'For example: within => ''14 days''.';
    end if;
    if object_ratio_objects.recovery_event is null and (object_ratio_objects.recovery_from is not null or object_ratio_objects.recovery_within is not null) then
        raise exception 'recovery_from and recovery_within need a recovery_event'
            using errcode = '22023', hint = 'For example: recovery_event => ''booking_scheduled'', recovery_from => ''no_show''.';
    end if;
    if object_ratio_objects.since is null or object_ratio_objects.until is null then
        select min(e.event_ts), max(e.event_ts)
          into span_since, span_until
          from telemetry.events e
         where e.subject_id is not null
           and e.event_ts >= coalesce(object_ratio_objects.since, '-infinity')
           and e.event_ts < coalesce(object_ratio_objects.until, 'infinity')
           and (object_ratio_objects.denominator is null or e.event_name = object_ratio_objects.denominator)
           and (object_ratio_objects.tenant is null or e.tenant_id = object_ratio_objects.tenant);
    end if;
    starts := array(
        select b.bucket
          from telemetry.time_buckets(object_ratio_objects.since, object_ratio_objects.until, object_ratio_objects.grain, object_ratio_objects.tz, span_since, span_until) b
         order by b.bucket);
    if cardinality(starts) = 0 then
        return;
    end if;

    return query
    with members as materialized (
        select c.cohort, c.is_wanted, a.tenant_id, a.actor_id
          from (select u.cohort, true as is_wanted from unnest(wanted) u (cohort) union all select u.cohort, false from unnest(unwanted) u (cohort)) c,
               telemetry.cohort_actors(c.cohort, object_ratio_objects.tenant) a
    ),
    -- In which of them the users of such events are; members by a relation without tenants are in every tenant.
    standing as materialized (
        select distinct u.tenant_id, u.user_id, m.cohort, m.is_wanted
          from (select distinct e.tenant_id, e.user_id from telemetry.events e
                 where wanted || unwanted <> '{}'
                   and (object_ratio_objects.denominator is null or e.event_name = object_ratio_objects.denominator)) u
          join members m on m.actor_id = u.user_id and (m.tenant_id = u.tenant_id or m.tenant_id is null)
    ),
    -- Events of the denominator and of the numerator, in one pass over the rows.
    scanned as materialized (
        select e.tenant_id, e.subject_id, e.user_id, e.event_ts, e.ingest_id, e.payload ->> object_ratio_objects.breakdown as breakdown_value,
               e.event_ts < coalesce(object_ratio_objects.until, 'infinity')
                   and (object_ratio_objects.denominator is null or e.event_name = object_ratio_objects.denominator)
                   and (object_ratio_objects.payload_object is null or e.payload @> object_ratio_objects.payload_object)
                   and (object_ratio_objects.payload_path is null or e.payload @@ object_ratio_objects.payload_path)
                   and (wanted = '{}' or (e.tenant_id, e.user_id) in (
                           select s.tenant_id, s.user_id from standing s group by 1, 2 having count(*) filter (where s.is_wanted) = cardinality(wanted)))
                   and (unwanted = '{}' or e.user_id is null or (e.tenant_id, e.user_id) not in (select s.tenant_id, s.user_id from standing s where not s.is_wanted)) as is_denominator,
               object_ratio_objects.numerator is null or e.event_name = object_ratio_objects.numerator as is_numerator
          from telemetry.events e
         where e.subject_id is not null
           and e.event_ts >= coalesce(object_ratio_objects.since, '-infinity')
           -- A day more: where clocks change, a later moment may be followed by an earlier end.
           and e.event_ts < coalesce(object_ratio_objects.until + object_ratio_objects.within + interval '1 day', 'infinity')
           and (object_ratio_objects.denominator is null or object_ratio_objects.numerator is null or e.event_name in (object_ratio_objects.denominator, object_ratio_objects.numerator))
           and (object_ratio_objects.tenant is null or e.tenant_id = object_ratio_objects.tenant)
    ),
    objects as (
        -- An object once in each bucket where it has such an event; its first one there speaks for it.
        select starts[width_bucket(s.event_ts, starts)] as bucket, s.tenant_id, s.subject_id,
               min(s.event_ts) as denominator_at,
               (array_agg(s.breakdown_value order by s.event_ts, s.ingest_id))[1] as breakdown_value,
               (array_agg(s.user_id order by s.event_ts, s.ingest_id) filter (where s.user_id is not null))[1] as user_id
          from scanned s
         where s.is_denominator
         group by 1, 2, 3
    ),
    kept as materialized (
        select o.*
          from objects o
         where not exists (
                   select from telemetry.events e
                    where e.event_name = object_ratio_objects.exclude_event
                      and (object_ratio_objects.since is null or e.event_ts >= object_ratio_objects.since)
                      and (object_ratio_objects.tenant is null or e.tenant_id = object_ratio_objects.tenant)
                      and e.tenant_id = o.tenant_id and e.subject_id = o.subject_id
                      and e.event_ts >= o.denominator_at)
    ),
    reached as (
        select distinct o.bucket, o.tenant_id, o.subject_id
          from kept o
          join scanned s on s.tenant_id = o.tenant_id and s.subject_id = o.subject_id
         where s.is_numerator
           and s.event_ts >= o.denominator_at
           and (object_ratio_objects.within is null or s.event_ts <= o.denominator_at + object_ratio_objects.within)
    ),
    lost as (
        -- The first loss of an object, and whose it was.
        select distinct on (o.bucket, o.tenant_id, o.subject_id)
               o.bucket, o.tenant_id, o.subject_id, e.event_ts as lost_at, coalesce(e.user_id, o.user_id) as user_id
          from kept o
          join telemetry.events e on e.tenant_id = o.tenant_id and e.subject_id = o.subject_id
         where object_ratio_objects.recovery_event is not null
           and (lost_event is null or e.event_name = lost_event)
           and (object_ratio_objects.since is null or e.event_ts >= object_ratio_objects.since)
           and e.event_ts >= o.denominator_at
           and (object_ratio_objects.within is null or e.event_ts <= o.denominator_at + object_ratio_objects.within)
           -- Says no more than the line above; but rows behind it are in partitions that need not be read. A day more as above.
           and (object_ratio_objects.within is null or e.event_ts <= (select max(k.denominator_at) from kept k) + object_ratio_objects.within + interval '1 day')
           and (object_ratio_objects.tenant is null or e.tenant_id = object_ratio_objects.tenant)
         order by o.bucket, o.tenant_id, o.subject_id, e.event_ts, e.ingest_id
    ),
    recovered as (
        select distinct l.bucket, l.tenant_id, l.subject_id
          from lost l
          join telemetry.events e on e.tenant_id = l.tenant_id and e.user_id = l.user_id
         where e.event_name = object_ratio_objects.recovery_event
           and (object_ratio_objects.since is null or e.event_ts >= object_ratio_objects.since)
           and e.event_ts > l.lost_at
           and e.event_ts <= l.lost_at + recovers_within
    )
    select o.bucket, o.breakdown_value, o.tenant_id, o.subject_id, o.user_id, o.denominator_at,
           r.subject_id is not null,
           case when object_ratio_objects.recovery_event is not null then l.subject_id is not null end,
           case when object_ratio_objects.recovery_event is not null then c.subject_id is not null end
      from kept o
      left join reached r on r.bucket = o.bucket and r.tenant_id = o.tenant_id and r.subject_id = o.subject_id
      left join lost l on l.bucket = o.bucket and l.tenant_id = o.tenant_id and l.subject_id = o.subject_id
      left join recovered c on c.bucket = o.bucket and c.tenant_id = o.tenant_id and c.subject_id = o.subject_id;
end
$$;

create function telemetry.object_ratio_objects(
    numerator text default null,
    denominator text default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    breakdown text default null,
    within interval default null,
    exclude_event text default null,
    recovery_event text default null,
    recovery_from text default null,
    recovery_within interval default null,
    tz text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (
    bucket timestamptz, breakdown_value text, tenant_id uuid, subject_id uuid, user_id uuid, denominator_at timestamptz,
    is_in_numerator boolean, is_lost boolean, is_recovered boolean)
language sql
stable
parallel restricted
rows 10000
begin atomic
    select o.bucket, o.breakdown_value, o.tenant_id, o.subject_id, o.user_id, o.denominator_at, o.is_in_numerator, o.is_lost, o.is_recovered
      from telemetry_private.object_ratio_objects(
               telemetry_private.known_event(numerator), telemetry_private.known_event(denominator), since, until, grain, breakdown, within,
               telemetry_private.known_event(exclude_event), telemetry_private.known_event(recovery_event), telemetry_private.known_event(recovery_from), recovery_within, tz, tenant, filter,
               telemetry_private.payload_object(filter), telemetry_private.payload_path(filter)::jsonpath) o;
end;

create function telemetry.object_ratio(
    numerator text default null,
    denominator text default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    breakdown text default null,
    top_n integer default null,
    within interval default null,
    exclude_event text default null,
    recovery_event text default null,
    recovery_from text default null,
    recovery_within interval default null,
    tz text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (
    bucket timestamptz, breakdown_value text, in_numerator bigint, in_denominator bigint, ratio double precision,
    previous_ratio double precision, relative_change double precision, lost bigint, recovered bigint,
    recovery_rate double precision, is_complete boolean)
language plpgsql
stable
parallel restricted
set search_path = pg_catalog, pg_temp
set enable_nestloop = off
set jit = off
rows 100
as $$
#variable_conflict use_column
declare
    most constant integer := coalesce(object_ratio.top_n, 10);
    zone constant text := coalesce(object_ratio.tz, current_setting('TimeZone'));
    first_bucket timestamptz;
    bucket_before timestamptz;
    is_range constant boolean := object_ratio.grain is not distinct from 'range';
begin
    if most not between 1 and 1000 then
        raise exception 'top_n must be from 1 to 1000'
            using errcode = '22023', hint = 'The values with the most objects are shown, the others together as $other.';
    end if;
    if object_ratio.since is not null then
        select b.bucket
          into first_bucket
          from telemetry.time_buckets(object_ratio.since, object_ratio.since + interval '1 microsecond', object_ratio.grain, object_ratio.tz) b;
        bucket_before := case
            when is_range then object_ratio.since - (object_ratio.until - object_ratio.since)
            when object_ratio.grain in ('minute', 'hour') then first_bucket - ('1 ' || object_ratio.grain)::interval
            when object_ratio.grain like '% minutes' then first_bucket - object_ratio.grain::interval
            when object_ratio.grain = 'quarter' then ((first_bucket at time zone zone) - interval '3 months') at time zone zone
            else ((first_bucket at time zone zone) - ('1 ' || coalesce(object_ratio.grain, 'day'))::interval) at time zone zone
        end;
    end if;

    return query
    with objects as materialized (
        -- Where the range begins with a bucket, the one before it is asked for along with it.
        select coalesce(o.bucket < first_bucket, false) as is_before, o.*
          from telemetry.object_ratio_objects(
                   object_ratio.numerator, object_ratio.denominator,
                   case when first_bucket = object_ratio.since and not is_range then bucket_before else object_ratio.since end,
                   object_ratio.until, object_ratio.grain, object_ratio.breakdown,
                   object_ratio.within, object_ratio.exclude_event, object_ratio.recovery_event, object_ratio.recovery_from, object_ratio.recovery_within,
                   object_ratio.tz, object_ratio.tenant, object_ratio.filter) o
         union all
        select true, o.*
          from telemetry.object_ratio_objects(
                   object_ratio.numerator, object_ratio.denominator, bucket_before, first_bucket, object_ratio.grain, object_ratio.breakdown,
                   object_ratio.within, object_ratio.exclude_event, object_ratio.recovery_event, object_ratio.recovery_from, object_ratio.recovery_within,
                   object_ratio.tz, object_ratio.tenant, object_ratio.filter) o
         where bucket_before is not null and (first_bucket <> object_ratio.since or is_range)
    ),
    ranked as (
        -- A value spelled $other is one of the others.
        select o.breakdown_value, row_number() over (order by count(*) desc, o.breakdown_value collate "C") as place
          from objects o
         where not o.is_before and o.breakdown_value is not null and o.breakdown_value <> '$other'
         group by o.breakdown_value
    ),
    grouped as materialized (
        select o.is_before, o.bucket, o.is_in_numerator, o.is_lost, o.is_recovered,
               case when o.breakdown_value is null or r.place <= most then o.breakdown_value else '$other' end as breakdown_value
          from objects o
          left join ranked r on r.breakdown_value = o.breakdown_value
    ),
    buckets as (
        select b.bucket, b.next_bucket, b.is_complete, false as is_before
          from (select min(o.denominator_at) as first_event, max(o.denominator_at) as last_event from objects o where not o.is_before) s,
               telemetry.time_buckets(object_ratio.since, object_ratio.until, object_ratio.grain, object_ratio.tz, s.first_event, s.last_event) b
         union all
        select bucket_before, first_bucket, true, true where bucket_before is not null
    ),
    shown as (
        select distinct g.breakdown_value from grouped g where not g.is_before
         union
        select null where not exists (select from grouped g where not g.is_before)
    ),
    counted as (
        select b.bucket, b.next_bucket, b.is_complete, b.is_before, s.breakdown_value,
               count(g.bucket) as objects, count(*) filter (where g.is_in_numerator) as reached,
               count(*) filter (where g.is_lost) as lost, count(*) filter (where g.is_recovered) as recovered
          from buckets b
         cross join shown s
          left join grouped g on g.bucket = b.bucket and g.is_before = b.is_before and g.breakdown_value is not distinct from s.breakdown_value
         group by 1, 2, 3, 4, 5
    ),
    compared as (
        select c.*, r.ratio, lag(r.ratio) over (partition by c.breakdown_value order by c.bucket, c.is_before desc) as previous_ratio
          from counted c, lateral (select c.reached::float8 / nullif(c.objects, 0) as ratio) r
    )
    select c.bucket, c.breakdown_value, c.reached, c.objects, c.ratio, c.previous_ratio, c.ratio / nullif(c.previous_ratio, 0) - 1,
           case when object_ratio.recovery_event is not null then c.lost end,
           case when object_ratio.recovery_event is not null then c.recovered end,
           c.recovered::float8 / nullif(c.lost, 0),
           c.is_complete and (object_ratio.within is null or c.next_bucket + object_ratio.within <= now())
      from compared c
     where not c.is_before
     order by c.bucket, c.breakdown_value collate "C" nulls first;
end
$$;

comment on function telemetry.object_ratio(text, text, timestamptz, timestamptz, text, text, integer, interval, text, text, text, interval, text, uuid, jsonb) is
'Of the objects (tenant and subject_id: bookings, assignments) with an event named denominator in a calendar bucket of [since, until), NULL: all time, those that had one named numerator at or after it (a show rate, a fill rate): never over 1. A name of NULL means every event. grain: minute, 5 minutes, 10 minutes, 15 minutes, hour, day (default), week, month, quarter, year, range (one bucket); breakdown: a key of the denominator event''s payload, its top_n values (default 10, at most 1000) with the most objects apart, the others together as $other, none under NULL; within: how long after the denominator event the numerator may come, inclusive, NULL: any time, also after until; exclude_event: objects with it after the denominator event are left out (booking_canceled); filter: what the denominator event''s payload must contain; tz: IANA name, default the session''s; tenant: NULL every tenant that the caller may see. previous_ratio: of the bucket before, also for the first one where since is given; relative_change: ratio / previous_ratio - 1. With a recovery_event: lost: objects that had recovery_from (default: numerator; a no_show), by the rules of the numerator; recovered: those whose user had a recovery_event after that, within recovery_within (default 14 days); recovery_rate: NULL where nothing is lost. An object counts once in each bucket with a denominator event. is_complete: the bucket is over, not cut by the range, and within has passed. One row per bucket and breakdown value; ratio NULL without objects; without any event and since NULL none. Sampling is not weighed. Always read from the rows: the timeline knows users, not objects. Errors: 22023 a negative interval, recovery arguments without recovery_event, top_n out of range, unknown grain or zone, since not before until.';
comment on function telemetry.object_ratio_objects(text, text, timestamptz, timestamptz, text, text, interval, text, text, text, interval, text, uuid, jsonb) is
'The objects behind object_ratio(), with the same arguments but top_n: one row per bucket and object, with its value of the breakdown, the user and time of its first denominator event there, and whether it is in the numerator, was lost and was recovered (NULL without recovery_event). No order. Errors: those of object_ratio().';
