-- What pictures are drawn of: definitions and answers of KPIs as jsonb, in local times of the zone that was asked for. The shapes
-- are those of pictures/src/answer.rs.

-- The answers of KPIs, in the order given, as a list. Each KPI is asked once: what stands on its tile is read from the rows. Only
-- where the range is answered as a whole, as by a funnel, as much time before it is asked too as is over of it. Each in a
-- subtransaction: one that cannot be answered says why. At most 5,000 rows of each come along: of what has buckets the latest, else
-- the first; left_out counts the others.
-- keeps_shape: grain is for what is drawn over time; what answers for a range, as a funnel or a heat map does, and what has a grain
-- of its own stays as it is.
-- moment: what counts as now. has_alerts: whether what alerts there were is told, of which each log has its own.
-- It runs with the caller's rights, so it names nothing of telemetry_private. Parallel unsafe, as dashboard() is.
create function telemetry_private.answers(
    kpis text[], since timestamptz, until timestamptz, grain text, tz text, week_start text, tenant uuid, last text, keeps_shape boolean,
    moment timestamptz, has_alerts boolean)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    most_rows constant integer := 5000;
    most_names constant integer := 200;
    asked_last constant text := case when since is null and last is null then '30 days' else last end;
    answers jsonb := '[]';
    asked record;
    range_since timestamptz;
    range_until timestamptz;
    fired_after timestamptz;
    fired_before timestamptz;
    asked_until timestamptz;
    answer jsonb;
    advice text;
begin
    -- What is wrong with the question is no KPI's fault: said once, and raised.
    perform b.bucket
       from telemetry.period(since, until, 'range', tz, answers.week_start, asked_last) r,
            telemetry.time_buckets(greatest(r.range_since, r.range_until - interval '1 microsecond'), coalesce(r.range_until, r.range_since + interval '1 microsecond'), grain, tz => tz, week_start => answers.week_start) b;
    for asked in
        select k.name, k.pack, k.question, k.description, k.kind, k.parameters, coalesce(k.value_column, b.value_columns[1]) as value_column, k.is_complement, k.unit,
               k.target, k.target_is, k.target_for, b.bucket_column is not null as has_buckets, b.has_previous, g.asked_grain,
               case when b.bucket_column is not null then coalesce(g.asked_grain, k.parameters ->> 'grain', b.own_grain) else nullif(g.asked_grain, 'range') end as used_grain,
               coalesce(k.parameters ->> 'week_start', answers.week_start) as used_week_start, case when k.parameters ->> 'week_start' is null then answers.week_start end as asked_week_start,
               coalesce(k.parameters ->> 'tz', answers.tz, current_setting('TimeZone')) as zone
          from unnest(answers.kpis) with ordinality p (name, place)
          join telemetry.kpis k on k.name = p.name
          join telemetry.kpi_kinds() b on b.kind = k.kind,
               lateral (select case when not keeps_shape or grain = 'range' or b.bucket_column is not null and k.parameters ->> 'grain' is null then answers.grain end) g (asked_grain)
         order by p.place
    loop
        answer := jsonb_build_object(
            'name', asked.name, 'pack', asked.pack, 'question', asked.question, 'description', asked.description, 'kind', asked.kind, 'parameters', asked.parameters,
            'value_column', asked.value_column, 'is_complement', asked.is_complement, 'unit', asked.unit, 'target', asked.target, 'target_is', asked.target_is,
            'target_for', asked.target_for, 'grain', nullif(asked.used_grain, 'range'));
        begin
            select r.range_since, r.range_until into range_since, range_until
              from telemetry.period(since, until, coalesce(asked.used_grain, 'range'), asked.zone, asked.used_week_start, asked_last) r;
            answer := answer || jsonb_build_object('range', jsonb_build_object(
                'since', case when isfinite(range_since) then range_since at time zone asked.zone end, 'until', case when isfinite(range_until) then range_until at time zone asked.zone end,
                'tz', asked.zone, 'now', moment at time zone asked.zone, 'last', asked_last));
            -- Of a range that is not over funnel() itself tells, with the times between steps, what funnel_trend() tells without: nobody
            -- converts later than now.
            asked_until := case when asked.kind = 'funnel' and asked.used_grain is null and range_until > moment then null else range_until end;
            answer := answer || (
                with found as materialized (
                    select d.*, row_number() over (order by d.bucket) as place, count(*) over () as total
                      from telemetry.kpi_details(asked.name, range_since, asked_until, asked.asked_grain, tz, asked.asked_week_start, tenant) d
                )
                select jsonb_build_object('rows', coalesce(jsonb_agg(jsonb_build_object(
                           'bucket', case when isfinite(f.bucket) then f.bucket at time zone asked.zone end, 'breakdown_value', f.breakdown_value,
                           'value', f.value, 'n', f.n, 'target', f.target, 'is_met', f.is_met, 'is_complete', f.is_complete, 'is_other', f.is_other,
                           'details', coalesce(f.details, '{}')) order by f.place), '[]'), 'left_out', coalesce(max(f.total), 0) - count(*))
                  from found f
                 where case when asked.used_grain is not null then f.place > f.total - most_rows else f.place <= most_rows end);
            -- Of people the names that the application has for them, where it was said where those stand.
            if asked.kind in ('user_engagement', 'student_report') and jsonb_array_length(answer -> 'rows') > 0 then
                answer := answer || (
                    select jsonb_build_object('names', coalesce(jsonb_object_agg(m.actor_id, m.actor_name) filter (where m.actor_name is not null), '{}'))
                      from (select v.tenant_id, array_agg(v.actor_id)
                              from jsonb_array_elements(answer -> 'rows') with ordinality e (r, place),
                                   lateral (select cast(e.r #>> '{details,tenant_id}' as uuid), cast(coalesce(e.r #>> '{details,actor_id}', e.r #>> '{details,user_id}') as uuid)) v (tenant_id, actor_id)
                             where e.place <= most_names and v.actor_id is not null
                             group by v.tenant_id) t (tenant_id, actors),
                           telemetry.actor_names(t.actors, t.tenant_id) m);
            end if;
            -- When alerts about it fired, the latest 100 times.
            fired_after := coalesce(range_since, '-infinity');
            fired_before := coalesce(range_until, 'infinity');
            answer := answer || (
                select jsonb_build_object('incidents', coalesce(jsonb_agg(jsonb_build_object(
                           'alert', i.alert, 'breakdown_value', i.breakdown_value, 'since', i.at at time zone asked.zone, 'until', i.next_at at time zone asked.zone) order by i.at, i.place), '[]'))
                  from (select h.*, row_number() over (order by h.at, h.transition_id) as place, count(*) over () as total
                          from (select t.*, lead(t.at) over (partition by t.fingerprint order by t.at, t.transition_id) as next_at
                                  from telemetry.alert_transitions t
                                  join telemetry.alerts a on a.name = t.alert
                                 where has_alerts and a.kpi = asked.name and t.at < fired_before and (answers.tenant is null or t.tenant_id = answers.tenant)) h
                         where h.to_status = 'firing' and coalesce(h.next_at > fired_after, true) and not h.is_other) i
                 where i.place > i.total - 100);
            if asked.has_previous and (asked.used_grain = 'range' or asked.kind = 'funnel' and asked.used_grain is null) and range_since < moment then
                answer := answer || (
                    select jsonb_build_object('previous', coalesce(jsonb_agg(jsonb_build_object('breakdown_value', d.breakdown_value, 'value', d.value, 'n', d.n, 'is_complete', d.is_complete, 'is_other', d.is_other)), '[]'))
                      from telemetry.kpi(asked.name, range_since - (least(range_until, moment) - range_since), range_since, asked.asked_grain, tz, asked.asked_week_start, tenant) d);
            end if;
        exception
            -- Not a cancelled statement, which OTHERS leaves out.
            when others then
                -- The transaction must be tried again, or the server is going down: no answer of a KPI.
                if sqlstate ~ '^(40|57)' then
                    raise;
                end if;
                get stacked diagnostics advice = pg_exception_hint;
                answer := answer || jsonb_build_object('rows', '[]'::jsonb, 'left_out', 0, 'error', concat_ws('. ', sqlerrm, nullif(advice, '')));
        end;
        answers := answers || answer;
    end loop;
    return answers;
end
$$;

-- The answer of one KPI; an unknown name is an error.
create function telemetry_private.answer(
    name text, since timestamptz, until timestamptz, grain text, tz text, week_start text, tenant uuid, last text)
returns jsonb
language sql
stable
begin atomic
    select telemetry_private.answers(array[d.definition ->> 'name'], since, until, grain, tz, week_start, tenant, last, false,
                                     telemetry_private.moment(), not telemetry_private.is_over_several_logs()) -> 0
      from telemetry_private.kpi_definition(answer.name) d (definition);
end;

-- A dashboard with the names of its KPIs and of all dashboards; an unknown one, and one that shows a KPI that is gone, are errors, as
-- of dashboard(). In plpgsql, for the tables are made after the functions.
create function telemetry_private.board_of(dashboard text)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    board record;
    missing text;
begin
    select d.name, d.description, d.kpis into board from telemetry.dashboards d where d.name = dashboard;
    if not found then
        raise exception 'dashboard "%" is not registered', left(dashboard, 63)
            using errcode = '22023', hint = 'Those that are: select name, description from telemetry.dashboards.';
    end if;
    select p into missing from unnest(board.kpis) p where not exists (select from telemetry.kpis k where k.name = p) limit 1;
    if found then
        raise exception 'dashboard "%" shows the KPI "%", which is not registered any more', dashboard, missing
            using errcode = '22023', hint = 'Install its pack again, or change the dashboard with telemetry.register_dashboard().';
    end if;
    return to_jsonb(board) || jsonb_build_object('dashboards', (
        select jsonb_agg(jsonb_build_object('name', d.name, 'description', d.description) order by d.pack, d.created_at, d.name) from telemetry.dashboards d));
end
$$;

-- A dashboard with the answers of its KPIs, and the names of all dashboards.
create function telemetry_private.board(
    name text, since timestamptz, until timestamptz, grain text, tz text, week_start text, tenant uuid, last text)
returns jsonb
language sql
stable
begin atomic
    select b.board || jsonb_build_object(
               'grain', grain,
               'tenant', coalesce(tenant, case when telemetry.log_visibility() <> 'everything' then nullif(telemetry.current_tenant(), '00000000-0000-0000-0000-000000000000') end),
               'range', (select jsonb_build_object(
                                    'since', case when isfinite(r.range_since) then r.range_since at time zone z.zone end,
                                    'until', case when isfinite(r.range_until) then r.range_until at time zone z.zone end,
                                    'tz', z.zone, 'now', telemetry_private.moment() at time zone z.zone, 'last', q.asked_last)
                           from (select coalesce(tz, current_setting('TimeZone'))) z (zone),
                                (select case when since is null and last is null then '30 days' else last end) q (asked_last),
                                telemetry.period(since, until, 'range', tz, week_start, q.asked_last) r),
               'kpis', telemetry_private.answers(array(select k from jsonb_array_elements_text(b.board -> 'kpis') with ordinality e (k, place) order by e.place),
                                                 since, until, grain, tz, week_start, tenant, last, true,
                                                 telemetry_private.moment(), not telemetry_private.is_over_several_logs()))
      from telemetry_private.board_of(board.name) b (board);
end;
