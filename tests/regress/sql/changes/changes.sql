-- Who changed the rules: each change of a definition, of access and of a setting leaves a row in telemetry.changes.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
set client_min_messages = warning;
begin;
create function pg_temp.told() returns table (kind text, name text, change text, before jsonb, after jsonb) language sql as $$
    select c.kind, c.name, c.change, c.before, c.after from telemetry.changes c where c.changed_at >= now() order by c.change_id
$$;

-- A KPI that is registered, changed, registered again as it is, and dropped: what differs is told.
select telemetry.register_event('paid', '{"required_keys": ["amount"]}') is not null as is_registered;
select telemetry.register_kpi('payments', '{"kind": "event_volume", "parameters": {"events": ["paid"]}}') as is_new;
select telemetry.register_kpi('payments', '{"target": 3}') as is_new;
select telemetry.register_kpi('payments', '{"target": 3}') as is_new;
select telemetry.drop_kpi('payments');
select * from pg_temp.told() where kind = 'kpi';
select kind, name, change, after -> 'required_keys' as required from pg_temp.told() where kind = 'event_type';

-- Whatever else is a rule.
select telemetry.set_redaction('{"keys": {"card": "drop"}}', 'paid');
select telemetry.set_tenant('00000000-0000-4000-8000-00000000000a', events_per_day => 1000);
select telemetry.register_kpi('failures', '{"kind": "event_volume", "parameters": {"events": ["paid"]}}') as is_new;
select telemetry.register_dashboard('money', '{failures}') as is_new;
select telemetry.register_cohort('payers', '{"events": ["paid"]}') is not null as is_registered;
select telemetry.register_alert('too_few', '{"kpi": "failures", "within": "1 hour", "fires": "below", "threshold": 1}') as is_new;
select telemetry.silence_alert('too_few', now() + interval '1 hour', reason => 'we move') is not null as is_silent;
select telemetry.register_destination('crm', '{"kind": "webhook", "url": "https://example.com/hook"}') as is_new;
select telemetry.pause_destination('crm');
select telemetry.drop_destination('crm');
select kind, name, change from pg_temp.told() where kind not in ('kpi', 'event_type');

-- Who may read what, and from whom it was taken.
create role regress_reader;
select telemetry.grant_access('regress_reader', 'analyst');
select telemetry.grant_access('regress_reader', 'analyst');
select telemetry.grant_access('regress_reader', 'auditor');
select telemetry.revoke_access('regress_reader');
select * from pg_temp.told() where kind = 'access';

-- A pack has a row of its own beside those of its definitions, the schedule of ticks too; the version of the extension is told.
select telemetry.install_pack('support_chat') > 0 as has_events;
select telemetry.install_pack('support_chat') as events;
select telemetry.uninstall_pack('support_chat') > 0 as had_events;
select name, change, before is not null as had, after - 'event_types' as after from pg_temp.told() where kind = 'pack';
select telemetry_private.record_state('ticks', 'schedule', '{"every": "00:01:00", "method": "background worker"}');
select telemetry.unschedule_tick() is not null as is_over;
select name, change, before, after from pg_temp.told() where kind = 'ticks';

-- Settings, at the next tick: those of the database, and those that a role is given at its login.
alter role regress_reader set telemetry.enforcement = 'accept';
select telemetry_private.record_settings();
alter role regress_reader set telemetry.enforcement = 'reject';
select telemetry_private.record_settings();
alter role regress_reader reset telemetry.enforcement;
select telemetry_private.record_settings();
select telemetry_private.record_settings();
select name, change, before, after from pg_temp.told() where kind = 'setting' and name like '%regress_reader';
select c.name, c.change, c.after ->> 'version' = e.extversion as is_this_version
  from telemetry.changes c, pg_extension e where e.extname = 'telemetry' and c.kind = 'extension' order by c.change_id desc limit 1;

-- By whom: the role, and the user of the application.
create role regress_officer;
select telemetry.grant_access('regress_officer', 'admin');
set local role regress_officer;
set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-000000000001"}';
select telemetry.register_kpi('failures', '{"target": 1}') as is_new;
reset role;
select changed_by, user_id, name, after from telemetry.changes where changed_at >= now() and kind = 'kpi' order by change_id desc limit 1;

-- What the owner does by hand is told too.
update telemetry.kpis set target = 5 where name = 'failures';
delete from telemetry.kpis where name = 'failures';
truncate telemetry.silences;
select kind, name, change, before ->> 'target' as before, after ->> 'target' as after from pg_temp.told() where name in ('failures', 'all');

-- Nobody changes what is told; auditors read it, analysts and tenants do not.
update telemetry.changes set changed_by = 'nobody';
delete from telemetry.changes;
truncate telemetry.changes;
select telemetry.grant_access('regress_reader', 'analyst');
set local role regress_reader;
select count(*) from telemetry.changes;
insert into telemetry.changes (changed_by, kind, name, change) values ('me', 'kpi', 'x', 'created');
reset role;
grant select on telemetry.changes to regress_reader;
set local role regress_reader;
select count(*) from telemetry.changes;
reset role;
select telemetry.grant_access('regress_reader', 'auditor');
set local role regress_reader;
select count(*) > 20 as has_rows from telemetry.changes;
insert into telemetry.changes (changed_by, kind, name, change) values ('me', 'kpi', 'x', 'created');
reset role;
rollback;
