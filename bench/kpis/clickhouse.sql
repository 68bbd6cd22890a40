-- The questions of questions.sql as a user of ClickHouse would ask them. Each way is tried on each {table} and must give the KPI's rows
-- (within N %: the numbers of an estimate, at most so far from the KPI's); the fastest one is measured. {since}, {until}, {week}
-- and {number} stand in statements.py; engines.py makes the tables.

-- kpi event_volume
select toDate(event_ts) as day, event_name, count() from {table} where event_ts >= {since} and event_ts < {until} group by day, event_name;

-- kpi event_volume, by a key
select toDate(event_ts) as day, version, count()
  from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until} group by day, version;

-- kpi event_volume, by two keys
select {week} as week, concat('["', surface, '", "', method, '"]'), count()
  from {table} where event_name = 'assignment_apply_click' and event_ts >= {since} and event_ts < {until} group by week, surface, method;

-- kpi active_users, by a key: uniqExact
select {week} as week, version, uniqExact(user_number)
  from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until} group by week, version;

-- kpi active_users, by a key: bit mask of weeks per user
select toDate('2025-01-06') + 7 * arrayJoin(bitPositionsToArray(weeks)) as week, version, sum(users)
  from (select version, weeks, count() as users
          from (select version, groupBitOr(bitShiftLeft(toUInt32(1), {number})) as weeks
                  from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until}
                 group by user_number, version)
         group by version, weeks)
 group by week, version;

-- kpi active_users, by a key: two steps
select week, version, count()
  from (select {week} as week, version
          from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until}
         group by week, version, user_number)
 group by week, version;

-- kpi event_ratio, by a key
select {week} as week, version, countIf(event_name = 'assignment_apply_click'), countIf(event_name = 'assignment_view')
  from {table}
 where event_name in ('assignment_apply_click', 'assignment_view') and event_ts >= {since} and event_ts < {until}
 group by week, version;

-- kpi actor_ratio, by a key: bit masks of weeks per user
select toDate('2025-01-06') + 7 * arrayJoin(bitPositionsToArray(viewed)) as week, version, sumIf(users, bitTest(clicked, dateDiff('week', toDate('2025-01-06'), week))), sum(users)
  from (select version, viewed, clicked, count() as users
          from (select version, groupBitOr(if(event_name = 'assignment_view', bitShiftLeft(toUInt32(1), {number}), 0)) as viewed,
                       groupBitOr(if(event_name = 'assignment_apply_click', bitShiftLeft(toUInt32(1), {number}), 0)) as clicked
                  from {table}
                 where event_name in ('assignment_apply_click', 'assignment_view') and event_ts >= {since} and event_ts < {until}
                 group by user_number, version)
         group by version, viewed, clicked)
 group by week, version;

-- kpi actor_ratio, by a key: two steps
select week, version, countIf(clicked and viewed), countIf(viewed)
  from (select {week} as week, version, max(event_name = 'assignment_apply_click') as clicked, max(event_name = 'assignment_view') as viewed
          from {table}
         where event_name in ('assignment_apply_click', 'assignment_view') and event_ts >= {since} and event_ts < {until}
         group by week, version, user_number)
 group by week, version;

-- kpi active_users: uniqExact
select {week} as week, uniqExact(user_number) from {table} where event_ts >= {since} and event_ts < {until} group by week;

-- kpi active_users: bit mask of weeks per user
select toDate('2025-01-06') + 7 * arrayJoin(bitPositionsToArray(weeks)) as week, sum(users)
  from (select weeks, count() as users
          from (select groupBitOr(bitShiftLeft(toUInt32(1), {number})) as weeks
                  from {table} where event_ts >= {since} and event_ts < {until} group by user_number)
         group by weeks)
 group by week;

-- kpi active_users, tenants
select {week} as week, uniqExact(tenant_id) from {table} where event_ts >= {since} and event_ts < {until} group by week;

-- kpi active_users, of a cohort: uniqExact
select {week} as week, uniqExact(user_number)
  from {table}
 where event_ts >= {since} and event_ts < {until}
   and user_number in (select user_number from by_name where event_name = 'assignment_apply_submit' group by user_number having count() >= 2)
 group by week;

-- kpi active_users, of a cohort: bit mask of weeks per user, with the submits counted beside
select toDate('2025-01-06') + 7 * arrayJoin(bitPositionsToArray(weeks)) as week, sum(users)
  from (select weeks, count() as users
          from (select groupBitOr(if(event_ts >= {since} and event_ts < {until}, bitShiftLeft(toUInt32(1), {number}), 0)) as weeks
                  from {table} group by user_number having countIf(event_name = 'assignment_apply_submit') >= 2)
         group by weeks)
 group by week;

-- kpi active_users, of those who never applied: uniqExact
select {week} as week, uniqExact(user_number)
  from {table}
 where event_ts >= {since} and event_ts < {until}
   and user_number not in (select user_number from by_name where event_name = 'assignment_apply_submit')
 group by week;

-- kpi active_users, of those who never applied: bit mask of weeks per user, with the submits counted beside
select toDate('2025-01-06') + 7 * arrayJoin(bitPositionsToArray(weeks)) as week, sum(users)
  from (select weeks, count() as users
          from (select groupBitOr(if(event_ts >= {since} and event_ts < {until}, bitShiftLeft(toUInt32(1), {number}), 0)) as weeks
                  from {table} group by user_number having countIf(event_name = 'assignment_apply_submit') = 0)
         group by weeks)
 group by week;

-- kpi event_ratio
select {week} as week, countIf(event_name = 'assignment_apply_click'), countIf(event_name = 'assignment_view')
  from {table}
 where event_name in ('assignment_apply_click', 'assignment_view') and event_ts >= {since} and event_ts < {until}
 group by week;

-- kpi actor_ratio: bit masks of weeks per user
select toDate('2025-01-06') + 7 * arrayJoin(bitPositionsToArray(viewed)) as week, sumIf(users, bitTest(clicked, dateDiff('week', toDate('2025-01-06'), week))), sum(users)
  from (select viewed, clicked, count() as users
          from (select groupBitOr(if(event_name = 'assignment_view', bitShiftLeft(toUInt32(1), {number}), 0)) as viewed,
                       groupBitOr(if(event_name = 'assignment_apply_click', bitShiftLeft(toUInt32(1), {number}), 0)) as clicked
                  from {table}
                 where event_name in ('assignment_apply_click', 'assignment_view') and event_ts >= {since} and event_ts < {until}
                 group by user_number)
         group by viewed, clicked)
 group by week;

-- kpi retention
select toDate('2025-01-06') + 7 * cohort as week, returned - cohort as period, sum(users)
  from (select weeks, users, arrayJoin(bitPositionsToArray(weeks)) as cohort
          from (select weeks, count() as users
                  from (select groupBitOr(bitShiftLeft(toUInt32(1), {number})) as weeks
                          from {table} where event_ts >= {since} and event_ts < {until} group by user_number)
                 group by weeks))
 array join bitPositionsToArray(weeks) as returned
 where returned >= cohort
 group by week, period;

-- kpi retention, first time
select toDate('2025-01-06') + 7 * weeks[1] as week, later - weeks[1] as period, sum(users)
  from (select bitPositionsToArray(mask) as weeks, count() as users
          from (select groupBitOr(bitShiftLeft(toUInt32(1), {number})) as mask from {table} where event_ts < {until} group by user_number)
         group by mask)
 array join weeks as later
 group by week, period;

-- kpi retention, to the same version of the client
select toDate('2025-01-06') + 7 * cohort as week, arrayJoin(bitPositionsToArray(later)) as period, sum(users)
  from (select cohort, later, count() as users
          from (select user_number, arrayJoin(bitPositionsToArray(weeks)) as cohort, groupBitOr(bitShiftRight(weeks, cohort)) as later
                  from (select user_number, groupBitOr(bitShiftLeft(toUInt32(1), {number})) as weeks
                          from {table} where event_name = 'assignment_view' and version <> '' and event_ts >= {since} and event_ts < {until}
                         group by user_number, version)
                 group by user_number, cohort)
         group by cohort, later)
 group by week, period;

-- kpi retention, by a key
select toDate('2025-01-06') + 7 * cohort as week, surface, arrayJoin(bitPositionsToArray(bitShiftRight(every, cohort))) as period, sum(users)
  from (select surface, weeks, every, count() as users
          from (select groupBitOr(mask) as every, groupArray((surface, mask)) as each
                  from (select user_number, surface, groupBitOr(bitShiftLeft(toUInt32(1), {number})) as mask
                          from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until}
                         group by user_number, surface)
                 group by user_number)
         array join each.1 as surface, each.2 as weeks
         group by surface, weeks, every)
 array join bitPositionsToArray(weeks) as cohort
 group by week, surface, period;

-- kpi lifecycle
select toDate('2025-01-06') + 7 * number as week,
       multiIf(weeks[number + 1] and number = indexOf(weeks, 1) - 1, 'new', weeks[number + 1] and weeks[number], 'returning', weeks[number + 1], 'resurrecting', weeks[number], 'dormant', '') as status,
       sum(if(status = 'dormant', -toInt64(users), toInt64(users)))
  from (select arrayMap(i -> bitTest(mask, i), range(13)) as weeks, count() as users
          from (select groupBitOr(bitShiftLeft(toUInt32(1), {number})) as mask from {table} where event_ts < {until} group by user_number)
         group by mask)
 array join range(12) as number
 where status <> ''
 group by week, status;

-- kpi stickiness
select bitCount(weeks) as periods, count()
  from (select groupBitOr(bitShiftLeft(toUInt32(1), {number})) as weeks
          from {table} where event_ts >= {since} and event_ts < {until} group by user_number)
 group by periods;

-- kpi dau_mau: bit mask of days per user and month
select month, count(), round(sum(bitCount(days)) / bitCount(groupBitOr(days)), 6)
  from (select toStartOfMonth(event_ts) as month, groupBitOr(bitShiftLeft(toUInt32(1), toDayOfMonth(event_ts))) as days
          from {table}
         where event_ts >= toDateTime64('2025-02-01 00:00:00', 6, 'UTC') and event_ts < toDateTime64('2025-04-01 00:00:00', 6, 'UTC')
         group by month, user_number)
 group by month;

-- kpi dau_mau: uniqExact of days and of the month
select month, any(users), round(avg(actors), 6)
  from (select toStartOfMonth(day) as month, uniqExactMerge(state) over (partition by month) as users, finalizeAggregation(state) as actors
          from (select toDate(event_ts) as day, uniqExactState(user_number) as state
                  from {table}
                 where event_ts >= toDateTime64('2025-02-01 00:00:00', 6, 'UTC') and event_ts < toDateTime64('2025-04-01 00:00:00', 6, 'UTC')
                 group by day))
 group by month;

-- kpi feature_adoption
select toDate('2025-01-06') + 7 * number as week, sum(users), sumIf(users, bitTest(used, number)), sumIf(users, used <> 0 and bitTest(used, number) and bitAnd(used, bitShiftLeft(toUInt32(1), number) - 1) = 0)
  from (select active, used, count() as users
          from (select groupBitOr(bitShiftLeft(toUInt32(1), {number})) as active,
                       groupBitOr(if(event_name = 'assignment_save', bitShiftLeft(toUInt32(1), {number}), 0)) as used
                  from {table} where event_ts < {until} group by user_number)
         group by active, used)
 array join bitPositionsToArray(active) as number
 group by week;

-- kpi activity_heatmap: uniqExact
select toDayOfWeek(event_ts) as weekday, toHour(event_ts) as hour, count(), uniqExact(user_number)
  from {table} where event_ts >= {since} and event_ts < {until} group by weekday, hour;

-- kpi activity_heatmap: two steps
select intDiv(place, 24) + 1 as weekday, place % 24 as hour, sum(events), count()
  from (select toUInt8(intDiv(toUnixTimestamp64Micro(event_ts) - 1736121600000000, 3600000000) % 168) as place, count() as events
          from {table} where event_ts >= {since} and event_ts < {until} group by user_number, place)
 group by place;

-- kpi top_values
select reason, count() as events, uniqExact(user_number)
  from {table} where event_name = 'assignment_hide' and event_ts >= {since} and event_ts < {until}
 group by reason order by events desc limit 10;

-- kpi user_engagement: uniqExact
with (select uniqExact(event_name) from by_name where event_ts >= {since} and event_ts < {until}) as all_names
select any(user_id) as user,
       100 * (0.4 * uniqExact(toDate(event_ts)) / 90 + 0.3 * pow(0.5, (toDate('2025-04-05') - max(toDate(event_ts))) / 7) + 0.2 * uniqExact(event_name) / all_names
              + 0.1 * count() / uniqExact(toDate(event_ts)) / (count() / uniqExact(toDate(event_ts)) + 10)) as score
  from {table} where event_ts >= {since} and event_ts < {until}
 group by user_number order by score desc, toString(user) limit 100;

-- kpi user_engagement: bit masks of days and names
with (select groupUniqArray(event_name) from by_name where event_ts >= {since} and event_ts < {until}) as all_names
select user, 100 * (0.4 * days / 90 + 0.3 * pow(0.5, (toDate('2025-04-05') - last) / 7) + 0.2 * names / length(all_names) + 0.1 * events / days / (events / days + 10)) as score
  from (select any(user_id) as user, count() as events, max(toDate(event_ts)) as last,
               bitCount(groupBitOr(bitShiftLeft(toUInt64(1), indexOf(all_names, event_name)))) as names,
               bitCount(groupBitOr(if(day < 64, bitShiftLeft(toUInt64(1), day % 64), 0))) + bitCount(groupBitOr(if(day < 64, 0, bitShiftLeft(toUInt64(1), day % 64)))) as days
          from (select user_number, user_id, event_ts, event_name, toUInt8(toDate(event_ts) - toDate('2025-01-06')) as day
                  from {table} where event_ts >= {since} and event_ts < {until})
         group by user_number)
 order by score desc, toString(user) limit 100;

-- kpi funnel: windowFunnel
select arrayJoin([1, 2, 3]) as step, countIf(depth >= step)
  from (select windowFunnel(604800000000)(toUInt64(toUnixTimestamp64Micro(event_ts)),
               event_name = 'assignment_list_view', event_name = 'assignment_view', event_name = 'assignment_apply_click') as depth
          from {table}
         where event_name in ('assignment_list_view', 'assignment_view', 'assignment_apply_click') and event_ts >= {since} and event_ts < {until}
         group by user_number)
 group by step;

-- kpi funnel, strict order: lagInFrame
select arrayJoin([1, 2, 3]) as step, uniqExactIf(user_number, event_name = ['assignment_list_view', 'assignment_view', 'assignment_apply_click'][step] and depth >= step)
  from (select user_number, event_name,
               multiIf(event_name = 'assignment_list_view', 1, event_name = 'assignment_view' and before = 'assignment_list_view' and event_ts <= before_at + interval 7 day, 2,
                       event_name = 'assignment_apply_click' and before = 'assignment_view' and before_that = 'assignment_list_view' and event_ts <= before_that_at + interval 7 day, 3, 0) as depth
          from (select user_number, event_name, event_ts, lagInFrame(event_name) over w as before, lagInFrame(event_name, 2) over w as before_that,
                       lagInFrame(event_ts) over w as before_at, lagInFrame(event_ts, 2) over w as before_that_at
                  from {table} where event_ts >= {since} and event_ts < {until}
                window w as (partition by user_number order by event_ts, position rows between 2 preceding and current row))
         where depth > 0)
 group by step;

-- kpi funnel, strict order: arrays
select arrayJoin([1, 2, 3]) as step, countIf(depth >= step)
  from (select arraySort(groupArray((toUnixTimestamp64Micro(event_ts), position, event_name))) as every, every.1 as times, every.3 as names,
               arrayPushBack(arrayPopFront(names), '') as second, arrayPushBack(arrayPopFront(second), '') as third,
               arrayPushBack(arrayPopFront(times), 0) as second_at, arrayPushBack(arrayPopFront(second_at), 0) as third_at,
               multiIf(not has(names, 'assignment_list_view'), 0,
                       arrayExists((a, b, c, at, until) -> a = 'assignment_list_view' and b = 'assignment_view' and c = 'assignment_apply_click' and until <= at + 604800000000, names, second, third, times, third_at), 3,
                       arrayExists((a, b, at, until) -> a = 'assignment_list_view' and b = 'assignment_view' and until <= at + 604800000000, names, second, times, second_at), 2, 1) as depth
          from {table} where event_ts >= {since} and event_ts < {until} group by user_number)
 group by step;

-- kpi funnel, by the version of the client
select version, arrayJoin([1, 2]) as step, countIf(depth >= step)
  from (select argMin(version, event_ts) as version, windowFunnel(604800000000)(toUInt64(toUnixTimestamp64Micro(event_ts)), event_name = 'assignment_view', event_name = 'assignment_apply_click') as depth
          from {table}
         where event_name in ('assignment_view', 'assignment_apply_click') and event_ts >= {since} and event_ts < {until}
         group by user_number)
 group by version, step;

-- kpi funnel, of the same version of the client
select arrayJoin([1, 2]) as step, countIf(depth >= step)
  from (select max(reached) as depth
          from (select user_number, windowFunnel(604800000000)(toUInt64(toUnixTimestamp64Micro(event_ts)), event_name = 'assignment_view', event_name = 'assignment_apply_click') as reached
                  from {table}
                 where event_name in ('assignment_view', 'assignment_apply_click') and version <> '' and event_ts >= {since} and event_ts < {until}
                 group by user_number, version)
         group by user_number)
 group by step;

-- kpi funnel, entries that convert: lagInFrame
select uniqExact(user_number), count()
  from (select user_number, event_ts, event_name, lagInFrame(event_ts) over w as before_at, lagInFrame(event_name) over w as before
          from {table} where event_name in ('assignment_view', 'assignment_apply_click') and event_ts >= {since} and event_ts < {until}
        window w as (partition by user_number order by event_ts, position rows between 1 preceding and current row))
 where event_name = 'assignment_apply_click' and before = 'assignment_view' and event_ts <= before_at + interval 7 day;

-- kpi funnel_trend
select toDate('2025-01-06') + 7 * number as week, arrayJoin([1, 2]) as step, countIf(step = 1 or converted)
  from (select number, views,
               (clicks > 0 and last_click >= first_view) or (leadInFrame(number) over w = number + 1 and leadInFrame(clicks) over w > 0 and leadInFrame(first_click) over w <= last_view + interval 7 day) as converted
          from (select user_number, {number} as number, countIf(event_name = 'assignment_view') as views, countIf(event_name = 'assignment_apply_click') as clicks,
                       minIf(event_ts, event_name = 'assignment_view') as first_view, maxIf(event_ts, event_name = 'assignment_view') as last_view,
                       minIf(event_ts, event_name = 'assignment_apply_click') as first_click, maxIf(event_ts, event_name = 'assignment_apply_click') as last_click
                  from {table} where event_name in ('assignment_view', 'assignment_apply_click') and event_ts >= {since} and event_ts < {until}
                 group by user_number, number)
        window w as (partition by user_number order by number rows between current row and 1 following))
 where views > 0
 group by number, step;

-- kpi funnel_times: asof join
with times as (
    select argMin(dateDiff('microsecond', v.event_ts, c.event_ts), c.event_ts) / 1e6 as seconds
      from (select user_number, event_ts from {table} where event_name = 'assignment_apply_click' and event_ts >= {since} and event_ts < {until}) c
      asof join (select user_number, event_ts from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until}) v
        on v.user_number = c.user_number and c.event_ts >= v.event_ts
     where c.event_ts <= v.event_ts + interval 7 day
     group by c.user_number
),
(select (min(seconds), greatest(1, ceil((max(seconds) - min(seconds)) / 10))) from times) as bins
select least(10, toUInt32(floor((seconds - bins.1) / bins.2)) + 1) as bin, count() from times group by bin;

-- kpi funnel_times: window
with times as (
    select argMin(dateDiff('microsecond', entered, event_ts), event_ts) / 1e6 as seconds
      from (select user_number, event_name, event_ts, maxIf(event_ts, event_name = 'assignment_view') over (partition by user_number order by event_ts, position rows between unbounded preceding and current row) as entered
              from {table} where event_name in ('assignment_view', 'assignment_apply_click') and event_ts >= {since} and event_ts < {until})
     where event_name = 'assignment_apply_click' and event_ts <= entered + interval 7 day
     group by user_number
),
(select (min(seconds), greatest(1, ceil((max(seconds) - min(seconds)) / 10))) from times) as bins
select least(10, toUInt32(floor((seconds - bins.1) / bins.2)) + 1) as bin, count() from times group by bin;

-- kpi paths: groupArraySorted
select step, source_name, target_name, count()
  from (select arrayMap(e -> e.3, groupArraySorted(4)((event_ts, position, event_name))) as names
          from {table} where event_ts >= {since} and event_ts < {until} group by user_number)
 array join arrayEnumerate(arrayPopBack(names)) as step, arrayPopBack(names) as source_name, arrayPopFront(names) as target_name
 group by step, source_name, target_name;

-- kpi paths: limit by
select step, source_name, target_name, count()
  from (select groupArray(event_name) as names
          from (select user_number, event_name from {table} where event_ts >= {since} and event_ts < {until}
                 order by user_number, event_ts, position limit 4 by user_number)
         group by user_number)
 array join arrayEnumerate(arrayPopBack(names)) as step, arrayPopBack(names) as source_name, arrayPopFront(names) as target_name
 group by step, source_name, target_name;

-- kpi next_events: leadInFrame
select nullIf(after_next, ''), count()
  from (select argMin(after_next, (event_ts, position)) as after_next
          from (select user_number, event_ts, position, event_name, leadInFrame(event_name) over w as next_name, leadInFrame(event_name, 2) over w as after_next
                  from {table} where event_ts >= {since} and event_ts < {until}
                window w as (partition by user_number order by event_ts, position rows between current row and 2 following))
         where event_name = 'assignment_view' and next_name = 'assignment_apply_click'
         group by user_number)
 group by after_next;

-- kpi next_events: arrays
select nullIf(names[place + 2], '') as after_next, count()
  from (select arrayMap(e -> e.3, arraySort(groupArray((event_ts, position, event_name)))) as names,
               arrayFirstIndex((a, b) -> a = 'assignment_view' and b = 'assignment_apply_click', names, arrayPushBack(arrayPopFront(names), '')) as place
          from {table} where event_ts >= {since} and event_ts < {until} group by user_number)
 where place > 0
 group by after_next;

-- kpi session_stats: arrays
select toDate(toDateTime(intDiv(times[1], 1000000), 'UTC')) as day, count(), uniqExact(user_number), round(avg(times[-1] - times[1]) / 1e6, 3)
  from (select user_number, arraySort(groupArray(toUnixTimestamp64Micro(event_ts))) as every
          from {table}
         where event_ts >= toDateTime64('2025-01-11 00:00:00', 6, 'UTC') and event_ts < toDateTime64('2025-04-03 00:00:00', 6, 'UTC')
         group by user_number)
 array join arraySplit((at, gap) -> gap > 1800000000, every, arrayDifference(every)) as times
 where times[1] >= toUnixTimestamp('2025-01-13 00:00:00', 'UTC') * 1000000 and times[1] < toUnixTimestamp('2025-04-01 00:00:00', 'UTC') * 1000000
 group by day;

-- kpi user_sessions: arrays
select user, session[1].1 as started_at, dateDiff('microsecond', session[1].1, session[-1].1) / 1e6, length(session), session[1].3, session[-1].3
  from (select any(user_id) as user, arraySort(groupArray((event_ts, position, event_name))) as every
          from {table}
         where event_ts >= toDateTime64('2025-02-02 00:00:00', 6, 'UTC') and event_ts < toDateTime64('2025-02-05 00:00:00', 6, 'UTC')
         group by user_number)
 array join arraySplit((event, gap) -> gap > 1800000000, every, arrayDifference(arrayMap(e -> toUnixTimestamp64Micro(e.1), every))) as session
 where started_at >= toDateTime64('2025-02-03 00:00:00', 6, 'UTC') and started_at < toDateTime64('2025-02-04 00:00:00', 6, 'UTC');

-- kpi time_to_first
select count(), countIf(reached > 0), round(quantileExactInclusiveIf(0.5)(reached - at, reached > 0) / 1e6, 3)
  from (select toUnixTimestamp64Micro(minIf(event_ts, event_name = 'auth_login' and event_ts >= {since})) as at,
               arrayMin(arrayFilter(t -> t > at, groupArrayIf(toUnixTimestamp64Micro(event_ts), event_name = 'assignment_apply_submit'))) as reached
          from {table}
         where event_name in ('auth_login', 'assignment_apply_submit') and event_ts >= {since} and event_ts < {until}
         group by user_number
        having countIf(event_name = 'auth_login') > 0);

-- kpi time_between: arrays
select count(), countIf(next > 0), round(quantileExactInclusiveIf(0.5)(next - at, next > 0) / 1e6, 3)
  from (select arraySort(groupArray((toUnixTimestamp64Micro(event_ts), position, event_name = 'assignment_apply_click'))) as every
          from {table} where event_name in ('assignment_view', 'assignment_apply_click') and event_ts >= {since} and event_ts < {until}
         group by user_number)
 array join every.1 as at, every.3 as is_click, arrayPopBack(arrayReverseFill((t, c) -> c, arrayPushBack(every.1, 0), arrayPushBack(every.3, 1))) as next
 where not is_click;

-- kpi time_between: window
select count(), countIf(next > 0), round(quantileExactInclusiveIf(0.5)(next - toUnixTimestamp64Micro(event_ts), next > 0) / 1e6, 3)
  from (select event_name, event_ts, toUnixTimestamp64Micro(minIf(event_ts, event_name = 'assignment_apply_click') over (partition by user_number order by event_ts desc, position desc rows between unbounded preceding and current row)) as next
          from {table} where event_name in ('assignment_view', 'assignment_apply_click') and event_ts >= {since} and event_ts < {until})
 where event_name = 'assignment_view';

-- kpi time_between: asof join
select count(), countIf(c.found), round(quantileExactInclusiveIf(0.5)(dateDiff('microsecond', v.event_ts, c.event_ts), c.found) / 1e6, 3)
  from (select user_number, event_ts from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until}) v
  asof left join (select user_number, event_ts, true as found from {table} where event_name = 'assignment_apply_click' and event_ts >= {since} and event_ts < {until}) c
    on c.user_number = v.user_number and v.event_ts <= c.event_ts;

-- kpi time_between, of the same version of the client: arrays
select count(), countIf(next > 0), round(quantileExactInclusiveIf(0.5)(next - at, next > 0) / 1e6, 3)
  from (select arraySort(groupArray((toUnixTimestamp64Micro(event_ts), position, event_name = 'assignment_apply_click'))) as every
          from {table}
         where event_name in ('assignment_view', 'assignment_apply_click') and version <> '' and event_ts >= {since} and event_ts < {until}
         group by user_number, version)
 array join every.1 as at, every.3 as is_click, arrayPopBack(arrayReverseFill((t, c) -> c, arrayPushBack(every.1, 0), arrayPushBack(every.3, 1))) as next
 where not is_click;

-- kpi time_between, of the same version of the client: asof join
select count(), countIf(c.found), round(quantileExactInclusiveIf(0.5)(dateDiff('microsecond', v.event_ts, c.event_ts), c.found) / 1e6, 3)
  from (select user_number, version, event_ts from {table} where event_name = 'assignment_view' and version <> '' and event_ts >= {since} and event_ts < {until}) v
  asof left join (select user_number, version, event_ts, true as found from {table} where event_name = 'assignment_apply_click' and event_ts >= {since} and event_ts < {until}) c
    on c.user_number = v.user_number and c.version = v.version and v.event_ts <= c.event_ts;

-- kpi time_between, of the same version of the client: window
select count(), countIf(next > 0), round(quantileExactInclusiveIf(0.5)(next - toUnixTimestamp64Micro(event_ts), next > 0) / 1e6, 3)
  from (select event_name, event_ts, toUnixTimestamp64Micro(minIf(event_ts, event_name = 'assignment_apply_click') over (partition by user_number, version order by event_ts desc, position desc rows between unbounded preceding and current row)) as next
          from {table} where event_name in ('assignment_view', 'assignment_apply_click') and version <> '' and event_ts >= {since} and event_ts < {until})
 where event_name = 'assignment_view';

-- kpi percentiles
select week, fraction, round(value, 6)
  from (select {week} as week, quantilesExactInclusive(0.5, 0.95, 0.99)(ms) as found
          from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until} group by week)
 array join [0.5, 0.95, 0.99] as fraction, found as value;

-- kpi percentiles_sketched (within 3 %)
select week, fraction, value
  from (select {week} as week, quantilesDD(0.01, 0.5, 0.95, 0.99)(ms) as found
          from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until} group by week)
 array join [0.5, 0.95, 0.99] as fraction, found as value;

-- kpi sum_of
select {week} as week, version, sum(ms), count()
  from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until} group by week, version;

-- kpi avg_of
select {week} as week, round(avg(reply_time_minutes), 6), count()
  from {table} where event_name = 'assignment_reply_received' and event_ts >= {since} and event_ts < {until} group by week;

-- kpi max_of
select {week} as week, version, max(ms), count()
  from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until} group by week, version;

-- kpi min_of
select {week} as week, min(reply_time_minutes), count()
  from {table} where event_name = 'assignment_reply_received' and event_ts >= {since} and event_ts < {until} group by week;

-- kpi rate_of_errors
select {week} as week, version, countIf(event_name = 'assignment_hide'), count()
  from {table} where event_name in ('assignment_hide', 'assignment_view') and event_ts >= {since} and event_ts < {until} group by week, version;

-- kpi rate_of_errors, by user
select any(user_id) as user, countIf(event_name = 'assignment_hide') as errors
  from {table} where event_name in ('assignment_hide', 'assignment_view') and event_ts >= {since} and event_ts < {until}
 group by user_number order by errors desc, count() desc, toString(user) limit 1;

-- kpi experiment_results
select variant, count(), round(avg(submitted >= at), 9)
  from (select minIf(event_ts, is_exposure) as at, minIf(method, is_exposure) as variant, maxIf(method, is_exposure) as other,
               maxIf(event_ts, event_name = 'assignment_apply_submit') as submitted
          from (select user_number, event_ts, event_name, method, event_name = 'assignment_apply_click' and surface = 'website' as is_exposure
                  from {table} where event_name in ('assignment_apply_click', 'assignment_apply_submit') and event_ts >= {since} and event_ts < {until})
         group by user_number having countIf(is_exposure) > 0)
 where variant = other
 group by variant;

-- kpi anomalies
with judged as (
    select day, value, value - quantileExactInclusive(0.5)(value) over (partition by toDayOfWeek(day)) as off
      from (select toDate(event_ts) as day, toFloat64(count()) as value
              from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until} group by day)
)
select day, value, abs(off) > 3.5 * 1.4826 * quantileExactInclusive(0.5)(abs(off)) over () from judged;

-- kpi forecast
with seasons as (
    select number % 7 as season, avg(number) as middle, avg(value) as level, sum(number * value) as xy, sum(number) as x, sum(value) as y, sum(number * number) as xx, count() as n
      from (select toDate(event_ts) - toDate('2025-01-06') as number, toFloat64(count()) as value
              from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until} group by number)
     group by season
),
(select sum(xy - x * y / n) / sum(xx - x * x / n) from seasons) as slope
select toDate('2025-01-06') + day as bucket, level + slope * (day - middle)
  from seasons array join range(90, 104) as day
 where day % 7 = season;

-- kpi backlog
select {week} as week, sum(sum(if(event_name = 'assignment_apply_click', 1, -1))) over (order by week)
  from {table} where event_name in ('assignment_apply_click', 'assignment_apply_submit') and event_ts < {until} group by week;

-- kpi object_ratio
select week, count(), countIf(c.at >= s.at)
  from (select {week} as week, subject_id, min(event_ts) as at from {table} where event_name = 'assignment_save' and event_ts >= {since} and event_ts < {until} group by week, subject_id) s
  left join (select subject_id, max(event_ts) as at from {table} where event_name = 'assignment_apply_click' and event_ts >= {since} group by subject_id) c
    on c.subject_id = s.subject_id
 group by week;
