-- sequence_next_node() tells where actors go behind a chain of events. Twin: src/aggregates/sequence_next_node.rs.

create aggregate telemetry.sequence_next_node(
    direction text,
    base text,
    event_ts timestamptz,
    node text,
    base_condition boolean,
    variadic conditions boolean[]) (
    sfunc = telemetry_private.sequence_next_node_step,
    stype = bytea,
    sspace = 512,
    finalfunc = telemetry_private.sequence_next_node_finish,
    combinefunc = telemetry_private.combine_states,
    parallel = safe
);

create aggregate telemetry.sequence_next_node_state(
    event_ts timestamptz,
    node text,
    base_condition boolean,
    variadic conditions boolean[]) (
    sfunc = telemetry_private.sequence_next_node_state_step,
    stype = bytea,
    sspace = 512,
    finalfunc = telemetry_private.finish_state,
    combinefunc = telemetry_private.combine_states,
    parallel = safe
);

create function telemetry.sequence_next_node_of(
    state bytea default null,
    direction text default null,
    base text default null)
returns text
language sql
immutable
parallel safe
begin atomic
    select telemetry_private.sequence_next_node_of(state, direction, base);
end;

comment on aggregate telemetry.sequence_next_node(text, text, timestamptz, text, boolean, boolean[]) is
'Returns the node of the row that lies next to a chain of neighbouring rows, for instance the page
that users saw after a series of pages. It works as sequenceNextNode() of ClickHouse does.

Arguments
  direction       forward or backward in time; the same in every row
  base            where the chain begins: head (the first row), tail (the last one), first_match
                  (the first row that meets the first condition and base_condition) or last_match
                  (the last such row); the same in every row
  event_ts        when the row happened; rows where it is NULL are left out
  node            what is returned of the row that is found, for instance a page; may be NULL
  base_condition  what the first row of the chain must meet, also where base is head or tail; NULL
                  counts as false
  conditions      1 to 32 conditions, in every row the same number: row n of the chain meets
                  condition n; NULL counts as false
Returns
  the node; NULL where there is no base, no chain or no row next to it, and where the node of that
    row is NULL
Errors
  22004  direction or base is NULL
  22023  an unknown word; forward from the tail or backward from the head; direction or base differs
         between rows; an infinite time; no condition, more than 32, or not the same number in every
         row
  54000  a group of more than 1 GB
Notes
  Rows with the same time are in the order of their nodes by bytes, NULL first.';
comment on aggregate telemetry.sequence_next_node_state(timestamptz, text, boolean, boolean[]) is
'Returns all rows of a group with their nodes as one value. merge_states() merges such states, and
sequence_next_node_of() answers any direction and base from them.

Arguments
  event_ts        when the row happened; rows where it is NULL are left out
  node            what sequence_next_node_of() may return of the row; may be NULL
  base_condition  what the first row of a chain must meet; NULL counts as false
  conditions      1 to 32 conditions, in every row the same number: row n of a chain meets condition
                  n; NULL counts as false
Returns
  the state, the same bytes for the same rows; NULL without rows
Errors
  22023  an infinite time; no condition, more than 32, or not the same number in every row
  54000  a group of more than 1 GB';
comment on function telemetry.sequence_next_node_of is
'Answers sequence_next_node() for the rows that went into a state.

Arguments
  state      what sequence_next_node_state() or merge_states() returned
  direction  forward or backward in time
  base       head, tail, first_match or last_match, as sequence_next_node() takes it
Returns
  the node; NULL for a NULL state, and where sequence_next_node() returns NULL
Errors
  22004  direction or base is NULL
  22023  an unknown word; forward from the tail or backward from the head; the value is no such
         state';
