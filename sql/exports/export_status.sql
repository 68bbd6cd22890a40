-- How it goes with exports: how far each is behind, what is out, what was written.

-- When the first event of an export above a position happened; it looks at the next 1,000 ids. A function of its own, so that the log,
-- with a lock for each partition, is opened only where an export is behind.
create function telemetry_private.first_to_export(tenant uuid, events text[], test jsonb, "position" bigint)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (select c.min_event_ts from telemetry_private.export_count(tenant, events, test, first_to_export.position, first_to_export.position + 1000, 1, false) c);
end
$$;

create function telemetry_private.export_status(export text, visibility text, tenant uuid)
returns table (name text, format text, most_age interval, number bigint, "position" bigint, lag_events bigint, lag_seconds double precision, held_back_since timestamptz,
               is_out boolean, leased_by text, leased_until timestamptz, asked_at timestamptz, committed_at timestamptz, files bigint, rows bigint, bytes bigint)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    drawn constant bigint := telemetry_private.drawn_id();
    at_time constant timestamptz := telemetry_private.outbound_clock();
begin
    if export_status.export is not null then
        perform telemetry_private.own_export(export_status.export, visibility, tenant);
    end if;
    return query
        select d.name, d.format, d.most_age, s.number, s.position, greatest(drawn - s.position, 0),
               coalesce(greatest(extract(epoch from at_time - coalesce(s.waits_since, f.event_ts)), 0)::double precision, 0),
               case when drawn > s.looked_until then h.held_back_since end,
               s.until_id is not null, s.leased_by, s.leased_until, s.asked_at, m.committed_at, m.files, coalesce(m.rows, 0), coalesce(m.bytes, 0)
          from telemetry.exports d
          join telemetry.export_states s on s.export = d.name
         cross join lateral (select case when s.waiting = 0 and drawn > s.looked_until then telemetry_private.first_to_export(d.tenant_id, d.events, d.test, s.looked_until) end) f (event_ts)
         cross join lateral (select max(k.committed_at) as committed_at, count(*) as files, sum(k.rows)::bigint as rows, sum(k.bytes)::bigint as bytes from telemetry.export_files k where k.export = d.name) m
         cross join (select min(c.held_back_since) as held_back_since from telemetry_private.cursors() c) h
         where (export_status.export is null or d.name = export_status.export)
           and (visibility = 'everything' or d.tenant_id = tenant)
         order by d.name;
end
$$;

create function telemetry.export_status(export text default null)
returns table (name text, format text, most_age interval, number bigint, "position" bigint, lag_events bigint, lag_seconds double precision, held_back_since timestamptz,
               is_out boolean, leased_by text, leased_until timestamptz, asked_at timestamptz, committed_at timestamptz, files bigint, rows bigint, bytes bigint)
language sql
stable
begin atomic
    select * from telemetry_private.export_status(export, telemetry.log_visibility(), telemetry.current_tenant());
end;

comment on function telemetry.export_status is
'Shows how far each export has come.

Arguments
  export  one of them by name; default all that the caller may see
Columns
  name             its name
  format           parquet, jsonl or csv
  most_age         how long an event waits at most for others
  number           the number of the range that is out, or of the next one
  position         up to which ingest_id all is in files
  lag_events       how many ids were drawn since; what is not for the export is among them
  lag_seconds      how long ago the first event happened that waits; an import''s may be long ago
  held_back_since  since when a transaction runs that may still add an event: nothing later is
                   exported before it ends
  is_out           whether a range was claimed and is not committed
  leased_by        who claimed it
  leased_until     until then nobody else gets it
  asked_at         when somebody last asked for a range, to the minute
  committed_at     when the last range was committed
  files, rows, bytes  what its manifest has, in all
Errors
  22023  an unknown export
Notes
  There is one row per export, by name. lag_seconds is below most_age where all is well, but for
    what was imported.';
