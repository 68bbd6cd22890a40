-- retention(): who came back, by cohort. The cases are those of docs/semantics.md, with their known answers; `:both` asks rows
-- and timeline, see the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
set local telemetry.enforcement = 'accept';
select telemetry.register_event(name, '{"promoted_properties": ["plan"]}') from unnest('{open,signup,renew}'::text[]) name \g /dev/null
-- A person's events by hand, all of one name, at these times.
create function play(person text, times timestamptz[], event_name text default 'open', plan text default null) returns void language sql as $$
    select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
        'event_name', play.event_name, 'event_ts', t, 'user_id', telemetry.as_id(person), 'payload', jsonb_build_object('plan', play.plan))))) from unnest(times) t
$$;

-- Nothing logged: all time has no cohort, a given range has its cohorts, empty, and no rate.
select * from telemetry.retention();
select * from telemetry.retention(since => '2020-01-01', until => '2020-01-03') :both

-- 80 come on the first day, 50 of them on the second, 60 of them on the third (CH-12).
savepoint start;
select play('u' || n, array_remove(array['2018-08-06 10:00', case when n < 50 then '2018-08-07 11:00' end, case when n < 60 then '2018-08-08 12:00' end], null)::timestamptz[]) from generate_series(0, 79) n \g /dev/null
select cohort, cohort_size, period, actors, rate, is_complete from telemetry.retention('open', 'open', '2018-08-06', '2018-08-09') :both
-- By week they are one cohort. The periods shown are all that the range has, or the first ones.
select * from telemetry.retention('open', 'open', '2018-08-06', '2018-08-20', 'week') :both
select array_agg(actors order by period) from telemetry.retention('open', 'open', '2018-08-06', '2018-08-09', periods => 1) group by cohort order by cohort;
select cohort, actors from telemetry.retention('open', 'open', '2018-08-06', '2018-08-09', periods => 0) :both
rollback to start;

-- Ten of whom five come back, thirty of whom three do, and seven who could not yet: 8 of 40 (TE-12).
select play(day || '/' || n, array_remove(array[day, case when n <= stay then day + interval '1 day' end], null)) from (values (timestamptz '2020-01-06', 10, 5), ('2020-01-07', 30, 3), ('2020-01-08', 7, 0)) v (day, users, stay), generate_series(1, users) n \g /dev/null
select cohort::date, cohort_size, period, actors, rate from telemetry.retention(since => '2020-01-06', until => '2020-01-09', kind => 'first_time', show => 'both', periods => 1) :both
rollback to start;

-- More come each day; the five of the first day stay (CH-13).
select play('u' || n, array_remove(array[case when n < 5 then '2020-01-01' end, case when n < 10 then '2020-01-02' end, '2020-01-03'], null)::timestamptz[]) from generate_series(0, 14) n \g /dev/null
select kind, cohort, array_agg(actors order by period) from unnest('{recurring,first_time,first_ever}'::text[]) kind, telemetry.retention(since => '2020-01-01', until => '2020-01-04', kind => kind) group by 1, 2 order by 1 desc, 2 :both
rollback to start;

-- Two people on days 0 to 6, any event (PH-R1); a row for each of eleven days, its columns the days after.
select play(person, array_agg(timestamptz '2020-06-10 05:00' + day * interval '1 day'))
  from (values ('p1', '{0,1,2,5,6}'::int[]), ('p2', '{1,2,3,6}')) v (person, days), unnest(days) day group by person \g /dev/null
select play('p1', '{2020-06-15 09:00}') \g /dev/null
select cohort::date, array_agg(actors order by period) from telemetry.retention(since => '2020-06-10', until => '2020-06-21') group by cohort order by cohort :both
-- The mean of all cohorts, weighed by their sizes: of the 9 who could be back on the next day 5 were. A cohort whose period is not
-- over, or reaches beyond the range, is in neither number.
select * from telemetry.retention(since => '2020-06-10', until => '2020-06-21', show => 'mean', periods => 3) :both
select cohort::date, cohort_size, period, actors, round(rate::numeric, 3) as rate, is_complete from telemetry.retention(since => '2020-06-10', until => '2020-06-13', show => 'both') :both
-- It is what the rows of the cohorts add up to.
select m.period, m.cohort_size, m.actors, round(m.rate::numeric, 3) as rate, (m.cohort_size, m.actors, m.rate) is not distinct from (c.cohort_size, c.actors, c.rate) as is_the_same
  from telemetry.retention(since => '2020-06-10 06:00', until => '2020-06-21', show => 'mean') m
  left join (select period, sum(cohort_size)::bigint as cohort_size, sum(actors)::bigint as actors, sum(actors)::float8 / nullif(sum(cohort_size), 0) as rate
               from telemetry.retention(since => '2020-06-10 06:00', until => '2020-06-21') where is_complete group by 1) c using (period)
 where m.period < 7 order by 1 :both
-- At least two events on a day: only p1 on day 5 (PH-R5). The cohort itself needs but one.
select cohort::date, array_agg(actors order by period) from telemetry.retention(since => '2020-06-10', until => '2020-06-21', min_occurrences => 2) group by cohort order by cohort :both
-- Days 1, 2-3 and 4-7 taken together. The column is the number of the bracket, shown where it begins inside the range.
select cohort::date, array_agg(actors order by period) from telemetry.retention(since => '2020-06-10', until => '2020-06-21', mode => 'brackets 1,2,4') group by cohort order by cohort :both
select cohort::date, array_agg(actors order by period) from telemetry.retention(since => '2020-06-10', until => '2020-06-21', mode => 'brackets 1,2,4', min_occurrences => 2) group by cohort order by cohort :both
-- A cell is complete when all that it stands for is over: the bracket 4-7 of the 14th ends with the 21st.
select cohort::date, period, is_complete from telemetry.retention(since => '2020-06-10', until => '2020-06-21', mode => 'brackets 1,2,4') where cohort in ('2020-06-13', '2020-06-14', '2020-06-20') order by 1, 2;
-- The range may cut periods: those count what lies inside and are not complete.
select cohort::date, cohort_size, period, actors, is_complete from telemetry.retention(since => '2020-06-10 06:00', until => '2020-06-12 12:00') order by 1, 3 :both
-- All time begins with the first event's period, and ends now.
select min(cohort::date), max(period) = extract(year from now()) - 2020 as until_now, sum(actors) from telemetry.retention(grain => 'year') :both
select cohort::date, array_agg(actors order by period) from telemetry.retention(until => '2020-06-12') group by cohort order by cohort :both
rollback to start;

-- On or after (PH-R3): back in that period or any later one.
select play(person, array_agg(timestamptz '2020-06-10 05:00' + day * interval '1 day'))
  from (values ('p1', '{0,3,4}'::int[]), ('p2', '{0,1}'), ('p3', '{1,2,3}'), ('p4', '{3,4}'), ('p5', '{4}')) v (person, days), unnest(days) day group by person \g /dev/null
select cohort::date, array_agg(actors order by period) from telemetry.retention(since => '2020-06-10', until => '2020-06-16', mode => 'on_or_after') group by cohort order by cohort :both
-- Twice in one period, not once in two.
select cohort::date, array_agg(actors order by period) from telemetry.retention(since => '2020-06-10', until => '2020-06-16', mode => 'on_or_after', min_occurrences => 2) group by cohort order by cohort limit 1 :both
rollback to start;

-- Both modes, of new users (OP-1).
select play(person, array_agg(timestamptz '2024-03-04 12:00' + day * interval '1 day'))
  from (values ('RU1', '{0,1,2}'::int[]), ('RU2', '{0,2}'), ('RU3', '{0}'), ('RU4', '{1,2}'), ('RU5', '{1}')) v (person, days), unnest(days) day group by person \g /dev/null
select mode, cohort::date, array_agg(actors order by period) from unnest('{on,on_or_after}'::text[]) mode, telemetry.retention('open', 'open', '2024-03-04', '2024-03-08', periods => 2, kind => 'first_time', mode => mode) where cohort < '2024-03-06' group by 1, 2 order by 1, 2 :both
-- Who was here before the range is new in none of its periods.
select cohort::date, array_agg(actors order by period) from telemetry.retention('open', 'open', '2024-03-05', '2024-03-08', kind => 'first_time') group by cohort order by cohort :both
-- Their names.
select cohort::date, period, array_agg(person order by person)
  from telemetry.retention_actors('open', 'open', '2024-03-04', '2024-03-07', kind => 'first_time') join unnest('{RU1,RU2,RU3,RU4,RU5}'::text[]) person on telemetry.as_id(person) = actor_id group by 1, 2 order by 1, 2 :both
select cohort::date, period, count(*) from telemetry.retention_actors('open', 'open', '2024-03-04', '2024-03-07', periods => 1) group by 1, 2 order by 1, 2 :both
rollback to start;

-- Windows of 24 hours from each actor's own start (PH-R7).
select play(person, times::timestamptz[], name) from (values ('u1', '{2025-01-01 09:00}', 'signup'), ('u2', '{2025-01-01 10:00}', 'signup'), ('u3', '{2025-01-02 09:00}', 'signup'), ('u4', '{2025-01-02 10:00}', 'signup'),
                                         ('u1', '{2025-01-02 12:00}', 'renew'), ('u2', '{2025-01-03 12:00}', 'renew'), ('u3', '{2025-01-03 13:00}', 'renew')) v (person, times, name) \g /dev/null
select cohort::date, array_agg(actors order by period), array_agg(is_complete order by period) from telemetry.retention('signup', 'renew', '2025-01-01', '2025-01-05', rolling => true) group by cohort order by cohort :both
select cohort::date, array_agg(actors order by period) from telemetry.retention('signup', 'renew', '2025-01-01', '2025-01-05', rolling => true, mode => 'on_or_after') group by cohort order by cohort :both
-- A return event alone makes no cohort, and a start event alone does not return.
select cohort::date, array_agg(actors order by period) from telemetry.retention('renew', 'signup', '2025-01-01', '2025-01-05') group by cohort order by cohort :both
-- A name of NULL is every event: of those who signed up, who did anything.
select cohort::date, array_agg(actors order by period) from telemetry.retention('signup', null, '2025-01-01', '2025-01-05') group by cohort order by cohort :both
rollback to start;

-- Back on the next day, but within 24 hours (TE-6): period 1 by the calendar, period 0 by windows, which is the cohort.
select play('u', '{2025-01-01 17:59,2025-01-02 17:00}') \g /dev/null
select rolling, array_agg(actors order by period) from unnest('{false,true}'::bool[]) rolling, telemetry.retention(since => '2025-01-01', until => '2025-01-03', kind => 'first_time', rolling => rolling) where cohort = '2025-01-01' group by 1 order by 1 :both
-- 24 hours to the microsecond are the next window; a month of windows has 30 days, a week 7, an hour 60 minutes.
select play('v', '{2025-01-31 00:00,2025-03-01 23:59:59.999999}') \g /dev/null
select play('w', '{2025-01-31 00:00,2025-03-02 00:00}') \g /dev/null
select grain, array_agg(period order by period) from unnest('{day,week,month}'::text[]) grain, telemetry.retention(since => '2025-01-31', until => '2025-03-03', grain => grain, rolling => true) where actors > 0 and cohort <= '2025-01-31' group by 1 order by 1 :both
select period, actors from telemetry.retention(since => '2025-01-31', until => '2025-03-03', grain => 'hour', rolling => true) where actors > 0 and cohort = '2025-01-31' order by 1;
select array_agg(actors order by period) from telemetry.retention(since => '2025-01-31', until => '2025-03-03', grain => 'month') group by cohort order by cohort :both
rollback to start;

-- A filter holds for both events. first_time: of the first event that passes it; first_ever: the first event of the
-- name must pass it, so ann, who began free, is in no cohort.
select play('ann', '{2025-01-01}', 'signup', 'free') \g /dev/null
select play('ann', '{2025-01-02,2025-01-03}', 'signup', 'pro') \g /dev/null
select play('bob', '{2025-01-02,2025-01-04}', 'signup', 'pro') \g /dev/null
select play('cyd', '{2024-12-31,2025-01-02}', 'signup', 'pro') \g /dev/null
select play('dee', '{2025-01-02}', 'signup') \g /dev/null
select kind, cohort::date, array_agg(actors order by period) from unnest('{recurring,first_time,first_ever}'::text[]) kind, telemetry.retention('signup', 'signup', '2025-01-01', '2025-01-05', kind => kind, filter => '{"plan": "pro"}') group by 1, 2 order by 1 desc, 2 :both
-- Two at once: what arrived first is first.
select play('eve', '{2025-01-01}', 'signup', 'pro') \g /dev/null
select play('eve', '{2025-01-01}', 'signup', 'free') \g /dev/null
select play('fay', '{2025-01-01}', 'signup', 'free') \g /dev/null
select play('fay', '{2025-01-01}', 'signup', 'pro') \g /dev/null
select actor_id = telemetry.as_id('eve') as is_eve from telemetry.retention_actors('signup', 'signup', '2025-01-01', '2025-01-02', kind => 'first_ever', filter => '{"plan": "pro"}') :both
rollback to start;

-- Weeks begin on Monday unless said otherwise: from a Saturday to the next day is the same week, or the next one.
select play('u', '{2024-03-09 12:00,2024-03-10 12:00}') \g /dev/null
select week_start, cohort::date, array_agg(actors order by period) from unnest('{monday,sunday,saturday}'::text[]) week_start, telemetry.retention(since => '2024-03-09', until => '2024-03-11', grain => 'week', week_start => week_start) group by 1, 2 order by 1, 2 :both
-- For another grain it makes no difference.
select count(*) from telemetry.retention(since => '2024-03-09', until => '2024-03-11', grain => 'month', week_start => 'sunday');
rollback to start;

-- Local days. Cohorts are one per local date, across clock changes (TE-7); 23 hours can be the next day, and 25 still
-- are but one.
select play('u', '{2025-03-09 04:30Z,2025-03-10 03:30Z,2025-11-02 03:30Z,2025-11-03 04:30Z}') \g /dev/null
select (cohort at time zone 'America/New_York') as local_day, array_agg(actors order by period) from telemetry.retention(since => '2025-03-08 05:00Z', until => '2025-03-11 04:00Z', tz => 'America/New_York') group by 1 order by 1 :both
select (cohort at time zone 'America/New_York') as local_day, array_agg(actors order by period) from telemetry.retention(since => '2025-11-01 04:00Z', until => '2025-11-04 05:00Z', tz => 'America/New_York') group by 1 order by 1 :both
select rolling, since::date, array_agg(actors order by period) from unnest('{2025-03-08 05:00Z,2025-11-01 04:00Z}'::timestamptz[]) since, unnest('{false,true}'::bool[]) rolling, telemetry.retention(since => since, until => since + interval '3 days', tz => 'America/New_York', rolling => rolling) where cohort = since group by 1, 2 order by 2, 1 :both
select (cohort at time zone 'Africa/Cairo') as local_day, array_agg(is_complete order by period) from telemetry.retention(since => '2025-04-23 22:00Z', until => '2025-04-26 21:00Z', tz => 'Africa/Cairo') group by 1 order by 1;
rollback to start;

-- A user id in two tenants is two actors; events without a user are nobody's.
select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('event_name', 'open', 'event_ts', t, 'user_id', u, 'tenant_id', tenant))))
  from unnest('{2025-01-01T00:00:00Z,2025-01-02T00:00:00Z}'::text[]) t, (values ('44444444-4444-4444-4444-444444444444', telemetry.as_id('x')), ('55555555-5555-5555-5555-555555555555', telemetry.as_id('x')), ('55555555-5555-5555-5555-555555555555', null)) v (tenant, u);
select array_agg(actors order by period) from telemetry.retention(since => '2025-01-01', until => '2025-01-03') group by cohort order by cohort :both
select array_agg(actors order by period) from telemetry.retention(since => '2025-01-01', until => '2025-01-03', tenant => '44444444-4444-4444-4444-444444444444') group by cohort order by cohort :both
-- Tenants as actors come back whoever of theirs does.
select cohort::date, cohort_size, array_agg(actors order by period) from telemetry.retention(since => '2025-01-01', until => '2025-01-03', actor => 'tenant') group by 1, 2 order by 1 :both
select cohort::date, period, tenant_id, actor_id = tenant_id as is_itself from telemetry.retention_actors(since => '2025-01-01', until => '2025-01-02', actor => 'tenant') order by 1, 2, 3 :both
select cohort_size, array_agg(actors order by period) from telemetry.retention(since => '2025-01-01', until => '2025-01-03', kind => 'recurring', mode => 'on_or_after', min_occurrences => 2, actor => 'tenant') group by cohort, 1 order by cohort :both
select tenant_id, actor_id = telemetry.as_id('x') as is_x from telemetry.retention_actors(since => '2025-01-01', until => '2025-01-02') order by 1 :both
rollback to start;

-- What is not over is not complete.
select cohort = date_trunc('day', now()) as today, period, is_complete from telemetry.retention(since => date_trunc('day', now()) - interval '1 day', until => date_trunc('day', now()) + interval '1 day') order by 1, 2;
-- The mean of what is not over grows with every day; who came today could not be back yet.
select play('p' || n, array[now() - interval '1 day', now()]) from generate_series(1, 3) n \g /dev/null
select play('p4', array[now() - interval '2 days']) \g /dev/null
select cohort_size, period, actors, rate, is_complete from telemetry.retention(since => date_trunc('day', now()) - interval '2 days', until => date_trunc('day', now()) + interval '1 day', show => 'mean') :both
select cohort_size, period, actors, rate, is_complete from telemetry.retention(since => date_trunc('day', now()) - interval '2 days', show => 'mean') :both
rollback to start;

-- Random events: what both functions say, and what a join says.
select play('u' || u, array_agg(timestamptz '2025-01-01' + (hashint4(u * 100 + n) & 2147483647) % 1728000 * interval '1 second'), case when u % 2 = 0 then 'open' else 'renew' end, case when u % 3 = 0 then 'pro' end)
  from generate_series(1, 40) u, generate_series(1, 1 + u % 9) n group by u \g /dev/null
select play('u' || u, array[timestamptz '2025-01-01' + (hashint4(u) & 2147483647) % 864000 * interval '1 second']) from generate_series(1, 60) u \g /dev/null
create view days as select user_id, event_name, event_ts::date as day from telemetry.events where event_ts < '2025-01-16' group by 1, 2, 3;
create view joined as
    select kind, mode, c.day as cohort, later.period, count(distinct c.user_id) as actors
      from unnest('{recurring,first_time}'::text[]) kind, unnest('{on,on_or_after}'::text[]) mode, generate_series(0, 10) later (period),
           (select user_id, day, min(day) over (partition by user_id) as first from days where event_name = 'open') c
     where c.day >= '2025-01-05' and (kind = 'recurring' or c.day = c.first)
       and (later.period = 0 or exists (select from days d where d.user_id = c.user_id and d.event_name = 'renew' and (d.day = c.day + later.period or mode = 'on_or_after' and d.day > c.day + later.period)))
     group by 1, 2, 3, 4;
select k.kind, m.mode, count(*) as cells, sum(r.actors) as actors, count(*) filter (where r.actors <> coalesce(j.actors, 0)) as differences
  from unnest('{recurring,first_time}'::text[]) k (kind), unnest('{on,on_or_after}'::text[]) m (mode),
       lateral (select r.*, k.kind, m.mode from telemetry.retention('open', 'renew', '2025-01-05', '2025-01-16', kind => k.kind, mode => m.mode) r) r
  left join joined j on (j.kind, j.mode, j.cohort, j.period) = (r.kind, r.mode, r.cohort::date, r.period)
 group by 1, 2 order by 1, 2 :both
-- Every combination of options lists as many actors as it counts.
select count(*) as combinations, sum(cells) as cells, sum(differences) as differences
  from unnest('{recurring,first_time,first_ever}'::text[]) kind, unnest('{on,on_or_after,"brackets 1,2,4"}'::text[]) mode, unnest('{false,true}'::bool[]) rolling, unnest('{1,2}'::int[]) min_occurrences, unnest('{null,"{\"plan\": \"pro\"}"}'::jsonb[]) filter,
       lateral (select count(*) as cells, count(*) filter (where r.actors <> coalesce(a.actors, 0)) as differences
                  from telemetry.retention('open', 'renew', '2025-01-05', '2025-01-16', kind => kind, mode => mode, rolling => rolling, min_occurrences => min_occurrences, filter => filter) r
                  left join (select cohort, period, count(distinct actor_id) as actors from telemetry.retention_actors('open', 'renew', '2025-01-05', '2025-01-16', kind => kind, mode => mode, rolling => rolling, min_occurrences => min_occurrences, filter => filter) group by 1, 2) a using (cohort, period)) c :both
rollback to start;

-- What cannot be answered is an error.
select * from telemetry.retention(kind => 'forever');
select * from telemetry.retention(mode => 'off');
select * from telemetry.retention(show => 'total');
select * from telemetry.retention(mode => 'brackets');
select * from telemetry.retention(mode => 'brackets 1,0');
select * from telemetry.retention(mode => 'brackets 1,two');
select * from telemetry.retention(periods => -1);
select * from telemetry.retention(min_occurrences => 0);
select * from telemetry.retention(grain => 'fortnight');
select * from telemetry.retention(grain => 'quarter', rolling => true);
select * from telemetry.retention(grain => 'week', week_start => 'someday');
select * from telemetry.retention(tz => 'Mars/Olympus');
select * from telemetry.retention(since => '2020-01-02', until => '2020-01-01');
select * from telemetry.retention(since => '-infinity');
select * from telemetry.retention(until => 'infinity');
select * from telemetry.retention(since => '1900-01-01', until => '2020-01-01', grain => 'hour');
-- 17,544 hours make 154 million cells, more than telemetry.kpi_memory holds.
select * from telemetry.retention(since => '2019-01-01', until => '2021-01-01', grain => 'hour');
select * from telemetry.retention_actors(kind => 'forever');
select * from telemetry.retention_actors(since => '2019-01-01', until => '2021-01-01', grain => 'hour');
rollback;
