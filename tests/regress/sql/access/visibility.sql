-- What a caller may see of the log decides what may answer a KPI. It is remembered, by role: here what makes it be found
-- out anew within a session; tests/sessions/specs/visibility.spec says it of others.
\set SHOW_CONTEXT never
begin;
\set ON_ERROR_ROLLBACK on
create role first_reader;
create role second_reader;
select telemetry.grant_access('first_reader', 'analyst'), telemetry.grant_access('second_reader', 'auditor');

-- Roles in turn, the owner among them.
select telemetry.log_visibility();
set local role first_reader;
select telemetry.log_visibility();
set local role second_reader;
select telemetry.log_visibility();
set local role first_reader;
select telemetry.log_visibility();
reset role;
-- With the rights of somebody else: of the definer, not of whoever calls.
create function seen_by_definer() returns text language sql security definer stable as $$ select telemetry.log_visibility() $$;
grant execute on function seen_by_definer to public;
set local role first_reader;
select telemetry.log_visibility() as own, seen_by_definer() as definers, telemetry.log_visibility() as own_again;
reset role;
-- A policy of the application's, taken back.
savepoint before_policy;
create policy narrowing on telemetry.events as restrictive for select to first_reader using (event_name <> 'secret');
set local role first_reader;
select telemetry.log_visibility();
rollback to before_policy;
set local role first_reader;
select telemetry.log_visibility();
reset role;
-- Another name of a shipped policy is another policy; and back.
alter policy tenant_reads_own_events on telemetry.events rename to renamed;
set local role first_reader;
select telemetry.log_visibility();
reset role;
alter policy renamed on telemetry.events rename to tenant_reads_own_events;
-- Row-level security switched off on one table only, or no longer in force for a role.
alter table telemetry.timeline_chunks disable row level security;
set local role first_reader;
select telemetry.log_visibility();
reset role;
alter table telemetry.timeline_chunks enable row level security;
alter role first_reader bypassrls;
set local role first_reader;
select telemetry.log_visibility();
reset role;
alter role first_reader nobypassrls;
-- The owner of one of them.
savepoint before_owner;
alter table telemetry.events owner to first_reader;
set local role first_reader;
select telemetry.log_visibility();
rollback to before_owner;
-- A table that is dropped and made anew.
drop table telemetry.hourly_counts;
set local role second_reader;
select telemetry.log_visibility();
reset role;
select telemetry.init();
select telemetry.grant_access('second_reader', 'auditor');
set local role second_reader;
select telemetry.log_visibility();
rollback;
