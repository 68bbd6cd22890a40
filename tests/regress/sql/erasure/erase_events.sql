-- Single events are erased, and keys are scrubbed from payloads that should never have had them.
\set SHOW_CONTEXT never
set timezone = 'UTC'; set datestyle = iso; set client_min_messages = warning;
begin;
\set ON_ERROR_ROLLBACK on
\set ann '\'00000000-0000-4000-8000-0000000000a1\''
select telemetry.register_event('signed_up', '{"promoted_properties": ["plan", "contact.email"]}') is not null as is_registered;
select telemetry.register_event('paid', '{"required_keys": ["amount"]}') is not null as is_registered;
select telemetry.import_events(jsonb_agg(jsonb_build_object(
           'event_name', 'signed_up', 'event_ts', '2026-03-01T00:00:00Z'::timestamptz + n * interval '1 day', 'event_id', telemetry.as_id('event ' || n),
           'user_id', case when n < 6 then telemetry.as_id('user ' || n) end,
           'payload', jsonb_build_object('plan', 'free', 'contact', jsonb_build_object('email', 'canary' || n || '@example.com', 'lang', 'de'))))) as logged
  from generate_series(1, 12) n;
call telemetry.tick();
select (r).rejected from (select telemetry.log_events(jsonb_build_array(jsonb_build_object('event_name', 'paid', 'payload', '{"contact": {"email": "canary@example.com"}}'::jsonb))) r) x;

-- By their ids. Those that the log does not have are no error.
select kind, events, counts, since, until, details -> 'event_ids' as event_ids
  from telemetry.erase_events(array[telemetry.as_id('event 3'), telemetry.as_id('event 8'), telemetry.as_id('event 99'), null], 'test data');
select count(*) as events, count(*) filter (where user_id = telemetry.as_id('user 3')) as of_user_3 from telemetry.events;
select count(*) as actors from telemetry.timeline_actors;
select sum(events) from telemetry.hourly_counts;
select bool_and(is_equal) as is_equal from telemetry.verify_derived();
select bucket::date, events from telemetry.event_volume('{signed_up}', '2026-03-03', '2026-03-06');
-- The same id may be logged again, as if it had never been.
select telemetry.import_events(jsonb_build_array(jsonb_build_object('event_name', 'signed_up', 'event_ts', '2026-03-04T00:00:00Z', 'event_id', telemetry.as_id('event 3')))) as logged;

-- A member of an object, in a range of time; rejections that are kept lose it too.
select kind, events, counts, since, until, details from telemetry.scrub_payload('{signed_up}', '{contact.email}', '2026-03-06', '2026-03-20', 'never wanted');
select event_ts::date, payload from telemetry.events where event_name = 'signed_up' order by 1 limit 7;
select bool_and(is_equal) as is_equal from telemetry.verify_derived();
select value, events from telemetry.top_values('contact.email', '{signed_up}') order by 1;
-- Everywhere, with all that lies below.
select kind, events, counts, since, until, details from telemetry.scrub_payload(keys => '{contact}');
select distinct payload from telemetry.events;
select event -> 'payload' as payload from telemetry.rejections where event_name = 'paid' and rejected_at >= now();
select bool_and(is_equal) as is_equal from telemetry.verify_derived();
select value, events from telemetry.top_values('contact.email', '{signed_up}');
select value, events from telemetry.top_values('plan', '{signed_up}');
select events, counts from telemetry.scrub_payload(keys => '{contact}');

-- What cannot be.
select telemetry.erase_events(null);
select telemetry.erase_events(array(select gen_random_uuid() from generate_series(1, 10001)));
select events from telemetry.erase_events('{}');
select telemetry.scrub_payload('{signed_up}');
select telemetry.scrub_payload(keys => '{}');
select telemetry.scrub_payload(keys => '{a..b}');
select telemetry.scrub_payload(keys => '{plan}', since => '2026-03-02', until => '2026-03-01');
rollback;
