-- erase_events() takes single events out of the log.

create function telemetry_private.erase_events(event_ids uuid[], tenant uuid, reason text, details jsonb default null)
returns telemetry.erasure_receipt
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set telemetry_private.derives = 'on'
set jit = off
as $$
#variable_conflict use_column
declare
    most constant integer := 10000;
    receipt constant uuid := telemetry_private.new_receipt_id();
    asked constant uuid[] := array(select distinct i from unnest(erase_events.event_ids) i where i is not null);
    found_in record;
    events bigint := 0;
    since timestamptz;
    until timestamptz;
    first_id bigint;
    last_id bigint;
begin
    if erase_events.event_ids is null then
        raise exception 'event_ids must not be null' using errcode = '22004', hint = 'For example: telemetry.erase_events(array[''0190...'']::uuid[]).';
    end if;
    if cardinality(asked) > most then
        raise exception 'event_ids has more than % ids', most using errcode = '22023', hint = 'Erase them in parts.';
    end if;
    perform telemetry_private.wait_for_ticks();
    for found_in in
        select e.tableoid::regclass as partition, array_agg(e.ingest_id order by e.ingest_id) as ids, min(e.event_ts) as since, max(e.event_ts) as until
          from telemetry.events e
         where e.event_id = any (asked) and (tenant is null or e.tenant_id = tenant)
         group by 1
         order by 3
    loop
        events := events + telemetry_private.remove_events(receipt, found_in.partition, found_in.ids);
        since := coalesce(since, found_in.since);
        until := found_in.until;
        first_id := least(first_id, found_in.ids[1]);
        last_id := greatest(last_id, found_in.ids[cardinality(found_in.ids)]);
    end loop;
    return telemetry_private.receipt_of(telemetry_private.write_receipt(
        receipt, 'erase_events', tenant, erase_events.reason, events, case when events > 0 then jsonb_build_object('events', events) end,
        since, until, first_id, last_id, null, coalesce(erase_events.details, '{}') || jsonb_build_object('event_ids', asked)));
end
$$;

create function telemetry.erase_events(event_ids uuid[], reason text default null, tenant uuid default null)
returns telemetry.erasure_receipt
language sql
begin atomic
    select telemetry_private.erase_events(event_ids, telemetry_private.tenants_within_reach(tenant), reason);
end;

comment on function telemetry.erase_events is
'Erases single events, and what is derived of them, in one transaction. KPIs are then those of a log
that never had them.

Arguments
  event_ids  their ids, at most 10000
  reason     why, for the receipt
  tenant     only events of this tenant; NULL: of every tenant that the caller may erase for
Columns
  receipt_id  the id of the receipt, a row of telemetry.erasures
  at          when it was written
  kind        erase_events
  tenant_id   the tenant; NULL: any
  reason      why
  events      how many events are gone
  counts      how many rows of each table
  since, until  the times of the first and the last of the events; NULL without events
  details     event_ids; after reapply_erasures() also which receipt it is about
Errors
  22004  event_ids is NULL
  22023  there are more than 10000 ids
  25001  the transaction is REPEATABLE READ or SERIALIZABLE
  42501  the caller may not erase for this tenant; a hold keeps one of them, which is named
Notes
  Ids that the log does not have are no error: the receipt says how many events there were.
  No index begins with event_id, so that all the log is looked through.
  The notes of erase_user() on vacuum, backups and exported files hold here as well.';
