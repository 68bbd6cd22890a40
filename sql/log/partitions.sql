-- Partitions of telemetry.events are made ahead by create_partitions(), and on demand by the logging path.
--
-- Invariant: there is never a DEFAULT partition. It would hold the rows for which a partition is missing, and block the
-- attach of that partition for ever. Bounds are midnights UTC. A change of telemetry.partition_interval takes effect
-- between the partitions that exist: a new one fills the gap around its time and never overlaps. Twin:
-- src/log/partitions.rs.

-- Makes the template: an empty table, altered as any other, that says what new partitions get beside what the log
-- itself says.
create function telemetry_private.init_partition_template()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set default_tablespace = ''
set default_table_access_method = 'heap'
as $$
begin
    if to_regclass('telemetry_private.partition_template') is null then
        -- The payload is there so that options of TOAST have a place.
        create table telemetry_private.partition_template (event_id uuid primary key, payload jsonb);
        comment on table telemetry_private.partition_template is 'It holds no rows: a new partition of telemetry.events gets the storage parameters (those of autovacuum among them), the access method and, where it has one, the tablespace of this table. Change it by ALTER TABLE; partitions that are there stay as they are.';
    end if;
    perform telemetry_private.set_row_security('telemetry_private.partition_template');
end
$$;

-- Returns the width of a new partition at a time. What lies more than telemetry.partitions_back (100) intervals back is
-- history that was brought in. It comes in months or years, so that ten years of it need some two hundred partitions
-- and not thousands in one transaction, each of which takes some ten locks.
create function telemetry_private.interval_at(at_time timestamptz)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select case when at_time >= now() - i.back * ('1 ' || i.word)::interval then i.word
                when i.word in ('day', 'week') and at_time >= now() - i.back * interval '1 month' then 'month'
                else 'year' end
      from (select telemetry_private.setting('telemetry.partition_interval'), telemetry_private.setting('telemetry.partitions_back')::integer) i (word, back)
$$;

-- Returns the partition that covers `at_time`, and makes it if it is missing. The lock that ATTACH takes anyway lets
-- only one session make it: whoever waited for the lock finds the partition that the other session made. No setting of
-- the session decides anything of it.
create function telemetry_private.ensure_partition(at_time timestamptz)
returns regclass
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set lock_timeout = '5s'
set default_tablespace = ''
set default_table_access_method = 'heap'
set row_security = off
set check_function_bodies = on
set session_replication_role = origin
set telemetry_private.makes_partition = 'on'
set telemetry_private.derives = 'on'
as $$
declare
    covering regclass;
    width text;
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

    width := telemetry_private.interval_at(at_time);
    lower_bound := date_trunc(width, at_time);
    upper_bound := lower_bound + ('1 ' || width)::interval;
    select greatest(lower_bound, max(p.until) filter (where p.until <= at_time)),
           least(upper_bound, min(p.since) filter (where p.since > at_time))
      into lower_bound, upper_bound
      from telemetry_private.partition_bounds() p;

    partition_name := to_char(lower_bound, '"events_"YYYYMMDD');
    if lower_bound <> date_trunc('day', lower_bound) then
        partition_name := partition_name || to_char(lower_bound, '"_"HH24MISSUS');
    end if;
    if to_regclass(format('telemetry_private.%I', partition_name)) is not null then
        -- A partition that was detached has kept its name.
        partition_name := format('%s_%s', partition_name, to_char(clock_timestamp(), 'YYYYMMDD"t"HH24MISSUS'));
    end if;
    perform telemetry_private.make_partition(partition_name);
    execute format('alter table telemetry.events attach partition telemetry_private.%I for values from (%L) to (%L)', partition_name, lower_bound, upper_bound);
    covering := format('telemetry_private.%I', partition_name)::regclass;
    perform telemetry_private.follow_identity(covering);
    perform telemetry_private.protect_partition(covering);
    if to_regclass('telemetry.derived_partitions') is not null then
        insert into telemetry.derived_partitions values (covering::oid::bigint, lower_bound, upper_bound);
    end if;
    return covering;
end
$$;

-- Makes a table as the log has it, which is not attached yet. ATTACH brings indexes, keys and triggers, and identity,
-- which before PostgreSQL 17 the INSERT through the log brings. What LIKE does not copy, this copies.
create function telemetry_private.make_partition(partition_name text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    log constant pg_class := (select c from pg_class c where c.oid = 'telemetry.events'::regclass);
    template constant pg_class := (select c from pg_class c where c.oid = to_regclass('telemetry_private.partition_template'));
    place constant text := (select t.spcname from pg_tablespace t where t.oid = coalesce(nullif(template.reltablespace, 0), nullif(log.reltablespace, 0)));
    method constant text := (select a.amname from pg_am a where a.oid = coalesce(nullif(log.relam, 0), template.relam));
    options constant text := (
        select string_agg(o.name || '=' || quote_literal(o.value), ', ')
          from (select format('%I', e.option_name), e.option_value from pg_options_to_table(template.reloptions) e
                 union all
                select format('toast.%I', e.option_name), e.option_value
                  from pg_class t, pg_options_to_table(t.reloptions) e
                 where t.oid = template.reltoastrelid) o (name, value));
    aspect text;
begin
    execute format('create table telemetry_private.%I (like telemetry.events including all excluding indexes excluding identity)%s%s%s',
                   partition_name, ' using ' || quote_ident(method), ' with (' || options || ')', ' tablespace ' || quote_ident(place));
    execute format('alter table telemetry_private.%I owner to %s', partition_name, log.relowner::regrole);
    for aspect in
        select format('alter column %I set statistics %s', a.attname, a.attstattarget)
          from pg_attribute a
         where a.attrelid = log.oid and a.attnum > 0 and not a.attisdropped and a.attstattarget >= 0
         union all
        select format('alter column %I set (%I = %s)', a.attname, e.option_name, e.option_value)
          from pg_attribute a, pg_options_to_table(a.attoptions) e
         where a.attrelid = log.oid and a.attnum > 0 and not a.attisdropped and e.option_name in ('n_distinct', 'n_distinct_inherited')
    loop
        execute format('alter table telemetry_private.%I %s', partition_name, aspect);
    end loop;
end
$$;

-- Sets by what a replica knows a row. The index for it is there once the partition is attached.
create function telemetry_private.follow_identity(target regclass)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    identity constant "char" := (select c.relreplident from pg_class c where c.oid = 'telemetry.events'::regclass);
begin
    if identity <> 'd' then
        execute format('alter table %s replica identity %s', target,
                       case identity when 'f' then 'full'
                                     when 'n' then 'nothing'
                                     else (select format('using index %I', c.relname)
                                             from pg_index i
                                             join pg_inherits h on h.inhparent = i.indexrelid
                                             join pg_index own on own.indexrelid = h.inhrelid and own.indrelid = target
                                             join pg_class c on c.oid = own.indexrelid
                                            where i.indrelid = 'telemetry.events'::regclass and i.indisreplident) end);
    end if;
end
$$;

-- Returns the bounds of every partition, oldest first; minvalue and maxvalue become -infinity and infinity.
create function telemetry_private.partition_bounds()
returns table (partition regclass, since timestamptz, until timestamptz)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select p.partition::regclass, p.since, p.until from telemetry_private.partition_list() p
$$;

create function telemetry_private.partition_at(at_time timestamptz)
returns regclass
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select telemetry_private.partition_covering(at_time)::regclass
$$;

-- Returns the partition that covers `at_time` if it has one of the names that ensure_partition() gives. So the first
-- event of a backend reads one partition's bounds and not those of five thousand, which take 40 ms. Where it returns
-- NULLs the relation cache is asked.
create function telemetry_private.partition_named(at_time timestamptz, out partition oid, out since timestamptz, out until timestamptz)
language sql
stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
as $$
    select b.partition, b.since, b.until
      from (select c.oid as partition, nullif(b.part[1], 'MINVALUE')::timestamptz as since, nullif(b.part[2], 'MAXVALUE')::timestamptz as until
              from unnest('{day,week,month,year}'::text[]) width
              join pg_class c on c.relname = to_char(date_trunc(width, at_time), '"events_"YYYYMMDD') and c.relnamespace = 'telemetry_private'::regnamespace
              join pg_inherits i on i.inhrelid = c.oid and i.inhparent = 'telemetry.events'::regclass and not i.inhdetachpending
             cross join lateral regexp_match(pg_get_expr(c.relpartbound, c.oid), '^FOR VALUES FROM \(''?(.*?)''?\) TO \(''?(.*?)''?\)$') as b (part)) b
     where b.since <= at_time and at_time < b.until
     limit 1
$$;

create function telemetry_private.create_partitions()
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    wanted timestamptz := now();
    width constant interval := '1 ' || telemetry_private.setting('telemetry.partition_interval');
    horizon constant timestamptz := date_trunc(telemetry_private.setting('telemetry.partition_interval'), now())
        + telemetry_private.setting('telemetry.partitions_ahead')::integer * width;
    made integer := 0;
begin
    loop
        if telemetry_private.partition_at(wanted) is null then
            perform telemetry_private.ensure_partition(wanted);
            made := made + 1;
        end if;
        wanted := telemetry_private.partition_end(wanted);
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

comment on function telemetry.create_partitions is
'Makes the partitions of telemetry.events that are missing from now on. Logging makes a missing one
by itself; this function moves that cost out of the logging path.

Returns
  how many partitions were made
Errors
  55P03  another session has held a lock on the table for more than 5 seconds
Notes
  It makes telemetry.partitions_ahead (3) partitions of the width telemetry.partition_interval (day,
    week or month) beyond the present one.';
