-- The taxonomy: register, change, deprecate; every change is a version.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
begin;

select telemetry.register_event('signed_up', '{
    "domain": "account", "description": "Somebody made an account.",
    "required_keys": ["plan"],
    "properties": {"plan": {"enum": ["free", "pro"]}, "seats": {"type": "integer", "minimum": 1}}}');

select telemetry.log_event('signed_up', '{"plan": "pro", "seats": 2}') is not null as logged;
select telemetry.log_event('signed_up', '{"plan": "gold"}');
select telemetry.log_event('signed_up', '{"seats": 0}');

-- A definition is never edited in place: a change is a new version, the old one is kept for those who name it.
select telemetry.update_event('signed_up', '{"required_keys": ["plan", "seats"]}');
select telemetry.update_event('signed_up', '{"required_keys": ["plan", "seats"]}') as unchanged;
select telemetry.log_event('signed_up', '{"plan": "pro"}');
select telemetry.log_event('signed_up', '{"plan": "pro"}', event_version => 1) is not null as logged;
select telemetry.log_event('signed_up', '{"plan": "pro", "seats": 5}') is not null as logged;
select event_name, event_version, payload from telemetry.events order by ingest_id;
select event_name, event_version, status, required_keys from telemetry.event_catalog();

-- JSON null sets an attribute back to its default; what is absent stays.
select telemetry.update_event('signed_up', '{"required_keys": null, "payload_limit": 2048}');
select event_version, required_keys, payload_limit, domain from telemetry.event_catalog() where status = 'active';

-- Deprecated: refused in every version, with the event to log instead; update_event() revives it.
select telemetry.register_event('account_created');
select telemetry.deprecate_event('signed_up', 'account_created');
select telemetry.log_event('signed_up', '{"plan": "pro"}');
select telemetry.log_event('signed_up', '{"plan": "pro"}', event_version => 1);
select telemetry.update_event('signed_up', '{"description": "Back again."}');
select telemetry.log_event('signed_up', '{"plan": "pro"}') is not null as logged;

-- Keys that no property names can be refused; a whole JSON Schema can be given; patterns take linear time.
select telemetry.register_event('strict_event', '{"properties": {"a": {"type": "string"}}, "additional_properties": false}');
select telemetry.log_event('strict_event', '{"a": "x", "b": 1}');
select telemetry.register_event('schema_event', '{"json_schema": {
    "type": "object", "required": ["items"],
    "properties": {"items": {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": "^[a-z]+$"}}}}}');
select telemetry.log_event('schema_event', '{"items": ["abc"]}') is not null as logged;
select telemetry.log_event('schema_event', '{"items": ["abc", "D"]}');
select telemetry.log_event('schema_event', '{"items": []}');

-- Arguments can be required, and events kept for servers.
select telemetry.register_event('paid', '{"required_arguments": ["user_id", "source"], "logged_by": "server"}');
select telemetry.log_event('paid');
select telemetry.log_event('paid', user_id => '11111111-1111-1111-1111-111111111111');
select telemetry.log_event('paid', user_id => '11111111-1111-1111-1111-111111111111', source => 'api') is not null as logged;

-- Enforcement, per event: reject (default), quarantine, warn, accept.
select telemetry.register_event('graded', '{"required_keys": ["a"], "enforcement": "warn"}');
select telemetry.log_event('graded') is not null as logged;
select telemetry.update_event('graded', '{"enforcement": "accept"}');
select telemetry.log_event('graded') is not null as logged;
select telemetry.update_event('graded', '{"enforcement": "quarantine"}');
select telemetry.log_event('graded', '{"b": 1}', seq => 7) is null as kept_apart;
select reason, message, event_name, event_version, event - 'event_ts' as event from telemetry.rejections;
-- ... and by default, for events that nobody registered.
select telemetry.log_event('never_seen');
set local telemetry.enforcement = 'accept';
select telemetry.log_event('never_seen') is not null as logged;
set local telemetry.enforcement = 'quarantine';
select telemetry.log_event('never_seen_2') is null as kept_apart;
-- ... but no mode keeps what no definition could allow.
select telemetry.log_event(repeat('x', 3000));
select telemetry.log_event('', '{}');
select telemetry.log_event('never_seen_2', jsonb_build_object('x', repeat('x', 1100000)));
set local telemetry.enforcement = 'accept';
select telemetry.log_event(repeat('x', 3000));
select telemetry.log_event('never_seen', '[]');
select telemetry.log_event('never_seen', source => 'fridge') is not null as logged;
reset telemetry.enforcement;

-- A sampled event is kept for all events of a user or for none; the rate is stored so that counts can be weighted.
select telemetry.register_event('chatty', '{"sampling_rate": 0.1}');
create temp table kept as
select n, telemetry.log_event('chatty', user_id => telemetry.as_id(n::text)) is not null as first,
       telemetry.log_event('chatty', user_id => telemetry.as_id(n::text)) is not null as second
  from generate_series(1, 2000) n;
select bool_and(first = second) as consistent, count(*) filter (where first) between 150 and 250 as about_a_tenth from kept;
select distinct sample_rate from telemetry.events where event_name = 'chatty';

-- What is wrong with a definition is said where it is registered.
select telemetry.register_event('Mixed_Case');
select telemetry.register_event('signed_up');
select telemetry.register_event('x', '{"colour": "red"}');
select telemetry.register_event('x', '[]');
select telemetry.register_event('x', '{"payload_limit": "much"}');
select telemetry.register_event('x', '{"payload_limit": 1}');
select telemetry.register_event('x', '{"sampling_rate": 2}');
select telemetry.register_event('x', '{"enforcement": "perhaps"}');
select telemetry.register_event('x', '{"required_arguments": ["shoe_size"]}');
select telemetry.register_event('x', '{"properties": {"a": {"type": "strnig"}}}');
select telemetry.register_event('x', '{"json_schema": {"$ref": "https://example.com/schema.json"}}');
select telemetry.register_event('x', '{"properties": {"a": {"pattern": "("}}}');
select telemetry.register_event(null);
select telemetry.update_event('unheard_of');
select telemetry.deprecate_event('unheard_of');
select telemetry.deprecate_event('paid', 'unheard_of');

-- A rolled-back change is forgotten by this backend too.
savepoint before_change;
select telemetry.update_event('account_created', '{"required_keys": ["email_hash"]}');
select telemetry.log_event('account_created');
rollback to before_change;
select telemetry.log_event('account_created') is not null as logged;

rollback;
