-- log_event(): what is stored, and what NULL means.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
begin;
select telemetry.register_event('page_viewed');

-- Everything given, everything stored; the server sets the time and the id.
select telemetry.log_event('page_viewed', '{"path": "/", "n": 1.50}',
    user_id => '11111111-1111-1111-1111-111111111111', session_id => '22222222-2222-2222-2222-222222222222',
    subject_id => '33333333-3333-3333-3333-333333333333', tenant_id => '44444444-4444-4444-4444-444444444444',
    source => 'web', client_ts => '2026-01-20 12:34:56Z', seq => 12, event_version => 1) as event_id \gset
select event_id = :'event_id' as is_returned_id, now() - event_ts < interval '1 minute' as at_server_time,
       user_id, session_id, subject_id, tenant_id, source, client_ts at time zone 'UTC' as client_ts, seq, event_version, event_name, sample_rate, payload
  from telemetry.events;

-- Only the name is required, and explicit NULLs mean the same as leaving them out.
select telemetry.log_event('page_viewed', null, null, null, null, null, null, null, null, null, null) is not null as logged;
select tenant_id, user_id, source, seq, event_version, payload from telemetry.events order by ingest_id desc limit 1;

-- Ids are UUIDv7 made from event_ts; a caller's own id is kept.
select substr(event_id::text, 15, 1) as version,
       ('x' || left(replace(event_id::text, '-', ''), 12))::bit(48)::bigint = floor(extract(epoch from event_ts) * 1000) as carries_its_time
  from telemetry.events limit 1;
select telemetry.log_event('page_viewed', event_id => '55555555-5555-4555-8555-555555555555');

-- Order of arrival, without gaps in a quiet session.
select array_agg(ingest_id - first order by ingest_id)
  from (select ingest_id, min(ingest_id) over () as first from telemetry.events) e;

-- Text and integer ids become uuids, by tenant, for ever.
select telemetry.as_id('order-17'), telemetry.as_id('order-17') = telemetry.as_id('order-17') as same,
       telemetry.as_id('order-17', '44444444-4444-4444-4444-444444444444') <> telemetry.as_id('order-17') as other_tenant,
       telemetry.as_id(null) is null as null_for_null;

-- Payload values survive as they are: unicode, deep numbers, nulls, empty keys.
select telemetry.log_event('page_viewed', '{"": null, "é": "𝄞\n\"", "n": 12345678901234567890.12345, "t": [true, false, [{}]]}') is not null as logged;
select payload from telemetry.events order by ingest_id desc limit 1;

-- In any search_path, also one that fakes what is used inside.
create schema trap;
create function trap.now() returns timestamptz language sql as $$ select 'epoch'::timestamptz $$;
create table trap.events (x int);
create function trap.jsonb_strip_nulls(jsonb) returns jsonb language sql as $$ select '{"trapped": true}'::jsonb $$;
set local search_path = trap, pg_catalog;
select telemetry.log_event('page_viewed', '{"a": 1}') is not null as logged;
select count(*) from telemetry.event_volume();
reset search_path;
select payload from telemetry.events order by ingest_id desc limit 1;

rollback;
