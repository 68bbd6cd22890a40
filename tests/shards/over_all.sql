-- What every KPI that has parts says of all tenants together, as jsonb: by who reads every tenant and names none.
set role shards_auditor;
\set when 'since => ''2026-01-05'', until => ''2026-02-02'''
select jsonb_agg(to_jsonb(t)) from telemetry.event_volume(:when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.event_volume(:when, breakdown => 'plan', top_n => 2, grain => 'month', tz => 'Asia/Tokyo') t;
select jsonb_agg(to_jsonb(t)) from telemetry.event_volume(last => '12 weeks', grain => 'week') t;
select jsonb_agg(to_jsonb(t)) from telemetry.active_users(:when, grain => 'week', breakdown => 'plan') t;
select jsonb_agg(to_jsonb(t)) from telemetry.dau_mau(:when, grain => 'week', averaged_grain => 'day') t;
select jsonb_agg(to_jsonb(t)) from telemetry.stickiness(:when, grain => 'week') t;
select jsonb_agg(to_jsonb(t)) from telemetry.lifecycle(:when, grain => 'week') t;
select jsonb_agg(to_jsonb(t)) from telemetry.feature_adoption(feature_event => 'paid', grain => 'week', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.activity_heatmap(:when, tz => 'Europe/Berlin') t;
select jsonb_agg(to_jsonb(t)) from telemetry.funnel(steps => '{signed_up,viewed,paid}', within => '5 days', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.funnel(steps => '{signed_up,paid}', within => '5 days', breakdown => 'plan', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.funnel_trend(steps => '{signed_up,paid}', within => '5 days', grain => 'week', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.funnel_times(steps => '{signed_up,paid}', within => '5 days', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.retention(start_event => 'signed_up', return_event => 'viewed', grain => 'week', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.event_ratio(numerator => 'paid', denominator => 'viewed', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.actor_ratio(numerator => 'paid', denominator => 'viewed', grain => 'week', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.rate_of_errors(error_events => '{paid}', all_events => '{paid,viewed}', grain => 'week', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.object_ratio(numerator => 'paid', denominator => 'viewed', object_key => 'plan', grain => 'week', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.backlog(opened => 'signed_up', closed => 'paid', grain => 'week', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.sum_of(payload_key => 'amount', events => '{paid}', breakdown => 'plan', grain => 'week', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.avg_of(payload_key => 'amount', events => '{paid}', breakdown => 'plan', grain => 'week', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.max_of(payload_key => 'amount', grain => 'week', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.min_of(payload_key => 'amount', grain => 'week', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.percentiles(payload_key => 'amount', fractions => '{0.5,0.9}', grain => 'week', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.percentiles_sketched(payload_key => 'amount', fractions => '{0.5,0.9}', grain => 'week', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.top_values(payload_key => 'plan', top_n => 2, :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.paths(:when, max_steps => 3) t;
select jsonb_agg(to_jsonb(t)) from telemetry.next_events(sequence => '{signed_up}', direction => 'forward', base => 'head', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.session_stats(:when, grain => 'week') t;
select jsonb_agg(to_jsonb(t)) from telemetry.time_to_first(anchor => 'signed_up', target => 'paid', grain => 'week', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.time_between(first_event => 'signed_up', next_event => 'paid', grain => 'week', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.experiment_results(experiment => 'button', exposure_event => 'signed_up', metric_event => 'paid', metric_kind => 'mean', value_key => 'amount', control => 'round', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.anomalies(event_name => 'viewed', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.forecast(event_name => 'viewed', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.event_volume(:when, filter => '{"plan": ["pro", "café \"x\""], "amount": {"$gt": 20.5}}') t;
-- KPIs that are registered, by their names: by their own grain, by another one, as one number, with a target that is relative to a week.
select jsonb_agg(to_jsonb(t)) from unnest('{views,buying,returning,spending,regulars}'::text[]) k, telemetry.kpi(k, :when) t;
select jsonb_agg(to_jsonb(t)) from unnest('{views,buying,returning,spending,regulars}'::text[]) k, telemetry.kpi(k, :when, grain => 'week', tz => 'Europe/Berlin') t;
select jsonb_agg(to_jsonb(t)) from unnest('{views,buying,returning,spending,regulars}'::text[]) k, telemetry.kpi(k, :when, grain => 'range') t;
select jsonb_agg(to_jsonb(t)) from unnest('{views,buying,returning,spending,regulars}'::text[]) k, telemetry.kpi(k, :when, headline => true) t;
select jsonb_agg(to_jsonb(t)) from unnest('{views,buying,returning,spending,regulars}'::text[]) k, telemetry.kpi_details(k, :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.forecast_kpi('views', :when, grain => 'day', horizon => 3) t;
-- Answers that are made of several of them.
select jsonb_agg(to_jsonb(t)) from telemetry.dashboard('numbers', :when) t;
select jsonb_agg(to_jsonb(t)) from telemetry.dashboard('numbers', :when, grain => 'week', tz => 'Europe/Berlin') t;
select jsonb_agg(to_jsonb(t)) from telemetry.dashboard('numbers', '2026-01-12', '2026-01-19', grain => 'range') t;
select jsonb_agg(to_jsonb(t)) from telemetry.kpi_status('numbers', '2026-01-12', '2026-01-19') t;
-- For how long a target is missed grows while these are asked.
select jsonb_agg(to_jsonb(t) - 'unmet_for') from telemetry.kpi_status('board', last => '12 weeks') t;
select jsonb_agg(to_jsonb(t)) from telemetry.kpi_status(null, :when) t where t.kpi <> 'engaged';
select jsonb_agg(to_jsonb(t)) from unnest('{views,buying,returning,spending,regulars}'::text[]) k, telemetry.compare_periods(k, '2026-01-15', '7 days') t;
-- Pictures of them, as text, and as documents with their headers. A page says when it was made.
select jsonb_agg(t) from telemetry.show('numbers', :when, charts => true) t;
select jsonb_agg(t) from unnest('{views,buying,returning,spending,regulars}'::text[]) k, telemetry.show(k, :when, grain => 'week', tz => 'Europe/Berlin') t;
select jsonb_build_array(regexp_replace(convert_from(telemetry.dashboard_page('numbers', :when), 'UTF8'), 'Computed in the database on [^<]*', ''), current_setting('response.headers'));
select jsonb_build_array(convert_from(telemetry.kpi_chart('views', :when, grain => 'week'), 'UTF8'), current_setting('response.headers'));
-- A session with its own clock and its own way to write times.
set timezone = 'Asia/Tokyo';
set datestyle = 'SQL, DMY';
set intervalstyle = 'sql_standard';
select * from telemetry.event_volume('{paid}', '2026-01-05', '2026-01-08');
select jsonb_agg(to_jsonb(t)) from telemetry.funnel(steps => '{signed_up,paid}', within => '36 hours', :when) t;
