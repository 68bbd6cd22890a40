-- The application's own table as a view over the log: its SQL goes on unchanged.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
begin;
set local time zone 'UTC';
create schema "The App";
select pack, telemetry.install_pack(pack) > 0 as installed from telemetry.pack_catalog();

select telemetry.create_compatibility_views('tutoring', 'The App');
select telemetry.create_compatibility_views('exam_prep', 'The App');
select telemetry.create_compatibility_views('support_chat', 'The App');
select c.relname, string_agg(format('%s %s', a.attname, format_type(a.atttypid, null)), ', ' order by a.attnum), c.reloptions
  from pg_class c join pg_attribute a on a.attrelid = c.oid
 where c.relnamespace = '"The App"'::regnamespace group by c.oid order by 1;

-- What is logged is there, by the application's names.
select telemetry.log_event('assignment_view', '{"surface": "website"}', user_id => telemetry.as_id('ann'), subject_id => telemetry.as_id('a1')) is not null as logged;
select event_type, meta, user_id = telemetry.as_id('ann') as ann, assignment_id = telemetry.as_id('a1') as a1 from "The App".analytics_events;
select telemetry.log_event('REVIEW_OPENED', user_id => telemetry.as_id('bob'), session_id => telemetry.as_id('s1'), source => 'web', seq => 4) is not null as logged;
select event_version, event_type, source, seq, payload_json from "The App".attempt_events where event_type = 'REVIEW_OPENED';
-- The coaching application logs what each of its logs has to say.
select telemetry.drop_compatibility_views('support_chat', 'The App');
select telemetry.create_compatibility_views('coaching', 'The App');
select telemetry.log_event('sync_ok', '{"latency_ms": 5, "correlation_id": "r-1", "level": "info", "service": "sync"}') is not null as logged;
select event, correlation_id, level, service, properties - 'correlation_id' as properties from "The App".events where event = 'sync_ok';

-- Once more is harmless. What something else has the name of stays, another pack's view too.
select telemetry.create_compatibility_views('coaching', 'The App');
select telemetry.create_compatibility_views('learning', 'The App');
create table public.attempt_events (id uuid);
select telemetry.create_compatibility_views('exam_prep');
drop table public.attempt_events;
create view public.attempt_events as select 1 as x;
select telemetry.create_compatibility_views('exam_prep');
select telemetry.drop_compatibility_views('exam_prep');

-- Rights: whoever may read the log reads it here too, and sees no more of it.
-- It does not matter whether the view or the grant comes first.
create role view_reader;
grant usage on schema "The App" to view_reader;
set local role view_reader;
select count(*) from "The App".analytics_events;
reset role;
select telemetry.grant_access('view_reader', 'writer');
select has_table_privilege('view_reader', '"The App".analytics_events', 'select') as may_read;
select telemetry.grant_access('view_reader', 'analyst');
select telemetry.revoke_access('view_reader');
select has_table_privilege('view_reader', '"The App".analytics_events', 'select') as may_read;
select telemetry.grant_access('view_reader', 'own_events');
select telemetry.grant_access('view_reader', 'analyst');
set local role view_reader;
select count(*) from "The App".analytics_events;
set local telemetry.tenant_id = '00000000-0000-4000-8000-00000000000a';
select count(*) from "The App".analytics_events;
reset telemetry.tenant_id;
select telemetry.create_compatibility_views('tutoring');
reset role;

-- A view that looks like one of these but is somebody else's.
alter view "The App".analytics_events owner to view_reader;
select telemetry.create_compatibility_views('tutoring', 'The App');
alter view "The App".analytics_events owner to current_user;

-- Nothing is written through it.
update "The App".analytics_events set event_type = 'x';
delete from "The App".analytics_events;

-- Dropped unless something uses it.
create view uses_it as select event_type from "The App".analytics_events;
select telemetry.drop_compatibility_views('tutoring', 'The App');
drop view uses_it;
select telemetry.drop_compatibility_views('tutoring', 'The App');
select telemetry.drop_compatibility_views('tutoring', 'The App');

select telemetry.create_compatibility_views('payroll');
select telemetry.create_compatibility_views(null);
select telemetry.create_compatibility_views('tutoring', null);
select telemetry.create_compatibility_views('tutoring', 'telemetry');
select telemetry.create_compatibility_views('tutoring', 'pg_catalog');
select telemetry.create_compatibility_views('tutoring', 'no_such');
select telemetry.drop_compatibility_views('payroll');
rollback;
