-- retention_flags() tells who of a cohort came back. Twin: src/aggregates/retention_flags.rs.

create aggregate telemetry.retention_flags(variadic conditions boolean[]) (
    sfunc = telemetry_private.retention_flags_step,
    stype = bytea,
    sspace = 128,
    finalfunc = telemetry_private.retention_flags_of,
    combinefunc = telemetry_private.combine_states,
    parallel = safe
);

create aggregate telemetry.retention_flags_state(variadic conditions boolean[]) (
    sfunc = telemetry_private.retention_flags_step,
    stype = bytea,
    sspace = 128,
    finalfunc = telemetry_private.finish_state,
    combinefunc = telemetry_private.combine_states,
    parallel = safe
);

create function telemetry.retention_flags_of(state bytea default null)
returns integer[]
language sql
immutable
parallel safe
begin atomic
    select telemetry_private.retention_flags_of(state);
end;

comment on aggregate telemetry.retention_flags(boolean[]) is
'Tells for each condition whether the rows of a group met it, provided that they met the first one.
It works as retention() of ClickHouse does.

Arguments
  conditions  1 to 32 conditions, in every row the same number; NULL counts as false
Returns
  an array with a number per condition: 1 where some row met it and some row met the first one, else
    0; NULL without rows
Errors
  22023  no condition, more than 32, or not the same number in every row
Notes
  Grouped by user, with the day of the cohort as first condition, the sums over all users are one
    row of a retention table.';
comment on aggregate telemetry.retention_flags_state(boolean[]) is
'Returns what retention_flags() has seen as one value. merge_states() merges such states, and
retention_flags_of() reads them.

Arguments
  conditions  1 to 32 conditions, in every row the same number; NULL counts as false
Returns
  the state; NULL without rows
Errors
  22023  no condition, more than 32, or not the same number in every row';
comment on function telemetry.retention_flags_of is
'Answers retention_flags() for the rows that went into a state.

Arguments
  state  what retention_flags_state() or merge_states() returned
Returns
  what retention_flags() returns; NULL for a NULL state
Errors
  22023  the value is no such state';
