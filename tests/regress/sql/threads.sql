-- A KPI that follows each actor may have several threads. Its answer is the same with any number of them.
\set SHOW_CONTEXT never
set datestyle = iso; set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
select telemetry.register_event(name, '{"promoted_properties": ["plan"]}') from unnest('{seen,tried,paid}'::text[]) name \g /dev/null
-- 300 users, 9,000 events within some days. Every third second has events of several names, so that arrivals decide.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', (array['seen', 'tried', 'paid'])[1 + n * 7 % 11 % 3], 'user_id', telemetry.as_id('u' || n % 300),
                                                            'event_ts', timestamptz '2024-03-01Z' + n / 900 * interval '7 hours' + n / 300 % 3 * interval '1 second', 'payload', jsonb_build_object('plan', n % 4))))
  from generate_series(0, 8999) n \g /dev/null
do $$ begin while telemetry.tick_unit() > 0 loop end loop; end $$;
-- Some more above the cursor.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'paid', 'user_id', telemetry.as_id('u' || n), 'event_ts', timestamptz '2024-03-02Z' + n * interval '1 minute')))
  from generate_series(250, 350) n \g /dev/null

-- What a session and a server allow: a quarter of the cores for a call, and as many further threads as there are cores for all.
select name, setting, context from pg_settings where name like 'telemetry.kpi\_threads%' order by 1;
set local telemetry.kpi_threads = 65;
set local telemetry.kpi_threads_total = -2;

-- A small question is answered before a thread would be there: it asks for none but its own.
set local telemetry.kpi_threads = 3;
set local telemetry.kpi_threads_total = 8;
select threads_asked, threads_got from telemetry.explain_kpi('paths', '{"start_event": "seen"}');
-- From how many events on a call asks for some.
set local telemetry.kpi_threads_events = 0;
select threads_asked, threads_got from telemetry.explain_kpi('paths', '{"start_event": "seen"}');
select threads_asked, threads_got from telemetry.explain_kpi('funnel', '{"steps": ["seen", "tried", "paid"], "ordering": "strict"}');
select threads_asked, threads_got from telemetry.explain_kpi('funnel', '{"steps": ["seen", "tried", "paid"]}');
-- What follows no actors asks for none.
select threads_asked, threads_got from telemetry.explain_kpi('active_users');
select threads_asked, threads_got from telemetry.explain_kpi('event_volume');

-- The server has fewer left than are asked for, or none: the call works with what it gets.
set local telemetry.kpi_threads_total = 1;
select threads_asked, threads_got from telemetry.explain_kpi('paths', '{"start_event": "seen"}');
set local telemetry.kpi_threads_total = 0;
select threads_asked, threads_got from telemetry.explain_kpi('paths', '{"start_event": "seen"}');
set local telemetry.kpi_threads_total = 64;

-- The same answers from 1, 2, 3 and 16 threads, from the timeline and from rows.
create function pg_temp.asked(threads integer, source text) returns table (kpi text, rows bigint, digest text) language plpgsql as $$
begin
    perform set_config('telemetry.kpi_threads', threads::text, true), set_config('telemetry.kpi_source', source, true);
    return query
        select 'paths', count(*), md5(string_agg(a::text, chr(10))) from telemetry.paths(start_event => 'seen', since => '2024-03-01', until => '2024-04-01') a union all
        select 'next_events', count(*), md5(string_agg(a::text, chr(10))) from telemetry.next_events(sequence => '{seen}', since => '2024-03-01', until => '2024-04-01') a union all
        select 'funnel', count(*), md5(string_agg(a::text, chr(10))) from telemetry.funnel(steps => '["seen", "tried", "paid"]', ordering => 'strict', within => '1 day', since => '2024-03-01', until => '2024-04-01') a union all
        select 'plain funnel', count(*), md5(string_agg(a::text, chr(10))) from telemetry.funnel(steps => '["seen", "tried", "paid"]', within => '1 day', since => '2024-03-01', until => '2024-04-01') a union all
        select 'funnel by plan', count(*), md5(string_agg(a::text, chr(10))) from telemetry.funnel(steps => '["seen", "tried"]', ordering => 'strict', breakdown => 'plan', since => '2024-03-01', until => '2024-04-01') a union all
        select 'time_between', count(*), md5(string_agg(a::text, chr(10))) from telemetry.time_between(first_event => 'seen', next_event => 'paid', since => '2024-03-01', until => '2024-04-01') a union all
        select 'session_stats', count(*), md5(string_agg(a::text, chr(10))) from telemetry.session_stats(since => '2024-03-01', until => '2024-04-01') a;
end $$;
create temp table answers as
select threads, source, a.* from unnest('{1,2,3,16}'::integer[]) threads, unnest('{auto,raw}'::text[]) source, pg_temp.asked(threads, source) a;
select kpi, count(*) as times, count(distinct digest) as answers, min(rows) > 0 as has_rows from answers group by 1 order by 1;

-- A call that was answered has given its threads back.
set local telemetry.kpi_source = auto;
set local telemetry.kpi_threads = 8;
select count(*) from pg_locks where locktype = 'userlock' and pid = pg_backend_pid();

-- A damaged chunk is told by the call, whichever thread meets it.
savepoint healthy;
set local telemetry_private.derives = on;
update telemetry.timeline_chunks set body = set_byte(body, length(body) / 3, get_byte(body, length(body) / 3) # 1);
do $$
declare
    threads integer;
begin
    foreach threads in array '{1,8}'::integer[] loop
        perform set_config('telemetry.kpi_threads', threads::text, true);
        begin
            perform * from telemetry.funnel(steps => '["seen", "tried", "paid"]', ordering => 'strict', since => '2024-03-01', until => '2024-04-01');
            raise notice 'no error';
        exception
            when data_corrupted then raise notice '%', regexp_replace(sqlerrm, 'chunk \d+', 'chunk N');
        end;
    end loop;
end $$;
select count(*) from pg_locks where locktype = 'userlock' and pid = pg_backend_pid();
rollback to healthy;

-- In a transaction that only reads as well.
savepoint reading;
set local transaction_read_only = on;
select threads_asked, threads_got from telemetry.explain_kpi('paths', '{"start_event": "seen"}');
select count(*) > 0 as answered from telemetry.paths(start_event => 'seen', since => '2024-03-01', until => '2024-04-01');
rollback to reading;

-- How many threads the server has for all is a superuser's to say; whoever asks may ask for fewer or more.
create role asking;
select telemetry.grant_access('asking', 'analyst');
set local role asking;
set local telemetry.kpi_threads_total = 100;
set local telemetry.kpi_threads = 2;
set local telemetry.kpi_threads_events = 0;
select threads_asked, threads_got from telemetry.explain_kpi('paths', '{"start_event": "seen"}');
rollback;
