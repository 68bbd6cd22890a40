-- Silences and acknowledgements: nobody is told, and evaluation goes on. Who does not see the whole log silences and acknowledges
-- for its own tenant.

create function telemetry_private.silence_alert(alert text, until timestamptz, breakdown_value text, tenant uuid, since timestamptz, reason text, visibility text, own uuid)
returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    begins constant timestamptz := coalesce(silence_alert.since, now());
    whose constant uuid := case when visibility = 'everything' then silence_alert.tenant else coalesce(silence_alert.tenant, own) end;
    silence uuid;
begin
    perform telemetry_private.alert_definition(silence_alert.alert);
    if silence_alert.until is null then
        raise exception 'until must not be null' using errcode = '22004', hint = 'A silence has an end: telemetry.silence_alert(''checkout_errors'', now() + interval ''2 hours'').';
    elsif silence_alert.until <= begins or silence_alert.until > begins + interval '90 days' or silence_alert.until <= now() then
        raise exception 'a silence ends after it began, in the future, and lasts 90 days at most'
            using errcode = '22023', hint = 'What is never to tell anybody has severity sev3, or is dropped: telemetry.drop_alert().';
    elsif octet_length(silence_alert.reason) > 1000 then
        raise exception 'the reason of a silence has more than 1000 bytes' using errcode = '22023', hint = 'Say it in a sentence.';
    end if;
    if visibility <> 'everything' and whose is distinct from own then
        raise exception 'the silence would be of another tenant than its caller'
            using errcode = '42501', hint = 'Leave tenant out: only who sees the whole log silences for any tenant, or for all.';
    end if;
    insert into telemetry.silences (alert, breakdown_value, tenant_id, since, until, reason, made_by)
    values (silence_alert.alert, silence_alert.breakdown_value, whose, begins, silence_alert.until, silence_alert.reason, telemetry_private.current_user_id())
    returning silence_id into silence;
    return silence;
end
$$;

create function telemetry_private.end_silence(silence_id uuid, visibility text, own uuid)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update telemetry.silences s set until = greatest(s.since, now())
     where s.silence_id = end_silence.silence_id and s.until > now() and (visibility = 'everything' or s.tenant_id = own);
    if not found then
        raise exception 'there is no silence of this id that goes on'
            using errcode = '22023', hint = 'Those that do: select silence_id, alert, until from telemetry.silences where until > now().';
    end if;
end
$$;

create function telemetry_private.acknowledge_alert(fingerprint uuid, note text, visibility text, own uuid)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if octet_length(note) > 1000 then
        raise exception 'the note of an acknowledgement has more than 1000 bytes' using errcode = '22023', hint = 'Say it in a sentence.';
    end if;
    update telemetry.alert_states s
       set acknowledged_at = now(), acknowledged_by = telemetry_private.current_user_id(), note = acknowledge_alert.note
     where s.fingerprint = acknowledge_alert.fingerprint and s.status = 'firing' and (visibility = 'everything' or s.tenant_id = own);
    if not found then
        raise exception 'no alert of this fingerprint is firing'
            using errcode = '22023', hint = 'Those that are: select name, fingerprint from telemetry.alert_status() where status = ''firing''.';
    end if;
end
$$;

create function telemetry.silence_alert(
    alert text,
    until timestamptz default null,
    breakdown_value text default null,
    tenant uuid default null,
    since timestamptz default null,
    reason text default null)
returns uuid
language sql
begin atomic
    select telemetry_private.silence_alert(alert, until, breakdown_value, tenant, since, reason, telemetry.log_visibility(), telemetry.current_tenant());
end;

create function telemetry.end_silence(silence_id uuid)
returns void
language sql
begin atomic
    select telemetry_private.end_silence(silence_id, telemetry.log_visibility(), telemetry.current_tenant());
end;

create function telemetry.acknowledge_alert(fingerprint uuid, note text default null)
returns void
language sql
begin atomic
    select telemetry_private.acknowledge_alert(fingerprint, note, telemetry.log_visibility(), telemetry.current_tenant());
end;

comment on function telemetry.silence_alert is
'Has nobody told of an alert for a while. It is evaluated as ever.

Arguments
  alert            the alert''s name
  until            when the silence ends, at most 90 days after it began
  breakdown_value  the instances of this value; default NULL: all
  tenant           the instances of this tenant; default NULL: all, or where the caller does not see
                   the whole log those of its own tenant
  since            when it begins; default NULL: now
  reason           why, in up to 1000 bytes
Returns
  The id of the silence, which end_silence() takes.
Errors
  22004  no until
  22023  an unknown alert; an end before the begin, in the past or after 90 days; a reason that is
         too long
  42501  another tenant''s, and the caller does not see the whole log';
comment on function telemetry.end_silence is
'Ends a silence before its time.

Arguments
  silence_id  what silence_alert() returned
Errors
  22023  there is none of this id that goes on, or it is another tenant''s, which it does not tell';
comment on function telemetry.acknowledge_alert is
'Says that somebody takes care of an alert that is firing: it is not repeated until it is over.

Arguments
  fingerprint  the instance, of alert_status()
  note         what there is to say, in up to 1000 bytes
Errors
  22023  no alert of this fingerprint is firing, or it is another tenant''s, which it does not tell;
         a note that is too long
Notes
  Who it was is current_user_id().';
