-- anonymize_user() cuts a person off from what the log has of them: counts, funnels and retention stay as they are.

create function telemetry_private.anonymize_user(user_id uuid, tenant uuid, reason text, keep_keys text[], details jsonb default null)
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
    whose constant uuid := anonymize_user.user_id;
    -- Nobody keeps these: what they made cannot be led back.
    fresh_user constant uuid := gen_random_uuid();
    session_key constant bytea := uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());
    kept constant text[] := coalesce(anonymize_user.keep_keys, '{}');
    sessions uuid[];
    found_in record;
    events bigint := 0;
    days timestamptz[];
    waiting bigint;
    exported jsonb := '[]';
    since timestamptz;
    until timestamptz;
    first_id bigint;
    last_id bigint;
    counts jsonb;
begin
    if whose is null then
        raise exception 'user_id must not be null' using errcode = '22004', hint = 'For example: telemetry.anonymize_user(''6f0d...'').';
    end if;
    if array_position(kept, null) is not null or exists (select from unnest(kept) k where k = '' or strpos(k, '.') > 0) then
        raise exception 'keep_keys names keys of the payload itself' using errcode = '22023', hint = 'Name the outermost key: experiment, and not experiment.variant.';
    end if;
    perform telemetry_private.refuse_held(telemetry_private.hold_on_user(tenant, whose));
    perform telemetry_private.wait_for_ticks();
    sessions := array(select distinct e.session_id from telemetry.events e where e.user_id = whose and e.tenant_id = tenant and e.session_id is not null);
    for found_in in
        select coalesce(o.partition, s.partition) as partition, coalesce(o.places, '{}') as places, coalesce(s.places, '{}') as session_places,
               o.since, o.until, o.first_id, o.last_id, o.days
          from (select e.tableoid::regclass as partition, array_agg(e.ctid) as places, min(e.event_ts) as since, max(e.event_ts) as until,
                       min(e.ingest_id) as first_id, max(e.ingest_id) as last_id, array_agg(distinct date_trunc('day', e.event_ts, 'UTC')) as days
                  from telemetry.events e
                 where e.user_id = whose and e.tenant_id = tenant
                 group by 1) o
          full join (select e.tableoid::regclass as partition, array_agg(e.ctid) as places
                  from telemetry.events e
                 where e.session_id = any (sessions) and e.user_id is distinct from whose and e.tenant_id = tenant
                 group by 1) s on s.partition = o.partition
         order by 4
    loop
        exported := exported || telemetry_private.exported_events(found_in.partition, found_in.places || found_in.session_places, true);
        events := events + telemetry_private.anonymize_events(
            receipt, found_in.partition, found_in.places, found_in.session_places, tenant, whose, fresh_user, session_key, kept);
        days := days || found_in.days;
        since := coalesce(since, found_in.since);
        until := coalesce(found_in.until, until);
        first_id := least(first_id, found_in.first_id);
        last_id := greatest(last_id, found_in.last_id);
    end loop;
    -- The chunks of the timeline lose the user, and what the log has now of these events goes into a chunk of its own: writing all of
    -- those again would cost as much as the log is long.
    waiting := telemetry_private.remove_user_from_timeline(tenant, whose, days);
    perform telemetry_private.remove_actors(array[tenant], array[whose]);
    perform telemetry_private.put_back_user(tenant, fresh_user);
    counts := telemetry_private.forget_beside_log(tenant, whose) || jsonb_build_object('events', events, 'timeline_chunks', waiting);
    perform telemetry_private.forget_person_key(tenant, whose);
    return telemetry_private.receipt_of(telemetry_private.write_receipt(
        receipt, 'anonymize_user', tenant, anonymize_user.reason, events, counts, since, until, first_id, last_id, telemetry_private.person_of(tenant, whose),
        coalesce(anonymize_user.details, '{}') || jsonb_build_object('keep_keys', kept), exported));
end
$$;

create function telemetry.anonymize_user(user_id uuid, tenant uuid default null, reason text default null, keep_keys text[] default null)
returns telemetry.erasure_receipt
language sql
begin atomic
    select telemetry_private.anonymize_user(user_id, telemetry_private.tenant_within_reach(tenant), reason, keep_keys);
end;

comment on function telemetry.anonymize_user is
'Cuts a person off from the events of a user, which stay: user and sessions become fresh random ids
that nothing links to the old ones, and the payload loses its keys. KPIs stay as they are.

Arguments
  user_id    the user
  tenant     whose user it is; default the caller''s, see current_tenant()
  reason     why, for the receipt: no personal data
  keep_keys  keys of the payload that stay, for the KPIs that filter or group by them; default none
Columns
  receipt_id  the id of the receipt, a row of telemetry.erasures
  at          when it was written
  kind        anonymize_user
  tenant_id   the tenant
  reason      why
  events      how many events were changed
  counts      how many rows of each table
  since, until  the times of the first and the last of the events; NULL without events
  details     keep_keys; after reapply_erasures() also which receipt it is about
Errors
  22004  user_id is NULL, or there is no tenant
  22023  keep_keys names a key within another, or holds a NULL
  25001  the transaction is REPEATABLE READ or SERIALIZABLE
  42501  the caller may not erase for this tenant; a hold keeps some of it, which is named
Notes
  All events of the user get one new user, and all of a session one new session, so that who came
    again and what followed on what can still be told. Events of others in these sessions get the
    new session too.
  client_ts becomes a time within the second before event_ts. event_ts, event_id, seq, subject_id
    and the name stay; a subject that is the user becomes the new user.
  What is kept beside the log of the user goes as with erase_user(), and so do the notes on vacuum,
    backups and exported files.';
