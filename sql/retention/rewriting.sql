-- Rewriting gives back the disk of a partition from which many events went: DELETE frees its room for new rows, and none come into a
-- time that is over. What stays is copied into a new table, which then takes the place of the old one.
--
-- Events are neither added nor lost by it, so nothing that is derived changes, and it waits for no tick. While it copies, everybody reads and writes; who
-- logs waits for the exchange at the end, which takes milliseconds. Twin: src/retention/rewriting.rs, which copies rows frozen,
-- so that a statement sees them whenever it took its snapshot.

-- Returns the partition from which the largest share of events expired since it was made, where that is a fifth at least; a partition
-- into whose time events are logged now is none.
create function telemetry_private.sparse_partition()
returns table (partition regclass, since timestamptz, until timestamptz)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select b.partition, b.since, b.until
      from (select (e.details ->> 'relation')::bigint as relation, sum(e.events) as events
              from telemetry.erasures e where e.kind = 'expire_events' and e.details ? 'relation' group by 1) gone
      join telemetry_private.partition_bounds() b on b.partition::oid::bigint = gone.relation
     cross join lateral (select coalesce(sum(c.events), 0) as events from telemetry.hourly_counts c where c.hour >= b.since and c.hour < b.until) kept
     where b.until < now() and isfinite(b.since) and gone.events * 4 >= kept.events
       and (select h.held_by from telemetry_private.held_from(b.partition) h) is null
     order by gone.events / greatest(kept.events, 1) desc
     limit 1
$$;

-- Makes the indexes of the log on a table that is to become a partition: ATTACH finds them there.
create function telemetry_private.index_partition(target regclass)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    definition text;
begin
    for definition in
        select format('alter table %s add %s', target, pg_get_constraintdef(c.oid))
          from pg_constraint c
         where c.conrelid = 'telemetry.events'::regclass and c.contype in ('p', 'u')
         union all
        select regexp_replace(pg_get_indexdef(i.indexrelid), '^(CREATE (UNIQUE )?INDEX) .*? ON (ONLY )?telemetry\.events ', format('\1 ON %s ', target))
          from pg_index i
         where i.indrelid = 'telemetry.events'::regclass
           and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
    loop
        execute definition;
    end loop;
end
$$;

-- Rewrites a partition. Returns how many events it copied; NULL: not now, because somebody holds a lock, or events came into it or
-- left it meanwhile.
create function telemetry_private.rewrite_partition(target regclass, since timestamptz, until timestamptz)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set telemetry_private.derives = 'on'
set telemetry_private.makes_partition = 'on'
set telemetry.hold_partitions = off -- nothing is lost
set lock_timeout = '1s'
set enable_seqscan = off
as $$
declare
    old_name constant text := (select c.relname from pg_class c where c.oid = target);
    new_name constant text := left(old_name, 50) || '_rewritten';
    new_table regclass;
    -- Every event up to this id is seen by whoever looks from now on.
    safe constant bigint := (select min(c.safe_until) from telemetry.cursor_positions c);
    receipts bigint;
    has_late boolean;
    copied bigint;
begin
    -- Neither VACUUM nor another rewriting changes the table meanwhile. Whatever takes events out of it leaves a receipt.
    execute format('lock table only %s in share update exclusive mode', target);
    receipts := (select count(*) from telemetry.erasures);
    perform telemetry_private.make_partition(new_name);
    new_table := format('telemetry_private.%I', new_name)::regclass;
    -- Which ATTACH believes, so that it reads no row.
    execute format('alter table %s add constraint events_of_its_time check (event_ts >= %L and event_ts < %L)', new_table, since, until);
    copied := telemetry_private.copy_events(target, new_table, safe);
    if copied is null then
        return null;
    end if;
    perform telemetry_private.index_partition(new_table);
    execute format('analyze %s', new_table);
    -- What can be done before the exchange, nobody waits for.
    perform telemetry_private.protect_partition(new_table);
    delete from telemetry.derived_partitions k where k.partition = target::oid::bigint;
    insert into telemetry.derived_partitions values (new_table::oid::bigint, since, until);

    if not telemetry_private.lock_partition(target) or (select count(*) from telemetry.erasures) <> receipts then
        return null;
    end if;
    execute format('select exists (select from %s e where e.ingest_id > $1)', target) into has_late using safe;
    if has_late then
        return null;
    end if;
    execute format('alter table telemetry.events detach partition %s', target);
    execute format('alter table telemetry.events attach partition %s for values from (%L) to (%L)', new_table, since, until);
    execute format('alter table %s drop constraint events_of_its_time', new_table);
    perform telemetry_private.follow_identity(new_table);
    -- The guard of each row came from the log.
    perform telemetry_private.protect_partition(new_table);
    execute format('drop table %s', target);
    execute format('alter table %s rename to %I', new_table, old_name);
    return copied;
end
$$;

-- Rewrites the partition for which it is most worth it, if there is one. Returns how many events it copied, 0 where nothing was done.
create function telemetry_private.rewrite_sparse_partition()
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    sparse record;
    copied bigint;
begin
    select s.* into sparse from telemetry_private.sparse_partition() s;
    if not found then
        return 0;
    end if;
    begin
        copied := telemetry_private.rewrite_partition(sparse.partition, sparse.since, sparse.until);
        if copied is null then
            raise lock_not_available;
        end if;
        return copied;
    exception
        when lock_not_available or deadlock_detected then
            return 0;
    end;
end
$$;
