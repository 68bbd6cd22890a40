-- compare_periods(): a KPI before and after a moment, and whether the difference is chance. `:both` asks rows and timeline, see
-- the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC'; set extra_float_digits = -3;
\set ON_ERROR_ROLLBACK on
begin;
select telemetry.register_event(name, '{"promoted_properties": ["plan", "amount"]}') from unnest('{seen,paid}'::text[]) name \g /dev/null
-- Ten days before and after the 11th: 20 users a day, of whom 4 pay before and 8 after.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', name, 'event_ts', day + interval '9 hours' + k * interval '1 minute', 'user_id', telemetry.as_id(n || ' ' || k),
                                                            'payload', jsonb_build_object('plan', case when k % 2 = 0 then 'pro' else 'free' end, 'amount', 10 + (n * 7 + k) % 5))))
  from generate_series(timestamptz '2020-01-01', '2020-01-20', '1 day') with ordinality d (day, n), generate_series(1, 20) k, unnest('{seen,paid}'::text[]) name
 where name = 'seen' or k <= case when n <= 10 then 4 else 8 end \g /dev/null
select telemetry.register_kpi('conversion', '{"kind": "actor_ratio", "parameters": {"numerator": "paid", "denominator": "seen"}, "unit": "ratio"}') \g /dev/null
select telemetry.register_kpi('payments', '{"kind": "event_volume", "parameters": {"events": ["paid"]}}') \g /dev/null
select telemetry.register_kpi('mean_amount', '{"kind": "avg_of", "parameters": {"payload_key": "amount", "events": ["paid"], "breakdown": "plan"}}') \g /dev/null
-- Of 200 each 40 and 80: two proportions. z is (0.4 - 0.2) / sqrt(0.3 * 0.7 * 2 / 200) = 4.36.
select * from telemetry.compare_periods('conversion', '2020-01-11', '10 days') :both
-- Payments a day are 4 and 8: ten days each, all of the one lower than all of the other.
select value_before, value_after, difference, relative_change, is_significant, p_value, test, buckets_before, buckets_after from telemetry.compare_periods('payments', '2020-01-11', '10 days') :both
-- By plan; nothing much changed.
select breakdown_value, value_before, value_after, n_before, n_after, is_significant, p_value, test from telemetry.compare_periods('mean_amount', '2020-01-11', '10 days') :both
-- The day that the moment cuts is of neither period.
select value_before, value_after, buckets_before, buckets_after, range_since, range_until from telemetry.compare_periods('payments', '2020-01-11 09:30', '5 days') :both
-- At a level of confidence that is hard to reach.
select p_value, is_significant from telemetry.compare_periods('payments', '2020-01-11', '10 days', confidence_level => 0.9999999) :both

-- A few of a few: Fisher's exact test. 4 of 10 after 2 of 10 is no sign of anything.
select telemetry.register_kpi('conversion_of_pro', '{"kind": "actor_ratio", "parameters": {"numerator": "paid", "denominator": "seen", "filter": {"plan": "pro"}}}') \g /dev/null
select value_before, value_after, n_before, n_after, p_value, test, is_significant from telemetry.compare_periods('conversion_of_pro', '2020-01-11', '1 day', tenant => '00000000-0000-0000-0000-000000000000') :both
-- Three days are too few for days to be compared, and nobody is nobody: that is said, not guessed.
select value_before, value_after, p_value, is_significant, reason from telemetry.compare_periods('payments', '2020-01-11', '3 days') :both
select value_before, value_after, n_before, p_value, reason from telemetry.compare_periods('conversion', '2020-01-01', '5 days') :both
select telemetry.register_kpi('ways', '{"kind": "paths", "parameters": {"events": ["seen", "paid"], "max_steps": 2}}') \g /dev/null
select breakdown_value, value_before, value_after, p_value, reason from telemetry.compare_periods('ways', '2020-01-11', '10 days') :both
-- Clocks change: both periods are as many local days. In New York that is a day of 23 hours.
select range_since, range_until from telemetry.compare_periods('payments', '2025-03-09 00:00-05', '2 days', tz => 'America/New_York');
-- A moment that is not long ago: as much before as there is after.
select range_until - range_since as both_together, buckets_before, buckets_after from telemetry.compare_periods('payments', date_trunc('day', now()) - interval '5 days') :both
rollback;
begin;
select telemetry.register_event('seen') \g /dev/null
select telemetry.register_kpi('views', '{"kind": "event_volume", "parameters": {"events": ["seen"]}}') \g /dev/null
\set ON_ERROR_ROLLBACK on
select * from telemetry.compare_periods(null, now());
select * from telemetry.compare_periods('views', null);
select * from telemetry.compare_periods('views', 'infinity');
select * from telemetry.compare_periods('viewers', now());
select * from telemetry.compare_periods('views', now() + interval '1 hour');
select * from telemetry.compare_periods('views', '2020-01-01', '-1 day');
select * from telemetry.compare_periods('views', '2020-01-01', confidence_level => 95);
select * from telemetry.compare_periods('views', '2020-01-01', grain => 'fortnight');
rollback;
