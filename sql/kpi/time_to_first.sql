-- The time from one event to another: to an actor's first target, and from each event to the next one. Twin:
-- src/kpi/time_to_first.rs.

create function telemetry.time_to_first(
    anchor text default null,
    target text default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    percentiles double precision[] default null,
    within interval default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (cohort timestamptz, n_anchor bigint, n_reached bigint, seconds double precision[], is_complete boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'time_to_first_wrapper';

create function telemetry.time_to_first_actors(
    anchor text default null,
    target text default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    within interval default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (
    cohort timestamptz, tenant_id uuid, actor_id uuid, anchored_at timestamptz, reached_at timestamptz,
    seconds double precision)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'time_to_first_actors_wrapper';

create function telemetry.time_between(
    first_event text default null,
    next_event text default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    percentiles double precision[] default null,
    within interval default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (bucket timestamptz, events bigint, followed bigint, seconds double precision[], is_complete boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'time_between_wrapper';

create function telemetry.time_between_actors(
    first_event text default null,
    next_event text default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    within interval default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (
    bucket timestamptz, tenant_id uuid, actor_id uuid, event_at timestamptz, next_at timestamptz,
    seconds double precision)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'time_between_actors_wrapper';

comment on function telemetry.time_to_first is
'How long actors take from their anchor to the first target behind it. anchor, target: names, NULL every event. Each actor counts once, with its first anchor in [since, until), NULL: all time; its target is the next one in order of time, then of arrival, also after until, never the anchor itself. n_anchor: actors with an anchor; n_reached: those with a target; seconds: the percentiles over these, exact (percentile_cont), NULL where nobody reached it. percentiles: 1 to 100 numbers from 0 to 1, default {0.5,0.9}; within: a target later than so long after its anchor does not count (a month is 30 days), NULL: no limit; grain: one row per minute, 5 minutes, 10 minutes, 15 minutes, hour, day, week, month, quarter or year of the anchor, or range: one row labelled since, NULL (default): one row for the whole range, its cohort NULL; tz: IANA name for the grain, default the session''s; actor: user (default), session, subject or tenant, a (tenant, id) pair; object_key: the payload key that names the subject in both events (conversationId), in place of subject_id: its value''s text, a uuid as it is, else as as_id() makes it one, events without it being about nothing; then the actor is subject; tenant: NULL every tenant that the caller may see; filter: what the payload of both events must contain. is_complete: the cohort is over, not cut by the range, and so is within for all of it; without within more may still reach the target. Errors: 22023 an unknown word or zone, since not before until, percentiles out of range, within negative, object_key with another actor than subject; 53200 more than telemetry.kpi_memory holds.';
comment on function telemetry.time_to_first_actors is
'The actors behind time_to_first(), with the same arguments but percentiles: each with its cohort, its anchor and its target, NULL where it did not reach one. No order. Errors: those of time_to_first(), 53200 a list larger than telemetry.kpi_memory.';
comment on function telemetry.time_between is
'How long it takes from each event named first_event to the actor''s next one named next_event; NULL: every event. Each first_event in [since, until), NULL: all time, counts; the next one is that in order of time, then of arrival, also after until, and may follow several first events. With the same name twice: the time from one such event to the next. events: first events, sampling not weighed; followed: those with a next one; seconds: the percentiles over these, exact (percentile_cont), NULL of none. percentiles, within, grain, tz, actor, object_key, tenant, filter, is_complete: as of time_to_first(), by the bucket of the first event; without a grain bucket is NULL. Errors: those of time_to_first().';
comment on function telemetry.time_between_actors is
'What is behind time_between(), with the same arguments but percentiles: one row per first event, with its actor, its bucket, when it was and when the next one was, NULL where there is none. No order. Errors: those of time_between(), 53200 a list larger than telemetry.kpi_memory.';
