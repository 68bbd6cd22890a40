-- Activity by weekday and hour. Twin: src/kpi/activity_heatmap.rs.

create function telemetry.activity_heatmap(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    tz text default null,
    tenant uuid default null,
    filter jsonb default null)
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
    tz text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (weekday integer, hour integer, tenant_id uuid, actor_id uuid)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'activity_heatmap_actors_wrapper';

comment on function telemetry.activity_heatmap is
'Events and distinct users of [since, until), NULL: all time, by weekday (1 Monday to 7 Sunday) and hour (0 to 23) of the local clock: always 168 rows, 0 where nothing happened. Where clocks go back an hour comes twice and counts as one. events (the argument): names that count, NULL all; filter: what the payload must contain; tz: IANA name, default the session''s; tenant: NULL every tenant that the caller may see. events (the column): sampled ones count 1/sample_rate, unrounded, those without a user count as well; actors: (tenant, user) pairs with an event in that hour of any week, not weighed. Errors: 22023 unknown zone, since not before until.';
comment on function telemetry.activity_heatmap_actors is
'The actors behind activity_heatmap(), with the same arguments: one row per weekday, hour and actor. No order. Errors: those of activity_heatmap(), 53200 a list larger than telemetry.kpi_memory.';
