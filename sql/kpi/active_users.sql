-- Active users: distinct actors, per calendar bucket or over a rolling number of days. An actor is a (tenant, user)
-- pair; events without a user belong to nobody. Twin: src/kpi/active_users.rs.

create function telemetry.active_users(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    rolling_days integer default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (bucket timestamptz, actors bigint, is_complete boolean)
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
    rolling_days integer default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (bucket timestamptz, tenant_id uuid, actor_id uuid)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'active_users_actors_wrapper';

comment on function telemetry.active_users is
'Distinct users with an event, per calendar bucket in [since, until), NULL: all time; with rolling_days, per day the distinct users of the n local days that end with it, those before since included. grain: minute, 5 minutes, 10 minutes, 15 minutes, hour, day (default), week, month, quarter, year, range (one bucket); events: names that count, NULL all; tz: IANA name, default the session''s; week_start: monday (default) to sunday; tenant: NULL every tenant that the caller may see, a user of two tenants being two actors; filter: what the payload must contain; actor: who is counted instead of users: session, subject or tenant, read from rows; object_key: the payload key that names the subject, in place of subject_id, see time_to_first(). Events without one count for nobody. One row per bucket, 0 where nobody came; no row without any event where since is NULL. is_complete: the bucket is over and not cut by the range. Errors: 22023 unknown grain, zone or week_start, since not before until, rolling_days not 1 to 3660 or not by day.';
comment on function telemetry.active_users_actors is
'The actors behind active_users(), with the same arguments: one row per bucket and actor, a (tenant, user) pair. No order. Errors: those of active_users(), 53200 a list larger than telemetry.kpi_memory.';
