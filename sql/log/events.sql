-- The event log: the truth that everything else is derived from. Twin: src/log/events.rs, which validates and writes.
--
-- Only built-in types: a column of an extension's type would go with DROP EXTENSION ... CASCADE. Keys are
-- tenant-first. Four indexes serve every question of the five packs; one more would be paid at every insert.

create function telemetry_private.init_events()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    target regclass;
begin
    if to_regclass('telemetry_private.ingest_id') is null then
        -- CACHE 1: the cursor of derived data needs ids that no session hoards.
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

        comment on table telemetry.events is 'The append-only event log. Written by the logging functions alone: log_event(), try_log_event(), log_events(), import_events(), replay_rejections().';
        comment on column telemetry.events.event_ts is 'Server clock at logging; authoritative.';
        comment on column telemetry.events.ingest_id is 'Order of arrival.';
        comment on column telemetry.events.event_id is 'UUIDv7 made from event_ts, or the id that the caller gave.';
        comment on column telemetry.events.tenant_id is 'Whose event; the nil UUID in a single-tenant installation.';
        comment on column telemetry.events.user_id is 'Who did it.';
        comment on column telemetry.events.session_id is 'In which session.';
        comment on column telemetry.events.subject_id is 'What it is about: question, assignment, trainer, booking.';
        comment on column telemetry.events.client_ts is 'As the client claims: for latency studies, never for business logic.';
        comment on column telemetry.events.seq is 'The client''s sequence number.';
        comment on column telemetry.events.event_version is 'Version of the definition that the event met.';
        comment on column telemetry.events.event_name is 'Name in telemetry.event_types.';
        comment on column telemetry.events.source is 'A label of telemetry.event_source.';
        comment on column telemetry.events.sample_rate is 'Null: every such event was kept; otherwise the probability with which it was kept.';
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
'Validates one event against the taxonomy, stores it at the server''s time and returns its uuid. event_name is required; payload a JSON object, default {}; tenant_id default the caller''s, see current_tenant(); source a label of telemetry.event_source; event_version default the newest active version that the event meets; event_id default a new UUIDv7. NULL equals omitted. An event_id that the caller gives makes a retry harmless: the same event under the same id is stored once, and its id returned. The payload is redacted first, see redact(). NULL is returned where nothing was stored: sampled out, quarantined (with a WARNING), or telemetry.enabled is off. A client_ts out of range and a source that telemetry.event_source has not are left out, with a WARNING. Errors: 22023 unknown event or version, payload too large, too deep or no object; 23514 a key is missing or wrong; 22004 a required argument is null; 23505 another event has this event_id; 42501 not allowed, an ownership check said no, or the tenant is suspended or has used up its events of the day, see set_tenant().';
comment on function telemetry.try_log_event is
'As log_event(), but never raises because of the event or because storage refuses it: it runs in a subtransaction, keeps what was refused in telemetry.rejections, returns NULL, and the caller''s transaction goes on. What cannot even be kept is said in a WARNING. A cancel, a statement_timeout and a shutdown still end the statement. Errors: none of its own; arguments that PostgreSQL cannot read never reach it.';
