-- try_log_event(): telemetry never breaks the request that it describes.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres;
begin;
select telemetry.register_event('order_placed', '{"required_keys": ["total"]}');
create table orders (id integer);

-- The order is stored whatever becomes of its event.
insert into orders values (1);
select telemetry.try_log_event('order_placed', '{"total": 7}') is not null as logged;
select telemetry.try_log_event('order_placed', '{"sum": 7}');
select telemetry.try_log_event('order_plcaed');
select telemetry.try_log_event(null);
select telemetry.try_log_event('order_placed', '[7]');
select telemetry.try_log_event('order_placed', '{"total": 7}', source => 'moon') is not null as logged;
select telemetry.try_log_event('order_placed', '{"total": 7}', event_version => 70000);
select count(*) from orders;
select reason, message, event from telemetry.rejections order by rejected_at;

-- Storage that refuses: here by a trigger of the application. Only the SQLSTATE is kept: a message may quote a row.
create function full_disk() returns trigger language plpgsql as $$ begin raise exception 'disk full, row %', new using errcode = '53100'; end $$;
create trigger full_disk before insert on telemetry.events for each row execute function full_disk();
select telemetry.try_log_event('order_placed', '{"total": 7, "card": "4111 1111 1111 1111"}');
select reason, message, event->'payload' as payload from telemetry.rejections order by rejected_at desc limit 1;
drop trigger full_disk on telemetry.events;
select * from telemetry.replay_rejections('{"reason": "storage_error"}');

-- Where even the rejection cannot be stored, a WARNING says so.
create trigger full_disk before insert on telemetry.rejections for each row execute function full_disk();
select telemetry.try_log_event('order_plcaed');
insert into orders values (2);
select count(*) from orders;

-- A cancel and a timeout still end the statement: nobody swallows them.
create function slow_disk() returns trigger language plpgsql as $$ begin perform pg_sleep(60); return new; end $$;
create trigger slow_disk before insert on telemetry.events for each row execute function slow_disk();
set local statement_timeout = '50ms';
select telemetry.try_log_event('order_placed', '{"total": 7}');
rollback;
