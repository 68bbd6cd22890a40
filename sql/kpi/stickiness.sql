-- Stickiness: in how many periods of a range users were active. Twin: src/kpi/stickiness.rs.

create function telemetry.stickiness(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    cumulative boolean default null,
    min_occurrences integer default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (periods integer, actors bigint, rate double precision, is_complete boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'stickiness_wrapper';

create function telemetry.stickiness_actors(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    min_occurrences integer default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (periods integer, tenant_id uuid, actor_id uuid)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'stickiness_actors_wrapper';

comment on function telemetry.stickiness is
'How many users were active in exactly 1, 2, 3... calendar periods of [since, until), NULL: all time; cumulative: in at least as many. One row per number of periods, up to those of the range. grain: minute, 5 minutes, 10 minutes, 15 minutes, hour, day (default), week, month, quarter, year, range (one bucket); events: names that are activity, NULL all; min_occurrences: events that a user must have in a period to be active in it, 1 (default) to 1000000, sampled events counting once; filter: what their payload must contain; tz: IANA name, default the session''s; week_start: monday (default) to sunday; tenant: NULL every tenant that the caller may see. rate: of the users active in any period, NULL where there is none. is_complete: all periods are over and none is cut by the range. An actor is a (tenant, user) pair; events without a user count for nobody. Without any event and since NULL no row. Errors: 22023 unknown grain, zone or week_start, since not before until, min_occurrences out of bounds; 53200 more buckets than telemetry.kpi_memory holds.';
comment on function telemetry.stickiness_actors is
'The actors behind stickiness(), with the same arguments but cumulative: one row per actor that was active at all, and in how many periods; at least k are those whose periods >= k. No order. Errors: those of stickiness(), 53200 a list larger than telemetry.kpi_memory.';
