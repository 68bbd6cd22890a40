-- What runs before anything else: it checks where the extension may live.
--
-- The schema `telemetry` is the API: what one exposes through PostgREST. CREATE EXTENSION makes it (telemetry.control)
-- or finds it. `telemetry_private` holds partitions, SECURITY DEFINER functions and machinery; callers need no USAGE on
-- it. Neither schema is a member of the extension, because both hold the owner's data.

set local search_path = pg_catalog, pg_temp;

do $$
declare
    refused text;
begin
    if pg_catalog.getdatabaseencoding() <> 'UTF8' then
        raise exception 'telemetry needs a database in UTF8, this one is in %', pg_catalog.getdatabaseencoding()
            using errcode = '0A000',
                  hint = 'Create a database with ENCODING ''UTF8'' and install telemetry there.';
    end if;

    -- Whoever owns a schema can replace what lives in it: only a superuser or the installing role may.
    select n.nspname
      into refused
      from pg_catalog.pg_namespace n
      join pg_catalog.pg_roles r on r.oid = n.nspowner
     where n.nspname in ('telemetry', 'telemetry_private')
       and not r.rolsuper
       and r.rolname <> current_user
     limit 1;
    if found then
        raise exception 'schema "%" belongs to another role', refused
            using errcode = '42501',
                  hint = pg_catalog.format('Check what it holds, then: alter schema %I owner to %I; or drop it.', refused, current_user);
    end if;

    if pg_catalog.to_regnamespace('telemetry_private') is null then
        create schema telemetry_private;
    end if;
    comment on schema telemetry is 'The event log and what is asked of it: see telemetry.event_catalog().';
    comment on schema telemetry_private is 'Partitions of the log and machinery of telemetry. Nobody but the owner needs access.';
end
$$;

-- What the generated part of this script creates without a schema lands here.
set local search_path = telemetry_private, pg_temp;
