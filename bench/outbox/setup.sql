-- What the measurements of bench/outbox share: events, and a courier in SQL whose receiver answers as it is told.
\set ON_ERROR_STOP on
create extension telemetry;
select telemetry.register_event('seen', '{"properties": {"page": {"type": "string"}, "ms": {"type": "number"}}}') \g /dev/null

-- Logs events by imports of 10,000, a second apart; each has its number as ms.
create procedure load(many integer) language plpgsql as $$
begin
    for part in 0..(many - 1) / 10000 loop
        perform telemetry.import_events((select jsonb_agg(jsonb_build_object('event_name', 'seen', 'user_id', md5((n % 5000)::text)::uuid, 'session_id', md5((n % 20000)::text)::uuid,
                    'event_ts', now() - interval '20 days' + (part * 10000 + n) % 1000000 * interval '1 second', 'payload', jsonb_build_object('page', 'pricing', 'ms', part * 10000 + n, 'country', 'NL')))
                  from generate_series(1, least(10000, many - part * 10000)) n));
        commit;
    end loop;
    call telemetry.tick(3600);
end $$;

-- The processor time of this session so far: on a machine that others use too, that is what can be compared.
create function processor_seconds() returns double precision language sql as $$
    select (p[12]::bigint + p[13]::bigint) / 100.0
      from regexp_split_to_array(regexp_replace(pg_read_file('/proc/self/stat'), '^.*\) ', ''), ' ') p $$;

-- Claims and settles until `wanted` events are delivered or nothing is due. What was delivered is in `events`, how long it took in
-- `seconds`.
create procedure drain(destination text, most integer, wanted bigint, inout events bigint, inout deliveries bigint, inout seconds double precision) language plpgsql as $$
declare
    results jsonb;
    taken bigint;
    begun constant timestamptz := clock_timestamp();
begin
    events := 0;
    deliveries := 0;
    loop
        select jsonb_agg(jsonb_build_object('ticket', c.ticket, 'status_code', 200)), coalesce(sum(coalesce(nullif(split_part(c.ticket, ':', 4), '')::bigint, 1)), 0) into results, taken
          from telemetry.claim_deliveries('bench', most) c;
        exit when results is null;
        events := events + taken;
        deliveries := deliveries + jsonb_array_length(results);
        perform from telemetry.settle_deliveries('bench', results);
        commit;
        exit when events >= wanted;
    end loop;
    seconds := extract(epoch from clock_timestamp() - begun);
end $$;
