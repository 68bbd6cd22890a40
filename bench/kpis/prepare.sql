-- The keys that dashboards ask for are promoted, as a pack would; a cohort.
select telemetry.update_event('assignment_view', '{"promoted_properties": ["version", "ms"]}'),
       telemetry.update_event('assignment_hide', '{"promoted_properties": ["version", "reason"]}'),
       telemetry.update_event('assignment_apply_click', '{"promoted_properties": ["version", "method", "surface"]}'),
       telemetry.update_event('assignment_reply_received', '{"promoted_properties": ["reply_time_minutes"]}'),
       telemetry.register_cohort('applicants', '{"event": "assignment_apply_submit", "at_least": 2}'),
       telemetry.register_cohort('never_applied', '{"event": "assignment_apply_submit", "at_most": 0}');
