-- Key paths: whatever names a payload key takes experiment.variant as well, the member of an object within the payload.
\set SHOW_CONTEXT never
set datestyle = iso; set timezone = 'UTC';
\set both '\\; call both_sources(current_query());'
begin;
set local telemetry.enforcement = 'accept';

-- The tutoring document logs `experiment: {name, variant}` with any event. Here six tutors see the list, in two experiments; some
-- apply, and say how long they were asked to wait. Both keys are promoted by their paths, so that the timeline keeps them.
select telemetry.register_event(name, '{"promoted_properties": ["experiment.name", "experiment.variant", "timing.wait_minutes", "surface"]}') from unnest('{assignment_list_view,assignment_apply_click}'::text[]) name \g /dev/null
create function pg_temp.log(event_name text, hours integer[], who text, payload jsonb) returns void language sql as $$
    select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', event_name, 'event_ts', timestamptz '2020-01-01T00:00:00Z' + h * interval '1 hour',
               'user_id', telemetry.as_id(who, '00000000-0000-0000-0000-000000000000'), 'payload', payload) order by h)) from unnest(hours) h
$$;
select pg_temp.log('assignment_list_view', '{1,5}', 'ann', '{"surface": "website", "experiment": {"name": "button", "variant": "a"}}'),
       pg_temp.log('assignment_list_view', '{2}', 'ben', '{"surface": "website", "experiment": {"name": "button", "variant": "b"}}'),
       pg_temp.log('assignment_list_view', '{3}', 'cat', '{"surface": "website", "experiment": {"name": "button", "variant": "b"}}'),
       pg_temp.log('assignment_list_view', '{3}', 'dan', '{"surface": "website", "experiment": {"name": "ranking", "variant": "b"}}'),
       pg_temp.log('assignment_list_view', '{4}', 'eve', '{"surface": "website"}'),
       pg_temp.log('assignment_list_view', '{4}', 'fay', '{"surface": "website", "experiment": "none"}'),
       pg_temp.log('assignment_apply_click', '{6}', 'ben', '{"surface": "website", "timing": {"wait_minutes": 30}, "experiment": {"name": "button", "variant": "b"}}'),
       pg_temp.log('assignment_apply_click', '{7}', 'cat', '{"surface": "website", "timing": {"wait_minutes": 12.5}, "experiment": {"name": "button", "variant": "b"}}'),
       pg_temp.log('assignment_apply_click', '{8}', 'dan', '{"surface": "website", "timing": {"wait_minutes": "soon"}, "experiment": {"name": "ranking", "variant": null}}'),
       pg_temp.log('assignment_apply_click', '{9}', 'eve', '{"surface": "telegram", "timing": [{"wait_minutes": 5}]}') \g /dev/null

-- What can be named: the payload's keys, and what lies in objects, by path.
select * from telemetry.payload_keys('{"surface": "website", "experiment": {"name": "button", "variant": {"id": 7, "of": null}}, "tags": [{"id": 1}], "on": true}');
select k.payload_key, k.json_type, count(*) from telemetry.events e, telemetry.payload_keys(e.payload) k where e.event_name = 'assignment_apply_click' group by 1, 2 order by 1, 2;
select count(*) from telemetry.payload_keys(null);

-- Who sees which variant. What is no object, or has no such member, has no value.
select value, events, actors from telemetry.top_values('experiment.variant', since => '2020-01-01', until => '2020-01-02', events => '{assignment_list_view}') :both
select breakdown_value, errors, events from telemetry.rate_of_errors('{assignment_apply_click}', breakdown => 'experiment.name', since => '2020-01-01', until => '2020-01-02', grain => 'range') :both

-- Filters: equal, compared, there or not. Beside a path stands what it is: an object that the payload must contain.
create function pg_temp.events(filter jsonb) returns bigint language sql as $$ select coalesce(sum(events), 0) from telemetry.event_volume(since => '2020-01-01', until => '2020-01-02', filter => filter) $$;
select pg_temp.events('{"experiment.name": "button"}') as equal, pg_temp.events('{"experiment": {"name": "button"}}') as contained, pg_temp.events('{"experiment.name": "button", "experiment.variant": "b", "surface": "website"}') as joined, pg_temp.events('{"experiment.variant": null}') as is_null :both
select pg_temp.events('{"timing.wait_minutes": {"$gt": 12}}') as above, pg_temp.events('{"timing.wait_minutes": {"$gte": 12.50, "$lt": 30}}') as within, pg_temp.events('{"timing.wait_minutes": 30.0}') as equal, pg_temp.events('{"experiment.variant": {"$in": ["a", "c", null]}}') as one_of :both
select pg_temp.events('{"experiment.name": {"$ne": "button"}}') as another_or_none, pg_temp.events('{"experiment.name": {"$exists": true}}') as there, pg_temp.events('{"experiment.name": {"$exists": false}}') as missing, pg_temp.events('{"experiment.variant": {"$exists": true}}') as there_with_null :both
-- An object or a list at the path is contained, as any is; the rows answer.
select pg_temp.events('{"timing": [{"wait_minutes": 5}]}') as in_list, pg_temp.events('{"experiment.name": {}}') as is_object, pg_temp.events('{"experiment.name": ["button"]}') as is_list :both
-- Lists are not entered, neither by a name nor by a place.
select pg_temp.events('{"timing.0": {"$exists": true}}') as by_place, pg_temp.events('{"timing.0.wait_minutes": 5}') as in_place, pg_temp.events('{"timing.wait_minutes": 5}') as by_name :both

-- Numbers.
select breakdown_value, value, events, not_numeric from telemetry.sum_of('timing.wait_minutes', since => '2020-01-01', until => '2020-01-02', breakdown => 'experiment.name') :both
select fraction, value, events from telemetry.percentiles('timing.wait_minutes', '{0.5,1}', since => '2020-01-01', until => '2020-01-02', filter => '{"experiment.name": "button"}') :both
select value, events from telemetry.avg_of('timing.wait_minutes', since => '2020-01-01', until => '2020-01-02', filter => '{"timing.wait_minutes": {"$exists": true}}') :both

-- The experiment itself: the list view is what exposes, and the payload of the exposure names experiment and variant.
select variant, is_control, actors, mean from telemetry.experiment_results('button', 'assignment_apply_click', exposure_event => 'assignment_list_view', experiment_key => 'experiment.name', variant_key => 'experiment.variant', control => 'a') :both
select variant, actors, mean from telemetry.experiment_results('button', 'assignment_apply_click', metric_kind => 'mean', value_key => 'timing.wait_minutes', exposure_event => 'assignment_list_view', experiment_key => 'experiment.name', variant_key => 'experiment.variant', control => 'a') :both
select count(*) from telemetry.experiment_actors('button', 'assignment_apply_click', exposure_event => 'assignment_list_view', experiment_key => 'experiment.name', variant_key => 'experiment.variant') :both

-- Sequences: a breakdown, and what a step's event must say.
select breakdown_value, step, actors from telemetry.funnel('["assignment_list_view", "assignment_apply_click"]', breakdown => 'experiment.variant') :both
select step, actors from telemetry.funnel('["assignment_list_view", {"event": "assignment_apply_click", "where": {"timing.wait_minutes": {"$lte": 30}}}]', filter => '{"experiment.name": "button"}') :both

-- Part of a rate, a group of users, a KPI of the registry.
select numerator, denominator, ratio from telemetry.event_ratio('assignment_list_view', 'assignment_list_view', since => '2020-01-01', until => '2020-01-02', numerator_filter => '{"experiment.variant": "b"}') :both
select telemetry.register_cohort('variant_b', '{"event": "assignment_list_view", "where": {"experiment.name": "button", "experiment.variant": "b"}}');
select count(*) from telemetry.cohort_actors('variant_b') :both
select pg_temp.events('{"$cohort": "variant_b", "timing.wait_minutes": {"$gt": 20}}') :both
select telemetry.register_kpi('waits', '{"kind": "sum_of", "parameters": {"payload_key": "timing.wait_minutes", "breakdown": "experiment.variant", "filter": {"experiment.name": "button"}}}');
select breakdown_value, value from telemetry.kpi('waits', '2020-01-01', '2020-01-02') where value > 0 :both

-- What answers: the timeline, as both keys are promoted; a path that is not reads the rows.
call telemetry.tick();
select source, derived_events, raw_events from telemetry.explain_kpi('sum_of', '{"payload_key": "timing.wait_minutes", "breakdown": "experiment.variant", "filter": {"surface": "website"}, "events": ["assignment_apply_click"]}');
select source, derived_events, raw_events from telemetry.explain_kpi('event_volume', '{"filter": {"experiment.name": "button"}, "events": ["assignment_apply_click"]}');
select source, reason from telemetry.explain_kpi('event_volume', '{"filter": {"timing.unit": "minutes"}, "events": ["assignment_apply_click"]}');
select derived, is_equal from telemetry.verify_derived();

-- A key of the payload itself that is spelt like the path comes first, whatever it holds: keys with dots are read as they are.
select telemetry.register_event('started', '{"promoted_properties": ["app.version", "app.build"]}') \g /dev/null
select pg_temp.log('started', '{1}', 'ann', '{"app.version": "1.0"}'), pg_temp.log('started', '{2}', 'ben', '{"app": {"version": "2.0", "build": 7}}'),
       pg_temp.log('started', '{3}', 'cat', '{"app.version": "3.0", "app": {"version": "4.0", "build": 8}}'), pg_temp.log('started', '{4}', 'dan', '{"app.version": null, "app": {"version": "5.0"}}'),
       pg_temp.log('started', '{5}', 'eve', '{"app": {"version.build": 9}, "app.version": {"major": 6}}') \g /dev/null
select value, events from telemetry.top_values('app.version', events => '{started}') :both
select pg_temp.events('{"app.version": "2.0"}') as within, pg_temp.events('{"app.version": "4.0"}') as hidden, pg_temp.events('{"app.version": null}') as is_null, pg_temp.events('{"app.version": {"$exists": true}}') as there, pg_temp.events('{"app.version": {"$ne": "1.0"}, "app": {}}') as another, pg_temp.events('{"app.version": {"major": 6}}') as contained :both
select pg_temp.events('{"app.version": {"$in": ["1.0", "5.0"]}}') as one_of, pg_temp.events('{"app.build": {"$gte": 7}}') as built, pg_temp.events('{"app.version.major": 6}') as below_a_dot, pg_temp.events('{"app.version.build": 9}') as dotted_member :both
select * from telemetry.payload_keys('{"app.version": "3.0", "app": {"version": "4.0", "build": 8, "a.b": 9, "": 0}, "": 1, "odd.": {"a": 1}}');

-- Every shape of a payload, by every way to ask: each finds the value that payload_keys() lists, and no other.
select telemetry.register_event('shaped', '{"promoted_properties": ["a", "a.b", "b"]}') \g /dev/null
select count(telemetry.import_events(jsonb_build_array(jsonb_build_object('event_name', 'shaped', 'event_ts', '2020-01-01T12:00:00Z', 'payload', payload))))
  from (select (coalesce(a, '{}') || coalesce(b, '{}') || coalesce(ab, '{}') || coalesce(abc, '{}')) as payload
          from unnest('{NULL,"{\"a\": 1}","{\"a\": null}","{\"a\": {}}","{\"a\": [{\"b\": 1}]}","{\"a\": {\"b\": 1}}","{\"a\": {\"b\": null}}","{\"a\": {\"b\": {\"c\": 1}}}","{\"a\": {\"b\": {\"c\": 2}, \"b.c\": 1}}"}'::jsonb[]) a,
               unnest('{NULL,"{\"b\": 1}"}'::jsonb[]) b,
               unnest('{NULL,"{\"a.b\": 1}","{\"a.b\": null}","{\"a.b\": {\"c\": 1}}"}'::jsonb[]) ab,
               unnest('{NULL,"{\"a.b.c\": 1}","{\"a.b.c\": [1]}"}'::jsonb[]) abc) shapes;
create function pg_temp.shaped(filter jsonb) returns bigint language sql as $$ select coalesce(sum(events), 0) from telemetry.event_volume(since => '2020-01-01', until => '2020-01-02', events => '{shaped}', filter => filter) $$;
select key, pg_temp.shaped(jsonb_build_object(key, '{"$exists": true}'::jsonb)) = listed.all_of_them as exist, pg_temp.shaped(jsonb_build_object(key, '{"$exists": false}'::jsonb)) = listed.events - listed.all_of_them as missing,
       pg_temp.shaped(jsonb_build_object(key, 1)) = listed.ones as equal, pg_temp.shaped(jsonb_build_object(key, '{"$in": [1, 3]}'::jsonb)) = listed.ones as one_of, pg_temp.shaped(jsonb_build_object(key, '{"$ne": 1}'::jsonb)) = listed.events - listed.ones as another,
       pg_temp.shaped(jsonb_build_object(key, '{"$gt": 0}'::jsonb)) = listed.numbers as above, pg_temp.shaped(jsonb_build_object(key, null)) = listed.nulls as is_null, pg_temp.shaped(jsonb_build_object(key, '{}'::jsonb)) = listed.objects as contains,
       (select coalesce(sum(s.value), 0) from telemetry.sum_of(key, since => '2020-01-01', until => '2020-01-02', events => '{shaped}') s) = listed.total as sum,
       (select count(*) from telemetry.events e where e.event_name = 'shaped') as events, listed.all_of_them
  from unnest('{a,b,a.b,a.b.c,a.c,a.0,a.0.b}'::text[]) key,
       lateral (select count(distinct e.event_id) as events, count(k.payload_key) as all_of_them, count(*) filter (where k.json_type = 'number' and k.value = '1') as ones, count(*) filter (where k.json_type = 'number') as numbers,
                       count(*) filter (where k.json_type = 'null') as nulls, count(*) filter (where k.json_type = 'object') as objects, coalesce(sum(k.value::numeric) filter (where k.json_type = 'number'), 0) as total
                  from telemetry.events e left join lateral telemetry.payload_keys(e.payload) k on k.payload_key = key
                 where e.event_name = 'shaped') listed :both

-- What is no path is an error where it is asked for, not an answer of nothing.
\set ON_ERROR_ROLLBACK on
select count(*) from telemetry.payload_keys('["surface"]');
select * from telemetry.top_values('experiment.');
select * from telemetry.top_values('');
select * from telemetry.sum_of('timing..wait_minutes');
select * from telemetry.sum_of('timing.wait_minutes', breakdown => '.variant');
select * from telemetry.rate_of_errors('{assignment_apply_click}', breakdown => '.');
select * from telemetry.funnel('["assignment_list_view"]', breakdown => 'experiment..variant');
select * from telemetry.experiment_results('button', 'assignment_apply_click', exposure_event => 'assignment_list_view', variant_key => 'experiment.');
select * from telemetry.experiment_results('button', 'assignment_apply_click', exposure_event => 'assignment_list_view', experiment_key => '.name');
select * from telemetry.experiment_results('button', 'assignment_apply_click', metric_kind => 'mean', exposure_event => 'assignment_list_view', value_key => 'timing.');
select * from telemetry.object_ratio('assignment_list_view', 'assignment_apply_click', breakdown => 'a..b');
select pg_temp.events('{"experiment.": "button"}');
select pg_temp.events('{"experiment..name": {"$exists": true}}');
select pg_temp.events('{"experiment.name": {"$is": "button"}}');
select pg_temp.events(jsonb_build_object(rtrim(repeat('a.', 101), '.'), 1));
select * from telemetry.percentiles('a.' || repeat('b', 500));
select * from telemetry.funnel('["assignment_list_view", {"event": "assignment_apply_click", "where": {"timing.": 1}}]');
select telemetry.register_cohort('broken', '{"event": "assignment_list_view", "where": {"experiment.": "b"}}');
select telemetry.register_event('broken', '{"promoted_properties": ["experiment..name"]}');
select telemetry.register_kpi('broken', '{"kind": "sum_of", "parameters": {"payload_key": "timing."}}');
rollback;
