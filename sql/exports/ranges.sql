-- The events of a range, as an export defines them. Nothing else reads the log for an export: it tells a tenant's events from
-- others', once to count them and once to hand them out.
--
-- Everything is read by ranges of ingest_id below the frontier. Without statistics the planner does not know that arrivals lie
-- side by side, and would read every partition: so these functions forbid it to.

-- Counts the events of a range, by days (UTC) where asked, else on a day -infinity. At most the first `most` of them, if given.
create function telemetry_private.export_count(tenant uuid, events text[], test jsonb, after_id bigint, until_id bigint, most bigint, by_day boolean)
returns table (day date, rows bigint, first_id bigint, last_id bigint, min_event_ts timestamptz, max_event_ts timestamptz)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set enable_seqscan = off
set max_parallel_workers_per_gather = 0
set jit = off
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
    if most is null then
        return query
            select case when by_day then e.event_ts::date else '-infinity' end, count(*), min(e.ingest_id), max(e.ingest_id), min(e.event_ts), max(e.event_ts)
              from telemetry.events e
             where e.ingest_id > export_count.after_id and e.ingest_id <= export_count.until_id
               and (export_count.tenant is null or e.tenant_id = export_count.tenant)
               and (export_count.events is null or e.event_name = any (export_count.events))
               and (test is null or telemetry_private.payload_passes(e.payload, test))
             group by 1;
    else
        return query
            select '-infinity'::date, count(*), min(n.ingest_id), max(n.ingest_id), min(n.event_ts), max(n.event_ts)
              from (select e.ingest_id, e.event_ts
                      from telemetry.events e
                     where e.ingest_id > export_count.after_id and e.ingest_id <= export_count.until_id
                       and (export_count.tenant is null or e.tenant_id = export_count.tenant)
                       and (export_count.events is null or e.event_name = any (export_count.events))
                       and (test is null or telemetry_private.payload_passes(e.payload, test))
                     order by e.ingest_id
                     limit most) n;
    end if;
end
$$;

-- Returns the range of a number: the one that is out, or one of the manifest. Error: 22023 there is no such number.
create function telemetry_private.export_range(name text, number bigint, out after_id bigint, out until_id bigint, out version telemetry_private.export_version)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    found_one record;
begin
    select s.position, s.until_id, s.schema_version into found_one
      from telemetry.export_states s
     where s.export = export_range.name and s.number = export_range.number and s.until_id is not null
     union all
    select f.after_id, f.until_id, f.schema_version
      from telemetry.export_files f
     where f.export = export_range.name and f.number = export_range.number
     limit 1;
    if not found then
        raise exception 'export "%" has no range number %', left(name, 63), number
            using errcode = '22023', hint = 'Take a number that claim_export() gave, or one of telemetry.export_manifest().';
    end if;
    after_id := found_one.position;
    until_id := found_one.until_id;
    select v.* into version from telemetry.export_versions v where v.export = export_range.name and v.schema_version = found_one.schema_version;
end
$$;

create function telemetry_private.export_rows(name text, number bigint, after_id bigint, most integer)
returns table (ingest_id bigint, event_ts timestamptz, event_id uuid, tenant_id uuid, event_name text, user_id uuid, session_id uuid, subject_id uuid,
               client_ts timestamptz, seq integer, event_version smallint, source text, sample_rate real, payload jsonb)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set max_parallel_workers_per_gather = 0
set jit = off
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    -- So many ids are sorted at once, which fits in memory.
    width constant bigint := 65536;
    of_range record;
    v telemetry_private.export_version;
    since bigint;
    until bigint;
    rest bigint := most;
    given bigint;
begin
    if name is null or number is null then
        raise exception 'name and number must not be null'
            using errcode = '22004', hint = 'For example: telemetry.export_rows(''warehouse'', 1), with what claim_export() gave.';
    end if;
    if most < 1 then
        raise exception 'most must be at least 1' using errcode = '22023', hint = 'Leave it out for the whole range.';
    end if;
    of_range := telemetry_private.export_range(name, number);
    v := of_range.version;
    since := greatest(after_id, of_range.after_id);
    while since < of_range.until_id loop
        until := least(since + width, of_range.until_id);
        return query
            select e.ingest_id, e.event_ts, e.event_id, e.tenant_id, e.event_name, e.user_id, e.session_id, e.subject_id,
                   e.client_ts, e.seq, e.event_version, e.source, e.sample_rate, e.payload
              from telemetry.events e
             where e.ingest_id > since and e.ingest_id <= until
               and (v.tenant_id is null or e.tenant_id = v.tenant_id)
               and (v.events is null or e.event_name = any (v.events))
               and (v.test is null or telemetry_private.payload_passes(e.payload, v.test))
             order by e.ingest_id
             limit rest;
        get diagnostics given = row_count;
        rest := rest - given;
        exit when rest = 0;
        since := until;
    end loop;
end
$$;

create function telemetry.export_rows(name text, number bigint, after_id bigint default null, most integer default null)
returns table (ingest_id bigint, event_ts timestamptz, event_id uuid, tenant_id uuid, event_name text, user_id uuid, session_id uuid, subject_id uuid,
               client_ts timestamptz, seq integer, event_version smallint, source text, sample_rate real, payload jsonb)
language sql
begin atomic
    select * from telemetry_private.export_rows(name, number, after_id, most);
end;

comment on function telemetry.export_rows is
'Returns the events of a range that claim_export() gave, in order of arrival, for who writes them to
files.

Arguments
  name      the name of the export
  number    the number of the range: one that is out, or one of export_manifest()
  after_id  only events above this ingest_id, to go on behind a page; default the whole range
  most      how many rows are returned at most; default all
Columns
  ingest_id, event_ts, event_id, tenant_id, event_name  the event, as telemetry.events has it
  user_id, session_id, subject_id, client_ts, seq, event_version  likewise
  source, sample_rate, payload  likewise
Errors
  22004  no name or number
  22023  an unknown number, or most below 1
Notes
  It is for couriers and admins, and read by COPY (select ... from telemetry.export_rows(...)) too.
  The same number has the same rows at any time, as long as the log has them.';
