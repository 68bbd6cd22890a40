-- import_events(): the past, all or nothing.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
begin;
set local time zone 'UTC';
select telemetry.register_event('order_placed', '{"required_keys": ["total"]}');

select telemetry.import_events(null), telemetry.import_events('[]');
select telemetry.import_events('[
    {"event_name": "order_placed", "event_ts": "2020-02-29T23:59:59.123456Z", "payload": {"total": 9.99, "lines": [{"sku": "a"}]},
     "user_id": "11111111-1111-1111-1111-111111111111", "session_id": "22222222-2222-2222-2222-222222222222",
     "subject_id": "33333333-3333-3333-3333-333333333333", "tenant_id": "44444444-4444-4444-4444-444444444444",
     "source": "import", "client_ts": "2020-02-29 23:59:58+00:00", "seq": 3, "event_version": 1,
     "event_id": "55555555-5555-4555-8555-555555555555", "sample_rate": 0.25},
    {"event_name": "order_placed", "event_ts": "2020-03-01T00:00:00+05:30", "payload": {"total": 1}, "user_id": null, "seq": null}]');
select event_ts, event_id, user_id, session_id, subject_id, tenant_id, source, client_ts, seq, event_version, sample_rate, payload
  from telemetry.events where event_id = '55555555-5555-4555-8555-555555555555';
select event_ts, user_id, seq, payload from telemetry.events where event_id <> '55555555-5555-4555-8555-555555555555';

-- One bad event, and none is stored; the error says which.
select telemetry.import_events('[{"event_name": "order_placed", "event_ts": "2020-01-01T00:00:00Z", "payload": {"total": 1}}, {"event_name": "order_placed", "event_ts": "2020-01-01T00:00:00Z"}]');
select count(*) from telemetry.events;

-- A clock that runs a little ahead is accepted, five minutes at most.
select telemetry.import_events(jsonb_build_array(jsonb_build_object('event_name', 'order_placed', 'payload', '{"total": 1}'::jsonb, 'event_ts', clock_timestamp() + interval '4 minutes 50 seconds')));
select telemetry.import_events(jsonb_build_array(jsonb_build_object('event_name', 'order_placed', 'payload', '{"total": 1}'::jsonb, 'event_ts', clock_timestamp() + interval '5 minutes 10 seconds')));

-- An imported sampled event counts for as many as it stands for.
select bucket, events from telemetry.event_volume(since => '2020-02-29', until => '2020-03-01', tenant => '44444444-4444-4444-4444-444444444444');

-- Thousands at a time.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'order_placed', 'payload', jsonb_build_object('total', n), 'event_ts', timestamptz '2019-01-01 00:00Z' + n * interval '1 hour')))
  from generate_series(1, 5000) n;
select count(*), sum((payload->>'total')::int), count(distinct event_id), count(distinct tableoid) as partitions from telemetry.events where event_ts < '2020-01-01';
rollback;
