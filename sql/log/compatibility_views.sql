-- A compatibility view is the table that an application's own SQL reads, made a view over the log, so that the SQL goes
-- on unchanged. The files of the packs (packs/*.json) say which column shows what. Every view runs with the rights of
-- whoever reads it.

-- telemetry replaces and drops only views that carry this comment.
create function telemetry_private.compatibility_comment(pack text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select format('The log of telemetry as the pack %s names it; made by telemetry.create_compatibility_views(%L), dropped by drop_compatibility_views(%L).', pack, pack, pack)
$$;

-- Returns the views that create_compatibility_views() made and that the caller may grant.
create function telemetry_private.compatibility_views()
returns setof regclass
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select r.oid::regclass
      from pg_class r
      join pg_description d on d.objoid = r.oid and d.classoid = 'pg_class'::regclass and d.objsubid = 0
     where r.relkind = 'v' and pg_has_role(r.relowner, 'USAGE')
       and d.description in (select telemetry_private.compatibility_comment(p.pack) from telemetry.pack_catalog() p)
$$;

-- Returns the schema of the views if views may be made there, and raises an error otherwise.
create function telemetry_private.checked_view_schema(target_schema text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if target_schema is null then
        raise exception 'target_schema must not be null'
            using errcode = '22004', hint = 'Leave it out for public, or name the schema that the application''s SQL reads.';
    end if;
    if target_schema in ('telemetry', 'telemetry_private') or target_schema like 'pg\_%' or target_schema = 'information_schema' then
        raise exception 'compatibility views cannot be in schema "%"', left(target_schema, 63)
            using errcode = '22023', hint = 'Name a schema of the application, for example public.';
    end if;
    if to_regnamespace(quote_ident(target_schema)) is null then
        raise exception 'schema "%" does not exist', left(target_schema, 63)
            using errcode = '3F000', hint = format('Create it first: create schema %I;', left(target_schema, 63));
    end if;
    return target_schema;
end
$$;

-- `views` is what pack_views() returns for the pack, `target_schema` has been checked, and `comment` is the mark of
-- such views.
create function telemetry_private.create_compatibility_views(views jsonb, target_schema text, comment text)
returns setof text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    view_definition record;
    occupant record;
    reader oid;
begin
    for view_definition in
        select v.name, string_agg(
                   case when c.source like 'payload.%' then format('e.payload ->> %L as %I', substr(c.source, 9), c.name)
                        else format('e.%I as %I', c.source, c.name) end, ', ' order by c.place) as columns
          from jsonb_to_recordset(views) as v (name text, columns jsonb),
               lateral (select pair ->> 0 as name, pair ->> 1 as source, place from jsonb_array_elements(v.columns) with ordinality p (pair, place)) c
         group by v.name
    loop
        select r.relkind, r.relowner, obj_description(r.oid, 'pg_class') as description into occupant
          from pg_class r
         where r.relnamespace = to_regnamespace(quote_ident(target_schema)) and r.relname = view_definition.name;
        if found and (occupant.relkind <> 'v' or occupant.description is distinct from comment) then
            raise exception '%.% is there already and is not this view', quote_ident(target_schema), quote_ident(view_definition.name)
                using errcode = '42P07',
                      hint = 'Rename or drop it, drop another pack''s view with telemetry.drop_compatibility_views(), or choose another target_schema.';
        end if;
        -- The owner of a view decides what its readers run, whoever replaced its text.
        if found and pg_get_userbyid(occupant.relowner) <> current_user then
            raise exception 'view %.% belongs to another role', quote_ident(target_schema), quote_ident(view_definition.name)
                using errcode = '42501', hint = format('Call it as its owner, %s, or drop the view.', occupant.relowner::regrole);
        end if;
        execute format('create or replace view %I.%I with (security_invoker = true) as select %s from telemetry.events e',
                       target_schema, view_definition.name, view_definition.columns);
        execute format('comment on view %I.%I is %L', target_schema, view_definition.name, comment);
        -- Whoever may read the log may read it by this name; the view shows nobody more than the log does.
        for reader in
            select distinct a.grantee
              from pg_class r, aclexplode(r.relacl) a
             where r.oid = 'telemetry.events'::regclass and a.privilege_type = 'SELECT' and a.grantee <> r.relowner
        loop
            execute format('grant select on %I.%I to %s', target_schema, view_definition.name,
                           case reader when 0 then 'public' else reader::regrole::text end);
        end loop;
        return next format('%I.%I', target_schema, view_definition.name);
    end loop;
end
$$;

create function telemetry_private.drop_compatibility_views(target_schema text, comment text)
returns setof text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    dropped text;
begin
    for dropped in
        select format('%I.%I', target_schema, r.relname)
          from pg_class r
         where r.relnamespace = to_regnamespace(quote_ident(target_schema)) and r.relkind = 'v'
           and obj_description(r.oid, 'pg_class') = comment
         order by r.relname
    loop
        execute 'drop view ' || dropped;
        return next dropped;
    end loop;
exception
    when dependent_objects_still_exist then
        raise exception 'view % cannot go: something uses it', dropped
            using errcode = '2BP01', hint = format('See what, and drop it yourself: drop view %s cascade;', dropped);
end
$$;

create function telemetry.create_compatibility_views(pack text, target_schema text default 'public')
returns setof text
language sql
begin atomic
    select telemetry_private.create_compatibility_views(
               telemetry_private.pack_views(pack),
               telemetry_private.checked_view_schema(target_schema),
               telemetry_private.compatibility_comment(pack));
end;

create function telemetry.drop_compatibility_views(pack text, target_schema text default 'public')
returns setof text
language sql
begin atomic
    -- pack_views() refuses an unknown pack.
    select telemetry_private.drop_compatibility_views(
               telemetry_private.checked_view_schema(target_schema),
               telemetry_private.compatibility_comment(pack))
     where telemetry_private.pack_views(pack) is not null;
end;

comment on function telemetry.create_compatibility_views is
'Gives the table that an application''s own SQL reads as a view over the log, so that this SQL goes
on unchanged.

Arguments
  pack           whose view is made: tutoring (analytics_events), exam_prep (attempt_events),
                 support_chat, coaching or learning (events; the latter two with the columns of
                 PostHog)
  target_schema  the schema in which the view is made; default public
Returns
  one row per view: its name with its schema
Errors
  22023  an unknown pack; a schema of the server or of telemetry
  22004  target_schema is NULL
  3F000  the schema does not exist
  42P07  something else has the name of the view
  42501  the caller may not create there, or the view belongs to another role
Notes
  A view shows every event of the log that its reader may see (security_invoker); sampled events are
    not weighted.
  Whoever may read the log may read the view: whoever could at the time of the call, and whoever
    grant_access() lets read it later.
  Views that this function made are replaced; nothing else is.';
comment on function telemetry.drop_compatibility_views is
'Drops the views that create_compatibility_views() made for a pack.

Arguments
  pack           the pack whose views are dropped
  target_schema  the schema in which they are; default public
Returns
  one row per dropped view: its name with its schema; no row where there was none
Errors
  22023  an unknown pack; a schema of the server or of telemetry
  22004  target_schema is NULL
  3F000  the schema does not exist
  2BP01  something uses a view';
