-- Idempotency: telemetry.event_ids knows which event_ids callers gave, so that a retry is harmless. Twin:
-- src/log/idempotency.rs.
--
-- The ids are kept per tenant, so that an id tells nothing of another tenant's. Only ids that a caller gave are kept:
-- an event without one costs nothing. After telemetry.event_id_memory (7 days) they are forgotten.

create function telemetry_private.init_idempotency()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.event_ids') is null then
        create table telemetry.event_ids (
            tenant_id uuid not null,
            event_id  uuid not null,
            content   uuid not null,
            logged_at timestamptz not null,
            primary key (tenant_id, event_id)
        );
        create index event_ids_by_time on telemetry.event_ids using brin (logged_at);
        comment on table telemetry.event_ids is 'The event_ids that callers gave, by which a retry is recognised. They are kept for telemetry.event_id_memory days.';
        comment on column telemetry.event_ids.content is 'A digest (UUID v5) of what the caller said of the event, after redaction.';
        comment on column telemetry.event_ids.logged_at is 'When the event was logged or imported.';
    end if;
    perform telemetry_private.set_row_security('telemetry.event_ids');
    -- The policy says so outright: whoever is granted everything still finds nobody's ids.
    if not exists (select from pg_policy where polrelid = 'telemetry.event_ids'::regclass and polname = 'nobody_reads_ids') then
        create policy nobody_reads_ids on telemetry.event_ids as restrictive using (false);
    end if;
end
$$;

create function telemetry_private.forget_expired()
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    forgotten bigint := 0;
    gone bigint;
begin
    delete from telemetry.event_ids i
     where i.logged_at < now() - make_interval(days => telemetry_private.setting('telemetry.event_id_memory')::integer);
    get diagnostics gone = row_count;
    forgotten := forgotten + gone;
    delete from telemetry.replays r
     where r.replayed_at < now() - make_interval(days => telemetry_private.setting('telemetry.rejection_memory')::integer)
       and not exists (select from telemetry.rejections j where j.rejection_id = r.rejection_id and j.rejected_at >= now() - make_interval(days => telemetry_private.setting('telemetry.rejection_memory')::integer));
    get diagnostics gone = row_count;
    forgotten := forgotten + gone;
    delete from telemetry.rejections r
     where r.rejected_at < now() - make_interval(days => telemetry_private.setting('telemetry.rejection_memory')::integer);
    get diagnostics gone = row_count;
    forgotten := forgotten + gone;
    delete from telemetry.ingestion_calls c
     where c.call_at < now() - make_interval(days => telemetry_private.setting('telemetry.ingestion_memory')::integer);
    get diagnostics gone = row_count;
    forgotten := forgotten + gone;
    delete from telemetry.kept_counts k where k.day < (now() at time zone 'UTC')::date - 31;
    get diagnostics gone = row_count;
    forgotten := forgotten + gone;
    delete from telemetry.deliveries d where d.status = 'delivered' and d.ended_at < now() - interval '30 days';
    get diagnostics gone = row_count;
    return forgotten + gone;
end
$$;

create function telemetry.forget_expired()
returns bigint
language sql
begin atomic
    select telemetry_private.forget_expired();
end;

comment on function telemetry.forget_expired is
'Deletes what the log remembers for a limited time only, and never an event. Call it once a day from
a scheduler; without it everything stays right and grows larger.

Returns
  how many rows were deleted
Notes
  It deletes event_ids that are older than telemetry.event_id_memory (7 days).
  It deletes rejections that are older than telemetry.rejection_memory (90 days), with what became
    of them in replays.
  It deletes rows of telemetry.ingestion_calls that are older than telemetry.ingestion_memory (90
    days).
  It deletes counts of daily budgets and limits that are older than 31 days.
  It deletes deliveries that were retried, and messages of enqueue(), 30 days after they were
    delivered. Dead letters stay.';
