\set n :n + 1
select telemetry.log_event('assignment_view', '{"surface": "website"}', session_id => telemetry.as_id('client ' || :client_id), seq => :n) is not null;
