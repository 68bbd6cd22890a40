-- Calendar buckets, what every KPI groups by. Twin: src/calendar.rs.

create function telemetry.time_buckets(
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    first_event timestamptz default null,
    last_event timestamptz default null,
    tz text default null,
    week_start text default null)
returns table (bucket timestamptz, next_bucket timestamptz, is_complete boolean)
language c
stable
parallel safe
rows 100
as 'MODULE_PATHNAME', 'time_buckets_wrapper';

comment on function telemetry.time_buckets is
'The calendar buckets that [since, until) touches, in order: start, start of the next, and whether it is complete: over, and not cut by since or until. grain: minute, 5 minutes, 10 minutes, 15 minutes, hour, day (default), week, month, quarter, year, by the clock of the zone; or range: the one bucket [since, until), which needs both; tz: a name of pg_timezone_names in upper or lower case, default the session''s; an offset is none, as PostgreSQL would count it westwards; week_start: monday (default) to sunday. since NULL: from first_event, nothing where that is NULL too; until NULL: to last_event or now, whichever is later. One row per local day also where clocks change. Errors: 22023 unknown grain, zone or week_start, since not before until, over 100000 buckets.';
