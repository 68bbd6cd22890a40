-- window_funnel() over any table: how many steps, in their order, one window holds.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
begin;
set local time zone 'UTC';

-- Visitors of a shop, in a table of its own.
create temp table visits (who text, at timestamptz, page text);
insert into visits values
    ('ann', '2026-01-01 10:00', 'view'), ('ann', '2026-01-01 10:20', 'cart'), ('ann', '2026-01-01 10:59', 'pay'),
    ('bob', '2026-01-01 10:00', 'view'), ('bob', '2026-01-01 10:30', 'cart'), ('bob', '2026-01-01 11:00:00.000001', 'pay'),
    ('cyd', '2026-01-01 10:00', 'cart'), ('cyd', '2026-01-01 10:01', 'pay'),
    ('dee', '2026-01-01 10:00', 'view'), ('dee', '2026-01-01 10:05', 'help'), ('dee', '2026-01-01 10:06', 'cart'), ('dee', null, 'pay');
select who, telemetry.window_funnel('1 hour', at, page = 'view', page = 'cart', page = 'pay'),
       telemetry.window_funnel_strict_order('1 hour', at, page = 'view', page = 'cart', page = 'pay'),
       telemetry.window_funnel_strict_increase('1 hour', at, page = 'view', page = 'cart', page = 'pay')
  from visits group by who order by who;
-- The window includes its end; a day has 24 hours; 0 asks for one moment.
select telemetry.window_funnel('1 hour 1 microsecond', at, page = 'view', page = 'cart', page = 'pay') from visits where who = 'bob';
select telemetry.window_funnel('1 day', at, n = 1, n = 2) from (values (1, timestamptz '2026-01-01'), (2, '2026-01-02')) v (n, at);
select telemetry.window_funnel('1 day', at, n = 1, n = 2) from (values (1, timestamptz '2026-01-01'), (2, '2026-01-02 00:00:00.000001')) v (n, at);
select telemetry.window_funnel('0', at, n = 1, n = 2) from (values (1, timestamptz '2026-01-01'), (2, '2026-01-01')) v (n, at);
-- A second entry may be the better one; one row serves one step.
select telemetry.window_funnel('1 hour', at, n = 'a', n = 'b', n = 'c') from (values ('a', timestamptz '2026-01-01 13:00'), ('a', '2026-01-01 13:30'), ('b', '2026-01-01 13:45'), ('c', '2026-01-01 14:15')) v (n, at);
select telemetry.window_funnel('1 hour', timestamptz '2026-01-01', true, true);

-- ClickHouse's own cases.
\set second 'timestamptz ''2026-01-01'' + interval ''1 second'' *'
create temp view ch1 as select :second n as at, 1000 + n as name from generate_series(0, 8) n;
select telemetry.window_funnel('10000 s', at, name = 1000) as "1",
       telemetry.window_funnel('10000 s', at, name = 1000, name = 1001) as "2",
       telemetry.window_funnel('10000 s', at, name = 1000, name = 1001, name = 1002) as "3",
       telemetry.window_funnel('10000 s', at, name = 1000, name = 1001, name = 1002, name = 1008) as "4",
       telemetry.window_funnel('2 s', at, name = 1003, name = 1004, name = 1005, name = 1006, name = 1007) as "3",
       telemetry.window_funnel('3 s', at, name = 1003, name = 1004, name = 1005, name = 1006, name = 1007) as "4",
       telemetry.window_funnel('4 s', at, name = 1003, name = 1004, name = 1005, name = 1006, name = 1007) as "5"
  from ch1;
select telemetry.window_funnel('10000 s', at, name = 1001, name = 1008) as "2",
       telemetry.window_funnel('10000 s', at, name = 1008, name = 1001) as "1"
  from ch1;
select telemetry.window_funnel('10000 s', at, n = 'a', n = 'b', n = 'c', n = 'd') as "4"
  from (values (:second 1, 'a'), (:second 2, 'b'), (:second 3, 'c'), (:second 4, 'b'), (:second 5, 'd')) v (at, n);
create temp table ch6 (who integer, t integer, a text, b text);
insert into ch6 values (1, 1, 'a1', 'b1'), (1, 2, 'a2', 'b2'), (2, 1, 'a1', null), (2, 2, 'a2', null), (3, 1, null, null), (4, 1, null, 'b1'), (4, 2, 'a2', null), (4, 3, null, 'b3');
select who, telemetry.window_funnel('10000 s', :second t, a = 'a1', a = 'a2') as "2,2,0,0", telemetry.window_funnel('10000 s', :second t, a = 'a1', b = 'b2') as "2,1,0,0"
  from ch6 group by who order by who;
select who, telemetry.window_funnel('50 s', :second t, event = 1, event = 2) as "1,0,2"
  from (values (1, 100, 123), (1, 200, 345), (1, 210, 345), (2, 99, 123), (2, 250, 234), (2, 230, 345), (2, 240, 345)) v (event, t, who)
 group by who order by who;

-- It is the funnel of the log: the same actors get as far.
select telemetry.register_event(name) from unnest('{view,cart,pay}'::text[]) name;
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', (array['view', 'cart', 'pay'])[1 + abs(hashint4(n * 3)) % 3], 'event_ts', :second (abs(hashint4(n)) % 200000), 'user_id', telemetry.as_id((n % 40)::text))))
  from generate_series(1, 1000) n;
with by_rows as (
    select user_id, telemetry.window_funnel('3 hours', event_ts, event_name = 'view', event_name = 'cart', event_name = 'pay') as depth
      from telemetry.events group by user_id),
by_kpi as (select actor_id, depth from telemetry.funnel_actors('["view", "cart", "pay"]', '3 hours'))
select count(*) as actors, sum(r.depth) as steps, count(*) filter (where r.depth <> coalesce(k.depth, 0)) as differences
  from by_rows r left join by_kpi k on k.actor_id = r.user_id;

-- The order of rows, and the workers of a parallel plan, change nothing.
create temp table random_rows as
    select n % 100 as who, :second (abs(hashint4(n)) % 300) as at, abs(hashint4(n * 7)) % 5 as page from generate_series(1, 4000) n;
create temp table answers as
    select who, telemetry.window_funnel('40 s', at, page = 0, page = 1, page = 2, page < 2) as any_order,
           telemetry.window_funnel_strict_increase('40 s', at, page = 0, page = 1, page = 2, page < 2) as increasing,
           telemetry.window_funnel_strict_order('40 s', at, page = 0, page = 1, page = 2, page < 2) as strict
      from random_rows group by who;
select sum(any_order), sum(increasing), sum(strict) from answers;
select count(*) from answers a join (
    select who, telemetry.window_funnel('40 s', at, page = 0, page = 1, page = 2, page < 2 order by page desc, at desc) as any_order,
           telemetry.window_funnel_strict_increase('40 s', at, page = 0, page = 1, page = 2, page < 2 order by at desc) as increasing,
           telemetry.window_funnel_strict_order('40 s', at, page = 0, page = 1, page = 2, page < 2 order by hashint4(page)) as strict
      from random_rows group by who) b using (who, any_order, increasing, strict);
-- As a window function: the frame so far.
select n, telemetry.window_funnel('10 s', :second n, page = 'a', page = 'b', page = 'c') over (order by n)
  from (values (1, 'a'), (2, 'b'), (3, 'a'), (4, 'c')) v (n, page);
-- Two steps: states are kept per day, and merged.
select telemetry.window_funnel_of(telemetry.merge_states(state), '1 day') as merged, telemetry.window_funnel_of(telemetry.merge_states(state), '2 hours') as shorter,
       telemetry.window_funnel_of(telemetry.merge_states(state), '1 day', 'strict_increase') as increasing
  from (select telemetry.sequence_state(at, n = 'a', n = 'b', n = 'c') as state
          from (values ('a', timestamptz '2026-01-01 23:00'), ('b', '2026-01-02 00:30'), ('c', '2026-01-02 00:30')) v (n, at) group by at::date) days;

-- Nothing in, nothing out; NULL conditions do not hold.
select telemetry.window_funnel('1 day', at, page = 'view') from visits where false;
select who, telemetry.window_funnel('1 day', at, page = 'view') filter (where page = 'pay') from visits group by who order by who limit 1;
select telemetry.window_funnel('1 day', now(), null, true);
select telemetry.window_funnel_of(null, '1 day');

-- Bad input.
select telemetry.window_funnel('-1 second', at, page = 'view') from visits;
select telemetry.window_funnel('1 month', at, page = 'view') from visits;
select telemetry.window_funnel('1 year -12 months 1 day -25 hours', at, page = 'view') from visits;
select telemetry.window_funnel(null, at, page = 'view') from visits;
select telemetry.window_funnel(case page when 'view' then interval '1 hour' else '2 hours' end, at, page = 'view') from visits;
select telemetry.window_funnel('1 hour', 'infinity', true);
select telemetry.window_funnel('1 hour', at, variadic '{}') from visits;
select telemetry.window_funnel('1 hour', at, variadic null) from visits;
select telemetry.window_funnel('1 hour', at, variadic array_fill(true, array[32])) from visits;
select telemetry.window_funnel('1 hour', at, variadic array_fill(true, array[33])) from visits;
select telemetry.window_funnel('1 hour', at, variadic case page when 'view' then '{t}' else '{t,f}' end::boolean[]) from visits;
select telemetry.window_funnel_of('\x00', '1 hour');
select telemetry.window_funnel_of(telemetry.uniq_state(page), '1 hour') from visits;
select telemetry.window_funnel_of(null, null);
select telemetry.window_funnel_of(null, '1 hour', 'strict_order');
select telemetry_private.window_funnel_step(null, '1 hour', now(), '{t}');
rollback;
