-- Percentiles of a payload key, per calendar bucket and breakdown value. Twin: src/kpi/percentiles.rs.

create function telemetry.percentiles(
    payload_key text default null,
    fractions double precision[] default null,
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
    bucket timestamptz, breakdown_value text, fraction double precision, value double precision, events bigint,
    not_numeric bigint, is_complete boolean, is_other boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'percentiles_wrapper';

create function telemetry.percentiles_sketched(
    payload_key text default null,
    fractions double precision[] default null,
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
    bucket timestamptz, breakdown_value text, fraction double precision, value double precision, events bigint,
    not_numeric bigint, is_complete boolean, is_other boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'percentiles_sketched_wrapper';

comment on function telemetry.percentiles is
'Percentiles of a payload key (duration_ms; a path as timing.total_ms for a member of an object) per calendar bucket of [since, until), NULL: all time; as percentile_cont(fraction), exact. fractions: from 0 to 1, default {0.5,0.95,0.99}; grain: minute, 5 minutes, 10 minutes, 15 minutes, hour, day (default), week, month, quarter, year, range (one bucket); events: names, NULL all; breakdown: another such key, its top_n values (default 10, at most 1000) with the most numbers in the range (sampled ones count 1/sample_rate) apart, the others together as $other, events without one under NULL; tz: IANA name, default the session''s; week_start: monday (default) to sunday; tenant: NULL every tenant that the caller may see; filter: what the payload must contain. One row per bucket, breakdown value and fraction. events: those of which the value is used; not_numeric: those whose value is no number in JSON''s spelling (also as a text, "12" is one) or no double, which are left out; events without the key are neither. value: NULL without any. Sampling is not weighed. is_complete: the bucket is over and not cut by the range. is_other: whether the row is $other, the values that are not shown apart, which a value spelled so is not. Errors: 22004 no payload_key, 22023 a key with an empty part, a fraction or top_n out of range, unknown grain, zone or week_start, since not before until; 53200 more values than telemetry.kpi_memory holds.';
comment on function telemetry.percentiles_sketched is
'As percentiles(), from a sketch (DDSketch, bins that grow by a constant factor): of n values in order about the one at place floor(fraction * (n - 1)), counted from 0, at most 1 % of it off. The same events give the same answer, whatever they are read from. Arguments, columns and errors: those of percentiles().';
