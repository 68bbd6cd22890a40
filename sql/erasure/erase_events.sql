-- erase_events() takes single events out of the log.

create function telemetry_private.erase_events(event_ids uuid[], tenant uuid, reason text, since timestamptz, until timestamptz, details jsonb default null)
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
    gone record;
begin
    if erase_events.event_ids is null then
        raise exception 'event_ids must not be null' using errcode = '22004', hint = 'For example: telemetry.erase_events(array[''0190...'']::uuid[]).';
    end if;
    if cardinality(asked) > most then
        raise exception 'event_ids has more than % ids', most using errcode = '22023', hint = 'Erase them in parts.';
    end if;
    if erase_events.since >= erase_events.until then
        raise exception 'since must be before until' using errcode = '22023', hint = 'since is the first time that is looked at, until the first that is not.';
    end if;
    perform telemetry_private.wait_for_ticks();
    select * into gone from telemetry_private.remove_matching(receipt, tenant, null, asked, erase_events.since, erase_events.until);
    return telemetry_private.receipt_of(telemetry_private.write_receipt(
        receipt, 'erase_events', tenant, erase_events.reason, gone.events, jsonb_build_object('events', gone.events),
        gone.first_ts, gone.last_ts, gone.first_id, gone.last_id, null,
        coalesce(erase_events.details, '{}') || jsonb_strip_nulls(jsonb_build_object('event_ids', asked, 'since', erase_events.since, 'until', erase_events.until)), gone.exported));
end
$$;

create function telemetry.erase_events(
    event_ids uuid[],
    reason text default null,
    tenant uuid default null,
    since timestamptz default null,
    until timestamptz default null)
returns telemetry.erasure_receipt
language sql
begin atomic
    select telemetry_private.erase_events(event_ids, telemetry_private.tenants_within_reach(tenant), reason, since, until);
end;

comment on function telemetry.erase_events is
'Erases single events, and what is derived of them, in one transaction. KPIs are then those of a log
that never had them.

Arguments
  event_ids  their ids, at most 10000
  reason     why, for the receipt
  tenant     only events of this tenant; NULL: of every tenant that the caller may erase for
  since      only events from this time on; NULL: from the beginning
  until      only events before this time; NULL: to the end
Columns
  receipt_id  the id of the receipt, a row of telemetry.erasures
  at          when it was written
  kind        erase_events
  tenant_id   the tenant; NULL: any
  reason      why
  events      how many events are gone
  counts      how many rows of each table
  since, until  the times of the first and the last of the events; NULL without events
  details     event_ids, since and until; after reapply_erasures() also which receipt it is about
Errors
  22004  event_ids is NULL
  22023  there are more than 10000 ids; since is not before until
  25001  the transaction is REPEATABLE READ or SERIALIZABLE
  42501  the caller may not erase for this tenant; a hold keeps one of them, which is named
Notes
  Ids that the log does not have are no error: the receipt says how many events there were.
  No index begins with event_id, so that all the log is looked through. Where their times are known,
    name since and until: then only that time is.
  The notes of erase_user() on vacuum, backups and exported files hold here as well.';
