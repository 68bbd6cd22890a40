-- The examples of the reference, run by make docs, which writes each with its answer into the page of its function. What
-- stands before the first one is the log that they ask about: four people at a shop in March 2025, one of whom runs into
-- errors, and a room that is booked.
set timezone = 'UTC';
set datestyle = 'iso';
set intervalstyle = 'postgres';
do $$
begin
    perform telemetry.register_event(name, '{}')
       from unnest('{signed_up,viewed,paid,failed,exposed,booked,arrived,canceled}'::text[]) name;
    perform telemetry.import_events(jsonb_agg(jsonb_build_object(
                'event_name', name, 'user_id', telemetry.as_id(who), 'session_id', telemetry.as_id(who || ' ' || left(at, 10)),
                'event_ts', at || ':00Z', 'payload', payload)))
      from (values
        ('ann', 'signed_up', '2025-03-03 09:00', '{"country": "NL"}'::jsonb),
        ('ann', 'exposed',   '2025-03-03 09:01', '{"experiment": "checkout", "variant": "short"}'),
        ('ann', 'viewed',    '2025-03-03 09:05', '{"page": "pricing", "ms": 120}'),
        ('ann', 'paid',      '2025-03-04 10:00', '{"plan": "pro", "amount": 49.90}'),
        ('ann', 'viewed',    '2025-03-11 09:30', '{"page": "docs", "ms": 80}'),
        ('bob', 'signed_up', '2025-03-03 11:00', '{"country": "DE"}'),
        ('bob', 'exposed',   '2025-03-03 11:01', '{"experiment": "checkout", "variant": "control"}'),
        ('bob', 'viewed',    '2025-03-03 11:02', '{"page": "pricing", "ms": 340}'),
        ('bob', 'failed',    '2025-03-03 11:03', '{"page": "pricing"}'),
        ('bob', 'viewed',    '2025-03-11 08:00', '{"page": "pricing", "ms": 200}'),
        ('cyd', 'signed_up', '2025-03-10 12:00', '{"country": "NL"}'),
        ('cyd', 'exposed',   '2025-03-10 12:01', '{"experiment": "checkout", "variant": "short"}'),
        ('cyd', 'viewed',    '2025-03-10 12:01', '{"page": "pricing", "ms": 150}'),
        ('cyd', 'paid',      '2025-03-10 12:30', '{"plan": "team", "amount": 99}'),
        ('dan', 'signed_up', '2025-03-12 15:00', '{"country": "NL"}'),
        ('dan', 'exposed',   '2025-03-12 15:01', '{"experiment": "checkout", "variant": "control"}'),
        ('dan', 'viewed',    '2025-03-12 15:10', '{"page": "docs", "ms": 95}'),
        ('dan', 'paid',      '2025-03-12 16:00', '{"plan": "pro", "amount": 49.90}')) v (who, name, at, payload);
    perform telemetry.import_events(jsonb_agg(jsonb_build_object(
                'event_name', name, 'subject_id', telemetry.as_id(booking), 'user_id', telemetry.as_id(who), 'event_ts', at || ':00Z')))
      from (values
        ('booking 1', 'ann', 'booked',   '2025-03-03 10:00'),
        ('booking 1', 'ann', 'arrived',  '2025-03-05 09:00'),
        ('booking 2', 'bob', 'booked',   '2025-03-04 10:00'),
        ('booking 3', 'cyd', 'booked',   '2025-03-11 10:00'),
        ('booking 3', 'cyd', 'canceled', '2025-03-11 18:00'),
        ('booking 4', 'dan', 'booked',   '2025-03-12 17:00'),
        ('booking 4', 'dan', 'arrived',  '2025-03-14 09:00')) v (booking, who, name, at);
end
$$;
do $$
begin
    perform telemetry.register_event('assignment_filled_report', '{}');
    perform telemetry.import_events(jsonb_build_array(
        jsonb_build_object('event_name', 'assignment_filled_report', 'subject_id', telemetry.as_id('b'), 'event_ts', '2025-03-04T20:00:00Z'),
        jsonb_build_object('event_name', 'assignment_filled_report', 'subject_id', telemetry.as_id('c'), 'event_ts', '2025-03-12T14:00:00Z')));
end
$$;
do $$
begin
    perform telemetry.install_pack('exam_prep');
    perform telemetry.import_events(jsonb_agg(jsonb_build_object(
                'event_name', name, 'user_id', telemetry.as_id(who), 'session_id', telemetry.as_id(who || ' exam'),
                'subject_id', telemetry.as_id('question 1'), 'event_ts', at || 'Z', 'payload', '{"position": 1}' || payload)))
      from (values
        ('ann', 'QUESTION_VIEWED', '2025-03-20 09:00:00', '{}'::jsonb),
        ('ann', 'ANSWER_SELECTED', '2025-03-20 09:00:40', '{"selected_index": 2}'),
        ('bob', 'QUESTION_VIEWED', '2025-03-20 09:00:00', '{}'),
        ('bob', 'ANSWER_SELECTED', '2025-03-20 09:01:00', '{"selected_index": 0}'),
        ('bob', 'ANSWER_CHANGED',  '2025-03-20 09:01:30', '{"from_index": 0, "to_index": 2}')) v (who, name, at, payload);
end
$$;
do $$
begin
    perform telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', name, 'event_ts', at || 'Z', 'payload', '{"correlation_id": "request 7"}' || payload)))
      from (values
        ('viewed', '2025-03-21 09:00:00',   '{"service": "web", "level": "info"}'::jsonb),
        ('viewed', '2025-03-21 09:00:00.2', '{"service": "api", "level": "info"}'),
        ('failed', '2025-03-21 09:00:02.2', '{"service": "api", "level": "error"}')) v (name, at, payload);
end
$$;
create table answer_key as select 'question 1' as id, 2 as correct_index;
create table assignments (id text, created_at timestamptz, status text);
insert into assignments values ('a', '2025-03-03 08:00Z', 'open'), ('b', '2025-03-04 08:00Z', 'filled'), ('c', '2025-03-11 08:00Z', 'filled');
create table extractions (created_at timestamptz, status text);
insert into extractions values ('2025-03-03 08:00Z', 'ok'), ('2025-03-03 09:00Z', 'failed'), ('2025-03-11 08:00Z', 'ok');
create table runs (id integer, started_at timestamptz, status text);
insert into runs values (1, '2025-03-03 08:00Z', 'ok'), (2, '2025-03-04 08:00Z', 'failed'), (3, '2025-03-11 08:00Z', 'ok');
create table progress (run_id integer, error_count integer, scanned_count integer, inserted_count integer, updated_count integer);
insert into progress values (1, 0, 100, 40, 10), (2, 5, 20, 3, 0), (3, 1, 100, 20, 30);
create table clicks (last_click_at timestamptz, clicks integer);
insert into clicks values ('2025-03-03 08:00Z', 3), ('2025-03-04 08:00Z', 1), ('2025-03-11 08:00Z', 2);
create table visits (visitor text, at timestamptz, page text);
insert into visits values ('ann', '2025-03-03 09:00Z', 'home'), ('ann', '2025-03-03 09:05Z', 'pricing'), ('ann', '2025-03-03 09:20Z', 'checkout'),
    ('bob', '2025-03-03 11:00Z', 'home'), ('bob', '2025-03-03 11:10Z', 'docs'), ('bob', '2025-03-11 08:00Z', 'pricing');
call telemetry.tick();

-- example: event_volume
select bucket, event_name, events, is_complete from telemetry.event_volume('{signed_up,paid}', since => '2025-03-03', until => '2025-03-17', grain => 'week');
select bucket, breakdown_value, events from telemetry.event_volume('{signed_up}', since => '2025-03-03', until => '2025-03-17', grain => 'week', breakdown => 'country');
-- example: event_ratio
select bucket, numerator, denominator, ratio, is_complete from telemetry.event_ratio('failed', 'viewed', since => '2025-03-03', until => '2025-03-17', grain => 'week');
-- example: activity_heatmap
select weekday, hour, events, actors
  from telemetry.activity_heatmap(since => '2025-03-03', until => '2025-03-17', events => '{paid}')
 where events > 0;
-- example: activity_heatmap_actors
select weekday, hour, actor_id from telemetry.activity_heatmap_actors(events => '{paid}', since => '2025-03-03', until => '2025-03-17') order by weekday, hour;
-- example: backlog
select * from telemetry.backlog('booked', 'arrived', since => '2025-03-03', until => '2025-03-17', grain => 'week');
-- example: queue_state
select * from telemetry.queue_state('{booked}', '{arrived,canceled}', until => '2025-03-17');
-- example: open_items
select event_name, opened_at, openings, seconds_open from telemetry.open_items('{booked}', '{arrived,canceled}', until => '2025-03-17');
-- example: active_users
select bucket, actors, is_complete from telemetry.active_users(since => '2025-03-03', until => '2025-03-17', grain => 'week');
select bucket, actors, is_complete from telemetry.active_users(since => '2025-03-10', until => '2025-03-12', rolling_days => 7);
-- example: active_users_actors
select bucket, actor_id from telemetry.active_users_actors(since => '2025-03-10', until => '2025-03-17', grain => 'week') order by actor_id;
-- example: lifecycle
select bucket, status, actors, is_complete from telemetry.lifecycle(since => '2025-03-03', until => '2025-03-17', grain => 'week');
-- example: lifecycle_actors
select bucket, status, actor_id from telemetry.lifecycle_actors(since => '2025-03-03', until => '2025-03-17', grain => 'week') where bucket > '2025-03-03' order by status desc, actor_id;
-- example: stickiness
select * from telemetry.stickiness(since => '2025-03-03', until => '2025-03-17', grain => 'week', events => '{viewed}');
-- example: stickiness_actors
select periods, actor_id from telemetry.stickiness_actors(since => '2025-03-03', until => '2025-03-17', grain => 'week', events => '{viewed}') order by periods desc, actor_id;
-- example: dau_mau
select * from telemetry.dau_mau(since => '2025-03-03', until => '2025-03-17', grain => 'week', averaged_grain => 'day');
-- example: dau_mau_actors
select bucket, actor_id, active_periods
  from telemetry.dau_mau_actors(since => '2025-03-03', until => '2025-03-17', grain => 'week', averaged_grain => 'day')
 order by bucket, actor_id;
-- example: user_engagement
select actor_id, round(score::numeric, 1) as score, active_days, days_since_last, event_names, events
  from telemetry.user_engagement(since => '2025-03-03', until => '2025-03-17', top_n => 2);
-- example: actor_ratio
select bucket, numerator, denominator, ratio, is_complete from telemetry.actor_ratio('paid', 'signed_up', since => '2025-03-03', until => '2025-03-17', grain => 'week');
-- example: actor_ratio_actors
select bucket, actor_id, is_in_numerator
  from telemetry.actor_ratio_actors('paid', 'signed_up', since => '2025-03-03', until => '2025-03-17', grain => 'week')
 order by bucket, actor_id;
-- example: feature_adoption
select * from telemetry.feature_adoption('paid', since => '2025-03-03', until => '2025-03-17', grain => 'week');
-- example: feature_adoption_actors
select bucket, actor_id, used_feature, is_new_adopter
  from telemetry.feature_adoption_actors('paid', since => '2025-03-03', until => '2025-03-17', grain => 'week')
 order by bucket, actor_id;
-- example: top_values
select * from telemetry.top_values('page', since => '2025-03-03', until => '2025-03-17', events => '{viewed}');
-- example: top_values_actors
select rank, value, actor_id from telemetry.top_values_actors('page', since => '2025-03-03', until => '2025-03-17', events => '{viewed}') order by rank, actor_id;
-- example: funnel
select step, event_name, actors, rate_from_first, avg_seconds
  from telemetry.funnel('["signed_up", "viewed", "paid"]', '7 days', since => '2025-03-03', until => '2025-03-17');
select breakdown_value, step, actors
  from telemetry.funnel('["signed_up", "viewed", "paid"]', '7 days', breakdown => 'country')
 order by breakdown_value, step;
select step, event_name, actors, entries
  from telemetry.funnel('["viewed", "viewed"]', '10 days', count => 'entries', match => '{page}');
-- example: funnel_actors
select actor_id, depth, reached[3] as paid_at
  from telemetry.funnel_actors('["signed_up", "viewed", "paid"]', '7 days')
 order by reached[1];
-- example: funnel_times
select bin, from_seconds, until_seconds, actors
  from telemetry.funnel_times('["signed_up", "viewed", "paid"]', '7 days', bins => 3);
-- example: funnel_times_actors
select actor_id, seconds from telemetry.funnel_times_actors('["signed_up", "viewed", "paid"]', '7 days') order by seconds;
-- example: funnel_trend
select bucket, step, event_name, actors, rate_from_first, is_complete
  from telemetry.funnel_trend('["signed_up", "viewed", "paid"]', '7 days', since => '2025-03-03', until => '2025-03-17', grain => 'week');
-- example: funnel_trend_actors
select bucket, actor_id, depth
  from telemetry.funnel_trend_actors('["signed_up", "viewed", "paid"]', '7 days', since => '2025-03-03', until => '2025-03-17', grain => 'week')
 order by bucket, actor_id;
-- example: retention
select * from telemetry.retention('signed_up', 'viewed', since => '2025-03-03', until => '2025-03-17', grain => 'week');
select cohort, cohort_size, period, actors
  from telemetry.retention('viewed', 'viewed', since => '2025-03-03', until => '2025-03-17', grain => 'week', match => '{page}');
-- example: retention_actors
select cohort, period, actor_id
  from telemetry.retention_actors('signed_up', 'viewed', since => '2025-03-03', until => '2025-03-17', grain => 'week')
 order by cohort, period, actor_id;
-- example: paths
select * from telemetry.paths(since => '2025-03-03', until => '2025-03-17', start_event => 'signed_up', max_steps => 3);
-- example: paths_actors
select step, source_name, target_name, actor_id, seconds
  from telemetry.paths_actors(since => '2025-03-03', until => '2025-03-17', start_event => 'signed_up', max_steps => 3)
 order by step, left_at;
-- example: next_events
select * from telemetry.next_events('{signed_up,exposed,viewed}', since => '2025-03-03', until => '2025-03-17');
-- example: next_events_actors
select event_name, actor_id, event_at
  from telemetry.next_events_actors('{signed_up,exposed,viewed}', since => '2025-03-03', until => '2025-03-17')
 order by event_at;
-- example: user_sessions
select actor_id, started_at, duration_seconds, events, first_event, last_event
  from telemetry.user_sessions(since => '2025-03-03', until => '2025-03-04')
 order by started_at;
-- example: session_stats
select bucket, sessions, actors, avg_seconds, median_seconds, avg_events, bounce_rate from telemetry.session_stats(since => '2025-03-03', until => '2025-03-17', grain => 'week');
-- example: time_to_first
select * from telemetry.time_to_first('signed_up', 'paid', since => '2025-03-03', until => '2025-03-17', percentiles => '{0.5}');
-- example: time_to_first_actors
select actor_id, anchored_at, seconds from telemetry.time_to_first_actors('signed_up', 'paid', since => '2025-03-03', until => '2025-03-17') order by anchored_at;
-- example: time_between
select * from telemetry.time_between('viewed', 'viewed', since => '2025-03-03', until => '2025-03-17', percentiles => '{0.5}');
select * from telemetry.time_between('viewed', 'viewed', since => '2025-03-03', until => '2025-03-17', percentiles => '{0.5}', match => '{page}');
-- example: time_between_actors
select actor_id, event_at, seconds from telemetry.time_between_actors('viewed', 'viewed', since => '2025-03-03', until => '2025-03-17') where next_at is not null order by event_at;
-- example: session_timeline
select place, event_ts, event_name, seconds_from_previous
  from telemetry.session_timeline(telemetry.as_id('bob 2025-03-03'));
-- example: request_timeline
select place, event_name, service, level, seconds_from_start, seconds_from_previous from telemetry.request_timeline('request 7');
-- example: percentiles
select * from telemetry.percentiles('ms', '{0.5,0.95}', since => '2025-03-03', until => '2025-03-17', grain => 'week');
-- example: percentiles_sketched
select fraction, round(value) as value
  from telemetry.percentiles_sketched('ms', '{0.5,0.95}', since => '2025-03-03', until => '2025-03-17', grain => 'range');
-- example: sum_of
select * from telemetry.sum_of('amount', since => '2025-03-03', until => '2025-03-17', grain => 'week');
select breakdown_value, value, events
  from telemetry.sum_of('amount', since => '2025-03-03', until => '2025-03-17', grain => 'range', breakdown => 'plan');
-- example: avg_of
select bucket, value, events from telemetry.avg_of('ms', since => '2025-03-03', until => '2025-03-17', grain => 'week');
-- example: max_of
select breakdown_value, value, events
  from telemetry.max_of('ms', since => '2025-03-03', until => '2025-03-17', grain => 'range', breakdown => 'page');
-- example: min_of
select bucket, value, events from telemetry.min_of('ms', since => '2025-03-03', until => '2025-03-17', grain => 'week');
-- example: rate_of_errors
select bucket, breakdown_value, errors, events, rate
  from telemetry.rate_of_errors('{failed}', '{failed,viewed}', since => '2025-03-03', until => '2025-03-17', grain => 'week', breakdown => 'page')
 order by bucket, breakdown_value;
-- example: object_ratio
select bucket, in_numerator, in_denominator, ratio, is_complete
  from telemetry.object_ratio('arrived', 'booked', since => '2025-03-03', until => '2025-03-17', grain => 'week', within => '7 days', exclude_event => 'canceled');
-- example: object_ratio_objects
select bucket, subject_id, is_in_numerator
  from telemetry.object_ratio_objects('arrived', 'booked', since => '2025-03-03', until => '2025-03-17', grain => 'week', within => '7 days', exclude_event => 'canceled')
 order by bucket, is_in_numerator;
-- example: item_statistics
select sessions, answered, changes, median_seconds, difficulty from telemetry.item_statistics('public.answer_key');
-- example: student_report
select answered, changes, median_seconds, scored, score, predicted_score
  from telemetry.student_report(telemetry.as_id('bob'), 'public.answer_key');
select scored, score, predicted_score, predicted_low, predicted_high
  from telemetry.student_report(telemetry.as_id('bob'), 'public.answer_key', fewest_answers => 1, questions => 10);
-- example: assign_variant
select name, telemetry.assign_variant('checkout', telemetry.as_id(name), '{control,short}') from unnest('{ann,bob,cyd,dan}'::text[]) name;
-- example: experiment_sample_size
select * from telemetry.experiment_sample_size(baseline => 0.2, minimum_effect => 0.1);
-- example: experiment_power
select round(power::numeric, 3) as power, difference
  from telemetry.experiment_power(baseline => 0.2, minimum_effect => 0.1, control_actors => 3000, treatment_actors => 3000);
-- example: experiment_results
select variant, actors, mean, relative_difference, interval_low, interval_high, p_value
  from telemetry.experiment_results('checkout', 'viewed', 'mean', exposure_event => 'exposed', since => '2025-03-03', until => '2025-03-17');
-- example: experiment_actors
select variant, actor_id, exposed_at, value
  from telemetry.experiment_actors('checkout', 'viewed', 'mean', exposure_event => 'exposed', since => '2025-03-03', until => '2025-03-17')
 order by exposed_at;
-- example: anomalies
select bucket, value, expected, round(score::numeric, 1) as score, is_anomaly
  from telemetry.anomalies('viewed', since => '2025-03-03', until => '2025-03-13', seasonality => 'none', threshold => 2.5);
-- example: anomalies_of
select bucket, value, expected, is_anomaly
  from telemetry.anomalies_of(
           array(select generate_series('2025-03-03'::timestamptz, '2025-03-07', '1 day')), '{70,71,70,95,71}', seasonality => 'none');
-- example: forecast
select bucket, round(expected::numeric, 2) as expected, round(lower::numeric, 2) as lower, round(upper::numeric, 2) as upper
  from telemetry.forecast('viewed', since => '2025-03-03', until => '2025-03-13', seasonality => 'none', horizon => 2);
-- example: forecast_of
select bucket, round(expected::numeric, 1) as expected, reaches_at
  from telemetry.forecast_of(
           array(select generate_series('2025-03-03'::timestamptz, '2025-03-07', '1 day')), '{70,72,73,76,78}', seasonality => 'none', horizon => 2, target => 90);
-- example: register_kpi
select telemetry.register_kpi('weekly_signups', '{
    "kind": "event_volume", "parameters": {"events": ["signed_up"], "grain": "week"}, "unit": "people", "target": 2}');
-- example: kpi
select bucket, value, unit, target, is_met from telemetry.kpi('weekly_signups', since => '2025-03-03', until => '2025-03-17');
-- example: kpi_details
select telemetry.register_kpi('way_to_pay', '{"kind": "funnel", "parameters": {"steps": ["signed_up", "paid"], "within": "7 days"}}');
select breakdown_value, value, n, details ->> 'actors' as actors, details ->> 'median_seconds' as median_seconds
  from telemetry.kpi_details('way_to_pay', since => '2025-03-03');
-- example: forecast_kpi
select telemetry.register_kpi('views', '{"kind": "event_volume", "parameters": {"events": ["viewed"]}}');
select bucket, round(expected::numeric, 2) as expected, round(lower::numeric, 2) as lower, round(upper::numeric, 2) as upper, reaches_at, reaches_earliest
  from telemetry.forecast_kpi('views', since => '2025-03-03', until => '2025-03-13', seasonality => 'none', horizon => 2, reaches => 5);
-- example: compare_periods
select value_before, value_after, difference, p_value, test, reason from telemetry.compare_periods('views', at => '2025-03-10', width => '7 days');
-- example: register_alert
select telemetry.register_alert('nobody_came', '{"kpi": "views", "within": "2 days", "fires": "below", "threshold": 1, "every": "1 hour", "severity": "sev1"}');
-- example: backtest_alert
select at, status, value, range_since, cause
  from telemetry.backtest_alert('{"kpi": "views", "within": "2 days", "fires": "below", "threshold": 1, "every": "1 hour"}', '2025-03-03 12:00', '2025-03-13');
-- example: evaluate_alerts
select telemetry.evaluate_alerts() >= 0 as is_done;
-- example: alert_value
select at, value, n, fires, threshold, range_since from telemetry.alert_value('nobody_came', as_of => '2025-03-09 06:30');
-- example: alert_status
select name, severity, status, value, threshold from telemetry.alert_status() where name = 'nobody_came';
-- example: alert_history
select at, name, from_status, to_status, value, cause from telemetry.alert_history(since => '2025-03-03', until => '2025-03-17');
-- example: notification_history
select at, destination_name, kind, title from telemetry.notification_history(last => '7 days');
-- example: silence_alert
select telemetry.silence_alert('nobody_came', now() + interval '2 hours', reason => 'the shop is being rebuilt') is not null as is_silent;
-- example: drop_alert
select telemetry.drop_alert('nobody_came');
-- example: ingestion_alerts
select alert, value, threshold, is_firing, n from telemetry.ingestion_alerts(since => '2025-03-03', until => '2025-03-04');
-- example: kpi_kinds
select kind, bucket_column, breakdown_columns, value_columns from telemetry.kpi_kinds() limit 3;
-- example: register_dashboard
select telemetry.register_dashboard('growth', '{weekly_signups}');
-- example: dashboard
select kpi, bucket, value, previous_value, is_met from telemetry.dashboard('growth', since => '2025-03-03', until => '2025-03-17');
-- example: grafana_dashboard
select panel ->> 'title' as title, panel ->> 'type' as type from jsonb_array_elements(telemetry.grafana_dashboard('growth') -> 'panels') panel;
-- example: show
select telemetry.show('growth', since => '2025-03-03', until => '2025-03-17', width => 80);
select telemetry.show('weekly_signups', since => '2025-03-03', until => '2025-03-17', width => 80);
-- example: dashboard_page
select substr(convert_from(telemetry.dashboard_page('growth', since => '2025-03-03', until => '2025-03-17'), 'UTF8'), 1, 31) as page;
-- example: kpi_chart
select substr(convert_from(telemetry.kpi_chart('weekly_signups', since => '2025-03-03', until => '2025-03-17'), 'UTF8'), 1, 38) as chart;
-- example: user_data
select line::json ->> 'line' as line, line::json ->> 'event_name' as event_name, line::json ->> 'payload' as payload
  from string_to_table(rtrim(convert_from(telemetry.user_data(telemetry.as_id('ann')), 'UTF8'), E'\n'), E'\n') line limit 4;
-- example: tenant_data
select line::json ->> 'events' as events, line::json -> 'next' ->> 'after_id' is not null as has_more
  from string_to_table(rtrim(convert_from(telemetry.tenant_data('00000000-0000-0000-0000-000000000000', most => 10), 'UTF8'), E'\n'), E'\n') line
 where line like '{"line":"end"%';
-- example: import_export
select * from telemetry.import_export('old_shop', 1, '{"event_ts": "2025-01-01T10:00:00Z", "event_id": "00000000-0000-4000-8000-000000000001", "tenant_id": "00000000-0000-0000-0000-000000000000", "event_name": "viewed", "payload": {"page": "/old"}}');
select * from telemetry.import_export('old_shop', 1, '{"event_ts": "2025-01-01T10:00:00Z", "event_id": "00000000-0000-4000-8000-000000000001", "tenant_id": "00000000-0000-0000-0000-000000000000", "event_name": "viewed", "payload": {"page": "/old"}}');
-- example: import_table
create table public.old_events (id bigint primary key, kind text, customer text, happened timestamptz, page text);
insert into public.old_events values (1, 'VIEW', 'eve', '2025-02-01 10:00Z', 'pricing'), (2, 'VIEW', 'eve', '2025-02-01 10:05Z', 'docs'), (3, 'BOUGHT', 'eve', '2025-02-01 10:09Z', null);
call telemetry.import_table('public.old_events', '{"event_name": {"column": "kind", "names": {"VIEW": "viewed"}}, "event_ts": "happened", "user_id": "customer", "payload": ["page"]}');
select reason, message from telemetry.rejections where event ->> 'imported_from' = 'public.old_events';
-- example: import_progress
select relation_name, share_read, rows_read, stored, known, rejected, reasons from telemetry.import_progress();
-- example: import_table_part
select * from telemetry.import_table_part('public.old_events', '{"event_name": {"column": "kind", "names": {"VIEW": "viewed", "BOUGHT": "paid"}}, "event_ts": "happened", "user_id": "customer", "payload": ["page"]}');
-- example: track_table
create table public.plans (customer text primary key, plan text, amount numeric);
select telemetry.track_table('public.plans', 'paid', "on" => '{insert,update}', "when" => 'new.plan is distinct from old.plan', payload => '["plan", "amount"]', user_id => 'customer');
insert into public.plans values ('fay', 'pro', 49.90);
update public.plans set amount = 59.90;
update public.plans set plan = 'team', amount = 99;
select event_name, user_id = telemetry.as_id('fay') as is_fay, payload from telemetry.events order by ingest_id desc limit 2;
-- example: tracked_tables
select relation, event_name, operations, condition, payload, problem from telemetry.tracked_tables();
-- example: untrack_table
select telemetry.untrack_table('public.plans');
-- example: register_cohort
select telemetry.register_cohort('buyers', '{"events": ["paid"], "at_least": 1}');
select bucket, actors, is_complete from telemetry.active_users(since => '2025-03-03', until => '2025-03-17', grain => 'week', filter => '{"$cohort": "buyers"}');
-- example: cohort_actors
select actor_id from telemetry.cohort_actors('buyers');
-- example: market_supply
select * from telemetry.market_supply('public.assignments', since => '2025-03-03', until => '2025-03-17', grain => 'week');
-- example: time_to_fill
select * from telemetry.time_to_fill('public.assignments', since => '2025-03-03', until => '2025-03-17');
-- example: extraction_outcomes
select * from telemetry.extraction_outcomes('public.extractions', since => '2025-03-03', until => '2025-03-17', grain => 'week');
-- example: ingestion_run_errors
select bucket, runs, bad_run_rate, errors, scanned, error_rate
  from telemetry.ingestion_run_errors('public.runs', 'public.progress', since => '2025-03-03', until => '2025-03-17', grain => 'week');
-- example: click_through
select * from telemetry.click_through('public.clicks', since => '2025-03-03', until => '2025-03-17', grain => 'week');
-- example: help
select telemetry.help('as_id');
-- example: explain_kpi
select * from telemetry.explain_kpi('event_volume', '{"since": "2025-03-03", "until": "2025-03-17"}');
-- example: kpi_parts
select octet_length(telemetry.kpi_parts('event_volume', '{"grain": "week", "since": "2025-03-03", "until": "2025-03-17"}')) > 0 as has_bytes;
-- example: kpi_of_parts
select telemetry.kpi_of_parts('funnel', '{"steps": ["signed_up", "paid"]}', array[telemetry.kpi_parts('funnel', '{"steps": ["signed_up", "paid"]}')]);
-- example: payload_keys
select * from telemetry.payload_keys('{"plan": "pro", "experiment": {"name": "checkout"}, "tags": ["new"]}');
-- example: shown
select telemetry.shown(0.42063492063, 'ratio') as rate, telemetry.shown(83275.99, 'seconds') as duration, telemetry.shown(1234567, 'events') as count;
-- example: register_actor_names
create table public.people (id uuid primary key, name text);
insert into public.people values (telemetry.as_id('ann'), 'Ann Bee'), (telemetry.as_id('bob'), 'Bob Cee');
select telemetry.register_actor_names('public.people', 'id', 'name');
-- example: actor_name
select telemetry.actor_name(actor_id), events from telemetry.user_engagement(until => '2025-03-17', top_n => 3);
-- example: actor_names
select actor_name from telemetry.actor_names(array(select actor_id from telemetry.funnel_actors('{signed_up,paid}')));
-- example: time_buckets
select * from telemetry.time_buckets(since => '2025-03-03', until => '2025-03-06', tz => 'Europe/Berlin');
-- example: window_funnel
select visitor, telemetry.window_funnel('1 hour', at, page = 'home', page = 'pricing', page = 'checkout') as depth from visits group by 1 order by 1;
-- example: sequence_match
select visitor, telemetry.sequence_match('(?1).*(?2)', at, page = 'home', page = 'pricing') as came_to_pricing from visits group by 1 order by 1;
-- example: sequence_count
select visitor, telemetry.sequence_count('(?1)(?2)', at, page = 'home', page <> 'home') as left_home from visits group by 1 order by 1;
-- example: sequence_state
with daily as (select visitor, telemetry.sequence_state(at, page = 'home', page = 'pricing') as state from visits group by visitor, at::date)
select visitor, telemetry.sequence_match_of(telemetry.merge_states(state), '(?1).*(?2)') as came_to_pricing from daily group by 1 order by 1;
-- example: sequence_next_node
select visitor, telemetry.sequence_next_node('forward', 'first_match', at, page, page = 'home', page = 'home') as behind_home from visits group by 1 order by 1;
-- example: retention_flags
select visitor, telemetry.retention_flags(at::date = '2025-03-03', at::date = '2025-03-11') from visits group by 1 order by 1;
-- example: uniq
select telemetry.uniq(page), telemetry.uniq_exact(page) from visits;
-- example: uniq_state
with daily as (select at::date as day, telemetry.uniq_state(visitor) as state from visits group by 1)
select telemetry.uniq_of(telemetry.merge_states(state)) as visitors from daily;
-- example: log_event
select telemetry.log_event('viewed', user_id => telemetry.as_id('eve'), payload => '{"page": "pricing"}') is not null as is_logged;
-- example: try_log_event
select telemetry.try_log_event('viewed', payload => '[]') is null as is_refused;
-- example: log_events
select * from telemetry.log_events('[{"event_name": "viewed", "payload": {"page": "docs"}}, {"event_name": "viewed"}]');
-- example: import_events
select telemetry.import_events('[{"event_name": "viewed", "event_ts": "2024-12-31T23:59:00Z"}]');
-- example: as_id
select telemetry.as_id('customer 42');
-- example: register_event
select telemetry.register_event('refunded', '{"description": "Money went back.", "required_keys": ["amount"], "properties": {"amount": {"type": "number"}}}');
-- example: event_catalog
select event_name, event_version, required_keys from telemetry.event_catalog() where event_name = 'refunded';
-- example: client_types
select regexp_split_to_table(substring(telemetry.client_types('typescript') from '    /\*\* Money went back.*?};'), '\n') as line;
-- example: routing_script
select telemetry.routing_script() like '%create function telemetry."funnel"(%' as has_funnel;
-- example: placed_tenants
select count(*) as tenants from telemetry.placed_tenants();
-- example: registry_digest
select length(telemetry.registry_digest());
-- example: pack_catalog
select * from telemetry.pack_catalog();
-- example: install_pack
select telemetry.install_pack('learning');
-- example: register_retention_class
select telemetry.register_retention_class('application_log', '30 days', 'Requests and jobs.');
-- example: expiry_report
select telemetry.update_event('viewed', '{"retention_class": "application_log"}');
select retention_class, partition, events, due_events, held_by from telemetry.expiry_report('2025-04-11Z');
-- example: redact
select * from telemetry.redact('{"to": "joe@example.org", "plan": "pro"}');
-- example: register_export
select telemetry.register_export('warehouse', '{"format": "parquet", "events": ["paid"], "partition_by": "day"}');
-- example: claim_export
select number, rows, format, schema_version, partition_by from telemetry.claim_export('warehouse', 'host 1 4711 2025-03-12');
-- example: export_rows
select event_name, event_ts, payload from telemetry.export_rows('warehouse', 1, most => 2);
-- example: export_status
select name, format, number, is_out, files from telemetry.export_status();
-- example: register_destination
select telemetry.register_destination('crm', '{"kind": "webhook", "url": "https://example.com/hooks/telemetry", "secret_name": "crm", "events": ["paid"], "from": "begin"}');
-- example: claim_deliveries
select ticket, delivery_id like 'evt\_%' as is_an_event, destination, kind, secret_name, attempt, body::jsonb #> '{data,payload}' as payload from telemetry.claim_deliveries('host 1 4711 2025-03-12', 2);
-- example: settle_delivery
select telemetry.settle_delivery('crm:0:4:1', 'host 1 4711 2025-03-12', 200);
-- example: destination_status
select name, kind, status, waiting, dead_letters from telemetry.destination_status();
-- example: enqueue
select telemetry.enqueue('crm', '{"contact": 17}', idempotency_key => 'contact 17, version 3') like 'msg\_%' as is_queued;
-- example: correlation_of
select telemetry.correlation_of('{"correlation_id": "request 7", "service": "api"}');
-- example: prometheus_rules
select line from regexp_split_to_table(convert_from(telemetry.prometheus_rules(), 'UTF8'), '\n') line limit 9;
-- example: health_summary
select healthy, errors, warnings from telemetry.health_summary();
-- example: health
select check_name, severity from telemetry.health() limit 3;
-- example: erase_user
select kind, events, counts from telemetry.erase_user(telemetry.as_id('dan'), reason => 'request 4711');
-- example: anonymize_user
select kind, events, details from telemetry.anonymize_user(telemetry.as_id('cyd'), keep_keys => '{plan}');
-- example: was_erased
select telemetry.was_erased(telemetry.as_id('dan'));
-- example: erase_tenant
select kind, events from telemetry.erase_tenant('00000000-0000-4000-8000-00000000000a', 'contract ended');
-- example: erase_events
select kind, events from telemetry.erase_events(array(select event_id from telemetry.events where event_name = 'failed'));
-- example: scrub_payload
select kind, events, details from telemetry.scrub_payload('{viewed}', '{ms}');
-- example: hold_events
select kind, details from telemetry.hold_events('case_4711', user_id => telemetry.as_id('ann'), reason => 'a dispute');
-- example: release_hold
select kind, reason from telemetry.release_hold('case_4711', 'settled');
-- example: erasure_receipts
select r ->> 'kind' as kind, r -> 'events' as events from telemetry.erasure_receipts() r;
-- example: reapply_erasures
select kind, outcome, events from telemetry.reapply_erasures((select jsonb_agg(r) from telemetry.erasure_receipts() r));
