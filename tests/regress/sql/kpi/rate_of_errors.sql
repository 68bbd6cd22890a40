-- rate_of_errors(): events that failed per event, by endpoint, feature or user. `:both` asks rows and timeline, see the
-- book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
\set ON_ERROR_ROLLBACK on
begin;
select telemetry.register_event(name, '{"promoted_properties": ["endpoint"]}') from unnest('{request_done,request_failed,opened}'::text[]) name \g /dev/null
select * from telemetry.rate_of_errors('{request_failed}');
select * from telemetry.rate_of_errors('{request_failed}', '{request_failed,request_done}', since => '2020-01-01', until => '2020-01-02') :both
select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('event_name', name, 'event_ts', at, 'user_id', telemetry.as_id(who), 'payload', jsonb_build_object('endpoint', endpoint)))))
  from (values ('request_done', '2020-01-01T08:00:00Z', '/a', 'ann'), ('request_done', '2020-01-01T08:01:00Z', '/a', 'ann'), ('request_failed', '2020-01-01T08:02:00Z', '/a', 'bob'),
               ('request_failed', '2020-01-01T08:03:00Z', '/b', 'bob'), ('request_failed', '2020-01-01T08:04:00Z', '/b', null), ('request_done', '2020-01-01T08:05:00Z', '/b', 'ann'),
               ('request_done', '2020-01-01T08:06:00Z', '/c', 'cyd'), ('request_done', '2020-01-02T08:00:00Z', null, 'cyd'), ('opened', '2020-01-01T09:00:00Z', null, 'ann')) v (name, at, endpoint, who);
select * from telemetry.rate_of_errors('{request_failed}', '{request_failed,request_done}', since => '2020-01-01', until => '2020-01-04') :both
-- Without all_events every event counts.
select bucket, errors, events, rate from telemetry.rate_of_errors('{request_failed}', since => '2020-01-01', until => '2020-01-02') :both
-- By endpoint: the most errors first, then the most events.
select bucket, breakdown_value, errors, events, rate from telemetry.rate_of_errors('{request_failed}', '{request_failed,request_done}', breakdown => 'endpoint', since => '2020-01-01', until => '2020-01-03') :both
select breakdown_value, errors, events from telemetry.rate_of_errors('{request_failed}', '{request_failed,request_done}', breakdown => 'endpoint', since => '2020-01-01', until => '2020-01-02', top_n => 1) :both
-- A key that no event has, nor promotes.
select bucket, breakdown_value, errors, events from telemetry.rate_of_errors('{request_failed}', '{request_failed,request_done}', breakdown => 'feature', since => '2020-01-01', until => '2020-01-02') :both
-- By user; events without one are left out.
select who, errors, events, rate from telemetry.rate_of_errors('{request_failed}', '{request_failed,request_done}', by_user => true, since => '2020-01-01', until => '2020-01-02')
  join unnest('{ann,bob,cyd}'::text[]) who on telemetry.as_id(who)::text = breakdown_value order by 1 :both
-- Errors that all_events leaves out: the rate may be over 1. A filter holds for both.
select errors, events, rate from telemetry.rate_of_errors('{request_failed}', '{request_done}', breakdown => 'endpoint', since => '2020-01-01', until => '2020-01-02') where breakdown_value = '/b' :both
select errors, events, rate from telemetry.rate_of_errors('{request_failed}', '{request_failed,request_done}', since => '2020-01-01', until => '2020-01-02', filter => '{"endpoint": "/a"}') :both
select errors, events from telemetry.rate_of_errors('{request_failed}', '{request_failed,request_done}', by_user => true, since => '2020-01-01', until => '2020-01-02', filter => '{"endpoint": "/b"}') :both
-- All time.
select min(bucket), sum(errors), sum(events) from telemetry.rate_of_errors('{request_failed}', grain => 'year') :both
select min(bucket), sum(errors), sum(events) from telemetry.rate_of_errors('{request_failed}', by_user => true, grain => 'year') :both

-- Some of an event are errors: by a key that is promoted, and by one that is not, which the rows say.
select endpoint, errors, events from telemetry.rate_of_errors('{request_done,request_failed}', '{request_done,request_failed}', '2020-01-01', '2020-01-02', 'range', numerator_filter => '{"endpoint": "/a"}') r, lateral (values (r.breakdown_value)) v (endpoint) :both
select breakdown_value, errors, events from telemetry.rate_of_errors('{request_done,request_failed}', '{request_done,request_failed}', '2020-01-01', '2020-01-02', breakdown => 'endpoint', numerator_filter => '{"endpoint": {"$in": ["/a", "/c"]}}') :both
select breakdown_value, errors, events from telemetry.rate_of_errors('{request_done,request_failed}', '{request_done,request_failed}', '2020-01-01', '2020-01-02', breakdown => 'endpoint', numerator_filter => '{"feature": {"$exists": true}}') :both
select errors, events from telemetry.rate_of_errors('{request_done,request_failed}', '{request_done,request_failed}', '2020-01-01', '2020-01-02', by_user => true, numerator_filter => '{"endpoint": {"$ne": "/a"}}') :both
select errors, events from telemetry.rate_of_errors('{request_done,request_failed}', '{request_done,request_failed}', '2020-01-01', '2020-01-02', by_user => true, numerator_filter => '{"feature": {"$exists": false}}') :both
select * from telemetry.rate_of_errors();
select * from telemetry.rate_of_errors('{request_failed}', breakdown => 'endpoint', by_user => true);
select * from telemetry.rate_of_errors('{request_failed}', top_n => -1);
select * from telemetry.rate_of_errors('{request_failed}', grain => 'fortnight');
rollback;
