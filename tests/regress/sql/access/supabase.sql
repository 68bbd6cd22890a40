-- enable_supabase(): what each API role gets; with and without the roles, in installations of one and of many tenants.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres;
begin;
\set ON_ERROR_ROLLBACK on
select * from telemetry.enable_supabase();
select telemetry.disable_supabase();
create role authenticated nologin noinherit;
select * from telemetry.enable_supabase();
create role anon nologin noinherit;
create role service_role nologin noinherit bypassrls;
select * from telemetry.enable_supabase('everything');
select * from telemetry.enable_supabase(authenticated_reads => 'nothing');
set local telemetry.multi_tenant = on;
select * from telemetry.enable_supabase();
select telemetry.register_event('seen');
select telemetry.register_event('billed', '{"logged_by": "server"}');

-- What each may, as it is in the catalog.
create function pg_temp.privileges(role text) returns table (kind text, privilege text, objects text) language sql as $$
    select 'functions', a.privilege_type, case when count(*) > 12 then count(*) || ' functions' else string_agg(p.proname, ', ' order by p.proname) end
      from pg_proc p, lateral aclexplode(p.proacl) a
     where p.pronamespace = 'telemetry'::regnamespace and a.grantee = role::regrole group by a.privilege_type
     union all
    select 'tables', a.privilege_type, string_agg(c.relname, ', ' order by c.relname)
      from pg_class c, lateral aclexplode(c.relacl) a
     where c.relnamespace = 'telemetry'::regnamespace and a.grantee = role::regrole group by a.privilege_type
     union all
    select 'schema ' || n.nspname, a.privilege_type, null from pg_namespace n, lateral aclexplode(n.nspacl) a
     where n.nspname in ('telemetry', 'telemetry_private') and a.grantee = role::regrole
$$;
\a
select r as role, p.* from unnest('{anon,authenticated,service_role}'::text[]) r, lateral pg_temp.privileges(r) p where p.objects is null or p.objects not like '% functions' order by 1, 2, 3;
-- The changing functions of each.
select a.grantee::regrole::text as role, string_agg(p.proname, ', ' order by p.proname) as may_change
  from pg_proc p, lateral aclexplode(p.proacl) a
 where p.pronamespace = 'telemetry'::regnamespace and p.provolatile = 'v' and a.grantee::regrole::text in ('anon', 'authenticated', 'service_role') group by 1 order by 1;
\a

-- As requests.
select set_config('request.jwt.claims', '{"role": "anon", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000a"}}', true) is not null as request_of_anon;
set local role anon;
select telemetry.log_event('seen') is not null as logged;
select telemetry.log_event('billed');
select * from telemetry.event_volume();
select count(*) from telemetry.events;
reset role;
select set_config('request.jwt.claims', '{"role": "authenticated", "sub": "00000000-0000-4000-8000-0000000000b1", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000b"}}', true) is not null as request_of_b;
set local role authenticated;
select telemetry.log_event('seen') is not null as logged;
select sum(events) from telemetry.event_volume();
select telemetry.register_event('mine');
reset role;
select set_config('request.jwt.claims', '{"role": "service_role"}', true) is not null as request_of_the_server;
set local role service_role;
select telemetry.log_event('billed', tenant_id => '00000000-0000-4000-8000-00000000000b') is not null as logged;
select telemetry.log_visibility();
select sum(events) from telemetry.event_volume();
select sum(events) from telemetry.event_volume(tenant => '00000000-0000-4000-8000-00000000000a');
select telemetry.register_event('by_server');
select telemetry.log_event('nonsense', tenant_id => '00000000-0000-4000-8000-00000000000b');
insert into telemetry.events (event_ts, event_id, tenant_id, event_name) values (now(), gen_random_uuid(), '00000000-0000-4000-8000-00000000000b', 'seen');
select count(*) from telemetry.event_ids;
reset role;

-- One tenant: a signed-in user reads its own events, unless told otherwise.
set local telemetry.multi_tenant = off;
select * from telemetry.enable_supabase();
select telemetry.log_event('seen', user_id => '00000000-0000-4000-8000-0000000000c2', tenant_id => '00000000-0000-0000-0000-000000000000') is not null as of_another;
select set_config('request.jwt.claims', '{"role": "authenticated", "sub": "00000000-0000-4000-8000-0000000000c1"}', true) is not null as request_of_c1;
set local role authenticated;
select telemetry.log_event('seen') is not null as logged;
select telemetry.log_visibility();
select sum(events) from telemetry.event_volume();
reset role;
select * from telemetry.enable_supabase('tenant');
set local role authenticated;
select telemetry.log_visibility();
select sum(events) from telemetry.event_volume();
reset role;
select set_config('request.jwt.claims', '', true) = '' as no_request;
-- Again takes nothing away and adds nothing; disabled, nothing is left.
select count(*) from telemetry.enable_supabase('tenant');
select telemetry.disable_supabase();
select r as role, p.* from unnest('{anon,authenticated,service_role}'::text[]) r, lateral pg_temp.privileges(r) p;
select count(*) from pg_policy where polroles <> '{0}';
rollback;
