-- One log of many tenants: what a tick reads does not grow with their number, and what a tenant's KPI reads of the rows above
-- the cursor not with what it has below. Counted in rows and entries of indexes, as PostgreSQL counts them.
\set SHOW_CONTEXT never
begin;
set local time zone 'UTC';
select telemetry.register_event('seen') as version;
create role reader;
select telemetry.grant_access('reader', 'analyst');
create function tenant(n integer) returns uuid language sql immutable as $$ select md5('tenant ' || n)::uuid $$;
create function everybody() returns integer[] language sql immutable as $$ select array(select generate_series(1, 400)) $$;
create procedure arrive(tenants integer[], events integer, at timestamptz) language sql set telemetry_private.derives = 'on' as $$
    insert into telemetry.events (event_ts, event_id, tenant_id, user_id, event_name)
    select at + n * interval '1 second', gen_random_uuid(), tenant(t), md5('user ' || n % 5)::uuid, 'seen'
      from unnest(tenants) t, generate_series(1, events) n;
    -- What the logging functions note of old events.
    select telemetry_private.note_late_arrivals(at, at + events * interval '1 minute', 1, s.last_value) from telemetry_private.ingest_id s
$$;
-- Rows and entries that the transaction has read of a table and its indexes; the log's are those of its partitions.
create function read_of(target text) returns bigint language sql as $$
    with tables as (
        select target::regclass::oid as oid union all
        select p.partition::oid from telemetry_private.partition_bounds() p where target = 'telemetry.events'
    )
    select sum(pg_stat_get_xact_tuples_returned(c.oid) + pg_stat_get_xact_tuples_fetched(c.oid))::bigint
      from (select t.oid from tables t union all select i.indexrelid from pg_index i join tables t on t.oid = i.indrelid) c
$$;
create temporary table before as
    select t as target, 0::bigint as read_before
      from unnest('{telemetry.events,telemetry.timeline_chunks,telemetry.timeline_actors,telemetry.timeline_tenants,telemetry.hourly_counts}'::text[]) t;
create procedure from_now_on() language sql as $$ update before set read_before = read_of(target) $$;
create function read_since(target text) returns bigint language sql as $$
    select read_of(b.target) - b.read_before from before b where b.target = 'telemetry.' || read_since.target
$$;
select count(telemetry_private.ensure_partition(at)) as partitions from unnest('{2024-01-01,2024-02-01}'::timestamptz[]) at;

-- 400 tenants come every third day, and a large one: tenant 0.
do $$
begin
    for day in 1 .. 9 loop
        call arrive(everybody(), 3, timestamptz '2024-01-01' + day * interval '3 days');
        call arrive('{0}', 2000, timestamptz '2024-01-01' + day * interval '3 days');
        perform telemetry.tick_unit();
    end loop;
end $$;
-- What a tick makes the eighth of its size is merged by that tick.
select count(*) as tenants, min(chunks) as fewest_chunks, max(chunks) as most_chunks
  from (select count(*) as chunks from telemetry.timeline_chunks where tenant_id <> tenant(0) group by tenant_id) c;
select derived, count(*) as tenants, bool_and(is_equal) as is_equal from telemetry.verify_derived() group by 1 order by 1;
analyze telemetry.events;
analyze telemetry.timeline_chunks;
analyze telemetry.timeline_actors;
analyze telemetry.timeline_tenants;
analyze telemetry.hourly_counts;

-- A tick that finds one event reads what is beside it, and one that finds nothing, nothing.
call arrive('{7}', 1, '2024-02-05');
call from_now_on();
select telemetry.tick_unit() as taken;
select read_since('timeline_chunks') < 100 as chunks, read_since('timeline_actors') < 10 as actors,
       read_since('timeline_tenants') < 10 as tenants, read_since('hourly_counts') < 10 as counts;
call from_now_on();
select telemetry.tick_unit() as taken;
select read_since('timeline_chunks') as chunks, read_since('timeline_actors') as actors,
       read_since('timeline_tenants') as tenants, read_since('hourly_counts') as counts;

-- A KPI reads what its tenant has or what is above the cursor, whichever is less: nothing that others have below it.
call arrive(everybody(), 3, '2024-02-08');
select set_config('request.jwt.claims', jsonb_build_object('role', 'reader', 'sub', 'ann', 'app_metadata', jsonb_build_object('tenant_id', tenant(7)))::text, true) is not null as of_a_small_one;
call from_now_on();
set local role reader;
select sum(actors) as actors from telemetry.active_users(grain => 'month');
reset role;
select read_since('events') < 4000 as events, read_since('timeline_chunks') < 20 as chunks, read_since('timeline_tenants') < 10 as tenants;
select set_config('request.jwt.claims', jsonb_build_object('role', 'reader', 'sub', 'ann', 'app_metadata', jsonb_build_object('tenant_id', tenant(0)))::text, true) is not null as of_the_large_one;
call from_now_on();
set local role reader;
select sum(actors) as actors from telemetry.active_users(grain => 'month');
reset role;
select read_since('events') < 4000 as events, read_since('timeline_chunks') < 100 as chunks, read_since('timeline_tenants') < 10 as tenants;
select set_config('request.jwt.claims', '', true) = '' as by_the_owner;
call from_now_on();
select sum(actors) as actors from telemetry.active_users(grain => 'month', tenant => tenant(7));
select read_since('events') < 4000 as events, read_since('timeline_chunks') < 20 as chunks, read_since('timeline_tenants') < 10 as tenants;

-- A tick over all of them stores their chunks by a few statements (as many as there are command ids), not one for each.
select coalesce(max(last_ingest_id), 0) as before from telemetry.timeline_chunks \gset
select telemetry.tick_unit() as taken;
select count(distinct tenant_id) as tenants, count(distinct cmin::text) < 4 as is_by_set from telemetry.timeline_chunks where last_ingest_id > :before;
select derived, count(*) as tenants, bool_and(is_equal) as is_equal from telemetry.verify_derived() group by 1 order by 1;

-- What a connection keeps of each tenant for which it logs is small: 3,000 of them leave less than 10 MB (where the system
-- tells it), and policies of redaction are those of each all the same.
create function kilobytes() returns integer language sql as $$
    select (regexp_match(pg_read_file('/proc/self/status', 0, 10000, true), 'RssAnon:\s+(\d+)'))[1]::integer
$$;
select telemetry.set_redaction('{"keys": {"nick": "drop"}}', tenant_id => tenant(1003));
select telemetry.log_event('seen', tenant_id => tenant(1000)) is not null as logged;
select coalesce(kilobytes(), 0) as kilobytes_before \gset
do $$
begin
    for n in 1001 .. 4000 loop
        perform telemetry.log_event('seen', '{"nick": "ann", "password": "x"}', tenant_id => tenant(n));
    end loop;
end $$;
select coalesce(kilobytes(), 0) - :kilobytes_before < 10000 as is_little;
select payload, count(*) as tenants from telemetry.events where payload ? 'password' and tenant_id = any (array(select tenant(n) from generate_series(1001, 4000) n)) group by 1 order by 2;
rollback;
