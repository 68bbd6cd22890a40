-- Sealing: tick() adds what is settled to the trees. Twin: src/seals/sealing.rs.
--
-- What of the log is settled, the cursors of what is derived know (sql/derived/cursor.sql): below their safe_until no event
-- can appear any more. Rows of telemetry.changes and telemetry.erasures come in the order in which they are seen.

-- Seals the next events, at most `most` ids of them, or rows of the other logs where there are none. Returns how many ids or
-- rows it took; 0 where nothing is left to do, or another session seals.
create function telemetry_private.seal_unit(most bigint)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off -- as in advance()
set enable_nestloop = on
set jit = off
as $$
declare
    state record;
    ahead record;
    sealed record;
    until_id bigint;
begin
    if telemetry_private.setting('telemetry.seals') <> 'on' then
        -- Nobody keeps late arrivals for it meanwhile.
        update telemetry_private.seal_states s set drawn_since = null where s.drawn_since is not null;
        return 0;
    end if;
    -- As in advance(): whoever drops a partition asks for the state while holding the log.
    lock table only telemetry.events in access share mode;
    select s.* into state from telemetry_private.seal_states s where s.log = 'events' for update skip locked;
    if not found then
        return 0;
    end if;
    select c.safe_until, c.complete_at into ahead from telemetry.cursor_positions c order by c.safe_until desc, c.complete_at limit 1;
    until_id := state.position + least(ahead.safe_until - state.position, most);
    if until_id is null or until_id <= state.position then
        return telemetry_private.seal_records('changes') + telemetry_private.seal_records('erasures');
    end if;
    select s.* into sealed from telemetry_private.seal_events(state.tail, state.position, until_id, state.drawn_since) s;
    insert into telemetry_private.person_keys (tenant_id, user_id, secret)
    select k.tenant_id, k.user_id, k.secret
      from unnest(sealed.tenants, sealed.users, sealed.secrets) k (tenant_id, user_id, secret);
    insert into telemetry.seal_pages (page, root, groups)
    select p.page, p.root, p.groups
      from unnest(sealed.pages, sealed.page_roots, sealed.page_groups) p (page, root, groups);
    if sealed.events > 0 then
        insert into telemetry.seals (log, size, root, first_id, last_id, since, until)
        values ('events', sealed.size, sealed.root, sealed.first_id, sealed.final_id, sealed.since, sealed.until);
    end if;
    update telemetry_private.seal_states s
       set position = until_id,
           tail = sealed.tail,
           drawn_since = case when until_id = ahead.safe_until then ahead.complete_at else s.drawn_since end
     where s.log = 'events';
    return until_id - state.position;
end
$$;

-- The rows of a log that is no log of events, as jsonb, each with its id and time; as what they say does not depend on the
-- settings of a session.
create function telemetry_private.records_of(log text)
returns table (entry text, at timestamptz, record jsonb)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set "TimeZone" = 'UTC'
set "DateStyle" = 'ISO'
set "IntervalStyle" = 'postgres'
set bytea_output = 'hex'
set extra_float_digits = 1
as $$
begin
    case records_of.log
        when 'changes' then
            return query select c.change_id::text, c.changed_at, to_jsonb(c) from telemetry.changes c;
        when 'erasures' then
            return query select r.receipt_id::text, r.at, to_jsonb(r) from telemetry.erasures r;
    end case;
end
$$;

-- Seals the rows of a log that are not sealed yet. Returns how many.
create function telemetry_private.seal_records(log text)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    state record;
    entries text[];
    leaves bytea[];
    sealed record;
begin
    select s.* into state from telemetry_private.seal_states s where s.log = seal_records.log for update skip locked;
    if not found then
        return 0;
    end if;
    select array_agg(r.entry order by r.at, r.entry), array_agg(telemetry_private.record_leaf(seal_records.log, r.record) order by r.at, r.entry)
      into entries, leaves
      from telemetry_private.records_of(seal_records.log) r
     where not exists (select from telemetry.seal_leaves l where l.log = seal_records.log and l.entry = r.entry);
    if entries is null then
        return 0;
    end if;
    select s.* into sealed from telemetry_private.seal_leaves(state.tail, (select string_agg(l.leaf, '' order by l.place) from unnest(leaves) with ordinality l (leaf, place))) s;
    insert into telemetry.seal_leaves (log, leaf_index, entry, leaf)
    select seal_records.log, state.position + l.place - 1, l.entry, l.leaf
      from unnest(entries, leaves) with ordinality l (entry, leaf, place);
    insert into telemetry.seals (log, size, root) values (seal_records.log, sealed.size, sealed.root);
    update telemetry_private.seal_states s set tail = sealed.tail, position = sealed.size where s.log = seal_records.log;
    return cardinality(entries);
end
$$;

-- Returns up to which ingest_id the log is sealed; as far as there are ids where it is not.
create function telemetry_private.sealed_position()
returns bigint
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select case when telemetry_private.setting('telemetry.seals') = 'on' then s.position else 9223372036854775807 end
      from telemetry_private.seal_states s
     where s.log = 'events'
$$;
