-- sequence_next_node(): where actors go behind a chain of events.
\set SHOW_CONTEXT never
set datestyle = iso;
\set ON_ERROR_ROLLBACK on
\set second 'timestamptz ''2026-01-01'' + interval ''1 second'' *'
begin;
set local time zone 'UTC';

-- ClickHouse's examples. Three visitors: Home Gift Exit, Home Home Gift Basket, Gift Home Gift Basket.
create temp table flow (at integer, id integer, page text);
insert into flow values (1, 1, 'Home'), (2, 1, 'Gift'), (3, 1, 'Exit'),
    (1, 2, 'Home'), (2, 2, 'Home'), (3, 2, 'Gift'), (4, 2, 'Basket'),
    (1, 3, 'Gift'), (2, 3, 'Home'), (3, 3, 'Gift'), (4, 3, 'Basket');
select id, telemetry.sequence_next_node('forward', 'head', :second at, page, page = 'Home', page = 'Home', page = 'Gift') as "Exit,,"
  from flow group by id order by id;
select id, telemetry.sequence_next_node('backward', 'tail', :second at, page, page = 'Basket', page = 'Basket', page = 'Gift') as ",Home,Home"
  from flow group by id order by id;
select id, telemetry.sequence_next_node('forward', 'first_match', :second at, page, page = 'Gift', page = 'Gift') as "Exit,Basket,Home"
  from flow group by id order by id;
select id, telemetry.sequence_next_node('forward', 'first_match', :second at, page, page = 'Gift', page = 'Gift', page = 'Home') as ",,Gift"
  from flow group by id order by id;
select id, telemetry.sequence_next_node('backward', 'last_match', :second at, page, page = 'Gift', page = 'Gift') as "Home,Home,Home"
  from flow group by id order by id;
select id, telemetry.sequence_next_node('backward', 'last_match', :second at, page, page = 'Gift', page = 'Gift', page = 'Home') as ",Home,Gift"
  from flow group by id order by id;
-- base_condition chooses the base: the first Home that comes after the second second.
select id, telemetry.sequence_next_node('forward', 'first_match', :second at, page, at >= 2, page = 'Home') as ",Gift,Gift"
  from flow group by id order by id;
-- Rows of one time are in the order of their nodes, NULL first, however they come.
select telemetry.sequence_next_node('forward', 'head', :second 1, page, true, page = 'a' order by page desc) as b from unnest('{c,a,b}'::text[]) page;
select telemetry.sequence_next_node('forward', 'head', :second 1, page, true, page is null) as a from unnest('{a,null}'::text[]) page;
-- A node that is NULL, a row without a time, nothing behind the chain, no row.
select telemetry.sequence_next_node('forward', 'head', :second at, page, true, page = 'a') from (values (1, 'a'), (2, null), (null, 'b')) v (at, page);
select telemetry.sequence_next_node('forward', 'head', :second at, page, true, page = 'Home') from flow where id = 1 and at = 1;
select telemetry.sequence_next_node('forward', 'head', :second at, page, true, page = 'Home') from flow where false;
select telemetry.sequence_next_node('forward', 'head', :second at, page, null, page = 'Home') from flow where id = 1;
-- Against lead(): the page behind the first of a visitor's.
create temp table random_rows as
    select n % 100 as who, :second (abs(hashint4(n)) % 5000) + interval '1 microsecond' * n as at, 'page ' || abs(hashint4(n * 7)) % 4 as page from generate_series(1, 3000) n;
select count(*) as actors, count(next) as nexts, count(*) filter (where next is distinct from led) as differences
  from (select who, telemetry.sequence_next_node('forward', 'first_match', at, page, true, page = 'page 1') as next from random_rows group by who) a
  join (select distinct on (who) who, led from (select who, at, page, lead(page) over (partition by who order by at) as led from random_rows) l
         where page = 'page 1' order by who, at) b using (who);
-- Two steps: one state answers any direction and base.
select telemetry.sequence_next_node_of(state, 'forward', 'first_match') as forward, telemetry.sequence_next_node_of(state, 'backward', 'last_match') as backward
  from (select telemetry.merge_states(state) as state
          from (select telemetry.sequence_next_node_state(:second at, page, true, page = 'Gift') as state from flow where id = 3 group by at % 2) parts) s;

-- Bad input.
select telemetry.sequence_next_node('forwards', 'head', :second at, page, true, page = 'Home') from flow;
select telemetry.sequence_next_node('forward', 'middle', :second at, page, true, page = 'Home') from flow;
select telemetry.sequence_next_node('forward', 'tail', :second at, page, true, page = 'Home') from flow;
select telemetry.sequence_next_node('backward', 'head', :second at, page, true, page = 'Home') from flow;
select telemetry.sequence_next_node(null, 'head', :second at, page, true, page = 'Home') from flow;
select telemetry.sequence_next_node('forward', null, :second at, page, true, page = 'Home') from flow;
select telemetry.sequence_next_node('forward', case at when 1 then 'head' else 'first_match' end, :second at, page, true, page = 'Home') from flow;
select telemetry.sequence_next_node('forward', 'head', :second at, page, true, variadic '{}') from flow;
select telemetry.sequence_next_node('forward', 'head', :second at, page, true, variadic array_fill(true, array[33])) from flow;
select telemetry.sequence_next_node_of('\x0102', 'forward', 'head');
select telemetry.sequence_next_node_of(telemetry.sequence_state(:second at, true), 'forward', 'head') from flow;
rollback;
