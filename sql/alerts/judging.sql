-- Judging: what an alert's rule makes of a series of numbers. Twin: src/alerts/judging.rs.

-- Judges the numbers of one instance at times of the grid, which are in order. `rule` is what alert_rule() returns, `state` a row of
-- telemetry.alert_states as jsonb, or NULL. `present`: whether the instance occurs in the range. Each row is a transition, but
-- for a last one without a time: the state that is left, where it is not the one before.
create function telemetry_private.judge_alert(
    rule jsonb,
    state jsonb,
    at timestamptz[],
    numbers double precision[],
    counts double precision[],
    present boolean[])
returns table (
    changed_at timestamptz, from_status text, to_status text, value double precision, n double precision, cause text, notifies boolean, state_left jsonb)
language c
immutable
parallel safe
rows 2
as 'MODULE_PATHNAME', 'judge_alert_wrapper';

-- The numbers of ranges of so many seconds that end at `ends`, out of those of minutes that begin at `starts`; both are in
-- order. how: sum, share, complement, highest or lowest.
create function telemetry_private.sliding_numbers(
    starts timestamptz[],
    numbers double precision[],
    counts double precision[],
    ends timestamptz[],
    seconds integer,
    how text)
returns table (numbers_of double precision[], counts_of double precision[])
language c
immutable
parallel safe
rows 1
as 'MODULE_PATHNAME', 'sliding_numbers_wrapper';
