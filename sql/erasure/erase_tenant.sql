-- erase_tenant() takes a whole tenant out of the log.

create function telemetry_private.erase_tenant(tenant uuid, reason text, details jsonb default null)
returns telemetry.erasure_receipt
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set telemetry_private.derives = 'on'
set jit = off
as $$
#variable_conflict use_column
declare
    receipt constant uuid := telemetry_private.new_receipt_id();
    gone record;
    counts jsonb;
begin
    perform telemetry_private.refuse_held((select h.hold_name from telemetry.holds h where h.tenant_id = tenant order by h.hold_name limit 1));
    perform telemetry_private.wait_for_ticks();
    select * into gone from telemetry_private.remove_matching(receipt, tenant);
    counts := telemetry_private.forget_beside_log(tenant, null) || jsonb_build_object('events', gone.events);
    delete from telemetry.event_ids i where i.tenant_id = tenant;
    delete from telemetry.kept_counts k where k.tenant_id = tenant;
    delete from telemetry.ingestion_calls c where c.tenant_id = tenant;
    delete from telemetry.timeline_actors a where a.tenant_id = tenant;
    update telemetry.timeline_tenants t set epoch = t.epoch + 1 where t.tenant_id = tenant;
    perform telemetry_private.forget_person_key(tenant, null);
    return telemetry_private.receipt_of(telemetry_private.write_receipt(
        receipt, 'erase_tenant', tenant, erase_tenant.reason, gone.events, counts, gone.first_ts, gone.last_ts, gone.first_id, gone.last_id,
        null, erase_tenant.details, gone.exported));
end
$$;

create function telemetry.erase_tenant(tenant uuid, reason text default null)
returns telemetry.erasure_receipt
language sql
begin atomic
    select telemetry_private.erase_tenant(telemetry_private.named_tenant_within_reach(tenant), reason);
end;

comment on function telemetry.erase_tenant is
'Erases a tenant: all its events, and whatever is kept or derived of them, in one transaction.

Arguments
  tenant  the tenant
  reason  why, for the receipt
Columns
  receipt_id  the id of the receipt, a row of telemetry.erasures
  at          when it was written
  kind        erase_tenant
  tenant_id   the tenant
  reason      why
  events      how many events are gone
  counts      how many rows of each table
  since, until  the times of the first and the last of the events; NULL without events
  details     an empty object; after reapply_erasures() which receipt it is about
Errors
  22004  tenant is NULL
  25001  the transaction is REPEATABLE READ or SERIALIZABLE
  42501  the caller may not erase for this tenant; a hold keeps some of it, which is named
Notes
  What is defined stays: limits of set_tenant(), alerts, exports, destinations. Drop them first, so
    that nothing is sent or asked any more. The receipts of its exports stay too.
  The notes of erase_user() on what is logged meanwhile, on vacuum, backups and exported files hold
    here as well.';
