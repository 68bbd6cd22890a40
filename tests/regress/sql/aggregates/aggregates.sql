-- What the aggregates of ClickHouse's names have in common: workers, partial results, privileges.
\set SHOW_CONTEXT never
set datestyle = iso;
\set ON_ERROR_ROLLBACK on
begin;
set local time zone 'UTC';
-- Each has a state that is a bytea, a function that combines two of them, and runs in parallel workers.
select a.aggfnoid::regproc, a.aggtranstype::regtype, a.aggcombinefn, p.proparallel
  from pg_aggregate a join pg_proc p on p.oid = a.aggfnoid where p.pronamespace = 'telemetry'::regnamespace
 order by a.aggfnoid::regproc::text collate "C";

create table public.aggregate_rows (who integer, at timestamptz, page integer, name text);
insert into public.aggregate_rows
    select abs(hashint4(n * 13)) % 300, timestamptz '2026-01-01' + abs(hashint4(n)) % 3000 * interval '1 second', abs(hashint4(n * 7)) % 5,
           case when n % 50 > 0 then 'name ' || abs(hashint4(n * 3)) % 2000 end
      from generate_series(1, 30000) n;
alter table public.aggregate_rows set (parallel_workers = 4);
analyze public.aggregate_rows;
create function pg_temp.answers(rows_of text)
returns table (answer text)
language plpgsql
as $$
begin
    return query execute format($sql$
        select format('%%s|%%s|%%s|%%s|%%s|%%s|%%s|%%s|%%s|%%s',
                   telemetry.window_funnel('5 minutes', at, page = 0, page = 1, page = 2, page < 2),
                   telemetry.window_funnel_strict_increase('5 minutes', at, page = 0, page = 1, page = 2, page < 2),
                   telemetry.window_funnel_strict_order('5 minutes', at, page = 0, page = 1, page = 2, page < 2),
                   telemetry.sequence_match('(?1)(?t>100)(?2)(?3)', at, page = 0, page = 1, page = 2),
                   telemetry.sequence_count('(?1).*(?2)(?t<=60)(?3)', at, page = 0, page = 1, page = 2),
                   telemetry.sequence_next_node('backward', 'last_match', at, name, page > 1, page > 2, page > 0),
                   telemetry.retention_flags(page = 4, page = 0, page = 1),
                   telemetry.uniq(name), telemetry.uniq_exact(name),
                   md5(telemetry.uniq_state(name) || telemetry.uniq_exact_state(name) || telemetry.sequence_state(at, page = 0)
                       || telemetry.sequence_next_node_state(at, name, true, page = 0) || telemetry.retention_flags_state(page = 0)))
          from public.aggregate_rows %s$sql$, rows_of);
end
$$;
create function pg_temp.plan_has(rows_of text, node text)
returns boolean
language plpgsql
as $$
declare
    line text;
begin
    for line in execute 'explain (costs off) select telemetry.window_funnel(''1 day'', at, page = 0), telemetry.uniq(name) from public.aggregate_rows ' || rows_of loop
        if line like '%' || node || '%' then
            return true;
        end if;
    end loop;
    return false;
end
$$;

-- One process first.
set local max_parallel_workers_per_gather = 0;
create temp table alone as select 'all' as rows_of, answer from pg_temp.answers('') union all select 'who', answer from pg_temp.answers('group by who');
-- Workers that each see a part of the rows, whose states the leader combines: the same answers to the byte.
set local max_parallel_workers_per_gather = 4;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
select rows_of, pg_temp.plan_has(rows_of, 'Partial') as has_partial, pg_temp.plan_has(rows_of, 'Gather') as has_workers from unnest('{"",group by who}'::text[]) rows_of;
create temp table together as select 'all' as rows_of, answer from pg_temp.answers('') union all select 'who', answer from pg_temp.answers('group by who');
select rows_of, count(*) as answers, count(distinct answer) as different from alone group by 1 order by 1;
select count(*) as only_alone from (select * from alone except all select * from together) x;
select count(*) as only_together from (select * from together except all select * from alone) x;
-- Sorted groups, and hashed groups that spill to disk.
set local enable_hashagg = off;
select count(*) as differences from (select answer from alone where rows_of = 'who' except all select pg_temp.answers('group by who')) x;
set local enable_hashagg = on;
set local enable_sort = off;
set local max_parallel_workers_per_gather = 0;
set local work_mem = '64kB';
select count(*) as differences from (select answer from alone where rows_of = 'who' except all select pg_temp.answers('group by who')) x;
reset work_mem;
reset enable_sort;
-- Grouping sets keep a state each.
select count(*) as differences from (select answer from alone except all select pg_temp.answers('group by grouping sets ((), (who))')) x;

-- A moving window: a state is made anew for each frame, and none is changed that was answered from.
select n, telemetry.uniq(n % 3) over w, telemetry.uniq_exact(n % 3) over w, telemetry.retention_flags(n = 1, n = 2) over w,
       telemetry.sequence_count('(?1)(?2)', timestamptz '2026-01-01' + n * interval '1 s', n % 2 = 0, n % 2 = 1) over (order by n) as so_far
  from generate_series(1, 6) n window w as (order by n rows between 2 preceding and current row) order by n;

-- A stored state is not changed by whoever merges it.
create temp table stored as select who % 2 as half, telemetry.uniq_exact_state(who) as state from public.aggregate_rows group by 1;
create temp table before as select md5(state) from stored;
select telemetry.uniq_exact_of(telemetry.merge_states(state)), telemetry.uniq_exact_of(telemetry.merge_states(state order by half desc)) from stored;
select count(*) as changed from (select md5(state) from stored except select * from before) x;

-- They are read functions: grant_access() gives them to analysts, who need nothing in the private schema.
create role regress_aggregates_analyst;
select telemetry.grant_access('regress_aggregates_analyst', 'analyst');
grant select on public.aggregate_rows to regress_aggregates_analyst;
set local role regress_aggregates_analyst;
select telemetry.window_funnel('5 minutes', at, page = 0, page = 1), telemetry.uniq_exact(who), telemetry.uniq_of(telemetry.uniq_state(who)) from public.aggregate_rows;
select telemetry_private.finish_state(null);
reset role;
select telemetry.revoke_access('regress_aggregates_analyst');
rollback;
