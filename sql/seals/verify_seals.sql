-- verify_seals() tells whether the log is what was sealed. Twin: src/seals/verifying.rs.

-- Compares a log whose leaves are kept one by one with its rows.
create function telemetry_private.verify_records(log text, checkpoint_size bigint, checkpoint_root bytea)
returns table (what text, ok boolean, events bigint, detail text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    asked constant text := verify_records.log;
    state telemetry_private.seal_states;
    leaves bytea;
    leaf_count bigint;
    sizes bigint[];
    roots bytea[];
    wrong bigint := 0;
    entry record;
begin
    select s.* into state from telemetry_private.seal_states s where s.log = asked;
    for entry in
        select l.entry, l.leaf_index, r.entry is null as is_missing
          from telemetry.seal_leaves l
          left join telemetry_private.records_of(asked) r on r.entry = l.entry
         where l.log = asked and l.leaf is distinct from telemetry_private.record_leaf(asked, r.record)
         order by l.leaf_index
    loop
        wrong := wrong + 1;
        return query select case when entry.is_missing then 'missing' else 'changed' end, false, 1::bigint, format('%s %s', asked, entry.entry);
    end loop;
    select coalesce(string_agg(l.leaf, '' order by l.leaf_index), ''), count(*) into leaves, leaf_count from telemetry.seal_leaves l where l.log = asked;
    select array_agg(h.size order by h.size), array_agg(h.root order by h.size) into sizes, roots from telemetry.seals h where h.log = asked;
    for entry in
        select h.size, h.root, t.root as found
          from unnest(sizes, roots, telemetry_private.roots_of(leaves, coalesce(sizes, '{}'))) h (size, root, found)
         cross join lateral (select h.found as root) t
         where h.root <> h.found or h.size > leaf_count
         order by h.size
    loop
        wrong := wrong + 1;
        return query select 'head', false, 0::bigint, format('the seal of %s entries in telemetry.seals has another root', entry.size);
    end loop;
    if leaf_count <> state.position or coalesce((select max(h.size) from telemetry.seals h where h.log = asked), 0) <> state.position then
        wrong := wrong + 1;
        return query select 'seals', false, 0::bigint, format('%s entries were sealed, and telemetry.seal_leaves has %s', state.position, leaf_count);
    end if;
    if checkpoint_size is not null then
        if checkpoint_root = (telemetry_private.roots_of(leaves, array[checkpoint_size]))[1] then
            return query select 'checkpoint', true, checkpoint_size, 'it is of this log';
        else
            wrong := wrong + 1;
            return query select 'checkpoint', false, checkpoint_size,
                'the first entries of this log have another root: the log and its seals were rewritten, or this checkpoint was never its own';
        end if;
    end if;
    return query select 'sealed', wrong = 0, state.position,
        format('the root is %s', encode((telemetry_private.roots_of(leaves, array[state.position]))[1], 'base64'));
end
$$;

create function telemetry_private.verify_seals(checkpoint text, visibility text)
returns table (log text, what text, ok boolean, first_id bigint, last_id bigint, events bigint, event_id uuid, tenant_id uuid, receipt_id uuid, detail text)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
#variable_conflict use_column
declare
    kept_log text;
    kept_origin text;
    kept_size bigint;
    kept_root bytea;
begin
    perform telemetry_private.check_sees_everything(visibility, 'Call telemetry.verify_seals()');
    if verify_seals.checkpoint is not null then
        select p.origin, p.size, p.root into kept_origin, kept_size, kept_root from telemetry_private.checkpoint_parts(verify_seals.checkpoint) p;
        select s.log into kept_log from telemetry_private.seal_states s where s.origin = kept_origin;
        if not found then
            raise exception 'the checkpoint is of another log'
                using errcode = '22023', hint = 'Its first line must be that of telemetry.checkpoint() here.';
        end if;
        perform telemetry_private.checked_size(kept_log, kept_size, 'the size of the checkpoint');
    end if;
    return query
        with found as materialized (
            select row_number() over () as place, v.*
              from telemetry_private.verify_events(
                       case when kept_log = 'events' then kept_size end, case when kept_log = 'events' then kept_root end) v
        ),
        named as (
            select e.ingest_id, min(e.event_id::text)::uuid as event_id, min(e.tenant_id::text)::uuid as tenant_id
              from telemetry.events e
             where e.ingest_id = any (array(select f.first_id from found f where not f.ok and f.events = 1 and f.what not in ('missing', 'sealed') limit 10000))
             group by e.ingest_id
        )
        select 'events'::text, f.what, f.ok, f.first_id, f.last_id, f.events, n.event_id, n.tenant_id, f.receipt_id, f.detail
          from found f
          left join named n on n.ingest_id = f.first_id and f.events = 1 and not f.ok and f.what <> 'sealed'
         order by f.place;
    return query
        select l.log, v.what, v.ok, null::bigint, null::bigint, v.events, null::uuid, null::uuid, null::uuid, v.detail
          from unnest('{changes,erasures}'::text[]) with ordinality l (log, place)
         cross join lateral telemetry_private.verify_records(
                l.log, case when l.log = kept_log then kept_size end, case when l.log = kept_log then kept_root end) v
         order by l.place;
end
$$;

create function telemetry.verify_seals(checkpoint text default null)
returns table (log text, what text, ok boolean, first_id bigint, last_id bigint, events bigint, event_id uuid, tenant_id uuid, receipt_id uuid, detail text)
language sql
stable
rows 10
begin atomic
    select v.log, v.what, v.ok, v.first_id, v.last_id, v.events, v.event_id, v.tenant_id, v.receipt_id, v.detail
      from telemetry_private.verify_seals(checkpoint, telemetry.log_visibility()) v;
end;

comment on function telemetry.verify_seals is
'Tells whether the log is what was sealed: it makes every leaf anew from its row, and has a row for
each difference. With a checkpoint that was kept outside the database nobody can have rewritten both
the log and its seals.

Arguments
  checkpoint  the text of checkpoint() as it was then, or a signed note of it; NULL: the log is
              compared with its own seals alone
Columns
  log         events, changes or erasures
  what        changed, missing, added or out_of_order: an event or row that is not what was sealed;
              erased, altered or expired: events that a receipt accounts for; head, seals: what
              telemetry keeps of the tree was changed; checkpoint: the one that was given; sealed:
              the last row of each log, how many entries it has
  ok          whether that is as it should be; of sealed, whether the whole log is
  first_id    the first ingest_id that it is about; NULL where it is about none
  last_id     the last one; NULL where it is about none
  events      how many entries
  event_id    the event, where it is one and it is there
  tenant_id   its tenant
  receipt_id  the receipt in telemetry.erasures
  detail      what it is, in words
Errors
  22023  the checkpoint is none, of another log, of more entries than the log has, or of a number at
         which the log was never sealed
  42501  the caller sees only some rows of the log
  55000  what telemetry keeps of the tree cannot be read
Notes
  It reads the whole log, about a million events in three seconds.
  Where more than three of 256 events in a row differ, their range is named and not each of them.
  Events above the last seal are not compared.';
