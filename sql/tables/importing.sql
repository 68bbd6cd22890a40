-- import_table() brings the rows of an application's own event table into the log. Twin: src/tables/importing.rs, which reads and
-- stores a part; here it is known how far each import is.

create function telemetry_private.init_table_imports()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.table_imports') is null then
        create table telemetry.table_imports (
            import_id      uuid primary key,
            relation       text not null,
            mapping        jsonb not null,
            since          timestamptz,
            until          timestamptz,
            imported_by    text not null,
            started_at     timestamptz not null,
            updated_at     timestamptz not null,
            finished_at    timestamptz,
            passes         integer not null,
            blocks         bigint not null,
            blocks_read    bigint not null,
            rows_read      bigint not null,
            stored         bigint not null,
            known          bigint not null,
            rejected       bigint not null,
            sampled_out    bigint not null,
            reasons        jsonb not null,
            unread_columns text[] not null,
            at_table       bigint not null,
            at_block       bigint not null,
            at_file        bigint not null,
            checks         boolean not null
        );
        comment on table telemetry.table_imports is 'How far each import of a table is, and what became of its rows. import_table() writes it, import_progress() shows it.';
        comment on column telemetry.table_imports.import_id is 'The import: the same for the same relation, mapping and range.';
        comment on column telemetry.table_imports.passes is 'How often the relation was read from its beginning.';
        comment on column telemetry.table_imports.blocks is 'How many blocks the relation had when this pass began; 0: it is read in one piece.';
        comment on column telemetry.table_imports.reasons is 'How many rows of this pass were refused for which reason.';
        comment on column telemetry.table_imports.at_table is 'The oid of the table whose rows came last: the relation, or a partition of it.';
        comment on column telemetry.table_imports.at_block is 'The block of that table with which the next part begins.';
        comment on column telemetry.table_imports.at_file is 'The file that the table lay in.';
        comment on column telemetry.table_imports.checks is 'Whether the log is asked for each row if it has it. A first pass only finds out where a row is refused.';
    end if;
    perform telemetry_private.set_row_security('telemetry.table_imports');
    if not exists (select from pg_policy where polrelid = 'telemetry.table_imports'::regclass and polname = 'auditor_reads_imports') then
        create policy auditor_reads_imports on telemetry.table_imports for select
            using ((select telemetry.log_visibility()) = 'everything');
    end if;
end
$$;

-- Holds the import until the end of the transaction, and begins a new pass where the last one is finished.
create function telemetry_private.begin_import_part(
    import_id uuid, relation text, mapping jsonb, since timestamptz, until timestamptz, blocks bigint, unread_columns text[],
    out at_table bigint, out at_block bigint, out at_file bigint, out checks boolean, out has_rejections boolean)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    found_import telemetry.table_imports;
begin
    insert into telemetry.table_imports
    values (import_id, relation, mapping, since, until, coalesce(nullif(current_setting('role', true), 'none'), session_user),
            clock_timestamp(), clock_timestamp(), null, 1, blocks, 0, 0, 0, 0, 0, 0, '{}', unread_columns, 0, 0, 0, false)
        on conflict do nothing;
    select i.* into found_import from telemetry.table_imports i where i.import_id = begin_import_part.import_id for update;
    if found_import.finished_at is not null then
        update telemetry.table_imports i
           set imported_by = coalesce(nullif(current_setting('role', true), 'none'), session_user),
               started_at = clock_timestamp(), finished_at = null, passes = i.passes + 1, blocks = begin_import_part.blocks, blocks_read = 0,
               rows_read = 0, stored = 0, known = 0, rejected = 0, sampled_out = 0, reasons = '{}', unread_columns = begin_import_part.unread_columns,
               at_table = 0, at_block = 0, at_file = 0, checks = true
         where i.import_id = begin_import_part.import_id
        returning i.* into found_import;
    end if;
    at_table := found_import.at_table;
    at_block := found_import.at_block;
    at_file := found_import.at_file;
    checks := found_import.checks;
    has_rejections := checks and exists (select from telemetry.rejections r where r.event ->> 'imported_from' = found_import.relation);
end
$$;

create function telemetry_private.end_import_part(
    import_id uuid, at_table bigint, at_block bigint, at_file bigint, blocks_read bigint, checks boolean, is_finished boolean,
    rows_read bigint, stored bigint, known bigint, rejected bigint, sampled_out bigint, reasons jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    update telemetry.table_imports i
       set updated_at = clock_timestamp(), finished_at = case when is_finished then clock_timestamp() end,
           at_table = end_import_part.at_table, at_block = end_import_part.at_block, at_file = end_import_part.at_file,
           blocks_read = i.blocks_read + end_import_part.blocks_read, checks = end_import_part.checks,
           rows_read = i.rows_read + end_import_part.rows_read, stored = i.stored + end_import_part.stored,
           known = i.known + end_import_part.known, rejected = i.rejected + end_import_part.rejected,
           sampled_out = i.sampled_out + end_import_part.sampled_out,
           reasons = i.reasons || (select coalesce(jsonb_object_agg(n.key, n.value::bigint + coalesce((i.reasons ->> n.key)::bigint, 0)), '{}')
                                     from jsonb_each_text(end_import_part.reasons) n)
     where i.import_id = end_import_part.import_id;
end
$$;

create type telemetry.import_part as (
    rows_read bigint,
    stored bigint,
    known bigint,
    rejected bigint,
    sampled_out bigint,
    is_finished boolean
);
comment on type telemetry.import_part is 'What import_table_part() returns: what became of the rows of one part, and whether it was the last one.';

create function telemetry.import_table_part(
    relation regclass,
    mapping jsonb default null,
    since timestamptz default null,
    until timestamptz default null,
    most integer default null)
returns telemetry.import_part
language sql
begin atomic
    select p.rows_read, p.stored, p.known, p.rejected, p.sampled_out, p.is_finished
      from telemetry_private.import_part(relation::oid, mapping, since, until, most) p;
end;

-- It has no SET clause, because PostgreSQL allows none on a procedure that commits. So it names everything in full.
create procedure telemetry.import_table(
    relation regclass,
    mapping jsonb default null,
    since timestamptz default null,
    until timestamptz default null)
language plpgsql
as $$
declare
    commits constant boolean := telemetry.may_commit();
    part telemetry.import_part;
begin
    loop
        if commits then
            commit;
            set transaction isolation level read committed;
        end if;
        part := telemetry.import_table_part(relation, mapping, since, until);
        exit when part.is_finished;
    end loop;
    if commits then
        commit;
    end if;
end
$$;

create function telemetry.import_progress(relation regclass default null)
returns table (
    relation_name text, mapping jsonb, since timestamptz, until timestamptz, share_read double precision, started_at timestamptz,
    updated_at timestamptz, finished_at timestamptz, passes integer, rows_read bigint, stored bigint, known bigint, rejected bigint,
    sampled_out bigint, reasons jsonb, unread_columns text[])
language sql
stable
rows 10
set search_path = pg_catalog, pg_temp
as $$
    select i.relation, i.mapping, i.since, i.until,
           case when i.finished_at is not null then 1 when i.blocks > 0 then least(i.blocks_read::double precision / i.blocks, 1) else 0 end,
           i.started_at, i.updated_at, i.finished_at, i.passes, i.rows_read, i.stored, i.known, i.rejected, i.sampled_out, i.reasons, i.unread_columns
      from telemetry.table_imports i
     where import_progress.relation is null
        or i.relation = (select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = import_progress.relation)
     order by i.started_at, i.import_id
$$;

comment on procedure telemetry.import_table is
'Stores the rows of a table or view of the application in the log, as events of the past, each once.
It commits part by part: called again, it goes on where it was stopped.

Arguments
  relation  a table or view that the caller may read
  mapping   where the arguments of an event come from: an object whose keys are the names of
            log_event()''s arguments and event_ts. A value is the name of a column;
            {"column": ..., "names": {"LOGIN": "user_logged_in"}} with other names for its values,
            "time_zone" for a time without one or "unit" (seconds, milliseconds, microseconds) for a
            number; {"value": ...} the same for all rows; or null. payload is a column of JSON, a
            list of columns, or an object of keys and columns, in which "*" stands for all members
            of a column: {"*": "meta", "plan": "plan_name"}. Default NULL: what it does not name
            comes from the columns that have the names of arguments, or an alias
            (telemetry.event_aliases)
  since     only rows from this event_ts on; default NULL: from the first
  until     only rows before this event_ts; default NULL: to the last
Errors
  22004  relation is NULL
  22023  a mapping that is no object, names no such column, or does not say where event_name,
         event_ts or event_id come from; a relation of telemetry itself
  42501  the caller may not read the relation
Notes
  The rows are read with the caller''s rights and row-level security, and checked as import_events()
    checks. A row that is refused is kept in telemetry.rejections with its reason; mend what is
    wrong and call again: what the log has by then counts as known.
  event_id is the primary key of the relation, unless mapping says another column. An id that is no
    uuid becomes one by as_id(): an event_id of the relation''s name, a colon and the id, any other
    of the id alone.
  A NULL in a list of columns gives the payload no such key.
  Within a transaction block, or where a view, a foreign table or row-level security is read, it is
    all done in one transaction; since and until cut that into parts.
  Only the level admin may call it. import_progress() tells how far it is.';
comment on function telemetry.import_table_part is
'Does one part of what import_table() does, in the caller''s transaction. It is for callers that
cannot CALL a procedure, as PostgREST: they call it until is_finished.

Arguments
  relation  a table or view that the caller may read
  mapping   where the arguments of an event come from, see import_table()
  since     only rows from this event_ts on; default NULL: from the first
  until     only rows before this event_ts; default NULL: to the last
  most      about how many rows; default 100000
Columns
  rows_read    how many rows of the range were read
  stored       how many events are new
  known        how many the log had already
  rejected     how many were refused, and kept in telemetry.rejections
  sampled_out  how many are valid, and not stored by their sampling rate
  is_finished  whether it was the last part; the next call then begins a new pass. Also true while
               telemetry.enabled is off
Errors
  22004  relation is NULL
  22023  a mapping that cannot be used; a relation of telemetry itself
  42501  the caller may not read the relation';
comment on function telemetry.import_progress is
'How far the imports of import_table() are, and what became of their rows in the last pass: one row
per import, which is a relation with a mapping and a range.

Arguments
  relation  only imports of this relation; default NULL: all
Columns
  relation_name   the relation with its schema
  mapping         the mapping, as it was given
  since, until    the range, as it was given
  share_read      which share of the relation was read, from 0 to 1; of one that is read in one
                  piece 0 until it is done
  started_at      when this pass began
  updated_at      when its last part ended
  finished_at     when it ended; NULL: it goes on with the next call
  passes          how often the relation was read from its beginning
  rows_read       how many rows of the range were read in this pass
  stored          how many events are new
  known           how many the log had already
  rejected        how many were refused, and kept in telemetry.rejections
  sampled_out     how many are valid, and not stored by their sampling rate
  reasons         how many were refused for which reason
  unread_columns  the columns that nothing was read from
Notes
  Auditors and admins see it.';
