-- The alerts of the packs over their own demo data: nothing fires in 30 days of an application that is well, and a fault is found at the
-- first point of the grid that the rule allows. What is told of each event alone fires at each such event.
set timezone = 'UTC';
select count(telemetry.drop_alert(name)) >= 0 as dropped from telemetry.alerts;
do $$ begin perform telemetry.install_pack(p.pack) from telemetry.pack_catalog() p; end $$;
select name, pack, coalesce(kpi, each_event::text) as about, within, grain, threshold, fires_after, severity from telemetry.alerts order by name;
-- Of another year than whatever else there is.
do $$ begin perform telemetry.generate_demo_events(p, 100, 30, until => '2023-06-01Z') from unnest('{coaching,exam_prep,learning,support_chat,tutoring}'::text[]) p; end $$;
call telemetry.tick();
create view definitions as select a.name, jsonb_strip_nulls(to_jsonb(a) - '{name,pack,created_at,updated_at}'::text[]) as definition, each_event is not null as is_of_events from telemetry.alerts a;
select d.name, b.at, b.breakdown_value, b.value, b.n
  from definitions d, lateral telemetry.backtest_alert(d.definition, '2023-05-02', '2023-06-01') b
 where not d.is_of_events and d.definition ->> 'kpi' !~ '^exam_prep' and b.status = 'firing';
-- What came in was told by log_event() and its kin at the present, all of it good.
select d.name, b.at from definitions d, lateral telemetry.backtest_alert(d.definition || '{"every": "5 minutes"}', now() - interval '2 hours', now()) b where d.definition ->> 'kpi' ~ '^exam_prep' and b.status = 'firing' and d.name !~ 'batches';
-- Each SEV1 event, and nothing else.
select count(*) > 0 as are_there, count(*) filter (where b.value is null) as unknown
  from definitions d, lateral telemetry.backtest_alert(d.definition, '2023-05-02', '2023-06-01') b where d.name = 'coaching_sev1' and b.status = 'firing';

-- A fault for 20 minutes from 10:00 on a day in July: 20 % of the requests and syncs fail, queries and endpoints take 5 s, memory is at 95 %.
do $$ begin
perform telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', e.name, 'event_ts', e.at, 'payload', e.payload)))
  from (select t as at, n, t >= '2023-07-04 10:00Z' and t < '2023-07-04 10:20Z' as is_bad from generate_series(timestamptz '2023-07-04 09:00Z', '2023-07-04 11:00Z', '5 seconds') with ordinality g (t, n)) g,
       lateral (values
        ('api_request_completed', g.at, jsonb_build_object('endpoint', '/api/lessons', 'method', 'GET', 'status', case when is_bad and n % 5 = 0 then 500 else 200 end, 'duration_ms', case when is_bad then 5000 else 100 end)),
        ('api_response_time', g.at, '{"correlation_id": "c", "service": "api", "level": "info"}'::jsonb || jsonb_build_object('endpoint', '/api/inbox', 'method', 'GET', 'status', case when is_bad and n % 5 = 0 then 500 else 200 end, 'duration_ms', 100)),
        ('database_query_time', g.at, '{"correlation_id": "c", "service": "api", "level": "info"}'::jsonb || jsonb_build_object('operation', 'list_clients', 'duration_ms', case when is_bad then 5000 else 10 end)),
        ('resource_sampled', g.at, jsonb_build_object('instance', 'web-1', 'cpu', 0.2, 'memory', case when is_bad then 0.95 else 0.5 end, 'disk', 0.3, 'active_connections', 5)),
        (case when is_bad and n % 5 = 0 then 'sync_dropped' else 'sync_ok' end, g.at, '{"correlation_id": "c", "service": "api", "level": "info"}'::jsonb || jsonb_build_object('latency_ms', 90, 'attempt', 1) || case when is_bad and n % 5 = 0 then '{"attempt": 5, "error_code": "timeout", "severity": "SEV2", "fingerprint": "ghl"}'::jsonb else '{}' end)
       ) e (name, at, payload);
end $$;
select d.name, b.breakdown_value, array_agg(b.at || ' ' || b.status order by b.at) as transitions
  from definitions d, lateral telemetry.backtest_alert(d.definition, '2023-07-04 09:00Z', '2023-07-04 12:00Z') b
 where not d.is_of_events and d.definition ->> 'kpi' !~ '^exam_prep'
 group by 1, 2 order by 1, 2;
drop view definitions;
select count(telemetry.drop_alert(name)) > 0 as dropped from telemetry.alerts;
