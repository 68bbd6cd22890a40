-- sequence_match() and sequence_count() find chains of events that match a pattern. sequence_state() is what both, and
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
'Tells whether the rows of a group, in order of time, hold a chain of rows that matches a pattern.
The pattern is written as in ClickHouse''s sequenceMatch().

Arguments
  pattern     the pattern, 1 to 64 events; the same in every row
  event_ts    when the row happened; rows where it is NULL are left out
  conditions  1 to 32 conditions, in every row the same number; NULL counts as false
Returns
  true or false; false without rows
Errors
  22004  pattern is NULL
  22023  a pattern that cannot be read (the message says where); another pattern in some row; an
         infinite time; no condition, more than 32, or not the same number in every row
  54000  a group of more than 1 GB
Notes
  In a pattern (?N) is a row that meets condition N, . is any row, and .* is any number of rows.
  (?t<=N), also with <, >=, > or ==, compares the seconds (up to six decimals) from the row before
    it to the row behind it; any rows may lie between these.
  Rows with nothing between them in the pattern are neighbours. Rows that meet none of the
    conditions are no part of the sequence.
  Of rows with the same time those come first that meet an earlier condition.';
comment on aggregate telemetry.sequence_count(text, timestamptz, boolean[]) is
'Counts the chains of rows in a group that match the pattern of sequence_match() and do not overlap.

Arguments
  pattern     the pattern, 1 to 64 events, as sequence_match() takes it; the same in every row
  event_ts    when the row happened; rows where it is NULL are left out
  conditions  1 to 32 conditions, in every row the same number; NULL counts as false
Returns
  how many chains there are; 0 without rows
Errors
  22004  pattern is NULL
  22023  a pattern that cannot be read (the message says where); another pattern in some row; an
         infinite time; no condition, more than 32, or not the same number in every row
  54000  a group of more than 1 GB
Notes
  It counts the first chain, then the first one that begins behind the end of that, and so on. The
    first of several chains is the one with the earliest first row, of these the one with the
    earliest second row, and so on.';
comment on aggregate telemetry.sequence_state(timestamptz, boolean[]) is
'Returns the rows of a group that meet a condition as one value. merge_states() merges such states,
and sequence_match_of(), sequence_count_of() and window_funnel_of() answer any pattern and window
from them.

Arguments
  event_ts    when the row happened; rows where it is NULL are left out
  conditions  1 to 32 conditions, in every row the same number; NULL counts as false
Returns
  the state, 12 bytes a row and the same bytes for the same rows; NULL without rows
Errors
  22023  an infinite time; no condition, more than 32, or not the same number in every row
  54000  a group of more than 1 GB';
comment on function telemetry.sequence_match_of is
'Answers sequence_match() for the rows that went into a state.

Arguments
  state    what sequence_state() or merge_states() returned
  pattern  the pattern, as sequence_match() takes it
Returns
  true or false; false for a NULL state
Errors
  22004  pattern is NULL
  22023  a pattern that cannot be read; the value is no such state';
comment on function telemetry.sequence_count_of is
'Answers sequence_count() for the rows that went into a state.

Arguments
  state    what sequence_state() or merge_states() returned
  pattern  the pattern, as sequence_match() takes it
Returns
  how many chains there are; 0 for a NULL state
Errors
  22004  pattern is NULL
  22023  a pattern that cannot be read; the value is no such state';
