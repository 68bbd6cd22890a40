-- What health() finds in the work that goes on: partitions ahead, locks, the sequence, cursors, ticks and settings.

create function telemetry_private.health_of_partitions()
returns table (check_name text, severity text, problem text, mend text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    width constant text := telemetry_private.setting('telemetry.partition_interval');
    connections constant bigint := current_setting('max_connections')::bigint + current_setting('max_prepared_transactions')::bigint;
    needed bigint;
    room bigint;
begin
    if to_regclass('telemetry.events') is null then
        return;
    end if;
    return query
    select 'partitions_ahead', m.severity, format('no partition covers %s: logging has to make it', m.moment), 'select telemetry.create_partitions()'
      from (values ('error', 'the present ' || width, now()), ('warning', 'the next ' || width, now() + ('1 ' || width)::interval)) m (severity, moment, at_time)
     where telemetry_private.partition_at(m.at_time) is null
       and (m.severity = 'error' or telemetry_private.setting('telemetry.partitions_ahead')::integer > 0)
     order by m.at_time
     limit 1;
    -- The rows of the default partition keep their content, and arrive anew: they get other ids.
    return query
    select 'default_partition', 'warning', format('%s is a default partition: it takes rows for which a partition is missing, and keeps that from being made', p.partdefid::regclass),
           format(E'alter table telemetry.events detach partition %1$s;\nselect count(telemetry_private.ensure_partition(e.event_ts)) from %1$s e;\n'
               'insert into telemetry.events (%2$s) select %2$s from %1$s', p.partdefid::regclass,
               (select string_agg(quote_ident(a.attname), ', ' order by a.attnum) from pg_attribute a
                 where a.attrelid = p.partrelid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attname <> 'ingest_id'))
      from pg_partitioned_table p
     where p.partrelid = to_regclass('telemetry.events') and p.partdefid <> 0;
    return query
    select 'pending_detach', 'error', format('the detaching of %s was begun and has not ended', i.inhrelid::regclass),
           format('alter table telemetry.events detach partition %s finalize', i.inhrelid::regclass)
      from pg_inherits i
     where i.inhparent = to_regclass('telemetry.events') and i.inhdetachpending;

    -- A statement over the rows of all time locks each partition with its indexes.
    select count(*) * (1 + (select count(*) from pg_index x where x.indrelid = to_regclass('telemetry.events'))) into needed
      from pg_inherits i
     where i.inhparent = to_regclass('telemetry.events');
    room := telemetry_private.lock_room();
    return query
    select 'locks', 'warning', format('reading the rows of all partitions takes %s locks, and the server is sure of %s: verify_derived() and KPIs over all rows may fail with 53200', needed, room),
           format('alter system set max_locks_per_transaction = %s -- then restart the server',
               ceil(needed * 1.25 / connections / 64)::integer * 64)
     where needed > room;
end
$$;

create function telemetry_private.lock_room()
returns bigint
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select current_setting('max_locks_per_transaction')::bigint * (current_setting('max_connections')::bigint + current_setting('max_prepared_transactions')::bigint)
$$;

-- `patience` is how long a transaction may hold cursors back, and `rest` how long derived data may go without a tick.
create function telemetry_private.health_of_cursors(patience interval, rest interval)
returns table (check_name text, severity text, problem text, mend text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.events') is null or to_regclass('telemetry.cursor_positions') is null or to_regclass('telemetry_private.ingest_id') is null then
        return;
    end if;
    return query
    select 'sequence', 'error', format('telemetry_private.ingest_id stands at %s, before %s, which is derived already', s.last_value, c.derived), 'call telemetry.tick()'
      from telemetry_private.ingest_id s, (select max(c.safe_until) as derived from telemetry.cursor_positions c) c
     where case when s.is_called then s.last_value else s.last_value - 1 end < c.derived
     union all
    select 'sequence', 'error', 'telemetry_private.ingest_id does not give ids one by one in order of arrival', 'alter sequence telemetry_private.ingest_id increment 1 cache 1 no cycle'
      from pg_sequence s
     where s.seqrelid = to_regclass('telemetry_private.ingest_id') and (s.seqincrement, s.seqcache, s.seqcycle) is distinct from (1, 1, false);
    return query
    select 'cursor_rows', 'error', format('telemetry.cursor_positions has no row for %s, so no tick serves it', w.consumer), 'select telemetry.init()'
      from unnest('{hourly_counts,timeline}'::text[]) w (consumer)
     where not exists (select from telemetry.cursor_positions c where c.consumer = w.consumer);
    -- Some of what parts derived data from the log has a check of its own, which is mended first.
    return query
    select 'derived', 'warning', format('KPIs read rows: %s', d.reason), 'call telemetry.tick()'
      from telemetry_private.derived_doubt() d
     where d.doubt <> 'incomplete';
    return query
    select 'worker', 'warning', format('ticks are scheduled (%s), and nothing runs them', t.method), concat('select telemetry.schedule_tick(', quote_literal(t.every), ')')
      from telemetry_private.tick_state() t
     where not t.is_alive and not pg_is_in_recovery();
    -- To ask who holds them back looks at all locks, so it is asked only where somebody may have held them for long.
    if not exists (select from telemetry.cursor_positions c where c.complete_at < clock_timestamp() - least(health_of_cursors.patience, health_of_cursors.rest)) then
        return;
    end if;
    return query
    with late as materialized (
        select c.lag_events, make_interval(secs => c.lag_seconds) as lag, c.held_back_by, c.held_back_since
          from telemetry_private.cursors() c
         where c.lag_events > 0
    )
    select 'cursor_held', 'warning', format('a transaction that began at %s holds cursors back%s', to_char(h.held_back_since, 'YYYY-MM-DD HH24:MI:SSTZH'), coalesce(': process ' || h.held_back_by, '')),
           case when h.held_back_by is not null then format('select pg_terminate_backend(%s)', h.held_back_by)
                else (select format('rollback prepared %L', p.gid)
                        from pg_prepared_xacts p
                        join pg_locks l on l.virtualtransaction = '-1/' || p.transaction and l.relation = to_regclass('telemetry.events')
                       where p.database = current_database()
                       order by p.prepared limit 1) end
      from (select distinct l.held_back_by, l.held_back_since from late l
             where l.held_back_since < clock_timestamp() - health_of_cursors.patience and l.lag > health_of_cursors.patience) h
     union all
    select 'tick', 'warning', format('%s events have waited since %s to be derived: KPIs read them one by one', max(l.lag_events), to_char(clock_timestamp() - max(l.lag), 'YYYY-MM-DD HH24:MI:SSTZH')),
           'call telemetry.tick()'
      from late l
     where l.lag > health_of_cursors.rest
    having count(*) > 0
     union all
    select 'tick', 'warning', format('what is derived was last complete at %s, though ticks are scheduled (%s): an error may stop them', to_char(c.complete_at, 'YYYY-MM-DD HH24:MI:SSTZH'), t.method),
           'call telemetry.tick()'
      from telemetry_private.tick_state() t, (select min(p.complete_at) as complete_at from telemetry.cursor_positions p) c
     where t.is_alive and not pg_is_in_recovery()
       and c.complete_at < clock_timestamp() - greatest(10 * coalesce(t.every, '1 minute'), health_of_cursors.patience)
       and not exists (select from late l where l.held_back_since is not null);
end
$$;

create function telemetry_private.health_of_server()
returns table (check_name text, severity text, problem text, mend text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    library constant text := telemetry_private.library_version();
    script constant text := (select e.extversion from pg_extension e where e.extname = 'telemetry');
begin
    if library <> script then
        check_name := 'version';
        severity := 'error';
        problem := format('the library is of version %s, the extension of version %s', library, script);
        mend := case when string_to_array(regexp_replace(library, '[^0-9.].*', ''), '.')::integer[] > string_to_array(regexp_replace(script, '[^0-9.].*', ''), '.')::integer[]
                     then format('alter extension telemetry update to %L', library)
                     else '-- install the library of the extension''s version, then open a new session; where it is preloaded, restart the server' end;
        return next;
    end if;
    return query
    select 'logging', 'warning', 'telemetry.enabled is off: nothing is logged',
           case s.source when 'database' then format('alter database %I reset telemetry.enabled', current_database())
                         when 'configuration file' then 'alter system reset telemetry.enabled'
                         else 'reset telemetry.enabled' end
      from pg_settings s
     where current_setting('telemetry.enabled') = 'off' and s.name = 'telemetry.enabled';
    -- What arrives by replication passes no cursor in order.
    return query
    select 'subscriptions', 'warning', format('the subscription %I writes into %s: KPIs read rows until it ends', s.subname, r.srrelid::regclass), format('drop subscription %I', s.subname)
      from pg_subscription_rel r
      join pg_subscription s on s.oid = r.srsubid
     where r.srrelid = any (telemetry_private.own_relations());
end
$$;
