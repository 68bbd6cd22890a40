-- What the five seed documents and their analysts would write, over telemetry.events: active users, apply rate and
-- volume are the queries of the tutoring document word for word but for the columns (and the names that count as
-- active); funnel and retention are the usual common table expressions, of the two for the funnel the faster one.

-- question funnel: self-joins
with step_1 as (
    select user_id, event_ts as entered
      from telemetry.events
     where event_name = 'assignment_list_view' and event_ts >= {since} and event_ts < {until}
),
step_2 as (
    select s.user_id, s.entered, min(e.event_ts) as reached
      from step_1 s
      join telemetry.events e on e.user_id = s.user_id and e.event_ts between s.entered and s.entered + interval '7 days'
     where e.event_name = 'assignment_view' and e.event_ts >= {since} and e.event_ts < {until}
     group by 1, 2
),
step_3 as (
    select s.user_id, s.entered, min(e.event_ts) as reached
      from step_2 s
      join telemetry.events e on e.user_id = s.user_id and e.event_ts between s.reached and s.entered + interval '7 days'
     where e.event_name = 'assignment_apply_click' and e.event_ts >= {since} and e.event_ts < {until}
     group by 1, 2
)
select 1, count(distinct user_id) from step_1
union all
select 2, count(distinct user_id) from step_2
union all
select 3, count(distinct user_id) from step_3;

-- question funnel: window functions
with steps as (
    select user_id, event_ts,
           case event_name when 'assignment_list_view' then 1 when 'assignment_view' then 2 else 3 end as step
      from telemetry.events
     where event_name in ('assignment_list_view', 'assignment_view', 'assignment_apply_click')
       and user_id is not null
       and event_ts >= {since} and event_ts < {until}
),
entered as (
    select *, max(event_ts) filter (where step = 1) over by_user as entered_1
      from steps
    window by_user as (partition by user_id order by event_ts, step rows unbounded preceding)
),
chained as (
    select *, max(entered_1) filter (where step = 2) over by_user as entered_2
      from entered
    window by_user as (partition by user_id order by event_ts, step rows unbounded preceding)
)
select 1, count(distinct user_id) from chained where step = 1
union all
select 2, count(distinct user_id) from chained where step = 2 and event_ts <= entered_1 + interval '7 days'
union all
select 3, count(distinct user_id) from chained where step = 3 and event_ts <= entered_2 + interval '7 days';

-- question retention:
with active as (
    select date_trunc('week', event_ts) as week, user_id
      from telemetry.events
     where user_id is not null
       and event_ts >= {since} and event_ts < {until}
     group by 1, 2
)
select a.week, extract(day from later.week - a.week)::integer / 7 as period, count(*) as users
  from active a
  join active later on later.user_id = a.user_id and later.week >= a.week
 group by 1, 2
 order by 1, 2;

-- question active_users:
select
  date_trunc('week', event_ts) as week,
  count(distinct user_id) as wau
from telemetry.events
where user_id is not null
  and event_ts >= {since} and event_ts < {until}
group by 1
order by 1;

-- question apply_rate:
with base as (
  select
    date_trunc('week', event_ts) as week,
    event_name,
    count(*) as c
  from telemetry.events
  where event_ts >= {since} and event_ts < {until}
    and event_name in ('assignment_view','assignment_apply_click')
  group by 1, 2
)
select
  week,
  (sum(c) filter (where event_name = 'assignment_apply_click'))::bigint as apply_clicks,
  (sum(c) filter (where event_name = 'assignment_view'))::bigint as views
from base
group by 1
order by 1;

-- question volume:
select
  date_trunc('day', event_ts) as day,
  event_name,
  count(*) as events
from telemetry.events
where event_ts >= {since} and event_ts < {until}
group by 1, 2
order by 1, 2;
