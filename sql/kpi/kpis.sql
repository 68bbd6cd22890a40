-- KPI definitions as data: a name for a question, with its unit and target. Which functions a definition may call is a
-- closed list, telemetry.kpi_kinds(); a new KPI function joins it there. Packs bring definitions of their
-- own (packs/*.json).

create function telemetry_private.init_kpis()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.kpis') is null then
        create table telemetry.kpis (
            name          text collate "C" primary key,
            pack          text collate "C",
            kind          text collate "C" not null,
            parameters    jsonb not null default '{}',
            value_column  text collate "C",
            is_complement boolean not null default false,
            description   text,
            question      text,
            unit          text,
            target        double precision,
            target_is     text,
            target_for    text,
            target_change double precision,
            baseline_since timestamptz,
            baseline_until timestamptz,
            metric        jsonb,
            keep_history  boolean not null default false,
            created_at    timestamptz not null default now(),
            updated_at    timestamptz not null default now(),
            constraint name_is_snake_case check (name ~ '^[a-z][a-z0-9_]*$' and octet_length(name) <= 63),
            constraint parameters_is_object check (jsonb_typeof(parameters) = 'object'),
            constraint target_is_known check (target_is in ('at_least', 'at_most')),
            constraint target_or_target_change check (target is null or target_change is null),
            constraint target_change_has_a_baseline check (num_nulls(target_change, baseline_since, baseline_until) in (0, 3)),
            constraint baseline_is_a_range check (baseline_since < baseline_until)
        );
        comment on table telemetry.kpis is 'Definitions of KPIs. Change them with telemetry.register_kpi() and drop_kpi(); ask with kpi() and dashboard().';
        comment on column telemetry.kpis.name is 'Stable name in snake_case, at most 63 bytes.';
        comment on column telemetry.kpis.pack is 'The pack that brought it; null: registered by hand.';
        comment on column telemetry.kpis.kind is 'The function that answers it, of telemetry.kpi_kinds().';
        comment on column telemetry.kpis.parameters is 'That function''s arguments by name, fixed by the definition.';
        comment on column telemetry.kpis.value_column is 'The result column that is the value; null: the kind''s first.';
        comment on column telemetry.kpis.is_complement is 'Whether the value is 1 less that column: the show rate of a no-show rate.';
        comment on column telemetry.kpis.question is 'What it answers, as a person asks it: the title of its picture; null: made of the definition.';
        comment on column telemetry.kpis.unit is 'Of value and target: events, actors, ratio, hours, ...';
        comment on column telemetry.kpis.target is 'The value to reach, in the same unit.';
        comment on column telemetry.kpis.target_change is 'In place of target: how much the target differs from the baseline, 0.15 for 15 % above it.';
        comment on column telemetry.kpis.baseline_since is 'Where the period begins that target_change is relative to.';
        comment on column telemetry.kpis.baseline_until is 'Where it ends, exclusive.';
        comment on column telemetry.kpis.metric is 'How metrics() tells it: {"window": "15 minutes"}, with the name of the label that has the breakdown_value; null: it does not.';
        comment on column telemetry.kpis.keep_history is 'Whether the values of its buckets are kept before their events leave the log by their age.';
        comment on column telemetry.kpis.target_is is 'Whether values should be at_least or at_most the target; null: there is none.';
        comment on column telemetry.kpis.target_for is 'The breakdown_value that has the target, or one part of it (0.95 of the percentiles by endpoint); null: every one.';
    end if;
    perform telemetry_private.protect_catalog('telemetry.kpis', 'name');
end
$$;

-- A row of telemetry.kpis as jsonb; an unknown name is an error.
create function telemetry_private.kpi_definition(name text)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    definition jsonb;
begin
    if name is null then
        raise exception 'the name of a KPI must not be null'
            using errcode = '22004', hint = 'Those that are: select name, description from telemetry.kpis.';
    end if;
    select to_jsonb(k) into definition from telemetry.kpis k where k.name = kpi_definition.name;
    if not found then
        raise exception 'KPI "%" is not registered', left(name, 63)
            using errcode = '22023', hint = 'Those that are: select name, description from telemetry.kpis; add one with telemetry.register_kpi().';
    end if;
    return definition;
end
$$;

-- Writes a definition. What `definition` does not name stays as it is; a JSON null means the default. Parameters are
-- merged likewise, one by one; those of another kind of question do not stay.
create function telemetry_private.put_kpi(name text, definition jsonb, pack text)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    known constant text[] := '{kind,parameters,value_column,is_complement,description,question,unit,target,target_is,target_for,target_change,baseline_since,baseline_until,metric,keep_history}';
    unknown text;
    base jsonb;
    broken text;
    merged jsonb;
    parameter record;
begin
    perform telemetry_private.check_definition_size(definition);
    if name is null or jsonb_typeof(definition) is distinct from 'object' then
        raise exception 'a KPI needs a name and a definition that is a JSON object'
            using errcode = '22023', hint = 'For example: telemetry.register_kpi(''daily_signups'', ''{"kind": "event_volume", "parameters": {"events": ["user_signed_up"]}}'').';
    end if;
    select k into unknown from jsonb_object_keys(definition) k where k <> all (known) limit 1;
    if found then
        raise exception 'KPI "%" has no attribute "%"', left(name, 63), left(unknown, 63)
            using errcode = '22023', hint = format('The attributes are: %s.', array_to_string(known, ', '));
    end if;
    -- Anything else would be taken for a text, and quoted by an error.
    select d.key into broken from jsonb_each(definition) d
     where d.key in ('kind', 'value_column', 'description', 'question', 'unit', 'target_is', 'baseline_since', 'baseline_until') and jsonb_typeof(d.value) not in ('string', 'null') limit 1;
    if found then
        raise exception 'definition of KPI "%" has the attribute "%" of the wrong type', left(name, 80), broken
            using errcode = '22023', hint = 'It is a text: the comments on the columns of telemetry.kpis say what each attribute takes.';
    end if;
    select to_jsonb(k) into base from telemetry.kpis k where k.name = put_kpi.name;
    merged := '{"parameters": {}, "is_complement": false, "keep_history": false}'
        || (coalesce(base, '{}') - coalesce((select array_agg(key) from jsonb_each(definition) where value = 'null'), '{}'))
        || coalesce((select jsonb_object_agg(key, value) from jsonb_each(definition) where value <> 'null'), '{}')
        || jsonb_build_object('name', name, 'pack', coalesce(pack, base ->> 'pack'), 'created_at', coalesce(base -> 'created_at', to_jsonb(now())), 'updated_at', now());
    if jsonb_typeof(coalesce(definition -> 'parameters', '{}')) = 'object' then
        select merged || jsonb_build_object('parameters', coalesce(jsonb_object_agg(p.key, p.value) filter (where p.value <> 'null'), '{}')) into merged
          from jsonb_each((case when merged ->> 'kind' = base ->> 'kind' then base -> 'parameters' else '{}' end) || coalesce(definition -> 'parameters', '{}')) p;
    end if;
    merged := merged || jsonb_build_object('target_is', case when coalesce(merged ->> 'target', merged ->> 'target_change') is not null then coalesce(merged ->> 'target_is', 'at_least') else definition ->> 'target_is' end);
    if merged ->> 'kind' is null then
        raise exception 'KPI "%" has no kind', left(name, 63)
            using errcode = '22023', hint = 'Name the function that answers it, one of telemetry.kpi_kinds(): {"kind": "event_volume", "parameters": ...}.';
    end if;
    insert into telemetry.kpis select r.* from jsonb_populate_record(null::telemetry.kpis, merged) r
        on conflict (name) do update
           set (pack, kind, parameters, value_column, is_complement, description, question, unit, target, target_is, target_for, target_change, baseline_since, baseline_until, metric, keep_history, updated_at)
             = (excluded.pack, excluded.kind, excluded.parameters, excluded.value_column, excluded.is_complement, excluded.description, excluded.question, excluded.unit, excluded.target, excluded.target_is, excluded.target_for, excluded.target_change, excluded.baseline_since, excluded.baseline_until, excluded.metric, excluded.keep_history, excluded.updated_at);
    -- Raises where the definition cannot be asked; then every parameter is read as the type that it has to be.
    perform telemetry_private.kpi_statement(merged, null, null, null, null, null, null, null);
    for parameter in
        select a.name, format_type(a.type, null) as type, merged #> array['parameters', a.name] as value
          from pg_proc p, rows from (unnest(p.proargnames), unnest(p.proargtypes::oid[])) a (name, type)
         where p.pronamespace = 'telemetry'::regnamespace and p.proname = merged ->> 'kind' and merged -> 'parameters' ? a.name
    loop
        broken := parameter.name;
        if parameter.type like '%[]' and jsonb_typeof(parameter.value) not in ('array', 'null') then
            raise datatype_mismatch;
        elsif parameter.value = '[]' then
            raise exception 'definition of KPI "%" has an empty list "%"', left(name, 63), broken
                using errcode = '22023', hint = 'Leave it out for the function''s default, or put something into it.';
        -- PostgreSQL takes a bare number for seconds.
        elsif parameter.type = 'interval' and parameter.value #>> '{}' ~ '^[-+. 0-9]+$' then
            raise exception 'definition of KPI "%" has the interval "%" without a unit', left(name, 63), broken
                using errcode = '22023', hint = format('For example: "%s": "7 days".', broken);
        elsif parameter.type like '%[]' then
            execute format('select cast(v as %s) from jsonb_array_elements_text(nullif($1, ''null'')) v', left(parameter.type, -2)) using parameter.value;
        elsif parameter.type <> 'jsonb' then
            execute format('select cast($1 #>> ''{}'' as %s)', parameter.type) using parameter.value;
        end if;
    end loop;
    perform telemetry_private.check_kpi_metric(merged);
    perform telemetry_private.check_kpi_history(merged);
    -- Raises where a payload key is none.
    perform telemetry_private.check_payload_keys((select jsonb_object_agg(p.key, p.value) from jsonb_each(merged -> 'parameters') p where p.key = any ('{breakdown,payload_key,value_key,denominator_key,experiment_key,variant_key,due_key,object_key,match}')));
    -- Raises where the calendar has no such grain, zone or first weekday.
    perform from telemetry.time_buckets(now() - interval '1 microsecond', now(), merged #>> '{parameters,grain}', tz => merged #>> '{parameters,tz}', week_start => merged #>> '{parameters,week_start}');
    if merged ->> 'kind' in ('event_ratio', 'actor_ratio', 'object_ratio')
       and not merged -> 'parameters' ?| '{numerator,denominator,numerator_events,denominator_events,numerator_filter}' then
        raise exception 'KPI "%" is a ratio of every event to every event', left(name, 63)
            using errcode = '22023', hint = 'Say of which: "parameters": {"numerator": ..., "denominator": ...}.';
    end if;
    if coalesce(merged ->> 'target', merged ->> 'target_change') is not null and merged ->> 'target_for' is null
       and exists (select from telemetry.kpi_kinds() k where k.kind = merged ->> 'kind' and 'fraction' = any (k.breakdown_columns))
       and jsonb_array_length(nullif(merged #> '{parameters,fractions}', 'null')) is distinct from 1 then
        raise exception 'KPI "%" has one target for several fractions', left(name, 63)
            using errcode = '22023', hint = 'Say which of them has it, for example "target_for": "0.95", or ask for that one: "fractions": [0.95].';
    end if;
    return base is null;
exception
    when check_violation then
        get stacked diagnostics broken = constraint_name;
        raise exception 'definition of KPI "%" breaks the rule "%"', left(name, 80), replace(broken, '_', ' ')
            using errcode = '22023', hint = 'The comments on the columns of telemetry.kpis say what each attribute takes.';
    when invalid_text_representation or numeric_value_out_of_range or datatype_mismatch or invalid_datetime_format then
        raise exception 'definition of KPI "%" has % of the wrong type', left(name, 80), case when broken is null then 'an attribute' else format('the parameter "%s"', broken) end
            using errcode = '22023', hint = 'The comments on the columns of telemetry.kpis, and on the function that it calls, say what each takes.';
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
    select a.name into shown_on from telemetry.alerts a where a.kpi = drop_kpi.name order by a.name limit 1;
    if found then
        raise exception 'KPI "%" is what the alert "%" is about', name, shown_on
            using errcode = '2BP01', hint = 'Drop that first with telemetry.drop_alert(), or have it watch another KPI with register_alert().';
    end if;
    delete from telemetry.kpis k where k.name = drop_kpi.name;
    if not found then
        raise exception 'KPI "%" is not registered', left(name, 63)
            using errcode = '22023', hint = 'See telemetry.kpis.';
    end if;
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

comment on function telemetry.register_kpi is
'Gives a question a name, with its unit and target, so that kpi() and dashboards answer it, or
changes one.

Arguments
  name        the KPI''s name: snake_case, at most 63 bytes
  definition  an object with any of the attributes that the notes tell; what is absent stays as it
              was, JSON null means the default
Returns
  Whether it is new.
Errors
  22023  no name; an unknown attribute, kind, parameter or value column; a value of the wrong type;
         an unknown grain, zone or week_start; an empty list; an interval without a unit; a ratio of
         every event to every event; one target for several fractions; target_for of a kind without
         breakdown; a metric without a window, with a label that Prometheus does not take, or with
         one for each person; keep_history of what cannot be kept, or without a zone
Notes
  kind: the function that answers, see kpi_kinds(); a new KPI needs one.
  parameters: the function''s arguments by name, all but since and until. A grain, tz, tenant or
    week_start among them is fixed. They are merged one by one; a null among them removes that one,
    a null for them removes all; those of another kind do not stay.
  value_column: the result column that is the value. is_complement: true where the value is 1 less
    that column.
  question: what it answers, as a person asks it: the title of its picture.
  description, unit: texts. target: a number. target_is: at_least (default) or at_most.
  target_change, baseline_since, baseline_until: in place of target, a target that is relative to a
    period: 0.15 is 15 % above what the KPI was in it. That is its one number of the period; of
    counts and sums by bucket it is the mean of the period''s whole buckets, and for a range their
    amount in as much time. Each breakdown_value has its own.
  target_for: the breakdown_value that has the target, or one part of it, such as 0.95 of the
    percentiles by endpoint; default every one.
  metric: {"window": "15 minutes"} makes metrics() tell the headline of the last 15 minutes, and the
    target. With "label": "endpoint" it tells every row, its breakdown_value under that label: at
    most 100, those with the largest n. With "min_n": 20 it tells no value of fewer. Default:
    metrics() does not tell the KPI.
  keep_history: true has the values of its buckets stored before their events leave the log by their
    age: kpi() and dashboards answer from them then. These buckets are those of the KPI''s own
    grain, and days, weeks, months, quarters and years where these are wider; of the zone that the
    parameters must fix. For kinds see keeps_history of kpi_kinds(). Not with rolling_days, entry
    first, a breakdown of funnel_trend, or a cohort in the filter. Default false.
  A KPI of a pack gets the pack''s own definition back by restore_kpi().';
comment on function telemetry.drop_kpi is
'Forgets a KPI.

Arguments
  name  the KPI''s name
Errors
  22023  an unknown KPI
  2BP01  a dashboard shows it, or an alert is about it';
