select telemetry.log_event('assignment_view', '{"surface": "website"}') is not null;
