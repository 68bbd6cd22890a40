-- event_volume(): counts per calendar bucket, exact in every time zone.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso;
set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
-- Names that nobody logged: see the book unknown_events.
set telemetry.unknown_events = 'empty';
begin;
set local time zone 'UTC';
select telemetry.register_event(name) from unnest('{a,b,c}'::text[]) name;

-- Nothing logged: all time has no bucket; a given range has its buckets, empty.
select * from telemetry.event_volume();
select * from telemetry.event_volume(since => '2020-01-01', until => '2020-01-03');
select * from telemetry.event_volume(since => '2020-01-01', until => '2020-01-03', events => '{a,b}');

select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', n, 'event_ts', t, 'payload', p::jsonb, 'tenant_id', tenant)))
  from (values ('a', '2020-01-01T00:00:00Z', '{"plan": "pro"}', null),
               ('a', '2020-01-01T23:59:59.999999Z', '{"plan": "free"}', null),
               ('b', '2020-01-01T12:00:00Z', '{}', null),
               ('a', '2020-01-03T00:00:00Z', '{"plan": "pro"}', '44444444-4444-4444-4444-444444444444')) v (n, t, p, tenant);

-- One row per bucket and name, also where nothing happened; the range is half-open.
select * from telemetry.event_volume(since => '2020-01-01', until => '2020-01-04');
select * from telemetry.event_volume(since => '2020-01-01', until => '2020-01-03');
select * from telemetry.event_volume(since => '2020-01-01', until => '2020-01-04', events => '{b,never_logged}');
select * from telemetry.event_volume(since => '2020-01-01', until => '2020-01-04', events => '{}');
select * from telemetry.event_volume(since => '2020-01-01', until => '2020-01-04', tenant => '44444444-4444-4444-4444-444444444444');
select * from telemetry.event_volume(since => '2020-01-01', until => '2020-01-04', filter => '{"plan": "pro"}');

-- A bucket that the range cuts, or that is not over, says so.
select * from telemetry.event_volume(since => '2020-01-01 06:00', until => '2020-01-02 18:00');
select bucket, is_complete from telemetry.event_volume(since => '2019-12-15', until => '2020-02-01', grain => 'month');
select bool_and(is_complete) filter (where bucket < date_trunc('day', now())) as past, bool_or(is_complete) filter (where bucket >= date_trunc('day', now())) as today
  from telemetry.event_volume(since => date_trunc('day', now()) - interval '3 days', until => now() + interval '1 hour');

-- All time begins with the bucket of the first event, which counts as whole, and ends now.
select min(bucket), bool_and(is_complete) filter (where bucket = '2020-01-01'), max(bucket) = date_trunc('year', now()) as until_now, sum(events)
  from telemetry.event_volume(grain => 'year', events => '{a,b}');

-- Grains; weeks begin on Monday.
select grain, array_agg(bucket::date order by bucket) from unnest('{day,week,month,quarter,year}'::text[]) grain, lateral telemetry.event_volume('{a}', '2020-01-01', '2020-01-03', grain) v group by 1 order by 1;
select bucket, events from telemetry.event_volume('{b}', '2020-01-01 11:00', '2020-01-01 14:00', 'hour');

select bucket, events from telemetry.event_volume('{b}', '2020-01-01 11:56', '2020-01-01 12:04', '5 minutes');
-- The range as one bucket, which begins where it does, with any end.
select * from telemetry.event_volume('{a,b}', '2020-01-01 11:50', '2020-01-01 12:00:00.000001', 'range');
select * from telemetry.event_volume('{a,b}', '2020-01-01', '2020-01-01 12:00', 'range');
select bucket = now() - interval '15 minutes' as since, events, is_complete from telemetry.event_volume('{a}', now() - interval '15 minutes', now(), 'range');
select is_complete from telemetry.event_volume('{a}', now() - interval '15 minutes', now() + interval '1 minute', 'range');
select * from telemetry.event_volume(since => '2020-01-01', grain => 'range');
select * from telemetry.event_volume(until => '2020-01-01', grain => 'range');
select * from telemetry.event_volume(since => '2020-01-01', until => '2020-03-15', grain => 'minute');

-- Local days. The same instants, other days.
select bucket, events from telemetry.event_volume(since => '2019-12-31', until => '2020-01-02', events => '{a}', tz => 'America/New_York');
select bucket at time zone 'Asia/Kolkata' as local_day, events from telemetry.event_volume(since => '2020-01-01', until => '2020-01-03', events => '{a}', tz => 'Asia/Kolkata');

-- The session's time zone is the default.
set local time zone 'America/New_York';
select bucket, events from telemetry.event_volume(since => '2019-12-31', until => '2020-01-02', events => '{a}');
set local time zone 'UTC';

-- Clock changes (TE-7): exactly one row per local date. Cairo's clocks skip midnight itself.
select bucket at time zone 'Africa/Cairo' as local, next_bucket - bucket as lasts from telemetry.time_buckets('2025-04-24', '2025-04-26', 'day', tz => 'Africa/Cairo');
select bucket at time zone 'America/New_York' as local, next_bucket - bucket as lasts from telemetry.time_buckets('2025-03-08 05:00Z', '2025-03-11 04:00Z', 'day', tz => 'America/New_York');
select bucket at time zone 'America/New_York' as local, next_bucket - bucket as lasts from telemetry.time_buckets('2025-11-01 04:00Z', '2025-11-04 05:00Z', 'day', tz => 'America/New_York');
-- Samoa has no 30 December 2011; Lord Howe shifts by half an hour; the repeated hour is two rows.
select bucket at time zone 'Pacific/Apia' as local, next_bucket - bucket as lasts from telemetry.time_buckets('2011-12-29 10:00Z', '2011-12-31 10:00Z', 'day', tz => 'Pacific/Apia');
select count(*), sum(next_bucket - bucket) from telemetry.time_buckets('2025-11-02 04:00Z', '2025-11-03 05:00Z', 'hour', tz => 'America/New_York');
select count(*), min(next_bucket - bucket), max(next_bucket - bucket), count(distinct (bucket at time zone 'Australia/Lord_Howe')::date) from telemetry.time_buckets('2025-01-01', '2026-01-01', 'day', tz => 'Australia/Lord_Howe');

-- In every zone and grain, buckets follow each other without gap or overlap, and days are the local dates.
select grain, count(distinct z) > 10 as zones, count(*) filter (where next_bucket is distinct from following and following is not null) as gaps, min(next_bucket - bucket) > '0' as forward
  from (select grain, z, b.*, lead(b.bucket) over (partition by grain, z order by b.bucket) as following
          from unnest('{hour,day,week,month,quarter,year}'::text[]) grain,
               unnest('{UTC,Africa/Cairo,America/New_York,America/St_Johns,Pacific/Apia,Australia/Lord_Howe,Asia/Kathmandu,Europe/Dublin,America/Asuncion,Asia/Gaza,Antarctica/Troll,Africa/Casablanca}'::text[]) z,
               lateral telemetry.time_buckets('2011-06-01', '2013-06-01', grain, tz => z) b) x
 group by 1 order by 1;
-- Minutes go by the clock of the zone: 0, 5, 10 past. Kathmandu's is three quarters off; Monrovia's went from 0:44:30 behind to none in 1972.
select bucket at time zone z as local, next_bucket - bucket as lasts from unnest('{Africa/Monrovia,Asia/Kathmandu}'::text[]) z, lateral telemetry.time_buckets('1972-01-07 00:10Z', '1972-01-07 01:05Z', '15 minutes', tz => z) order by z, bucket;
select grain, count(distinct z) as zones, count(*) filter (where next_bucket is distinct from following and following is not null) as gaps, bool_and(extract(epoch from bucket at time zone z)::bigint % extract(epoch from width)::bigint = 0) as aligned, min(next_bucket - bucket) = max(next_bucket - bucket) as even
  from (select grain, width, z, b.*, lead(b.bucket) over (partition by grain, z, first order by b.bucket) as following
          from (values ('minute', interval '1 minute'), ('5 minutes', '5 minutes'), ('10 minutes', '10 minutes'), ('15 minutes', '15 minutes')) g (grain, width),
               unnest('{UTC,America/New_York,America/St_Johns,Pacific/Apia,Australia/Lord_Howe,Asia/Kathmandu,Antarctica/Troll}'::text[]) z, unnest('{2012-03-11,2012-04-01,2012-11-04,2011-12-30}'::timestamptz[]) first,
               lateral telemetry.time_buckets(first - interval '1 day', first + interval '1 day', grain, tz => z) b) x
 group by 1 order by 1;
select z from unnest('{Africa/Cairo,America/New_York,Pacific/Apia,America/Asuncion,Asia/Gaza,Antarctica/Troll}'::text[]) z
 where (select array_agg((b.bucket at time zone z)::date order by b.bucket) from telemetry.time_buckets('2011-06-01', '2013-06-01', 'day', tz => z) b)
       is distinct from (select array_agg(distinct (i at time zone z)::date) from generate_series(timestamptz '2011-06-01', timestamptz '2013-06-01' - interval '1 minute', interval '30 minutes') i);
select * from telemetry.time_buckets();

-- The tutoring application's own SQL gives the same numbers.
select count(*) from (
    (select date_trunc('day', event_ts), event_name, count(*) from telemetry.events group by 1, 2)
    except
    (select bucket, event_name, events from telemetry.event_volume(since => '2020-01-01', until => '2020-01-04'))) x;

-- All time as one bucket begins with the first event, not with its hour, whether rows or what is derived answers.
select telemetry.import_events('[{"event_name": "c", "event_ts": "2019-06-01T10:20:30Z"}]');
select bucket, events from telemetry.event_volume(grain => 'range', events => '{c}') :both
select bucket, numerator, denominator from telemetry.event_ratio('c', 'b', grain => 'range', until => '2020-01-02') :both

-- Reading needs no transaction id and works in a READ ONLY transaction.
rollback;
begin read only;
select count(*) >= 0 as reads from telemetry.event_volume();
select count(*) >= 0 as reads from telemetry.active_users(rolling_days => 7);
select count(*) >= 0 as reads from telemetry.event_catalog();
select pg_current_xact_id_if_assigned() is null as no_transaction_id;
set local telemetry.enforcement = 'accept';
select telemetry.log_event('a');
rollback;
