-- The same while another session holds its snapshot, so that every version of a state stays: tenth by tenth.
\set ON_ERROR_STOP on
create procedure tenths(many bigint) language plpgsql as $$
declare
    events bigint;
    deliveries bigint;
    seconds double precision;
    processor double precision;
    first_rate double precision;
    rate double precision;
    bytes bigint;
begin
    perform telemetry.register_destination('held', '{"kind": "posthog", "url": "https://example.com/batch/", "secret_name": "k", "from": "begin"}');
    commit;
    for tenth in 1..10 loop
        processor := processor_seconds();
        call drain('held', 500, many / 10, events, deliveries, seconds);
        -- By processor time, which others on the machine change little.
        rate := events / (processor_seconds() - processor);
        first_rate := coalesce(first_rate, rate);
        raise notice 'tenth %: % events in % s, % a second, % a second of processor time', tenth, events, round(seconds::numeric, 2), round(events / seconds), round(rate);
    end loop;
    select sum(pg_total_relation_size(c.oid)) into bytes from pg_class c
     where c.relnamespace = 'telemetry'::regnamespace and c.relname in ('outbound_frontier', 'destinations', 'destination_states', 'deliveries', 'delivery_hours');
    raise notice 'the last tenth is % %% of the first; tables of the outbox: % MB', round(100 * rate / first_rate), round(bytes / 1e6, 2);
end $$;
call load(:events);
