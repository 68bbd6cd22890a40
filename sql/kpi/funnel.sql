-- Funnels: how many actors come how far. Twin: src/funnel.rs, whose engine decides how far one actor comes; here the
-- events are read, with the caller's rights. What each option means: SEMANTICS in the COMMENT.

-- The steps (and exclusions) of a funnel, checked: place, name, and what the payload must contain.
create function telemetry.funnel_steps(steps jsonb, argument_name text default null)
returns table (place integer, event_name text, payload_filter jsonb, after_step integer, before_step integer)
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    argument constant text := coalesce(argument_name, 'steps');
    step jsonb;
    unknown text;
    n integer := 0;
begin
    if steps is null then
        return;
    end if;
    if jsonb_typeof(steps) <> 'array' then
        raise exception '% must be a JSON array', argument
            using errcode = '22023', hint = 'For example: telemetry.funnel(''["signed_up", {"event": "paid", "where": {"plan": "pro"}}]'').';
    end if;
    for step in select value from jsonb_array_elements(steps) loop
        n := n + 1;
        if jsonb_typeof(step) = 'string' then
            step := jsonb_build_object('event', step);
        end if;
        if jsonb_typeof(step) <> 'object' or jsonb_typeof(step->'event') is distinct from 'string' or jsonb_typeof(coalesce(step->'where', '{}')) <> 'object' then
            raise exception 'element % of % is neither a name nor {"event": name, "where": object}', n, argument
                using errcode = '22023', hint = 'For example: {"event": "paid", "where": {"plan": "pro"}}.';
        end if;
        select k into unknown from jsonb_object_keys(step) k
         where k not in ('event', 'where') and (argument <> 'exclude' or k not in ('after_step', 'before_step')) limit 1;
        if found then
            raise exception 'element % of % has an unknown key "%"', n, argument, left(unknown, 40)
                using errcode = '22023', hint = 'The keys are event, where, and of an exclusion after_step and before_step.';
        end if;
        if coalesce(step->>'after_step', '1') !~ '^[0-9]{1,3}$' or coalesce(step->>'before_step', '1') !~ '^[0-9]{1,3}$' then
            raise exception 'element % of %: after_step and before_step must be the numbers of steps', n, argument
                using errcode = '22023', hint = 'Steps are counted from 1.';
        end if;
        place := n;
        event_name := step->>'event';
        payload_filter := step->'where';
        after_step := (step->>'after_step')::integer;
        before_step := (step->>'before_step')::integer;
        return next;
    end loop;
end
$$;

create function telemetry.check_funnel(definition text)
returns void
language sql
immutable
begin atomic
    select telemetry_private.check_funnel(definition);
end;

create function telemetry.funnel_outcome(definition text, times timestamptz[], steps integer[], exclusions integer[])
returns table (depth integer, reached timestamptz[], served integer[])
language sql
immutable
parallel safe
rows 1
begin atomic
    select o.depth, o.reached, o.served from telemetry_private.funnel_outcome(definition, times, steps, exclusions) o;
end;

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
    actor text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (breakdown_value text, tenant_id uuid, actor_id uuid, depth integer, reached timestamptz[])
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set jit = off -- compiling costs more than the query
rows 10000
as $$
#variable_conflict use_column
declare
    step_count constant integer := (select count(*) from telemetry.funnel_steps(funnel_actors.steps));
    definition text;
    names text[];
    touch constant text := coalesce(funnel_actors.attribution, 'first_touch');
    touched_step integer;
begin
    if funnel_actors.steps is null then
        raise exception 'steps must not be null'
            using errcode = '22004', hint = 'For example: telemetry.funnel(''["signed_up", "paid"]'').';
    end if;
    if coalesce(funnel_actors.actor, 'user') not in ('user', 'session', 'subject') then
        raise exception 'actor "%" is none of user, session, subject', left(funnel_actors.actor, 40)
            using errcode = '22023', hint = 'Leave it out for users.';
    end if;
    if touch ~ '^step [1-9][0-9]?$' then
        touched_step := substr(touch, 6)::integer;
    end if;
    if touch not in ('first_touch', 'last_touch', 'all_steps') and coalesce(touched_step, 99) > step_count then
        raise exception 'attribution "%" is none of first_touch, last_touch, step 1 to step %, all_steps', left(touch, 40), step_count
            using errcode = '22023', hint = 'It says which event''s value of the breakdown counts; first_touch is the default.';
    end if;
    if funnel_actors.since >= funnel_actors.until then
        raise exception 'since must be before until' using errcode = '22023', hint = 'Ranges are half-open.';
    end if;
    definition := jsonb_build_object(
        'steps', step_count,
        'within', (extract(epoch from coalesce(funnel_actors.within, interval '7 days')) * 1000000)::bigint,
        'ordering', coalesce(funnel_actors.ordering, 'ordered'),
        'entry', coalesce(funnel_actors.entry, 'latest'),
        'ties', coalesce(funnel_actors.ties, 'any'),
        'exclusion', coalesce(funnel_actors.exclusion, 'drop_from_here'),
        'exclude', coalesce((select jsonb_agg(jsonb_build_object('after_step', greatest(coalesce(x.after_step, 1), 0), 'before_step', greatest(coalesce(x.before_step, step_count), 0)) order by x.place)
                               from telemetry.funnel_steps(funnel_actors.exclude, 'exclude') x), '[]'))::text;
    perform telemetry.check_funnel(definition);
    select array_agg(distinct s.event_name) into names
      from (select s.event_name from telemetry.funnel_steps(funnel_actors.steps) s
             union all
            select x.event_name from telemetry.funnel_steps(funnel_actors.exclude, 'exclude') x) s;

    return query
    with step as materialized (select * from telemetry.funnel_steps(funnel_actors.steps)),
    excluded as materialized (select * from telemetry.funnel_steps(funnel_actors.exclude, 'exclude')),
    matched as (
        select e.tenant_id,
               case funnel_actors.actor when 'session' then e.session_id when 'subject' then e.subject_id else e.user_id end as actor_id,
               e.event_ts, e.ingest_id,
               coalesce((select bit_or(1 << (s.place - 1)) from step s
                          where s.event_name = e.event_name and (s.payload_filter is null or e.payload @> s.payload_filter)
                            and (funnel_actors.filter is null or e.payload @> funnel_actors.filter)), 0) as steps,
               coalesce((select bit_or(1 << (x.place - 1)) from excluded x
                          where x.event_name = e.event_name and (x.payload_filter is null or e.payload @> x.payload_filter)), 0) as exclusions,
               e.payload->>funnel_actors.breakdown as touched
          from telemetry.events e
         where e.event_ts >= coalesce(funnel_actors.since, '-infinity')
           and e.event_ts < coalesce(funnel_actors.until, 'infinity')
           and (funnel_actors.tenant is null or e.tenant_id = funnel_actors.tenant)
           -- Strict order looks at every event between two steps.
           and (funnel_actors.ordering = 'strict' or e.event_name = any (names))
           and case funnel_actors.actor when 'session' then e.session_id when 'subject' then e.subject_id else e.user_id end is not null
    ),
    actors as (
        select m.tenant_id, m.actor_id, case when touch = 'all_steps' then m.touched end as common_value,
               array_agg(m.event_ts order by m.event_ts, m.ingest_id) as times,
               array_agg(m.steps order by m.event_ts, m.ingest_id) as steps,
               array_agg(m.exclusions order by m.event_ts, m.ingest_id) as exclusions,
               array_agg(case when m.steps <> 0 then m.touched end order by m.event_ts, m.ingest_id) as touches
          from matched m
         where m.steps <> 0 or m.exclusions <> 0 or funnel_actors.ordering = 'strict'
         group by 1, 2, 3
    )
    select case when funnel_actors.breakdown is null then null
                when touch = 'all_steps' then a.common_value
                when touch = 'first_touch' then (select t.touched from unnest(a.touches) with ordinality t (touched, n) where t.touched is not null order by t.n limit 1)
                when touch = 'last_touch' then (select t.touched from unnest(a.touches) with ordinality t (touched, n) where t.touched is not null order by t.n desc limit 1)
                else a.touches[o.served[touched_step]] end,
           a.tenant_id, a.actor_id, o.depth, o.reached
      from actors a,
           lateral telemetry.funnel_outcome(definition, a.times, a.steps, a.exclusions) o
     where o.depth > 0;
end
$$;

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
    actor text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (
    breakdown_value text, step integer, event_name text, actors bigint, rate_from_previous double precision,
    rate_from_first double precision, avg_seconds double precision, median_seconds double precision)
language sql
stable
set search_path = pg_catalog, pg_temp
set jit = off
rows 10
as $$
    with outcomes as materialized (
        select a.breakdown_value, a.depth, a.reached
          from telemetry.funnel_actors(funnel.steps, funnel.within, funnel.since, funnel.until, funnel.ordering, funnel.entry, funnel.ties,
                                       funnel.exclude, funnel.exclusion, funnel.breakdown, funnel.attribution, funnel.actor, funnel.tenant, funnel.filter) a
    ),
    breakdowns as (
        select o.breakdown_value from outcomes o group by 1
        union all
        select null where not exists (select from outcomes)
    ),
    counted as (
        select b.breakdown_value, s.place, s.event_name, c.actors, c.avg_seconds, c.median_seconds
          from breakdowns b
         cross join telemetry.funnel_steps(funnel.steps) s
         cross join lateral (
                select count(*) as actors, avg(t.seconds) as avg_seconds, percentile_cont(0.5) within group (order by t.seconds) as median_seconds
                  from outcomes o,
                       lateral (select extract(epoch from o.reached[s.place] - o.reached[s.place - 1])::float8 as seconds) t
                 where o.breakdown_value is not distinct from b.breakdown_value
                   and o.depth >= s.place) c
    )
    select c.breakdown_value, c.place, c.event_name, c.actors,
           c.actors::float8 / nullif(lag(c.actors) over by_value, 0),
           c.actors::float8 / nullif(first_value(c.actors) over by_value, 0),
           c.avg_seconds, c.median_seconds
      from counted c
    window by_value as (partition by c.breakdown_value order by c.place)
     order by c.breakdown_value nulls first, c.place
$$;

comment on function telemetry.funnel_steps(jsonb, text) is
'The steps of a funnel as rows: place (from 1), event name, what the payload must contain; of exclusions also after_step and before_step. An element is a name or {"event": name, "where": object}. argument_name: what errors call the list. NULL: no rows. Errors: 22023 an element that is neither.';
comment on function telemetry.check_funnel(text) is
'Refuses a funnel definition (as funnel() writes it) that cannot be answered. Errors: 22023.';
comment on function telemetry.funnel_outcome(text, timestamptz[], integer[], integer[]) is
'How far one actor gets: depth, the times of the steps reached, and which of its events (from 1) served each. definition: as funnel() writes it; times sorted; beside each a set of bits, bit n for step n + 1 or exclusion n + 1. The building block of funnel(). Errors: 22023 a definition that cannot be answered.';
comment on function telemetry.funnel_actors(jsonb, interval, timestamptz, timestamptz, text, text, text, jsonb, text, text, text, text, uuid, jsonb) is
'The actors behind funnel(), with the same arguments: each with its breakdown value, how many steps it reached and when it reached each. An actor is a (tenant, id) pair. Actors that did not enter are left out. No order. Errors: those of funnel().';
comment on function telemetry.funnel(jsonb, interval, timestamptz, timestamptz, text, text, text, jsonb, text, text, text, text, uuid, jsonb) is
'How many actors reach each step. steps: 1 to 32 names or {"event": name, "where": {...}}, an event serving one step at most; within: from the first to the last event, inclusive, default 7 days; events of [since, until) count, NULL: all time. ordering: ordered (default: at or after the step before), strict (the actor''s next event of any name), unordered (as many steps as one window holds); entry: latest (default: a later first step may replace an earlier one) or first; ties: any (default: events of one time in either order) or strict (times increase); exclude: [{"event": name, "where": {...}, "after_step": 1, "before_step": 2}], an event strictly between them voids the chain; exclusion: drop_from_here (default: the steps before count) or drop_actor; breakdown: a payload key, its value by attribution first_touch (default: of the earliest step event that has one), last_touch, "step n", or all_steps (the same value at every step), NULL its own group; actor: user (default), session or subject; filter: what a step''s payload must contain. One row per breakdown value and step; actors at least that deep; rates NULL where nobody was before; seconds from the step before, of the chain that first reaches the actor''s depth. Nobody entered: zeros. Errors: 22004 no steps, 22023 what cannot be answered.';
