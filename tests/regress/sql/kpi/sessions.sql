-- user_sessions() and session_stats(): what belongs together in time. The case is that of docs/semantics.md; `:both` asks rows
-- and timeline, see the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
set local telemetry.enforcement = 'accept';
select telemetry.register_event(name, '{"promoted_properties": ["plan"]}') from unnest('{open,click,mailed}'::text[]) name \g /dev/null
-- A person's events by hand, all of one name, at these times.
create function play(person text, times timestamptz[], event_name text default 'open', plan text default null) returns void language sql as $$
    select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
        'event_name', play.event_name, 'event_ts', t, 'user_id', telemetry.as_id(person), 'payload', jsonb_build_object('plan', play.plan))))) from unnest(times) t
$$;

-- Nothing logged: no session, and a row per bucket where the range is given.
select * from telemetry.user_sessions();
select * from telemetry.session_stats();
select * from telemetry.session_stats('2020-01-01', '2020-01-03') :both

-- A gap of more than 30 minutes splits (DB-1).
savepoint start;
select play('ann', '{2020-01-01 10:00,2020-01-01 10:15,2020-01-01 10:25,2020-01-01 11:30,2020-01-01 11:45,2020-01-01 13:00}') \g /dev/null
select actor_id = telemetry.as_id('ann') as is_ann, started_at, ended_at, duration_seconds, events, first_event, last_event from telemetry.user_sessions() order by started_at :both
select * from telemetry.session_stats('2020-01-01', '2020-01-03') :both
select bucket, sessions, actors, bounce_rate from telemetry.session_stats('2020-01-01 10:00', '2020-01-01 14:00', 'hour') :both
-- Another timeout.
select count(*), max(duration_seconds) from telemetry.user_sessions(timeout => '75 minutes') :both
rollback to start;

-- Exactly the timeout does not split, a microsecond more does.
select play('ann', '{2020-01-01 10:00,2020-01-01 10:30,2020-01-01 11:00:00.000001}') \g /dev/null
select started_at, ended_at, events from telemetry.user_sessions() order by 1 :both
rollback to start;

-- Midnight is nothing special: the session counts whole on the day that it begins. It is in the range that it begins in,
-- and has its events after that.
select play('ann', '{2020-01-01 23:50,2020-01-02 00:10,2020-01-02 00:20}') \g /dev/null
select play('bob', '{2020-01-02 00:00}') \g /dev/null
select bucket, sessions, actors, avg_seconds, avg_events, bounce_rate from telemetry.session_stats('2020-01-01', '2020-01-04') :both
select started_at, ended_at, events from telemetry.user_sessions('2020-01-01', '2020-01-02') :both
select started_at, ended_at, events from telemetry.user_sessions('2020-01-02', '2020-01-03') :both
select bucket, sessions from telemetry.session_stats('2020-01-01', '2020-01-03', tz => 'Asia/Kolkata') :both
rollback to start;

-- No session is older than 24 hours. Somebody who never pauses for days has the same sessions in whatever range.
select play('bot', array_agg(timestamptz '2020-01-01 10:07' + n * interval '20 minutes')) from generate_series(0, 400) n \g /dev/null
select started_at, ended_at, events from telemetry.user_sessions() order by 1 :both
select started_at, ended_at, events from telemetry.user_sessions('2020-01-05', '2020-01-06') order by 1 :both
rollback to start;

-- What makes no session: events that are left out, and those whose payload is another.
select play('ann', '{2020-01-01 10:00,2020-01-01 10:50}', plan => 'pro'), play('ann', '{2020-01-01 10:25,2020-01-01 15:00}', 'mailed') \g /dev/null
select started_at, ended_at, events, first_event, last_event from telemetry.user_sessions() order by 1 :both
select started_at, ended_at, events from telemetry.user_sessions(exclude => '{mailed}') order by 1 :both
select started_at, ended_at, events from telemetry.user_sessions(filter => '{"plan": "pro"}') order by 1 :both
select sessions, avg_events, bounce_rate from telemetry.session_stats('2020-01-01', '2020-01-02', exclude => '{mailed}') :both
rollback to start;

-- Among events of one time, the order of arrival says which is the first and which the last.
select play('ann', '{2020-01-01 10:00}', name) from unnest('{click,open,mailed}'::text[]) name \g /dev/null
select first_event, last_event, duration_seconds from telemetry.user_sessions() :both
rollback to start;

-- By the session_id that the application sets: whatever the gaps, and whoever it was.
select telemetry.import_events('[{"event_name": "open", "event_ts": "2020-01-01T10:00:00Z", "session_id": "00000000-0000-4000-8000-000000000001", "user_id": "00000000-0000-4000-8000-00000000000a"},
                                 {"event_name": "click", "event_ts": "2020-01-01T15:00:00Z", "session_id": "00000000-0000-4000-8000-000000000001"},
                                 {"event_name": "open", "event_ts": "2020-01-01T23:50:00Z", "session_id": "00000000-0000-4000-8000-000000000002"},
                                 {"event_name": "click", "event_ts": "2020-01-02T00:10:00Z", "session_id": "00000000-0000-4000-8000-000000000002"}]');
select actor_id, started_at, ended_at, events, first_event, last_event from telemetry.user_sessions('2020-01-01', '2020-01-02', by => 'session_id') order by 1 :both
select actor_id, started_at from telemetry.user_sessions('2020-01-02', '2020-01-03', by => 'session_id') :both
select bucket, sessions, actors, median_seconds from telemetry.session_stats('2020-01-01', '2020-01-03', by => 'session_id') :both
-- An id that lasts for months: a session of a day, and the next one; those of a range are those of all time that begin in it.
savepoint lasting;
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'open', 'event_ts', timestamptz '2020-02-01 05:00Z' + n * interval '7 hours', 'session_id', '00000000-0000-4000-8000-000000000003'))) from generate_series(0, 200) n \g /dev/null
select count(*), sum(events), max(duration_seconds) from telemetry.user_sessions(by => 'session_id') where actor_id = '00000000-0000-4000-8000-000000000003' :both
select started_at, ended_at, events from telemetry.user_sessions('2020-03-01', '2020-03-03', by => 'session_id') order by 1 :both
select count(*) as days, count(*) filter (where s.of_day is distinct from a.of_all) as that_differ
  from generate_series(timestamptz '2020-02-01Z', '2020-04-05Z', '1 day') day,
       lateral (select array_agg((started_at, ended_at, events) order by started_at) as of_day from telemetry.user_sessions(day, day + interval '1 day', by => 'session_id')) s,
       lateral (select array_agg((started_at, ended_at, events) order by started_at) as of_all from telemetry.user_sessions(by => 'session_id') where started_at >= day and started_at < day + interval '1 day') a;
select sum(sessions), min(sessions), max(sessions) from telemetry.session_stats('2020-02-02', '2020-03-30', by => 'session_id') :both
rollback to lasting;
rollback to start;

-- A user id in two tenants is two actors; an analyst of one of them gets one, here and from every KPI of its kind.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', name, 'event_ts', timestamptz '2020-01-01' + n * interval '1 minute', 'user_id', telemetry.as_id('x', '44444444-4444-4444-4444-444444444444'), 'tenant_id', tenant)))
  from unnest('{44444444-4444-4444-4444-444444444444,55555555-5555-5555-5555-555555555555}'::uuid[]) tenant, unnest('{open,click}'::text[]) with ordinality v (name, n) \g /dev/null
select tenant_id, events from telemetry.user_sessions() order by 1 :both
select sessions, actors from telemetry.session_stats('2020-01-01', '2020-01-02') :both
select sessions, actors from telemetry.session_stats('2020-01-01', '2020-01-02', tenant => '44444444-4444-4444-4444-444444444444') :both
select kpi, actors from (
    select 'user_sessions' as kpi, count(*) as actors from telemetry.user_sessions() union all select 'session_stats', sum(actors) from telemetry.session_stats() union all
    select 'paths', sum(actors) from telemetry.paths() union all select 'paths_actors', count(*) from telemetry.paths_actors() union all
    select 'next_events', sum(actors) from telemetry.next_events('{open}') union all select 'next_events_actors', count(*) from telemetry.next_events_actors('{open}') union all
    select 'time_to_first', sum(n_reached) from telemetry.time_to_first('open', 'click') union all select 'time_to_first_actors', count(reached_at) from telemetry.time_to_first_actors('open', 'click') union all
    select 'time_between', sum(followed) from telemetry.time_between('open', 'click') union all select 'time_between_actors', count(next_at) from telemetry.time_between_actors('open', 'click') union all
    select 'funnel_trend', sum(actors) from telemetry.funnel_trend('["open", "click"]') where step = 2 union all select 'funnel_trend_actors', count(*) from telemetry.funnel_trend_actors('["open", "click"]') union all
    select 'funnel_times', sum(actors) from telemetry.funnel_times('["open", "click"]') union all select 'funnel_times_actors', count(*) from telemetry.funnel_times_actors('["open", "click"]')) k order by kpi :both
create role app_analyst;
select telemetry.grant_access('app_analyst', 'analyst');
savepoint analyst;
set local telemetry.tenant_id = '55555555-5555-5555-5555-555555555555';
set local role app_analyst;
select tenant_id, events from telemetry.user_sessions() order by 1;
select kpi, actors from (
    select 'user_sessions' as kpi, count(*) as actors from telemetry.user_sessions() union all select 'session_stats', sum(actors) from telemetry.session_stats() union all
    select 'paths', sum(actors) from telemetry.paths() union all select 'paths_actors', count(*) from telemetry.paths_actors() union all
    select 'next_events', sum(actors) from telemetry.next_events('{open}') union all select 'next_events_actors', count(*) from telemetry.next_events_actors('{open}') union all
    select 'time_to_first', sum(n_reached) from telemetry.time_to_first('open', 'click') union all select 'time_to_first_actors', count(reached_at) from telemetry.time_to_first_actors('open', 'click') union all
    select 'time_between', sum(followed) from telemetry.time_between('open', 'click') union all select 'time_between_actors', count(next_at) from telemetry.time_between_actors('open', 'click') union all
    select 'funnel_trend', sum(actors) from telemetry.funnel_trend('["open", "click"]') where step = 2 union all select 'funnel_trend_actors', count(*) from telemetry.funnel_trend_actors('["open", "click"]') union all
    select 'funnel_times', sum(actors) from telemetry.funnel_times('["open", "click"]') union all select 'funnel_times_actors', count(*) from telemetry.funnel_times_actors('["open", "click"]')) k order by kpi;
rollback to start;

-- A bucket is complete when none of its sessions may go on.
select play('ann', array[date_trunc('hour', now()) - interval '1 hour 1 microsecond']) \g /dev/null
select timeout, sessions, is_complete from unnest('{00:30,24:00}'::interval[]) timeout, telemetry.session_stats(date_trunc('hour', now()) - interval '2 hours', date_trunc('hour', now()) - interval '1 hour', 'hour', timeout => timeout) order by 1 :both
rollback to start;

-- Random events: the sessions of plain SQL, and those of a range are those of all time that begin in it.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', (array['open', 'click', 'mailed'])[1 + abs(hashint4(n * 3)) % 3], 'event_ts', timestamptz '2025-10-20 00:00Z' + (hashint4(n) & 2147483647) % 864000 * interval '1 second', 'user_id', telemetry.as_id((hashint4(n * 7) & 15)::text))))
  from generate_series(1, 3000) n;
create temp view plain as
    select tenant_id, user_id, min(event_ts) as started_at, max(event_ts) as ended_at, count(*) as events
      from (select *, coalesce(sum(splits) over (partition by tenant_id, user_id order by event_ts, ingest_id), 0) as session
              from (select *, (event_ts - lag(event_ts) over (partition by tenant_id, user_id order by event_ts, ingest_id) > '30 minutes')::int as splits from telemetry.events) e) e
     group by tenant_id, user_id, session;
select count(*) > 1000 as many, count(*) filter (where p.events is distinct from s.events or p.ended_at is distinct from s.ended_at) as differences
  from plain p full join telemetry.user_sessions() s on (p.tenant_id, p.user_id, p.started_at) = (s.tenant_id, s.actor_id, s.started_at) :both
select count(*) > 1000 as many, count(*) filter (where a.events is distinct from r.events or a.ended_at is distinct from r.ended_at) as differences
  from telemetry.user_sessions() a
  full join (select s.* from generate_series(timestamptz '2025-10-20', '2025-10-29', '1 day') day, telemetry.user_sessions(day, day + interval '1 day') s) r on (a.actor_id, a.started_at) = (r.actor_id, r.started_at) :both
select s.bucket, s.sessions, s.sessions = p.sessions and s.actors = p.actors and abs(s.avg_seconds - p.seconds) < 1e-9 and s.median_seconds = p.median and abs(s.avg_events - p.events) < 1e-9 and s.bounce_rate = p.bounces as is_equal
  from telemetry.session_stats('2025-10-20', '2025-10-30', tz => 'America/New_York') s
  left join (select date_trunc('day', started_at, 'America/New_York') as bucket, count(*) as sessions, count(distinct (tenant_id, user_id)) as actors, avg(extract(epoch from ended_at - started_at)) as seconds,
                    percentile_cont(0.5) within group (order by extract(epoch from ended_at - started_at)::float8) as median, avg(events) as events, avg((events = 1)::int)::float8 as bounces
               from plain where started_at >= '2025-10-20' group by 1) p on p.bucket = s.bucket order by 1;
select source from telemetry.explain_kpi('session_stats', '{"since": "2025-10-20"}');

-- What cannot be answered is an error.
select * from telemetry.user_sessions(by => 'moon');
select * from telemetry.user_sessions(by => 'session_id', timeout => '1 hour');
select * from telemetry.user_sessions(timeout => '-1 hour');
select * from telemetry.user_sessions(timeout => '2 days');
select * from telemetry.user_sessions('2020-01-02', '2020-01-01');
select * from telemetry.session_stats(grain => 'fortnight');
set local telemetry.kpi_memory = '1MB';
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'open', 'event_ts', timestamptz '2021-01-01' + n * interval '1 second', 'user_id', telemetry.as_id(n::text)))) from generate_series(1, 20000) n;
select count(*) from telemetry.user_sessions();
rollback;
