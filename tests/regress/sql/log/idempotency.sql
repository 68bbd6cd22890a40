-- An event_id makes a retry harmless: one event, however often it is sent.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres;
begin;
\set ON_ERROR_ROLLBACK on
select telemetry.register_event('order_placed', '{"required_keys": ["total"]}');
select telemetry.register_event('tick');
\set id '00000000-0000-4000-8000-000000000001'

-- The same event again: the same id, nothing written.
select telemetry.log_event('order_placed', '{"total": 7}', event_id => :'id');
select telemetry.log_event('order_placed', '{"total": 7}', event_id => :'id');
select telemetry.try_log_event('order_placed', '{"total": 7}', event_id => :'id');
select count(*) from telemetry.events;

-- Another event under that id is an error in log_event() and a rejection in a batch.
select telemetry.log_event('order_placed', '{"total": 8}', event_id => :'id');
select telemetry.log_event('tick', '{"total": 7}', event_id => :'id');
select accepted, rejected, duplicates, rejected_reasons_sample->0->>'reason' as reason
  from telemetry.log_events(jsonb_build_array(
           jsonb_build_object('event_name', 'order_placed', 'payload', '{"total": 7}'::jsonb, 'event_id', :'id'),
           jsonb_build_object('event_name', 'order_placed', 'payload', '{"total": 9}'::jsonb, 'event_id', :'id')));

-- Fifty times the same in one batch; the same id with two contents within one batch: the first counts.
select accepted, rejected, duplicates
  from telemetry.log_events((select jsonb_agg('{"event_name": "tick", "event_id": "00000000-0000-4000-8000-000000000050"}'::jsonb) from generate_series(1, 50)));
select accepted, rejected, duplicates
  from telemetry.log_events('[{"event_name": "tick", "seq": 1, "event_id": "00000000-0000-4000-8000-000000000051"},
                              {"event_name": "tick", "seq": 2, "event_id": "00000000-0000-4000-8000-000000000051"},
                              {"event_name": "tick", "seq": 1, "event_id": "00000000-0000-4000-8000-000000000051"}]');
select seq from telemetry.events where event_id = '00000000-0000-4000-8000-000000000051';

-- A retry stays harmless when the rules have changed in between.
select telemetry.update_event('order_placed', '{"required_keys": ["total", "currency"]}');
select telemetry.log_event('order_placed', '{"total": 7}', event_id => :'id');
select accepted, rejected, duplicates from telemetry.log_events(jsonb_build_array(jsonb_build_object('event_name', 'order_placed', 'payload', '{"total": 7}'::jsonb, 'event_id', :'id')));

-- What was refused was not stored: its id is free.
select telemetry.log_event('order_placed', '{}', event_id => '00000000-0000-4000-8000-000000000002');
select telemetry.log_event('order_placed', '{"total": 1, "currency": "EUR"}', event_id => '00000000-0000-4000-8000-000000000002');

-- Per tenant: an id tells nothing of another tenant's.
select telemetry.log_event('tick', event_id => :'id', tenant_id => '00000000-0000-4000-8000-00000000000a');
select telemetry.log_event('tick', '{"other": true}', event_id => :'id', tenant_id => '00000000-0000-4000-8000-00000000000b');
select count(*) from telemetry.events where event_id = :'id';

-- An import again, by its ids.
select telemetry.import_events('[{"event_name": "tick", "event_ts": "2020-01-01T00:00:00Z", "event_id": "00000000-0000-4000-8000-000000000060"}]');
select telemetry.import_events('[{"event_name": "tick", "event_ts": "2020-01-01T00:00:00Z", "event_id": "00000000-0000-4000-8000-000000000060"}]');
select telemetry.import_events('[{"event_name": "tick", "event_ts": "2020-01-02T00:00:00Z", "event_id": "00000000-0000-4000-8000-000000000060"}]');

-- A caller without ids pays nothing; ids are forgotten after telemetry.event_id_memory days.
select count(*) from telemetry.event_ids;
select telemetry.log_event('tick') is not null;
select count(*) from telemetry.event_ids;
-- (as if one had been logged eight days ago)
insert into telemetry.event_ids select tenant_id, '00000000-0000-4000-8000-0000000000e8', content, now() - interval '8 days' from telemetry.event_ids limit 1;
select telemetry.forget_expired();
select count(*) from telemetry.event_ids;
rollback;

-- One snapshot for the whole transaction: known ids are looked up first, no serialization error.
begin isolation level repeatable read;
select telemetry.register_event('tick');
select telemetry.log_event('tick', event_id => :'id');
select telemetry.log_event('tick', event_id => :'id');
rollback;
