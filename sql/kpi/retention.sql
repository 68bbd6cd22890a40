-- Retention: who came back, by cohort. Twin: src/kpi/retention.rs.

create function telemetry.retention(
    start_event text default null,
    return_event text default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    periods integer default null,
    kind text default null,
    mode text default null,
    rolling boolean default null,
    min_occurrences integer default null,
    match text[] default null,
    show text default null,
    breakdown text default null,
    top_n integer default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (
    cohort timestamptz, breakdown_value text, cohort_size bigint, period integer, actors bigint, rate double precision, is_complete boolean,
    is_other boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'retention_wrapper';

create function telemetry.retention_actors(
    start_event text default null,
    return_event text default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    periods integer default null,
    kind text default null,
    mode text default null,
    rolling boolean default null,
    min_occurrences integer default null,
    match text[] default null,
    breakdown text default null,
    top_n integer default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (cohort timestamptz, breakdown_value text, period integer, tenant_id uuid, actor_id uuid, is_other boolean)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'retention_actors_wrapper';

comment on function telemetry.retention is
'Who comes back: of the users who began in a day or other calendar bucket, how many had an event in
each one after it.

Arguments
  start_event, return_event  what begins, and what is coming back; default NULL: every event
  since, until, last, grain, breakdown, top_n, actor, object_key, tz, week_start, tenant,
    filter: common arguments
  periods                    the last period shown; default NULL: all of the range
  kind                       recurring (default): an actor is in the cohort of every period with a
                             start event; first_time: in that of its first start event over all
                             history; first_ever: in that of the first event of that name, which
                             must itself pass the filter
  mode                       on (default): active in that very period; on_or_after: in it or later,
                             inside the range; "brackets 1,2,4": periods 1, 2-3 and 4-7 taken
                             together
  rolling                    true: periods are windows of 1 hour, 24 hours, 7 or 30 days from the
                             actor''s first start in the bucket, in place of calendar periods;
                             default false
  min_occurrences            return events that a period must have; default 1
  match                      payload keys, or paths, as in {lesson}: an actor comes back to the same
                             value of each; an event without one does not count, and what kind,
                             rolling and min_occurrences say holds for each value; default NULL:
                             whatever their values
  show                       cohorts (default): a row per cohort and period; mean: a row per period
                             with the mean of all cohorts, whose cohort is NULL; both: the mean
                             first
Columns
  cohort           the start of the bucket in which the actors began; NULL: the mean of all cohorts
  breakdown_value  the value of breakdown that the start had; NULL without breakdown, and of starts
                   without one
  cohort_size      how many began; of the mean in those cohorts whose row of the period is complete
  period           counted from 0, the cohort''s own bucket, to the end of the range
  actors           how many of them had a return_event in the period; NULL where it has not begun, of
                   the mean where no cohort''s row is complete
  rate             actors / cohort_size; NULL where actors is, and in an empty cohort
  is_complete      whether cohort and period are over and inside the range; of the mean whether no
                   other cohort will join it
  is_other         whether the row is $other, all values that are not shown apart; a value of the log
                   that is spelled $other is not
Errors
  22023  an unknown word or event; since is not before until; a breakdown that is no key; top_n is out
         of range or without breakdown
  53200  there are more cells than telemetry.kpi_memory holds
Notes
  There is one row per cohort, breakdown value and period, and none where since is NULL and there is
    no event.
  With a breakdown a recurring actor is in the cohort of each value that it started with in the
    bucket; of the other kinds the first start''s value is the actor''s. Whatever a return holds
    does not matter. The values that are shown apart have the most actors with a start.
  With match an actor counts once in a cell, by whichever of its values; by kind first_time it may
    be in several cohorts, one for each value.
  The mean weighs each cohort by its size: it is the share of all who could have come back by now.';
comment on function telemetry.retention_actors is
'The actors behind retention(): one row per cohort, period and actor that was counted there.

Arguments
  the arguments of retention() but show
Columns
  cohort               the start of the bucket in which the actor began
  breakdown_value      the value of breakdown that its start had; NULL without one
  period               counted from 0
  tenant_id, actor_id  the actor
  is_other             whether the value is one of those that are not shown apart
Errors
  the errors of retention()
  53200  the list is larger than telemetry.kpi_memory
Notes
  The rows have no order.';
