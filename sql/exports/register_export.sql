-- Registering exports and dropping them. The files of a name are one sequence for ever: whoever drops an export and registers
-- it again goes on where its manifest ends.

-- Raises an error where a definition cannot be used; all that is wrong with a definition is 22023.
create function telemetry_private.check_export(d telemetry_private.export)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    problem text;
    hint text;
begin
    select p.problem, p.hint into problem, hint
      from (values
        (d.format not in ('parquet', 'jsonl', 'csv'), 'has an unknown format', 'It is parquet, jsonl or csv.'),
        (d.partition_by <> 'day', 'is partitioned by what is unknown', 'partition_by is day; leave it out for none.'),
        (d.events = '{}' or array_position(d.events, null) is not null or cardinality(d.events) > 1000, 'has a list of events without a name in it, or with too many', 'Leave events out for all, or name 1 to 1000.'),
        (d.most_rows not between 1 and 10000000, 'has most_rows out of range', 'It is 1 to 10000000.'),
        (d.most_age not between '0 seconds' and '30 days', 'has most_age out of range', 'It is 0 seconds to 30 days, for example "1 hour".')) p (is_so, problem, hint)
     where p.is_so
     limit 1;
    if found then
        raise exception 'export "%" %', d.name, problem using errcode = '22023', hint = hint;
    end if;
    perform telemetry_private.known_event(e) from unnest(d.events) e;
end
$$;

create function telemetry_private.register_export(name text, definition jsonb, visibility text, tenant uuid)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    known constant text[] := '{format,promoted,events,filter,tenant_id,partition_by,most_rows,most_age,description,from}';
    broken text;
    base jsonb;
    d telemetry_private.export;
    written record;
    is_new boolean;
begin
    perform telemetry_private.check_definition('export', name, definition, known,
        'telemetry.register_export(''warehouse'', ''{"format": "parquet"}'')', '{"format": "parquet", "most_age": "1 hour"}');
    -- Whatever has another type would be taken for a text, and quoted by an error.
    select t.key into broken
      from jsonb_each(definition) t
     where t.value <> 'null'
       and jsonb_typeof(t.value) <> case t.key when 'events' then 'array' when 'promoted' then 'boolean' when 'filter' then 'object' when 'most_rows' then 'number' else 'string' end
        or t.key = 'events' and jsonb_path_exists(t.value, 'strict $[*] ? (@.type() != "string")', silent => true)
        or t.key = 'most_rows' and not jsonb_path_exists(t.value, '$ ? (@ >= 0 && @ <= 1000000000 && @ == @.floor())', silent => true)
     limit 1;
    if found then
        raise exception 'export "%" has the attribute "%" of the wrong type', name, broken
            using errcode = '22023', hint = 'See telemetry.help(''register_export'').';
    end if;
    select to_jsonb(k) into base from telemetry.exports k where k.name = register_export.name and (visibility = 'everything' or k.tenant_id = tenant);
    if not found and exists (select from telemetry.exports k where k.name = register_export.name) then
        raise exception 'the name of export "%" is taken', name using errcode = '42501', hint = 'Choose another name.';
    end if;
    begin
        d := jsonb_populate_record(null::telemetry_private.export,
                 '{"format": "parquet", "promoted": false, "most_rows": 1000000, "most_age": "1 hour"}'::jsonb
                 || (coalesce(base, '{}') - coalesce((select array_agg(key) from jsonb_each(definition) where value = 'null'), '{}'))
                 || coalesce((select jsonb_object_agg(key, value) from jsonb_each(definition) where value <> 'null'), '{}')
                 || jsonb_build_object('name', name, 'created_at', coalesce(base -> 'created_at', to_jsonb(now())), 'updated_at', now()));
    exception
        when data_exception then
            raise exception 'export "%" has an attribute that cannot be read', name
                using errcode = '22023', hint = 'tenant_id is a uuid, most_age an interval such as "1 hour".';
    end;
    if visibility <> 'everything' then
        d.tenant_id := coalesce(d.tenant_id, tenant);
        if d.tenant_id is distinct from tenant or tenant is null then
            raise exception 'export "%" is of another tenant than its caller', name
                using errcode = '42501', hint = 'Only who sees the whole log registers exports of any tenant, or of all.';
        end if;
    end if;
    d.test := telemetry_private.compiled_filter(d.filter);
    perform telemetry_private.check_export(d);
    select f.number, f.until_id, f.tenant_id into written from telemetry.export_files f where f.export = register_export.name order by f.number desc limit 1;
    if found and visibility <> 'everything' and written.tenant_id is distinct from d.tenant_id then
        raise exception 'the name of export "%" is taken', name using errcode = '42501', hint = 'Choose another name.';
    end if;
    if base is not null and (base ->> 'tenant_id')::uuid is distinct from d.tenant_id or written.number is not null and written.tenant_id is distinct from d.tenant_id then
        raise exception 'export "%" cannot change its tenant', name
            using errcode = '22023', hint = 'Its files hold the events of one, or of all. Choose another name for another tenant.';
    end if;
    if definition ? 'from' and (base is not null or written.number is not null or coalesce(definition ->> 'from', 'begin') not in ('now', 'begin')) then
        raise exception 'export "%" cannot begin there', name
            using errcode = '22023', hint = 'A new export begins "from" begin or now; one that has files goes on where they end. Choose another name to begin anew.';
    end if;
    insert into telemetry.exports as k select d.*
        on conflict (name) do update
       set (format, promoted, events, filter, test, tenant_id, partition_by, most_rows, most_age, description, updated_at)
         = (excluded.format, excluded.promoted, excluded.events, excluded.filter, excluded.test, excluded.tenant_id, excluded.partition_by, excluded.most_rows, excluded.most_age, excluded.description, excluded.updated_at)
        returning xmax = 0 into is_new;
    if is_new then
        insert into telemetry.export_states (export, number, position, looked_until)
            select name, coalesce(written.number, 0) + 1, b.begins, b.begins
              from (select coalesce(written.until_id, case definition ->> 'from' when 'now' then telemetry_private.frontier() else 0 end)) b (begins);
    else
        -- What waits is counted anew. A range that is out stays what it is.
        update telemetry.export_states s
           set looked_until = coalesce(s.until_id, s.position), waiting = case when s.until_id is null then 0 else s.rows end, waits_since = case when s.until_id is not null then s.waits_since end
         where s.export = register_export.name;
    end if;
    return is_new;
end
$$;

create function telemetry_private.drop_export(name text, visibility text, tenant uuid)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from telemetry.exports d where d.name = drop_export.name and (visibility = 'everything' or d.tenant_id = tenant);
    if found then
        delete from telemetry.export_states s where s.export = drop_export.name;
        return true;
    end if;
    return false;
end
$$;

create function telemetry.register_export(name text, definition jsonb)
returns boolean
language sql
begin atomic
    select telemetry_private.register_export(name, definition, telemetry.log_visibility(), telemetry.current_tenant());
end;

create function telemetry.drop_export(name text)
returns boolean
language sql
begin atomic
    select telemetry_private.drop_export(name, telemetry.log_visibility(), telemetry.current_tenant());
end;

comment on function telemetry.register_export is
'Defines what of the log is written to files, or changes it. A courier, a program beside the
database, writes them: see docs/exports.md.

Arguments
  name        its name: snake_case, at most 63 bytes; it is the folder of its files
  definition  an object of attributes, see the notes; what it does not name stays, null is the
              default
Returns
  Whether it is new.
Errors
  22004  name or definition is NULL
  22023  a name or a definition that cannot be used, an unknown event
  42501  it is another tenant''s, or of all tenants, and the caller does not see the whole log
Notes
  format: parquet (the default), jsonl or csv.
  events: names; default all. filter: what the payload contains, as of KPIs, without cohorts.
    tenant_id: whose events; default those of every tenant, where the caller sees the whole log. It
    cannot be changed.
  promoted: true gives each promoted payload key a typed column beside the payload; default false.
    A key whose registered type changes gets one more column.
  partition_by: day puts the events of each day (UTC) into files of their own; default none.
  most_rows: how many events are in a range at most; default 1000000. most_age: how long an event
    waits for others; default 1 hour. Ranges end where one of both is reached.
  from: of a new one, begin (the default): the first event of the log, or now.
  A change holds from the next range on. A name that has files goes on behind them, also after
    drop_export().';
comment on function telemetry.drop_export is
'Forgets an export. Its manifest stays, as its files do.

Arguments
  name   its name
Returns
  Whether there was one.';
