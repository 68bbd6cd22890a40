-- Deliveries: what a courier claims, in which form, and what becomes of it. The clock stands still, so that nobody waits.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
set telemetry.retry_jitter = 0;
begin;
\set ON_ERROR_ROLLBACK on
create or replace function telemetry_private.outbound_clock() returns timestamptz language sql as $$ select current_setting('book.now')::timestamptz $$;
create function pg_temp.later(by interval) returns void language sql as $$ select set_config('book.now', (current_setting('book.now')::timestamptz + by)::text, false) $$;
set book.now = '2026-03-01 10:00:00Z';
create function pg_temp.id(n integer) returns uuid language sql as $$ select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid $$;
-- Ids of events count from 1 here, whatever was logged before.
create temp table ids as select case when is_called then last_value else 0 end as before from telemetry_private.ingest_id;
create function pg_temp.shown(ticket text) returns text language sql as $$
    select case when p[2] like 'd%' then p[1] || ':exception'
                else concat_ws(':', p[1], p[2]::bigint - i.before, p[3]::bigint - i.before, p[4]) end
      from string_to_array(ticket, ':') p, ids i $$;
create temp table claimed (n serial, ticket text, delivery_id text, destination text, kind text, url text, secret_name text, order_key text, headers jsonb, body text, attempt integer, timeout_seconds integer, leased_until timestamptz);
-- Claims, and shows of each row what a reader knows it by.
create function pg_temp.claim(worker text default 'w1', most integer default null) returns table (ticket text, order_key text, attempt integer, what text) language sql as $$
    truncate claimed restart identity;
    insert into claimed (ticket, delivery_id, destination, kind, url, secret_name, order_key, headers, body, attempt, timeout_seconds, leased_until)
    select * from telemetry.claim_deliveries(worker, most);
    select pg_temp.shown(c.ticket), c.order_key, c.attempt,
           coalesce(c.body::jsonb #>> '{data,payload,n}', (select string_agg(b #>> '{properties,n}', ',') from jsonb_array_elements(c.body::jsonb -> 'batch') b), c.body)
      from claimed c order by c.n $$;
-- Settles the rows claimed: the statuses in their order, the last one for all others.
create function pg_temp.settle(variadic statuses integer[]) returns table (what text, outcome text) language sql as $$
    select pg_temp.shown(r.ticket), r.outcome
      from telemetry.settle_deliveries('w1', (select jsonb_agg(jsonb_build_object('ticket', c.ticket, 'status_code', statuses[least(c.n, cardinality(statuses))]) order by c.n) from claimed c)) r $$;
create function pg_temp.logged(from_n integer, until_n integer) returns bigint language sql as $$
    select count(telemetry.log_event('seen', jsonb_build_object('n', n), user_id => pg_temp.id(1 + n % 2), event_id => pg_temp.id(100 + n))) from generate_series(from_n, until_n) n $$;
select telemetry.register_event('seen') as registered;

-- One request an event, one after the other. A body is the same bytes at each attempt, whatever the session's settings are.
select telemetry.register_destination('crm', '{"kind": "webhook", "url": "https://example.com/hook", "secret_name": "crm"}');
select pg_temp.logged(1, 3);
select * from pg_temp.claim();
select delivery_id, kind, url, secret_name, headers, timeout_seconds, leased_until from claimed where n = 1;
select regexp_replace(regexp_replace(body, '"(timestamp)":"[-0-9T:.]*Z"', '"\1":"..."'), '"ingest_id":\d+', '"ingest_id":...') from claimed where n = 1;
create temp table first_bodies as select delivery_id, body from claimed;
-- Nobody else gets them, nor the same worker twice; who does not hold the lease settles nothing.
select * from pg_temp.claim('w2');
select outcome from telemetry.settle_deliveries('w2', (select jsonb_agg(jsonb_build_object('ticket', 'crm:0:1:1', 'status_code', 200))));
-- A lease that ran out is another's.
select pg_temp.later('61 seconds');
set datestyle = german; set timezone = 'Asia/Tokyo'; set extra_float_digits = -3;
select * from pg_temp.claim('w1');
set datestyle = iso; set timezone = 'UTC'; reset extra_float_digits;
select count(*) = 3 as bodies_are_equal from claimed c join first_bodies f on (f.delivery_id, f.body) = (c.delivery_id, c.body);
-- The receiver is down: all wait, by the schedule, at which nothing is lost. After the fifth retry one message is given up.
select * from pg_temp.settle(200, 503);
select * from pg_temp.claim();
create temp table waits as select 0 as n, null::text as outcome, null::interval as wait where false;
do $$
begin
    for n in 1..7 loop
        perform set_config('book.now', s.next_attempt_at::text, false) from telemetry.destination_states s;
        perform pg_temp.claim();
        insert into waits select n, (select p.outcome from pg_temp.settle(503) p limit 1);
        update waits set wait = s.next_attempt_at - current_setting('book.now')::timestamptz from telemetry.destination_states s where waits.wait is null;
    end loop;
end $$;
select * from waits order by n;
select delivery_id, attempts, last_status_code, last_error from telemetry.dead_letters;
select name, status, lag_events, waiting, dead_letters, failing_since, next_attempt_at from telemetry.destination_status();
-- A probe that succeeds ends it; the dead letter is sent again under the same id.
select pg_temp.later('6 hours');
select pg_temp.logged(4, 6);
select * from pg_temp.claim();
select * from pg_temp.settle(200);
select telemetry.requeue_deliveries('crm');
select * from pg_temp.claim();
select delivery_id, headers ->> 'telemetry-requeued' as requeued, (select f.body from first_bodies f where f.delivery_id = c.delivery_id) = body as same_body from claimed c where ticket like '%:d%';
select * from pg_temp.settle(200);
select outcome, sum(deliveries) from telemetry.delivery_counts where destination = 'crm' group by 1 order by 1;
-- Retry-After lengthens a wait, and 410 means down at once.
select pg_temp.logged(7, 9);
select * from pg_temp.claim();
select telemetry.settle_delivery(ticket, 'w1', 429, retry_after_seconds => 600), telemetry.settle_delivery(ticket, 'w1', 429) as again from claimed where n = 1;
select next_attempt_at - current_setting('book.now')::timestamptz as wait from telemetry.destination_states;
select pg_temp.later('10 minutes');
select * from pg_temp.claim();
select * from pg_temp.settle(410);
select status, next_attempt_at - current_setting('book.now')::timestamptz as wait from telemetry.destination_states;
-- Resumed by hand; a courier that stops gives back what it did not send; a message that is refused holds the others up.
select telemetry.resume_destination('crm');
select * from pg_temp.claim();
select telemetry.settle_delivery(ticket, 'w1', error => 'unsent') from claimed where n = 1;
select * from pg_temp.claim();
select * from pg_temp.settle(422);
select pg_temp.later('1 minute');
select * from pg_temp.claim();
select * from pg_temp.settle(200);

-- By key: who is refused waits, with what comes behind it, and others go on.
select telemetry.register_destination('crm', '{"order_key": "user"}');
select pg_temp.logged(10, 13);
select ticket, right(order_key, 1) as user_of, attempt, what from pg_temp.claim();
select telemetry.settle_delivery(ticket, 'w1', 400) from claimed where n = 1;
select pg_temp.shown(ticket), telemetry.settle_delivery(ticket, 'w1', 200) from claimed where n > 1;
select status, right(order_key, 1) as user_of, attempts, next_attempt_at - current_setting('book.now')::timestamptz as wait from telemetry.deliveries where status in ('retrying', 'parked') order by number;
select pg_temp.logged(14, 15);
select ticket, right(order_key, 1) as user_of, attempt, what from pg_temp.claim();
select * from pg_temp.settle(200);
select pg_temp.later('1 minute');
select ticket, right(order_key, 1) as user_of, attempt, what from pg_temp.claim();
select * from pg_temp.settle(200);
select ticket, right(order_key, 1) as user_of, attempt, what from pg_temp.claim();
select * from pg_temp.settle(200);
select ticket, right(order_key, 1) as user_of, attempt, what from pg_temp.claim();
select * from pg_temp.settle(200);
select * from pg_temp.claim();
-- What fails while others succeed is poison that does not say so: it waits alone.
select telemetry.register_destination('crm', '{"ordering": "none"}');
select pg_temp.logged(16, 18);
select * from pg_temp.claim();
select * from pg_temp.settle(200, 500, 200);
select status, order_key, attempts from telemetry.deliveries where status in ('retrying', 'parked');
select status, failing_since from telemetry.destination_states;
-- Where all fail together, that is one failure.
select pg_temp.logged(19, 22);
select * from pg_temp.claim();
select * from pg_temp.settle(500);
select failures, status, position < last_id as waits from telemetry.destination_states;
select pg_temp.later('1 minute');
select * from pg_temp.claim();
select * from pg_temp.settle(200);
select telemetry.drop_destination('crm');

-- Batches: a poisonous event is found by halves, and the others are delivered, in order.
select telemetry.register_destination('ph', '{"kind": "posthog", "url": "https://eu.i.posthog.com/batch/", "secret_name": "ph", "batch_rows": 4, "keys": ["n"]}');
select pg_temp.logged(30, 35);
select * from pg_temp.claim();
select regexp_replace(body, '"timestamp":"[-0-9T:.]*Z"', '"timestamp":"..."', 'g') from claimed where n = 2;
select delivery_id = (headers ->> 'webhook-id') and delivery_id ~ '^bat_' as named from claimed where n = 1;
select * from pg_temp.settle(400);
select * from pg_temp.claim();
select * from pg_temp.settle(200, 413);
select * from pg_temp.claim();
select * from pg_temp.settle(400);
select * from pg_temp.claim();
select * from pg_temp.settle(200);
select events, attempts, last_status_code from telemetry.dead_letters where destination = 'ph';
select telemetry.replay_deliveries('ph', '-infinity', 'infinity');
select ticket, attempt, what from pg_temp.claim();
select outcome from pg_temp.settle(200);
-- What is larger than the receiver takes is a dead letter at once.
select telemetry.register_destination('seg', '{"kind": "segment", "url": "https://api.segment.io/v1/batch", "secret_name": "seg", "batch_bytes": 1200}');
select telemetry.drop_destination('ph');
select telemetry.log_event('seen', jsonb_build_object('n', n, 'text', repeat('x', length)), event_id => pg_temp.id(n)) is not null as logged from (values (201, 10), (202, 2000), (203, 300), (204, 300)) v (n, length);
select * from pg_temp.claim();
select regexp_replace(body, '"timestamp":"[-0-9T:.]*Z"', '"timestamp":"..."', 'g') from claimed where n = 1;
select * from pg_temp.settle(200);
select delivery_id, events, attempts, last_error from telemetry.dead_letters;
select telemetry.drop_destination('seg');

-- Messages of the application's own, once by their key, in order by theirs.
select telemetry.register_destination('app', '{"kind": "webhook", "url": "https://example.com/app", "sends": "messages", "ordering": "none"}');
create temp table sent as select telemetry.enqueue('app', '{"contact": 17, "at": "x"}', 'sync 17', 'contact 17') as id;
select telemetry.enqueue('app', '{"at": "x", "contact": 17}', 'sync 17', 'contact 17') = id as same from sent;
select telemetry.enqueue('app', '{"contact": 18}', 'sync 17', 'contact 17');
select telemetry.enqueue('app', '{"contact": 17, "then": true}', order_key => 'contact 17') ~ '^msg_' as named;
select telemetry.test_destination('app') ~ '^ntf_' as named;
select * from pg_temp.claim();
select * from pg_temp.settle(200, 500);
select * from pg_temp.claim();
select * from pg_temp.settle(200);
select telemetry.enqueue('app', '{"at": "x", "contact": 17}', 'sync 17', 'contact 17') = id as known_after_delivery from sent;
select pg_temp.later('1 minute');
select * from pg_temp.claim();
select * from pg_temp.settle(200);
-- What is no message, and no settlement.
create function pg_temp.refused(statement text) returns text language plpgsql as $$
begin
    execute statement;
    return 'taken';
exception when others then
    return concat_ws(' | ', sqlstate, sqlerrm);
end $$;
select pg_temp.refused(s) from unnest(array[
    $$select telemetry.enqueue('app', null)$$, $$select telemetry.enqueue('nobody', '{}')$$, $$select telemetry.enqueue('app', '{}', '')$$, $$select telemetry.enqueue('app', '{}', repeat('k', 256))$$,
    $$select telemetry.enqueue('app', to_jsonb(repeat('k', 1100000)))$$, $$select telemetry.claim_deliveries(null)$$, $$select telemetry.claim_deliveries('')$$, $$select telemetry.claim_deliveries('w', 0)$$,
    $$select telemetry.settle_deliveries(null, '[]')$$, $$select telemetry.settle_deliveries('w', '{}')$$, $$select telemetry.settle_deliveries('w', '[1]')$$, $$select telemetry.settle_deliveries('w', '[{}]')$$,
    $$select telemetry.settle_deliveries('w', '[{"ticket": "app:1", "status_code": 200}]')$$, $$select telemetry.settle_deliveries('w', '[{"ticket": "app:d1", "status_code": "secret"}]')$$, $$select telemetry.settle_delivery(null, 'w', 200)$$,
    $$select telemetry.replay_deliveries('app', null, null)$$, $$select telemetry.replay_deliveries('app', '2026-01-01', '2027-01-01')$$]) s;
select telemetry.test_destination('app') is not null as queued;
select * from pg_temp.claim();
select pg_temp.refused(format('select telemetry.settle_delivery(%L, ''w1'', %s)', ticket, how)) from claimed, unnest(array['600', 'null', '200, ''reset''', 'null, ''moonphase''']) how;
-- Whoever claims little at a time gets from each destination in turn, and of each at times what is not of the log.
select telemetry.drop_destination('app');
select count(telemetry.register_destination(d, '{"kind": "webhook", "url": "https://example.com"}')) from unnest('{a,b}'::text[]) d;
select pg_temp.logged(40, 44);
select telemetry.test_destination('b') is not null as queued;
create procedure pg_temp.one_by_one(n integer) language plpgsql as $$
declare
    c record;
begin
    for i in 1..n loop
        select * into c from telemetry.claim_deliveries('w1', 1);
        raise notice '%: %', c.destination, coalesce(c.body::jsonb #>> '{data,payload,n}', 'test');
        perform telemetry.settle_delivery(c.ticket, 'w1', 200);
        perform pg_temp.later('1 second');
    end loop;
end $$;
call pg_temp.one_by_one(11);
rollback;
