-- What PostgREST sends for a role, with the claims of a tenant, of another one, without a tenant and without any.
\set ON_ERROR_STOP off
\set VERBOSITY default
\set SHOW_CONTEXT never
\set q 'select sum(events) from telemetry.event_volume(since => ''2026-01-05'', until => ''2026-02-02'')'
begin read only; set local role @role; select set_config('request.jwt.claims', '{"role": "@role", "sub": "u", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-000000000001"}}', true) is null;
select telemetry.current_tenant(), telemetry.current_user_id();
:q;
commit;
begin read only; set local role @role; select set_config('request.jwt.claims', '{"role": "@role", "sub": "u", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-000000000001"}}', true) is null;
select sum(events) from telemetry.event_volume(since => '2026-01-05', until => '2026-02-02', tenant => '00000000-0000-4000-8000-000000000002');
commit;
begin; set local role @role; select set_config('request.jwt.claims', '{"role": "@role", "sub": "u", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-000000000001"}}', true) is null;
select telemetry.log_event('viewed', tenant_id => '00000000-0000-4000-8000-000000000002');
commit;
begin; set local role @role; select set_config('request.jwt.claims', '{"role": "@role", "sub": "u", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-000000000001"}}', true) is null;
select o.accepted, o.rejected, o.rejected_reasons_sample from telemetry.log_events('[{"event_name": "viewed", "tenant_id": "00000000-0000-4000-8000-000000000002"}, {"event_name": "viewed"}]') o;
commit;
begin; set local role @role; select set_config('request.jwt.claims', '{"role": "@role"', true) is null;
select telemetry.log_event('viewed');
commit;
begin; set local role @role; select set_config('request.jwt.claims', '{"role": "@role", "sub": "u", "user_metadata": {"tenant_id": "00000000-0000-4000-8000-000000000001"}}', true) is null;
select telemetry.log_event('viewed');
commit;
begin; set local role @role;
select telemetry.log_event('viewed');
commit;
begin; set local role @role;
select telemetry.register_event('by_a_client');
commit;
