-- What is in a payload, by the paths that KPIs take. Twin: src/kpi/payload_keys.rs.

alter function telemetry_private.payload_keys rows 10;

create function telemetry.payload_keys(payload jsonb)
returns table (payload_key text, parent_key text, json_type text, value text)
language sql
immutable
parallel safe
rows 10
begin atomic
    select k.payload_key, k.parent_key, k.json_type, k.value from telemetry_private.payload_keys(payload) k;
end;

comment on function telemetry.payload_keys is
'What a payload holds, by the keys and paths that filters, breakdowns and every other argument that
names a payload key take.

Arguments
  payload  a JSON object
Columns
  payload_key  the key, or the path of a member of an object (experiment.variant)
  parent_key   the object that a member lies in; NULL for the payload''s own keys
  json_type    object, array, string, number, boolean or null
  value        its text as ->> shows it; NULL for a JSON null, an object and an array
Errors
  22023  payload is no object
Notes
  The payload''s own keys come first, then the members of objects within it. NULL gives no rows.
  Not listed is what no path reaches: what is in arrays, members whose name is empty or has a dot,
    paths of more than 500 bytes, and a member whose path is spelt like a key of the payload itself,
    which comes first.
  Which keys an event has: select k.payload_key, count(*) from telemetry.events e,
    telemetry.payload_keys(e.payload) k where e.event_name = ''page_viewed'' group by 1.';
