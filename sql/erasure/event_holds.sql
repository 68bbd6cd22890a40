-- Holds of events: what is under one is neither erased nor expired, until it is released.

create function telemetry_private.init_event_holds()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.holds') is null then
        create table telemetry.holds (
            hold_name text collate "C" primary key,
            tenant_id uuid,
            user_id   uuid,
            since     timestamptz,
            until     timestamptz,
            events    text[] collate "C",
            reason    text,
            held_by   text collate "C" not null,
            held_at   timestamptz not null default clock_timestamp(),
            constraint hold_is_snake_case check (hold_name ~ '^[a-z][a-z0-9_]*$' and octet_length(hold_name) <= 63),
            constraint hold_is_a_range check (since < until)
        );
        comment on table telemetry.holds is 'Holds: events that are neither erased nor expired. Change it with telemetry.hold_events() and release_hold(). NULL in a column stands for all.';
        comment on column telemetry.holds.user_id is 'The user whose events are held. It goes from here when the hold is released.';
        comment on column telemetry.holds.since is 'Events from this time on.';
        comment on column telemetry.holds.until is 'Events before this time.';
        comment on column telemetry.holds.events is 'The names of the events that are held.';
        comment on column telemetry.holds.held_by is 'The role that held them.';
    end if;
    perform telemetry_private.set_row_security('telemetry.holds');
    if not exists (select from pg_policy where polrelid = 'telemetry.holds'::regclass and polname = 'officers_read_holds') then
        create policy officers_read_holds on telemetry.holds for select
            using ((select telemetry.log_visibility()) = 'everything' or tenant_id = (select telemetry.current_tenant()));
    end if;
end
$$;

-- Whether an event is under a hold. A call takes some microseconds: ask first whether there are holds at all.
create function telemetry_private.is_held(tenant uuid, user_id uuid, event_ts timestamptz, event_name text)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select from telemetry.holds h
         where (h.tenant_id is null or h.tenant_id = is_held.tenant)
           and (h.user_id is null or h.user_id = is_held.user_id)
           and (h.since is null or is_held.event_ts >= h.since)
           and (h.until is null or is_held.event_ts < h.until)
           and (h.events is null or is_held.event_name = any (h.events)))
$$;

-- Returns the name of a hold that may touch what is described; NULL where there is none. A NULL stands for all.
create function telemetry_private.hold_on(tenant uuid, user_id uuid, since timestamptz, until timestamptz, events text[])
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select h.hold_name
      from telemetry.holds h
     where (h.tenant_id is null or hold_on.tenant is null or h.tenant_id = hold_on.tenant)
       and (h.user_id is null or hold_on.user_id is null or h.user_id = hold_on.user_id)
       and (h.since is null or hold_on.until is null or h.since < hold_on.until)
       and (h.until is null or hold_on.since is null or h.until > hold_on.since)
       and (h.events is null or hold_on.events is null or h.events && hold_on.events)
     order by h.hold_name
     limit 1
$$;

-- Returns the name of a hold on a user of a tenant; NULL where there is none.
create function telemetry_private.hold_on_user(tenant uuid, user_id uuid)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select h.hold_name
      from telemetry.holds h
     where h.user_id = hold_on_user.user_id and (h.tenant_id is null or h.tenant_id = hold_on_user.tenant)
     order by h.hold_name
     limit 1
$$;

create function telemetry_private.refuse_held(hold_name text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if hold_name is not null then
        raise exception 'the hold "%" keeps some of these events', hold_name
            using errcode = '42501', hint = format('select telemetry.release_hold(%L), where it may go.', hold_name);
    end if;
end
$$;

-- Refuses events that lie at these places of a partition where one is under a hold.
create function telemetry_private.check_holds(partition regclass, places tid[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    hold_name text;
begin
    if exists (select from telemetry.holds) then
        execute format(
            'select telemetry_private.hold_on(e.tenant_id, coalesce(e.user_id, %L), e.event_ts, e.event_ts + interval ''1 microsecond'', array[e.event_name])
               from only %s e where e.ctid = any (array(select unnest($1))) and telemetry_private.is_held(e.tenant_id, e.user_id, e.event_ts, e.event_name) limit 1',
            '00000000-0000-0000-0000-000000000000', partition) into hold_name using places;
        perform telemetry_private.refuse_held(hold_name);
    end if;
end
$$;

create function telemetry_private.hold_events(hold_name text, tenant uuid, user_id uuid, since timestamptz, until timestamptz, events text[], reason text)
returns telemetry.erasure_receipt
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    receipt constant uuid := telemetry_private.new_receipt_id();
begin
    if hold_name is null then
        raise exception 'hold_name must not be null' using errcode = '22004', hint = 'For example: telemetry.hold_events(''case_4711'', user_id => ''...'').';
    end if;
    if hold_name !~ '^[a-z][a-z0-9_]*$' or octet_length(hold_name) > 63 then
        raise exception 'the name of the hold "%" is not snake_case of at most 63 bytes', left(hold_name, 63)
            using errcode = '22023', hint = 'For example: case_4711.';
    end if;
    if hold_events.since >= hold_events.until then
        raise exception 'since must be before until' using errcode = '22023', hint = 'since is the first time that is held, until the first that is not.';
    end if;
    if cardinality(hold_events.events) = 0 then
        raise exception 'events must not be empty' using errcode = '22023', hint = 'Leave it out to hold every event.';
    end if;
    begin
        insert into telemetry.holds (hold_name, tenant_id, user_id, since, until, events, reason, held_by)
        values (hold_events.hold_name, tenant, hold_events.user_id, hold_events.since, hold_events.until, hold_events.events, hold_events.reason,
                coalesce(nullif(current_setting('role', true), 'none'), session_user));
    exception
        when unique_violation then
            raise exception 'the hold "%" is there already', hold_name
                using errcode = '22023', hint = format('Take another name, or release it: select telemetry.release_hold(%L).', hold_name);
    end;
    return telemetry_private.receipt_of(telemetry_private.write_receipt(
        receipt, 'hold_events', tenant, hold_events.reason, 0, null, hold_events.since, hold_events.until, null, null,
        case when hold_events.user_id is not null and tenant is not null then telemetry_private.person_of(tenant, hold_events.user_id) end,
        jsonb_strip_nulls(jsonb_build_object('hold_name', hold_events.hold_name, 'events', hold_events.events))));
end
$$;

create function telemetry_private.release_hold(hold_name text, scope uuid, sees_everything boolean, reason text)
returns telemetry.erasure_receipt
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    released record;
begin
    if hold_name is null then
        raise exception 'hold_name must not be null' using errcode = '22004', hint = 'Those that are: select hold_name from telemetry.holds.';
    end if;
    delete from telemetry.holds h
     where h.hold_name = release_hold.hold_name and (sees_everything or h.tenant_id = scope)
    returning * into released;
    if not found then
        raise exception 'there is no hold "%"', left(hold_name, 63) using errcode = '22023', hint = 'Those that are: select hold_name from telemetry.holds.';
    end if;
    return telemetry_private.receipt_of(telemetry_private.write_receipt(
        telemetry_private.new_receipt_id(), 'release_hold', released.tenant_id, release_hold.reason, 0, null, released.since, released.until, null, null,
        case when released.user_id is not null and released.tenant_id is not null then telemetry_private.person_of(released.tenant_id, released.user_id) end,
        jsonb_build_object('hold_name', released.hold_name)));
end
$$;

create function telemetry.hold_events(
    hold_name text,
    tenant uuid default null,
    user_id uuid default null,
    since timestamptz default null,
    until timestamptz default null,
    events text[] default null,
    reason text default null)
returns telemetry.erasure_receipt
language sql
begin atomic
    select telemetry_private.hold_events(hold_name, telemetry_private.tenants_within_reach(tenant), user_id, since, until, events, reason);
end;

create function telemetry.release_hold(hold_name text, reason text default null)
returns telemetry.erasure_receipt
language sql
begin atomic
    select telemetry_private.release_hold(hold_name, telemetry_private.tenants_within_reach(null), telemetry.log_visibility() = 'everything', reason);
end;

comment on function telemetry.hold_events is
'Holds events: while a hold is there, what it describes is neither erased, anonymised or scrubbed nor
expired.

Arguments
  hold_name  its name, snake_case of at most 63 bytes
  tenant     only events of this tenant; NULL: of every tenant that the caller may erase for
  user_id    only events of this user; NULL: of all
  since      only events from this time on; NULL: from the beginning
  until      only events before this time; NULL: to the end
  events     only events of these names; NULL: of every name
  reason     why, for the receipt
Columns
  receipt_id  the id of the receipt, a row of telemetry.erasures
  at          when it was written
  kind        hold_events
  tenant_id   the tenant
  reason      why
  events      0
  counts      an empty object
  since, until  the range
  details     the name of the hold, and the names of the events
Errors
  22004  no hold_name
  22023  the name is not snake_case, or is that of a hold that is there; since is not before until;
         events is empty
  42501  the caller may not erase for this tenant
Notes
  Whoever tries to erase what is held gets 42501, with the name of the hold.
  The events themselves are not looked at: those that come later are held as well.';
comment on function telemetry.release_hold is
'Ends a hold: what it kept may be erased and expires again.

Arguments
  hold_name  the name of the hold
  reason     why, for the receipt
Columns
  receipt_id  the id of the receipt, a row of telemetry.erasures
  at          when it was written
  kind        release_hold
  tenant_id   the tenant of the hold
  reason      why
  events      0
  counts      an empty object
  since, until  the range of the hold
  details     the name of the hold
Errors
  22004  no hold_name
  22023  there is no such hold, or it is another tenant''s
  42501  the caller may not erase for any tenant';
