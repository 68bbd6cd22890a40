-- What claims, destination_status() and metrics() open in a log of :days daily partitions: at a destination of which nobody knows since when the
-- ids above its position were drawn (as all were, once), and at one that has come that far.
\set ON_ERROR_STOP on
set telemetry.partition_interval = 'day';
set telemetry.partitions_back = 10000;
select set_config('bench.days', :'days', false) \g /dev/null
do $$
begin
    for n in 0..current_setting('bench.days')::integer loop
        perform telemetry_private.ensure_partition(now() - n * interval '1 day');
        if n % 100 = 0 then commit; end if;
    end loop;
end $$;
call telemetry.tick(600);
create function opened() returns bigint language sql as $$ select count(*) from pg_locks l where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.relation not in (select 'pg_locks'::regclass) $$;
create procedure look(title text, knows boolean) language plpgsql as $$
declare
    locks bigint[] := '{}';
    times double precision[] := '{}';
    each double precision[];
    began timestamptz;
    results jsonb;
    what text;
begin
    foreach what in array '{claim,settle,destination_status,metrics}'::text[] loop
        each := '{}';
        for round in 1..9 loop
            perform telemetry.log_event('seen');
            commit;
            if not knows then
                update telemetry.destination_states set drawn_since = null, mark_id = null, mark_at = null;
                commit;
            end if;
            began := clock_timestamp();
            case what
                when 'claim' then
                    select jsonb_agg(jsonb_build_object('ticket', c.ticket, 'status_code', 200)) into results from telemetry.claim_deliveries('bench') c;
                when 'settle' then
                    select jsonb_agg(jsonb_build_object('ticket', c.ticket, 'status_code', 200)) into results from telemetry.claim_deliveries('bench') c;
                    commit;
                    began := clock_timestamp();
                    perform from telemetry.settle_deliveries('bench', results);
                    results := null;
                when 'destination_status' then
                    perform from telemetry.destination_status();
                when 'metrics' then
                    perform telemetry.metrics();
            end case;
            each := each || extract(epoch from clock_timestamp() - began)::double precision * 1000;
            if round = 9 then
                locks := locks || opened();
            end if;
            commit;
            if results is not null then
                perform from telemetry.settle_deliveries('bench', results);
                results := null;
                commit;
            end if;
        end loop;
        times := times || (select percentile_cont(0.5) within group (order by m) from unnest(each) m);
    end loop;
    raise notice '%: claim % ms, % locks; settle % ms, % locks; destination_status() % ms, % locks; metrics() % ms, % locks', title,
        round(times[1]::numeric, 2), locks[1], round(times[2]::numeric, 2), locks[2], round(times[3]::numeric, 2), locks[3], round(times[4]::numeric, 2), locks[4];
end $$;
select telemetry.register_destination('crm', '{"kind": "webhook", "url": "https://example.com/hook"}') \g /dev/null
call look('it knows nothing', false);
call look('it knows since when', true);
