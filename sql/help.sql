-- help(): what a function is for, at the prompt. The COMMENTs are the source of it and of docs/functions; names, order,
-- types and defaults come from the catalog. Twin: src/help.rs, which describes the form of a COMMENT.

-- The functions of the API, an array of objects: name, kind, arguments, columns, result, description.
create function telemetry_private.function_facts()
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_agg(jsonb_build_object(
               'name', p.proname,
               'kind', case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end,
               'arguments', coalesce(a.arguments, '[]'),
               'columns', coalesce(a.columns, c.columns, '[]'),
               'result', case when a.columns is null and p.prokind <> 'p' then replace(replace(pg_get_function_result(p.oid), 'timestamp with time zone', 'timestamptz'), 'SETOF', 'setof') end,
               'description', coalesce(obj_description(p.oid, 'pg_proc'), '')))
      from pg_proc p,
           lateral (select jsonb_agg(n.parameter order by n.place) filter (where n.mode in ('i', 'b', 'v')) as arguments,
                           jsonb_agg(n.parameter order by n.place) filter (where n.mode in ('o', 'b', 't')) as columns
                      from (select u.place, coalesce(u.mode, 'i') as mode,
                                   jsonb_build_object(
                                       'name', u.name,
                                       'type', replace(format_type(u.type, null), 'timestamp with time zone', 'timestamptz'),
                                       'default', regexp_replace(regexp_replace(pg_get_function_arg_default(p.oid, u.place::integer), '::[a-z ]+(\[\])?$', ''), '^NULL$', 'null'),
                                       'is_variadic', coalesce(u.mode = 'v', false)) as parameter
                              from rows from (unnest(p.proargnames), unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])), unnest(p.proargmodes))
                                   with ordinality u (name, type, mode, place)) n) a,
           -- Of a row type of its own.
           lateral (select jsonb_agg(jsonb_build_object('name', f.attname, 'type', replace(format_type(f.atttypid, null), 'timestamp with time zone', 'timestamptz')) order by f.attnum) as columns
                      from pg_type t join pg_attribute f on f.attrelid = t.typrelid
                     where t.oid = p.prorettype and t.typnamespace = 'telemetry'::regnamespace and f.attnum > 0 and not f.attisdropped) c
     where p.pronamespace = 'telemetry'::regnamespace
$$;

create function telemetry.help(name text default null)
returns table (line text)
language sql
stable
parallel safe
rows 100
begin atomic
    select h.line
      from telemetry_private.help(
               help.name, telemetry_private.function_facts(),
               (select jsonb_object_agg(c.argument, c.meaning) from telemetry_private.common_arguments() c),
               (select jsonb_agg(to_jsonb(t))
                  from (select * from telemetry_private.kpi_topics() union all select * from telemetry_private.function_topics()) t)) h (line);
end;

comment on function telemetry.help is
'What a function of telemetry is for and how it is called, to be read at the prompt. Without a name
it lists all functions by the questions that they answer, each with its first sentence.

Arguments
  name  a function''s name, with or without schema and parentheses; default NULL: all of them
Columns
  line  a line of at most 100 columns; the lines come in order
Errors
  42883  there is no such function; the hint has the nearest names';
