-- What the suite talks to: Supabase's roles, and events of two tenants that every KPI has something to say about.
-- Runs in a database of its own; the roles are the cluster's, and run removes them.
\set ON_ERROR_STOP on
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role e2e_authenticator login noinherit password :'password';
grant anon, authenticated, service_role to e2e_authenticator;

create extension telemetry;
select telemetry.enable_supabase('tenant');

-- The tenants are those of api.js.
\set tenant_a '00000000-0000-4000-8000-00000000000a'
\set tenant_b '00000000-0000-4000-8000-00000000000b'
select telemetry.register_event(name, '{}') from unnest('{signed_up,viewed,paid,failed,opened,closed,exposed}'::text[]) name;
select telemetry.register_event('clicked', '{"required_keys": ["position"], "properties": {
    "position": {"type": "integer", "minimum": 0}, "label": {"type": "string", "maxLength": 200}}}');
select telemetry.register_event('billed', '{"logged_by": "server"}');
select telemetry.register_event('loaded');
select telemetry.register_cohort('payers', '{"event": "paid"}');

-- 40 days of two tenants; of tenant B fewer, so that a leak changes every number.
select telemetry.import_events((
    select jsonb_agg(jsonb_build_object(
               'event_name', (array['signed_up', 'viewed', 'paid', 'failed', 'opened', 'closed', 'exposed'])[1 + n % 7],
               'tenant_id', case when n % 3 = 0 then :'tenant_b' else :'tenant_a' end,
               'user_id', telemetry.as_id('user ' || n / 7 % 11, '00000000-0000-4000-8000-000000000000'),
               'session_id', telemetry.as_id('session ' || n / 14, '00000000-0000-4000-8000-000000000000'),
               'subject_id', telemetry.as_id('subject ' || n / 7, '00000000-0000-4000-8000-000000000000'),
               'seq', n % 14,
               'event_ts', '2025-03-03 08:00+00'::timestamptz + n * interval '137 minutes',
               'source', 'web',
               'payload', jsonb_build_object('ms', n % 97, 'plan', (array['free', 'pro', 'team'])[1 + n % 3],
                                             'ticket', n / 7, 'due_at', '2025-03-03 08:00+00'::timestamptz + n * interval '138 minutes',
                                             'experiment', 'button', 'variant', (array['a', 'b'])[1 + n / 7 % 11 % 2])))
      from generate_series(0, 419) n));
call telemetry.tick();
-- Some in the raw tail, so that answers are joined from both.
select telemetry.import_events((
    select jsonb_agg(jsonb_build_object('event_name', 'viewed', 'tenant_id', tenant, 'payload', '{"ms": 5, "plan": "pro", "correlation_id": "request-1"}'::jsonb,
                                        'user_id', telemetry.as_id('late', '00000000-0000-4000-8000-000000000000'),
                                        'event_ts', '2025-04-10T08:00:00Z'))
      from (values (:'tenant_a'), (:'tenant_b')) t (tenant)));
select telemetry.register_kpi('volume', '{"kind": "event_volume", "parameters": {"events": ["viewed"]}}');
select telemetry.register_dashboard('board', '{volume}');
select telemetry.register_alert('few_views', '{"kpi": "volume", "within": "7 days", "every": "1 hour", "fires": "below", "threshold": 1}');

-- KPIs over tables of the application, under the names that they have by default.
create table public.assignments (id uuid primary key, created_at timestamptz not null, status text);
insert into public.assignments select telemetry.as_id('subject ' || n, '00000000-0000-4000-8000-000000000000'), '2025-03-03'::timestamptz + n * interval '10 hours', 'open' from generate_series(0, 20) n;
create table public.telegram_extractions (created_at timestamptz, status text);
insert into public.telegram_extractions values ('2025-03-03', 'ok'), ('2025-03-04', 'failed');
create table public.ingestion_runs (id int, started_at timestamptz, status text);
create table public.ingestion_run_progress (run_id int, error_count int, scanned_count int, inserted_count int, updated_count int);
insert into public.ingestion_runs values (1, '2025-03-03', 'ok');
insert into public.ingestion_run_progress values (1, 2, 100, 7, 1);
create table public.assignment_clicks (clicks int, last_click_at timestamptz);
insert into public.assignment_clicks values (3, '2025-03-03 10:00');
create table public.questions (id uuid primary key, correct_index integer);
create table public.people (id uuid primary key, name text);
insert into public.people values (telemetry.as_id('user 1', '00000000-0000-4000-8000-000000000000'), 'User One');
select telemetry.register_actor_names('public.people', 'id', 'name');
grant select on all tables in schema public to authenticated, service_role;

-- Values that calls.js names by @NAME.
create table public.made (name text primary key, value text);
insert into public.made values
    ('actor', telemetry.as_id('user 1', '00000000-0000-4000-8000-000000000000')),
    ('actors', array[telemetry.as_id('user 1', '00000000-0000-4000-8000-000000000000')]::text),
    ('session', telemetry.as_id('session 1', '00000000-0000-4000-8000-000000000000'));
with rows (at, name) as (values ('2025-03-03 08:00+00'::timestamptz, 'viewed'), ('2025-03-03 09:00+00', 'paid'))
insert into public.made
select made.*
  from (select telemetry.uniq_state(name)::text, telemetry.uniq_exact_state(name)::text,
               telemetry.sequence_state(at, name = 'viewed', name = 'paid')::text,
               telemetry.retention_flags_state(name = 'viewed', name = 'paid')::text,
               telemetry.sequence_next_node_state(at, name, true, name = 'viewed')::text
          from rows) s (uniq, uniq_exact, sequence, retention_flags, next_node),
       lateral (values ('uniq', uniq), ('uniq_exact', uniq_exact), ('sequence', sequence), ('retention_flags', retention_flags),
                       ('sequence_next_node', next_node)) made;
