-- Who is counted: users, or tenants, sessions and subjects, in every function that has the argument actor. `:both` asks rows and
-- timeline, see the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
set local telemetry.enforcement = 'accept';
-- Three customers in two weeks: of the first ann and bob, of the second cyd and somebody without an id, of the third nobody pays.
savepoint start;
create temp table customers as select name, telemetry.as_id(name) as tenant_id from unnest('{acme,borg,cube}'::text[]) name;
select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
           'event_name', v.event_name, 'tenant_id', c.tenant_id, 'user_id', telemetry.as_id(v.who), 'event_ts', v.at::timestamptz, 'payload', jsonb_build_object('plan', v.plan)))))
  from (values ('acme', 'ann', 'opened', '2024-01-01 10:00', 'pro'), ('acme', 'bob', 'paid', '2024-01-02 10:00', 'pro'), ('acme', 'bob', 'opened', '2024-01-08 10:00', 'pro'),
               ('borg', 'cyd', 'opened', '2024-01-03 10:00', 'free'), ('borg', null, 'paid', '2024-01-09 10:00', 'free'), ('cube', 'dan', 'opened', '2024-01-10 10:00', 'free')) v (customer, who, event_name, at, plan)
  join customers c on c.name = v.customer \g /dev/null
-- Which customers pay: one person opens and another one pays, so that no user does both.
select coalesce(actor, 'user') as actor, bucket::date, numerator, denominator, ratio from unnest('{null,tenant}'::text[]) actor, telemetry.actor_ratio('paid', 'opened', since => '2024-01-01', until => '2024-01-15', grain => 'week', actor => actor) order by 1, 2 :both
select bucket::date, name, tenant_id = actor_id as is_itself, is_in_numerator
  from telemetry.actor_ratio_actors('paid', 'opened', since => '2024-01-01', until => '2024-01-15', grain => 'week', actor => 'tenant') join customers using (tenant_id) order by 1, 2 :both
select bucket::date, active_actors, feature_actors, rate, new_adopters, cumulative_adopters from telemetry.feature_adoption('paid', since => '2024-01-01', until => '2024-01-15', grain => 'week', actor => 'tenant') :both
select bucket::date, status, actors from telemetry.lifecycle(since => '2024-01-01', until => '2024-01-15', grain => 'week', actor => 'tenant') :both
select periods, actors, rate from telemetry.stickiness(since => '2024-01-01', until => '2024-01-15', grain => 'week', actor => 'tenant') :both
select bucket::date, average_actors, actors from telemetry.dau_mau(since => '2024-01-01', until => '2024-01-15', grain => 'week', actor => 'tenant') :both
select name, round(score::numeric, 1) as score, active_days, days_since_last, event_names, events from telemetry.user_engagement(since => '2024-01-01', until => '2024-01-15', actor => 'tenant') join customers using (tenant_id) :both
select rank, value, events, actors, round(share::numeric, 2) as share from telemetry.top_values('plan', by => 'actors', actor => 'tenant') :both
select weekday, hour, events, actors from telemetry.activity_heatmap(actor => 'tenant') where events > 0 :both
select step, event_name, actors from telemetry.funnel('["opened", "paid"]', actor => 'tenant') :both
-- A tenant is read from the timeline, a session from the rows.
call telemetry.tick();
select actor, source, reason from unnest('{tenant,session}'::text[]) actor, telemetry.explain_kpi('actor_ratio', jsonb_build_object('numerator', 'paid', 'actor', actor));
-- object_key names a subject.
select * from telemetry.stickiness(actor => 'tenant', object_key => 'plan');
select * from telemetry.lifecycle(actor => 'team');
select actors, events from telemetry.activity_heatmap(object_key => 'plan') where events > 0 order by 1, 2;
rollback to start;

-- Whoever is counted is counted as a user would be: a log in which each user_id is the id of the session, the subject, what a key
-- names or the tenant has the same answers, but for the column tenant_id.
select telemetry.register_event(name, '{"promoted_properties": ["world", "plan", "thing"]}') from unnest('{open,view,buy}'::text[]) name \g /dev/null
select setseed(0.17) \g /dev/null
create function pg_temp.import(world text, actor text) returns integer language sql as $$
    select count(*)::integer from telemetry.import_events((
        select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                   'event_name', e.event_name, 'event_ts', e.event_ts, 'sample_rate', e.sample_rate, 'payload', e.payload || jsonb_build_object('world', world),
                   'tenant_id', case actor when 'tenant' then telemetry.as_id('all of them') else e.tenant_id end,
                   'user_id', case actor when 'tenant' then e.tenant_id when 'session' then e.session_id when 'subject' then e.subject_id
                                         else case when e.payload ? 'thing' then telemetry.as_id(e.payload ->> 'thing', e.tenant_id) end end)) order by e.ingest_id)
          from telemetry.events e where e.payload ->> 'world' = 'log'))
$$;
select telemetry.import_events((select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
           'event_name', (array['open', 'open', 'view', 'buy'])[1 + floor(random() * 4)::integer], 'event_ts', timestamptz '2024-01-01' + floor(random() * random() * 40 * 24 * 12) * interval '5 minutes',
           'tenant_id', telemetry.as_id('tenant' || floor(random() * random() * 6)), 'user_id', case when random() < 0.9 then telemetry.as_id('user' || floor(random() * 30)) end,
           'session_id', case when random() < 0.8 then telemetry.as_id('session' || floor(random() * 80)) end, 'subject_id', case when random() < 0.7 then telemetry.as_id('subject' || floor(random() * 25)) end,
           'sample_rate', case when random() < 0.1 then 0.5 end,
           'payload', jsonb_strip_nulls(jsonb_build_object('world', 'log', 'plan', case when random() < 0.8 then 'p' || floor(random() * 9) end, 'thing', case when random() < 0.6 then 'thing' || floor(random() * 12) end))))) from generate_series(1, 700))) \g /dev/null

create temp table asked (kpi text, arguments text);
insert into asked values
    ('active_users', $$since => '2024-01-01', until => '2024-02-10', rolling_days => 7$$), ('active_users', $$since => '2024-01-02 03:00', until => '2024-02-10', events => '{buy}', grain => 'week'$$),
    ('activity_heatmap', $$tz => 'Asia/Kolkata'$$), ('actor_ratio', $$'buy', 'open', since => '2024-01-01', until => '2024-02-10'$$),
    ('dau_mau', $$since => '2024-01-01', until => '2024-02-10', grain => 'week'$$), ('feature_adoption', $$'buy', since => '2024-01-10', until => '2024-02-10', feature_filter => '{"plan": "p1"}'$$),
    ('funnel', $$'["open", "view", "buy"]', breakdown => 'plan', top_n => 4$$), ('funnel', $$'["open", "view"]', ordering => 'strict'$$),
    ('funnel_trend', $$'["open", "buy"]', '2 days', since => '2024-01-01', until => '2024-02-10'$$), ('funnel_times', $$'["open", "buy"]'$$),
    ('lifecycle', $$since => '2024-01-05', until => '2024-02-10', grain => 'week'$$), ('lifecycle', $$since => '2024-01-15', until => '2024-01-22', grain => 'range'$$),
    ('next_events', $$'{open,view}', exclude => '{buy}'$$), ('paths', $$start_event => 'open', max_steps => 4$$),
    ('retention', $$'open', 'buy', since => '2024-01-01', until => '2024-02-10', grain => 'week', kind => 'first_time'$$), ('retention', $$since => '2024-01-01', until => '2024-01-20', min_occurrences => 2, rolling => true$$),
    ('stickiness', $$since => '2024-01-01', until => '2024-02-10'$$), ('stickiness', $$since => '2024-01-01', until => '2024-02-10', grain => 'week', min_occurrences => 3$$),
    ('time_between', $$'open', 'buy', grain => 'week', until => '2026-11-30'$$), ('time_to_first', $$'open', 'buy', within => '3 days'$$), ('top_values', $$'plan', by => 'actors', top_n => 4$$),
    ('user_engagement', $$since => '2024-01-01', until => '2024-02-10'$$),
    ('active_users', $$since => '2024-01-01', until => '2024-02-10', grain => 'week', breakdown => 'plan', top_n => 3$$), ('actor_ratio', $$'buy', 'open', since => '2024-01-01', until => '2024-02-10', grain => 'week', breakdown => 'plan', top_n => 3$$),
    ('lifecycle', $$since => '2024-01-05', until => '2024-02-10', grain => 'week', breakdown => 'plan', top_n => 3$$), ('funnel', $$'["open", "buy"]', match => '{plan}'$$),
    ('retention', $$'open', 'buy', since => '2024-01-01', until => '2024-02-10', grain => 'week', match => '{plan}'$$);
select distinct p.proname as function_without_a_line from pg_proc p, unnest(p.proargnames, p.proallargtypes) a (name, type)
 where p.pronamespace = 'telemetry'::regnamespace and a.name = 'actor' and a.type = 'text'::regtype and 'object_key' = any (p.proargnames) and replace(p.proname, '_actors', '') not in (select kpi from asked);
create temp table questions as
    select a.*, p.proname as function from asked a join pg_proc p on p.pronamespace = 'telemetry'::regnamespace and p.proname in (a.kpi, a.kpi || '_actors');
create function pg_temp.answer(function text, arguments text, actor text, world text default null) returns jsonb language plpgsql as $$
declare
    call constant text := format('telemetry.%s(%s)', function, concat_ws(', ', nullif(arguments, ''),
        case when actor = 'key' then 'object_key => ''thing''' when actor is not null then format('actor => %L', actor) end,
        case when world is not null then format('filter => %L', jsonb_build_object('world', world)) end));
    answer jsonb;
begin
    execute format('select coalesce(jsonb_agg(to_jsonb(q) - ''tenant_id'' order by to_jsonb(q)::text), ''[]'') from %s q', call) into answer;
    return answer;
end $$;
-- Asked of the log alone: from the rows, while ticks have half of it, and from the timeline.
create temp table answers as
    select 'rows' as source, q.*, actor, pg_temp.answer(function, arguments, actor) as answer from questions q, unnest('{tenant,session,subject,key}'::text[]) actor;
select telemetry.tick_unit(350) > 0 as ticked;
insert into answers select 'half', q.*, actor, pg_temp.answer(function, arguments, actor) from questions q, unnest('{tenant,session,subject,key}'::text[]) actor;
call telemetry.tick();
insert into answers select 'timeline', q.*, actor, pg_temp.answer(function, arguments, actor) from questions q, unnest('{tenant,session,subject,key}'::text[]) actor;
insert into answers select 'filtered', q.*, actor, pg_temp.answer(function, arguments, actor, 'log') from questions q, unnest('{tenant,session,subject,key}'::text[]) actor;
-- Asked of the copies of it, about users.
select pg_temp.import(actor, actor) from unnest('{tenant,session,subject,key}'::text[]) actor \g /dev/null
select a.actor, a.source, count(*) as questions, sum(jsonb_array_length(a.answer)) as rows, count(*) filter (where jsonb_array_length(a.answer) = 0) as without_rows,
       string_agg(a.function || '(' || a.arguments || ')', ', ') filter (where a.answer is distinct from c.answer) as differ
  from answers a
  join (select q.*, actor, pg_temp.answer(function, arguments, null, actor) as answer from questions q, unnest('{tenant,session,subject,key}'::text[]) actor) c using (function, arguments, actor)
 group by 1, 2 order by 1, 2;
rollback;
