-- Feature adoption: which share of active users used a feature, and how many ever did. Twin: src/kpi/feature_adoption.rs.

create function telemetry.feature_adoption(
    feature_event text default null,
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    feature_filter jsonb default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (bucket timestamptz, active_actors bigint, feature_actors bigint, rate double precision, new_adopters bigint, cumulative_adopters bigint, is_complete boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'feature_adoption_wrapper';

create function telemetry.feature_adoption_actors(
    feature_event text default null,
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    feature_filter jsonb default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (bucket timestamptz, tenant_id uuid, actor_id uuid, used_feature boolean, is_new_adopter boolean)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'feature_adoption_actors_wrapper';

comment on function telemetry.feature_adoption is
'How a feature is taken up, per day or other calendar bucket: which share of the active users used
it, and how many did so for the first time.

Arguments
  feature_event   the event of its use
  since, until, last, grain, actor, object_key, tz, week_start, tenant, filter: common arguments
  events          names that are activity; default NULL: all; to use the feature is activity as well
  feature_filter  what the payload of the feature_event must hold besides filter, which is for all
                  events; default NULL
Columns
  bucket               the start of the bucket
  active_actors        distinct actors that were active in it
  feature_actors       those of them that used the feature
  rate                 feature_actors / active_actors, never over 1; NULL where nobody was active
  new_adopters         those whose first use ever lies in the bucket, over all history, not only the
                       range
  cumulative_adopters  all who ever used it until the end of the bucket
  is_complete          whether the bucket is over and not cut by since or until
Errors
  22004  no feature_event
  22023  an unknown grain, zone, week_start or event; since is not before until
  53200  there are more buckets than telemetry.kpi_memory holds
Notes
  The rate alone, of any two events, is actor_ratio(feature_event, null), which does not read what
    precedes the range.
  There is no row where since is NULL and there is no event.';
comment on function telemetry.feature_adoption_actors is
'The actors behind feature_adoption(): one row per bucket and active actor.

Arguments
  the arguments of feature_adoption()
Columns
  bucket               the start of the bucket
  tenant_id, actor_id  the actor
  used_feature         whether it used the feature in the bucket
  is_new_adopter       whether it did so for the first time ever
Errors
  the errors of feature_adoption()
  53200  the list is larger than telemetry.kpi_memory
Notes
  The rows have no order.
  Cumulative adopters are the new ones of all buckets up to one, with since NULL.';
