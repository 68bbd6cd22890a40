-- scrub_payload() takes a key out of payloads that should never have been logged.

create function telemetry_private.scrub_payload(
    events text[], keys text[], since timestamptz, until timestamptz, tenant uuid, reason text, details jsonb default null)
returns telemetry.erasure_receipt
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set telemetry_private.derives = 'on'
set jit = off
set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_column
declare
    receipt constant uuid := telemetry_private.new_receipt_id();
    asked_events constant text[] := scrub_payload.events;
    asked_keys constant text[] := scrub_payload.keys;
    asked_since constant timestamptz := scrub_payload.since;
    asked_until constant timestamptz := scrub_payload.until;
    found_in record;
    changed bigint := 0;
    rejections bigint;
    exported jsonb := '[]';
    first_ts timestamptz;
    last_ts timestamptz;
    first_id bigint;
    last_id bigint;
begin
    if asked_keys is null then
        raise exception 'keys must not be null' using errcode = '22004', hint = 'For example: telemetry.scrub_payload(keys => ''{email}'').';
    end if;
    if cardinality(asked_keys) = 0 or array_position(asked_keys, null) is not null
        or exists (select from unnest(asked_keys) k where k = '' or k like '.%' or k like '%.' or k like '%..%') then
        raise exception 'keys must be keys of the payload' using errcode = '22023', hint = 'A key like email, or a path like contact.email.';
    end if;
    if asked_since >= asked_until then
        raise exception 'since must be before until' using errcode = '22023', hint = 'since is the first time that is looked at, until the first that is not.';
    end if;
    perform telemetry_private.wait_for_ticks();
    for found_in in
        select e.tableoid::regclass as partition, array_agg(e.ctid) as places, min(e.ingest_id) as first_id, max(e.ingest_id) as last_id,
               min(e.event_ts) as since, max(e.event_ts) as until
          from telemetry.events e
         where (tenant is null or e.tenant_id = tenant)
           and (asked_events is null or e.event_name = any (asked_events))
           and (asked_since is null or e.event_ts >= asked_since)
           and (asked_until is null or e.event_ts < asked_until)
           and telemetry_private.has_key(e.payload, asked_keys)
         group by 1
         order by 5
    loop
        exported := exported || telemetry_private.exported_events(found_in.partition, found_in.places, true);
        changed := changed + telemetry_private.scrub_events(receipt, found_in.partition, found_in.places, asked_keys);
        first_ts := coalesce(first_ts, found_in.since);
        last_ts := found_in.until;
        first_id := least(first_id, found_in.first_id);
        last_id := greatest(last_id, found_in.last_id);
    end loop;
    rejections := telemetry_private.scrub_rejections(tenant, asked_events, asked_keys, asked_since, asked_until);
    return telemetry_private.receipt_of(telemetry_private.write_receipt(
        receipt, 'scrub_payload', tenant, scrub_payload.reason, changed,
        jsonb_build_object('events', changed, 'rejections', rejections),
        first_ts, last_ts, first_id, last_id, null,
        coalesce(scrub_payload.details, '{}') || jsonb_strip_nulls(jsonb_build_object('keys', asked_keys, 'events', asked_events, 'since', asked_since, 'until', asked_until)), exported));
end
$$;

create function telemetry.scrub_payload(
    events text[] default null,
    keys text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    reason text default null,
    tenant uuid default null)
returns telemetry.erasure_receipt
language sql
begin atomic
    select telemetry_private.scrub_payload(events, keys, since, until, telemetry_private.tenants_within_reach(tenant), reason);
end;

comment on function telemetry.scrub_payload is
'Takes keys out of the payloads of events that should never have been logged with them, in one
transaction. The events stay.

Arguments
  events  only events of these names; NULL: of every name
  keys    the keys, not NULL; a path like contact.email takes a member out of an object
  since   only events from this time on; NULL: from the beginning
  until   only events before this time; NULL: to the end
  reason  why, for the receipt
  tenant  only events of this tenant; NULL: of every tenant that the caller may erase for
Columns
  receipt_id  the id of the receipt, a row of telemetry.erasures
  at          when it was written
  kind        scrub_payload
  tenant_id   the tenant; NULL: every tenant
  reason      why
  events      how many events had one of the keys
  counts      how many rows of each table: events, and rejections that are kept
  since, until  the times of the first and the last of the events; NULL without events
  details     keys, and events, since and until where they were given
Errors
  22004  keys is NULL
  22023  keys is empty, or holds something that is no key; since is not before until
  25001  the transaction is REPEATABLE READ or SERIALIZABLE
  42501  the caller may not erase for this tenant; a hold keeps one of the events, which is named
Notes
  A key that is named goes with all that lies below it, and keys that are spelt with it and a dot.
  Have the key refused or redacted from now on: see set_redaction().
  The payload of every event in the range is looked at.
  The notes of erase_user() on vacuum, backups and exported files hold here as well.';
