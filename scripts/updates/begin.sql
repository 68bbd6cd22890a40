-- The first statements of every update script, which scripts/update-script writes. Where a session waits longer than this for
-- a table, the update ends and nothing has changed: else everybody who logs would wait behind it.
set local search_path = pg_catalog, pg_temp;
set local check_function_bodies = off;

do $$
begin
    if current_setting('lock_timeout') = '0' then
        perform set_config('lock_timeout', '5s', true);
    end if;
    -- Where this update and somebody who logs wait for each other, it is the update that ends.
    perform set_config('deadlock_timeout', '10ms', true);
    -- Who may do what before anything is dropped and made anew, by names, since an argument more is the same function to whoever calls it.
    perform set_config('telemetry_private.before_update', (
        select jsonb_object_agg(o.name, o.privileges)::text
          from (select k.name,
                       coalesce(jsonb_agg(distinct jsonb_build_object('grantee', acl.grantee::bigint, 'privilege', acl.privilege_type, 'grantable', acl.is_grantable))
                                    filter (where acl.grantee is not null), '[]') as privileges
                  from (select format('routine %I.%I', n.nspname, p.proname) as name, coalesce(p.proacl, acldefault('f', p.proowner)) as acl, p.proowner as owner
                          from pg_proc p join pg_namespace n on n.oid = p.pronamespace and n.nspname in ('telemetry', 'telemetry_private')
                         union all
                        select format('table %I.%I', n.nspname, c.relname), coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's'::"char" else 'r' end, c.relowner)), c.relowner
                          from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname in ('telemetry', 'telemetry_private')
                         where c.relkind in ('r', 'p', 'v', 'S') and not c.relispartition) k
                  left join lateral aclexplode(k.acl) acl on acl.grantee <> k.owner
                 group by k.name) o), true);
end
$$;
