-- How long actors take through a funnel. Twin: src/kpi/funnel_times.rs. What each option means: funnel.sql.

create function telemetry.funnel_times(
    steps text,
    within interval default null,
    since timestamptz default null,
    until timestamptz default null,
    bins integer default null,
    from_step integer default null,
    to_step integer default null,
    ordering text default null,
    entry text default null,
    ties text default null,
    exclude text default null,
    exclusion text default null,
    breakdown text default null,
    attribution text default null,
    top_n integer default null,
    match text[] default null,
    actor text default null,
    object_key text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (breakdown_value text, bin integer, from_seconds double precision, until_seconds double precision, actors bigint, is_other boolean)
language c
stable
parallel restricted
rows 10
as 'MODULE_PATHNAME', 'funnel_times_wrapper';

create function telemetry.funnel_times_actors(
    steps text,
    within interval default null,
    since timestamptz default null,
    until timestamptz default null,
    from_step integer default null,
    to_step integer default null,
    ordering text default null,
    entry text default null,
    ties text default null,
    exclude text default null,
    exclusion text default null,
    breakdown text default null,
    attribution text default null,
    top_n integer default null,
    match text[] default null,
    actor text default null,
    object_key text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (breakdown_value text, tenant_id uuid, actor_id uuid, seconds double precision, is_other boolean)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'funnel_times_actors_wrapper';

comment on function telemetry.funnel_times is
'How long actors take from one step of a funnel to another: a histogram of those who reach to_step,
by the chain that funnel() takes the times of.

Arguments
  the arguments of funnel() but count
  bins                how many bars the histogram has, 1 to 1000; default 10
  from_step, to_step  the two steps, counted from 1; default the first and the last one
Columns
  breakdown_value  the value; NULL without breakdown, and of actors without one
  bin              counted from 1
  from_seconds     the shortest time of the bin, inclusive
  until_seconds    its longest time; it lies in the next bin, but of the last bin in itself
  actors           how many took so long
  is_other         whether the row is $other, all values that are not shown apart; a value of the
                   log that is spelled $other is not
Errors
  the errors of funnel()
  22023  bins, from_step or to_step is out of range
Notes
  All values have the same bins. The first one begins with the shortest time; each is a whole number
    of seconds wide, at least one, and so wide that the longest time lies in the last one or before
    it.
  Of two optional steps the time is that of the chain that takes both. The values shown apart are
    those that funnel() shows.
  There is no row where nobody reached to_step.';
comment on function telemetry.funnel_times_actors is
'The actors behind funnel_times(): one row per actor that reached to_step, by all_steps one for each
of its values.

Arguments
  the arguments of funnel_times() but bins
Columns
  breakdown_value      the actor''s value; $other where it is not among the top_n
  tenant_id, actor_id  the actor
  seconds              how long it took
  is_other             whether the value is not among the top_n
Errors
  the errors of funnel_times()
  53200  the list is larger than telemetry.kpi_memory
Notes
  The rows have no order.';
