-- activity_heatmap(): events and users by weekday and hour of the local clock. `:both` asks rows and timeline, see the
-- book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
set local telemetry.enforcement = 'accept';
-- Nothing logged: 168 hours without anything.
select count(*), min(weekday), max(weekday), min(hour), max(hour), sum(events), sum(actors) from telemetry.activity_heatmap();
select count(*), sum(events) from telemetry.activity_heatmap(since => '2020-01-01', until => '2020-01-02') :both

-- Ann on two Mondays at nine, bob on a Sunday, an hour that ends with it, and nobody.
savepoint start;
select logs('ann', '{2024-03-04 09:00,2024-03-04 09:59:59.999999,2024-03-11 09:30,2024-03-11 10:00}') \g /dev/null
select logs('bob', '{2024-03-10 23:59:59.999999,2024-03-11 00:00}') \g /dev/null
select telemetry.import_events('[{"event_name": "open", "event_ts": "2024-03-11T09:00:00Z"}, {"event_name": "open", "event_ts": "2024-03-11T12:00:00Z"}]') \g /dev/null
select * from telemetry.activity_heatmap(since => '2024-03-04', until => '2024-03-18') where events > 0 :both
select weekday, hour, person from telemetry.activity_heatmap_actors(since => '2024-03-04', until => '2024-03-18') join unnest('{ann,bob}'::text[]) person on telemetry.as_id(person) = actor_id order by 1, 2, 3 :both
-- Half-open ranges; all time.
select * from telemetry.activity_heatmap(since => '2024-03-11 00:00', until => '2024-03-11 10:00') where events > 0 :both
select sum(events), sum(actors) from telemetry.activity_heatmap() :both
-- Midnight in Greenwich is half past five in Kolkata; in Kathmandu a quarter to six.
select zone, weekday, hour, events from unnest('{Asia/Kolkata,Asia/Kathmandu}'::text[]) zone, telemetry.activity_heatmap(since => '2024-03-11 00:00', until => '2024-03-11 00:01', tz => zone) where events > 0 order by 1 :both
rollback to start;

-- Clocks go forward in New York on 2025-03-09: 2 o'clock is missing. They go back on 2025-11-02: 1 o'clock comes twice.
select logs('ann', array_agg(hour)) from generate_series(timestamptz '2025-03-09 05:30Z', '2025-03-09 08:30Z', '1 hour') hour \g /dev/null
select hour, events, actors from telemetry.activity_heatmap(since => '2025-03-01', until => '2025-04-01', tz => 'America/New_York') where events > 0 :both
select logs('ann', array_agg(hour)) from generate_series(timestamptz '2025-11-02 04:30Z', '2025-11-02 07:30Z', '1 hour') hour \g /dev/null
select weekday, hour, events, actors from telemetry.activity_heatmap(since => '2025-11-01', until => '2025-12-01', tz => 'America/New_York') where events > 0 :both
-- The microsecond before the clocks change, and the change.
select logs('bob', '{2025-11-02 05:59:59.999999Z,2025-11-02 06:00:00Z,2025-03-09 06:59:59.999999Z,2025-03-09 07:00:00Z}') \g /dev/null
select weekday, hour, actors from telemetry.activity_heatmap(since => '2025-03-09 06:59Z', until => '2025-03-09 07:01Z', tz => 'America/New_York') where events > 0 :both
rollback to start;

-- Names and filter; a sampled event stands for several, a user for one.
select logs('ann', '{2024-03-04 09:00}', 'open', '{"plan": "pro"}') \g /dev/null
select logs('bob', '{2024-03-04 09:00}', 'close') \g /dev/null
select what, weekday, hour, events, actors
  from (select 'open' as what, * from telemetry.activity_heatmap('{open}', '2024-03-04', '2024-03-05')
        union all select 'pro', * from telemetry.activity_heatmap(since => '2024-03-04', until => '2024-03-05', filter => '{"plan": "pro"}')
        union all select 'all', * from telemetry.activity_heatmap(since => '2024-03-04', until => '2024-03-05')) h where events > 0 order by 1 :both
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'open', 'event_ts', '2024-03-04T20:00:00Z', 'user_id', telemetry.as_id('cyd'), 'sample_rate', 0.25))) from generate_series(1, 3) \g /dev/null
select * from telemetry.activity_heatmap(since => '2024-03-04', until => '2024-03-05') where hour = 20 and events > 0 :both
-- A user id in two tenants is two actors.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'open', 'event_ts', '2025-01-01T00:00:00Z', 'user_id', telemetry.as_id('x'), 'tenant_id', tenant))) from unnest('{44444444-4444-4444-4444-444444444444,55555555-5555-5555-5555-555555555555}'::uuid[]) tenant \g /dev/null
select * from telemetry.activity_heatmap(since => '2025-01-01', until => '2025-01-02') where events > 0 :both
select * from telemetry.activity_heatmap(since => '2025-01-01', until => '2025-01-02', tenant => '44444444-4444-4444-4444-444444444444') where events > 0 :both
rollback to start;

-- Random events across clock changes: what plain SQL says; the list is as long as the counts.
select logs('u' || u, array_agg(timestamptz '2025-03-01' + (hashint4(u * 1000 + n) & 2147483647) % 31536000 * interval '1 second'))
  from generate_series(1, 40) u, generate_series(1, 1 + u % 60) n group by u \g /dev/null
create view zones as select zone from unnest('{UTC,America/New_York,Australia/Lord_Howe,Africa/Casablanca}'::text[]) zone;
create view plain as
    select zone, extract(isodow from event_ts at time zone zone)::int as weekday, extract(hour from event_ts at time zone zone)::int as hour, count(*) as events, count(distinct user_id) as actors
      from zones, telemetry.events where event_ts >= '2025-03-05' and event_ts < '2026-02-20' group by 1, 2, 3;
create view listed as select zone, weekday, hour, count(*) as actors from zones, telemetry.activity_heatmap_actors(since => '2025-03-05', until => '2026-02-20', tz => zone) group by 1, 2, 3;
select zone, count(*) as hours, sum(h.events) as events, sum(h.actors) as actors, count(*) filter (where (h.events, h.actors) is distinct from (coalesce(p.events, 0), coalesce(p.actors, 0))) as differences, count(*) filter (where h.actors <> coalesce(l.actors, 0)) as not_listed
  from (select * from zones, telemetry.activity_heatmap(since => '2025-03-05', until => '2026-02-20', tz => zone)) h left join plain p using (zone, weekday, hour) left join listed l using (zone, weekday, hour)
 group by 1 order by 1 :both

-- What cannot be answered is an error.
select * from telemetry.activity_heatmap(tz => 'Mars/Olympus');
select * from telemetry.activity_heatmap(since => '2020-01-02', until => '2020-01-01');
select * from telemetry.activity_heatmap_actors(until => 'infinity');
set local telemetry.kpi_memory = '1MB';
select * from telemetry.activity_heatmap();
rollback;
