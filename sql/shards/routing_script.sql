-- routing_script(): the script that makes an empty database a router. Twin: src/shards/routing_script.rs, which writes it. What a
-- router has beside the functions of the API stands in sql/shards/router/.

-- How a router answers a function, by its name; NULL: not at all, it is called on the shards. One of
--   logs        to the shard of tenant_id or of the caller, which is written down as the tenant's
--   deals       each event of a batch to the shard of its tenant
--   writes      to the shard of the tenant that is named, or of the caller
--   reads       the same; where no tenant is named, the shard has to know of no other that the caller reads
--   adds        the same, but where the caller reads every tenant, each shard counts and the counts add up
--   anywhere    to any shard: all of them give the same answer
--   everywhere  to every shard, or to none
--   somewhere   to every shard: whether it is true on one of them
create function telemetry_private.route_of(function oid)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select case
               when p.proname in ('log_event', 'try_log_event') then 'logs'
               when p.proname in ('log_events', 'import_events') then 'deals'
               when p.proname in ('set_tenant', 'erase_user', 'anonymize_user', 'erase_tenant', 'scrub_payload') then 'writes'
               when p.proname in (
                   'register_event', 'update_event', 'deprecate_event', 'add_alias', 'install_pack', 'uninstall_pack', 'set_redaction',
                   'add_ownership_check', 'drop_ownership_check', 'register_cohort', 'drop_cohort', 'register_kpi', 'drop_kpi', 'restore_kpi',
                   'register_dashboard', 'drop_dashboard', 'register_alert', 'drop_alert', 'register_retention_class', 'drop_retention_class') then 'everywhere'
               -- Receipts stay where the person was erased, also when the tenant moves on.
               when p.proname = 'was_erased' then 'somewhere'
               when p.provolatile = 'v' then null
               when p.proname in ('current_tenant', 'current_user_id') then 'reads'
               when p.provolatile = 'i' or p.proname in (
                   'as_id', 'time_buckets', 'period', 'anomalies_of', 'forecast_of', 'help', 'event_catalog', 'pack_catalog', 'client_types', 'redact',
                   'grafana_dashboard', 'prometheus_rules', 'registry_digest') then 'anywhere'
               -- These are about a server: what it derived, stored and sealed, and how it runs.
               when p.proname in ('metrics', 'metric_samples', 'verify_derived', 'inclusion_proof') then null
               when p.proname = any (telemetry_private.kpis_with_parts()) then 'adds'
               when 'tenant' = any (p.proargnames) then 'reads'
           end
      from pg_proc p
     where p.oid = route_of.function
       and p.pronamespace = 'telemetry'::regnamespace
       and p.prokind = 'f'
       and p.provariadic = 0
       -- A function for any type has no signature of its own to be called by over a wire.
       and not exists (select from unnest(p.proargtypes || p.prorettype) a join pg_type t on t.oid = a where t.typtype = 'p' and t.typname not in ('void', 'record'))
$$;

-- The functions that a router has, as the text of a JSON array.
create function telemetry_private.routed_functions()
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(jsonb_agg(jsonb_build_object(
               'name', p.proname,
               'route', r.route,
               'arguments', pg_get_function_arguments(p.oid),
               'identity', pg_get_function_identity_arguments(p.oid),
               'result', pg_get_function_result(p.oid),
               'value', format_type(p.prorettype, null),
               'is_set', p.proretset,
               'is_volatile', p.provolatile = 'v',
               'comment', obj_description(p.oid, 'pg_proc'),
               'parameters', a.parameters,
               'columns', a.columns) order by p.proname, p.oid), '[]')::text
      from pg_proc p
     cross join lateral (select telemetry_private.route_of(p.oid) as route) r
     cross join lateral (
           select coalesce(jsonb_agg(jsonb_build_object('name', u.name, 'type', format_type(u.type, null)) order by u.place) filter (where coalesce(u.mode, 'i') = 'i'), '[]') as parameters,
                  coalesce(jsonb_agg(jsonb_build_object('name', u.name, 'type', format_type(u.type, null)) order by u.place) filter (where u.mode = 't'), '[]') as columns
             from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargmodes, p.proargnames) with ordinality u (type, mode, name, place)
            where u.type is not null) a
     where p.pronamespace = 'telemetry'::regnamespace
       and r.route is not null
$$;

-- The types that their signatures name, in the order in which they can be made, as the text of a JSON array.
create function telemetry_private.routed_types()
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(jsonb_agg(jsonb_build_object('name', t.typname, 'definition', d.definition, 'is_domain', t.typtype = 'd', 'comment', obj_description(t.oid, 'pg_type'))
                              order by array_position('{e,d,c}'::text[], t.typtype::text), t.typname), '[]')::text
      from pg_type t
      left join pg_class c on c.oid = t.typrelid
     cross join lateral (
           select case t.typtype
                      when 'e' then (select format('enum (%s)', string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder)) from pg_enum e where e.enumtypid = t.oid)
                      when 'd' then format_type(t.typbasetype, t.typtypmod)
                      else (select format('(%s)', string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum))
                              from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped)
                  end as definition) d
     where t.typnamespace = 'telemetry'::regnamespace
       and (t.typtype in ('e', 'd') or t.typtype = 'c' and c.relkind = 'c')
$$;

-- The keys under which an event of a batch may name its tenant, its user, its session and itself, as the text of a JSON object.
create function telemetry_private.argument_keys()
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_object_agg(n.argument, array(
               select k from (select n.argument union select a.alias from telemetry.event_aliases a where a.argument = n.argument) t (k) order by k collate "C"))::text
      from unnest('{tenant_id,user_id,session_id,event_id}'::text[]) n (argument)
$$;

create function telemetry.routing_script()
returns text
language sql
stable
begin atomic
    select telemetry_private.written_router(telemetry_private.routed_functions(), telemetry_private.routed_types(), telemetry_private.argument_keys());
end;

comment on function telemetry.routing_script is
'Writes the script that makes a database a router: it has the functions of the API under the same
names, and each call goes to the shard that has the tenant. A router has no events of its own.

Returns
  a script for psql; the same functions and settings give the same bytes
Notes
  psql -XAtc "select telemetry.routing_script()" | psql ROUTER makes one of an empty database, or
    brings one up to date. docs/scale.md goes through it.
  How the tenant of a call is found is written into the script: telemetry.tenant_claim,
    telemetry.server_roles, telemetry.multi_tenant, and the aliases of tenant_id, user_id,
    session_id and event_id. When one of them changes, write it again.
  Functions that are about a server, such as health() and tick(), are called on the shards.
  The router connects by dblink, which comes with PostgreSQL.';
