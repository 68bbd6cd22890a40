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
    filter jsonb default null,
    last text default null)
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
    filter jsonb default null,
    last text default null)
returns table (event_name text, tenant_id uuid, actor_id uuid, matched_at timestamptz, event_at timestamptz)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'next_events_actors_wrapper';

comment on function telemetry.next_events is
'What actors do right after a sequence of events, or right before it.

Arguments
  sequence   1 to 32 names that must follow each other with no other event between them, in order of
             time, then of arrival
  direction  forward (default): the event after the sequence; backward: the event before it, the
             sequence being in order of time all the same
  base       first_match (default forward): the actor''s first sequence; last_match (default
             backward): its last one; head: the actor''s first events must be the sequence, forward
             only; tail: its last ones must, backward only
  since, until, last, actor, object_key, tenant, filter: common arguments
  events     names that count; others do not lie between two events; default NULL: all
  exclude    names that do not count; default NULL: none
Columns
  event_name  what comes next; NULL: nothing
  actors      how many actors did that; each counts once
  share       actors / all actors that have the sequence
Errors
  22004  no sequence
  22023  a sequence that is empty, too long or does not count; an unknown word or event; head
         backward or tail forward; since is not before until
  53200  there are more events of 65,536 actors than telemetry.kpi_memory holds
Notes
  Those of most actors come first. There is no row where nobody has the sequence.';
comment on function telemetry.next_events_actors is
'The actors behind next_events(): one row per actor that has the sequence.

Arguments
  the arguments of next_events()
Columns
  event_name           what it did next; NULL: nothing
  tenant_id, actor_id  the actor
  matched_at           when the event of the sequence beside it was
  event_at             when the next event was
Errors
  the errors of next_events()
  53200  the list is larger than telemetry.kpi_memory
Notes
  The rows have no order.';
