-- Exports: the log in files. What a courier claims, writes and commits, and what is refused. The clock stands still.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
create or replace function telemetry_private.outbound_clock() returns timestamptz language sql as $$ select current_setting('book.now')::timestamptz $$;
create function pg_temp.later(by interval) returns void language sql as $$ select set_config('book.now', (current_setting('book.now')::timestamptz + by)::text, false) $$;
set book.now = '2026-03-01 10:20:00Z';
create function pg_temp.id(n integer) returns uuid language sql as $$ select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid $$;
-- Ids of events count from 1 here, whatever was logged before.
create temp table ids as select case when is_called then last_value else 0 end as before from telemetry_private.ingest_id;
create function pg_temp.shown(id bigint) returns bigint language sql as $$ select shown.id - i.before from ids i $$;
create function pg_temp.logged(event_name text, from_n integer, until_n integer) returns bigint language sql as $$
    select count(telemetry.log_event(event_name, jsonb_build_object('n', n, 'plan', 'pro'), user_id => pg_temp.id(1 + n % 2), event_id => pg_temp.id(100 + n))) from generate_series(from_n, until_n) n $$;
-- What a courier would say of the files that it wrote: one for each day, where the export is parted so.
create function pg_temp.written(name text, number bigint, by_day boolean default false) returns jsonb language sql as $$
    select jsonb_agg(jsonb_build_object('part', f.part, 'path', concat('day=' || f.day || '/', name, '-', number, '-', f.part), 'rows', f.rows, 'bytes', 100 * f.rows, 'sha256', f.sha256,
               'first_id', f.first_id, 'last_id', f.last_id, 'min_event_ts', f.min_ts, 'max_event_ts', f.max_ts) order by f.part)
      from (select row_number() over (order by g.day) as part, g.* from
               (select case when by_day then e.event_ts::date end as day, count(*) as rows, min(e.ingest_id) as first_id, max(e.ingest_id) as last_id, min(e.event_ts) as min_ts, max(e.event_ts) as max_ts,
                       encode(sha256(string_agg(e.payload::text, ',' order by e.ingest_id)::bytea), 'hex') as sha256
                  from telemetry.export_rows(name, number) e group by 1) g) f $$;
create function pg_temp.claim(name text, worker text default 'w1') returns table (number bigint, after_id bigint, until_id bigint, rows bigint, format text, schema_version integer, leased_until timestamptz) language sql as $$
    select c.number, pg_temp.shown(c.after_id), pg_temp.shown(c.until_id), c.rows, c.format, c.schema_version, c.leased_until from telemetry.claim_export(name, worker) c $$;
create function pg_temp.refused(statement text) returns text language plpgsql as $$
declare message text; hint text;
begin
    execute statement;
    return 'not refused';
exception when others then
    get stacked diagnostics message = message_text, hint = pg_exception_hint;
    return sqlstate || ': ' || message || ' | ' || hint;
end $$;
select telemetry.register_event('seen'), telemetry.register_event('paid');

-- A new export is told from one that is changed; what is not named stays, and null is the default again.
select telemetry.register_export('lake', '{"events": ["seen"], "most_rows": 4, "from": "now"}');
select telemetry.register_export('lake', '{"most_age": "30 minutes"}');
select format, promoted, events, partition_by, most_rows, most_age from telemetry.exports;
select telemetry.register_export('lake', '{"most_age": null}');
select most_age from telemetry.exports;

-- Nothing is due: nobody logged anything.
select * from pg_temp.claim('lake');
-- Something waits, and no range was ever fixed: it is due at once. Another event is not for this export.
select pg_temp.logged('seen', 1, 2), pg_temp.logged('paid', 11, 11);
select * from pg_temp.claim('lake');
select regexp_replace(file_name, '-\d+', '-...', 'g') as file_name, partition_by, file_columns -> 0 as first_column, jsonb_array_length(file_columns) as columns from telemetry.claim_export('lake', 'w1');
select pg_temp.shown(ingest_id) as ingest_id, event_name, payload from telemetry.export_rows('lake', 1);
-- By pages.
select pg_temp.shown(ingest_id) as ingest_id from telemetry.export_rows('lake', 1, most => 1);
select pg_temp.shown(ingest_id) as ingest_id from telemetry.export_rows('lake', 1, after_id => (select max(ingest_id) from telemetry.export_rows('lake', 1, most => 1)));
-- The range is fixed: what is logged meanwhile is in the next one, and a change of the definition is for that too.
select pg_temp.logged('seen', 3, 8);
select telemetry.register_export('lake', '{"format": "jsonl"}');
select * from pg_temp.claim('lake');
-- Nobody else gets it before the lease is over.
select * from pg_temp.claim('lake', 'w2');
select pg_temp.later('6 minutes');
select * from pg_temp.claim('lake', 'w2');
-- Who lost the lease commits nothing. Who has it says what it wrote, and that is held against the log.
select pg_temp.refused($$select telemetry.commit_export('lake', 1, 'w1', pg_temp.written('lake', 1))$$);
select pg_temp.refused($$select telemetry.commit_export('lake', 1, 'w2', jsonb_set(pg_temp.written('lake', 1), '{0,rows}', '1'))$$);
select pg_temp.refused($$select telemetry.commit_export('lake', 1, 'w2', jsonb_set(pg_temp.written('lake', 1), '{0,first_id}', '1'))$$);
select pg_temp.refused($$select telemetry.commit_export('lake', 1, 'w2', '[]')$$);
select pg_temp.refused($$select telemetry.commit_export('lake', 2, 'w2', pg_temp.written('lake', 1))$$);
select telemetry.commit_export('lake', 1, 'w2', pg_temp.written('lake', 1));
-- The same again is false, whoever says it: after a crash nobody knows whether it arrived. Other files are refused.
select telemetry.commit_export('lake', 1, 'w1', pg_temp.written('lake', 1));
select pg_temp.refused($$select telemetry.commit_export('lake', 1, 'w2', jsonb_set(pg_temp.written('lake', 1), '{0,sha256}', to_jsonb(repeat('0', 64))))$$);

-- Six wait, and four are a range. Two are left: they are due when a period of most_age began since.
select * from pg_temp.claim('lake');
select telemetry.commit_export('lake', 2, 'w1', pg_temp.written('lake', 2));
select * from pg_temp.claim('lake');
select number, pg_temp.shown(position) as position, lag_events, is_out, leased_by, files, rows, bytes from telemetry.export_status();
select pg_temp.later('34 minutes');
select * from pg_temp.claim('lake');
select number, pg_temp.shown(position) as position, lag_events, is_out, leased_by, leased_until from telemetry.export_status('lake');
select telemetry.commit_export('lake', 3, 'w1', pg_temp.written('lake', 3));

-- The manifest: ranges without a gap, every event once.
select number, part, pg_temp.shown(after_id) as after_id, pg_temp.shown(until_id) as until_id, rows, bytes, path, schema_version, format from telemetry.export_manifest('lake');
select number from telemetry.export_manifest('lake', since_number => 2);
-- Anybody can compute the chain.
with recursive files as (select row_number() over (order by number, part) as n, f.* from telemetry.export_manifest('lake') f),
     chain as (select 0::bigint as n, '' as chain
                union all
               select f.n, encode(sha256(convert_to(c.chain || E'\n' || concat_ws('|', 'lake', number, part, after_id, until_id, first_id, last_id, rows, bytes, sha256,
                          to_char(min_event_ts at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), to_char(max_event_ts at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), schema_version, path), 'UTF8')), 'hex')
                 from chain c join files f on f.n = c.n + 1)
select bool_and(c.chain = f.chain), count(*) from files f join chain c using (n);
select count(*) from telemetry.verify_export('lake');

-- By day: events that were imported for other days are in files of their own.
select telemetry.register_export('daily', '{"format": "csv", "partition_by": "day", "events": ["paid"], "from": "now"}');
select count(*) from telemetry.import_events('[{"event_name": "paid", "event_ts": "2026-02-02T23:59:59.999999Z"}, {"event_name": "paid", "event_ts": "2026-02-03T00:00:00Z"}, {"event_name": "paid", "event_ts": "2026-02-02T10:00:00Z"}]');
-- Before they are in files, their partition stays.
select pg_temp.refused(format('alter table telemetry.events detach partition %s', telemetry_private.partition_at('2026-02-02')));
select * from pg_temp.claim('daily');
select pg_temp.refused($$select telemetry.commit_export('daily', 1, 'w1', pg_temp.written('daily', 1))$$);
select telemetry.commit_export('daily', 1, 'w1', pg_temp.written('daily', 1, by_day => true));
select part, path, rows, min_event_ts, max_event_ts from telemetry.export_manifest('daily');

-- Promoted keys have columns by their registered type. One whose type changes has one more column.
select telemetry.register_event('sold', '{"properties": {"amount": {"type": "number"}, "plan": {"type": "string"}, "test": {"properties": {"variant": {"type": "integer"}}}}, "promoted_properties": ["amount", "plan", "test.variant"]}');
select telemetry.register_export('typed', '{"events": ["sold"], "promoted": true, "most_age": "0 seconds", "from": "now"}');
select telemetry.log_event('sold', '{"amount": 9.5, "plan": "pro", "test": {"variant": 2}}') is not null as logged;
select c -> 'name' as name, c -> 'type' as type, c -> 'key' as key, c -> 'events' as events from telemetry.claim_export('typed', 'w1'), jsonb_array_elements(file_columns) c where c ->> 'source' = 'payload';
select telemetry.commit_export('typed', 1, 'w1', pg_temp.written('typed', 1));
select telemetry.update_event('sold', '{"properties": {"amount": {"type": "string"}}, "promoted_properties": ["amount"]}');
select telemetry.log_event('sold', '{"amount": "9.50 EUR"}') is not null as logged;
select schema_version, (select string_agg(c ->> 'name' || ' ' || (c ->> 'type'), ', ' order by n) from jsonb_array_elements(file_columns) with ordinality e (c, n) where c ->> 'source' = 'payload') as promoted from telemetry.claim_export('typed', 'w1');
select telemetry.commit_export('typed', 2, 'w1', pg_temp.written('typed', 2));

-- Who drops an export keeps its files and their manifest; registered again it goes on behind them.
select telemetry.drop_export('lake'), telemetry.drop_export('lake');
select count(*) from telemetry.export_manifest('lake');
select pg_temp.refused($$select telemetry.register_export('lake', '{"from": "begin"}')$$);
select pg_temp.logged('seen', 21, 21);
select telemetry.register_export('lake', '{"events": ["seen"]}');
select * from pg_temp.claim('lake');
select telemetry.commit_export('lake', 4, 'w1', pg_temp.written('lake', 4));
select count(*) from telemetry.verify_export('lake');

-- What is wrong is told apart: events that no file holds, events that are not in the log any more, and a manifest that was changed.
create function pg_temp.unguarded() returns void language plpgsql as $$
declare t regclass;
begin
    for t in select 'telemetry.events'::regclass union all select inhrelid from pg_inherits where inhparent = 'telemetry.events'::regclass loop execute format('alter table %s disable trigger all', t); end loop;
end $$;
savepoint whole;
select pg_temp.unguarded();
insert into telemetry.events (event_ts, ingest_id, event_id, tenant_id, event_name) select event_ts, ingest_id, gen_random_uuid(), tenant_id, event_name from telemetry.export_rows('lake', 2, most => 1);
select * from telemetry.verify_export('lake');
rollback to whole;
select pg_temp.unguarded();
delete from telemetry.events e using telemetry.export_rows('lake', 3, most => 1) r where e.ingest_id = r.ingest_id;
select * from telemetry.verify_export('lake');
rollback to whole;
do $$ begin execute format('alter table telemetry.events detach partition %s', telemetry_private.partition_at('2026-02-02')); end $$;
select number, finding, expected, found from telemetry.verify_export('daily');
rollback to whole;
alter table telemetry.export_files disable trigger all;
update telemetry.export_files set sha256 = repeat('0', 64) where export = 'lake' and number = 2;
select * from telemetry.verify_export('lake');
delete from telemetry.export_files where export = 'lake' and number = 2;
select * from telemetry.verify_export('lake');
rollback to whole;
-- What exports write down leaves derived data what it is: KPIs are not answered from rows because of it.
select count(*) from telemetry_private.derived_doubt() where doubt <> 'incomplete';
-- Nobody changes the manifest, the owner neither.
select pg_temp.refused('update telemetry.export_files set rows = 0');
select pg_temp.refused('delete from telemetry.export_versions');

-- A definition that cannot be used.
select definition, pg_temp.refused(format('select telemetry.register_export(%L, %L)', 'x', definition)) as refusal
  from unnest('{[],"{\"colour\": 1}","{\"format\": \"xlsx\"}","{\"format\": 1}","{\"events\": [\"nothing\"]}","{\"events\": []}","{\"most_rows\": 0}","{\"most_rows\": 1.5}","{\"most_age\": \"soon\"}","{\"most_age\": \"60 days\"}","{\"partition_by\": \"hour\"}","{\"from\": \"there\"}","{\"tenant_id\": \"x\"}","{\"filter\": {\"$cohort\": \"x\"}}"}'::text[]) definition;
select pg_temp.refused($$select telemetry.register_export('Lake', '{}')$$);
select pg_temp.refused($$select telemetry.register_export(null, '{}')$$);
select pg_temp.refused($$select telemetry.register_export('lake', '{"tenant_id": "00000000-0000-4000-8000-00000000000a"}')$$);
-- A call that cannot be right.
select pg_temp.refused($$select * from telemetry.claim_export('nothing', 'w1')$$);
select pg_temp.refused($$select * from telemetry.claim_export('lake', null)$$);
select pg_temp.refused($$select * from telemetry.claim_export('lake', '')$$);
select pg_temp.refused($$select * from telemetry.export_rows('lake', 99)$$);
select pg_temp.refused($$select * from telemetry.export_rows('lake', null)$$);
select pg_temp.refused($$select * from telemetry.export_rows('lake', 1, most => 0)$$);
select pg_temp.refused($$select * from telemetry.export_manifest('nothing')$$);
select pg_temp.refused($$select * from telemetry.verify_export(null)$$);
select pg_temp.refused($$select * from telemetry.export_status('nothing')$$);
select what, pg_temp.refused(format('select telemetry.commit_export(%L, 4, %L, %L)', 'lake', 'w1', files)) as refusal
  from (values ('no array', '{}'), ('no objects', '[1]'), ('nothing in it', '[{}]'), ('no number', '[{"part": "x"}]'),
               ('a path that leads away', jsonb_set(pg_temp.written('lake', 4), '{0,path}', '"../x"')::text), ('no hash', jsonb_set(pg_temp.written('lake', 4), '{0,sha256}', '"00"')::text),
               ('the same file twice', (pg_temp.written('lake', 4) || jsonb_set(pg_temp.written('lake', 4), '{0,part}', '2'))::text)) f (what, files);
rollback;
