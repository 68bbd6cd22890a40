-- The questions of questions.sql as a user of DuckDB would ask them. Each way is tried on each {table} and must give the KPI's rows
-- (within N %: the numbers of an estimate, at most so far from the KPI's); the fastest one is measured. {since}, {until}, {week}
-- and {number} stand in statements.py; engines.py makes the tables.

-- kpi event_volume
select event_ts::date, event_name, count(*) from {table} where event_ts >= {since} and event_ts < {until} group by 1, 2;

-- kpi event_volume, by a key
select event_ts::date, version, count(*)
  from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until} group by 1, 2;

-- kpi event_volume, by two keys
select week, '["' || surface || '", "' || method || '"]', events
  from (select {week} as week, surface, method, count(*) as events
          from {table} where event_name = 'assignment_apply_click' and event_ts >= {since} and event_ts < {until} group by 1, 2, 3);

-- kpi active_users, by a key: count(distinct)
select {week}, version, count(distinct user_number)
  from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until} group by 1, 2;

-- kpi active_users, by a key: distinct, then count
select week, version, count(*)
  from (select distinct {week} as week, version, user_number
          from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until})
 group by 1, 2;

-- kpi active_users, by a key: bit mask of weeks per user
with masks as (
    select version, weeks, count(*) as users
      from (select version, bit_or(1 << {number}) as weeks
              from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until}
             group by user_number, version)
     group by 1, 2
)
select date '2025-01-06' + 7 * i::integer, version, sum(users) from masks, range(13) r (i) where weeks >> i::integer & 1 = 1 group by 1, 2;

-- kpi event_ratio, by a key
select {week}, version, count(*) filter (event_name = 'assignment_apply_click'), count(*) filter (event_name = 'assignment_view')
  from {table}
 where event_name in ('assignment_apply_click', 'assignment_view') and event_ts >= {since} and event_ts < {until}
 group by 1, 2;

-- kpi actor_ratio, by a key: two steps
select week, version, count(*) filter (clicked and viewed), count(*) filter (viewed)
  from (select {week} as week, version, bool_or(event_name = 'assignment_apply_click') as clicked, bool_or(event_name = 'assignment_view') as viewed
          from {table}
         where event_name in ('assignment_apply_click', 'assignment_view') and event_ts >= {since} and event_ts < {until}
         group by 1, 2, user_number)
 group by 1, 2;

-- kpi actor_ratio, by a key: bit masks of weeks per user
with masks as (
    select version, viewed, clicked, count(*) as users
      from (select version, bit_or(1 << {number}) filter (event_name = 'assignment_view') as viewed,
                   coalesce(bit_or(1 << {number}) filter (event_name = 'assignment_apply_click'), 0) as clicked
              from {table}
             where event_name in ('assignment_apply_click', 'assignment_view') and event_ts >= {since} and event_ts < {until}
             group by user_number, version)
     group by all
)
select date '2025-01-06' + 7 * i::integer, version, coalesce(sum(users) filter (clicked >> i::integer & 1 = 1), 0), sum(users)
  from masks, range(13) r (i) where viewed >> i::integer & 1 = 1 group by 1, 2;

-- kpi active_users: count(distinct)
select {week}, count(distinct user_number) from {table} where event_ts >= {since} and event_ts < {until} group by 1;

-- kpi active_users: distinct, then count
select week, count(*)
  from (select distinct {week} as week, user_number from {table} where event_ts >= {since} and event_ts < {until}) group by 1;

-- kpi active_users: bit mask of weeks per user
with masks as (
    select weeks, count(*) as users
      from (select bit_or(1 << {number}) as weeks from {table} where event_ts >= {since} and event_ts < {until} group by user_number)
     group by 1
)
select date '2025-01-06' + 7 * i::integer, sum(users) from masks, range(13) r (i) where weeks >> i::integer & 1 = 1 group by 1;

-- kpi active_users, tenants
select {week}, count(distinct tenant_id) from {table} where event_ts >= {since} and event_ts < {until} group by 1;

-- kpi active_users, of a cohort: semi-join
select {week}, count(distinct user_number)
  from {table}
 where event_ts >= {since} and event_ts < {until}
   and user_number in (select user_number from by_name where event_name = 'assignment_apply_submit' group by 1 having count(*) >= 2)
 group by 1;

-- kpi active_users, of a cohort: semi-join, then a bit mask of weeks per user
with masks as (
    select weeks, count(*) as users
      from (select bit_or(1 << {number}) as weeks
              from {table}
             where event_ts >= {since} and event_ts < {until}
               and user_number in (select user_number from by_name where event_name = 'assignment_apply_submit' group by 1 having count(*) >= 2)
             group by user_number)
     group by 1
)
select date '2025-01-06' + 7 * i::integer, sum(users) from masks, range(13) r (i) where weeks >> i::integer & 1 = 1 group by 1;

-- kpi active_users, of those who never applied: anti-join
select {week}, count(distinct user_number)
  from {table} e anti join (select user_number from by_name where event_name = 'assignment_apply_submit') a using (user_number)
 where event_ts >= {since} and event_ts < {until}
 group by 1;

-- kpi active_users, of those who never applied: anti-join, then a bit mask of weeks per user
with masks as (
    select weeks, count(*) as users
      from (select bit_or(1 << {number}) as weeks
              from {table} e anti join (select user_number from by_name where event_name = 'assignment_apply_submit') a using (user_number)
             where event_ts >= {since} and event_ts < {until}
             group by user_number)
     group by 1
)
select date '2025-01-06' + 7 * i::integer, sum(users) from masks, range(13) r (i) where weeks >> i::integer & 1 = 1 group by 1;

-- kpi event_ratio
select {week}, count(*) filter (event_name = 'assignment_apply_click'), count(*) filter (event_name = 'assignment_view')
  from {table}
 where event_name in ('assignment_apply_click', 'assignment_view') and event_ts >= {since} and event_ts < {until}
 group by 1;

-- kpi actor_ratio: two steps
select week, count(*) filter (clicked and viewed), count(*) filter (viewed)
  from (select {week} as week, bool_or(event_name = 'assignment_apply_click') as clicked, bool_or(event_name = 'assignment_view') as viewed
          from {table}
         where event_name in ('assignment_apply_click', 'assignment_view') and event_ts >= {since} and event_ts < {until}
         group by 1, user_number)
 group by 1;

-- kpi actor_ratio: bit masks of weeks per user
with masks as (
    select viewed, clicked, count(*) as users
      from (select bit_or(1 << {number}) filter (event_name = 'assignment_view') as viewed,
                   coalesce(bit_or(1 << {number}) filter (event_name = 'assignment_apply_click'), 0) as clicked
              from {table}
             where event_name in ('assignment_apply_click', 'assignment_view') and event_ts >= {since} and event_ts < {until}
             group by user_number)
     group by all
)
select date '2025-01-06' + 7 * i::integer, coalesce(sum(users) filter (clicked >> i::integer & 1 = 1), 0), sum(users)
  from masks, range(13) r (i) where viewed >> i::integer & 1 = 1 group by 1;

-- kpi retention: bit mask of weeks per user
with masks as (
    select weeks, count(*) as users
      from (select bit_or(1 << {number}) as weeks from {table} where event_ts >= {since} and event_ts < {until} group by user_number)
     group by 1
)
select date '2025-01-06' + 7 * a.i::integer, r.i - a.i, sum(users)
  from masks, range(13) a (i), range(13) r (i)
 where r.i >= a.i and weeks >> a.i::integer & 1 = 1 and weeks >> r.i::integer & 1 = 1
 group by 1, 2;

-- kpi retention, first time: bit mask of weeks per user
with masks as (
    select min(number) as first, weeks, count(*) as users
      from (select min({number}) as number, bit_or(1 << {number}) as weeks from {table} where event_ts < {until} group by user_number)
     group by weeks
)
select date '2025-01-06' + 7 * first, i - first, sum(users) from masks, range(13) r (i) where weeks >> i::integer & 1 = 1 group by 1, 2;

-- kpi retention, to the same version of the client: bit masks
with masks as (
    select user_number, bit_or(1 << {number}) as weeks
      from {table} where event_name = 'assignment_view' and version is not null and event_ts >= {since} and event_ts < {until}
     group by user_number, version
),
later as (
    select cohort, later, count(*) as users
      from (select user_number, i::integer as cohort, bit_or(weeks >> i::integer) as later
              from masks, range(13) r (i) where weeks >> i::integer & 1 = 1 group by 1, 2)
     group by 1, 2
)
select date '2025-01-06' + 7 * cohort, i, sum(users) from later, range(13) r (i) where later >> i::integer & 1 = 1 group by 1, 2;

-- kpi retention, to the same version of the client: self-join
with active as (
    select distinct {number} as number, user_number, version
      from {table} where event_name = 'assignment_view' and version is not null and event_ts >= {since} and event_ts < {until}
)
select date '2025-01-06' + 7 * a.number, b.number - a.number, count(distinct user_number)
  from active a join active b using (user_number, version) where b.number >= a.number group by 1, 2;

-- kpi retention, by a key: bit masks
with masks as (
    select user_number, surface, bit_or(1 << {number}) as weeks
      from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until}
     group by 1, 2
),
every as (
    select surface, weeks, every, count(*) as users
      from (select surface, weeks, bit_or(weeks) over (partition by user_number) as every from masks)
     group by all
)
select date '2025-01-06' + 7 * a.i::integer, surface, r.i - a.i, sum(users)
  from every, range(13) a (i), range(13) r (i)
 where r.i >= a.i and weeks >> a.i::integer & 1 = 1 and every >> r.i::integer & 1 = 1
 group by 1, 2, 3;

-- kpi retention, by a key: bit masks, a join instead of a window
with masks as (
    select user_number, surface, bit_or(1 << {number}) as weeks
      from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until}
     group by 1, 2
),
every as (
    select surface, weeks, every, count(*) as users
      from masks join (select user_number, bit_or(weeks) as every from masks group by 1) using (user_number)
     group by all
)
select date '2025-01-06' + 7 * a.i::integer, surface, r.i - a.i, sum(users)
  from every, range(13) a (i), range(13) r (i)
 where r.i >= a.i and weeks >> a.i::integer & 1 = 1 and every >> r.i::integer & 1 = 1
 group by 1, 2, 3;

-- kpi lifecycle: bit mask of weeks per user
with masks as (
    select weeks, count(*) as users
      from (select bit_or(1 << {number}) as weeks from {table} where event_ts < {until} group by user_number)
     group by 1
),
judged as (
    select i, users, weeks & ((1 << i::integer) - 1) as earlier, weeks >> i::integer & 1 = 1 as now, i > 0 and weeks >> greatest(i - 1, 0)::integer & 1 = 1 as before
      from masks, range(12) r (i)
)
select date '2025-01-06' + 7 * i::integer, case when not now then 'dormant' when before then 'returning' when earlier = 0 then 'new' else 'resurrecting' end,
       sum(case when now then users else -users end)
  from judged where now or before group by 1, 2;

-- kpi stickiness: bit mask of weeks per user
select bit_count(weeks), count(*)
  from (select bit_or(1 << {number}) as weeks from {table} where event_ts >= {since} and event_ts < {until} group by user_number)
 group by 1;

-- kpi stickiness: count(distinct)
select weeks, count(*)
  from (select count(distinct {number}) as weeks from {table} where event_ts >= {since} and event_ts < {until} group by user_number)
 group by 1;

-- kpi dau_mau: bit mask of days per user and month
select month, count(*), round(sum(bit_count(days)) / bit_count(bit_or(days)), 6)
  from (select date_trunc('month', event_ts) as month, bit_or(1::bigint << day(event_ts)) as days
          from {table} where event_ts >= timestamp '2025-02-01' and event_ts < timestamp '2025-04-01' group by 1, user_number)
 group by 1;

-- kpi dau_mau: distinct days of users
select date_trunc('month', day), count(distinct user_number), round(count(*) / count(distinct day), 6)
  from (select distinct event_ts::date as day, user_number from {table} where event_ts >= timestamp '2025-02-01' and event_ts < timestamp '2025-04-01')
 group by 1;

-- kpi feature_adoption: bit masks of weeks per user
with masks as (
    select active, used, count(*) as users
      from (select bit_or(1 << {number}) as active, coalesce(bit_or(1 << {number}) filter (event_name = 'assignment_save'), 0) as used
              from {table} where event_ts < {until} group by user_number)
     group by 1, 2
)
select date '2025-01-06' + 7 * i::integer, sum(users), coalesce(sum(users) filter (used >> i::integer & 1 = 1), 0),
       coalesce(sum(users) filter (used & ((2 << i::integer) - 1) = 1 << i::integer), 0)
  from masks, range(13) r (i) where active >> i::integer & 1 = 1 group by 1;

-- kpi activity_heatmap: count(distinct)
select isodow(event_ts), hour(event_ts), count(*), count(distinct user_number)
  from {table} where event_ts >= {since} and event_ts < {until} group by 1, 2;

-- kpi activity_heatmap: two steps
select place // 24 + 1, place % 24, sum(events), count(*)
  from (select ((epoch_us(event_ts) - 1736121600000000) // 3600000000 % 168)::utinyint as place, user_number, count(*) as events
          from {table} where event_ts >= {since} and event_ts < {until} group by 1, 2)
 group by place;

-- kpi top_values
select reason, count(*) as events, count(distinct user_number)
  from {table} where event_name = 'assignment_hide' and event_ts >= {since} and event_ts < {until} group by 1 order by events desc limit 10;

-- kpi user_engagement: count(distinct)
select user_id, 100 * (0.4::double * days / 90 + 0.3::double * 0.5::double ^ ((date '2025-04-05' - last) / 7) + 0.2::double * names / all_names + 0.1::double * x / (x + 10)) as score
  from (select any_value(user_id) as user_id, count(distinct event_ts::date) as days, count(distinct event_name) as names, max(event_ts)::date as last, count(*) / days as x
          from {table} where event_ts >= {since} and event_ts < {until} group by user_number),
       (select count(distinct event_name) as all_names from {table} where event_ts >= {since} and event_ts < {until})
 order by score desc, user_id limit 100;

-- kpi user_engagement: bit masks of days and names
with names as (select list(distinct event_name) as every from by_name where event_ts >= {since} and event_ts < {until})
select user_id, 100 * (0.4::double * days / 90 + 0.3::double * 0.5::double ^ ((date '2025-04-05' - last) / 7) + 0.2::double * names / all_names + 0.1::double * x / (x + 10)) as score
  from (select any_value(user_id) as user_id, bit_count(bit_or(1::hugeint << (event_ts::date - date '2025-01-06')::integer)) as days,
               bit_count(bit_or(1 << list_position((select every from names), event_name))) as names, (select len(every) from names) as all_names,
               max(event_ts)::date as last, count(*) / days as x
          from {table} where event_ts >= {since} and event_ts < {until} group by user_number)
 order by score desc, user_id limit 100;

-- kpi funnel: as-of joins
with step_1 as (select user_number, event_ts from {table} where event_name = 'assignment_list_view' and event_ts >= {since} and event_ts < {until}),
step_2_events as (select user_number, event_ts from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until}),
step_3_events as (select user_number, event_ts from {table} where event_name = 'assignment_apply_click' and event_ts >= {since} and event_ts < {until}),
step_2 as (
    select e.user_number, e.event_ts, s.event_ts as entered
      from step_2_events e asof join step_1 s on s.user_number = e.user_number and e.event_ts >= s.event_ts
     where e.event_ts <= s.event_ts + interval 7 days
),
step_3 as (
    select e.user_number, e.event_ts, s.entered
      from step_3_events e asof join step_2 s on s.user_number = e.user_number and e.event_ts >= s.event_ts
)
select 1, count(distinct user_number) from step_1
 union all
select 2, count(distinct user_number) from step_2
 union all
select 3, count(distinct user_number) from step_3 where event_ts <= entered + interval 7 days;

-- kpi funnel: windows
with steps as (
    select user_number, event_ts, event_name, max(event_ts) filter (event_name = 'assignment_list_view') over (partition by user_number order by event_ts) as entered
      from {table}
     where event_name in ('assignment_list_view', 'assignment_view', 'assignment_apply_click') and event_ts >= {since} and event_ts < {until}
),
second as (
    select user_number, event_ts, event_name,
           max(case when event_name = 'assignment_view' and event_ts <= entered + interval 7 days then entered end) over (partition by user_number order by event_ts) as entered
      from steps
)
select 1, count(distinct user_number) from steps where entered is not null
 union all
select 2, count(distinct user_number) from second where entered is not null
 union all
select 3, count(distinct user_number) from second where event_name = 'assignment_apply_click' and event_ts <= entered + interval 7 days;

-- kpi funnel, strict order
with depths as (
    select user_number,
           case event_name when 'assignment_list_view' then 1
                when 'assignment_view' then case when before = 'assignment_list_view' and event_ts <= before_at + interval 7 days then 2 end
                when 'assignment_apply_click' then case when before = 'assignment_view' and before_that = 'assignment_list_view' and event_ts <= before_that_at + interval 7 days then 3 end
           end as depth
      from (select user_number, event_name, event_ts, lag(event_name) over w as before, lag(event_name, 2) over w as before_that, lag(event_ts) over w as before_at, lag(event_ts, 2) over w as before_that_at
              from {table} where event_ts >= {since} and event_ts < {until}
            window w as (partition by user_number order by event_ts, position))
)
select i, count(*) from (select max(depth) as depth from depths group by user_number), range(1, 4) r (i) where depth >= i group by 1;

-- kpi funnel, by the version of the client: as-of join
with e as (
    select user_number, event_ts, event_name, version from {table} where event_name in ('assignment_view', 'assignment_apply_click') and event_ts >= {since} and event_ts < {until}
),
users as (
    select user_number, arg_min(version, event_ts) as version from e group by 1 having bool_or(event_name = 'assignment_view')
),
converted as (
    select distinct c.user_number
      from (from e where event_name = 'assignment_apply_click') c
      asof join (from e where event_name = 'assignment_view') v on v.user_number = c.user_number and c.event_ts >= v.event_ts
     where c.event_ts <= v.event_ts + interval 7 days
)
select version, i, case i when 1 then count(*) else count(c.user_number) end from users u left join converted c using (user_number), range(1, 3) r (i) group by 1, 2;

-- kpi funnel, by the version of the client: window
with e as (
    select user_number, event_ts, event_name, version, max(event_ts) filter (event_name = 'assignment_view') over (partition by user_number order by event_ts) as entered
      from {table} where event_name in ('assignment_view', 'assignment_apply_click') and event_ts >= {since} and event_ts < {until}
),
users as (
    select arg_min(version, event_ts) as version, bool_or(event_name = 'assignment_apply_click' and event_ts <= entered + interval 7 days) as converted
      from e group by user_number having max(entered) is not null
)
select version, i, count(*) from users, range(1, 3) r (i) where i = 1 or converted group by 1, 2;

-- kpi funnel, of the same version of the client: as-of join
with e as (
    select user_number, event_ts, event_name, version
      from {table} where event_name in ('assignment_view', 'assignment_apply_click') and version is not null and event_ts >= {since} and event_ts < {until}
)
select 1, count(distinct user_number) from e where event_name = 'assignment_view'
 union all
select 2, count(distinct c.user_number)
  from (from e where event_name = 'assignment_apply_click') c
  asof join (from e where event_name = 'assignment_view') v on v.user_number = c.user_number and v.version = c.version and c.event_ts >= v.event_ts
 where c.event_ts <= v.event_ts + interval 7 days;

-- kpi funnel, of the same version of the client: window
with e as (
    select user_number, event_ts, event_name, max(event_ts) filter (event_name = 'assignment_view') over (partition by user_number, version order by event_ts) as entered
      from {table} where event_name in ('assignment_view', 'assignment_apply_click') and version is not null and event_ts >= {since} and event_ts < {until}
)
select 1, count(distinct user_number) from e where event_name = 'assignment_view'
 union all
select 2, count(distinct user_number) from e where event_name = 'assignment_apply_click' and event_ts <= entered + interval 7 days;

-- kpi funnel, entries that convert
select count(distinct user_number), count(*)
  from (select user_number
          from {table} where event_name in ('assignment_view', 'assignment_apply_click') and event_ts >= {since} and event_ts < {until}
        window w as (partition by user_number order by event_ts, position)
       qualify event_name = 'assignment_apply_click' and lag(event_name) over w = 'assignment_view' and event_ts <= lag(event_ts) over w + interval 7 days);

-- kpi funnel_trend
with weeks as (
    select user_number, {number} as number, min(event_ts) filter (event_name = 'assignment_view') as first_view, max(event_ts) filter (event_name = 'assignment_view') as last_view,
           min(event_ts) filter (event_name = 'assignment_apply_click') as first_click, max(event_ts) filter (event_name = 'assignment_apply_click') as last_click
      from {table} where event_name in ('assignment_view', 'assignment_apply_click') and event_ts >= {since} and event_ts < {until}
     group by 1, 2
),
entries as (
    select w.number, w.last_click >= w.first_view or coalesce(n.first_click <= w.last_view + interval 7 days, false) as converted
      from weeks w left join weeks n on n.user_number = w.user_number and n.number = w.number + 1
     where w.first_view is not null
)
select date '2025-01-06' + 7 * number, i, count(*) filter (i = 1 or converted) from entries, range(1, 3) r (i) group by 1, 2;

-- kpi funnel_times: as-of join
with times as (
    select epoch_us(arg_min(c.event_ts - v.event_ts, c.event_ts)) as took
      from (select user_number, event_ts from {table} where event_name = 'assignment_apply_click' and event_ts >= {since} and event_ts < {until}) c
      asof join (select user_number, event_ts from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until}) v
        on v.user_number = c.user_number and c.event_ts >= v.event_ts
     where c.event_ts <= v.event_ts + interval 7 days
     group by c.user_number
),
bins as (select min(took) as shortest, greatest(1, ceil((max(took) - min(took)) / 10e6))::bigint * 1000000 as width from times)
select least(10, (took - shortest) // width + 1), count(*) from times, bins group by 1;

-- kpi funnel_times: window
with times as (
    select epoch_us(arg_min(event_ts - entered, event_ts)) as took
      from (select user_number, event_name, event_ts, max(event_ts) filter (event_name = 'assignment_view') over (partition by user_number order by event_ts) as entered
              from {table} where event_name in ('assignment_view', 'assignment_apply_click') and event_ts >= {since} and event_ts < {until})
     where event_name = 'assignment_apply_click' and event_ts <= entered + interval 7 days
     group by user_number
),
bins as (select min(took) as shortest, greatest(1, ceil((max(took) - min(took)) / 10e6))::bigint * 1000000 as width from times)
select least(10, (took - shortest) // width + 1), count(*) from times, bins group by 1;

-- kpi paths: row_number
select step, source_name, target_name, count(*)
  from (select row_number() over w as step, event_name as source_name, lead(event_name) over w as target_name
          from {table} where event_ts >= {since} and event_ts < {until}
        window w as (partition by user_number order by event_ts, position)
       qualify step <= 3 and target_name is not null)
 group by 1, 2, 3;

-- kpi paths: the first four of each user
with firsts as (
    select min_by(event_name, (event_ts, position), 4) as names from {table} where event_ts >= {since} and event_ts < {until} group by user_number
)
select i, names[i], names[i + 1], count(*) from firsts, range(1, 4) r (i) where i < len(names) group by 1, 2, 3;

-- kpi next_events
with e as (
    select user_number, event_ts, position, event_name, lead(event_name) over w as next_name, lead(event_name, 2) over w as after_next
      from {table} where event_ts >= {since} and event_ts < {until}
    window w as (partition by user_number order by event_ts, position)
)
select after_next, count(*)
  from (select arg_min_null(after_next, (event_ts, position)) as after_next from e where event_name = 'assignment_view' and next_name = 'assignment_apply_click' group by user_number)
 group by 1;

-- kpi session_stats
with e as (
    select user_number, event_ts, event_ts - lag(event_ts) over (partition by user_number order by event_ts) > interval 30 minutes is distinct from false as begins
      from {table} where event_ts >= timestamp '2025-01-11' and event_ts < timestamp '2025-04-03'
),
numbered as (select user_number, event_ts, count(*) filter (begins) over (partition by user_number order by event_ts) as n from e),
sessions as (select user_number, n, min(event_ts) as first, max(event_ts) as last from numbered group by 1, 2)
select first::date, count(*), count(distinct user_number), round(avg(epoch_us(last) - epoch_us(first)) / 1e6, 3)
  from sessions where first >= timestamp '2025-01-13' and first < timestamp '2025-04-01' group by 1;

-- kpi session_stats: ends by the next beginning
with e as (
    select user_number, event_ts, lag(event_ts) over w as before, lead(event_ts) over w as after
      from {table} where event_ts >= timestamp '2025-01-11' and event_ts < timestamp '2025-04-03'
    window w as (partition by user_number order by event_ts, position)
),
edges as (
    select user_number, event_ts as first, begins, case when ends then event_ts else lead(event_ts) over (partition by user_number order by event_ts, ends) end as last
      from (select user_number, event_ts, event_ts - before > interval 30 minutes is distinct from false as begins, after - event_ts > interval 30 minutes is distinct from false as ends from e)
     where begins or ends
)
select first::date, count(*), count(distinct user_number), round(avg(epoch_us(last) - epoch_us(first)) / 1e6, 3)
  from edges where begins and first >= timestamp '2025-01-13' and first < timestamp '2025-04-01' group by 1;

-- kpi user_sessions
with e as (
    select user_number, user_id, event_ts, position, event_name, event_ts - lag(event_ts) over w > interval 30 minutes is distinct from false as begins
      from {table} where event_ts >= timestamp '2025-02-02' and event_ts < timestamp '2025-02-05'
    window w as (partition by user_number order by event_ts, position)
),
numbered as (select *, count(*) filter (begins) over (partition by user_number order by event_ts, position) as n from e)
select any_value(user_id), min(event_ts) as started_at, epoch_us(max(event_ts) - min(event_ts)) / 1e6, count(*), arg_min(event_name, (event_ts, position)), arg_max(event_name, (event_ts, position))
  from numbered group by user_number, n having started_at >= timestamp '2025-02-03' and started_at < timestamp '2025-02-04';

-- kpi time_to_first
with anchors as (
    select user_number, min(event_ts) as began from {table} where event_name = 'auth_login' and event_ts >= {since} and event_ts < {until} group by 1
),
reached as (
    select a.began, min(t.event_ts) as target
      from anchors a left join (select user_number, event_ts from {table} where event_name = 'assignment_apply_submit') t on t.user_number = a.user_number and t.event_ts > a.began
     group by a.user_number, a.began
)
select count(*), count(target), round(quantile_cont(epoch_us(target) - epoch_us(began), 0.5) / 1e6, 3) from reached;

-- kpi time_to_first: as-of join
with anchors as (
    select user_number, min(event_ts) as began from {table} where event_name = 'auth_login' and event_ts >= {since} and event_ts < {until} group by 1
)
select count(*), count(t.event_ts), round(quantile_cont(epoch_us(t.event_ts) - epoch_us(began), 0.5) / 1e6, 3)
  from anchors a asof left join (select user_number, event_ts from {table} where event_name = 'assignment_apply_submit') t on t.user_number = a.user_number and a.began < t.event_ts;

-- kpi time_between: window
select count(*), count(next_at), round(quantile_cont(epoch_us(next_at) - epoch_us(event_ts), 0.5) / 1e6, 3)
  from (select event_name, event_ts, min(event_ts) filter (event_name = 'assignment_apply_click') over (partition by user_number order by event_ts, position rows between 1 following and unbounded following) as next_at
          from {table} where event_name in ('assignment_view', 'assignment_apply_click') and event_ts >= {since} and event_ts < {until})
 where event_name = 'assignment_view';

-- kpi time_between: as-of join
select count(*), count(c.event_ts), round(quantile_cont(epoch_us(c.event_ts) - epoch_us(v.event_ts), 0.5) / 1e6, 3)
  from (select user_number, event_ts from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until}) v
  asof left join (select user_number, event_ts from {table} where event_name = 'assignment_apply_click' and event_ts >= {since} and event_ts < {until}) c
    on c.user_number = v.user_number and v.event_ts <= c.event_ts;

-- kpi time_between, of the same version of the client: window
select count(*), count(next_at), round(quantile_cont(epoch_us(next_at) - epoch_us(event_ts), 0.5) / 1e6, 3)
  from (select event_name, event_ts, min(event_ts) filter (event_name = 'assignment_apply_click') over (partition by user_number, version order by event_ts, position rows between 1 following and unbounded following) as next_at
          from {table} where event_name in ('assignment_view', 'assignment_apply_click') and version is not null and event_ts >= {since} and event_ts < {until})
 where event_name = 'assignment_view';

-- kpi time_between, of the same version of the client: as-of join
select count(*), count(c.event_ts), round(quantile_cont(epoch_us(c.event_ts) - epoch_us(v.event_ts), 0.5) / 1e6, 3)
  from (select user_number, version, event_ts from {table} where event_name = 'assignment_view' and version is not null and event_ts >= {since} and event_ts < {until}) v
  asof left join (select user_number, version, event_ts from {table} where event_name = 'assignment_apply_click' and event_ts >= {since} and event_ts < {until}) c
    on c.user_number = v.user_number and c.version = v.version and v.event_ts <= c.event_ts;

-- kpi percentiles
select week, unnest([0.5, 0.95, 0.99]), round(unnest(found), 6)
  from (select {week} as week, quantile_cont(ms, [0.5, 0.95, 0.99]) as found
          from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until} group by 1);

-- kpi percentiles_sketched (within 3 %)
select week, unnest([0.5, 0.95, 0.99]), unnest(found)
  from (select {week} as week, approx_quantile(ms, [0.5, 0.95, 0.99]) as found
          from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until} group by 1);

-- kpi sum_of
select {week}, version, sum(ms), count(*)
  from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until} group by 1, 2;

-- kpi avg_of
select {week}, round(avg(reply_time_minutes), 6), count(*)
  from {table} where event_name = 'assignment_reply_received' and event_ts >= {since} and event_ts < {until} group by 1;

-- kpi max_of
select {week}, version, max(ms), count(*)
  from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until} group by 1, 2;

-- kpi min_of
select {week}, min(reply_time_minutes), count(*)
  from {table} where event_name = 'assignment_reply_received' and event_ts >= {since} and event_ts < {until} group by 1;

-- kpi rate_of_errors
select {week}, version, count(*) filter (event_name = 'assignment_hide'), count(*)
  from {table} where event_name in ('assignment_hide', 'assignment_view') and event_ts >= {since} and event_ts < {until} group by 1, 2;

-- kpi rate_of_errors, by user
select any_value(user_id) as user_id, count(*) filter (event_name = 'assignment_hide') as errors
  from {table} where event_name in ('assignment_hide', 'assignment_view') and event_ts >= {since} and event_ts < {until}
 group by user_number order by errors desc, count(*) desc, user_id limit 1;

-- kpi experiment_results
with users as (
    select min(event_ts) filter (is_exposure) as exposed, min(method) filter (is_exposure) as variant, max(method) filter (is_exposure) as other,
           max(event_ts) filter (event_name = 'assignment_apply_submit') as submitted
      from (select *, event_name = 'assignment_apply_click' and surface = 'website' as is_exposure
              from {table} where event_name in ('assignment_apply_click', 'assignment_apply_submit') and event_ts >= {since} and event_ts < {until})
     group by user_number
)
select variant, count(*), round(avg(coalesce(submitted >= exposed, false)::integer), 9) from users where variant = other group by 1;

-- kpi anomalies
with judged as (
    select day, value, value - median(value) over (partition by isodow(day)) as off
      from (select event_ts::date as day, count(*)::double as value
              from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until} group by 1)
)
select day, value, abs(off) > 3.5 * 1.4826 * median(abs(off)) over () from judged;

-- kpi forecast
with days as (
    select event_ts::date - date '2025-01-06' as number, count(*)::double as value
      from {table} where event_name = 'assignment_view' and event_ts >= {since} and event_ts < {until} group by 1
),
seasons as (select number % 7 as season, avg(number) as middle, avg(value) as level, regr_sxy(value, number) as xy, regr_sxx(value, number) as xx from days group by 1)
select date '2025-01-06' + day::integer, level + (select sum(xy) / sum(xx) from seasons) * (day - middle)
  from seasons, range(90, 104) r (day) where day % 7 = season;

-- kpi backlog
select {week}, sum(sum(case when event_name = 'assignment_apply_click' then 1 else -1 end)) over (order by {week})
  from {table} where event_name in ('assignment_apply_click', 'assignment_apply_submit') and event_ts < {until} group by 1;

-- kpi object_ratio
with saved as (
    select {week} as week, subject_id, min(event_ts) as at
      from {table} where event_name = 'assignment_save' and subject_id is not null and event_ts >= {since} and event_ts < {until} group by 1, 2
),
clicked as (select subject_id, max(event_ts) as at from {table} where event_name = 'assignment_apply_click' and subject_id is not null and event_ts >= {since} group by 1)
select s.week, count(*), count(*) filter (c.at >= s.at) from saved s left join clicked c using (subject_id) group by 1;
