-- Bad input: a SQLSTATE that a web client sees as 4xx, a message that names the event and the key but never a value,
-- and a hint with the next step. The canary 'hunter2' stands where callers put secrets.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
begin;
set local time zone 'UTC';
select telemetry.register_event('order_placed', '{"required_keys": ["total"], "properties": {"total": {"type": "number"}, "note": {"type": "string", "maxLength": 5}, "kind": {"enum": ["a", "b"]}}, "payload_limit": 200}');
select telemetry.register_event('old_event');
select telemetry.deprecate_event('old_event', 'order_placed');

create function pg_temp.outcome(call text, out code text, out message text, out hint text, out detail text) language plpgsql as $$
begin
    execute 'select ' || call;
    code := '00000';
exception when others then
    get stacked diagnostics code = returned_sqlstate, message = message_text, hint = pg_exception_hint, detail = pg_exception_detail;
end $$;

create temp table attempts (place serial, attempt text, call text);
insert into attempts (attempt, call) values
    ('no name', $$telemetry.log_event(null)$$),
    ('unknown event', $$telemetry.log_event('oder_placed', '{"total": 1}')$$),
    ('unknown event, 1 MB name', $$telemetry.log_event(repeat('hunter2', 150000))$$),
    ('deprecated event', $$telemetry.log_event('old_event')$$),
    ('missing key', $$telemetry.log_event('order_placed', '{"note": "hunter2"}')$$),
    ('required key null', $$telemetry.log_event('order_placed', '{"total": null}')$$),
    ('wrong type', $$telemetry.log_event('order_placed', '{"total": "hunter2"}')$$),
    ('NaN as text', $$telemetry.log_event('order_placed', '{"total": "NaN"}')$$),
    ('NaN as a number', $$telemetry.log_event('order_placed', '{"total": NaN}')$$),
    ('NaN through to_jsonb', $$telemetry.log_event('order_placed', jsonb_build_object('total', 'NaN'::float8))$$),
    ('Infinity through to_jsonb', $$telemetry.log_event('order_placed', jsonb_build_object('total', 'Infinity'::float8))$$),
    ('not in the enum', $$telemetry.log_event('order_placed', '{"total": 1, "kind": "hunter2"}')$$),
    ('too long', $$telemetry.log_event('order_placed', '{"total": 1, "note": "hunter2"}')$$),
    ('payload too large', $$telemetry.log_event('order_placed', jsonb_build_object('total', 1, 'x', repeat('hunter2', 100)))$$),
    ('payload of 10 MB', $$telemetry.log_event('order_placed', jsonb_build_object('total', 1, 'x', repeat('hunter2', 1500000)))$$),
    ('nested too deep', $$telemetry.log_event('order_placed', ('{"total": ' || repeat('[', 40) || repeat(']', 40) || '}')::jsonb)$$),
    ('nested 5000 deep', $$telemetry.log_event('order_placed', (repeat('[', 5000) || repeat(']', 5000))::jsonb)$$),
    ('an array', $$telemetry.log_event('order_placed', '["hunter2"]')$$),
    ('a scalar', $$telemetry.log_event('order_placed', '"hunter2"')$$),
    ('JSON null', $$telemetry.log_event('order_placed', 'null')$$),
    ('NUL in text', $$telemetry.log_event('order_placed', '{"total": 1, "note": "\u0000"}')$$),
    ('lone surrogate', $$telemetry.log_event('order_placed', '{"total": 1, "note": "\ud800"}')$$),
    ('broken JSON', $$telemetry.log_event('order_placed', '{"total": ')$$),
    ('bad uuid', $$telemetry.log_event('order_placed', '{"total": 1}', user_id => 'not-a-uuid')$$),
    ('unknown version', $$telemetry.log_event('order_placed', '{"total": 1}', event_version => 9)$$),
    ('version out of range', $$telemetry.log_event('order_placed', '{"total": 1}', event_version => 70000)$$),
    ('negative version', $$telemetry.log_event('order_placed', '{"total": 1}', event_version => -1)$$),
    ('import: no array', $$telemetry.import_events('{"event_name": "order_placed"}')$$),
    ('import: a scalar inside', $$telemetry.import_events('["hunter2"]')$$),
    ('import: no name', $$telemetry.import_events('[{"event_ts": "2020-01-01T00:00:00Z"}]')$$),
    ('import: name is a number', $$telemetry.import_events('[{"event_name": 5, "event_ts": "2020-01-01T00:00:00Z"}]')$$),
    ('import: no time', $$telemetry.import_events('[{"event_name": "order_placed", "payload": {"total": 1}}]')$$),
    ('import: bad time', $$telemetry.import_events('[{"event_name": "order_placed", "event_ts": "hunter2"}]')$$),
    ('import: time without zone', $$telemetry.import_events('[{"event_name": "order_placed", "event_ts": "2020-01-01T00:00:00"}]')$$),
    ('import: future', $$telemetry.import_events('[{"event_name": "order_placed", "event_ts": "2999-01-01T00:00:00Z"}]')$$),
    ('import: before 1970', $$telemetry.import_events('[{"event_name": "order_placed", "event_ts": "1969-12-31T23:59:59Z"}]')$$),
    ('import: bad uuid', $$telemetry.import_events('[{"event_name": "order_placed", "event_ts": "2020-01-01T00:00:00Z", "user_id": "hunter2"}]')$$),
    ('import: id is a number', $$telemetry.import_events('[{"event_name": "order_placed", "event_ts": "2020-01-01T00:00:00Z", "user_id": 7}]')$$),
    ('import: seq is text', $$telemetry.import_events('[{"event_name": "order_placed", "event_ts": "2020-01-01T00:00:00Z", "seq": "1"}]')$$),
    ('import: seq too large', $$telemetry.import_events('[{"event_name": "order_placed", "event_ts": "2020-01-01T00:00:00Z", "seq": 3000000000}]')$$),
    ('import: rate above 1', $$telemetry.import_events('[{"event_name": "order_placed", "event_ts": "2020-01-01T00:00:00Z", "sample_rate": 1.5}]')$$),
    ('import: unknown argument', $$telemetry.import_events('[{"event_name": "order_placed", "event_ts": "2020-01-01T00:00:00Z", "userid": "x"}]')$$),
    ('import: second one is bad', $$telemetry.import_events('[{"event_name": "order_placed", "event_ts": "2020-01-01T00:00:00Z", "payload": {"total": 1}}, {"event_name": "order_placed", "event_ts": "2020-01-01T00:00:00Z", "payload": {"total": "hunter2"}}]')$$),
    ('unknown pack', $$telemetry.install_pack('payroll')$$),
    ('wrong grain', $$count(*) from telemetry.event_volume(grain => 'fortnight')$$),
    ('wrong grain, active users', $$count(*) from telemetry.active_users(grain => 'fortnight')$$),
    ('unknown time zone', $$count(*) from telemetry.event_volume(tz => 'Mars/Olympus')$$),
    ('unknown time zone, active users', $$count(*) from telemetry.active_users(tz => 'Mars/Olympus')$$),
    ('since = until', $$count(*) from telemetry.event_volume(since => '2026-01-01', until => '2026-01-01')$$),
    ('since > until', $$count(*) from telemetry.active_users(since => '2026-01-02', until => '2026-01-01')$$),
    ('since > until within a rolling day', $$count(*) from telemetry.active_users(since => '2026-01-01 12:00', until => '2026-01-01 11:00', rolling_days => 7)$$),
    ('infinite range', $$count(*) from telemetry.event_volume(since => '-infinity', until => '2026-01-01')$$),
    ('infinite first event', $$count(*) from telemetry.time_buckets(first_event => '-infinity')$$),
    ('infinite last event', $$count(*) from telemetry.time_buckets('2026-01-01', last_event => 'infinity')$$),
    ('too many buckets', $$count(*) from telemetry.event_volume(since => '0001-01-01', until => '2026-01-01', grain => 'hour')$$),
    ('rolling by week', $$count(*) from telemetry.active_users(grain => 'week', rolling_days => 7)$$),
    ('rolling 0 days', $$count(*) from telemetry.active_users(rolling_days => 0)$$),
    ('unknown access level', $$telemetry.grant_access('postgres', 'boss')$$),
    ('unknown role', $$telemetry.grant_access('no_such_role', 'writer')$$),
    ('no role', $$telemetry.grant_access(null, 'writer')$$);

\pset format unaligned
\pset fieldsep ' | '
create temp table outcomes as select a.place, a.attempt, o.* from attempts a, lateral pg_temp.outcome(a.call) o;
select attempt, code, message, hint from outcomes order by place;

-- Nothing but 4xx, no value echoed, a hint wherever the error is ours (PostgreSQL itself refuses broken JSON and uuids
-- before any function is called), and nothing was stored.
select attempt from outcomes where code !~ '^(22|23|42)' order by place;
select attempt from outcomes where concat(message, hint, detail) ~ 'hunter2' and attempt !~ '^(unknown event, 1 MB name)$' order by place;
select attempt from outcomes where coalesce(hint, '') = '' order by place;
select count(*) from telemetry.events;
rollback;
