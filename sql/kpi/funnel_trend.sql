-- Funnels by the period that actors enter in. Twin: src/kpi/funnel_trend.rs. What each option means: funnel.sql.

create function telemetry.funnel_trend(
    steps jsonb,
    within interval default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    ordering text default null,
    entry text default null,
    ties text default null,
    exclude jsonb default null,
    exclusion text default null,
    breakdown text default null,
    attribution text default null,
    top_n integer default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (
    bucket timestamptz, breakdown_value text, step integer, event_name text, actors bigint, rate_from_first double precision,
    is_complete boolean, rate_from_previous double precision, is_other boolean)
language c
stable
parallel restricted
rows 1000
as 'MODULE_PATHNAME', 'funnel_trend_wrapper';

create function telemetry.funnel_trend_actors(
    steps jsonb,
    within interval default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    ordering text default null,
    entry text default null,
    ties text default null,
    exclude jsonb default null,
    exclusion text default null,
    breakdown text default null,
    attribution text default null,
    top_n integer default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (bucket timestamptz, breakdown_value text, tenant_id uuid, actor_id uuid, depth integer, reached timestamptz[], is_other boolean)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'funnel_trend_actors_wrapper';

comment on function telemetry.funnel_trend is
'How many actors reach each step, by the period that they enter in: per calendar bucket of [since, until), NULL: all time, breakdown value and step, the actors at least that deep. The entry is the first event of an attempt; an actor counts once in each bucket that it enters in, by its best attempt that begins there, whose further steps may lie in later buckets and after until, up to within from the entry. grain: minute, 5 minutes, 10 minutes, 15 minutes, hour, day (default), week, month, quarter, year, range (one bucket); tz: IANA name, default the session''s; week_start: monday (default) to sunday; all other arguments: as of funnel(), optional steps, breakdown and top_n among them (ranked over all buckets; first_touch and last_touch are of all that is read of the actor, "step n" of the attempt). entry first: only the actor''s first entry since the range began. rate_from_first: NULL where nobody entered, the counts are then 0; rate_from_previous: of the step before that is not optional, NULL where nobody reached that; no row without any event where since is NULL. is_complete: the bucket is over, not cut by the range, and so is the window of whoever entered at its end. is_other: whether the row is $other, the values that are not shown apart, which a value spelled so is not. Errors: those of funnel(), 22023 unknown grain, zone or week_start; 53200 more events of 65,536 actors than telemetry.kpi_memory holds.';
comment on function telemetry.funnel_trend_actors is
'The actors behind funnel_trend(), with the same arguments: one row per bucket and actor that entered in it (by all_steps also per value), with its breakdown value ($other, and is_other, where that is not among the top_n), how many steps its best attempt reached and when it reached each, NULL for optional ones that it left out. No order. Errors: those of funnel_trend(), 53200 a list larger than telemetry.kpi_memory.';
