-- uniq_exact() and uniq(): how many different values there are, exactly and about.
\set SHOW_CONTEXT never
set datestyle = iso;
\set ON_ERROR_ROLLBACK on
begin;
set local time zone 'UTC';
-- Values of every type that can be counted; NULL is left out.
select telemetry.uniq_exact(v::smallint), telemetry.uniq_exact(v), telemetry.uniq_exact(v::bigint), telemetry.uniq_exact(v::text), telemetry.uniq_exact(v::varchar),
       telemetry.uniq_exact(date '2026-01-01' + v), telemetry.uniq_exact(timestamptz '2026-01-01' + v * interval '1 s'),
       telemetry.uniq_exact(md5(v::text)::uuid), telemetry.uniq_exact(v::text::bytea)
  from unnest('{1,2,2,null,-3,1}'::int[]) v;
select telemetry.uniq(v::smallint), telemetry.uniq(v), telemetry.uniq(v::bigint), telemetry.uniq(v::text), telemetry.uniq(v::varchar),
       telemetry.uniq(date '2026-01-01' + v), telemetry.uniq(timestamptz '2026-01-01' + v * interval '1 s'),
       telemetry.uniq(md5(v::text)::uuid), telemetry.uniq(v::text::bytea)
  from unnest('{1,2,2,null,-3,1}'::int[]) v;
-- Texts are what their bytes are; a domain counts as what it is made of.
select telemetry.uniq_exact(v) from unnest(array['', 'a', 'A', 'a ', repeat('x', 254), repeat('x', 255), repeat('x', 256), repeat('x', 100000), repeat('x', 100000)]) v;
create domain amount as integer check (value >= 0);
select telemetry.uniq_exact(v::amount), telemetry.uniq(v::amount) from generate_series(1, 7) v;
-- uniq_exact() is count(distinct ...), also where there are many.
select count(*) as groups, count(*) filter (where e <> d) as differences
  from (select n % 7 as g, telemetry.uniq_exact(abs(hashint4(n)) % 5000) as e, count(distinct abs(hashint4(n)) % 5000) as d from generate_series(1, 40000) n group by 1) x;
select telemetry.uniq_exact(md5((n % 30000)::text)::uuid), telemetry.uniq_exact('user ' || n % 30000) from generate_series(1, 60000) n;
-- uniq() is exact up to 1,000 values, and about right above. The same values give the same answer, on every machine.
select n, telemetry.uniq(v % n) as uniq, round(abs(telemetry.uniq(v % n) / n::numeric - 1) * 100, 2) as error_in_percent
  from unnest('{1,999,1000,1001,5000,20000,100000}'::int[]) n, generate_series(1, 100000) v group by n order by n;
select telemetry.uniq('user ' || v), telemetry.uniq(md5(v::text)::uuid) from generate_series(1, 50000) v;
select telemetry.uniq(v order by v desc) = telemetry.uniq(v order by hashint4(v)) as same from generate_series(1, 5000) v;

-- Sketches of days add up to a month, and are the same bytes however they came about.
create temp table days as
    select n % 30 as day, telemetry.uniq_state(n % 4000) as sketch, telemetry.uniq_exact_state(n % 4000) as exact from generate_series(1, 24000) n group by 1;
select telemetry.uniq_of(telemetry.merge_states(sketch)) as about, telemetry.uniq_exact_of(telemetry.merge_states(exact)) as exactly from days;
select telemetry.merge_states(sketch) = (select telemetry.uniq_state(n) from generate_series(0, 3999) n) as same,
       telemetry.merge_states(exact order by day desc) = (select telemetry.uniq_exact_state(n) from generate_series(0, 3999) n) as same from days;
select max(length(sketch)) as a_day, length(telemetry.merge_states(sketch)) as the_month from days;
-- The bytes themselves: a stored state stays readable.
select telemetry.uniq_state(n), telemetry.uniq_exact_state(n) from generate_series(1, 2) n;
select telemetry.uniq_of('\x010401000000000010000000' || substring(telemetry.uniq_state(n) from 13)) from generate_series(1, 2) n;
select telemetry.uniq_exact_of('\x010501000000000018000000000000000000000100000000000000020000000000000001');

-- Nothing in, nothing out.
select telemetry.uniq(n), telemetry.uniq_exact(n), telemetry.uniq_state(n), telemetry.uniq_exact_state(n), telemetry.merge_states(n::text::bytea) from generate_series(1, 0) n;
select telemetry.uniq(null::integer), telemetry.uniq_exact(null::text), telemetry.uniq_state(null::uuid);
select telemetry.uniq_of(null), telemetry.uniq_exact_of(null);
-- Bad input.
select telemetry.uniq(1.5);
select telemetry.uniq_exact(array[1]);
select telemetry.uniq_exact('a'::name);
select telemetry.uniq_of('\x');
select telemetry.uniq_of('\x020401000000000000000000');
select telemetry.uniq_of('\x010401010000000001000000ff');
select telemetry.uniq_exact_of('\x010501000000000003000000010203');
select telemetry.uniq_exact_of('\x010509000000000000000000');
select telemetry.uniq_of(telemetry.uniq_exact_state(1));
select telemetry.merge_states(s) from (select telemetry.uniq_state(1) union all select telemetry.uniq_exact_state(1)) v (s);
select telemetry.merge_states(s) from (select telemetry.uniq_state(1) union all select telemetry.uniq_state('a'::text)) v (s);
select telemetry.merge_states('\x0104');
select telemetry_private.uniq_step(null, 1);
rollback;
