-- The last so much time: `last` in place of since, in every KPI. What "today" is changes, so that most of these say until.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
begin;
set local time zone 'UTC';
select telemetry.register_event(name) from unnest('{viewed,bought}'::text[]) name;
-- An event every hour for 100 days, one in three bought.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', case when n % 3 = 0 then 'bought' else 'viewed' end, 'event_ts', timestamptz '2026-01-01Z' + n * interval '1 hour', 'user_id', telemetry.as_id((n % 5)::text)))) from generate_series(0, 2399) n \g /dev/null

-- Three days before midnight: three rows, all whole.
select * from telemetry.event_volume('{bought}', last => '3 days', until => '2026-03-01') :both
-- In the middle of a day, the last of them is as far as until.
select * from telemetry.event_volume('{bought}', last => '3 days', until => '2026-03-01 12:00') :both
-- Where the buckets are wider than the unit, the first one is whole: 24 hours by day are the days that they touch.
select * from telemetry.event_volume('{bought}', last => '24 hours', until => '2026-03-01 12:00');
select * from telemetry.event_volume('{bought}', last => '30 days', grain => 'month', until => '2026-03-15');
select bucket, events from telemetry.event_volume('{bought}', last => '4 hours', grain => 'hour', until => '2026-03-01 12:30');
-- Weeks begin on the day that week_start says; a unit alone is one of it.
select * from telemetry.event_volume('{bought}', last => '2 weeks', grain => 'week', until => '2026-03-02');
select * from telemetry.event_volume('{bought}', last => 'week', grain => 'week', week_start => 'sunday', until => '2026-03-03');
select * from telemetry.event_volume('{bought}', last => '1 quarter', grain => 'quarter', until => '2026-03-31 23:59');
-- By the clock of the zone: the day on which clocks go forward has 23 hours, and three days there are 71.
select bucket, events from telemetry.event_volume(last => '3 days', until => '2026-03-30 00:00+02', tz => 'Europe/Berlin') order by 1;
select sum(events) from telemetry.event_volume('{bought,viewed}', last => '3 days', grain => 'range', until => '2026-03-30 00:00+02', tz => 'Europe/Berlin');
select count(*) from telemetry.event_volume('{bought}', last => '24 hours', grain => 'hour', until => '2026-03-30 00:00+02', tz => 'Europe/Berlin');
-- It is what since and until say, in kinds of questions with a grain, without one, and over SQL.
select * from telemetry.funnel('["viewed", "bought"]', '7 days', last => '2 days', until => '2026-03-01')
except select * from telemetry.funnel('["viewed", "bought"]', '7 days', '2026-02-27', '2026-03-01');
select * from telemetry.retention('viewed', last => '3 weeks', grain => 'week', until => '2026-03-02')
except select * from telemetry.retention('viewed', since => '2026-02-09', until => '2026-03-02', grain => 'week');
select * from telemetry.backlog('viewed', 'bought', last => '2 days', until => '2026-03-01')
except select * from telemetry.backlog('viewed', 'bought', '2026-02-27', '2026-03-01');
select * from telemetry.dau_mau(last => '2 months', until => '2026-03-01')
except select * from telemetry.dau_mau(since => '2026-01-01', until => '2026-03-01');
-- Until now: the present day is in it, and not over. The range ends with it.
select telemetry.log_event('bought') \g /dev/null
select events, is_complete from telemetry.event_volume('{bought}', last => '2 days');
select count(*), sum(events) from telemetry.event_volume('{bought}', last => '24 hours', grain => 'hour');
select bucket = date_trunc('day', now()) - interval '6 days' as begins, events, is_complete from telemetry.event_volume('{bought}', last => '7 days', grain => 'range');
-- Range without an end is until now, without a beginning from the first event on.
select bucket, events, is_complete from telemetry.event_volume('{bought}', grain => 'range');
select bucket, events from telemetry.event_volume('{bought}', '2026-03-01', grain => 'range');
select * from telemetry.event_volume('{bought}', '2999-01-01', grain => 'range');
-- What it would read: the range only.
select raw_events from telemetry.explain_kpi('item_statistics', '{"last": "2 days", "until": "2026-03-01"}');

-- The same range for SQL of one's own.
select * from telemetry.period(last => '3 days', until => '2026-03-01 12:00', grain => 'week');
select * from telemetry.period('2026-03-01');
select range_since at time zone 'Asia/Kathmandu' as since, range_until from telemetry.period(last => '2 months', until => '2026-03-01Z', tz => 'Asia/Kathmandu');
select event_name, count(*) from telemetry.events e, telemetry.period(last => '2 days', until => '2026-03-01') p where e.event_ts >= p.range_since and e.event_ts < p.range_until group by 1 order by 1;

-- Errors.
select telemetry.event_volume(last => '2 fortnights');
select telemetry.event_volume(last => '0 days');
select telemetry.event_volume(last => '1.5 days');
select telemetry.event_volume(last => '1000000 minutes');
select telemetry.event_volume(last => '2 days', since => '2026-03-01');
select telemetry.event_volume(last => '2 days', until => 'infinity');
select telemetry.event_volume(last => '100000 years', until => '2026-03-01');
select telemetry.top_values('plan', last => '');
select telemetry.click_through('pg_class', last => 'x');
rollback;
