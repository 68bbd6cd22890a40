-- Names of actors: the log knows ids alone, and the application says where names stand. Nothing is stored of them: they
-- are read, with the caller's rights, when somebody asks.

create function telemetry_private.init_actor_names()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.actor_relations') is null then
        create table telemetry.actor_relations (
            actor         text collate "C" primary key,
            relation      text not null,
            id_column     text not null,
            name_column   text not null,
            tenant_column text,
            constraint actor_is_known check (actor in ('user', 'session', 'subject', 'tenant'))
        );
        comment on table telemetry.actor_relations is 'Where the names of actors stand. Change it with telemetry.register_actor_names() and drop_actor_names(); ask with actor_name() and actor_names().';
        comment on column telemetry.actor_relations.actor is 'Whose names: user, session, subject or tenant.';
        comment on column telemetry.actor_relations.relation is 'The table or view of the application, with its schema.';
        comment on column telemetry.actor_relations.id_column is 'Its column of the id: a uuid as events have it, or a text or integer of which as_id() made the events'' ids.';
        comment on column telemetry.actor_relations.name_column is 'Its column of the name.';
        comment on column telemetry.actor_relations.tenant_column is 'Its column of the tenant; null: it knows no tenants.';
    end if;
    perform telemetry_private.protect_catalog('telemetry.actor_relations', 'actor');
end
$$;

create function telemetry_private.register_actor_names(relation text, id_column text, name_column text, tenant_column text, actor text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    kind constant text := coalesce(actor, 'user');
    target regclass;
    wrong record;
    is_new boolean;
begin
    if relation is null or id_column is null or name_column is null then
        raise exception 'relation, id_column and name_column must not be null'
            using errcode = '22004', hint = 'For example: telemetry.register_actor_names(''app.customers'', ''id'', ''name'').';
    end if;
    if kind not in ('user', 'session', 'subject', 'tenant') then
        raise exception 'unknown actor "%"', left(kind, 40)
            using errcode = '22023', hint = 'actor is user (the default), session, subject or tenant.';
    end if;
    begin
        target := to_regclass(relation);
    exception
        -- Not a name at all: "a..b", "a.b.c.d".
        when invalid_name or feature_not_supported or syntax_error then
            target := null;
    end;
    if not exists (select from pg_class c where c.oid = target and c.relkind in ('r', 'p', 'v', 'm', 'f')) then
        raise exception 'there is no table or view "%"', left(relation, 127)
            using errcode = '42P01', hint = 'Give the name with its schema, quoted as in SQL: ''app.customers''.';
    end if;
    select n.name, n.wanted into wrong
      from (values (id_column, 'uuid, text or integer', '{U,S,N}'::text[]), (name_column, 'text', '{S}'), (tenant_column, 'uuid', '{U}')) n (name, wanted, categories)
     where n.name is not null
       and not exists (
            select from pg_attribute a join pg_type t on t.oid = a.atttypid
             where a.attrelid = target and a.attname = n.name and a.attnum > 0 and not a.attisdropped
               and t.typcategory::text = any (n.categories)
               and (t.typcategory <> 'U' or t.oid = 'uuid'::regtype)
               and (t.typcategory <> 'N' or t.oid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)))
     limit 1;
    if found then
        raise exception '% has no column "%" of type %', target, left(wrong.name, 63), wrong.wanted
            using errcode = '22023', hint = 'Name the columns of the id, the name and the tenant; a view may give them other names and types.';
    end if;
    -- With its schema, which this function's search_path does not find by itself, and quoted as it must be.
    insert into telemetry.actor_relations as r (actor, relation, id_column, name_column, tenant_column)
    values (kind, target::text, id_column, name_column, tenant_column)
        on conflict (actor) do update set (relation, id_column, name_column, tenant_column) = (excluded.relation, excluded.id_column, excluded.name_column, excluded.tenant_column)
        returning xmax = 0 into is_new;
    return is_new;
end
$$;

create function telemetry_private.drop_actor_names(actor text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from telemetry.actor_relations r where r.actor = coalesce(drop_actor_names.actor, 'user');
    return found;
end
$$;

create function telemetry.register_actor_names(
    relation text,
    id_column text,
    name_column text,
    tenant_column text default null,
    actor text default null)
returns boolean
language sql
begin atomic
    select telemetry_private.register_actor_names(relation, id_column, name_column, tenant_column, actor);
end;

create function telemetry.drop_actor_names(actor text default null)
returns boolean
language sql
begin atomic
    select telemetry_private.drop_actor_names(actor);
end;

-- What is registered, if the relation is there and lies in a schema that the caller may look into.
create function telemetry_private.actor_relation(actor text)
returns table (relation text, id_column text, name_column text, tenant_column text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
rows 1
as $$
begin
    return query
        select r.relation, r.id_column, r.name_column, r.tenant_column
          from telemetry.actor_relations r, parse_ident(r.relation) p (parts)
          join pg_namespace n on n.nspname = p.parts[1]
          join pg_class c on c.relnamespace = n.oid and c.relname = p.parts[2]
         where r.actor = coalesce(actor_relation.actor, 'user') and has_schema_privilege(n.oid, 'USAGE');
end
$$;

-- Reads names with the caller's rights. Whoever may not read them, and whatever is wrong with the relation, gets no row:
-- a question about actors is answered without their names. `relation` is one that the caller trusts, or null.
create function telemetry_private.read_actor_names(relation text, id_column text, name_column text, tenant_column text, actors uuid[], tenant uuid)
returns table (actor_id uuid, actor_name text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
rows 100
as $$
declare
    id text;
    of_tenant text := '$2';
begin
    if tenant_column is not null then
        of_tenant := format('r.%I', tenant_column);
    end if;
    select case when a.atttypid = 'uuid'::regtype then format('r.%I', id_column) else format('telemetry.as_id(r.%I::text, %s)', id_column, of_tenant) end
      into id
      from pg_attribute a
     where a.attrelid = to_regclass(relation) and a.attname = id_column and not a.attisdropped;
    if found then
        return query execute format('select distinct on (1) %1$s, r.%2$I::text from %3$s r where %1$s = any ($1) and ($2 is null or %4$s = $2) order by 1, 2', id, name_column, to_regclass(relation), of_tenant)
            using actors, tenant;
    end if;
exception
    when insufficient_privilege or undefined_table or undefined_column or undefined_function or datatype_mismatch or invalid_schema_name then
        return;
end
$$;

-- Parallel unsafe, for what is wrong is caught in a subtransaction.
create function telemetry.actor_names(actors uuid[], tenant uuid default null, actor text default null)
returns table (actor_id uuid, actor_name text)
language sql
stable
rows 100
begin atomic
    select n.actor_id, n.actor_name
      from telemetry_private.actor_relation(actor) r,
           telemetry_private.read_actor_names(telemetry_private.relation_if_trusted(r.relation), r.id_column, r.name_column, r.tenant_column, actors, tenant) n;
end;

create function telemetry.actor_name(actor_id uuid, tenant_id uuid default null, actor text default null)
returns text
language sql
stable
begin atomic
    select n.actor_name from telemetry.actor_names(array[actor_id], tenant_id, actor) n;
end;

comment on function telemetry.register_actor_names is
'Tells where the names of actors stand, so that actor_name() and actor_names() show them beside the
ids that KPIs answer with. It replaces what was told before of the same kind of actor.

Arguments
  relation       a table or view of the application, with its schema
  id_column      its column of the id: a uuid as the events have it; or a text or integer, of which
                 as_id() made the events'' ids
  name_column    its column of the name, a text
  tenant_column  its column of the tenant, a uuid; default NULL: it knows no tenants
  actor          whose names: user (default), session, subject or tenant
Returns
  Whether there was none before.
Errors
  22004  relation, id_column or name_column is NULL
  22023  an unknown actor; a column that is missing or of another type
  42P01  there is no such relation
Notes
  Nothing is copied: names are read when somebody asks, with that caller''s rights.
  Ids that are texts are made uuids row by row: a large table needs a column of type uuid, with an
    index.';
comment on function telemetry.drop_actor_names is
'Forgets where the names of actors stand.

Arguments
  actor  whose names: user (default), session, subject or tenant
Returns
  Whether it was known.';
comment on function telemetry.actor_names is
'The names of actors, as register_actor_names() tells where they stand: one row per actor that has
one.

Arguments
  actors  their ids
  tenant  the tenant whose actors they are; default NULL: any, and for ids that as_id() made the
          caller''s, see current_tenant()
  actor   what they are: user (default), session, subject or tenant
Columns
  actor_id    the actor
  actor_name  the name
Notes
  It is read with the caller''s rights. Who may not read the relation gets no rows; nor does anybody
    where nothing is registered, or the relation or a column is gone, or a part of it belongs to
    somebody whom the caller does not trust (see "Whose relations" in docs/security.md).
  Only the rows of these ids are read, by an index where the relation has one.';
comment on function telemetry.actor_name is
'The name of one actor, as register_actor_names() tells where it stands: for the rows of a list.

Arguments
  actor_id   the id
  tenant_id  the tenant; default NULL: any, and for ids that as_id() made the caller''s
  actor      what it is: user (default), session, subject or tenant
Returns
  the name; NULL where actor_names() has no row
Notes
  Each call takes one or two milliseconds; actor_names() finds the names of many actors in one go.';
