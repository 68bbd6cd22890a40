-- sequence_match(), sequence_count(): chains of rows that match a pattern.
\set SHOW_CONTEXT never
set datestyle = iso;
\set ON_ERROR_ROLLBACK on
\set second 'timestamptz ''2026-01-01'' + interval ''1 second'' *'
begin;
set local time zone 'UTC';

-- ClickHouse's examples: a row that meets none of the conditions is no part of the sequence.
create temp table t (at integer, number integer);
insert into t values (1, 1), (2, 3), (3, 2);
select telemetry.sequence_match('(?1)(?2)', :second at, number = 1, number = 2) as yes,
       telemetry.sequence_match('(?1)(?2)', :second at, number = 1, number = 2, number = 3) as no,
       telemetry.sequence_match('(?1)(?2)', :second at, number = 1, number = 2, number = 4) as yes,
       telemetry.sequence_match('(?1).(?2)', :second at, number = 1, number = 2, number = 3) as yes,
       telemetry.sequence_match('(?1).*(?2)', :second at, number = 1, number = 2, number = 3) as yes,
       telemetry.sequence_match('(?2)(?1)', :second at, number = 1, number = 2) as no
  from t;
insert into t values (4, 1), (5, 3), (6, 2);
select telemetry.sequence_count('(?1).*(?2)', :second at, number = 1, number = 2) as "2",
       telemetry.sequence_count('(?1)(?2)', :second at, number = 1, number = 2, number = 3) as "0",
       telemetry.sequence_count('.', :second at, number = 1, number = 2, number = 3) as "6",
       telemetry.sequence_count('..', :second at, number = 1, number = 2, number = 3) as "3",
       telemetry.sequence_count('(?1).*(?1)', :second at, number = 1) as "1"
  from t;

-- Time between two rows, in seconds.
select condition, telemetry.sequence_match('(?1)(?t' || condition || ')(?2)', :second at, number = 1, number = 2)
  from t, unnest('{<=2,<2,<2.000001,>=5,>5,>4.9,==2,==3,==5,==4}'::text[]) with ordinality c (condition, n) group by condition, c.n order by c.n;
select telemetry.sequence_match('(?1)(?t>=1)(?t<=4)(?2)', :second at, number = 1, number = 2) as yes,
       telemetry.sequence_match('(?1)(?t>2)(?t<5)(?2)', :second at, number = 1, number = 2) as no from t;
-- Rows of one time are in the order of the conditions that they meet, however they come.
select telemetry.sequence_match('(?1)(?2)(?3)', :second 1, number = 1, number = 2, number = 3 order by number desc) as yes,
       telemetry.sequence_match('(?3)(?2)', :second 1, number = 1, number = 2, number = 3) as no from generate_series(1, 3) number;
-- The first chain is the one that begins first, not the shortest one: it takes the rows of 0, 3 and 4.
select telemetry.sequence_count('(?1)(?t>=2)(?2).*(?3)', :second at, kind = 'a', kind = 'b', kind = 'c')
  from (values (0, 'a'), (1, 'a'), (3, 'b'), (4, 'c')) v (at, kind);

-- Against a self-join: who viewed and bought within 60 seconds.
create temp table random_rows as
    select n % 200 as who, :second (abs(hashint4(n)) % 5000) + interval '1 microsecond' * n as at, abs(hashint4(n * 7)) % 4 as page from generate_series(1, 6000) n;
select count(*) as actors, count(*) filter (where matched) as matched, count(*) filter (where matched is distinct from joined) as differences
  from (select who, telemetry.sequence_match('(?1)(?t<=60)(?2)', at, page = 0, page = 1) as matched from random_rows group by who) a
  join (select distinct r.who, exists (
            select from random_rows v join random_rows b on b.who = v.who and b.page = 1 and b.at > v.at and b.at <= v.at + interval '60 s'
             where v.who = r.who and v.page = 0) as joined from random_rows r) b using (who);
-- Neighbours, counted by lag(): every 0 that a 1 follows at once.
select sum(chains) as chains, count(*) filter (where chains <> pairs) as differences
  from (select who, telemetry.sequence_count('(?1)(?2)', at, page = 0, page = 1, page > 1) as chains from random_rows group by who) a
  join (select who, count(*) filter (where page = 1 and before = 0) as pairs
          from (select who, page, lag(page) over (partition by who order by at) as before from random_rows) p group by who) b using (who);
-- A long sequence and a pattern that others give up at: every row may be any of its events.
select telemetry.sequence_count('(?1).*(?1)(?t>5)(?1).*(?1)(?t<=9)(?1).*(?2)', :second n, true, n = 20000) as chains from generate_series(1, 20000) n;

-- Two steps: one state answers any pattern.
select telemetry.sequence_match_of(state, '(?1)(?2)') as matched, telemetry.sequence_count_of(state, '(?1).*(?2)') as chains, length(state) as bytes
  from (select telemetry.sequence_state(:second at, number = 1, number = 2) as state from t) s;
select telemetry.sequence_state(:second at, number = 1, number = 2 order by at desc) = telemetry.sequence_state(:second at, number = 1, number = 2 order by at) as same from t;
select telemetry.sequence_count_of(telemetry.merge_states(state), '(?1).*(?2)')
  from (select telemetry.sequence_state(:second at, number = 1, number = 2) as state from t group by at % 2) s;

-- Nothing in, nothing out.
select telemetry.sequence_match('(?1)', :second at, true), telemetry.sequence_count('(?1)', :second at, true), telemetry.sequence_state(:second at, true) from t where false;
select telemetry.sequence_match('(?1)', null, true), telemetry.sequence_count('.', now(), false, null);
select telemetry.sequence_match_of(null, '(?1)'), telemetry.sequence_count_of(null, '(?1)');

-- Bad input: the message says where.
select telemetry.sequence_match('(?1)(?3)', :second at, number = 1, number = 2) from t;
select telemetry.sequence_match('(?1', :second at, number = 1, number = 2) from t;
select telemetry.sequence_match('(?1) (?2)', :second at, number = 1, number = 2) from t;
select telemetry.sequence_match('(?1)(?t=5)(?2)', :second at, number = 1, number = 2) from t;
select telemetry.sequence_match('(?1)(?t<=)(?2)', :second at, number = 1, number = 2) from t;
select telemetry.sequence_match('(?t<=5)(?2)', :second at, number = 1, number = 2) from t;
select telemetry.sequence_match('(?1)(?t<=5)', :second at, number = 1, number = 2) from t;
select telemetry.sequence_match('', :second at, number = 1, number = 2) from t;
select telemetry.sequence_count(repeat('.', 65), :second at, number = 1, number = 2) from t;
select telemetry.sequence_match(null, :second at, number = 1, number = 2) from t;
select telemetry.sequence_match(case number when 1 then '(?1)' else '(?2)' end, :second at, number = 1, number = 2) from t;
select telemetry.sequence_match('(?1)', '-infinity', true);
select telemetry.sequence_match('(?1)', :second at, variadic array_fill(true, array[33])) from t;
select telemetry.sequence_match_of(null, null);
select telemetry.sequence_match_of('\x01', '(?1)');
select telemetry.sequence_count_of(telemetry.sequence_state(:second at, number = 1), '(?2)') from t;
rollback;
