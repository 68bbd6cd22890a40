-- Cohorts of users who never did it, who did it seldom, and who did it for the first time in a period. `:both` asks rows and
-- timeline, see the book both_sources.
\set SHOW_CONTEXT never
set datestyle = iso; set timezone = 'UTC';
\set both '\\; call both_sources(current_query());'
begin;
\set ON_ERROR_ROLLBACK on
set local telemetry.enforcement = 'accept';
create temp table people as select who, t.tenant_id, telemetry.as_id(who, t.tenant_id) as actor_id
  from unnest('{ann,bob,cyd,dan}'::text[]) who, (values ('00000000-0000-0000-0000-000000000000'::uuid), ('00000000-0000-4000-8000-0000000000aa')) t (tenant_id);
create function pg_temp.does(who text, events text, tenant uuid default '00000000-0000-0000-0000-000000000000', payload jsonb default '{}') returns void language sql as $$
    select telemetry.import_events(jsonb_agg(jsonb_build_object(
               'event_name', split_part(e, ' ', 1), 'event_ts', '2020-01-' || split_part(e, ' ', 2) || 'T00:00:00Z', 'user_id', (select p.actor_id from people p where p.who = does.who and p.tenant_id = tenant), 'tenant_id', tenant, 'payload', payload)))
      from unnest(string_to_array(events, ', ')) e
$$;
-- Ann pays on the 2nd, the 5th and the 9th; bob on the 5th and, as a pro, on the 9th; cyd never; dan on the 9th, in another tenant never.
select pg_temp.does('ann', 'opened 01, paid 02, paid 05, paid 09'), pg_temp.does('bob', 'opened 01, paid 05'), pg_temp.does('bob', 'paid 09', payload => '{"plan": "pro"}'),
       pg_temp.does('cyd', 'opened 01, opened 09'), pg_temp.does('dan', 'paid 09'), pg_temp.does('dan', 'opened 03', '00000000-0000-4000-8000-0000000000aa') \g /dev/null
select telemetry.register_cohort(cohort, definition::jsonb) from (values
    ('never', '{"event": "paid", "at_most": 0}'),
    ('not_lately', '{"event": "paid", "at_most": 0, "since": "2020-01-06T00:00:00Z"}'),
    ('never_pro', '{"event": "paid", "where": {"plan": "pro"}, "at_most": 0}'),
    ('seldom', '{"event": "paid", "at_least": 0, "at_most": 2}'),
    ('a_few', '{"event": "paid", "at_most": 2}'),
    ('often', '{"event": "paid", "at_least": 3}'),
    ('new_buyers', '{"event": "paid", "first": true, "since": "2020-01-05T00:00:00Z", "until": "2020-01-09T00:00:00Z"}'),
    ('newer_buyers', '{"event": "paid", "first": true, "since": "2020-01-09T00:00:00Z"}'),
    ('early_buyers', '{"event": "paid", "first": true, "until": "2020-01-05T00:00:00Z"}'),
    ('new_pros', '{"event": "paid", "where": {"plan": "pro"}, "first": true, "since": "2020-01-06T00:00:00Z"}'),
    ('newcomers', '{"where": {}, "first": true, "since": "2020-01-03T00:00:00Z"}'),
    ('buyers_of_late', '{"event": "paid", "first": true, "within": "30 days"}')) c (cohort, definition) \g /dev/null
select c.cohort, string_agg(who || case when tenant_id <> '00000000-0000-0000-0000-000000000000' then ' of aa' else '' end, ', ' order by who, tenant_id) as members
  from telemetry.cohorts c left join (telemetry.cohorts d cross join lateral telemetry.cohort_actors(d.cohort) a join people p using (tenant_id, actor_id)) on d.cohort = c.cohort group by 1 order by 1 :both
select who from telemetry.cohort_actors('never', '00000000-0000-4000-8000-0000000000aa') join people using (actor_id) :both
-- As a filter: of each event's user; events of nobody are in no cohort.
select telemetry.import_events('[{"event_name": "opened", "event_ts": "2020-01-04T00:00:00Z"}]') \g /dev/null
select c.cohort, e.event_name, sum(e.events) as events from telemetry.cohorts c, telemetry.event_volume(since => '2020-01-01', until => '2020-01-10', grain => 'month', filter => jsonb_build_object('$cohort', c.cohort)) e
 where c.cohort in ('never', 'seldom', 'new_buyers') group by 1, 2 having sum(e.events) > 0 order by 1, 2 :both
select e.event_name, sum(e.events) as events from telemetry.event_volume(since => '2020-01-01', until => '2020-01-10', grain => 'month', filter => '{"$not_cohort": "never"}') e group by 1 order by 1 :both
select actors from telemetry.active_users(since => '2020-01-01', until => '2020-02-01', grain => 'month', filter => '{"$cohort": ["never", "newcomers"]}') :both
select step, actors from telemetry.funnel('[{"event": "opened", "where": {"$cohort": "new_buyers"}}, "paid"]') :both
-- On random events: the cohort, and what plain SQL says.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', (array['opened', 'paid', 'closed'])[1 + abs(hashint4(n * 3)) % 3], 'event_ts', timestamptz '2020-01-01 00:00Z' + (hashint4(n) & 2147483647) % 864000 * interval '1 second',
                                                            'user_id', telemetry.as_id((hashint4(n * 7) & 127)::text)))) > 0 as logged from generate_series(1, 500) n;
create function pg_temp.plain(cohort text) returns table (tenant_id uuid, actor_id uuid) language sql as $$
    select e.tenant_id, e.user_id from telemetry.events e where e.user_id is not null group by 1, 2
    having case plain.cohort when 'never' then count(*) filter (where event_name = 'paid') = 0
                             when 'not_lately' then count(*) filter (where event_name = 'paid' and event_ts >= '2020-01-06Z') = 0
                             when 'seldom' then count(*) filter (where event_name = 'paid') <= 2
                             when 'a_few' then count(*) filter (where event_name = 'paid') between 1 and 2
                             when 'new_buyers' then min(event_ts) filter (where event_name = 'paid') >= '2020-01-05Z' and min(event_ts) filter (where event_name = 'paid') < '2020-01-09Z'
                             when 'newer_buyers' then min(event_ts) filter (where event_name = 'paid') >= '2020-01-09Z'
                             when 'early_buyers' then min(event_ts) filter (where event_name = 'paid') < '2020-01-05Z'
                             when 'newcomers' then min(event_ts) >= '2020-01-03Z' end
$$;
select c.cohort, (select count(*) from telemetry.cohort_actors(c.cohort)) as members,
       (select count(*) from ((select * from telemetry.cohort_actors(c.cohort) except all select * from pg_temp.plain(c.cohort)) union all (select * from pg_temp.plain(c.cohort) except all select * from telemetry.cohort_actors(c.cohort))) d) as differ
  from unnest('{never,not_lately,seldom,a_few,new_buyers,newer_buyers,early_buyers,newcomers}'::text[]) c (cohort) :both
-- What cannot be meant.
select telemetry.register_cohort('broken', '{"event": "paid", "at_least": 0}');
select telemetry.register_cohort('broken', '{"event": "paid", "at_least": 1, "at_most": 0}');
select telemetry.register_cohort('broken', '{"event": "paid", "at_least": 3, "at_most": 2}');
select telemetry.register_cohort('broken', '{"event": "paid", "at_most": -1}');
select telemetry.register_cohort('broken', '{"event": "paid", "first": true}');
select telemetry.register_cohort('broken', '{"event": "paid", "first": true, "within": "30 days", "at_least": 2}');
select telemetry.register_cohort('broken', '{"event": "paid", "first": "yes", "within": "30 days"}');
rollback;
