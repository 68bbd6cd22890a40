-- erase_user() makes a person's part of the log never have been: the KPIs are then those of the log without the person.

create function telemetry_private.erase_user(user_id uuid, tenant uuid, reason text, details jsonb default null)
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
    whose constant uuid := erase_user.user_id;
    gone record;
    waiting bigint;
    counts jsonb;
begin
    if whose is null then
        raise exception 'user_id must not be null' using errcode = '22004', hint = 'For example: telemetry.erase_user(''6f0d...'').';
    end if;
    perform telemetry_private.refuse_held(telemetry_private.hold_on_user(tenant, whose));
    perform telemetry_private.wait_for_ticks();
    select * into gone from telemetry_private.remove_matching(receipt, tenant, whose);
    waiting := telemetry_private.remove_user_from_timeline(tenant, whose, gone.days);
    counts := telemetry_private.forget_beside_log(tenant, whose) || jsonb_build_object('events', gone.events, 'timeline_chunks', waiting);
    perform telemetry_private.remove_actors(array[tenant], array[whose]);
    perform telemetry_private.forget_person_key(tenant, whose);
    return telemetry_private.receipt_of(telemetry_private.write_receipt(
        receipt, 'erase_user', tenant, erase_user.reason, gone.events, counts, gone.first_ts, gone.last_ts, gone.first_id, gone.last_id,
        telemetry_private.person_of(tenant, whose), erase_user.details, gone.exported));
end
$$;

create function telemetry.erase_user(user_id uuid, tenant uuid default null, reason text default null)
returns telemetry.erasure_receipt
language sql
begin atomic
    select telemetry_private.erase_user(user_id, telemetry_private.tenant_within_reach(tenant), reason);
end;

comment on function telemetry.erase_user is
'Erases a person: every event of the user, and whatever is kept or derived of them, in one
transaction. KPIs are then those of a log that never had this user.

Arguments
  user_id  the user
  tenant   whose user it is; default the caller''s, see current_tenant()
  reason   why, for the receipt: no personal data
Columns
  receipt_id  the id of the receipt, a row of telemetry.erasures
  at          when it was written
  kind        erase_user
  tenant_id   the tenant
  reason      why
  events      how many events are gone
  counts      how many rows of each table
  since, until  the times of the first and the last of the events; NULL without events
  details     an empty object; after reapply_erasures() which receipt it is about
Errors
  22004  user_id is NULL, or there is no tenant
  25001  the transaction is REPEATABLE READ or SERIALIZABLE
  42501  the caller may not erase for this tenant; a hold keeps some of it, which is named
Notes
  Whoever is not known, or erased already, gets a receipt of 0 events.
  It waits for a tick that runs, and nobody who logs waits for it. What the user logs meanwhile or
    later stays: call it again.
  A timeline chunk of many events only notes that the user is gone, which every reader knows. The
    next tick writes it anew: counts tells how many wait for that.
  Events of others in which the user is the subject or is named are those of others: find them, and
    take them out with erase_events() or scrub_payload().
  Until the next vacuum the files still hold the bytes of the rows, and until the next analyze the
    statistics may hold values of them: vacuum (analyze) telemetry.events. docs/privacy.md tells
    what backups, standbys and exported files keep, and for how long.';
