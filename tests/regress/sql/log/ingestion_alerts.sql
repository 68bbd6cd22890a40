-- ingestion_alerts(): what about ingestion should wake somebody up.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
begin;
set local time zone 'UTC';
select telemetry.register_event('seen');

-- Nothing happened: nothing is known, nothing fires.
select * from telemetry.ingestion_alerts('2020-01-01 12:00', '2020-01-01 13:00');

-- 94 events stored, 5 refused and 1 lost by storage: 6 % and 1 %. Exactly 1 % does not fire.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'seen', 'event_ts', timestamptz '2020-01-01 12:00' + i * interval '1 second')))
  from generate_series(1, 94) i;
insert into telemetry.rejections (rejection_id, rejected_at, tenant_id, reason, message, caller, is_client)
select gen_random_uuid(), '2020-01-01 12:30', '00000000-0000-0000-0000-000000000000', case i when 1 then 'storage_error' else 'wrong_type' end, 'as log_event() would have said it', 'app', true
  from generate_series(1, 6) i;
select * from telemetry.ingestion_alerts('2020-01-01 12:00', '2020-01-01 13:00');

-- One more stored and one more lost: 7 of 102, 2 of 102.
select telemetry.import_events('[{"event_name": "seen", "event_ts": "2020-01-01T12:00:00Z"}]');
insert into telemetry.rejections (rejection_id, rejected_at, tenant_id, reason, message, caller, is_client)
values (gen_random_uuid(), '2020-01-01 12:30', '00000000-0000-0000-0000-000000000000', 'storage_error', 'disk full', 'app', true);
select alert, round(value::numeric, 4) as value, threshold, is_firing from telemetry.ingestion_alerts('2020-01-01 12:00', '2020-01-01 13:00');

-- Clients sent batches of 10 an hour ago. With 19 batches now nothing is known; the 20th makes the mean 25: a rise.
-- The large batch of a server is none of a client's.
create function pg_temp.send(at timestamptz, batches integer, events integer, is_client boolean default true)
returns void
language sql
begin atomic
    insert into telemetry.ingestion_calls (call_at, tenant_id, function_name, caller, is_client, weight, events, accepted, rejected, duplicates, sampled_out, microseconds)
    select at, '00000000-0000-0000-0000-000000000000', 'log_events', 'app', is_client, 1, events, events, 0, 0, 0, 1000 from generate_series(1, batches);
end;
select pg_temp.send('2020-01-01 11:30', 20, 10), pg_temp.send('2020-01-01 11:30', 1, 5000, false);
select pg_temp.send('2020-01-01 12:30', 19, 25);
select alert, value, threshold, is_firing from telemetry.ingestion_alerts('2020-01-01 12:00', '2020-01-01 13:00') where alert like 'flush%';
select pg_temp.send('2020-01-01 12:30', 1, 25);
select alert, value, threshold, is_firing from telemetry.ingestion_alerts('2020-01-01 12:00', '2020-01-01 13:00') where alert like 'flush%';
-- An hour later 10 again: a fall, to 0.4.
select pg_temp.send('2020-01-01 13:30', 20, 10);
select alert, value, threshold, is_firing from telemetry.ingestion_alerts('2020-01-01 13:00', '2020-01-01 14:00') where alert like 'flush%';

-- A range that touches two years: 20 batches of 10 and 20 of 25 in the second; of the time before nothing is known.
select alert, round(value::numeric, 4) as value, is_firing from telemetry.ingestion_alerts('2019-12-31 12:00', '2020-01-01 13:00');

-- One tenant of several; and row-level security.
select alert, value, is_firing from telemetry.ingestion_alerts('2020-01-01 12:00', '2020-01-01 13:00', '44444444-4444-4444-4444-444444444444');
create role observer;
select telemetry.grant_access('observer', 'analyst');
set local role observer;
set local telemetry.tenant_id = '44444444-4444-4444-4444-444444444444';
select alert, value, is_firing from telemetry.ingestion_alerts('2020-01-01 12:00', '2020-01-01 13:00');
reset telemetry.tenant_id;
select alert, is_firing from telemetry.ingestion_alerts('2020-01-01 12:00', '2020-01-01 13:00');
reset role;

-- Without a range: the last hour. NULL equals omitted.
insert into telemetry.rejections (rejection_id, rejected_at, tenant_id, reason, message, caller, is_client)
select gen_random_uuid(), now() - age, '55555555-5555-5555-5555-555555555555', reason, 'as log_event() would have said it', 'app', true
  from (values (interval '59 minutes', 'wrong_type'), ('61 minutes', 'storage_error')) v (age, reason);
select alert, value, is_firing from telemetry.ingestion_alerts(tenant => '55555555-5555-5555-5555-555555555555');
select alert, value, is_firing from telemetry.ingestion_alerts(null, null, '55555555-5555-5555-5555-555555555555');

-- No range, an error.
select * from telemetry.ingestion_alerts('2020-01-02', '2020-01-01');
rollback;

-- Reading needs no transaction id and works in a READ ONLY transaction.
begin read only;
select count(*) as alerts from telemetry.ingestion_alerts();
select pg_current_xact_id_if_assigned() is null as no_transaction_id;
rollback;
