-- How long actors take through a funnel. Twin: src/kpi/funnel_times.rs. What each option means: funnel.sql.

create function telemetry.funnel_times(
    steps jsonb,
    within interval default null,
    since timestamptz default null,
    until timestamptz default null,
    bins integer default null,
    from_step integer default null,
    to_step integer default null,
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
returns table (breakdown_value text, bin integer, from_seconds double precision, until_seconds double precision, actors bigint, is_other boolean)
language c
stable
parallel restricted
rows 10
as 'MODULE_PATHNAME', 'funnel_times_wrapper';

create function telemetry.funnel_times_actors(
    steps jsonb,
    within interval default null,
    since timestamptz default null,
    until timestamptz default null,
    from_step integer default null,
    to_step integer default null,
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
returns table (breakdown_value text, tenant_id uuid, actor_id uuid, seconds double precision, is_other boolean)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'funnel_times_actors_wrapper';

comment on function telemetry.funnel_times is
'How long actors take from one step of a funnel to another: a histogram of the actors that reach to_step, by the chain that funnel() takes the times of. bins: how many, 1 to 1000, default 10; from_step, to_step: counted from 1, default the first and the last one; all other arguments: as of funnel(), optional steps, breakdown and top_n among them: of two optional steps the time is that of the chain that takes both, and the values shown apart are those that funnel() shows. One row per breakdown value and bin, with the same bins for every value: from_seconds is in it, until_seconds in the next one, in the last bin both are; the first begins with the shortest time, each is a whole number of seconds wide, at least one, and so wide that the longest time is in the last or before it. No row where nobody reached to_step. is_other: whether the row is $other, the values that are not shown apart, which a value spelled so is not. Errors: those of funnel(), 22023 bins or steps out of range.';
comment on function telemetry.funnel_times_actors is
'The actors behind funnel_times(), with the same arguments but bins: each that reached to_step (by all_steps once per value), with its breakdown value ($other, and is_other, where that is not among the top_n) and its seconds. No order. Errors: those of funnel_times(), 53200 a list larger than telemetry.kpi_memory.';
