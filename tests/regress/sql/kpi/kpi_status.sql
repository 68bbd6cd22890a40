-- One number for a period from every KPI, with what it is of; and how all of them stand.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
begin;
set local time zone 'UTC';
select telemetry.register_event(name) from unnest('{viewed,bought,refunded}'::text[]) name;
-- Four weeks: ten views a day; of the weeks' views one, two, three and four in ten are bought.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'viewed', 'event_ts', timestamptz '2026-02-02Z' + n / 10 * interval '1 day' + n % 10 * interval '1 hour', 'user_id', telemetry.as_id((n % 25)::text), 'payload', jsonb_build_object('page', n % 2))))
  from generate_series(0, 279) n \g /dev/null
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'bought', 'event_ts', timestamptz '2026-02-02Z' + n / 10 * interval '1 day' + n % 10 * interval '1 hour' + interval '5 minutes', 'user_id', telemetry.as_id((n % 25)::text), 'payload', jsonb_build_object('amount', n))))
  from generate_series(0, 279) n where n % 10 <= n / 70 \g /dev/null

select telemetry.register_kpi('buying', '{"kind": "event_ratio", "parameters": {"numerator": "bought", "denominator": "viewed", "grain": "week"}, "unit": "ratio", "target": 0.3}') as is_new;
select telemetry.register_kpi('visitors', '{"kind": "active_users", "parameters": {"grain": "week"}, "unit": "actors", "target": 30}') as is_new;
select telemetry.register_kpi('coming_back', '{"kind": "retention", "parameters": {"start_event": "viewed", "grain": "week", "periods": 2}, "unit": "ratio"}') as is_new;
select telemetry.register_kpi('way', '{"kind": "funnel", "parameters": {"steps": ["viewed", "bought"], "within": "1 day"}, "unit": "ratio"}') as is_new;
select telemetry.register_kpi('what', '{"kind": "event_volume", "parameters": {"events": ["viewed", "bought"]}, "unit": "events", "target": 200, "target_is": "at_most"}') as is_new;
select telemetry.register_kpi('amounts', '{"kind": "percentiles", "parameters": {"payload_key": "amount", "fractions": [0.5, 0.9]}}') as is_new;
select telemetry.register_kpi('unusual', '{"kind": "anomalies", "parameters": {"event_name": "viewed"}}') as is_new;
select telemetry.register_kpi('phases', '{"kind": "lifecycle", "parameters": {"grain": "week"}}') as is_new;
select telemetry.register_kpi('nowhere', '{"kind": "market_supply", "parameters": {"table_name": "no.such_table"}}') as is_new;
select telemetry.register_dashboard('shop', '{buying,visitors,coming_back,way,what,amounts,unusual,phases,nowhere}') as is_new;

-- A grain of the definition is its default: the same KPI by day, by its week, and as one number. n says of how many.
select bucket, value, n, is_met from telemetry.kpi('buying', '2026-02-02', '2026-03-02') :both
select bucket, value, n from telemetry.kpi('buying', '2026-02-02', '2026-02-04', 'day') :both
select bucket, value, n from telemetry.kpi('buying', '2026-02-02', '2026-03-02', 'range') :both
-- Distinct users are those of the whole range; retention is the mean of the cohorts, each as heavy as it is large.
select bucket, value, n from telemetry.kpi('visitors', '2026-02-02', '2026-03-02', 'range') :both
select bucket, breakdown_value, round(value::numeric, 4) as value, n from telemetry.kpi('coming_back', '2026-02-02', '2026-03-02', 'range') :both
select k.breakdown_value, k.value = r.rate as is_mean from telemetry.kpi('coming_back', '2026-02-02', '2026-03-02', 'range') k
  join (select period::text, sum(actors) filter (where is_complete) / sum(cohort_size) filter (where is_complete)::double precision as rate from telemetry.retention('viewed', since => '2026-02-02', until => '2026-03-02', grain => 'week', periods => 2) group by 1) r on r.period = k.breakdown_value order by 1;
select breakdown_value, value, n from telemetry.kpi('phases', '2026-02-09', '2026-02-16', 'range') order by 1 :both
select breakdown_value, value, n from telemetry.kpi('way', '2026-02-02', '2026-03-02', 'range') order by 1 :both
-- A share is of all whom it is a share of: 25 users.
select telemetry.register_kpi('loyalty', '{"kind": "stickiness", "value_column": "rate", "parameters": {"grain": "week"}}') as is_new;
select breakdown_value, value, n from telemetry.kpi('loyalty', '2026-02-02', '2026-03-02') :both
select bucket, n from telemetry.kpi('unusual', '2026-02-02', '2026-03-02', 'range');
select breakdown_value, value, n from telemetry.kpi('amounts', '2026-02-02', '2026-03-02', 'range');
-- Every KPI of every pack has one number, or rows of one range.
select count(telemetry.install_pack(p)) as packs from unnest('{tutoring,coaching,exam_prep,support_chat,learning}'::text[]) p;
select k.pack, k.name, count(distinct r.bucket) from telemetry.kpis k, lateral telemetry.kpi(k.name, '2026-02-02', '2026-03-02', 'range') r
 where k.name <> 'nowhere' and k.kind not in ('market_supply', 'time_to_fill', 'extraction_outcomes', 'ingestion_run_errors', 'click_through', 'experiment_results') group by 1, 2 having count(distinct r.bucket) > 1;

-- How they stand. 'buying' was met in its last two weeks, the last of them ends with February.
select kpi, breakdown_value, round(value::numeric, 3) as value, round(previous_value::numeric, 3) as previous, round(change::numeric, 2) as change, n, target, is_met, is_complete, left(error, 60) as error
  from telemetry.kpi_status('shop', '2026-02-16', '2026-03-02');
select kpi, value, previous_value, n, is_met from telemetry.kpi_status('shop', until => '2026-03-02', last => '1 week') where kpi in ('buying', 'visitors', 'what');
-- How long a target is missed: by weeks in which it was met, of the period and as many as twelve before it.
select telemetry.register_kpi('buying', '{"target": 0.4}') as is_new;
select kpi, is_met, unmet_for from telemetry.kpi_status('shop', '2026-02-16', '2026-03-09') where kpi in ('buying', 'visitors', 'what');
-- A period that is not over is compared with as much of the one before.
select telemetry.log_event('refunded') \g /dev/null
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'refunded', 'event_ts', date_trunc('day', now()) - interval '1 day' + n * (now() - date_trunc('day', now())) * 0.9))) from generate_series(1, 1) n \g /dev/null
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'refunded', 'event_ts', date_trunc('day', now()) - interval '1 microsecond'))) \g /dev/null
select telemetry.register_kpi('refunds', '{"kind": "event_volume", "parameters": {"events": ["refunded"]}}') as is_new;
select value, previous_value, is_complete from telemetry.kpi_status(last => '1 day') where kpi = 'refunds';
-- Without a period it is the last 30 days, for a dashboard too.
select value from telemetry.kpi_status() where kpi = 'refunds';
select count(*), min(bucket) = date_trunc('day', now()) - interval '29 days' as begins from telemetry.dashboard('shop') where kpi = 'what' and breakdown_value = 'viewed';

-- A target that is relative to a period: 15 % above its first two weeks, which had 20 views and 3 sales in ten days' ratio.
select telemetry.register_kpi('better', '{"kind": "event_ratio", "parameters": {"numerator": "bought", "denominator": "viewed", "grain": "week"}, "target_change": 0.15, "baseline_since": "2026-02-02Z", "baseline_until": "2026-02-16Z"}') as is_new;
select bucket, value, round(target::numeric, 4) as target, target_is, is_met from telemetry.kpi('better', '2026-02-09', '2026-03-02');
select value, round(target::numeric, 4) as target, is_met from telemetry.kpi('better', '2026-02-16', '2026-03-02', 'range');
-- Of a count: the mean of the period's days, and as much time.
select telemetry.register_kpi('more_sales', '{"kind": "event_volume", "parameters": {"events": ["bought", "viewed"]}, "target_change": 0, "baseline_since": "2026-02-02Z", "baseline_until": "2026-02-16Z"}') as is_new;
select bucket, breakdown_value, value, target, is_met from telemetry.kpi('more_sales', '2026-02-08', '2026-02-10') order by 1, 2;
select breakdown_value, value, target, is_met from telemetry.kpi('more_sales', '2026-02-16', '2026-02-23', 'range') order by 1;
select kpi, round(value::numeric, 3) as value, round(target::numeric, 4) as target, is_met, unmet_for from telemetry.kpi_status(since => '2026-02-16', until => '2026-03-02') where kpi in ('better', 'more_sales');
select telemetry.register_kpi('better', '{"target": 0.2}');
select telemetry.register_kpi('better', '{"baseline_until": null}');
select telemetry.register_kpi('better', '{"baseline_until": "2026-01-01Z"}');
select telemetry.register_kpi('better', '{"baseline_until": "soon"}');
select telemetry.register_kpi('better', '{"target_change": null, "baseline_since": null, "baseline_until": null, "target": 0.2}') as is_new;

-- Errors.
select telemetry.kpi_status('nothing');
select telemetry.kpi_status(since => '2999-01-01');
select telemetry.kpi_status(last => '30');
select telemetry.kpi_status(tz => 'Nowhere/City');
select telemetry.kpi('buying', tenant => '00000000-0000-4000-8000-00000000000a') limit 0;
select telemetry.register_kpi('x', '{"kind": "event_volume", "parameters": {"last": "3 days"}}');
rollback;
