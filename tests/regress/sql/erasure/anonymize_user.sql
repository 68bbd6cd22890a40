-- A person is cut off from the events of a user, which stay: every answer is the same to the digit.
\set SHOW_CONTEXT never
set timezone = 'UTC'; set datestyle = iso; set client_min_messages = warning;
begin;
\set ON_ERROR_ROLLBACK on
\set ann '\'00000000-0000-4000-8000-0000000000a1\''
\set bob '\'00000000-0000-4000-8000-0000000000a2\''
select telemetry.register_event(name, '{"promoted_properties": ["page", "plan.name"]}') is not null as is_registered from unnest('{page_read,page_rated}'::text[]) name;
select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
           'event_name', case n % 3 when 0 then 'page_rated' else 'page_read' end, 'event_ts', '2026-03-01T00:00:00Z'::timestamptz + n * interval '7 hours',
           'event_id', telemetry.as_id('event ' || n), 'client_ts', '2026-03-01T00:00:00Z'::timestamptz + n * interval '7 hours' - interval '3 days',
           'user_id', case n % 3 when 0 then :bob when 1 then :ann when 2 then case when n % 4 = 0 then null else :ann end end,
           'session_id', telemetry.as_id('session ' || n / 6), 'subject_id', case when n % 10 = 0 then :ann else telemetry.as_id('book ' || n % 4) end,
           'payload', jsonb_build_object('page', '/' || n % 11, 'plan', jsonb_build_object('name', 'plan ' || n % 2), 'note', 'canary'))))) as logged
  from generate_series(1, 200) n;
create temp view answers as
    select 'volume' as kpi, v::text as answer from telemetry.event_volume(since => '2026-03-01', until => '2026-06-01', grain => 'week') v
    union all select 'active', a::text from telemetry.active_users(since => '2026-03-01', until => '2026-06-01', grain => 'week') a
    union all select 'active sessions', a::text from telemetry.active_users(since => '2026-03-01', until => '2026-06-01', grain => 'week', actor => 'session') a
    union all select 'funnel', f::text from telemetry.funnel('["page_read", "page_rated"]') f
    union all select 'funnel of sessions', f::text from telemetry.funnel('["page_read", "page_rated"]', actor => 'session') f
    union all select 'retention', r::text from telemetry.retention('page_read', since => '2026-03-01', until => '2026-06-01') r
    union all select 'lifecycle', l::text from telemetry.lifecycle(since => '2026-03-01', until => '2026-06-01', grain => 'week') l
    union all select 'stickiness', s::text from telemetry.stickiness(since => '2026-03-01', until => '2026-06-01') s
    union all select 'pages', t::text from telemetry.top_values('page', '{page_read}') t;
-- Half of it is derived already.
select telemetry.tick_unit((select min(ingest_id) + 99 - max(position) from telemetry.events, telemetry.cursors)) > 0 as took;
select array_agg(kpi || ' ' || answer order by kpi, answer)::text as before from answers \gset
select actor_number as number from telemetry.timeline_actors where user_id = :ann \gset

select kind, events, counts, details from telemetry.anonymize_user(:ann, reason => 'she left', keep_keys => '{page}');
select array_agg(kpi || ' ' || answer order by kpi, answer)::text = :'before' as is_the_same from answers;
call telemetry.tick();
select array_agg(kpi || ' ' || answer order by kpi, answer)::text = :'before' as is_the_same from answers;
select bool_and(is_equal) as is_equal from telemetry.verify_derived();
-- Her number is nobody's any more, and the fresh user has one of its own; nothing that she did leads back to her. Of what Bob did she stays the subject.
select count(*) filter (where actor_number = :number) as of_her_number, count(*) as actors from telemetry.timeline_actors;
select count(*) filter (where user_id = :bob) as of_bob, count(*) filter (where user_id is distinct from :bob) as of_others from telemetry.events e where e::text like '%' || :ann || '%';
select count(*) from telemetry.events e where e.session_id = any (array(select telemetry.as_id('session ' || n / 6) from generate_series(1, 200) n where n % 3 = 1)) and e.user_id is distinct from :bob;
select count(distinct user_id) as users, count(distinct session_id) as sessions, bool_and(client_ts between event_ts - interval '1 second' and event_ts) as client_ts_is_near, array_agg(distinct p.key) as keys
  from telemetry.events e, jsonb_object_keys(e.payload) p (key) where e.user_id not in (:ann, :bob);
-- Bob's are as they were.
select count(distinct session_id) as sessions, array_agg(distinct p.key) as keys from telemetry.events e, jsonb_object_keys(e.payload) p (key) where e.user_id = :bob;
select telemetry.was_erased(:ann) as ann, telemetry.was_erased(:bob) as bob;
-- Without keys to keep the payload is empty, and what the timeline had of it is gone too.
select kind, events, details from telemetry.anonymize_user(:bob);
select payload, count(*) from telemetry.events where event_name = 'page_rated' group by 1;
select bool_and(is_equal) as is_equal from telemetry.verify_derived();
select value, events from telemetry.top_values('page', '{page_rated}');
select events from telemetry.anonymize_user(:bob);

-- What cannot be.
select telemetry.anonymize_user(null);
select telemetry.anonymize_user(:ann, keep_keys => '{plan.name}');
select telemetry.anonymize_user(:ann, keep_keys => '{page,NULL}');
rollback;
