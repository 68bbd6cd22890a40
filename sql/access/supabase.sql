-- What Supabase's three API roles need, and no more. Its recipe for a custom schema is GRANT ALL to each of them; this is
-- what to call instead, and it heals what the recipe left.

create function telemetry_private.revoke_supabase()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    known constant text[] := array(select r from unnest('{anon,authenticated,service_role}'::text[]) r where to_regrole(r) is not null);
    role text;
begin
    if known = '{}' then
        raise exception 'none of the roles anon, authenticated and service_role exists'
            using errcode = '42704', hint = 'telemetry makes no roles: on Supabase they are there; elsewhere use telemetry.grant_access().';
    end if;
    foreach role in array known loop
        perform telemetry.revoke_access(role);
    end loop;
    -- PostgREST learns of it.
    notify pgrst, 'reload schema';
end
$$;

create function telemetry.enable_supabase(authenticated_reads text default null)
returns table (role_name text, access_level text)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    reads constant text := coalesce(authenticated_reads, case telemetry_private.setting('telemetry.multi_tenant') when 'on' then 'tenant' else 'own' end);
begin
    if reads not in ('tenant', 'own', 'nothing') then
        raise exception 'unknown word "%" for authenticated_reads', left(reads, 40)
            using errcode = '22023', hint = 'authenticated_reads is ''tenant'', ''own'' or ''nothing''.';
    end if;
    perform telemetry_private.revoke_supabase();
    for role_name, access_level in
        select l.role_name, l.access_level
          from (values ('anon', 'writer', 1),
                       ('authenticated', 'writer', 2),
                       ('authenticated', case reads when 'tenant' then 'analyst' when 'own' then 'own_events' end, 3),
                       ('service_role', 'auditor', 4),
                       ('service_role', 'admin', 5)) l (role_name, access_level, place)
         where l.access_level is not null and to_regrole(l.role_name) is not null
         order by l.place
    loop
        perform telemetry.grant_access(role_name, access_level);
        return next;
    end loop;
end
$$;

create function telemetry.disable_supabase()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform telemetry_private.revoke_supabase();
end
$$;

comment on function telemetry.enable_supabase is
'Gives Supabase''s API roles what each needs, and takes away whatever else they were granted in the two schemas, as by GRANT ALL: anon: writer; authenticated: writer, and reading; service_role: admin and auditor. authenticated_reads: tenant (KPIs and log of the JWT''s tenant), own (of the user''s own events) or nothing; NULL: tenant where telemetry.multi_tenant is on, else own, since in an installation of one tenant everybody who signs up is of it. Returns what was granted; a role that does not exist is passed over. Run it as the owner; again after an upgrade. Errors: 42704 none of the roles exists, 22023 another word, 42501 not the owner.';
comment on function telemetry.disable_supabase is
'Takes back everything that anon, authenticated and service_role were granted in the two schemas. Errors: 42704 none of them exists, 42501 not the owner.';
