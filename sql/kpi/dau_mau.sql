-- DAU/MAU: how many of a month's users come on an average day. Twin: src/kpi/dau_mau.rs.

create function telemetry.dau_mau(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    averaged_grain text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (bucket timestamptz, average_actors double precision, actors bigint, ratio double precision, periods integer, is_complete boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'dau_mau_wrapper';

create function telemetry.dau_mau_actors(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    averaged_grain text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (bucket timestamptz, tenant_id uuid, actor_id uuid, active_periods integer)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'dau_mau_actors_wrapper';

comment on function telemetry.dau_mau is
'The average number of active users on the days of a month, of those of the whole month (average DAU / MAU), per month of [since, until), NULL: all time. grain: of the rows, day, week, month (default), quarter, year, range (one row); averaged_grain: what is averaged over, hour, day (default), week, month, quarter, finer than grain: week and day give DAU/WAU, month and week WAU/MAU. average_actors: over the days that are over, not cut by the range and inside the bucket as a whole (a week that lies in two months is averaged over in neither), days without anybody being 0; periods: how many those are; average_actors NULL where there is none. actors: distinct users of the bucket. ratio: average_actors / actors, NULL without either; never over 1. events: names that are activity, NULL all; filter: what their payload must contain; tz: IANA name, default the session''s; week_start: monday (default) to sunday; tenant: NULL every tenant that the caller may see. An actor is a (tenant, user) pair; events without a user count for nobody. is_complete: the bucket is over and not cut by the range. Without any event and since NULL no row. Errors: 22023 unknown grain, zone or week_start, averaged_grain not finer than grain, since not before until; 53200 more buckets than telemetry.kpi_memory holds.';
comment on function telemetry.dau_mau_actors is
'The actors behind dau_mau(), with the same arguments: one row per bucket and actor, and in how many of the periods that are averaged over it was active; their sum / periods is average_actors. No order. Errors: those of dau_mau(), 53200 a list larger than telemetry.kpi_memory.';
