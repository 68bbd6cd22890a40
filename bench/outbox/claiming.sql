-- How many deliveries a second are claimed and settled in SQL alone, by one session: batches of 500 for PostHog, and single
-- webhooks in strict order. Called by run, which says how many events there are.
\set ON_ERROR_STOP on
select telemetry.register_event('seen', '{"properties": {"page": {"type": "string"}, "ms": {"type": "number"}}}') \g /dev/null
select telemetry.register_destination('batches', '{"kind": "posthog", "url": "https://example.com/batch/", "secret_name": "k"}'),
       telemetry.register_destination('singles', '{"kind": "webhook", "url": "https://example.com/hook"}'),
       telemetry.register_destination('small', '{"kind": "posthog", "url": "https://example.com/batch/", "secret_name": "k", "batch_rows": 10}') \g /dev/null
select telemetry.pause_destination(n) from unnest('{batches,singles,small}'::text[]) n \g /dev/null
select set_config('bench.events', :'events', false) \g /dev/null
do $$
begin
    for part in 0..current_setting('bench.events')::integer / 10000 - 1 loop
        perform telemetry.import_events((select jsonb_agg(jsonb_build_object('event_name', 'seen', 'user_id', md5((n % 5000)::text)::uuid, 'session_id', md5((n % 20000)::text)::uuid,
                    'event_ts', now() - interval '20 days' + (part * 10000 + n) * interval '1 second', 'payload', jsonb_build_object('page', 'pricing', 'ms', n, 'country', 'NL')))
                  from generate_series(1, 10000) n));
    end loop;
end $$;
call telemetry.tick(600);
create procedure drain(destination text, most integer, claims integer) language plpgsql as $$
declare
    results jsonb;
    sent bigint := 0;
    bytes bigint := 0;
    events bigint;
    begun constant timestamptz := clock_timestamp();
    seconds double precision;
begin
    perform telemetry.resume_destination(destination);
    select s.counts[2] into events from telemetry.destination_states s where s.destination = drain.destination;
    commit;
    for n in 1..claims loop
        select jsonb_agg(jsonb_build_object('ticket', c.ticket, 'status_code', 200)), bytes + coalesce(sum(octet_length(c.body)), 0) into results, bytes from telemetry.claim_deliveries('bench', most) c;
        exit when results is null;
        sent := sent + jsonb_array_length(results);
        perform from telemetry.settle_deliveries('bench', results);
        commit;
    end loop;
    seconds := extract(epoch from clock_timestamp() - begun);
    select sum(h.deliveries) - events into events from telemetry.delivery_counts h where h.destination = drain.destination and h.outcome = 'events';
    raise notice '%: % deliveries of % events, % MB, in % s: % deliveries/s, % events/s', destination, sent, events, bytes / 1000000, round(seconds::numeric, 2), round(sent / seconds), round(events / seconds);
    perform telemetry.pause_destination(destination);
    commit;
end $$;
call drain('batches', null, 1000000);
call drain('singles', null, 100);
call drain('singles', 1, 500);
