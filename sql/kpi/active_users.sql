-- Active users: distinct actors, per calendar bucket or over a rolling number of days. An actor is a (tenant, user)
-- pair; events without a user belong to nobody. Twin: src/kpi/active_users.rs.

create function telemetry.active_users(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    rolling_days integer default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (bucket timestamptz, actors bigint, is_complete boolean)
language c
stable
parallel restricted
rows 1000
as 'MODULE_PATHNAME', 'active_users_wrapper';

create function telemetry.active_users_actors(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    rolling_days integer default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (bucket timestamptz, tenant_id uuid, actor_id uuid)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'active_users_actors_wrapper';

comment on function telemetry.active_users is
'How many distinct users had an event, per day or other calendar bucket. With rolling_days it
answers, for each day, how many came in the last so many local days, that day included.

Arguments
  since, until, last, grain, actor, object_key, tz, week_start, tenant, filter: common arguments
  rolling_days  the number of local days, 1 to 3660, that end with each day, those before since
                included; only by day; default NULL: the bucket alone
  events        names that count; default NULL: all
Columns
  bucket       the start of the bucket
  actors       distinct actors with an event, 0 where nobody came
  is_complete  whether the bucket is over and not cut by since or until
Errors
  22023  an unknown grain, zone, week_start or event; since is not before until; rolling_days is out
         of range or not by day
Notes
  There is one row per bucket, and none where since is NULL and there is no event.';
comment on function telemetry.active_users_actors is
'The actors behind active_users(): one row per bucket and actor.

Arguments
  the arguments of active_users()
Columns
  bucket               the start of the bucket
  tenant_id, actor_id  the actor
Errors
  the errors of active_users()
  53200  the list is larger than telemetry.kpi_memory
Notes
  The rows have no order.';
