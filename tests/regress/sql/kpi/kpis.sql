-- KPIs and dashboards as data: a name for a question, asked with one call.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
begin;
set local time zone 'UTC';
select telemetry.register_event(name) from unnest('{viewed,bought}'::text[]) name;
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', case when n % 3 = 0 then 'bought' else 'viewed' end, 'event_ts', timestamptz '2024-03-01Z' + n * interval '7 hours', 'user_id', telemetry.as_id((n % 5)::text)))) from generate_series(0, 39) n;

-- What a KPI may be.
select * from telemetry.kpi_kinds();
select k.kind from telemetry.kpi_kinds() k where not exists (select from pg_proc p where p.pronamespace = 'telemetry'::regnamespace and p.proname = k.kind);
select k.kind, c from telemetry.kpi_kinds() k, unnest(k.bucket_column || k.breakdown_columns || k.value_columns) c, pg_proc p
 where p.pronamespace = 'telemetry'::regnamespace and p.proname = k.kind and c is not null and c <> all (p.proargnames[p.pronargs + 1:]);

select telemetry.register_kpi('volume', '{"kind": "event_volume", "parameters": {"events": ["viewed", "bought"]}, "unit": "events", "target": 3}') as is_new;
select telemetry.register_kpi('nothing', '{"kind": "event_volume", "parameters": {"events": ["viewed"], "tenant": null, "grain": null, "filter": {"page": "none"}}}') as is_new;
select telemetry.register_kpi('weekly_buyers', '{"kind": "active_users", "parameters": {"events": ["bought"], "grain": "week"}, "unit": "actors"}') as is_new;
select telemetry.register_kpi('buying', '{"kind": "event_ratio", "parameters": {"numerator": "bought", "denominator": "viewed"}, "unit": "ratio", "target": 0.5}') as is_new;
select telemetry.register_kpi('looking', '{"kind": "event_ratio", "is_complement": true, "parameters": {"numerator": "bought"}, "unit": "ratio"}') as is_new;
select telemetry.register_kpi('way', '{"kind": "funnel", "parameters": {"steps": ["viewed", "bought"], "within": "2 days"}}') as is_new;
select telemetry.register_kpi('coming_back', '{"kind": "retention", "parameters": {"start_event": "viewed", "grain": "week", "periods": 1}, "value_column": "actors"}') as is_new;
select telemetry.register_kpi('unpaid', '{"kind": "backlog", "parameters": {"opened": "viewed", "closed": "bought"}}') as is_new;

select * from telemetry.kpi('volume', '2024-03-02', '2024-03-04');
select * from telemetry.kpi('nothing', '2024-03-02', '2024-03-12', 'week', tenant => '00000000-0000-4000-8000-00000000000a');
select * from telemetry.kpi('weekly_buyers', '2024-03-01', '2024-03-12');
select * from telemetry.kpi('buying', '2024-03-04', '2024-03-18', 'week');
select * from telemetry.kpi('looking', '2024-03-04', '2024-03-18', 'week');
select * from telemetry.kpi('coming_back', '2024-03-04', '2024-03-18');
select * from telemetry.kpi('unpaid', '2024-03-04', '2024-03-18', 'week');
-- A kind without buckets answers for the range, or bucket by bucket.
select * from telemetry.kpi('way', '2024-03-01', '2024-03-10');
select * from telemetry.kpi('way', '2024-03-03', '2024-03-12', 'week');
select * from telemetry.kpi('way');
select * from telemetry.kpi('way', grain => 'month') where bucket < '2024-05-01';
-- In another zone, of a tenant.
select * from telemetry.kpi('volume', '2024-03-02 00:00-05', '2024-03-03 00:00-05', tz => 'America/New_York');
select * from telemetry.kpi('volume', '2024-03-02', '2024-03-03', tenant => '00000000-0000-4000-8000-00000000000a');
-- Functions with a list of values, with a default grain, without buckets or with what lies ahead.
select telemetry.register_kpi('hesitation', '{"kind": "time_to_first", "parameters": {"anchor": "viewed", "target": "bought", "grain": "week", "percentiles": [0.5, 0.9]}}') as is_new;
select * from telemetry.kpi('hesitation', '2024-03-04', '2024-03-18');
select telemetry.register_kpi('hesitation', '{"parameters": {"percentiles": ["often"]}}') as is_new;
select telemetry.register_kpi('loyalty', '{"kind": "stickiness", "parameters": {"grain": "day"}}') as is_new;
select * from telemetry.kpi('loyalty', '2024-03-04', '2024-03-06');
select telemetry.register_kpi('hours', '{"kind": "activity_heatmap"}') as is_new;
select * from telemetry.kpi('hours', grain => 'week');
select telemetry.register_kpi('ahead', '{"kind": "forecast", "parameters": {"event_name": "viewed", "horizon": 2}}') as is_new;
select bucket, round(value::numeric, 1) as value, is_complete from telemetry.kpi('ahead', '2024-03-01', '2024-03-12');
select telemetry.register_dashboard('more', '{hesitation,loyalty,ahead}') as is_new;
select kpi, bucket, breakdown_value, round(value::numeric, 1) as value, round(previous_value::numeric, 1) as previous_value, is_complete from telemetry.dashboard('more', '2024-03-01', '2024-03-12');
select telemetry.drop_dashboard('more');
-- It is the function's own answer.
select count(*) from (select bucket, event_name, events::double precision, is_complete from telemetry.event_volume(events => '{viewed,bought}') except select bucket, breakdown_value, value, is_complete from telemetry.kpi('volume')) x;

-- A funnel is not complete while the window of who entered last is open: asked of the range, or bucket by bucket.
select hours, is_complete from unnest('{49,47,0,-24}'::integer[]) hours, lateral (select distinct is_complete from telemetry.kpi('way', now() - interval '9 days', now() - make_interval(hours => hours))) k order by hours desc;
select bool_and(is_complete = (bucket < date_trunc('day', now()) - interval '2 days')) as as_the_window_says from telemetry.kpi('way', date_trunc('day', now()) - interval '9 days', date_trunc('day', now()), 'day');

-- What the call says about buckets comes before the definition.
select * from telemetry.kpi('weekly_buyers', grain => 'week') limit 1;
select * from telemetry.kpi('weekly_buyers', grain => 'day') limit 2;
select * from telemetry.kpi('weekly_sellers');
select * from telemetry.kpi(null);

-- A change of a part leaves the rest; null is the default.
select telemetry.register_kpi('buying', '{"target": 0.6, "target_is": "at_most", "value_column": "numerator"}') as is_new;
select kind, parameters, value_column, unit, target, target_is, pack from telemetry.kpis where name = 'buying';
select telemetry.register_kpi('buying', '{"target": null, "value_column": null}') as is_new;
select value_column, target from telemetry.kpis where name = 'buying';
select * from telemetry.kpi('buying', '2024-03-04', '2024-03-05');

-- What cannot be.
select telemetry.register_kpi('x', '{"kind": "magic"}');
select telemetry.register_kpi('x', '{"kind": ["event_volume"]}');
select telemetry.register_kpi('x', '{"unit": "events"}');
select telemetry.register_kpi('x', '{"kind": "event_volume", "colour": "red"}');
select telemetry.register_kpi('x', '{"kind": "event_volume", "parameters": {"evnts": ["viewed"]}}');
select telemetry.register_kpi('x', '{"kind": "event_volume", "parameters": {"since": "2024-01-01"}}');
select telemetry.register_kpi('x', '{"kind": "event_volume", "parameters": ["viewed"]}');
select telemetry.register_kpi('x', '{"kind": "event_volume", "parameters": {"events": "viewed"}}');
select telemetry.register_kpi('x', '{"kind": "active_users", "parameters": {"rolling_days": "many"}}');
select telemetry.register_kpi('x', '{"kind": "funnel", "parameters": {"within": "often"}}');
select telemetry.register_kpi('x', '{"kind": "funnel", "parameters": {"steps": ["viewed"], "within": "often"}}');
select telemetry.register_kpi('x', '{"kind": "event_ratio", "value_column": "magic"}');
select telemetry.register_kpi('x', '{"kind": "event_ratio", "target": "high"}');
select telemetry.register_kpi('x', '{"kind": "event_ratio", "target_is": "low"}');
select telemetry.register_kpi('No Name', '{"kind": "event_ratio"}');
select telemetry.register_kpi('x; drop table telemetry.kpis', '{"kind": "event_ratio"}');
select telemetry.register_kpi(null, '{"kind": "event_ratio"}');
select telemetry.register_kpi('x', '[]');
select telemetry.register_kpi('x', null);
select count(*) from telemetry.kpis where name = 'x';

-- A dashboard: every KPI with its target and the bucket before, which may lie before the range.
select telemetry.register_dashboard('shop', '{volume,weekly_buyers,way,coming_back}', 'How the shop does.') as is_new;
select * from telemetry.dashboard('shop', '2024-03-05', '2024-03-06');
select * from telemetry.dashboard('shop', '2024-03-04', '2024-03-18', grain => 'week');
select distinct kpi from telemetry.dashboard('shop') order by 1;
select kpi, bucket, value, previous_value from telemetry.dashboard('shop', '2024-02-29', '2024-03-02') where kpi = 'volume';
select telemetry.register_dashboard('shop', '{buying}') as is_new;
select description, kpis from telemetry.dashboards;
select telemetry.register_dashboard('shop', '{}');
select telemetry.register_dashboard('shop', '{magic}');
select telemetry.register_dashboard('Shop', '{buying}');
select telemetry.register_dashboard(null, '{buying}');
select * from telemetry.dashboard('magic');
select telemetry.drop_kpi('buying');
-- The value before, of a whole bucket beside a whole one: not for one that is cut, or not over yet, nor after a cut one.
select telemetry.register_dashboard('shop', '{volume}') as is_new;
select bucket, breakdown_value, value, previous_value, is_met, is_complete from telemetry.dashboard('shop', '2024-03-04 12:00', '2024-03-07 12:00') where breakdown_value = 'viewed';
select bool_and(previous_value is null) as not_of_today from telemetry.dashboard('shop', date_trunc('day', now()), now());
-- A target for one breakdown value, or one part of several.
select telemetry.register_kpi('volume', '{"target_for": "bought"}') as is_new;
select breakdown_value, value, target, target_is, is_met from telemetry.kpi('volume', '2024-03-04', '2024-03-05');
select telemetry.register_kpi('coming_back', '{"target": 1, "target_for": "1"}') as is_new;
select breakdown_value, target, is_met from telemetry.kpi('coming_back', '2024-03-04', '2024-03-18');
select telemetry.register_kpi('speed', '{"kind": "percentiles", "parameters": {"payload_key": "ms", "breakdown": "page"}, "target": 1000, "target_is": "at_most"}');
select telemetry.register_kpi('speed', '{"kind": "percentiles", "parameters": {"payload_key": "ms", "breakdown": "page", "fractions": [0.95]}, "target": 1000, "target_is": "at_most"}') as is_new;
select telemetry.register_kpi('speed', '{"parameters": {"fractions": null}, "target_for": 0.95}') as is_new;
select telemetry.register_event('timed') = 1 as registered;
select telemetry.import_events('[{"event_name": "timed", "event_ts": "2024-03-04T01:00:00Z", "payload": {"ms": 900, "page": "a"}}, {"event_name": "timed", "event_ts": "2024-03-04T02:00:00Z", "payload": {"ms": 1100, "page": "b"}}]');
select breakdown_value, value, target, is_met from telemetry.kpi('speed', '2024-03-04', '2024-03-05');
select telemetry.register_kpi('buying', '{"target": 1, "target_for": "1"}');

select telemetry.drop_dashboard('shop');
select telemetry.drop_dashboard('shop');
select telemetry.drop_kpi('buying');
select telemetry.drop_kpi('buying');

-- Packs bring theirs; what was changed stays when one is installed again, and goes with it.
select pack, telemetry.install_pack(pack) > 0 as installed from telemetry.pack_catalog();
select pack, count(*) from telemetry.kpis group by 1 order by 1;
select name, cardinality(kpis) from telemetry.dashboards order by 1;
select name, unit, target_is, target from telemetry.kpis where target is not null and pack is not null order by name;
select telemetry.register_kpi('coaching_sync_success', '{"target": 0.999}') as is_new;
select telemetry.install_pack('coaching');
select pack, target from telemetry.kpis where name = 'coaching_sync_success';
select telemetry.register_dashboard('mine', '{coaching_sync_success,volume}') as is_new;
select telemetry.uninstall_pack('coaching') > 0 as uninstalled;
select count(*) from telemetry.kpis where pack = 'coaching';
select * from telemetry.dashboard('mine');
-- Every KPI of the packs answers, but for those over tables that are not there.
select k.name, count(*) >= 0 as answers from telemetry.kpis k, lateral telemetry.kpi(k.name, '2024-03-01', '2024-03-03') where k.kind not in ('market_supply', 'time_to_fill', 'extraction_outcomes', 'ingestion_run_errors', 'click_through', 'forecast') group by 1 having count(*) = 0;
select * from telemetry.kpi('tutoring_new_assignments');
-- A dashboard answers for its other KPIs, and says of one that cannot be answered why.
select kpi, bucket, value, is_complete, error from telemetry.dashboard('tutoring_pipeline', '2024-03-01', '2024-03-03');
create view public.assignments as select timestamptz '2024-03-01 10:00Z' as created_at, 'open' as status;
select kpi, bucket, value, error is not null as failed from telemetry.dashboard('tutoring_pipeline', '2024-03-01', '2024-03-02') where kpi ~ 'assignments|fill' order by kpi;
select kpi, value, unit, error from telemetry.dashboard('tutoring_pipeline', '2024-03-01', '2024-03-02', tenant => '00000000-0000-4000-8000-00000000000a') limit 1;
select kpi, value, error from telemetry.dashboard('learning_capacity', '2024-03-01', '2024-03-03');
-- What is wrong with the question is raised; so is that a statement was cancelled.
select kpi from telemetry.dashboard('learning_capacity', '2024-03-03', '2024-03-01');
select kpi from telemetry.dashboard('learning_capacity', '2024-03-01', '2024-03-03', 'fortnight');
select kpi from telemetry.dashboard('learning_capacity', tz => 'Mars/Olympus');
create or replace view public.assignments as select timestamptz '2024-03-01 10:00Z' as created_at, 'open' || pg_sleep(20) as status;
set local statement_timeout = '200ms';
select kpi from telemetry.dashboard('tutoring_pipeline', '2024-03-01', '2024-03-02');
reset statement_timeout;
drop view public.assignments;
select * from telemetry.kpi('tutoring_new_assignments', tenant => '00000000-0000-4000-8000-00000000000a');

-- Rights: an analyst asks, an admin defines, nobody else; each sees what its own rights show.
create role kpi_analyst;
create role kpi_admin;
select telemetry.grant_access('kpi_analyst', 'analyst');
select telemetry.grant_access('kpi_admin', 'admin');
set local role kpi_analyst;
select sum(value) from telemetry.kpi('volume');
select count(*) > 0 as asks from telemetry.dashboard('learning_business', '2024-03-01', '2024-03-03');
set local telemetry.tenant_id = '00000000-0000-4000-8000-00000000000a';
select sum(value) from telemetry.kpi('volume', '2024-03-01', '2024-04-01');
reset telemetry.tenant_id;
select telemetry.register_kpi('volume', '{"target": 4}');
update telemetry.kpis set target = 4;
reset role;
set local role kpi_admin;
select telemetry.register_kpi('volume', '{"target": 4}');
select telemetry.register_dashboard('admins', '{volume}');
update telemetry.kpis set target = 5;
reset role;
-- In a transaction that may only read.
set transaction read only;
select sum(value) from telemetry.kpi('volume');
select count(*) > 0 as answers from telemetry.dashboard('admins', '2024-03-01', '2024-03-03');
select kpi, error from telemetry.dashboard('learning_capacity', '2024-03-01', '2024-03-03');
rollback;
