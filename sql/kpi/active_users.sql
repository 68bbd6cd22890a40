-- Active users: distinct actors, per calendar bucket or over a rolling number of days. An actor is a (tenant, user)
-- pair; events without a user belong to nobody. Twin: src/kpi/active_users.rs.

create function telemetry.active_users(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    breakdown text default null,
    top_n integer default null,
    rolling_days integer default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (bucket timestamptz, breakdown_value text, actors bigint, is_complete boolean, is_other boolean)
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
    breakdown text default null,
    top_n integer default null,
    rolling_days integer default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (bucket timestamptz, breakdown_value text, tenant_id uuid, actor_id uuid, is_other boolean)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'active_users_actors_wrapper';

comment on function telemetry.active_users is
'How many distinct users had an event, per day or other calendar bucket. With rolling_days it
answers, for each day, how many came in the last so many local days, that day included.

Arguments
  since, until, last, grain, breakdown, top_n, actor, object_key: common arguments
  tz, week_start, tenant, filter: common arguments
  rolling_days  the number of local days, 1 to 3660, that end with each day, those before since
                included; only by day; default NULL: the bucket alone
  events        names that count; default NULL: all
Columns
  bucket           the start of the bucket
  breakdown_value  the value of breakdown; NULL without breakdown, and of events without one
  actors           distinct actors with an event, 0 where nobody came
  is_complete      whether the bucket is over and not cut by since or until
  is_other         whether the row is $other, all values that are not shown apart; a value of the
                   log that is spelled $other is not
Errors
  22023  an unknown grain, zone, week_start or event; since is not before until; rolling_days is out
         of range or not by day; a breakdown that is no key; top_n is out of range or without
         breakdown
  53200  there are more values, or more buckets of them, than telemetry.kpi_memory holds
Notes
  There is one row per bucket and breakdown value, and none where since is NULL and there is no
    event. An actor counts in each value that it has in the bucket, in $other once.
  The values that are shown apart have the most actors in all that is read.';
comment on function telemetry.active_users_actors is
'The actors behind active_users(): one row per bucket, breakdown value and actor.

Arguments
  the arguments of active_users()
Columns
  bucket               the start of the bucket
  breakdown_value      the value of breakdown
  tenant_id, actor_id  the actor
  is_other             whether the row is of $other
Errors
  the errors of active_users()
  53200  the list is larger than telemetry.kpi_memory
Notes
  The rows have no order.';
