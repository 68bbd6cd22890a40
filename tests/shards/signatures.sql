-- Every function that a router answers, as a client sees it: on the router all that it has but those of its own, on a shard all that
-- have a route.
select to_regclass('telemetry.shards') is null as is_shard \gset
\if :is_shard
    create temporary view api as select p.oid from pg_proc p where telemetry_private.route_of(p.oid) is not null;
\else
    create temporary view api as select p.oid from pg_proc p
     where p.pronamespace = 'telemetry'::regnamespace and p.proname not in ('shard_of', 'register_shard', 'drop_shard', 'shard_status', 'spread_tenant', 'move_tenant');
\endif
select p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), md5(obj_description(p.oid, 'pg_proc'))
  from api a join pg_proc p using (oid)
 order by p.proname collate "C", 2;
