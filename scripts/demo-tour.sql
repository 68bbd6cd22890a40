-- What the demo shows, in the words of the README's tour.
\pset footer off
\pset border 1
set timezone = 'UTC';
call telemetry.tick();

\pset tuples_only on
\echo '=> select telemetry.show(''shop'', since => ''1997-01-01'', until => ''1998-07-01'');'
select telemetry.show('shop', since => '1997-01-01', until => '1998-07-01');
\echo '=> select telemetry.show(''regulars'', since => ''1998-01-01'', until => ''1998-07-01'');'
select telemetry.show('regulars', since => '1998-01-01', until => '1998-07-01');
\echo '=> select telemetry.show(''third_order'', since => ''1997-01-01'', until => ''1998-07-01'');'
select telemetry.show('third_order', since => '1997-01-01', until => '1998-07-01');
\echo '=> select telemetry.show(''coming_back'', since => ''1997-01-01'', until => ''1997-07-01'');'
select telemetry.show('coming_back', since => '1997-01-01', until => '1997-07-01');
\pset tuples_only off

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
