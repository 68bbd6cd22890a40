-- Every KPI, and what an analyst would write instead: the same rows from plain SQL over the log, with 90 days in UTC. Each
-- question is a "-- kpi NAME" with two statements that must give the same rows, whatever their order; (SQL: within N %): the
-- numbers of an estimate, at most so far apart.

-- kpi event_volume
select bucket, event_name, events from telemetry.event_volume(since => '2025-01-06', until => '2025-04-06', grain => 'day') where events > 0;
select date_trunc('day', event_ts), event_name, count(*) from telemetry.events where event_ts >= '2025-01-06' and event_ts < '2025-04-06' group by 1, 2;

-- kpi event_volume, by a key
select bucket, breakdown_value, events from telemetry.event_volume('{assignment_view}', '2025-01-06', '2025-04-06', 'day', breakdown => 'version') where events > 0;
select date_trunc('day', event_ts), payload ->> 'version', count(*)
  from telemetry.events where event_name = 'assignment_view' and event_ts >= '2025-01-06' and event_ts < '2025-04-06' group by 1, 2;

-- kpi event_volume, by two keys
select bucket, breakdown_value, events from telemetry.event_volume('{assignment_apply_click}', '2025-01-06', '2025-04-06', 'week', breakdown => '{surface,method}', top_n => 1000) where events > 0;
select date_trunc('week', event_ts), jsonb_build_array(payload ->> 'surface', payload ->> 'method')::text, count(*)
  from telemetry.events where event_name = 'assignment_apply_click' and event_ts >= '2025-01-06' and event_ts < '2025-04-06' group by 1, 2;

-- kpi active_users, by a key
select bucket, breakdown_value, actors from telemetry.active_users('{assignment_view}', '2025-01-06', '2025-04-06', 'week', breakdown => 'version');
select date_trunc('week', event_ts), payload ->> 'version', count(distinct user_id)
  from telemetry.events where event_name = 'assignment_view' and event_ts >= '2025-01-06' and event_ts < '2025-04-06' group by 1, 2;

-- kpi event_ratio, by a key
select bucket, breakdown_value, numerator, denominator from telemetry.event_ratio('assignment_apply_click', 'assignment_view', since => '2025-01-06', until => '2025-04-06', grain => 'week', breakdown => 'version');
select date_trunc('week', event_ts), payload ->> 'version', count(*) filter (where event_name = 'assignment_apply_click'), count(*) filter (where event_name = 'assignment_view')
  from telemetry.events
 where event_name in ('assignment_apply_click', 'assignment_view') and event_ts >= '2025-01-06' and event_ts < '2025-04-06'
 group by 1, 2;

-- kpi actor_ratio, by a key
select bucket, breakdown_value, numerator, denominator from telemetry.actor_ratio('assignment_apply_click', 'assignment_view', since => '2025-01-06', until => '2025-04-06', grain => 'week', breakdown => 'version');
select week, version, count(*) filter (where clicked and viewed), count(*) filter (where viewed)
  from (select date_trunc('week', event_ts) as week, payload ->> 'version' as version, user_id, bool_or(event_name = 'assignment_apply_click') as clicked, bool_or(event_name = 'assignment_view') as viewed
          from telemetry.events
         where event_name in ('assignment_apply_click', 'assignment_view') and event_ts >= '2025-01-06' and event_ts < '2025-04-06'
         group by 1, 2, 3) u
 group by 1, 2;

-- kpi active_users
select bucket, actors from telemetry.active_users(since => '2025-01-06', until => '2025-04-06', grain => 'week');
select date_trunc('week', event_ts), count(distinct user_id) from telemetry.events where event_ts >= '2025-01-06' and event_ts < '2025-04-06' group by 1;

-- kpi active_users, tenants
select bucket, actors from telemetry.active_users(since => '2025-01-06', until => '2025-04-06', grain => 'week', actor => 'tenant');
select date_trunc('week', event_ts), count(distinct tenant_id) from telemetry.events where event_ts >= '2025-01-06' and event_ts < '2025-04-06' group by 1;

-- kpi active_users, of a cohort
select bucket, actors from telemetry.active_users(since => '2025-01-06', until => '2025-04-06', grain => 'week', filter => '{"$cohort": "applicants"}');
select date_trunc('week', event_ts), count(distinct user_id)
  from telemetry.events
 where event_ts >= '2025-01-06' and event_ts < '2025-04-06'
   and user_id in (select user_id from telemetry.events where event_name = 'assignment_apply_submit' group by 1 having count(*) >= 2)
 group by 1;

-- kpi active_users, of those who never applied
select bucket, actors from telemetry.active_users(since => '2025-01-06', until => '2025-04-06', grain => 'week', filter => '{"$cohort": "never_applied"}');
select date_trunc('week', event_ts), count(distinct user_id)
  from telemetry.events e
 where event_ts >= '2025-01-06' and event_ts < '2025-04-06' and user_id is not null
   and not exists (select from telemetry.events a where a.event_name = 'assignment_apply_submit' and a.user_id = e.user_id)
 group by 1;

-- kpi event_ratio
select bucket, numerator, denominator from telemetry.event_ratio('assignment_apply_click', 'assignment_view', since => '2025-01-06', until => '2025-04-06', grain => 'week');
select date_trunc('week', event_ts), count(*) filter (where event_name = 'assignment_apply_click'), count(*) filter (where event_name = 'assignment_view')
  from telemetry.events
 where event_name in ('assignment_apply_click', 'assignment_view') and event_ts >= '2025-01-06' and event_ts < '2025-04-06'
 group by 1;

-- kpi actor_ratio
select bucket, numerator, denominator from telemetry.actor_ratio('assignment_apply_click', 'assignment_view', since => '2025-01-06', until => '2025-04-06', grain => 'week');
select week, count(*) filter (where clicked and viewed), count(*) filter (where viewed)
  from (select date_trunc('week', event_ts) as week, user_id, bool_or(event_name = 'assignment_apply_click') as clicked, bool_or(event_name = 'assignment_view') as viewed
          from telemetry.events
         where event_name in ('assignment_apply_click', 'assignment_view') and event_ts >= '2025-01-06' and event_ts < '2025-04-06'
         group by 1, 2) u
 group by 1;

-- kpi retention
select cohort, period, actors from telemetry.retention(null, null, '2025-01-06', '2025-04-06', 'week') where actors > 0;
with active as materialized (
    select distinct date_trunc('week', event_ts) as week, user_id from telemetry.events where event_ts >= '2025-01-06' and event_ts < '2025-04-06'
)
select a.week, (extract(epoch from b.week - a.week) / 604800)::integer, count(*) from active a join active b using (user_id) where b.week >= a.week group by 1, 2;

-- kpi retention, first time
select cohort, period, actors from telemetry.retention(null, null, '2025-01-06', '2025-04-06', 'week', kind => 'first_time') where actors > 0;
with active as materialized (
    select distinct date_trunc('week', event_ts) as week, user_id from telemetry.events where event_ts < '2025-04-06'
),
first_week as (select user_id, min(week) as week from active group by 1)
select a.week, (extract(epoch from b.week - a.week) / 604800)::integer, count(*)
  from first_week a join active b using (user_id)
 where a.week >= '2025-01-06' and b.week >= a.week
 group by 1, 2;

-- kpi retention, to the same version of the client
select cohort, period, actors from telemetry.retention('assignment_view', 'assignment_view', '2025-01-06', '2025-04-06', 'week', match => '{version}') where actors > 0;
with active as materialized (
    select distinct date_trunc('week', event_ts) as week, user_id, payload ->> 'version' as version
      from telemetry.events where event_name = 'assignment_view' and event_ts >= '2025-01-06' and event_ts < '2025-04-06' and payload ->> 'version' is not null
)
select a.week, (extract(epoch from b.week - a.week) / 604800)::integer, count(distinct user_id) from active a join active b using (user_id, version) where b.week >= a.week group by 1, 2;

-- kpi retention, by a key
select cohort, breakdown_value, period, actors from telemetry.retention('assignment_view', 'assignment_view', '2025-01-06', '2025-04-06', 'week', breakdown => 'surface') where actors > 0;
with active as materialized (
    select distinct date_trunc('week', event_ts) as week, user_id, payload ->> 'surface' as surface
      from telemetry.events where event_name = 'assignment_view' and event_ts >= '2025-01-06' and event_ts < '2025-04-06' and user_id is not null
)
select a.week, a.surface, (extract(epoch from b.week - a.week) / 604800)::integer, count(distinct a.user_id)
  from active a join (select distinct week, user_id from active) b using (user_id) where b.week >= a.week group by 1, 2, 3;

-- kpi lifecycle
select bucket, status, actors from telemetry.lifecycle(since => '2025-01-06', until => '2025-04-06', grain => 'week') where actors <> 0 and bucket < '2025-03-31';
with active as materialized (
    select distinct date_trunc('week', event_ts) as week, user_id from telemetry.events where event_ts < '2025-04-06'
),
marked as (
    select week, user_id, lag(week) over w as before, lead(week) over w as after from active window w as (partition by user_id order by week)
)
select week, case when before is null then 'new' when before = week - interval '7 days' then 'returning' else 'resurrecting' end, count(*)
  from marked where week < '2025-03-31' group by 1, 2
 union all
select week + interval '7 days', 'dormant', -count(*) from marked where after is distinct from week + interval '7 days' and week < '2025-03-24' group by 1;

-- kpi stickiness
select periods, actors from telemetry.stickiness(since => '2025-01-06', until => '2025-04-06', grain => 'week') where actors > 0;
select periods, count(*)
  from (select user_id, count(distinct date_trunc('week', event_ts)) as periods from telemetry.events where event_ts >= '2025-01-06' and event_ts < '2025-04-06' group by 1) u
 group by 1;

-- kpi dau_mau
select bucket, actors, round(average_actors::numeric, 6) from telemetry.dau_mau(since => '2025-02-01', until => '2025-04-01', grain => 'month');
with days as (
    select date_trunc('month', event_ts) as month, date_trunc('day', event_ts) as day, count(distinct user_id) as actors
      from telemetry.events where event_ts >= '2025-02-01' and event_ts < '2025-04-01' group by 1, 2
),
months as (
    select date_trunc('month', event_ts) as month, count(distinct user_id) as actors
      from telemetry.events where event_ts >= '2025-02-01' and event_ts < '2025-04-01' group by 1
)
select m.month, m.actors, round(sum(d.actors) / count(*), 6) from months m join days d using (month) group by 1, 2;

-- kpi feature_adoption
select bucket, active_actors, feature_actors, new_adopters from telemetry.feature_adoption('assignment_save', since => '2025-01-06', until => '2025-04-06', grain => 'week');
with u as materialized (
    select date_trunc('week', event_ts) as week, user_id, bool_or(event_name = 'assignment_save') as used from telemetry.events where event_ts < '2025-04-06' group by 1, 2
),
first_use as (select user_id, min(week) as week from u where used group by 1)
select u.week, count(*), count(*) filter (where used), count(*) filter (where f.week = u.week and used)
  from u left join first_use f using (user_id)
 where u.week >= '2025-01-06'
 group by 1;

-- kpi activity_heatmap
select weekday, hour, events, actors from telemetry.activity_heatmap(since => '2025-01-06', until => '2025-04-06');
select extract(isodow from event_ts), extract(hour from event_ts), count(*), count(distinct user_id) from telemetry.events where event_ts >= '2025-01-06' and event_ts < '2025-04-06' group by 1, 2;

-- kpi top_values
select value, events, actors from telemetry.top_values('reason', since => '2025-01-06', until => '2025-04-06', events => '{assignment_hide}');
select payload ->> 'reason', count(*), count(distinct user_id)
  from telemetry.events
 where event_name = 'assignment_hide' and event_ts >= '2025-01-06' and event_ts < '2025-04-06'
 group by 1 order by 2 desc limit 10;

-- kpi user_engagement
select actor_id, score from telemetry.user_engagement(since => '2025-01-06', until => '2025-04-06', top_n => 100);
select user_id, 100 * (0.4 * days / 90 + 0.3 * 0.5 ^ (('2025-04-05' - last) / 7.0::double precision) + 0.2 * names / all_names + 0.1 * x / (x + 10)) as score
  from (select user_id, count(distinct event_ts::date) as days, count(distinct event_name) as names, max(event_ts)::date as last, count(*) / count(distinct event_ts::date)::double precision as x
          from telemetry.events where event_ts >= '2025-01-06' and event_ts < '2025-04-06' group by 1) u,
       (select count(distinct event_name)::double precision as all_names from telemetry.events where event_ts >= '2025-01-06' and event_ts < '2025-04-06') n
 order by score desc, user_id limit 100;

-- kpi funnel
select step, actors from telemetry.funnel('["assignment_list_view", "assignment_view", "assignment_apply_click"]', '7 days', '2025-01-06', '2025-04-06');
with steps as materialized (
    select user_id, event_ts, event_name,
           max(event_ts) filter (where event_name = 'assignment_list_view') over (partition by user_id order by event_ts) as entered
      from telemetry.events
     where event_name in ('assignment_list_view', 'assignment_view', 'assignment_apply_click') and event_ts >= '2025-01-06' and event_ts < '2025-04-06'
),
second as (
    select user_id, event_ts, event_name,
           max(case when event_name = 'assignment_view' and event_ts <= entered + interval '7 days' then entered end) over (partition by user_id order by event_ts) as entered
      from steps
)
select 1, count(distinct user_id) from steps where entered is not null
 union all
select 2, count(distinct user_id) from second where entered is not null
 union all
select 3, count(distinct user_id) from second where event_name = 'assignment_apply_click' and event_ts <= entered + interval '7 days';

-- kpi funnel, strict order
select step, actors from telemetry.funnel('["assignment_list_view", "assignment_view", "assignment_apply_click"]', '7 days', '2025-01-06', '2025-04-06', ordering => 'strict');
with depths as (
    select user_id, max(case when event_name = 'assignment_list_view' then 1
                             when event_name = 'assignment_view' and before = 'assignment_list_view' and event_ts <= before_at + interval '7 days' then 2
                             when event_name = 'assignment_apply_click' and before = 'assignment_view' and before_that = 'assignment_list_view' and event_ts <= before_that_at + interval '7 days' then 3 end) as depth
      from (select user_id, event_ts, event_name, lag(event_name) over w as before, lag(event_name, 2) over w as before_that, lag(event_ts) over w as before_at, lag(event_ts, 2) over w as before_that_at
              from telemetry.events where event_ts >= '2025-01-06' and event_ts < '2025-04-06'
            window w as (partition by user_id order by event_ts, ingest_id)) e
     group by 1
)
select step, count(*) filter (where depth >= step) from depths, generate_series(1, 3) step group by 1;

-- kpi funnel, by the version of the client
select breakdown_value, step, actors from telemetry.funnel('["assignment_view", "assignment_apply_click"]', '7 days', '2025-01-06', '2025-04-06', breakdown => 'version');
with e as (
    select user_id, event_ts, event_name, payload ->> 'version' as version, max(event_ts) filter (where event_name = 'assignment_view') over (partition by user_id order by event_ts) as entered
      from telemetry.events where event_name in ('assignment_view', 'assignment_apply_click') and event_ts >= '2025-01-06' and event_ts < '2025-04-06'
),
users as (
    select (array_agg(version order by event_ts))[1] as version, bool_or(event_name = 'assignment_apply_click' and event_ts <= entered + interval '7 days') as converted
      from e group by user_id having max(entered) is not null
)
select version, step, count(*) filter (where step = 1 or converted) from users, generate_series(1, 2) step group by 1, 2;

-- kpi funnel, of the same version of the client
select step, actors from telemetry.funnel('["assignment_view", "assignment_apply_click"]', '7 days', '2025-01-06', '2025-04-06', match => '{version}');
with e as materialized (
    select user_id, event_ts, event_name, max(event_ts) filter (where event_name = 'assignment_view') over (partition by user_id, payload ->> 'version' order by event_ts) as entered
      from telemetry.events
     where event_name in ('assignment_view', 'assignment_apply_click') and event_ts >= '2025-01-06' and event_ts < '2025-04-06' and payload ->> 'version' is not null
)
select 1, count(distinct user_id) from e where event_name = 'assignment_view'
 union all
select 2, count(distinct user_id) from e where event_name = 'assignment_apply_click' and event_ts <= entered + interval '7 days';

-- kpi funnel, entries that convert
select actors, entries from telemetry.funnel('["assignment_view", "assignment_apply_click"]', '7 days', '2025-01-06', '2025-04-06', count => 'entries') where step = 2;
select count(distinct user_id), count(*)
  from (select user_id, event_ts, event_name, lag(event_ts) over w as before_at, lag(event_name) over w as before
          from telemetry.events where event_name in ('assignment_view', 'assignment_apply_click') and event_ts >= '2025-01-06' and event_ts < '2025-04-06'
        window w as (partition by user_id order by event_ts, ingest_id)) e
 where event_name = 'assignment_apply_click' and before = 'assignment_view' and event_ts <= before_at + interval '7 days';

-- kpi funnel_trend
select bucket, step, actors from telemetry.funnel_trend('["assignment_view", "assignment_apply_click"]', '7 days', '2025-01-06', '2025-04-06', 'week');
with weeks as (
    select user_id, date_trunc('week', event_ts) as week, min(event_ts) filter (where event_name = 'assignment_view') as first_view, max(event_ts) filter (where event_name = 'assignment_view') as last_view,
           min(event_ts) filter (where event_name = 'assignment_apply_click') as first_click, max(event_ts) filter (where event_name = 'assignment_apply_click') as last_click
      from telemetry.events where event_name in ('assignment_view', 'assignment_apply_click') and event_ts >= '2025-01-06' and event_ts < '2025-04-06'
     group by 1, 2
),
entries as (
    select week, first_view is not null as entered, last_click >= first_view or lead(first_click) over w <= last_view + interval '7 days' and lead(week) over w = week + interval '7 days' as converted
      from weeks window w as (partition by user_id order by week)
)
select week, step, count(*) filter (where step = 1 or converted) from entries, generate_series(1, 2) step where entered group by 1, 2;

-- kpi funnel_times
select bin, actors from telemetry.funnel_times('["assignment_view", "assignment_apply_click"]', '7 days', '2025-01-06', '2025-04-06') where actors > 0;
with times as (
    select (array_agg(extract(epoch from event_ts - entered) order by event_ts))[1] as seconds
      from (select user_id, event_ts, event_name, max(event_ts) filter (where event_name = 'assignment_view') over (partition by user_id order by event_ts) as entered
              from telemetry.events where event_name in ('assignment_view', 'assignment_apply_click') and event_ts >= '2025-01-06' and event_ts < '2025-04-06') e
     where event_name = 'assignment_apply_click' and event_ts <= entered + interval '7 days'
     group by user_id
),
bins as (select min(seconds) as shortest, greatest(1, ceil((max(seconds) - min(seconds)) / 10)) as width from times)
select least(10, floor((seconds - shortest) / width) + 1), count(*) from times, bins group by 1;

-- kpi paths
select step, source_name, target_name, actors from telemetry.paths(since => '2025-01-06', until => '2025-04-06', max_steps => 4);
select step, source_name, target_name, count(*)
  from (select user_id, row_number() over w as step, event_name as source_name, lead(event_name) over w as target_name
          from telemetry.events where event_ts >= '2025-01-06' and event_ts < '2025-04-06'
        window w as (partition by user_id order by event_ts, ingest_id)) e
 where step <= 3 and target_name is not null
 group by 1, 2, 3;

-- kpi next_events
select event_name, actors from telemetry.next_events('{assignment_view,assignment_apply_click}', since => '2025-01-06', until => '2025-04-06');
with e as (
    select user_id, event_ts, ingest_id, event_name, lead(event_name) over w as next_name, lead(event_name, 2) over w as after_next
      from telemetry.events where event_ts >= '2025-01-06' and event_ts < '2025-04-06'
    window w as (partition by user_id order by event_ts, ingest_id)
)
select after_next, count(*)
  from (select distinct on (user_id) user_id, after_next from e
         where event_name = 'assignment_view' and next_name = 'assignment_apply_click' order by user_id, event_ts, ingest_id) f
 group by 1;

-- kpi session_stats
select bucket, sessions, actors, round(avg_seconds::numeric, 3) from telemetry.session_stats('2025-01-13', '2025-04-01', 'day');
with e as (
    select user_id, event_ts, event_ts - lag(event_ts) over (partition by user_id order by event_ts) > interval '30 minutes' is distinct from false as begins
      from telemetry.events where event_ts >= '2025-01-11' and event_ts < '2025-04-03'
),
numbered as (select user_id, event_ts, count(*) filter (where begins) over (partition by user_id order by event_ts) as n from e),
sessions as (select user_id, n, min(event_ts) as first, max(event_ts) as last from numbered group by 1, 2)
select date_trunc('day', first), count(*), count(distinct user_id), round(avg(extract(epoch from last - first)), 3)
  from sessions where first >= '2025-01-13' and first < '2025-04-01' group by 1;

-- kpi user_sessions
select actor_id, started_at, round(duration_seconds::numeric, 6), events, first_event, last_event from telemetry.user_sessions('2025-02-03', '2025-02-04');
with e as (
    select user_id, event_ts, ingest_id, event_name, event_ts - lag(event_ts) over (partition by user_id order by event_ts, ingest_id) > interval '30 minutes' is distinct from false as begins
      from telemetry.events where event_ts >= '2025-02-02' and event_ts < '2025-02-05'
),
numbered as (select *, count(*) filter (where begins) over (partition by user_id order by event_ts, ingest_id) as n from e)
select user_id, min(event_ts), extract(epoch from max(event_ts) - min(event_ts)), count(*), (array_agg(event_name order by event_ts, ingest_id))[1], (array_agg(event_name order by event_ts desc, ingest_id desc))[1]
  from numbered group by user_id, n having min(event_ts) >= '2025-02-03' and min(event_ts) < '2025-02-04';

-- kpi time_to_first
select n_anchor, n_reached, round((seconds[1])::numeric, 3) from telemetry.time_to_first('auth_login', 'assignment_apply_submit', '2025-01-06', '2025-04-06');
with anchors as (
    select user_id, min(event_ts) as at from telemetry.events where event_name = 'auth_login' and event_ts >= '2025-01-06' and event_ts < '2025-04-06' group by 1
),
reached as (
    select a.user_id, a.at, min(t.event_ts) as target
      from anchors a left join telemetry.events t on t.user_id = a.user_id and t.event_name = 'assignment_apply_submit' and t.event_ts > a.at
     group by 1, 2
)
select count(*), count(target), round((percentile_cont(0.5) within group (order by extract(epoch from target - at)))::numeric, 3) from reached;

-- kpi time_between
select events, followed, round((seconds[1])::numeric, 3) from telemetry.time_between('assignment_view', 'assignment_apply_click', '2025-01-06', '2025-04-06');
select count(*), count(next_at), round((percentile_cont(0.5) within group (order by extract(epoch from next_at - event_ts)))::numeric, 3)
  from (select event_name, event_ts, min(event_ts) filter (where event_name = 'assignment_apply_click') over (partition by user_id order by event_ts, ingest_id rows between 1 following and unbounded following) as next_at
          from telemetry.events where event_name in ('assignment_view', 'assignment_apply_click') and event_ts >= '2025-01-06' and event_ts < '2025-04-06') e
 where event_name = 'assignment_view';

-- kpi time_between, of the same version of the client
select events, followed, round((seconds[1])::numeric, 3) from telemetry.time_between('assignment_view', 'assignment_apply_click', '2025-01-06', '2025-04-06', match => '{version}');
select count(*), count(next_at), round((percentile_cont(0.5) within group (order by extract(epoch from next_at - event_ts)))::numeric, 3)
  from (select event_name, event_ts, min(event_ts) filter (where event_name = 'assignment_apply_click') over (partition by user_id, payload ->> 'version' order by event_ts, ingest_id rows between 1 following and unbounded following) as next_at
          from telemetry.events where event_name in ('assignment_view', 'assignment_apply_click') and event_ts >= '2025-01-06' and event_ts < '2025-04-06' and payload ->> 'version' is not null) e
 where event_name = 'assignment_view';

-- kpi percentiles
select bucket, fraction, round(value::numeric, 6) from telemetry.percentiles('ms', '{0.5,0.95,0.99}', since => '2025-01-06', until => '2025-04-06', grain => 'week', events => '{assignment_view}');
select week, fraction, round(value::numeric, 6)
  from (select date_trunc('week', event_ts) as week, percentile_cont('{0.5,0.95,0.99}'::double precision[]) within group (order by (payload ->> 'ms')::double precision) as p
          from telemetry.events where event_name = 'assignment_view' and event_ts >= '2025-01-06' and event_ts < '2025-04-06' group by 1) w,
       unnest('{0.5,0.95,0.99}'::double precision[], p) u (fraction, value);

-- kpi percentiles_sketched (SQL: within 3 %)
select bucket, fraction, value from telemetry.percentiles_sketched('ms', '{0.5,0.95,0.99}', since => '2025-01-06', until => '2025-04-06', grain => 'week', events => '{assignment_view}');
select week, fraction, value
  from (select date_trunc('week', event_ts) as week, percentile_cont('{0.5,0.95,0.99}'::double precision[]) within group (order by (payload ->> 'ms')::double precision) as p
          from telemetry.events where event_name = 'assignment_view' and event_ts >= '2025-01-06' and event_ts < '2025-04-06' group by 1) w,
       unnest('{0.5,0.95,0.99}'::double precision[], p) u (fraction, value);

-- kpi sum_of
select bucket, breakdown_value, value, events from telemetry.sum_of('ms', since => '2025-01-06', until => '2025-04-06', grain => 'week', events => '{assignment_view}', breakdown => 'version');
select date_trunc('week', event_ts), payload ->> 'version', sum((payload ->> 'ms')::numeric), count(*)
  from telemetry.events where event_name = 'assignment_view' and event_ts >= '2025-01-06' and event_ts < '2025-04-06' group by 1, 2;

-- kpi avg_of
select bucket, round(value::numeric, 6), events from telemetry.avg_of('reply_time_minutes', since => '2025-01-06', until => '2025-04-06', grain => 'week', events => '{assignment_reply_received}');
select date_trunc('week', event_ts), round(avg((payload ->> 'reply_time_minutes')::numeric), 6), count(*)
  from telemetry.events where event_name = 'assignment_reply_received' and event_ts >= '2025-01-06' and event_ts < '2025-04-06' group by 1;

-- kpi max_of
select bucket, breakdown_value, value, events from telemetry.max_of('ms', since => '2025-01-06', until => '2025-04-06', grain => 'week', events => '{assignment_view}', breakdown => 'version');
select date_trunc('week', event_ts), payload ->> 'version', max((payload ->> 'ms')::double precision), count(*)
  from telemetry.events where event_name = 'assignment_view' and event_ts >= '2025-01-06' and event_ts < '2025-04-06' group by 1, 2;

-- kpi min_of
select bucket, value, events from telemetry.min_of('reply_time_minutes', since => '2025-01-06', until => '2025-04-06', grain => 'week', events => '{assignment_reply_received}');
select date_trunc('week', event_ts), min((payload ->> 'reply_time_minutes')::double precision), count(*)
  from telemetry.events where event_name = 'assignment_reply_received' and event_ts >= '2025-01-06' and event_ts < '2025-04-06' group by 1;

-- kpi rate_of_errors
select bucket, breakdown_value, errors, events
  from telemetry.rate_of_errors('{assignment_hide}', '{assignment_hide,assignment_view}', breakdown => 'version', since => '2025-01-06', until => '2025-04-06', grain => 'week');
select date_trunc('week', event_ts), payload ->> 'version', count(*) filter (where event_name = 'assignment_hide'), count(*)
  from telemetry.events where event_name in ('assignment_hide', 'assignment_view') and event_ts >= '2025-01-06' and event_ts < '2025-04-06' group by 1, 2;

-- kpi rate_of_errors, by user
select breakdown_value, errors
  from telemetry.rate_of_errors('{assignment_hide}', '{assignment_hide,assignment_view}', by_user => true, since => '2025-01-06', until => '2025-04-06', grain => 'year', top_n => 1)
 where breakdown_value <> '$other';
select user_id, count(*) filter (where event_name = 'assignment_hide')
  from telemetry.events where event_name in ('assignment_hide', 'assignment_view') and event_ts >= '2025-01-06' and event_ts < '2025-04-06' group by 1 order by 2 desc, count(*) desc, user_id::text limit 1;

-- kpi experiment_results
select variant, actors, round(mean::numeric, 9)
  from telemetry.experiment_results('website', 'assignment_apply_submit', exposure_event => 'assignment_apply_click', experiment_key => 'surface', variant_key => 'method', control => 'external', since => '2025-01-06', until => '2025-04-06');
with exposed as (
    select user_id, min(event_ts) as at, min(payload ->> 'method') as variant
      from telemetry.events where event_name = 'assignment_apply_click' and payload ->> 'surface' = 'website' and event_ts >= '2025-01-06' and event_ts < '2025-04-06'
     group by 1 having count(distinct payload ->> 'method') = 1
)
select x.variant, count(*), round(avg((exists (select from telemetry.events m where m.user_id = x.user_id and m.event_name = 'assignment_apply_submit' and m.event_ts >= x.at and m.event_ts < '2025-04-06'))::integer), 9)
  from exposed x group by 1;

-- kpi anomalies
select bucket, value, is_anomaly from telemetry.anomalies('assignment_view', '2025-01-06', '2025-04-06');
with days as (
    select date_trunc('day', event_ts) as day, count(*)::double precision as value from telemetry.events where event_name = 'assignment_view' and event_ts >= '2025-01-06' and event_ts < '2025-04-06' group by 1
),
seasons as (select extract(isodow from day) as season, percentile_cont(0.5) within group (order by value) as usual from days group by 1),
judged as (select day, value, abs(value - usual) as off from days join seasons on season = extract(isodow from day))
select day, value, off > 3.5 * 1.4826 * (select percentile_cont(0.5) within group (order by off) from judged) from judged;

-- kpi forecast
select bucket, expected from telemetry.forecast('assignment_view', '2025-01-06', '2025-04-06');
with days as (
    select event_ts::date - '2025-01-06' as number, count(*)::double precision as value from telemetry.events where event_name = 'assignment_view' and event_ts >= '2025-01-06' and event_ts < '2025-04-06' group by 1
),
seasons as (select number % 7 as season, avg(number)::double precision as middle, avg(value) as level, regr_sxy(value, number) as xy, regr_sxx(value, number) as xx from days group by 1)
select '2025-01-06'::date + day, level + (select sum(xy) / sum(xx) from seasons) * (day - middle) from seasons join generate_series(90, 103) day on day % 7 = season;

-- kpi backlog
select bucket, backlog from telemetry.backlog('assignment_apply_click', 'assignment_apply_submit', '2025-01-06', '2025-04-06', 'week');
select week, sum(sum(case when event_name = 'assignment_apply_click' then n else -n end)) over (order by week)
  from (select date_trunc('week', event_ts) as week, event_name, count(*) as n
          from telemetry.events where event_name in ('assignment_apply_click', 'assignment_apply_submit') and event_ts < '2025-04-06' group by 1, 2) w
 group by week;

-- kpi object_ratio
select bucket, in_denominator, in_numerator from telemetry.object_ratio('assignment_apply_click', 'assignment_save', '2025-01-06', '2025-04-06', 'week');
with saved as (
    select date_trunc('week', event_ts) as week, subject_id, min(event_ts) as at from telemetry.events
     where event_name = 'assignment_save' and subject_id is not null and event_ts >= '2025-01-06' and event_ts < '2025-04-06' group by 1, 2
),
clicked as (select subject_id, max(event_ts) as at from telemetry.events where event_name = 'assignment_apply_click' and subject_id is not null and event_ts >= '2025-01-06' group by 1)
select s.week, count(*), count(*) filter (where c.at >= s.at) from saved s left join clicked c using (subject_id) group by 1;
