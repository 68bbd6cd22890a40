-- Seals: by a checkpoint that somebody keeps outside the database it is proved later that nobody changed the log.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
set client_min_messages = warning;
begin;
-- The log is sealed by ticks, once this is on.
set local telemetry.seals = on;
create function pg_temp.tick() returns void language plpgsql as $$
begin
    while telemetry.tick_unit() > 0 loop
    end loop;
end
$$;
-- What verify_seals() says of the events that this book logs, by their names, and of what goes for the whole log.
create function pg_temp.verified(checkpoint text default null) returns table (what text, ok boolean, event text, detail text) language sql as $$
    select v.what, v.ok, e.payload ->> 'n', case when v.what not in ('sealed', 'checkpoint') then v.detail end
      from telemetry.verify_seals(checkpoint) with ordinality v (log, what, ok, first_id, last_id, events, event_id, tenant_id, receipt_id, detail, place)
      left join telemetry.events e on e.event_id = v.event_id
     where v.log = 'events'
     order by v.place
$$;
select telemetry.register_event('signed', '{}') is not null as is_registered;
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'signed', 'event_id', telemetry.as_id('seal ' || n), 'user_id', telemetry.as_id('user ' || n % 3),
           'event_ts', timestamptz '2024-03-01 00:00Z' + n * interval '1 minute', 'payload', jsonb_build_object('n', n)) order by n))
  from generate_series(1, 600) n;
select pg_temp.tick();

-- Three lines, which whoever does not trust the database keeps: which log, how many events, and the root over them.
select telemetry.checkpoint() as kept \gset
select line ~ '^telemetry/[0-9a-f-]{36}/events$' as is_origin, line ~ '^[0-9]+$' as is_size, octet_length(line) = 44 as is_root
  from regexp_split_to_table(rtrim(telemetry.checkpoint(), E'\n'), E'\n') line;
-- A log grows, and the older checkpoint stays true of it.
select telemetry.log_event('signed', '{"n": 601}', event_id => telemetry.as_id('seal 601')) is not null as is_logged;
select pg_temp.tick();
select telemetry.checkpoint() <> :'kept' as is_another;
select * from pg_temp.verified(:'kept');
-- So are the rules and the receipts, each a log of its own.
select log, what, ok from telemetry.verify_seals() order by 1;
select split_part(telemetry.checkpoint(log), E'\n', 1) ~ ('/' || log || '$') as is_named from unnest('{events,changes,erasures}'::text[]) log;

-- Nobody changes an event, even with the guards off.
do $$
declare
    target regclass;
begin
    for target in select 'telemetry.events'::regclass union all select i.inhrelid::regclass from pg_inherits i where i.inhparent = 'telemetry.events'::regclass loop
        execute format('alter table only %s disable trigger user', target);
    end loop;
end
$$;
savepoint untouched;
update telemetry.events set payload = '{"n": 300, "paid": true}' where event_id = telemetry.as_id('seal 300');
select * from pg_temp.verified(:'kept');
rollback to untouched;
update telemetry.events set event_name = 'refused' where event_id = telemetry.as_id('seal 5');
update telemetry.events set user_id = null, session_id = gen_random_uuid() where event_id = telemetry.as_id('seal 599');
select * from pg_temp.verified(:'kept');
rollback to untouched;
delete from telemetry.events where event_id = telemetry.as_id('seal 17');
select * from pg_temp.verified(:'kept');
rollback to untouched;
-- Two events change places; and one is put in by an id that another has.
select max(ingest_id) filter (where event_id = telemetry.as_id('seal 40')) as one, max(ingest_id) filter (where event_id = telemetry.as_id('seal 50')) as other from telemetry.events \gset
update telemetry.events set ingest_id = :one + :other - ingest_id where ingest_id in (:one, :other);
select what, ok, event, regexp_replace(detail, '\d+', 'N') as detail from pg_temp.verified(:'kept');
rollback to untouched;
insert into telemetry.events (event_ts, ingest_id, event_id, tenant_id, event_name, payload)
select event_ts, ingest_id, gen_random_uuid(), tenant_id, event_name, '{"n": "forged"}' from telemetry.events where ingest_id = :one;
select what, ok, detail from pg_temp.verified(:'kept');
rollback to untouched;
-- Where many differ, a range is named.
delete from telemetry.events where ingest_id between :one and :one + 9;
select what, ok, event, regexp_replace(detail, '\d+ events are there and \d+', 'N events are there and M') as detail from pg_temp.verified(:'kept');
rollback to untouched;

-- What is kept of the tree cannot be changed unnoticed either.
alter table only telemetry.seals disable trigger user;
update telemetry.seals set root = sha256(root) where log = 'events' and size = (select min(size) from telemetry.seals where log = 'events');
select what, ok, regexp_replace(detail, '\d+', 'N') as detail from pg_temp.verified();
rollback to untouched;
-- Whoever rewrites an event and all seals is at one with himself, and not with a checkpoint kept elsewhere.
update telemetry.events set payload = '{"n": 300, "paid": true}' where event_id = telemetry.as_id('seal 300');
alter table only telemetry.seals disable trigger user;
alter table only telemetry.seal_pages disable trigger user;
select last_id as last from telemetry.seals where log = 'events' and size = split_part(:'kept', E'\n', 2)::bigint \gset
delete from telemetry.seals where log = 'events';
delete from telemetry.seal_pages;
update telemetry_private.seal_states set "position" = 0, tail = '', drawn_since = null where log = 'events';
select telemetry_private.seal_unit(:last) > 0 as is_sealed_to_there, telemetry_private.seal_unit(1000000) > 0 as is_sealed;
select * from pg_temp.verified();
select what, ok, detail from telemetry.verify_seals(:'kept') where log = 'events' and what = 'checkpoint';
rollback to untouched;

-- A proof that an event is in the log of a checkpoint, and one that a log is how another begins: whoever has the checkpoints
-- verifies them without the database.
select p.leaf_index >= 0 as has_index, length(p.leaf), cardinality(p.path) > 3 as has_path, p.checkpoint = :'kept' as is_of_it
  from telemetry.inclusion_proof(telemetry.as_id('seal 7'), size => split_part(:'kept', E'\n', 2)::bigint) p;
select cardinality(telemetry.consistency_proof(split_part(:'kept', E'\n', 2)::bigint)) > 0 as has_path;
select telemetry.consistency_proof(0), cardinality(telemetry.consistency_proof(split_part(:'kept', E'\n', 2)::bigint, split_part(:'kept', E'\n', 2)::bigint));

-- A person is forgotten with a receipt, and the older checkpoint verifies all the same; what comes back does not.
create temp table gone as select * from telemetry.events where event_id = telemetry.as_id('seal 4');
select events from telemetry.erase_user(telemetry.as_id('user 1'), reason => 'asked by post');
select what, ok, events, receipt_id is not null as has_receipt from telemetry.verify_seals(:'kept') where log = 'events' and what <> 'sealed';
select count(*) from telemetry_private.person_keys where user_id = telemetry.as_id('user 1');
savepoint forgotten;
insert into telemetry.events select * from gone;
select * from pg_temp.verified(:'kept') where not ok;
rollback to forgotten;
-- Another one is no longer known, and what is left of the events is sealed as what it is now.
select events from telemetry.anonymize_user(telemetry.as_id('user 2'), reason => 'left', keep_keys => '{n}');
select what, ok, events from telemetry.verify_seals(:'kept') where log = 'events' and what <> 'sealed';
savepoint anonymous;
update telemetry.events set payload = '{"n": 5, "paid": true}' where event_id = telemetry.as_id('seal 5');
select * from pg_temp.verified(:'kept') where not ok;
rollback to anonymous;
-- The receipts are sealed too: one that is taken out is missed, and so are the events that it accounts for.
select pg_temp.tick();
select log, what, ok from telemetry.verify_seals(:'kept') where what = 'sealed';
alter table only telemetry.erasures disable trigger user;
delete from telemetry.erasures where kind = 'erase_user';
select log, what, ok, case log when 'events' then detail end as detail from telemetry.verify_seals(:'kept') where not ok and what <> 'sealed';
rollback to untouched;

-- What is refused.
\set VERBOSITY terse
select * from telemetry.verify_seals('hello');
select * from telemetry.verify_seals(regexp_replace(:'kept', '^[^\n]+', 'example.com/log'));
select * from telemetry.verify_seals(regexp_replace(:'kept', E'\n\\d+\n', E'\n999999999\n'));
select * from telemetry.verify_seals(regexp_replace(:'kept', E'\n\\d+\n', E'\n1\n'));
select telemetry.checkpoint('invoices');
select telemetry.checkpoint(null);
select telemetry.consistency_proof(null);
select telemetry.consistency_proof(999999999);
select telemetry.consistency_proof(0, -1);
select telemetry.inclusion_proof(null);
select telemetry.inclusion_proof('00000000-0000-4000-8000-000000000bad');
select telemetry.inclusion_proof(telemetry.as_id('seal 601'), size => split_part(:'kept', E'\n', 2)::bigint) is not null as has_proof;
\set VERBOSITY default

-- Seals are read by auditors; rows are only added.
create role regress_auditor;
select telemetry.grant_access('regress_auditor', 'auditor');
create role regress_analyst;
select telemetry.grant_access('regress_analyst', 'analyst');
create role regress_courier;
select telemetry.grant_access('regress_courier', 'courier');
set local role regress_auditor;
select what, ok from pg_temp.verified(:'kept');
reset role;
set local role regress_courier;
select telemetry.checkpoint() <> '' as has_checkpoint, telemetry.consistency_proof(0) as proof;
select count(*) from telemetry.verify_seals();
reset role;
set local role regress_analyst;
select telemetry.checkpoint();
select count(*) from telemetry.seals;
reset role;
update telemetry.seals set size = 1;
delete from telemetry.seal_pages;
truncate telemetry.kept_leaves;
rollback;
