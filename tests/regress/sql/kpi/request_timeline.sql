-- request_timeline(): what happened in one request, in order, across the services that it went through.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
begin;
set local time zone 'UTC';
select telemetry.register_event(name) from unnest('{received,queried,answered}'::text[]) name;
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', name, 'event_ts', timestamptz '2024-03-01Z' + at * interval '1 second', 'payload', payload::jsonb,
           'tenant_id', '00000000-0000-4000-8000-00000000000' || tenant, 'user_id', md5('ann')::uuid)))
  from (values (0, 'received', 'a', '{"correlation_id": "r-1", "service": "api", "level": "info"}'), (0.5, 'queried', 'a', '{"correlation_id": "r-1", "service": "database", "level": "warn", "ms": 400}'),
               (0.6, 'received', 'a', '{"correlation_id": "r-2", "service": "api", "level": "info"}'), (0.75, 'answered', 'a', '{"correlation_id": "r-1", "service": "api", "level": "error", "status": 500}'),
               (0.75, 'queried', 'a', '{"correlation_id": "r-1", "service": "jobs"}'), (1, 'received', 'b', '{"correlation_id": "r-1", "service": "api"}'),
               (2, 'received', 'a', '{"correlation_id": 7}'), (3, 'received', 'a', '{"correlation_id": null}'), (4, 'received', 'a', '{}')) e (at, name, tenant, payload);
select * from telemetry.request_timeline('r-1', tenant => '00000000-0000-4000-8000-00000000000a');
select event_name, seconds_from_start from telemetry.request_timeline('r-1', since => '2024-03-01 00:00:00.75Z', until => '2024-03-01 00:00:01Z');
-- Two tenants may draw the same id.
select count(*) from telemetry.request_timeline('r-1');
select * from telemetry.request_timeline('r-3');
select * from telemetry.request_timeline(null);
select * from telemetry.request_timeline('');
select * from telemetry.request_timeline(repeat('x', 201));

-- The id is a text of 1 to 200 bytes. What is longer is no id, and no reason to refuse an event.
select telemetry.correlation_of(payload::jsonb) from unnest(array['{"correlation_id": "r-1"}', '{"correlation_id": 7}', '{"correlation_id": ""}', '{"correlation_id": {"a": 1}}', '{"id": 1}', '[1]', '"x"', null]) payload;
select telemetry.log_event('received', jsonb_build_object('correlation_id', repeat('x', 3000))) is not null as logged;
select octet_length(telemetry.correlation_of(jsonb_build_object('correlation_id', repeat('x', 200)))), telemetry.correlation_of(jsonb_build_object('correlation_id', repeat('x', 201)));

-- The rows are found by an index that has those with an id alone; an analyst's statement too, where row-level security asks
-- first whose they are: that is why the function is leakproof.
create function pg_temp.plan(statement text) returns setof text language plpgsql as $$
declare line text;
begin
    for line in execute 'explain (costs off) ' || statement loop
        return next regexp_replace(line, 'events_\d+', 'events_N', 'g');
    end loop;
end $$;
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'received', 'event_ts', timestamptz '2024-03-02Z' + n * interval '1 second', 'tenant_id', '00000000-0000-4000-8000-00000000000a',
           'payload', jsonb_build_object('correlation_id', 'q-' || n)))) from generate_series(1, 3000) n;
analyze telemetry.events;
select * from pg_temp.plan($$select * from telemetry.events where telemetry.correlation_of(payload) = 'q-7' and event_ts between '2024-03-01Z' and '2024-03-05Z'$$);
create role request_reader;
select telemetry.grant_access('request_reader', 'analyst');
grant usage on schema telemetry to request_reader;
set local role request_reader;
select count(*) from telemetry.request_timeline('r-1');
set local telemetry.tenant_id = '00000000-0000-4000-8000-00000000000b';
select place, event_name, service from telemetry.request_timeline('r-1');
select count(*) from telemetry.request_timeline('r-1', tenant => '00000000-0000-4000-8000-00000000000a');
set local telemetry.tenant_id = '00000000-0000-4000-8000-00000000000a';
select count(*) from telemetry.request_timeline('q-7');
select plan ~ 'Index Cond: .*correlation_of' as is_by_index from (select string_agg(p, ' ') as plan from pg_temp.plan($$select * from telemetry.events where telemetry.correlation_of(payload) = 'q-7' and event_ts between '2024-03-01Z' and '2024-03-05Z'$$) p) q;
select plan ~ 'Index Cond: .*correlation_id' as is_by_index from (select string_agg(p, ' ') as plan from pg_temp.plan($$select * from telemetry.events where payload ->> 'correlation_id' = 'q-7' and event_ts between '2024-03-01Z' and '2024-03-05Z'$$) p) q;
reset role;
rollback;
