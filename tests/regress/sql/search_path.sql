-- A search_path that an attacker leads: everything that can be had in it by the name of what PostgreSQL has of its own.
-- Each function of the API answers as it does without.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres;
begin;
set local time zone 'UTC';
\getenv here PG_ABS_SRCDIR
\set every_call :here /include/every_call.sql
\i :every_call
create role reader;
select telemetry.grant_access('reader', 'writer'), telemetry.grant_access('reader', 'analyst');
grant usage on schema attack to reader;
grant select on all tables in schema attack to reader;
grant usage on schema telemetry_private to reader;

-- Who asks: the owner; a role under the tenants' policies, from rows and, below, from what is derived.
create table attack.asked as
    select f.proname, f.provolatile, attack.call(f.oid) as call, asker, source, null::text as code, null::text as answer
      from attack.functions f, (values ('postgres', 'raw'), ('reader', 'auto')) who (asker, source)
     where asker = current_user or asker <> 'reader' or has_function_privilege('reader', f.oid, 'execute');
grant all on all tables in schema attack to reader;
call telemetry.tick();
create procedure attack.ask_all(paths text) language plpgsql as $$
declare
    line record;
    got record;
begin
    for line in select a.ctid, a.* from attack.asked a loop
        perform pg_catalog.set_config('role', line.asker, true), pg_catalog.set_config('telemetry.kpi_source', line.source, true);
        perform pg_catalog.set_config('search_path', paths, true);
        got := attack.answer(line.call);
        perform pg_catalog.set_config('search_path', 'pg_catalog', true), pg_catalog.set_config('role', 'none', true);
        -- What changes something gives ids and counts of its own: whether it went well is what must not change.
        if line.code is null then
            update attack.asked a set code = got.code, answer = case when line.provolatile <> 'v' then got.answer end where a.ctid = line.ctid;
        elsif line.code <> got.code or line.provolatile <> 'v' and line.answer is distinct from got.answer then
            raise info '% of % from %: % instead of % %', line.call, line.asker, line.source, got, line.code, line.answer;
        end if;
    end loop;
end $$;
call attack.ask_all('pg_catalog, public');
reset telemetry.kpi_source;
-- What they ask is about something: few calls are errors, and those are known.
select asker, source, provolatile, count(*) > 10 as many, count(*) filter (where code = '00000') * 10 > count(*) * 7 as mostly_answers from attack.asked group by 1, 2, 3 order by 1, 2, 3;
select proname, code, min(answer) from attack.asked where code <> '00000' and asker = 'postgres' and source = 'raw' group by 1, 2 order by 1;
select proname from attack.asked where code = '00000' and provolatile <> 'v' and answer is null and asker = 'postgres' order by 1;

-- The attacker's schema: every operator and every function of pg_catalog whose twin can be made, types, relations.
create schema evil;
do $$
declare
    line record;
    made integer := 0;
begin
    set local client_min_messages = error;
    for line in
        select p.oid, p.proname as name,
               format('(%s) returns %s', pg_get_function_identity_arguments(p.oid), pg_get_function_result(p.oid)) as declaration
          from pg_proc p where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f' and p.provariadic = 0
           and not '{internal,cstring,anyelement,"\"any\""}'::regtype[]::oid[] && (p.proargtypes::oid[] || p.prorettype)
    loop
        begin
            execute format('create function evil.%I%s language plpgsql as %L', line.name, line.declaration, format('begin raise exception %L; end', 'pwned by ' || line.name));
            made := made + 1;
        exception when others then
            null;
        end;
    end loop;
    raise info 'more than 1500 functions: %', made > 1500;
    made := 0;
    for line in
        select o.oid, o.oprname, nullif(o.oprleft, 0)::regtype as l, o.oprright::regtype as r, o.oprresult::regtype as result
          from pg_operator o where o.oprnamespace = 'pg_catalog'::regnamespace and o.oprcode <> 0
    loop
        begin
            execute format('create function evil.operator_%s(%s) returns %s language plpgsql as %L', line.oid, concat_ws(', ', line.l, line.r), line.result,
                           format('begin raise exception %L; end', 'pwned by ' || line.oprname));
            execute format('create operator evil.%s (%s rightarg = %s, function = evil.operator_%s)', line.oprname, 'leftarg = ' || line.l || ',', line.r, line.oid);
            made := made + 1;
        exception when others then
            null;
        end;
    end loop;
    raise info 'more than 500 operators: %', made > 500;
    for line in select t from unnest('{text,uuid,jsonb,json,timestamptz,date,int2,int4,int8,float4,float8,numeric,bool,oid,name,regclass,bytea}'::text[]) t loop
        execute format('create domain evil.%I as pg_catalog.%I check (false)', line.t, line.t);
    end loop;
    -- Temporary relations come even before pg_catalog, unless a search_path says otherwise.
    for line in
        select c.relname from pg_class c where c.relnamespace in ('telemetry'::regnamespace, 'pg_catalog'::regnamespace) and c.relkind in ('r', 'p', 'v')
    loop
        execute format('create temporary table %I (nothing integer)', line.relname);
        execute format('create view evil.%I as select 1 as nothing', line.relname);
        execute format('grant all on %I, evil.%I to public', line.relname, line.relname);
    end loop;
    reset client_min_messages;
end $$;
create function evil.pwn_aggregate(bigint) returns bigint language plpgsql as $$ begin raise exception 'pwned by an aggregate'; end $$;
create aggregate evil.count(*) (sfunc = evil.pwn_aggregate, stype = bigint);
grant usage on schema evil to public;
-- It works: an unqualified statement is taken over.
set local search_path = evil, pg_catalog;
savepoint unqualified;
select now();
rollback to unqualified;
select 1 = 1;
rollback to unqualified;
select count(*) from telemetry.events;
rollback to unqualified;
select * from pg_class;
set local search_path = pg_catalog;

call attack.ask_all('evil, pg_catalog');
call attack.ask_all('evil, telemetry, telemetry_private, pg_catalog, pg_temp');
call attack.ask_all('evil');

-- What is no function of an answer: the procedure, the triggers, what a DBA calls.
set local search_path = evil;
call telemetry.tick();
select telemetry.init();
select telemetry.may_commit(), telemetry.tick_unit(1::bigint);
savepoint guarded;
update telemetry.events set seq = 1;
rollback to guarded;
truncate telemetry.events;
rollback to guarded;
delete from telemetry.events;
rollback;
