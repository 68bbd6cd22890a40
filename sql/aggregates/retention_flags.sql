-- retention_flags(): who of a cohort came back. Twin: src/aggregates/retention_flags.rs.

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
'Per condition 1 where some row of the group met it and some row met the first condition, else 0, as ClickHouse''s retention: grouped by user, with the cohort''s day as first condition, the sums over users are a row of the retention table. conditions: 1 to 32, NULL is false. NULL without rows. Errors: 22023 no condition, more than 32, or not the same number in every row.';
comment on aggregate telemetry.retention_flags_state(boolean[]) is
'What retention_flags() has seen as one value: merge_states() merges such states, retention_flags_of() reads them. NULL without rows. Errors: those of retention_flags().';
comment on function telemetry.retention_flags_of is
'retention_flags() of the rows that went into a state of retention_flags_state() or merge_states(). NULL for a NULL state. Errors: 22023 no such state.';
