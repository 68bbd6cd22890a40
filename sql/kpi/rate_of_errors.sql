-- Rates of errors, per calendar bucket and by endpoint, feature or user. Twin: src/kpi/rate_of_errors.rs.

create function telemetry.rate_of_errors(
    error_events text[] default null,
    all_events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    breakdown text default null,
    top_n integer default null,
    by_user boolean default null,
    numerator_filter jsonb default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (
    bucket timestamptz, breakdown_value text, errors double precision, events double precision, rate double precision,
    is_complete boolean, is_other boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'rate_of_errors_wrapper';

comment on function telemetry.rate_of_errors is
'Events named in error_events per event named in all_events (NULL: every event), per calendar bucket of [since, until), NULL: all time. breakdown: a payload key such as endpoint or feature, or a path such as request.route; by_user: by the user''s id instead, events without a user left out; of either the top_n values (default 10, at most 1000) with the most errors of the range apart, then those with the most events, the others together as $other, events without one under NULL. grain: minute, 5 minutes, 10 minutes, 15 minutes, hour, day (default), week, month, quarter, year, range (one bucket); tz: IANA name, default the session''s; week_start: monday (default) to sunday; tenant: NULL every tenant that the caller may see; filter: what the payload must contain; numerator_filter: what that of an error must contain besides, so that both lists may name the same event ({"ok": false}). One row per bucket and breakdown value. Sampled events count 1/sample_rate, unrounded. rate: NULL where events is 0; over 1 only where all_events leaves error events out. is_complete: the bucket is over and not cut by the range. is_other: whether the row is $other, the values that are not shown apart, which a value spelled so is not. Errors: 22004 no error_events, 22023 a breakdown with an empty part, breakdown and by_user at once, top_n out of range, unknown grain, zone or week_start, since not before until; 53200 more values or users than telemetry.kpi_memory holds.';
