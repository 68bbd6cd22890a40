-- Stickiness: in how many periods of a range users were active. Twin: src/kpi/stickiness.rs.

create function telemetry.stickiness(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    count_as text default null,
    min_occurrences integer default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (periods integer, actors bigint, rate double precision, is_complete boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'stickiness_wrapper';

create function telemetry.stickiness_actors(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    min_occurrences integer default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (periods integer, tenant_id uuid, actor_id uuid)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'stickiness_actors_wrapper';

comment on function telemetry.stickiness is
'On how many days, weeks or other periods of a range users were active: how many came in exactly one
of them, in two, in three and so on.

Arguments
  since, until, last, grain, actor, object_key, tz, week_start, tenant, filter: common arguments
  events           names that are activity; default NULL: all
  count_as         exactly (default): active in just so many periods; at_least: in so many or more;
                   at_most: in so many or fewer, but in one
  min_occurrences  events that an actor must have in a period to be active in it, 1 to 1000000, a
                   sampled event counting once; default 1
Columns
  periods      the number of periods
  actors       how many were active in so many
  rate         actors / all who were active in any period; NULL where there is none
  is_complete  whether all periods are over and none is cut by since or until
Errors
  22023  an unknown word, grain, zone, week_start or event; since is not before until;
         min_occurrences is out of range
  53200  there are more buckets than telemetry.kpi_memory holds
Notes
  There is one row per number of periods, up to those of the range, and none where since is NULL and
    there is no event.';
comment on function telemetry.stickiness_actors is
'The actors behind stickiness(): one row per actor that was active at all.

Arguments
  the arguments of stickiness() but count_as
Columns
  periods              in how many periods it was active; at least k are those with periods >= k
  tenant_id, actor_id  the actor
Errors
  the errors of stickiness()
  53200  the list is larger than telemetry.kpi_memory
Notes
  The rows have no order.';
