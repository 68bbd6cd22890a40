-- next_events(): what comes right after a sequence, or right before it. `:both` asks rows and timeline, see the book
-- both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
set local telemetry.enforcement = 'accept';
select telemetry.register_event(name, '{"promoted_properties": ["plan"]}') from unnest('{a,b,c,d}'::text[]) name \g /dev/null
-- A person's events by hand, in this order, a minute apart.
create function play(person text, names text[], plan text default null) returns void language sql as $$
    select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
        'event_name', name, 'event_ts', timestamptz '2020-01-01' + n * interval '1 minute', 'user_id', telemetry.as_id(person), 'payload', jsonb_build_object('plan', plan))))) from unnest(names) with ordinality v (name, n)
$$;

-- Nothing logged: nobody has the sequence.
select * from telemetry.next_events('{a}');

savepoint start;
select play('ann', '{a,b,c,a,b,d}'), play('bob', '{a,b}'), play('cyd', '{c,a,b,c}'), play('dan', '{a,c,b}') \g /dev/null
-- Three have a and b with nothing between them: two go on with c, one with nothing.
select * from telemetry.next_events('{a,b}') :both
select event_name, actor_id = telemetry.as_id('bob') as is_bob, matched_at, event_at from telemetry.next_events_actors('{a,b}') order by 1, 2, 3 :both
select * from telemetry.next_events('{a,b}', base => 'last_match') :both
-- Those who begin with it.
select * from telemetry.next_events('{a,b}', base => 'head') :both
select * from telemetry.next_events('{a}', base => 'head') :both
-- What comes before: of the last match by default, of the first one, or of those who end with it.
select * from telemetry.next_events('{a,b}', 'backward') :both
select * from telemetry.next_events('{a,b}', 'backward', 'first_match') :both
select * from telemetry.next_events('{b}', 'backward', 'tail') :both
select matched_at, event_at from telemetry.next_events_actors('{b}', 'backward', 'tail') order by 1, 2 :both
-- What does not count does not lie between.
select * from telemetry.next_events('{a,b}', exclude => '{c}') :both
select * from telemetry.next_events('{a,b}', events => '{a,b,d}') :both
-- A range cuts, and may hide what follows.
select * from telemetry.next_events('{a,b}', until => '2020-01-01 00:03') :both
rollback to start;

-- Filters, tenants, and other actors; what came at one time is in the order of arrival.
select play('ann', '{a,b}', 'pro'), play('bob', '{a,b}', 'free') \g /dev/null
select * from telemetry.next_events('{a}', filter => '{"plan": "pro"}') :both
select telemetry.import_events(jsonb_build_array(jsonb_build_object('event_name', name, 'event_ts', '2020-01-01T00:00:00Z', 'user_id', telemetry.as_id('cyd'), 'session_id', telemetry.as_id('s'), 'tenant_id', '44444444-4444-4444-4444-444444444444'))) from unnest('{c,a,b}'::text[]) name \g /dev/null
select * from telemetry.next_events('{a}', tenant => '44444444-4444-4444-4444-444444444444') :both
select * from telemetry.next_events('{c,a}', actor => 'session') :both
rollback to start;

-- Random events: what plain SQL finds, and every number has as many actors.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', (array['a', 'b', 'c', 'd'])[1 + abs(hashint4(n * 3)) % 4], 'event_ts', timestamptz '2025-10-20 00:00Z' + (hashint4(n) & 2147483647) % 8640 * interval '1 second', 'user_id', telemetry.as_id((hashint4(n * 7) & 63)::text))))
  from generate_series(1, 800) n;
create temp view plain as
    select event_name, count(*) as actors, count(*) / sum(count(*)) over () as share
      from (select distinct on (tenant_id, user_id) after as event_name
              from (select *, lead(event_name) over w as next_name, lead(event_name, 2) over w as after from telemetry.events window w as (partition by tenant_id, user_id order by event_ts, ingest_id)) e
             where event_name = 'a' and next_name = 'b' order by tenant_id, user_id, event_ts, ingest_id) e
     group by 1;
select f.event_name, f.actors = p.actors and abs(f.share - p.share) < 1e-12 as is_equal from plain p full join telemetry.next_events('{a,b}') f on coalesce(f.event_name, '-') = coalesce(p.event_name, '-') order by 1 :both
select direction, f.event_name, f.actors = count(*) as is_equal
  from unnest('{forward,backward}'::text[]) direction, telemetry.next_events('{b}', direction) f
  left join lateral telemetry.next_events_actors('{b}', direction) a on a.event_name is not distinct from f.event_name group by 1, 2, f.actors order by 1, 2 :both

-- What cannot be answered is an error.
select * from telemetry.next_events(null);
select * from telemetry.next_events('{}');
select * from telemetry.next_events('{a,NULL}');
select * from telemetry.next_events(array_fill('a'::text, '{33}'));
select * from telemetry.next_events('{a}', 'sideways');
select * from telemetry.next_events('{a}', base => 'middle');
select * from telemetry.next_events('{a}', 'backward', 'head');
select * from telemetry.next_events('{a}', 'forward', 'tail');
select * from telemetry.next_events('{a}', exclude => '{a}');
select * from telemetry.next_events('{a,b}', events => '{b}');
select * from telemetry.next_events('{a}', actor => 'dog');
rollback;
