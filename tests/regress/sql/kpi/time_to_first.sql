-- time_to_first() and time_between(): how long it takes from one event to another. `:both` asks rows and timeline, see
-- the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
set local telemetry.enforcement = 'accept';
select telemetry.register_event(name, '{"promoted_properties": ["plan"]}') from unnest('{signup,order,visit}'::text[]) name \g /dev/null
create function play(person text, event_name text, times timestamptz[], plan text default null) returns void language sql as $$
    select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
        'event_name', play.event_name, 'event_ts', t, 'user_id', telemetry.as_id(person), 'payload', jsonb_build_object('plan', play.plan))))) from unnest(times) with ordinality v (t, n)
$$;

-- Nothing logged: nobody, and no percentiles.
select * from telemetry.time_to_first('signup', 'order');
select * from telemetry.time_between('order', 'order', '2020-01-01', '2020-01-03', 'day') :both

-- Ann orders after an hour, and again; bob had ordered before he signed up, and does after three hours; cyd never does.
savepoint start;
select play('ann', 'signup', '{2020-01-01 10:00}'), play('ann', 'order', '{2020-01-01 11:00,2020-01-01 12:00,2020-01-03 12:00}') \g /dev/null
select play('bob', 'order', '{2020-01-01 09:00,2020-01-01 23:00}'), play('bob', 'signup', '{2020-01-01 20:00,2020-01-02 20:00}'), play('cyd', 'signup', '{2020-01-02 10:00}') \g /dev/null
select * from telemetry.time_to_first('signup', 'order') :both
select n_reached, seconds from telemetry.time_to_first('signup', 'order', percentiles => '{0,0.25,1}') :both
-- By the day of the first signup in the range.
select * from telemetry.time_to_first('signup', 'order', '2020-01-01', '2020-01-04', 'day') :both
select cohort, actor_id = telemetry.as_id('ann') as is_ann, anchored_at, reached_at, seconds from telemetry.time_to_first_actors('signup', 'order', '2020-01-01', '2020-01-04', 'day') order by anchored_at :both
select cohort, n_anchor from telemetry.time_to_first('signup', 'order', '2020-01-01', '2020-01-03', 'day', tz => 'Asia/Tokyo') :both
-- Targets count wherever they lie: the range is that of the anchors.
select * from telemetry.time_to_first('signup', 'order', '2020-01-01', '2020-01-01 10:30') :both
-- At most an hour, inclusive.
select n_anchor, n_reached, seconds from telemetry.time_to_first('signup', 'order', within => '1 hour') :both
select n_anchor, n_reached, seconds from telemetry.time_to_first('signup', 'order', within => '59 minutes 59.999999 seconds') :both
-- To the second order; to whatever comes next.
select n_anchor, n_reached, seconds from telemetry.time_to_first('order', 'order', percentiles => '{0.5}') :both
select n_anchor, n_reached, seconds from telemetry.time_to_first('signup', null, percentiles => '{0.5}') :both
-- From each event to the next: ann's orders are 1 and 48 hours apart, bob's 14.
select * from telemetry.time_between('order', 'order', percentiles => '{0,0.5,1}') :both
select * from telemetry.time_between('order', 'order', '2020-01-01', '2020-01-04', 'day', '{0.5}') :both
select bucket, event_at, next_at, seconds from telemetry.time_between_actors('order', 'order', '2020-01-01', '2020-01-04', 'day') order by event_at :both
-- Several first events may have the same next one.
select event_at, next_at from telemetry.time_between_actors('order', 'signup') order by 1 :both
rollback to start;

-- At one time, what arrived later is the next; no event is its own target.
select play('ann', 'order', '{2020-01-01,2020-01-01}'), play('ann', 'signup', '{2020-01-01}') \g /dev/null
select n_anchor, n_reached, seconds from telemetry.time_to_first('order', 'signup', percentiles => '{0.5}') :both
select n_anchor, n_reached from telemetry.time_to_first('signup', 'order') :both
select events, followed, seconds from telemetry.time_between('order', 'order', percentiles => '{0.5}') :both
rollback to start;

-- Filters, tenants, and what an event is about instead of who did it.
select play('ann', 'signup', '{2020-01-01 10:00}', 'pro'), play('ann', 'order', '{2020-01-01 11:00}', 'free'), play('ann', 'order', '{2020-01-01 12:00}', 'pro') \g /dev/null
select n_reached, seconds from telemetry.time_to_first('signup', 'order', percentiles => '{0.5}', filter => '{"plan": "pro"}') :both
select telemetry.import_events('[{"event_name": "visit", "event_ts": "2020-01-01T00:00:00Z", "subject_id": "00000000-0000-4000-8000-000000000001", "tenant_id": "44444444-4444-4444-4444-444444444444"},
                                 {"event_name": "order", "event_ts": "2020-01-01T00:00:30Z", "subject_id": "00000000-0000-4000-8000-000000000001", "tenant_id": "44444444-4444-4444-4444-444444444444"}]');
select n_anchor, n_reached, seconds from telemetry.time_to_first('visit', 'order', actor => 'subject') :both
select n_anchor, n_reached, seconds from telemetry.time_to_first('visit', 'order', '2020-01-01', '2020-01-02', percentiles => '{0.5}', actor => 'tenant') :both
select tenant_id, actor_id = tenant_id as is_itself, seconds from telemetry.time_to_first_actors('visit', 'order', '2020-01-01', '2020-01-02', actor => 'tenant') order by 1 :both
select n_anchor, n_reached from telemetry.time_to_first('signup', 'order', tenant => '44444444-4444-4444-4444-444444444444') :both
rollback to start;

-- Complete is a cohort that is over, with all the time that it had.
select within, is_complete from unnest('{1 hour,3 days}'::interval[]) within, telemetry.time_to_first('signup', 'order', now() - interval '2 days', now() - interval '1 day', within => within) order by 1 :both
select is_complete from telemetry.time_to_first('signup', 'order', since => '2020-01-01') :both

-- Random events: what plain SQL finds, and every number has as many actors.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', (array['signup', 'order', 'visit'])[1 + abs(hashint4(n * 3)) % 3], 'event_ts', timestamptz '2025-10-20 00:00Z' + (hashint4(n) & 2147483647) % 864000 * interval '1 second', 'user_id', telemetry.as_id((hashint4(n * 7) & 255)::text))))
  from generate_series(1, 1500) n;
create temp view plain as
    select tenant_id, user_id, event_ts, (select min(t.event_ts) from telemetry.events t where (t.tenant_id, t.user_id) = (e.tenant_id, e.user_id) and t.event_name = 'order' and (t.event_ts, t.ingest_id) > (e.event_ts, e.ingest_id)) as next_ts,
           row_number() over (partition by tenant_id, user_id order by event_ts, ingest_id) as n
      from telemetry.events e where event_name = 'signup' and event_ts >= '2025-10-21' and event_ts < '2025-10-28';
select cohort, f.n_anchor, (f.n_anchor, f.n_reached, f.seconds) is not distinct from (p.anchors, p.reached, p.seconds) as is_equal
  from telemetry.time_to_first('signup', 'order', '2025-10-21', '2025-10-28', 'day', '{0.1,0.5,0.95}', tz => 'Asia/Kolkata') f
  left join (select date_trunc('day', event_ts, 'Asia/Kolkata') as cohort, count(*) as anchors, count(next_ts) as reached, percentile_cont('{0.1,0.5,0.95}'::float8[]) within group (order by extract(epoch from next_ts - event_ts)::float8) as seconds
               from plain where n = 1 group by 1) p using (cohort) order by 1 :both
select bucket, f.events, (f.events, f.followed, f.seconds) is not distinct from (p.anchors, p.reached, p.seconds) as is_equal
  from telemetry.time_between('signup', 'order', '2025-10-21', '2025-10-28', 'day', '{0.1,0.5,0.95}', '2 days') f
  left join (select date_trunc('day', event_ts) as bucket, count(*) as anchors, count(next_ts) filter (where next_ts - event_ts <= '2 days') as reached,
                    percentile_cont('{0.1,0.5,0.95}'::float8[]) within group (order by extract(epoch from next_ts - event_ts)::float8) filter (where next_ts - event_ts <= '2 days') as seconds
               from plain group by 1) p using (bucket) order by 1 :both
select f.n_anchor = a.anchors and f.n_reached = a.reached as is_equal
  from telemetry.time_to_first('signup', 'order') f, (select count(distinct (tenant_id, actor_id)) as anchors, count(reached_at) as reached from telemetry.time_to_first_actors('signup', 'order')) a :both

select source from telemetry.explain_kpi('time_to_first', '{"anchor": "signup", "target": "order", "percentiles": [0.5], "within": "1 day"}');

-- What cannot be answered is an error.
select * from telemetry.time_to_first('signup', 'order', percentiles => '{}');
select * from telemetry.time_to_first('signup', 'order', percentiles => '{0.5,1.5}');
select * from telemetry.time_to_first('signup', 'order', percentiles => '{NULL}');
select * from telemetry.time_to_first('signup', 'order', within => '-1 day');
select * from telemetry.time_between('signup', 'order', grain => 'fortnight');
select * from telemetry.time_between('signup', 'order', tz => 'Mars/Olympus');
select * from telemetry.time_between('signup', 'order', actor => 'dog');
select * from telemetry.time_between('signup', 'order', '2020-01-02', '2020-01-01');
rollback;
