-- Sums and means of a payload key, per calendar bucket and breakdown value. Twin: src/kpi/sum_of.rs.

create function telemetry.sum_of(
    payload_key text default null,
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    breakdown text default null,
    top_n integer default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (
    bucket timestamptz, breakdown_value text, value double precision, events double precision, not_numeric double precision, is_complete boolean,
    is_other boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'sum_of_wrapper';

create function telemetry.avg_of(
    payload_key text default null,
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    breakdown text default null,
    top_n integer default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (
    bucket timestamptz, breakdown_value text, value double precision, events double precision, not_numeric double precision, is_complete boolean,
    is_other boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'avg_of_wrapper';

comment on function telemetry.sum_of is
'The sum of a payload key (revenue; a path as cart.total for a member of an object) per calendar bucket of [since, until), NULL: all time: of the numbers as their digits say, rounded once to a double. grain: minute, 5 minutes, 10 minutes, 15 minutes, hour, day (default), week, month, quarter, year, range (one bucket); events: names, NULL all; breakdown: another such key, its top_n values (default 10, at most 1000) with the largest sums of the range apart, those below 0 by how far they are, the others together as $other, events without one under NULL; tz: IANA name, default the session''s; week_start: monday (default) to sunday; tenant: NULL every tenant that the caller may see; filter: what the payload must contain. One row per bucket and breakdown value. value: 0 without any event. events: those of which the value is used; not_numeric: those whose value is no number in JSON''s spelling (also as a text, "12" is one) or no double, which are left out; events without the key are neither. Sampled events count 1/sample_rate, in all three, unrounded. is_complete: the bucket is over and not cut by the range. is_other: whether the row is $other, the values that are not shown apart, which a value spelled so is not. Errors: 22003 a sum that no double holds; 22004 no payload_key, 22023 a key with an empty part, top_n out of range, unknown grain, zone or week_start, since not before until; 53200 more values than telemetry.kpi_memory holds.';
comment on function telemetry.avg_of is
'The mean of a payload key, which may be a path, per calendar bucket: sum_of() by the events that it sums, sampled ones as 1/sample_rate; NULL without any. The values of a breakdown with the most numbers are shown apart. Arguments, columns and errors: those of sum_of().';
