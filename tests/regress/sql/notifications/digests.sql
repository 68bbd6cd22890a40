-- Digests: once a day each destination is told what happened on its local day before.
\set VERBOSITY terse
\set SHOW_CONTEXT never
set datestyle = iso; set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
select count(telemetry.drop_alert(name)) >= 0 as dropped from telemetry.alerts;
create or replace function telemetry_private.outbound_clock() returns timestamptz language sql as $$ select current_setting('book.now')::timestamptz $$;
select telemetry.register_event('call_failed') = 1 as registered;
select telemetry.register_kpi('failed_calls', '{"kind": "event_volume", "parameters": {"events": ["call_failed"]}, "target": 0, "target_is": "at_most"}') as is_new;
select telemetry.register_alert('calls_fail', '{"kpi": "failed_calls", "within": "1 minute", "severity": "sev3"}') as is_new;
-- A call fails each hour of four days, and each time the rule fires for a minute.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'call_failed', 'event_ts', t))) as imported
  from generate_series(timestamptz '2024-03-29 00:30:30Z', '2024-04-01 23:30:30Z', '1 hour') t;
create function pg_temp.tick(at timestamptz) returns void language plpgsql as $$
begin
    perform set_config('book.now', at::text, false);
    perform telemetry.evaluate_alerts(at);
end $$;
create function pg_temp.digests() returns table (told_at timestamptz, destination text, local_date date, firings bigint, first_at text, last_at text, title text) language sql as $$
    select n.at, n.destination_name, n.local_date, (n.message #>> '{data,alerts,0,firings}')::bigint, n.message #>> '{data,alerts,0,first_at}', n.message #>> '{data,alerts,0,last_at}', n.title
      from telemetry.notification_history() n where n.kind = 'digest' order by n.destination_name, n.local_date $$;
update telemetry.alert_rounds set evaluated_until = '2024-03-29 00:00Z';
set book.now = '2024-03-29 00:00Z';
-- The clock goes forward in Berlin on the 31st, so that the day has 23 hours and no 02:30.
select telemetry.register_destination(name, jsonb_build_object('kind', 'webhook', 'url', 'https://example.com/' || name, 'sends', 'alerts', 'digest_at', at, 'tz', tz)) as is_new
  from (values ('berlin', '02:30', 'Europe/Berlin'), ('utc', '09:00', 'UTC'), ('kolkata', '09:00', 'Asia/Kolkata'), ('silent', 'none', 'UTC')) d (name, at, tz);
select count(telemetry.drop_alert(name)) as built_in from telemetry.alerts where name like 'ingestion%';
select count(pg_temp.tick(t)) as ticks from generate_series(timestamptz '2024-03-29 00:35Z', '2024-04-02 12:35Z', '1 hour') t;
select * from pg_temp.digests();
-- Whoever was not looked after for two days gets the digest of each.
update telemetry.notification_positions set digested_until = '2024-03-30' where destination = 'silent';
select telemetry.register_destination('silent', '{"digest_at": "12:00"}') as is_new;
update telemetry.notification_positions set digested_until = '2024-03-30' where destination = 'silent';
select pg_temp.tick('2024-04-02 13:05Z');
select told_at, local_date, title from pg_temp.digests() where destination = 'silent';

-- 25 hours: the clock goes back in New York. It fires all day long, from the day before: that is told each day, worst first.
select telemetry.drop_destination(name) from telemetry.destinations;
select telemetry.register_alert('calls_fail', '{"severity": "sev2"}') as is_new;
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'call_failed', 'event_ts', t))) as imported
  from (select generate_series(timestamptz '2023-11-04 20:00:30Z', '2023-11-06 02:00:30Z', '1 minute')
         union all select generate_series(timestamptz '2023-11-06 12:00:30Z', '2023-11-06 12:10:30Z', '2 minutes')) e (t);
update telemetry.alert_rounds set evaluated_until = '2023-11-04 12:00Z';
set book.now = '2023-11-04 12:00Z';
select telemetry.register_destination('york', '{"kind": "webhook", "url": "https://example.com/york", "sends": "alerts", "tz": "America/New_York"}') as is_new;
select count(pg_temp.tick(t)) as ticks from generate_series(timestamptz '2023-11-04 12:05Z', '2023-11-07 15:05Z', '1 hour') t;
select local_date, title, told_at from pg_temp.digests() where destination = 'york';
select message #> '{data,alerts,0}' as alert from telemetry.notification_history() where kind = 'digest' and local_date = '2023-11-05';
select extract(epoch from ('2023-11-06'::timestamp at time zone 'America/New_York') - ('2023-11-05'::timestamp at time zone 'America/New_York')) / 3600 as hours;
-- Nothing happened: no message. Another tick, the same day: none.
select pg_temp.tick('2023-11-08 14:05Z'), pg_temp.tick('2023-11-08 14:05:30Z');
select count(*) as digests from pg_temp.digests() where destination = 'york';
-- A digest is made once, whoever makes it.
insert into telemetry.notifications (notification_id, made_at, destination, tenant_id, kind, body, local_date) select gen_random_uuid(), made_at, destination, tenant_id, kind, body, local_date from telemetry.notifications where kind = 'digest' limit 1;
-- When it is due where the day does not have that time, has it twice, or does not exist.
select d as day, telemetry_private.digest_due_at(jsonb_populate_record(null::telemetry_private.destination, jsonb_build_object('digest_at', at, 'tz', tz)), d) as due_at
  from (values (date '2018-11-03', '00:00', 'America/Sao_Paulo'), ('2024-03-30', '02:30', 'Europe/Berlin'), ('2024-10-26', '02:30', 'Europe/Berlin'), ('2024-10-05', '02:15', 'Australia/Lord_Howe'), ('2011-12-29', '09:00', 'Pacific/Apia')) v (d, at, tz);
rollback;
