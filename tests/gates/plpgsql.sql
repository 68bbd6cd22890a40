-- What plpgsql_check finds in every PL/pgSQL function of telemetry: errors, warnings and doubtful dynamic SQL, but for
-- what is stated here. No row: nothing found.
with stated (function, finding, why) as (
    values
        ('telemetry_private.answer_kpi', 'text type variable is not sanitized',
         'runs what kpi_statement() made by %I and %L, with the caller''s rights'),
        ('telemetry_private.read_actor_names', 'text type variable is not sanitized', 'columns by %I, a relation by regclass'),
        ('telemetry_private.put_kpi', 'text type variable is not sanitized', 'names of types, by format_type()'),
        ('telemetry_private.create_compatibility_views', 'text type variable is not sanitized', 'columns made by %I and %L'),
        ('telemetry_private.drop_compatibility_views', 'text type variable is not sanitized', 'a name made by %I.%I'),
        ('telemetry_private.protect_partition', 'text type variable is not sanitized', 'a role''s name by regrole, which quotes'),
        ('telemetry_private.set_guard', 'text type variable is not sanitized', 'definitions that stand in the functions that call it'),
        ('telemetry_private.make_partition', 'text type variable is not sanitized', 'options and columns by %I and quote_literal()'),
        ('telemetry_private.index_partition', 'text type variable is not sanitized', 'definitions of PostgreSQL''s own of the log''s indexes, a relation by regclass'),
        ('telemetry_private.init_keys', 'text type variable is not sanitized', 'index_statement() of what own_indexes() says'),
        ('telemetry_private.complete_index', 'text type variable is not sanitized', 'as init_keys()'),
        ('telemetry_private.set_policy_role', 'text type variable is not sanitized', 'conditions of set_reading(), roles by quote_ident()'),
        ('telemetry_private.protect_from_strangers', 'text type variable is not sanitized', 'verbs that stand in the function')
)
select p.oid::regprocedure, c.lineno, c.level, c.message, c.detail
  from pg_proc p
  join pg_language l on l.oid = p.prolang and l.lanname = 'plpgsql',
       lateral plpgsql_check_function_tb(
           p.oid, relid => case when p.prorettype = 'trigger'::regtype then 'telemetry.events'::regclass else 0::regclass end,
           fatal_errors => false, security_warnings => true) c
 where p.pronamespace in ('telemetry'::regnamespace, 'telemetry_private'::regnamespace)
   and not exists (select from stated s where s.function = p.oid::regproc::text and s.finding = c.message)
   -- A literal in a declaration is read as a text first, and then by the type itself.
   and not (c.sqlstate = '42804' and c.context like '%initialization%' and c.detail ~ '^cast "text" value')
   -- That is said of every function that runs dynamic SQL.
   and c.level <> 'warning extra'
 order by 1, 2;
