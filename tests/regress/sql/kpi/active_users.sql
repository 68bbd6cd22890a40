-- active_users(): distinct actors per calendar bucket, or over rolling days. `:both` asks rows and timeline, see the
-- book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso;
set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
begin;
set local time zone 'UTC';
select telemetry.register_event(name) from unnest('{open,close}'::text[]) name;
select * from telemetry.active_users();
select * from telemetry.active_users(since => '2020-01-01', until => '2020-01-03');

create temp table seen (who text, name text, at timestamptz);
insert into seen values
    ('ann', 'open', '2020-01-01 00:00'), ('ann', 'open', '2020-01-01 23:59'), ('ann', 'close', '2020-01-03 08:00'),
    ('bob', 'open', '2020-01-02 12:00'), ('bob', 'open', '2020-01-09 00:00'),
    ('cyd', 'close', '2020-01-01 05:00');
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', name, 'event_ts', at, 'user_id', telemetry.as_id(who)))) from seen;
-- Nobody's events count for nobody.
select telemetry.import_events('[{"event_name": "open", "event_ts": "2020-01-05T00:00:00Z"}]');

select * from telemetry.active_users(since => '2020-01-01', until => '2020-01-05') :both
select * from telemetry.active_users(since => '2020-01-01', until => '2020-01-05', events => '{open}') :both
select bucket::date, array_agg(who order by who) from telemetry.active_users_actors(since => '2020-01-01', until => '2020-01-05') join unnest('{ann,bob,cyd}'::text[]) who on telemetry.as_id(who) = actor_id group by 1 order by 1 :both
select * from telemetry.active_users(since => '2019-12-30', until => '2020-01-13', grain => 'week') :both
select bucket, actors from telemetry.active_users(since => '2020-01-01', until => '2020-01-05', tz => 'America/New_York') :both

-- Rolling 3 days at day d: events in [start(d-2), start(d+1)). Ann's first midnight is in on the 3rd, out on the 4th
-- but for her visit of the 3rd; days before `since` lend their actors.
select * from telemetry.active_users(since => '2020-01-01', until => '2020-01-08', rolling_days => 3) :both
select * from telemetry.active_users(since => '2020-01-04', until => '2020-01-06', rolling_days => 3) :both
select * from telemetry.active_users(since => '2020-01-04 15:00', until => '2020-01-06', rolling_days => 3) :both
-- Bob at midnight of the 9th: not in the seven days that end with the 8th, in those that end with the 9th.
select bucket, actors from telemetry.active_users(since => '2020-01-08', until => '2020-01-10', rolling_days => 7) :both

-- A user id in two tenants is two actors.
select telemetry.import_events(jsonb_build_array(
    jsonb_build_object('event_name', 'open', 'event_ts', '2021-01-01T00:00:00Z', 'user_id', telemetry.as_id('x'), 'tenant_id', '44444444-4444-4444-4444-444444444444'),
    jsonb_build_object('event_name', 'open', 'event_ts', '2021-01-01T00:00:00Z', 'user_id', telemetry.as_id('x'), 'tenant_id', '55555555-5555-5555-5555-555555555555')));
select actors from telemetry.active_users(since => '2021-01-01', until => '2021-01-02') :both
-- Other actors than users: tenants, also where nobody is named, and sessions.
select bucket::date, actors from telemetry.active_users(since => '2021-01-01', until => '2021-01-02', actor => 'tenant') :both
select tenant_id, actor_id = tenant_id as is_itself from telemetry.active_users_actors(since => '2021-01-01', until => '2021-01-02', actor => 'tenant') order by 1 :both
select actors from telemetry.active_users(since => '2021-01-01', until => '2021-01-03', rolling_days => 2, actor => 'session') :both
select actors from telemetry.active_users(actor => 'dog');
select actors from telemetry.active_users(since => '2021-01-01', until => '2021-01-02', tenant => '44444444-4444-4444-4444-444444444444') :both

-- Rolling windows equal counting them one by one, over random events and across clock changes.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'open', 'event_ts', timestamptz '2025-10-20 00:00Z' + (hashint4(n) & 2147483647) % 2592000 * interval '1 second', 'user_id', telemetry.as_id((hashint4(n * 7) & 31)::text))))
  from generate_series(1, 400) n;
select days, zone, count(*) as rows, count(*) filter (where v.actors <> (
           select count(distinct (e.tenant_id, e.user_id)) from telemetry.events e
            where e.event_ts >= ((v.bucket at time zone zone)::date - days + 1)::timestamp at time zone zone
              and e.event_ts < ((v.bucket at time zone zone)::date + 1)::timestamp at time zone zone
              and e.event_ts < '2025-11-12')) as differences
  from unnest('{1,2,7,28}'::int[]) days, unnest('{UTC,America/New_York,Asia/Kolkata}'::text[]) zone,
       lateral telemetry.active_users(since => '2025-10-25', until => '2025-11-12', rolling_days => days, tz => zone) v
 group by 1, 2 order by 1, 2;
select days, zone, sum(actors) from unnest('{1,28}'::int[]) days, unnest('{UTC,America/New_York}'::text[]) zone, lateral telemetry.active_users(since => '2025-10-25', until => '2025-11-12', rolling_days => days, tz => zone) group by 1, 2 order by 1, 2 :both

-- The tutoring application's weekly active tutors.
select count(*) from (
    (select date_trunc('week', event_ts), count(distinct user_id) from telemetry.events where user_id is not null and event_ts >= '2025-10-20' and event_ts < '2025-11-17' group by 1)
    except
    (select bucket, actors from telemetry.active_users(since => '2025-10-20', until => '2025-11-17', grain => 'week'))) x;
rollback;
