-- Destinations: where events are sent. What is not a definition is refused, and says what would be one.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
select telemetry.register_event('seen'), telemetry.register_event('paid');

-- A new one is told from one that is changed; what is not named stays, and null is the default again.
select telemetry.register_destination('crm', '{"kind": "webhook", "url": "https://example.com/hook", "secret_name": "crm", "events": ["paid"], "max_per_second": 10}');
select telemetry.register_destination('crm', '{"url": "https://example.com/other", "max_per_second": null}');
select kind, url, secret_name, sends, events, ordering, order_key, batch_rows, batch_bytes, max_per_second, timeout_seconds, retry_after from telemetry.destinations;
select telemetry.register_destination('crm', '{"order_key": "user"}');
select ordering, order_key from telemetry.destinations;
select telemetry.register_destination('crm', '{"ordering": "none"}');
select ordering, order_key from telemetry.destinations;
select telemetry.register_destination('ph', '{"kind": "posthog", "url": "https://eu.i.posthog.com/batch/", "secret_name": "ph", "filter": {"plan": "pro", "n": {"$gte": 2}, "a.b": 1}}');
select ordering, batch_rows, batch_bytes, test from telemetry.destinations where name = 'ph';

-- A definition that cannot be used.
create function pg_temp.refused(definition jsonb, name text default 'x') returns text language plpgsql as $$
declare
    hint text;
begin
    perform telemetry.register_destination(name, definition);
    return 'taken';
exception when others then
    get stacked diagnostics hint = pg_exception_hint;
    return concat_ws(' | ', sqlstate, sqlerrm, hint);
end $$;
\t
select pg_temp.refused(null);
select pg_temp.refused('{}', null);
select pg_temp.refused('{"kind": "webhook", "url": "https://example.com"}', 'No Name');
select pg_temp.refused('[]');
select pg_temp.refused('{"colour": "red"}');
select pg_temp.refused('{"url": "https://example.com"}');
select pg_temp.refused('{"kind": "fax", "url": "https://example.com"}');
select pg_temp.refused('{"kind": "webhook"}');
select pg_temp.refused(jsonb_build_object('kind', 'webhook', 'url', url))
  from unnest('{ftp://example.com,example.com,"https://",https://user:pw@example.com/,https://user@example.com,https://example.com/?access_token=1,https://example.com/?a=1&api_key=2,https://example.com/a b,https://example.com/#x,file:///etc/passwd}'::text[]) url;
select pg_temp.refused('{"kind": "posthog", "url": "https://example.com"}');
select pg_temp.refused('{"kind": "posthog", "url": "https://example.com", "secret_name": "k", "ordering": "by_key", "order_key": "user"}');
select pg_temp.refused('{"kind": "segment", "url": "https://example.com", "secret_name": "k", "batch_bytes": 500001}');
select pg_temp.refused('{"kind": "webhook", "url": "https://example.com"}' || more::jsonb)
  from unnest(array['{"secret_name": "no name"}', '{"sends": "letters"}', '{"sends": "alerts", "thin": true}', '{"sends": "messages", "events": ["paid"]}', '{"events": []}', '{"events": ["payd"]}', '{"events": [1]}', '{"filter": []}', '{"filter": {"$cohort": "buyers"}}',
      '{"filter": {"n": {"$near": 1}}}', '{"tenant_id": "nobody"}', '{"keys": []}', '{"keys": ["a"], "thin": true}', '{"thin": "yes"}', '{"ordering": "random"}', '{"ordering": "by_key"}', '{"ordering": "by_key", "order_key": "mood"}',
      '{"ordering": "none", "order_key": "user"}', '{"batch_rows": 0}', '{"batch_rows": 1.5}', '{"batch_bytes": 10}', '{"max_per_second": 0}', '{"timeout_seconds": 46}', '{"retry_after": []}', '{"retry_after": ["soon"]}', '{"retry_after": ["0 seconds"]}',
      '{"retry_after": [60]}', '{"from": "yesterday"}', '{"kind": 1}']) more;
select pg_temp.refused('{"from": "begin"}', 'crm');
-- Of those that are told of alerts.
select pg_temp.refused('{"kind": "slack", "secret_name": "chat"}' || more::jsonb)
  from unnest(array['{"secret_name": null}', '{"url": "https://hooks.slack.com/services/T0/B0/x"}', '{"url": "https://u:p@example.com"}', '{"ordering": "strict"}', '{"order_key": "user"}', '{"sends": "events"}', '{"events": ["paid"]}', '{"thin": true}',
      '{"batch_rows": 5}', '{"from": "begin"}', '{"sender": "a@example.com"}']) more;
select pg_temp.refused('{"kind": "email", "url": "smtp://mail.example.com", "sender": "Telemetry <t@example.com>", "recipients": ["ops@example.com"]}' || more::jsonb)
  from unnest(array['{"url": null}', '{"url": "https://mail.example.com"}', '{"url": "smtp://u:p@mail.example.com"}', '{"url": "smtp://mail.example.com/path"}', '{"url": "smtp://mail.example.com?tls=opportunistic"}', '{"url": "smtp://mail.example.com?tls=none", "secret_name": "mail"}',
      '{"sender": null}', '{"sender": "Telemetry"}', '{"sender": "a@example.com\r\nBcc: b@example.com"}', '{"sender": "a@example.com, b@example.com"}', '{"recipients": null}', '{"recipients": []}', '{"recipients": "ops@example.com"}',
      '{"recipients": ["ops"]}', '{"recipients": ["ops@example.com\nRCPT TO:<x@example.com>"]}', '{"ordering": "by_key", "order_key": "user"}']) more;
select pg_temp.refused('{"kind": "alertmanager", "url": "https://am.example.com"}' || more::jsonb) from unnest(array['{"url": null}', '{"url": "https://am.example.com/?token=x"}', '{"ordering": "strict"}', '{"keys": ["a"]}', '{"sends": "messages"}', '{"tz": "Europe/Berlin"}', '{"wakes": true}']) more;
select pg_temp.refused('{"kind": "posthog", "url": "https://example.com", "secret_name": "k", "sends": "alerts"}');
select pg_temp.refused('{"kind": "slack", "secret_name": "chat"}', 'crm');
\t

-- People and Alertmanager are told of alerts: in no order, Slack once a second, Alertmanager again soon. Slack's address is a secret.
select telemetry.register_destination('team', '{"kind": "slack", "secret_name": "chat"}'),
       telemetry.register_destination('post', '{"kind": "email", "url": "smtp://mail.example.com", "sender": "Telemetry <t@example.com>", "recipients": ["ops@example.com"], "secret_name": "mail"}'),
       telemetry.register_destination('monitor', '{"kind": "alertmanager", "url": "https://am.example.com/"}');
select name, kind, url, sends, ordering, max_per_second, retry_after, sender, recipients from telemetry.destinations where sends = 'alerts' order by 1;
select telemetry.drop_destination(name) from telemetry.destinations where sends = 'alerts';

-- It begins where the log ends, or at its first event.
select telemetry.log_event('seen') is not null as logged;
select telemetry.register_destination('all', '{"kind": "webhook", "url": "https://example.com", "from": "begin"}');
select destination, position from telemetry.destination_states where destination = 'all';

-- Pausing keeps the position; from now skips what lies between.
select telemetry.pause_destination('all');
select name, status, lag_events > 0 as waits from telemetry.destination_status('all');
select telemetry.resume_destination('all');
select telemetry.resume_destination('all', 'yesterday');
select telemetry.resume_destination('nobody');
select telemetry.pause_destination(null);
select name, status from telemetry.destination_status();
select telemetry.drop_destination('all'), telemetry.drop_destination('all');
select count(*) from telemetry.destination_states where destination = 'all';

-- A tenant's admin defines destinations of its own tenant, and sees no others.
set local telemetry.multi_tenant = on;
create role tenants_admin;
select telemetry.grant_access('tenants_admin', 'admin');
set role tenants_admin;
set request.jwt.claims = '{"role": "tenants_admin", "sub": "a", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000a"}}';
select telemetry.register_destination('own', '{"kind": "webhook", "url": "https://example.com"}');
select telemetry.register_destination('theirs', '{"kind": "webhook", "url": "https://example.com", "tenant_id": "00000000-0000-4000-8000-00000000000b"}');
select telemetry.register_destination('crm', '{"kind": "webhook", "url": "https://evil.example"}');
select telemetry.pause_destination('crm');
select telemetry.drop_destination('crm');
select name, tenant_id from telemetry.destinations;
select name from telemetry.destination_status();
select telemetry.destination_status('crm');
select telemetry.enqueue('crm', '{}');
select telemetry.requeue_deliveries('crm');
reset role;
reset request.jwt.claims;

-- A courier claims and settles, and reads nothing.
create role courier;
select telemetry.grant_access('courier', 'courier');
set role courier;
select count(*) from telemetry.claim_deliveries('w');
select telemetry.settle_delivery('crm:0:1:1', 'w', 200);
select * from telemetry.destinations;
select * from telemetry.events;
select * from telemetry.dead_letters;
select telemetry.destination_status();
select telemetry.enqueue('crm', '{}');
select telemetry.log_event('seen');
select * from telemetry_private.claim_deliveries('w', 1, null);
reset role;
select p.proname from pg_proc p where p.pronamespace = 'telemetry'::regnamespace and has_function_privilege('courier', p.oid, 'execute') order by 1;
rollback;
