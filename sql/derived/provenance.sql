-- Provenance: whether derived data was made from this very log. Twin: src/derived/provenance.rs, which asks before each
-- KPI.
--
-- Databases are copied, restored in parts and in any order, replicated, and mended by hand. Whatever happens, a KPI may
-- read derived data only while it belongs to the log beside it. Otherwise it reads rows, and the next tick sets things
-- right. This can part the two, and this is done about it:
--   elsewhere     the cluster, the database or one of the tables is another than those that the cursor names (a logical
--                 dump or replica, pg_upgrade): made anew. Physical copies keep it.
--   touched       somebody changed derived data past the functions, or the log while its guards were off, or the extension
--                 was not there for a while: made anew.
--   partitions    the partitions are not those of telemetry.derived_partitions: the ranges that came or went are made anew.
--   recount       the owner stored rows by INSERT or COPY, with whatever ids: partitions are counted, and made anew where
--                 their events are not all derived.
--   sequence      ids would be drawn again (logical replication copies no sequence): moved forward, then recount.
--   unguarded     a guard is missing or switched off: what happens meanwhile is not seen. Put back, then touched.
--   subscription  a subscription writes rows with ids of another server: nothing is derived until it is gone, then touched.
--   default       a default partition, which has no bounds: nothing is derived until it is gone, then touched.
--   detaching     DETACH CONCURRENTLY has hidden a partition's rows and not ended.
-- "Made anew" means that the derived tables are emptied, the cursors are set to 0, and ticks derive in their small
-- units. KPIs read what is there and the rows above it, so that their answers are exact throughout.

-- Returns whether this session runs the output of pg_dump: all of it sets row_security and xmloption, and nothing else
-- sets both.
create function telemetry_private.is_restore()
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select count(*) = 2 from pg_settings where name in ('row_security', 'xmloption') and source = 'session'
$$;

create function telemetry_private.init_derived_partitions()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set telemetry_private.derives = 'on'
as $$
begin
    if to_regclass('telemetry.derived_partitions') is null then
        -- The partition is a number and no regclass: in a dump it must not turn into the partition of the same name
        -- elsewhere.
        create table telemetry.derived_partitions (
            partition bigint not null primary key, -- its oid; below 0: it was detached
            since     timestamptz not null,
            until     timestamptz not null
        );
        comment on table telemetry.derived_partitions is 'The partitions that derived data knows of. The next tick makes anew what is derived of a partition that came or went since.';
        insert into telemetry.derived_partitions select b.partition::oid::bigint, b.since, b.until from telemetry_private.partition_bounds() b;
        -- Nobody knows from which partitions older derived data was made.
        update telemetry.cursor_positions set made_in = 0 where position > 0;
    end if;
    perform telemetry_private.set_row_security('telemetry.derived_partitions');
    if not exists (select from pg_policy where polrelid = 'telemetry.derived_partitions'::regclass and polname = 'readers_see_partitions') then
        create policy readers_see_partitions on telemetry.derived_partitions for select using (partition is not null);
    end if;
    -- This applies to a new installation.
    update telemetry.cursor_positions set made_in = telemetry_private.derived_identity()
     where made_in = 0 and position = 0
       and not exists (select from telemetry.hourly_counts) and not exists (select from telemetry.timeline_chunks);
end
$$;

-- The guards (src/log/immutability.rs) call these two. They return '' because they are called as functions that return
-- text.
create function telemetry_private.doubt_log()
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set telemetry_private.derives = 'on'
as $$
begin
    if to_regclass('telemetry.cursor_positions') is not null then
        update telemetry.cursor_positions set must_recount = true where not must_recount;
    end if;
    return '';
end
$$;

create function telemetry_private.doubt_derived()
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set telemetry_private.derives = 'on'
as $$
begin
    if to_regclass('telemetry.cursor_positions') is not null then
        update telemetry.cursor_positions set made_in = 0 where made_in <> 0;
    end if;
    return '';
end
$$;

-- health() asks this: whether KPIs may read derived data, and if not, why they read rows.
create function telemetry_private.derived_state(out is_trusted boolean, out problem text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select count(*) = 0, max(d.reason) from telemetry_private.derived_doubt() d
$$;

-- A restore, or somebody with reasons, switches guards off by ALTER TABLE: what happens until they are back is not
-- seen. A partition that is attached is guarded at once. Within a restore not all of it is there, so that the first
-- tick or init() guards it.
create function telemetry_private.follow_altered_table()
returns event_trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set telemetry_private.derives = 'on'
as $$
declare
    partition regclass;
begin
    if coalesce(current_setting('telemetry_private.makes_partition', true), '') = 'on' then
        return;
    end if;
    -- A partition that is detached may come back with other rows before a tick has looked, so it is not known as the
    -- same any more.
    if to_regclass('telemetry.derived_partitions') is not null
        and exists (select from pg_event_trigger_ddl_commands() c where c.objid = to_regclass('telemetry.events')) then
        insert into telemetry.derived_partitions
        select -k.partition, k.since, k.until
          from telemetry.derived_partitions k
         where k.partition > 0
           and not exists (select from pg_inherits i where i.inhrelid = k.partition::oid and i.inhparent = to_regclass('telemetry.events') and not i.inhdetachpending)
            on conflict do nothing;
        delete from telemetry.derived_partitions k using telemetry.derived_partitions gone
         where gone.partition < 0 and k.partition = -gone.partition;
    end if;
    if exists (select from pg_event_trigger_ddl_commands() c join pg_inherits i on i.inhrelid = c.objid and i.inhparent = to_regclass('telemetry.events')) then
        perform telemetry_private.announce_altered_partition();
    end if;
    if exists (
        select from pg_event_trigger_ddl_commands() c
          join pg_class r on r.oid = c.objid and r.relnamespace in (to_regnamespace('telemetry'), to_regnamespace('telemetry_private'))
          join pg_trigger t on t.tgrelid = r.oid
         where c.classid = 'pg_class'::regclass
           and t.tgname in ('append_only', 'append_only_statement', 'changed_by_functions')
           and t.tgenabled <> 'A') then
        perform telemetry_private.doubt_derived();
    end if;
    if not telemetry_private.is_restore()
        and to_regclass('telemetry.derived_partitions') is not null
        and exists (select from pg_event_trigger_ddl_commands() c where c.objid = to_regclass('telemetry.events')) then
        for partition in
            select p.partition from telemetry_private.unprotected_partitions() p
             -- What the owner switches off stays off, but not in a partition that comes from elsewhere.
             where p.partition::oid::bigint not in (select k.partition from telemetry.derived_partitions k)
                or not exists (
                select from pg_trigger t
                 where t.tgrelid = p.partition and t.tgname in ('append_only', 'append_only_statement') and t.tgenabled = 'D')
        loop
            perform telemetry_private.protect_partition(partition);
        end loop;
    end if;
end
$$;

-- Sees a guard that is dropped, and perhaps made again before anybody looks.
create function telemetry_private.follow_dropped_trigger()
returns event_trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (
        select from pg_event_trigger_dropped_objects() d
         where d.object_type = 'trigger'
           and d.address_names[1] in ('telemetry', 'telemetry_private')
           and d.address_names[3] in ('append_only', 'append_only_statement', 'changed_by_functions')) then
        perform telemetry_private.doubt_derived();
    end if;
end
$$;

-- What a subscription writes does not come in the order of this server's ids.
create function telemetry_private.follow_subscription()
returns event_trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from telemetry_private.derived_doubt() d where d.doubt = 'subscription') then
        perform telemetry_private.doubt_derived();
    end if;
end
$$;
