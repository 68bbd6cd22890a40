-- The functions of the API with their signatures and what their COMMENTs say, as Markdown.
select string_agg(format(E'**`%s`**\n%s\n', signature, description), E'\n' order by regexp_replace(signature, '^call ', ''))
  from (select case p.prokind when 'p' then 'call ' else '' end
               || format('%s(%s)', p.proname,
                         regexp_replace(replace(replace(regexp_replace(pg_get_function_arguments(p.oid), '^IN ', ''), 'timestamp with time zone', 'timestamptz'), ' DEFAULT', ' ='), ' = NULL::[a-z]+( precision)?(\[\])?', ' = null', 'gi'))
               || coalesce(' → ' || replace(pg_get_function_result(p.oid), 'timestamp with time zone', 'timestamptz'), '') as signature,
               obj_description(p.oid, 'pg_proc') as description
          from pg_proc p
         where p.pronamespace = 'telemetry'::regnamespace) f;
