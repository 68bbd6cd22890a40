-- funnel_times(): how long actors take through a funnel. The case is that of docs/semantics.md; `:both` asks rows and timeline,
-- see the book both_sources.
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

-- Nothing logged: nobody got there.
select * from telemetry.funnel_times('["s1", "s2"]');

savepoint start;
-- Times to convert of 3600, 2220 and 82800 seconds (PH-F15), in seven bins and in one.
select play(p, t, e) from (values ('p1', '06-08T18:00:00', 's1'), ('p1', '06-08T19:00:00', 's2'), ('p2', '06-11T20:00:00', 's1'), ('p2', '06-11T20:37:00', 's2'), ('p3', '06-12T00:00:00', 's1'), ('p3', '06-12T23:00:00', 's2'), ('p4', '06-12T00:00:00', 's1')) v (p, t, e) \g /dev/null
select * from telemetry.funnel_times('["s1", "s2"]', '1 day', bins => 7) :both
select * from telemetry.funnel_times('["s1", "s2"]', '1 day', bins => 1) :both
select avg(seconds) from telemetry.funnel_times_actors('["s1", "s2"]', '1 day') :both
select actor_id = telemetry.as_id('p2') as is_p2, seconds from telemetry.funnel_times_actors('["s1", "s2"]', '1 day') order by 2 :both
-- All of one length lie in the first bin.
select * from telemetry.funnel_times('["s1", "s2"]', '1 day', until => '2020-06-10', bins => 2) :both
-- Between other steps: those who get there.
select play('p1', '06-08T19:30:00', 's3') \g /dev/null
select from_step, to_step, f.* from (values (1, 2), (2, 3), (1, 3)) v (from_step, to_step), telemetry.funnel_times('["s1", "s2", "s3"]', '1 day', bins => 2, from_step => from_step, to_step => to_step) f order by 1, 2, 3 :both
select * from telemetry.funnel_times('["s1", "s2", "s4"]', '1 day');
rollback to start;

-- Random events: those who get there are those of the funnel, and every bin has its actors.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 's' || 1 + abs(hashint4(n * 3)) % 3, 'event_ts', timestamptz '2025-10-20 00:00Z' + (hashint4(n) & 2147483647) % 864000 * interval '1 second', 'user_id', telemetry.as_id((hashint4(n * 7) & 63)::text))))
  from generate_series(1, 1500) n;
select sum(actors) = (select actors from telemetry.funnel('["s1", "s2", "s3"]', '6 hours') where step = 3) as is_equal from telemetry.funnel_times('["s1", "s2", "s3"]', '6 hours') :both
select f.bin, f.actors, f.actors = count(*) as is_equal
  from telemetry.funnel_times('["s1", "s2"]', '1 day', bins => 5) f
  left join telemetry.funnel_times_actors('["s1", "s2"]', '1 day') a on a.seconds >= f.from_seconds and (a.seconds < f.until_seconds or f.bin = 5)
 group by 1, 2 order by 1 :both

-- What cannot be answered is an error.
select * from telemetry.funnel_times('["a", "b"]', bins => 0);
select * from telemetry.funnel_times('["a", "b"]', from_step => 2);
select * from telemetry.funnel_times('["a", "b"]', to_step => 3);
select * from telemetry.funnel_times('["a"]');
rollback;
