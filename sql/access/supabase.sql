-- Supabase has three API roles, and this gives them what they need and no more. Supabase's recipe for a custom schema
-- is GRANT ALL to each of them; enable_supabase() is what to call instead, and it takes back what the recipe gave.

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
    -- This tells PostgREST of the change.
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
'Gives the API roles of Supabase what each of them needs, and takes away whatever else they were
granted in the schemas telemetry and telemetry_private, as by GRANT ALL.

Arguments
  authenticated_reads  what users who signed in may read: tenant (KPIs and the log of the JWT''s
                       tenant), own (of the user''s own events) or nothing; NULL: tenant where
                       telemetry.multi_tenant is on, else own
Columns
  role_name     anon, authenticated or service_role; a role that does not exist is passed over
  access_level  a level that it was granted, as grant_access() takes it
Errors
  22023  authenticated_reads is another word
  42501  the caller is not the owner of the extension''s objects
  42704  none of the roles exists
Notes
  anon gets writer; authenticated gets writer and what it reads by; service_role gets auditor and
    admin.
  In an installation of one tenant everybody who signs up belongs to it: therefore own is the
    default there.
  Run it as the owner, and again after an upgrade.';
comment on function telemetry.disable_supabase is
'Takes back everything that the roles anon, authenticated and service_role were granted in the
schemas telemetry and telemetry_private.

Errors
  42501  the caller is not the owner of the extension''s objects
  42704  none of the roles exists';
