-- Sessions of users: one by one, and summed up per calendar bucket. Twin: src/kpi/sessions.rs.

create function telemetry.user_sessions(
    since timestamptz default null,
    until timestamptz default null,
    timeout interval default null,
    by text default null,
    exclude text[] default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
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
    breakdown text default null,
    top_n integer default null,
    timeout interval default null,
    by text default null,
    exclude text[] default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (
    bucket timestamptz, breakdown_value text, sessions bigint, actors bigint, avg_seconds double precision,
    median_seconds double precision, avg_events double precision, bounce_rate double precision, is_complete boolean, is_other boolean)
language c
stable
parallel restricted
rows 1000
as 'MODULE_PATHNAME', 'session_stats_wrapper';

comment on function telemetry.user_sessions is
'Which sessions users have: one row per session that begins in the range, whole, with its events
after midnight and after until.

Arguments
  since, until  sessions that begin at or after since and before until; default NULL: all
  last: common arguments
  timeout       a longer gap between two events of an actor begins a new session, a gap of just this
                length does not; at most 24 hours; default 30 minutes
  by            gap (default): sessions of a user by gaps; session_id: one session per session_id,
                whatever its gaps
  exclude       names of events that make no session; default NULL: none
  tenant, filter: common arguments
Columns
  tenant_id, actor_id      the user of a tenant; by session_id actor_id is the session_id
  started_at, ended_at     its first and its last event
  duration_seconds         from the first event to the last, 0 of one event
  events                   how many events, as logged; sampling is not weighed
  first_event, last_event  their names; among events of one time the one that arrived first is the
                           first
Errors
  22023  an unknown word or event; since is not before until; a timeout by session_id, or one that
         is out of range
  53200  the list is larger than telemetry.kpi_memory
Notes
  No session is older than 24 hours. One that lasts longer goes on as the next session with the
    first event behind them; these are the same ones whatever range is asked.
  Sessions are of users: at a tenant or a subject several people are busy at once, and a gap between
    their events would be nobody''s.
  The rows have no order.';
comment on function telemetry.session_stats is
'What sessions are like: how many there are, how long they last and how many bounce, per day or
other calendar bucket. A session counts whole in the bucket that it begins in.

Arguments
  since, until, last, grain, breakdown, top_n, tz, week_start, tenant: common arguments
  the arguments of user_sessions()
Columns
  bucket                       the start of the bucket
  breakdown_value              the value of breakdown of the session''s first event that has one;
                               NULL without breakdown, and of sessions without one
  sessions                     how many sessions begin in it
  actors                       how many distinct actors they have; by session_id how many distinct
                               ids
  avg_seconds, median_seconds  of their durations, exact
  avg_events                   events of a session
  bounce_rate                  the share of sessions of one event
  is_complete                  whether the bucket is over and not cut by since or until, and none of
                               its sessions may still get an event
  is_other                     whether the row is $other, all values that are not shown apart; a
                               value of the log that is spelled $other is not
Errors
  the errors of user_sessions()
  22023  an unknown grain, zone or week_start; a breakdown that is no key; top_n is out of range or
         without breakdown
Notes
  The values that are shown apart have the most sessions.
  There is one row per bucket and breakdown value; without a session counts are 0 and the rest is
    NULL. There is none where since is NULL and there is no event. The sessions themselves are those
    of user_sessions().';
