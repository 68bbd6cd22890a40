-- Breakdowns: one answer for each value of a payload key, of several keys at once, and the elements of an array. `:both` asks
-- rows and timeline, see the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
set telemetry.unknown_events = 'empty';
begin;
\set ON_ERROR_ROLLBACK on
set local telemetry.enforcement = 'accept';
select telemetry.register_event(name, '{"promoted_properties": ["plan", "from", "device.os"]}') from unnest('{viewed,paid}'::text[]) name \g /dev/null
-- Nothing logged: no value.
select * from telemetry.event_volume(since => '2024-03-04', until => '2024-03-05', breakdown => 'plan') :both
select * from telemetry.event_volume('{viewed}', since => '2024-03-04', until => '2024-03-05', breakdown => 'plan') :both
select * from telemetry.event_ratio('paid', 'viewed', since => '2024-03-04', until => '2024-03-05', breakdown => 'plan') :both
select * from telemetry.actor_ratio('paid', 'viewed', since => '2024-03-04', until => '2024-03-05', breakdown => 'plan') :both
select * from telemetry.active_users(since => '2024-03-04', until => '2024-03-05', breakdown => 'plan') :both

create temp table happened (who text, name text, at timestamptz, payload jsonb, rate real);
insert into happened values
    ('ann', 'viewed', '2024-03-04 08:00', '{"plan": "pro", "from": "free", "device": {"os": "mac"}}', null),
    ('ann', 'viewed', '2024-03-04 09:00', '{"plan": "pro", "from": "free"}', null),
    ('ann', 'paid',   '2024-03-04 09:30', '{"plan": "pro", "from": "basic", "device": {"os": "mac"}}', null),
    ('ann', 'viewed', '2024-03-05 08:00', '{"plan": "free"}', null),
    ('bob', 'viewed', '2024-03-04 10:00', '{"plan": "free", "from": "free", "device": {"os": "ios"}}', null),
    ('bob', 'viewed', '2024-03-04 11:00', '{"plan": "team", "from": null}', 0.1),
    ('bob', 'paid',   '2024-03-05 12:00', '{"plan": "pro"}', null),
    ('cyd', 'viewed', '2024-03-04 12:00', '{"plan": "edu"}', null),
    ('cyd', 'viewed', '2024-03-05 12:00', '{"plan": "team", "from": "pro"}', null),
    ('cyd', 'paid',   '2024-03-05 12:00', '{"plan": "team", "from": "pro"}', null),
    ('dee', 'viewed', '2024-03-05 12:00', '{"from": "pro"}', null),
    ('dee', 'viewed', '2024-03-05 13:00', '{"plan": null}', null),
    (null,  'viewed', '2024-03-05 14:00', '{"plan": "pro"}', null);
select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('event_name', name, 'event_ts', at, 'user_id', telemetry.as_id(who), 'sample_rate', rate)) || jsonb_build_object('payload', payload))) from happened \g /dev/null

-- Events of each value; of one that nobody shows apart $other; without a value NULL. A sampled event stands for ten.
select bucket::date, breakdown_value, event_name, events, is_complete, is_other from telemetry.event_volume(since => '2024-03-04', until => '2024-03-06', breakdown => 'plan', top_n => 2) :both
select breakdown_value, event_name, events from telemetry.event_volume('{paid,never}', since => '2024-03-04', until => '2024-03-06', grain => 'range', breakdown => 'plan') :both
select breakdown_value, event_name, events from telemetry.event_volume(grain => 'month', until => '2024-04-01', breakdown => 'device.os') :both
select breakdown_value, event_name, events from telemetry.event_volume(since => '2024-03-04', until => '2024-03-06', grain => 'range', breakdown => 'nothing') :both
select breakdown_value, event_name, events from telemetry.event_volume(since => '2024-03-04', until => '2024-03-06', grain => 'range', breakdown => 'plan', filter => '{"from": "free"}') :both
select breakdown_value, event_name, events from telemetry.event_volume(since => '2024-03-04 09:00', until => '2024-03-04 10:30', grain => 'hour', breakdown => 'plan') :both
-- Both sides of a ratio have the value.
select bucket::date, breakdown_value, numerator, denominator, ratio, is_other from telemetry.event_ratio('paid', 'viewed', since => '2024-03-04', until => '2024-03-06', breakdown => 'plan', top_n => 2) :both
select breakdown_value, numerator, denominator, ratio from telemetry.event_ratio('viewed', 'viewed', since => '2024-03-04', until => '2024-03-06', grain => 'range', numerator_filter => '{"from": "free"}', breakdown => 'plan') :both
-- An actor counts in each value that it had, in $other once.
select bucket::date, breakdown_value, actors, is_other from telemetry.active_users(since => '2024-03-04', until => '2024-03-06', breakdown => 'plan', top_n => 1) :both
select bucket::date, breakdown_value, person, is_other from telemetry.active_users_actors(since => '2024-03-04', until => '2024-03-06', breakdown => 'plan', top_n => 1) join unnest('{ann,bob,cyd,dee}'::text[]) person on telemetry.as_id(person) = actor_id order by 1, 4, 2, 3 :both
select bucket::date, breakdown_value, actors from telemetry.active_users(since => '2024-03-05', until => '2024-03-06', rolling_days => 2, breakdown => 'plan') :both
select breakdown_value, actors from telemetry.active_users(since => '2024-03-04', until => '2024-03-06', grain => 'range', actor => 'tenant', breakdown => 'plan') :both
select bucket::date, breakdown_value, numerator, denominator, ratio, is_other from telemetry.actor_ratio('paid', 'viewed', since => '2024-03-04', until => '2024-03-11', grain => 'week', breakdown => 'plan', top_n => 2) :both
select breakdown_value, person, is_in_numerator, is_other from telemetry.actor_ratio_actors('paid', 'viewed', since => '2024-03-04', until => '2024-03-11', grain => 'week', breakdown => 'plan', top_n => 2) join unnest('{ann,bob,cyd,dee}'::text[]) person on telemetry.as_id(person) = actor_id order by 4, 1, 2 :both

-- A session has the value of its first event that has one; an actor counts once for $other.
select bucket::date, breakdown_value, sessions, actors, avg_seconds, is_other from telemetry.session_stats(since => '2024-03-04', until => '2024-03-06', breakdown => 'plan') :both
select breakdown_value, sessions, actors, is_other from telemetry.session_stats(since => '2024-03-04', until => '2024-03-06', grain => 'range', timeout => '70 minutes', breakdown => '{from,plan}', top_n => 1) :both

-- Retention by the value that the start had, whatever the return holds: a recurring actor is in the cohort of each value that it
-- started with in the bucket; of the first time, the first start's value is the actor's.
select cohort::date, breakdown_value, cohort_size, period, actors, is_other from telemetry.retention('viewed', since => '2024-03-04', until => '2024-03-06', breakdown => 'plan', top_n => 1) :both
select breakdown_value, cohort_size, period, actors from telemetry.retention('viewed', since => '2024-03-04', until => '2024-03-06', kind => 'first_time', breakdown => 'plan') where cohort_size > 0 :both
select breakdown_value, period, cohort_size, actors from telemetry.retention('viewed', since => '2024-03-04', until => '2024-03-06', breakdown => 'plan', show => 'mean') where period = 0 :both
select breakdown_value, period, is_other, count(*) from telemetry.retention_actors('viewed', since => '2024-03-04', until => '2024-03-06', breakdown => '{plan,from}') group by 1, 2, 3 order by 1, 2 :both
-- The groups of one actor each: as many as without a breakdown.
select (select sum(cohort_size) from telemetry.retention('viewed', since => '2024-03-04', until => '2024-03-06', kind => 'first_time', breakdown => 'plan') where period = 0)
     = (select sum(cohort_size) from telemetry.retention('viewed', since => '2024-03-04', until => '2024-03-06', kind => 'first_time') where period = 0) as adds_up;
select telemetry.retention('viewed', top_n => 3);
-- Each value has a lifecycle of its own.
select bucket::date, breakdown_value, status, actors, is_other from telemetry.lifecycle(since => '2024-03-04', until => '2024-03-07', breakdown => 'plan', top_n => 2) where actors <> 0 :both
select bucket::date, breakdown_value, status, person, is_other from telemetry.lifecycle_actors(since => '2024-03-05', until => '2024-03-06', breakdown => 'plan', top_n => 2) join unnest('{ann,bob,cyd,dee}'::text[]) person on telemetry.as_id(person) = actor_id order by 1, 5, 2, 3, 4 :both

-- Several keys: a JSON array of what each has, null where it has nothing; without any of them no value.
select breakdown_value, event_name, events from telemetry.event_volume(since => '2024-03-04', until => '2024-03-06', grain => 'range', breakdown => '{from,plan}') :both
select breakdown_value, event_name, events, is_other from telemetry.event_volume(since => '2024-03-04', until => '2024-03-06', grain => 'range', breakdown => '{device.os, "plan"}', top_n => 1) :both
select breakdown_value, events from telemetry.event_volume('{paid}', since => '2024-03-04', until => '2024-03-06', grain => 'range', breakdown => '{plan}') :both
select breakdown_value, numerator, denominator from telemetry.event_ratio('paid', 'viewed', since => '2024-03-04', until => '2024-03-06', grain => 'range', breakdown => '{from,plan}') :both
select breakdown_value, actors from telemetry.active_users(since => '2024-03-04', until => '2024-03-06', grain => 'range', breakdown => '{from,plan}') :both
select breakdown_value, step, actors from telemetry.funnel('["viewed", "paid"]', breakdown => '{from,plan}') :both
select breakdown_value, step, actors, is_other from telemetry.funnel_trend('["viewed", "paid"]', since => '2024-03-04', until => '2024-03-06', grain => 'range', breakdown => '{from,plan}', top_n => 1) :both
select breakdown_value, errors, events from telemetry.rate_of_errors('{paid}', since => '2024-03-04', until => '2024-03-06', grain => 'range', breakdown => '{from,plan}') :both
select breakdown_value, value, events from telemetry.sum_of('plan', since => '2024-03-04', until => '2024-03-06', grain => 'range', breakdown => '{from,plan}') :both
select rank, value, events, actors from telemetry.top_values('{from,plan}', top_n => 2) :both
-- What a value is spelled with does not matter.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'spelled', 'event_ts', timestamptz '2024-03-06' + n * interval '1 minute', 'payload', p)))
  from unnest(array['{"a": "x\", \"y", "b": "z"}', '{"a": "x", "b": "y\", \"z"}', '{"a": "ü\n\u0001\\", "b": 1}', '{"a": "ü\n\u0001\\", "b": "1"}', '{"a": "", "b": 1.50}', '{"b": true}', '{"a": {"x": 1}, "b": [1]}']::jsonb[]) with ordinality v (p, n) \g /dev/null
select breakdown_value, breakdown_value::jsonb ->> 0 as a, events from telemetry.event_volume('{spelled}', since => '2024-03-06', until => '2024-03-07', breakdown => '{a,b}') :both

-- The elements of arrays: each counts, once for an event. What is no array is its own element.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'changed', 'event_ts', timestamptz '2024-03-06' + n * interval '1 minute', 'user_id', telemetry.as_id(who), 'payload', p)))
  from (values (1, 'ann', '{"of": ["price", "title", "price"]}'::jsonb), (2, 'ann', '{"of": ["price"]}'), (3, 'bob', '{"of": ["title", "size"]}'), (4, 'bob', '{"of": []}'), (5, 'cyd', '{"of": "title"}'),
               (6, 'cyd', '{"of": null}'), (7, 'cyd', '{}'), (8, 'cyd', '{"of": [null, 1, 1.0, {"a": [2]}]}'), (9, 'dee', '{"of": {"title": 1}}')) v (n, who, p) \g /dev/null
select rank, value, events, actors, round(share::numeric, 4) as share from telemetry.top_values('of[]') :both
select rank, value, events, actors, round(share::numeric, 4) as share, is_other from telemetry.top_values('of[]', top_n => 2) :both
select rank, value, events, actors, round(share::numeric, 4) as share, is_other from telemetry.top_values('of[]', by => 'actors', top_n => 1) :both
select rank, value, person from telemetry.top_values_actors('of[]', top_n => 2) join unnest('{ann,bob,cyd,dee}'::text[]) person on telemetry.as_id(person) = actor_id order by 1, 2, 3 :both
select rank, value, events from telemetry.top_values('of') :both
select rank, value, events from telemetry.top_values('plan[]', events => '{viewed}', since => '2024-03-04', until => '2024-03-06') :both

-- As a KPI, whose value is told by the parts of its row.
select telemetry.register_kpi('volume_by_plan', '{"kind": "event_volume", "parameters": {"events": ["paid", "viewed"], "breakdown": "{from,plan}", "top_n": 2, "grain": "week"}}') as is_new;
select bucket::date, breakdown_value, value, is_other from telemetry.kpi('volume_by_plan', '2024-03-04', '2024-03-11') :both
select telemetry.register_kpi('users_by_plan', '{"kind": "active_users", "parameters": {"breakdown": "plan", "grain": "week"}, "target": 1, "target_for": "pro"}') as is_new;
select breakdown_value, value, target from telemetry.kpi('users_by_plan', '2024-03-04', '2024-03-11') :both
select telemetry.register_kpi('broken', '{"kind": "event_volume", "parameters": {"breakdown": "{plan"}}');
select telemetry.register_kpi('broken', '{"kind": "event_volume", "parameters": {"breakdown": "plan[]"}}');

-- What is wrong says so.
select * from telemetry.event_volume(breakdown => '');
select * from telemetry.event_volume(breakdown => 'a..b');
select * from telemetry.event_volume(breakdown => '{plan');
select * from telemetry.event_volume(breakdown => '{}');
select * from telemetry.event_volume(breakdown => '{plan,null}');
select * from telemetry.active_users(breakdown => 'plan[]');
select * from telemetry.funnel('["viewed", "paid"]', breakdown => 'plan[]');
select * from telemetry.event_volume(top_n => 5);
select * from telemetry.sum_of('amount', top_n => 5);
select * from telemetry.rate_of_errors('{paid}', top_n => 5);
select * from telemetry.object_ratio('paid', 'viewed', top_n => 5);
select * from telemetry.event_volume(breakdown => 'plan', top_n => 0);
select * from telemetry.actor_ratio('paid', 'viewed', breakdown => 'plan', top_n => 1001);
set local telemetry.kpi_memory = '1MB';
select * from telemetry.active_users(since => '2023-01-01', until => '2025-01-01', breakdown => 'plan');
rollback;
