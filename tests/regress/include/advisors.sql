-- Who is exposed to what: the rules of Supabase's advisors that can apply to telemetry, and PostgREST's. One row an
-- offender, none where all is well. Read by ../sql/surface_rules.sql after each thing that may break them.
-- What anon and authenticated reach counts, not what was meant for them; a superuser's and the owner's rights do not.
\set ECHO none
with ours as (
    select n.oid, n.nspname from pg_namespace n where n.nspname in ('telemetry', 'telemetry_private')
),
requesters as (
    select r.oid from pg_roles r where r.rolname in ('anon', 'authenticated', 'service_role')
),
relation as (
    select c.*, n.nspname,
           exists (select from requesters r where has_table_privilege(r.oid, c.oid, 'select,insert,update,delete,truncate,references,trigger')) as is_reached
      from pg_class c
      join ours n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm', 'f')
),
function as (
    select p.*, n.nspname, l.lanname from pg_proc p join ours n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
),
policy as (
    select p.*, c.nspname, c.relname, c.relrowsecurity,
           concat_ws(' ', pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) as condition
      from pg_policy p join relation c on c.oid = p.polrelid
)
select o.rule, o.offender from (
    select 'a table of the API without row-level security (0013)' as rule, r.oid::regclass::text as offender
      from relation r where r.relkind in ('r', 'p') and r.nspname = 'telemetry' and not r.relrowsecurity
    union all
    select 'a table that a request reaches without row-level security (0013, 0023)', r.oid::regclass::text
      from relation r where r.relkind in ('r', 'p', 'f') and r.is_reached and not r.relrowsecurity
    union all
    select 'a table of the API with row-level security and without a policy (0008)', r.oid::regclass::text
      from relation r
     where r.relkind in ('r', 'p') and r.nspname = 'telemetry' and r.relrowsecurity and not exists (select from pg_policy p where p.polrelid = r.oid)
    union all
    select 'policies without row-level security (0007)', p.polrelid::regclass::text from policy p where not p.relrowsecurity
    union all
    select 'several permissive policies for one command (0006)', min(p.polrelid)::regclass::text
      from policy p, unnest(case p.polcmd when '*' then '{r,a,w,d}' else array[p.polcmd] end) command, unnest(p.polroles) role
     where p.polpermissive
     group by p.polrelid, command, role having count(*) > 1
    union all
    select 'a policy that is always true (0024)', format('%s on %s', p.polname, p.polrelid::regclass)
      from policy p where p.polpermissive and (p.condition = '' or regexp_replace(p.condition, '[() ]', '', 'g') ~* '^(true|1=1)+$')
    union all
    -- Once a statement instead of once a row, and no claim that its user can edit.
    select 'a policy that calls outside of (select ...) (0003)', format('%s on %s', p.polname, p.polrelid::regclass)
      from policy p where regexp_replace(p.condition, '\( *SELECT [^()]*\.[a-z_]+\([^()]*\) AS [a-z_]+\)', '', 'gi') ~ '[a-z_]\('
    union all
    select 'a policy on user_metadata (0015)', format('%s on %s', p.polname, p.polrelid::regclass) from policy p where p.condition ~ 'user_metadata'
    union all
    select 'a table without a primary key (0004)', r.oid::regclass::text
      from relation r where r.relkind in ('r', 'p') and not exists (select from pg_index i where i.indrelid = r.oid and i.indisprimary)
    union all
    select 'two indexes on the same columns (0009)', format('%s: %s', i.indrelid::regclass, string_agg(i.indexrelid::regclass::text, ', ' order by i.indexrelid))
      from pg_index i join relation r on r.oid = i.indrelid
     group by i.indrelid, i.indkey::text, i.indclass::text, i.indoption::text, pg_get_expr(i.indpred, i.indrelid), pg_get_expr(i.indexprs, i.indrelid)
    having count(*) > 1
    union all
    select 'a foreign key without an index (0001)', c.conrelid::regclass::text
      from pg_constraint c join relation r on r.oid = c.conrelid
     where c.contype = 'f' and not exists (select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1])
    union all
    select 'a view with its owner''s rights (0010)', r.oid::regclass::text
      from relation r where r.relkind = 'v' and not coalesce(r.reloptions, '{}') && '{security_invoker=true,security_invoker=on,security_invoker=1}'
    union all
    select 'a materialised view or foreign table in the API (0016, 0017)', r.oid::regclass::text from relation r where r.relkind in ('m', 'f')
    union all
    select 'a partition in the API (its own type in every client)', r.oid::regclass::text from relation r where r.relispartition and r.nspname = 'telemetry'
    union all
    select 'a partition that a request reaches', r.oid::regclass::text
      from relation r, requesters q
     where r.relispartition and has_schema_privilege(q.oid, r.relnamespace, 'usage') and has_table_privilege(q.oid, r.oid, 'select')
       and exists (select from pg_policy p where p.polrelid = r.oid and p.polpermissive)
    union all
    -- Pre-parsed and C bodies find nothing by search_path; a procedure that commits may have no SET.
    select 'a body that the caller''s search_path changes (0011)', f.oid::regprocedure::text
      from function f
     where f.lanname in ('plpgsql', 'sql') and f.prosqlbody is null and f.prokind <> 'p'
       and not coalesce(f.proconfig, '{}') @> array['search_path=pg_catalog, pg_temp']
    union all
    select 'SECURITY DEFINER in the API (0028, 0029)', f.oid::regprocedure::text from function f where f.prosecdef and f.nspname = 'telemetry'
    union all
    select 'SECURITY DEFINER without a search_path of pg_catalog, pg_temp', f.oid::regprocedure::text
      from function f where f.prosecdef and not coalesce(f.proconfig, '{}') @> array['search_path=pg_catalog, pg_temp']
    union all
    select 'SECURITY DEFINER for everybody', f.oid::regprocedure::text from function f where f.prosecdef and has_function_privilege('public', f.oid, 'execute')
    union all
    select 'the extension in public (0014)', e.extname from pg_extension e where e.extname = 'telemetry' and e.extnamespace = 'public'::regnamespace
) o
order by o.rule collate "C", o.offender collate "C";
\set ECHO all
