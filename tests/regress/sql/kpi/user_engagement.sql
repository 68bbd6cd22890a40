-- user_engagement(): a score for each user by a published formula. `:both` asks rows and timeline, see the book
-- both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
-- Names that nobody logged: see the book unknown_events.
set telemetry.unknown_events = 'empty';
begin;
\set ON_ERROR_ROLLBACK on
set local telemetry.enforcement = 'accept';
-- Nothing logged: nobody.
select * from telemetry.user_engagement();
select * from telemetry.user_engagement(since => '2020-01-01', until => '2020-01-11') :both

-- Ten days, two names. Ann comes every day and does both, bob on the first day only, cyd on the 3rd, seven days before
-- the last. 100 * (0.4 * active_days / days + 0.3 * 0.5 ^ (days_since_last / 7) + 0.2 * event_names / all_names
-- + 0.1 * x / (x + 10)), x = events / active_days.
savepoint start;
select logs('ann', array_agg(day)) from generate_series(timestamptz '2020-01-01 12:00', '2020-01-10 12:00', '1 day') day \g /dev/null
select logs('ann', array_fill(timestamptz '2020-01-05 12:00', '{90}'), 'close') \g /dev/null
select logs('bob', '{2020-01-01 00:00,2020-01-01 23:00}') \g /dev/null
select logs('cyd', '{2020-01-03 12:00}', 'close') \g /dev/null
select person, round(score::numeric, 9) as score, active_days, days_since_last, event_names, e.events
  from telemetry.user_engagement(since => '2020-01-01', until => '2020-01-11') e join unnest('{ann,bob,cyd}'::text[]) person on telemetry.as_id(person) = actor_id order by 2 desc :both
select person, round((100 * (0.4 * days / 10.0 + 0.3 * 0.5 ^ (since / 7.0) + 0.2 * names / 2.0 + 0.1 * x / (x + 10.0)))::numeric, 9) as expected from (values ('ann', 10, 0, 2, 10.0), ('cyd', 1, 7, 1, 1.0), ('bob', 1, 9, 1, 2.0)) v (person, days, since, names, x);
-- The highest first; equals by id, so that the answer is the same each time.
select (select person from unnest('{ann,bob,cyd}'::text[]) person where telemetry.as_id(person) = actor_id) from telemetry.user_engagement(since => '2020-01-01', until => '2020-01-11', top_n => 2);
select count(*) from telemetry.user_engagement(since => '2020-01-01', until => '2020-01-11', top_n => 2) :both
select logs('twin ' || n, '{2020-01-03 12:00}', 'close') from generate_series(1, 5) n \g /dev/null
select array_agg(actor_id order by actor_id) = (select array_agg(id order by id) from (select telemetry.as_id(p) as id from unnest('{cyd,twin 1,twin 2,twin 3,twin 4,twin 5}'::text[]) p order by 1 limit 3) i) as are_first
  from telemetry.user_engagement(since => '2020-01-01', until => '2020-01-11', top_n => 4) where active_days = 1 :both
-- Other weights: recency alone; they are brought to a sum of 1.
select person, round(score::numeric, 9) as score from telemetry.user_engagement(since => '2020-01-01', until => '2020-01-11', weights => '{0,5,0,0}') join unnest('{ann,bob,cyd}'::text[]) person on telemetry.as_id(person) = actor_id order by 2 desc :both
-- Names and filter; breadth is of the names that anybody used among these.
select person, active_days, event_names, e.events from telemetry.user_engagement('{open}', '2020-01-01', '2020-01-11') e join unnest('{ann,bob,cyd}'::text[]) person on telemetry.as_id(person) = actor_id order by 1 :both
select person, round(score::numeric, 9) as score from telemetry.user_engagement('{open,never}', '2020-01-01', '2020-01-11', weights => '{0,0,1,0}') join unnest('{ann,bob}'::text[]) person on telemetry.as_id(person) = actor_id order by 1 :both
select logs('dee', '{2020-01-02 01:00Z}', 'open', '{"plan": "pro"}') \g /dev/null
select e.events, event_names, active_days from telemetry.user_engagement(since => '2020-01-01', until => '2020-01-11', filter => '{"plan": "pro"}') e :both
-- Local days.
select zone, days_since_last from unnest('{UTC,America/New_York}'::text[]) zone, telemetry.user_engagement(since => '2020-01-01', until => '2020-01-05', tz => zone, filter => '{"plan": "pro"}') order by 1 :both
rollback to start;

-- Days that have not begun do not lower a score.
select logs('ann', array[date_trunc('day', now())]) \g /dev/null
select abs(score - (40 + 30 + 20 + 10 / 11.0)) < 1e-9 as is_full, days_since_last from telemetry.user_engagement(since => date_trunc('day', now()), until => date_trunc('day', now()) + interval '20 days');
-- A sampled event stands for several; a user id in two tenants is two actors; events without a user are nobody's.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'open', 'event_ts', '2024-03-04T20:00:00Z', 'user_id', telemetry.as_id('cyd'), 'sample_rate', 0.3))) from generate_series(1, 3) \g /dev/null
select e.events, active_days, round(score::numeric, 4) as score from telemetry.user_engagement(since => '2024-03-04', until => '2024-03-05') e :both
select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('event_name', 'open', 'event_ts', '2025-01-01T00:00:00Z', 'user_id', u, 'tenant_id', tenant))))
  from (values ('44444444-4444-4444-4444-444444444444', telemetry.as_id('x')), ('55555555-5555-5555-5555-555555555555', telemetry.as_id('x')), ('55555555-5555-5555-5555-555555555555', null)) v (tenant, u) \g /dev/null
select tenant_id, e.events from telemetry.user_engagement(since => '2025-01-01', until => '2025-01-02') e :both
select tenant_id, e.events from telemetry.user_engagement(since => '2025-01-01', until => '2025-01-02', tenant => '44444444-4444-4444-4444-444444444444') e :both
rollback to start;

-- Random events: what plain SQL says.
select logs('u' || u, array_agg(timestamptz '2025-10-20' + (hashint4(u * 1000 + n) & 2147483647) % 1728000 * interval '1 second'), (array['open', 'close', 'look'])[1 + u % 3])
  from generate_series(1, 60) u, generate_series(1, 1 + u % 20) n group by u \g /dev/null
select logs('u' || u, array[timestamptz '2025-10-20' + (hashint4(u) & 2147483647) % 1728000 * interval '1 second'], 'open') from generate_series(1, 40) u \g /dev/null
select zone, count(*) as users, sum(e.events) as events, count(*) filter (where (e.active_days, e.days_since_last, e.event_names, e.events) is distinct from (p.days, p.since, p.names, p.events)) as differences,
       count(*) filter (where abs(score - 100 * (0.4 * p.days / d.days + 0.3 * 0.5 ^ (p.since / 7.0) + 0.2 * p.names / 3.0 + 0.1 * (p.events * 1.0 / p.days) / (p.events * 1.0 / p.days + 10))) > 1e-9) as wrong_scores
  from unnest('{UTC,America/New_York}'::text[]) zone, lateral telemetry.user_engagement(since => '2025-10-22', until => '2025-11-06', tz => zone) e,
       lateral (select ('2025-11-05 23:59:59Z'::timestamptz at time zone zone)::date as last, ('2025-11-05 23:59:59Z'::timestamptz at time zone zone)::date - ('2025-10-22 00:00Z'::timestamptz at time zone zone)::date + 1 as days) d,
       lateral (select count(distinct (event_ts at time zone zone)::date) as days, d.last - max((event_ts at time zone zone)::date) as since, count(distinct event_name) as names, count(*) as events from telemetry.events where user_id = actor_id and event_ts >= '2025-10-22' and event_ts < '2025-11-06') p
 group by 1 order by 1 :both
select count(distinct user_id) from telemetry.events where event_ts >= '2025-10-22' and event_ts < '2025-11-06';

-- What cannot be answered is an error.
select * from telemetry.user_engagement(weights => '{1,1,1}');
select * from telemetry.user_engagement(weights => '{1,1,1,null}');
select * from telemetry.user_engagement(weights => '{0,0,0,0}');
select * from telemetry.user_engagement(weights => '{1,-1,1,1}');
select * from telemetry.user_engagement(top_n => 0);
select * from telemetry.user_engagement(tz => 'Mars/Olympus');
select * from telemetry.user_engagement(since => '2020-01-02', until => '2020-01-01');
set local telemetry.kpi_memory = '1MB';
select * from telemetry.user_engagement(since => '2000-01-01', until => '2021-01-01');
rollback;
