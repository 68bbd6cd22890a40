-- Every pack with its demo events, the tables of the application that the tutoring pack asks about, and a dashboard of the worst of
-- texts.
create extension telemetry;
select telemetry.install_pack(p), telemetry.generate_demo_events(p, until => now()) from unnest('{tutoring,coaching,exam_prep,support_chat,learning}'::text[]) p;
call telemetry.tick();
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
select telemetry.register_kpi('hostile_' || n, jsonb_build_object(
           'kind', k.kind, 'unit', k.worst, 'description', k.worst, 'question', k.worst, 'target', 3, 'target_is', 'at_most',
           'parameters', jsonb_build_object('filter', jsonb_build_object('feature', jsonb_build_object('$in', jsonb_build_array(k.worst, 'search')))) || k.parameters))
  from (values (1, 'event_volume', '{"events": ["lesson_completed"], "breakdown": "lesson"}'::jsonb, E'''); drop table x; --\n${tenant} [[tz]] $tz $__timeFrom() </script><img src=x> \\'),
               (2, 'top_values', '{"payload_key": "lesson"}', E'"quoted" {{ $value }} `c` ${tz:raw} \u202e\u0001 %s \\x24')) k (n, kind, parameters, worst);
select telemetry.register_dashboard('hostile', '{hostile_1,hostile_2}', E'${tenant} "[[tz]]" \\');
