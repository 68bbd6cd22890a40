-- Funnels: how many actors reach each step. The cases are those of docs/semantics.md, with their known answers; `:both` asks
-- rows and timeline, see the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
-- Names that nobody logged: see the book unknown_events.
set telemetry.unknown_events = 'empty';
begin;
\set ON_ERROR_ROLLBACK on
set local telemetry.enforcement = 'accept';
select telemetry.register_event(name, '{"promoted_properties": ["browser", "plan", "country", "a", "b"]}') from unnest('{sign_up,buy,blah,play_movie,paid,left,e}'::text[]) name \g /dev/null
-- Events by hand: a name, a person, a time, and a property.
create function play(person text, at text, event_name text, browser text default null) returns void language sql as $$
    select telemetry.import_events(jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
        'event_name', event_name, 'event_ts', '2020-' || at || 'Z', 'user_id', telemetry.as_id(person), 'payload', jsonb_build_object('browser', browser)))))
$$;

-- Two steps, within 14 days and within 5 minutes (PH-F4).
savepoint f4;
select play(p, t, e) from (values ('u1', '01-02T14:00:00', 'signup'), ('u1', '01-02T14:05:00', 'pageview'), ('u2', '01-02T14:03:00', 'signup'), ('u3', '01-02T12:00:00', 'signup'), ('u3', '01-02T12:15:00', 'pageview')) v (p, t, e) \g /dev/null
select step, event_name, actors, rate_from_previous, rate_from_first, avg_seconds, median_seconds from telemetry.funnel('["signup", "pageview"]', '14 days') :both
select step, actors, avg_seconds from telemetry.funnel('["signup", "pageview"]', '5 minutes') :both
-- Who they are, and when they came how far.
select actor_id = telemetry.as_id('u2') as is_u2, depth, reached from telemetry.funnel_actors('["signup", "pageview"]', '14 days') order by reached :both
-- A range that nobody entered in: zeros, and no rates.
select * from telemetry.funnel('["signup", "pageview"]', since => '2021-01-01');
rollback to f4;

-- The longest chain inside the window, from its first event to its last, inclusive (CH-1).
select play('u', format('01-01T00:00:%s', lpad(n::text, 2, '0')), 'e' || 1000 + n) from generate_series(0, 8) n \g /dev/null
select steps, array_agg(actors order by step) from unnest('{"[\"e1000\"]","[\"e1000\", \"e1001\"]","[\"e1000\", \"e1001\", \"e1002\"]","[\"e1000\", \"e1001\", \"e1002\", \"e1008\"]"}'::jsonb[]) steps, telemetry.funnel(steps::text, '10000 seconds') group by 1 order by 1 :both
-- A list of names says the same as the array of them.
select steps, telemetry.funnel(steps, '10000 seconds') from unnest('{"[\"e1000\", \"e1001\"]","{e1000,e1001}","{ \"e1000\" , \"e1001\" }"}'::text[]) steps :both
select within, depth from unnest('{1 second,2 seconds,3 seconds,4 seconds}'::interval[]) within, telemetry.funnel_actors('["e1003", "e1004", "e1005", "e1006", "e1007"]', within) order by 1 :both
-- Steps come in their order (CH-2).
select steps, depth from unnest('{"[\"e1001\", \"e1008\"]","[\"e1008\", \"e1001\"]"}'::jsonb[]) steps, telemetry.funnel_actors(steps::text, '10000 seconds') order by 1 :both
rollback to f4;

-- Others may come between and again (CH-5).
select play('u', format('01-01T00:00:%s', lpad(n::text, 2, '0')), e) from unnest('{a,b,c,b,d}'::text[]) with ordinality e (e, n) \g /dev/null
select depth from telemetry.funnel_actors('["a", "b", "c", "d"]') :both
rollback to f4;

-- What a step's payload must contain, and of some it is missing (CH-6).
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'e', 'event_ts', format('2020-01-01T00:00:0%sZ', t), 'user_id', telemetry.as_id(u), 'payload', jsonb_build_object('a', a, 'b', b))))
  from (values ('u1', 1, 'a1', 'b1'), ('u1', 2, 'a2', 'b2'), ('u2', 1, 'a1', null), ('u2', 2, 'a2', null), ('u3', 1, null, null), ('u4', 1, null, 'b1'), ('u4', 2, 'a2', null), ('u4', 3, null, 'b3')) v (u, t, a, b) \g /dev/null
select u, coalesce(max(depth) filter (where second = 'a'), 0) as a1_a2, coalesce(max(depth) filter (where second = 'b'), 0) as a1_b2
  from unnest('{u1,u2,u3,u4}'::text[]) u
  left join (select 'a' as second, * from telemetry.funnel_actors('[{"event": "e", "where": {"a": "a1"}}, {"event": "e", "where": {"a": "a2"}}]')
             union all
             select 'b', * from telemetry.funnel_actors('[{"event": "e", "where": {"a": "a1"}}, {"event": "e", "where": {"b": "b2"}}]')) f on actor_id = telemetry.as_id(u)
 group by 1 order by 1 :both
rollback to f4;

-- A window of 50 seconds (CH-10).
select play(u, to_char(timestamp '2020-01-01' + t * interval '1 second', 'MM-DD"T"HH24:MI:SS'), 'e' || e)
  from (values (1, 100, 'u123'), (1, 200, 'u345'), (1, 210, 'u345'), (2, 99, 'u123'), (2, 250, 'u234'), (2, 230, 'u345'), (2, 240, 'u345')) v (e, t, u) \g /dev/null
select u, coalesce(depth, 0) as depth from unnest('{u123,u234,u345}'::text[]) u left join telemetry.funnel_actors('["e1", "e2"]', '50 seconds') on actor_id = telemetry.as_id(u) order by 1 :both
rollback to f4;

-- An exclusion between the steps: the actor keeps what it reached before, or leaves the funnel (PH-F2).
select play(p, t, e) from (values ('p1', '01-01T01:00:00', 'signup'), ('p1', '01-01T02:00:00', 'paid'), ('p2', '01-01T03:00:00', 'signup'), ('p2', '01-01T03:30:00', 'x'), ('p2', '01-01T04:00:00', 'paid'),
                                  ('p3', '01-01T05:00:00', 'signup'), ('p3', '01-01T06:00:00', 'paid')) v (p, t, e) \g /dev/null
select exclusion, array_agg(actors order by step) from unnest('{drop_from_here,drop_actor}'::text[]) exclusion, telemetry.funnel('["signup", "paid"]', exclude => '[{"event": "x", "after_step": 1, "before_step": 2}]', exclusion => exclusion) group by 1 order by 1 desc :both
rollback to f4;

-- Several attempts of one person count once; times are of the chain that first gets that far (PH-F5).
select play('p', t, e) from (values ('05-01T01:00:00', 's'), ('05-01T02:00:00', 'pv'), ('05-01T03:00:00', 'e'), ('05-03T04:00:00', 's'), ('05-03T05:00:00', 'pv'), ('05-04T07:00:00', 's'), ('05-04T10:00:00', 'pv')) v (t, e) \g /dev/null
select step, actors, avg_seconds, median_seconds from telemetry.funnel('["s", "pv", "e"]', '1 day') :both
rollback to f4;

-- An event serves one step: s p p p p needs four of p (PH-F6).
select play(p, format('01-01T00:%s:00', lpad(n::text, 2, '0')), e)
  from (values ('u1', '{s}'::text[]), ('u2', '{s,p}'), ('u3', '{s,p,z,p}'), ('u4', '{s,p,z,p,p,z}'), ('u5', '{s,p,p,p,p}')) v (p, events), unnest(v.events) with ordinality e (e, n) \g /dev/null
select array_agg(actors order by step) from telemetry.funnel('["s", "p", "p", "p", "p"]') :both
select array_agg(actors order by step) from telemetry.funnel('["s", "s"]') :both
select play('u2', '01-01T00:03:00', 's') \g /dev/null
select array_agg(actors order by step) from telemetry.funnel('["s", "s"]') :both
rollback to f4;
-- One event is not two (TE-4).
select play('u', '01-01T00:00:00', 'a') \g /dev/null
select depth from telemetry.funnel_actors('["a", "a"]') :both
rollback to f4;

-- All steps twice in a day is once (PH-F10); backwards is no way (PH-F11).
select play(p, t, e) from (values ('one', '05-01T00:00:00', 's1'), ('one', '05-01T01:00:00', 's2'), ('one', '05-01T02:00:00', 's3'), ('one', '05-01T13:00:00', 's1'), ('one', '05-01T14:00:00', 's2'), ('one', '05-01T15:00:00', 's3')) v (p, t, e) \g /dev/null
select array_agg(actors order by step) from telemetry.funnel('["s1", "s2", "s3"]', '1 day') :both
rollback to f4;
select play(p, t, e) from (values ('two', '05-01T01:00:00', 's3'), ('two', '05-01T02:00:00', 's2'), ('two', '05-01T03:00:00', 's1')) v (p, t, e) \g /dev/null
select array_agg(actors order by step) from telemetry.funnel('["s1", "s2", "s3"]', '1 day') :both
rollback to f4;

-- Times to convert of 3600, 2220 and 82800 seconds (PH-F15).
select play(p, t, e) from (values ('p1', '06-08T18:00:00', 's1'), ('p1', '06-08T19:00:00', 's2'), ('p2', '06-11T20:00:00', 's1'), ('p2', '06-11T20:37:00', 's2'), ('p3', '06-12T00:00:00', 's1'), ('p3', '06-12T23:00:00', 's2')) v (p, t, e) \g /dev/null
select actors, avg_seconds, median_seconds from telemetry.funnel('["s1", "s2"]', '1 day') where step = 2 :both
rollback to f4;

-- Strict order: the actor's next event of any name; and a breakdown (PH-F7).
select play(p, t, e, b) from (values ('p1', '01-01T12:00:00', 'sign_up', 'Chrome'), ('p1', '01-01T13:00:00', 'blah', 'Chrome'), ('p1', '01-01T14:00:00', 'play_movie', 'Chrome'),
                                     ('p2', '01-01T13:00:00', 'sign_up', 'Safari'), ('p2', '01-01T14:00:00', 'play_movie', 'Safari')) v (p, t, e, b) \g /dev/null
select ordering, breakdown_value, array_agg(actors order by step), max(avg_seconds)
  from unnest('{strict,ordered}'::text[]) ordering, telemetry.funnel('["sign_up", "play_movie"]', ordering => ordering, breakdown => 'browser') group by 1, 2 order by 1 desc, 2 :both
rollback to f4;

-- Whose value counts: the first, the last, that of a step, or the same at all steps (PH-F14). None is a group of its own.
select play(p, t, e, b) from (values ('p1', '01-01T12:00:00', 'sign_up', 'Chrome'), ('p1', '01-01T13:00:00', 'buy', null), ('p2', '01-01T13:00:00', 'sign_up', null), ('p2', '01-02T13:00:00', 'buy', 'Safari'),
                                     ('p3', '01-01T12:00:00', 'sign_up', 'Mac'), ('p3', '01-01T13:00:00', 'buy', null), ('p4', '01-01T12:00:00', 'sign_up', '0'), ('p4', '01-01T13:00:00', 'buy', 'alakazam'),
                                     ('p5', '01-01T12:00:00', 'sign_up', null), ('p5', '01-01T13:00:00', 'buy', null)) v (p, t, e, b) \g /dev/null
select attribution, array_agg(coalesce(breakdown_value, 'none') || ' ' || counts order by breakdown_value nulls first)
  from (select attribution, breakdown_value, string_agg(actors::text, ',' order by step) as counts
          from unnest('{first_touch,last_touch,step 1,step 2,all_steps}'::text[]) attribution, telemetry.funnel('["sign_up", "buy"]', breakdown => 'browser', attribution => attribution) group by 1, 2) f
 group by 1 order by 1 :both
rollback to f4;

-- Which first step counts: a later one may replace an earlier, or only the first does (TE-1).
select play('u', t, e) from (values ('01-01T13:00:00', 'A'), ('01-01T13:30:00', 'A'), ('01-01T13:45:00', 'B'), ('01-01T14:15:00', 'C')) v (t, e) \g /dev/null
select entry, max(depth) from unnest('{latest,first}'::text[]) entry, telemetry.funnel_actors('["A", "B", "C"]', '1 hour', entry => entry) group by 1 order by 1 desc :both
-- Without an order; and at one time.
select max(depth) from telemetry.funnel_actors('["C", "B"]', '1 hour', ordering => 'unordered') :both
select play('v', '01-01T15:00:00', e) from unnest('{B,A}'::text[]) e \g /dev/null
select ties, depth from unnest('{any,strict}'::text[]) ties, telemetry.funnel_actors('["A", "B"]', since => '2020-01-01 15:00Z', ties => ties) order by 1 :both
rollback to f4;

-- What a step's payload must contain, a filter for all of them, and other actors.
select telemetry.import_events('[{"event_name": "paid", "event_ts": "2020-01-01T00:00:00Z", "session_id": "00000000-0000-4000-8000-000000000001", "payload": {"plan": "pro", "country": "DE"}},
                                 {"event_name": "left", "event_ts": "2020-01-02T00:00:00Z", "session_id": "00000000-0000-4000-8000-000000000001", "payload": {"country": "DE"}}]');
select array_agg(actors order by step) from telemetry.funnel('[{"event": "paid", "where": {"plan": "pro"}}, "left"]', actor => 'session');
select array_agg(actors order by step) from telemetry.funnel('[{"event": "paid", "where": {"plan": "free"}}, "left"]', actor => 'session');
select array_agg(actors order by step) from telemetry.funnel('["paid", "left"]', actor => 'session', filter => '{"country": "FR"}');
select array_agg(actors order by step) from telemetry.funnel('["paid", "left"]') :both
-- A window longer than any log has no end.
select array_agg(actors order by step) from telemetry.funnel('["paid", "left"]', within => '1000000000 days', actor => 'session') :both
select array_agg(actors order by step) from telemetry.funnel('["paid", "left"]', actor => 'tenant') :both
select actor_id = tenant_id as is_itself, depth from telemetry.funnel_actors('["paid", "left"]', actor => 'tenant') order by 1, 2 :both

-- What cannot be answered is an error.
select * from telemetry.funnel(null);
select * from telemetry.funnel('[]');
select * from telemetry.funnel('"paid"');
select * from telemetry.funnel('[7]');
select * from telemetry.funnel('[{"event": "paid", "were": {}}]');
select * from telemetry.funnel('["a", "b"]', ordering => 'sideways');
select * from telemetry.funnel('["a", "b"]', ordering => 'unordered', ties => 'strict');
select * from telemetry.funnel('["a", "b"]', exclude => '[{"event": "x", "after_step": 2, "before_step": 1}]');
select * from telemetry.funnel('["a", "b"]', exclude => '[{"event": "x", "after_step": 1.5}]');
select * from telemetry.funnel('[{"event": "a", "after_step": 1}, "b"]');
select * from telemetry.funnel('["a", "b"]', within => '-1 day');
select * from telemetry.funnel('["a", "b"]', attribution => 'step 3');
select * from telemetry.funnel('["a", "b"]', actor => 'dog');
select * from telemetry.funnel('["a", "b"]', since => '2020-01-02', until => '2020-01-01');
rollback;
