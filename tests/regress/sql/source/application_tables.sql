-- KPIs over the application's own tables, with the caller's rights.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
-- Names that nobody logged: see the book unknown_events.
set telemetry.unknown_events = 'empty';
begin;
set local time zone 'UTC';
create schema app;
create table app.assignments (id uuid primary key, created_at timestamptz not null, status text);
select * from telemetry.market_supply('app.assignments');
select * from telemetry.market_supply('app.assignments', '2024-03-01', '2024-03-03');
insert into app.assignments values
    (telemetry.as_id('a1'), '2024-03-01 00:00', 'open'), (telemetry.as_id('a2'), '2024-03-01 23:59', 'filled'),
    (telemetry.as_id('a3'), '2024-03-03 12:00', 'open'), (telemetry.as_id('a4'), '2024-03-03 13:00', null), (telemetry.as_id('a5'), '2024-03-08 00:00', 'expired');
select * from telemetry.market_supply('app.assignments', '2024-03-01', '2024-03-04');
select * from telemetry.market_supply('app.assignments', '2024-03-01', '2024-03-09', 'week');
select bucket, created from telemetry.market_supply('app.assignments', '2024-03-01 00:00-05', '2024-03-02 00:00-05', tz => 'America/New_York');
-- All time: from the first row to now, every day.
select min(bucket), sum(created), max(bucket) = date_trunc('day', now()) as until_now from telemetry.market_supply('app.assignments');
select sum(created) from telemetry.market_supply('app.assignments', until => '2024-03-03 13:00');

-- Time to fill, against the log.
select telemetry.register_event('assignment_filled_report');
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'assignment_filled_report', 'event_ts', at, 'subject_id', telemetry.as_id(id))))
  from (values ('a1', timestamptz '2024-03-01 10:00'), ('a1', '2024-03-02 10:00'), ('a2', '2024-03-02 01:59'), ('a3', '2024-03-03 13:30'), ('elsewhere', '2024-03-02 00:00')) r (id, at);
select * from telemetry.time_to_fill('app.assignments', '2024-02-26', '2024-03-11');
select * from telemetry.time_to_fill('app.assignments', '2024-02-26', '2024-03-11', first_report_only => true);
select bucket, p50_hours, reports from telemetry.time_to_fill('app.assignments', '2024-03-01', '2024-03-04', 'day');
select * from telemetry.time_to_fill('app.assignments', '2024-03-01', '2024-03-04', event => 'assignment_scam_report');
select * from telemetry.time_to_fill('app.assignments', '2024-03-01', '2024-03-04', tenant => '00000000-0000-4000-8000-00000000000a');
-- Ids that are no uuids are those that as_id() was given.
create table app.numbered (id bigint primary key, created_at timestamptz not null);
insert into app.numbered values (1, '2024-03-01'), (2, '2024-03-02');
select telemetry.import_events(jsonb_build_array(jsonb_build_object('event_name', 'assignment_filled_report', 'event_ts', '2024-03-01T06:00:00Z', 'subject_id', telemetry.as_id('1'))));
select * from telemetry.time_to_fill('app.numbered', '2024-02-26', '2024-03-04');

create table app.extractions (created_at timestamptz, status text);
select * from telemetry.extraction_outcomes('app.extractions', '2024-03-01', '2024-03-03');
insert into app.extractions values ('2024-03-01', 'ok'), ('2024-03-01', 'ok'), ('2024-03-02', 'failed'), ('2024-03-02', null);
select * from telemetry.extraction_outcomes('app.extractions', '2024-03-01', '2024-03-03');

-- A run counts once, however many rows tell its progress.
create table app.runs (id int, started_at timestamptz, status text);
create table app.progress (run_id int, error_count int, scanned_count int, inserted_count int, updated_count int);
insert into app.runs values (1, '2024-03-01', 'ok'), (2, '2024-03-01', 'error'), (3, '2024-03-02', 'ok');
insert into app.progress values (1, 0, 100, 10, 5), (1, 2, 100, 7, 1), (2, 6, 8, 0, 0);
select * from telemetry.ingestion_run_errors('app.runs', 'app.progress', '2024-03-01', '2024-03-04');

create table app.clicks (clicks int, last_click_at timestamptz);
insert into app.clicks values (3, '2024-03-01 10:00'), (4, '2024-03-01 11:00'), (9, null);
select * from telemetry.click_through('app.clicks', '2024-03-01', '2024-03-03');

-- A view will do; a name is a name, whatever is in it.
create view app."Odd ""name""; drop" as select created_at, status from app.assignments;
select sum(created) from telemetry.market_supply('app."Odd ""name""; drop"');
select * from telemetry.market_supply();
select * from telemetry.market_supply(null);
select * from telemetry.market_supply('assignments');
select * from telemetry.market_supply('app.assignments; drop table app.assignments');
select * from telemetry.market_supply('a.b.c.d');
select * from telemetry.market_supply('app.numbered');
select * from telemetry.time_to_fill('app.extractions');
select * from telemetry.ingestion_run_errors('app.runs', 'app.clicks');
select * from telemetry.click_through('app.runs');
select * from telemetry.market_supply('app.assignments', grain => 'fortnight');
select * from telemetry.market_supply('app.assignments', tz => 'Mars/Base');
select * from telemetry.market_supply('app.assignments', '2024-03-03', '2024-03-01');

-- The caller's rights, row-level security too.
create role table_reader;
select telemetry.grant_access('table_reader', 'analyst');
set local role table_reader;
select * from telemetry.market_supply('app.assignments', '2024-03-01', '2024-03-02');
reset role;
grant usage on schema app to table_reader;
grant select on app.assignments to table_reader;
alter table app.assignments enable row level security;
create policy only_open on app.assignments using (status = 'open');
set local role table_reader;
select * from telemetry.market_supply('app.assignments', '2024-03-01', '2024-03-02');
select reports from telemetry.time_to_fill('app.assignments', '2024-02-26', '2024-03-11');
reset role;
rollback;
