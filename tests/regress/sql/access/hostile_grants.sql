-- Supabase's recipe for a custom schema is GRANT ALL on everything to its three API roles. What it must not open.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres;
begin;
\set ON_ERROR_ROLLBACK on
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
set local telemetry.multi_tenant = on;
select telemetry.register_event('seen');
select telemetry.log_event('seen', tenant_id => '00000000-0000-4000-8000-00000000000a', user_id => '00000000-0000-4000-8000-0000000000a1') is not null as of_a;
select telemetry.log_event('seen', tenant_id => '00000000-0000-4000-8000-00000000000b', event_id => telemetry.as_id('b', '00000000-0000-4000-8000-00000000000b')) is not null as of_b;
select telemetry.try_log_event('unseen', tenant_id => '00000000-0000-4000-8000-00000000000b');
select telemetry.set_tenant('00000000-0000-4000-8000-00000000000b', events_per_day => 10);
select telemetry.set_redaction('{"keys": {"seat": "drop"}}', tenant_id => '00000000-0000-4000-8000-00000000000b');

-- Autovacuum keeps away from a table that is locked so. Else it could hold one while it waits for the grants below, and they for it.
do $$
declare
    api_table regclass;
begin
    for api_table in select c.oid from pg_class c where c.relnamespace = 'telemetry'::regnamespace and c.relkind in ('r', 'p') loop
        execute format('lock table %s in share update exclusive mode', api_table);
    end loop;
end
$$;
grant usage on schema telemetry to anon, authenticated, service_role;
grant all on all tables in schema telemetry to anon, authenticated, service_role;
grant all on all routines in schema telemetry to anon, authenticated, service_role;
grant all on all sequences in schema telemetry to anon, authenticated, service_role;
alter default privileges in schema telemetry grant all on tables to anon, authenticated, service_role;
alter default privileges in schema telemetry grant all on routines to anon, authenticated, service_role;
-- ... and what is worse, default privileges of the whole database: they reach new partitions.
alter default privileges grant all on tables to anon, authenticated, service_role;

-- One statement as one of the roles, taken back: its SQLSTATE, or how many rows it touched.
create function pg_temp.attempt(role text, statement text) returns text language plpgsql as $$
declare
    outcome text;
    touched bigint;
    code text;
begin
    begin
        perform set_config('request.jwt.claims', case role
            when 'anon' then '{"role": "anon"}'
            when 'authenticated' then '{"role": "authenticated", "sub": "00000000-0000-4000-8000-0000000000a1", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000a"}}'
            else format('{"role": "%s"}', role) end, true);
        perform set_config('role', role, true);
        execute statement;
        get diagnostics touched = row_count;
        raise exception 'done' using errcode = 'ZZZZZ', detail = touched::text;
    exception when others then
        get stacked diagnostics outcome = pg_exception_detail, code = returned_sqlstate;
        if code <> 'ZZZZZ' then outcome := code; end if;
    end;
    perform set_config('role', 'none', true), set_config('request.jwt.claims', '', true);
    return case when code = 'ZZZZZ' then outcome || ' rows' else outcome end;
end $$;
create view pg_temp.api_tables as
    select c.oid::regclass as api_table, (select quote_ident(a.attname) from pg_attribute a where a.attrelid = c.oid and a.attnum = 1) as a_column
      from pg_class c where c.relnamespace = 'telemetry'::regnamespace and c.relkind in ('r', 'p');

-- Change of any table, by any of the three, touching rows or none: 42501. Everything that is listed is an exception: what
-- logged events leave beside the log takes raw INSERTs of a role that bypasses row-level security.
select role, verb, pg_temp.attempt(role, statement) as outcome, array_agg(replace(api_table::text, 'telemetry.', '') order by api_table::text) as tables
  from pg_temp.api_tables,
       unnest('{anon,authenticated,service_role}'::text[]) role,
       lateral (values ('update', format('update %s set %s = %2$s', api_table, a_column)),
                       ('update of no row', format('update %s set %s = %2$s where false', api_table, a_column)),
                       ('delete', format('delete from %s', api_table)),
                       ('delete of no row', format('delete from %s where false', api_table)),
                       ('truncate', format('truncate %s', api_table)),
                       ('insert', format('insert into %s select (jsonb_populate_record(null::%1$s, ''{"tenant_id": "00000000-0000-4000-8000-00000000000a"}'')).*', api_table))) v (verb, statement)
 group by 1, 2, 3
having pg_temp.attempt(role, min(statement)) <> '42501' or count(*) <> (select count(*) from pg_temp.api_tables)
 order by 1, 2, 3;
-- A good row, by raw INSERT: no role, also none that row-level security does not hold.
select role, pg_temp.attempt(role, $$insert into telemetry.events (event_ts, event_id, tenant_id, event_name) values (now(), gen_random_uuid(), '00000000-0000-4000-8000-00000000000a', 'seen')$$)
  from unnest('{anon,authenticated,service_role}'::text[]) role;
select role, pg_temp.attempt(role, 'copy telemetry.events from program ''true''') from unnest('{anon,authenticated,service_role}'::text[]) role;

-- Another tenant's rows: none, in any table that has tenants; anon sees none at all.
select role, api_table, pg_temp.attempt(role, format('select from %s where tenant_id <> ''00000000-0000-4000-8000-00000000000a''', api_table)) as foreign_rows
  from pg_temp.api_tables, unnest('{anon,authenticated}'::text[]) role
 where exists (select from pg_attribute a where a.attrelid = api_table and a.attname = 'tenant_id')
   and pg_temp.attempt(role, format('select from %s where tenant_id <> ''00000000-0000-4000-8000-00000000000a''', api_table)) <> '0 rows';
select role, pg_temp.attempt(role, 'select from telemetry.events') as events from unnest('{anon,authenticated}'::text[]) role;
-- The same in an installation of one tenant: a request without a user sees nothing.
set local telemetry.multi_tenant = off;
select telemetry.log_event('seen') is not null as logged;
select role, pg_temp.attempt(role, 'select from telemetry.events') as events from unnest('{anon,authenticated}'::text[]) role;
set local telemetry.multi_tenant = on;

-- Partitions, also one made after the recipe.
select telemetry_private.ensure_partition('2031-01-15') is not null as made;
select distinct role, pg_temp.attempt(role, format('%s %s', verb, partition)) as outcome
  from telemetry_private.partition_bounds(), unnest('{anon,authenticated,service_role}'::text[]) role, unnest('{select from,delete from,truncate}'::text[]) verb
 order by 1;

-- A trigger of one's own would run as the owner whenever somebody logs.
create function public.swallow() returns trigger language plpgsql as $$ begin return null; end $$;
select role, pg_temp.attempt(role, format('create trigger mine before insert on %s for each statement execute function public.swallow()', api_table)) as outcome, count(*)
  from pg_temp.api_tables, unnest('{anon,authenticated,service_role}'::text[]) role group by 1, 2 order by 1;
\set VERBOSITY default
set local role anon;
create trigger mine before insert on telemetry.events for each statement execute function public.swallow();
truncate telemetry.event_types;
reset role;
select role, pg_temp.attempt(role, statement) as outcome
  from unnest('{anon,authenticated,service_role}'::text[]) role,
       unnest(array['create rule mine as on insert to telemetry.events do instead nothing', 'alter table telemetry.events disable trigger all',
                    'alter table telemetry.events disable row level security', 'create policy mine on telemetry.events using (true)', 'drop table telemetry.events cascade']) statement
 group by 1, 2 order by 1;

-- Rows that refer to ours by a foreign key would be deleted with ours, and a deferred trigger on them run as who deletes.
create schema evil;
grant all on schema evil to anon, authenticated, service_role;
select format('grant create on database %I to anon, authenticated, service_role', current_database()) \gexec
create view pg_temp.api_keys as
    select i.indrelid::regclass as api_table, string_agg(quote_ident(a.attname), ', ' order by n) as key, string_agg(format('%I %s', a.attname, format_type(a.atttypid, null)), ', ' order by n) as columns
      from pg_index i, unnest(i.indkey) with ordinality k (attnum, n), pg_attribute a
     where i.indrelid in (select c.oid from pg_class c where c.relnamespace = 'telemetry'::regnamespace) and i.indisprimary and a.attrelid = i.indrelid and a.attnum = k.attnum
     group by 1;
select role, pg_temp.attempt(role, statement) as outcome, count(*) = (select 4 * count(*) from pg_temp.api_keys) as all_tables
  from pg_temp.api_keys, unnest('{anon,authenticated,service_role}'::text[]) role,
       unnest(array[format('create table evil.mine (%s, foreign key (%s) references %s on delete cascade)', columns, key, api_table),
                    format('create table evil.mine (%s, foreign key (%s) references %s) partition by hash (%s)', columns, key, api_table, split_part(key, ',', 1)),
                    format('do $do$ begin create table evil.mine (%s); alter table evil.mine add foreign key (%s) references %s on delete cascade; end $do$', columns, key, api_table),
                    format('create schema authorization current_user create table mine (%s, foreign key (%s) references %s)', columns, key, api_table)]) statement
 group by 1, 2 order by 1, 2;
-- Tables of their own are their affair.
select role, pg_temp.attempt(role, 'create table evil.mine (a integer primary key, b integer references evil.mine)') from unnest('{anon,authenticated,service_role}'::text[]) role;
\set VERBOSITY default
set local role anon;
create table evil.mine (tenant_id uuid, event_id uuid, foreign key (tenant_id, event_id) references telemetry.event_ids on delete cascade);
reset role;

-- What waits for nobody's advisory lock cannot be stopped by whoever knows its key.
call telemetry.tick();
select telemetry.rebuild_derived() > 0 as rebuilt;
select count(*) as advisory_locks from pg_locks where locktype = 'advisory' and pid = pg_backend_pid();

-- Functions: every one that changes anything is refused to every role, logging too: what they call is in telemetry_private,
-- which the recipe does not reach. (All arguments are null: the right to call comes first.)
create view pg_temp.api_functions as
    select p.oid::regprocedure as api_function, p.proname, p.provolatile,
           format('%s telemetry.%I(%s)', case p.prokind when 'p' then 'call' else 'select' end, p.proname,
                  (select string_agg('null::' || format_type(t, null), ', ' order by n) from unnest(p.proargtypes) with ordinality a (t, n))) as statement
      from pg_proc p where p.pronamespace = 'telemetry'::regnamespace and p.prokind in ('f', 'p');
select role, pg_temp.attempt(role, statement) as outcome, count(*) > 0 as some, case when pg_temp.attempt(role, min(statement)) <> '42501' then array_agg(proname order by proname) end as functions
  from pg_temp.api_functions, unnest('{anon,authenticated,service_role}'::text[]) role
 where provolatile = 'v' and proname <> 'log_table_changes' -- a trigger, which nobody can call
 group by 1, 2 order by 1, 2;
-- A function of the API that runs with its owner's rights would do so for anybody.
select count(*) as definer_functions from pg_proc p where p.pronamespace = 'telemetry'::regnamespace and p.prosecdef;

-- enable_supabase() heals: exactly what each role needs is left.
select * from telemetry.enable_supabase();
select c.relname, a.grantee::regrole, array_agg(a.privilege_type order by a.privilege_type) as privileges
  from pg_class c, lateral aclexplode(c.relacl) a
 where c.relnamespace in ('telemetry'::regnamespace, 'telemetry_private'::regnamespace) and a.grantee::regrole::text in ('anon', 'authenticated', 'service_role') and a.privilege_type <> 'SELECT'
 group by 1, 2;
select has_table_privilege('anon', 'telemetry.events', 'select') as anon_reads, has_function_privilege('anon', 'telemetry.log_event(text,jsonb,uuid,uuid,uuid,uuid,text,timestamptz,integer,integer,uuid)', 'execute') as anon_logs;
rollback;
