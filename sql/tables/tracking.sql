-- track_table() makes the changes of a table of the application events of the log, in the transaction that makes them. Twin:
-- src/tables/tracking.rs, the trigger; here it is known what is tracked, and the triggers are attached.
--
-- They fire as the triggers of an application do, where a change is made: not where it is replicated to, nor where
-- session_replication_role is replica. A trigger carries the name that its table had when it was tracked: so a definition stays
-- with its table when that is renamed, dumped and restored.

create function telemetry_private.init_table_trackings()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.table_trackings') is null then
        create table telemetry.table_trackings (
            relation   text collate "C" not null,
            event_name text collate "C" not null,
            operations text[] not null,
            condition  text,
            payload    jsonb,
            arguments  jsonb not null,
            source     text,
            is_strict  boolean not null,
            created_at timestamptz not null default now(),
            primary key (relation, event_name),
            constraint operations_are_known check (operations <@ '{insert,update,delete}' and operations <> '{}')
        );
        comment on table telemetry.table_trackings is 'Which changes of which tables of the application are logged as which event. track_table() and untrack_table() change it, tracked_tables() shows it.';
        comment on column telemetry.table_trackings.relation is 'The table, by the name that it had when it was tracked.';
        comment on column telemetry.table_trackings.condition is 'SQL about the rows new and old; null: every change.';
        comment on column telemetry.table_trackings.payload is 'From which columns the payload comes; null: it is empty.';
        comment on column telemetry.table_trackings.arguments is 'From which columns user_id, session_id, subject_id and tenant_id come.';
        comment on column telemetry.table_trackings.is_strict is 'Whether an event that is refused is an error of the statement.';
    end if;
    perform telemetry_private.protect_catalog('telemetry.table_trackings', 'relation');
    perform telemetry_private.watch_taxonomy('telemetry.table_trackings');
end
$$;

create function telemetry.log_table_changes()
returns trigger
language c
as 'MODULE_PATHNAME', 'log_table_changes_wrapper';

-- The triggers of tracked tables: each with the name that it carries.
create function telemetry_private.tracking_triggers()
returns table (relation regclass, operation text, tracked_as text, is_enabled boolean)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select t.tgrelid::regclass, case when t.tgtype & 4 <> 0 then 'insert' when t.tgtype & 8 <> 0 then 'delete' else 'update' end,
           convert_from(substring(t.tgargs from 1 for position('\x00'::bytea in t.tgargs) - 1), getdatabaseencoding()), t.tgenabled in ('O', 'A')
      from pg_trigger t
     where t.tgfoid = 'telemetry.log_table_changes()'::regprocedure and t.tgnargs in (1, 2) and not t.tgisinternal and t.tgparentid = 0
$$;

create function telemetry_private.checked_operations(operations text[])
returns text[]
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    unknown text;
begin
    select o into unknown from unnest(operations) o where o is null or o <> all ('{insert,update,delete}') limit 1;
    if found or operations = '{}' then
        raise exception '"on" has an unknown operation "%"', left(coalesce(unknown, ''), 40)
            using errcode = '22023', hint = 'It has any of insert, update and delete: "on" => ''{insert,update}''.';
    end if;
    return coalesce(operations, '{insert,update,delete}');
end
$$;

-- The operations that the definitions of a name need a trigger for: "insert", or "insert strict" where one of them is strict.
create function telemetry_private.needed_triggers(tracked_as text)
returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select o || case when bool_or(t.is_strict) then ' strict' else '' end
          from telemetry.table_trackings t, unnest(t.operations) o
         where t.relation = needed_triggers.tracked_as
         group by o order by o);
end
$$;

-- Keeps a definition, and returns the operations that the table needs a trigger for, with the name that they carry. Whoever
-- tracks a table must own it: that is the calling role, not the owner that this function runs as.
create function telemetry_private.keep_tracking(
    target regclass, event_name text, operations text[], condition text, payload jsonb, arguments jsonb, source text, is_strict boolean,
    out tracked_as text, out needed text[], out is_new boolean)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    relation pg_class;
    schema_name name;
    ended_events text;
    calling_role constant text := coalesce(nullif(current_setting('role'), 'none'), session_user);
begin
    if target is null or event_name is null then
        raise exception '% must not be null', case when target is null then 'relation' else 'event_name' end
            using errcode = '22004', hint = 'For example: telemetry.track_table(''app.bookings'', ''booking_scheduled'').';
    end if;
    select c.* into relation from pg_class c where c.oid = target;
    select n.nspname into schema_name from pg_namespace n where n.oid = relation.relnamespace;
    if relation.relkind is distinct from 'r' and relation.relkind is distinct from 'p' then
        raise exception '% is no table whose changes PostgreSQL shows', target
            using errcode = '22023', hint = 'Views, materialized views and foreign tables have no rows of a change: track the table below.';
    end if;
    if schema_name in ('telemetry', 'telemetry_private', 'pg_catalog') or relation.relpersistence = 't' then
        raise exception '% is no table of the application', target
            using errcode = '22023', hint = 'Tables of telemetry, of PostgreSQL and of a session cannot be tracked; telemetry.changes tells of definitions.';
    end if;
    if not pg_has_role(calling_role, relation.relowner, 'usage') then
        raise exception 'must be owner of table %', target
            using errcode = '42501', hint = 'Have its owner track it: a trigger runs with the rights of whoever changes the table.';
    end if;
    perform telemetry_private.latest_event_type(event_name);
    if source is not null and not exists (select from unnest(enum_range(null::telemetry.event_source)) s where s::text = source) then
        raise exception 'unknown source "%"', left(source, 40)
            using errcode = '22023', hint = 'The sources are: select enum_range(null::telemetry.event_source).';
    end if;
    select t.tracked_as into tracked_as from telemetry_private.tracking_triggers() t where t.relation = target limit 1;
    tracked_as := coalesce(tracked_as, format('%I.%I', schema_name, relation.relname));
    if exists (select from telemetry_private.tracking_triggers() t where t.tracked_as = keep_tracking.tracked_as and t.relation <> target) then
        raise exception 'another table is tracked by the name %', tracked_as
            using errcode = '22023', hint = 'It had that name when it was tracked: telemetry.untrack_table() ends that, under its present name.';
    end if;
    -- Of a table that is gone: this one has its name, and nothing else of it.
    if not exists (select from telemetry_private.tracking_triggers() t where t.tracked_as = keep_tracking.tracked_as) then
        with ended as (
            delete from telemetry.table_trackings t
             where t.relation = keep_tracking.tracked_as and t.event_name <> keep_tracking.event_name
            returning t.event_name
        )
        select string_agg(e.event_name, ', ' order by e.event_name) into ended_events from ended e;
        if ended_events is not null then
            raise notice 'the tracking of an earlier table % as % has ended', tracked_as, ended_events;
        end if;
    end if;
    insert into telemetry.table_trackings as t (relation, event_name, operations, condition, payload, arguments, source, is_strict)
    values (tracked_as, event_name, operations, condition, payload, arguments, source, coalesce(is_strict, false))
        on conflict on constraint table_trackings_pkey do update
       set operations = excluded.operations, condition = excluded.condition, payload = excluded.payload, arguments = excluded.arguments,
           source = excluded.source, is_strict = excluded.is_strict
        returning xmax = 0 into is_new;
    needed := telemetry_private.needed_triggers(tracked_as);
end
$$;

-- Makes the triggers that a table needs and drops those that it does not, whatever they are named. It does so with the caller's rights.
create function telemetry_private.set_tracking_triggers(target regclass, tracked_as text, needed text[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    operation text;
    arguments text;
    is_strict boolean;
    present record;
    has_trigger boolean;
begin
    foreach operation in array '{insert,update,delete}'::text[] loop
        is_strict := operation || ' strict' = any (needed);
        arguments := case when is_strict then format('%L, %L', tracked_as, 'strict') when operation = any (needed) then format('%L', tracked_as) end;
        has_trigger := false;
        for present in
            select t.tgname, t.tgnargs = 2 as is_strict
              from pg_trigger t
             where t.tgrelid = target and t.tgfoid = 'telemetry.log_table_changes()'::regprocedure and not t.tgisinternal
               and t.tgtype & case operation when 'insert' then 4 when 'delete' then 8 else 16 end <> 0
             order by t.oid
        loop
            if arguments is null or has_trigger or present.is_strict <> is_strict then
                execute format('drop trigger %I on %s', present.tgname, target);
            else
                has_trigger := true;
            end if;
        end loop;
        if arguments is not null and not has_trigger then
            execute format('create trigger %I after %s on %s referencing %s for each statement execute function telemetry.log_table_changes(%s)',
                'telemetry_tracks_' || operation, operation, target,
                case operation when 'insert' then 'new table as new_rows' when 'delete' then 'old table as old_rows'
                               else 'old table as old_rows new table as new_rows' end, arguments);
        end if;
    end loop;
end
$$;

create function telemetry.track_table(
    relation regclass,
    event_name text,
    "on" text[] default null,
    "when" text default null,
    payload jsonb default null,
    user_id text default null,
    session_id text default null,
    subject_id text default null,
    tenant_id text default null,
    source text default null,
    is_strict boolean default null)
returns boolean
language sql
begin atomic
    with kept as materialized (
        select k.tracked_as, k.needed, k.is_new, telemetry_private.checked_operations("on") as operations
          from telemetry_private.keep_tracking(relation, event_name, telemetry_private.checked_operations("on"), "when", payload,
               jsonb_strip_nulls(jsonb_build_object('user_id', user_id, 'session_id', session_id, 'subject_id', subject_id, 'tenant_id', tenant_id)), source, is_strict) k
    ), checked as materialized (
        select k.*, telemetry_private.check_tracking(relation::oid, event_name, k.operations, "when", payload,
               jsonb_strip_nulls(jsonb_build_object('user_id', user_id, 'session_id', session_id, 'subject_id', subject_id, 'tenant_id', tenant_id)), source) as check
          from kept k
    ), attached as materialized (
        select c.is_new, c.check, telemetry_private.set_tracking_triggers(relation, c.tracked_as, c.needed) as attached from checked c
    )
    select a.is_new from attached a;
end;

create function telemetry_private.end_tracking(relation text, event_name text, out target regclass, out tracked_as text, out needed text[], out ended integer)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    named regclass;
    calling_role constant text := coalesce(nullif(current_setting('role'), 'none'), session_user);
begin
    if relation is null then
        raise exception 'relation must not be null' using errcode = '22004', hint = 'select * from telemetry.tracked_tables() tells what is tracked.';
    end if;
    begin
        named := to_regclass(relation);
    exception
        -- Not a name at all: "a..b", "a.b.c.d".
        when invalid_name or feature_not_supported or syntax_error then
            named := null;
    end;
    select t.relation, t.tracked_as into target, tracked_as
      from telemetry_private.tracking_triggers() t
     where t.relation = named or named is null and t.tracked_as = end_tracking.relation
     limit 1;
    if exists (select from pg_class c where c.oid = coalesce(target, named) and not pg_has_role(calling_role, c.relowner, 'usage')) then
        raise exception 'must be owner of table %', coalesce(target, named)
            using errcode = '42501', hint = 'Have its owner end the tracking.';
    end if;
    tracked_as := coalesce(tracked_as, (select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = named), relation);
    -- That of another table, which had this name when it was tracked.
    if target is null and exists (select from telemetry_private.tracking_triggers() t where t.tracked_as = end_tracking.tracked_as) then
        ended := 0;
        return;
    end if;
    delete from telemetry.table_trackings t
     where t.relation = tracked_as and (end_tracking.event_name is null or t.event_name = end_tracking.event_name);
    get diagnostics ended = row_count;
    needed := telemetry_private.needed_triggers(tracked_as);
end
$$;

create function telemetry.untrack_table(relation text, event_name text default null)
returns integer
language sql
begin atomic
    with ended as materialized (
        select e.target, e.tracked_as, e.needed, e.ended from telemetry_private.end_tracking(relation, event_name) e
    ), detached as materialized (
        select e.ended, case when e.target is not null then telemetry_private.set_tracking_triggers(e.target, e.tracked_as, e.needed) end as detached from ended e
    )
    select d.ended from detached d;
end;

create function telemetry_private.tracked_tables()
returns table (
    relation text, event_name text, operations text[], condition text, payload jsonb, arguments jsonb, source text, is_strict boolean, problem text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
rows 10
as $$
    select case when c.oid is null then t.relation else format('%I.%I', n.nspname, c.relname) end, t.event_name, t.operations, t.condition, t.payload, t.arguments, t.source, t.is_strict,
           case when c.oid is null then 'no table has a trigger for it: it was dropped, or its triggers were'
                when m.missing is not null then format('its trigger for %s is missing or disabled', m.missing)
                else telemetry_private.tracking_problem(c.oid, t.event_name, t.operations, t.condition, t.payload, t.arguments, t.source) end
      from telemetry.table_trackings t
      left join lateral (select min(g.relation::oid::bigint)::oid as oid from telemetry_private.tracking_triggers() g where g.tracked_as = t.relation) f on true
      left join pg_class c on c.oid = f.oid
      left join pg_namespace n on n.oid = c.relnamespace
      left join lateral (
            select string_agg(o, ', ' order by o) as missing
              from unnest(t.operations) o
             where not exists (select from telemetry_private.tracking_triggers() g where g.tracked_as = t.relation and g.operation = o and g.is_enabled)) m on true
     order by 1, 2
$$;

create function telemetry.tracked_tables()
returns table (
    relation text, event_name text, operations text[], condition text, payload jsonb, arguments jsonb, source text, is_strict boolean, problem text)
language sql
stable
rows 10
begin atomic
    select * from telemetry_private.tracked_tables();
end;

-- What health() finds: tables whose changes are not logged though they are tracked.
create function telemetry_private.health_of_tracking()
returns table (check_name text, severity text, problem text, mend text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.table_trackings') is null then
        return;
    end if;
    return query
    select 'tracking', 'warning', format('changes of %s are not logged as %s: %s', t.relation, t.event_name, t.problem),
           format('-- telemetry.track_table() again, or: select telemetry.untrack_table(%L, %L)', t.relation, t.event_name)
      from telemetry_private.tracked_tables() t
     where t.problem is not null
     order by t.relation, t.event_name;
end
$$;

comment on function telemetry.log_table_changes is
'The trigger of tracked tables: it logs the rows that a statement changed. track_table() attaches it.

Returns
  NULL: the rows stay as they are';
comment on function telemetry.track_table is
'Has changes of a table of the application logged as events, in the transaction that makes them. The
same table and event again replace the definition.

Arguments
  relation    a table of the application, which the caller owns
  event_name  the event: one event for each row that changes
  on          which changes: any of insert, update and delete; default all of them
  when        which rows: SQL about the rows new and old, as in a trigger; of an INSERT old has NULL
              in all columns, of a DELETE new has. Default NULL: every row
  payload     from which columns: a list of names, an object of keys and names, in which "*" stands
              for all members of a column, or the name of one column of JSON. old.name is what was,
              new.name and name are what is, and tg_op is insert, update or delete; a list in place
              of a name makes an object of columns. Default NULL: an empty payload
  user_id     the column of who did it; default the user of the request, see current_user_id()
  session_id  the column of the session; default NULL
  subject_id  the column of what it is about; default NULL
  tenant_id   the column of the tenant; default the caller''s, see current_tenant()
  source      the source of all these events; default NULL
  is_strict   whether an event that is refused is an error of the statement. Default false: it is
              kept in telemetry.rejections, and the statement goes on
Returns
  whether there was no such definition before
Errors
  22004  relation or event_name is NULL
  22023  an unknown event, operation, source or column; a condition that is not one expression; a
         view, a foreign table, a table of telemetry
  42501  the caller is not the owner of the table
  42703  the condition names a column that is not there
Notes
  The events are checked as those of a server. Ids that are no uuids become some by as_id().
  COPY, MERGE and ON CONFLICT are logged as the rows that they insert, update and delete. TRUNCATE
    is not. A statement about a partition by its own name is not seen by its parent''s triggers.
  A virtual generated column has no value in a trigger, and cannot be named.
  when is asked with the rights of whoever changes the table, and finds only what pg_catalog has
    without a schema.
  The triggers do not fire where a change is replicated to.';
comment on function telemetry.untrack_table is
'Ends that changes of a table are logged.

Arguments
  relation    the table, by its name or that under which tracked_tables() shows it
  event_name  as which event; default NULL: as any
Returns
  how many definitions ended
Errors
  22004  relation is NULL
  42501  the caller is not the owner of the table';
comment on function telemetry.tracked_tables is
'Which changes of which tables are logged as which event, as track_table() was told.

Columns
  relation    the table, by its present name; where it is gone by that when it was tracked
  event_name  the event
  operations  which changes
  condition   which rows; NULL: every row
  payload     from which columns the payload comes; NULL: it is empty
  arguments   from which columns user_id, session_id, subject_id and tenant_id come
  source      the source of these events
  is_strict   whether an event that is refused is an error of the statement
  problem     why changes are not logged: a trigger or a column that is not there; NULL: they are.
              Whether a condition still fits is seen when it is asked';
