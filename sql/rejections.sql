-- Events that were refused but kept: written where the enforcement mode of an event is `quarantine`.

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
            event         jsonb not null
        );
        create index rejections_by_time on telemetry.rejections (tenant_id, rejected_at);
        comment on table telemetry.rejections is 'Events that broke their rules and were kept (enforcement "quarantine"). Append-only.';
        comment on column telemetry.rejections.rejection_id is 'UUIDv7; the event''s id once it is replayed.';
        comment on column telemetry.rejections.rejected_at is 'Server clock.';
        comment on column telemetry.rejections.tenant_id is 'Whose event.';
        comment on column telemetry.rejections.reason is 'A label of telemetry.rejection_reason.';
        comment on column telemetry.rejections.message is 'What log_event() would have said.';
        comment on column telemetry.rejections.event_version is 'The version it was checked against.';
        comment on column telemetry.rejections.caller is 'The role that logged it.';
        comment on column telemetry.rejections.event is 'The event with the names of log_event()''s arguments.';
    end if;
    perform telemetry_private.protect_table('telemetry.rejections', false);
    if not exists (select from pg_policy where polrelid = 'telemetry.rejections'::regclass and polname = 'tenant_reads_own_rejections') then
        create policy tenant_reads_own_rejections on telemetry.rejections for select
            using (tenant_id = (select telemetry.current_tenant()));
    end if;
end
$$;
