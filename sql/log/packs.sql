-- The five packs are taxonomies, retention classes, KPIs, dashboards and alerts as data. Twin: src/log/packs.rs, which holds the files of packs/.
--
-- A pack brings definitions and an enum type of its event names, for typed clients. Two packs may know one name
-- (message_sent): the second brings a version of its own, both stay active, and an event without a version is accepted
-- if it meets either.

create function telemetry_private.install_pack(name text)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    definitions constant jsonb := telemetry_private.pack_file(name);
    enum_name constant text := name || '_event';
    added integer := 0;
    definition record;
begin
    lock table telemetry.event_types in share row exclusive mode;
    -- A class that is there, changed or somebody else's, stays as it is.
    perform telemetry_private.put_retention_class(c.name, c.keep, c.description, install_pack.name)
       from jsonb_to_recordset(telemetry_private.pack_retention_classes(name)) as c (name text, keep interval, description text)
      where not exists (select from telemetry.retention_classes t where t.name = c.name);
    for definition in
        select d.event_name, d.attributes, (select max(t.event_version) from telemetry.event_types t where t.event_name = d.event_name) as latest
          from jsonb_to_recordset(definitions) as d (event_name text, attributes jsonb)
         where not exists (select from telemetry.event_types t where t.event_name = d.event_name and t.pack = name)
    loop
        perform telemetry_private.put_event_type(definition.event_name, coalesce(definition.latest, 0) + 1, definition.attributes, null, name);
        added := added + 1;
    end loop;
    perform telemetry_private.add_alias(a.alias, a.argument, name) from telemetry_private.pack_aliases(name) a;
    -- A KPI or dashboard that is there under the name, changed or somebody else's, stays as it is.
    perform telemetry_private.put_kpi(k.value ->> 'name', k.value - 'name', name)
       from jsonb_array_elements(telemetry_private.pack_kpis(name)) k
      where not exists (select from telemetry.kpis t where t.name = k.value ->> 'name');
    perform telemetry_private.put_dashboard(d.name, d.kpis, d.description, install_pack.name)
       from jsonb_to_recordset(telemetry_private.pack_dashboards(name)) as d (name text, description text, kpis text[])
      where not exists (select from telemetry.dashboards t where t.name = d.name);
    perform telemetry_private.put_alert(a.value ->> 'name', a.value - 'name', name)
       from jsonb_array_elements(telemetry_private.pack_alerts(name)) a
      where not exists (select from telemetry.alerts t where t.name = a.value ->> 'name');
    if to_regtype(format('telemetry.%I', enum_name)) is null then
        execute format('create type telemetry.%I as enum (%s)', enum_name,
            (select string_agg(quote_literal(d.event_name), ', ' order by d.place)
               from rows from (jsonb_to_recordset(definitions) as (event_name text)) with ordinality as d (event_name, place)));
        execute format('comment on type telemetry.%I is %L', enum_name, format('The events of the pack %s.', name));
    end if;
    if added > 0 and telemetry_private.setting('telemetry.expiry') = 'off'
       and exists (select from telemetry.retention_classes c where c.pack = install_pack.name and c.keep is not null) then
        raise notice 'pack "%" says how long events are kept, and nothing goes while telemetry.expiry is off', name
            using hint = 'See what would go with telemetry.expiry_report(); then: alter system set telemetry.expiry = on.';
    end if;
    perform telemetry_private.record_pack(name);
    return added;
end
$$;

create function telemetry_private.uninstall_pack(name text)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    removed integer;
begin
    perform telemetry_private.pack_file(name);
    lock table telemetry.event_types in share row exclusive mode;
    execute format('drop type if exists telemetry.%I', name || '_event');
    delete from telemetry.event_aliases a where a.pack = name;
    delete from telemetry.dashboards d where d.pack = uninstall_pack.name;
    perform telemetry_private.close_alert(a.name) from telemetry.alerts a where a.pack = uninstall_pack.name;
    delete from telemetry.alerts a where a.pack = uninstall_pack.name;
    delete from telemetry.kpis k where k.pack = uninstall_pack.name;
    delete from telemetry.event_types t where t.pack = name;
    get diagnostics removed = row_count;
    delete from telemetry.retention_classes c
     where c.pack = uninstall_pack.name
       and not exists (select from telemetry.event_types t where t.retention_class = c.name);
    perform telemetry_private.record_pack(name);
    return removed;
exception
    when dependent_objects_still_exist then
        raise exception 'pack "%" cannot go: something uses the type telemetry.%', name, name || '_event'
            using errcode = '2BP01', hint = format('Find it with: drop type telemetry.%I; then change its column to text.', name || '_event');
end
$$;

create function telemetry.install_pack(name text)
returns integer
language sql
begin atomic
    select telemetry_private.install_pack(name);
end;

create function telemetry.uninstall_pack(name text)
returns integer
language sql
begin atomic
    select telemetry_private.uninstall_pack(name);
end;

-- Puts the definition that a pack's file has in place of the present one.
create function telemetry_private.restore_kpi(name text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    shipped record;
begin
    select p.pack, k.value - 'name' as definition, exists (select from telemetry.event_types t where t.pack = p.pack) as is_installed into shipped
      from telemetry_private.pack_catalog() p, jsonb_array_elements(telemetry_private.pack_kpis(p.pack)) k
     where k.value ->> 'name' = restore_kpi.name;
    if not found then
        raise exception 'no pack has a KPI "%"', coalesce(left(name, 63), '')
            using errcode = '22023', hint = 'Those that packs brought are: select name, pack from telemetry.kpis where pack is not null.';
    elsif not shipped.is_installed then
        raise exception 'KPI "%" is of the pack "%", which is not installed', name, shipped.pack
            using errcode = '22023', hint = format('Call telemetry.install_pack(%L).', shipped.pack);
    end if;
    delete from telemetry.kpis k where k.name = restore_kpi.name;
    perform telemetry_private.put_kpi(name, shipped.definition, shipped.pack);
end
$$;

create function telemetry.restore_kpi(name text)
returns void
language sql
begin atomic
    select telemetry_private.restore_kpi(name);
end;

create function telemetry.pack_catalog()
returns table (pack text, description text, event_types bigint)
language sql
stable
begin atomic
    select p.pack, p.description, p.event_types from telemetry_private.pack_catalog() p order by p.pack;
end;

comment on function telemetry.install_pack is
'Installs a pack: a taxonomy that comes with telemetry, with its retention classes, KPIs, dashboards
and alerts.

Arguments
  name   tutoring, coaching, exam_prep, support_chat or learning
Returns
  how many event definitions it added; 0 where the pack was there
Errors
  22023  an unknown pack
Notes
  It brings event definitions, aliases for the names in the application''s envelope, rows of
    telemetry.retention_classes, telemetry.kpis, telemetry.dashboards and telemetry.alerts, and an
    enum type of its events, telemetry.<pack>_event. Its alerts name no destination.
  Where its classes say that events go, a NOTICE tells that nothing does while telemetry.expiry is
    off.
  What is there already stays as it is, also where it was changed since.';
comment on function telemetry.uninstall_pack is
'Removes what a pack brought: its event definitions, aliases, KPIs, dashboards, alerts, its enum
type, and its retention classes that no other event uses. Logged events stay, and are kept for ever.

Arguments
  name   the pack
Returns
  how many event definitions were removed
Errors
  22023  an unknown pack
  2BP01  something uses the enum type';
comment on function telemetry.pack_catalog is
'Lists the packs that install_pack() knows, installed or not.

Columns
  pack         the name of the pack
  description  what kind of application it is for
  event_types  how many events it defines';
comment on function telemetry.restore_kpi is
'Puts a KPI back to what its pack says, whether it was changed, dropped, or replaced by another one
of that name.

Arguments
  name   the name of the KPI
Errors
  22023  no pack has a KPI of that name, or the pack is not installed';
