-- What the clients of chaos.sh send: every event is a function of its client, batch and place in the batch, so that the
-- check afterwards knows it again.
create extension telemetry;
select telemetry.register_event('page_viewed', '{"required_keys": ["page"], "properties": {"page": {"type": "string"}, "batch": {"type": "integer"}}}') \g /dev/null
create schema chaos;

create function chaos.dice(sides integer, variadic place integer[])
returns integer
language sql immutable
begin atomic
    select ((hashtextextended(array_to_string(place, ' '), 0) & 9223372036854775807) % sides)::integer;
end;

create function chaos.call_of(batch integer)
returns text
language sql immutable
begin atomic
    select case batch % 20 when 0 then 'log_event' when 10 then 'try_log_event' else 'log_events' end;
end;

create function chaos.event(client integer, batch integer, element integer)
returns jsonb
language sql immutable
begin atomic
    select jsonb_build_object(
        'event_name', 'page_viewed', 'source', 'web', 'seq', batch * 100 + element,
        'event_id', md5(format('event %s %s %s', client, batch, element))::uuid,
        'user_id', md5(format('user %s', chaos.dice(1000, client, batch, element)))::uuid,
        'session_id', md5(format('session %s', client))::uuid,
        'payload', jsonb_build_object('page', 'home', 'client', client, 'batch', batch, 'element', element,
                                      'note', repeat('lorem ', chaos.dice(30, element, batch, client))));
end;

-- kind: good; repeated: of the same client, from before or from the same batch; shared: by all clients in the same
-- batch; contested: one id, another content from every client; everything else is the reason of its rejection.
create function chaos.elements(client integer, batch integer)
returns table (element integer, kind text, event jsonb)
language sql immutable
begin atomic
    select e.element, k.kind,
           case k.kind
               when 'good' then g.good
               when 'repeated' then chaos.event(client, g.earlier, 1)
               when 'shared' then chaos.event(0, batch, e.element)
               when 'contested' then g.good || jsonb_build_object('event_id', md5(format('contested %s', batch))::uuid)
               when 'conflicting_id' then jsonb_set(chaos.event(client, g.earlier, 1), '{payload,instead}', to_jsonb(g.place))
               when 'unknown_event' then g.good || '{"event_name": "page_veiwed"}'
               when 'missing_key' then g.good #- '{payload,page}'
               when 'wrong_type' then jsonb_set(g.good, '{payload,page}', '7')
               when 'unreadable_argument' then g.good || jsonb_build_object('event_id', g.place)
               when 'payload_not_object' then g.good || jsonb_build_object('payload', g.place)
               when 'not_an_object' then to_jsonb(g.place)
           end
      from generate_series(1, case chaos.call_of(batch) when 'log_events' then 1 + chaos.dice(50, batch) else 1 end) e (element)
     cross join lateral (
        select chaos.event(client, batch, e.element), format('client %s batch %s element %s', client, batch, e.element),
               -- The first event of a batch is a good one, a single call's may be any.
               earlier - (earlier % 10 = 0)::integer, chaos.dice(100, batch, client, e.element, 1), chaos.dice(60, batch, client, e.element, 2)
          from (select 1 + chaos.dice(batch, client, batch, e.element, 3)) d (earlier)) g (good, place, earlier, roll, fault)
     cross join lateral (
        select case
            when chaos.call_of(batch) = 'log_events' and e.element = 1 then 'good'
            when e.element = 2 and batch % 2 = 1 then 'shared'
            when e.element = 3 and batch % 8 = 4 then 'contested'
            when g.roll < 10 and chaos.call_of(batch) <> 'log_events' then ('{unknown_event,missing_key,wrong_type}'::text[])[1 + g.fault % 3]
            when g.roll < 10 then ('{unknown_event,missing_key,wrong_type,unreadable_argument,payload_not_object,not_an_object}'::text[])[1 + g.fault % 6]
            when g.roll < 19 then 'repeated'
            when g.roll < 20 then 'conflicting_id'
            else 'good'
        end) k (kind);
end;

create function chaos.batch(client integer, batch integer)
returns jsonb
language sql immutable
begin atomic
    select jsonb_agg(e.event order by e.element) from chaos.elements(client, batch) e;
end;

-- The calling backend's memory in kB: what PostgreSQL knows of, and all of it that is its own (Rust's as well).
create function chaos.memory(out contexts bigint, out anonymous bigint)
language sql volatile security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select (select sum(m.total_bytes) / 1024 from pg_backend_memory_contexts m),
           substring(pg_read_file('/proc/self/status') from 'RssAnon:\s+(\d+)')::bigint;
end;

-- The answers that the clients had. turn: first, or again: sent once more as if the answer had been lost.
create table chaos.answers (
    client integer, turn text, batch integer, sqlstate text, accepted integer, rejected integer, duplicates integer);
create table chaos.memory_samples (client integer, sample integer, pid integer, contexts bigint, anonymous bigint);

create view chaos.log as
    select jsonb_build_object('event_name', event_name, 'source', source, 'seq', seq, 'event_id', event_id,
                              'user_id', user_id, 'session_id', session_id, 'payload', payload) as event
      from telemetry.events
     where source = 'web';

create role web;
select telemetry.grant_access('web', 'writer') \g /dev/null
grant usage on schema chaos to web;
