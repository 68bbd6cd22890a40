-- The values of a payload key, ranked: most popular lessons, pages, plans. Twin: src/kpi/top_values.rs.

create function telemetry.top_values(
    payload_key text default null,
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    by text default null,
    top_n integer default null,
    tenant uuid default null,
    filter jsonb default null)
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
    tenant uuid default null,
    filter jsonb default null)
returns table (rank integer, value text, tenant_id uuid, actor_id uuid, is_other boolean)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'top_values_actors_wrapper';

comment on function telemetry.top_values is
'The most frequent values of a payload key, or of a member of an object by its path (experiment.variant), as ->> shows them, among the events of [since, until), NULL: all time. by: events (default) or actors, what ranks; equals by value, in byte order. top_n: 1 to 10000 values, default 10; all others are one last row, ''$other'' with a rank of NULL and is_other, so that nothing is cut silently. events (the argument): names that count, NULL all; filter: what the payload must contain; tenant: NULL every tenant that the caller may see. events (the column): sampled ones count 1/sample_rate, unrounded, those without a user count as well; actors: distinct (tenant, user) pairs, not weighed. share: of all events that have the key or, by actors, of all actors with such an event, who may have several values, so that shares add up to more than 1. Events without the key, or with null, are left out; without any there is no row. Errors: 22004 no payload_key; 22023 a key with an empty part, an unknown word, top_n out of bounds, since not before until; 53200 more values than telemetry.kpi_memory holds.';
comment on function telemetry.top_values_actors is
'The actors behind top_values(), with the same arguments: one row per value of its answer, ''$other'' (is_other) included, and actor. No order. Errors: those of top_values(), 53200 a list larger than telemetry.kpi_memory.';
