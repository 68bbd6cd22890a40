-- lifecycle(): who is new, returning, resurrecting or dormant. `:both` asks rows and timeline, see the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
set local telemetry.enforcement = 'accept';
-- Nothing logged: all time has no period, a given range has its periods, empty.
select * from telemetry.lifecycle();
select * from telemetry.lifecycle(since => '2020-01-01', until => '2020-01-02') :both

-- PH-L1: four people, eight days. The second, who was here on the 9th, is resurrected on the 12th.
savepoint start;
select logs(person, array_agg(('2020-01-' || day || ' 12:00')::timestamptz))
  from (values ('p1', '{11,12,13,15,17,19}'::text[]), ('p2', '{09,12}'), ('p3', '{12}'), ('p4', '{15}')) v (person, days), unnest(days) day group by person \g /dev/null
select status, array_agg(actors order by bucket) from telemetry.lifecycle(since => '2020-01-12', until => '2020-01-20') group by status order by min(array_position('{new,returning,resurrecting,dormant}', status)) :both
select * from telemetry.lifecycle(since => '2020-01-12', until => '2020-01-14') :both
-- Their names.
select bucket::date, status, array_agg(person order by person)
  from telemetry.lifecycle_actors(since => '2020-01-12', until => '2020-01-20') join unnest('{p1,p2,p3,p4}'::text[]) person on telemetry.as_id(person) = actor_id group by 1, 2 order by 1, 2 :both
-- By week; weeks may begin on a Sunday.
select week_start, bucket::date, jsonb_object_agg(status, actors) from unnest('{monday,sunday}'::text[]) week_start, telemetry.lifecycle(since => '2020-01-05', until => '2020-01-26', grain => 'week', week_start => week_start) group by 1, 2 order by 1, 2 :both
-- Of a range as a whole; before it is as much time as it has: the second was here in those four days.
select l.*, (select array_agg(person order by person) from telemetry.lifecycle_actors(since => '2020-01-12', until => '2020-01-16', grain => 'range') a
               join unnest('{p1,p2,p3,p4}'::text[]) person on telemetry.as_id(person) = a.actor_id where a.status = l.status) as who
  from telemetry.lifecycle(since => '2020-01-12', until => '2020-01-16', grain => 'range') l :both
select status, actors from telemetry.lifecycle(since => '2020-01-16', until => '2020-01-18', grain => 'range') :both
-- All time: everybody is new once.
select sum(actors) filter (where status = 'new') as new, min(bucket)::date as first, max(bucket)::date as last from telemetry.lifecycle(until => '2020-01-20') :both

-- A range may begin within a period: what lies before it is no activity of that period, but whoever began there is
-- new in it. The period before is a whole one.
select logs('p5', '{2020-01-12 03:00,2020-01-12 15:00,2020-01-13 01:00}') \g /dev/null
select logs('p6', '{2020-01-12 03:00,2020-01-13 03:00}') \g /dev/null
select bucket::date, status, array_agg(person order by person)
  from telemetry.lifecycle_actors(since => '2020-01-12 06:00', until => '2020-01-13 02:00') join unnest('{p1,p2,p3,p4,p5,p6}'::text[]) person on telemetry.as_id(person) = actor_id group by 1, 2 order by 1, 2 :both
select bucket::date, status, actors, is_complete from telemetry.lifecycle(since => '2020-01-12 06:00', until => '2020-01-13 02:00') where actors <> 0 order by 1, 2 :both
rollback to start;

-- Activity is what is asked for: by name, by what the payload contains; new is the first of that.
select logs('ann', '{2020-01-01,2020-01-02}', 'open', '{"plan": "free"}') \g /dev/null
select logs('ann', '{2020-01-03}', 'open', '{"plan": "pro"}') \g /dev/null
select logs('ann', '{2020-01-04}', 'close') \g /dev/null
select what, bucket::date, status, actors
  from (select 'all' as what, * from telemetry.lifecycle(since => '2020-01-02', until => '2020-01-06')
        union all select 'open', * from telemetry.lifecycle(since => '2020-01-02', until => '2020-01-06', events => '{open}')
        union all select 'close', * from telemetry.lifecycle(since => '2020-01-02', until => '2020-01-06', events => '{close}')
        union all select 'pro', * from telemetry.lifecycle(since => '2020-01-02', until => '2020-01-06', filter => '{"plan": "pro"}')) l where actors <> 0 order by 1, 2, 3 :both
-- The local day decides: in New York the midnights of UTC are the evenings before.
select bucket, status, actors from telemetry.lifecycle(since => '2019-12-31 05:00Z', until => '2020-01-04 05:00Z', tz => 'America/New_York') where actors <> 0 :both
rollback to start;

-- A user id in two tenants is two actors; events without a user are nobody's.
select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('event_name', 'open', 'event_ts', t, 'user_id', u, 'tenant_id', tenant))))
  from (values ('2025-01-01T00:00:00Z', '44444444-4444-4444-4444-444444444444', telemetry.as_id('x')), ('2025-01-02T00:00:00Z', '55555555-5555-5555-5555-555555555555', telemetry.as_id('x')), ('2025-01-02T00:00:00Z', '55555555-5555-5555-5555-555555555555', null)) v (t, tenant, u) \g /dev/null
select bucket::date, status, actors from telemetry.lifecycle(since => '2025-01-01', until => '2025-01-03') where actors <> 0 :both
select bucket::date, status, actors from telemetry.lifecycle(since => '2025-01-01', until => '2025-01-03', tenant => '44444444-4444-4444-4444-444444444444') where actors <> 0 :both
rollback to start;

-- What is not over is not complete.
select bucket = date_trunc('day', now()) as today, bool_or(is_complete) from telemetry.lifecycle(since => date_trunc('day', now()) - interval '1 day', until => date_trunc('day', now()) + interval '1 day') group by 1 order by 1;

-- Random events. The statuses of a period add up to its active users and to those of the period before, and are what
-- plain SQL says; the lists are as long as the counts.
select logs('u' || u, array_agg(timestamptz '2025-10-20' + (hashint4(u * 100 + n) & 2147483647) % 2592000 * interval '1 second'))
  from generate_series(1, 60) u, generate_series(1, 1 + u % 12) n group by u \g /dev/null
create view answers as
    select grain, zone, l.* from unnest('{day,week}'::text[]) grain, unnest('{UTC,America/New_York,Asia/Kolkata}'::text[]) zone, telemetry.lifecycle(since => '2025-10-30 00:00Z', until => '2025-11-18 00:00Z', grain => grain, tz => zone) l;
select grain, zone, count(*) as periods, sum(active) as active,
       count(*) filter (where active <> coalesce(a.actors, 0)) as not_active, count(*) filter (where before <> coalesce(b.actors, 0)) as not_before
  from (select grain, zone, bucket, row_number() over (partition by grain, zone order by bucket) as place, sum(actors) filter (where status <> 'dormant') as active,
               sum(case status when 'returning' then actors when 'dormant' then -actors end) as before from answers group by 1, 2, 3) l,
       lateral (select (select actors from telemetry.active_users(since => '2025-10-30 00:00Z', until => '2025-11-18 00:00Z', grain => grain, tz => zone) u where u.bucket = l.bucket) as actors) a,
       lateral (select (select u.actors from telemetry.active_users(since => case when place = 2 then timestamptz '2025-10-30 00:00Z' else l.bucket - interval '20 days' end, until => l.bucket, grain => grain, tz => zone) u order by u.bucket desc limit 1) as actors) b
 group by 1, 2 order by 1, 2 :both
create view days as select distinct user_id, event_ts::date as day, min(event_ts::date) over (partition by user_id) as first from telemetry.events;
select count(*) as rows, count(*) filter (where l.actors <> coalesce(p.actors, 0)) as differences
  from answers l left join (
       select day as bucket, case when day = first then 'new' when exists (select from days d where d.user_id = x.user_id and d.day = x.day - 1) then 'returning' else 'resurrecting' end as status, count(*) as actors from days x group by 1, 2
       union all
       select day + 1, 'dormant', -count(*) from days x where not exists (select from days d where d.user_id = x.user_id and d.day = x.day + 1) group by 1) p on p.bucket = l.bucket and p.status = l.status
 where grain = 'day' and zone = 'UTC';
select count(*) as rows, count(*) filter (where abs(l.actors) <> coalesce(a.actors, 0)) as differences
  from answers l left join (select grain, zone, bucket, status, count(distinct actor_id) as actors
                              from unnest('{day,week}'::text[]) grain, unnest('{UTC,America/New_York,Asia/Kolkata}'::text[]) zone, telemetry.lifecycle_actors(since => '2025-10-30 00:00Z', until => '2025-11-18 00:00Z', grain => grain, tz => zone) group by 1, 2, 3, 4) a using (grain, zone, bucket, status) :both

-- What cannot be answered is an error.
select * from telemetry.lifecycle(grain => 'fortnight');
select * from telemetry.lifecycle(since => '2020-01-01', grain => 'range');
select * from telemetry.lifecycle(tz => 'Mars/Olympus');
select * from telemetry.lifecycle(grain => 'week', week_start => 'someday');
select * from telemetry.lifecycle(since => '2020-01-02', until => '2020-01-01');
select * from telemetry.lifecycle_actors(since => '-infinity');
set local telemetry.kpi_memory = '1MB';
select * from telemetry.lifecycle(since => '2019-01-01', until => '2021-01-01', grain => 'hour');
rollback;
