-- retention_flags(): who of a cohort came back.
\set SHOW_CONTEXT never
set datestyle = iso;
\set ON_ERROR_ROLLBACK on
begin;
-- ClickHouse's own cases. Of those who came on the 6th, how many came on each day.
create temp table visits (day date, uid integer);
insert into visits select '2018-08-06', n from generate_series(0, 79) n;
insert into visits select '2018-08-07', n from generate_series(0, 49) n;
insert into visits select '2018-08-08', n from generate_series(0, 59) n;
select sum(r[1]) as "80", sum(r[2]) as "50", sum(r[3]) as "60"
  from (select telemetry.retention_flags(day = '2018-08-06', day = '2018-08-07', day = '2018-08-08') as r from visits group by uid) u;
truncate visits;
insert into visits select '2020-01-01', n from generate_series(0, 4) n;
insert into visits select '2020-01-02', n from generate_series(0, 9) n;
insert into visits select '2020-01-03', n from generate_series(0, 14) n;
select sum(r[1]) as "5", sum(r[2]) as "5", sum(r[3]) as "5"
  from (select telemetry.retention_flags(day = '2020-01-01', day = '2020-01-02', day = '2020-01-03') as r from visits group by uid) u;
select uid, telemetry.retention_flags(day = '2020-01-01', day = '2020-01-02', day = '2020-01-03') from visits where uid in (0, 5, 12) group by uid order by uid;
-- It is bool_or() of each condition and of the first one.
create temp table random_rows as select n % 50 as who, abs(hashint4(n)) % 9 as day from generate_series(1, 150) n;
select count(*) as actors, sum(flags[1]) as cohort, count(*) filter (where flags <> expected) as differences
  from (select who, telemetry.retention_flags(day = 1, day = 2, day between 3 and 5, null) as flags,
               array[bool_or(day = 1), bool_or(day = 1) and bool_or(day = 2), bool_or(day = 1) and bool_or(day between 3 and 5), false]::integer[] as expected
          from random_rows group by who) u;
-- As many conditions as may be; rows in any order; states that are merged.
select telemetry.retention_flags(variadic array_fill(true, array[32]));
select telemetry.retention_flags(variadic row) from (values ('{f,t,f}'::boolean[]), ('{t,f,null}')) v (row);
select telemetry.retention_flags_of(telemetry.merge_states(state))
  from (select telemetry.retention_flags_state(day = '2020-01-01', day = '2020-01-02', day = '2020-01-04') as state from visits where uid = 0 group by day) s;
-- Nothing in, nothing out.
select telemetry.retention_flags(true), telemetry.retention_flags_state(true) from visits where false;
select telemetry.retention_flags_of(null);
-- Bad input.
select telemetry.retention_flags(variadic '{}');
select telemetry.retention_flags(variadic null);
select telemetry.retention_flags(variadic array_fill(true, array[33]));
select telemetry.retention_flags(variadic row) from (values ('{t}'::boolean[]), ('{t,t}')) v (row);
select telemetry.retention_flags_of('\x');
select telemetry.retention_flags_of(telemetry.uniq_state(uid)) from visits;
rollback;
