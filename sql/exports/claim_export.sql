-- A courier claims the next range of an export. Its bounds are written down before it is handed out, so that after a crash the
-- same number is the same rows, in a file of the same name.

create function telemetry_private.claim_export(name text, worker text)
returns table (number bigint, after_id bigint, until_id bigint, rows bigint, file_name text, format text, schema_version integer, file_columns jsonb,
               leased_until timestamptz, partition_by text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    lease constant interval := '5 minutes';
    -- So many ids are counted at once, and so many make a range at most, however few of them are of the export.
    width constant bigint := 65536;
    longest constant bigint := 50000000;
    at_time constant timestamptz := telemetry_private.outbound_clock();
    d telemetry_private.export;
    s telemetry_private.export_state;
    was telemetry_private.export_state;
    v telemetry_private.export_version;
    frontier bigint;
    until bigint;
    more record;
begin
    if name is null or worker is null then
        raise exception 'name and worker must not be null'
            using errcode = '22004', hint = 'For example: telemetry.claim_export(''warehouse'', ''host 1 4711''), with a name of this run of the courier.';
    end if;
    if worker = '' or octet_length(worker) > 200 then
        raise exception 'worker must have 1 to 200 bytes' using errcode = '22023', hint = 'Give a name of this run of the courier: host, process id and time of start.';
    end if;
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'a range cannot be claimed in a transaction that keeps its snapshot' using errcode = '25001', hint = 'Call it under READ COMMITTED, as a statement of its own.';
    end if;
    perform telemetry_private.own_export(name, 'everything', null);
    frontier := telemetry_private.frontier();
    select t.* into s from telemetry.export_states t where t.export = claim_export.name for update skip locked;
    if not found or s.leased_until > at_time and s.leased_by <> worker then
        return;
    end if;
    d := telemetry_private.own_export(name, 'everything', null);
    was := s;
    if s.position > frontier and s.position > telemetry_private.drawn_id() then
        raise exception 'the log is behind export "%": events up to % were exported, and ids up to % are drawn', name, s.position, telemetry_private.drawn_id()
            using errcode = '55000', hint = format('The log was restored to an earlier time, and new events would have the ids of exported ones. Call select setval(''telemetry_private.ingest_id'', %s); what was logged since is exported under another name.', s.position);
    end if;
    if s.until_id is null then
        while s.waiting < d.most_rows and s.looked_until < frontier and not (s.waiting > 0 and s.looked_until - s.position >= longest) loop
            until := least(s.looked_until + width, frontier);
            select c.* into more from telemetry_private.export_count(d.tenant_id, d.events, d.test, s.looked_until, until, d.most_rows - s.waiting, false) c;
            s.waiting := s.waiting + more.rows;
            s.waits_since := coalesce(s.waits_since, more.min_event_ts);
            s.looked_until := case when s.waiting >= d.most_rows then more.last_id else until end;
        end loop;
        if s.waiting > 0 and (s.waiting >= d.most_rows or s.looked_until - s.position >= longest or s.fixed_at is null or d.most_age <= '0 seconds'
                              or telemetry_private.export_period(at_time, d.most_age) > telemetry_private.export_period(s.fixed_at, d.most_age)) then
            v := telemetry_private.current_export_version(d);
            s.until_id := s.looked_until;
            s.rows := s.waiting;
            s.schema_version := v.schema_version;
            s.fixed_at := at_time;
        end if;
    end if;
    if s.until_id is not null then
        s.leased_by := worker;
        s.leased_until := at_time + lease;
        select k.* into v from telemetry.export_versions k where k.export = s.export and k.schema_version = s.schema_version;
        return query
            select s.number, s.position, s.until_id, s.rows, telemetry_private.export_file_name(s.export, s.number, s.position, s.until_id, v.format),
                   v.format, v.schema_version, v.columns, s.leased_until, v.partition_by;
    end if;
    -- That somebody asks is written down once a minute, so that a courier that polls leaves no row version each time.
    if s.asked_at is null or s.asked_at < at_time - interval '1 minute' then
        s.asked_at := at_time;
    end if;
    if s is distinct from was then
        update telemetry.export_states t
           set (looked_until, waiting, waits_since, until_id, rows, schema_version, fixed_at, leased_by, leased_until, asked_at)
             = (s.looked_until, s.waiting, s.waits_since, s.until_id, s.rows, s.schema_version, s.fixed_at, s.leased_by, s.leased_until, s.asked_at)
         where t.export = s.export;
    end if;
end
$$;

-- Numbers the periods of a length, from 1970 on: a range is due in a later one than the range before. So whoever asks once an
-- hour always finds what waits due, and need not come to the second.
create function telemetry_private.export_period(at_time timestamptz, length interval)
returns numeric
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select floor(extract(epoch from at_time) / extract(epoch from length))
$$;

create function telemetry_private.export_file_name(name text, number bigint, after_id bigint, until_id bigint, format text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select name || '/' || string_agg(lpad(p.id::text, greatest(p.width, length(p.id::text)), '0'), '-' order by p.place) || '.' || format
      from (values (1, number, 8), (2, after_id + 1, 12), (3, until_id, 12)) p (place, id, width)
$$;

create function telemetry.claim_export(name text, worker text)
returns table (number bigint, after_id bigint, until_id bigint, rows bigint, file_name text, format text, schema_version integer, file_columns jsonb,
               leased_until timestamptz, partition_by text)
language sql
begin atomic
    select * from telemetry_private.claim_export(name, worker);
end;

comment on function telemetry.claim_export is
'Hands out the next range of an export, for a courier to write to files, under a lease of 5 minutes.

Arguments
  name    the name of the export
  worker  a name of this run of the courier, at most 200 bytes, that no other process uses
Columns
  number          the number of the range, from 1 on
  after_id        it has the events above this ingest_id: up to the range before
  until_id        up to this one
  rows            how many events of the export it has
  file_name       where to write them; what is parted by day puts day=2026-11-29/ before the last
                  part of it
  format          parquet, jsonl or csv
  schema_version  which columns the file has, counted from 1
  file_columns    an array of them, in their order: name, type, source (column: of export_rows();
                  payload: of the payload key), key, and events that have the key
  leased_until    until then nobody else gets the range; claiming again renews it
  partition_by    day, or NULL
Errors
  22004  no name or worker
  22023  an unknown export, or a worker out of range
  25001  the transaction is REPEATABLE READ or SERIALIZABLE
  55000  the log was restored to an earlier time than the export has come
Notes
  There is no row where nothing is due, or another worker has the range.
  The range of a number is the same one after a crash, until commit_export() has it.
  A range is due once most_rows wait, or something waits and a period of most_age (of UTC: at each
    full hour, where it is 1 hour) began since the last one. Events come in once no running
    transaction can add one before them.';
