-- Committing a range: the files that hold it become rows of the manifest, and the position moves, in one transaction. What the
-- courier says of the files is held against the log first.

-- The chain of a row of the manifest: whoever has the rows can compute it, and no row can be changed, taken out or put in
-- between without changing every one behind it.
create function telemetry_private.export_chain(before text, f telemetry_private.export_file)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select encode(sha256(convert_to(before || E'\n' || concat_ws('|', f.export, f.number, f.part, f.after_id, f.until_id, f.first_id, f.last_id, f.rows, f.bytes, f.sha256,
               to_char(f.min_event_ts at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), to_char(f.max_event_ts at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
               f.schema_version, f.path), 'UTF8')), 'hex')
$$;

-- Reads what a courier says of its files. Error: 22023 it cannot be read, or no file could be so.
create function telemetry_private.export_parts(files jsonb)
returns setof telemetry_private.export_file
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
as $$
declare
    example constant text := 'Each is like {"part": 1, "path": "00000001-000000000001-000000000500.parquet", "rows": 500, "bytes": 9000, "sha256": "…", "first_id": 1, "last_id": 500, "min_event_ts": "…", "max_event_ts": "…"}.';
    parts telemetry_private.export_file[];
    wrong record;
begin
    if jsonb_typeof(files) <> 'array' or jsonb_array_length(files) > 10000 or jsonb_path_exists(files, 'strict $[*] ? (@.type() != "object")') then
        raise exception 'files must be an array of at most 10000 objects' using errcode = '22023', hint = example;
    end if;
    begin
        parts := array(select p from jsonb_populate_recordset(null::telemetry_private.export_file, files) p order by p.part);
    exception
        when data_exception then
            raise exception 'files have a member that cannot be read' using errcode = '22023', hint = example;
    end;
    select p.place, w.what into wrong
      from unnest(parts) with ordinality p (export, number, part, after_id, until_id, first_id, last_id, rows, bytes, sha256, path, min_event_ts, max_event_ts, schema_version, tenant_id, committed_at, chain, place),
           lateral (values
                ('part', p.part is distinct from p.place::integer),
                ('path', coalesce(p.path !~ '^[^/[:cntrl:]]+(/[^/[:cntrl:]]+)*$' or p.path ~ '(^|/)\.\.?(/|$)' or octet_length(p.path) > 1024, true)),
                ('rows', coalesce(p.rows < 1, true)),
                ('bytes', coalesce(p.bytes < 1, true)),
                ('sha256', coalesce(p.sha256 !~ '^[0-9a-f]{64}$', true)),
                ('first_id or last_id', coalesce(p.last_id - p.first_id < p.rows - 1, true)),
                ('min_event_ts or max_event_ts', coalesce(p.min_event_ts > p.max_event_ts or not isfinite(p.min_event_ts) or not isfinite(p.max_event_ts), true))) w (what, is_so)
     where w.is_so
     limit 1;
    if found then
        raise exception 'file % has a % that cannot be: parts count from 1, and every member is required', wrong.place, wrong.what using errcode = '22023', hint = example;
    end if;
    if (select count(distinct p.path) from unnest(parts) p) < cardinality(parts) then
        raise exception 'two files have the same path' using errcode = '22023', hint = 'Each part is a file of its own.';
    end if;
    return query select * from unnest(parts);
end
$$;

create function telemetry_private.commit_export(name text, number bigint, worker text, files jsonb)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    s telemetry_private.export_state;
    v telemetry_private.export_version;
    f telemetry_private.export_file;
    parts telemetry_private.export_file[];
    wrong record;
    last_chain text;
begin
    if name is null or number is null or worker is null or files is null then
        raise exception 'name, number, worker and files must not be null'
            using errcode = '22004', hint = 'For example: telemetry.commit_export(''warehouse'', 1, ''host 1 4711'', ''[{"part": 1, ...}]'').';
    end if;
    parts := array(select p from telemetry_private.export_parts(files) p);
    select t.* into s from telemetry.export_states t where t.export = commit_export.name for update;
    if not found then
        perform telemetry_private.own_export(name, 'everything', null);
    end if;
    if exists (select from telemetry.export_files k where k.export = commit_export.name and k.number = commit_export.number) then
        if (select array_agg((k.part, k.path, k.rows, k.bytes, k.sha256)::text order by k.part) from telemetry.export_files k where k.export = commit_export.name and k.number = commit_export.number)
            is distinct from (select array_agg((p.part, p.path, p.rows, p.bytes, p.sha256)::text order by p.part) from unnest(parts) p)
        then
            raise exception 'number % of export "%" is committed with other files', number, name
                using errcode = '22023', hint = 'telemetry.export_manifest() says which files count. Those of this call are not among them: leave them out.';
        end if;
        return false;
    end if;
    if s.until_id is null or s.number <> number then
        raise exception 'number % of export "%" is not out', number, name
            using errcode = '22023', hint = 'Commit the number that claim_export() gave last.';
    end if;
    if s.leased_by is distinct from worker then
        raise exception 'number % of export "%" is with another worker', number, name
            using errcode = '55000', hint = 'The lease ran out before the files were written. Claim again before it does, which renews it.';
    end if;
    select k.* into v from telemetry.export_versions k where k.export = s.export and k.schema_version = s.schema_version;
    select coalesce(c.day, p.day) as day, p.rows as given, c.rows as counted into wrong
      from (select d.day, sum(p.rows)::bigint as rows, min(p.first_id) as first_id, max(p.last_id) as last_id, min(p.min_event_ts) as min_ts, max(p.max_event_ts) as max_ts,
                   bool_and(v.partition_by is null or (p.max_event_ts at time zone 'UTC')::date = d.day) as is_of_day
              from unnest(parts) p,
                   lateral (select case v.partition_by when 'day' then (p.min_event_ts at time zone 'UTC')::date else '-infinity' end) d (day)
             group by 1) p
      full join telemetry_private.export_count(v.tenant_id, v.events, v.test, s.position, s.until_id, null, v.partition_by is not null) c on c.day = p.day
     where (p.rows, p.first_id, p.last_id, p.min_ts, p.max_ts, p.is_of_day) is distinct from (c.rows, c.first_id, c.last_id, c.min_event_ts, c.max_event_ts, true)
     order by day
     limit 1;
    if found then
        raise exception 'the files of number % of export "%" do not hold its events%: %', number, name, case when isfinite(wrong.day) then format(' of %s', to_char(wrong.day, 'YYYY-MM-DD')) end,
              case when wrong.given is distinct from wrong.counted then format('%s rows, where the log has %s', coalesce(wrong.given, 0), coalesce(wrong.counted, 0)) else 'others are first or last' end
            using errcode = '22023', hint = 'Take the range again by claim_export(), and write what export_rows() gives.';
    end if;
    select k.chain into last_chain from telemetry.export_files k where k.export = s.export order by k.number desc, k.part desc limit 1;
    foreach f in array parts loop
        f.export := s.export;
        f.number := s.number;
        f.after_id := s.position;
        f.until_id := s.until_id;
        f.schema_version := s.schema_version;
        f.tenant_id := v.tenant_id;
        f.committed_at := clock_timestamp();
        f.chain := telemetry_private.export_chain(coalesce(last_chain, ''), f);
        last_chain := f.chain;
        insert into telemetry.export_files select f.*;
    end loop;
    -- Where the log has none of the events any more, no file holds them, and the number is that of the next range.
    update telemetry.export_states t
       set number = t.number + (cardinality(parts) > 0)::integer,
           position = case when cardinality(parts) > 0 then t.until_id else t.position end,
           waiting = 0, waits_since = null, until_id = null, rows = null, schema_version = null, leased_by = null, leased_until = null
     where t.export = s.export;
    return true;
end
$$;

create function telemetry.commit_export(name text, number bigint, worker text, files jsonb)
returns boolean
language sql
begin atomic
    select telemetry_private.commit_export(name, number, worker, files);
end;

comment on function telemetry.commit_export is
'Says which files hold a range of an export: from then on they count, and the next range can be
claimed.

Arguments
  name    the name of the export
  number  the number of the range that claim_export() gave
  worker  the name under which it was claimed
  files   an array of objects, one a file: part (1 and up), path (below the folder of the export),
          rows, bytes, sha256 (in hex), first_id and last_id (ingest_id), min_event_ts and
          max_event_ts
Returns
  true; false where the same files were committed already
Errors
  22004  an argument is NULL
  22023  an unknown export or number; files that cannot be read; rows, ids or times that are not
         those of the range in the log; or other files were committed under the number
  55000  another worker has the range
Notes
  The rows of the manifest and the position are one transaction. Write files first, under names that
    nothing overwrites: a file that was not committed does not count.
  An empty array is right only where the log has none of the events any more.';
