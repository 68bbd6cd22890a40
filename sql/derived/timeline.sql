-- The timeline is a columnar copy of what analytics reads, per tenant and band of 65,536 actors. Twin:
-- src/derived/timeline.rs, which writes and reads the chunks; chunks/src/lib.rs describes their format.
--
-- Actors (users) get dense numbers in order of arrival, so that a question needs no hash table: number >> 16 is the
-- band, and the rest is the place in it. Events without a user are in band -1. A chunk holds up to 65,536 events of one
-- band. The cursor alone says which events are in no chunk yet.

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
        comment on table telemetry.timeline_tenants is 'The tenants of the timeline, and how many numbers each has given to its users.';
        comment on column telemetry.timeline_tenants.actors is 'How many numbers were given so far: the next new user gets this number.';
        comment on column telemetry.timeline_tenants.epoch is 'A counter that grows when the number of a user is taken back.';
    end if;
    if to_regclass('telemetry.timeline_actors') is null then
        create table telemetry.timeline_actors (
            tenant_id    uuid not null,
            user_id      uuid not null,
            actor_number integer not null,
            primary key (tenant_id, user_id)
        );
        create unique index timeline_actors_by_number on telemetry.timeline_actors (tenant_id, actor_number) include (user_id);
        comment on table telemetry.timeline_actors is 'The number of each user of a tenant, counted from 0 in the order in which users first appeared.';
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
            removed         bytea,
            primary key (tenant_id, band, chunk_id),
            constraint times_are_in_order check (first_ts <= last_ts),
            constraint arrivals_are_in_order check (first_ingest_id <= last_ingest_id)
        );
        -- Ticks look for these, to take them back or to merge them; they are few of all.
        create index timeline_small_chunks on telemetry.timeline_chunks (tenant_id, band, last_ts) where events < 32768;
        -- The body is never compressed: what is stored apart uncompressed can be read in slices.
        alter table telemetry.timeline_chunks alter column body set storage external, alter column header set storage main;
        -- Ticks look for these, to write them again; there are none as a rule.
        create index timeline_cut_chunks on telemetry.timeline_chunks (events) where removed is not null;
        comment on table telemetry.timeline_chunks is 'The chunks of the timeline: events as columns, up to the position of the consumer timeline. They are derived data: rebuild_derived() makes them anew from the log.';
        comment on column telemetry.timeline_chunks.band is 'The number of the band: the numbers of its users divided by 65536; -1 for events without a user.';
        comment on column telemetry.timeline_chunks.promoted is 'A number that stands for the properties that were promoted when the chunk was made. Chunks with different numbers are not merged.';
        comment on column telemetry.timeline_chunks.removed is 'The places in the band of users whose events are gone, four bytes each: nobody reads their events, and the next tick writes the chunk without them.';
        comment on column telemetry.timeline_chunks.header is 'What the chunk holds: names, counts, and where each column lies in the body, with checksums.';
    end if;
    -- A timeline that is adopted may be from before there was this column.
    if not exists (select from pg_attribute a where a.attrelid = 'telemetry.timeline_chunks'::regclass and a.attname = 'removed' and not a.attisdropped) then
        alter table telemetry.timeline_chunks add column removed bytea;
    end if;
    -- Logical replication copies no sequence, and DROP ... CASCADE of the sequence takes the default along.
    perform telemetry_private.put_back_default('telemetry.timeline_chunks', 'chunk_id', 'telemetry_private.chunk_id');
    perform setval('telemetry_private.chunk_id', c.highest)
       from (select max(t.chunk_id) as highest from telemetry.timeline_chunks t) c, telemetry_private.chunk_id s
      where c.highest > s.last_value;
    perform telemetry_private.protect_derived('telemetry.timeline_tenants');
    perform telemetry_private.protect_derived('telemetry.timeline_actors');
    perform telemetry_private.protect_derived('telemetry.timeline_chunks');
end
$$;

-- Returns the numbers of users, each beside its tenant. New users get theirs in the order of the list. They are looked
-- up one by one, whatever the planner knows of the table. The caller owns the consumer's lock.
create function telemetry_private.number_actors(tenants uuid[], users uuid[])
returns table (tenant_id uuid, user_id uuid, actor_number integer)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    insert into telemetry.timeline_tenants (tenant_id)
    select distinct t.tenant_id from unnest(number_actors.tenants) t (tenant_id)
        on conflict do nothing;
    with unknown as (
        select u.tenant_id, u.user_id, row_number() over (partition by u.tenant_id order by u.place) as place
          from unnest(number_actors.tenants, number_actors.users) with ordinality u (tenant_id, user_id, place)
          left join lateral (
                select true as is_known from telemetry.timeline_actors a where a.tenant_id = u.tenant_id and a.user_id = u.user_id limit 1) a on true
         where a.is_known is null
    ),
    numbered as (
        insert into telemetry.timeline_actors (tenant_id, user_id, actor_number)
        select u.tenant_id, u.user_id, t.actors + u.place - 1
          from unknown u
          join telemetry.timeline_tenants t on t.tenant_id = u.tenant_id
        returning tenant_id
    ),
    given as (
        select n.tenant_id, count(*) as actors from numbered n group by n.tenant_id
    )
    update telemetry.timeline_tenants t set actors = t.actors + g.actors from given g where t.tenant_id = g.tenant_id;
    return query
    select u.tenant_id, u.user_id, a.actor_number
      from unnest(number_actors.tenants, number_actors.users) u (tenant_id, user_id)
     cross join lateral (
            select a.actor_number from telemetry.timeline_actors a where a.tenant_id = u.tenant_id and a.user_id = u.user_id limit 1) a;
end
$$;
