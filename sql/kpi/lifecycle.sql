-- Lifecycle: new, returning, resurrecting and dormant users per period. Twin: src/kpi/lifecycle.rs.

create function telemetry.lifecycle(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    breakdown text default null,
    top_n integer default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (bucket timestamptz, breakdown_value text, status text, actors bigint, is_complete boolean, is_other boolean)
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
    breakdown text default null,
    top_n integer default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (bucket timestamptz, breakdown_value text, status text, tenant_id uuid, actor_id uuid, is_other boolean)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'lifecycle_actors_wrapper';

comment on function telemetry.lifecycle is
'How many users are new, come back, or stay away, per day or other calendar bucket.

Arguments
  since, until, last, grain, breakdown, top_n, actor, object_key: common arguments
  tz, week_start, tenant, filter: common arguments
  events  names that are activity; default NULL: all
Columns
  bucket           the start of the bucket
  breakdown_value  the value of breakdown; NULL without breakdown, and of events without one
  status           new: the first activity ever lies in the bucket, over all history, not only the
                   range; returning: active in this bucket and the one before; resurrecting: active
                   in it, not in the one before, and not new; dormant: active in the bucket before,
                   not in this one
  actors           how many there are, 0 where there is nobody; of dormant as a negative number
  is_complete      whether the bucket is over and not cut by since or until; of a cut one only the
                   part inside the range is activity
  is_other         whether the row is $other, all values that are not shown apart; a value of the
                   log that is spelled $other is not
Errors
  22023  an unknown grain, zone, week_start or event; since is not before until; a breakdown that is
         no key; top_n is out of range or without breakdown
  53200  there are more buckets, or buckets of values, than telemetry.kpi_memory holds
Notes
  new + returning + resurrecting are the active users of the bucket, returning - dormant those of
    the bucket before. With the grain range that is as much time as the range, just before it.
  Each value of a breakdown has a lifecycle of its own, of its events alone: whoever comes with
    another value is new to it. Those that are shown apart have the most actors of all history.
  There is one row per bucket, breakdown value and status, and none where since is NULL and there is
    no event.';
comment on function telemetry.lifecycle_actors is
'The actors behind lifecycle(): one row per bucket, breakdown value, status and
actor.

Arguments
  the arguments of lifecycle()
Columns
  bucket               the start of the bucket
  breakdown_value      the value of breakdown
  status               new, returning, resurrecting or dormant
  tenant_id, actor_id  the actor
  is_other             whether the row is of $other
Errors
  the errors of lifecycle()
  53200  the list is larger than telemetry.kpi_memory
Notes
  The rows have no order.';
