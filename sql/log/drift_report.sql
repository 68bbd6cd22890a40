-- drift_report() finds where the log drifts away from its taxonomy and from its own past: it compares a range with the
-- period of the same length before it. It is exact: every payload of both is read, and nothing is sampled.

create function telemetry.drift_report(
    since timestamptz default null,
    until timestamptz default null,
    tenant uuid default null)
returns table (
    finding text,
    event_name text,
    payload_key text,
    details jsonb,
    severity text)
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan -- so that partitions outside the range are not opened
set jit = off -- compiling took 5 s of 7
rows 100
as $$
#variable_conflict use_column
declare
    -- With fewer events a period tells nothing: a key of one event in ten is missing from 100 by chance once in 37,000
    -- times.
    enough_events constant integer := 100;
    least_share constant float8 := 0.1;
    largest_ratio constant float8 := 3;
    -- By chance, an event that came 10 times stays away once in 22,000 periods.
    regular_events constant integer := 10;
    many_values constant integer := 1000;
    many_values_share constant float8 := 0.5;
    -- A payload, or an object in one, that has more keys uses data as keys: that is one finding, not thousands.
    most_keys constant integer := 200;
    most_unknown_names constant integer := 100;
    range_until constant timestamptz := coalesce(drift_report.until, now());
    -- It is counted in seconds, so that changes of the time zone's clocks do not count.
    range_since constant timestamptz := coalesce(drift_report.since, range_until - interval '168 hours');
    before_since timestamptz;
begin
    -- This refuses a range that is none, in the words of every function with a range.
    perform from telemetry.time_buckets(range_since, range_until, 'year');
    before_since := range_since - make_interval(secs => extract(epoch from range_until - range_since)::float8);

    return query
    with named as materialized (
        select e.event_name,
               count(*) filter (where e.event_ts >= range_since) as events,
               count(*) filter (where e.event_ts < range_since) as events_before,
               -- A sampled event stands for 1/sample_rate events: a new sampling rate is no jump.
               round(coalesce(sum(1 / coalesce(e.sample_rate, 1)::float8) filter (where e.event_ts >= range_since), 0)) as volume,
               round(coalesce(sum(1 / coalesce(e.sample_rate, 1)::float8) filter (where e.event_ts < range_since), 0)) as volume_before,
               min(e.event_ts) filter (where e.event_ts >= range_since) as first_event,
               max(e.event_ts) as last_event
          from telemetry.events e
         where e.event_ts >= before_since
           and e.event_ts < range_until
           and (drift_report.tenant is null or e.tenant_id = drift_report.tenant)
         group by e.event_name
    ),
    members as materialized (
        select e.event_name, e.event_version, k.payload_key, k.parent_key, k.json_type,
               count(*) filter (where e.event_ts >= range_since) as events,
               count(*) filter (where e.event_ts < range_since) as events_before
          from telemetry.events e,
               telemetry.payload_keys(case jsonb_typeof(e.payload) when 'object' then e.payload end) k
         where e.event_ts >= before_since
           and e.event_ts < range_until
           and (drift_report.tenant is null or e.tenant_id = drift_report.tenant)
         group by 1, 2, 3, 4, 5
    ),
    overgrown as materialized (
        -- object_key is NULL for the payload itself.
        select m.event_name, m.parent_key as object_key, count(distinct m.payload_key) as keys
          from members m
         where m.events > 0
         group by m.event_name, m.parent_key
        having count(distinct m.payload_key) > most_keys
    ),
    compared as materialized (
        select m.*
          from members m
         where not exists (select from overgrown o
                            where o.event_name = m.event_name
                              and (o.object_key is null or m.parent_key = o.object_key or starts_with(m.parent_key, o.object_key || '.')))
    ),
    objects as (
        select c.event_name, c.payload_key, sum(c.events) as events, sum(c.events_before) as events_before
          from compared c
         where c.json_type = 'object'
         group by c.event_name, c.payload_key
    ),
    keys as (
        -- A member is compared among the events that have the object: one that comes or goes with it is no finding.
        select k.event_name, k.payload_key, k.events_with, k.events_with_before,
               case when k.parent_key is null then n.events else coalesce(o.events, 0) end as events,
               case when k.parent_key is null then n.events_before else coalesce(o.events_before, 0) end as events_before
          from (select c.event_name, c.payload_key, c.parent_key, sum(c.events) as events_with, sum(c.events_before) as events_with_before
                  from compared c
                 group by c.event_name, c.payload_key, c.parent_key) k
          join named n on n.event_name = k.event_name
          left join objects o on o.event_name = k.event_name and o.payload_key = k.parent_key
    ),
    described as (
        -- This is what each definition says of a key, wherever it says it, and of the members of objects.
        with recursive described (event_name, event_version, status, payload_key, parent_key, described_as) as (
            select t.event_name, t.event_version, t.status, k.key, null::text, k.value
              from telemetry.event_types t,
                   lateral (select p.key, p.value from jsonb_each(t.properties) p
                             union all
                            select r.required_key, 'true'::jsonb from unnest(t.required_keys) r (required_key)
                             union all
                            select s.key, s.value
                              from jsonb_each(case jsonb_typeof(t.json_schema->'properties') when 'object' then t.json_schema->'properties' else '{}' end) s) k
             union all
            select d.event_name, d.event_version, d.status, d.payload_key || '.' || k.key, d.payload_key, k.value
              from described d,
                   jsonb_each(case jsonb_typeof(d.described_as->'properties') when 'object' then d.described_as->'properties' else '{}' end) k
        )
        select * from described
    ),
    repeated as (
        -- Only keys with enough strings can have too many different ones. A declared format says that they differ.
        select c.event_name, c.payload_key
          from compared c
         where c.json_type = 'string'
           and not exists (select from described t
                            where t.event_name = c.event_name and t.status = 'active' and t.payload_key = c.payload_key and t.described_as ? 'format')
         group by c.event_name, c.payload_key
        having sum(c.events) > many_values
    ),
    distinct_values as (
        select e.event_name, k.payload_key, count(*) as events, count(distinct k.value) as distinct_values
          from telemetry.events e,
               telemetry.payload_keys(case jsonb_typeof(e.payload) when 'object' then e.payload end) k
         where e.event_ts >= range_since
           and e.event_ts < range_until
           and (drift_report.tenant is null or e.tenant_id = drift_report.tenant)
           and k.json_type = 'string'
           and exists (select from repeated r where r.event_name = e.event_name and r.payload_key = k.payload_key)
         group by 1, 2
    ),
    unknown as (
        select u.event_name, sum(u.rejections)::bigint as rejected, sum(u.events)::bigint as stored, min(u.first_at) as first_at, max(u.last_at) as last_at
          from (select r.event_name, count(*) as rejections, 0 as events, min(r.rejected_at) as first_at, max(r.rejected_at) as last_at
                  from telemetry.rejections r
                 where r.reason = 'unknown_event'
                   and r.rejected_at >= range_since
                   and r.rejected_at < range_until
                   and (drift_report.tenant is null or r.tenant_id = drift_report.tenant)
                 group by r.event_name
                 union all
                select n.event_name, 0, n.events, n.first_event, n.last_event
                  from named n
                 where n.events > 0
                   and not exists (select from telemetry.event_types t where t.event_name = n.event_name)) u
         group by u.event_name
         order by sum(u.rejections) + sum(u.events) desc, u.event_name
         limit most_unknown_names
    ),
    findings as (
        select 'unknown_event' as finding, u.event_name, null::text as payload_key,
               jsonb_build_object('rejected', u.rejected, 'stored', u.stored, 'first_at', u.first_at, 'last_at', u.last_at) as details,
               'error' as severity
          from unknown u
        union all
        select 'type_conflict', c.event_name, c.payload_key, jsonb_build_object('types', jsonb_object_agg(c.json_type, c.events)), 'error'
          from (select c.event_name, c.payload_key, c.json_type, sum(c.events) as events
                  from compared c
                 where c.json_type <> 'null' and c.events > 0
                 group by 1, 2, 3) c
         group by c.event_name, c.payload_key
        having count(*) > 1
        union all
        select 'many_keys', o.event_name, o.object_key, jsonb_build_object('keys', o.keys), 'warn'
          from overgrown o
        union all
        select 'vanished_key', k.event_name, k.payload_key,
               jsonb_build_object('events', k.events, 'events_before', k.events_before, 'with_key_before', k.events_with_before), 'warn'
          from keys k
         where k.events_with = 0
           and k.events >= enough_events
           and k.events_before >= enough_events
           and k.events_with_before >= least_share * k.events_before
        union all
        select 'silent_event', n.event_name, null,
               jsonb_build_object('events_before', n.events_before, 'last_at', n.last_event),
               case when n.events_before >= regular_events then 'warn' else 'info' end
          from named n
         where n.events = 0
           and exists (select from telemetry.event_types t where t.event_name = n.event_name and t.status = 'active')
        union all
        select 'volume_jump', n.event_name, null,
               jsonb_build_object('events', n.volume, 'events_before', n.volume_before, 'ratio', trim_scale(round((n.volume / n.volume_before)::numeric, 3))), 'warn'
          from named n
         where n.events > 0
           and n.events_before > 0
           and greatest(n.volume, n.volume_before) >= enough_events
           and greatest(n.volume, n.volume_before) > largest_ratio * least(n.volume, n.volume_before)
        union all
        select 'high_cardinality', d.event_name, d.payload_key, jsonb_build_object('distinct_values', d.distinct_values, 'events', d.events), 'warn'
          from distinct_values d
         where d.distinct_values > many_values
           and d.distinct_values > many_values_share * d.events
        union all
        select 'new_key', k.event_name, k.payload_key,
               jsonb_build_object('events', k.events, 'with_key', k.events_with, 'events_before', k.events_before), 'info'
          from keys k
         where k.events_with > 0
           and k.events_with_before = 0
           and k.events_before >= enough_events
        union all
        select 'undeclared_key', c.event_name, c.payload_key,
               jsonb_build_object('with_key', sum(c.events), 'event_versions', array_agg(distinct c.event_version)), 'info'
          from compared c
         where c.events > 0
           -- Where an object is described without its members nothing is said of these, nor of members of what is
           -- undeclared itself.
           and exists (select from described d
                        where d.event_name = c.event_name and d.event_version = c.event_version and d.parent_key is not distinct from c.parent_key)
           and not exists (select from described d
                            where d.event_name = c.event_name and d.event_version = c.event_version and d.payload_key = c.payload_key)
         group by c.event_name, c.payload_key
    )
    select f.finding, f.event_name, f.payload_key, f.details, f.severity
      from findings f
     order by array_position('{error,warn,info}', f.severity), f.finding collate "C", f.event_name collate "C", f.payload_key collate "C" nulls first;
end
$$;

comment on function telemetry.drift_report is
'Reports where the events that the caller may see drift away from the taxonomy, and from what they
were in the period of the same length before since. It reads every payload of both periods, so that
its answer is exact.

Arguments
  since   where the range begins; NULL: 168 hours before until
  until   where the range ends, exclusive; NULL: now
  tenant  the tenant whose events are looked at; NULL: every tenant that the caller may see, counted
          together
Columns
  finding      what was found: one of the words that the notes explain
  event_name   the event
  payload_key  the payload key, or the path to a member of an object (experiment.variant), as
               payload_keys() lists it; NULL where the finding is about the whole event
  details      the numbers that it was found by, an object; events are counted as rows
  severity     error, warn or info
Errors
  22023  since is not before until
Notes
  There is one row per finding, by severity (error, warn, info), finding, event and payload key; no
    row where nothing is found.
  unknown_event (error): an event without a definition was rejected or stored; the 100 most frequent
    names are listed.
  type_conflict (error): a key has values of several JSON types; null is not counted.
  vanished_key (warn): a key is in none of the events now and was in at least 10 % of them before,
    with at least 100 events in each period; a key with the value null counts as there.
  silent_event (warn; info where there were fewer than 10 events before): an active event came in
    the period before and does not come now.
  volume_jump (warn): an event came more than 3 times as often as before, or less than a third as
    often. Both periods have events, the larger one at least 100; a sampled event counts as
    1/sample_rate.
  high_cardinality (warn): a key has over 1000 different strings, in number more than 50 % of the
    events that have the key, and the active definition does not declare its format. Such keys make
    the function read the range twice.
  many_keys (warn): an event, or the object payload_key in it, has over 200 keys; what is in there
    is left out of all findings by key.
  new_key (info): a key is in none of at least 100 events before, and comes now.
  undeclared_key (info): the version that was logged does not have the key in its properties,
    required_keys or json_schema. That is told only where these name some key, or for a member some
    member of its object.
  vanished_key and new_key compare a member of an object among the events that have the object.';
