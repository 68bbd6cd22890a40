-- ingestion_stats(): how ingestion does, per calendar bucket.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
begin;
set local time zone 'UTC';
select telemetry.register_event('seen');

-- Nothing happened: all time has no bucket. A given range has its hours, with counts of 0 and rates that nobody knows.
select * from telemetry.ingestion_stats(until => '2020-01-01');
\x on
select * from telemetry.ingestion_stats('2020-01-01 00:00', '2020-01-01 01:00');
\x off

-- The log holds 72 events between midnight and one o'clock, each 50 seconds after the one before, and one of
-- tenant 44... at half past two.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'seen', 'event_ts', timestamptz '2020-01-01' + i * interval '50 seconds')))
  from generate_series(0, 71) i;
select telemetry.import_events('[{"event_name": "seen", "event_ts": "2020-01-01T02:30:00Z", "tenant_id": "44444444-4444-4444-4444-444444444444"}]');

-- What ingestion wrote about itself meanwhile: five batches, of which four by clients; a single call that stands for
-- 64; and one that was kept for its duplicate alone.
insert into telemetry.ingestion_calls (call_at, tenant_id, function_name, caller, is_client, weight, events, accepted, rejected, duplicates, sampled_out, microseconds, redactions)
select '2020-01-01'::date + v.at::time, v.tenant_id::uuid, v.function_name, 'app', v.is_client, v.weight, v.events, v.accepted, v.rejected, v.duplicates, 0, v.microseconds, v.redactions::jsonb
  from (values ('00:05', '00000000-0000-0000-0000-000000000000', 'log_events', true, 1, 10, 10, 0, 0, 2000, '{"email": 2}'),
               ('00:10', '00000000-0000-0000-0000-000000000000', 'log_events', true, 1, 10, 5, 2, 3, 3000, null),
               ('00:15', '00000000-0000-0000-0000-000000000000', 'log_events', true, 1, 20, 18, 2, 0, 4000, '{"email": 1, "card": 1}'),
               ('00:20', '00000000-0000-0000-0000-000000000000', 'log_events', true, 1, 4, 4, 0, 0, 1000, null),
               ('00:25', '00000000-0000-0000-0000-000000000000', 'log_events', false, 1, 18, 0, 2, 16, 9000, null),
               ('00:30', '00000000-0000-0000-0000-000000000000', 'log_event', false, 64, 1, 1, 0, 0, 500, null),
               ('00:35', '00000000-0000-0000-0000-000000000000', 'log_event', false, 0, 1, 0, 0, 1, 70000, null),
               ('02:30', '44444444-4444-4444-4444-444444444444', 'log_events', true, 1, 2, 1, 1, 0, 5000, null)
       ) v (at, tenant_id, function_name, is_client, weight, events, accepted, rejected, duplicates, microseconds, redactions);
insert into telemetry.rejections (rejection_id, rejected_at, tenant_id, reason, message, caller, is_client)
select gen_random_uuid(), v.rejected_at, v.tenant_id::uuid, v.reason, 'as log_event() would have said it', 'app', true
  from (values (5, timestamptz '2020-01-01 00:10', 'wrong_type', '00000000-0000-0000-0000-000000000000'),
               (2, '2020-01-01 00:25', 'unknown_event', '00000000-0000-0000-0000-000000000000'),
               (1, '2020-01-01 00:59:59.999999', 'storage_error', '00000000-0000-0000-0000-000000000000'),
               (1, '2020-01-01 02:30', 'wrong_type', '44444444-4444-4444-4444-444444444444')
       ) v (times, rejected_at, reason, tenant_id), generate_series(1, v.times);

-- The first hour. 72 events in 3600 seconds are 0.02 a second; 8 of 72 + 8 + 20 were refused, 20 were duplicates.
-- The batches have 4, 10, 10, 18 and 20 events. One client batch in four was a retry; the mean of 10, 10, 20, 4 is 11.
-- Latency: weights 64, 1, 1, 1, 1, 1 of 0.5, 1, 2, 3, 4, 9 ms. Of 69, 50 % are 34.5 (within the 64), 95 % are 65.55
-- (the 66th, 2 ms), 99 % are 68.31 (the 69th). The 70 ms count for nothing: that row was kept for its duplicate.
\x on
select * from telemetry.ingestion_stats('2020-01-01 00:00', '2020-01-01 01:00');
\x off

-- Hours in which nothing happened are rows too; the range is half-open.
select bucket, events_stored, rejected, rejection_rate, duplicates, batches, batch_size_max, retried_batches, client_retry_rate, latency_p99_ms
  from telemetry.ingestion_stats('2020-01-01 00:00', '2020-01-01 03:00');
select bucket, events_stored, events_per_second, rejected, rejection_rate, batches, flush_size_avg
  from telemetry.ingestion_stats('2020-01-01', '2020-01-02', 'day');

-- A bucket that the range cuts, and its rate: the 36 events from half past midnight on, in 1800 seconds.
select bucket, events_stored, events_per_second, batches, rejected, is_complete
  from telemetry.ingestion_stats('2020-01-01 00:30', '2020-01-01 01:30');

-- NULL equals omitted.
select (select count(*) from telemetry.ingestion_stats('2020-01-01', '2020-01-02', null, null, tenant => null))
     = (select count(*) from telemetry.ingestion_stats('2020-01-01', '2020-01-02')) as same, count(*) as hours
  from telemetry.ingestion_stats('2020-01-01', '2020-01-02', null, null, tenant => null);

-- All time begins with the first trace of anything, of the log, the rejections or the calls.
select bucket, events_stored, rejected, duplicates from telemetry.ingestion_stats(until => '2020-01-02', grain => 'day');
insert into telemetry.rejections (rejection_id, rejected_at, tenant_id, reason, message, caller, is_client)
values (gen_random_uuid(), '2019-12-31 12:00', '00000000-0000-0000-0000-000000000000', 'not_allowed', 'before', 'app', true);
select bucket, events_stored, rejected, rejection_rate, rejected_by_reason from telemetry.ingestion_stats(until => '2020-01-02', grain => 'day');

-- Local days.
select bucket, events_stored, rejected, batches from telemetry.ingestion_stats('2019-12-31 05:00', '2020-01-02 05:00', 'day', 'America/New_York');

-- One tenant of several; and row-level security: an analyst reads the own tenant, whatever is asked for.
select bucket, events_stored, rejected, rejection_rate, batches, batch_size_p50, latency_p50_ms
  from telemetry.ingestion_stats('2020-01-01', '2020-01-02', 'day', tenant => '44444444-4444-4444-4444-444444444444');
create role observer;
select telemetry.grant_access('observer', 'analyst');
set local role observer;
set local telemetry.tenant_id = '44444444-4444-4444-4444-444444444444';
select bucket, events_stored, rejected, rejection_rate, batches, batch_size_p50, latency_p50_ms
  from telemetry.ingestion_stats('2020-01-01', '2020-01-02', 'day');
select bucket, events_stored, rejected, rejection_rate, batches, batch_size_p50, latency_p50_ms
  from telemetry.ingestion_stats('2020-01-01', '2020-01-02', 'day', tenant => '00000000-0000-0000-0000-000000000000');
set local telemetry.tenant_id = '55555555-5555-5555-5555-555555555555';
select count(*) from telemetry.ingestion_stats(until => '2020-01-02', grain => 'day');
reset telemetry.tenant_id;
reset role;

-- A backfill is a batch, but how long it took says nothing of logging.
select batches > 0 as counted, latency_p50_ms, latency_p99_ms from telemetry.ingestion_stats(now(), now() + interval '1 hour', 'year') where batches > 0;
-- What ingestion writes by itself, just now: a batch of three, in which one name is unknown and one event comes twice.
-- The imports above are batches of today as well, though their 72 + 1 events are of another day.
select accepted, rejected, duplicates
  from telemetry.log_events('[{"event_name": "seen", "event_id": "11111111-1111-4111-8111-111111111111"}, {"event_name": "seen", "event_id": "11111111-1111-4111-8111-111111111111"}, {"event_name": "sene"}]');
select sum(events_stored) as stored, sum(batches) as batches, sum(events_received) as received, sum(rejected) as rejected,
       sum(duplicates) as duplicates, jsonb_agg(rejected_by_reason) filter (where rejected > 0) as reasons,
       bool_and(latency_p50_ms > 0) filter (where batches > 0) as takes_time, bool_or(is_complete) filter (where batches > 0) as over
  from telemetry.ingestion_stats(now(), now() + interval '1 hour', 'year')
 where events_stored > 0;

-- A bucket that has not begun.
select events_stored, events_per_second, is_complete from telemetry.ingestion_stats(now() + interval '20 years', now() + interval '20 years 1 second', 'year');

-- Errors.
select * from telemetry.ingestion_stats('2020-01-02', '2020-01-01');
select * from telemetry.ingestion_stats('2020-01-01', '2020-01-02', 'fortnight');
select * from telemetry.ingestion_stats('2020-01-01', '2020-01-02', tz => 'Mars/Olympus');
rollback;

-- Reading needs no transaction id and works in a READ ONLY transaction.
begin read only;
select count(*) >= 0 as reads from telemetry.ingestion_stats(now() - interval '1 day');
select pg_current_xact_id_if_assigned() is null as no_transaction_id;
rollback;
