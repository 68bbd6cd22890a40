-- What seals keep of events that leave the log or change, so that old heads verify. Each is called by whoever takes events out.

create function telemetry_private.keep_leaves(receipt uuid, target regclass, ids bigint[])
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    select
$$;

create function telemetry_private.keep_partition_leaves(receipt uuid, target regclass)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    select
$$;

create function telemetry_private.keep_changed_leaves(receipt uuid, target regclass, ids bigint[])
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    select
$$;

create function telemetry_private.seal_changed_leaves(receipt uuid, target regclass, ids bigint[])
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    select
$$;

create function telemetry_private.forget_person_key(tenant uuid, user_id uuid)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    select
$$;
