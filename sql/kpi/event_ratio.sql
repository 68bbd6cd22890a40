-- Ratios per calendar bucket: of events, and of actors. Twin: src/kpi/event_ratio.rs.

create function telemetry.event_ratio(
    numerator text default null,
    denominator text default null,
    numerator_events text[] default null,
    denominator_events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    breakdown text default null,
    top_n integer default null,
    numerator_filter jsonb default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (
    bucket timestamptz, breakdown_value text, numerator double precision, denominator double precision, ratio double precision,
    is_complete boolean, is_other boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'event_ratio_wrapper';

create function telemetry.actor_ratio(
    numerator text default null,
    denominator text default null,
    numerator_events text[] default null,
    denominator_events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    breakdown text default null,
    top_n integer default null,
    numerator_filter jsonb default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (bucket timestamptz, breakdown_value text, numerator bigint, denominator bigint, ratio double precision, is_complete boolean, is_other boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'actor_ratio_wrapper';

create function telemetry.actor_ratio_actors(
    numerator text default null,
    denominator text default null,
    numerator_events text[] default null,
    denominator_events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    breakdown text default null,
    top_n integer default null,
    numerator_filter jsonb default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (bucket timestamptz, breakdown_value text, tenant_id uuid, actor_id uuid, is_in_numerator boolean, is_other boolean)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'actor_ratio_actors_wrapper';

comment on function telemetry.event_ratio is
'How many events of one kind there are per event of another one, per day or other calendar bucket.
It may be over 1.

Arguments
  numerator, denominator  the name of each side''s event; default NULL: every event
  since, until, last, grain, breakdown, top_n, tz, week_start, tenant, filter: common arguments
  numerator_events, denominator_events  a list of names instead of the one; default NULL
  numerator_filter        what payloads of the numerator must hold besides filter, so that both
                          sides may be the same event: {"status": {"$gte": 500}}; default NULL
Columns
  bucket                  the start of the bucket
  breakdown_value         the value of breakdown, which events of both sides have; NULL without
                          breakdown, and of events without one
  numerator, denominator  how many events of each side, a sampled one as 1/sample_rate, unrounded
  ratio                   numerator / denominator, of the weighted sums; NULL where denominator is 0
  is_complete             whether the bucket is over and not cut by since or until
  is_other                whether the row is $other, all values that are not shown apart; a value of
                          the log that is spelled $other is not
Errors
  22023  an unknown grain, zone, week_start or event; since is not before until; a side is given
         both by name and by list; a ratio of every event to every event; a breakdown that is no
         key; top_n is out of range or without breakdown
  53200  there are more values than telemetry.kpi_memory holds
Notes
  There is one row per bucket and breakdown value, and none where since is NULL and there is no
    event.
  The values that are shown apart have the most events of the denominator, then of the numerator.';
comment on function telemetry.actor_ratio is
'Which share of the users with one event also has another one, per day or other calendar bucket. It
is never over 1.

Arguments
  the arguments of event_ratio()
  actor, object_key: common arguments
Columns
  bucket           the start of the bucket
  breakdown_value  the value of breakdown; NULL without breakdown, and of events without one
  denominator      distinct actors with an event of the denominator in the bucket
  numerator        those of them who also have one of the numerator in it, of the same breakdown
                   value
  ratio            numerator / denominator; NULL where denominator is 0
  is_complete      whether the bucket is over and not cut by since or until
  is_other         whether the row is $other, all values that are not shown apart; a value of the
                   log that is spelled $other is not
Errors
  the errors of event_ratio()
Notes
  Sampling is not weighed.
  There is one row per bucket and breakdown value, and none where since is NULL and there is no
    event. An actor counts in each value that it has in the bucket, in $other once.
  The values that are shown apart have the most actors of the denominator in the range; a value that
    the numerator alone has is not shown.';
comment on function telemetry.actor_ratio_actors is
'The actors behind actor_ratio(): one row per bucket, breakdown value and actor of the denominator.

Arguments
  the arguments of actor_ratio()
Columns
  bucket               the start of the bucket
  breakdown_value      the value of breakdown
  tenant_id, actor_id  the actor
  is_in_numerator      whether it is in the numerator as well
  is_other             whether the row is of $other
Errors
  the errors of actor_ratio()
  53200  the list is larger than telemetry.kpi_memory
Notes
  The rows have no order.';
