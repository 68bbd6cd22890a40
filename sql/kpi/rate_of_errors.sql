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
    filter jsonb default null,
    last text default null)
returns table (
    bucket timestamptz, breakdown_value text, errors double precision, events double precision, rate double precision,
    is_complete boolean, is_other boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'rate_of_errors_wrapper';

comment on function telemetry.rate_of_errors is
'Which share of all events are errors, per day or other calendar bucket: events named in
error_events per event named in all_events.

Arguments
  error_events      names of errors
  all_events        names of what may fail; default NULL: every event
  since, until, last, grain, breakdown, top_n, tz, week_start, tenant, filter: common arguments
  by_user           true: a breakdown by the user''s id, in which events without a user are left out;
                    default false
  numerator_filter  what the payload of an error must hold besides filter, so that both lists may
                    name the same event: {"ok": false}; default NULL
Columns
  bucket           the start of the bucket
  breakdown_value  the value or user; NULL without breakdown, and of events without one
  errors, events   how many of each list, a sampled one as 1/sample_rate, unrounded
  rate             errors / events; NULL where events is 0; over 1 only where all_events leaves
                   error events out
  is_complete      whether the bucket is over and not cut by since or until
  is_other         whether the row is $other, all values that are not shown apart; a value of the
                   log that is spelled $other is not
Errors
  22004  no error_events
  22023  a breakdown with an empty part; breakdown and by_user at once; top_n is out of range, or
         without both; an unknown grain, zone, week_start or event; since is not before until
  53200  there are more values or users than telemetry.kpi_memory holds
Notes
  There is one row per bucket and value. Those that are shown apart have the most errors, then the
    most events.';
