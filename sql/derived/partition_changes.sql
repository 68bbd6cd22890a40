-- An owner may drop, detach or attach partitions: the next tick makes what is derived of their time anew. Until then
-- KPIs read rows (provenance.sql). So nothing that an owner does to a partition waits for derived data.

-- Returns how many stretches of time were made anew. The caller holds the cursors.
create function telemetry_private.follow_partitions()
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    reached constant bigint := (select max(c.position) from telemetry.cursor_positions c);
    changed record;
    made integer := 0;
begin
    -- These are the partitions that went, whatever lies in their time now, and of those that came the ones that hold
    -- events.
    for changed in
        select k.since, k.until
          from telemetry.derived_partitions k
         where reached > 0 and k.partition not in (select b.partition::oid::bigint from telemetry_private.partition_bounds() b)
         union
        select b.since, b.until
          from telemetry_private.ids_of_partitions(
                array(select b.partition from telemetry_private.partition_bounds() b
                       where reached > 0 and b.partition::oid::bigint not in (select k.partition from telemetry.derived_partitions k)), reached) i
          join telemetry_private.partition_bounds() b on b.partition = i.partition
         where i.last_id is not null
    loop
        perform telemetry_private.remake_range(changed.since, changed.until);
        made := made + 1;
    end loop;
    delete from telemetry.derived_partitions k where k.partition not in (select b.partition::oid::bigint from telemetry_private.partition_bounds() b);
    insert into telemetry.derived_partitions
    select b.partition::oid::bigint, b.since, b.until from telemetry_private.partition_bounds() b
        on conflict (partition) do update set since = excluded.since, until = excluded.until
     where (derived_partitions.since, derived_partitions.until) <> (excluded.since, excluded.until);
    perform telemetry_private.protect_partition(p.partition) from telemetry_private.unprotected_partitions() p;
    return made;
end
$$;
