-- anomalies() of an event's volume, anomalies_of() of any numbers. `:both` asks rows and timeline, see the book
-- both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC'; set extra_float_digits = -3;
\set ON_ERROR_ROLLBACK on
begin;
select telemetry.register_event('login') \g /dev/null
select * from telemetry.anomalies('login');
select * from telemetry.anomalies('login', '2020-01-06', '2020-01-08');
-- Four weeks: 20 logins and a few on weekdays, 5 on the weekend. Wednesday the 22nd has three, Sunday the 26th has 19.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'login', 'event_ts', day + n * interval '1 minute')))
  from generate_series(timestamptz '2020-01-06', '2020-02-02', '1 day') day,
       generate_series(1, case day::date when '2020-01-22' then 3 when '2020-01-26' then 19 else case when extract(isodow from day) < 6 then 20 + extract(day from day)::int % 3 else 5 end end) n;
select * from telemetry.anomalies('login', '2020-01-06', '2020-02-03') where is_anomaly :both
select bucket::date, value, expected, score from telemetry.anomalies('login', '2020-01-06', '2020-02-03') where bucket < '2020-01-13' :both
-- Without the weekday a usual weekend looks odd.
select array_agg(bucket::date order by bucket) from telemetry.anomalies('login', '2020-01-06', '2020-02-03', seasonality => 'none', threshold => 2) where is_anomaly :both
-- All events together; weeks have one season.
select count(*), count(*) filter (where is_anomaly) from telemetry.anomalies(since => '2020-01-06', until => '2020-02-03') :both
select bucket::date, value, expected, score from telemetry.anomalies('login', '2020-01-06', '2020-02-03', 'week') :both
-- A bucket that is not over is shown, and not judged.
select is_complete, score, is_anomaly from telemetry.anomalies('login', date_trunc('day', now()) - interval '30 days', date_trunc('day', now()) + interval '1 day') order by bucket desc limit 1;
-- Local weekdays across a change of clocks: one row per local day, each Sunday with the Sundays.
select count(*), count(expected), count(distinct expected) from telemetry.anomalies_of(array(select t from generate_series(timestamptz '2025-10-20 16:00', '2025-11-16 16:00', '1 day') t), array(select extract(isodow from t) from generate_series(timestamptz '2025-10-20 16:00', '2025-11-16 16:00', '1 day') t), tz => 'America/New_York');
select count(distinct expected) from telemetry.anomalies_of(array(select t from generate_series(timestamptz '2025-06-02 00:00', '2025-06-29 23:00', '1 hour') t), array(select extract(isodow from t at time zone 'Asia/Kolkata') * 100 + extract(hour from t at time zone 'Asia/Kolkata') from generate_series(timestamptz '2025-06-02 00:00', '2025-06-29 23:00', '1 hour') t), 'hour', tz => 'Asia/Kolkata');

-- Any numbers: several of one bucket count as their mean, a NULL is a gap.
select * from telemetry.anomalies_of('{2020-01-01 08:00,2020-01-01 20:00,2020-01-02,2020-01-03,2020-01-04,2020-01-05}', '{1,3,2,null,2.5,90}', seasonality => 'none');
select * from telemetry.anomalies_of('{}', '{}');

select * from telemetry.anomalies_of();
select * from telemetry.anomalies_of('{2020-01-01}', '{1,2}');
select * from telemetry.anomalies_of('{2020-01-01}', '{nan}');
select * from telemetry.anomalies('login', threshold => 0);
select * from telemetry.anomalies('login', seasonality => 'lunar');
select * from telemetry.anomalies('login', grain => 'month', seasonality => 'weekly');
select * from telemetry.anomalies('login', '2020-01-02', '2020-01-01');
rollback;
