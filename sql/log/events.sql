-- The event log is the truth that everything else is derived from. Twin: src/log/events.rs, which validates and writes.
--
-- It has only built-in types, because DROP EXTENSION ... CASCADE would drop a column of an extension's type. Its keys
-- begin with the tenant. Beside the key four indexes serve every question of the five packs; one more would be paid at every insert.
-- The fifth is of events with a correlation_id alone.

create function telemetry_private.init_events()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    target regclass;
begin
    if to_regclass('telemetry_private.ingest_id') is null then
        -- CACHE 1, because the cursor of derived data needs ids that no session hoards.
        create sequence telemetry_private.ingest_id as bigint cache 1;
    end if;

    if to_regclass('telemetry.events') is null then
        create table telemetry.events (
            event_ts      timestamptz not null,
            ingest_id     bigint not null default nextval('telemetry_private.ingest_id'),
            event_id      uuid not null,
            tenant_id     uuid not null,
            user_id       uuid,
            session_id    uuid,
            subject_id    uuid,
            client_ts     timestamptz,
            seq           integer,
            event_version smallint not null default 1,
            event_name    text collate "C" not null,
            source        text,
            sample_rate   real,
            payload       jsonb not null default '{}',
            primary key (tenant_id, event_ts, event_id)
        ) partition by range (event_ts);
        create index events_by_name on telemetry.events (tenant_id, event_name, event_ts);
        create index events_by_user on telemetry.events (user_id, event_ts) where user_id is not null;
        create index events_by_session on telemetry.events (session_id, event_ts) where session_id is not null;
        create index events_by_correlation on telemetry.events (telemetry.correlation_of(payload), event_ts) where telemetry.correlation_of(payload) is not null;

        comment on table telemetry.events is 'The event log, to which rows are only added. Only the logging functions write it: log_event(), try_log_event(), log_events(), import_events() and replay_rejections().';
        comment on column telemetry.events.event_ts is 'The time of the server''s clock when the event was logged; an imported event brings its own. All questions go by it.';
        comment on column telemetry.events.ingest_id is 'A number that grows with each event in the order of arrival.';
        comment on column telemetry.events.event_id is 'The id that the caller gave, or a UUIDv7 made from event_ts.';
        comment on column telemetry.events.tenant_id is 'The tenant whose event it is; the nil UUID in an installation of one tenant.';
        comment on column telemetry.events.user_id is 'The user who did it.';
        comment on column telemetry.events.session_id is 'The session in which it happened.';
        comment on column telemetry.events.subject_id is 'What it is about: for instance a question, an assignment, a trainer or a booking.';
        comment on column telemetry.events.client_ts is 'The time that the client claims. It is for studies of latency, and never for business logic.';
        comment on column telemetry.events.seq is 'The number that the client gave the event.';
        comment on column telemetry.events.event_version is 'The version of the definition that the event met.';
        comment on column telemetry.events.event_name is 'The name of the event in telemetry.event_types.';
        comment on column telemetry.events.source is 'Where the event was emitted: a label of telemetry.event_source.';
        comment on column telemetry.events.sample_rate is 'The probability with which the event was kept. NULL: every such event was kept.';
        comment on column telemetry.events.payload is 'The event''s own data, a JSON object.';
    end if;

    perform telemetry_private.put_back_default('telemetry.events', 'ingest_id', 'telemetry_private.ingest_id');
    perform telemetry_private.protect_table('telemetry.events', false);
    if not exists (select from pg_policy where polrelid = 'telemetry.events'::regclass and polname = 'tenant_reads_own_events') then
        create policy tenant_reads_own_events on telemetry.events for select
            using (tenant_id = (select telemetry.current_tenant()));
    end if;
    for target in select u.partition from telemetry_private.unprotected_partitions() u loop
        perform telemetry_private.protect_partition(target);
    end loop;
    perform telemetry_private.init_partition_template();
    perform telemetry_private.create_partitions();
end
$$;

create function telemetry.log_event(
    event_name text,
    payload jsonb default null,
    user_id uuid default null,
    session_id uuid default null,
    subject_id uuid default null,
    tenant_id uuid default null,
    source text default null,
    client_ts timestamptz default null,
    seq integer default null,
    event_version integer default null,
    event_id uuid default null)
returns uuid
language sql
begin atomic
    select telemetry_private.log_event(event_name, payload, user_id, session_id, subject_id, tenant_id, source, client_ts, seq, event_version, event_id);
end;

create function telemetry.try_log_event(
    event_name text,
    payload jsonb default null,
    user_id uuid default null,
    session_id uuid default null,
    subject_id uuid default null,
    tenant_id uuid default null,
    source text default null,
    client_ts timestamptz default null,
    seq integer default null,
    event_version integer default null,
    event_id uuid default null)
returns uuid
language sql
begin atomic
    select telemetry_private.try_log_event(event_name, payload, user_id, session_id, subject_id, tenant_id, source, client_ts, seq, event_version, event_id);
end;

comment on function telemetry.log_event is
'Logs one event: checks it against the taxonomy, stores it at the server''s time and returns its id.

Arguments
  event_name     the name of an event in telemetry.event_types; required
  payload        the event''s own data, a JSON object; default {}; it is redacted first, see redact()
  user_id        who did it; as_id() makes a uuid of any other id; default NULL; of a client role it
                 is the caller''s own user, whether given or not
  session_id     in which visit it happened; default NULL
  subject_id     what it is about, for instance a booking; default NULL
  tenant_id      the tenant whose event it is; default the caller''s, see current_tenant()
  source         where it was emitted, a label of telemetry.event_source; default NULL
  client_ts      the time by the client''s clock; default NULL
  seq            the number that the client gave the event; default NULL
  event_version  the version of the definition; default the newest active version that the event
                 meets
  event_id       the id under which it is stored; default a new UUIDv7
Returns
  the id of the event; NULL where it was not stored: it was sampled out, it was quarantined (with a
    WARNING), or telemetry.enabled is off
Errors
  22023  an unknown event or version, or a deprecated event; a payload that is too large, too deep
         or no object
  22004  a required argument is NULL
  23514  a payload key is missing or wrong, or a redaction policy refuses what the payload contains
  23505  another event has this event_id
  42501  the caller may not log the event, or not for this tenant or user; an ownership check said
         no; the tenant is suspended or has used up its events of the day, see set_tenant()
Notes
  NULL for an argument means the same as leaving it out.
  An event_id that the caller gives makes a retry harmless: the same event under the same id is
    stored once, and its id is returned again.
  A client_ts that is out of range and a source that telemetry.event_source does not have are left
    out, with a WARNING.
  Where the enforcement of the event is not reject, an event that breaks its rules raises no error:
    see telemetry.enforcement.';
comment on function telemetry.try_log_event is
'Logs one event as log_event() does, but never raises an error because of the event or because
storage refuses it. What was refused is kept in telemetry.rejections, and the caller''s transaction
goes on.

Arguments
  event_name     the name of an event in telemetry.event_types; required
  payload        the event''s own data, a JSON object; default {}
  user_id        who did it; as_id() makes a uuid of any other id; default NULL
  session_id     in which visit it happened; default NULL
  subject_id     what it is about; default NULL
  tenant_id      the tenant whose event it is; default the caller''s
  source         where it was emitted, a label of telemetry.event_source; default NULL
  client_ts      the time by the client''s clock; default NULL
  seq            the number that the client gave the event; default NULL
  event_version  the version of the definition; default the newest active version that the event
                 meets
  event_id       the id under which it is stored; default a new UUIDv7
Returns
  the id of the event; NULL where it was not stored: it was refused, it was sampled out, or
    telemetry.enabled is off
Notes
  It raises no errors of its own. Arguments that PostgreSQL cannot read never reach it.
  It runs in a subtransaction. A cancel, a statement_timeout and a shutdown still end the statement.
  What cannot even be kept is told in a WARNING.
  The arguments mean what they mean in log_event().';
