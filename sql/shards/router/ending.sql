-- The shards decide who may do what: a call comes there as the role that made it here. So everybody may call the API here, and
-- nobody the connections.
revoke all on schema telemetry_private from public;
revoke all on all routines in schema telemetry_private from public;
revoke all on all tables in schema telemetry from public;
grant usage on schema telemetry to public;
grant execute on function
    telemetry_private.value_of, telemetry_private.handed_on, telemetry_private.rows_of, telemetry_private.rows_of_kpi, telemetry_private.everywhere, telemetry_private.somewhere, telemetry_private.shard_for, telemetry_private.pinned_shard,
    telemetry_private.shard_of_event, telemetry_private.shard_of_user, telemetry_private.shard_knowing, telemetry_private.any_shard, telemetry_private.tenant_of_caller, telemetry_private.new_event_id, telemetry_private.as_sent, telemetry_private.log_events,
    telemetry_private.import_events to public;
revoke all on procedure telemetry.move_tenant from public;
revoke all on function telemetry.shard_of, telemetry.register_shard, telemetry.drop_shard, telemetry.spread_tenant, telemetry.shard_status from public;
-- PostgREST reads the functions anew.
notify pgrst, 'reload schema';
commit;
