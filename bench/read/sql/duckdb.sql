-- DuckDB: several ways for each question, each tried on every {table}; the fastest one is measured. {week} is the
-- number of the week by arithmetic on UTC microseconds.

-- question funnel: as-of joins
with step_1 as (select user_id, event_ts from {table} where event_name = 'assignment_list_view' and event_ts >= {since} and event_ts < {until}),
step_2_events as (select user_id, event_ts from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until}),
step_3_events as (select user_id, event_ts from {table} where event_name = 'assignment_apply_click' and event_ts >= {since} and event_ts < {until}),
step_2 as (
    select e.user_id, e.event_ts, s.event_ts as entered
      from step_2_events e asof join step_1 s on s.user_id = e.user_id and e.event_ts >= s.event_ts
),
step_3 as (
    select e.user_id, e.event_ts, s.entered
      from step_3_events e asof join step_2 s on s.user_id = e.user_id and e.event_ts >= s.event_ts
)
select 1, count(distinct user_id) from step_1
union all
select 2, count(distinct user_id) from step_2 where event_ts <= entered + interval 7 days
union all
select 3, count(distinct user_id) from step_3 where event_ts <= entered + interval 7 days
order by 1;

-- question funnel: self-joins
with step_1 as (select user_id, event_ts as entered from {table} where event_name = 'assignment_list_view' and event_ts >= {since} and event_ts < {until}),
step_2_events as (select user_id, event_ts from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until}),
step_3_events as (select user_id, event_ts from {table} where event_name = 'assignment_apply_click' and event_ts >= {since} and event_ts < {until}),
step_2 as (
    select s.user_id, s.entered, min(e.event_ts) as reached
      from step_1 s join step_2_events e on e.user_id = s.user_id and e.event_ts between s.entered and s.entered + interval 7 days
     group by 1, 2
),
step_3 as (
    select distinct s.user_id
      from step_2 s join step_3_events e on e.user_id = s.user_id and e.event_ts between s.reached and s.entered + interval 7 days
)
select 1, count(distinct user_id) from step_1
union all
select 2, count(distinct user_id) from step_2
union all
select 3, count(*) from step_3
order by 1;

-- question retention: bit mask of weeks per user
with users as (
    select bit_or(1 << ({week})::integer) as weeks from {table} where event_ts >= {since} and event_ts < {until} group by user_id
),
masks as (select weeks, count(*) as users from users group by 1)
select date '2025-01-06' + 7 * a.i::integer, r.i - a.i, sum(users)::bigint
  from masks, range(13) a (i), range(13) r (i)
 where r.i >= a.i and (weeks >> a.i::integer) & 1 = 1 and (weeks >> r.i::integer) & 1 = 1
 group by 1, 2
 order by 1, 2;

-- question retention: self-join
with active as (select distinct {week} as week, user_id from {table} where event_ts >= {since} and event_ts < {until})
select date '2025-01-06' + 7 * a.week::integer, later.week - a.week, count(*)
  from active a join active later on later.user_id = a.user_id and later.week >= a.week
 group by 1, 2
 order by 1, 2;

-- question active_users: count(distinct) by date_trunc
select date_trunc('week', event_ts), count(distinct user_id)
  from {table}
 where event_ts >= {since} and event_ts < {until}
 group by 1
 order by 1;

-- question active_users: count(distinct) by arithmetic
select date '2025-01-06' + 7 * week::integer, users
  from (select {week} as week, count(distinct user_id) as users
          from {table}
         where event_ts >= {since} and event_ts < {until}
         group by 1)
 order by 1;

-- question active_users: distinct, then count
select date '2025-01-06' + 7 * week::integer, count(*)
  from (select distinct {week} as week, user_id from {table} where event_ts >= {since} and event_ts < {until})
 group by week
 order by 1;

-- question active_users: bit mask of weeks per user
with users as (
    select bit_or(1 << ({week})::integer) as weeks from {table} where event_ts >= {since} and event_ts < {until} group by user_id
),
masks as (select weeks, count(*) as users from users group by 1)
select date '2025-01-06' + 7 * a.i::integer, sum(users * ((weeks >> a.i::integer) & 1))::bigint
  from masks, range(13) a (i)
 group by a.i
 order by 1;

-- question apply_rate: filtered counts by date_trunc
select date_trunc('week', event_ts), count(*) filter (event_name = 'assignment_apply_click'), count(*) filter (event_name = 'assignment_view')
  from {table}
 where event_ts >= {since} and event_ts < {until}
 group by 1
 order by 1;

-- question apply_rate: filtered counts by arithmetic
select date '2025-01-06' + 7 * week::integer, clicks, views
  from (select {week} as week, count(*) filter (event_name = 'assignment_apply_click') as clicks, count(*) filter (event_name = 'assignment_view') as views
          from {table}
         where event_ts >= {since} and event_ts < {until}
         group by 1)
 order by 1;

-- question volume: date_trunc
select date_trunc('day', event_ts), event_name, count(*)
  from {table}
 where event_ts >= {since} and event_ts < {until}
 group by 1, 2
 order by 1, 2;

-- question volume: arithmetic
select date '1970-01-01' + day, event_name, events
  from (select (epoch_us(event_ts) // 86400000000)::integer as day, event_name, count(*) as events
          from {table}
         where event_ts >= {since} and event_ts < {until}
         group by 1, 2)
 order by 1, 2;
