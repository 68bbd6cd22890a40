-- Partitions of telemetry.events: made ahead by create_partitions(), and on demand by the logging path.
--
-- Invariant: never a DEFAULT partition (it would hold the rows for which a partition is missing, and block the attach
-- of that partition for ever). Bounds are midnights UTC. A change of telemetry.partition_interval takes effect between
-- the partitions that exist: a new one fills the gap around its time and never overlaps. Twin: src/partitions.rs.

-- The table that covers `at_time`, made if it is missing. Serialised by the lock that ATTACH takes anyway: whoever
-- waited for it finds the partition that the other session made.
create function telemetry_private.ensure_partition(at_time timestamptz)
returns regclass
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set lock_timeout = '5s'
set telemetry_private.makes_partition = 'on'
set telemetry_private.derives = 'on'
as $$
declare
    parent constant regclass := 'telemetry.events';
    covering regclass;
    lower_bound timestamptz;
    upper_bound timestamptz;
    partition_name text;
begin
    covering := telemetry_private.partition_at(at_time);
    if covering is not null then
        return covering;
    end if;
    lock table only telemetry.events in share update exclusive mode;
    covering := telemetry_private.partition_at(at_time);
    if covering is not null then
        return covering;
    end if;

    lower_bound := date_trunc(telemetry_private.setting('telemetry.partition_interval'), at_time);
    upper_bound := lower_bound + ('1 ' || telemetry_private.setting('telemetry.partition_interval'))::interval;
    select greatest(lower_bound, max(p.until) filter (where p.until <= at_time)),
           least(upper_bound, min(p.since) filter (where p.since > at_time))
      into lower_bound, upper_bound
      from telemetry_private.partition_bounds() p;

    partition_name := to_char(lower_bound, '"events_"YYYYMMDD');
    if lower_bound <> date_trunc('day', lower_bound) then
        partition_name := partition_name || to_char(lower_bound, '"_"HH24MISSUS');
    end if;
    covering := to_regclass(format('telemetry_private.%I', partition_name));
    if covering is not null then
        if pg_partition_root(covering) = parent then
            -- Made by another session after this transaction's snapshot (REPEATABLE READ): routing sees it all the same.
            return covering;
        end if;
        -- One that was detached and kept its name.
        partition_name := format('%s_%s', partition_name, to_char(clock_timestamp(), 'YYYYMMDD"t"HH24MISSUS'));
    end if;
    execute format('create table telemetry_private.%I (like telemetry.events including defaults including constraints including storage including compression)', partition_name);
    execute format('alter table telemetry_private.%I owner to %s', partition_name, (select relowner::regrole from pg_class where oid = parent));
    execute format('alter table telemetry.events attach partition telemetry_private.%I for values from (%L) to (%L)', partition_name, lower_bound, upper_bound);
    covering := format('telemetry_private.%I', partition_name)::regclass;
    perform telemetry_private.protect_partition(covering);
    if to_regclass('telemetry.derived_partitions') is not null then
        insert into telemetry.derived_partitions values (covering, lower_bound, upper_bound);
    end if;
    return covering;
end
$$;

-- Bounds of every partition, oldest first; minvalue and maxvalue as -infinity and infinity.
create function telemetry_private.partition_bounds()
returns table (partition regclass, since timestamptz, until timestamptz)
language sql
stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
    select c.oid::regclass,
           case bound.part[1] when 'MINVALUE' then '-infinity' else trim(bound.part[1], '''')::timestamptz end,
           case bound.part[2] when 'MAXVALUE' then 'infinity' else trim(bound.part[2], '''')::timestamptz end
      from pg_inherits i
      join pg_class c on c.oid = i.inhrelid
     cross join lateral regexp_match(pg_get_expr(c.relpartbound, c.oid), '^FOR VALUES FROM \((.*)\) TO \((.*)\)$') as bound (part)
     where i.inhparent = 'telemetry.events'::regclass
       and bound.part is not null
       and not i.inhdetachpending
     order by 2
$$;

create function telemetry_private.partition_at(at_time timestamptz)
returns regclass
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select p.partition
      from telemetry_private.partition_bounds() p
     where p.since <= at_time and at_time < p.until
$$;

-- The first and last microsecond that the partition at `at_time` covers, for the cache of the logging path; it makes
-- the partition if it is missing.
create function telemetry_private.partition_range(at_time timestamptz, out partition regclass, out since timestamptz, out until timestamptz)
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    select p.partition, p.since, p.until
      from telemetry_private.ensure_partition(at_time) made
      join telemetry_private.partition_bounds() p on p.partition = made
$$;

create function telemetry_private.create_partitions()
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    wanted timestamptz := now();
    horizon constant timestamptz := date_trunc(telemetry_private.setting('telemetry.partition_interval'), now(), 'UTC')
        + telemetry_private.setting('telemetry.partitions_ahead')::integer * ('1 ' || telemetry_private.setting('telemetry.partition_interval'))::interval;
    made integer := 0;
    covering regclass;
begin
    loop
        covering := telemetry_private.partition_at(wanted);
        if covering is null then
            covering := telemetry_private.ensure_partition(wanted);
            made := made + 1;
        end if;
        select p.until into wanted from telemetry_private.partition_bounds() p where p.partition = covering;
        exit when wanted > horizon;
    end loop;
    return made;
end
$$;

create function telemetry.create_partitions()
returns integer
language sql
begin atomic
    select telemetry_private.create_partitions();
end;

comment on function telemetry.create_partitions() is
'Makes the partitions of telemetry.events from now on that are missing, telemetry.partitions_ahead (default 3) of telemetry.partition_interval (day, week, month) beyond the present one, and returns how many it made. Logging makes a missing one by itself: this moves that cost out of the logging path. Errors: 55P03 when another session holds a lock on the table for more than 5 seconds.';
