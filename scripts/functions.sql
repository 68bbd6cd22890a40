-- The functions of the API with their signatures and what their COMMENTs say, as Markdown.
select string_agg(format(E'**`%s`**\n%s\n', signature, description), E'\n' order by signature)
  from (select format('%s(%s) → %s', p.proname,
                      regexp_replace(replace(replace(pg_get_function_arguments(p.oid), 'timestamp with time zone', 'timestamptz'), ' DEFAULT', ' ='), ' = NULL::[a-z]+(\[\])?', ' = null', 'gi'),
                      replace(pg_get_function_result(p.oid), 'timestamp with time zone', 'timestamptz')) as signature,
               obj_description(p.oid, 'pg_proc') as description
          from pg_proc p
         where p.pronamespace = 'telemetry'::regnamespace) f;
