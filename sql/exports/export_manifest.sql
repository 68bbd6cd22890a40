-- The manifest of an export: which files hold the log, and what a reader holds against them.

-- Which exports a caller sees. Whoever may call a reading function and reads nothing of the log is a courier, and sees all: a
-- manifest tells of files, and not of events.
create function telemetry_private.export_visibility()
returns text
language sql
stable
begin atomic
    select case when has_table_privilege(to_regclass('telemetry.events'), 'select') then telemetry.log_visibility() else 'everything' end;
end;

create function telemetry_private.export_manifest(name text, since_number bigint, visibility text, tenant uuid)
returns table (number bigint, part integer, after_id bigint, until_id bigint, first_id bigint, last_id bigint, rows bigint, bytes bigint, sha256 text, path text,
               min_event_ts timestamptz, max_event_ts timestamptz, schema_version integer, committed_at timestamptz, chain text, format text, file_columns jsonb, erased_ids bigint[], changed_ids bigint[])
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    -- The manifest of an export that was dropped can still be read.
    if name is null or not exists (select from telemetry.export_files f where f.export = export_manifest.name and (visibility = 'everything' or f.tenant_id = tenant)) then
        perform telemetry_private.own_export(name, visibility, tenant);
    end if;
    return query
        with since as materialized (
            select x.number, x.part, coalesce(array_agg(i.id order by i.id) filter (where e.kind not in ('anonymize_user', 'scrub_payload')), '{}') as erased_ids,
                   coalesce(array_agg(distinct i.id) filter (where e.kind in ('anonymize_user', 'scrub_payload')), '{}') as changed_ids
              from telemetry.erasures e
             cross join lateral jsonb_to_recordset(e.exported) x (export text, number bigint, part integer, ids bigint[])
             cross join lateral unnest(x.ids) i (id)
             where x.export = export_manifest.name
             group by x.number, x.part
        )
        select f.number, f.part, f.after_id, f.until_id, f.first_id, f.last_id, f.rows, f.bytes, f.sha256, f.path, f.min_event_ts, f.max_event_ts,
               f.schema_version, f.committed_at, f.chain, v.format, v.columns,
               coalesce(s.erased_ids, '{}'), coalesce(s.changed_ids, '{}')
          from telemetry.export_files f
          join telemetry.export_versions v on v.export = f.export and v.schema_version = f.schema_version
          left join since s on s.number = f.number and s.part = f.part
         where f.export = export_manifest.name and f.number > coalesce(since_number, 0)
         order by f.number, f.part;
end
$$;

create function telemetry.export_manifest(name text, since_number bigint default null)
returns table (number bigint, part integer, after_id bigint, until_id bigint, first_id bigint, last_id bigint, rows bigint, bytes bigint, sha256 text, path text,
               min_event_ts timestamptz, max_event_ts timestamptz, schema_version integer, committed_at timestamptz, chain text, format text, file_columns jsonb, erased_ids bigint[], changed_ids bigint[])
language sql
stable
begin atomic
    select * from telemetry_private.export_manifest(name, since_number, telemetry_private.export_visibility(), telemetry.current_tenant());
end;

comment on function telemetry.export_manifest is
'Lists the files of an export that count, in order of arrival: one row per file.

Arguments
  name          the name of the export; one that was dropped has its manifest still
  since_number  only files of later numbers than this one; default all
Columns
  number          the number of the range, from 1 on
  part            of the file within it, from 1 on
  after_id        the range has the events above this ingest_id: up to the range before
  until_id        up to this one
  first_id, last_id  the first and the last ingest_id in the file
  rows            how many events are in it
  bytes           its size
  sha256          of its content, in hex
  path            where it is, below the folder of the export
  min_event_ts, max_event_ts  the first and the last time in it
  schema_version  which columns it has
  committed_at    when commit_export() took it
  chain           the SHA-256 of the chain of the row before and of this row; see the notes
  format          parquet, jsonl or csv
  file_columns    its columns, as of claim_export()
  erased_ids      the ingest_ids of events in it that erase_user(), erase_tenant() or erase_events()
                  took out of the log since
  changed_ids     those of events in it that anonymize_user() or scrub_payload() changed since
Errors
  22004  no name
  22023  an unknown export
Notes
  A reader takes these files and no others, each of which holds what no other one holds.
  chain is the SHA-256, in hex, of the chain before, a line feed, and these values with | between:
    export, number, part, after_id, until_id, first_id, last_id, rows, bytes, sha256, min_event_ts,
    max_event_ts (2026-11-29T13:20:01.123456Z), schema_version, path. Before the first row it is
    the empty text.';
