-- percentiles(): quantiles of a payload key, exact; percentiles_sketched(): at most 1 % off. `:both` asks rows and
-- timeline, see the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
\set ON_ERROR_ROLLBACK on
begin;
select telemetry.register_event(name, '{"promoted_properties": ["ms", "path"]}') from unnest('{request,query}'::text[]) name \g /dev/null

-- Nothing logged: all time has no bucket; a given range has its buckets, without a value.
select * from telemetry.percentiles('ms');
select * from telemetry.percentiles('ms', '{0.5}', since => '2020-01-01', until => '2020-01-03') :both

select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', name, 'event_ts', at, 'payload', payload::jsonb)))
  from (values ('request', '2020-01-01T08:00:00Z', '{"ms": 10, "path": "/a"}'), ('request', '2020-01-01T08:01:00Z', '{"ms": 20, "path": "/a"}'),
               ('request', '2020-01-01T08:02:00Z', '{"ms": 30.5, "path": "/b"}'), ('query', '2020-01-01T09:00:00Z', '{"ms": 1000, "path": "/b"}'),
               -- A text that is a number is one; a word, a truth value, an object and what no double holds are not; null and no key are neither.
               ('request', '2020-01-01T10:00:00Z', '{"ms": "40", "path": "/c"}'), ('request', '2020-01-01T10:01:00Z', '{"ms": "fast", "path": "/c"}'),
               ('request', '2020-01-01T10:02:00Z', '{"ms": true}'), ('request', '2020-01-01T10:02:30Z', '{"ms": {"p50": 1}}'), ('request', '2020-01-01T10:02:40Z', '{"ms": 1e400}'), ('request', '2020-01-01T10:03:00Z', '{"ms": null}'), ('request', '2020-01-01T10:04:00Z', '{}'),
               ('request', '2020-01-03T00:00:00Z', '{"ms": -5, "path": "$other"}')) v (name, at, payload);

select * from telemetry.percentiles('ms', null, since => '2020-01-01', until => '2020-01-04') :both
select * from telemetry.percentiles('ms', '{0,0.25,1}', since => '2020-01-01', until => '2020-01-02', events => '{request}') :both
select bucket, value, events from telemetry.percentiles('ms', '{0.5}', since => '2020-01-01', until => '2020-01-02', grain => 'hour') where events > 0 :both
-- A filter on a promoted key; one row per breakdown value, the largest first; no value is a group of its own.
select value, events from telemetry.percentiles('ms', '{0.5}', since => '2020-01-01', until => '2020-01-02', filter => '{"ms": 20}') :both
select bucket, breakdown_value, value, events, not_numeric from telemetry.percentiles('ms', '{0.5}', since => '2020-01-01', until => '2020-01-04', breakdown => 'path') :both
-- Too many values: the others together. A value that is spelled like them is a value, see the book other_values.
select breakdown_value, value, events, not_numeric from telemetry.percentiles('ms', '{0.5}', since => '2020-01-01', until => '2020-01-04', grain => 'year', breakdown => 'path', top_n => 1) :both
-- All time, from the first event on.
select min(bucket), sum(events) from telemetry.percentiles('ms', '{0.5}', grain => 'year') :both
select min(bucket), sum(events) from telemetry.percentiles('ms', '{0.5}', grain => 'year', breakdown => 'path') :both

-- The same as percentile_cont over random numbers; the sketch is at most 1 % off the value at that place.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'query', 'event_ts', timestamptz '2021-01-01Z' + n * interval '7 minutes',
           'payload', jsonb_build_object('ms', round(exp(abs(hashint4(n)) % 10000 / 1000.0)::numeric, 3), 'path', '/' || abs(hashint4(n * 3)) % 4))))
  from generate_series(1, 1000) n \g /dev/null
create temp view numbers as select date_trunc('day', event_ts) as bucket, payload ->> 'path' as path, (payload ->> 'ms')::float8 as ms from telemetry.events where event_ts >= '2021-01-01' and event_ts < '2021-01-06';
select count(*) as cells, count(*) filter (where p.value is distinct from (select percentile_cont(p.fraction) within group (order by n.ms) from numbers n where n.bucket = p.bucket)) as differences
  from telemetry.percentiles('ms', '{0,0.1,0.5,0.9,0.95,0.99,1}', since => '2021-01-01', until => '2021-01-06') p :both
select count(*) as cells, count(*) filter (where p.value is distinct from (select percentile_cont(p.fraction) within group (order by n.ms) from numbers n where n.bucket = p.bucket and n.path = p.breakdown_value)) as differences
  from telemetry.percentiles('ms', '{0,0.1,0.5,0.9,0.95,0.99,1}', since => '2021-01-01', until => '2021-01-06', breakdown => 'path') p :both
select count(*) as cells, count(*) filter (where abs(p.value / (select (array_agg(n.ms order by n.ms))[1 + floor(p.fraction * (p.events - 1))::int] from numbers n where n.bucket = p.bucket) - 1) > 0.01) as too_far
  from telemetry.percentiles_sketched('ms', '{0,0.1,0.5,0.9,0.95,0.99,1}', since => '2021-01-01', until => '2021-01-06') p :both
select breakdown_value, round(value::numeric, 6) as value, events from telemetry.percentiles_sketched('ms', '{0.5}', since => '2020-01-01', until => '2020-01-04', grain => 'year', breakdown => 'path', top_n => 2) :both

-- A sketch needs little memory where rows answer, and a sum none; all numbers may need too much.
set local telemetry.kpi_memory = '1MB'; set local telemetry.kpi_source = raw;
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'query', 'event_ts', '2022-01-01T00:00:00Z', 'payload', jsonb_build_object('ms', n)))) from generate_series(1, 140000) n \g /dev/null
select value from telemetry.percentiles('ms', '{0.5}', since => '2022-01-01', until => '2022-01-02');
select round(value) as value, events from telemetry.percentiles_sketched('ms', '{0.5}', since => '2022-01-01', until => '2022-01-02');
select value from telemetry.sum_of('ms', since => '2022-01-01', until => '2022-01-02');
reset telemetry.kpi_memory; reset telemetry.kpi_source;

-- What cannot be answered is an error.
select * from telemetry.percentiles();
select * from telemetry.percentiles('ms', '{}');
select * from telemetry.percentiles('ms', '{0.5,null}');
select * from telemetry.percentiles('ms', '{50}');
select * from telemetry.percentiles('ms', '{nan}');
select * from telemetry.percentiles('ms', top_n => 0);
select * from telemetry.percentiles('ms', grain => 'fortnight');
select * from telemetry.percentiles_sketched('ms', '{0.5}', since => '2020-01-02', until => '2020-01-01');
rollback;
