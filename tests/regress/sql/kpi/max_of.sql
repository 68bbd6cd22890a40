-- max_of() and min_of(): the highest and the lowest number of a payload key. `:both` asks rows and timeline, see the book
-- both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
\set ON_ERROR_ROLLBACK on
begin;
select telemetry.register_event(name, '{"promoted_properties": ["ms", "path"]}') from unnest('{answered,failed}'::text[]) name \g /dev/null

-- Nothing: nothing is the highest.
select * from telemetry.max_of('ms', since => '2020-01-01', until => '2020-01-02') :both
select * from telemetry.min_of('ms', since => '2020-01-01', until => '2020-01-02') :both

-- Two tenants; a sampled event; texts, of which one spells a number; numbers with more digits than a double has.
select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('event_name', name, 'event_ts', at, 'sample_rate', rate, 'payload', payload::jsonb, 'tenant_id', tenant))))
  from (values ('answered', '2020-01-01T08:00:00Z', '{"ms": 12.5, "path": "/a"}', null, null), ('answered', '2020-01-01T08:01:00Z', '{"ms": -3, "path": "/b"}', 0.25, null),
               ('answered', '2020-01-01T08:02:00Z', '{"ms": "900", "path": "/a"}', null, null), ('answered', '2020-01-01T08:03:00Z', '{"ms": "long", "path": "/c"}', null, null),
               ('answered', '2020-01-01T08:04:00Z', '{"path": "/a"}', null, null), ('failed', '2020-01-01T08:05:00Z', '{"ms": 5}', null, null),
               ('answered', '2020-01-02T08:00:00Z', '{"ms": 1e30, "path": "/a"}', null, '00000000-0000-4000-8000-0000000000aa'),
               ('answered', '2020-01-02T08:01:00Z', '{"ms": 123456789012345678901234567890.5, "path": "/d"}', null, null), ('answered', '2020-01-02T08:02:00Z', '{"ms": -0.0, "path": "/d"}', null, null)) v (name, at, payload, rate, tenant);
select * from telemetry.max_of('ms', since => '2020-01-01', until => '2020-01-04') :both
select * from telemetry.min_of('ms', since => '2020-01-01', until => '2020-01-04', events => '{answered}') :both
select bucket, value, events from telemetry.max_of('ms', since => '2020-01-01', until => '2020-01-03', tenant => '00000000-0000-4000-8000-0000000000aa') :both
select value, events from telemetry.min_of('ms', since => '2020-01-01', until => '2020-01-02', filter => '{"ms": {"$gt": 0}}') :both
-- A breakdown shows the values with the highest numbers, or the lowest: what has no number comes last.
select breakdown_value, value, events, not_numeric, is_other from telemetry.max_of('ms', since => '2020-01-01', until => '2020-01-02', breakdown => 'path', top_n => 1) :both
select breakdown_value, value, events, not_numeric, is_other from telemetry.min_of('ms', since => '2020-01-01', until => '2020-01-02', breakdown => 'path', top_n => 1) :both
-- A key that is not promoted is read from rows.
select value from telemetry.max_of('seats', since => '2020-01-01', until => '2020-01-02') :both

-- The same as max() and min() over random numbers, by value of another key.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'answered', 'event_ts', timestamptz '2021-01-01Z' + n * interval '9 minutes',
           'payload', jsonb_build_object('ms', (hashint4(n) % 100000) / 100.0, 'path', n % 5))))
  from generate_series(1, 1000) n \g /dev/null
select count(*) as rows, count(*) filter (where h.value is distinct from e.highest or l.value is distinct from e.lowest or h.events <> e.events) as differences
  from telemetry.max_of('ms', since => '2021-01-01', until => '2021-01-08', breakdown => 'path') h
  join telemetry.min_of('ms', since => '2021-01-01', until => '2021-01-08', breakdown => 'path') l using (bucket, breakdown_value)
  join (select date_trunc('day', event_ts) as bucket, payload ->> 'path' as breakdown_value, max((payload ->> 'ms')::float8) as highest, min((payload ->> 'ms')::float8) as lowest, count(*) as events
          from telemetry.events where event_ts >= '2021-01-01' group by 1, 2) e using (bucket, breakdown_value) :both

-- As a KPI.
select telemetry.register_kpi('slowest_answer', '{"kind": "max_of", "parameters": {"payload_key": "ms", "events": ["answered"]}}') \g /dev/null
select bucket, value from telemetry.kpi('slowest_answer', '2020-01-01', '2020-01-03') :both

select * from telemetry.max_of();
select * from telemetry.min_of('ms', top_n => 0);
rollback;
