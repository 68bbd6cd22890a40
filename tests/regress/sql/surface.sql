-- The surface: what callers can rely on, and the rules that every object keeps.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;

-- Every function and type of the API.
\a
select format('%s(%s) -> %s', p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid)) as function,
       case p.provolatile when 'v' then 'volatile' when 's' then 'stable' else 'immutable' end as volatility
  from pg_proc p where p.pronamespace = 'telemetry'::regnamespace order by p.proname;
select t.typname, enum_labels.list
  from pg_type t, lateral (select array_agg(e.enumlabel order by e.enumsortorder) as list from pg_enum e where e.enumtypid = t.oid) enum_labels
 where t.typnamespace = 'telemetry'::regnamespace and t.typtype = 'e' order by 1;
\a

-- Typed clients know every result: no function returns columns without a type's name, unless it returns a table of them.
select p.oid::regprocedure from pg_proc p where p.pronamespace = 'telemetry'::regnamespace and p.prorettype = 'record'::regtype and not p.proretset;

-- No function of the API is STRICT (an explicit null would lose an event in silence), none is overloaded.
select p.oid::regprocedure from pg_proc p where p.pronamespace = 'telemetry'::regnamespace and p.proisstrict;
select p.proname from pg_proc p where p.pronamespace = 'telemetry'::regnamespace group by 1 having count(*) > 1;
-- Every argument has a name, none that PostgREST reserves.
select p.oid::regprocedure from pg_proc p
 where p.pronamespace = 'telemetry'::regnamespace
   and (cardinality(coalesce(p.proargnames, '{}')) < p.pronargs or p.proargnames && '{"",select,columns,on_conflict,order,limit,offset,and,or}');
-- SECURITY DEFINER: in the private schema, with a fixed search_path, for nobody by default.
select p.oid::regprocedure from pg_proc p
 where p.pronamespace in ('telemetry'::regnamespace, 'telemetry_private'::regnamespace) and p.prosecdef
   and (p.pronamespace = 'telemetry'::regnamespace
        or not coalesce(p.proconfig, '{}') @> array['search_path=pg_catalog, pg_temp']
        or has_function_privilege('public', p.oid, 'execute'));
-- PL/pgSQL and quoted SQL bodies have a fixed search_path as well.
select p.oid::regprocedure from pg_proc p join pg_language l on l.oid = p.prolang
 where p.pronamespace in ('telemetry'::regnamespace, 'telemetry_private'::regnamespace)
   and l.lanname in ('plpgsql', 'sql') and p.prosqlbody is null
   and not coalesce(p.proconfig, '{}') @> array['search_path=pg_catalog, pg_temp']
 order by p.oid::regprocedure::text collate "C";
-- Nobody may execute anything unasked, but for what row-level policies call.
select p.oid::regprocedure from pg_proc p
 where p.pronamespace in ('telemetry'::regnamespace, 'telemetry_private'::regnamespace) and has_function_privilege('public', p.oid, 'execute') order by p.oid::regprocedure::text collate "C";
-- Every table of the API has row-level security and a primary key, no SELECT policy without a condition.
select c.relname from pg_class c where c.relnamespace = 'telemetry'::regnamespace and c.relkind in ('r', 'p') and not c.relrowsecurity;
select c.relname from pg_class c where c.relnamespace = 'telemetry'::regnamespace and c.relkind in ('r', 'p') and not exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary);
select p.polname from pg_policy p where pg_get_expr(p.polqual, p.polrelid) = 'true';
-- Tables use built-in types only: nothing of theirs goes with the extension.
select a.attrelid::regclass, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_type t on t.oid = a.atttypid
 where c.relnamespace = 'telemetry'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and t.typnamespace <> 'pg_catalog'::regnamespace;
-- Every public object says what it is: functions, types, tables, columns (keys and versions speak for themselves).
select p.oid::regprocedure from pg_proc p where p.pronamespace = 'telemetry'::regnamespace and obj_description(p.oid, 'pg_proc') is null;
select t.oid::regtype from pg_type t where t.typnamespace = 'telemetry'::regnamespace and t.typtype = 'e' and obj_description(t.oid, 'pg_type') is null;
select c.oid::regclass from pg_class c where c.relnamespace = 'telemetry'::regnamespace and c.relkind = 'c' and obj_description(c.reltype, 'pg_type') is null;
select c.oid::regclass from pg_class c where c.relnamespace = 'telemetry'::regnamespace and c.relkind in ('r', 'p') and obj_description(c.oid, 'pg_class') is null;
select a.attname from pg_attribute a where a.attrelid = 'telemetry.events'::regclass and a.attnum > 0 and col_description(a.attrelid, a.attnum) is null;
