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
    filter jsonb default null,
    last text default null)
returns table (
    bucket timestamptz, breakdown_value text, fraction double precision, value double precision, events bigint,
    not_numeric bigint, is_complete boolean, is_other boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'percentiles_wrapper';

-- The percentiles of ranges of so many seconds that end at `ends`, in order and at full minutes, within since and until: by place of
-- the range, counted from 1. There is one row alone, of place 0, where a breakdown has more values than are shown apart: which
-- these are would differ between ranges.
create function telemetry_private.sliding_percentiles(
    payload_key text,
    fractions double precision[],
    events text[],
    since timestamptz,
    until timestamptz,
    breakdown text,
    top_n integer,
    tenant uuid,
    filter jsonb,
    ends timestamptz[],
    seconds integer)
returns table (place bigint, breakdown_value text, fraction double precision, value double precision, events bigint)
language c
stable
parallel restricted
rows 1000
as 'MODULE_PATHNAME', 'sliding_percentiles_wrapper';

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
    filter jsonb default null,
    last text default null)
returns table (
    bucket timestamptz, breakdown_value text, fraction double precision, value double precision, events bigint,
    not_numeric bigint, is_complete boolean, is_other boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'percentiles_sketched_wrapper';

comment on function telemetry.percentiles is
'What the median and other percentiles of a number in the payload are, per day or other calendar
bucket: exact, as percentile_cont().

Arguments
  payload_key  the key of the number (duration_ms), or a path to it (timing.total_ms)
  fractions    which percentiles, from 0 to 1; default {0.5,0.95,0.99}
  since, until, last, grain, breakdown, top_n, tz, week_start, tenant, filter: common arguments
  events       names that count; default NULL: all
Columns
  bucket           the start of the bucket
  breakdown_value  the value of breakdown; NULL without breakdown, and of events without one
  fraction         which percentile
  value            the percentile; NULL where there is no number
  events           events whose number is used
  not_numeric      events whose value is no number in JSON''s spelling or no double, which are left
                   out; the text "12" is a number, and events without the key are neither
  is_complete      whether the bucket is over and not cut by since or until
  is_other         whether the row is $other, all values that are not shown apart; a value of the
                   log that is spelled $other is not
Errors
  22004  no payload_key
  22023  a key with an empty part; a fraction or top_n is out of range; an unknown grain, zone,
         week_start or event; since is not before until
  53200  there are more values than telemetry.kpi_memory holds
Notes
  There is one row per bucket, breakdown value and fraction. Sampling is not weighed.
  The values that are shown apart have the most numbers, a sampled one as 1/sample_rate.';
comment on function telemetry.percentiles_sketched is
'About what the percentiles of a number in the payload are, as percentiles() tells exactly, from a
sketch that takes little memory.

Arguments
  the arguments of percentiles()
Columns
  the columns of percentiles()
Errors
  the errors of percentiles()
Notes
  Of n values in order it gives the one at place floor(fraction * (n - 1)), counted from 0, at most
    1 % off.
  The sketch is a DDSketch, whose bins grow by a constant factor. The same events give the same
    answer, whatever they are read from.';
