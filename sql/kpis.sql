-- KPI definitions as data: a name for a question, with its unit and target. Which functions a definition may call is a
-- closed list, telemetry.kpi_kinds(); a new KPI function joins it by one line there. Packs bring definitions of their
-- own (packs/*.json).

create function telemetry_private.init_kpis()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.kpis') is null then
        create table telemetry.kpis (
            name         text collate "C" primary key,
            pack         text collate "C",
            kind         text collate "C" not null,
            parameters   jsonb not null default '{}',
            value_column text collate "C",
            description  text,
            unit         text,
            target       double precision,
            target_is    text not null default 'at_least',
            created_at   timestamptz not null default now(),
            updated_at   timestamptz not null default now(),
            constraint name_is_snake_case check (name ~ '^[a-z][a-z0-9_]*$' and octet_length(name) <= 63),
            constraint parameters_is_object check (jsonb_typeof(parameters) = 'object'),
            constraint target_is_known check (target_is in ('at_least', 'at_most'))
        );
        comment on table telemetry.kpis is 'Definitions of KPIs. Change them with telemetry.register_kpi() and drop_kpi(); ask with kpi() and dashboard().';
        comment on column telemetry.kpis.name is 'Stable name in snake_case, at most 63 bytes.';
        comment on column telemetry.kpis.pack is 'The pack that brought it; null: registered by hand.';
        comment on column telemetry.kpis.kind is 'The function that answers it, of telemetry.kpi_kinds().';
        comment on column telemetry.kpis.parameters is 'That function''s arguments by name, fixed by the definition.';
        comment on column telemetry.kpis.value_column is 'The result column that is the value; null: the kind''s first.';
        comment on column telemetry.kpis.unit is 'Of value and target: events, actors, ratio, hours, ...';
        comment on column telemetry.kpis.target is 'The value to reach, in the same unit.';
        comment on column telemetry.kpis.target_is is 'Whether values should be at_least or at_most the target.';
    end if;
    alter table telemetry.kpis enable row level security;
    if not exists (select from pg_policy where polrelid = 'telemetry.kpis'::regclass and polname = 'catalog_is_readable') then
        -- Definitions hold no tenant's data: whoever was granted the table may read it.
        create policy catalog_is_readable on telemetry.kpis for select using (name is not null);
    end if;
end
$$;

-- bucket_column NULL: the function answers for its whole range, and is asked once per bucket where a grain is given.
-- breakdown_columns: together they tell the rows of a bucket apart. value_columns: the first is the default.
create function telemetry.kpi_kinds()
returns table (kind text, bucket_column text, breakdown_columns text[], value_columns text[])
language sql
immutable
begin atomic
    select k.column1, k.column2, k.column3::text[], k.column4::text[]
      from (values
        ('event_volume', 'bucket', '{event_name}', '{events}'),
        ('active_users', 'bucket', '{}', '{actors}'),
        ('event_ratio', 'bucket', '{}', '{ratio,numerator,denominator}'),
        ('actor_ratio', 'bucket', '{}', '{ratio,numerator,denominator}'),
        ('retention', 'cohort', '{period}', '{rate,actors,cohort_size}'),
        ('funnel', null, '{breakdown_value,step,event_name}', '{rate_from_first,rate_from_previous,actors,avg_seconds,median_seconds}')
      ) k;
end;

-- The statement that answers a definition. Its parameters: $1 the definition's own, $2 since, $3 until, $4 grain,
-- $5 tz, $6 tenant.
create function telemetry_private.kpi_statement(name text, kind text, parameters jsonb, value_column text, since timestamptz, grain text, tz text, tenant uuid)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    of_kind record;
    known jsonb;
    columns text[];
    unknown text;
    conflict text;
    is_by_bucket boolean;
    arguments text;
    breakdown text;
begin
    select k.* into of_kind from telemetry.kpi_kinds() k where k.kind = kpi_statement.kind;
    if not found then
        raise exception 'KPI "%" is of the unknown kind "%"', name, left(kind, 63)
            using errcode = '22023', hint = format('The kinds are: %s.', (select string_agg(k.kind, ', ' order by k.kind) from telemetry.kpi_kinds() k));
    end if;
    select jsonb_object_agg(a.name, format_type(a.type, null)) filter (where a.mode = 'i'), array_agg(a.name) filter (where a.mode = 't')
      into known, columns
      from pg_proc p, rows from (unnest(p.proargnames), unnest(p.proallargtypes), unnest(p.proargmodes)) a (name, type, mode)
     where p.pronamespace = 'telemetry'::regnamespace and p.proname = kind;
    select k into unknown from jsonb_object_keys(parameters) k where not known ? k or k in ('since', 'until') limit 1;
    if found then
        raise exception 'KPI "%" cannot fix "%" of telemetry.%()', name, left(unknown, 63), kind
            using errcode = '22023',
                  hint = format('Its parameters are: %s.', (select string_agg(k, ', ' order by k) from jsonb_object_keys(known) k where k not in ('since', 'until')));
    end if;
    value_column := coalesce(value_column, of_kind.value_columns[1]);
    if value_column <> all (of_kind.value_columns) then
        raise exception 'KPI "%" has no value column "%"', name, left(value_column, 63)
            using errcode = '22023', hint = format('Those of %s are: %s.', kind, array_to_string(of_kind.value_columns, ', '));
    end if;
    select a.argument into conflict
      from (values ('grain', grain), ('tz', tz), ('tenant', tenant::text)) a (argument, given)
     where a.given <> parameters ->> a.argument;
    if found then
        raise exception 'KPI "%" is defined with another %', name, conflict
            using errcode = '22023', hint = format('Leave %s out, or change the definition with telemetry.register_kpi().', conflict);
    end if;
    if tenant is not null and not known ? 'tenant' then
        raise exception 'KPI "%" knows no tenants', name
            using errcode = '22023', hint = format('telemetry.%s() has no argument tenant: leave it out.', kind);
    end if;
    is_by_bucket := of_kind.bucket_column is null and grain is not null;
    if is_by_bucket and since is null then
        raise exception 'since must not be null where KPI "%" has a grain', name
            using errcode = '22004', hint = format('telemetry.%s() answers for a whole range: give since, or leave grain out.', kind);
    end if;
    select string_agg(format('%I => %s', k.key,
               case when k.key = 'since' then case when is_by_bucket then 'greatest(b.bucket, $2)' else '$2' end
                    when k.key = 'until' then case when is_by_bucket then 'least(b.next_bucket, $3)' else '$3' end
                    when k.value = 'jsonb' then format('$1 -> %L', k.key)
                    when k.value = 'text[]' then format('(select array_agg(e.v order by e.n) from jsonb_array_elements_text(case when $1 ->> %1$L is not null then $1 -> %1$L end) with ordinality e (v, n))', k.key)
                    when parameters ? k.key then format('cast($1 ->> %L as %s)', k.key, k.value)
                    when k.key = 'grain' then '$4'
                    when k.key = 'tz' then '$5'
                    else '$6' end), ', ')
      into arguments
      from jsonb_each_text(known) k
     where parameters ? k.key or k.key in ('since', 'until', 'grain', 'tz', 'tenant');
    breakdown := (select string_agg(format('f.%I::text', c), ', ' order by n) from unnest(of_kind.breakdown_columns) with ordinality u (c, n));
    return format('select %s, %s, f.%I::double precision, %s from %stelemetry.%I(%s) f',
        case when of_kind.bucket_column is not null then format('f.%I', of_kind.bucket_column) when is_by_bucket then 'b.bucket' else '$2' end,
        case when breakdown is null then 'null::text' else format('nullif(concat_ws('' / '', %s), '''')', breakdown) end,
        value_column,
        case when 'is_complete' = any (columns) then 'f.is_complete' when is_by_bucket then 'b.is_complete' else 'coalesce($3 <= now(), false)' end,
        case when is_by_bucket then 'telemetry.time_buckets($2, $3, $4, $5) b, lateral ' else '' end,
        kind, arguments);
end
$$;

-- Writes a definition. What `definition` does not name stays as it is; a JSON null means the default.
create function telemetry_private.put_kpi(name text, definition jsonb, pack text)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    known constant text[] := '{kind,parameters,value_column,description,unit,target,target_is}';
    unknown text;
    base jsonb;
    broken text;
    merged telemetry.kpis;
begin
    if name is null or jsonb_typeof(definition) is distinct from 'object' then
        raise exception 'a KPI needs a name and a definition that is a JSON object'
            using errcode = '22023', hint = 'For example: telemetry.register_kpi(''daily_signups'', ''{"kind": "event_volume", "parameters": {"events": ["user_signed_up"]}}'').';
    end if;
    select k into unknown from jsonb_object_keys(definition) k where k <> all (known) limit 1;
    if found then
        raise exception 'KPI "%" has no attribute "%"', left(name, 63), left(unknown, 63)
            using errcode = '22023', hint = format('The attributes are: %s.', array_to_string(known, ', '));
    end if;
    select to_jsonb(k) into base from telemetry.kpis k where k.name = put_kpi.name;
    merged := jsonb_populate_record(null::telemetry.kpis,
        '{"parameters": {}, "target_is": "at_least"}'
        || (coalesce(base, '{}') - coalesce((select array_agg(key) from jsonb_each(definition) where value = 'null'), '{}'))
        || jsonb_strip_nulls(definition - 'parameters')
        || case when jsonb_typeof(definition -> 'parameters') <> 'null' then jsonb_build_object('parameters', definition -> 'parameters') else '{}' end
        || jsonb_build_object('name', name, 'pack', coalesce(pack, base ->> 'pack'), 'updated_at', now(), 'created_at', coalesce(base ->> 'created_at', now()::text)));
    if merged.kind is null then
        raise exception 'KPI "%" has no kind', left(name, 63)
            using errcode = '22023', hint = 'Name the function that answers it, see telemetry.kpi_kinds().';
    end if;
    insert into telemetry.kpis select merged.*
        on conflict (name) do update
           set (pack, kind, parameters, value_column, description, unit, target, target_is, updated_at)
             = (excluded.pack, excluded.kind, excluded.parameters, excluded.value_column, excluded.description, excluded.unit, excluded.target, excluded.target_is, excluded.updated_at);
    -- Nothing is asked, but every parameter is cast.
    execute telemetry_private.kpi_statement(merged.name, merged.kind, merged.parameters, merged.value_column, null, null, null, null) || ' where false'
        using merged.parameters, null::timestamptz, null::timestamptz, null::text, null::text, null::uuid;
    return base is null;
exception
    when check_violation then
        get stacked diagnostics broken = constraint_name;
        raise exception 'definition of KPI "%" breaks the rule "%"', left(name, 80), replace(broken, '_', ' ')
            using errcode = '22023', hint = 'The comments on the columns of telemetry.kpis say what each attribute takes.';
    when invalid_text_representation or numeric_value_out_of_range or datatype_mismatch or invalid_datetime_format then
        raise exception 'definition of KPI "%" has an attribute or parameter of the wrong type', left(name, 80)
            using errcode = '22023', hint = 'The comments on telemetry.kpis and on the function that it calls say what each takes.';
end
$$;

create function telemetry_private.register_kpi(name text, definition jsonb)
returns boolean
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    select telemetry_private.put_kpi(name, definition, null)
$$;

create function telemetry_private.drop_kpi(name text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    shown_on text;
begin
    select d.name into shown_on from telemetry.dashboards d where drop_kpi.name = any (d.kpis) order by d.name limit 1;
    if found then
        raise exception 'KPI "%" is on the dashboard "%"', name, shown_on
            using errcode = '2BP01', hint = 'Take it off with telemetry.register_dashboard(), or drop that with drop_dashboard().';
    end if;
    delete from telemetry.kpis k where k.name = drop_kpi.name;
    if not found then
        raise exception 'KPI "%" is not registered', left(name, 63)
            using errcode = '22023', hint = 'See telemetry.kpis.';
    end if;
end
$$;

create function telemetry_private.kpi(name text, since timestamptz, until timestamptz, grain text, tz text, tenant uuid)
returns table (bucket timestamptz, breakdown_value text, value double precision, is_complete boolean, parameters jsonb, statement text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception 'not used' using errcode = '0A000', hint = 'not used';
end
$$;

create function telemetry.register_kpi(name text, definition jsonb)
returns boolean
language sql
begin atomic
    select telemetry_private.register_kpi(name, definition);
end;

create function telemetry.drop_kpi(name text)
returns void
language sql
begin atomic
    select telemetry_private.drop_kpi(name);
end;
