-- How long KPIs take inside the server, as requests of tenants of one size in turn: each a transaction of its own on one
-- connection, and each statement planned anew, as PostgREST's first call of a connection is. Then: what the session keeps of plans. :first and :last rank, :calls.
create or replace procedure in_server(first integer, last integer, calls integer)
language plpgsql
as $$
declare
    name text;
    question text;
    tenants uuid[] := array(select z.tenant_id from size z where z.rank between in_server.first and in_server.last order by z.rank limit 1000);
    taken double precision[];
    began timestamptz;
    -- What the process has run so far, in nanoseconds: on a machine that does other work as well, this is what to compare.
    run constant text := format('/proc/%s/schedstat', pg_backend_pid());
    ran bigint;
begin
    drop table if exists told;
    create temporary table told (place serial, kpi text, p50 numeric, p99 numeric, processor numeric);
    commit;
    foreach name in array '{active_users,funnel,retention,event_ratio,dau_mau,event_volume,top_values,session_stats,percentiles,next_events}'::text[] loop
        question := 'select from telemetry.' || name || case name
            when 'funnel' then $q$('["searched", "opened", "bought"]', '7 days', '2025-01-01', '2026-01-01')$q$
            when 'retention' then $q$('viewed', 'viewed', '2025-01-01', '2026-01-01', 'month')$q$
            when 'event_ratio' then $q$('bought', 'viewed', since => '2025-01-01', until => '2026-01-01', grain => 'week')$q$
            when 'dau_mau' then $q$(since => '2025-01-01', until => '2026-01-01')$q$
            when 'top_values' then $q$('ms', events => '{viewed}', since => '2025-01-01', until => '2026-01-01')$q$
            when 'session_stats' then $q$('2025-01-01', '2026-01-01', 'month')$q$
            when 'percentiles' then $q$('ms', events => '{viewed}', since => '2025-01-01', until => '2026-01-01', grain => 'month')$q$
            when 'next_events' then $q$('{viewed}', since => '2025-01-01', until => '2026-01-01')$q$
            else $q$(since => '2025-01-01', until => '2026-01-01', grain => 'week')$q$ end;
        taken := '{}';
        for n in 1..calls loop
            if n = 1 + calls / 10 then
                ran := split_part(pg_read_file(run, 0, 100), ' ', 1)::bigint;
            end if;
            perform set_config('request.jwt.claims', json_build_object('role', 'authenticated', 'sub', 'ann',
                'app_metadata', json_build_object('tenant_id', tenants[1 + n % cardinality(tenants)]))::text, true);
            set local role authenticated;
            began := clock_timestamp();
            execute question;
            taken := taken || extract(epoch from clock_timestamp() - began)::double precision * 1000;
            commit;
        end loop;
        insert into told (kpi, processor, p50, p99)
        select name, round((split_part(pg_read_file(run, 0, 100), ' ', 1)::bigint - ran) / 1000000.0 / (calls - calls / 10), 3),
               round(percentile_cont(0.5) within group (order by t)::numeric, 3), round(percentile_cont(0.99) within group (order by t)::numeric, 3)
          from unnest(taken[1 + calls / 10:]) t;
        commit;
    end loop;
end
$$;
call in_server(:first, :last, :calls);
select kpi, p50, p99, processor from told order by place;
select count(*) filter (where c.name = 'CachedPlanSource') as statements, round(sum(c.total_bytes) / 1024.0) as kb_of_plans
  from pg_backend_memory_contexts c where c.name in ('CachedPlanSource', 'CachedPlanQuery', 'CachedPlan', 'SPI Plan');
