-- DAU/MAU: how many of a month's users come on an average day. Twin: src/kpi/dau_mau.rs.

create function telemetry.dau_mau(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    averaged_grain text default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (bucket timestamptz, average_actors double precision, actors bigint, ratio double precision, periods integer, is_complete boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'dau_mau_wrapper';

create function telemetry.dau_mau_actors(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    averaged_grain text default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (bucket timestamptz, tenant_id uuid, actor_id uuid, active_periods integer)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'dau_mau_actors_wrapper';

comment on function telemetry.dau_mau is
'How many of a month''s users come on an average day (DAU/MAU), or the same of a week, a quarter and
so on.

Arguments
  since, until, last, actor, object_key, tz, week_start, tenant, filter: common arguments
  grain           the width of a row: day, week, month (default), quarter, year; range: one row
  averaged_grain  what is averaged over, finer than grain: hour, day (default), week, month,
                  quarter; week and day give DAU/WAU, month and week give WAU/MAU
  events          names that are activity; default NULL: all
Columns
  bucket          the start of the bucket
  average_actors  the active ones of an average period, a period without anybody counting as 0;
                  NULL where there is none
  actors          distinct actors of the bucket
  ratio           average_actors / actors, never over 1; NULL without either
  periods         how many periods are averaged over: those that are over, not cut by the range, and
                  inside the bucket as a whole; a week that lies in two months is averaged over in
                  neither
  is_complete     whether the bucket is over and not cut by since or until
Errors
  22023  an unknown grain, zone, week_start or event; averaged_grain is not finer than grain; since
         is not before until
  53200  there are more buckets than telemetry.kpi_memory holds
Notes
  There is no row where since is NULL and there is no event.';
comment on function telemetry.dau_mau_actors is
'The actors behind dau_mau(): one row per bucket and actor.

Arguments
  the arguments of dau_mau()
Columns
  bucket               the start of the bucket
  tenant_id, actor_id  the actor
  active_periods       in how many of the periods that are averaged over it was active; their sum /
                       periods is average_actors
Errors
  the errors of dau_mau()
  53200  the list is larger than telemetry.kpi_memory
Notes
  The rows have no order.';
