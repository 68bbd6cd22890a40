-- Engagement: a score for each user. Twin: src/kpi/user_engagement.rs; the formula: src/kpi/user_engagement/score.rs.

create function telemetry.user_engagement(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    top_n integer default null,
    weights double precision[] default null,
    actor text default null,
    object_key text default null,
    tz text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (tenant_id uuid, actor_id uuid, score double precision, active_days integer, days_since_last integer, event_names integer, events double precision)
language c
stable
parallel restricted
rows 100
as 'MODULE_PATHNAME', 'user_engagement_wrapper';

comment on function telemetry.user_engagement is
'Who the most engaged users are, by a score from 0 to 100 of how often, how lately and how variously
they came.

Arguments
  since, until, last, actor, object_key, tz, tenant, filter: common arguments
  events   names that count; default NULL: all
  top_n    how many actors are shown, 1 to 1000000; default 100
  weights  w1 to w4 of the formula, brought to a sum of 1; default {0.4,0.3,0.2,0.1}
Columns
  tenant_id, actor_id  the actor
  score                100 * (w1 * active_days / days + w2 * 0.5 ^ (days_since_last / 7) + w3 *
                       event_names / all_names + w4 * x / (x + 10)), where days are the local days
                       of the range that have begun, all_names the names that anybody used, and x is
                       events / active_days
  active_days          local days with an event
  days_since_last      the days after the actor''s last active one
  event_names          the distinct names of the actor''s events
  events               how many events, a sampled one as 1/sample_rate, to six decimals
Errors
  22023  weights are not four numbers, none negative, not all 0; top_n is out of bounds; an unknown
         zone, word or event; since is not before until
  53200  there are more actors than telemetry.kpi_memory holds
Notes
  The formula is this extension''s own, a convention and no measurement; the columns let you make
    another one.
  The highest score comes first, equals by tenant and id. Who has no event has no row.';
