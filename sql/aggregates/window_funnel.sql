-- window_funnel() tells how many steps, in their order, one window holds. Twin: src/aggregates/window_funnel.rs.

create aggregate telemetry.window_funnel(within interval, event_ts timestamptz, variadic conditions boolean[]) (
    sfunc = telemetry_private.window_funnel_step,
    stype = bytea,
    sspace = 256,
    finalfunc = telemetry_private.window_funnel_finish,
    combinefunc = telemetry_private.combine_states,
    parallel = safe
);

create aggregate telemetry.window_funnel_strict_increase(within interval, event_ts timestamptz, variadic conditions boolean[]) (
    sfunc = telemetry_private.window_funnel_step,
    stype = bytea,
    sspace = 256,
    finalfunc = telemetry_private.window_funnel_strict_increase_finish,
    combinefunc = telemetry_private.combine_states,
    parallel = safe
);

create aggregate telemetry.window_funnel_strict_order(within interval, event_ts timestamptz, variadic conditions boolean[]) (
    sfunc = telemetry_private.window_funnel_strict_order_step,
    stype = bytea,
    sspace = 512,
    finalfunc = telemetry_private.window_funnel_strict_order_finish,
    combinefunc = telemetry_private.combine_states,
    parallel = safe
);

create function telemetry.window_funnel_of(
    state bytea default null,
    within interval default null,
    mode text default null)
returns integer
language sql
immutable
parallel safe
begin atomic
    select telemetry_private.window_funnel_of(state, within, mode);
end;

comment on aggregate telemetry.window_funnel(interval, timestamptz, boolean[]) is
'Counts how many of the conditions the rows of a group meet one after the other, within a window of
time. It finds the best chain of rows that meet condition 1, 2, 3 and so on, each row serving one
condition at most.

Arguments
  within      the longest time from the first row of a chain to its last, inclusive: an interval
              without months; the same in every row
  event_ts    when the row happened; rows where it is NULL are left out
  conditions  1 to 32 conditions in the order of the steps, in every row the same number; NULL
              counts as false
Returns
  how many conditions the best chain meets; 0 where no row meets the first condition, and without
    rows
Errors
  22004  within is NULL
  22023  a negative window, or one with months; another window in some row; an infinite time; no
         condition, more than 32, or not the same number in every row
  54000  a group of more than 1 GB
Notes
  It differs from ClickHouse''s windowFunnel() in two things: there a row that meets several
    conditions takes several steps, and rows with the same time count in the order in which they
    come; here such rows may be read in either order.';
comment on aggregate telemetry.window_funnel_strict_increase(interval, timestamptz, boolean[]) is
'Counts steps as window_funnel() does, but the time must increase from each row of the chain to the
next.

Arguments
  within      the longest time from the first row of a chain to its last, inclusive: an interval
              without months; the same in every row
  event_ts    when the row happened; rows where it is NULL are left out
  conditions  1 to 32 conditions in the order of the steps, in every row the same number; NULL
              counts as false
Returns
  how many conditions the best chain meets; 0 where no row meets the first condition, and without
    rows
Errors
  22004  within is NULL
  22023  a negative window, or one with months; another window in some row; an infinite time; no
         condition, more than 32, or not the same number in every row
  54000  a group of more than 1 GB';
comment on aggregate telemetry.window_funnel_strict_order(interval, timestamptz, boolean[]) is
'Counts steps as window_funnel() does, but each row of the chain must be the very next row of the
group, whatever conditions rows meet. Any other row between two steps ends the chain, and another
chain may begin behind it.

Arguments
  within      the longest time from the first row of a chain to its last, inclusive: an interval
              without months; the same in every row
  event_ts    when the row happened; rows where it is NULL are left out
  conditions  1 to 32 conditions in the order of the steps, in every row the same number; NULL
              counts as false
Returns
  how many conditions the best chain meets; 0 where no row meets the first condition, and without
    rows
Errors
  22004  within is NULL
  22023  a negative window, or one with months; another window in some row; an infinite time; no
         condition, more than 32, or not the same number in every row
  54000  a group of more than 1 GB
Notes
  ClickHouse''s strict_order does not look for another chain behind the one that ended.
  Rows with the same time may be read in either order; a chain that passes through such rows takes
    all of them.';
comment on function telemetry.window_funnel_of is
'Answers window_funnel() for the rows that went into a state.

Arguments
  state   what sequence_state() or merge_states() returned
  within  the window, as window_funnel() takes it
  mode    ordered (default), or strict_increase: as window_funnel_strict_increase() counts
Returns
  how many conditions the best chain meets; 0 for a NULL state
Errors
  22004  within is NULL
  22023  a negative window, or one with months; another mode; the value is no such state';
