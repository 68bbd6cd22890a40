-- What is kept of events that are changed or removed with a receipt, so that the tree over the log stays whole.
--
-- Whoever removes or changes events calls this first, in the same transaction. It holds the state of sealing, so that no tick
-- seals what goes meanwhile. Events that were not sealed yet need nothing: they never were in the tree.

-- Returns how far the log is sealed, and holds that until the end of the transaction; 0 where nothing is sealed.
create function telemetry_private.hold_seals()
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce((select case when octet_length(s.tail) = 0 then 0 else s.position end
                       from telemetry_private.seal_states s where s.log = 'events' for update), 0);
end
$$;

-- Keeps the leaves of some events of a partition, as they are in the tree: of those that lie at these places, or where none are given
-- of those with these ids. `stays`: they are those of what events are now.
create function telemetry_private.keep_leaves_of(receipt uuid, target regclass, places tid[], ids bigint[], stays boolean)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    sealed_until constant bigint := telemetry_private.hold_seals();
begin
    if sealed_until = 0 then
        return;
    end if;
    -- An event that was changed before is in the tree as what it was first.
    execute format($query$
        insert into telemetry.kept_leaves (ingest_id, receipt_id, leaf, stays)
        select e.ingest_id, $1,
               coalesce(
                   (select (array_agg(k.leaf order by k.kept_id))[1] from telemetry.kept_leaves k where k.ingest_id = e.ingest_id and not $4),
                   telemetry_private.event_leaf(e.ingest_id, e.event_id, e.tenant_id, e.event_ts, e.event_name, e.event_version, e.source,
                       e.sample_rate, e.user_id, e.session_id, e.subject_id, e.client_ts, e.seq, e.payload, k.secret)),
               $4
          from %s e
          left join telemetry_private.person_keys k
            on k.tenant_id = e.tenant_id and k.user_id = coalesce(e.user_id, '00000000-0000-0000-0000-000000000000')
         where e.ingest_id <= $3 and %s
         order by e.ingest_id$query$,
        target,
        case when places is not null then 'e.ctid = any (array(select unnest($5)))'
             -- What its index of blocks knows.
             else 'e.ingest_id = any ($2) and e.ingest_id between (select min(i) from unnest($2) i) and (select max(i) from unnest($2) i)' end)
      using receipt, ids, sealed_until, stays, places;
end
$$;

-- Called before events are removed or changed. The places are the ctids of their rows, where nobody moves them: whoever calls has the
-- cursors, without which no row of the log is changed.
create function telemetry_private.keep_leaves(receipt uuid, target regclass, places tid[])
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    select telemetry_private.keep_leaves_of(receipt, target, places, null, false)
$$;

-- Called after events were changed, with the places where they are now: keeps what they are then.
create function telemetry_private.seal_changed_leaves(receipt uuid, target regclass, places tid[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    sealed_until constant bigint := telemetry_private.hold_seals();
begin
    if sealed_until = 0 then
        return;
    end if;
    -- Whose events they are now may be somebody new.
    execute format($query$
        insert into telemetry_private.person_keys (tenant_id, user_id, secret)
        select p.tenant_id, p.user_id, telemetry_private.random_secret()
          from (select distinct e.tenant_id, coalesce(e.user_id, '00000000-0000-0000-0000-000000000000') as user_id
                  from %s e where e.ctid = any (array(select unnest($1))) and e.ingest_id <= $2) p
            on conflict do nothing$query$, target)
      using places, sealed_until;
    perform telemetry_private.keep_leaves_of(receipt, target, places, null, true);
end
$$;

-- Keeps what the tree needs of a whole partition that is about to be removed: for groups of which every event goes the roots
-- that are there anyway, for others the leaves.
create function telemetry_private.keep_partition_leaves(receipt uuid, target regclass)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    sealed_until constant bigint := telemetry_private.hold_seals();
    parts record;
begin
    if sealed_until = 0 then
        return;
    end if;
    select s.* into parts from telemetry_private.sealed_ids(target::text) s;
    insert into telemetry.kept_groups (first_group, last_group, receipt_id, leaves)
    select g.first_group, g.last_group, receipt, g.leaves
      from unnest(parts.first_groups, parts.last_groups, parts.leaves) g (first_group, last_group, leaves);
    perform telemetry_private.keep_leaves_of(receipt, target, null, parts.ids, false);
end
$$;

-- Forgets the secret of a person, of every person of a tenant where user_id is NULL: what the tree has of them tells nothing
-- from then on.
create function telemetry_private.forget_person_key(tenant uuid, user_id uuid)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    -- Two statements, as one that is about both reads every key of the tenant for one person.
    delete from telemetry_private.person_keys k where k.tenant_id = forget_person_key.tenant and k.user_id = forget_person_key.user_id;
    delete from telemetry_private.person_keys k where k.tenant_id = forget_person_key.tenant and forget_person_key.user_id is null;
$$;
