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
    actor text default null,
    object_key text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (
    breakdown_value text, step integer, event_name text, actors bigint, rate_from_previous double precision,
    rate_from_first double precision, avg_seconds double precision, median_seconds double precision, is_other boolean)
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
'The actors behind funnel(): one row per actor that entered, with the last step that it reached.

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
  since, until, last, actor, object_key, tenant: common arguments
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
  breakdown    a payload key, or a path such as experiment.variant, whose values have rows of their
               own; an actor without a value belongs to NULL; default NULL: no breakdown
  attribution  whose value of the breakdown counts: first_touch (default): that of the earliest step
               event that has one; last_touch: of the last one; "step 2": of that step; all_steps:
               the same value at every step, and an actor counts once for each of its values
  top_n        how many values are shown apart, those by which the most actors entered, 1 to 1000;
               the others are together under $other, so that all rows of a step add up to its total;
               default 10
  filter       what the payload of a step''s event must hold besides its where; default NULL:
               anything
Columns
  breakdown_value              the value; NULL without breakdown, and of actors without one
  step                         counted from 1
  event_name                   the event of the step
  actors                       how many came at least so far
  rate_from_previous           actors / those of the step before that is not optional; NULL where
                               nobody was there
  rate_from_first              actors / those of the first step; NULL where nobody was there
  avg_seconds, median_seconds  the time from the step before that is not optional, in the chain that
                               first reaches the actor''s depth; NULL where nobody took it
  is_other                     whether the row is $other, all values that are not shown apart; a
                               value of the log that is spelled $other is not
Errors
  22004  no steps
  22023  what cannot be answered: an unknown event or word, arguments that do not go together, since
         is not before until
Notes
  Optional steps may be left out: an actor comes as deep as it would without them, and reaches one
    where a chain that deep can take it on the way. The first step is not optional, and they are for
    ordered funnels without exclude and breakdown.
  Where nobody entered the counts are 0.';
