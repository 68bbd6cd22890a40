-- Ownership checks are functions of the application that say whether a client's event may refer to a session or
-- subject. Twin: src/log/ownership.rs, which asks them.

create function telemetry_private.init_ownership()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.ownership_checks') is null then
        create table telemetry.ownership_checks (
            check_name    text collate "C" primary key,
            function_name text not null,
            events        text[] not null default '{}',
            created_at    timestamptz not null default now()
        );
        comment on table telemetry.ownership_checks is 'The functions of the application that a client''s event must pass. add_ownership_check() and drop_ownership_check() change it.';
        comment on column telemetry.ownership_checks.function_name is 'The function with its schema. It takes user_id, session_id, subject_id and tenant_id (uuid, any may be NULL) and returns boolean.';
        comment on column telemetry.ownership_checks.events is 'The events that the function is asked about; empty: all events.';
    end if;
    perform telemetry_private.protect_catalog('telemetry.ownership_checks', 'check_name');
    perform telemetry_private.watch_taxonomy('telemetry.ownership_checks');
end
$$;

-- Whoever registers a function must be able to call it. That is the calling role, not the owner that this function runs
-- as.
create function telemetry_private.add_ownership_check(check_name text, function_name text, events text[])
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    target pg_proc;
    event_name text;
    calling_role constant text := coalesce(nullif(current_setting('role'), 'none'), session_user);
begin
    if check_name is null or function_name is null then
        raise exception 'check_name and function_name must not be null'
            using errcode = '22004', hint = 'Call telemetry.add_ownership_check(''owns_session'', ''app.owns_session'').';
    end if;
    begin
        select p.* into target from pg_proc p where p.oid = to_regprocedure(function_name || '(uuid,uuid,uuid,uuid)');
    exception
        when invalid_name or syntax_error then
            target := null;
    end;
    if target.oid is null or target.prorettype <> 'boolean'::regtype or target.proretset then
        raise exception 'there is no function %(uuid, uuid, uuid, uuid) that returns boolean', left(function_name, 128)
            using errcode = '22023', hint = 'Name it with its schema; it takes user_id, session_id, subject_id and tenant_id.';
    end if;
    if not has_function_privilege(calling_role, target.oid, 'execute') then
        raise exception 'permission denied for function %', left(function_name, 128)
            using errcode = '42501', hint = 'Have its owner grant you EXECUTE.';
    end if;
    -- The function is asked with the rights of its owner: somebody else may register it only where its owner meant
    -- that.
    if not target.prosecdef and not exists (select from pg_roles r where r.rolname = calling_role and (r.rolsuper or r.oid = target.proowner)) then
        raise exception 'function % would run with the rights of its owner', left(function_name, 128)
            using errcode = '42501', hint = 'Have its owner register it, or declare it security definer.';
    end if;
    if target.proisstrict then
        raise exception 'function % is STRICT', left(function_name, 128)
            using errcode = '22023', hint = 'It is asked with NULLs as well, where an event has no session or subject: alter function ... called on null input.';
    end if;
    foreach event_name in array coalesce(events, '{}') loop
        perform telemetry_private.latest_event_type(event_name);
    end loop;
    insert into telemetry.ownership_checks (check_name, function_name, events)
    values (check_name, format('%I.%I', target.pronamespace::regnamespace::name, target.proname), coalesce(events, '{}'))
        on conflict on constraint ownership_checks_pkey do update set function_name = excluded.function_name, events = excluded.events;
end
$$;

create function telemetry.add_ownership_check(check_name text, function_name text, events text[] default null)
returns void
language sql
begin atomic
    select telemetry_private.add_ownership_check(check_name, function_name, events);
end;

create function telemetry_private.drop_ownership_check(check_name text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from telemetry.ownership_checks c where c.check_name = drop_ownership_check.check_name;
    return found;
end
$$;

create function telemetry.drop_ownership_check(check_name text)
returns boolean
language sql
begin atomic
    select telemetry_private.drop_ownership_check(check_name);
end;

comment on function telemetry.add_ownership_check is
'Has a function of the application decide whether a client may log an event. The function is asked
about every event of a client role before it is stored.

Arguments
  check_name     the name of the check; the same name again replaces the check
  function_name  the function, named with its schema: function_name(user_id, session_id, subject_id,
                 tenant_id uuid) returns boolean; each of its arguments may be NULL
  events         the names of the events that it is asked about; NULL: all events
Errors
  22004  check_name or function_name is NULL
  22023  there is no such function, it is STRICT, or an event is unknown
  42501  the caller has no right to call the function, or it belongs to another role and is not
         security definer
Notes
  The function runs with the rights of its owner, and must answer within
    telemetry.ownership_check_timeout (1 s). It is asked once per distinct question and call.
  Where it answers anything but true the event is rejected as not_owned. Where it raises an error,
    is missing or takes too long, the event is rejected as check_failed.';
comment on function telemetry.drop_ownership_check is
'Ends an ownership check: its function is not asked any more.

Arguments
  check_name  the name that add_ownership_check() was given
Returns
  true, or false where there was no such check';
