-- client_types(): the taxonomy as types, for a compiler to check what a program logs.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
begin;
select telemetry.register_event('lesson_completed', '{
    "description": "Somebody completed a lesson.", "required_keys": ["course", "lesson"], "required_arguments": ["user_id"],
    "properties": {
        "course": {"type": "string", "maxLength": 100, "description": "its slug"},
        "lesson": {"type": "string", "maxLength": 100},
        "level": {"enum": ["beginner", "expert"]},
        "seconds": {"type": ["integer", "null"], "minimum": 0},
        "tags": {"type": "array", "items": {"type": "string"}}}}');
select telemetry.register_event('invoice_paid', '{
    "logged_by": "server", "additional_properties": false, "required_keys": ["total"],
    "properties": {"total": {"type": "number", "minimum": 0}, "billed-to": {"type": "object", "properties": {"class": {"type": "string"}}, "required": ["class"]}}}');
select telemetry.register_event('page_left');

-- For TypeScript: what clients may log, what only servers may, and both.
select telemetry.client_types('typescript');

-- For Python: keys that are no names of Python's get a class in another form.
select telemetry.client_types('python');

-- A new version takes the place of the one before; a deprecated event is left out.
select telemetry.update_event('page_left', '{"additional_properties": false, "properties": {"ms": {"type": "integer"}}}');
select telemetry.deprecate_event('lesson_completed');
select telemetry.deprecate_event('invoice_paid');
select telemetry.add_alias('trackName', 'event_name');
select telemetry.client_types('typescript');

-- Two packs that know one name bring a version each: a payload is of either.
select telemetry.install_pack('support_chat') > 0 and telemetry.install_pack('coaching') > 0 as installed;
select type from regexp_matches(telemetry.client_types('python'), 'Literal\["message_sent"\], payload: ([^,]*),') m (types), unnest(m.types) type;

-- The same taxonomy gives the same bytes, whatever else happened to the tables.
create temporary table before as select l.language, telemetry.client_types(l.language) from unnest('{typescript,python}'::text[]) l (language);
update telemetry.event_types set updated_at = now() where pack = 'coaching';
select bool_and(b.client_types = telemetry.client_types(b.language)) from before b;

select telemetry.client_types('ruby');
select telemetry.client_types(null);
rollback;
