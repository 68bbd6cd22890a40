-- generate_demo_events(): a story from a seed, the same each time.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
begin;
set local time zone 'UTC';
select telemetry.generate_demo_events('tutoring', until => '2024-10-21');
select pack, telemetry.install_pack(pack) > 0 as installed from telemetry.pack_catalog();

select pack, telemetry.generate_demo_events(pack, until => '2024-10-21') as events from telemetry.pack_catalog();
select telemetry.generate_demo_events('tutoring', until => '2024-10-21') as again;
select count(*), count(distinct user_id), count(distinct event_name), min(event_ts) >= '2024-09-23' as from_then_on, max(event_ts) < '2024-10-21' as until_then from telemetry.events;
-- All of it passed the rules, nothing was redacted, and every event of every pack happened.
select count(*) from telemetry.rejections;
select sum(redactions::text::int) from (select (jsonb_each(redactions)).value as redactions from telemetry.ingestion_calls where redactions is not null) r;
select t.event_name from telemetry.event_types t where not exists (select from telemetry.events e where e.event_name = t.event_name) order by 1;

-- A student keeps the variant. What a pack's KPIs say of its story: shares are between 0 and 1, most targets are met.
select count(*) > 20 as students, max(variants) as variants_of_one from (select count(distinct payload ->> 'variant') as variants from telemetry.events where event_name = 'SESSION_CREATED' group by user_id) s;
create temp table told as select b.name as dashboard, d.* from telemetry.dashboards b, telemetry.dashboard(b.name, '2024-09-23', '2024-10-21', 'week') d;
select d.kpi, min(d.value), max(d.value) from told d, telemetry.kpis k
 where k.name = d.kpi and k.unit = 'ratio' and k.kind <> all ('{event_ratio,rate_of_errors}') and d.value not between 0 and 1 group by 1;
select d.kpi, d.unit, d.target_is, d.target, count(*) filter (where d.is_met) as met, count(*) filter (where not d.is_met) as missed
  from told d where d.target is not null group by 1, 2, 3, 4 order by 1;
select kpi, error from told where error is not null and dashboard <> 'tutoring_pipeline';
-- What no KPI of any pack answers with.
select k.name from telemetry.kpis k where k.pack is not null and k.kind not in ('market_supply', 'time_to_fill', 'extraction_outcomes', 'ingestion_run_errors', 'click_through', 'ingestion_alerts')
   and not exists (select from told d where d.kpi = k.name and d.value is not null) order by 1;

-- Users are known by name; more of them change nothing for the others; another seed is another story.
select count(*) > 0 as found from telemetry.events where user_id = telemetry.as_id('user-1');
select count(distinct tenant_id) from telemetry.events where event_name = 'conversation_started';
select telemetry.generate_demo_events('tutoring', 99, until => '2024-10-21');
select telemetry.generate_demo_events('tutoring', 101, until => '2024-10-21') between 1 and 100 as one_more;
select telemetry.generate_demo_events('tutoring', seed => 2, until => '2024-10-21') > 100 as another_story;
-- The default ends with yesterday.
select telemetry.generate_demo_events('exam_prep', 5, 3) > 0 as recent;
select max(event_ts) < date_trunc('day', now()) and max(event_ts) > date_trunc('day', now()) - interval '3 days' as until_today from telemetry.events;

select telemetry.generate_demo_events('payroll');
select telemetry.generate_demo_events(null);
select telemetry.generate_demo_events('tutoring', 0);
select telemetry.generate_demo_events('tutoring', days => 4000);
select telemetry.generate_demo_events('tutoring', until => 'infinity');
select telemetry.generate_demo_events('tutoring', days => 1, until => now() + interval '3 days');
rollback;
