-- What is under a hold is not erased: whoever tries is told which hold it is.
\set SHOW_CONTEXT never
set timezone = 'UTC'; set datestyle = iso; set client_min_messages = warning;
begin;
\set ON_ERROR_ROLLBACK on
\set ann '\'00000000-0000-4000-8000-0000000000a1\''
\set bob '\'00000000-0000-4000-8000-0000000000a2\''
select telemetry.register_event(name) is not null as is_registered from unnest('{signed_up,paid}'::text[]) name;
select telemetry.import_events(jsonb_agg(jsonb_build_object(
           'event_name', case n % 2 when 0 then 'paid' else 'signed_up' end, 'event_ts', '2026-03-01T00:00:00Z'::timestamptz + n * interval '1 day', 'event_id', telemetry.as_id('event ' || n),
           'user_id', case when n < 7 then :ann else :bob end, 'payload', '{"note": "x"}'::jsonb))) as logged
  from generate_series(1, 12) n;
call telemetry.tick();

-- Of a person.
select kind, reason, events, details from telemetry.hold_events('case_4711', user_id => :ann, reason => 'a dispute');
select telemetry.erase_user(:ann);
select telemetry.anonymize_user(:ann);
select telemetry.erase_events(array[telemetry.as_id('event 2')]);
select telemetry.scrub_payload(keys => '{note}');
select telemetry.erase_tenant('00000000-0000-0000-0000-000000000000');
select events from telemetry.erase_events(array[telemetry.as_id('event 12')]);
-- Of names of events in a range of time.
select kind, since, until, details from telemetry.hold_events('tax_audit', since => '2026-03-05', until => '2026-03-10', events => '{paid}');
select telemetry.erase_user(:bob);
select events from telemetry.scrub_payload('{signed_up}', '{note}', '2026-03-08');
select hold_name, user_id, since, until, events, reason, held_by = current_user as is_ours from telemetry.holds order by hold_name;
-- Nothing of what was refused happened.
select user_id, count(*) from telemetry.events group by 1 order by 1;
select bool_and(is_equal) as is_equal from telemetry.verify_derived();

-- Released, it may go. Holds and releases are receipts.
select kind, reason, details from telemetry.release_hold('tax_audit', 'audit is over');
select events from telemetry.erase_user(:bob);
select kind, details from telemetry.release_hold('case_4711');
select events from telemetry.erase_user(:ann);
select count(*) from telemetry.holds;
select kind, reason, events, person is not null as is_about_a_person from telemetry.erasures where at >= now() order by at, receipt_id;

-- What cannot be.
select telemetry.hold_events(null);
select telemetry.hold_events('Case 1');
select telemetry.hold_events('case_1', since => '2026-03-02', until => '2026-03-01');
select telemetry.hold_events('case_1', events => '{}');
select kind from telemetry.hold_events('case_1');
select telemetry.hold_events('case_1');
select telemetry.release_hold('nothing');
select telemetry.release_hold(null);
-- The admin of a tenant holds and releases for that tenant alone.
create role regress_admin;
select telemetry.grant_access('regress_admin', 'admin');
set local telemetry.multi_tenant = on;
select set_config('request.jwt.claims', '{"role": "service", "sub": "00000000-0000-4000-8000-0000000000a9", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000b"}}', true) is not null as as_of_a_tenant;
set local role regress_admin;
select tenant_id, kind from telemetry.hold_events('ours');
select telemetry.hold_events('theirs', tenant => '00000000-0000-4000-8000-00000000000c');
select telemetry.release_hold('case_1');
select hold_name from telemetry.holds;
select kind from telemetry.release_hold('ours');
rollback;
