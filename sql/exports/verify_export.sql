-- Holds the manifest of an export against itself and against the log.

create function telemetry_private.verify_export(name text, visibility text, tenant uuid)
returns table (number bigint, finding text, expected bigint, found bigint)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    last_chain text := '';
    last_until bigint;
    last_number bigint := 0;
    drawn constant bigint := telemetry_private.drawn_id();
    f telemetry_private.export_file;
    r record;
    counted bigint;
    accounted jsonb;
    in_log bigint;
begin
    if name is null or not exists (select from telemetry.export_files k where k.export = verify_export.name and (visibility = 'everything' or k.tenant_id = tenant)) then
        perform telemetry_private.own_export(name, visibility, tenant);
    end if;
    for f in select k.* from telemetry.export_files k where k.export = verify_export.name order by k.number, k.part loop
        if f.chain <> telemetry_private.export_chain(last_chain, f) then
            return query select f.number, 'broken_chain', null::bigint, null::bigint;
        end if;
        last_chain := f.chain;
    end loop;
    -- By number how many events of its files left the log with a receipt.
    select coalesce(jsonb_object_agg(a.number, a.events), '{}') into accounted
      from (select x ->> 'number' as number, sum((x ->> 'events')::bigint) as events
              from telemetry.erasures e, jsonb_array_elements(e.exported) x
             where e.kind in ('erase_user', 'erase_tenant', 'erase_events', 'expire_events') and x ->> 'export' = verify_export.name
             group by 1) a;
    for r in
        select k.number, min(k.after_id) as after_id, max(k.until_id) as until_id, sum(k.rows)::bigint as rows, min(k.min_event_ts) as since, max(k.max_event_ts) as until,
               max(k.schema_version) as schema_version, count(*) as parts, max(k.part) as last_part
          from telemetry.export_files k
         where k.export = verify_export.name
         group by k.number
         order by k.number
    loop
        if r.number <> last_number + 1 then
            return query select r.number, 'missing_number', last_number + 1, r.number;
        elsif r.after_id <> last_until then
            return query select r.number, case when r.after_id > last_until then 'hole' else 'overlap' end, last_until, r.after_id;
        end if;
        if r.parts <> r.last_part then
            return query select r.number, 'missing_part', r.last_part::bigint, r.parts;
        end if;
        last_number := r.number;
        last_until := r.until_id;
        if r.until_id > drawn then
            return query select r.number, 'log_is_behind', r.until_id, drawn;
            continue;
        end if;
        select coalesce(sum(c.rows), 0) into counted
          from telemetry.export_versions v,
               lateral telemetry_private.export_count(v.tenant_id, v.events, v.test, r.after_id, r.until_id, null, false) c
         where v.export = verify_export.name and v.schema_version = r.schema_version;
        in_log := r.rows - coalesce((accounted ->> r.number::text)::bigint, 0);
        if counted <> in_log then
            return query
                select r.number,
                       case when counted > in_log then 'hole'
                            when telemetry_private.has_partitions(r.since, r.until) then 'erased'
                            else 'partition_gone' end,
                       in_log, counted;
        end if;
    end loop;
end
$$;

-- Whether the log has a partition for each moment of a time. Its partitions do not overlap.
create function telemetry_private.has_partitions(since timestamptz, until timestamptz)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(min(p.since) <= has_partitions.since and max(p.until) > has_partitions.until
                    and count(*) filter (where p.next is distinct from p.until) <= 1, false)
      from (select b.since, b.until, lead(b.since) over (order by b.since) as next
              from telemetry_private.partition_bounds() b
             where b.until > has_partitions.since and b.since <= has_partitions.until) p
$$;

create function telemetry.verify_export(name text)
returns table (number bigint, finding text, expected bigint, found bigint)
language sql
stable
begin atomic
    select * from telemetry_private.verify_export(name, telemetry_private.export_visibility(), telemetry.current_tenant());
end;

comment on function telemetry.verify_export is
'Holds the manifest of an export against itself and against the log, range by range.

Arguments
  name      the name of the export; one that was dropped has its manifest still
Columns
  number    of the range
  finding   what is wrong with it, see the notes
  expected  how many events its files have that did not leave the log with a receipt; of a number or
            an id that is missing, which
  found     how many the log has; of a number or an id, what there is instead
Errors
  22004  no name
  22023  an unknown export
Notes
  There are no rows where all is well.
  hole: the log has events that no file holds. overlap: two ranges have events in common.
    missing_number, missing_part: of the manifest. broken_chain: a row of the manifest was changed.
  partition_gone: the log has no partition any more for some of the events; erased: it has the
    partition, and events are gone from it of which no receipt tells. Of both the files have more
    than the log.
  What erase_user() and the like took out of the log, and expire_events() out of a partition that
    stays, is no finding: export_manifest() tells of each file which events those are.
  log_is_behind: the log was restored to an earlier time than the export has come.
  It counts every event of the export once. telemetry-courier verify-export reads the files, too.';
