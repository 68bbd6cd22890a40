-- stickiness(): in how many periods actors were active. `:both` asks rows and timeline, see the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
set local telemetry.enforcement = 'accept';
-- Nothing logged: all time has no period, a given range has its periods, empty, and no rate.
select * from telemetry.stickiness();
select * from telemetry.stickiness(since => '2020-01-01', until => '2020-01-03') :both

-- PH-S1: one comes every day but the last of ten, one on five of them.
savepoint start;
select logs('p1', array_agg(day)) from generate_series(timestamptz '2020-01-11 12:00', '2020-01-19 12:00', '1 day') day \g /dev/null
select logs('p2', array_agg(day)) from generate_series(timestamptz '2020-01-11 12:00', '2020-01-19 12:00', '2 days') day \g /dev/null
select array_agg(actors order by periods) from telemetry.stickiness(since => '2020-01-11', until => '2020-01-21') :both
select * from telemetry.stickiness(since => '2020-01-11', until => '2020-01-21') where actors > 0 :both
select periods, person from telemetry.stickiness_actors(since => '2020-01-11', until => '2020-01-21') join unnest('{p1,p2}'::text[]) person on telemetry.as_id(person) = actor_id order by 2 :both
-- By week: both came in every week that the range has, whichever day those begin with.
select week_start, array_agg(actors order by periods) from unnest('{monday,sunday}'::text[]) week_start, telemetry.stickiness(since => '2020-01-06', until => '2020-01-20', grain => 'week', week_start => week_start) group by 1 order by 1 :both
rollback to start;

-- PH-S3: three days: exactly, at least and at most one, two, three.
select logs('p1', '{2020-01-11 12:00,2020-01-12 12:00,2020-01-13 12:00}') \g /dev/null
select logs('p2', '{2020-01-11 12:00,2020-01-12 12:00}') \g /dev/null
select logs('p3', '{2020-01-11 12:00}') \g /dev/null
select count_as, array_agg(actors order by periods), array_agg(round(rate::numeric, 3) order by periods) from unnest('{exactly,at_least,at_most}'::text[]) count_as, telemetry.stickiness(since => '2020-01-11', until => '2020-01-14', count_as => count_as) group by 1 order by 1 :both

-- A day counts with at least two events only: p2 has such a day, p3 three events on one.
select logs('p2', '{2020-01-12 00:00,2020-01-13 23:59:59.999999}') \g /dev/null
select logs('p3', '{2020-01-11 13:00,2020-01-11 14:00}') \g /dev/null
select min_occurrences, array_agg(actors order by periods), array_agg(round(rate::numeric, 3) order by periods) from unnest('{1,2,3,4}'::int[]) min_occurrences, telemetry.stickiness(since => '2020-01-11', until => '2020-01-14', min_occurrences => min_occurrences) group by 1 order by 1 :both
select min_occurrences, periods, person from unnest('{2,3}'::int[]) min_occurrences, telemetry.stickiness_actors(since => '2020-01-11', until => '2020-01-14', min_occurrences => min_occurrences) join unnest('{p1,p2,p3}'::text[]) person on telemetry.as_id(person) = actor_id order by 1, 2, 3 :both
-- The range may cut periods: those count what lies inside and nothing is complete.
select periods, actors, is_complete from telemetry.stickiness(since => '2020-01-11 12:30', until => '2020-01-13 12:00', min_occurrences => 2) :both
select periods, actors, is_complete from telemetry.stickiness(since => '2020-01-11 12:30', until => '2020-01-13 12:00') :both
-- All time ends now.
select array_agg(actors order by periods) from telemetry.stickiness(until => '2020-01-14') :both
select count(*) > 365 as until_now, sum(actors) from telemetry.stickiness() :both
rollback to start;

-- Names and filter say what activity is.
select logs('ann', '{2020-01-01,2020-01-02}', 'open', '{"plan": "free"}') \g /dev/null
select logs('ann', '{2020-01-02 01:00,2020-01-02 02:00}', 'close', '{"plan": "pro"}') \g /dev/null
select what, array_agg(actors order by periods)
  from (select 'open' as what, * from telemetry.stickiness(since => '2020-01-01', until => '2020-01-03', events => '{open}')
        union all select 'pro', * from telemetry.stickiness(since => '2020-01-01', until => '2020-01-03', filter => '{"plan": "pro"}')
        union all select 'thrice', * from telemetry.stickiness(since => '2020-01-01', until => '2020-01-03', min_occurrences => 3)
        union all select 'pro twice', * from telemetry.stickiness(since => '2020-01-01', until => '2020-01-03', min_occurrences => 2, filter => '{"plan": "pro"}')) s group by 1 order by 1 :both
-- Local days.
select zone, array_agg(actors order by periods) from unnest('{UTC,America/New_York}'::text[]) zone, telemetry.stickiness(since => '2019-12-31 05:00Z', until => '2020-01-03 05:00Z', tz => zone) group by 1 order by 1 :both
-- A user id in two tenants is two actors; events without a user are nobody's.
select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('event_name', 'open', 'event_ts', '2025-01-01T00:00:00Z', 'user_id', u, 'tenant_id', tenant))))
  from (values ('44444444-4444-4444-4444-444444444444', telemetry.as_id('x')), ('55555555-5555-5555-5555-555555555555', telemetry.as_id('x')), ('55555555-5555-5555-5555-555555555555', null)) v (tenant, u) \g /dev/null
select actors from telemetry.stickiness(since => '2025-01-01', until => '2025-01-02') :both
select actors from telemetry.stickiness(since => '2025-01-01', until => '2025-01-02', tenant => '44444444-4444-4444-4444-444444444444') :both
rollback to start;

-- Random events: what plain SQL says, with and without a criterion; the lists are as long as the counts.
select logs('u' || u, array_agg(timestamptz '2025-10-20' + (hashint4(u * 1000 + n) & 2147483647) % 1728000 * interval '1 second'))
  from generate_series(1, 70) u, generate_series(1, 1 + u % 60) n group by u \g /dev/null
create view plain as
    select least, zone, periods, count(*) as actors
      from (select least, zone, user_id, count(*) as periods
              from (select least, zone, user_id from unnest('{1,2,3,5}'::int[]) least, unnest('{UTC,America/New_York}'::text[]) zone, telemetry.events
                     where event_ts >= '2025-10-22' and event_ts < '2025-11-06' group by 1, 2, 3, (event_ts at time zone zone)::date having count(*) >= least) d group by 1, 2, 3) u group by 1, 2, 3;
create view listed as
    select least, zone, periods, count(*) as actors
      from unnest('{1,2,3,5}'::int[]) least, unnest('{UTC,America/New_York}'::text[]) zone, telemetry.stickiness_actors(since => '2025-10-22', until => '2025-11-06', min_occurrences => least, tz => zone) group by 1, 2, 3;
select least, zone, count(*) as rows, sum(s.actors) as actors, count(*) filter (where s.actors <> coalesce(plain.actors, 0)) as differences, count(*) filter (where s.actors <> coalesce(listed.actors, 0)) as not_listed
  from (select * from unnest('{1,2,3,5}'::int[]) least, unnest('{UTC,America/New_York}'::text[]) zone, telemetry.stickiness(since => '2025-10-22', until => '2025-11-06', min_occurrences => least, tz => zone)) s
       left join plain using (least, zone, periods) left join listed using (least, zone, periods)
 group by 1, 2 order by 1, 2 :both

-- At least and at most are the sums of exactly, from above and from below, and those of at least one and of at most all are everybody.
select count(*) as rows, count(*) filter (where l.actors <> (select sum(e.actors) from telemetry.stickiness(since => '2025-10-22', until => '2025-11-06', min_occurrences => least) e where e.periods >= l.periods)) as not_at_least,
       count(*) filter (where m.actors <> (select sum(e.actors) from telemetry.stickiness(since => '2025-10-22', until => '2025-11-06', min_occurrences => least) e where e.periods <= m.periods)) as not_at_most
  from unnest('{1,3}'::int[]) least, telemetry.stickiness(since => '2025-10-22', until => '2025-11-06', min_occurrences => least, count_as => 'at_least') l,
       telemetry.stickiness(since => '2025-10-22', until => '2025-11-06', min_occurrences => least, count_as => 'at_most') m where m.periods = l.periods :both

-- What cannot be answered is an error.
select * from telemetry.stickiness(count_as => 'about');
select * from telemetry.stickiness(min_occurrences => 0);
select * from telemetry.stickiness(min_occurrences => 1000001);
select * from telemetry.stickiness_actors(min_occurrences => -1);
select * from telemetry.stickiness(grain => 'fortnight');
select * from telemetry.stickiness(tz => 'Mars/Olympus');
select * from telemetry.stickiness(grain => 'week', week_start => 'someday');
select * from telemetry.stickiness(since => '2020-01-02', until => '2020-01-01');
set local telemetry.kpi_memory = '1MB';
select * from telemetry.stickiness(since => '2019-01-01', until => '2021-01-01', grain => 'hour');
select * from telemetry.stickiness(since => '2019-01-01', until => '2021-01-01', grain => 'hour', min_occurrences => 2);
rollback;
