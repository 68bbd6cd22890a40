-- The five packs: every event of the five applications, installed by name.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
begin;

select pack, event_types from telemetry.pack_catalog();
select pack, telemetry.install_pack(pack) as added, telemetry.install_pack(pack) as added_again from telemetry.pack_catalog();

-- Typed clients get a closed list.
select t.typname, count(*) as labels
  from pg_type t join pg_enum e on e.enumtypid = t.oid
 where t.typnamespace = 'telemetry'::regnamespace and t.typname like '%\_event' group by 1 order by 1;
select enum_range(null::telemetry.exam_prep_event);

-- Tutoring: surface, method and reason are closed lists.
select telemetry.log_event('assignment_hide', '{"reason": "too_far"}') is not null as logged;
select telemetry.log_event('assignment_hide', '{"reason": "ugly"}');
select telemetry.log_event('assignment_apply_click', '{"surface": "website", "method": "one_click", "experiment": {"name": "cta", "variant": "b"}}') is not null as logged;
select telemetry.log_event('preferences_update', '{"changed": ["subjects", "levels"]}') is not null as logged;
select telemetry.log_event('assignment_apply_click', '{"surface": "telegram_dm", "method": "external"}') is not null as logged;
select telemetry.log_event('notifications_resume', '{}') is not null as logged;

-- A key that no rule names is refused, by name: that keeps free text out. Filters are codes.
select telemetry.log_event('assignment_list_view', '{"surface": "website", "q": "patient tutor near me"}');
select telemetry.log_event('assignment_list_view', '{"surface": "website", "filters": {"q": "patient tutor near me"}}');
select telemetry.log_event('assignment_list_view', jsonb_build_object('surface', 'website', 'filters', jsonb_build_object('subjects', repeat('x', 65))));
select telemetry.log_event('assignment_list_view', '{"surface": "website", "filters": {"subjects": ["math"], "rate_min": 30, "online": true}}') is not null as logged;
select pack, bool_and(additional_properties) as takes_other_keys, count(*) from telemetry.event_types where pack is not null group by 1 order by 1;

-- Exam preparation: envelope v1 asks for user and session, payloads are at most 4 KB.
select telemetry.log_event('ANSWER_CHANGED', '{"position": 5, "from_index": 1, "to_index": 2}',
                           user_id => telemetry.as_id('student-1'), session_id => telemetry.as_id('session-1'), source => 'web') is not null as logged;
select telemetry.log_event('ANSWER_CHANGED', '{"position": 5, "from_index": 1, "to_index": 2}');
-- What must not be collected has no key: neither a question's text nor a name or an address.
select telemetry.log_event('QUESTION_VIEWED', '{"position": 5, "stem": "Which nerve..."}', user_id => telemetry.as_id('student-1'), session_id => telemetry.as_id('session-1'));
select telemetry.log_event('PAUSE_BLUR', '{"state": "asleep"}', user_id => telemetry.as_id('student-1'), session_id => telemetry.as_id('session-1'));
select telemetry.log_event('REVIEW_OPENED', jsonb_build_object('variant', repeat('x', 4096)), user_id => telemetry.as_id('student-1'), session_id => telemetry.as_id('session-1'));

-- Support chat: 2 KB, a tenant, and required keys; no client may log them.
select telemetry.log_event('plan_updated', '{"previousPlan": "free", "newPlan": "pro", "status": "active"}', tenant_id => telemetry.as_id('acme')) is not null as logged;
select telemetry.log_event('plan_updated', '{"previousPlan": "free", "newPlan": "pro", "status": "active"}');
select telemetry.log_event('plan_updated', '{"newPlan": "pro"}', tenant_id => telemetry.as_id('acme'));
-- A first plan has none before it, and says so.
select telemetry.log_event('plan_updated', '{"previousPlan": null, "newPlan": "pro", "status": "active"}', tenant_id => telemetry.as_id('acme')) is not null as logged;
select telemetry.log_event('plan_updated', '{"newPlan": "pro", "status": "active"}', tenant_id => telemetry.as_id('acme'));
select telemetry.log_event('ingest_failed', jsonb_build_object('sourceType', 'pdf', 'url', repeat('u', 2100), 'errorCode', 'E1'), tenant_id => telemetry.as_id('acme'));

-- Coaching and learning.
select telemetry.log_event('booking_scheduled', '{}');
select telemetry.log_event('booking_scheduled', '{}', subject_id => telemetry.as_id('booking-1')) is not null as logged;
select telemetry.redact('{"first_name": "Ann", "Phone": "555", "trainer_id": "t-7"}', 'lead_created');
select telemetry.log_event('lesson_completed', '{"course": "python-basics", "lesson": "variables", "name": "Ann"}');
select telemetry.log_event('api_response_time', '{"duration_ms": -4, "correlation_id": "r-1", "service": "api", "level": "info"}');
-- What is a log has the fields of one: which request, which service, how grave.
select telemetry.log_event('api_response_time', '{"duration_ms": 4}');
select telemetry.log_event('api_response_time', '{"duration_ms": 4, "correlation_id": "r-1", "service": "api", "level": "info"}') is not null as logged;
-- Of an address the domain stays; phone numbers go as America writes them, and tokens of a header and a URL.
select telemetry.redact('{"note": "joe@example.org, (415) 555-2671", "mobile": "1", "trainer_name": "Ann", "header": "Bearer abcdefghijklmnop", "page": "https://a.org/?token=abc"}', 'user_logged_in');
select telemetry.log_event('lesson_completed', '{"course": "python-basics", "lesson": "variables", "duration": 300}') is not null as logged;
select telemetry.log_event('code_executed', '{"compiler": "cpython", "success": "yes"}');

-- Two applications log message_sent: both definitions are active, and an event is stored as the one that it meets.
select event_name, event_version, pack, status, required_keys from telemetry.event_catalog() where event_name = 'message_sent';
select telemetry.log_event('message_sent', '{"conversationId": "c1", "role": "user"}', tenant_id => telemetry.as_id('acme')) is not null as logged;
select telemetry.log_event('message_sent', '{}') is not null as logged;
select pack, count(*) from telemetry.events e join telemetry.event_types t using (event_name, event_version)
 where e.event_name = 'message_sent' group by 1 order by 1;

-- What was changed since stays when the pack is installed again.
select telemetry.update_event('assignment_view', '{"payload_limit": 1000}');
select telemetry.install_pack('tutoring');
select event_version, payload_limit, status from telemetry.event_catalog() where event_name = 'assignment_view';

-- A pack goes; its logged events stay.
select telemetry.uninstall_pack('tutoring');
select count(*) from telemetry.event_catalog() where pack = 'tutoring';
select count(*) from telemetry.events where event_name = 'assignment_hide';
select to_regtype('telemetry.tutoring_event');
create temp table uses_the_enum (e telemetry.learning_event);
select telemetry.uninstall_pack('learning');
select telemetry.install_pack('payroll');
select telemetry.install_pack(null);
select telemetry.uninstall_pack('payroll');

rollback;
