-- Sampling: a share of the users, all of their events; and a daily budget, beyond which the share falls.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres;
begin;
select telemetry.register_event('scrolled', '{"sampling_rate": 0.25}');
select accepted, rejected from telemetry.log_events((select jsonb_agg(jsonb_build_object('event_name', 'scrolled', 'user_id', telemetry.as_id('user ' || u), 'seq', n))
                                                       from generate_series(1, 400) u, generate_series(1, 5) n));
-- About a quarter of the users, each with all five events, and the rate beside them: counts can be weighted.
select count(distinct user_id) between 80 and 120 as about_a_quarter, min(events), max(events), min(sample_rate), max(sample_rate)
  from (select user_id, count(*) as events, min(sample_rate) as sample_rate from telemetry.events group by 1) u;
select events, sampled_out, accepted, accepted - sampled_out = (select count(*) from telemetry.events) as adds_up from telemetry.ingestion_calls;
select abs(events - 2000) < 500 as weighted_back from telemetry.event_volume(grain => 'year');

-- The same user again is decided the same way: a retry does not change it.
select accepted from telemetry.log_events((select jsonb_agg(jsonb_build_object('event_name', 'scrolled', 'user_id', telemetry.as_id('user ' || u))) from generate_series(1, 400) u));
select count(distinct events) from (select user_id, count(*) as events from telemetry.events group by 1) u;

-- An import from a source that was sampled itself: the rates multiply.
select telemetry.import_events((select jsonb_agg(jsonb_build_object('event_name', 'scrolled', 'user_id', telemetry.as_id('user ' || u), 'event_ts', '2020-01-01T00:00:00Z', 'sample_rate', 0.5)) from generate_series(1, 400) u)) between 80 and 120 as about_a_quarter;
select distinct sample_rate from telemetry.events where event_ts = '2020-01-01T00:00:00Z';

-- A budget of 100 events a day and tenant: kept in full up to it, then each further quarter halves the rate.
select telemetry.register_event('typed', '{"daily_budget": 100}');
select sum(l.accepted) from generate_series(1, 50) b, lateral telemetry.log_events((select jsonb_agg(jsonb_build_object('event_name', 'typed', 'user_id', telemetry.as_id(format('user %s.%s', b, u)))) from generate_series(1, 100) u)) l;
select sample_rate, count(*) >= 20 as at_least_20 from telemetry.events where event_name = 'typed' group by 1 having coalesce(sample_rate, 1) > 0.1 order by 1 desc nulls first;
select count(*) between 150 and 450 as bounded, abs(sum(1 / coalesce(sample_rate, 1)) - 5000) < 2500 as weighs_about_5000 from telemetry.events where event_name = 'typed';
select event_name, kept between 150 and 450 as bounded, daily_budget, sampling_rate, present_rate < 0.1 as has_fallen from telemetry.sampling_rates();
-- Another tenant has its own budget, another day too.
select telemetry.log_event('typed', tenant_id => '00000000-0000-4000-8000-00000000000b') is not null;
select sample_rate from telemetry.events where tenant_id = '00000000-0000-4000-8000-00000000000b';
select tenant_id, kept, present_rate from telemetry.sampling_rates() where kept = 1;
select * from telemetry.sampling_rates('2001-01-01');
select event_name, sampling_rate, daily_budget from telemetry.event_catalog() where event_name in ('scrolled', 'typed');
rollback;
