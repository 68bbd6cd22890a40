-- Retention: who came back, by cohort. Twin: src/kpi/retention.rs.

create function telemetry.retention(
    start_event text default null,
    return_event text default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    periods integer default null,
    kind text default null,
    mode text default null,
    rolling boolean default null,
    min_occurrences integer default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (cohort timestamptz, cohort_size bigint, period integer, actors bigint, rate double precision, is_complete boolean)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'retention_wrapper';

create function telemetry.retention_actors(
    start_event text default null,
    return_event text default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    periods integer default null,
    kind text default null,
    mode text default null,
    rolling boolean default null,
    min_occurrences integer default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (cohort timestamptz, period integer, tenant_id uuid, actor_id uuid)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'retention_actors_wrapper';

comment on function telemetry.retention is
'Who came back. A row per cohort (a calendar period of [since, until), NULL: all time) and period from 0 to the end of the range: how many actors of the cohort had a return_event then; period 0 is the cohort itself. start_event, return_event: names, NULL every event. grain: minute, 5 minutes, 10 minutes, 15 minutes, hour, day (default), week, month, quarter, year, range (one bucket); periods: the last period shown, NULL all; kind: recurring (default: in the cohort of every period with a start event), first_time (of the first start event over all history), first_ever (of the first event of that name, which must itself pass the filter); mode: on (default: in that period), on_or_after (in it or later, inside the range), "brackets 1,2,4" (periods 1, 2-3, 4-7 taken together); rolling: windows of 1 hour, 24 hours, 7 or 30 days from the actor''s first start in the period, instead of calendar periods; min_occurrences: return events that a period must have, default 1; week_start: monday (default) to sunday; tz: IANA name, default the session''s; tenant: NULL every tenant that the caller may see; filter: what the payload of both events must contain; actor: who is counted instead of users: session, subject or tenant, read from rows; object_key: the payload key that names the subject, in place of subject_id, see time_to_first(). actors, rate: NULL where the period has not begun, rate also in an empty cohort. is_complete: cohort and period are over and inside the range. An actor is a (tenant, user) pair. Without any event and since NULL no row. Errors: 22023 an unknown word, since not before until; 53200 more cells than telemetry.kpi_memory holds.';
comment on function telemetry.retention_actors is
'The actors behind retention(), with the same arguments: one row per cohort, period and actor that was counted there. No order. Errors: those of retention(), 53200 a list larger than telemetry.kpi_memory.';
