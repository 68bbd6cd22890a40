-- Funnels by the period that actors enter in. Twin: src/kpi/funnel_trend.rs. What each option means: funnel.sql.

create function telemetry.funnel_trend(
    steps text,
    within interval default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    ordering text default null,
    entry text default null,
    ties text default null,
    exclude text default null,
    exclusion text default null,
    breakdown text default null,
    attribution text default null,
    top_n integer default null,
    match text[] default null,
    count text default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (
    bucket timestamptz, breakdown_value text, step integer, event_name text, actors bigint, rate_from_first double precision,
    is_complete boolean, rate_from_previous double precision, is_other boolean, entries bigint)
language c
stable
parallel restricted
rows 1000
as 'MODULE_PATHNAME', 'funnel_trend_wrapper';

create function telemetry.funnel_trend_actors(
    steps text,
    within interval default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    ordering text default null,
    entry text default null,
    ties text default null,
    exclude text default null,
    exclusion text default null,
    breakdown text default null,
    attribution text default null,
    top_n integer default null,
    match text[] default null,
    count text default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (bucket timestamptz, breakdown_value text, tenant_id uuid, actor_id uuid, depth integer, reached timestamptz[], is_other boolean)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'funnel_trend_actors_wrapper';

comment on function telemetry.funnel_trend is
'How many actors reach each step of a funnel, by the week or other calendar bucket that they enter
in.

Arguments
  since, until, last, grain, breakdown, top_n, tz, week_start: common arguments
  entry  latest (default): a later first step may replace an earlier one; first: only the actor''s
         first entry since the range began
  the arguments of funnel()
Columns
  bucket              the start of the bucket that the actors entered in
  breakdown_value     the value; NULL without breakdown, and of actors without one
  step                counted from 1
  event_name          the event of the step
  actors              how many came at least so far
  rate_from_first     actors, or entries where these are counted, / those of the first step; NULL
                      where nobody entered
  rate_from_previous  the same / those of the step before that is not optional; NULL where nobody
                      was there
  is_complete         whether the bucket is over and not cut by since or until, and so is the window
                      of whoever entered at its end
  is_other            whether the row is $other, all values that are not shown apart; a value of the
                      log that is spelled $other is not
  entries             how many journeys that began in the bucket came at least so far; NULL unless
                      count is entries
Errors
  the errors of funnel()
  22023  an unknown grain, zone or week_start
  53200  there are more events of 65,536 actors than telemetry.kpi_memory holds
Notes
  An entry is the first event of an attempt. An actor counts once in each bucket that it enters in,
    by its best attempt that begins there; the further steps may lie in later buckets and after
    until, up to within from the entry.
  Of a breakdown first_touch and last_touch look at all that is read of the actor, "step n" at the
    attempt.
  There is one row per bucket, value and step, with 0 where nobody entered, and none where since is
    NULL and there is no event.';
comment on function telemetry.funnel_trend_actors is
'The actors behind funnel_trend(): one row per bucket and actor that entered in it, by all_steps
also per value; where entries are counted, one row per journey.

Arguments
  the arguments of funnel_trend()
Columns
  bucket               the start of the bucket that the actor entered in
  breakdown_value      the actor''s value; $other where it is not among the top_n
  tenant_id, actor_id  the actor
  depth                how many steps its best attempt reached
  reached              when it reached each of them, NULL for optional ones that it left out
  is_other             whether the value is not among the top_n
Errors
  the errors of funnel_trend()
  53200  the list is larger than telemetry.kpi_memory
Notes
  The rows have no order.';
