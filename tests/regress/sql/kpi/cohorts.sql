-- Cohorts: groups of users by definition, named in any filter.
\set SHOW_CONTEXT never
set datestyle = iso; set timezone = 'UTC';
\set both '\\; call both_sources(current_query());'
begin;
set local telemetry.enforcement = 'accept';
-- Ada paid three times, Bob once, Cyd never; everybody opens the application. One event is nobody's.
create function pg_temp.log(event_name text, at text, who text, payload jsonb default '{}', tenant uuid default null)
returns void
language sql
as $$
    select telemetry.import_events(jsonb_build_array(jsonb_build_object(
        'event_name', event_name, 'event_ts', at, 'user_id', telemetry.as_id(who, '00000000-0000-0000-0000-000000000000'), 'session_id', telemetry.as_id(who || left(at, 10), '00000000-0000-0000-0000-000000000000'),
        'subject_id', telemetry.as_id('order of ' || who, '00000000-0000-0000-0000-000000000000'), 'payload', payload, 'tenant_id', tenant)))
$$;
create function pg_temp.who(id uuid) returns text language sql as $$ select w from unnest('{ada,bob,cyd,dan}'::text[]) w where telemetry.as_id(w, '00000000-0000-0000-0000-000000000000') = id $$;
do $$
declare
    who text;
    day text;
begin
    foreach who in array '{ada,bob,cyd}'::text[] loop
        foreach day in array '{2020-01-01,2020-01-02,2020-01-03}'::text[] loop
            perform pg_temp.log('opened', day || 'T08:00:00Z', who, jsonb_build_object('ms', length(who) + right(day, 1)::int, 'plan', 'pro'));
        end loop;
    end loop;
    perform pg_temp.log('paid', '2020-01-01T09:00:00Z', 'ada', '{"plan": "pro"}');
    perform pg_temp.log('paid', '2020-01-02T09:00:00Z', 'ada', '{"plan": "pro"}');
    perform pg_temp.log('paid', '2020-01-03T09:00:00Z', 'ada', '{"plan": "free"}');
    perform pg_temp.log('paid', '2020-01-02T09:30:00Z', 'bob', '{"plan": "free"}');
    perform pg_temp.log('opened', '2020-01-02T10:00:00Z', null);
end
$$;

-- By what they did. What is registered twice is changed.
select telemetry.register_cohort('buyers', '{"event": "paid"}', 'Paid once or more often.');
select telemetry.register_cohort('loyal', '{"events": ["paid"], "at_least": 2}');
select telemetry.register_cohort('loyal', '{"events": ["paid"], "at_least": 3, "until": "2020-01-04T00:00:00Z"}');
select telemetry.register_cohort('once', '{"event": "paid", "at_most": 1}');
select telemetry.register_cohort('pro', '{"event": "paid", "where": {"plan": "pro"}}');
select telemetry.register_cohort('lately', '{"event": "paid", "within": "30 days"}');
select cohort, definition, description from telemetry.cohorts order by cohort;
select pg_temp.who(actor_id) from telemetry.cohort_actors('buyers') order by 1 :both
select pg_temp.who(actor_id) from telemetry.cohort_actors('loyal') order by 1 :both
select pg_temp.who(actor_id) from telemetry.cohort_actors('once') order by 1 :both
select pg_temp.who(actor_id) from telemetry.cohort_actors('pro') order by 1 :both
select count(*) from telemetry.cohort_actors('lately') order by 1 :both

-- A filter names one, or several, beside keys of the payload. Who is in none: $not_cohort, the events of nobody too.
select bucket, actors from telemetry.active_users(since => '2020-01-01', until => '2020-01-04', filter => '{"$cohort": "buyers"}') :both
select event_name, sum(events) from telemetry.event_volume(since => '2020-01-01', until => '2020-01-04', filter => '{"$cohort": "buyers"}') group by 1 :both
select event_name, sum(events) from telemetry.event_volume(since => '2020-01-01', until => '2020-01-04', filter => '{"$not_cohort": "buyers"}') group by 1 :both
select event_name, sum(events) from telemetry.event_volume(since => '2020-01-01', until => '2020-01-04', filter => '{"$cohort": ["buyers", "once"], "$not_cohort": ["pro"], "plan": "free"}') group by 1 :both
select event_name, sum(events) from telemetry.event_volume(since => '2020-01-01', until => '2020-01-04', filter => '{"$cohort": "lately"}') group by 1 :both

-- Every KPI that takes a filter does, and so does a step of a funnel.
select step, actors from telemetry.funnel('[{"event": "opened", "where": {"$not_cohort": "loyal"}}, "paid"]') :both
select step, actors from telemetry.funnel('["opened", "paid"]', filter => '{"$cohort": "loyal"}') :both
select pg_temp.who(actor_id) from telemetry.active_users_actors(since => '2020-01-01', until => '2020-01-02', filter => '{"$not_cohort": "loyal"}') order by 1 :both
select cohort, period, actors from telemetry.retention('opened', 'opened', '2020-01-01', '2020-01-04', filter => '{"$cohort": "once"}') :both
select step, actors from telemetry.funnel('["opened", "paid"]', actor => 'session', filter => '{"$cohort": "loyal"}') :both
select sum(sessions) from telemetry.session_stats('2020-01-01', '2020-01-04', filter => '{"$cohort": "once"}') :both
select fraction, value, events from telemetry.percentiles('ms', '{0.5}', since => '2020-01-01', until => '2020-01-04', grain => 'month', filter => '{"$cohort": "once"}') :both
select value, events from telemetry.top_values('plan', since => '2020-01-01', until => '2020-01-04', filter => '{"$not_cohort": "pro"}') :both
select errors, events from telemetry.rate_of_errors('{paid}', by_user => true, since => '2020-01-01', until => '2020-01-04', grain => 'month', filter => '{"$cohort": "loyal"}') :both
select in_numerator, in_denominator from telemetry.object_ratio('paid', 'opened', '2020-01-01', '2020-01-04', 'month', filter => '{"$cohort": "buyers"}') :both
select in_numerator, in_denominator from telemetry.object_ratio('paid', 'opened', '2020-01-01', '2020-01-04', 'month', filter => '{"$not_cohort": "buyers"}') :both
select value, sum(actors) from telemetry.feature_adoption('paid', since => '2020-01-01', until => '2020-01-04', filter => '{"$cohort": "buyers"}') f, lateral (select f.feature_actors) a (actors), lateral (values ('adopters')) v (value) group by 1 :both

-- KPIs as data as well.
select telemetry.register_kpi('openings_of_buyers', '{"kind": "event_volume", "parameters": {"events": ["opened"], "filter": {"$cohort": "buyers"}}}');
select sum(value) from telemetry.kpi('openings_of_buyers', '2020-01-01', '2020-01-04') :both

-- What the timeline does not keep (a list inside the payload) is found in the rows; whoever asks does not notice.
select telemetry.register_cohort('nested', '{"event": "opened", "where": {"tags": ["a"]}}');
select pg_temp.log('opened', '2020-01-03T11:00:00Z', 'cyd', '{"tags": ["a", "b"]}');
select bucket, actors from telemetry.active_users(since => '2020-01-01', until => '2020-01-04', filter => '{"$cohort": "nested"}') :both

-- By a table or view of the application, read with the caller's rights.
create schema shop;
create table shop.subscribers (member uuid, email text);
insert into shop.subscribers select telemetry.as_id(w), w || '@example.com' from unnest('{bob,dan}'::text[]) w;
create view shop.current_subscribers as select member as user_id, null::uuid as tenant_id from shop.subscribers;
select telemetry.register_cohort('subscribers', '{"relation": "shop.subscribers", "user_column": "member"}');
select tenant_id, pg_temp.who(actor_id) from telemetry.cohort_actors('subscribers') order by 2;
select bucket, actors from telemetry.active_users(since => '2020-01-01', until => '2020-01-04', filter => '{"$cohort": "subscribers"}') :both
-- A row of no tenant is in none.
select telemetry.register_cohort('of_nowhere', '{"relation": "shop.current_subscribers"}');
select count(*) from telemetry.cohort_actors('of_nowhere');
-- Two tenants: each has its own members.
set local telemetry.multi_tenant = on;
select pg_temp.log('paid', '2020-01-05T09:00:00Z', 'ada', '{}', '00000000-0000-4000-8000-00000000000a');
select pg_temp.log('opened', '2020-01-05T08:00:00Z', 'ada', '{}', '00000000-0000-4000-8000-00000000000b');
select tenant_id, pg_temp.who(actor_id) from telemetry.cohort_actors('buyers') order by 1, 2 :both
select event_name, events from telemetry.event_volume(since => '2020-01-05', until => '2020-01-06', filter => '{"$cohort": "buyers"}') :both
select event_name, events from telemetry.event_volume(since => '2020-01-05', until => '2020-01-06', filter => '{"$not_cohort": "buyers"}', tenant => '00000000-0000-4000-8000-00000000000b') :both
create role regress_cohort_analyst;
select telemetry.grant_access('regress_cohort_analyst', 'analyst');
set local role regress_cohort_analyst;
set local telemetry.tenant_id = '00000000-0000-4000-8000-00000000000a';
select tenant_id from telemetry.cohort_actors('buyers');
select tenant_id from telemetry.cohort_actors('buyers', '00000000-0000-4000-8000-00000000000b');
-- What it may not read it may not count either.
savepoint asked;
select * from telemetry.active_users(filter => '{"$cohort": "subscribers"}');
rollback to asked;
select telemetry.register_cohort('mine', '{"event": "paid"}');
rollback to asked;
reset role;

-- Faults say what to do.
\set ON_ERROR_ROLLBACK on
select * from telemetry.active_users(filter => '{"$cohort": "buyer"}');
select * from telemetry.active_users(filter => '{"$cohort": 7}');
select * from telemetry.active_users(filter => '{"$not_cohort": []}');
select * from telemetry.object_ratio('paid', 'opened', filter => '{"$cohort": {}}');
select telemetry.register_cohort('Buyers', '{"event": "paid"}');
select telemetry.register_cohort('x', null);
select telemetry.register_cohort('x', '{}');
select telemetry.register_cohort('x', '{"event": "paid", "where": {"$cohort": "buyers"}}');
select telemetry.register_cohort('x', '{"event": "paid", "since": "2020-01-01"}');
select telemetry.register_cohort('x', '{"event": "paid", "since": "2020-01-02T00:00:00Z", "until": "2020-01-01T00:00:00Z"}');
select telemetry.register_cohort('x', '{"event": "paid", "within": "-1 day"}');
select telemetry.register_cohort('x', '{"event": "paid", "within": "soon"}');
select telemetry.register_cohort('x', '{"event": "paid", "within": "1000000 years"}');
select telemetry.register_cohort('x', '{"event": "paid", "within": "99999999999999999999 days"}');
select telemetry.register_cohort('x', '{"event": "payed"}');
select telemetry.register_cohort('x', '{"relation": "subscribers"}');
-- What is no name at all is the name of nothing.
select telemetry.register_cohort('x', '{"relation": "shop..subscribers"}');
select telemetry.register_cohort('x', '{"relation": "app.shop.public.subscribers"}');
select telemetry.register_cohort('x', '{"relation": "other.shop.subscribers"}');
select telemetry.register_cohort('x', '{"relation": "shop.subscribers"}');
select telemetry.register_cohort('x', '{"relation": "shop.subscribers", "user_column": "email"}');
select * from telemetry.cohort_actors('x');
select * from telemetry.cohort_actors(null);
drop view shop.current_subscribers;
select * from telemetry.active_users(filter => '{"$cohort": "of_nowhere"}');
\set ON_ERROR_ROLLBACK off
select telemetry.drop_cohort('x'), telemetry.drop_cohort('of_nowhere');
rollback;
