-- Which files import_export() has read: each is imported once.

create function telemetry_private.init_imported_files()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.imported_files') is null then
        create table telemetry.imported_files (
            name        text collate "C" not null,
            number      bigint not null,
            part        integer not null,
            sha256      text not null,
            stored      bigint not null,
            known       bigint not null,
            erased      bigint not null default 0,
            until_id    bigint,
            chain       text,
            imported_at timestamptz not null default now(),
            imported_by text not null default session_user,
            primary key (name, number, part)
        );
        comment on table telemetry.imported_files is 'The files that import_export() has read, each once.';
        comment on column telemetry.imported_files.name is 'The export that the file is of, by the name that it has here.';
        comment on column telemetry.imported_files.sha256 is 'What the caller gave as the file''s, else that of its rows.';
        comment on column telemetry.imported_files.stored is 'How many of its events were new, at the last call.';
        comment on column telemetry.imported_files.known is 'How many of its events the log had already, at the last call.';
        comment on column telemetry.imported_files.erased is 'How many of its events were left out at the last call, because they were erased in this log.';
        comment on column telemetry.imported_files.until_id is 'Where the file ends in the log that it is from; NULL: it came without its manifest.';
        comment on column telemetry.imported_files.chain is 'The chain of the manifest up to this file; NULL: it came without its manifest.';
    end if;
    perform telemetry_private.set_row_security('telemetry.imported_files');
    if not exists (select from pg_policy where polrelid = 'telemetry.imported_files'::regclass and polname = 'auditor_reads_imports') then
        create policy auditor_reads_imports on telemetry.imported_files for select
            using ((select telemetry.log_visibility()) = 'everything');
    end if;
end
$$;
