-- What a shard tells its router, and the script that makes one. Whole routers are tested by tests/shards/run.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
begin;
set local telemetry.multi_tenant = on;
select telemetry.register_event('seen');

-- Which tenants have events here.
select count(*) from telemetry.placed_tenants();
select telemetry.log_event('seen', tenant_id => format('00000000-0000-4000-8000-00000000000%s', n % 3)::uuid) is not null from generate_series(1, 6) n;
select * from telemetry.placed_tenants();

-- A digest of all that is registered: it changes with a definition, not with the time of a change.
select telemetry.registry_digest() as before \gset
select telemetry.register_cohort('seers', '{"event": "seen"}');
select telemetry.registry_digest() = :'before';
select telemetry.drop_cohort('seers');
select telemetry.registry_digest() = :'before';
update telemetry.event_types set updated_at = now() + interval '1 hour';
select telemetry.registry_digest() = :'before';
set local timezone = 'Asia/Tokyo';
set local intervalstyle = 'iso_8601';
select telemetry.registry_digest() = :'before';

-- Before a shard answers a call that names no tenant, it looks whether another one could have something for the caller.
create role analyst;
create role auditor;
select telemetry.grant_access('analyst', 'analyst'), telemetry.grant_access('auditor', 'auditor');
set local role auditor;
select telemetry.reads_only('00000000-0000-4000-8000-000000000001');
set local role analyst;
select telemetry.reads_only('00000000-0000-4000-8000-000000000001');
set local request.jwt.claims = '{"role": "analyst", "sub": "u", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-000000000001"}}';
select telemetry.reads_only('00000000-0000-4000-8000-000000000001');
select telemetry.reads_only('00000000-0000-4000-8000-000000000002');
-- Analysts get neither the script nor the tenants.
select telemetry.placed_tenants();
select telemetry.routing_script();
reset role;
reset request.jwt.claims;

-- The router's role gets what a router asks for itself, and its statements stay out of the log of the server.
create role the_router;
select telemetry.admit_router('the_router');
select telemetry.admit_router('nobody_knows');
select telemetry.admit_router(null);
select unnest(s.setconfig) from pg_db_role_setting s where s.setrole = 'the_router'::regrole order by 1;
set local role the_router;
select count(*) from telemetry.placed_tenants();
select length(telemetry.registry_digest());
select telemetry.log_event('seen', tenant_id => '00000000-0000-4000-8000-000000000001');
-- It moves a tenant: another shard takes in what this one hands out, which is erased here then, with a receipt.
select telemetry_private.has_events_of('00000000-0000-4000-8000-000000000002');
select telemetry_private.leaving_page('00000000-0000-4000-8000-000000000002', 0, telemetry_private.settled_id(), 100) as page \gset
select telemetry_private.arriving_page('00000000-0000-4000-8000-000000000002', :'page') as events_known;
select events from telemetry_private.left_for('00000000-0000-4000-8000-000000000002', 'south');
select telemetry_private.has_events_of('00000000-0000-4000-8000-000000000002');
-- It may come back: the receipt keeps nothing out.
select telemetry_private.arriving_page('00000000-0000-4000-8000-000000000002', :'page') as events;
select telemetry_private.has_events_of('00000000-0000-4000-8000-000000000002');
reset role;
select kind, reason, events, details from telemetry.erasures where tenant_id = '00000000-0000-4000-8000-000000000002';
-- Nobody else may, and nothing of it is left to a role that is revoked.
set local role auditor;
select telemetry_private.leaving_page('00000000-0000-4000-8000-000000000002', 0, 1, 100);
reset role;
select telemetry.revoke_access('the_router');
select has_schema_privilege('the_router', 'telemetry_private', 'usage'), has_function_privilege('the_router', 'telemetry_private.left_for(uuid, text)', 'execute');

-- One function of a router: the same name, arguments and result; its body is a call of the shard that has the tenant.
select substring(telemetry.routing_script() from 'create function telemetry."log_event".*?end;');
select substring(telemetry.routing_script() from 'create function telemetry."top_values".*?end;');
-- How the tenant of a caller is found is written down in it.
set local telemetry.tenant_claim = 'org."the.tenant", user_metadata.tenant, tenant';
set local telemetry.server_roles = 'service_role, worker';
select substring(telemetry.routing_script() from 'create function telemetry_private.claimed_tenant.*?server_roles.*?end;');
-- The same catalog gives the same bytes.
select telemetry.routing_script() = telemetry.routing_script();
-- No route leads to a function about a server; every KPI has one, but those over tables of the application, which are on the shards.
select telemetry_private.route_of('telemetry.health()'::regprocedure) is null, telemetry_private.route_of('telemetry.tick_unit(bigint)'::regprocedure) is null;
select string_agg(distinct p.proname, ' ')
  from telemetry.kpi_kinds() k join pg_proc p on p.proname = k.kind and p.pronamespace = 'telemetry'::regnamespace
 where telemetry_private.route_of(p.oid) is null;
rollback;
