-- The rules that the surface keeps, asked of the catalog: those of PostgREST's calls, and those of advisors.sql, which is
-- asked again after partitions were made and after a recipe that grants everything. Each question lists who breaks it.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
\a
\getenv here PG_ABS_SRCDIR
\set advisors :here /include/advisors.sql
begin;

-- A STRICT function answers an explicit null with null: an event lost in silence.
select p.oid::regprocedure from pg_proc p where p.pronamespace = 'telemetry'::regnamespace and p.proisstrict;
-- PostgREST cannot choose between two functions of one name.
select p.proname from pg_proc p where p.pronamespace = 'telemetry'::regnamespace group by 1 having count(*) > 1;
-- Arguments: each has a name, none that PostgREST reserves.
select p.oid::regprocedure from pg_proc p
 where p.pronamespace = 'telemetry'::regnamespace
   and (cardinality(coalesce(p.proargnames, '{}')) < p.pronargs or p.proargnames && '{"",select,columns,on_conflict,order,limit,offset,and,or}');
-- None that a column of the answer has as well, for GET tells them apart by the value alone: "eq.x" filters the answer.
-- Three may: an array ("{...}") is no filter, nor is the name of an event.
select p.oid::regprocedure, b.both_ways
  from pg_proc p,
       lateral (select array_agg(p.proargnames[n]) filter (where mode in ('i', 'b', 'v')) as inputs,
                       array_agg(p.proargnames[n]) filter (where mode in ('o', 'b', 't')) as outputs
                  from unnest(p.proargmodes) with ordinality m (mode, n)) a,
       lateral (select array(select unnest(a.inputs) intersect select unnest(a.outputs)) as both_ways) b
 where p.pronamespace = 'telemetry'::regnamespace and not b.both_ways <@ '{events,numerator,denominator}';
-- What logs is volatile, or PostgREST calls it in a READ ONLY transaction; what is not volatile writes nothing.
select p.oid::regprocedure from pg_proc p where p.pronamespace = 'telemetry'::regnamespace and p.proname ~ 'log_events?$' and p.provolatile <> 'v';
savepoint reading;
set transaction read only;
do $$
declare
    called record;
    functions integer := 0;
begin
    for called in
        select p.oid::regprocedure as function, concat_ws(', ', variadic array(select format('null::%s', format_type(t, null)) from unnest(p.proargtypes) t)) as arguments, p.proname
          from pg_proc p
         where p.pronamespace = 'telemetry'::regnamespace and p.prokind = 'f' and p.provolatile <> 'v'
    loop
        functions := functions + 1;
        begin
            execute format('select count(*) from telemetry.%I(%s)', called.proname, called.arguments);
        exception
            when read_only_sql_transaction then raise notice '% writes', called.function;
            when others then
                if sqlstate !~ '^(22|42)' then
                    raise notice '% of nulls: %', called.function, sqlstate;
                end if;
        end;
    end loop;
    raise notice 'called more than 80 functions: %', functions > 80;
end
$$;
rollback to reading;
-- Every argument's type can be named by whoever calls.
select p.oid::regprocedure, t.typname
  from pg_proc p, unnest(p.proargtypes) a join pg_type t on t.oid = a
 where p.pronamespace = 'telemetry'::regnamespace and t.typnamespace not in ('telemetry'::regnamespace, 'pg_catalog'::regnamespace);
-- Functions take and return the rows of some tables as a type of telemetry_private, such as export of exports, column by column: both have the same
-- ones in the same order, also where an update added one. A new column joins at the end of both.
prepare rows_of_another_type as
    select t.reltype::regtype as type, c.oid::regclass as table
      from pg_class t
      join pg_class c on c.relname in (t.relname || 's', regexp_replace(t.relname, 'y$', 'ies')) and c.relnamespace = 'telemetry'::regnamespace and c.relkind in ('r', 'p')
     where t.relkind = 'c' and t.relnamespace = 'telemetry_private'::regnamespace
       and (select array_agg(format('%s %s', a.attname, format_type(a.atttypid, a.atttypmod)) order by a.attnum) from pg_attribute a where a.attrelid = t.oid and not a.attisdropped)
           is distinct from
           (select array_agg(format('%s %s', a.attname, format_type(a.atttypid, a.atttypmod)) order by a.attnum) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped);
execute rows_of_another_type;
-- It would tell.
savepoint planted;
alter table telemetry.exports drop column promoted, add column promoted boolean;
execute rows_of_another_type;
rollback to planted;

-- As installed.
\i :advisors

-- A partition that logging makes on its way.
select telemetry.register_event('seen') = 1 as registered;
select telemetry.import_events('[{"event_name": "seen", "event_ts": "2001-01-01T00:00:00Z"}]') as imported;
\i :advisors

-- A tenant's timeline, a pack with its views.
select telemetry.install_pack('tutoring') > 0 as installed;
call telemetry.tick();
\i :advisors

-- The recipe for exposing a schema that PostgREST users paste: everything for everybody, later tables included.
create role anon;
create role authenticated;
create role service_role bypassrls;
grant usage on schema telemetry, telemetry_private to anon, authenticated, service_role;
grant all on all tables in schema telemetry to anon, authenticated, service_role;
grant all on all routines in schema telemetry to anon, authenticated, service_role;
grant all on all sequences in schema telemetry to anon, authenticated, service_role;
alter default privileges in schema telemetry grant all on tables to anon, authenticated, service_role;
alter default privileges in schema telemetry grant all on routines to anon, authenticated, service_role;
alter default privileges in schema telemetry_private grant all on tables to anon, authenticated, service_role;
select telemetry.import_events('[{"event_name": "seen", "event_ts": "2002-01-01T00:00:00Z"}]') as imported;
\i :advisors

-- They would tell.
create table telemetry.left_open (n integer);
create view telemetry.seen_by_all as select e.event_ts from telemetry.events e;
create policy anybody on telemetry.events for select using (true);
create policy by_claim on telemetry.rejections as restrictive using ((current_setting('request.jwt.claims')::jsonb -> 'user_metadata') is not null);
create function telemetry.definer() returns integer language sql security definer as 'select 1';
create table telemetry.forgotten partition of telemetry.events for values from ('1980-01-01') to ('1980-02-01');
\i :advisors
rollback;
