-- event_ratio() and actor_ratio(): events per event, and actors among actors, per calendar bucket. `:both` asks rows and
-- timeline, see the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
-- Names that nobody logged: see the book unknown_events.
set telemetry.unknown_events = 'empty';
begin;
\set ON_ERROR_ROLLBACK on
select telemetry.register_event(name, '{"promoted_properties": ["board"]}') from unnest('{job_viewed,job_applied,searched}'::text[]) name \g /dev/null

-- Nothing logged: all time has no bucket, a given range has its buckets, and no ratio.
select * from telemetry.event_ratio('job_applied', 'job_viewed');
select * from telemetry.event_ratio('job_applied', 'job_viewed', since => '2020-01-01', until => '2020-01-03') :both
select * from telemetry.actor_ratio('job_applied', 'job_viewed', since => '2020-01-01', until => '2020-01-03') :both
select * from telemetry.actor_ratio_actors('job_applied', 'job_viewed', since => '2020-01-01', until => '2020-01-03');

create temp table seen (who text, name text, at timestamptz, board text);
insert into seen values
    -- The 1st: ann views four and applies to one, bob views one and applies to three, cyd applies without a view.
    ('ann', 'job_viewed', '2020-01-01 08:00', 'mine'), ('ann', 'job_viewed', '2020-01-01 08:01', 'mine'), ('ann', 'job_viewed', '2020-01-01 08:02', 'other'), ('ann', 'job_viewed', '2020-01-01 08:03', null),
    ('ann', 'job_applied', '2020-01-01 09:00', 'mine'),
    ('bob', 'job_viewed', '2020-01-01 12:00', 'other'), ('bob', 'job_applied', '2020-01-01 12:01', 'other'), ('bob', 'job_applied', '2020-01-01 12:02', 'other'), ('bob', 'job_applied', '2020-01-01 12:03', 'other'),
    ('cyd', 'job_applied', '2020-01-01 23:59', 'mine'),
    -- The 2nd: dee views, and applies after midnight; nobody views on the 3rd.
    ('dee', 'job_viewed', '2020-01-02 23:50', 'mine'), ('dee', 'job_applied', '2020-01-03 00:00', 'mine'),
    -- Somebody without a user id views and applies on the 2nd.
    (null, 'job_viewed', '2020-01-02 01:00', 'mine'), (null, 'job_applied', '2020-01-02 01:01', 'mine');
select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('event_name', name, 'event_ts', at, 'user_id', telemetry.as_id(who), 'payload', jsonb_build_object('board', board))))) from seen;

-- Applications per view: 5 of 5, 1 of 2, 1 of none. It may be over 1.
select * from telemetry.event_ratio('job_applied', 'job_viewed', since => '2020-01-01', until => '2020-01-05') :both
select bucket, numerator, denominator, ratio from telemetry.event_ratio('job_applied', 'job_viewed', since => '2020-01-01 12:00', until => '2020-01-01 13:00', grain => 'hour') :both
-- Of those who viewed, who applied: ann and bob, not cyd, who viewed nothing; on the 2nd dee did not yet. Never over 1.
select * from telemetry.actor_ratio('job_applied', 'job_viewed', since => '2020-01-01', until => '2020-01-05') :both
select bucket::date, who, is_in_numerator from telemetry.actor_ratio_actors('job_applied', 'job_viewed', since => '2020-01-01', until => '2020-01-05') join unnest('{ann,bob,cyd,dee}'::text[]) who on telemetry.as_id(who) = actor_id order by 1, 2 :both
-- In the week dee did both.
select * from telemetry.actor_ratio('job_applied', 'job_viewed', since => '2019-12-30', until => '2020-01-06', grain => 'week') :both
-- What of one name is in both: all of them, or nobody is there.
select bucket::date, numerator, denominator, ratio from telemetry.actor_ratio('job_viewed', 'job_viewed', since => '2020-01-01', until => '2020-01-04') :both
select bucket::date, numerator, denominator, ratio from telemetry.event_ratio('job_viewed', 'job_viewed', since => '2020-01-01', until => '2020-01-04') :both
-- A name of NULL is every event: views among all events; events per view; a name that nobody logged.
select bucket::date, numerator, denominator, ratio from telemetry.event_ratio('job_viewed', null, since => '2020-01-01', until => '2020-01-04') :both
select bucket::date, numerator, denominator, ratio from telemetry.event_ratio(null, 'job_viewed', since => '2020-01-01', until => '2020-01-04') :both
select bucket::date, numerator, denominator, ratio from telemetry.event_ratio('searched', 'job_viewed', since => '2020-01-01', until => '2020-01-04') :both
select bucket::date, numerator, denominator, ratio from telemetry.actor_ratio('job_viewed', null, since => '2020-01-01', until => '2020-01-04') :both
select bucket::date, numerator, denominator, ratio from telemetry.actor_ratio(null, null, since => '2020-01-01', until => '2020-01-04') :both
-- A filter holds for both.
select bucket::date, numerator, denominator, ratio from telemetry.event_ratio('job_applied', 'job_viewed', since => '2020-01-01', until => '2020-01-04', filter => '{"board": "mine"}') :both
select bucket::date, numerator, denominator, ratio from telemetry.actor_ratio('job_applied', 'job_viewed', since => '2020-01-01', until => '2020-01-04', filter => '{"board": "other"}') :both
-- Local days, and a range that cuts one.
select bucket, numerator, denominator, is_complete from telemetry.event_ratio('job_applied', 'job_viewed', since => '2020-01-01', until => '2020-01-04', tz => 'America/New_York') :both
select bucket, numerator, denominator, is_complete from telemetry.actor_ratio('job_applied', 'job_viewed', since => '2020-01-01', until => '2020-01-04', tz => 'America/New_York') :both
-- All time begins with the first event of either.
select min(bucket), sum(numerator), sum(denominator), max(bucket) = date_trunc('year', now()) as until_now from telemetry.event_ratio('job_applied', 'job_viewed', grain => 'year') :both
select min(bucket), sum(numerator), sum(denominator) from telemetry.actor_ratio('job_applied', 'job_viewed', until => '2020-01-04') :both
select bool_or(is_complete) from telemetry.event_ratio('job_applied', 'job_viewed', since => date_trunc('day', now()), until => date_trunc('day', now()) + interval '1 day');

-- Counts of events are weighted: a view that was kept with a probability of 1/4 stands for four. Counts of actors are not.
select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('event_name', name, 'event_ts', '2020-02-01T00:00:00Z', 'user_id', telemetry.as_id(who), 'sample_rate', rate))))
  from (values ('ann', 'job_viewed', 0.25), ('bob', 'job_viewed', 0.25), ('cyd', 'job_viewed', null), ('ann', 'job_applied', null), ('ann', 'job_applied', 0.5)) v (who, name, rate);
select numerator, denominator, ratio from telemetry.event_ratio('job_applied', 'job_viewed', since => '2020-02-01', until => '2020-02-02') :both
select numerator, denominator, ratio from telemetry.actor_ratio('job_applied', 'job_viewed', since => '2020-02-01', until => '2020-02-02') :both

-- A user id in two tenants is two actors.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', name, 'event_ts', '2020-03-01T00:00:00Z', 'user_id', telemetry.as_id('x'), 'tenant_id', tenant)))
  from (values ('job_viewed', '44444444-4444-4444-4444-444444444444'), ('job_viewed', '55555555-5555-5555-5555-555555555555'), ('job_applied', '55555555-5555-5555-5555-555555555555')) v (name, tenant);
select numerator, denominator, ratio from telemetry.actor_ratio('job_applied', 'job_viewed', since => '2020-03-01', until => '2020-03-02') :both
select numerator, denominator, ratio from telemetry.actor_ratio('job_applied', 'job_viewed', since => '2020-03-01', until => '2020-03-02', tenant => '44444444-4444-4444-4444-444444444444') :both
select numerator, denominator, ratio from telemetry.event_ratio('job_applied', 'job_viewed', since => '2020-03-01', until => '2020-03-02', tenant => '55555555-5555-5555-5555-555555555555') :both
select tenant_id, is_in_numerator from telemetry.actor_ratio_actors('job_applied', 'job_viewed', since => '2020-03-01', until => '2020-03-02') order by 1 :both

-- The tutoring application's own apply rate gives the same numbers.
select count(*) from (
    (select date_trunc('week', event_ts), count(*) filter (where event_name = 'job_applied'), count(*) filter (where event_name = 'job_viewed') from telemetry.events where event_ts < '2020-01-13' group by 1)
    except
    (select bucket, numerator, denominator from telemetry.event_ratio('job_applied', 'job_viewed', since => '2019-12-30', until => '2020-01-13', grain => 'week'))) x;

-- What cannot be answered is an error.
select * from telemetry.event_ratio('a', 'b', grain => 'fortnight');
select * from telemetry.event_ratio('a', 'b', tz => 'Mars/Olympus');
select * from telemetry.event_ratio('a', 'b', since => '2020-01-02', until => '2020-01-01');
select * from telemetry.event_ratio('a', 'b', since => '-infinity');
select * from telemetry.event_ratio('a', 'b', since => '1900-01-01', until => '2020-01-01', grain => 'hour');
select * from telemetry.actor_ratio('a', 'b', grain => 'fortnight');
select * from telemetry.actor_ratio('a', 'b', since => '2020-01-01', until => '2020-01-01');
select * from telemetry.actor_ratio_actors('a', 'b', grain => 'fortnight');

-- A side may be several names: the events of any of them, the actors with an event of any of them.
select bucket::date, numerator, denominator, ratio from telemetry.event_ratio(null, 'job_viewed', since => '2020-01-01', until => '2020-01-04', numerator_events => '{job_applied,job_viewed}') :both
select bucket::date, numerator, denominator, ratio from telemetry.actor_ratio('job_applied', null, since => '2020-01-01', until => '2020-01-04', denominator_events => '{job_viewed,job_applied}') :both
select bucket::date, actor_id, is_in_numerator from telemetry.actor_ratio_actors('job_applied', null, since => '2020-01-01', until => '2020-01-04', denominator_events => '{job_viewed,job_applied}') order by 1, 2 :both
select bucket::date, numerator, ratio from telemetry.event_ratio(null, 'job_viewed', since => '2020-01-01', until => '2020-01-02', numerator_events => '{}');
select * from telemetry.event_ratio('job_applied', 'job_viewed', numerator_events => '{job_saved}');
-- A filter of the numerator alone: of the views those of one board. Both sides may be one event.
select bucket::date, numerator, denominator, ratio from telemetry.event_ratio('job_viewed', 'job_viewed', since => '2020-01-01', until => '2020-01-04', numerator_filter => '{"board": "mine"}') :both
select bucket::date, numerator, denominator, ratio from telemetry.event_ratio('job_viewed', null, since => '2020-01-01', until => '2020-01-04', filter => '{"board": {"$exists": true}}', numerator_filter => '{"board": {"$ne": "mine"}}') :both
select bucket::date, numerator, denominator, ratio from telemetry.actor_ratio('job_viewed', 'job_viewed', since => '2020-01-01', until => '2020-01-04', numerator_filter => '{"board": "mine"}') :both
select bucket::date, who, is_in_numerator from telemetry.actor_ratio_actors('job_viewed', 'job_viewed', since => '2020-01-01', until => '2020-01-04', numerator_filter => '{"board": "mine"}') join unnest('{ann,bob,cyd,dee}'::text[]) who on telemetry.as_id(who) = actor_id order by 1, 2 :both
select telemetry.register_kpi('own_board', '{"kind": "event_ratio", "parameters": {"numerator": "job_viewed", "denominator": "job_viewed", "numerator_filter": {"board": "mine"}}, "unit": "ratio"}') as is_new;
select bucket::date, value from telemetry.kpi('own_board', '2020-01-01', '2020-01-04') :both
select * from telemetry.event_ratio('job_viewed', 'job_viewed', numerator_filter => '{"board": {"$is": "mine"}}');

-- Quarters of an hour, and the range as one bucket.
select bucket, numerator, denominator from telemetry.event_ratio('job_applied', 'job_viewed', since => '2020-01-01 12:00', until => '2020-01-01 12:20', grain => '15 minutes') :both
select * from telemetry.actor_ratio('job_applied', 'job_viewed', since => '2020-01-01 12:05', until => '2020-01-03 12:20', grain => 'range') :both
select * from telemetry.kpi('own_board', '2020-01-01 12:05', '2020-01-03 12:20', 'range') :both
rollback;
