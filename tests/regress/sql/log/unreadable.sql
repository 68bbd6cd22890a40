-- What does not cost an event: a client's clock and a source that cannot be read. And the times that an import takes.
\set SHOW_CONTEXT never
set datestyle = iso;
begin;
\set ON_ERROR_ROLLBACK on
set local time zone 'Asia/Kolkata';
select telemetry.register_event('seen');
select telemetry.register_event('from_somewhere', '{"required_arguments": ["source"]}');
\set client '\'{"role": "authenticated", "sub": "00000000-0000-4000-8000-0000000000a1"}\''

select telemetry.log_event('seen', '{"n": 1}', source => 'fridge') is not null as logged;
select telemetry.log_event('seen', '{"n": 2}', client_ts => 'infinity') is not null as logged;
select telemetry.try_log_event('seen', '{"n": 3}', source => 'fridge', client_ts => '-infinity') is not null as logged;
set local client_min_messages = error;
select set_config('request.jwt.claims', :client, true) is not null as request;
select accepted, rejected, jsonb_pretty(warnings_sample) as warnings from telemetry.log_events('[
    {"event_name": "seen", "payload": {"n": 4}, "client_ts": "yesterday"}, {"event_name": "seen", "payload": {"n": 5}, "client_ts": 1772413200000},
    {"event_name": "seen", "payload": {"n": 6}, "event_ts": "2026-03-02 01:00"}, {"event_name": "seen", "payload": {"n": 7}, "source": "fridge"},
    {"event_name": "seen", "payload": {"n": 8}, "source": "web", "client_ts": "2026-03-02T01:00:00Z"}]', source => 'toaster');
reset request.jwt.claims;
select telemetry.import_events('[{"event_name": "seen", "payload": {"n": 9}, "event_ts": "2026-03-02T01:00:00Z", "client_ts": "soon", "source": "fridge"}]');
reset client_min_messages;
select payload -> 'n' as n, source, client_ts at time zone 'UTC' as client_ts from telemetry.events order by 1;
-- Where a definition asks for a source, one that nobody knows is none.
select telemetry.log_event('from_somewhere', source => 'fridge');

-- Every form with date, time and offset that PostgreSQL prints, or reads whatever the session's zone, is the time that it reads.
create temp table given (form text);
insert into given select to_char(t at time zone 'UTC', f) || z
  from (values (timestamptz '2026-03-02 01:00:00.25Z')) v (t), unnest('{+00,+00:00,+0000,Z, UTC, GMT, +00}'::text[]) z,
       unnest('{YYYY-MM-DD HH24:MI:SS.US,"YYYY-MM-DD\"T\"HH24:MI:SS",YYYY-MM-DD HH24:MI,YYYY/MM/DD HH24:MI:SS,"YYYYMMDD\"T\"HH24MISS","Dy Mon DD HH24:MI:SS YYYY ","Dy, DD Mon YYYY HH24:MI:SS ",DD-Mon-YYYY HH24:MI:SS}'::text[]) f;
do $$
declare z text; s text;
begin
    foreach z in array '{UTC,Asia/Kolkata,America/St_Johns,Asia/Kathmandu}'::text[] loop
        perform set_config('timezone', z, true);
        insert into given values (timestamptz '2026-03-02 01:00:00Z'::text), (timestamptz '2001-09-09 01:46:40.123456Z'::text), (to_json(timestamptz '2026-03-02 01:00:00Z') #>> '{}');
    end loop;
    -- Whose offset has seconds.
    perform set_config('timezone', 'Africa/Monrovia', true);
    insert into given values (timestamptz '1971-06-01 00:00:00Z'::text);
    perform set_config('timezone', 'Asia/Kolkata', true);
end $$;
select count(*) > 60 as forms, telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'seen', 'event_ts', form, 'payload', jsonb_build_object('form', form)))) = count(*) as imported from given;
select payload ->> 'form' as form, event_ts from telemetry.events where payload ? 'form' and event_ts <> (payload ->> 'form')::timestamptz;
select telemetry.import_events('[{"event_name": "seen", "event_ts": "2026-03-02 01:00:00"}]');
select telemetry.import_events('[{"event_name": "seen", "event_ts": "03/02/2026 01:00:00 UTC"}]');
select telemetry.import_events('[{"event_name": "seen", "event_ts": "2026-03-02 01:00:00 CET"}]');
rollback;
