-- Redaction: secrets go before anything is stored, hashed, kept or quoted.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres;
begin;
\set ON_ERROR_ROLLBACK on
-- Try it: what would be stored, and how often which rule hit. Never a value.
select * from telemetry.redact('{"note": "write to joe@example.org or +49 30 12345678", "password": "hunter2", "price": 12.5}');
select * from telemetry.redact('{"card": 4111111111111111, "order": 1700000000000, "id": "018f3a5c-7a4b-7cde-8f00-1234567890ab"}');
select * from telemetry.redact('{"position": 3}');
select * from telemetry.redact(null);
select kind, count(*) > 5 as several from telemetry.redaction_rules() group by 1 order by 1;

-- In the log, in rejections, whatever way an event takes.
select telemetry.register_event('mail_sent', '{"properties": {"subject": {"type": "string"}}}');
select telemetry.log_event('mail_sent', '{"to": "joe@example.org"}') is not null;
select accepted, rejected from telemetry.log_events('[{"event_name": "mail_sent", "payload": {"subject": "for joe@example.org"}},
    {"event_name": "mail_sent", "payload": {"subject": 7, "to": "joe@example.org"}}, {"event_name": "nope", "payload": {"to": "joe@example.org"}},
    {"evnt": "joe@example.org"}, "joe@example.org"]');
select telemetry.log_event('mail_sent', '{"subject": 7, "to": "joe@example.org"}');
select payload from telemetry.events order by ingest_id;
select reason, event from telemetry.rejections order by rejected_at;
select function_name, redactions from telemetry.ingestion_calls order by call_at;

-- A retry is recognised by what is stored: the digest is of the redacted event.
select telemetry.log_event('mail_sent', '{"to": "joe@example.org"}', event_id => '00000000-0000-4000-8000-000000000001');
select telemetry.log_event('mail_sent', '{"to": "joe@example.org"}', event_id => '00000000-0000-4000-8000-000000000001');

-- Rules are checked as the event came: one that wants an email is met by an email, which is then not stored.
select telemetry.register_event('invited', '{"properties": {"guest": {"type": "string", "format": "email"}}}');
select telemetry.log_event('invited', '{"guest": "joe@example.org"}') is not null;
select telemetry.log_event('invited', '{"guest": "joe"}');
select payload from telemetry.events where event_name = 'invited';

-- By event: keys dropped, masked, or reduced to the domain of an email; only the allowed keys; values that are not scanned.
select telemetry.register_event('signed_up', '{"redaction": {"keys": {"ssn": "drop", "name": "mask", "email": "keep_domain"}, "except": ["referrer"]}}');
select * from telemetry.redact('{"ssn": "078-05-1120", "name": {"first": "Joe"}, "email": "joe@example.org", "referrer": "a@b.org"}', 'signed_up');
select telemetry.register_event('searched', '{"redaction": {"allow_only": ["term"]}}');
select * from telemetry.redact('{"term": "joins", "ip": "10.0.0.1", "agent": "x"}', 'searched');
select telemetry.register_event('paid', '{"redaction": {"action": "reject"}}');
select telemetry.log_event('paid', '{"card": "4111 1111 1111 1111"}');
select telemetry.log_event('paid', '{"amount": 5}') is not null;
select telemetry.register_event('raw', '{"redaction": {"values": false, "keys": {"password": "off"}}}');
select * from telemetry.redact('{"to": "joe@example.org", "password": "x"}', 'raw');

-- By the words of a key, after a name within a text, beside a name; what is about a secret stays.
select * from telemetry.redact('{"dbPassword": "x1", "user[password]": "x2", "token_count": 12, "password_changed_at": "2026-01-02", "otp": "sms"}');
select * from telemetry.redact('{"url": "https://a.org/?step=2&reset_password_token=s3cr3t#access_token=s3cr3t", "body": "a=b&password=s3cr3t&c=d", "json": "{\"api_key\": \"s3cr3t\"}"}');
select * from telemetry.redact('{"headers": [{"name": "Authorization", "value": "s3cr3t"}, ["Cookie", "sid=s3cr3t"]]}');
select * from telemetry.redact('{"order_number": "4111111111111111", "score": "+25000000", "repository": "ssh://deploy@host.example.org"}');
-- Options: addresses, national phones by country, the domain of an email.
select * from telemetry.redact('{"note": "joe@example.org, 030 1234567, 10.0.0.1"}');
select telemetry.set_redaction('{"emails": "keep_domain", "phone_countries": ["DE"], "ip_addresses": true}', 'mail_sent');
select * from telemetry.redact('{"note": "joe@example.org, 030 1234567, 10.0.0.1"}', 'mail_sent');
select telemetry.set_redaction(null, 'mail_sent');
select telemetry.set_redaction('{"phone_countries": ["XX"]}');
select telemetry.set_redaction('{"ip_addresses": "yes"}');
select telemetry.set_redaction('{"emails": "burn"}');

-- By tenant, over the event's own.
select telemetry.set_redaction('{"values": ["card"]}', tenant_id => '00000000-0000-4000-8000-00000000000a');
select telemetry.set_redaction('{"keys": {"seat": "drop"}}', 'mail_sent', '00000000-0000-4000-8000-00000000000a');
select * from telemetry.redact('{"to": "joe@example.org", "seat": 7, "card": "4111111111111111"}', 'mail_sent', '00000000-0000-4000-8000-00000000000a');
select * from telemetry.redact('{"to": "joe@example.org", "seat": 7, "card": "4111111111111111"}', 'mail_sent', '00000000-0000-4000-8000-00000000000b');
select telemetry.set_redaction(null, tenant_id => '00000000-0000-4000-8000-00000000000a');
select event_name, tenant_id, policy from telemetry.redaction_policies;

-- A policy that cannot be applied is refused where it is written.
select telemetry.set_redaction('{"value": true}');
select telemetry.set_redaction('{"values": ["horoscope"]}');
select telemetry.set_redaction('{"keys": {"ssn": "burn"}}');
select telemetry.set_redaction('{"action": "explode"}');
select telemetry.set_redaction('{}', 'nope');
select telemetry.register_event('broken', '{"redaction": {"allow_only": "term"}}');

-- As deep as jsonb goes; what lies deeper than 128 levels is masked unseen.
select left(redacted::text, 3) as redacted, found
  from telemetry.redact((repeat('[', 200) || '"joe@example.org"' || repeat(']', 200))::jsonb);

-- Off altogether.
set telemetry.redaction = off;
select telemetry.log_event('mail_sent', '{"to": "joe@example.org"}') is not null;
select payload from telemetry.events order by ingest_id desc limit 1;
rollback;
