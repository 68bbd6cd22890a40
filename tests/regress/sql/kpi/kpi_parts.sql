-- Answers over several logs. A log gives a part of a KPI's answer, and the parts of all logs add up to what one log with all
-- events would say. Here each of three tenants is a log: a part is asked for one tenant.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
\set ON_ERROR_ROLLBACK on
begin;
set local telemetry.enforcement = 'accept';
select telemetry.register_event(name, '{"promoted_properties": ["kind", "worth"]}') from unnest('{came,looked,paid,failed,exposed}'::text[]) name \g /dev/null
-- Tenant 1 has 40 users, 2 has 25, 3 has 3. The same users are in several tenants; each tenant begins and ends at another time.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', (array['came','looked','paid','failed'])[1 + (n * 7 + n / 5) % 4], 'tenant_id', telemetry.as_id('tenant ' || t.tenant),
         'event_ts', timestamptz '2024-03-01 05:00Z' + t.tenant * interval '31 hours' + n * t.step, 'user_id', case when n % 11 > 0 then telemetry.as_id((n * 13 % t.users)::text) end,
         'session_id', telemetry.as_id('s' || n / 3), 'subject_id', telemetry.as_id('q' || n % 5), 'sample_rate', case n % 9 when 0 then 0.1 when 1 then 0.3 end,
         'payload', jsonb_strip_nulls(jsonb_build_object('kind', (array['a','b','c','d','e',null])[1 + (n + t.tenant) % 6], 'worth', case when n % 8 > 0 then to_jsonb(n * 0.1) else to_jsonb('much'::text) end,
                        'tags', case n % 3 when 0 then '["x", "y"]'::jsonb when 1 then jsonb_build_array('y', t.tenant::text) end)))))
  from (values (1, 40, 400, interval '17 minutes'), (2, 25, 200, interval '53 minutes'), (3, 3, 12, interval '5 hours')) t (tenant, users, events, step), generate_series(1, t.events) n \g /dev/null

-- Most saw one variant of a button, some saw both.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'exposed', 'tenant_id', telemetry.as_id('tenant ' || t.tenant), 'event_ts', timestamptz '2024-03-01 06:00Z' + t.tenant * interval '31 hours' + n * interval '5 minutes',
         'user_id', telemetry.as_id((n % t.users)::text), 'payload', jsonb_build_object('experiment', 'button', 'variant', case when n * 7 % 11 > 4 then 'control' else 'round' end))))
  from (values (1, 40, 44), (2, 25, 27), (3, 3, 3)) t (tenant, users, events), generate_series(1, t.events) n \g /dev/null

-- A part is bytes; those of three logs make the answer.
select length(telemetry.kpi_parts('active_users', '{"grain": "week"}')) between 50 and 200 as is_short;
select telemetry.kpi_of_parts('active_users', '{"grain": "week", "until": "2024-03-18"}', array_agg(telemetry.kpi_parts('active_users', jsonb_build_object('grain', 'week', 'until', '2024-03-18', 'tenant', telemetry.as_id('tenant ' || tenant)))))
  from generate_series(1, 3) tenant;
select to_jsonb(f) from telemetry.active_users(grain => 'week', until => '2024-03-18') f;
-- Of no log it is the answer of an empty one.
select telemetry.kpi_of_parts('active_users', '{"grain": "week", "since": "2024-03-01", "until": "2024-03-18"}', '{}');

-- Whether parts make the answer that the KPI gives, byte for byte: of all tenants at once, and of each tenant in two orders.
create function pg_temp.compared(kpi text, arguments jsonb) returns text language plpgsql as $$
declare
    list text;
    whole text[];
    parts bytea[];
    answer text[];
begin
    select string_agg(format('%I => %L', a.key, case when jsonb_typeof(a.value) = 'array' and format_type(t.type, null) like '%[]'
                                                      then array(select jsonb_array_elements_text(a.value))::text else a.value #>> '{}' end), ', ')
      into list
      from jsonb_each(arguments) a, pg_proc p, rows from (unnest(p.proargnames), unnest(p.proargtypes::oid[])) t (name, type)
     where t.type is not null and p.pronamespace = 'telemetry'::regnamespace and p.proname = kpi and t.name = a.key;
    execute format('select array_agg(to_jsonb(r)::text) from (select * from telemetry.%I(%s)) r', kpi, list) into whole;
    answer := array(select p::text from telemetry.kpi_of_parts(kpi, arguments, array[telemetry.kpi_parts(kpi, arguments)]) p);
    if answer is distinct from whole then
        return format('of one part %s, not %s', (select min(a) from unnest(answer) a where a <> all (whole)), (select min(w) from unnest(whole) w where w <> all (answer)));
    end if;
    parts := array(select telemetry.kpi_parts(kpi, arguments || jsonb_build_object('tenant', telemetry.as_id('tenant ' || n))) from generate_series(1, 3) n);
    for n in 0..1 loop
        answer := array(select p::text from telemetry.kpi_of_parts(kpi, arguments, parts[1 + 2 * n:] || parts[:2 * n]) p);
        if answer is distinct from whole then
            return format('of three parts %s, not %s', (select min(a) from unnest(answer) a where a <> all (whole)), (select min(w) from unnest(whole) w where w <> all (answer)));
        end if;
    end loop;
    answer := array(select p::text from telemetry.kpi_of_parts(kpi, arguments, parts[2:]) p);
    -- An open range has more rows every day.
    return format('the same %s rows%s', case when arguments ? 'until' or kpi not in ('event_volume', 'active_users') then cardinality(whole)::text end, case when answer = whole then '; tenant 1 changes nothing' end);
end
$$;

-- Registered KPIs have parts by their names: a funnel with a target, a mean of cohorts, a sum that is held against another week.
select telemetry.register_kpi('buyers', '{"kind": "funnel", "parameters": {"steps": ["came", "paid"], "within": "2 days"}, "target": 0.4, "target_is": "at_least", "target_for": "2"}'),
       telemetry.register_kpi('comers_back', '{"kind": "retention", "parameters": {"start_event": "came", "grain": "week"}}'),
       telemetry.register_kpi('worth', '{"kind": "sum_of", "parameters": {"payload_key": "worth", "breakdown": "kind"}, "target_change": 0.1, "target_is": "at_least", "baseline_since": "2024-03-02", "baseline_until": "2024-03-05"}'),
       telemetry.register_kpi('engaged', '{"kind": "user_engagement"}') \g /dev/null
-- So have answers that are made of several of them.
select telemetry.register_dashboard('board', '{buyers,comers_back,worth}'), telemetry.register_dashboard('mixed', '{engaged,worth}') \g /dev/null

create temporary table calls (place serial, kpi text, arguments jsonb) on commit drop;
insert into calls (kpi, arguments) values
    ('event_volume', '{}'),
    ('event_volume', '{"grain": "range"}'),
    ('event_volume', '{"events": ["paid", "came"], "filter": {"kind": "a"}, "grain": "week"}'),
    ('event_volume', '{"breakdown": "kind", "top_n": 2, "since": "2024-03-03 07:30", "until": "2024-03-07", "tz": "Asia/Kolkata"}'),
    ('event_volume', '{"breakdown": "worth", "top_n": 3, "grain": "month", "since": "2024-03-01", "until": "2024-05-01"}'),
    ('active_users', '{"until": "2024-03-12"}'),
    ('active_users', '{"rolling_days": 7, "since": "2024-03-04", "until": "2024-03-12"}'),
    ('active_users', '{"breakdown": "kind", "grain": "month", "events": ["came"]}'),
    ('active_users', '{"actor": "tenant", "grain": "week", "until": "2024-04-01"}'),
    ('active_users', '{"actor": "session", "grain": "week", "until": "2024-04-01"}'),
    ('event_ratio', '{"numerator": "paid", "denominator": "came", "until": "2024-03-12"}'),
    ('event_ratio', '{"numerator": "paid", "numerator_filter": {"kind": "b"}, "denominator_events": ["came", "looked"], "grain": "month", "until": "2024-05-01", "breakdown": "kind", "top_n": 2}'),
    ('actor_ratio', '{"numerator": "paid", "denominator": "came", "until": "2024-03-12"}'),
    ('actor_ratio', '{"numerator": "paid", "denominator": "came", "grain": "month", "until": "2024-05-01", "breakdown": "kind"}'),
    ('retention', '{"grain": "week", "until": "2024-04-01"}'),
    ('retention', '{"since": "2024-03-03", "until": "2024-03-15", "start_event": "came", "return_event": "paid", "kind": "first_time", "show": "both"}'),
    ('retention', '{"until": "2024-03-15", "start_event": "came", "kind": "first_ever", "filter": {"kind": "a"}, "mode": "on_or_after"}'),
    ('retention', '{"until": "2024-03-15", "rolling": true, "mode": "brackets 1,2,4", "periods": 3}'),
    ('retention', '{"until": "2024-03-29", "grain": "week", "breakdown": "kind", "top_n": 2, "kind": "first_time"}'),
    ('lifecycle', '{"grain": "week", "until": "2024-04-01"}'),
    ('lifecycle', '{"since": "2024-03-03", "until": "2024-03-06", "breakdown": "kind"}'),
    ('stickiness', '{"until": "2024-03-12"}'),
    ('stickiness', '{"grain": "week", "until": "2024-04-01", "min_occurrences": 2, "count_as": "at_least"}'),
    ('dau_mau', '{"until": "2024-04-01"}'),
    ('feature_adoption', '{"feature_event": "paid", "grain": "week", "since": "2024-03-05", "until": "2024-04-01"}'),
    ('activity_heatmap', '{}'),
    ('activity_heatmap', '{"tz": "America/New_York", "events": ["came"]}'),
    ('top_values', '{"payload_key": "kind", "top_n": 2}'),
    ('top_values', '{"payload_key": "kind", "by": "actors", "top_n": 3, "events": ["came", "paid"]}'),
    ('top_values', '{"payload_key": "tags[]", "top_n": 2}'),
    ('top_values', '{"payload_key": "worth"}'),
    ('funnel', '{"steps": ["came", "looked", "paid"], "within": "2 days"}'),
    ('funnel', '{"steps": ["came", "paid"], "count": "entries", "breakdown": "kind", "attribution": "last_touch", "top_n": 2}'),
    ('funnel', '{"steps": ["came", "paid"], "breakdown": "kind", "attribution": "all_steps"}'),
    ('funnel', '{"steps": ["came", {"event": "looked", "optional": true}, "paid"]}'),
    ('funnel', '{"steps": ["came", "paid"], "ordering": "unordered", "actor": "subject"}'),
    ('funnel_trend', '{"steps": ["came", "paid"], "until": "2024-03-12", "within": "1 day"}'),
    ('funnel_trend', '{"steps": ["came", "paid"], "grain": "month", "until": "2024-05-01", "breakdown": "kind", "top_n": 2}'),
    ('funnel_times', '{"steps": ["came", "paid"], "bins": 4}'),
    ('funnel_times', '{"steps": ["came", "paid"], "bins": 3, "breakdown": "kind", "top_n": 2}'),
    ('time_to_first', '{"anchor": "came", "target": "paid"}'),
    ('time_between', '{"first_event": "came", "next_event": "paid", "grain": "week", "until": "2024-04-01", "percentiles": [0.1, 0.5, 0.9]}'),
    ('session_stats', '{"grain": "week", "until": "2024-04-01"}'),
    ('session_stats', '{"by": "session_id", "grain": "month", "until": "2024-04-01", "breakdown": "kind"}'),
    ('paths', '{"max_steps": 3}'),
    ('paths', '{"start_event": "came", "max_steps": 4, "exclude": ["failed"]}'),
    ('next_events', '{"sequence": ["came"]}'),
    ('sum_of', '{"payload_key": "worth", "until": "2024-03-12"}'),
    ('sum_of', '{"payload_key": "worth", "grain": "range", "breakdown": "kind", "top_n": 2}'),
    ('avg_of', '{"payload_key": "worth", "grain": "month", "until": "2024-05-01", "breakdown": "kind", "top_n": 3}'),
    ('max_of', '{"payload_key": "worth", "grain": "month", "until": "2024-05-01", "breakdown": "kind", "top_n": 2}'),
    ('min_of', '{"payload_key": "worth", "grain": "week", "until": "2024-04-01", "events": ["paid"]}'),
    ('percentiles', '{"payload_key": "worth", "until": "2024-03-12"}'),
    ('percentiles', '{"payload_key": "worth", "fractions": [0.1, 0.5], "grain": "month", "until": "2024-05-01", "breakdown": "kind", "top_n": 2}'),
    ('percentiles_sketched', '{"payload_key": "worth", "grain": "month", "until": "2024-05-01", "breakdown": "kind", "top_n": 2}'),
    ('rate_of_errors', '{"error_events": ["failed"], "until": "2024-03-12"}'),
    ('rate_of_errors', '{"error_events": ["failed"], "all_events": ["failed", "paid"], "grain": "month", "until": "2024-05-01", "breakdown": "kind", "top_n": 2}'),
    ('object_ratio', '{"numerator": "paid", "denominator": "came", "until": "2024-03-12"}'),
    ('object_ratio', '{"numerator": "paid", "denominator": "came", "grain": "month", "since": "2024-02-01", "until": "2024-05-01", "breakdown": "kind", "top_n": 2}'),
    ('experiment_results', '{"experiment": "button", "exposure_event": "exposed", "metric_event": "paid"}'),
    ('experiment_results', '{"experiment": "button", "exposure_event": "exposed", "metric_event": "came", "metric_kind": "mean", "value_key": "worth", "cuped_days": 2, "split": {"control": 1, "round": 1, "square": 1}}'),
    ('anomalies', '{"event_name": "came", "since": "2024-02-20", "until": "2024-03-12"}'),
    ('forecast', '{"event_name": "came", "since": "2024-02-20", "until": "2024-03-12", "horizon": 3}'),
    ('backlog', '{"opened": "came", "closed": "paid", "since": "2024-03-04", "until": "2024-03-12"}'),
    ('kpi', '{"name": "buyers", "since": "2024-03-02", "until": "2024-03-12"}'),
    ('kpi', '{"name": "buyers", "since": "2024-03-02", "until": "2024-03-12", "grain": "day", "tz": "Asia/Kolkata"}'),
    ('kpi', '{"name": "buyers", "since": "2024-03-02", "until": "2024-03-12", "headline": true}'),
    ('kpi', '{"name": "comers_back", "since": "2024-03-02", "until": "2024-04-01", "grain": "range"}'),
    ('kpi', '{"name": "worth", "since": "2024-03-05", "until": "2024-03-12"}'),
    ('kpi_details', '{"name": "comers_back", "until": "2024-04-01"}'),
    ('forecast_kpi', '{"name": "worth", "since": "2024-02-20", "until": "2024-03-12", "horizon": 3}'),
    ('dashboard', '{"name": "board", "since": "2024-03-02", "until": "2024-03-12"}'),
    ('dashboard', '{"name": "board", "since": "2024-03-02", "until": "2024-03-12", "grain": "day", "tz": "Asia/Kolkata"}'),
    ('dashboard', '{"name": "board", "since": "2024-03-04", "until": "2024-03-12", "grain": "range"}'),
    ('kpi_status', '{"dashboard": "board", "since": "2024-03-05", "until": "2024-03-09"}'),
    ('kpi_status', '{"dashboard": "board"}'),
    ('compare_periods', '{"name": "worth", "at": "2024-03-06", "width": "5 days"}'),
    ('compare_periods', '{"name": "buyers", "at": "2024-03-06", "width": "3 days", "tz": "Asia/Kolkata"}'),
    -- Pictures of these.
    ('show', '{"name": "board", "since": "2024-03-02", "until": "2024-03-12", "charts": true, "width": 80}'),
    ('show', '{"name": "buyers", "since": "2024-03-02", "until": "2024-03-12", "tz": "Asia/Kolkata"}'),
    ('dashboard_page', '{"name": "board", "since": "2024-03-02", "until": "2024-03-12", "as_file": true}'),
    ('kpi_chart', '{"name": "worth", "since": "2024-03-02", "until": "2024-03-12", "grain": "day"}');
-- From the rows.
select kpi, arguments, pg_temp.compared(kpi, arguments) from calls order by place;
-- From the timeline and the rows above it, and from the timeline alone: what differs there.
select telemetry.tick_unit(300) > 0 as is_partly_derived;
select kpi, arguments, compared from (select *, pg_temp.compared(kpi, arguments) from calls) c where compared not like 'the same %' order by place;
do $$ begin while telemetry.tick_unit() > 0 loop end loop; end $$;
select kpi, arguments, compared from (select *, pg_temp.compared(kpi, arguments) from calls) c where compared not like 'the same %' order by place;

-- Who has several of the values that are not shown apart is one actor, which the counts of these do not tell.
select telemetry.kpi_of_parts('active_users', '{"breakdown": "kind", "top_n": 2}', array[telemetry.kpi_parts('active_users', '{"breakdown": "kind", "top_n": 2}')]);
-- Of a cohort of first starts each actor has one value, but with match one of each object.
select telemetry.kpi_of_parts('retention', a, array[telemetry.kpi_parts('retention', a)])
  from (values ('{"kind": "first_time", "match": ["worth"], "breakdown": "kind", "top_n": 2, "grain": "month", "until": "2024-04-01"}'::jsonb)) v (a);
-- Some KPIs have no parts.
select telemetry.kpi_parts('user_engagement');
select telemetry.kpi_parts('rate_of_errors', '{"error_events": ["failed"], "by_user": true}');
select telemetry.kpi_parts('health');
select telemetry.kpi_parts('kpi', '{"name": "engaged"}');
select telemetry.kpi_parts('kpi', '{"name": "unheard"}');
-- Logs that have some users each, all of a user in one, say so: then nothing adds up that may have events of several users.
select kpi, telemetry.kpi_parts(kpi, arguments, divided_by => 'user') = telemetry.kpi_parts(kpi, arguments) as same_part
  from (values ('active_users', '{"grain": "week"}'::jsonb), ('event_volume', '{}'), ('backlog', '{"opened": "came", "closed": "paid"}'), ('session_stats', '{}'), ('funnel', '{"steps": ["came", "paid"]}')) v (kpi, arguments);
select telemetry.kpi_parts('active_users', '{"actor": "session"}', divided_by => 'user');
select telemetry.kpi_parts('retention', '{"actor": "subject"}', divided_by => 'user');
select telemetry.kpi_parts('stickiness', '{"actor": "tenant"}', divided_by => 'user');
select telemetry.kpi_parts('session_stats', '{"by": "session_id"}', divided_by => 'user');
select telemetry.kpi_parts('object_ratio', '{"numerator": "paid", "denominator": "came", "object_key": "kind"}', divided_by => 'user');
select telemetry.kpi_parts('event_volume', '{}', divided_by => 'session');
-- Of a dashboard it is that one KPI which says so.
select p ->> 'kpi' as kpi, left(p ->> 'error', 70) as error, count(p ->> 'value') as values, round(sum((p ->> 'value')::numeric)) as value
  from telemetry.kpi_of_parts('dashboard', '{"name": "mixed", "since": "2024-03-05", "until": "2024-03-12"}', array[telemetry.kpi_parts('dashboard', '{"name": "mixed", "since": "2024-03-05", "until": "2024-03-12"}')]) p
 group by 1, 2 order by 1;
-- And where one of the logs cannot count a KPI, here because it has too many values of its breakdown for the memory, that KPI says
-- which log: the others answer.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'paid', 'tenant_id', telemetry.as_id('tenant 4'), 'event_ts', timestamptz '2024-03-06 12:00Z', 'payload', jsonb_build_object('kind', n, 'worth', 1))))
  from generate_series(1, 12000) n group by n / 1000 \g /dev/null
select jsonb_build_object('name', 'board', 'since', '2024-03-02', 'until', '2024-03-12') as asked \gset
select array_agg(telemetry.kpi_parts('dashboard', :'asked'::jsonb || jsonb_build_object('tenant', telemetry.as_id('tenant ' || n)))) as parts from generate_series(1, 3) n \gset
set local telemetry.kpi_memory = '1 MB';
select telemetry.kpi_parts('dashboard', :'asked'::jsonb || jsonb_build_object('tenant', telemetry.as_id('tenant 4'))) as part \gset
reset telemetry.kpi_memory;
select p ->> 'kpi' as kpi, p ->> 'error' as error, count(*) as rows
  from telemetry.kpi_of_parts('dashboard', :'asked', :'parts'::bytea[] || :'part'::bytea) p group by 1, 2 order by 1;
-- A log that has defined it otherwise answers another question.
select telemetry.kpi_parts('kpi', '{"name": "buyers"}') as part \gset
select telemetry.register_kpi('buyers', '{"target": 0.5}');
select telemetry.kpi_of_parts('kpi', '{"name": "buyers"}', array[:'part'::bytea]);
-- A part is of one question: of its KPI, its arguments, time zone and range.
select telemetry.kpi_of_parts('event_volume', '{}', array[telemetry.kpi_parts('event_volume'), telemetry.kpi_parts('activity_heatmap')]);
select telemetry.kpi_of_parts('event_volume', '{}', array[telemetry.kpi_parts('event_volume', '{"grain": "week"}')]);
select telemetry.kpi_parts('event_volume') as part \gset
set local timezone = 'Asia/Kolkata';
select telemetry.kpi_of_parts('event_volume', '{}', array[:'part'::bytea]);
set local timezone = 'UTC';
-- Logs that are asked for the last days at one moment are asked for the same days; none are counted that are not over.
select telemetry.kpi_of_parts('event_volume', '{"last": "2 days", "events": ["paid"]}', array[telemetry.kpi_parts('event_volume', '{"last": "2 days", "events": ["paid"]}', '2024-03-04 12:00Z')]);
select telemetry.kpi_parts('event_volume', '{}', 'infinity');
-- A log that did not answer is left out on purpose only.
select telemetry.kpi_of_parts('event_volume', '{}', array[:'part'::bytea, null]);
select telemetry.kpi_of_parts('event_volume', '{}', null);
select telemetry.kpi_parts(null);
select telemetry.kpi_parts('event_volume', '{"grains": "day"}');
-- Damage is seen, and so is a format to come.
select telemetry.kpi_of_parts('event_volume', '{}', array[overlay(:'part'::bytea placing '\x00' from 40)]);
select telemetry.kpi_of_parts('event_volume', '{}', '{"\\x"}');
select telemetry.kpi_of_parts('event_volume', '{}', array[set_byte(:'part'::bytea, 0, 9)]);
-- Parts are bounded by the memory of a KPI.
select telemetry.kpi_parts('funnel', '{"steps": ["came", "paid"]}') as part \gset
set local telemetry.kpi_memory = '1 MB';
select telemetry.kpi_of_parts('funnel', '{"steps": ["came", "paid"]}', array_fill(:'part'::bytea, array[2000]));
reset telemetry.kpi_memory;

-- A part counts what its caller sees: an analyst of tenant 3 its 12 events, of which two are samples of 10 and of 3.
create role parts_user;
select telemetry.grant_access('parts_user', 'analyst') \g /dev/null
select set_config('request.jwt.claims', jsonb_build_object('sub', 'u', 'app_metadata', jsonb_build_object('tenant_id', telemetry.as_id('tenant 3')))::text, true) is not null as is_of_tenant_3;
set local role parts_user;
select (select sum(events) from telemetry.event_volume(grain => 'month')) as own, sum((p ->> 'events')::float8) as of_parts
  from telemetry.kpi_of_parts('event_volume', '{"grain": "month"}', array[telemetry.kpi_parts('event_volume', '{"grain": "month"}')]) p;
reset role;
rollback;
