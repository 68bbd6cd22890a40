-- Which KPIs may keep their history, which buckets they keep, and which events these depend on.

-- What a definition asks, without its target, unit and grain: buckets that were kept for another question do not answer it.
create function telemetry_private.kpi_question(definition jsonb)
returns jsonb
language sql
stable
begin atomic
    select jsonb_build_object(
               'kind', k.kind, 'parameters', coalesce(definition -> 'parameters', '{}') - 'grain',
               'value_column', coalesce(definition ->> 'value_column', k.value_columns[1]), 'is_complement', coalesce(cast(definition ->> 'is_complement' as boolean), false))
      from telemetry.kpi_kinds() k
     where k.kind = definition ->> 'kind';
end;

-- The definition that the headline of a KPI asks: a breakdown of what is of events or actors is left out.
create function telemetry_private.headline_definition(definition jsonb)
returns jsonb
language sql
immutable
begin atomic
    select case when definition ->> 'target_for' is null
                 and definition ->> 'kind' in ('event_volume', 'active_users', 'event_ratio', 'actor_ratio', 'object_ratio', 'rate_of_errors', 'percentiles', 'percentiles_sketched', 'retention', 'lifecycle', 'session_stats', 'funnel', 'funnel_trend')
                then definition #- '{parameters,breakdown}' #- '{parameters,top_n}' #- '{parameters,attribution}' else definition end;
end;

-- How long after the end of a bucket its value may still change: by those who entered a funnel in it.
create function telemetry_private.kpi_window(definition jsonb)
returns interval
language sql
stable
begin atomic
    select case when definition ->> 'kind' = 'funnel_trend' then coalesce(cast(definition #>> '{parameters,within}' as interval), interval '7 days') else interval '0' end;
end;

-- The names of the events that a definition asks about; NULL: all; none where it is about the application's tables, or that cannot
-- be told.
create function telemetry_private.kpi_events(definition jsonb)
returns text[]
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    asked constant jsonb := jsonb_strip_nulls(coalesce(definition -> 'parameters', '{}'));
    -- A side of a question is a name or a list of names, under one of these keys; one without any is about every event.
    sides constant text[] := case
        when definition ->> 'kind' in ('event_ratio', 'actor_ratio') then '{{numerator,numerator_events},{denominator,denominator_events}}'
        when definition ->> 'kind' = 'object_ratio' then '{{numerator,numerator},{denominator,denominator}}'
        when definition ->> 'kind' = 'rate_of_errors' then '{{error_events,error_events},{all_events,all_events}}'
        when definition ->> 'kind' = 'retention' then '{{start_event,start_event},{return_event,return_event}}'
        when definition ->> 'kind' = 'time_between' then '{{first_event,first_event},{next_event,next_event}}'
        when definition ->> 'kind' = 'feature_adoption' then '{{feature_event,feature_event},{events,events}}'
        when definition ->> 'kind' = 'backlog' then '{{opened,opened},{closed,closed}}'
        when definition ->> 'kind' in ('anomalies', 'forecast') then '{{event_name,event_name}}'
        when definition ->> 'kind' in ('event_volume', 'active_users', 'dau_mau', 'stickiness', 'lifecycle', 'activity_heatmap', 'top_values', 'sum_of', 'avg_of', 'max_of', 'min_of', 'percentiles', 'percentiles_sketched', 'user_engagement')
        then '{{events,events}}' end;
    named jsonb := '[]';
    side jsonb;
begin
    if definition ->> 'kind' in ('funnel', 'funnel_trend') then
        -- Steps are names and conditions: whatever may be a name in them is taken for one.
        named := to_jsonb(regexp_split_to_array(concat_ws(' ', asked ->> 'steps', asked ->> 'exclude'), '[^A-Za-z0-9_.:-]+'));
    else
        for place in 1 .. coalesce(array_length(sides, 1), 0) loop
            side := coalesce(asked -> sides[place][1], asked -> sides[place][2]);
            if side is null then
                return null;
            end if;
            named := named || side;
        end loop;
    end if;
    return array(select distinct n from jsonb_array_elements_text(named) n order by n);
end
$$;

-- The grains of the buckets that a KPI keeps: its own, and day, week, month, quarter and year where they are wider.
create function telemetry_private.kept_grains(definition jsonb)
returns text[]
language sql
stable
begin atomic
    select array_agg(g.grain order by g.place)
      from unnest('{minute,5 minutes,10 minutes,15 minutes,hour,day,week,month,quarter,year}'::text[]) with ordinality g (grain, place),
           array_position('{minute,5 minutes,10 minutes,15 minutes,hour,day,week,month,quarter,year}'::text[], (select coalesce(definition #>> '{parameters,grain}', k.own_grain) from telemetry.kpi_kinds() k where k.kind = definition ->> 'kind')) own (place)
     where g.place = own.place or g.place > own.place and g.place >= 6;
end;

-- Raises where a definition has keep_history and its buckets cannot be kept.
create function telemetry_private.check_kpi_history(definition jsonb)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    name constant text := left(definition ->> 'name', 63);
    asked constant jsonb := coalesce(definition -> 'parameters', '{}');
    of_kind record;
    problem text;
begin
    if coalesce((definition ->> 'keep_history')::boolean, false) is not true then
        return;
    end if;
    select k.* into of_kind from telemetry.kpi_kinds() k where k.kind = definition ->> 'kind';
    if not of_kind.keeps_history then
        raise exception 'KPI "%" cannot keep its history: %() looks beyond a bucket or at single people, has no time zone, or reads the application''s tables', name, of_kind.kind
            using errcode = '22023', hint = format('These kinds can: %s.', (select string_agg(k.kind, ', ' order by k.kind) from telemetry.kpi_kinds() k where k.keeps_history));
    end if;
    if asked ->> 'tz' is null then
        raise exception 'KPI "%" keeps its history in no time zone', name
            using errcode = '22023', hint = 'Fix the zone of its days and weeks, for example: "parameters": {"tz": "Europe/Berlin"}.';
    end if;
    problem := case
        when asked ->> 'grain' = 'range' then '"grain": "range" has no buckets'
        when asked ->> 'rolling_days' is not null then '"rolling_days" looks at the days before a bucket'
        when asked ->> 'entry' = 'first' then '"entry": "first" looks at the time before a bucket'
        when of_kind.kind = 'funnel_trend' and asked ->> 'breakdown' is not null then 'the breakdown of a funnel looks at the time before a bucket'
        when asked::text ~ '"\$(not_)?cohort"' then 'a cohort changes by what happened at other times' end;
    if problem is not null then
        raise exception 'KPI "%" cannot keep its history: %', name, problem
            using errcode = '22023', hint = 'Leave keep_history out, or ask without that.';
    end if;
end
$$;

-- When the events that a definition asks about left the log by their age; NULL: they are all there.
create function telemetry_private.gone_for(definition jsonb)
returns tstzmultirange
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    names text[];
begin
    if not exists (select from telemetry.gone_events) then
        return null;
    end if;
    names := telemetry_private.kpi_events(definition);
    return (select range_agg(g.gone) from telemetry.gone_events g where g.events = '{}' or names is null or g.events && names);
end
$$;
