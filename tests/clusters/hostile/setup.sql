-- What the payloads of payloads.py meet: events with and without rules, in every mode of enforcement.
create extension telemetry;
create schema hostile;
create role authenticated;
select telemetry.grant_access('authenticated', 'writer'), telemetry.grant_access('authenticated', 'analyst') \g /dev/null
create table hostile.event_name (place integer, name text);
insert into hostile.event_name values (0, 'free'), (1, 'typed'), (2, 'schema'), (3, 'strict'), (4, 'warned'), (5, 'apart'), (6, 'guarded'), (7, 'unknown');
select telemetry.register_event(name, case name
           when 'free' then '{}'
           when 'typed' then '{"required_keys": ["n"], "properties": {"n": {"type": "number", "minimum": 0, "maximum": 50}, "text": {"type": "string", "maxLength": 30}, "kind": {"enum": ["a", "b"]}}}'
           when 'schema' then '{"json_schema": {"type": "object", "properties": {"n": {"type": "integer"}, "list": {"type": "array", "items": {"type": "integer"}, "maxItems": 3, "uniqueItems": true}, "text": {"pattern": "^[a-z]+$"}, "deep": {"$ref": "#"}}}}'
           when 'strict' then '{"properties": {"n": {}}, "additional_properties": false, "required_arguments": ["session_id"]}'
           when 'warned' then '{"enforcement": "warn", "required_keys": ["n"]}'
           when 'apart' then '{"enforcement": "quarantine", "required_keys": ["n"]}'
           when 'guarded' then '{"redaction": {"action": "reject", "values": ["email", "card"]}}' end::jsonb)
  from hostile.event_name where name <> 'unknown' \g /dev/null
select telemetry.set_redaction('{"keys": {"kind": "mask"}}', 'free') \g /dev/null

create table hostile.sent (n bigint generated always as identity primary key, given text, event jsonb);
create table hostile.outcome (n bigint, way text, code text, told text);
-- Of each call: milliseconds of processor time, and MB that the session grew by while it ran.
create table hostile.cost (n bigint, way text, ms double precision, mb double precision);
grant usage on schema hostile to authenticated;

-- What PostgreSQL's own parser refuses never reaches a function of telemetry.
create function hostile.parsed(given text) returns jsonb language plpgsql as $$ begin return given::jsonb; exception when others then return null; end $$;

create function hostile.worked() returns double precision language sql as $$ select split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::double precision / 1e6 $$;
create function hostile.memory(kind text) returns double precision language sql as $$
    select (regexp_match(pg_read_file('/proc/self/status'), kind || ':\s+(\d+)'))[1]::double precision / 1024 $$;

create function hostile.try(n bigint, way text, given jsonb, name text) returns void language plpgsql as $$
declare
    began double precision;
    held double precision;
begin
    -- Linux then counts the peak anew.
    copy (select 5) to '/proc/self/clear_refs';
    held := hostile.memory('VmRSS');
    began := hostile.worked();
    perform hostile.attempt(n, way, given, name);
    insert into hostile.cost values (n, way, hostile.worked() - began, hostile.memory('VmHWM') - held);
end $$;

create function hostile.attempt(n bigint, way text, given jsonb, name text) returns void language plpgsql as $$
declare
    code text := '00000';
    message text;
    detail text;
    hint text;
begin
    case way
        when 'log_event' then perform telemetry.log_event(name, given);
        when 'try_log_event' then perform telemetry.try_log_event(name, given);
        when 'event of a batch' then perform telemetry.log_events(jsonb_build_array(given));
        when 'events' then perform telemetry.log_events(given);
        when 'import' then perform telemetry.import_events(jsonb_build_array(given || '{"event_name": "free", "event_ts": "2024-01-01T00:00:00Z"}'));
        when 'redact' then perform telemetry.redact(given);
        when 'filter' then perform telemetry.event_volume(filter => given);
        when 'steps' then perform telemetry.funnel(steps => format('["free", %s]', s.given)) from hostile.sent s where s.n = attempt.n;
        when 'attributes' then perform telemetry.register_event('made', given);
        when 'definition' then perform telemetry.register_kpi('made', given);
        when 'policy' then perform telemetry.set_redaction(given, 'typed');
        when 'replay' then perform telemetry.replay_rejections(given);
        when 'cohort' then perform telemetry.register_cohort('made', given);
        when 'exclude' then perform telemetry.funnel(steps => '["free", "typed"]', exclude => s.given) from hostile.sent s where s.n = attempt.n;
        when 'explain' then perform telemetry.explain_kpi('event_volume', jsonb_build_object('filter', given));
    end case;
    if way in ('attributes', 'definition', 'policy', 'import', 'cohort') then
        raise sqlstate 'UNDO0';
    end if;
exception
    when sqlstate 'UNDO0' then
        insert into hostile.outcome values (n, way, code, '');
    when others then
        get stacked diagnostics code = returned_sqlstate, message = message_text, detail = pg_exception_detail, hint = pg_exception_hint;
        insert into hostile.outcome values (n, way, code, concat_ws(' | ', message, detail, hint));
end $$;

-- A session as a client or as the owner: batch by batch, each a transaction. An empty filter replays all, every time.
create procedure hostile.send(is_client boolean, ways text[], every integer, batches boolean) language plpgsql as $$
declare
    from_n bigint;
begin
    for from_n in select generate_series(0, (select max(s.n) from hostile.sent s), 2000) loop
        if is_client then
            perform set_config('request.jwt.claims', '{"role": "authenticated", "sub": "00000000-0000-4000-8000-000000000001"}', true);
        end if;
        -- A session's first call loads the library, which is no cost of a payload.
        if from_n = 0 then
            perform hostile.attempt(0, w.way, '{}', 'free') from unnest(ways) w (way);
        end if;
        perform hostile.try(s.n, w.way, s.event, e.name)
           from hostile.sent s, unnest(ways) with ordinality w (way, place), hostile.event_name e
          where s.n > from_n and s.n <= from_n + 2000 and s.event is not null and (s.n + w.place) % every = 0 and (w.way, s.event) <> ('replay', '{}') and e.place = s.n % 8;
        if batches then
            perform hostile.try(min(s.n), 'events', jsonb_agg(jsonb_build_object('event_name', e.name, 'payload', s.event)), null)
               from hostile.sent s join hostile.event_name e on e.place = s.n % 8
              where s.n > from_n and s.n <= from_n + 2000 and s.event is not null group by s.n / 50;
        end if;
        commit;
    end loop;
end $$;
