-- The timeline: a columnar copy of what analytics reads, per tenant and band of 65,536 actors. Twin: src/timeline.rs,
-- which writes and reads the chunks; their format is told in src/timeline/chunk.rs.
--
-- Actors (users) get dense numbers in order of arrival, so that a question needs no hash table: number >> 16 is the
-- band, the rest the place in it. Events without a user are in band -1. A chunk holds up to 65,536 events of one band;
-- which events are in no chunk yet is said by the cursor alone.

create function telemetry_private.init_timeline()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry_private.chunk_id') is null then
        create sequence telemetry_private.chunk_id as bigint;
    end if;
    if to_regclass('telemetry.timeline_tenants') is null then
        create table telemetry.timeline_tenants (
            tenant_id uuid not null primary key,
            actors    integer not null default 0,
            epoch     integer not null default 0
        );
        comment on table telemetry.timeline_tenants is 'Tenants of the timeline.';
        comment on column telemetry.timeline_tenants.actors is 'Numbers of actors given so far: the next actor gets this number.';
        comment on column telemetry.timeline_tenants.epoch is 'Grows when an actor''s number is taken back.';
    end if;
    if to_regclass('telemetry.timeline_actors') is null then
        create table telemetry.timeline_actors (
            tenant_id    uuid not null,
            user_id      uuid not null,
            actor_number integer not null,
            primary key (tenant_id, user_id)
        );
        create unique index timeline_actors_by_number on telemetry.timeline_actors (tenant_id, actor_number) include (user_id);
        comment on table telemetry.timeline_actors is 'The dense number of each user of a tenant.';
    end if;
    if to_regclass('telemetry.timeline_chunks') is null then
        create table telemetry.timeline_chunks (
            tenant_id       uuid not null,
            band            integer not null,
            chunk_id        bigint not null default nextval('telemetry_private.chunk_id'),
            first_ts        timestamptz not null,
            last_ts         timestamptz not null,
            first_ingest_id bigint not null,
            last_ingest_id  bigint not null,
            events          integer not null,
            promoted        bigint not null,
            header          bytea not null,
            body            bytea not null,
            primary key (tenant_id, band, chunk_id),
            constraint times_are_in_order check (first_ts <= last_ts),
            constraint arrivals_are_in_order check (first_ingest_id <= last_ingest_id)
        );
        -- Those that ticks look for, to take them back or to merge them: few of all.
        create index timeline_small_chunks on telemetry.timeline_chunks (tenant_id, band, last_ts) where events < 32768;
        -- Never compressed: what is stored apart uncompressed can be read in slices.
        alter table telemetry.timeline_chunks alter column body set storage external, alter column header set storage main;
        comment on table telemetry.timeline_chunks is 'Columnar copies of events, up to the position of the consumer timeline. Derived: rebuild_derived() makes it anew.';
        comment on column telemetry.timeline_chunks.band is 'Actor number / 65536; -1: events without a user.';
        comment on column telemetry.timeline_chunks.promoted is 'Which keys were promoted when it was made; chunks of other keys are not merged.';
        comment on column telemetry.timeline_chunks.header is 'What the chunk holds: names, counts, where each column lies in the body, with checksums.';
    end if;
    perform telemetry_private.protect_derived('telemetry.timeline_tenants');
    perform telemetry_private.protect_derived('telemetry.timeline_actors');
    perform telemetry_private.protect_derived('telemetry.timeline_chunks');
end
$$;

-- The numbers of users of a tenant, new ones given in the order of the list.
create function telemetry_private.number_actors(tenant uuid, users uuid[])
returns table (user_id uuid, actor_number integer)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    given integer;
begin
    insert into telemetry.timeline_tenants as t (tenant_id) values (number_actors.tenant) on conflict do nothing;
    select t.actors into given from telemetry.timeline_tenants t where t.tenant_id = number_actors.tenant for update;
    with unknown as (
        select u.user_id, row_number() over (order by u.place) as place
          from unnest(number_actors.users) with ordinality u (user_id, place)
         where not exists (select from telemetry.timeline_actors a where a.tenant_id = number_actors.tenant and a.user_id = u.user_id)
    ),
    numbered as (
        insert into telemetry.timeline_actors (tenant_id, user_id, actor_number)
        select number_actors.tenant, u.user_id, given + u.place - 1 from unknown u
        returning 1
    )
    select given + count(*) into given from numbered;
    update telemetry.timeline_tenants t set actors = given where t.tenant_id = number_actors.tenant and t.actors <> given;
    return query
    select a.user_id, a.actor_number
      from telemetry.timeline_actors a
     where a.tenant_id = number_actors.tenant and a.user_id = any (number_actors.users);
end
$$;

-- Merges small chunks, eight and more of about the same size, of a tenant and band; how many, 0 where there is nothing
-- to merge or another session works on the timeline. So an event is written again some log8(32768) times, and, where
-- ticks take back what lies beside their events, once more each time its chunk doubles. A chunk of half the most events
-- is not small: many are cut there, where the calendar is.
create function telemetry_private.compact_timeline()
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    events_at_once constant bigint := 1000000;
    small record;
    merged bigint := 0;
    events bigint := 0;
begin
    perform from telemetry.cursor_positions c where c.consumer = 'timeline' for update skip locked;
    if not found then
        return 0;
    end if;
    -- One look for many groups: there may be a group for each of thousands of tenants.
    for small in
        select s.tenant_id, s.band, (array_agg(s.chunk_id order by s.chunk_id))[1:16] as chunks, sum(s.events) as events
          from (select c.tenant_id, c.band, c.chunk_id, c.promoted, c.events, floor(log(8, c.events)) as size_class
                  from telemetry.timeline_chunks c
                 where c.events < 32768) s
         group by s.tenant_id, s.band, s.promoted, s.size_class
        having count(*) >= 8
    loop
        begin
            -- Where as many come out as went in, nothing was done.
            merged := merged + greatest(cardinality(small.chunks) - telemetry_private.merge_chunks(small.tenant_id, small.band, small.chunks), 0);
        exception
            when data_corrupted then
                -- The others go on; readers and verify_derived() name it as well.
                raise warning '%', sqlerrm using errcode = 'data_corrupted', hint = 'telemetry.rebuild_derived() makes the tenant''s timeline anew.';
        end;
        events := events + small.events;
        exit when events >= events_at_once;
    end loop;
    return merged;
end
$$;
