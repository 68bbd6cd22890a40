-- The values of a payload key, ranked: most popular lessons, pages, plans. Twin: src/kpi/top_values.rs.

create function telemetry.top_values(
    payload_key text default null,
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    by text default null,
    top_n integer default null,
    actor text default null,
    object_key text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (rank integer, value text, events double precision, actors bigint, share double precision, is_other boolean)
language c
stable
parallel restricted
rows 10
as 'MODULE_PATHNAME', 'top_values_wrapper';

create function telemetry.top_values_actors(
    payload_key text default null,
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    by text default null,
    top_n integer default null,
    actor text default null,
    object_key text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (rank integer, value text, tenant_id uuid, actor_id uuid, is_other boolean)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'top_values_actors_wrapper';

comment on function telemetry.top_values is
'Which values of a payload key are the most frequent, of all events in the range.

Arguments
  payload_key  the key, or a path (experiment.variant), whose values are shown as ->> shows them
  since, until, last, actor, object_key, tenant, filter: common arguments
  events       names that count; default NULL: all
  by           events (default) or actors: what ranks the values
  top_n        how many values are shown apart, 1 to 10000; default 10
Columns
  rank      1 of the most frequent value; equals by value, in byte order; NULL of $other
  value     the value; $other in the last row, which is all others together, so that nothing is cut
            silently
  events    how many events, a sampled one as 1/sample_rate, unrounded; those without an actor
            count as well
  actors    distinct actors; sampling is not weighed
  share     of all events that have the key; by actors, of all actors with such an event, who may
            have several values, so that shares add up to more than 1
  is_other  whether the row is $other; a value of the log that is spelled $other is not
Errors
  22004  no payload_key
  22023  a key with an empty part; an unknown word or event; top_n is out of bounds; since is not
         before until
  53200  there are more values than telemetry.kpi_memory holds
Notes
  Events without the key, or with null under it, are left out; without any there is no row.';
comment on function telemetry.top_values_actors is
'The actors behind top_values(): one row per value of its answer, $other included, and actor.

Arguments
  the arguments of top_values()
Columns
  rank                 1 of the most frequent value; NULL of $other
  value                the value
  tenant_id, actor_id  the actor
  is_other             whether the row is $other
Errors
  the errors of top_values()
  53200  the list is larger than telemetry.kpi_memory
Notes
  The rows have no order.';
