-- The receiver refuses whole batches of 500 for one event in each, at every place in turn: each is found, and all others arrive
-- once, in order.
\set ON_ERROR_STOP on
create table delivered (n bigint generated always as identity, after_id bigint, last_id bigint, events integer);
create procedure poison(batches integer) language plpgsql as $$
declare
    claimed record;
    is_refused boolean;
    requests integer := 0;
    most_requests integer := 0;
    here integer;
    batch integer;
    last_batch integer := -1;
    first_id constant bigint := (select min(ingest_id) from telemetry.events);
    problem text;
begin
    perform telemetry.register_destination('picky', '{"kind": "posthog", "url": "https://example.com/batch/", "secret_name": "k", "from": "begin"}');
    commit;
    loop
        select c.ticket, c.body, string_to_array(c.ticket, ':') as part into claimed from telemetry.claim_deliveries('bench', 1) c;
        exit when claimed.ticket is null;
        batch := (claimed.part[2]::bigint + 1 - first_id) / 500;
        here := case when batch = last_batch then here + 1 else 1 end;
        last_batch := batch;
        requests := requests + 1;
        most_requests := greatest(most_requests, here);
        is_refused := claimed.body like format('%%"ms": %s,%%', batch * 500 + batch + 1) or claimed.body like format('%%"ms": %s}%%', batch * 500 + batch + 1);
        if not is_refused then
            insert into delivered (after_id, last_id, events) values (claimed.part[2]::bigint, claimed.part[3]::bigint, claimed.part[4]::integer);
        end if;
        perform telemetry.settle_delivery(claimed.ticket, 'bench', case when is_refused then 400 else 200 end);
        commit;
    end loop;
    problem := concat_ws('; ',
        case when most_requests > 19 then format('%s requests for a batch', most_requests) end,
        case when (select count(*) from telemetry.dead_letters) <> batches or exists (select from telemetry.dead_letters l where l.events <> 1) then format('%s dead letters', (select count(*) from telemetry.dead_letters)) end,
        case when exists (select from telemetry.deliveries x where x.status = 'dead' and (x.last_id - first_id) % 500 <> (x.last_id - first_id) / 500) then 'another event is dead' end,
        case when (select sum(d.events) from delivered d) <> batches * 499 then format('%s events arrived', (select sum(d.events) from delivered d)) end,
        case when exists (select from (select d.after_id, lag(d.last_id) over (order by d.n) as before from delivered d) o where o.after_id < o.before) then 'out of order' end);
    if problem <> '' then
        raise exception '%', problem;
    end if;
    raise notice '% poison events in batches of 500, one at each place: at most % requests for one, % in all; 499 of each batch arrived once, in order', batches, most_requests, requests;
end $$;
call load(:batches * 500);
call poison(:batches);
