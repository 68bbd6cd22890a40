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
    filter jsonb default null,
    last text default null)
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
    filter jsonb default null,
    last text default null)
returns table (
    bucket timestamptz, breakdown_value text, value double precision, events double precision, not_numeric double precision, is_complete boolean,
    is_other boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'avg_of_wrapper';

comment on function telemetry.sum_of is
'What the numbers under a payload key add up to, such as revenue, per day or other calendar bucket.

Arguments
  payload_key  the key of the number (revenue), or a path to it (cart.total)
  since, until, last, grain, breakdown, top_n, tz, week_start, tenant, filter: common arguments
  events       names that count; default NULL: all
Columns
  bucket           the start of the bucket
  breakdown_value  the value of breakdown; NULL without breakdown, and of events without one
  value            the sum of the numbers as their digits say, rounded once to a double; 0 without
                   any event
  events           events whose number is used
  not_numeric      events whose value is no number in JSON''s spelling or no double, which are left
                   out; the text "12" is a number, and events without the key are neither
  is_complete      whether the bucket is over and not cut by since or until
  is_other         whether the row is $other, all values that are not shown apart; a value of the
                   log that is spelled $other is not
Errors
  22003  a sum that no double holds
  22004  no payload_key
  22023  a key with an empty part; top_n is out of range or without breakdown; an unknown grain,
         zone, week_start or event; since is not before until
  53200  there are more values than telemetry.kpi_memory holds
Notes
  The values that are shown apart have the largest sums, those below 0 by how far they are from it.
  There is one row per bucket and breakdown value. In value, events and not_numeric a sampled event
    counts 1/sample_rate, unrounded.';
comment on function telemetry.avg_of is
'What the mean of the numbers under a payload key is, per day or other calendar bucket.

Arguments
  the arguments of sum_of()
Columns
  value  the sum of the numbers by the events that it sums, a sampled one as 1/sample_rate; NULL
         without any
  the columns of sum_of() but value
Errors
  the errors of sum_of()
Notes
  The values that are shown apart have the most numbers.
  There is one row per bucket and breakdown value. In events and not_numeric a sampled event counts
    1/sample_rate, unrounded.';
