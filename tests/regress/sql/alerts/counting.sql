-- Many rules are judged by few readings of the log. Each number is the one that the KPI's own function gives for that range.
\set VERBOSITY terse
set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
select count(telemetry.drop_alert(name)) >= 0 as dropped from telemetry.alerts;
select count(telemetry.register_event(e, '{"promoted_properties": ["endpoint", "ms"]}')) as registered from unnest('{seen,asked,failed}'::text[]) e;
-- 3,000 events of three tenants within two hours: some are sampled, and of some a key is left out that no event promotes.
select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('event_name', ('{seen,asked,failed}'::text[])[1 + n % 3], 'event_ts', timestamptz '2024-09-10 10:00Z' + n * interval '2.4 seconds',
           'tenant_id', telemetry.as_id('t' || n % 7 % 3), 'sample_rate', case when n % 11 = 0 then 0.1 when n % 13 = 0 then 0.3 end,
           'payload', jsonb_strip_nulls(jsonb_build_object('endpoint', '/' || n % 5, 'ms', n % 97, 'plan', case when n % 4 > 0 then 'p' || n % 4 end, 'deep', jsonb_build_object('n', n % 3))))))) as imported
  from generate_series(1, 3000) n;
create table kpis (name text, definition jsonb);
insert into kpis
select k.kind || ' ' || k.nth, jsonb_build_object('name', 'k', 'kind', k.kind, 'parameters', k.parameters, 'is_complement', k.nth % 2 = 0, 'value_column', v.value_columns[1 + k.nth % least(cardinality(v.value_columns), 3)])
  from (select q.*, row_number() over (partition by q.kind order by q.parameters) as nth
          from (select 'event_volume' as kind, e || f as parameters
                  from unnest('{"{\"events\": [\"seen\", \"asked\", \"failed\"]}"}'::jsonb[]) e, unnest('{"{}","{\"filter\": {\"ms\": {\"$gt\": 50}, \"endpoint\": {\"$in\": [\"/1\", \"/2\"]}}}"}'::jsonb[]) f
                 union all
                select 'event_ratio', e || f
                  from unnest('{"{\"numerator\": \"failed\"}","{\"numerator\": \"failed\", \"denominator_events\": [\"failed\", \"asked\"]}","{\"numerator\": \"asked\", \"denominator\": \"asked\", \"numerator_filter\": {\"ms\": {\"$lt\": 30}}}"}'::jsonb[]) e,
                       unnest('{"{}","{\"filter\": {\"plan\": \"p2\"}}","{\"filter\": {\"deep\": {\"n\": 1}}}","{\"filter\": {\"endpoint\": {\"$ne\": \"/3\"}}}"}'::jsonb[]) f
                 union all
                select 'rate_of_errors', e || f
                  from unnest('{"{\"error_events\": [\"failed\"]}","{\"error_events\": [\"failed\"], \"all_events\": [\"failed\", \"asked\"], \"numerator_filter\": {\"endpoint\": \"/4\"}}"}'::jsonb[]) e,
                       unnest('{"{}","{\"filter\": {\"ms\": {\"$gte\": 10, \"$lt\": 20}}}"}'::jsonb[]) f) q) k
  join telemetry.kpi_kinds() v on v.kind = k.kind;
create table answers (source text, per text, tenants text, numbers bigint, unequal bigint);

create function compare(source text) returns void language sql as $$
    with asked as materialized (
        select jsonb_agg(telemetry_private.counted_kpi(k.definition) order by k.name) as kpis, array_agg(k.definition order by k.name) as definitions from kpis k
    ),
    counted as materialized (
        select r.per, r.length, t.tenants, e.ends, c.nth, c.tenant, c.breakdown_value, u.value, u.n, u.place
          from asked a, (values ('15 minutes, which overlap', interval '15 minutes', interval '13 minutes'), ('90 seconds, with gaps', '90 seconds', '49 minutes'), ('hours', '1 hour', '1 hour')) r (per, length, step),
               lateral (select array_agg(t) as ends from generate_series(timestamptz '2024-09-10 10:00Z', '2024-09-10 12:30Z', r.step) t) e,
               (values ('all together', array[null::uuid]), ('one', array[telemetry.as_id('t1')]), ('each', array[telemetry.as_id('t0'), telemetry.as_id('nobody')])) t (tenants, ids),
               lateral telemetry_private.counted_ranges(a.kpis, e.ends, extract(epoch from r.length)::integer, t.ids) c,
               unnest(c.numbers, c.counts) with ordinality u (value, n, place)
    )
    insert into answers
    select source, c.per, c.tenants, count(*), count(*) filter (where x.bucket is null or (x.value, x.n) is distinct from (c.value, c.n))
      from asked a, counted c
      left join lateral telemetry_private.kpi_rows(a.definitions[c.nth], c.ends[c.place] - c.length, c.ends[c.place], 'range', null, null, c.tenant) x on x.breakdown_value is not distinct from c.breakdown_value
     group by c.per, c.tenants
$$;

-- From the rows, from the timeline, and from both.
set telemetry.kpi_source = 'raw';
select compare('rows');
reset telemetry.kpi_source;
call telemetry.tick();
select compare('timeline');
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'failed', 'event_ts', timestamptz '2024-09-10 10:00Z' + n * interval '1 minute', 'tenant_id', telemetry.as_id('t' || n % 4), 'payload', jsonb_build_object('endpoint', '/4', 'ms', n)))) as imported
  from generate_series(1, 100) n;
select compare('timeline and rows');
select * from answers order by source, per, tenants;
select count(*) as kpis, count(*) filter (where telemetry_private.counted_kpi(definition) is not null) as counted from kpis;

-- What is no number of events, what is broken down and what is an error is left to the KPI's function.
select c.nth from telemetry_private.counted_ranges('[{"kind": "event_volume", "parameters": {"events": ["seen"]}}, {"kind": "event_volume", "parameters": {}}, {"kind": "event_volume", "parameters": {"events": ["sene"]}},
    {"kind": "active_users", "parameters": {}}, {"kind": "event_ratio", "parameters": {"numerator": "seen", "breakdown": "endpoint"}}, {"kind": "event_ratio", "parameters": {"numerator": "seen", "filter": {"ms": {"$near": 1}}}}]',
    '{2024-09-10 11:00Z}', 3600, '{NULL}') c;

-- KPIs of many tenants are read together, with those of all.
select k.name, c.counts = e.counts as is_equal, c.counts[1] > 0 as has_events
  from (select jsonb_agg(jsonb_build_object('kind', 'event_volume', 'parameters', jsonb_strip_nulls(jsonb_build_object('events', '["failed"]'::jsonb, 'tenant', t.tenant))) order by t.place) as asked from (select 0 as place, null::uuid as tenant union all select n, telemetry.as_id('t' || n) from generate_series(1, 12) n) t) a,
       lateral telemetry_private.counted_ranges(a.asked, '{2024-09-10 11:00Z}', 3600, '{NULL}') c,
       lateral (select case c.nth when 1 then 'all' else 't' || c.nth - 1 end as name) k,
       lateral (select coalesce(array_agg(v.events), '{0}') as counts from telemetry.event_volume('{failed}', '2024-09-10 10:00Z', '2024-09-10 11:00Z', 'hour', tz => 'UTC', tenant => case when c.nth > 1 then telemetry.as_id(k.name) end) v) e
 order by c.nth;

-- So a thousand rules are one round. One of them fires, one is wrong, the others change nothing.
select count(telemetry.register_kpi('failures_' || n, jsonb_build_object('kind', 'event_ratio', 'target', 0.9, 'target_is', 'at_most', 'parameters', jsonb_build_object('numerator', 'failed', 'filter', jsonb_build_object('endpoint', '/' || n))))) as kpis from generate_series(0, 4) n;
select count(telemetry.register_alert('rule_' || n, jsonb_build_object('kpi', 'failures_' || n % 5, 'within', '15 minutes') || case n when 7 then '{"threshold": 0.2}' else '{}' end::jsonb)) as rules from generate_series(1, 1000) n;
select telemetry.register_kpi('failures_4', '{"target": null, "target_is": null}') as is_new;
update telemetry.alerts set threshold = 0.9, fires = 'above' where kpi = 'failures_4' and name <> 'rule_9';
update telemetry.alert_rounds set evaluated_until = '2024-09-10 10:59Z';
select telemetry.evaluate_alerts('2024-09-10 11:00Z') as made;
select t.alert, t.to_status, round(t.value::numeric, 4) as value, t.n, t.message from telemetry.alert_transitions t where t.alert ~ '^rule_' order by 1;
-- The next minutes change nothing, and write one row.
select telemetry.evaluate_alerts('2024-09-10 11:00:30Z') as made;
rollback;
