-- What holds of any events: every number of actors is the number of those its twin lists, and KPIs that ask the same in
-- different words agree. On generated events: users by chance (seeded), days and weeks apart, some without a user.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
select telemetry.register_event(name, '{"promoted_properties": ["plan", "variant"]}') from unnest('{open,view,buy,experiment_exposed}'::text[]) name \g /dev/null
select setseed(0.42) \g /dev/null
select telemetry.import_events((select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
           'event_name', case when random() < 0.5 then 'open' when random() < 0.6 then 'view' else 'buy' end,
           'event_ts', timestamptz '2024-01-01' + random() * random() * interval '60 days',
           'user_id', case when random() < 0.95 then telemetry.as_id('u' || floor(random() * 60 * random())) end,
           'session_id', telemetry.as_id('s' || n / 4),
           'payload', case when random() < 0.8 then jsonb_build_object('plan', 'p' || floor(random() * 15), 'price', n % 50) end))) from generate_series(1, 900) n)) \g /dev/null
select telemetry.import_events((select jsonb_agg(jsonb_build_object(
           'event_name', 'experiment_exposed', 'event_ts', timestamptz '2024-01-02', 'user_id', telemetry.as_id('u' || n),
           'payload', jsonb_build_object('experiment', 'x', 'variant', case when n % 2 = 0 then 'control' else 'treatment' end))) from generate_series(0, 40) n)) \g /dev/null

-- By function that has a twin: how often each row of it is counted, and how often each is listed.
create temp table twins (kpi text, arguments text, counted text, listed text);
insert into twins values
    ('active_users', $$since => '2024-01-01', until => '2024-03-01', %s$$, 'bucket, actors from %s where actors > 0', 'bucket, count(*) from %s group by 1'),
    ('active_users', $$since => '2024-01-01', until => '2024-03-01', %s, breakdown => 'plan', top_n => 4$$, 'bucket, breakdown_value, is_other, actors from %s where actors > 0', 'bucket, breakdown_value, is_other, count(*) from %s group by 1, 2, 3'),
    ('active_users', $$since => '2024-02-01', until => '2024-02-10', grain => 'day', rolling_days => 7, breakdown => '{plan,price}', top_n => 4$$, 'bucket, breakdown_value, is_other, actors from %s where actors > 0', 'bucket, breakdown_value, is_other, count(*) from %s group by 1, 2, 3'),
    ('activity_heatmap', '', 'weekday, hour, actors from %s where actors > 0', 'weekday, hour, count(*) from %s group by 1, 2'),
    ('actor_ratio', $$'buy', 'open', since => '2024-01-01', until => '2024-03-01', %s$$, 'bucket, denominator, numerator from %s where denominator > 0', 'bucket, count(*), count(*) filter (where is_in_numerator) from %s group by 1'),
    ('actor_ratio', $$'buy', 'open', since => '2024-01-01', until => '2024-03-01', %s, breakdown => 'plan', top_n => 4$$, 'bucket, breakdown_value, is_other, denominator, numerator from %s where denominator > 0', 'bucket, breakdown_value, is_other, count(*), count(*) filter (where is_in_numerator) from %s group by 1, 2, 3'),
    ('dau_mau', $$since => '2024-01-01', until => '2024-03-01'$$, 'bucket, actors from %s where actors > 0', 'bucket, count(*) from %s group by 1'),
    ('feature_adoption', $$'buy', since => '2024-01-01', until => '2024-03-01', %s$$, 'bucket, active_actors, feature_actors, new_adopters from %s where active_actors > 0', 'bucket, count(*), count(*) filter (where used_feature), count(*) filter (where is_new_adopter) from %s group by 1'),
    ('funnel', $$'["open", "view", "buy"]', breakdown => 'plan', top_n => 4$$, 'breakdown_value, step::int8, actors from %s where actors > 0', 'breakdown_value, step, count(*) from %s, generate_series(1, depth) step group by 1, 2'),
    ('funnel_trend', $$'["open", "view", "buy"]', '2 days', since => '2024-01-01', until => '2024-03-01', %s, breakdown => 'plan', top_n => 4$$, 'bucket, breakdown_value, step::int8, actors from %s where actors > 0', 'bucket, breakdown_value, step, count(*) from %s, generate_series(1, depth) step group by 1, 2, 3'),
    ('funnel_times', $$'["open", "view", "buy"]', breakdown => 'plan', top_n => 4$$, 'breakdown_value, sum(actors) from %s group by 1 having sum(actors) > 0', 'breakdown_value, count(*)::numeric from %s group by 1'),
    ('lifecycle', $$since => '2024-01-01', until => '2024-03-01', %s$$, 'bucket, status, abs(actors) from %s where actors <> 0', 'bucket, status, count(*) from %s group by 1, 2'),
    ('lifecycle', $$since => '2024-02-01', until => '2024-03-01', %s, breakdown => 'plan', top_n => 4$$, 'bucket, breakdown_value, is_other, status, abs(actors) from %s where actors <> 0', 'bucket, breakdown_value, is_other, status, count(*) from %s group by 1, 2, 3, 4'),
    ('next_events', $$'{open}'$$, 'event_name, actors from %s', 'event_name, count(*) from %s group by 1'),
    ('paths', '', 'step, source_name, target_name, actors from %s', 'step, source_name, target_name, count(*) from %s group by 1, 2, 3'),
    ('retention', $$'open', 'buy', since => '2024-01-01', until => '2024-03-01', %s$$, 'cohort, period, actors from %s where actors > 0', 'cohort, period, count(*) from %s group by 1, 2'),
    ('stickiness', $$since => '2024-01-01', until => '2024-03-01', %s$$, 'periods, actors from %s where actors > 0', 'periods, count(*) from %s group by 1'),
    ('time_between', $$'open', 'buy', since => '2024-01-01', until => '2024-03-01', %s$$, 'bucket, events, followed from %s where events > 0', 'bucket, count(*), count(next_at) from %s group by 1'),
    ('time_to_first', $$'open', 'buy', since => '2024-01-01', until => '2024-03-01', %s$$, 'cohort, n_anchor, n_reached from %s where n_anchor > 0', 'cohort, count(*), count(reached_at) from %s group by 1'),
    ('top_values', $$'plan', top_n => 4$$, 'rank, value, actors from %s where actors > 0', 'rank, value, count(*) from %s group by 1, 2'),
    ('experiment', $$'x', 'buy'$$, 'variant, actors from %s where actors > 0', 'variant, count(*) from %s group by 1');
create function pg_temp.differing(kpi text, arguments text, counted text, listed text) returns text language plpgsql as $$
declare
    counts text := case kpi when 'experiment' then 'experiment_results' else kpi end;
    rows bigint;
    differ bigint;
begin
    execute format('with counted as (select %s), listed as (select %s)
                    select (select count(*) from counted),
                           (select count(*) from ((table counted except all table listed) union all (table listed except all table counted)) d)',
                   format(counted, format('telemetry.%s(%s)', counts, arguments)), format(listed, format('telemetry.%s_actors(%s)', kpi, arguments))) into rows, differ;
    return format('%s rows, %s differ', rows, differ);
end $$;
select proname as twin_without_a_line from pg_proc
 where pronamespace = 'telemetry'::regnamespace and proname ~ '_actors$' and proname <> 'cohort_actors' and proname <> all (select kpi || '_actors' from twins);
-- From the rows, half from the timeline, all from the timeline; by day and by week.
select kpi, grain, pg_temp.differing(kpi, format(arguments, format('grain => %L', grain)), counted, listed) from twins, unnest('{day,week}'::text[]) grain where arguments like '%\%s%' or grain = 'day' order by kpi, grain, arguments;
call telemetry.tick();
select telemetry.import_events((select jsonb_agg(jsonb_build_object(
           'event_name', (array['open', 'view', 'buy'])[1 + n % 3], 'event_ts', timestamptz '2024-02-01' + n * interval '1 hour',
           'user_id', telemetry.as_id('u' || n % 70), 'payload', jsonb_build_object('plan', 'p' || n % 17))) from generate_series(1, 200) n)) \g /dev/null
select kpi, pg_temp.differing(kpi, format(arguments, 'grain => ''day'''), counted, listed) from twins order by kpi, arguments;
call telemetry.tick();
select kpi, pg_temp.differing(kpi, format(arguments, 'grain => ''day'''), counted, listed) from twins order by kpi, arguments;

-- Lifecycle: who is new, returning or resurrecting is active; who was active before returns or is dormant.
select grain, count(*) as buckets,
       count(*) filter (where l.now <> a.actors) as active_differ,
       count(*) filter (where l.returning + l.dormant <> a.before) as before_differ
  from unnest('{day,week,month}'::text[]) grain,
       lateral (select bucket, sum(actors) filter (where status in ('new', 'returning', 'resurrecting')) as now,
                       sum(actors) filter (where status = 'returning') as returning, -sum(actors) filter (where status = 'dormant') as dormant
                  from telemetry.lifecycle(since => '2024-01-01', until => '2024-03-01', grain => grain) group by bucket) l
  join lateral (select bucket, actors, lag(actors) over (order by bucket) as before from telemetry.active_users(since => '2024-01-01', until => '2024-03-01', grain => grain)) a using (bucket)
 group by grain order by grain;
-- The first step of a funnel, its trend and the cohorts of retention are the users who were active with the event.
select (select actors from telemetry.funnel('["open", "buy"]', since => '2024-01-01', until => '2024-02-01') where step = 1)
     = (select actors from telemetry.active_users(since => '2024-01-01', until => '2024-02-01', grain => 'month', events => '{open}')) as funnel_starts_with_the_active;
select grain, count(*) as buckets, count(*) filter (where t.actors <> a.actors) as trend_differs, count(*) filter (where r.cohort_size <> a.actors or r.actors <> a.actors) as retention_differs
  from unnest('{day,week}'::text[]) grain,
       lateral telemetry.active_users(since => '2024-01-01', until => '2024-03-01', grain => grain, events => '{open}') a
  join lateral telemetry.funnel_trend('["open", "buy"]', '1 day', '2024-01-01', '2024-03-01', grain) t on t.bucket = a.bucket and t.step = 1
  left join lateral telemetry.retention('open', 'buy', '2024-01-01', '2024-03-01', grain) r on r.cohort = a.bucket and r.period = 0
 group by grain order by grain;
-- Users by how many days they were active on are all that were active; a heatmap, ranked values and volume hold the same events.
select (select sum(actors) from telemetry.stickiness(since => '2024-01-01', until => '2024-03-01')) = (select count(distinct actor_id) from telemetry.active_users_actors(since => '2024-01-01', until => '2024-03-01')) as stickiness_is_everybody,
       (select sum(events) from telemetry.event_volume(breakdown => 'plan', top_n => 3)) = (select sum(events) from telemetry.event_volume()) as values_are_the_volume,
       (select sum(events) from telemetry.activity_heatmap()) = (select sum(events) from telemetry.event_volume()) as heatmap_is_the_volume,
       (select sum(events) from telemetry.top_values('plan', top_n => 3)) = (select count(*) from telemetry.events where payload ? 'plan') as ranked_values_are_all,
       (select sum(value) from telemetry.sum_of('price', breakdown => 'plan', top_n => 3)) is not distinct from (select sum(value) from telemetry.sum_of('price')) as sums_add_up;
rollback;
