set telemetry.kpi_threads = :threads;
\pset fieldsep ': '
select 'events in the log', count(*) from telemetry.events;
select 'GB of rows', round(sum(pg_table_size(i.inhrelid)) / 1e9, 2) from pg_inherits i where i.inhparent = 'telemetry.events'::regclass;
select 'GB of indexes', round(sum(pg_indexes_size(i.inhrelid)) / 1e9, 2) from pg_inherits i where i.inhparent = 'telemetry.events'::regclass;
select 'GB beside the log: ' || c.relname, round(pg_total_relation_size(c.oid) / 1e9, 3)
  from pg_class c where c.relnamespace = 'telemetry'::regnamespace and c.relkind = 'r' and not c.relispartition and pg_total_relation_size(c.oid) > 5e7 order by pg_total_relation_size(c.oid) desc;
select 'events logged a second, made by the same sessions, least and most of a tenth', round(min(large.events() / 10 / seconds)), round(max(large.events() / 10 / seconds)) from large.times where what = 'log';
select 'events taken a second by tick(), least and most of a tenth', round(min(large.events() / 10 / seconds)), round(max(large.events() / 10 / seconds)) from large.times where what = 'tick';

create function pg_temp.median_ms(question text) returns numeric language plpgsql as $$
declare
    began timestamptz;
    times double precision[] := '{}';
begin
    for round in 0 .. 3 loop
        began := clock_timestamp();
        execute 'select count(*) from ' || question;
        times := times || extract(epoch from clock_timestamp() - began)::double precision;
    end loop;
    return (select round((1000 * percentile_cont(0.5) within group (order by t))::numeric, 1) from unnest(times[2:]) t);
end $$;
select 'ms: ' || question, pg_temp.median_ms('telemetry.' || question)
  from unnest(array[
           'event_volume(grain => ''week'')',
           'active_users(grain => ''week'')',
           'active_users(since => ''2025-01-01'', grain => ''month'', breakdown => ''plan'')',
           'funnel(''["page_viewed", "item_added", "paid"]'', within => ''7 days'')',
           'retention(''page_viewed'', ''paid'', grain => ''week'')',
           'sum_of(''amount'', events => ''{paid}'', grain => ''month'')',
           'paths(max_steps => 4)']) question;
select 'MB of a session that asked them', round((regexp_match(pg_read_file('/proc/self/status'), 'VmHWM:\s+(\d+)'))[1]::numeric / 1024);
select 'of these shared with others', round((regexp_match(pg_read_file('/proc/self/status'), 'RssShmem:\s+(\d+)'))[1]::numeric / 1024);
