-- sequence_match(), sequence_count(): chains of events that match a pattern; sequence_state(): what both, and
-- window_funnel_of(), are answered from. Twin: src/aggregates/sequence_match.rs.

create aggregate telemetry.sequence_match(pattern text, event_ts timestamptz, variadic conditions boolean[]) (
    sfunc = telemetry_private.sequence_match_step,
    stype = bytea,
    sspace = 256,
    finalfunc = telemetry_private.sequence_match_finish,
    combinefunc = telemetry_private.combine_states,
    parallel = safe
);

create aggregate telemetry.sequence_count(pattern text, event_ts timestamptz, variadic conditions boolean[]) (
    sfunc = telemetry_private.sequence_match_step,
    stype = bytea,
    sspace = 256,
    finalfunc = telemetry_private.sequence_count_finish,
    combinefunc = telemetry_private.combine_states,
    parallel = safe
);

create aggregate telemetry.sequence_state(event_ts timestamptz, variadic conditions boolean[]) (
    sfunc = telemetry_private.sequence_state_step,
    stype = bytea,
    sspace = 256,
    finalfunc = telemetry_private.finish_state,
    combinefunc = telemetry_private.combine_states,
    parallel = safe
);

create function telemetry.sequence_match_of(
    state bytea default null,
    pattern text default null)
returns boolean
language sql
immutable
parallel safe
begin atomic
    select telemetry_private.sequence_match_of(state, pattern);
end;

create function telemetry.sequence_count_of(
    state bytea default null,
    pattern text default null)
returns bigint
language sql
immutable
parallel safe
begin atomic
    select telemetry_private.sequence_count_of(state, pattern);
end;

comment on aggregate telemetry.sequence_match(text, timestamptz, boolean[]) is
'Whether the rows of a group, in order of time, hold a chain that matches the pattern, in ClickHouse''s language: (?N) a row that meets condition N; . any row; .* any number of rows; (?t<=N), also <, >=, >, ==, the seconds (up to six decimals) from the row before to the row behind, any rows between them. Rows with nothing between them in the pattern are neighbours. Rows that meet none of the conditions are no part of the sequence; of rows of one time those come first that meet an earlier condition. pattern: 1 to 64 events, the same in every row; event_ts: rows where it is NULL are left out; conditions: 1 to 32, NULL is false. false without rows. Errors: 22004 no pattern, 22023 a pattern that cannot be read (the message says where), an infinite time, no condition, more than 32, or not the same number in every row; 54000 a group of more than 1 GB.';
comment on aggregate telemetry.sequence_count(text, timestamptz, boolean[]) is
'How many chains match the pattern of sequence_match() without overlapping: the first, then the first that begins behind its end, and so on. Of several chains the first is the one with the earliest first row, of these the one with the earliest second, and so on. 0 without rows. Arguments and errors: those of sequence_match().';
comment on aggregate telemetry.sequence_state(timestamptz, boolean[]) is
'The rows of a group that meet a condition as one value: merge_states() merges such states, and sequence_match_of(), sequence_count_of() and window_funnel_of() answer any pattern and window from them. 12 bytes a row, the same bytes for the same rows. NULL without rows. Arguments and errors: those of sequence_match(), without a pattern.';
comment on function telemetry.sequence_match_of is
'sequence_match() of the rows that went into a state of sequence_state() or merge_states(). false for a NULL state. Errors: 22004 no pattern, 22023 a pattern that cannot be read, no such state.';
comment on function telemetry.sequence_count_of is
'sequence_count() of the rows that went into a state of sequence_state() or merge_states(). 0 for a NULL state. Errors: 22004 no pattern, 22023 a pattern that cannot be read, no such state.';
