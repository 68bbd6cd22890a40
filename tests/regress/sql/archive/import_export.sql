-- Reading an export or an archive back: ids, times, tenants and the order of arrival stay; each file once, each event once.
\set SHOW_CONTEXT never
begin;
\set ON_ERROR_ROLLBACK on
set local time zone 'UTC';
\pset format unaligned
\set shop '\'00000000-0000-4000-8000-00000000000a\''
create function pg_temp.log_of(tenant uuid) returns text language sql as $$
    select md5(string_agg((to_jsonb(e) - 'ingest_id')::text, E'\n' order by ingest_id)) from telemetry.events e where tenant_id = tenant
$$;

-- A tenant moves. Its pages are made here, taken along, and forgotten: as in another database.
savepoint other_database;
select telemetry.register_event('page_read', '{"description": "Somebody read a page.", "properties": {"n": {"type": "number"}}}'), telemetry.update_event('page_read', '{"required_keys": ["n"]}');
select telemetry.import_events(jsonb_agg(jsonb_build_object(
           'event_name', 'page_read', 'event_ts', timestamptz '2026-03-01 00:00Z' + n * 11 % 31 * interval '7 hours', 'event_id', telemetry.as_id('moving ' || n), 'tenant_id', :shop,
           'user_id', telemetry.as_id('user ' || n % 4), 'session_id', telemetry.as_id('session ' || n % 9), 'subject_id', case when n % 2 = 0 then telemetry.as_id('page') end,
           'source', case when n % 3 = 0 then 'web' end, 'seq', n, 'client_ts', '2026-03-01T00:00:00Z', 'sample_rate', case when n % 5 = 0 then 0.1 end,
           'payload', jsonb_build_object('n', n / 4.0, 'text', E'caf\u00e9 "\\\n')) order by n))
  from generate_series(1, 30) n;
select convert_from(telemetry.tenant_data(:shop, most => 20), 'UTF8') as page_1 \gset
select (:'page_1'::text)::text ~ '"after_id":' as has_next, substring(:'page_1' from '"next":\{"after_id":(\d+)') as after_id, substring(:'page_1' from '"next":\{"after_id":\d+,"until_id":(\d+)') as until_id \gset
select convert_from(telemetry.tenant_data(:shop, :after_id, 20, :until_id), 'UTF8') as page_2 \gset
select pg_temp.log_of(:shop) as before \gset
rollback to other_database;
select count(*) from telemetry.events where tenant_id = :shop;

select * from telemetry.import_export('customer', 1, :'page_1');
select * from telemetry.import_export('customer', 2, :'page_2');
select pg_temp.log_of(:shop) = :'before' as is_the_same_log;
-- The taxonomy came along.
select event_name, event_version, status, description, required_keys, pack from telemetry.event_types where event_name = 'page_read' order by 2;
-- What is derived is right.
select bool_or(telemetry.tick_unit() > 0) as derived from generate_series(1, 50);
select derived, expected, found, is_equal from telemetry.verify_derived(tenant => :shop);

-- A file is imported once. Another one under its number is refused.
select * from telemetry.import_export('customer', 1, :'page_1');
select * from telemetry.import_export('customer', 1, :'page_2');
-- Under another name its events are known one by one.
select * from telemetry.import_export('customer_again', 1, :'page_1');
select count(*) from telemetry.events where tenant_id = :shop;
select name, number, part, length(sha256) as digits, stored, known, until_id, chain from telemetry.imported_files order by 1, 2;
-- A file may come in pieces; it counts as imported with the last of them.
select * from telemetry.import_export('pieces', 1, :'page_1', sha256 => repeat('ab', 32), more => true);
select * from telemetry.import_export('pieces', 1, :'page_2', sha256 => repeat('AB', 32));
select * from telemetry.import_export('pieces', 1, :'page_2', sha256 => repeat('ab', 32));
select * from telemetry.import_export('pieces', 1, :'page_2', sha256 => repeat('cd', 32));

-- What is there under an id and says something else is no duplicate.
select * from telemetry.import_export('forged', 1, (select string_agg(l, E'\n') from string_to_table(replace(:'page_1', '"seq":20', '"seq":21'), E'\n') l where l ~ '^{"line":"event"'));
-- An archive that was changed or cut on the way.
select * from telemetry.import_export('changed', 1, replace(:'page_1', '"seq":20', '"seq":21'));
select * from telemetry.import_export('cut', 1, regexp_replace(:'page_1', '\n{"line":"event"[^\n]*\n{"line":"end"', E'\n{"line":"end"'));
select * from telemetry.import_export('new', 1, '{"line":"about","format":"telemetry archive 99"}');

-- Rows of an export: the log's columns, by any writer of JSON lines. Their events must be registered.
\set row '{"event_ts":"2026-03-01T10:00:00+00:00","ingest_id":7,"event_id":"00000000-0000-0000-0000-000000000001","tenant_id":"00000000-0000-4000-8000-00000000000a","event_name":"page_left","user_id":null,"payload":{"n": 1.50}}'
select * from telemetry.import_export('warehouse', 1, :'row');
select * from telemetry.import_export('warehouse', 1, :'row', taxonomy => '[{"event_name": "page_left", "event_version": 3, "status": "active", "description": "of the other database"}]');
select event_ts, event_id, user_id, event_version, payload from telemetry.events where event_name = 'page_left';
select event_version, description from telemetry.event_types where event_name = 'page_left';

-- With its manifest a file must be the next one, and what the manifest says.
create function pg_temp.manifest(number bigint, previous text, sha256 text, path text default 'a.jsonl') returns jsonb language sql as $$
    select jsonb_build_object('number', number, 'part', 1, 'after_id', number * 10 - 10, 'until_id', number * 10, 'first_id', number * 10 - 9, 'last_id', number * 10, 'rows', 1, 'bytes', 99, 'sha256', sha256,
               'path', path, 'min_event_ts', timestamptz '2026-03-01 10:00Z', 'max_event_ts', timestamptz '2026-03-01 10:00Z', 'schema_version', 1,
               'chain', encode(sha256(convert_to(previous || E'\n' || concat_ws('|', 'chained', number, 1, number * 10 - 10, number * 10, number * 10 - 9, number * 10, 1, 99, sha256,
                            '2026-03-01T10:00:00.000000Z', '2026-03-01T10:00:00.000000Z', 1, path), 'UTF8')), 'hex'))
$$;
select pg_temp.manifest(1, '', repeat('ab', 32)) as first \gset
select pg_temp.manifest(2, :'first'::jsonb ->> 'chain', repeat('cd', 32)) as second \gset
select * from telemetry.import_export('chained', 2, :'row', manifest => :'second');
select * from telemetry.import_export('chained', 1, :'row', manifest => :'first'::jsonb || '{"path": "b.jsonl"}');
select * from telemetry.import_export('chained', 1, :'row', manifest => :'second');
select * from telemetry.import_export('chained', 1, :'row', manifest => :'first'::jsonb - 'rows');
select * from telemetry.import_export('chained', 1, :'row', sha256 => repeat('ef', 32), manifest => :'first');
select * from telemetry.import_export('chained', 1, :'row', manifest => :'first');
select * from telemetry.import_export('chained', 2, :'row', manifest => :'second');
select number, until_id, chain = case number when 1 then :'first'::jsonb ->> 'chain' else :'second'::jsonb ->> 'chain' end as is_of_manifest from telemetry.imported_files where name = 'chained' order by 1;

-- Bad input: a message names the line and the key, and never the value.
select * from telemetry.import_export(null, 1, '');
select * from telemetry.import_export('bad', null, '');
select * from telemetry.import_export('bad', 1, null);
select * from telemetry.import_export('bad', 1, '', sha256 => 'abc');
select * from telemetry.import_export('bad', 1, '', taxonomy => '{}');
select * from telemetry.import_export('bad', 1, '', taxonomy => '[{"event_name": "x"}]');
select * from telemetry.import_export('bad', 1, '', manifest => '[]');
select * from telemetry.import_export('bad', 1, :'row' || E'\nsecret');
select * from telemetry.import_export('bad', 1, replace(:'row', '"user_id"', '"colour"'));
select * from telemetry.import_export('bad', 1, replace(:'row', '2026-03-01', '2126-03-01'));
select * from telemetry.import_export('bad', 1, replace(:'row', '2026-03-01', '1926-03-01'));
select * from telemetry.import_export('bad', 1, replace(:'row', '{"n": 1.50}', '"secret"'));
select * from telemetry.import_export('bad', 1, :'row' || E'\n' || :'row');
-- A file without anything is imported all the same.
select * from telemetry.import_export('empty', 1, '');
-- What was erased here does not come back with a file from before: a person, until it was erased.
select events from telemetry.erase_user(telemetry.as_id('user 1'), tenant => :shop);
select * from telemetry.import_export('before_erasure', 1, :'page_1');
select name, stored, known, erased from telemetry.imported_files where name = 'before_erasure';
-- Somebody anonymised, who is in the log under another id.
select events from telemetry.anonymize_user(telemetry.as_id('user 2'), tenant => :shop);
select * from telemetry.import_export('before_anonymizing', 1, :'page_1');
-- Single events, and a key of payloads: what has lost it here is no other event than the one of the file.
select events from telemetry.erase_events(array[telemetry.as_id('moving 4'), telemetry.as_id('moving 8')], tenant => :shop);
select events from telemetry.scrub_payload(keys => '{text}', tenant => :shop);
select * from telemetry.import_export('before_scrubbing', 1, :'page_1');
-- The whole tenant.
select events from telemetry.erase_tenant(:shop);
select * from telemetry.import_export('before_leaving', 1, :'page_1');
select count(*) from telemetry.events where tenant_id = :shop;
-- Unless it is wanted.
select * from telemetry.import_export('wanted', 1, :'page_1', with_erased => true);
select count(*), count(*) filter (where payload ? 'text') as with_text from telemetry.events where tenant_id = :shop;
-- Events after a receipt are of somebody who came back: here the receipt is of 5 March.
insert into telemetry.erasures (receipt_id, at, kind, tenant_id, done_by, events, person)
values (telemetry.as_id('receipt'), '2026-03-05Z', 'erase_user', '00000000-0000-4000-8000-00000000000b', 'somebody', 0,
        telemetry_private.person_of('00000000-0000-4000-8000-00000000000b', telemetry.as_id('user 3')));
select * from telemetry.import_export('came_back', 1, (select string_agg(replace(l, '00000000000a', '00000000000b'), E'\n') from string_to_table(:'page_1', E'\n') l where l ~ '^{"line":"event"'));
select user_id = telemetry.as_id('user 3') as is_user_3, count(*), min(event_ts) as first from telemetry.events where tenant_id = '00000000-0000-4000-8000-00000000000b' group by 1 order by 1;

-- Who may: an admin, and nobody else. Which files there are sees who sees everything.
create role import_admin;
create role import_analyst;
select telemetry.grant_access('import_admin', 'admin'), telemetry.grant_access('import_analyst', 'analyst');
set local role import_analyst;
select * from telemetry.import_export('empty', 2, '');
select count(*) from telemetry.imported_files;
reset role; set local role import_admin;
select * from telemetry.import_export('empty', 2, '');
reset role;
rollback;
