-- An export is the log in files: a definition, a position in the order of arrival, and a manifest of the files that hold what
-- lies below it. Ranges follow each other without a gap, and the position moves in the transaction that writes the manifest:
-- so each event is in one file, whatever was killed in between.

-- Rows of the tables, under types of their own: functions that take or return one are there before the tables are.
create type telemetry_private.export as (
    name         text,
    format       text,
    promoted     boolean,
    events       text[],
    filter       jsonb,
    test         jsonb,
    tenant_id    uuid,
    partition_by text,
    most_rows    integer,
    most_age     interval,
    description  text,
    created_at   timestamptz,
    updated_at   timestamptz
);

create type telemetry_private.export_state as (
    export         text,
    number         bigint,
    "position"     bigint,
    looked_until   bigint,
    waiting        bigint,
    waits_since    timestamptz,
    until_id       bigint,
    rows           bigint,
    schema_version integer,
    fixed_at       timestamptz,
    leased_by      text,
    leased_until   timestamptz,
    asked_at       timestamptz,
    behind_since   timestamptz
);

create type telemetry_private.export_version as (
    export         text,
    schema_version integer,
    format         text,
    partition_by   text,
    columns        jsonb,
    events         text[],
    filter         jsonb,
    test           jsonb,
    tenant_id      uuid,
    made_at        timestamptz
);

create type telemetry_private.export_file as (
    export         text,
    number         bigint,
    part           integer,
    after_id       bigint,
    until_id       bigint,
    first_id       bigint,
    last_id        bigint,
    rows           bigint,
    bytes          bigint,
    sha256         text,
    path           text,
    min_event_ts   timestamptz,
    max_event_ts   timestamptz,
    schema_version integer,
    tenant_id      uuid,
    committed_at   timestamptz,
    chain          text
);

create function telemetry_private.init_exports()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    target text;
begin
    if to_regclass('telemetry.exports') is null then
        create table telemetry.exports (
            name         text collate "C" primary key,
            format       text collate "C" not null default 'parquet',
            promoted     boolean not null default false,
            events       text[] collate "C",
            filter       jsonb,
            test         jsonb,
            tenant_id    uuid,
            partition_by text collate "C",
            most_rows    integer not null default 1000000,
            most_age     interval not null default '1 hour',
            description  text,
            created_at   timestamptz not null default now(),
            updated_at   timestamptz not null default now(),
            constraint name_is_snake_case check (name ~ '^[a-z][a-z0-9_]*$' and octet_length(name) <= 63),
            constraint format_is_known check (format in ('parquet', 'jsonl', 'csv')),
            constraint partition_by_is_day check (partition_by = 'day'),
            constraint most_rows_is_sane check (most_rows between 1 and 10000000)
        );
        comment on table telemetry.exports is 'What is written to files. Change it with telemetry.register_export() and drop_export(); see how it goes with export_status().';
        comment on column telemetry.exports.format is 'What the files are: parquet, jsonl or csv.';
        comment on column telemetry.exports.promoted is 'Whether promoted payload keys have a typed column of their own, beside the payload.';
        comment on column telemetry.exports.test is 'The filter as it is asked of each payload.';
        comment on column telemetry.exports.tenant_id is 'The tenant whose events it holds; NULL: those of every tenant.';
        comment on column telemetry.exports.partition_by is 'day: events of each day (UTC) are in files of their own; NULL: they are not parted.';
        comment on column telemetry.exports.most_rows is 'How many events are in one range at most.';
        comment on column telemetry.exports.most_age is 'How long an event waits at most for others to be written with it.';
    end if;
    if to_regclass('telemetry.export_states') is null then
        create table telemetry.export_states (
            export         text collate "C" primary key,
            number         bigint not null default 1,
            position       bigint not null,
            looked_until   bigint not null,
            waiting        bigint not null default 0,
            waits_since    timestamptz,
            until_id       bigint,
            rows           bigint,
            schema_version integer,
            fixed_at       timestamptz,
            leased_by      text,
            leased_until   timestamptz,
            asked_at       timestamptz,
            behind_since   timestamptz,
            constraint what_is_out_is_ahead check (until_id > position and looked_until >= position)
        ) with (fillfactor = 50);
        comment on table telemetry.export_states is 'How far each export has come, one row each. Read it by telemetry.export_status().';
        comment on column telemetry.export_states.number is 'The number of the range that is out, or of the next one.';
        comment on column telemetry.export_states.position is 'Every event up to this ingest_id is in a file of telemetry.export_files, or not for this export.';
        comment on column telemetry.export_states.looked_until is 'Up to which ingest_id events were counted that wait.';
        comment on column telemetry.export_states.waiting is 'How many events of the export lie between position and looked_until.';
        comment on column telemetry.export_states.waits_since is 'When the first of those happened.';
        comment on column telemetry.export_states.until_id is 'Where the range ends that is out: it is the same one after a crash. NULL: none is.';
        comment on column telemetry.export_states.fixed_at is 'When the last range was fixed.';
        comment on column telemetry.export_states.asked_at is 'When somebody last asked for a range, to the minute.';
        comment on column telemetry.export_states.behind_since is 'What people were told: when its oldest event happened that was in no file. NULL: it is not behind, or nobody was told.';
    end if;
    if to_regclass('telemetry.export_versions') is null then
        create table telemetry.export_versions (
            export         text collate "C" not null,
            schema_version integer not null,
            format         text collate "C" not null,
            partition_by   text collate "C",
            columns        jsonb not null,
            events         text[] collate "C",
            filter         jsonb,
            test           jsonb,
            tenant_id      uuid,
            made_at        timestamptz not null default clock_timestamp(),
            primary key (export, schema_version)
        );
        comment on table telemetry.export_versions is 'What the files of an export hold, by schema_version. Rows are only added.';
        comment on column telemetry.export_versions.columns is 'The columns of a file in their order: name, type, source (column: of the log; payload: of a payload key), key, and events that have the key.';
    end if;
    if to_regclass('telemetry.export_files') is null then
        create table telemetry.export_files (
            export         text collate "C" not null,
            number         bigint not null,
            part           integer not null,
            after_id       bigint not null,
            until_id       bigint not null,
            first_id       bigint not null,
            last_id        bigint not null,
            rows           bigint not null,
            bytes          bigint not null,
            sha256         text collate "C" not null,
            path           text not null,
            min_event_ts   timestamptz not null,
            max_event_ts   timestamptz not null,
            schema_version integer not null,
            tenant_id      uuid,
            committed_at   timestamptz not null default clock_timestamp(),
            chain          text collate "C" not null,
            primary key (export, number, part)
        );
        comment on table telemetry.export_files is 'The manifest of every export: a row for each file. Rows are only added, and stay when the export is dropped. Read it by telemetry.export_manifest().';
        comment on column telemetry.export_files.number is 'The number of the range; part: of the file in it.';
        comment on column telemetry.export_files.after_id is 'The range has the events above this ingest_id, up to until_id: that of the range before.';
        comment on column telemetry.export_files.path is 'Where the file is, below the folder of the export.';
        comment on column telemetry.export_files.chain is 'The SHA-256 of the chain before and of this row, see telemetry.export_manifest().';
    end if;
    perform telemetry_private.protect_table('telemetry.export_versions', false);
    perform telemetry_private.protect_table('telemetry.export_files', false);
    -- A tenant sees its own exports. Whoever sees the whole log sees all.
    foreach target in array '{exports,export_states,export_versions,export_files}'::text[] loop
        perform telemetry_private.set_row_security(format('telemetry.%I', target)::regclass);
        if not exists (select from pg_policy p where p.polrelid = format('telemetry.%I', target)::regclass and p.polname = 'tenant_sees_own_exports') then
            execute format('create policy tenant_sees_own_exports on telemetry.%I for select using (%s)', target,
                case target when 'export_states' then 'exists (select from telemetry.exports e where e.name = export)'
                            else '(select telemetry.log_visibility()) = ''everything'' or tenant_id = (select telemetry.current_tenant())' end);
        end if;
    end loop;
end
$$;

-- Returns an export that the caller may change: its own tenant's, or any where it sees the whole log. Error: 22023 there is
-- none, or it is another's, which it does not tell.
create function telemetry_private.own_export(name text, visibility text, tenant uuid)
returns telemetry_private.export
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    found_one record;
begin
    if name is null then
        raise exception 'the name of an export must not be null'
            using errcode = '22004', hint = 'Those that are: select name, format from telemetry.export_status().';
    end if;
    select d.* into found_one from telemetry.exports d
     where d.name = own_export.name and (visibility = 'everything' or d.tenant_id = tenant);
    if not found then
        raise exception 'export "%" is not registered', left(name, 63)
            using errcode = '22023', hint = 'Those that are: select name, format from telemetry.export_status(); add one with telemetry.register_export().';
    end if;
    return found_one;
end
$$;
