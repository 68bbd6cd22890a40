-- Next events: what actors do right after a sequence of events, or right before it. Twin: src/kpi/next_events.rs.

create function telemetry.next_events(
    sequence text[],
    direction text default null,
    base text default null,
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    exclude text[] default null,
    actor text default null,
    object_key text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (event_name text, actors bigint, share double precision)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'next_events_wrapper';

create function telemetry.next_events_actors(
    sequence text[],
    direction text default null,
    base text default null,
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    exclude text[] default null,
    actor text default null,
    object_key text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (event_name text, tenant_id uuid, actor_id uuid, matched_at timestamptz, event_at timestamptz)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'next_events_actors_wrapper';

comment on function telemetry.next_events is
'What actors do right after a sequence of events, or right before it. sequence: 1 to 32 names that must follow each other with no other event between them, in order of time, then of arrival; direction: forward (default: the event after it) or backward (the event before it; the sequence is in order of time all the same); base: first_match (default forward: the actor''s first sequence), last_match (default backward: the last one), head (the actor''s first events must be the sequence; forward only), tail (the last ones must; backward only); events of [since, until) count, NULL: all time; events: names that count, NULL all, the others do not lie between; exclude: names that do not count; actor: user (default), session, subject or tenant, a (tenant, id) pair; object_key: the payload key that names the subject, in place of subject_id, see time_to_first(); tenant: NULL every tenant that the caller may see; filter: what the payload of an event must contain to count. One row per event_name, NULL where there is nothing; actors: each counts once; share: of the actors that have the sequence. Those of most actors first; no row where nobody has it. Errors: 22004 no sequence, 22023 an empty or too long one, one that does not count, an unknown word, head backward or tail forward, since not before until; 53200 more events of 65,536 actors than telemetry.kpi_memory holds.';
comment on function telemetry.next_events_actors is
'The actors behind next_events(), with the same arguments: each that has the sequence, what it did next (NULL: nothing) and when, and when the event of the sequence beside it was. No order. Errors: those of next_events(), 53200 a list larger than telemetry.kpi_memory.';
