-- Ratios per calendar bucket: of events, and of actors. Twin: src/kpi/event_ratio.rs.

create function telemetry.event_ratio(
    numerator text default null,
    denominator text default null,
    numerator_events text[] default null,
    denominator_events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    numerator_filter jsonb default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (bucket timestamptz, numerator double precision, denominator double precision, ratio double precision, is_complete boolean)
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
    numerator_filter jsonb default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (bucket timestamptz, numerator bigint, denominator bigint, ratio double precision, is_complete boolean)
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
    numerator_filter jsonb default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (bucket timestamptz, tenant_id uuid, actor_id uuid, is_in_numerator boolean)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'actor_ratio_actors_wrapper';

comment on function telemetry.event_ratio is
'Events named numerator per event named denominator, per calendar bucket of [since, until), NULL: all time. A name of NULL means every event; numerator_events, denominator_events: a list of names instead of the one. grain: minute, 5 minutes, 10 minutes, 15 minutes, hour, day (default), week, month, quarter, year, range (one bucket); tz: IANA name, default the session''s; week_start: monday (default) to sunday; tenant: NULL every tenant that the caller may see; filter: what the payloads of both must contain; numerator_filter: what those of the numerator must contain besides, so that both may be the same event ({"status": {"$gte": 500}}). Sampled events count 1/sample_rate, unrounded; ratio is that of the weighted sums. ratio: NULL where the denominator is 0; it may be over 1. is_complete: the bucket is over and not cut by the range. One row per bucket; without any event and since NULL none. Errors: 22023 unknown grain, zone or week_start, since not before until, a side given both by name and by list, a ratio of every event to every event.';
comment on function telemetry.actor_ratio is
'Of the distinct users with an event named denominator in a calendar bucket, those who also have one named numerator in it: never over 1. Arguments and columns as event_ratio(). Events without a user count for nobody; a user of two tenants is two actors; sampling is not weighed. Errors: those of event_ratio().';
comment on function telemetry.actor_ratio_actors is
'The actors behind actor_ratio(), with the same arguments: one row per bucket and actor of the denominator, is_in_numerator says whether it is in the numerator. No order. Errors: those of event_ratio(), 53200 a list larger than telemetry.kpi_memory.';
