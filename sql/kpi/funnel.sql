-- Funnels: how many actors come how far. Twin: src/kpi/funnel.rs. What each option means: the COMMENTs.

create function telemetry.funnel(
    steps text,
    within interval default null,
    since timestamptz default null,
    until timestamptz default null,
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
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (
    breakdown_value text, step integer, event_name text, actors bigint, rate_from_previous double precision,
    rate_from_first double precision, avg_seconds double precision, median_seconds double precision, is_other boolean,
    entries bigint)
language c
stable
parallel restricted
rows 10
as 'MODULE_PATHNAME', 'funnel_wrapper';

create function telemetry.funnel_actors(
    steps text,
    within interval default null,
    since timestamptz default null,
    until timestamptz default null,
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
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (breakdown_value text, tenant_id uuid, actor_id uuid, depth integer, reached timestamptz[], is_other boolean)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'funnel_actors_wrapper';

comment on function telemetry.funnel_actors is
'The actors behind funnel(): one row per actor that entered, with the last step that it reached;
where entries are counted, one row per journey.

Arguments
  the arguments of funnel()
Columns
  breakdown_value      the actor''s value; $other where it is not among the top_n
  tenant_id, actor_id  the actor
  depth                the last step that it reached
  reached              when it reached each step up to that, NULL for optional ones that it left out
  is_other             whether the value is not among the top_n
Errors
  the errors of funnel()
Notes
  Actors that did not enter are left out. The rows have no order.';
comment on function telemetry.funnel is
'How many actors get how far along a sequence of events: one row per step, of those who came at
least so far.

Arguments
  steps        1 to 32 event names, {signed_up,paid}; or a JSON array of names and of {"event":
               name, "where": {...}, "optional": true}; where is what the payload must hold; one
               event serves one step at most
  within       from the first event to the last, inclusive; default 7 days
  since, until, last, breakdown, top_n, actor, object_key, tenant: common arguments
  ordering     ordered (default): each step at or after the one before; strict: each step is the
               actor''s next event of any name; unordered: as many steps as one window holds
  entry        latest (default): a later first step may replace an earlier one; first: only the
               first one counts
  ties         any (default): events of one time in either order; strict: times increase
  exclude      names as in steps, or [{"event": name, "where": {...}, "after_step": 1,
               "before_step": 2}]: such an event strictly between the steps voids the chain; default
               NULL
  exclusion    drop_from_here (default): the steps before the excluded event count; drop_actor: the
               actor does not count
  attribution  whose value of the breakdown counts: first_touch (default): that of the earliest step
               event that has one; last_touch: of the last one; "step 2": of that step; all_steps:
               the same value at every step, and an actor counts once for each of its values
  match        payload keys, or paths, as in {lesson}: the events of a chain have the same value of
               each, exclusions too, and an event without one is in no chain; an actor counts once,
               at the furthest step that one value reached; default NULL: whatever their values
  count        actors (default): each actor once, at its furthest step; entries: each journey, of
               which an actor may make several, see the notes
  filter       what the payload of a step''s event must hold besides its where; default NULL:
               anything
Columns
  breakdown_value              the value; NULL without breakdown, and of actors without one
  step                         counted from 1
  event_name                   the event of the step
  actors                       how many came at least so far
  rate_from_previous           actors, or entries where these are counted, / those of the step
                               before that is not optional; NULL where nobody was there
  rate_from_first              the same / those of the first step; NULL where nobody was there
  avg_seconds, median_seconds  the time from the step before that is not optional, in the chain that
                               first reaches the actor''s depth; NULL where nobody took it
  is_other                     whether the row is $other, all values that are not shown apart; a
                               value of the log that is spelled $other is not
  entries                      how many journeys came at least so far; NULL unless count is entries
Errors
  22004  no steps
  22023  what cannot be answered: an unknown event or word, arguments that do not go together, since
         is not before until
Notes
  Optional steps may be left out: an actor comes as deep as it would without them, and reaches one
    where a chain that deep can take it on the way. The first step is not optional, and they are for
    ordered funnels without exclude and breakdown.
  A journey is a chain. It lasts until its last step where it is complete, else until within is
    over; then a new first step begins another one. An actor''s journeys are its own chain, that by
    which it counts for an actor, then those after it and those that were over when it began, found
    likewise. A first step within a journey begins none: it may begin the journey anew, by entry
    first not even that. A journey has the breakdown''s value by its own events. Unordered funnels,
    optional steps and drop_actor are about actors only.
  Where nobody entered the counts are 0.
  The values that are shown apart are those by which the most actors entered.';
