-- A log of some thousand events of two months, sealed in several steps, with ids that nobody has between them.
create extension telemetry;
alter database :"DBNAME" set telemetry.seals = on;
set telemetry.seals = on;
select telemetry.register_event('note_written') \g /dev/null
select telemetry.register_event('note_read') \g /dev/null
create function pg_temp.fill(first integer, last integer) returns void language plpgsql as $$
begin
    perform telemetry.import_events(jsonb_agg(jsonb_build_object(
        'event_name', case when n % 3 = 0 then 'note_read' else 'note_written' end,
        'event_ts', timestamptz '2024-01-25 00:00Z' + n * interval '7 minutes',
        'event_id', telemetry.as_id('event ' || n),
        'user_id', case when n % 7 > 0 then telemetry.as_id('user ' || n % 50) end,
        'session_id', telemetry.as_id('session ' || n / 10),
        'subject_id', telemetry.as_id('note ' || n % 90),
        'client_ts', timestamptz '2024-01-25 00:00Z' + n * interval '7 minutes',
        'seq', n, 'source', 'backend',
        'payload', jsonb_build_object('length', n, 'tags', jsonb_build_array('a', n % 5, null), 'share', n / 8.0))))
      from generate_series(fill.first, fill.last) n;
    -- A transaction that was rolled back took these.
    perform nextval('telemetry_private.ingest_id') from generate_series(1, 5);
end
$$;
select pg_temp.fill(1, 700) \g /dev/null
call telemetry.tick();
select pg_temp.fill(701, 1400) \g /dev/null
call telemetry.tick();
select pg_temp.fill(1401, :events) \g /dev/null
call telemetry.tick();
call telemetry.tick();
