-- Event volume: how many events, per calendar bucket and name. Twin: src/kpi/event_volume.rs.

create function telemetry.event_volume(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (bucket timestamptz, event_name text, events double precision, is_complete boolean)
language c
stable
parallel restricted
rows 1000
as 'MODULE_PATHNAME', 'event_volume_wrapper';

comment on function telemetry.event_volume is
'Events per calendar bucket and name in [since, until), NULL: all time. grain: minute, 5 minutes, 10 minutes, 15 minutes, hour, day (default), week, month, quarter, year, range (one bucket); events: names, NULL all; tz: IANA name, default the session''s; week_start: monday (default) to sunday; tenant: NULL every tenant that the caller may see; filter: what the payload must contain, by key or path ({"experiment.name": "button"}). One row per bucket and name, 0 where nothing happened; without any event one row per bucket with a NULL name; without any event and since NULL none. Sampled events count 1/sample_rate, unrounded: buckets add up to their range. is_complete: the bucket is over and not cut by the range. Errors: 22023 a filter that is none, unknown grain, zone or week_start, since not before until.';
