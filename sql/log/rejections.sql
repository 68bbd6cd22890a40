-- Rejections are events that were refused but kept: log_events() and try_log_event() keep them whatever the reason,
-- log_event() and import_events() where an event's enforcement is `quarantine`. Rows are only added. What became of a
-- rejection by a replay is a row of telemetry.replays. Twin: src/log/rejections.rs.

create function telemetry_private.init_rejections()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.rejections') is null then
        create table telemetry.rejections (
            rejection_id  uuid primary key,
            rejected_at   timestamptz not null,
            tenant_id     uuid not null,
            reason        text not null,
            message       text not null,
            event_name    text collate "C",
            event_version smallint,
            caller        text not null,
            is_client     boolean not null,
            user_id       uuid,
            event         jsonb
        );
        create index rejections_by_time on telemetry.rejections (tenant_id, rejected_at);
        -- By these an erasure finds those of a person. A hash takes what the event says, however long it is.
        create index rejections_by_user on telemetry.rejections using hash (user_id);
        create index rejections_by_event_user on telemetry.rejections using hash ((event ->> 'user_id'));
        comment on table telemetry.rejections is 'Events that were refused and kept, for telemetry.rejection_memory days. Rows are only added. See rejection_summary() and replay_rejections().';
        comment on column telemetry.rejections.rejection_id is 'A UUIDv7. The event gets it as its id when it is replayed, unless it brought one.';
        comment on column telemetry.rejections.rejected_at is 'The time of the server''s clock. The event gets it as its event_ts when it is replayed.';
        comment on column telemetry.rejections.tenant_id is 'The tenant that the event names, where the caller may name it; else the caller''s own.';
        comment on column telemetry.rejections.reason is 'Why the event was refused: a label of telemetry.rejection_reason.';
        comment on column telemetry.rejections.message is 'What log_event() would have said.';
        comment on column telemetry.rejections.event_name is 'The name that the event has, registered or not.';
        comment on column telemetry.rejections.event_version is 'The version of the definition that the event was checked against.';
        comment on column telemetry.rejections.caller is 'The role that logged the event.';
        comment on column telemetry.rejections.is_client is 'Whether the caller was a client role. A replay is held to the same rules.';
        comment on column telemetry.rejections.user_id is 'The caller''s own user, whatever the event claims.';
        comment on column telemetry.rejections.event is 'The redacted event with the names of log_event()''s arguments; where it could not be read, it is as it came, redacted. A payload larger than the event''s payload_limit is left out. So is an element that could not be read, if its payload is that large or all of it has more than that limit and 4096 bytes. "[left out: N bytes]" stands for it.';
    end if;
    if to_regclass('telemetry.replays') is null then
        create table telemetry.replays (
            rejection_id uuid primary key,
            tenant_id    uuid not null,
            replayed_at  timestamptz not null,
            outcome      text not null,
            constraint outcome_is_known check (outcome in ('stored', 'duplicate', 'sampled_out'))
        );
        comment on table telemetry.replays is 'What became of rejections that were replayed, each at most once.';
        comment on column telemetry.replays.outcome is 'stored, sampled_out, or duplicate: its event_id was in the log meanwhile.';
    end if;
    perform telemetry_private.protect_table('telemetry.rejections', false);
    perform telemetry_private.protect_table('telemetry.replays', false);
    if not exists (select from pg_policy where polrelid = 'telemetry.rejections'::regclass and polname = 'tenant_reads_own_rejections') then
        create policy tenant_reads_own_rejections on telemetry.rejections for select
            using (tenant_id = (select telemetry.current_tenant()));
    end if;
    if not exists (select from pg_policy where polrelid = 'telemetry.replays'::regclass and polname = 'tenant_reads_own_replays') then
        create policy tenant_reads_own_replays on telemetry.replays for select
            using (tenant_id = (select telemetry.current_tenant()));
    end if;
end
$$;

create function telemetry.rejection_summary(since timestamptz default null, until timestamptz default null, tenant uuid default null)
returns table (reason text, event_name text, rejections bigint, replayed bigint, first_rejected_at timestamptz, last_rejected_at timestamptz, sample_message text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select r.reason, r.event_name, count(*), count(p.rejection_id), min(r.rejected_at), max(r.rejected_at),
           (array_agg(r.message order by r.rejected_at desc, r.rejection_id))[1]
      from telemetry.rejections r
      left join telemetry.replays p on p.rejection_id = r.rejection_id
     where (rejection_summary.since is null or r.rejected_at >= rejection_summary.since)
       and (rejection_summary.until is null or r.rejected_at < rejection_summary.until)
       and (rejection_summary.tenant is null or r.tenant_id = rejection_summary.tenant)
     group by r.reason, r.event_name
     order by 3 desc, 1, 2
$$;

create function telemetry_private.replay_rejections(filter jsonb, out replayed integer, out duplicates integer, out still_rejected integer)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    known constant text[] := '{rejection_id,reason,event_name,since,until,tenant_id}';
    unknown text;
    last_id uuid := '00000000-0000-0000-0000-000000000000';
    rejections jsonb;
    part record;
begin
    perform telemetry_private.check_definition_size(filter);
    if filter is not null and jsonb_typeof(filter) <> 'object' then
        raise exception 'filter must be a JSON object'
            using errcode = '22023', hint = 'For example: telemetry.replay_rejections(''{"event_name": "lesson_completed"}'').';
    end if;
    select k into unknown from jsonb_object_keys(filter) k where k <> all (known) limit 1;
    if found then
        raise exception 'filter has no key "%"', left(unknown, 63)
            using errcode = '22023', hint = format('The keys are: %s.', array_to_string(known, ', '));
    end if;
    replayed := 0;
    duplicates := 0;
    still_rejected := 0;
    loop
        -- They come in the order of their ids, which is that of time, in parts of 1,000 and about 16 MB, so that memory
        -- stays bounded.
        select jsonb_agg(to_jsonb(r) - 'bytes_before' || jsonb_build_object('rejected_at', to_char(r.rejected_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) order by r.rejection_id),
               max(r.rejection_id::text)::uuid
          into rejections, last_id
          from (select r.*, sum(octet_length(r.event::text)) over (order by r.rejection_id) - octet_length(r.event::text) as bytes_before
                  from telemetry.rejections r
                 where r.rejection_id > last_id
                   and not exists (select from telemetry.replays p where p.rejection_id = r.rejection_id)
                   and (filter->>'rejection_id' is null or r.rejection_id = (filter->>'rejection_id')::uuid)
                   and (filter->>'reason' is null or r.reason = filter->>'reason')
                   and (filter->>'event_name' is null or r.event_name = filter->>'event_name')
                   and (filter->>'tenant_id' is null or r.tenant_id = (filter->>'tenant_id')::uuid)
                   and (filter->>'since' is null or r.rejected_at >= (filter->>'since')::timestamptz)
                   and (filter->>'until' is null or r.rejected_at < (filter->>'until')::timestamptz)
                 order by r.rejection_id
                 limit 1000) r
         where coalesce(r.bytes_before, 0) < 16000000;
        exit when rejections is null;
        select * into part from telemetry_private.replay(rejections);
        replayed := replayed + part.replayed;
        duplicates := duplicates + part.duplicates;
        still_rejected := still_rejected + part.still_rejected;
    end loop;
exception
    when invalid_text_representation or invalid_datetime_format or datetime_field_overflow then
        raise exception 'filter has a value that cannot be read'
            using errcode = '22P02', hint = 'rejection_id and tenant_id are uuids, since and until times.';
end
$$;

create type telemetry.replay_outcome as (
    replayed integer,
    duplicates integer,
    still_rejected integer
);
comment on type telemetry.replay_outcome is 'What replay_rejections() returns: how many rejections were logged again, how many were in the log already, and how many are still rejected.';

create function telemetry.replay_rejections(filter jsonb default null)
returns telemetry.replay_outcome
language sql
begin atomic
    select r.replayed, r.duplicates, r.still_rejected from telemetry_private.replay_rejections(filter) r;
end;

comment on function telemetry.rejection_summary is
'Counts the rejections that were kept, by reason and event name, the most frequent ones first.

Arguments
  since   only rejections from this time on; NULL: from the beginning
  until   only rejections before this time; NULL: to the end
  tenant  only rejections of this tenant; NULL: of every tenant that the caller may see
Columns
  reason          a label of telemetry.rejection_reason
  event_name      the event, registered or not; NULL where the rejection has no name
  rejections      how many there are
  replayed        how many of them replay_rejections() brought to an end
  first_rejected_at, last_rejected_at  when the first and the last one were rejected
  sample_message  the message of the latest one
Notes
  Without rejections there are no rows.';
comment on function telemetry.replay_rejections is
'Logs rejected events again, after the taxonomy or an ownership check was mended. Those that pass
now are stored at the time at which they were rejected.

Arguments
  filter  an object with any of rejection_id, reason, event_name, since, until and tenant_id, which
          picks rejections by these; NULL: all of them
Columns
  replayed        how many passed; those that were sampled out are among them
  duplicates      how many were in the log meanwhile, under the same event_id
  still_rejected  how many are refused again; they stay as they are
Errors
  22023  filter is no object or has an unknown key
  22P02  a value of filter is no uuid or no time
Notes
  Each event is checked as of its arrival and with the rights of whoever logged it.
  Each rejection is replayed at most once, also where two sessions replay at the same time.';
