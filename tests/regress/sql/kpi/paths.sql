-- paths(): what actors do first, second, third. The case is that of docs/semantics.md; `:both` asks rows and timeline, see the
-- book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
-- Names that nobody logged: see the book unknown_events.
set telemetry.unknown_events = 'empty';
begin;
\set ON_ERROR_ROLLBACK on
set local telemetry.enforcement = 'accept';
select telemetry.register_event(name, '{"promoted_properties": ["plan"]}') from unnest('{p1,p2,p3,p4,a,b,c,d}'::text[]) name \g /dev/null
-- A person's events by hand, in this order, a minute apart.
create function play(person text, names text[], plan text default null) returns void language sql as $$
    select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
        'event_name', name, 'event_ts', timestamptz '2020-01-01' + n * interval '1 minute', 'user_id', telemetry.as_id(person), 'payload', jsonb_build_object('plan', plan))))) from unnest(names) with ordinality v (name, n)
$$;

-- Nothing logged: nobody takes a way.
select * from telemetry.paths();

-- Two actors (PH-P2): the first two edges are shared, and their seconds averaged.
savepoint start;
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', name, 'event_ts', '2020-01-01 ' || at || 'Z', 'user_id', telemetry.as_id(person))))
  from (values ('actor 1', 'p1', '03:21:34'), ('actor 1', 'p2', '03:22:34'), ('actor 1', 'p3', '03:24:34'), ('actor 1', 'p4', '03:27:34'), ('actor 2', 'p1', '03:21:34'), ('actor 2', 'p2', '03:23:34'), ('actor 2', 'p3', '03:27:34')) v (person, name, at) \g /dev/null
select * from telemetry.paths() :both
select step, source_name, target_name, actor_id = telemetry.as_id('actor 1') as is_actor_1, left_at, seconds from telemetry.paths_actors() order by 1, 4 :both
-- At most three events are two edges.
select * from telemetry.paths(max_steps => 3) :both
-- A range cuts.
select * from telemetry.paths(since => '2020-01-01 03:22:34', until => '2020-01-01 03:27:34') :both
rollback to start;

-- Where a path begins, where it ends, and what does not count.
select play('ann', '{a,b,c,a,d}'), play('bob', '{b,a,c,d,a}'), play('cyd', '{c,d}') \g /dev/null
select * from telemetry.paths() :both
select * from telemetry.paths(start_event => 'a') :both
select * from telemetry.paths(end_event => 'd') :both
-- The last two events before the end, and it.
select * from telemetry.paths(end_event => 'd', max_steps => 3) :both
select * from telemetry.paths(start_event => 'b', end_event => 'd', max_steps => 9) :both
-- From one to the next of the same name.
select * from telemetry.paths(start_event => 'a', end_event => 'a') :both
select * from telemetry.paths(exclude => '{b,c}') :both
select * from telemetry.paths(events => '{a,d}') :both
select * from telemetry.paths(start_event => 'never');
rollback to start;

-- What came at one time is in the order of arrival.
select telemetry.import_events(jsonb_build_array(jsonb_build_object('event_name', name, 'event_ts', '2020-01-01T00:00:00Z', 'user_id', telemetry.as_id('ann')))) from unnest('{c,a,b}'::text[]) name \g /dev/null
select * from telemetry.paths() :both
rollback to start;

-- Filters, tenants, and other actors.
select play('ann', '{a,b}', 'pro'), play('ann', '{c}', 'free'), play('bob', '{a,b}', 'free') \g /dev/null
select * from telemetry.paths(filter => '{"plan": "pro"}') :both
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', name, 'event_ts', timestamptz '2020-02-01' + n * interval '1 minute', 'user_id', telemetry.as_id('ann'), 'session_id', session, 'tenant_id', '44444444-4444-4444-4444-444444444444')))
  from (values ('a', 1, '00000000-0000-4000-8000-000000000001'), ('b', 2, '00000000-0000-4000-8000-000000000001'), ('a', 3, '00000000-0000-4000-8000-000000000002'), ('b', 4, '00000000-0000-4000-8000-000000000002')) v (name, n, session) \g /dev/null
select * from telemetry.paths(tenant => '44444444-4444-4444-4444-444444444444') :both
select * from telemetry.paths(actor => 'session') :both
select actors from telemetry.paths() where (step, source_name, target_name) = (1, 'a', 'b') :both
rollback to start;

-- Random events: what plain SQL finds, and every number has as many actors.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', (array['a', 'b', 'c', 'd'])[1 + abs(hashint4(n * 3)) % 4], 'event_ts', timestamptz '2025-10-20 00:00Z' + (hashint4(n) & 2147483647) % 8640 * interval '1 second', 'user_id', telemetry.as_id((hashint4(n * 7) & 63)::text))))
  from generate_series(1, 1500) n;
create temp view plain as
    select step, event_name as source_name, next_name as target_name, count(*) as actors, avg(extract(epoch from next_ts - event_ts)) as avg_seconds
      from (select *, row_number() over w as step, lead(event_name) over w as next_name, lead(event_ts) over w as next_ts from telemetry.events window w as (partition by tenant_id, user_id order by event_ts, ingest_id)) e
     where step < 5 and next_name is not null group by 1, 2, 3;
select count(*), count(*) filter (where p.actors is distinct from f.actors or abs(p.avg_seconds - f.avg_seconds) > 1e-9) as differences
  from plain p full join telemetry.paths() f using (step, source_name, target_name) :both
select count(*), count(*) filter (where f.actors is distinct from a.actors) as differences
  from telemetry.paths(start_event => 'a', max_steps => 7) f full join (select step, source_name, target_name, count(distinct (tenant_id, actor_id)) as actors from telemetry.paths_actors(start_event => 'a', max_steps => 7) group by 1, 2, 3) a using (step, source_name, target_name) :both

-- What cannot be answered is an error.
select * from telemetry.paths(max_steps => 1);
select * from telemetry.paths(max_steps => 101);
select * from telemetry.paths(start_event => 'a', exclude => '{a}');
select * from telemetry.paths(end_event => 'a', events => '{b}');
select * from telemetry.paths(actor => 'dog');
select * from telemetry.paths(since => '2020-01-02', until => '2020-01-01');
rollback;
