-- The time from one event to another: to an actor's first target, and from each event to the next one. Twin:
-- src/kpi/time_to_first.rs.

create function telemetry.time_to_first(
    anchor text default null,
    target text default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    percentiles double precision[] default null,
    within interval default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (cohort timestamptz, n_anchor bigint, n_reached bigint, seconds double precision[], is_complete boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'time_to_first_wrapper';

create function telemetry.time_to_first_actors(
    anchor text default null,
    target text default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    within interval default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (
    cohort timestamptz, tenant_id uuid, actor_id uuid, anchored_at timestamptz, reached_at timestamptz,
    seconds double precision)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'time_to_first_actors_wrapper';

create function telemetry.time_between(
    first_event text default null,
    next_event text default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    percentiles double precision[] default null,
    within interval default null,
    match text[] default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (bucket timestamptz, events bigint, followed bigint, seconds double precision[], is_complete boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'time_between_wrapper';

create function telemetry.time_between_actors(
    first_event text default null,
    next_event text default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    within interval default null,
    match text[] default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (
    bucket timestamptz, tenant_id uuid, actor_id uuid, event_at timestamptz, next_at timestamptz,
    seconds double precision)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'time_between_actors_wrapper';

comment on function telemetry.time_to_first is
'How long actors take from an event, their anchor, to the first target behind it. Each actor counts
once, with its first anchor in the range.

Arguments
  anchor, target  names; default NULL: every event
  since, until, last, actor, object_key, tenant, filter: common arguments
  grain           one row per minute, 5 minutes, 10 minutes, 15 minutes, hour, day, week, month,
                  quarter or year of the anchor, or range: one row labelled since; default NULL: one
                  row for the whole range, its label NULL
  percentiles     1 to 100 numbers from 0 to 1; default {0.5,0.9}
  within          a target later than so long after its anchor does not count, a month being 30
                  days; default NULL: no limit
  tz, week_start: common arguments
Columns
  cohort       the start of the bucket that the anchors lie in
  n_anchor     actors with an anchor
  n_reached    those of them with a target
  seconds      the percentiles over these, exact, as percentile_cont(); NULL where nobody reached it
  is_complete  whether the cohort is over and not cut by since or until, and so is within for all of
               it; without within more actors may still reach the target
Errors
  22023  an unknown word, zone or event; since is not before until; percentiles are out of range;
         within is negative; object_key with another actor than subject
  53200  there is more than telemetry.kpi_memory holds
Notes
  The target is the next one in order of time, then of arrival, also after until, and never the
    anchor itself. The filter is for both events.';
comment on function telemetry.time_to_first_actors is
'The actors behind time_to_first(): one row per actor with an anchor.

Arguments
  the arguments of time_to_first() but percentiles
Columns
  cohort               the start of the bucket that its anchor lies in
  tenant_id, actor_id  the actor
  anchored_at          when its anchor was
  reached_at, seconds  when its target was, and how long after the anchor; NULL where it did not
                       reach one
Errors
  the errors of time_to_first()
  53200  the list is larger than telemetry.kpi_memory
Notes
  The rows have no order.';
comment on function telemetry.time_between is
'How long it takes from each event to the actor''s next one of another name, or of the same.

Arguments
  first_event, next_event  names; default NULL: every event
  match                    payload keys, or paths, as in {lesson}: the next event has the same
                           value of each; an event without one does not count; default NULL:
                           whatever their values
  the arguments of time_to_first() but anchor and target
Columns
  bucket       the start of the bucket that the first events lie in; NULL without grain
  events       first events; sampling is not weighed
  followed     those of them with a next one
  seconds      the percentiles over these, exact, as percentile_cont(); NULL of none
  is_complete  whether the bucket is over and not cut by since or until, and so is within for all of
               it; without within more events may still be followed
Errors
  the errors of time_to_first()
Notes
  Each first_event in the range counts. The next one is that in order of time, then of arrival, also
    after until, and it may follow several first events.
  With the same name twice it is the time from one such event to the next.';
comment on function telemetry.time_between_actors is
'The events behind time_between(): one row per first event, with its actor.

Arguments
  the arguments of time_between() but percentiles
Columns
  bucket               the start of the bucket that the first event lies in
  tenant_id, actor_id  the actor
  event_at             when the first event was
  next_at, seconds     when the next one was, and how long after it; NULL where there is none
Errors
  the errors of time_between()
  53200  the list is larger than telemetry.kpi_memory
Notes
  The rows have no order.';
