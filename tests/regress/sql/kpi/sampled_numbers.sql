-- Sampled events count 1/sample_rate, unrounded: buckets add up to their range, and ratios are of the weighted sums. `:both`
-- asks rows and timeline, see the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
\set ON_ERROR_ROLLBACK on
begin;
set local telemetry.enforcement = 'accept';
-- One sighting an hour, kept with a probability of 0.3; every second hour one with 0.1 that failed; each has a size of 1.5.
select telemetry.register_event(name, '{"promoted_properties": ["size", "page"]}') from unnest('{seen,failed}'::text[]) name \g /dev/null
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', e.name, 'event_ts', timestamptz '2024-03-01Z' + n * interval '1 hour', 'user_id', telemetry.as_id((n % 3)::text), 'sample_rate', e.rate, 'payload', '{"size": 1.5, "page": "a"}'::jsonb)))
  from generate_series(0, 8) n, lateral (values ('seen', 0.3, true), ('failed', 0.1, n % 2 = 0)) e (name, rate, is_done) where is_done \g /dev/null
select event_name, sample_rate, count(*) from telemetry.events group by 1, 2 order by 1;

-- Nine at 0.3 are 30; one is not 3.
select bucket, events from telemetry.event_volume('{seen}', '2024-03-01', '2024-03-01 03:00', 'hour') :both
select grain, round(sum(events)::numeric, 12) as events, count(*) from unnest('{hour,day,month}'::text[]) grain, telemetry.event_volume('{seen}', '2024-03-01', '2024-03-02', grain) group by 1 order by 1 :both
select event_name, events from telemetry.event_volume(since => '2024-03-01', until => '2024-03-02', grain => 'range') :both
select event_name, events from telemetry.event_volume(since => '2024-03-01 00:30', until => '2024-03-01 02:30', grain => 'range') :both
select numerator, denominator, ratio from telemetry.event_ratio('failed', 'seen', since => '2024-03-01', until => '2024-03-01 01:00', grain => 'range') :both
select round(sum(numerator)::numeric, 12) as numerator, round(sum(denominator)::numeric, 12) as denominator from telemetry.event_ratio('failed', 'seen', since => '2024-03-01', until => '2024-03-02', grain => 'hour') :both
select numerator, denominator, ratio from telemetry.event_ratio('failed', 'seen', since => '2024-03-01', until => '2024-03-02', grain => 'range') :both
select errors, events, rate from telemetry.rate_of_errors('{failed}', null, '2024-03-01', '2024-03-01 01:00', 'hour') :both
select breakdown_value, errors, events, rate from telemetry.rate_of_errors('{failed}', null, '2024-03-01', '2024-03-01 01:00', 'hour', breakdown => 'page') :both
select errors, events, rate from telemetry.rate_of_errors('{failed}', null, '2024-03-01', '2024-03-01 01:00', 'hour', by_user => true) :both
select value, events, not_numeric from telemetry.sum_of('size', '{seen}', '2024-03-01', '2024-03-01 01:00', 'hour') :both
select value, events, not_numeric from telemetry.sum_of('page', '{seen}', '2024-03-01', '2024-03-01 01:00', 'hour') :both
select round(sum(value)::numeric, 12) as value, round(sum(events)::numeric, 12) as events from telemetry.sum_of('size', '{seen}', '2024-03-01', '2024-03-02', 'hour') :both
select value, events from telemetry.avg_of('size', since => '2024-03-01', until => '2024-03-02', grain => 'range') :both
select value, events, actors, share from telemetry.top_values('page', since => '2024-03-01', until => '2024-03-01 01:00') :both
select round(sum(events)::numeric, 12), max(events) from telemetry.activity_heatmap('{seen}', '2024-03-01', '2024-03-02') :both
select events from telemetry.user_engagement('{seen}', '2024-03-01', '2024-03-02') :both
select bucket, backlog, opened_events, closed_events from telemetry.backlog('seen', 'failed', '2024-03-01 03:00', '2024-03-01 05:00', 'hour') :both
select bucket, value from telemetry.anomalies('seen', '2024-03-01', '2024-03-01 02:00', 'hour') :both
select value from telemetry.metric_samples() where metric = 'telemetry_events' and labels ->> 'event_name' = 'seen';
rollback;
