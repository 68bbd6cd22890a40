-- client_types(): the taxonomy as types of a language, for a compiler to check what a program logs. Twin:
-- src/clients/client_types.rs, which writes the text.

-- What may be logged: the active versions, as the text of a JSON array.
create function telemetry_private.active_definitions()
returns text
language sql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(jsonb_agg(jsonb_build_object(
               'event_name', t.event_name, 'event_version', t.event_version, 'description', t.description,
               'required_keys', t.required_keys, 'properties', t.properties, 'additional_properties', t.additional_properties,
               'json_schema', t.json_schema, 'required_arguments', t.required_arguments, 'logged_by', t.logged_by)), '[]')::text
      from telemetry.event_types t
     where t.status = 'active'
$$;

create function telemetry_private.known_aliases()
returns text
language sql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(jsonb_agg(jsonb_build_object('alias', a.alias, 'argument', a.argument)), '[]')::text
      from telemetry.event_aliases a
$$;

create function telemetry.client_types(language text)
returns text
language sql
stable
parallel safe
begin atomic
    select telemetry_private.written_types(language, telemetry_private.active_definitions(), telemetry_private.known_aliases());
end;

comment on function telemetry.client_types is
'Writes the taxonomy as types of a language, so that a compiler checks what a program logs: each
event with its payload, descriptions as comments.

Arguments
  language  typescript or python
Returns
  the text of a source file; the same taxonomy gives the same bytes
Errors
  22004  language is NULL
  22023  an unknown language
Notes
  psql -XAtc "select telemetry.client_types(''typescript'')" >telemetry-events.ts writes a file.
  Active versions are written, and where an event has several, its payload is one of theirs.
    Deprecated events are left out.
  A type takes whatever the definition takes, and more where no type can say it: lengths, patterns
    and ranges stand in the comments. In Python a payload takes no keys but those that are listed.
  In TypeScript ClientEvents are the events that clients may log, Events all. In Python Track is the
    type of the client''s track().';
