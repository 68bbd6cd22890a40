-- Journeys: events that have the same value of a key (match), and all journeys that an actor makes (count => 'entries').
-- `:both` asks rows and timeline, see the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
set local telemetry.enforcement = 'accept';
select telemetry.register_event(name, '{"promoted_properties": ["lesson", "school"]}') from unnest('{opened,solved,passed}'::text[]) name \g /dev/null
-- play('ann', 'opened:fractions 09:00, solved 09:10'): events of 6 January 2025, or of the day that is said; what stands behind
-- a colon is the lesson.
create function play(person text, events text, payload jsonb default '{}') returns void language sql as $$
    select telemetry.import_events(jsonb_agg(jsonb_build_object(
               'event_name', split_part(part[1], ':', 1), 'user_id', telemetry.as_id(person),
               'event_ts', '2025-01-' || case cardinality(part) when 3 then part[2] else '06' end || 'T' || part[cardinality(part)] || 'Z',
               'payload', play.payload || jsonb_strip_nulls(jsonb_build_object('lesson', nullif(split_part(part[1], ':', 2), ''))))))
      from regexp_split_to_table(events, ', ') event, string_to_array(event, ' ') part
$$;
create temp table people as select who, telemetry.as_id(who) as actor_id from unnest('{ann,bob,cyd,dan,eve}'::text[]) who;
savepoint start;

-- TE-20: ann does all of one lesson; bob opens one and solves another; cyd comes further with her second; dan says no lesson.
select play('ann', 'opened:fractions 09:00, solved:fractions 09:10, passed:fractions 09:20'),
       play('bob', 'opened:fractions 09:00, solved:angles 09:10, passed:angles 09:20'),
       play('cyd', 'opened:angles 09:00, solved:angles 09:05, opened:fractions 10:00, solved:fractions 10:05, passed:fractions 10:10'),
       play('dan', 'opened 09:00, solved 09:10, passed 09:20') \g /dev/null
select step, actors, avg_seconds, entries from telemetry.funnel('["opened", "solved", "passed"]') :both
select step, actors, avg_seconds, entries from telemetry.funnel('["opened", "solved", "passed"]', match => '{lesson}') :both
select who, depth, reached from people join telemetry.funnel_actors('["opened", "solved", "passed"]', match => '{lesson}') using (actor_id) order by 1 :both
select who, seconds from people join telemetry.funnel_times_actors('["opened", "solved"]', match => '{lesson}') using (actor_id) order by 1 :both
select bin, from_seconds, actors from telemetry.funnel_times('["opened", "solved"]', bins => 2, match => '{lesson}') :both
select bucket::date, step, actors from telemetry.funnel_trend('["opened", "solved", "passed"]', since => '2025-01-06', until => '2025-01-08', match => '{lesson}') :both
-- Of journeys that come as far, the one counts that ends first: it has the breakdown's value.
select breakdown_value, step, actors from telemetry.funnel('["opened", "solved"]', breakdown => 'lesson', match => '{lesson}') :both
select breakdown_value, step, actors from telemetry.funnel('["opened", "solved"]', breakdown => 'lesson', attribution => 'all_steps', match => '{lesson}') :both
-- Optional steps: with one value as well.
select step, actors from telemetry.funnel('["opened", {"event": "solved", "optional": true}, "passed"]', match => '{lesson}') :both
-- An exclusion is of the same value, and so is the next event of strict order.
select step, actors from telemetry.funnel('["opened", "passed"]', exclude => '["solved"]', match => '{lesson}') :both
select step, actors from telemetry.funnel('["opened", "solved"]', ordering => 'strict', match => '{lesson}') :both
select step, actors from telemetry.funnel('["passed", "solved", "opened"]', ordering => 'unordered', match => '{lesson}') :both
-- Several keys: the same lesson at the same school; a value that is null, or the empty text.
savepoint others;
select play('eve', 'opened:fractions 09:00', '{"school": 1}'), play('eve', 'solved:fractions 09:10', '{"school": 2}'),
       play('eve', 'opened:angles 10:00', '{"school": 2}'), play('eve', 'solved:angles 10:10', '{"school": 2}'), play('eve', 'passed:angles 10:20', '{"school": null}') \g /dev/null
select who, depth from people join telemetry.funnel_actors('["opened", "solved", "passed"]', match => '{lesson,school}') using (actor_id) :both
select who, depth from people join telemetry.funnel_actors('["opened", "solved", "passed"]', match => '{lesson}') using (actor_id) where who = 'eve' :both
rollback to others;
-- A key that the timeline does not keep, and a path: rows answer.
select play('eve', 'opened 09:00, solved 09:10', '{"room": {"number": 7}}') \g /dev/null
select who, depth from people join telemetry.funnel_actors('["opened", "solved"]', match => '{room.number}') using (actor_id) :both
rollback to start;

-- TE-21: the next event of the same lesson.
select play('ann', 'opened:fractions 09:00, opened:angles 09:10, solved:angles 09:15, solved:fractions 09:40, opened 10:00, solved 10:01') \g /dev/null
select bucket, events, followed, seconds from telemetry.time_between('opened', 'solved', percentiles => '{0,1}') :both
select bucket, events, followed, seconds from telemetry.time_between('opened', 'solved', percentiles => '{0,1}', match => '{lesson}') :both
select event_at, next_at, seconds from telemetry.time_between_actors('opened', 'solved', match => '{lesson}') order by 1 :both

-- TE-22: who comes back to the same lesson: ann to fractions, bob to another one, cyd to two of hers in one week, and counts once.
rollback to start;
select play('ann', 'opened:fractions 09:00, opened:angles 10:00, opened:fractions 14 09:00'),
       play('bob', 'opened:fractions 09:00, opened:angles 14 09:00'),
       play('cyd', 'opened:fractions 09:00, opened:angles 09:30, opened:fractions 13 09:00, opened:angles 14 09:00'),
       play('dan', 'opened 09:00, opened 14 09:00') \g /dev/null
select cohort::date, cohort_size, period, actors from telemetry.retention('opened', 'opened', '2025-01-06', '2025-01-20', 'week', match => '{lesson}') :both
select cohort::date, period, who from people join telemetry.retention_actors('opened', 'opened', '2025-01-06', '2025-01-20', 'week', match => '{lesson}') using (actor_id) order by 1, 2, 3 :both
select kind, cohort::date, cohort_size, period, actors from unnest('{first_time,first_ever}'::text[]) kind, telemetry.retention('opened', 'opened', '2025-01-06', '2025-01-20', 'week', kind => kind, match => '{lesson}') :both
select cohort::date, cohort_size, period, actors from telemetry.retention('opened', 'opened', '2025-01-06', '2025-01-20', 'week', min_occurrences => 2, rolling => true, match => '{lesson}') :both
select cohort::date, cohort_size, period, actors from telemetry.retention('opened', 'opened', '2025-01-06', '2025-01-20', 'week') :both
rollback to start;

-- TE-23, TE-24: ann passes twice, bob opens twice within an hour, cyd's first try is over when she begins anew.
select play('ann', 'opened:fractions 09:00, solved:fractions 09:10, passed:fractions 09:20, opened:angles 09:30, solved:angles 09:40, passed:angles 09:50'),
       play('bob', 'opened:fractions 09:00, opened:angles 09:30, solved:angles 09:40'),
       play('cyd', 'opened:fractions 09:00, solved:fractions 09:10, opened:fractions 10:30, solved:fractions 10:40, passed:fractions 10:50') \g /dev/null
select step, actors, entries, rate_from_previous, rate_from_first, avg_seconds from telemetry.funnel('["opened", "solved", "passed"]', '1 hour', count => 'entries') :both
select step, actors, entries, rate_from_first from telemetry.funnel('["opened", "solved", "passed"]', '1 hour', count => 'actors') :both
select step, actors, entries from telemetry.funnel('["opened", "passed"]', '0', count => 'entries') :both
select who, depth, reached from people join telemetry.funnel_actors('["opened", "solved", "passed"]', '1 hour', count => 'entries') using (actor_id) order by 1, 3 :both
-- A KPI of journeys is told of journeys.
select telemetry.register_kpi('solving', '{"kind": "funnel", "value_column": "entries", "parameters": {"steps": ["opened", "solved"], "within": "1 hour", "count": "entries"}}') as is_new;
select breakdown_value, value, n from telemetry.kpi('solving');
select entry, step, actors, entries from unnest('{latest,first}'::text[]) entry, telemetry.funnel('["opened", "solved"]', '35 minutes', entry => entry, count => 'entries') order by 1 desc, 2 :both
-- By what the journey's own events say, not by what the actor did at another time.
select breakdown_value, step, actors, entries from telemetry.funnel('["opened", "solved", "passed"]', '1 hour', breakdown => 'lesson', count => 'entries') :both
select attribution, breakdown_value, step, actors, entries from unnest('{last_touch,step 2,all_steps}'::text[]) attribution, telemetry.funnel('["opened", "solved"]', '1 hour', breakdown => 'lesson', attribution => attribution, count => 'entries') order by 1, 2, 3 :both
select breakdown_value, is_other, step, actors, entries from telemetry.funnel('["opened", "solved"]', '1 hour', breakdown => 'lesson', top_n => 1, count => 'entries') :both
-- Of each lesson: bob opens two.
select step, actors, entries from telemetry.funnel('["opened", "solved", "passed"]', '1 hour', match => '{lesson}', count => 'entries') :both
select bucket, step, actors, entries, rate_from_first, rate_from_previous from telemetry.funnel_trend('["opened", "solved", "passed"]', '1 hour', '2025-01-06 09:00', '2025-01-06 11:00', 'hour', count => 'entries') :both
select bucket, who, depth from people join telemetry.funnel_trend_actors('["opened", "solved", "passed"]', '1 hour', '2025-01-06 09:00', '2025-01-06 11:00', 'hour', count => 'entries') using (actor_id) order by 1, 2, 3 :both
select step, actors, entries from telemetry.funnel('["opened", "solved"]', '1 hour', ordering => 'strict', count => 'entries') :both
select step, actors, entries from telemetry.funnel('["opened", "passed"]', '1 hour', exclude => '[{"event": "solved", "where": {"lesson": "fractions"}}]', count => 'entries') :both
-- TE-25: what was solved in the last moment of an hour is of the journey that began with it.
savepoint expired;
select play('dan', 'opened 09:00, solved 10:00, opened 10:01, solved 10:05, passed 10:06') \g /dev/null
select who, depth, reached[1] from people join telemetry.funnel_actors('["opened", "solved", "passed"]', '1 hour', count => 'entries') using (actor_id) where who = 'dan' order by 3 :both
rollback to expired;
-- As KPIs.
select telemetry.register_kpi('passes', '{"kind": "funnel", "value_column": "entries", "parameters": {"steps": ["opened", "passed"], "count": "entries", "match": ["lesson"]}}');
select bucket::date, breakdown_value, value from telemetry.kpi('passes', '2025-01-06', '2025-01-07', 'day');
select telemetry.register_kpi('passes', '{"parameters": {"match": ["lesson."]}}');
rollback to start;

-- Random events: each list is as long as its count says; entries of one value each are those of every value together.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', (array['opened', 'solved', 'passed'])[1 + abs(hashint4(n * 3)) % 3], 'event_ts', timestamptz '2025-01-06 00:00Z' + (hashint4(n) & 2147483647) % 864000 * interval '1 second',
                                                            'user_id', telemetry.as_id((hashint4(n * 7) & 31)::text), 'payload', case when n % 9 > 0 then jsonb_build_object('lesson', n % 5, 'school', n % 2) else '{}' end))) from generate_series(1, 900) n;
create function pg_temp.differences(one text, other text) returns bigint language plpgsql as $$
declare
    found bigint;
begin
    execute format('with one as (%s), other as (%s) select count(*) from ((table one except all table other) union all (table other except all table one)) d', one, other) into found;
    return found;
end $$;
select c.options, pg_temp.differences(format($q$select step::bigint, %s from telemetry.funnel('["opened", "solved", "passed"]', '12 hours'%s) where actors > 0$q$, case when options like '%entries%' then 'entries' else 'actors' end, options),
                                      format($q$select step, count(*) from telemetry.funnel_actors('["opened", "solved", "passed"]', '12 hours'%s) a, generate_series(1, depth) step group by 1$q$, options)) as funnel,
       pg_temp.differences(format($q$select bucket, step::bigint, %s from telemetry.funnel_trend('["opened", "solved", "passed"]', '12 hours', '2025-01-06', '2025-01-16'%s) where actors > 0$q$, case when options like '%entries%' then 'entries' else 'actors' end, options),
                           format($q$select bucket, step, count(*) from telemetry.funnel_trend_actors('["opened", "solved", "passed"]', '12 hours', '2025-01-06', '2025-01-16'%s) a, generate_series(1, depth) step group by 1, 2$q$, options)) as trend
  from unnest(array['', $$, match => '{lesson}'$$, $$, match => '{lesson,school}'$$, $$, count => 'entries'$$, $$, count => 'entries', match => '{lesson}'$$, $$, count => 'entries', entry => 'first'$$]) c (options);
select pg_temp.differences($$select tenant_id, actor_id, depth, reached from telemetry.funnel_actors('["opened", "solved", "passed"]', '2 days', match => '{lesson}', count => 'entries')$$,
                           $$select a.tenant_id, a.actor_id, a.depth, a.reached from generate_series(0, 4) l, telemetry.funnel_actors('["opened", "solved", "passed"]', '2 days', count => 'entries', filter => jsonb_build_object('lesson', l)) a$$) as by_lesson,
       pg_temp.differences($$select tenant_id, actor_id, depth from telemetry.funnel_actors('["opened", "solved", "passed"]', '2 days', match => '{lesson}')$$,
                           $$select a.tenant_id, a.actor_id, max(a.depth) from generate_series(0, 4) l, telemetry.funnel_actors('["opened", "solved", "passed"]', '2 days', filter => jsonb_build_object('lesson', l)) a group by 1, 2$$) as furthest,
       pg_temp.differences($$select cohort, period, tenant_id, actor_id from telemetry.retention_actors('opened', 'solved', '2025-01-06', '2025-01-16', match => '{lesson}')$$,
                           $$select distinct a.cohort, a.period, a.tenant_id, a.actor_id from generate_series(0, 4) l, telemetry.retention_actors('opened', 'solved', '2025-01-06', '2025-01-16', filter => jsonb_build_object('lesson', l)) a$$) as retention,
       pg_temp.differences($$select tenant_id, actor_id, event_at, next_at from telemetry.time_between_actors('opened', 'solved', match => '{lesson}')$$,
                           $$select a.tenant_id, a.actor_id, a.event_at, a.next_at from generate_series(0, 4) l, telemetry.time_between_actors('opened', 'solved', filter => jsonb_build_object('lesson', l)) a$$) as between;
select step, actors, entries from telemetry.funnel('["opened", "solved", "passed"]', '12 hours', match => '{lesson,school}', count => 'entries') :both
select cohort::date, period, actors from telemetry.retention('opened', 'solved', '2025-01-06', '2025-01-10', match => '{lesson}', periods => 1) :both
select events, followed, seconds from telemetry.time_between('opened', 'solved', match => '{lesson,school}') :both
-- In a window of nothing each first step is a journey.
select step, actors, entries from telemetry.funnel('["opened"]', '0', count => 'entries') :both
select count(*), count(distinct (user_id, event_ts)) from telemetry.events where event_name = 'opened';

-- What cannot be asked.
select * from telemetry.funnel('["opened"]', match => '{}');
select * from telemetry.funnel('["opened"]', match => '{a,b,c,d,e,f,g,h,i}');
select * from telemetry.funnel('["opened"]', match => '{a..b}');
select * from telemetry.retention(match => '{""}');
select * from telemetry.time_between(match => array[null::text]);
select * from telemetry.funnel('["opened"]', count => 'events');
select * from telemetry.funnel('["opened", "solved"]', ordering => 'unordered', count => 'entries');
select * from telemetry.funnel('["opened", {"event": "solved", "optional": true}]', count => 'entries');
select * from telemetry.funnel_trend('["opened", "solved"]', exclude => '["passed"]', exclusion => 'drop_actor', count => 'entries');
rollback;
