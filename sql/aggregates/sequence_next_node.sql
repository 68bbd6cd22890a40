-- sequence_next_node(): where actors go behind a chain of events. Twin: src/aggregates/sequence_next_node.rs.

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
'The node of the row next to a chain of neighbours, as ClickHouse''s sequenceNextNode: the chain begins with the base, and its n-th row meets condition n. direction: forward or backward in time; base: head (the first row), tail (the last), first_match (the first row that meets the first condition and base_condition) or last_match; head and tail must meet base_condition as well. Rows of one time are in the order of their nodes by bytes, NULL first. event_ts: rows where it is NULL are left out; base_condition and conditions (1 to 32): NULL is false. NULL where there is no base, no chain, no row next to it, or its node is NULL. Errors: 22004 no direction or base, 22023 an unknown word, forward of the tail or backward of the head, direction or base not the same in every row, an infinite time, no condition, more than 32, or not the same number in every row; 54000 a group of more than 1 GB.';
comment on aggregate telemetry.sequence_next_node_state(timestamptz, text, boolean, boolean[]) is
'All rows of a group with their nodes as one value: merge_states() merges such states, sequence_next_node_of() answers any direction and base from them. The same bytes for the same rows. NULL without rows. Arguments and errors: those of sequence_next_node(), without direction and base.';
comment on function telemetry.sequence_next_node_of is
'sequence_next_node() of the rows that went into a state of sequence_next_node_state() or merge_states(). NULL for a NULL state. Errors: 22004 no direction or base, 22023 an unknown word, forward of the tail or backward of the head, no such state.';
