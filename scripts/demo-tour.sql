-- What the demo shows, in the words of the README's tour.
\pset footer off
\pset border 1
set timezone = 'UTC';

\echo 'Purchases per month:  telemetry.event_volume(grain => ''month'', until => ''1998-07-01'')'
select to_char(bucket, 'Mon YYYY') as month, events as purchases,
       repeat('█', round(40.0 * events / max(events) over ())::integer) as " "
  from telemetry.event_volume(grain => 'month', until => '1998-07-01')
 order by bucket;

\echo 'Active customers per month:  telemetry.active_users(grain => ''month'', until => ''1998-07-01'')'
select to_char(bucket, 'Mon YYYY') as month, actors as customers,
       repeat('█', round(40.0 * actors / max(actors) over ())::integer) as " "
  from telemetry.active_users(grain => 'month', until => '1998-07-01')
 order by bucket;

\echo 'Customers active within 28 days, every fourth Sunday of the last half year:  active_users(rolling_days => 28)'
select to_char(bucket, 'DD Mon YYYY') as day, actors as customers,
       repeat('█', round(40.0 * actors / max(actors) over ())::integer) as " "
  from telemetry.active_users(since => '1998-01-04', until => '1998-07-01', rolling_days => 28)
 where (bucket::date - date '1998-01-04') % 28 = 0
 order by bucket;

\echo 'Orders of ten CDs, by quarter:  event_volume(filter => ''{"cds": 10}'')'
select to_char(bucket, 'YYYY "Q"Q') as quarter, events as orders,
       repeat('█', round(40.0 * events / max(events) over ())::integer) as " "
  from telemetry.event_volume(since => '1997-01-01', until => '1998-07-01', grain => 'quarter', filter => '{"cds": 10}')
 order by bucket;

\echo 'Everything is accounted for:'
select count(*) as events, count(distinct user_id) as customers, sum((payload->>'dollars')::numeric) as dollars,
       count(distinct tableoid) as partitions,
       (select pg_size_pretty(sum(pg_total_relation_size(p.partition))) from telemetry_private.partition_bounds() p) as on_disk
  from telemetry.events;

\echo 'And the log defends itself:'
\set ON_ERROR_STOP off
\set SHOW_CONTEXT never
\echo '=> select telemetry.log_event(''order_placed'', ''{"cds": "many"}'', user_id => telemetry.as_id(''00042''));'
select telemetry.log_event('order_placed', '{"cds": "many"}', user_id => telemetry.as_id('00042'));
\echo '=> update telemetry.events set payload = ''{}'';'
update telemetry.events set payload = '{}';
