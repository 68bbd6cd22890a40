-- KPIs over tables of the application: the name comes as an argument, the caller's own rights decide what is read.

-- A table by name, with its columns checked. `kpi`: the function that asks; argument: its argument that names the table.
create function telemetry_private.checked_table(table_name text, needed text[], kpi text, argument text default 'table_name')
returns regclass
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    target regclass;
    missing text;
begin
    begin
        target := to_regclass(table_name);
    exception
        -- Not a name at all: "a..b", "a.b.c.d".
        when invalid_name or feature_not_supported or syntax_error then
            target := null;
    end;
    if not exists (select from pg_class c where c.oid = target and c.relkind in ('r', 'p', 'v', 'm', 'f')) then
        raise exception 'telemetry.%() finds no table "%"', kpi, left(table_name, 127)
            using errcode = '42P01', hint = format('Give the name with its schema, quoted as in SQL: telemetry.%1$s(%2$s => ''app.assignments''); to a KPI: telemetry.register_kpi(name, ''{"parameters": {"%2$s": "app.assignments"}}'').', kpi, argument);
    end if;
    select n into missing
      from unnest(needed) with ordinality u (n, place)
     where not exists (select from pg_attribute a where a.attrelid = target and a.attname = n and a.attnum > 0 and not a.attisdropped)
     order by place
     limit 1;
    if found then
        raise exception 'table % has no column "%", which telemetry.%() reads', target, missing, kpi
            using errcode = '22023', hint = format('It reads %s: give a table or view that has them.', array_to_string(needed, ', '));
    end if;
    return target;
end
$$;
