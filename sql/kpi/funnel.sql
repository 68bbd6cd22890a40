-- Funnels: how many actors come how far. Twin: src/kpi/funnel.rs. What each option means: the COMMENTs.

create function telemetry.funnel(
    steps jsonb,
    within interval default null,
    since timestamptz default null,
    until timestamptz default null,
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
    tenant uuid default null,
    filter jsonb default null)
returns table (
    breakdown_value text, step integer, event_name text, actors bigint, rate_from_previous double precision,
    rate_from_first double precision, avg_seconds double precision, median_seconds double precision, is_other boolean)
language c
stable
parallel restricted
rows 10
as 'MODULE_PATHNAME', 'funnel_wrapper';

create function telemetry.funnel_actors(
    steps jsonb,
    within interval default null,
    since timestamptz default null,
    until timestamptz default null,
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
    tenant uuid default null,
    filter jsonb default null)
returns table (breakdown_value text, tenant_id uuid, actor_id uuid, depth integer, reached timestamptz[], is_other boolean)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'funnel_actors_wrapper';

comment on function telemetry.funnel_actors is
'The actors behind funnel(), with the same arguments: each with its breakdown value ($other, and is_other, where that is not among the top_n), the last step that it reached and when it reached each up to it, NULL for optional ones that it left out. An actor is a (tenant, id) pair. Actors that did not enter are left out. No order. Errors: those of funnel().';
comment on function telemetry.funnel is
'How many actors reach each step. steps: 1 to 32 names or {"event": name, "where": {...}, "optional": true}, an event serving one step at most; optional steps (not the first; ordered funnels without exclude and breakdown) may be left out: an actor comes as deep as without them, and reaches one where a chain that deep can take it on the way; within: from the first to the last event, inclusive, default 7 days; events of [since, until) count, NULL: all time. ordering: ordered (default: at or after the step before), strict (the actor''s next event of any name), unordered (as many steps as one window holds); entry: latest (default: a later first step may replace an earlier one) or first; ties: any (default: events of one time in either order) or strict (times increase); exclude: [{"event": name, "where": {...}, "after_step": 1, "before_step": 2}], an event strictly between them voids the chain; exclusion: drop_from_here (default: the steps before count) or drop_actor; breakdown: a payload key, or a path such as experiment.variant, its value by attribution first_touch (default: of the earliest step event that has one), last_touch, "step n", or all_steps (the same value at every step, an actor counting once for each of its values), NULL its own group; top_n: 1 to 1000, default 10: the values by which the most actors entered, the others together as $other, so that all rows of a step add up to its total; actor: user (default), session, subject or tenant; object_key: the payload key that names the subject, in place of subject_id, see time_to_first(); filter: what a step''s payload must contain. One row per breakdown value and step; actors at least that deep; rates NULL where nobody was before; seconds from the step before, of the chain that first reaches the actor''s depth; the step before is one that is not optional. Nobody entered: zeros. is_other: whether the row is $other, the values that are not shown apart, which a value spelled so is not. Errors: 22004 no steps, 22023 what cannot be answered.';
