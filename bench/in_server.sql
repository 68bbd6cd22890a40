-- The cost of one call within the server: 50,000 of each in one PL/pgSQL loop, the rows from the same array.
do $$
declare
    calls constant integer := 50000;
    users uuid[] := array(select user_id from people order by n);
    sessions uuid[] := array(select session_id from people order by n);
    began timestamptz;
    inserted float8;
    logged float8;
begin
    began := clock_timestamp();
    for i in 1..calls loop
        insert into plain (event_ts, event_id, tenant_id, user_id, session_id, seq, event_version, event_name, source, payload)
        values (clock_timestamp(), gen_random_uuid(), '00000000-0000-0000-0000-000000000000', users[1 + i % 10000], sessions[1 + i % 10000], i, 1,
                'ANSWER_CHANGED', 'web', '{"position": 3, "from_index": 1, "to_index": 2}');
    end loop;
    inserted := extract(epoch from clock_timestamp() - began) * 1e6 / calls;
    began := clock_timestamp();
    for i in 1..calls loop
        perform telemetry.log_event('ANSWER_CHANGED', '{"position": 3, "from_index": 1, "to_index": 2}',
                                    users[1 + i % 10000], sessions[1 + i % 10000], null, null, 'web', null, i);
    end loop;
    logged := extract(epoch from clock_timestamp() - began) * 1e6 / calls;
    perform set_config('bench.result', format('%s|%s|%s', inserted, logged, logged / inserted), false);
end $$;
select current_setting('bench.result');
