-- Who sees and does what: access levels, tenants, JWT claims.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
begin;
set local time zone 'UTC';
create role app_writer;
create role app_analyst;
create role app_admin;
create role nobody_special;
create role authenticated;
select telemetry.grant_access('app_writer', 'writer');
select telemetry.grant_access('app_analyst', 'analyst');
select telemetry.grant_access('app_admin', 'admin');
select telemetry.grant_access('authenticated', 'writer');
select telemetry.grant_access('authenticated', 'analyst');
select telemetry.register_event('seen');
select telemetry.register_event('billed', '{"logged_by": "server"}');

-- Without a grant, nothing; a writer logs and reads nothing; an analyst reads and logs nothing.
set local role nobody_special;
select telemetry.log_event('seen');
reset role;
set local role app_writer;
select telemetry.log_event('seen') is not null as logged;
select count(*) from telemetry.events;
select telemetry.import_events('[]');
select telemetry.register_event('mine');
reset role;
set local role app_analyst;
select count(*) from telemetry.events;
select sum(events) from telemetry.event_volume();
select count(*) >= 2 as reads_the_catalog from telemetry.event_catalog();
select telemetry.log_event('seen');
select telemetry.create_partitions();
select telemetry_private.log_event('seen', null, null, null, null, null, null, null, null, null, null);
reset role;
set local role app_admin;
select telemetry.register_event('by_admin');
select telemetry.log_event('by_admin') is not null as logged;
select telemetry.import_events('[{"event_name": "seen", "event_ts": "2020-01-01T00:00:00Z"}]');
select telemetry.install_pack('tutoring');
select telemetry.uninstall_pack('tutoring');
insert into telemetry.event_types (event_name) values ('by_hand');
select telemetry.grant_access('app_writer', 'admin');
reset role;

-- Batches, best effort: a writer. What they leave behind: an analyst. What they are held to: an admin. Nobody needs a
-- right on telemetry_private.
set local role app_writer;
select accepted, rejected from telemetry.log_events('[{"event_name": "seen"}, {"event_name": "unseen"}]');
select telemetry.try_log_event('unseen');
select * from telemetry.rejection_summary();
select * from telemetry.replay_rejections();
select telemetry.set_redaction('{}');
reset role;
set local role app_analyst;
select reason, event_name, rejections from telemetry.rejection_summary();
select redacted from telemetry.redact('{"to": "joe@example.org"}');
select count(*) > 0 as lists_rules from telemetry.redaction_rules();
select count(*) from telemetry.sampling_rates();
select telemetry.budget_rate(125, 100);
select count(*) > 0 as sees_the_calls from telemetry.ingestion_calls;
select count(*) from telemetry.event_ids;
select telemetry.log_events('[]');
reset role;
set local role app_admin;
select telemetry.set_redaction('{"keys": {"seat": "drop"}}');
select telemetry.set_redaction(null);
select telemetry.add_alias('was', 'event_name');
reset role;
create schema app;
create function app.owns(uuid, uuid, uuid, uuid) returns boolean language sql security definer set search_path = pg_catalog, pg_temp as 'select true';
revoke execute on function app.owns from public;
grant usage on schema app to app_admin;
set local role app_admin;
select telemetry.add_ownership_check('owns', 'app.owns');
reset role;
grant execute on function app.owns to app_admin;
set local role app_admin;
select telemetry.add_ownership_check('owns', 'app.owns');
select telemetry.drop_ownership_check('owns');
select telemetry.forget_expired();
select replayed, still_rejected from telemetry.replay_rejections();
reset role;

-- A request with claims is a client's: its own tenant and user, whatever it asks for.
select set_config('request.jwt.claims', '{"role": "authenticated", "sub": "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000a"}, "user_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000b"}}', true) is not null as request_of_a;
set local role authenticated;
select telemetry.current_tenant();
select telemetry.log_event('seen', '{"by": "a"}') is not null as logged;
select telemetry.log_event('seen', user_id => 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa', tenant_id => '00000000-0000-4000-8000-00000000000a') is not null as logged;
select telemetry.log_event('seen', tenant_id => '00000000-0000-4000-8000-00000000000b');
select telemetry.log_event('seen', user_id => 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb');
select telemetry.log_event('billed');
select tenant_id, user_id, event_name from telemetry.events;
select sum(events) from telemetry.event_volume();
select sum(events) from telemetry.event_volume(tenant => '00000000-0000-0000-0000-000000000000');
reset role;
select set_config('request.jwt.claims', '{"role": "authenticated", "sub": "firebase|42", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000b"}}', true) is not null as request_of_b;
set local role authenticated;
select telemetry.log_event('seen', '{"by": "b"}') is not null as logged;
select tenant_id, user_id = telemetry.as_id('firebase|42') as user_from_text, payload from telemetry.events;
reset role;

-- The same prepared statement, role and tenant alternating.
prepare mine as select sum(events) from telemetry.event_volume();
set local role authenticated;
execute mine;
select set_config('request.jwt.claims', '{"role": "authenticated", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000a"}}', true) is not null as request_of_a;
execute mine;
-- No claim that can be read: no row in a multi-tenant installation, no event either.
reset role;
set local telemetry.multi_tenant = on;
set local role authenticated;
select set_config('request.jwt.claims', '{"role": "authenticated", "sub": "x"}', true) is not null as request_without_tenant;
select telemetry.current_tenant() is null as no_tenant;
execute mine;
select count(*) from telemetry.events;
select telemetry.log_event('seen');
select set_config('request.jwt.claims', '{broken', true) is not null as broken_request;
execute mine;
select count(*) from telemetry.events;
-- A setting cannot stand in for the claims of a request.
select set_config('telemetry.tenant_id', '00000000-0000-4000-8000-00000000000a', true) is not null as forged;
select count(*) from telemetry.events;
reset role;
set local telemetry.multi_tenant = off;

-- No enforcement lets a client log what is kept for servers: neither a deprecated event nor a version that does not exist.
select telemetry.register_event('invoiced', '{"logged_by": "server"}');
select telemetry.deprecate_event('invoiced');
set local telemetry.enforcement = 'accept';
select set_config('request.jwt.claims', '{"role": "authenticated", "sub": "firebase|42"}', true) is not null as request;
set local role authenticated;
select telemetry.log_event('invoiced');
select telemetry.log_event('billed', event_version => 9);
reset role;
set local telemetry.enforcement = 'reject';

-- The service role of an application may name tenant and user, and log what is kept for servers.
select set_config('request.jwt.claims', '{"role": "service_role"}', true) is not null as request_of_a_server;
select telemetry.log_event('billed', user_id => 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb', tenant_id => '00000000-0000-4000-8000-00000000000b') is not null as logged;
-- After a request the setting reads as '': an ordinary session again, whose tenant is a setting.
select set_config('request.jwt.claims', '', true) = '' as no_request;
select telemetry.current_tenant();
reset telemetry.tenant_id;
select telemetry.current_tenant();

-- What was granted goes again.
select telemetry.revoke_access('app_analyst');
set local role app_analyst;
select count(*) from telemetry.events;
reset role;
rollback;
