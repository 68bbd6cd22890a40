-- funnel_trend(): funnels by the period that actors enter in. The cases are those of docs/semantics.md; `:both` asks rows and
-- timeline, see the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
-- Names that nobody logged: see the book unknown_events.
set telemetry.unknown_events = 'empty';
begin;
\set ON_ERROR_ROLLBACK on
set local telemetry.enforcement = 'accept';
create function play(person text, at text, event_name text) returns void language sql as $$
    select telemetry.import_events(jsonb_build_array(jsonb_build_object('event_name', event_name, 'event_ts', '2020-' || at || 'Z', 'user_id', telemetry.as_id(person))))
$$;

-- Nothing logged: no bucket, or one with zeros.
select * from telemetry.funnel_trend('["s1", "s2"]');
select * from telemetry.funnel_trend('["s1", "s2"]', since => '2020-01-01', until => '2020-01-02') :both

-- A person's best attempt of each day that it enters on (PH-F9): entered and converted per day.
savepoint start;
select play(p, t, e) from (values ('one', '05-01T01:00:00', 's1'), ('one', '05-01T02:00:00', 's2'), ('one', '05-01T03:00:00', 's3'), ('one', '05-03T01:00:00', 's1'), ('one', '05-03T02:00:00', 's2'),
                                  ('one', '05-04T11:00:00', 's1'), ('one', '05-04T12:00:00', 's2'), ('one', '05-04T13:00:00', 's3'), ('two', '05-04T18:00:00', 's1')) v (p, t, e) \g /dev/null
select bucket::date, array_agg(actors order by step) from telemetry.funnel_trend('["s1", "s2", "s3"]', '1 day', '2020-05-01', '2020-05-05') group by 1 order by 1 :both
select * from telemetry.funnel_trend('["s1", "s2", "s3"]', '1 day', '2020-05-03', '2020-05-05') order by 1, 2 :both
select bucket::date, actor_id = telemetry.as_id('one') as is_one, depth, reached from telemetry.funnel_trend_actors('["s1", "s2", "s3"]', '1 day', '2020-05-01', '2020-05-05') order by 1, 2 :both
-- As one bucket it is the funnel.
select bucket::date, array_agg(actors order by step) from telemetry.funnel_trend('["s1", "s2", "s3"]', '1 day', grain => 'month', since => '2020-05-01', until => '2020-06-01') group by 1 :both
select array_agg(actors order by step) from telemetry.funnel('["s1", "s2", "s3"]', '1 day', '2020-05-01', '2020-06-01') :both
-- A day begins where the time zone says; only the first entry.
select bucket, array_agg(actors order by step) from telemetry.funnel_trend('["s1", "s2", "s3"]', '1 day', '2020-05-01', '2020-05-05', tz => 'America/New_York') group by 1 order by 1 :both
select bucket::date, array_agg(actors order by step) from telemetry.funnel_trend('["s1", "s2", "s3"]', '1 day', '2020-05-01', '2020-05-05', entry => 'first') group by 1 order by 1 :both
-- Steps that lie after the range count, entries do not.
select bucket, array_agg(actors order by step), bool_and(is_complete) from telemetry.funnel_trend('["s1", "s2", "s3"]', '1 day', '2020-05-04 10:00', '2020-05-04 11:30') group by 1 :both
rollback to start;

-- All steps twice in a day is once (PH-F10); backwards is no way (PH-F11).
select play('one', t, e) from (values ('05-01T00:00:00', 's1'), ('05-01T01:00:00', 's2'), ('05-01T02:00:00', 's3'), ('05-01T13:00:00', 's1'), ('05-01T14:00:00', 's2'), ('05-01T15:00:00', 's3')) v (t, e) \g /dev/null
select array_agg(actors order by step) from telemetry.funnel_trend('["s1", "s2", "s3"]', '1 day', '2020-05-01', '2020-05-02') :both
rollback to start;
select play('one', t, e) from (values ('05-01T01:00:00', 's3'), ('05-01T02:00:00', 's2'), ('05-01T03:00:00', 's1')) v (t, e) \g /dev/null
select array_agg(actors order by step) from telemetry.funnel_trend('["s1", "s2", "s3"]', '1 day', '2020-05-01', '2020-05-02') :both
-- Nor without an order is it more than one attempt, and an exclusion voids.
select ordering, array_agg(actors order by step) from unnest('{ordered,strict,unordered}'::text[]) ordering, telemetry.funnel_trend('["s1", "s2", "s3"]', '1 day', '2020-05-01', '2020-05-02', ordering => ordering) group by 1 order by 1 :both
select array_agg(actors order by step) from telemetry.funnel_trend('["s3", "s1"]', '1 day', '2020-05-01', '2020-05-02', exclude => '[{"event": "s2"}]') :both
rollback to start;

-- A bucket is complete when the window of whoever entered at its end is over.
select within, bool_and(is_complete) from unnest('{1 hour,60 days}'::interval[]) within, telemetry.funnel_trend('["s1", "s2"]', within, date_trunc('day', now()) - interval '31 days', date_trunc('day', now()) - interval '30 days') group by 1 order by 1 :both

rollback to start;

-- Random events: entrants of a day are those of plain SQL, and every number has as many actors.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 's' || 1 + abs(hashint4(n * 3)) % 3, 'event_ts', timestamptz '2025-10-20 00:00Z' + (hashint4(n) & 2147483647) % 864000 * interval '1 second', 'user_id', telemetry.as_id((hashint4(n * 7) & 63)::text))))
  from generate_series(1, 1500) n;
create temp view plain as
    select date_trunc('day', a.event_ts) as bucket, count(distinct a.user_id) as entered, count(distinct b.user_id) as converted
      from telemetry.events a left join telemetry.events b on (b.user_id, b.event_name) = (a.user_id, 's2') and b.event_ts >= a.event_ts and b.event_ts <= a.event_ts + interval '6 hours'
     where a.event_name = 's1' and a.event_ts >= '2025-10-20' and a.event_ts < '2025-10-30' group by 1;
select bucket, array_agg(actors order by step) as actors, array_agg(actors order by step) = array[p.entered, p.converted] as is_equal
  from telemetry.funnel_trend('["s1", "s2"]', '6 hours', '2025-10-20', '2025-10-30') left join plain p using (bucket) group by 1, p.entered, p.converted order by 1 :both
-- Who enters at the first step are the active users of its event.
select count(*) filter (where f.actors = u.actors) as equal, count(*) as days
  from telemetry.funnel_trend('["s1", "s2"]', since => '2025-10-20', until => '2025-10-30', tz => 'Asia/Kolkata') f full join telemetry.active_users(since => '2025-10-20', until => '2025-10-30', events => '{s1}', tz => 'Asia/Kolkata') u using (bucket) where f.step = 1 :both
select count(*), count(*) filter (where f.actors <> a.actors) as differences
  from telemetry.funnel_trend('["s1", "s2", "s3"]', '6 hours', '2025-10-20', '2025-10-30') f,
       lateral (select count(*) as actors from telemetry.funnel_trend_actors('["s1", "s2", "s3"]', '6 hours', '2025-10-20', '2025-10-30') a where a.bucket = f.bucket and a.depth >= f.step) a;

-- What cannot be answered is an error.
select * from telemetry.funnel_trend(null);
select * from telemetry.funnel_trend('["a", "b"]', grain => 'fortnight');
select * from telemetry.funnel_trend('["a", "b"]', tz => 'Mars/Olympus');
select * from telemetry.funnel_trend('["a", "b"]', since => '2020-01-02', until => '2020-01-01');
rollback;
