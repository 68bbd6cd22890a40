-- Retention classes say how long events are kept. An event type names its class, and the newest definition of an event decides for
-- all events of that name, the older ones included. An event that names no class is in the class kept, which is no row: it is for ever,
-- as are events whose name has no definition.

create function telemetry_private.init_retention()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.retention_classes') is null then
        create table telemetry.retention_classes (
            name        text collate "C" not null primary key,
            keep        interval,
            pack        text collate "C",
            description text,
            created_at  timestamptz not null default now(),
            updated_at  timestamptz not null default now(),
            constraint name_is_snake_case check (name ~ '^[a-z][a-z0-9_]*$' and octet_length(name) <= 63),
            constraint keep_is_positive check (keep > interval '0'),
            constraint keep_is_sane check (keep <= interval '1000 years'),
            constraint kept_is_for_ever check (name <> 'kept')
        );
        comment on table telemetry.retention_classes is 'How long events are kept: one row per class. register_retention_class() and drop_retention_class() change it.';
        comment on column telemetry.retention_classes.name is 'The name of the class, to which the attribute retention_class of an event refers.';
        comment on column telemetry.retention_classes.keep is 'How long an event is kept after its event_ts. NULL: for ever.';
        comment on column telemetry.retention_classes.pack is 'The pack that brought it; NULL: it was registered by hand.';
    end if;
    -- A dump of a time without classes has names that meant nothing, and another default.
    if not exists (select from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
                    where d.adrelid = 'telemetry.event_types'::regclass and a.attname = 'retention_class' and pg_get_expr(d.adbin, d.adrelid) = '''kept''::text') then
        alter table telemetry.event_types alter column retention_class set default 'kept';
    end if;
    insert into telemetry.retention_classes (name, description)
    select distinct n.retention_class, 'An event names it, and nobody has said yet how long it is kept.'
      from (select distinct on (t.event_name) t.retention_class from telemetry.event_types t order by t.event_name, t.event_version desc) n
     where n.retention_class <> 'kept'
        on conflict (name) do nothing;
    perform telemetry_private.protect_catalog('telemetry.retention_classes', 'name');

    if to_regclass('telemetry_private.expiry_rounds') is null then
        create table telemetry_private.expiry_rounds (
            place       integer not null primary key default 1,
            finished_at timestamptz,
            change_id   bigint,
            waits_since timestamptz,
            waits_for   text,
            forgotten_at  timestamptz,
            actors_tenant uuid,
            actors_after  integer,
            rewrites      boolean not null default false,
            constraint there_is_one_row check (place = 1)
        );
        comment on table telemetry_private.expiry_rounds is 'How far expiry is, in one row: when it last found nothing more to do, at which row of telemetry.changes, what it waits for since when, how far it has looked for users of whom no event is left and when it began, and whether the next unit writes a partition anew.';
    end if;
    perform telemetry_private.set_row_security('telemetry_private.expiry_rounds');
    insert into telemetry_private.expiry_rounds default values on conflict do nothing;
end
$$;

create function telemetry_private.put_retention_class(name text, keep interval, description text, pack text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    broken text;
begin
    insert into telemetry.retention_classes as c (name, keep, description, pack) values (put_retention_class.name, put_retention_class.keep, put_retention_class.description, put_retention_class.pack)
        on conflict (name) do update
           set keep = excluded.keep, description = coalesce(excluded.description, c.description), updated_at = now();
exception
    when check_violation then
        get stacked diagnostics broken = constraint_name;
        raise exception 'retention class "%" breaks the rule "%"', left(put_retention_class.name, 80), replace(broken, '_', ' ')
            using errcode = '22023',
                  hint = case broken when 'name_is_snake_case' then 'Write it as error_log, in at most 63 bytes.'
                                     when 'kept_is_for_ever' then 'Events that name no class are in it. Register another class, and name that in telemetry.update_event().'
                                     else 'Say how long its events are kept, for example ''30 days''; NULL keeps them for ever.' end;
end
$$;

create function telemetry_private.register_retention_class(name text, keep interval, description text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if name is null then
        raise exception 'name must not be null'
            using errcode = '22004', hint = 'Call telemetry.register_retention_class(''error_log'', ''90 days'').';
    end if;
    perform telemetry_private.put_retention_class(name, keep, description, null);
end
$$;

create function telemetry_private.drop_retention_class(name text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    used_by text;
begin
    if drop_retention_class.name is null then
        raise exception 'name must not be null'
            using errcode = '22004', hint = 'List the classes with: select * from telemetry.retention_classes.';
    end if;
    -- Nobody names the class meanwhile.
    lock table telemetry.event_types in share row exclusive mode;
    select n.event_name into used_by
      from (select distinct on (t.event_name) t.event_name, t.retention_class from telemetry.event_types t order by t.event_name, t.event_version desc) n
     where n.retention_class = drop_retention_class.name
     order by n.event_name
     limit 1;
    if found then
        raise exception 'retention class "%" is used by the event "%"', drop_retention_class.name, used_by
            using errcode = '2BP01',
                  hint = format('Give the event another class: telemetry.update_event(%L, ''{"retention_class": "kept"}''); or keep the events of this one for ever: telemetry.register_retention_class(%L, null).', used_by, drop_retention_class.name);
    end if;
    delete from telemetry.retention_classes c where c.name = drop_retention_class.name;
    if not found then
        raise exception 'no retention class "%"', left(drop_retention_class.name, 63)
            using errcode = '22023', hint = 'List the classes with: select * from telemetry.retention_classes.';
    end if;
end
$$;

-- Raises where a definition names a class that is not there.
create function telemetry_private.check_retention_class(event_name text, retention_class text)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if retention_class <> 'kept' and not exists (select from telemetry.retention_classes c where c.name = retention_class) then
        raise exception 'event "%" names the retention class "%", which is not registered', left(event_name, 80), left(retention_class, 63)
            using errcode = '22023',
                  hint = 'Register it with telemetry.register_retention_class(), or take one of: ' || concat_ws(', ', 'kept', (select string_agg(c.name, ', ' order by c.name) from telemetry.retention_classes c)) || '.';
    end if;
end
$$;

create function telemetry.register_retention_class(name text, keep interval, description text default null)
returns void
language sql
begin atomic
    select telemetry_private.register_retention_class(name, keep, description);
end;

create function telemetry.drop_retention_class(name text)
returns void
language sql
begin atomic
    select telemetry_private.drop_retention_class(name);
end;

comment on function telemetry.register_retention_class is
'Says how long the events of a class are kept. An event names its class by the attribute
retention_class of register_event() and update_event().

Arguments
  name         the name of the class, in snake_case
  keep         how long an event is kept after its event_ts, for example 30 days; NULL: for ever
  description  what the class is for; default NULL: it stays as it is
Errors
  22004  name is NULL
  22023  a wrong name, or kept, which is for ever; keep is not positive, or more than 1000 years
Notes
  A class that is there is changed, also for events that are logged already.
  Nothing goes before expire_events() is called, or the setting telemetry.expiry is on.';
comment on function telemetry.drop_retention_class is
'Drops a retention class that no event uses.

Arguments
  name   the name of the class
Errors
  22004  name is NULL
  22023  no such class
  2BP01  the newest definition of an event names it';
