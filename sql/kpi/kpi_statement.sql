-- One statement of a KPI's definition and the caller's arguments, which kpi() runs.

-- The grain that a KPI is answered by: the one that is asked for, that of the definition, or the function's own.
create function telemetry_private.kpi_grain(definition jsonb, grain text)
returns text
language sql
stable
begin atomic
    select coalesce(kpi_grain.grain, definition #>> '{parameters,grain}', k.own_grain) from telemetry.kpi_kinds() k where k.kind = definition ->> 'kind';
end;

-- The statement that answers a definition. Its parameters: $1 the definition's own, $2 since, $3 until, $4 grain,
-- $5 tz, $6 tenant, $7 week_start. own_grain is the grain by which it is answered where none is asked for. Where funnel() would count what begins and ends in one bucket, or before until, funnel_trend() is
-- asked, which counts every conversion of who entered there. is_detailed: with the function's own row, where one row of it is one
-- of the answer.
create function telemetry_private.kpi_statement(
    definition jsonb, own_grain text, since timestamptz, until timestamptz, grain text, tz text, tenant uuid, week_start text, is_detailed boolean default false)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    name constant text := definition ->> 'name';
    kind text := definition ->> 'kind';
    parameters jsonb := definition -> 'parameters';
    value_column text := definition ->> 'value_column';
    target_for constant text := definition ->> 'target_for';
    of_kind record;
    of_buckets record;
    known jsonb;
    columns jsonb;
    unknown text;
    missing text;
    conflict text;
    is_by_bucket boolean;
    is_one_bucket boolean := false;
    arguments text;
    parts text;
    breakdown text;
    answered_until text;
    count_of text;
    statement text;
begin
    select k.* into of_kind from telemetry.kpi_kinds() k where k.kind = definition ->> 'kind';
    if not found then
        raise exception 'KPI "%" is of the unknown kind "%"', name, left(kind, 63)
            using errcode = '22023', hint = format('The kinds are: %s.', (select string_agg(k.kind, ', ' order by k.kind) from telemetry.kpi_kinds() k));
    end if;
    value_column := coalesce(value_column, of_kind.value_columns[1]);
    -- The range as one bucket: as the function knows it, or made of its buckets below.
    if grain = 'range' and (of_kind.range_row <> 'bucket' or of_kind.bucket_column is null and value_column not in (select unnest(b.value_columns) from telemetry.kpi_kinds() b where b.kind = of_kind.bucket_kind and b.kind <> of_kind.kind)) then
        grain := case when of_kind.bucket_column is not null then own_grain end;
    else
        of_kind.range_row := 'bucket';
    end if;
    -- A grain of the definition is its default.
    if grain is not null and of_kind.bucket_column is not null then
        parameters := parameters - 'grain';
    end if;
    if of_kind.bucket_kind <> kind and (grain is not null or until is not null) then
        select k.* into of_buckets from telemetry.kpi_kinds() k where k.kind = of_kind.bucket_kind;
        if value_column = any (of_buckets.value_columns) then
            is_one_bucket := grain is null;
            of_kind := of_buckets;
            kind := of_kind.kind;
        elsif grain is not null then
            raise exception 'KPI "%" has the value "%" for a whole range only', name, value_column
                using errcode = '22023', hint = format('Leave grain out; by bucket telemetry.%s() answers, with the values: %s.', of_kind.bucket_kind, array_to_string(of_buckets.value_columns, ', '));
        end if;
    end if;
    select jsonb_object_agg(a.name, format_type(a.type, null)) filter (where a.mode = 'i'), jsonb_object_agg(a.name, format_type(a.type, null)) filter (where a.mode = 't')
      into known, columns
      from pg_proc p, rows from (unnest(p.proargnames), unnest(p.proallargtypes), unnest(p.proargmodes)) a (name, type, mode)
     where p.pronamespace = 'telemetry'::regnamespace and p.proname = kind;
    select k into unknown from jsonb_object_keys(parameters) k where not known ? k or k in ('since', 'until', 'last') limit 1;
    if found then
        raise exception 'KPI "%" cannot fix "%" of telemetry.%()', name, left(unknown, 63), kind
            using errcode = '22023',
                  hint = format('Its parameters are: %s.', (select string_agg(k, ', ' order by k) from jsonb_object_keys(known) k where k not in ('since', 'until', 'last')));
    end if;
    select a.name into missing
      from pg_proc p, unnest(p.proargnames) with ordinality a (name, place)
     where p.pronamespace = 'telemetry'::regnamespace and p.proname = kind
       and a.place <= p.pronargs - p.pronargdefaults and coalesce(jsonb_typeof(parameters -> a.name), 'null') = 'null'
     limit 1;
    if found then
        raise exception 'KPI "%" lacks the parameter "%"', name, missing
            using errcode = '22023', hint = format('telemetry.%s() cannot answer without it.', kind);
    end if;
    if value_column <> all (of_kind.value_columns) then
        raise exception 'KPI "%" has no value column "%"', name, left(value_column, 63)
            using errcode = '22023', hint = format('Those of %s are: %s.', kind, array_to_string(of_kind.value_columns, ', '));
    end if;
    select a.argument into conflict
      from (values ('tz', tz), ('tenant', tenant::text), ('week_start', week_start)) a (argument, given)
     where a.given <> parameters ->> a.argument;
    if found then
        raise exception 'KPI "%" is defined with another %', name, conflict
            using errcode = '22023', hint = format('Leave %s out, or change the definition with telemetry.register_kpi().', conflict);
    end if;
    if tenant is not null and not known ? 'tenant' then
        raise exception 'KPI "%" knows no tenants', name
            using errcode = '22023', hint = format('telemetry.%s() has no argument tenant: leave it out.', kind);
    end if;
    if grain is not null and of_kind.bucket_kind is null then
        raise exception 'KPI "%" cannot be answered by bucket', name
            using errcode = '22023', hint = format('telemetry.%s() answers for a whole range, what begins in one bucket and ends in the next included: leave grain out.', kind);
    end if;
    is_by_bucket := of_kind.bucket_column is null and grain is not null;
    if is_by_bucket and since is null then
        raise exception 'since must not be null where KPI "%" has a grain', name
            using errcode = '22004', hint = format('telemetry.%s() answers for a whole range: give since, or leave grain out.', kind);
    end if;
    select string_agg(format('%I => %s', k.key,
               case when k.key = 'since' then case when is_by_bucket then 'greatest(b.bucket, $2)' when is_one_bucket then 'coalesce($2, timestamptz ''4713-01-01 00:00Z BC'')' else '$2' end
                    when k.key = 'until' then case when is_by_bucket then 'least(b.next_bucket, $3)' else '$3' end
                    when k.value = 'jsonb' then format('$1 -> %L', k.key)
                    when k.value like '%[]' then format('case when jsonb_typeof($1 -> %1$L) = ''array'' then array(select e.v::%2$s from jsonb_array_elements_text($1 -> %1$L) with ordinality e (v, n) order by e.n) end', k.key, left(k.value, -2))
                    when parameters ->> k.key is not null then format('cast($1 ->> %L as %s)', k.key, k.value)
                    when k.key = 'grain' then case when is_one_bucket then '''range''' when of_kind.range_row <> 'bucket' then quote_literal(grain) else '$4' end
                    when k.key = 'tz' then '$5'
                    when k.key = 'week_start' then '$7'
                    else '$6' end), ', ')
      into arguments
      from jsonb_each_text(known) k
     where parameters ->> k.key is not null or k.key in ('since', 'until', 'tz', 'tenant', 'week_start') or (k.key = 'grain' and of_kind.bucket_column is not null);
    parts := (select string_agg(format('f.%I::text', c), ', ' order by n) from unnest(of_kind.breakdown_columns) with ordinality u (c, n));
    breakdown := case when parts is null then 'null::text' else format('nullif(concat_ws('' / '', %s), '''')', parts) end;
    if target_for is not null and (parts is null or of_kind.breakdown_columns = '{breakdown_value}' and not parameters ?| '{breakdown,by_user}') then
        raise exception 'KPI "%" has no breakdown value "%"', name, left(target_for, 63)
            using errcode = '22023', hint = format('telemetry.%s() answers with one number: leave target_for out.', kind);
    end if;
    -- What begins at the end of a range is not over before its window; 7 days: funnel()'s and funnel_times()' own.
    answered_until := case when is_by_bucket then 'b.next_bucket' else '$3' end
        || case when known ? 'within' then ' + coalesce(cast($1 ->> ''within'' as interval), ''7 days'')' else '' end;
    -- What it is of: of the steps of a funnel, who entered it, or how often; of a share, all whom it is a share of.
    if parameters ->> 'count' = 'entries' and 'entries' = any (of_kind.value_columns) then
        of_kind.count_column := 'entries';
    end if;
    count_of := case when (of_kind.kind, value_column) in (('stickiness', 'rate'), ('next_events', 'share')) then format('round(f.actors / nullif(f.%I, 0))', value_column)
                     when (of_kind.kind, value_column) = ('top_values', 'share') then 'null'
                     when 'step' = any (of_kind.breakdown_columns) and of_kind.count_column is not null
                     then format('max(f.%I) over (partition by %s)', of_kind.count_column,
                                 concat_ws(', ', coalesce('f.' || quote_ident(of_kind.bucket_column), case when is_by_bucket then 'b.bucket' end, '$2'), case when 'breakdown_value' = any (of_kind.breakdown_columns) then 'f.breakdown_value' end))
                     else coalesce('f.' || quote_ident(of_kind.count_column), 'null') end;
    statement := format('select %s, %s, %sf.%I%s::double precision, %s, %s, %s, %s::double precision, %s from %stelemetry.%I(%s) f',
        case when is_one_bucket then '$2' when of_kind.bucket_column is not null then format('coalesce(f.%I, $2)', of_kind.bucket_column) when is_by_bucket then 'b.bucket' else '$2' end,
        breakdown,
        case when (definition ->> 'is_complement')::boolean then '1 - ' else '' end,
        value_column,
        -- Of a list of values, percentiles for instance, the first.
        case when columns ->> value_column like '%[]' then '[1]' else '' end,
        case when target_for is null then 'true' else format('coalesce(%L in (%s, %s), false)', target_for, breakdown, parts) end,
        case when columns ? 'is_complete' then 'f.is_complete'
             when is_by_bucket then format('b.is_complete and %s <= now()', answered_until)
             when of_kind.bucket_column is not null then 'false'
             else format('coalesce(%s <= now(), false)', answered_until) end,
        case when columns ? 'is_other' then 'f.is_other' else 'false' end,
        count_of,
        case when is_detailed then 'to_jsonb(f)' else 'null::jsonb' end,
        case when is_by_bucket then 'telemetry.time_buckets($2, $3, $4, tz => $5, week_start => $7) b, lateral ' else '' end,
        kind, arguments);
    return case of_kind.range_row
        when 'bucket' then statement
        -- The mean of the buckets, each as heavy as what it is of; counts are added.
        when 'mean' then format($query$
            select $2, a.breakdown_value, %s, bool_or(a.has_target), coalesce($3 <= now(), false), a.is_other, sum(a.n), null::jsonb
              from (%s) a (bucket, breakdown_value, value, has_target, is_complete, is_other, n, details)
             where a.is_complete
             group by a.breakdown_value, a.is_other
             order by min(a.bucket), length(a.breakdown_value), a.breakdown_value$query$,
            case when value_column = of_kind.value_columns[1] then 'sum(a.value * a.n) / nullif(sum(a.n), 0)' else 'sum(a.value)' end, statement)
        -- The first bucket, or the last one that is over.
        else format('select * from (%s) a (bucket, breakdown_value, value, has_target, is_complete, is_other, n, details) %s limit 1', statement,
            case of_kind.range_row when 'first' then 'order by a.bucket' else 'where a.is_complete order by a.bucket desc' end)
    end;
end
$$;

-- Runs what kpi_statement() made, with the caller's rights. has_target: whether the row is one that the target is for.
create function telemetry_private.answer_kpi(statement text, parameters jsonb, since timestamptz, until timestamptz, grain text, tz text, tenant uuid, week_start text)
returns table (bucket timestamptz, breakdown_value text, value double precision, has_target boolean, is_complete boolean, is_other boolean, n double precision, details jsonb)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
rows 100
as $$
begin
    return query execute statement using parameters, since, until, grain, tz, tenant, week_start;
end
$$;
