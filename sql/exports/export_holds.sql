-- A partition is held as long as an export has not passed an event in it: its events are nowhere else.

-- Returns which partitions of the log exports hold, or which hold one of them; `position` is the last ingest_id that is in files.
create function telemetry_private.export_holds(target regclass default null)
returns table (partition regclass, held_by text, name text, "position" bigint)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_column
declare
    d record;
    p record;
begin
    for d in
        select k.name, s.position, s.looked_until, s.waiting, v.tenant_id, v.events, v.test
          from telemetry.exports k
          join telemetry.export_states s on s.export = k.name
         cross join lateral (select k.tenant_id, k.events, k.test
                              union all
                             -- A range that is out is defined as it was when it was fixed.
                             select o.tenant_id, o.events, o.test from telemetry.export_versions o where s.until_id is not null and o.export = s.export and o.schema_version = s.schema_version) v
         where s.position < telemetry_private.drawn_id()
         order by k.name
    loop
        for p in
            select b.partition, b.since, b.until from telemetry_private.partition_bounds() b where target is null or b.partition = target order by b.since
        loop
            if exists (select from telemetry.events e
                        where e.event_ts >= p.since and e.event_ts < p.until and e.ingest_id > case when d.waiting = 0 then d.looked_until else d.position end
                          and (d.tenant_id is null or e.tenant_id = d.tenant_id)
                          and (d.events is null or e.event_name = any (d.events))
                          and (d.test is null or telemetry_private.payload_passes(e.payload, d.test))) then
                return query select p.partition, 'export', d.name, d.position;
            end if;
        end loop;
    end loop;
end
$$;
