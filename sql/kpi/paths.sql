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
    filter jsonb default null,
    last text default null)
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
    filter jsonb default null,
    last text default null)
returns table (
    step integer, source_name text, target_name text, tenant_id uuid, actor_id uuid, left_at timestamptz,
    seconds double precision)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'paths_actors_wrapper';

comment on function telemetry.paths is
'Which ways actors take from event to event: one row per step from one event to the next that
somebody took.

Arguments
  since, until, last, actor, object_key, tenant, filter: common arguments
  events       names that count; default NULL: all
  start_event  a path begins with the actor''s first event of this name; an actor without one has no
               path; default NULL: with its first event
  end_event    a path ends with the first event of this name behind its start; default NULL: with
               its last event
  max_steps    the most events of a path, 2 to 100: its first ones, or its last ones where only
               end_event is given; default 5
  exclude      names that do not count; default NULL: none
Columns
  step                      the place of the source event in the path, counted from 1
  source_name, target_name  the event, and the next one
  actors                    how many actors took this way
  avg_seconds               how long it took them on average
Errors
  22023  an unknown word or event; since is not before until; max_steps is out of range; a
         start_event or end_event that does not count
  53200  there are more events of 65,536 actors than telemetry.kpi_memory holds
Notes
  A path is an actor''s events in the range, in order of time, then of arrival: one per session_id
    with the actor session.
  The rows come by step, those of most actors first. There is none where nobody has two events.';
comment on function telemetry.paths_actors is
'The actors behind paths(): one row per step of each actor''s path.

Arguments
  the arguments of paths()
Columns
  step                      the place of the source event in the path, counted from 1
  source_name, target_name  the event, and the next one
  tenant_id, actor_id       the actor
  left_at                   when the source event was
  seconds                   how long it took to the next event
Errors
  the errors of paths()
  53200  the list is larger than telemetry.kpi_memory
Notes
  The rows have no order.';
