-- Whatever receivers answer and couriers do, each destination gets its events: those of its tenant, names and filter, each once
-- by its id or as a dead letter, in its order. Drawn: 24 destinations, 420 events of three tenants, so 10,080 pairs; statuses,
-- couriers that vanish. The clock goes from one due time to the next.
\set SHOW_CONTEXT never
set datestyle = iso; set timezone = 'UTC';
begin;
create or replace function telemetry_private.outbound_clock() returns timestamptz language sql as $$ select current_setting('book.now')::timestamptz $$;
set book.now = '2026-03-01 10:00:00Z';
select telemetry.register_event(e) from unnest('{seen,paid,left}'::text[]) e;
select setseed(0.42);
create function pg_temp.tenant(n integer) returns uuid language sql as $$ select ('00000000-0000-4000-8000-00000000000' || n)::uuid $$;

-- Every kind and ordering, of a tenant or of all, with and without names and filters.
select count(telemetry.register_destination('d' || n, jsonb_strip_nulls(jsonb_build_object(
           'kind', kind, 'url', 'https://example.com/', 'secret_name', 'k', 'batch_rows', 1 + (random() * 12)::integer, 'from', 'begin',
           'ordering', case when kind = 'webhook' then ('{strict,by_key,none}'::text[])[1 + n / 3 % 3] end, 'order_key', case when kind = 'webhook' and n / 3 % 3 = 1 then ('{user,session}'::text[])[1 + n % 2] end,
           'tenant_id', case when n % 4 < 3 then pg_temp.tenant(n % 4) end, 'events', case when n % 5 < 2 then array['seen', 'paid'] end,
           'filter', case n % 7 when 1 then '{"k": "a"}' when 2 then '{"n": {"$lt": 300}}' when 3 then '{"k": {"$ne": "b"}}' end::jsonb, 'keys', case when n % 6 = 1 then array['n'] end))))
  from generate_series(0, 23) n, lateral (select ('{webhook,webhook,posthog,webhook,segment,webhook}'::text[])[1 + n % 6] as kind) k;
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', ('{seen,paid,left}'::text[])[1 + (random() * 2)::integer], 'event_ts', timestamptz '2026-02-01 00:00Z' + n * interval '1 minute', 'tenant_id', pg_temp.tenant((random() * 2)::integer),
           'user_id', md5('user' || (random() * 8)::integer)::uuid, 'session_id', md5('session' || n / 9)::uuid, 'event_id', md5('event' || n)::uuid, 'payload', jsonb_build_object('n', n, 'k', ('{a,b,c}'::text[])[1 + (random() * 2)::integer])) order by n))
  from generate_series(1, 420) n;

-- What each destination should get, by naive SQL.
create temp table due as
    select d.name as destination, e.event_id, e.ingest_id, e.tenant_id, case d.order_key when 'user' then e.user_id when 'session' then e.session_id end as key
      from telemetry.destinations d join telemetry.events e on (d.tenant_id is null or e.tenant_id = d.tenant_id) and (d.events is null or e.event_name = any (d.events))
       and case d.filter::text when '{"k": "a"}' then e.payload ->> 'k' = 'a' when '{"n": {"$lt": 300}}' then (e.payload ->> 'n')::integer < 300 when '{"k": {"$ne": "b"}}' then e.payload ->> 'k' <> 'b' else true end;
create temp table requests (n serial, destination text, delivery_id text, body text, status integer);
create temp table poison as select md5('event' || n)::uuid as event_id from generate_series(1, 420, 37) n;

-- A courier sends in order within a key, and after a failure nothing more of that key. A receiver refuses what is poison, is down
-- for two hours, and fails now and then.
create procedure pg_temp.work() language plpgsql as $$
declare
    c record;
    results jsonb;
    failed text[];
    status integer;
    idle integer := 0;
begin
    for round in 1..3000 loop
        results := '[]';
        failed := '{}';
        for c in select q.* from telemetry.claim_deliveries('courier ' || round % 3, 40) with ordinality q order by q.ordinality loop
            continue when c.destination || ':' || c.order_key = any (failed);
            status := case when exists (select from poison p where position(p.event_id::text in c.body) > 0) then 422
                           when current_setting('book.now')::timestamptz < '2026-03-01 12:00Z' and c.destination in ('d3', 'd8') then 503
                           when random() < 0.03 then 500 else 200 end;
            insert into requests (destination, delivery_id, body, status) values (c.destination, c.delivery_id, c.body, status);
            results := results || jsonb_build_object('ticket', c.ticket, 'status_code', status);
            if status <> 200 and c.order_key is not null then
                failed := failed || (c.destination || ':' || c.order_key);
            end if;
        end loop;
        -- One in twenty dies before it settles.
        if random() > 0.05 then
            perform from telemetry.settle_deliveries('courier ' || round % 3, results);
        end if;
        idle := case when results = '[]' then idle + 1 else 0 end;
        exit when idle > 60;
        perform set_config('book.now', (current_setting('book.now')::timestamptz + case when results = '[]' then interval '11 minutes' else interval '1 second' end)::text, false);
    end loop;
end $$;
call pg_temp.work();
select count(*) > 1000 as many_requests, count(*) filter (where status <> 200) > 100 as many_failed from requests;

create temp table got as
    select r.n, r.destination, r.delivery_id, r.status, d.event_id, d.ingest_id, d.tenant_id, d.key
      from requests r, lateral regexp_matches(r.body, '"(?:event_id|uuid|messageId)":"([-0-9a-f]{36})"', 'g') m, lateral (select e.event_id, e.ingest_id, e.tenant_id, u.key from telemetry.events e left join due u on u.destination = r.destination and u.event_id = e.event_id where e.event_id = m[1]::uuid) d;
-- Nothing of another tenant, and nothing that was not asked for.
select count(*) as of_another_tenant from got g join telemetry.destinations d on d.name = g.destination where d.tenant_id <> g.tenant_id;
select count(*) as not_asked_for from got g where not exists (select from due u where (u.destination, u.event_id) = (g.destination, g.event_id));
-- Everything is delivered or a dead letter; what is poison is a dead letter by itself, and nothing else of a batch is.
create temp table dead as
    select x.destination, u.event_id from telemetry.deliveries x join due u on u.destination = x.destination and u.ingest_id > x.after_id and u.ingest_id <= x.last_id where x.status = 'dead';
select count(*) as lost from due u where not exists (select from got g where (g.destination, g.event_id, g.status) = (u.destination, u.event_id, 200)) and not exists (select from dead x where (x.destination, x.event_id) = (u.destination, u.event_id));
select count(*) as dead_without_poison from dead x where x.event_id not in (select event_id from poison);
select count(*) as poison_delivered from got g where g.status = 200 and g.event_id in (select event_id from poison);
-- Equal ids have equal bytes.
select count(*) as of_several_bodies from (select destination, delivery_id from requests group by 1, 2 having count(distinct body) > 1) b;
-- In order: the first time that each event was taken, by the ordering of its destination.
create temp table first_taken as select destination, event_id, ingest_id, key, min(n) as n from got where status = 200 group by 1, 2, 3, 4;
select d.ordering, count(*) as out_of_order
  from first_taken a join first_taken b on b.destination = a.destination and b.ingest_id > a.ingest_id and b.n < a.n join telemetry.destinations d on d.name = a.destination
 where d.ordering = 'strict' or d.ordering = 'by_key' and a.key = b.key
 group by 1;
select count(*) as still_waiting from telemetry.destination_status() where waiting > 0 or lag_events > 0 or status <> 'active';
rollback;
