-- Funnels: how many actors reach each step. The cases are those of SEMANTICS, with their known answers.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
set local telemetry.enforcement = 'accept';
-- Events by hand: a name, a person, a time, and a property.
create function play(person text, at text, event_name text, browser text default null) returns void language sql as $$
    select telemetry.import_events(jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
        'event_name', event_name, 'event_ts', '2020-' || at || 'Z', 'user_id', telemetry.as_id(person), 'payload', jsonb_build_object('browser', browser)))))
$$;

-- Two steps, within 14 days and within 5 minutes.
savepoint f4;
select play(p, t, e) from (values ('u1', '01-02T14:00:00', 'signup'), ('u1', '01-02T14:05:00', 'pageview'), ('u2', '01-02T14:03:00', 'signup'), ('u3', '01-02T12:00:00', 'signup'), ('u3', '01-02T12:15:00', 'pageview')) v (p, t, e) \g /dev/null
select step, event_name, actors, rate_from_previous, rate_from_first, avg_seconds, median_seconds from telemetry.funnel('["signup", "pageview"]', '14 days');
select step, actors, avg_seconds from telemetry.funnel('["signup", "pageview"]', '5 minutes');
-- Who they are, and when they came how far.
select actor_id = telemetry.as_id('u2') as is_u2, depth, reached from telemetry.funnel_actors('["signup", "pageview"]', '14 days') order by reached;
-- A range that nobody entered in: zeros, and no rates.
select * from telemetry.funnel('["signup", "pageview"]', since => '2021-01-01');
rollback to f4;

-- An exclusion between the steps: the actor keeps what it reached before, or leaves the funnel.
select play(p, t, e) from (values ('p1', '01-01T01:00:00', 'signup'), ('p1', '01-01T02:00:00', 'paid'), ('p2', '01-01T03:00:00', 'signup'), ('p2', '01-01T03:30:00', 'x'), ('p2', '01-01T04:00:00', 'paid'),
                                  ('p3', '01-01T05:00:00', 'signup'), ('p3', '01-01T06:00:00', 'paid')) v (p, t, e) \g /dev/null
select exclusion, array_agg(actors order by step) from unnest('{drop_from_here,drop_actor}'::text[]) exclusion, telemetry.funnel('["signup", "paid"]', exclude => '[{"event": "x", "after_step": 1, "before_step": 2}]', exclusion => exclusion) group by 1 order by 1 desc;
rollback to f4;

-- Several attempts of one person count once; times are of the chain that first gets that far.
select play('p', t, e) from (values ('05-01T01:00:00', 's'), ('05-01T02:00:00', 'pv'), ('05-01T03:00:00', 'e'), ('05-03T04:00:00', 's'), ('05-03T05:00:00', 'pv'), ('05-04T07:00:00', 's'), ('05-04T10:00:00', 'pv')) v (t, e) \g /dev/null
select step, actors, avg_seconds, median_seconds from telemetry.funnel('["s", "pv", "e"]', '1 day');
rollback to f4;

-- An event serves one step: s p p p p needs four of p.
select play(p, format('01-01T00:%s:00', lpad(n::text, 2, '0')), e)
  from (values ('u1', '{s}'::text[]), ('u2', '{s,p}'), ('u3', '{s,p,z,p}'), ('u4', '{s,p,z,p,p,z}'), ('u5', '{s,p,p,p,p}')) v (p, events), unnest(v.events) with ordinality e (e, n) \g /dev/null
select array_agg(actors order by step) from telemetry.funnel('["s", "p", "p", "p", "p"]');
select array_agg(actors order by step) from telemetry.funnel('["s", "s"]');
rollback to f4;

-- Strict order: the actor's next event of any name; and a breakdown.
select play(p, t, e, b) from (values ('p1', '01-01T12:00:00', 'sign up', 'Chrome'), ('p1', '01-01T13:00:00', 'blah', 'Chrome'), ('p1', '01-01T14:00:00', 'play movie', 'Chrome'),
                                     ('p2', '01-01T13:00:00', 'sign up', 'Safari'), ('p2', '01-01T14:00:00', 'play movie', 'Safari')) v (p, t, e, b) \g /dev/null
select ordering, breakdown_value, array_agg(actors order by step), max(avg_seconds)
  from unnest('{strict,ordered}'::text[]) ordering, telemetry.funnel('["sign up", "play movie"]', ordering => ordering, breakdown => 'browser') group by 1, 2 order by 1 desc, 2;
rollback to f4;

-- Whose value counts: the first, the last, that of a step, or the same at all steps. None is a group of its own.
select play(p, t, e, b) from (values ('p1', '01-01T12:00:00', 'sign up', 'Chrome'), ('p1', '01-01T13:00:00', 'buy', null), ('p2', '01-01T13:00:00', 'sign up', null), ('p2', '01-02T13:00:00', 'buy', 'Safari'),
                                     ('p3', '01-01T12:00:00', 'sign up', 'Mac'), ('p3', '01-01T13:00:00', 'buy', null), ('p4', '01-01T12:00:00', 'sign up', '0'), ('p4', '01-01T13:00:00', 'buy', 'alakazam'),
                                     ('p5', '01-01T12:00:00', 'sign up', null), ('p5', '01-01T13:00:00', 'buy', null)) v (p, t, e, b) \g /dev/null
select attribution, array_agg(coalesce(breakdown_value, 'none') || ' ' || counts order by breakdown_value nulls first)
  from (select attribution, breakdown_value, string_agg(actors::text, ',' order by step) as counts
          from unnest('{first_touch,last_touch,step 1,step 2,all_steps}'::text[]) attribution, telemetry.funnel('["sign up", "buy"]', breakdown => 'browser', attribution => attribution) group by 1, 2) f
 group by 1 order by 1;
rollback to f4;

-- Which first step counts: a later one may replace an earlier, or only the first does.
select play('u', t, e) from (values ('01-01T13:00:00', 'A'), ('01-01T13:30:00', 'A'), ('01-01T13:45:00', 'B'), ('01-01T14:15:00', 'C')) v (t, e) \g /dev/null
select entry, max(depth) from unnest('{latest,first}'::text[]) entry, telemetry.funnel_actors('["A", "B", "C"]', '1 hour', entry => entry) group by 1 order by 1 desc;
-- Without an order; and at one time.
select max(depth) from telemetry.funnel_actors('["C", "B"]', '1 hour', ordering => 'unordered');
select play('v', '01-01T15:00:00', e) from unnest('{B,A}'::text[]) e \g /dev/null
select ties, depth from unnest('{any,strict}'::text[]) ties, telemetry.funnel_actors('["A", "B"]', since => '2020-01-01 15:00Z', ties => ties) order by 1;
rollback to f4;

-- What a step's payload must contain, a filter for all of them, and other actors.
select telemetry.import_events('[{"event_name": "paid", "event_ts": "2020-01-01T00:00:00Z", "session_id": "00000000-0000-4000-8000-000000000001", "payload": {"plan": "pro", "country": "DE"}},
                                 {"event_name": "left", "event_ts": "2020-01-02T00:00:00Z", "session_id": "00000000-0000-4000-8000-000000000001", "payload": {"country": "DE"}}]');
select array_agg(actors order by step) from telemetry.funnel('[{"event": "paid", "where": {"plan": "pro"}}, "left"]', actor => 'session');
select array_agg(actors order by step) from telemetry.funnel('[{"event": "paid", "where": {"plan": "free"}}, "left"]', actor => 'session');
select array_agg(actors order by step) from telemetry.funnel('["paid", "left"]', actor => 'session', filter => '{"country": "FR"}');
select array_agg(actors order by step) from telemetry.funnel('["paid", "left"]');

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
