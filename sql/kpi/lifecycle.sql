-- Lifecycle: new, returning, resurrecting and dormant users per period. Twin: src/kpi/lifecycle.rs.

create function telemetry.lifecycle(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (bucket timestamptz, status text, actors bigint, is_complete boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'lifecycle_wrapper';

create function telemetry.lifecycle_actors(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (bucket timestamptz, status text, tenant_id uuid, actor_id uuid)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'lifecycle_actors_wrapper';

comment on function telemetry.lifecycle is
'How many users are new, come back, or stay away, per day or other calendar bucket.

Arguments
  since, until, last, grain, actor, object_key, tz, week_start, tenant, filter: common arguments
  events  names that are activity; default NULL: all
Columns
  bucket       the start of the bucket
  status       new: the first activity ever lies in the bucket, over all history, not only the
               range; returning: active in this bucket and the one before; resurrecting: active in
               it, not in the one before, and not new; dormant: active in the bucket before, not in
               this one
  actors       how many there are, 0 where there is nobody; of dormant as a negative number
  is_complete  whether the bucket is over and not cut by since or until; of a cut one only the part
               inside the range is activity
Errors
  22023  an unknown grain, zone, week_start or event; since is not before until
  53200  there are more buckets than telemetry.kpi_memory holds
Notes
  new + returning + resurrecting are the active users of the bucket, returning - dormant those of
    the bucket before. With the grain range that is as much time as the range, just before it.
  There is one row per bucket and status, and none where since is NULL and there is no event.';
comment on function telemetry.lifecycle_actors is
'The actors behind lifecycle(): one row per bucket, status and actor.

Arguments
  the arguments of lifecycle()
Columns
  bucket               the start of the bucket
  status               new, returning, resurrecting or dormant
  tenant_id, actor_id  the actor
Errors
  the errors of lifecycle()
  53200  the list is larger than telemetry.kpi_memory
Notes
  The rows have no order.';
