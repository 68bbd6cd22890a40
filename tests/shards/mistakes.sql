-- Mistakes, with all that an error says: its state, message, detail and hint.
\set ON_ERROR_STOP off
\set VERBOSITY verbose
\set SHOW_CONTEXT never
set role shards_app;
select telemetry.log_event(null, tenant_id => '00000000-0000-4000-8000-000000000001');
select telemetry.log_event('viewd', tenant_id => '00000000-0000-4000-8000-000000000001');
select telemetry.log_event('paid', '{}', tenant_id => '00000000-0000-4000-8000-000000000001');
select telemetry.log_event('paid', '{"amount": "a lot"}', tenant_id => '00000000-0000-4000-8000-000000000001');
select telemetry.log_event('paid', '[]', tenant_id => '00000000-0000-4000-8000-000000000001');
select telemetry.log_event('viewed');
select telemetry.import_events('{}');
select telemetry.import_events('[{"event_name": "viewed", "tenant_id": "00000000-0000-4000-8000-000000000001"}]');
select * from telemetry.event_volume(tenant => '00000000-0000-4000-8000-000000000001');
reset role;
set role shards_auditor;
select * from telemetry.event_volume(grain => 'fortnight', tenant => '00000000-0000-4000-8000-000000000001');
select * from telemetry.funnel('{}', tenant => '00000000-0000-4000-8000-000000000001');
select * from telemetry.funnel(null, tenant => '00000000-0000-4000-8000-000000000001');
select * from telemetry.event_volume('{viewd}', tenant => '00000000-0000-4000-8000-000000000001');
select * from telemetry.kpi('unheard', tenant => '00000000-0000-4000-8000-000000000001');
select telemetry.erase_user('00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-000000000001', 'asked for');
reset role;
set role shards_admin;
select telemetry.register_event('not a name');
select telemetry.set_tenant(null);
select telemetry.set_tenant('00000000-0000-4000-8000-000000000001', 'asleep');
reset role;
set role shards_officer;
select telemetry.erase_tenant(null, 'asked for');
