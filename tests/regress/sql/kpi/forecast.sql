-- forecast() of an event's volume, forecast_of() of any numbers, and when they reach a target. `:both` asks rows and
-- timeline, see the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC'; set extra_float_digits = -3;
\set ON_ERROR_ROLLBACK on
begin;
select telemetry.register_event('signup') \g /dev/null
-- Three weeks that grow by one a day, ten fewer on the weekend, and off by one now and then.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'signup', 'event_ts', day + n * interval '1 minute')))
  from (select day, row_number() over (order by day) as nth from generate_series(timestamptz '2020-01-06', '2020-01-26', '1 day') day) d,
       generate_series(1, 20 + nth - case when extract(isodow from day) > 5 then 10 else 0 end + case when nth in (3, 12, 16) then 1 else 0 end) n;
select * from telemetry.forecast('signup', '2020-01-06', '2020-01-27', horizon => 8) :both
select expected, reaches_at from telemetry.forecast('signup', '2020-01-06', '2020-01-27', horizon => 1, target => 60) :both
select reaches_at from telemetry.forecast('signup', '2020-01-06', '2020-01-27', horizon => 1, target => 1000000) :both
-- The same slope as regr_slope() where there are no seasons.
select (f.expected - f.before) as slope, abs(f.expected - f.before - r.slope) < 1e-9 as same
  from (select expected, lag(expected) over (order by bucket) as before from telemetry.forecast('signup', '2020-01-06', '2020-01-27', horizon => 2, seasonality => 'none')) f,
       (select regr_slope(events, nth) as slope from (select events, row_number() over (order by bucket) as nth from telemetry.event_volume(since => '2020-01-06', until => '2020-01-27') v) v) r
 where before is not null :both
select bucket::date, expected from telemetry.forecast('signup', '2020-01-06', '2020-01-27', 'week', horizon => 2) :both
-- A bucket that is not over does not pull the line down: the first one shown is it.
select min(bucket) = date_trunc('day', now()) as from_today from telemetry.forecast('signup', date_trunc('day', now()) - interval '30 days', date_trunc('day', now()) + interval '1 day');

-- Months are steps of one, whatever their length. A disk that fills, and one that empties.
select * from telemetry.forecast_of('{2020-01-01,2020-02-01,2020-03-01,2020-04-01}', '{10,20,30,40}', 'month', horizon => 2, target => 95);
select bucket, expected, reaches_at from telemetry.forecast_of('{2020-01-01 06:00,2020-01-01 18:00,2020-01-02,2020-01-04}', '{99,101,90,71}', 'day', 1, 50, seasonality => 'none');
select round(lower::numeric, 6) as lower, expected, round(upper::numeric, 6) as upper from telemetry.forecast_of(array(select timestamptz '2020-01-01' + n * interval '1 day' from generate_series(0, 9) n), array(select n + n % 2 from generate_series(0, 9) n), horizon => 1, confidence_level => 0.8, seasonality => 'none');
-- What lies below a target and falls does not reach it, nor what has passed it and rises.
select bucket, expected, reaches_at, reaches_latest from telemetry.forecast_of('{2020-01-01,2020-01-02,2020-01-03,2020-01-04}', '{40,39,37,36}', horizon => 1, target => 90, seasonality => 'none');
select bucket, expected, reaches_at, reaches_latest from telemetry.forecast_of('{2020-01-01,2020-01-02,2020-01-03,2020-01-04}', '{93,94,96,97}', horizon => 1, target => 90, seasonality => 'none');
-- One row per local day where clocks change.
select array_agg(bucket at time zone 'America/New_York') from telemetry.forecast_of(array(select timestamptz '2025-10-01 12:00' + n * interval '1 day' from generate_series(0, 30) n), array(select n from generate_series(0, 30) n), horizon => 4, tz => 'America/New_York');

select * from telemetry.forecast('signup', '2020-01-06', '2020-01-14');
select * from telemetry.forecast('signup', horizon => 0);
select * from telemetry.forecast('signup', '2020-01-06', '2020-01-27', confidence_level => 1);
select * from telemetry.forecast_of();
select * from telemetry.forecast_of('{}', '{}');
select * from telemetry.forecast_of('{2020-01-01,2020-01-02}', '{1}');
select * from telemetry.forecast('signup', seasonality => 'lunar');
rollback;
