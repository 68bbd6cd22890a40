-- import_export() stores the rows of an export, or of tenant_data(), in this log. Twin: src/archive/import_export.rs, which reads the
-- lines; here it is known which files were imported, and whether one belongs behind the other.

create type telemetry.import_outcome as (
    stored bigint,
    known bigint,
    erased bigint,
    was_imported boolean
);
comment on type telemetry.import_outcome is 'What import_export() returns: how many events it stored, how many the log had already, how many it left out because they were erased here, and whether the whole file was imported before.';

-- Registers definitions of events from another database. What is registered here under the same name and version stays as it is.
create function telemetry_private.adopt_taxonomy(definitions jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    definition record;
    class text;
begin
    if definitions is null or definitions = '[]' then
        return;
    end if;
    if jsonb_typeof(definitions) <> 'array' then
        raise exception 'taxonomy must be a JSON array'
            using errcode = '22023', hint = 'In the database of the export: select jsonb_agg(t) from telemetry.event_types t.';
    end if;
    lock table telemetry.event_types in share row exclusive mode;
    for class in
        select distinct d.value ->> 'retention_class'
          from jsonb_array_elements(definitions) d
         where d.value ->> 'retention_class' <> 'kept'
           and not exists (select from telemetry.retention_classes c where c.name = d.value ->> 'retention_class')
         order by 1
    loop
        raise notice 'the retention class "%" is not registered here: new events that name it are kept for ever', left(class, 63)
            using hint = 'Register it with telemetry.register_retention_class(), then name it: telemetry.update_event(event_name, ''{"retention_class": "..."}'').';
    end loop;
    for definition in
        select d.value ->> 'event_name' as name, (d.value ->> 'event_version')::integer as version, d.value ->> 'status' as status,
               d.value ->> 'replaced_by' as replaced_by, d.value ->> 'pack' as pack,
               (select coalesce(jsonb_object_agg(a.key, a.value), '{}')
                  from jsonb_each(d.value) a
                 where a.key <> all ('{line,event_name,event_version,status,pack,replaced_by,created_at,updated_at}')
                   and (a.key <> 'retention_class' or exists (select from telemetry.retention_classes c where c.name = a.value #>> '{}'))) as attributes
          from jsonb_array_elements(definitions) d
         where not exists (
               select from telemetry.event_types t
                where t.event_name = d.value ->> 'event_name' and t.event_version = (d.value ->> 'event_version')::integer)
         order by 1, 2
    loop
        if definition.name is null or definition.version is null then
            raise exception 'a definition of the taxonomy lacks event_name or event_version'
                using errcode = '22023', hint = 'In the database of the export: select jsonb_agg(t) from telemetry.event_types t.';
        end if;
        perform telemetry_private.put_event_type(definition.name, definition.version, definition.attributes, null, definition.pack);
        update telemetry.event_types t
           set status = definition.status, replaced_by = definition.replaced_by
         where t.event_name = definition.name and t.event_version = definition.version
           and (t.status, t.replaced_by) is distinct from (definition.status, definition.replaced_by);
    end loop;
exception
    when invalid_text_representation or numeric_value_out_of_range then
        raise exception 'a definition of the taxonomy has an event_version that is no number'
            using errcode = '22023', hint = 'In the database of the export: select jsonb_agg(t) from telemetry.event_types t.';
end
$$;

-- Returns the chain up to a file, by its row of the manifest: the file before it must have been imported, and nothing may have been
-- changed since the manifest was written.
create function telemetry_private.checked_chain(name text, number bigint, part integer, manifest jsonb)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    file constant text := format('file %s part %s of export "%s"', checked_chain.number, checked_chain.part, left(checked_chain.name, 63));
    known_row constant text := 'It is one row of telemetry.export_manifest(), as a JSON object.';
    f telemetry_private.export_file;
    before record;
    chain text;
begin
    if jsonb_typeof(manifest) = 'object' then
        f := jsonb_populate_record(null::telemetry_private.export_file, jsonb_build_object('export', checked_chain.name) || manifest);
    end if;
    if f.number is distinct from checked_chain.number or f.part is distinct from checked_chain.part then
        raise exception 'the manifest is not that of %', file using errcode = '22023', hint = known_row;
    end if;
    if num_nulls(f.after_id, f.until_id, f.first_id, f.last_id, f.rows, f.bytes, f.sha256, f.path, f.min_event_ts, f.max_event_ts, f.schema_version, f.chain) > 0 then
        raise exception 'the manifest of % lacks something', file using errcode = '22023', hint = known_row;
    end if;
    select i.number, i.part, i.chain into before
      from telemetry.imported_files i
     where i.name = checked_chain.name and (i.number, i.part) < (checked_chain.number, checked_chain.part)
     order by i.number desc, i.part desc
     limit 1;
    chain := telemetry_private.export_chain(coalesce(before.chain, ''), f);
    if chain <> f.chain then
        raise exception '% does not follow on what was imported: its chain is another one', file
            using errcode = '22023',
                  hint = case when before.number is null then 'Files are imported in order, from the first one. Where this is the first one, the manifest was changed.'
                              else format('Files are imported in order; the last one was %s part %s. Where this is the next one, the manifest was changed.', before.number, before.part) end;
    end if;
    return chain;
exception
    when invalid_text_representation or numeric_value_out_of_range or invalid_datetime_format or datetime_field_overflow then
        raise exception 'the manifest of % has a value that cannot be read', file using errcode = '22023', hint = known_row;
end
$$;

create function telemetry_private.import_export(
    name text, number bigint, rows text, part integer, sha256 text, more boolean, manifest jsonb, taxonomy jsonb, with_erased boolean,
    out stored bigint, out known bigint, out erased bigint, out was_imported boolean)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    file constant text := format('file %s part %s of export "%s"', import_export.number, coalesce(import_export.part, 1), left(import_export.name, 63));
    this_part constant integer := coalesce(import_export.part, 1);
    given_sha256 constant text := lower(coalesce(import_export.sha256, manifest ->> 'sha256'));
    before telemetry.imported_files;
    read record;
    chain text;
begin
    if import_export.name is null or import_export.number is null or rows is null then
        raise exception '% must not be null', case when import_export.name is null then 'name' when import_export.number is null then 'number' else 'rows' end
            using errcode = '22004', hint = 'The export''s name, the number of the file, and its rows as JSON lines.';
    end if;
    if given_sha256 is not null and given_sha256 !~ '^[0-9a-f]{64}$' then
        raise exception 'sha256 of % is none', file
            using errcode = '22023', hint = 'It has 64 hexadecimal digits.';
    end if;
    -- Two imports at once would store the same events.
    lock table telemetry.imported_files in share row exclusive mode;
    select f.* into before from telemetry.imported_files f
     where f.name = import_export.name and f.number = import_export.number and f.part = this_part;
    if found then
        if before.sha256 <> coalesce(given_sha256, encode(pg_catalog.sha256(convert_to(rows, 'UTF8')), 'hex')) then
            raise exception '% was imported before, and was another one: its sha256 was different', file
                using errcode = '22023', hint = 'Where it is a file of another export, give that a name of its own: name => ''...''.';
        end if;
        stored := 0;
        known := before.stored + before.known;
        erased := before.erased;
        was_imported := true;
        return;
    end if;
    if manifest is not null then
        chain := telemetry_private.checked_chain(import_export.name, import_export.number, this_part, manifest);
        if manifest ->> 'sha256' is distinct from given_sha256 then
            raise exception '% is not the one of its manifest: its sha256 is another one', file
                using errcode = '22023', hint = 'The file was changed, or is another one.';
        end if;
    end if;
    perform telemetry_private.adopt_taxonomy(taxonomy);
    perform telemetry_private.adopt_taxonomy(telemetry_private.definitions_of(rows));
    select s.stored, s.known, s.erased, s.sha256 into read from telemetry_private.store_lines(rows, coalesce(with_erased, false)) s;
    stored := read.stored;
    known := read.known;
    erased := read.erased;
    was_imported := false;
    if more then
        return;
    end if;
    insert into telemetry.imported_files (name, number, part, sha256, stored, known, erased, until_id, chain)
    values (import_export.name, import_export.number, this_part, coalesce(given_sha256, read.sha256), stored, known, erased, (manifest ->> 'until_id')::bigint, chain);
end
$$;

create function telemetry.import_export(
    name text,
    number bigint,
    rows text,
    part integer default null,
    sha256 text default null,
    more boolean default null,
    manifest jsonb default null,
    taxonomy jsonb default null,
    with_erased boolean default null)
returns telemetry.import_outcome
language sql
begin atomic
    select i.stored, i.known, i.erased, i.was_imported
      from telemetry_private.import_export(name, number, rows, part, sha256, more, manifest, taxonomy, with_erased) i;
end;

comment on function telemetry.import_export is
'Stores the events of a file of an export, or of a page of tenant_data(), in this log: with their
ids, times and tenants, in their order of arrival, each once.

Arguments
  name         the export that the file is of, by a name that stands for it here
  number       the number of the file
  rows         JSON lines: rows of the log as export_rows() gives them, or lines of tenant_data()
  part         which part of the number it is; default 1
  sha256       the file''s, in hexadecimal digits, as its manifest has it; default that of the rows
  more         true: further rows of the same file come by further calls; default false
  manifest     the file''s row of export_manifest(), as a JSON object; its chain is checked. Default
               NULL: it is not
  taxonomy     definitions for events that are not registered here, in the database of the export:
               select jsonb_agg(t) from telemetry.event_types t. Default NULL
  with_erased  true: what was erased in this log is stored all the same; default false
Columns
  stored        how many events were stored
  known         how many events the log had already
  erased        how many events were left out, because they were erased in this log
  was_imported  whether the file was imported before; then nothing is read and nothing stored
Errors
  22004  name, number or rows is NULL
  22023  a line that is no row of the log; an event that is not registered here; a file that was
         imported before with another sha256; a manifest that does not follow on the file before; an
         archive that was cut or changed; a taxonomy or sha256 that is none
  23505  the log has another event of the same tenant, time and event_id
Notes
  A call stores all of its rows or none. A file that was imported in part may come again.
  Events are not checked against the taxonomy a second time and not redacted, sampled or counted as
    what a tenant may log: they were, where they were logged. They must be registered, though. A
    page of tenant_data() brings its definitions; what is registered here stays as it is. An event
    whose retention class is not registered here is kept for ever, and a NOTICE names the class.
  A file from before an erasure does not undo it. The receipts of this log tell which events are
    left out: those of a person or a tenant until it was erased or anonymised, and those that
    erase_events() erased. A key that scrub_payload() took out is taken out here too. What expired
    may come back; it expires again.
  An event gets a new ingest_id. A retry of an event that the other database logged is not
    recognised here, for event_ids are remembered where they were given.
  Import the files of an export in order. Then tick(): verify_derived() compares.
  Only the level admin may call it. telemetry-courier does, file by file.';
