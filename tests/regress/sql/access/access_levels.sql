-- Who reads what: own events, a tenant, every tenant; and that policies are evaluated once per statement.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres;
begin;
\set ON_ERROR_ROLLBACK on
create role app_member;
create role app_analyst;
create role app_auditor;
set local time zone 'UTC';
select telemetry.register_event('seen');
select telemetry.register_event('bought');
select telemetry.grant_access('app_member', 'own_events');
select telemetry.grant_access('app_analyst', 'analyst');
select telemetry.grant_access('app_auditor', 'auditor');
-- Two tenants, three users each; user 1 of tenant a: 3 events, user 2: 2, user 3: 1.
select telemetry.import_events((
    select jsonb_agg(jsonb_build_object('event_name', case n when 3 then 'bought' else 'seen' end, 'tenant_id', format('00000000-0000-4000-8000-00000000000%s', t),
                                        'user_id', format('00000000-0000-4000-8000-0000000000%s%s', t, u), 'event_ts', format('2026-03-0%sT12:00:00Z', n)))
      from unnest('{a,b}'::text[]) t, generate_series(1, 3) u, generate_series(1, 4 - u) n));
select telemetry.log_events('[{"event_name": "unseen"}]') is not null as one_rejection;
-- A limited tenant, for the policies of these.
select telemetry.set_tenant('00000000-0000-4000-8000-00000000000b', events_per_day => 10);
select telemetry.tick_unit() > 0 as derived;
\set member '{"role": "authenticated", "sub": "00000000-0000-4000-8000-0000000000a1", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000a"}}'
select set_config('request.jwt.claims', :'member', true) is not null as request_of_user_a1;

set local role app_analyst;
select telemetry.log_visibility();
select sum(events) from telemetry.event_volume();
select source from telemetry.explain_kpi('event_volume');
select count(*) from telemetry.events;
reset role;
-- Own events: KPIs are exact over them, from the rows; what knows only tenants is closed.
set local role app_member;
select telemetry.log_visibility();
select sum(events) from telemetry.event_volume();
select source, reason from telemetry.explain_kpi('event_volume');
select step, actors from telemetry.funnel('["seen", "bought"]');
select count(*), count(distinct user_id) from telemetry.events;
select * from telemetry.active_users_actors(since => '2026-03-01', until => '2026-04-01', grain => 'month');
select count(*) from telemetry.hourly_counts;
select count(*) from telemetry.rejections;
select * from telemetry.rejection_summary();
select sum(events) from telemetry.event_volume(tenant => '00000000-0000-4000-8000-00000000000b');
-- The same user's id in another tenant, no user, and no tenant.
select set_config('request.jwt.claims', replace(:'member', '00000000000a"}', '00000000000b"}'), true) is not null as in_tenant_b;
select count(*) from telemetry.events;
select set_config('request.jwt.claims', '{"role": "authenticated", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000a"}}', true) is not null as nobody;
select count(*) from telemetry.events;
reset role;
-- An auditor reads every tenant, from the timeline as well, and may ask about one.
select set_config('request.jwt.claims', '', true) = '' as no_request;
set local role app_auditor;
select telemetry.log_visibility();
select sum(events) from telemetry.event_volume();
select source from telemetry.explain_kpi('funnel', '{"steps": ["seen", "bought"]}');
select step, actors from telemetry.funnel('["seen", "bought"]');
select step, actors from telemetry.funnel('["seen", "bought"]', tenant => '00000000-0000-4000-8000-00000000000a');
select count(*), count(distinct tenant_id) from telemetry.events;
select sum(events) from telemetry.hourly_counts;
select count(*) from telemetry.rejections;
select tenant_id, events_per_day from telemetry.tenants;
select telemetry.log_event('seen');
insert into telemetry.events (event_ts, event_id, tenant_id, event_name) values (now(), gen_random_uuid(), gen_random_uuid(), 'seen');
reset role;
-- A policy of the application's own narrows an auditor too, and then the timeline does not answer.
create policy no_purchases on telemetry.events as restrictive for select using (event_name <> 'bought');
set local role app_auditor;
select telemetry.log_visibility();
select sum(events) from telemetry.event_volume();
select count(*) from telemetry.hourly_counts;
reset role;
drop policy no_purchases on telemetry.events;

-- The reading level that is granted last decides.
select telemetry.grant_access('app_auditor', 'own_events');
select telemetry.grant_access('app_member', 'analyst');
select polname, polroles::regrole[] from pg_policy where polrelid = 'telemetry.events'::regclass order by 1;
set local role app_auditor;
select telemetry.log_visibility();
select count(*) from telemetry.rejections;
reset role;
select set_config('request.jwt.claims', :'member', true) is not null as request_of_user_a1;
set local role app_member;
select telemetry.log_visibility(), (select count(*) from telemetry.events);
reset role;
select telemetry.revoke_access('app_auditor');
select telemetry.revoke_access('app_member');
select count(*) from pg_policy where polname in ('own_events_only', 'auditor_reads_every_tenant');

-- Policies are evaluated once per statement: each function call is an InitPlan, none stands in a filter of rows.
create function pg_temp.calls_per_row(query text) returns table (init_plans bigint, calls_in_filters bigint) language plpgsql as $$
declare
    line text;
    plan text := '';
begin
    for line in execute 'explain (verbose, costs off) ' || query loop plan := plan || line || E'\n'; end loop;
    return query select (select count(*) from regexp_matches(plan, '\n\s*InitPlan', 'g')),
                        (select count(*) from regexp_matches(plan, '(Filter|Cond|Recheck)[^\n]*(current_tenant|current_user_id|log_visibility)', 'g'));
end $$;
select telemetry.grant_access('app_member', 'own_events');
set local role app_member;
select * from pg_temp.calls_per_row('select count(*) from telemetry.events');
reset role;
set local role app_analyst;
select t as table_name, c.* from unnest('{events,rejections,replays,ingestion_calls,kept_counts,tenants,redaction_policies,hourly_counts,timeline_tenants,timeline_actors,timeline_chunks}'::text[]) t,
       lateral pg_temp.calls_per_row('select count(*) from telemetry.' || t) c;
-- The policy's tenant finds rows by the index.
set local enable_seqscan = off;
create function pg_temp.plan_of(query text) returns text language plpgsql as $$
declare
    line text;
    plan text := '';
begin
    for line in execute 'explain (costs off) ' || query loop plan := plan || line || E'\n'; end loop;
    return plan;
end $$;
select plan ~ 'Index Cond: \(\(tenant_id = ' as by_tenant, plan !~ 'Append' as one_partition
  from pg_temp.plan_of('select count(*) from telemetry.events where event_ts >= ''2026-03-01'' and event_ts < ''2026-03-02''') plan;
reset role;
rollback;
