-- What is claimed and settled in a second, in SQL alone, by one session.
\set ON_ERROR_STOP on
create procedure measure(title text, definition jsonb, most integer, wanted bigint) language plpgsql as $$
declare
    events bigint;
    deliveries bigint;
    seconds double precision;
    processor constant double precision := processor_seconds();
begin
    perform telemetry.register_destination('measured', definition || '{"url": "https://example.com/hook", "from": "begin"}');
    commit;
    call drain('measured', most, wanted, events, deliveries, seconds);
    raise notice '%: % events in % s, % a second; % us of processor time each', title, events, round(seconds::numeric, 2), round(events / seconds),
        round(((processor_seconds() - processor) / events * 1e6)::numeric, 1);
    perform telemetry.drop_destination('measured');
    commit;
end $$;
call load(:events);
call measure('batches of 500 for PostHog', '{"kind": "posthog", "secret_name": "k"}', 500, :events);
call measure('webhooks, strict', '{"kind": "webhook"}', 500, :events / 4);
call measure('webhooks, by_key', '{"kind": "webhook", "ordering": "by_key", "order_key": "user"}', 500, :events / 4);
call measure('webhooks, one at a time', '{"kind": "webhook"}', 1, 2000);
