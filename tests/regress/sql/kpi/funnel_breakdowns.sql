-- Breakdowns of funnel(), funnel_trend() and funnel_times(): the values by which the most actors enter, and the rest as
-- $other, so that nothing is cut. `:both` asks rows and timeline, see the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
set local telemetry.enforcement = 'accept';
select telemetry.register_event(name, '{"promoted_properties": ["country"]}') from unnest('{seen,tried,paid}'::text[]) name \g /dev/null
-- Actor n lives in country n % 15, except that every seventh says nothing, and one country is called $other. Every second
-- one tries, ten minutes times n later; every fourth pays a day after that, in the next country. Some come back after a week,
-- in the one behind.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', name, 'event_ts', at, 'user_id', telemetry.as_id(n::text), 'payload', payload)))
  from generate_series(1, 120) n,
       lateral (select timestamptz '2020-01-06 10:00' + n * interval '1 hour') p (seen_at),
       lateral (values ('seen', seen_at, true, 0), ('tried', seen_at + n * interval '10 minutes', n % 2 = 0, 0),
                       ('paid', seen_at + n * interval '10 minutes' + interval '1 day', n % 4 = 0, 1),
                       ('seen', seen_at + interval '7 days', n % 5 = 0, 2)) e (name, at, is_done, moved),
       lateral (select case when n % 7 = 0 then '{}' else jsonb_build_object('country', case (n + moved) % 15 when 3 then '$other' else 'c' || (n + moved) % 15 end) end) c (payload)
 where is_done \g /dev/null

select breakdown_value, step, actors from telemetry.funnel('["seen", "tried", "paid"]', '3 days', breakdown => 'country', top_n => 2) :both
select count(distinct breakdown_value) from telemetry.funnel('["seen", "tried", "paid"]', '3 days', breakdown => 'country');
select bucket::date, breakdown_value, step, actors, rate_from_first, is_complete from telemetry.funnel_trend('["seen", "tried"]', '3 days', '2020-01-06', '2020-01-20', 'week', breakdown => 'country', top_n => 1) :both
select breakdown_value, bin, from_seconds, until_seconds, actors from telemetry.funnel_times('["seen", "tried", "paid"]', '3 days', bins => 2, breakdown => 'country', top_n => 1) :both

-- The rows of all values add up to the funnel without a breakdown, whichever value is an actor's and however many are shown.
create function pg_temp.calls() returns table (kpi text, key text, plain text, broken_down text) language sql as $$
    select format('%s, %s, top %s', k.name, attribution, top_n), k.key,
           format('select %s as key, sum(actors) as actors from telemetry.%s(%s) group by 1', k.key, k.name, k.arguments),
           format('select %s as key, sum(actors) as actors from telemetry.%s(%s, breakdown => ''country'', attribution => %L, top_n => %s) group by 1', k.key, k.name, k.arguments, attribution, top_n)
      from (values ('funnel', 'step', $a$'["seen", "tried", "paid"]', '3 days'$a$),
                   ('funnel_trend', '(bucket, step)', $a$'["seen", "tried", "paid"]', '3 days', '2020-01-06', '2020-01-20'$a$),
                   ('funnel_times', 'bin', $a$'["seen", "tried", "paid"]', '3 days'$a$)) k (name, key, arguments),
           unnest('{first_touch,last_touch,step 1,step 2}'::text[]) attribution, unnest('{1,3,1000}'::int[]) top_n
$$;
create function pg_temp.differences(one text, other text) returns bigint language plpgsql as $$
declare
    found bigint;
begin
    execute format('with one as (%s), other as (%s) select count(*) from ((table one except all table other) union all (table other except all table one)) d', one, other) into found;
    return found;
end $$;
select count(*), count(*) filter (where pg_temp.differences(plain, broken_down) > 0) as differ from pg_temp.calls();

-- The actors behind each row, $other among them; by all steps an actor counts once for each of its values.
select attribution, top_n,
       pg_temp.differences(
           format($q$select breakdown_value, is_other, step::bigint, actors from telemetry.funnel('["seen", "tried", "paid"]', '3 days', breakdown => 'country', attribution => %L, top_n => %s) where actors > 0$q$, attribution, top_n),
           format($q$select breakdown_value, is_other, step, count(*) from telemetry.funnel_actors('["seen", "tried", "paid"]', '3 days', breakdown => 'country', attribution => %L, top_n => %s) a, generate_series(1, depth) step group by 1, 2, 3$q$, attribution, top_n)) as funnel,
       pg_temp.differences(
           format($q$select bucket, breakdown_value, is_other, step::bigint, actors from telemetry.funnel_trend('["seen", "tried", "paid"]', '3 days', '2020-01-06', '2020-01-20', breakdown => 'country', attribution => %L, top_n => %s) where actors > 0$q$, attribution, top_n),
           format($q$select bucket, breakdown_value, is_other, step, count(*) from telemetry.funnel_trend_actors('["seen", "tried", "paid"]', '3 days', '2020-01-06', '2020-01-20', breakdown => 'country', attribution => %L, top_n => %s) a, generate_series(1, depth) step group by 1, 2, 3, 4$q$, attribution, top_n)) as trend,
       pg_temp.differences(
           format($q$select breakdown_value, is_other, sum(actors)::bigint from telemetry.funnel_times('["seen", "tried", "paid"]', '3 days', breakdown => 'country', attribution => %L, top_n => %s) group by 1, 2 having sum(actors) > 0$q$, attribution, top_n),
           format($q$select breakdown_value, is_other, count(*) from telemetry.funnel_times_actors('["seen", "tried", "paid"]', '3 days', breakdown => 'country', attribution => %L, top_n => %s) group by 1, 2$q$, attribution, top_n)) as times
  from unnest('{first_touch,last_touch,step 1,step 2,all_steps}'::text[]) attribution, unnest('{1,3,1000}'::int[]) top_n;
select count(*), count(distinct actor_id) from telemetry.funnel_actors('["seen", "tried"]', '3 days', breakdown => 'country', attribution => 'all_steps', top_n => 1) where is_other;
select is_other, count(*) from telemetry.funnel_actors('["seen", "tried"]', '3 days', breakdown => 'country', top_n => 2) where breakdown_value = '$other' group by 1 :both
select breakdown_value, is_other, step, actors from telemetry.funnel('["seen", "tried"]', '3 days', breakdown => 'country', top_n => 1000) where breakdown_value = '$other' :both

-- Optional steps: funnel_trend() and funnel_times() count those whom funnel() counts.
select step, event_name, actors from telemetry.funnel('["seen", {"event": "tried", "optional": true}, "paid"]', '2 days') :both
select bucket::date, step, actors from telemetry.funnel_trend('["seen", {"event": "tried", "optional": true}, "paid"]', '2 days', '2020-01-06', '2020-01-20', 'week') :both
select bucket::date, depth, count(*), count(reached[2]) from telemetry.funnel_trend_actors('["seen", {"event": "tried", "optional": true}, "paid"]', '2 days', '2020-01-06', '2020-01-20', 'week') group by 1, 2 order by 1, 2 :both
select from_step, to_step, sum(t.actors) from (values (1, 2), (1, 3), (2, 3)) v (from_step, to_step), lateral telemetry.funnel_times('["seen", {"event": "tried", "optional": true}, "paid"]', '2 days', from_step => v.from_step, to_step => v.to_step) t group by 1, 2 order by 1, 2;
select count(*), sum(seconds) from telemetry.funnel_times_actors('["seen", {"event": "tried", "optional": true}, "paid"]', '2 days', to_step => 2) :both

-- What cannot be asked.
select * from telemetry.funnel('["seen"]', breakdown => 'country', top_n => 0);
select * from telemetry.funnel('["seen"]', top_n => 5);
select * from telemetry.funnel_trend('["seen"]', top_n => 5);
select * from telemetry.funnel_times('["seen", "paid"]', attribution => 'last_touch');
select * from telemetry.funnel_trend('["seen", {"event": "tried", "optional": true}]', breakdown => 'country');
select * from telemetry.funnel_times('["seen", {"event": "tried", "optional": true}]', exclude => '["paid"]');
select * from telemetry.funnel_trend('["seen", "paid"]', breakdown => 'country', attribution => 'step 3');
rollback;
