-- Engagement: a score for each user. Twin: src/kpi/user_engagement.rs; the formula: src/kpi/user_engagement/score.rs.

create function telemetry.user_engagement(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    top_n integer default null,
    weights double precision[] default null,
    tz text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (tenant_id uuid, actor_id uuid, score double precision, active_days integer, days_since_last integer, event_names integer, events double precision)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'user_engagement_wrapper';

comment on function telemetry.user_engagement is
'The most engaged users of [since, until), NULL: all time, the highest score first, equals by tenant and id. score, 0 to 100: 100 * (w1 * active_days / days + w2 * 0.5 ^ (days_since_last / 7) + w3 * event_names / all_names + w4 * x / (x + 10)), where days are the local days of the range that have begun, days_since_last those after the user''s last active one, event_names the distinct names of the user''s events, all_names those that anybody used, x = events / active_days; weights: w1 to w4, brought to a sum of 1, default {0.4,0.3,0.2,0.1}. The formula is this extension''s own, a convention and no measurement: the columns let you make another. top_n: 1 to 1000000 users, default 100. events (the argument): names that count, NULL all; filter: what the payload must contain; tz: IANA name, default the session''s; tenant: NULL every tenant that the caller may see. events (the column): sampled ones count 1/sample_rate, to six decimals. An actor is a (tenant, user) pair; events without a user count for nobody; who had no event has no row. Errors: 22023 weights that are not four numbers, none negative, not all 0, top_n out of bounds, unknown zone, since not before until; 53200 more users than telemetry.kpi_memory holds.';
