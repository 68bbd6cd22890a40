-- ClickHouse: several ways for each question, each tried on every {table}; the fastest one is measured. {week} is the
-- number of the week by arithmetic on UTC microseconds, faster than toMonday().

-- question funnel: windowFunnel
select arrayJoin([1, 2, 3]) as step, countIf(depth >= step)
  from (select windowFunnel(604800000000)(toUInt64(toUnixTimestamp64Micro(event_ts)),
               event_name = 'assignment_list_view', event_name = 'assignment_view', event_name = 'assignment_apply_click') as depth
          from {table}
         where event_ts >= {since} and event_ts < {until}
           and event_name in ('assignment_list_view', 'assignment_view', 'assignment_apply_click')
         group by user_id)
 group by step
 order by step;

-- question funnel: windowFunnel, all events read
select arrayJoin([1, 2, 3]) as step, countIf(depth >= step)
  from (select windowFunnel(604800000000)(toUInt64(toUnixTimestamp64Micro(event_ts)),
               event_name = 'assignment_list_view', event_name = 'assignment_view', event_name = 'assignment_apply_click') as depth
          from {table}
         where event_ts >= {since} and event_ts < {until}
         group by user_id)
 group by step
 order by step;

-- question retention: bit mask of weeks per user
select toDate('2025-01-06') + 7 * cohort as week, returned - cohort as period, sum(users)
  from (select weeks, users, arrayJoin(bitPositionsToArray(weeks)) as cohort
          from (select weeks, count() as users
                  from (select groupBitOr(bitShiftLeft(toUInt32(1), {week})) as weeks
                          from {table}
                         where event_ts >= {since} and event_ts < {until}
                         group by user_id)
                 group by weeks))
 array join bitPositionsToArray(weeks) as returned
 where returned >= cohort
 group by week, period
 order by week, period;

-- question retention: self-join
with active as (
    select distinct {week} as number, user_id from {table} where event_ts >= {since} and event_ts < {until}
)
select toDate('2025-01-06') + 7 * a.number as week, later.number - a.number as period, count()
  from active a
  join active later on later.user_id = a.user_id
 where later.number >= a.number
 group by week, period
 order by week, period;

-- question active_users: uniqExact by toMonday
select toMonday(event_ts) as week, uniqExact(user_id)
  from {table}
 where event_ts >= {since} and event_ts < {until}
 group by week
 order by week;

-- question active_users: uniqExact by arithmetic
select toDate('2025-01-06') + 7 * {week} as week, uniqExact(user_id)
  from {table}
 where event_ts >= {since} and event_ts < {until}
 group by week
 order by week;

-- question active_users: bit mask of weeks per user
select toDate('2025-01-06') + 7 * arrayJoin(bitPositionsToArray(weeks)) as week, sum(users)
  from (select weeks, count() as users
          from (select groupBitOr(bitShiftLeft(toUInt32(1), {week})) as weeks
                  from {table}
                 where event_ts >= {since} and event_ts < {until}
                 group by user_id)
         group by weeks)
 group by week
 order by week;

-- question active_users: bit mask of weeks per user, in order
select toDate('2025-01-06') + 7 * arrayJoin(bitPositionsToArray(weeks)) as week, sum(users)
  from (select weeks, count() as users
          from (select groupBitOr(bitShiftLeft(toUInt32(1), {week})) as weeks
                  from {table}
                 where event_ts >= {since} and event_ts < {until}
                 group by user_id)
         group by weeks)
 group by week
 order by week
 settings optimize_aggregation_in_order = 1;

-- question apply_rate: countIf by toMonday
select toMonday(event_ts) as week, countIf(event_name = 'assignment_apply_click'), countIf(event_name = 'assignment_view')
  from {table}
 where event_ts >= {since} and event_ts < {until}
   and event_name in ('assignment_view', 'assignment_apply_click')
 group by week
 order by week;

-- question apply_rate: countIf by arithmetic
select toDate('2025-01-06') + 7 * {week} as week, countIf(event_name = 'assignment_apply_click'), countIf(event_name = 'assignment_view')
  from {table}
 where event_ts >= {since} and event_ts < {until}
   and event_name in ('assignment_view', 'assignment_apply_click')
 group by week
 order by week;

-- question volume: toDate
select toDate(event_ts) as day, event_name, count()
  from {table}
 where event_ts >= {since} and event_ts < {until}
 group by day, event_name
 order by day, event_name;
