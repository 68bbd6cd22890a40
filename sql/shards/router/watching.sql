-- How the shards stand, for whoever runs the router.

create function telemetry.shard_status()
returns table (shard text, takes_new_tenants boolean, tenants bigint, is_reachable boolean, version text, registry_digest text, has_registry_of_most boolean)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    asked text;
    found jsonb := '{}';
    answer jsonb;
begin
    for asked in select s.name from telemetry.shards s order by s.name loop
        begin
            select to_jsonb(t) into answer
              from telemetry_private.dblink(telemetry_private.connection_to(asked),
                       'select e.extversion, telemetry.registry_digest() from pg_catalog.pg_extension e where e.extname = ''telemetry''') as t (version text, digest text);
            found := found || jsonb_build_object(asked, answer);
        exception
            when connection_exception then null;
        end;
    end loop;
    return query
        select s.name, s.takes_new_tenants, (select count(*) from telemetry.tenant_placement p where p.shard = s.name) + (select count(*) from telemetry.spread_tenants t where s.name = any (t.shards)), found ? s.name,
               found -> s.name ->> 'version', found -> s.name ->> 'digest',
               found -> s.name ->> 'digest' = (select mode() within group (order by f.value ->> 'digest') from jsonb_each(found) f)
          from telemetry.shards s
         order by s.name;
end
$$;
comment on function telemetry.shard_status is
'How each shard stands: whether it can be reached, what it has, and whether it knows the same events,
rules and KPIs as the others.

Columns
  shard                 the name of the shard
  takes_new_tenants     whether tenants that no shard has yet may be placed there
  tenants               how many tenants are placed there, or have some of their users there
  is_reachable          whether it answers
  version               the version of telemetry there; NULL where it cannot be reached
  registry_digest       what registry_digest() says there; NULL where it cannot be reached
  has_registry_of_most  whether that is what most of the shards say; NULL where it cannot be reached
Errors
  42501  the caller does not own the router';
