-- The receiver is down for seven days, on a clock that is moved by hand. In the end everything is there, in order, but for one dead
-- letter, which is sent again.
\set ON_ERROR_STOP on
create or replace function telemetry_private.outbound_clock() returns timestamptz language sql as $$ select current_setting('bench.now')::timestamptz $$;
set bench.now = '2026-03-01 00:00:00Z';
set telemetry.retry_jitter = 0;
create table delivered (n bigint generated always as identity, after_id bigint, last_id bigint, events integer);
create procedure outage(many bigint, per_second integer) language plpgsql as $$
declare
    begins constant timestamptz := current_setting('bench.now');
    attempts integer := 0;
    claimed record;
    results jsonb;
    due timestamptz;
    began timestamptz;
    drained_from timestamptz;
    seconds double precision;
    sent bigint;
    problem text;
begin
    perform telemetry.register_destination('down', format('{"kind": "posthog", "url": "https://example.com/batch/", "secret_name": "k", "from": "begin", "max_per_second": %s}', per_second)::jsonb);
    commit;
    loop
        select jsonb_agg(jsonb_build_object('ticket', c.ticket, 'status_code', 503)) into results from telemetry.claim_deliveries('bench', 500) c;
        if results is not null then
            attempts := attempts + 1;
            perform from telemetry.settle_deliveries('bench', jsonb_build_array(results -> 0));
        end if;
        commit;
        select s.next_attempt_at into due from telemetry.destination_states s;
        exit when due > begins + interval '7 days';
        perform set_config('bench.now', due::text, false);
    end loop;
    perform set_config('bench.now', due::text, false);
    drained_from := due;
    began := clock_timestamp();
    loop
        sent := 0;
        results := '[]';
        for claimed in select * from telemetry.claim_deliveries('bench', 500) loop
            insert into delivered (after_id, last_id, events)
            select p[2]::bigint, p[3]::bigint, p[4]::integer from string_to_array(claimed.ticket, ':') p;
            results := results || jsonb_build_object('ticket', claimed.ticket, 'status_code', 200);
        end loop;
        exit when results = '[]';
        perform from telemetry.settle_deliveries('bench', results);
        commit;
        select s.next_attempt_at into due from telemetry.destination_states s;
        perform set_config('bench.now', greatest(due, current_setting('bench.now')::timestamptz)::text, false);
    end loop;
    seconds := extract(epoch from clock_timestamp() - began);
    select sum(d.events) into sent from delivered d;
    raise notice '% requests in seven days; then % events in % s, % a second, and % a second by the destination''s clock, of at most %', attempts, sent, round(seconds::numeric, 1), round(sent / seconds),
        round(sent / greatest(extract(epoch from current_setting('bench.now')::timestamptz - drained_from), 1)), per_second;
    problem := concat_ws('; ',
        case when (select count(*) from telemetry.dead_letters) <> 1 then format('%s dead letters', (select count(*) from telemetry.dead_letters)) end,
        case when sent + (select sum(l.events) from telemetry.dead_letters l) <> many then format('%s of %s events', sent + (select sum(l.events) from telemetry.dead_letters l), many) end,
        case when exists (select from (select d.after_id, lag(d.last_id) over (order by d.n) as before from delivered d) o where o.after_id <> o.before) then 'out of order' end);
    if problem <> '' then
        raise exception '%', problem;
    end if;
    perform telemetry.requeue_deliveries('down');
    commit;
    select jsonb_agg(jsonb_build_object('ticket', c.ticket, 'status_code', 200)) into results from telemetry.claim_deliveries('bench', 500) c;
    perform from telemetry.settle_deliveries('bench', results);
    raise notice '1 dead letter, sent again: % waiting; nothing lost, in order', (select s.waiting + s.dead_letters from telemetry.destination_status('down') s);
end $$;
call load(:events);
call outage(:events, 60000);
