-- Aggregates of ClickHouse under their names, for SQL of one's own over any table. They all have one thing in common:
-- their state is a bytea, so that partial results travel between workers and machines, and may be stored and merged.
-- Twin: src/aggregates.rs; src/aggregates/state.rs describes the bytes.

create aggregate telemetry.merge_states(state bytea) (
    sfunc = telemetry_private.combine_states,
    stype = bytea,
    sspace = 256,
    finalfunc = telemetry_private.finish_state,
    combinefunc = telemetry_private.combine_states,
    parallel = safe
);

comment on aggregate telemetry.merge_states(bytea) is
'Merges many states of the same _state() aggregate into one, with the same bytes as if one aggregate
had seen all of their rows, in whatever order.

Arguments
  state  what a _state() aggregate or merge_states() returned; NULLs are left out
Returns
  the merged state; NULL where every state is NULL
Errors
  22023  a value is no state; states of different aggregates, with different numbers of conditions
         or types of value
  54000  the state would be larger than 1 GB';
