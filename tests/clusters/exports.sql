-- What tests/clusters/exports.sh needs: a store of files beside the log, a courier in SQL, and clients that log.
\set QUIET on
create extension telemetry;
select telemetry.register_event('kept', '{"properties": {"amount": {"type": "number"}}, "promoted_properties": ["amount"]}'), telemetry.register_event('left_out');
select telemetry.register_export('lake', '{"events": ["kept"], "promoted": true, "most_rows": 200, "most_age": "0 seconds"}'),
       telemetry.register_export('daily', '{"partition_by": "day", "most_rows": 500, "most_age": "0 seconds"}');
-- A store that nothing overwrites. Files are written in transactions of their own, as to a bucket.
create table store (path text primary key, sha256 text not null, ids bigint[] not null, rows text[] not null);
create table attempts (export text, what text);

-- Writes ranges until somebody ends it. Each step is a transaction, as it is for a courier: it may die between any two.
create procedure courier(export text, worker text) language plpgsql as $$
declare
    claimed record;
    part record;
    files jsonb;
    stored text;
begin
    loop
        select * into claimed from telemetry.claim_export(export, worker);
        commit;
        if claimed.number is null then
            perform pg_sleep(0.005);
            continue;
        end if;
        files := '[]';
        for part in
            select row_number() over (order by r.day) as number, concat('day=' || r.day || '/', claimed.file_name) as path, count(*) as rows, min(r.ingest_id) as first_id, max(r.ingest_id) as last_id,
                   min(r.event_ts) as min_ts, max(r.event_ts) as max_ts, array_agg(r.ingest_id order by r.ingest_id) as ids, array_agg(md5(r.event_id || r.payload::text) order by r.ingest_id) as contents
              from (select e.*, case claimed.partition_by when 'day' then (e.event_ts at time zone 'UTC')::date end as day from telemetry.export_rows(export, claimed.number) e) r
             group by r.day order by 1
        loop
            insert into store values (part.path, encode(sha256(part.contents::text::bytea), 'hex'), part.ids, part.contents) on conflict do nothing;
            commit;
            select s.sha256 into stored from store s where s.path = part.path;
            if stored <> encode(sha256(part.contents::text::bytea), 'hex') then
                raise exception 'the file % is there with another content', part.path;
            end if;
            files := files || jsonb_build_object('part', part.number, 'path', part.path, 'rows', part.rows, 'bytes', 1, 'sha256', stored, 'first_id', part.first_id, 'last_id', part.last_id, 'min_event_ts', part.min_ts, 'max_event_ts', part.max_ts);
        end loop;
        perform telemetry.commit_export(export, claimed.number, worker, files);
        commit;
    end loop;
end $$;

-- Logs until `until`: transactions of one to twenty events, a quarter of which are rolled back, some of another day.
create procedure client(n integer, until timestamptz) language plpgsql as $$
begin
    while clock_timestamp() < until loop
        perform telemetry.log_event(case when random() < 0.2 then 'left_out' else 'kept' end, jsonb_build_object('amount', k, 'client', n)) from generate_series(1, 1 + floor(random() * 20)::integer) k;
        if random() < 0.1 then
            perform telemetry.import_events(jsonb_build_array(jsonb_build_object('event_name', 'kept', 'event_ts', now() - random() * interval '3 days')));
        end if;
        perform pg_sleep(random() * 0.01);
        if random() < 0.25 then rollback; else commit; end if;
    end loop;
end $$;

-- What is wrong in the end: between the log and the files of the manifest, by event and content.
create function differences(export text, of_events text[]) returns table (what text, count bigint) language sql as $$
    with log as (select e.ingest_id, md5(e.event_id || e.payload::text) as content from telemetry.events e where of_events is null or e.event_name = any (of_events)),
         files as (select f.ingest_id, f.content from telemetry.export_manifest(export) m join store s on s.path = m.path and s.sha256 = m.sha256, unnest(s.ids, s.rows) f (ingest_id, content))
    select 'in no file', count(*) from (select * from log except all select * from files) d having count(*) > 0
     union all
    select 'doubled, or not in the log', count(*) from (select * from files except all select * from log) d having count(*) > 0
     union all
    select 'a file that is not there', count(*) from telemetry.export_manifest(export) m left join store s on s.path = m.path and s.sha256 = m.sha256 where s.path is null having count(*) > 0
     union all
    select v.finding, count(*) from telemetry.verify_export(export) v group by 1
$$;
