-- Accounting: what calls of the logging functions leave about themselves. Twin: src/log/accounting.rs, which writes the
-- rows.

create function telemetry_private.init_accounting()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.ingestion_calls') is null then
        create table telemetry.ingestion_calls (
            tenant_id     uuid not null,
            call_at       timestamptz not null,
            call_id       uuid not null default gen_random_uuid(),
            function_name text not null,
            source        text,
            caller        text not null,
            is_client     boolean not null,
            weight        integer not null,
            events        integer not null,
            accepted      integer not null,
            rejected      integer not null,
            duplicates    integer not null,
            sampled_out   integer not null,
            microseconds  bigint not null,
            redactions    jsonb,
            primary key (tenant_id, call_at, call_id)
        );
        comment on table telemetry.ingestion_calls is 'What ingestion leaves about itself: one row for each batch, for about one in 64 single calls, and for every single call with a duplicate, a rejection or a redaction. ingestion_stats() reads it.';
        comment on column telemetry.ingestion_calls.tenant_id is 'The caller''s own tenant, whatever tenants its events name.';
        comment on column telemetry.ingestion_calls.function_name is 'The function that was called: log_event, try_log_event, log_events or import_events.';
        comment on column telemetry.ingestion_calls.weight is 'How many calls the row stands for in rates and latencies: 1 for a batch, 64 for a sampled single call, 0 for a row that only counts. The other numbers are exact as they are.';
        comment on column telemetry.ingestion_calls.events is 'How many events the call had: the sum of accepted, rejected and duplicates.';
        comment on column telemetry.ingestion_calls.sampled_out is 'How many of the accepted events the sampling rate left out.';
        comment on column telemetry.ingestion_calls.microseconds is 'How long it took from the begin of the call until its events were inserted; the commit does not count.';
        comment on column telemetry.ingestion_calls.redactions is 'How often which redaction rule hit; NULL where none did.';
    end if;
    perform telemetry_private.set_row_security('telemetry.ingestion_calls');
    if not exists (select from pg_policy where polrelid = 'telemetry.ingestion_calls'::regclass and polname = 'tenant_reads_own_calls') then
        create policy tenant_reads_own_calls on telemetry.ingestion_calls for select
            using (tenant_id = (select telemetry.current_tenant()));
    end if;
end
$$;
