-- dau_mau(): average active users of the days of a month, of those of the month. `:both` asks rows and timeline, see the
-- book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
set local telemetry.enforcement = 'accept';
-- Nothing logged: all time has no month, a given range has its months, empty, and no ratio.
select * from telemetry.dau_mau();
select * from telemetry.dau_mau(since => '2020-01-01', until => '2020-03-01') :both

-- Ann comes on each of the 29 days of February 2020, bob on one, cyd in March. DAU is 30/29 on average, MAU 2.
savepoint start;
select logs('ann', array_agg(day)) from generate_series(timestamptz '2020-02-01 12:00', '2020-02-29 12:00', '1 day') day \g /dev/null
select logs('bob', '{2020-02-10 00:00,2020-02-10 23:59:59}') \g /dev/null
select logs('cyd', '{2020-03-31 23:59:59.999999}') \g /dev/null
select bucket::date, round(average_actors::numeric, 6) as average_actors, actors, round(ratio::numeric, 6) as ratio, periods, is_complete from telemetry.dau_mau(since => '2020-02-01', until => '2020-04-01') :both
select bucket::date, person, active_periods from telemetry.dau_mau_actors(since => '2020-02-01', until => '2020-04-01') join unnest('{ann,bob,cyd}'::text[]) person on telemetry.as_id(person) = actor_id order by 1, 2 :both
-- DAU/WAU; a quarter of months.
select bucket::date, round(average_actors::numeric, 6) as average_actors, actors, round(ratio::numeric, 6) as ratio, periods from telemetry.dau_mau(since => '2020-02-03', until => '2020-02-17', grain => 'week') :both
select bucket::date, average_actors, actors, ratio, periods from telemetry.dau_mau(since => '2020-01-01', until => '2020-04-01', grain => 'quarter', averaged_grain => 'month') :both
-- WAU/MAU: the weeks that lie in February as a whole begin with Monday the 3rd, 10th and 17th (that of the 24th ends in
-- March), or with Sunday the 2nd, 9th, 16th and 23rd.
select week_start, round(average_actors::numeric, 6) as average_actors, actors, round(ratio::numeric, 6) as ratio, periods from unnest('{monday,sunday}'::text[]) week_start, telemetry.dau_mau(since => '2020-02-01', until => '2020-03-01', averaged_grain => 'week', week_start => week_start) order by 1 :both
select week_start, person, active_periods from unnest('{monday,sunday}'::text[]) week_start, telemetry.dau_mau_actors(since => '2020-02-01', until => '2020-03-01', averaged_grain => 'week', week_start => week_start) join unnest('{ann,bob,cyd}'::text[]) person on telemetry.as_id(person) = actor_id order by 1, 2 :both
-- Days that the range cuts are not averaged over, their users count for the month: the 10th to the 12th.
select bucket::date, average_actors, actors, ratio, periods, is_complete from telemetry.dau_mau(since => '2020-02-09 13:00', until => '2020-02-13 12:30') :both
select average_actors, actors, ratio, periods from telemetry.dau_mau(since => '2020-02-10 13:00', until => '2020-02-11 12:00') :both
-- All time: the months are whole, days before the first event included.
select bucket::date, round(average_actors::numeric, 6) as average_actors, actors, periods, is_complete from telemetry.dau_mau(until => '2020-04-01', events => '{open}', filter => '{}') :both
rollback to start;
select logs('ann', '{2020-01-31 10:00,2020-02-01 10:00}') \g /dev/null
select bucket::date, round(average_actors::numeric, 6) as average_actors, round(1.0 / periods, 6) as expected, periods from telemetry.dau_mau(until => '2020-03-01') :both
-- Names, filter and zone.
select logs('bob', '{2020-02-01 04:30Z}', 'close', '{"plan": "pro"}') \g /dev/null
select what, bucket::date, round(average_actors::numeric, 6) as average_actors, actors
  from (select 'close' as what, * from telemetry.dau_mau(since => '2020-02-01', until => '2020-03-01', events => '{close}')
        union all select 'pro', * from telemetry.dau_mau(since => '2020-02-01', until => '2020-03-01', filter => '{"plan": "pro"}')
        union all select 'ny', * from telemetry.dau_mau(since => '2020-01-01 05:00Z', until => '2020-03-01 05:00Z', tz => 'America/New_York')) d order by 1, 2 :both
-- Today is not over: it is not averaged over.
select periods = extract(day from now()) - 1 as until_yesterday, is_complete from telemetry.dau_mau(since => date_trunc('month', now()));
rollback to start;

-- Random events: as active_users() says day by day and month by month; the list adds up to both.
select logs('u' || u, array_agg(timestamptz '2025-09-20' + (hashint4(u * 1000 + n) & 2147483647) % 7776000 * interval '1 second'))
  from generate_series(1, 70) u, generate_series(1, 1 + u % 30) n group by u \g /dev/null
select zone, bucket, round(d.average_actors::numeric, 6) as average_actors, d.actors, periods, d.average_actors = days.average as is_average, d.actors = months.actors as is_distinct, d.ratio = d.average_actors / d.actors as is_ratio, l.listed = d.actors as is_listed, l.active::float8 / periods = d.average_actors as adds_up
  from unnest('{UTC,Asia/Kolkata,America/New_York}'::text[]) zone, lateral (select '2025-10-01'::timestamp at time zone zone as since, '2025-12-01'::timestamp at time zone zone as until) r,
       lateral telemetry.dau_mau(since => since, until => until, tz => zone) d,
       lateral (select sum(a.actors)::float8 / count(*) as average from telemetry.active_users(since => since, until => until, grain => 'day', tz => zone) a where date_trunc('month', a.bucket, zone) = d.bucket) days,
       lateral (select a.actors from telemetry.active_users(since => since, until => until, grain => 'month', tz => zone) a where a.bucket = d.bucket) months,
       lateral (select count(*) as listed, sum(active_periods) as active from telemetry.dau_mau_actors(since => since, until => until, tz => zone) l where l.bucket = d.bucket) l
 order by 1, 2 :both

-- What cannot be answered is an error.
select * from telemetry.dau_mau(grain => 'day');
select * from telemetry.dau_mau(grain => 'week', averaged_grain => 'month');
select * from telemetry.dau_mau_actors(grain => 'week', averaged_grain => 'week');
select * from telemetry.dau_mau(averaged_grain => 'fortnight');
select * from telemetry.dau_mau(tz => 'Mars/Olympus');
select * from telemetry.dau_mau(week_start => 'someday');
select * from telemetry.dau_mau(since => '2020-01-02', until => '2020-01-01');
rollback;
