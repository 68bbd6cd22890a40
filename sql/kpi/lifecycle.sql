-- Lifecycle: new, returning, resurrecting and dormant users per period. Twin: src/kpi/lifecycle.rs.

create function telemetry.lifecycle(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
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
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (bucket timestamptz, status text, tenant_id uuid, actor_id uuid)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'lifecycle_actors_wrapper';

comment on function telemetry.lifecycle is
'Users by what they do in a calendar period of [since, until), NULL: all time. One row per bucket and status: new (their first activity ever lies in the period, over all history, not only the range), returning (active in this period and the one before), resurrecting (active in it, not in the one before, not new), dormant (active in the period before, not in this one: shown as a negative number). So new + returning + resurrecting are the period''s active users, and returning - dormant those of the period before. grain: minute, 5 minutes, 10 minutes, 15 minutes, hour, day (default), week, month, quarter, year; events: names that are activity, NULL all; filter: what their payload must contain; tz: IANA name, default the session''s; week_start: monday (default) to sunday; tenant: NULL every tenant that the caller may see. An actor is a (tenant, user) pair; events without a user count for nobody. is_complete: the period is over and not cut by the range; of a cut one only the part inside the range is activity. A row for each bucket and status, 0 where there is nobody; without any event and since NULL no row. Errors: 22023 unknown grain, zone or week_start, since not before until; 53200 more buckets than telemetry.kpi_memory holds.';
comment on function telemetry.lifecycle_actors is
'The actors behind lifecycle(), with the same arguments: one row per bucket, status and actor. No order. Errors: those of lifecycle(), 53200 a list larger than telemetry.kpi_memory.';
