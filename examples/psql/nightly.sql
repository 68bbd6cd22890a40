-- A nightly job in psql: events that another system exported as CSV are imported, and the weekly report comes out as CSV.
--   psql "$DATABASE_URL" -Xq -v ON_ERROR_STOP=1 -f nightly.sql <exported.csv >report.csv
-- Run twice it stores nothing twice: an event's id is made from what happened. Needs the pack `learning`, access level admin.
set timezone = 'UTC';
begin;
create temp table exported (happened_at timestamptz, learner text, course text, lesson text) on commit drop;
\copy exported from pstdin csv header
select coalesce(telemetry.import_events(jsonb_agg(jsonb_build_object(
           'event_name', 'lesson_started',
           'event_ts', to_char(happened_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
           'event_id', telemetry.as_id(concat_ws('/', 'lesson_started', extract(epoch from happened_at), learner, lesson)),
           'user_id', telemetry.as_id(learner),
           'source', 'import',
           'payload', jsonb_build_object('course', course, 'lesson', lesson)))), 0) as imported
  from exported
\gset
commit;
\warn :imported events imported
\copy (select bucket::date as week, events, is_complete from telemetry.event_volume('{lesson_started}', '2025-03-03', '2025-03-17', 'week') order by 1) to pstdout csv header
