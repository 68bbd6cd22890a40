-- After a restore from an older backup, reapply_erasures() does again what was done since. Receipts know a person as a keyed hash,
-- so the users of the log are hashed and compared.

-- Every tenant and user that something is kept of, with the hash of receipts.
create function telemetry_private.known_persons()
returns table (tenant_id uuid, user_id uuid, person bytea)
language sql
set search_path = pg_catalog, pg_temp
as $$
    select k.tenant_id, k.user_id, telemetry_private.person_hash((select s.secret from telemetry_private.erasure_secret s), k.tenant_id, k.user_id)
      from (select a.tenant_id, a.user_id from telemetry.timeline_actors a
             union
            select e.tenant_id, e.user_id from telemetry.events e
             where e.user_id is not null and e.ingest_id > (select min(c.position) from telemetry.cursor_positions c where c.consumer in ('timeline', 'hourly_counts'))
             union
            select r.tenant_id, r.user_id from telemetry.rejections r where r.user_id is not null) k
$$;

create function telemetry_private.reapply_erasures(receipts jsonb)
returns table (receipt_id uuid, kind text, outcome text, events bigint)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set telemetry_private.derives = 'on'
as $$
#variable_conflict use_column
declare
    asked record;
    told telemetry.erasure_receipt;
    whose record;
    again jsonb;
begin
    if receipts is null then
        raise exception 'receipts must not be null' using errcode = '22004', hint = 'Give what erasure_receipts() handed out before, as one JSON array.';
    end if;
    if jsonb_typeof(receipts) <> 'array' then
        raise exception 'receipts must be a JSON array' using errcode = '22023', hint = 'Each element is what telemetry.erasure_receipts() gave.';
    end if;
    for asked in
        select r.*
          from jsonb_to_recordset(receipts) r (receipt_id uuid, at timestamptz, kind text, tenant_id uuid, reason text, events bigint, person bytea, details jsonb)
         order by r.at, r.receipt_id
    loop
        kind := asked.kind;
        receipt_id := asked.receipt_id;
        events := null;
        if asked.receipt_id is null or asked.kind is null then
            raise exception 'a receipt has no receipt_id or no kind' using errcode = '22023', hint = 'Each element is what telemetry.erasure_receipts() gave.';
        end if;
        if exists (select from telemetry.erasures e where e.receipt_id = asked.receipt_id or e.details ->> 'reapplies' = asked.receipt_id::text) then
            outcome := 'known';
            return next;
            continue;
        end if;
        again := coalesce(asked.details, '{}') || jsonb_build_object('reapplies', asked.receipt_id);
        told := null;
        case asked.kind
            when 'erase_user', 'anonymize_user' then
                select p.tenant_id, p.user_id into whose from telemetry_private.known_persons() p where p.person = asked.person;
                if not found then
                    outcome := 'absent';
                    return next;
                    continue;
                end if;
                if asked.kind = 'erase_user' then
                    told := telemetry_private.erase_user(whose.user_id, whose.tenant_id, asked.reason, again);
                else
                    told := telemetry_private.anonymize_user(whose.user_id, whose.tenant_id, asked.reason,
                        array(select jsonb_array_elements_text(coalesce(asked.details -> 'keep_keys', '[]'))), again);
                end if;
            when 'erase_tenant' then
                told := telemetry_private.erase_tenant(asked.tenant_id, asked.reason, again);
            when 'erase_events' then
                told := telemetry_private.erase_events(array(select jsonb_array_elements_text(asked.details -> 'event_ids')::uuid), asked.tenant_id, asked.reason,
                    (asked.details ->> 'since')::timestamptz, (asked.details ->> 'until')::timestamptz, again);
            when 'scrub_payload' then
                told := telemetry_private.scrub_payload(
                    case when asked.details ? 'events' then array(select jsonb_array_elements_text(asked.details -> 'events')) end,
                    array(select jsonb_array_elements_text(asked.details -> 'keys')),
                    (asked.details ->> 'since')::timestamptz,
                    -- What came later was not meant.
                    least((asked.details ->> 'until')::timestamptz, asked.at), asked.tenant_id, asked.reason, again);
            else
                outcome := 'left out';
                return next;
                continue;
        end case;
        outcome := 'done';
        events := told.events;
        return next;
    end loop;
end
$$;

create function telemetry_private.checked_officer(receipts jsonb)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if telemetry.log_visibility() <> 'everything' then
        raise exception 'the caller may not erase for every tenant'
            using errcode = '42501', hint = 'A privacy_officer may: see telemetry.grant_access().';
    end if;
    return receipts;
end
$$;

create function telemetry.reapply_erasures(receipts jsonb)
returns table (receipt_id uuid, kind text, outcome text, events bigint)
language sql
begin atomic
    select r.receipt_id, r.kind, r.outcome, r.events from telemetry_private.reapply_erasures(telemetry_private.checked_officer(receipts)) r;
end;

comment on function telemetry.reapply_erasures is
'Erases again what was erased after a backup, once that backup is restored: by the receipts that were
kept outside of the database.

Arguments
  receipts  a JSON array of what erasure_receipts() handed out
Columns
  receipt_id  the receipt that was given
  kind        what it is about
  outcome     done; known: the database has it; absent: nothing is kept of that person; left out: it
              is about a hold, or about events that expired
  events      how many events were erased or changed now; NULL where nothing was done
Errors
  22004  receipts is NULL
  22023  receipts is no array, or an element is no receipt
  25001  the transaction is REPEATABLE READ or SERIALIZABLE
  42501  the caller may not erase for every tenant; a hold keeps something, which is named
Notes
  Each that is done leaves a receipt of its own, whose details name the one that it reapplies.
  A receipt knows a person by a hash under a secret, which a dump of the database has. In a database
    with another secret nobody is recognised: every outcome is absent.
  What expired is found by the retention classes again, and holds are made by hand.
  Without receipts there are no rows.';
