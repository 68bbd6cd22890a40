-- Checkpoints, and the proofs by which somebody who keeps one verifies the log. Twin: src/seals/proofs.rs.

create function telemetry_private.checked_log(log text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if log is null then
        raise exception 'log must not be null' using errcode = '22004', hint = 'Give events, changes or erasures.';
    end if;
    if log not in ('events', 'changes', 'erasures') then
        raise exception 'unknown log "%"', left(log, 40) using errcode = '22023', hint = 'Give events, changes or erasures.';
    end if;
    return log;
end
$$;

create function telemetry_private.checkpoint(log text)
returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform telemetry_private.checked_log(log);
    return (select telemetry_private.checkpoint_text(s.origin, coalesce(h.size, 0), coalesce(h.root, sha256('')))
              from telemetry_private.seal_states s
              left join lateral (select h.size, h.root from telemetry.seals h where h.log = s.log order by h.size desc limit 1) h on true
             where s.log = checkpoint.log);
end
$$;

create function telemetry.checkpoint(log text default 'events')
returns text
language sql
stable
begin atomic
    select telemetry_private.checkpoint(log);
end;

-- Refuses sizes that a log never had, or has not yet.
create function telemetry_private.checked_size(log text, size bigint, argument text)
returns bigint
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    most constant bigint := coalesce((select max(h.size) from telemetry.seals h where h.log = checked_size.log), 0);
begin
    if size is null then
        raise exception '% must not be null', argument using errcode = '22004', hint = 'It is the second line of a checkpoint.';
    end if;
    if size > most then
        raise exception 'the log % has % sealed entries, and % is %', log, most, argument, size
            using errcode = '22023', hint = 'The log was restored from before this checkpoint, or the checkpoint is of another copy of it: ask whoever keeps it.';
    end if;
    if size < 0 or size > 0 and not exists (select from telemetry.seals h where h.log = checked_size.log and h.size = checked_size.size) then
        raise exception 'the log % was never sealed at % entries', log, size
            using errcode = '22023', hint = 'Take a size that telemetry.seals has: a checkpoint has no other one.';
    end if;
    return size;
end
$$;

create function telemetry_private.consistency_proof(old_size bigint, new_size bigint, log text)
returns text[]
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    until_size bigint := new_size;
begin
    perform telemetry_private.checked_log(log);
    perform telemetry_private.checked_size(log, old_size, 'old_size');
    if until_size is null then
        until_size := coalesce((select max(h.size) from telemetry.seals h where h.log = consistency_proof.log), 0);
    end if;
    perform telemetry_private.checked_size(log, until_size, 'new_size');
    if old_size > until_size then
        raise exception 'old_size % is above new_size %', old_size, until_size
            using errcode = '22023', hint = 'Give the smaller size first.';
    end if;
    if log = 'events' then
        return telemetry_private.proof_of_consistency(old_size, until_size);
    end if;
    return telemetry_private.consistency_of(
        coalesce((select string_agg(l.leaf, '' order by l.leaf_index) from telemetry.seal_leaves l where l.log = consistency_proof.log and l.leaf_index < until_size), ''),
        old_size, until_size);
end
$$;

create function telemetry.consistency_proof(old_size bigint, new_size bigint default null, log text default 'events')
returns text[]
language sql
stable
begin atomic
    select telemetry_private.consistency_proof(old_size, new_size, log);
end;

-- Refuses whoever does not see the whole log: what proves an event tells that it is there.
create function telemetry_private.check_sees_everything(visibility text, doing text)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if visibility <> 'everything' then
        raise exception 'the caller sees only some rows of the log' using errcode = '42501', hint = format('%s as an auditor, or as the owner of telemetry.events.', doing);
    end if;
end
$$;

create function telemetry_private.inclusion_proof(event_id uuid, tenant uuid, size bigint, visibility text)
returns table (leaf_index bigint, leaf text, path text[], checkpoint text)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    asked constant uuid := inclusion_proof.event_id;
    until_size bigint := inclusion_proof.size;
    found_id bigint;
    -- The time in an id that telemetry made: where it is none, nothing is found there.
    made_at constant timestamptz := to_timestamp(('x' || translate(left(asked::text, 13), '-', ''))::bit(48)::bigint / 1000.0);
begin
    perform telemetry_private.check_sees_everything(visibility, 'Call telemetry.inclusion_proof()');
    if asked is null then
        raise exception 'event_id must not be null' using errcode = '22004', hint = 'Give the id that log_event() returned.';
    end if;
    if until_size is null then
        until_size := coalesce((select max(h.size) from telemetry.seals h where h.log = 'events'), 0);
    end if;
    perform telemetry_private.checked_size('events', until_size, 'size');
    select e.ingest_id into found_id
      from telemetry.events e
     where e.event_id = asked and (inclusion_proof.tenant is null or e.tenant_id = inclusion_proof.tenant)
       and e.event_ts >= made_at - interval '1 millisecond' and e.event_ts < made_at + interval '2 milliseconds'
     limit 1;
    if found_id is null then
        select e.ingest_id into found_id
          from telemetry.events e
         where e.event_id = asked and (inclusion_proof.tenant is null or e.tenant_id = inclusion_proof.tenant)
         limit 1;
    end if;
    if found_id is null then
        raise exception 'the log has no event %', asked using errcode = '22023', hint = 'Look for it in telemetry.events; one that was removed with a receipt has no proof.';
    end if;
    return query
        select p.leaf_index, p.leaf, p.path,
               (select telemetry_private.checkpoint_text(s.origin, h.size, h.root)
                  from telemetry_private.seal_states s join telemetry.seals h on h.log = s.log and h.size = until_size where s.log = 'events')
          from telemetry_private.proof_of_inclusion(found_id, until_size) p;
    if not found then
        raise exception 'event % was not sealed when the log had % sealed entries', asked, until_size
            using errcode = '22023', hint = 'Call telemetry.tick() with telemetry.seals on, or ask for a later size.';
    end if;
end
$$;

create function telemetry.inclusion_proof(event_id uuid, tenant uuid default null, size bigint default null)
returns table (leaf_index bigint, leaf text, path text[], checkpoint text)
language sql
stable
rows 1
begin atomic
    select p.leaf_index, p.leaf, p.path, p.checkpoint
      from telemetry_private.inclusion_proof(inclusion_proof.event_id, inclusion_proof.tenant, inclusion_proof.size, telemetry.log_visibility()) p;
end;

comment on function telemetry.checkpoint is
'Gives the last seal of a log as a text that somebody outside the database keeps: by it
verify_seals() tells later whether anything was changed since.

Arguments
  log  events, changes (of the rules, telemetry.changes) or erasures (receipts); default events
Returns
  three lines: which log it is, how many entries it had, and the root of the tree over them in
    base64 (C2SP tlog-checkpoint); of 0 entries where nothing was sealed
Errors
  22004  log is NULL
  22023  an unknown log
Notes
  tick() seals what is settled, where the setting telemetry.seals is on.
  The text is not signed: no private key is ever in the database. The courier''s witness signs it and
    keeps it elsewhere.';
comment on function telemetry.consistency_proof is
'Proves that the log at an older checkpoint is how the log at a newer one begins, so that nothing
before it was changed, taken out or put in.

Arguments
  old_size  the second line of the older checkpoint; required
  new_size  the second line of the newer one; default that of checkpoint()
  log       events, changes or erasures; default events
Returns
  the hashes of the proof in base64, as RFC 9162 2.1.4 has them; none where the sizes are equal or
    the older one is 0; never NULL
Errors
  22004  old_size or log is NULL
  22023  an unknown log; a size that the log never had, or has not; old_size above new_size
  55000  what is needed was changed past telemetry, or expired
Notes
  Whoever has both roots verifies it without the database; the courier''s witness does.';
comment on function telemetry.inclusion_proof is
'Proves that an event is in the log of a checkpoint.

Arguments
  event_id  the id of the event; required
  tenant    the tenant whose event it is; NULL: any
  size      the second line of the checkpoint; default that of checkpoint()
Columns
  leaf_index  the place of the event in the log, counted from 0
  leaf        the hash of the event, in base64
  path        the hashes of the proof in base64, as RFC 9162 2.1.3 has them
  checkpoint  the checkpoint
Errors
  22004  event_id is NULL
  22023  there is no such event, or it was not sealed by then; a size that the log never had, or has
         not
  42501  the caller sees only some rows of the log
  55000  what is needed was changed past telemetry, or expired';
