-- The last statements of every update script. init() makes tables, indexes, triggers and policies that are new, where this database
-- has the log; on a worker node of Citus they come from the coordinator.
do $$
begin
    if to_regclass('telemetry.events') is not null and telemetry_private.should_create_tables() then
        perform telemetry.init();
    else
        perform telemetry_private.init_event_triggers();
    end if;
end
$$;

-- What was made anew is for whom it was for. Nobody gets what is new, neither from PUBLIC nor from default privileges, but whoever
-- grant_access() gave a level gets what belongs to it.
do $$
declare
    before constant jsonb := current_setting('telemetry_private.before_update')::jsonb;
    change record;
    role text;
begin
    for change in
        with objects (kind, name, identity, acl, owner) as (
            select 'routine', format('%I.%I', n.nspname, p.proname), p.oid::regprocedure::text, coalesce(p.proacl, acldefault('f', p.proowner)), p.proowner
              from pg_proc p
              join pg_namespace n on n.oid = p.pronamespace and n.nspname in ('telemetry', 'telemetry_private')
              join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e' and d.refclassid = 'pg_extension'::regclass
             union all
            select 'table', format('%I.%I', n.nspname, c.relname), case c.relkind when 'S' then 'sequence ' else '' end || c.oid::regclass,
                   coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's'::"char" else 'r' end, c.relowner)), c.relowner
              from pg_class c
              join pg_namespace n on n.oid = c.relnamespace and n.nspname in ('telemetry', 'telemetry_private')
              join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e' and d.refclassid = 'pg_extension'::regclass
             where c.relkind in ('r', 'p', 'v', 'S')
        ),
        is_now as (
            select o.kind, o.name, o.identity, acl.grantee, acl.privilege_type as privilege, acl.is_grantable
              from objects o, lateral aclexplode(o.acl) acl where acl.grantee <> o.owner
        ),
        was as (
            select o.kind, o.name, o.identity, (b.x ->> 'grantee')::bigint::oid as grantee, b.x ->> 'privilege' as privilege, (b.x ->> 'grantable')::boolean as is_grantable
              from objects o, lateral jsonb_array_elements(before -> (o.kind || ' ' || o.name)) b (x)
        )
        select format(case when w.grantee is null then 'revoke %s on %s %s from %s' else 'grant %s on %s %s to %s' end,
                      privilege, case when kind = 'routine' then kind end, identity,
                      case grantee when 0 then 'public' else grantee::regrole::text end)
               || case when w.is_grantable then ' with grant option' else '' end as statement
          from is_now i
          full join was w using (kind, name, identity, grantee, privilege)
         where (i.kind is null or w.kind is null) and (grantee = 0 or exists (select from pg_roles r where r.oid = grantee))
    loop
        execute change.statement;
    end loop;

    if to_regclass('telemetry.changes') is null then
        return;
    end if;
    for change in
        -- Levels add up until all is revoked.
        with granted as (
            select c.name as role, c.change_id, c.after ->> 'access_level' as access_level, max(c.change_id) filter (where c.after is null) over (partition by c.name) as revoked
              from telemetry.changes c
              join pg_roles r on r.rolname = c.name
             where c.kind = 'access'
        ),
        levels as (
            select distinct g.role, g.access_level from granted g where g.access_level is not null and g.change_id > coalesce(g.revoked, 0)
        )
        select format('grant execute on routine %s to %I', f.function, l.role) as statement
          from levels l, lateral telemetry_private.functions_of(l.access_level) f
          join pg_proc p on p.oid = f.function
          join pg_namespace n on n.oid = p.pronamespace
         -- Of what nobody calls himself, a function that is new may call something that was there.
         where n.nspname = 'telemetry_private' or not before ? format('routine %I.%I', n.nspname, p.proname)
         union
        select format('grant select on table %s to %I', t, l.role)
          from levels l, lateral telemetry_private.readable_tables(l.access_level) t
          join pg_class c on c.oid = t
          join pg_namespace n on n.oid = c.relnamespace
         where not before ? format('table %I.%I', n.nspname, c.relname)
    loop
        execute change.statement;
    end loop;
    -- Policies by which an auditor reads every tenant, of tables that are new.
    for role in
        select distinct r.rolname from pg_policy p join pg_roles r on r.oid = any (p.polroles)
         where p.polrelid = to_regclass('telemetry.events') and p.polname in ('auditor_reads_every_tenant', 'own_events_only')
    loop
        perform telemetry_private.set_reading(role,
            exists (select from pg_policy p where p.polrelid = 'telemetry.events'::regclass and p.polname = 'own_events_only' and to_regrole(quote_ident(role)) = any (p.polroles)),
            exists (select from pg_policy p where p.polrelid = 'telemetry.events'::regclass and p.polname = 'auditor_reads_every_tenant' and to_regrole(quote_ident(role)) = any (p.polroles)));
    end loop;
end
$$;

-- The code belongs to the extension and the data to its owner: what init() has made becomes nobody's member.
do $$
declare
    member record;
begin
    for member in
        select case c.relkind when 'S' then format('sequence %s', c.oid::regclass) else format('table %s', c.oid::regclass) end as identity
          from pg_depend d
          join pg_extension e on e.oid = d.refobjid and e.extname = 'telemetry'
          join pg_class c on c.oid = d.objid and c.relkind in ('r', 'p', 'S') and c.oid <> 'telemetry_private.tick_schedule'::regclass
         where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e'
    loop
        execute 'alter extension telemetry drop ' || member.identity;
    end loop;
end
$$;
