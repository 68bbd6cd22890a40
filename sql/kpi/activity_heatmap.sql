-- Activity by weekday and hour. Twin: src/kpi/activity_heatmap.rs.

create function telemetry.activity_heatmap(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (weekday integer, hour integer, events double precision, actors bigint)
language c
stable
parallel restricted
rows 168
as 'MODULE_PATHNAME', 'activity_heatmap_wrapper';

create function telemetry.activity_heatmap_actors(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (weekday integer, hour integer, tenant_id uuid, actor_id uuid)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'activity_heatmap_actors_wrapper';

comment on function telemetry.activity_heatmap is
'At which weekdays and hours something happens: the events and the distinct users of each, by the
local clock.

Arguments
  since, until, last, actor, object_key, tz, tenant, filter: common arguments
  events  names that count; default NULL: all
Columns
  weekday  1 (Monday) to 7 (Sunday)
  hour     0 to 23
  events   how many events, a sampled one as 1/sample_rate, unrounded; those without an actor count
           as well
  actors   distinct actors with an event in that hour of any week; sampling is not weighed
Errors
  22023  an unknown word, zone or event; since is not before until
Notes
  There are always 168 rows, with 0 where nothing happened.
  Where clocks go back, an hour comes twice and counts as one.';
comment on function telemetry.activity_heatmap_actors is
'The actors behind activity_heatmap(): one row per weekday, hour and actor.

Arguments
  the arguments of activity_heatmap()
Columns
  weekday              1 (Monday) to 7 (Sunday)
  hour                 0 to 23
  tenant_id, actor_id  the actor
Errors
  the errors of activity_heatmap()
  53200  the list is larger than telemetry.kpi_memory
Notes
  The rows have no order.';
