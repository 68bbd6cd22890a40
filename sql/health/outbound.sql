-- What health() finds in what leaves the database.

-- `rest` is how much longer than most_age an export may go without anybody who writes it.
create function telemetry_private.health_of_exports(rest interval)
returns table (check_name text, severity text, problem text, mend text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    at_time constant timestamptz := telemetry_private.outbound_clock();
begin
    if to_regclass('telemetry.exports') is null or to_regclass('telemetry.export_states') is null or to_regclass('telemetry_private.ingest_id') is null then
        return;
    end if;
    return query
    select 'exports', 'warning',
           case when s.until_id is not null and s.leased_until < at_time then format('number %s of the export %I was claimed at %s and is not committed', s.number, e.name, to_char(s.fixed_at, 'YYYY-MM-DD HH24:MI:SSTZH'))
                else format('nobody has claimed the export %I since %s', e.name, to_char(coalesce(s.asked_at, e.created_at), 'YYYY-MM-DD HH24:MI:SSTZH')) end,
           format('-- start the courier: telemetry-courier export %s', e.name)
      from telemetry.exports e
      join telemetry.export_states s on s.export = e.name
     where telemetry_private.drawn_id() > s.position
       and (coalesce(s.asked_at, e.created_at) < at_time - e.most_age - health_of_exports.rest
            or s.until_id is not null and s.leased_until < at_time and s.fixed_at < at_time - e.most_age - health_of_exports.rest)
     order by e.name;
end
$$;

-- Alerts that name destinations, of which none is there any more: nobody is told of them. An empty list is meant so.
create function telemetry_private.health_of_alert_destinations()
returns table (check_name text, severity text, problem text, mend text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.alerts') is null or to_regclass('telemetry.destinations') is null then
        return;
    end if;
    return query
    select 'alert_destinations', 'warning', format('nobody is told of the alert %I: its destinations were dropped', a.name),
           format('-- register %s, or name others: telemetry.register_alert(%L, ''{"destinations": null}'') tells all', array_to_string(a.destinations, ', '), a.name)
      from telemetry.alerts a
     where cardinality(a.destinations) > 0
       and not exists (select from telemetry.destinations d where d.sends = 'alerts' and d.name = any (a.destinations))
     order by a.name;
end
$$;
