-- What every KPI says of a tenant, as jsonb: by a server that names the tenant, who reads every one of them.
set role shards_auditor;
\set range '''2026-01-05'', ''2026-02-02'''
\set when 'since => ''2026-01-05'', until => ''2026-02-02'', tenant => ''@tenant'''
select jsonb_agg(to_jsonb(t)) from telemetry.event_volume(:when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.active_users(:when, grain => 'week', breakdown => 'plan') t;
select jsonb_agg(to_jsonb(t)) from telemetry.funnel(steps => '{signed_up,viewed,paid}', within => '5 days', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.funnel_trend(steps => '{signed_up,paid}', within => '5 days', grain => 'week', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.retention(start_event => 'signed_up', return_event => 'viewed', grain => 'week', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.sum_of(payload_key => 'amount', events => '{paid}', breakdown => 'plan', grain => 'week', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.percentiles(payload_key => 'amount', fractions => '{0.5,0.9}', grain => 'week', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.top_values(payload_key => 'plan', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.event_ratio(numerator => 'paid', denominator => 'viewed', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.actor_ratio(numerator => 'paid', denominator => 'viewed', grain => 'week', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.activity_heatmap(:when, tz => 'Europe/Berlin') t;
select jsonb_agg(to_jsonb(t)) from telemetry.lifecycle(:when, grain => 'week') t;
select jsonb_agg(to_jsonb(t)) from telemetry.stickiness(:when, grain => 'week') t;
select jsonb_agg(to_jsonb(t)) from telemetry.dau_mau(:when, grain => 'week', averaged_grain => 'day') t;
select jsonb_agg(to_jsonb(t)) from telemetry.paths(:when, max_steps => 3) t;
select jsonb_agg(to_jsonb(t)) from telemetry.next_events(sequence => '{signed_up}', direction => 'forward', base => 'head', :when) t;
-- In which order sessions and actors are told is not promised.
select jsonb_agg(to_jsonb(t) order by to_jsonb(t)::text) from telemetry.user_sessions(:when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.session_stats(:when, grain => 'week') t;
select jsonb_agg(to_jsonb(t)) from telemetry.time_to_first(anchor => 'signed_up', target => 'paid', grain => 'week', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.user_engagement(:when) t;
select jsonb_agg(to_jsonb(t) order by to_jsonb(t)::text) from telemetry.funnel_actors(steps => '{signed_up,paid}', within => '1 day', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.kpi('views', :when, grain => 'week') t;
select jsonb_agg(to_jsonb(t)) from telemetry.time_buckets('2026-01-05', '2026-02-02', 'week') t;
select jsonb_agg(to_jsonb(t)) from telemetry.period(since => '2026-01-05', until => '2026-02-02') t;
select telemetry.as_id('user 1', '@tenant'), telemetry.shown(0.42, 'ratio');
set timezone = 'Asia/Tokyo';
set datestyle = 'SQL, DMY';
select * from telemetry.event_volume('{paid}', '2026-01-05', '2026-01-08', tenant => '@tenant');
