-- Ranges of 500,000 events, one after the other: how long each step takes. Called by in_sql, which says how many events there are.
\set ON_ERROR_STOP on
select telemetry.register_event('seen', '{"properties": {"page": {"type": "string"}, "ms": {"type": "number"}}, "promoted_properties": ["ms"]}') \g /dev/null
select telemetry.register_export('lake', '{"most_rows": 500000, "most_age": "0 seconds", "promoted": true}') \g /dev/null
select set_config('bench.events', :'events', false) \g /dev/null
do $$
begin
    for part in 0..current_setting('bench.events')::integer / 10000 - 1 loop
        perform telemetry.import_events((select jsonb_agg(jsonb_build_object('event_name', 'seen', 'user_id', md5((n % 5000)::text)::uuid, 'session_id', md5((n % 20000)::text)::uuid,
                    'event_ts', now() - interval '20 days' + (part * 10000 + n) * interval '1 second', 'payload', jsonb_build_object('page', 'pricing', 'ms', n, 'country', 'NL')))
                  from generate_series(1, 10000) n));
    end loop;
end $$;
vacuum analyze telemetry.events;
\timing on
\echo claim
select number, rows from telemetry.claim_export('lake', 'bench')
\gset
\echo :rows rows by COPY (binary), again as CSV, then by pages of 50,000
\o /dev/null
copy (select * from telemetry.export_rows('lake', 1)) to program 'cat >/dev/null' (format binary);
copy (select * from telemetry.export_rows('lake', 1)) to program 'cat >/dev/null' (format csv);
do $$
declare
    last bigint := 0;
begin
    loop
        select max(r.ingest_id) into last from telemetry.export_rows('lake', 1, last, 50000) r;
        exit when last is null;
    end loop;
end $$;
\o
\echo commit
select telemetry.commit_export('lake', 1, 'bench', jsonb_build_array(jsonb_build_object('part', 1, 'path', 'a', 'rows', :rows, 'bytes', 1, 'sha256', repeat('0', 64),
           'first_id', min(ingest_id), 'last_id', max(ingest_id), 'min_event_ts', min(event_ts), 'max_event_ts', max(event_ts)))) as with_reading_it_once_more
  from telemetry.export_rows('lake', 1);
\echo 100 claims that find nothing due
update telemetry.exports set most_age = '30 days';
do $$ begin perform telemetry.claim_export('lake', 'bench') from generate_series(1, 100); end $$;
\echo verify
select count(*) as findings from telemetry.verify_export('lake');
