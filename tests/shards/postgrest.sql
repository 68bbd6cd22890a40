-- The statements that PostgREST sends for a request to each function of the API, as four roles, in a transaction each. A shard writes
-- them, which knows the functions and how they are routed, as a script that a router and a database with a log are given.

-- What an argument is given, as in the body of a request: of these functions, or of all that are not named with that argument.
create temporary table given (argument text, value jsonb, functions text[]);
insert into given (argument, value) values
    ('since', '"2026-01-05"'), ('until', '"2026-02-02"'), ('grain', '"week"'), ('tz', '"Europe/Berlin"'), ('steps', '["signed_up", "viewed", "paid"]'),
    ('sequence', '["signed_up"]'), ('numerator', '"paid"'), ('denominator', '"viewed"'), ('feature_event', '"paid"'), ('error_events', '["paid"]'), ('all_events', '["paid", "viewed"]'),
    ('opened', '"signed_up"'), ('closed', '"paid"'), ('start_event', '"signed_up"'), ('return_event', '"viewed"'), ('first_event', '"signed_up"'), ('next_event', '"paid"'),
    ('anchor', '"signed_up"'), ('payload_key', '"plan"'), ('experiment', '"button"'), ('metric_event', '"paid"'), ('exposure_event', '"signed_up"'), ('control', '"round"'),
    ('event_name', '"viewed"'), ('variants', '["round", "square"]'), ('times', '["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08"]'), ('numbers', '[3, 4, 5, 4]'),
    ('filter', '{"plan": ["pro", "team"]}'), ('value', '0.42'), ('unit', '"ratio"'), ('name', '"views"'), ('kpi', '"event_volume"'), ('payload', '{"plan": "pro"}'),
    ('at', '"2026-01-19"'), ('width', '"7 days"'), ('horizon', '3'), ('baseline', '0.2'), ('minimum_effect', '0.1'), ('control_actors', '3000'), ('treatment_actors', '3000'),
    ('direction', '"forward"'), ('base', '"head"'), ('language', '"typescript"'), ('id', '"user 1"'), ('alert', '"few"'), ('alias', '"what"'), ('pack', '"learning"'),
    ('policy', '{"keys": {"seat": "drop"}}'), ('keys', '["plan"]'), ('reason', '"asked for"'), ('check_name', '"owns"'), ('function_name', '"public.owns"'), ('argument', '"user_id"'),
    ('keep', '"30 days"'), ('definition', '{"kind": "event_volume"}'), ('kpis', '["views"]'), ('session', '"00000000-0000-4000-8000-00000000000a"'), ('correlation_id', '"request-1"'),
    ('actors', jsonb_build_array(md5('user 7')::uuid)), ('kept', '125'), ('daily_budget', '100'), ('cohort', '"payers"'), ('dashboard', '"numbers"'), ('opened_events', '["signed_up"]'), ('closed_events', '["paid"]'),
    ('tenant_id', '"00000000-0000-4000-8000-000000000001"'), ('pattern', '"(?1)(?2)"'), ('arguments', '{"since": "2026-01-05", "until": "2026-02-02"}');
insert into given values
    ('payload_key', '"amount"', '{sum_of,avg_of,max_of,min_of,percentiles,percentiles_sketched}'), ('fractions', '[0.5, 0.9]', '{percentiles,percentiles_sketched}'),
    ('events', '["paid"]', '{event_volume,active_users,sum_of,avg_of,max_of,min_of,top_values,activity_heatmap}'), ('within', '"5 days"', '{funnel,funnel_actors,funnel_trend,funnel_times}'),
    ('target', '"paid"', '{time_to_first,time_to_first_actors}'), ('name', '"funnel"', '{help}'), ('name', '"board"', '{dashboard,drop_dashboard,register_dashboard,grafana_dashboard,dashboard_page,show}'),
    ('user_id', to_jsonb(md5('user 7')::uuid), '{erase_user,anonymize_user,user_data,was_erased}'), ('event_id', '"bbbbbbbb-0000-4000-8000-000000000002"', '{log_event}'), ('within', '"7 days"', '{window_funnel_of}'),
    ('tenant', '"00000000-0000-4000-8000-000000000001"', '{erase_tenant,reads_only}'), ('width', '100', '{show}'), ('first_event', 'null', '{time_buckets}'), ('actor', to_jsonb(md5('user 7')::uuid), '{assign_variant}'), ('parts', '[]', '{kpi_of_parts}'), ('definition', '{"event": "paid"}', '{register_cohort}'),
    ('events', '[{"event_name": "viewed", "event_id": "bbbbbbbb-0000-4000-8000-000000000001"}, {"event_name": "unheard"}, {"event_name": "paid", "payload": {"amount": "@canary"}}]', '{log_events,import_events}'),
    ('event_name', '"paid"', '{try_log_event}'), ('payload', '{"amount": "@canary"}', '{try_log_event}'), ('payload', '{"plan": "pro"}', '{log_event}');

-- A role, and the tenant in its claims.
create temporary table callers (place integer, role text, tenant uuid);
insert into callers values (1, 'anon', null), (2, 'authenticated', '00000000-0000-4000-8000-000000000001'), (3, 'shards_analyst', '00000000-0000-4000-8000-000000000002'), (4, 'shards_auditor', null);

create temporary table requests as
    select p.oid, p.proname as name, c.place, c.role, telemetry_private.route_of(p.oid) as route, p.provolatile = 'v' as is_volatile, p.proretset or t.typtype = 'c' as has_columns,
           jsonb_strip_nulls(jsonb_build_object('role', c.role, 'sub', 'b2a5c0de-0000-4000-8000-000000000001', 'app_metadata', case when c.tenant is not null then jsonb_build_object('tenant_id', c.tenant) end)) as claims,
           a.*
      from callers c
     cross join pg_proc p
      join pg_type t on t.oid = p.prorettype
     cross join lateral (
           select coalesce(jsonb_object_agg(u.name, g.value), '{}') as body, string_agg(format('%I %s', u.name, format_type(u.type, null)), ', ' order by u.place) as columns,
                  coalesce(string_agg(format('%1$I := pgrst_body.%1$I', u.name), ', ' order by u.place), '') as arguments
             from unnest(p.proargtypes::oid[]) with ordinality i (type, place)
             join lateral (select i.type, p.proargnames[i.place] as name, i.place) u on true
             join lateral (
                  select v.value
                    from (select g.value, g.functions is null as is_general from given g where g.argument = u.name and (p.proname = any (g.functions) or g.functions is null)
                          union all
                          -- Who reads every tenant names one of what has no parts.
                          select '"00000000-0000-4000-8000-000000000003"', false where u.name = 'tenant' and c.role = 'shards_auditor' and telemetry_private.route_of(p.oid) = 'reads') v
                   order by v.is_general
                   limit 1) g on true) a
     where telemetry_private.route_of(p.oid) is not null
       -- It tells the ids that events have in their log.
       and p.proname <> 'tenant_data';

\pset format unaligned
\pset tuples_only on
select '\set ON_ERROR_STOP off', '\set VERBOSITY verbose', '\set SHOW_CONTEXT never' \g (fieldsep='\n')
select format($script$
\echo === %1$s as %2$s
begin isolation level read committed %3$s;
select set_config('search_path', '"telemetry", "public"', true), set_config('role', '%2$s', true), set_config('request.jwt.claims', %4$L, true), set_config('request.method', 'POST', true),
       set_config('request.path', '/rpc/%1$s', true), set_config('request.headers', '{"content-type": "application/json"}', true), set_config('request.cookies', '{}', true) \g /dev/null
with pgrst_source as (
    select pgrst_call.%5$s
      from (select %6$L::json as json_data) pgrst_payload, %7$s lateral %8$s pgrst_call)
select null::bigint as total_result_set, pg_catalog.count(_postgrest_t) as page_total, %9$s as body, nullif(current_setting('response.headers', true), '') as response_headers
  from (select %1$I.* from pgrst_source as %1$I%10$s) _postgrest_t;
commit;$script$,
           r.name, r.role, case when r.is_volatile then 'read write' else 'read only' end, r.claims, case when r.has_columns then '*' else 'pgrst_scalar' end, r.body,
           case when r.columns is null then '' else format('lateral (select * from json_to_record(pgrst_payload.json_data) as _(%s) limit 1) pgrst_body,', r.columns) end,
           case when r.has_columns then c.call else format('(select %s as pgrst_scalar)', c.call) end,
           case when r.has_columns then 'coalesce(json_agg(_postgrest_t), ''[]'')' else 'coalesce(json_agg(_postgrest_t.pgrst_scalar) -> 0, ''null'')' end,
           -- In which order it lists actors is not promised: a request says which one it wants.
           case when r.name = 'experiment_actors' then ' order by experiment_actors.actor_id asc' else '' end)
  from requests r, lateral (select format('telemetry.%I(%s)', r.name, r.arguments) as call) c
 order by r.place, r.name, r.oid;
