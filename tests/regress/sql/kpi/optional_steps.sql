-- Optional steps of funnel(): an actor comes as deep as without them, and reaches one where it lies on that way. `:both`
-- asks rows and timeline, see the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
-- Names that nobody logged: see the book unknown_events.
set telemetry.unknown_events = 'empty';
begin;
\set ON_ERROR_ROLLBACK on
set local telemetry.enforcement = 'accept';
-- A person's events by hand, in this order, a minute apart.
create function play(person text, names text[]) returns void language sql as $$
    select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', name, 'event_ts', timestamptz '2020-01-01' + n * interval '1 minute', 'user_id', telemetry.as_id(person)))) from unnest(names) with ordinality v (name, n)
$$;
savepoint start;

-- Ann takes b on her way to c, bob does without, cyd comes no further than b, dan does b when he had come to c already,
-- eve never enters.
select play('ann', '{a,b,c}'), play('bob', '{a,c}'), play('cyd', '{a,b}'), play('dan', '{a,c,b}'), play('eve', '{b,c}') \g /dev/null
select step, event_name, actors, rate_from_previous, rate_from_first, avg_seconds, median_seconds from telemetry.funnel('["a", {"event": "b", "optional": true}, "c"]') :both
select who, depth, reached from unnest('{ann,bob,cyd,dan,eve}'::text[]) who join telemetry.funnel_actors('["a", {"event": "b", "optional": true}, "c"]') on actor_id = telemetry.as_id(who) order by 1 :both
-- The other steps are those of the funnel without it.
select step, actors from telemetry.funnel('["a", "c"]') :both
select step, actors from telemetry.funnel('["a", {"event": "b", "optional": false}, "c"]') :both
-- At the end it is reached by those who go on; of two neighbours no order is asked for.
select step, actors, rate_from_previous from telemetry.funnel('["a", "c", {"event": "b", "optional": true}]') :both
select step, actors from telemetry.funnel('["a", {"event": "c", "optional": true}, {"event": "b", "optional": true}]') :both
-- The window holds for the way with it as well.
select step, actors from telemetry.funnel('["a", {"event": "b", "optional": true}, "c"]', '1 minute') :both
rollback to start;

-- Random events: what the funnels without and with the step say.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 's' || 1 + abs(hashint4(n * 3)) % 4, 'event_ts', timestamptz '2025-10-20 00:00Z' + (hashint4(n) & 2147483647) % 864000 * interval '1 second', 'user_id', telemetry.as_id((hashint4(n * 7) & 127)::text))))
  from generate_series(1, 900) n;
select o.step, o.actors, o.actors = case o.step when 1 then w.one when 2 then w.way when 3 then w.two else w.three end as is_equal
  from telemetry.funnel('["s1", {"event": "s2", "optional": true}, "s3", "s4"]', '12 hours') o,
       (select max(actors) filter (where step = 1) as one, max(actors) filter (where step = 2) as two, max(actors) filter (where step = 3) as three,
               (select count(*) from telemetry.funnel_actors('["s1", "s2", "s3", "s4"]', '12 hours') f join telemetry.funnel_actors('["s1", "s3", "s4"]', '12 hours') g using (tenant_id, actor_id) where f.depth > g.depth) as way
          from telemetry.funnel('["s1", "s3", "s4"]', '12 hours')) w order by 1 :both

-- What cannot be answered is an error.
select * from telemetry.funnel('[{"event": "a", "optional": true}, "b"]');
select * from telemetry.funnel('["a", {"event": "b", "optional": "yes"}]');
select * from telemetry.funnel('["a", {"event": "b", "optional": true}]', ordering => 'unordered');
select * from telemetry.funnel('["a", {"event": "b", "optional": true}]', breakdown => 'plan');
select * from telemetry.funnel('["a", {"event": "b", "optional": true}]', exclude => '["x"]');
select * from telemetry.funnel('["a", "b"]', exclude => '[{"event": "x", "optional": true}]');
select * from telemetry.funnel_trend('["a", {"event": "b", "optional": true}]');
select * from telemetry.funnel_times('["a", {"event": "b", "optional": true}]');
rollback;
