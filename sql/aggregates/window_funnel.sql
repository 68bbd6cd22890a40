-- window_funnel(): how many steps, in their order, one window holds. Twin: src/aggregates/window_funnel.rs.

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
'How many of the conditions one chain of rows meets in their order, each row serving one condition at most, from the first row to the last within the window, inclusive; the best chain counts. As ClickHouse''s windowFunnel, but there a row that meets several conditions takes several steps, and rows of one time count in the order in which they come; here they may be read in either order. within: an interval without months, the same in every row; event_ts: rows where it is NULL are left out; conditions: 1 to 32, NULL is false. 0 where no row meets the first condition, and without rows. Errors: 22004 no within, 22023 a negative window, months, an infinite time, no condition, more than 32, or not the same number in every row; 54000 a group of more than 1 GB.';
comment on aggregate telemetry.window_funnel_strict_increase(interval, timestamptz, boolean[]) is
'As window_funnel(), but times must increase from one row of the chain to the next.';
comment on aggregate telemetry.window_funnel_strict_order(interval, timestamptz, boolean[]) is
'As window_funnel(), but each row of the chain is the very next one of the group after the row before, whatever conditions it meets: any other row between two steps ends the chain, and another may begin behind it (ClickHouse''s strict_order does not look for another). Rows of one time may be read in either order; a chain that passes through such a group takes all of it.';
comment on function telemetry.window_funnel_of is
'window_funnel() of the rows that went into a state of sequence_state() or merge_states(). within: as there; mode: ordered (default) or strict_increase, as window_funnel_strict_increase(). 0 for a NULL state. Errors: 22004 no within, 22023 a negative window, months, another mode, no such state.';
