-- The highest and the lowest number under a payload key, per calendar bucket and breakdown value. Twin: src/kpi/max_of.rs.

create function telemetry.max_of(
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
    filter jsonb default null,
    last text default null)
returns table (
    bucket timestamptz, breakdown_value text, value double precision, events double precision, not_numeric double precision, is_complete boolean,
    is_other boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'max_of_wrapper';

create function telemetry.min_of(
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
    filter jsonb default null,
    last text default null)
returns table (
    bucket timestamptz, breakdown_value text, value double precision, events double precision, not_numeric double precision, is_complete boolean,
    is_other boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'min_of_wrapper';

comment on function telemetry.max_of is
'What the highest of the numbers under a payload key is, such as the slowest answer, per day or
other calendar bucket.

Arguments
  the arguments of sum_of()
Columns
  value  the highest number; NULL without any
  the columns of sum_of() but value
Errors
  22004  no payload_key
  22023  a key with an empty part; top_n is out of range or without breakdown; an unknown grain,
         zone, week_start or event; since is not before until
  53200  there are more values than telemetry.kpi_memory holds
Notes
  The values that are shown apart have the highest numbers.
  There is one row per bucket and breakdown value. A sampled event is one number: the highest of all
    events may have been left out by sampling. In events and not_numeric it counts 1/sample_rate.';
comment on function telemetry.min_of is
'What the lowest of the numbers under a payload key is, per day or other calendar bucket.

Arguments
  the arguments of sum_of()
Columns
  value  the lowest number; NULL without any
  the columns of sum_of() but value
Errors
  the errors of max_of()
Notes
  The values that are shown apart have the lowest numbers.
  There is one row per bucket and breakdown value. A sampled event is one number: the lowest of all
    events may have been left out by sampling. In events and not_numeric it counts 1/sample_rate.';
