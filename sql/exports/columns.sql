-- What the files of an export have for columns. Twin: src/exports/columns.rs, which adds those that are new.

-- Returns the promoted keys of the events of an export: [{"event", "key", "properties"}], of every version that was ever
-- registered, since the log has events of each.
create function telemetry_private.promoted_of(d telemetry_private.export)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(jsonb_agg(jsonb_build_object('event', t.event_name, 'key', k.key, 'properties', t.properties) order by t.event_name, t.event_version, k.key), '[]')
      from telemetry.event_types t
     cross join lateral unnest(t.promoted_properties) k (key)
     where d.promoted and (d.events is null or t.event_name = any (d.events))
$$;

-- Returns the version that describes what an export is now, and makes it where the last one does not.
create function telemetry_private.current_export_version(d telemetry_private.export)
returns telemetry_private.export_version
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    last telemetry_private.export_version;
    present telemetry_private.export_version;
begin
    select v.* into last from telemetry.export_versions v where v.export = d.name order by v.schema_version desc limit 1;
    present := row(d.name, coalesce(last.schema_version, 0), d.format, d.partition_by,
                telemetry_private.export_columns(coalesce(last.columns, '[]'), telemetry_private.promoted_of(d)),
                d.events, d.filter, d.test, d.tenant_id, last.made_at);
    if present is distinct from last then
        present.schema_version := present.schema_version + 1;
        present.made_at := clock_timestamp();
        insert into telemetry.export_versions select present.*;
    end if;
    return present;
end
$$;
