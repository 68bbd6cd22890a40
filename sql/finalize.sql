-- The end of the install script makes the tables, then sets the privileges, then takes the data out of the extension.

do $$
begin
    if telemetry_private.should_create_tables() then
        perform set_config('telemetry_private.adopts', 'on', true);
        perform telemetry.init();
        perform set_config('telemetry_private.adopts', '', true);
    else
        perform telemetry_private.init_event_triggers();
    end if;
end
$$;

-- Nobody may call anything that grant_access() did not give.
revoke all on all routines in schema telemetry, telemetry_private from public;

-- Nor may anybody keep what default privileges of the database gave to whatever is new: with EXECUTE on a wrapper and
-- on the definer function behind it, a client would be an admin. Tables that were there before keep the grants that
-- their owner made.
do $$
declare
    target text;
    grantee text;
begin
    for target, grantee in
        select o.target, case acl.grantee when 0 then 'public' else acl.grantee::regrole::text end
          from (select format('routine %s', p.oid::regprocedure), p.proacl, p.proowner
                  from pg_proc p where p.pronamespace in ('telemetry'::regnamespace, 'telemetry_private'::regnamespace)
                 union all
                select format('%s %s', case c.relkind when 'S' then 'sequence' else 'table' end, c.oid::regclass), c.relacl, c.relowner
                  from pg_depend d
                  join pg_extension e on e.oid = d.refobjid and e.extname = 'telemetry'
                  join pg_class c on c.oid = d.objid and c.relkind in ('r', 'p', 'v', 'S')
                 where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e'
                 union all
                select format('schema %I', n.nspname), n.nspacl, n.nspowner from pg_namespace n where n.nspname = 'telemetry_private') o (target, acl, owner),
               lateral aclexplode(o.acl) acl
         where acl.grantee <> o.owner
         group by 1, 2
    loop
        execute format('revoke all on %s from %s', target, grantee);
    end loop;
end
$$;

-- Everybody may call what the row-level policies call: whoever was granted a table must be able to read it.
grant execute on function telemetry.current_tenant, telemetry_private.current_tenant, telemetry.current_user_id, telemetry_private.current_user_id,
    telemetry.log_visibility, telemetry_private.log_visibility to public;

-- The code belongs to the extension and the data to its owner: no member may hold data, or a dump would leave it out
-- and DROP EXTENSION would take it along. Every update script ends with this loop too. telemetry_private.tick_schedule
-- holds nobody's data, so it stays a member.
do $$
declare
    member record;
begin
    for member in
        select case when d.classid = 'pg_namespace'::regclass then format('schema %I', n.nspname)
                    when c.relkind = 'S' then format('sequence %s', c.oid::regclass)
                    else format('table %s', c.oid::regclass) end as identity
          from pg_depend d
          join pg_extension e on e.oid = d.refobjid and e.extname = 'telemetry'
          left join pg_class c on d.classid = 'pg_class'::regclass and c.oid = d.objid and c.relkind in ('r', 'p', 'S')
               and c.oid <> 'telemetry_private.tick_schedule'::regclass
          left join pg_namespace n on d.classid = 'pg_namespace'::regclass and n.oid = d.objid
         where d.refclassid = 'pg_extension'::regclass
           and d.deptype = 'e'
           and (c.oid is not null or n.oid is not null)
    loop
        execute 'alter extension telemetry drop ' || member.identity;
    end loop;
end
$$;
