-- What a zone is: a name of pg_timezone_names. An offset would mean the opposite of what whoever writes it means. And the
-- season of hourly series on days when clocks change.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
set telemetry.unknown_events = 'empty';
\set ON_ERROR_ROLLBACK on
begin;
-- Names, in upper or lower case, with digits too.
select tz, bucket from unnest('{UTC,utc,Europe/Berlin,europe/berlin,America/New_York,Etc/GMT-5,EST5EDT,GMT}'::text[]) tz, telemetry.time_buckets('2024-07-01 12:00', '2024-07-01 13:00', 'day', tz => tz) order by 1;
-- Nothing else.
create function pg_temp.refused(tz text) returns text language plpgsql as $$
begin
    perform telemetry.time_buckets('2024-07-01', '2024-07-02', 'day', tz => tz);
    return 'taken';
exception
    when invalid_parameter_value then
        return sqlerrm;
end $$;
select pg_temp.refused(tz) from unnest('{+05:30,-5,UTC+2,UTC-02:00,XYZ7,XYZ-7,<+0530>-5:30,EST5,Nowhere/Land+3,CEST,Berlin,"",browser,right/UTC}'::text[]) tz;
select count(*) from pg_timezone_names z where pg_temp.refused(z.name) <> 'taken';
select * from telemetry.time_buckets('2024-07-01', '2024-07-02', 'day', tz => 'browser');
select * from telemetry.time_buckets('2024-07-01', '2024-07-02', 'day', tz => 'UTC+2');
-- The session's own zone is what PostgreSQL made of it.
set local time zone '+05:30';
select bucket at time zone 'UTC' from telemetry.time_buckets('2024-07-01 12:00Z', '2024-07-01 13:00Z');
set local time zone 'UTC';
-- Every function that takes a zone says the same; those over the application's tables after they looked for the table.
create function pg_temp.says(asked regproc) returns text language plpgsql as $$
declare
    given constant jsonb := '{"steps": "[\"a\", \"b\"]", "anchor": "a", "target": "b", "first_event": "a", "next_event": "b", "opened": "a", "closed": "b", "payload_key": "k", "error_events": "{a}", "feature_event": "a",
                              "numerator": "a", "since": "2024-01-01", "until": "2024-01-02", "times": "{2024-01-01}", "numbers": "{1}", "event_name": "a", "tz": "UTC+2"}';
    arguments text;
begin
    select string_agg(format('%I => %L', a.name, given ->> a.name), ', ') into arguments
      from pg_proc p, unnest(p.proargnames[:p.pronargs], p.proargtypes::oid[]) a (name, type)
     where p.oid = asked and given ? a.name and not (a.name = 'target' and a.type = 'float8'::regtype) and not (a.name in ('first_event', 'last_event') and a.type = 'timestamptz'::regtype);
    execute format('select * from %s(%s)', asked, arguments);
    return 'takes it';
exception
    when others then
        return sqlerrm;
end $$;
select p.proname, s.says
  from pg_proc p, lateral (select pg_temp.says(p.oid::regproc) as says) s
 where p.pronamespace = 'telemetry'::regnamespace and 'tz' = any (p.proargnames[:p.pronargs]) and p.proname not in ('kpi', 'kpi_details', 'dashboard', 'dashboard_page', 'kpi_chart', 'show', 'forecast_kpi', 'compare_periods') and s.says <> 'unknown time zone "UTC+2"'
 order by 1;
select telemetry.register_kpi('any', '{"kind": "event_volume"}') as is_new;
select * from telemetry.kpi('any', tz => 'UTC+2');
select telemetry.register_dashboard('any', '{any}') as is_new;
select * from telemetry.dashboard('any', '2024-01-01', '2024-01-02', tz => 'browser');

-- At nine on the clock ten come, else one: on days too that have 23 or 25 hours.
create temp view nine as
    select day::date as of, array_agg(t order by t) as times, array_agg(case when extract(hour from t at time zone 'Europe/Berlin') = 9 then 10.0::float8 else 1.0 end order by t) as numbers
      from unnest('{2024-03-31,2024-10-27}'::date[]) day, generate_series((day - 28)::timestamp at time zone 'Europe/Berlin', (day + 7)::timestamp at time zone 'Europe/Berlin' - interval '1 hour', '1 hour') t group by 1;
select of, count(*) as hours, count(*) filter (where is_anomaly) as anomalies, max(expected) filter (where bucket >= of::timestamp at time zone 'Europe/Berlin' and bucket < (of + 1)::timestamp at time zone 'Europe/Berlin') as at_nine
  from nine, telemetry.anomalies_of(times, numbers, 'hour', tz => 'Europe/Berlin') group by 1 order by 1;
select of, f.bucket at time zone 'Europe/Berlin' as at, round(f.expected::numeric, 6) as expected
  from nine, telemetry.forecast_of(times[:28 * 24], numbers[:28 * 24], 'hour', 30, tz => 'Europe/Berlin') f where f.expected > 5 order by 1, 2;
set local telemetry.enforcement = 'accept';
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'came', 'event_ts', t)))
  from nine, unnest(times, numbers) n (t, number), generate_series(1, number::integer) where of = '2024-03-31' \g /dev/null
select bucket at time zone 'Europe/Berlin' as at, value, expected, score, is_anomaly from telemetry.anomalies('came', '2024-03-03', '2024-04-07', 'hour', tz => 'Europe/Berlin')
 where bucket >= '2024-03-31 00:00Z' and bucket < '2024-03-31 10:00Z' :both
rollback;
