-- Paths: what actors do first, second, third. Twin: src/kpi/paths.rs.

create function telemetry.paths(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    start_event text default null,
    end_event text default null,
    max_steps integer default null,
    exclude text[] default null,
    actor text default null,
    object_key text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (step integer, source_name text, target_name text, actors bigint, avg_seconds double precision)
language c
stable
parallel restricted
rows 1000
as 'MODULE_PATHNAME', 'paths_wrapper';

create function telemetry.paths_actors(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    start_event text default null,
    end_event text default null,
    max_steps integer default null,
    exclude text[] default null,
    actor text default null,
    object_key text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (
    step integer, source_name text, target_name text, tenant_id uuid, actor_id uuid, left_at timestamptz,
    seconds double precision)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'paths_actors_wrapper';

comment on function telemetry.paths is
'The ways that actors take. An actor''s path is its events in [since, until), NULL: all time, in order of time, then of arrival; its event number step and the next one make an edge from source_name to target_name. One row per edge that somebody took: how many actors did, and in how many seconds on average. By step, those of most actors first. events: names that count, NULL all; exclude: names that do not; start_event: a path begins with the actor''s first event of that name, who has none has no path; end_event: it ends with the first one of that name behind its start; max_steps: the most events of a path, 2 to 100, default 5, the last ones where only end_event is given, else the first ones; actor: user (default), session (one path per session_id) or subject, a (tenant, id) pair; object_key: the payload key that names the subject, in place of subject_id, see time_to_first(); tenant: NULL every tenant that the caller may see; filter: what the payload of an event must contain to count. Nobody with two events: no row. Errors: 22023 an unknown word, since not before until, max_steps out of range, a start_event or end_event that does not count; 53200 more events of 65,536 actors than telemetry.kpi_memory holds.';
comment on function telemetry.paths_actors is
'The actors behind paths(), with the same arguments: one row per edge of each actor''s path, when the actor left it and in how many seconds it came to the next event. No order. Errors: those of paths(), 53200 a list larger than telemetry.kpi_memory.';
