-- sum_of() and avg_of(): a payload key summed up (revenue). `:both` asks rows and timeline, see the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
\set ON_ERROR_ROLLBACK on
begin;
select telemetry.register_event(name, '{"promoted_properties": ["amount", "plan"]}') from unnest('{paid,refunded}'::text[]) name \g /dev/null

-- Nothing: the sum of nothing is 0, its mean is not known.
select * from telemetry.sum_of('amount');
select * from telemetry.sum_of('amount', since => '2020-01-01', until => '2020-01-02') :both
select * from telemetry.avg_of('amount', since => '2020-01-01', until => '2020-01-02') :both

select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('event_name', name, 'event_ts', at, 'sample_rate', rate, 'payload', payload::jsonb))))
  from (values ('paid', '2020-01-01T08:00:00Z', '{"amount": 0.1, "plan": "pro"}', null), ('paid', '2020-01-01T08:01:00Z', '{"amount": 0.2, "plan": "free"}', null),
               ('refunded', '2020-01-01T09:00:00Z', '{"amount": -0.05, "plan": "pro"}', null),
               ('paid', '2020-01-01T10:00:00Z', '{"amount": "a lot", "plan": "pro"}', null), ('paid', '2020-01-01T10:01:00Z', '{"plan": "pro"}', null),
               ('paid', '2020-01-02T08:00:00Z', '{"amount": 99999999999999999999.5}', null), ('paid', '2020-01-02T08:00:01Z', '{"amount": 1e-30}', null)) v (name, at, payload, rate);
-- Digits are summed, not doubles: 0.1 + 0.2 - 0.05.
select * from telemetry.sum_of('amount', since => '2020-01-01', until => '2020-01-04') :both
select * from telemetry.avg_of('amount', since => '2020-01-01', until => '2020-01-04', events => '{paid}') :both
select breakdown_value, value, events, not_numeric from telemetry.sum_of('amount', since => '2020-01-01', until => '2020-01-02', breakdown => 'plan') :both
select breakdown_value, value, events, not_numeric from telemetry.avg_of('amount', since => '2020-01-01', until => '2020-01-02', breakdown => 'plan', top_n => 1) :both
select value, events from telemetry.sum_of('amount', since => '2020-01-01', until => '2020-01-02', filter => '{"amount": 0.2}') :both

-- A sampled event stands for 1/sample_rate events: 10 of one that was kept with 1/4 is 40.
select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('event_name', 'paid', 'event_ts', '2020-02-01T00:00:00Z', 'user_id', telemetry.as_id(n::text), 'sample_rate', rate, 'payload', jsonb_build_object('amount', amount)))))
  from (values (1, 0.25, '10'::jsonb), (2, null, '5'), (3, 0.5, '"x"')) v (n, rate, amount) \g /dev/null
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'paid', 'event_ts', '2020-02-01T00:00:00Z', 'user_id', telemetry.as_id(n::text), 'sample_rate', 0.25, 'payload', '{"amount": 10}'::jsonb))) from generate_series(1, 200) n \g /dev/null
select s.value = e.sum as sum_is_weighted, a.value = e.sum / e.weight as mean_is_weighted, s.events = round(e.weight) as events_are_weighted
  from (select sum((payload ->> 'amount')::float8 / coalesce(sample_rate, 1)) as sum, sum(1 / coalesce(sample_rate, 1)) as weight
          from telemetry.events where event_ts = '2020-02-01' and jsonb_typeof(payload -> 'amount') = 'number') e,
       telemetry.sum_of('amount', since => '2020-02-01', until => '2020-02-02') s, telemetry.avg_of('amount', since => '2020-02-01', until => '2020-02-02') a :both

-- The same as numeric sums over random cents.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'paid', 'event_ts', timestamptz '2021-01-01Z' + n * interval '9 minutes',
           'payload', jsonb_build_object('amount', (hashint4(n) % 100000) / 100.0))))
  from generate_series(1, 1000) n \g /dev/null
select count(*) as days, count(*) filter (where s.value is distinct from (
           select sum((payload ->> 'amount')::numeric)::float8 from telemetry.events e where e.event_ts >= s.bucket and e.event_ts < s.bucket + interval '1 day')) as differences
  from telemetry.sum_of('amount', since => '2021-01-01', until => '2021-01-07') s :both

select * from telemetry.sum_of();
select * from telemetry.sum_of('amount', top_n => 1001);
select * from telemetry.avg_of('amount', grain => 'fortnight');
rollback;
