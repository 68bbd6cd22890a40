-- What was sealed outlives the person of whom it was: after anonymize_user() and erase_user() every event that is gone or changed has
-- its receipt, and a checkpoint from before still holds.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
set timezone = 'UTC'; set client_min_messages = warning;
begin;
set local telemetry.seals = on;
\set ann '\'00000000-0000-4000-8000-0000000000a1\''
\set bob '\'00000000-0000-4000-8000-0000000000a2\''
create function pg_temp.tick() returns void language plpgsql as $$
begin
    while telemetry.tick_unit() > 0 loop
    end loop;
end
$$;
-- What is not as it was sealed, and whether that is as it should be.
create function pg_temp.findings(checkpoint text) returns table (what text, ok boolean, events numeric, have_receipts boolean) language sql as $$
    select v.what, v.ok, sum(v.events), bool_and(v.receipt_id is not null)
      from telemetry.verify_seals(checkpoint) v
     where v.log = 'events' and v.what not in ('sealed', 'checkpoint')
     group by v.what, v.ok
     order by v.what, v.ok
$$;
select telemetry.register_event('page_read', '{"promoted_properties": ["page"]}') is not null as is_registered;
-- 3000 events: of Ann, of Bob, of Cyd and of nobody, in turn. The sessions are shared.
select telemetry.import_events(jsonb_agg(jsonb_build_object(
           'event_name', 'page_read', 'event_id', telemetry.as_id('sealed ' || n), 'event_ts', timestamptz '2024-03-01 00:00Z' + n * interval '7 minutes',
           'session_id', telemetry.as_id('session ' || n / 10), 'payload', jsonb_build_object('page', '/' || n % 7, 'note', 'x'))
       || case n % 4 when 0 then '{}' when 1 then jsonb_build_object('user_id', :ann) when 2 then jsonb_build_object('user_id', :bob) else jsonb_build_object('user_id', telemetry.as_id('cyd')) end order by n)) as logged
  from generate_series(1, 3000) n;
select pg_temp.tick();
select telemetry.checkpoint() as before \gset
select bool_and(ok) as ok, count(*) as checkpoints from telemetry.verify_seals(:'before') where what = 'checkpoint';
select * from pg_temp.findings(:'before');

-- Ann is cut off: her 750 events are there as others, and those beside hers in her sessions have other sessions.
select kind, events, counts from telemetry.anonymize_user(:ann, reason => 'request 1', keep_keys => '{page}');
select * from pg_temp.findings(:'before');
-- Bob is erased, of whom some events were changed before.
select kind, events, counts from telemetry.erase_user(:bob, reason => 'request 2');
select * from pg_temp.findings(:'before');
-- The same after the next seal, which has what was logged meanwhile. The checkpoint from before holds, too.
select telemetry.import_events('[{"event_name": "page_read", "event_ts": "2024-05-01T00:00:00Z"}]') as logged;
select pg_temp.tick();
select * from pg_temp.findings(:'before');
select bool_and(ok) as ok from telemetry.verify_seals(:'before');
select bool_and(is_equal) as is_equal from telemetry.verify_derived();
-- Who it was nobody can find out by trying: the secrets under which their leaves were made are gone.
select count(*) from telemetry.audit_secrets() a where (a ->> 'user_id')::uuid in (:ann, :bob);
-- Whoever knows the id is told.
select telemetry.was_erased(:ann) as ann, telemetry.was_erased(:bob) as bob, telemetry.was_erased(telemetry.as_id('cyd')) as cyd;
select kind, reason, events from telemetry.erasures where at >= now() order by at, receipt_id;

-- What is changed or goes without a receipt is found.
do $$
declare
    target regclass;
begin
    for target in select 'telemetry.events'::regclass union all select inhrelid from pg_inherits where inhparent = 'telemetry.events'::regclass loop
        execute format('alter table %s disable trigger all', target);
    end loop;
end
$$;
update telemetry.events set payload = '{"page": "/9"}' where event_id = telemetry.as_id('sealed 3');
delete from telemetry.events where event_id = telemetry.as_id('sealed 2999');
select what, ok, event_id = telemetry.as_id('sealed 3') as is_that_one, last_id - first_id + 1 as ids from telemetry.verify_seals(:'before') where log = 'events' and not ok and what <> 'sealed' order by what;
rollback;
