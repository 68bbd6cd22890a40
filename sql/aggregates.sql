-- ClickHouse's aggregates under their names, for SQL of one's own over any table. What they have in common: a state is a
-- bytea, so that partial results travel between workers and machines, and may be stored and merged. Twin:
-- src/aggregates.rs; the bytes are described in src/aggregates/state.rs.

create aggregate telemetry.merge_states(state bytea) (
    sfunc = telemetry_private.combine_states,
    stype = bytea,
    sspace = 256,
    finalfunc = telemetry_private.finish_state,
    combinefunc = telemetry_private.combine_states,
    parallel = safe
);

comment on aggregate telemetry.merge_states(bytea) is
'One state out of many that were made by the same _state() aggregate: the same bytes as if it had seen all of their rows, whatever the order. NULL states are left out; NULL where there is no other. Errors: 22023 no state, states of different aggregates, numbers of conditions or types of value; 54000 more than 1 GB.';
