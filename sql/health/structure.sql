-- What health() finds in the catalog: objects that are missing, changed or open. There is one finding per object. Its
-- statement mends that object alone, and may be the same for many.

-- Returns the tables, sequences and partitions that hold the owner's data.
create function telemetry_private.own_relations()
returns oid[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select c.oid from telemetry_private.own_tables() t join pg_class c on c.relnamespace = to_regnamespace('telemetry') and c.relname = t.relation and c.relkind in ('r', 'p')
         union all
        select c.oid from pg_class c where c.relnamespace = to_regnamespace('telemetry_private') and c.relname in ('ingest_id', 'chunk_id') and c.relkind = 'S'
         union all
        select i.inhrelid from pg_inherits i where i.inhparent = to_regclass('telemetry.events'));
end
$$;

create function telemetry_private.health_of_structure(own oid[])
returns table (check_name text, severity text, problem text, mend text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    init constant text := 'select telemetry.init()';
    owner oid;
    invalid record;
begin
    return query
    select 'tables', 'error', format('%s is missing', o.name), init
      from (select format('telemetry.%I', t.relation) as name from telemetry_private.own_tables() t
            union all values ('telemetry_private.ingest_id'), ('telemetry_private.chunk_id')) o
     where to_regclass(o.name) is null
     order by o.name collate "C";
    return query
    select 'tables', 'error', 'telemetry.events is not partitioned', '-- rename it and its indexes, call telemetry.init(), then insert its rows into telemetry.events'
      from pg_class c
     where c.oid = to_regclass('telemetry.events') and c.relkind <> 'p';

    -- The definer functions act as their owner, and a new partition gets the owner of the log.
    select case when pg_has_role(p.proowner, c.relowner, 'usage') then c.relowner else p.proowner end into owner
      from pg_class c, pg_proc p
     where c.oid = to_regclass('telemetry.events') and p.oid = 'telemetry_private.create_partitions()'::regprocedure;
    return query
    select f.name, 'error', format(f.problem, c.oid::regclass, c.relowner::regrole, owner::regrole),
           coalesce(format(f.statement, case c.relkind when 'S' then 'sequence' else 'table' end, c.oid::regclass, owner::regrole), init)
      from pg_class c
     cross join lateral (values
               ('ownership', c.relowner <> owner, '%s belongs to %s, not to %s', 'alter %s %s owner to %s'),
               ('unlogged', c.relpersistence = 'u' and c.relkind = 'r', '%s is unlogged: a crash empties it', 'alter %s %s set logged'),
               ('row_level_security', not c.relrowsecurity and c.relkind in ('r', 'p'), '%s has no row-level security', null),
               -- The definer functions would be asked for a tenant, as everybody is.
               ('row_level_security', c.relforcerowsecurity, '%s forces row-level security on its owner, as which telemetry writes', 'alter %s %s no force row level security'))
           f (name, is_found, problem, statement)
     where c.oid = any (own) and f.is_found
     order by f.statement is not null, c.relname;

    return query
    select 'strangers', 'error', format('%s runs code of the role %s', s.object, s.owner), s.drop_statement
      from telemetry_private.planted_code() s
     union all
    -- Tables of our own that belong to another role were told of above.
    select 'strangers', 'error', format('%s belongs to a stranger: init() refuses it', s.relation), format('alter table %s set schema public', s.relation)
      from telemetry_private.planted_relations() s
     where s.relation <> all (own);

    -- A dump leaves the rows of members out, and DROP EXTENSION takes them along.
    return query
    select 'members', 'error', format('%s is a member of the extension, so a dump leaves its rows out', c.oid::regclass),
           format('alter extension telemetry drop %s %s', case c.relkind when 'S' then 'sequence' else 'table' end, c.oid::regclass)
      from pg_depend d
      join pg_class c on c.oid = d.objid
     where d.objid = any (own) and d.classid = 'pg_class'::regclass and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e';

    return query
    select case when b.definition like 'primary key %' then 'keys' else 'indexes' end,
           case when b.definition like 'primary key %' then 'error' else 'warning' end,
           case when b.definition not like 'primary key %' then format('%s of %s %s', b.index, b.relation, case when b.found is null then 'is missing' else 'is not valid' end)
                when b.found is null then format('%s has no primary key', b.relation)
                else format('the primary key of %s is not valid: partitions lack it', b.relation) end, init
      from telemetry_private.broken_indexes() b;
    -- These were left over by CREATE INDEX CONCURRENTLY or REINDEX CONCURRENTLY that failed: PostgreSQL keeps them up
    -- and never reads them. They are looked at one by one, because the view of those under way takes longer to plan
    -- than all else, and as a rule there are none.
    for invalid in
        select i.indexrelid::regclass as index, i.indrelid::regclass as relation, c.relispartition as is_attached
          from pg_index i
          join pg_class c on c.oid = i.indexrelid
         where i.indrelid = any (own) and not i.indisvalid
           and not exists (select from telemetry_private.broken_indexes() b where b.found = i.indexrelid)
    loop
        if not exists (select from pg_stat_progress_create_index p where p.index_relid = invalid.index) then
            return query
            select 'indexes', 'warning', format('%s of %s is not valid', invalid.index, invalid.relation),
                   format(case when invalid.is_attached then 'reindex index %s' else 'drop index %s' end, invalid.index);
        end if;
    end loop;

    return query
    select 'columns', 'error', format('telemetry.events.%I %s', o.name,
               case when a.attname is null then 'is missing' when a.atttypid <> o.type then format('is of type %s', a.atttypid::regtype)
                    when o.is_required and not a.attnotnull then 'allows NULL' else 'has no default' end),
           case when a.attname is null and not o.is_required then format('alter table telemetry.events add column %I %s', o.name, o.type)
                when a.attname is null then '-- restore the column from a backup'
                when a.atttypid <> o.type then format('alter table telemetry.events alter column %I type %s', o.name, o.type)
                when o.is_required and not a.attnotnull then format('alter table telemetry.events alter column %I set not null', o.name)
                else format('alter table telemetry.events alter column %I set default %s', o.name, o.default_value) end
      from (values ('event_ts', 'timestamptz'::regtype, true, null), ('ingest_id', 'bigint', true, 'nextval(''telemetry_private.ingest_id'')'),
                   ('event_id', 'uuid', true, null), ('tenant_id', 'uuid', true, null), ('user_id', 'uuid', false, null),
                   ('session_id', 'uuid', false, null), ('subject_id', 'uuid', false, null), ('client_ts', 'timestamptz', false, null),
                   ('seq', 'integer', false, null), ('event_version', 'smallint', true, '1'), ('event_name', 'text', true, null),
                   ('source', 'text', false, null), ('sample_rate', 'real', false, null), ('payload', 'jsonb', true, '''{}''')) o (name, type, is_required, default_value)
      left join pg_attribute a on a.attrelid = to_regclass('telemetry.events') and a.attname = o.name and a.attnum > 0 and not a.attisdropped
     where to_regclass('telemetry.events') is not null
       and (a.attname is null or a.atttypid <> o.type or o.is_required and not a.attnotnull or o.default_value is not null and not a.atthasdef)
     union all
    select 'columns', 'error', format('%s.chunk_id has no default', a.attrelid::regclass), init
      from pg_attribute a
     where a.attrelid = to_regclass('telemetry.timeline_chunks') and a.attname = 'chunk_id' and not a.atthasdef
     union all
    -- Logging writes the columns above, so nothing else may be required of a row.
    select 'columns', 'error', format('telemetry.events.%I must not be null, which no event is given', a.attname),
           format('alter table telemetry.events alter column %I drop not null', a.attname)
      from pg_attribute a
     where a.attrelid = to_regclass('telemetry.events') and a.attnum > 14 and not a.attisdropped and a.attnotnull and not a.atthasdef and a.attidentity = '';
end
$$;

create function telemetry_private.health_of_guards(own oid[])
returns table (check_name text, severity text, problem text, mend text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    init constant text := 'select telemetry.init()';
    policy_functions constant regprocedure[] := '{telemetry.current_tenant(),telemetry_private.current_tenant(),telemetry.current_user_id(),telemetry_private.current_user_id(),telemetry.log_visibility(),telemetry_private.log_visibility()}';
begin
    return query
    select 'policies', 'warning', format('the policy %I of %s is missing', t.policy, c.oid::regclass), init
      from telemetry_private.own_tables() t
      join pg_class c on c.relnamespace = to_regnamespace('telemetry') and c.relname = t.relation
     where not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = t.policy)
     order by c.relname;

    return query
    select 'guards', 'error', format('the trigger %I of %s %s', wanted.name, c.oid::regclass,
               case when t.oid is null then 'is missing' when f.proname is null then 'runs another function' else 'is not enabled always' end), init
      from telemetry_private.own_tables() o
     cross join unnest(o.triggers) wanted (name)
      join pg_class c on c.relnamespace = to_regnamespace('telemetry') and c.relname = o.relation
      left join lateral (select t.oid, t.tgenabled, t.tgfoid from pg_trigger t where t.tgrelid = c.oid and t.tgname = wanted.name limit 1) t on true
      left join pg_proc f on f.oid = t.tgfoid and f.pronamespace = to_regnamespace('telemetry_private')
           and f.proname = case wanted.name when 'append_only' then 'refuse_change' when 'append_only_statement' then 'guard_statement'
                                            when 'changed_by_functions' then 'refuse_strangers'
                                            when 'change_recorded' then 'record_row_change' when 'truncation_recorded' then 'record_row_change' else wanted.name end
     where t.tgenabled is distinct from 'A' or f.proname is null
     order by c.relname, wanted.name;
    return query
    select f.name, 'error', format(f.problem, p.partition), init
      from telemetry_private.unprotected_partitions() p
     cross join lateral (values ('guards', not p.has_guards, 'triggers of the partition %s are missing or not enabled always'),
                                ('partition_grants', p.grants > 0, 'roles hold privileges on the partition %s, which no policy of the log reaches')) f (name, is_found, problem)
     where f.is_found;

    return query
    select 'event_triggers', 'error', format('the event trigger %I %s', o.event_trigger, case when t.oid is null then 'is missing' else 'is not enabled always' end), init
      from telemetry_private.own_event_triggers() o
      left join pg_event_trigger t on t.evtname = o.event_trigger
     where t.evtenabled is distinct from 'A'
     order by o.event_trigger;

    -- Whatever a rule does instead of an INSERT is done in silence.
    return query
    select 'rules', 'error', format('the rule %I of %s rewrites what telemetry does', w.rulename, w.ev_class::regclass), format('drop rule %I on %s', w.rulename, w.ev_class::regclass)
      from pg_rewrite w
     where w.ev_class = any (own)
     order by w.ev_class, w.rulename;

    return query
    select 'public_functions', 'error',
           format(case when f.is_public then 'PUBLIC may execute %s' else 'PUBLIC may not execute %s, which policies call' end, f.function),
           format(case when f.is_public then 'revoke execute on routine %s from public' else 'grant execute on function %s to public' end, f.function)
      from (select p.oid::regprocedure as function, p.proacl is null or exists (select from aclexplode(p.proacl) a where a.grantee = 0) as is_public
              from pg_proc p
             where p.pronamespace = any (array[to_regnamespace('telemetry')::oid, to_regnamespace('telemetry_private')::oid])) f
     where f.is_public <> (f.function = any (policy_functions))
       and (f.function = any (policy_functions) or exists (
            select from pg_depend d
             where d.classid = 'pg_proc'::regclass and d.objid = f.function and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e'))
     order by f.is_public, f.function::text collate "C";
end
$$;
