-- Sessions of users: one by one, and summed up per calendar bucket. Twin: src/kpi/sessions.rs.

create function telemetry.user_sessions(
    since timestamptz default null,
    until timestamptz default null,
    timeout interval default null,
    by text default null,
    exclude text[] default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (
    tenant_id uuid, actor_id uuid, started_at timestamptz, ended_at timestamptz, duration_seconds double precision,
    events bigint, first_event text, last_event text)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'user_sessions_wrapper';

create function telemetry.session_stats(
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    timeout interval default null,
    by text default null,
    exclude text[] default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (
    bucket timestamptz, sessions bigint, actors bigint, avg_seconds double precision, median_seconds double precision,
    avg_events double precision, bounce_rate double precision, is_complete boolean)
language c
stable
parallel restricted
rows 1000
as 'MODULE_PATHNAME', 'session_stats_wrapper';

comment on function telemetry.user_sessions is
'The sessions that begin in [since, until), NULL: all time; each whole, with its events before midnight and after until. A new session begins where the gap between two events of an actor is longer than timeout (default 30 minutes, at most 24 hours; a gap of just this length does not split), or where it would be older than 24 hours. by: gap (default, of a (tenant, user) pair) or session_id (one session per id for 24 hours, whatever its gaps: one that lasts longer goes on as the next session with the first event behind them, the same ones whatever range is asked; actor_id is then the session_id); exclude: names of events that make no session; tenant: NULL every tenant that the caller may see; filter: what the payload of an event must contain to count. duration_seconds: from the first event to the last, 0 of one event; events: as logged, sampling is not weighed; among events of one time the one that arrived first is the first. No order. Errors: 22023 an unknown word, since not before until, a timeout by session_id or out of range; 53200 a list larger than telemetry.kpi_memory.';
comment on function telemetry.session_stats is
'What sessions are like, per calendar bucket of [since, until), NULL: all time. A session counts whole in the bucket that it begins in; the sessions themselves: user_sessions() with the same arguments. grain: minute, 5 minutes, 10 minutes, 15 minutes, hour, day (default), week, month, quarter, year, range (one bucket); timeout, by, exclude, filter: as of user_sessions(); tz: IANA name, default the session''s; week_start: monday (default) to sunday; tenant: NULL every tenant that the caller may see. actors: distinct actors with a session that begins in the bucket, by session_id distinct ids; avg_seconds, median_seconds: of their durations, exact; avg_events: events of a session; bounce_rate: the share of sessions of one event. One row per bucket, counts 0 and the rest NULL without a session; no row without any event where since is NULL. is_complete: the bucket is over, not cut by the range, and none of its sessions may still get an event. Errors: those of user_sessions(), 22023 unknown grain, zone or week_start.';
