-- The tutoring application: its events, and small tables of its own.
create extension telemetry;
select from telemetry.install_pack('tutoring');
select from telemetry.generate_demo_events('tutoring', users => 150, until => '2024-10-21Z');
select from telemetry.create_compatibility_views('tutoring');

create table public.assignments (id uuid primary key, created_at timestamptz not null default now(), status text not null);
insert into public.assignments
select assignment_id, min(event_time) - (abs(hashtext(assignment_id::text)) % 400) * interval '1 hour',
       case abs(hashtext(assignment_id::text)) % 4 when 0 then 'filled' when 1 then 'expired' else 'open' end
  from public.analytics_events where assignment_id is not null group by 1;
insert into public.assignments
select telemetry.as_id('unseen-' || n), timestamptz '2024-09-20Z' + n * interval '5 hours', 'open' from generate_series(1, 150) n;

create table public.telegram_extractions (id bigserial primary key, created_at timestamptz not null, status text not null);
insert into public.telegram_extractions (created_at, status)
select timestamptz '2024-09-20Z' + n * interval '37 minutes', case when n % 11 = 0 then 'failed' when n % 7 = 0 then 'skipped' else 'ok' end
  from generate_series(1, 1300) n;

create table public.ingestion_runs (id bigserial primary key, started_at timestamptz not null, status text not null);
create table public.ingestion_run_progress (run_id bigint primary key references public.ingestion_runs, error_count int, scanned_count int, inserted_count int, updated_count int);
insert into public.ingestion_runs (started_at, status)
select timestamptz '2024-09-20Z' + n * interval '3 hours', case when n % 9 = 0 then 'error' else 'ok' end from generate_series(1, 260) n;
-- Some runs leave no progress.
insert into public.ingestion_run_progress
select id, id % 5, 100 + id % 50, id % 40, id % 30 from public.ingestion_runs where id % 6 <> 0;

create table public.assignment_clicks (assignment_id uuid primary key, clicks integer not null, last_click_at timestamptz);
insert into public.assignment_clicks
select id, 1 + abs(hashtext(id::text)) % 9, case when abs(hashtext(id::text)) % 10 > 0 then created_at + interval '9 hours' end from public.assignments;
