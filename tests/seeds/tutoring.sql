-- The SQL statements of seeds/000_6709f5d0a511f413.txt (tutoring), unchanged. A line that begins with "--:" names the
-- statement that follows; tests/seeds/compare runs each and compares copy and original where the seeds are at hand.

--: event_volume
select
  date_trunc('day', event_time) as day,
  event_type,
  count(*) as events
from public.analytics_events
where event_time >= :start and event_time < :end
group by 1, 2
order by 1 desc, 3 desc;

--: wau
select
  date_trunc('week', event_time) as week,
  count(distinct user_id) as wau
from public.analytics_events
where user_id is not null
  and event_time >= :start and event_time < :end
  and event_type in (
    'assignment_list_view',
    'assignment_view',
    'assignment_apply_click',
    'preferences_update'
  )
group by 1
order by 1 desc;

--: tuning_rate
with w as (
  select date_trunc('week', event_time) as week, user_id
  from public.analytics_events
  where event_type = 'preferences_update'
    and user_id is not null
    and event_time >= :start and event_time < :end
  group by 1, 2
),
active as (
  select date_trunc('week', event_time) as week, user_id
  from public.analytics_events
  where user_id is not null
    and event_time >= :start and event_time < :end
    and event_type in ('assignment_list_view','assignment_view','assignment_apply_click')
  group by 1, 2
)
select
  active.week,
  count(distinct w.user_id) as users_who_tuned,
  count(distinct active.user_id) as active_users,
  round(count(distinct w.user_id)::numeric / nullif(count(distinct active.user_id), 0), 4) as tune_rate
from active
left join w on w.week = active.week and w.user_id = active.user_id
group by 1
order by 1 desc;

--: apply_rate
with base as (
  select
    date_trunc('week', event_time) as week,
    event_type,
    count(*) as c
  from public.analytics_events
  where event_time >= :start and event_time < :end
    and event_type in ('assignment_view','assignment_apply_click')
  group by 1, 2
)
select
  week,
  sum(c) filter (where event_type = 'assignment_view') as views,
  sum(c) filter (where event_type = 'assignment_apply_click') as apply_clicks,
  round(
    (sum(c) filter (where event_type = 'assignment_apply_click'))::numeric /
    nullif(sum(c) filter (where event_type = 'assignment_view'), 0),
    4
  ) as apply_rate
from base
group by 1
order by 1 desc;

--: dead_end_rate
with w as (
  select date_trunc('week', event_time) as week, event_type, count(*) as c
  from public.analytics_events
  where event_time >= :start and event_time < :end
    and event_type in (
      'assignment_apply_click',
      'assignment_no_reply',
      'assignment_scam_report',
      'assignment_filled_report'
    )
  group by 1, 2
)
select
  week,
  sum(c) filter (where event_type = 'assignment_apply_click') as applies,
  sum(c) filter (where event_type = 'assignment_no_reply') as no_reply,
  sum(c) filter (where event_type = 'assignment_scam_report') as scams,
  sum(c) filter (where event_type = 'assignment_filled_report') as filled_reports,
  round(
    (sum(c) filter (where event_type in ('assignment_no_reply','assignment_scam_report','assignment_filled_report')))::numeric /
    nullif(sum(c) filter (where event_type = 'assignment_apply_click'), 0),
    4
  ) as dead_end_rate
from w
group by 1
order by 1 desc;

--: market_supply
select
  date_trunc('day', created_at) as day,
  count(*) as created,
  count(*) filter (where status = 'open') as open,
  count(*) filter (where status <> 'open') as not_open
from public.assignments
where created_at >= :start and created_at < :end
group by 1
order by 1 desc;

--: time_to_fill
select
  date_trunc('week', a.created_at) as week,
  percentile_cont(0.5) within group (order by extract(epoch from (e.event_time - a.created_at))/3600.0) as p50_hours_to_filled_report,
  percentile_cont(0.9) within group (order by extract(epoch from (e.event_time - a.created_at))/3600.0) as p90_hours_to_filled_report,
  count(*) as n
from public.analytics_events e
join public.assignments a on a.id = e.assignment_id
where e.event_type = 'assignment_filled_report'
  and e.assignment_id is not null
  and a.created_at >= :start and a.created_at < :end
group by 1
order by 1 desc;

--: extraction_outcomes
select
  date_trunc('day', created_at) as day,
  status,
  count(*) as n
from public.telegram_extractions
where created_at >= :start and created_at < :end
group by 1, 2
order by 1 desc, 3 desc;

--: ingestion_runs
select
  date_trunc('day', ir.started_at) as day,
  count(*) as runs,
  count(*) filter (where ir.status = 'ok') as ok_runs,
  count(*) filter (where ir.status <> 'ok') as bad_runs,
  sum(rp.error_count) as errors,
  sum(rp.scanned_count) as scanned,
  sum(rp.inserted_count) as inserted,
  sum(rp.updated_count) as updated
from public.ingestion_runs ir
left join public.ingestion_run_progress rp on rp.run_id = ir.id
where ir.started_at >= :start and ir.started_at < :end
group by 1
order by 1 desc;

--: click_through
select
  date_trunc('day', last_click_at) as day,
  count(*) as assignments_with_clicks,
  sum(clicks) as total_clicks
from public.assignment_clicks
where last_click_at >= :start and last_click_at < :end
group by 1
order by 1 desc;
