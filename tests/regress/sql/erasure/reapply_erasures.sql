-- A backup that is restored brings back who was erased since: receipts that were kept outside say who has to go again.
\set SHOW_CONTEXT never
set timezone = 'UTC'; set datestyle = iso; set client_min_messages = warning;
begin;
\set ON_ERROR_ROLLBACK on
\set ann '\'00000000-0000-4000-8000-0000000000a1\''
\set bob '\'00000000-0000-4000-8000-0000000000a2\''
\set cyd '\'00000000-0000-4000-8000-0000000000a3\''
\set cafe '\'00000000-0000-4000-8000-00000000000b\''
select telemetry.register_event('page_read', '{"promoted_properties": ["page"]}') is not null as is_registered;
select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
           'event_name', 'page_read', 'event_ts', '2026-03-01T00:00:00Z'::timestamptz + n * interval '1 day', 'event_id', telemetry.as_id('event ' || n),
           'user_id', (array[:ann, :bob, :cyd])[1 + n % 3], 'tenant_id', case when n > 12 then :cafe end, 'payload', '{"page": "/", "email": "x@example.com"}'::jsonb)))) as logged
  from generate_series(1, 15) n;
call telemetry.tick();
-- The backup is this moment.
savepoint backup;
select kind, events from telemetry.erase_user(:ann, reason => 'request 1')
 union all select kind, events from telemetry.anonymize_user(:bob, keep_keys => '{page}')
 union all select kind, events from telemetry.erase_tenant(:cafe)
 union all select kind, events from telemetry.erase_events(array[telemetry.as_id('event 2')])
 union all select kind, events from telemetry.scrub_payload(keys => '{email}')
 union all select kind, events from telemetry.hold_events('case_1', user_id => :cyd)
 union all select kind, events from telemetry.erase_user(telemetry.as_id('nobody'));
select jsonb_agg(r)::text as receipts from telemetry.erasure_receipts() r \gset
select count(*) as users, array_agg(distinct payload) as payloads from (select distinct on (user_id) user_id, payload from telemetry.events) e;
rollback to backup;
select count(*) as events, count(*) filter (where user_id = :ann) as of_ann from telemetry.events;

select kind, outcome, events from telemetry.reapply_erasures(:'receipts');
select count(*) filter (where user_id in (:ann, :bob)) as of_ann_and_bob, count(*) as events, array_agg(distinct payload) as payloads from telemetry.events;
select bool_and(is_equal) as is_equal from telemetry.verify_derived();
select kind, reason, details ? 'reapplies' as is_again from telemetry.erasures order by at, receipt_id;
-- Once more is no harm.
select kind, outcome, events from telemetry.reapply_erasures(:'receipts');
-- Where the secret is another, nobody is recognised.
rollback to backup;
update telemetry_private.erasure_secret set secret = '\x00';
select kind, outcome, events from telemetry.reapply_erasures((select jsonb_agg(r) from jsonb_array_elements(:'receipts') r where r ->> 'kind' in ('erase_user', 'anonymize_user')));

select * from telemetry.reapply_erasures('[]');
select * from telemetry.reapply_erasures(null);
select * from telemetry.reapply_erasures('{}');
select * from telemetry.reapply_erasures('[{}]');
-- Receipts since a time are handed out.
select count(*) from telemetry.erasure_receipts('infinity');
rollback;
