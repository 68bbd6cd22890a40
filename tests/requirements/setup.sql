-- An application of a pack as tests/requirements/run has it: demo events up to now, views, and the tables of its own that KPIs
-- read. :pack is set.
create extension telemetry;
select telemetry.install_pack(:'pack');
select telemetry.generate_demo_events(:'pack', users => 150, days => 60, until => now());
select telemetry.create_compatibility_views(:'pack');
select telemetry.try_log_event('NO_SUCH_EVENT');

create table public.assignments (id uuid primary key, created_at timestamptz not null, status text not null);
insert into public.assignments
select subject_id, min(event_ts) - interval '5 hours', case count(*) % 3 when 0 then 'filled' else 'open' end from telemetry.events where subject_id is not null group by 1;
create table public.telegram_extractions (created_at timestamptz not null, status text not null);
insert into public.telegram_extractions select now() - n * interval '3 hours', case when n % 7 = 0 then 'failed' else 'ok' end from generate_series(1, 200) n;
create table public.ingestion_runs (id integer primary key, started_at timestamptz not null, status text not null);
create table public.ingestion_run_progress (run_id integer, error_count integer, scanned_count integer, inserted_count integer, updated_count integer);
insert into public.ingestion_runs select n, now() - n * interval '9 hours', case when n % 9 = 0 then 'error' else 'ok' end from generate_series(1, 60) n;
insert into public.ingestion_run_progress select n, n % 3, 100, n % 40, n % 30 from generate_series(1, 60) n;
create table public.assignment_clicks (assignment_id uuid primary key, clicks integer not null, last_click_at timestamptz);
insert into public.assignment_clicks select id, 3, created_at + interval '1 hour' from public.assignments;
create table public.questions as select id, 2 as correct_index from public.assignments;
create function public.owns_session(user_id uuid, session_id uuid, subject_id uuid, tenant_id uuid) returns boolean language sql stable as 'select true';
select telemetry.add_ownership_check('owned', 'public.owns_session');
-- A client whose events of a session have a gap.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', e.name, 'event_ts', now() - interval '2 hours', 'session_id', telemetry.as_id('gap'), 'user_id', telemetry.as_id('gap'),
           'tenant_id', telemetry.as_id('tenant-1'), 'seq', n, 'payload', e.payload)))
  from generate_series(1, 9, 4) n, (select event_name, payload from telemetry.events where event_name not in ('SESSION_CREATED', 'SESSION_SUBMITTED') order by event_ts desc limit 1) e (name, payload);
call telemetry.tick();
