-- What the log consists of besides its columns: which table has which key, policy and triggers, and which indexes and
-- event triggers there are. init() puts back what is missing of it, and health() says what is missing.
--
-- It is declared here once more than where each is made, so that nothing has to be read out of a broken installation;
-- tests/regress/sql/health.sql holds the two against each other.

create function telemetry_private.own_tables()
returns table (relation name, key_columns text, policy name, triggers name[])
language sql
immutable
parallel safe
begin atomic
    values ('events'::name, 'tenant_id, event_ts, event_id', 'tenant_reads_own_events'::name, '{append_only,append_only_statement}'::name[]),
           ('rejections', 'rejection_id', 'tenant_reads_own_rejections', '{append_only,append_only_statement}'),
           ('replays', 'rejection_id', 'tenant_reads_own_replays', '{append_only,append_only_statement}'),
           ('event_types', 'event_name, event_version', 'catalog_is_readable', '{change_recorded,changed_by_functions,taxonomy_changed,truncation_recorded}'),
           ('event_aliases', 'alias, pack', 'catalog_is_readable', '{change_recorded,changed_by_functions,taxonomy_changed,truncation_recorded}'),
           ('retention_classes', 'name', 'catalog_is_readable', '{change_recorded,changed_by_functions,truncation_recorded}'),
           ('redaction_policies', 'policy_id', 'tenant_reads_own_policies', '{change_recorded,changed_by_functions,taxonomy_changed,truncation_recorded}'),
           ('ownership_checks', 'check_name', 'catalog_is_readable', '{change_recorded,changed_by_functions,taxonomy_changed,truncation_recorded}'),
           ('tenants', 'tenant_id', 'tenant_reads_itself', '{change_recorded,changed_by_functions,tenants_changed,truncation_recorded}'),
           ('event_ids', 'tenant_id, event_id', 'nobody_reads_ids', '{changed_by_functions}'),
           ('kept_counts', 'tenant_id, event_name, day, event_id', 'tenant_reads_own_counts', '{changed_by_functions}'),
           ('ingestion_calls', 'tenant_id, call_at, call_id', 'tenant_reads_own_calls', '{changed_by_functions}'),
           ('cursor_positions', 'consumer', 'readers_see_positions', '{changed_by_functions}'),
           ('derived_partitions', 'partition', 'readers_see_partitions', '{changed_by_functions}'),
           ('late_arrivals', 'arrival_id', 'readers_see_late_arrivals', '{changed_by_functions}'),
           ('hourly_counts', 'tenant_id, hour, event_name, source, sample_rate', 'tenant_reads_what_is_derived', '{changed_by_functions}'),
           ('timeline_tenants', 'tenant_id', 'tenant_reads_what_is_derived', '{changed_by_functions}'),
           ('timeline_actors', 'tenant_id, user_id', 'tenant_reads_what_is_derived', '{changed_by_functions}'),
           ('timeline_chunks', 'tenant_id, band, chunk_id', 'tenant_reads_what_is_derived', '{changed_by_functions}'),
           ('cohorts', 'cohort', 'catalog_is_readable', '{change_recorded,changed_by_functions,truncation_recorded}'),
           ('kpis', 'name', 'catalog_is_readable', '{change_recorded,changed_by_functions,truncation_recorded}'),
           ('dashboards', 'name', 'catalog_is_readable', '{change_recorded,changed_by_functions,truncation_recorded}'),
           ('kpi_history', 'entry_id', 'tenant_reads_own_history', '{append_only,append_only_statement}'),
           ('kpi_history_buckets', 'kpi, question, grain, bucket', 'catalog_is_readable', '{append_only,append_only_statement}'),
           ('gone_events', 'events', 'catalog_is_readable', '{changed_by_functions}'),
           ('alerts', 'name', 'catalog_is_readable', '{change_recorded,changed_by_functions,truncation_recorded}'),
           ('alert_states', 'fingerprint', 'tenant_reads_own_alerts', '{changed_by_functions}'),
           ('alert_transitions', 'transition_id', 'tenant_reads_own_alerts', '{append_only,append_only_statement}'),
           ('alert_rounds', 'place', 'catalog_is_readable', '{changed_by_functions}'),
           ('silences', 'silence_id', 'tenant_reads_own_silences', '{change_recorded,changed_by_functions,truncation_recorded}'),
           ('actor_relations', 'actor', 'catalog_is_readable', '{change_recorded,changed_by_functions,truncation_recorded}'),
           ('changes', 'change_id', 'auditors_read_changes', '{append_only,append_only_statement}'),
           ('seals', 'log, size', 'auditors_read_seals', '{append_only,append_only_statement}'),
           ('seal_pages', 'page', 'auditors_read_seals', '{append_only,append_only_statement}'),
           ('seal_leaves', 'log, leaf_index', 'auditors_read_seals', '{append_only,append_only_statement}'),
           ('kept_leaves', 'kept_id', 'auditors_read_seals', '{append_only,append_only_statement}'),
           ('kept_groups', 'first_group', 'auditors_read_seals', '{append_only,append_only_statement}'),
           ('notifications', 'notification_id', 'tenant_reads_own_notifications', '{append_only,append_only_statement}'),
           ('notification_positions', 'destination', 'tenant_sees_own_destinations', '{changed_by_functions}'),
           ('notification_states', 'destination, fingerprint', 'tenant_reads_own_notifications', '{changed_by_functions}'),
           ('imported_files', 'name, number, part', 'auditor_reads_imports', '{changed_by_functions}'),
           ('table_trackings', 'relation, event_name', 'catalog_is_readable', '{change_recorded,changed_by_functions,taxonomy_changed,truncation_recorded}'),
           ('table_imports', 'import_id', 'auditor_reads_imports', '{changed_by_functions}'),
           ('outbound_frontier', 'name', 'catalog_is_readable', '{changed_by_functions}'),
           ('destinations', 'name', 'tenant_sees_own_destinations', '{change_recorded,changed_by_functions,truncation_recorded}'),
           ('exports', 'name', 'tenant_sees_own_exports', '{change_recorded,changed_by_functions,truncation_recorded}'),
           ('export_states', 'export', 'tenant_sees_own_exports', '{changed_by_functions}'),
           ('export_versions', 'export, schema_version', 'tenant_sees_own_exports', '{append_only,append_only_statement}'),
           ('export_files', 'export, number, part', 'tenant_sees_own_exports', '{append_only,append_only_statement}'),
           ('erasures', 'receipt_id', 'officers_read_receipts', '{append_only,append_only_statement}'),
           ('holds', 'hold_name', 'officers_read_holds', '{changed_by_functions}'),
           ('destination_states', 'destination', 'tenant_sees_own_destinations', '{changed_by_functions}'),
           ('deliveries', 'number', 'tenant_sees_own_destinations', '{changed_by_functions}'),
           ('delivery_hours', 'destination, hour', 'tenant_sees_own_destinations', '{changed_by_functions}');
end;

-- `kind` is the kind of index as CREATE INDEX names it, or constraint for ALTER TABLE; `definition` is what follows the
-- names in either statement.
create function telemetry_private.own_indexes()
returns table (relation name, index name, kind text, definition text)
language sql
immutable
parallel safe
begin atomic
    select t.relation, (t.relation || '_pkey')::name, 'constraint', format('primary key (%s)', t.key_columns)
      from telemetry_private.own_tables() t
     union all
    values ('events', 'events_by_name'::name, 'index', '(tenant_id, event_name, event_ts)'),
           ('events', 'events_by_user', 'index', '(user_id, event_ts) where user_id is not null'),
           ('events', 'events_by_session', 'index', '(session_id, event_ts) where session_id is not null'),
           ('events', 'events_by_correlation', 'index', '(telemetry.correlation_of(payload), event_ts) where telemetry.correlation_of(payload) is not null'),
           ('events', 'events_by_arrival', 'index', 'using brin (ingest_id) with (pages_per_range = 32)'),
           ('rejections', 'rejections_by_time', 'index', '(tenant_id, rejected_at)'),
           ('rejections', 'rejections_by_user', 'index', 'using hash (user_id)'),
           ('rejections', 'rejections_by_event_user', 'index', 'using hash ((event ->> ''user_id''))'),
           ('alert_states', 'alert_states_by_alert', 'index', '(alert)'),
           ('alert_transitions', 'alert_transitions_by_time', 'index', '(at, alert)'),
           ('alert_transitions', 'alert_transitions_by_user', 'index', '(breakdown_value) where octet_length(breakdown_value) = 36'),
           ('changes', 'changes_by_name', 'index', '(kind, name, change_id)'),
           ('kept_leaves', 'kept_leaves_by_event', 'index', '(ingest_id)'),
           ('notifications', 'notifications_by_time', 'index', '(made_at, destination)'),
           ('notifications', 'notifications_digest_once', 'unique index', '(destination, local_date) where local_date is not null'),
           ('notification_states', 'notification_states_due', 'index', '(destination, next_at)'),
           ('erasures', 'erasures_by_time', 'index', '(at)'),
           ('erasures', 'erasures_by_person', 'index', '(person) where person is not null'),
           ('event_ids', 'event_ids_by_time', 'index', 'using brin (logged_at)'),
           ('redaction_policies', 'one_policy_each', 'constraint', 'unique nulls not distinct (tenant_id, event_name)'),
           ('kpi_history', 'kpi_history_by_user', 'index', '(breakdown_value) where octet_length(breakdown_value) = 36'),
           ('kpi_history', 'history_once', 'constraint', 'unique nulls not distinct (kpi, question, grain, bucket, tenant_id, place)'),
           ('timeline_actors', 'timeline_actors_by_number', 'unique index', '(tenant_id, actor_number) include (user_id)'),
           ('timeline_chunks', 'timeline_cut_chunks', 'index', '(events) where removed is not null'),
           ('timeline_chunks', 'timeline_small_chunks', 'index', '(tenant_id, band, last_ts) where events < 32768'),
           ('deliveries', 'deliveries_due', 'index', '(destination, next_attempt_at) where status in (''retrying'', ''parked'')'),
           ('deliveries', 'deliveries_by_key', 'index', '(destination, order_key, number) where status in (''retrying'', ''parked'') and order_key is not null'),
           ('deliveries', 'deliveries_dead', 'index', '(destination, number) where status = ''dead'''),
           ('deliveries', 'deliveries_once', 'unique index', '(destination, idempotency_key) where idempotency_key is not null');
end;

-- Returns those indexes and keys that are missing or not valid, of tables that are there; `found` is an invalid one. A
-- primary key counts under any name.
create function telemetry_private.broken_indexes()
returns table (relation regclass, index name, kind text, definition text, found regclass)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select c.oid::regclass, o.index, o.kind, o.definition, i.indexrelid::regclass
      from telemetry_private.own_indexes() o
      join pg_class c on c.relnamespace = to_regnamespace('telemetry') and c.relname = o.relation and c.relkind in ('r', 'p')
      left join lateral (
            select i.indexrelid, i.indisvalid
              from pg_index i
             where i.indrelid = c.oid
               and case when o.definition like 'primary key %' then i.indisprimary
                        else i.indexrelid = (select named.oid from pg_class named where named.relnamespace = c.relnamespace and named.relname = o.index) end
             limit 1) i on true
     where i.indisvalid is not true
     order by c.relname, o.kind, o.index
$$;

create function telemetry_private.own_event_triggers()
returns table (event_trigger name, event text, tags text[], function text)
language sql
immutable
parallel safe
begin atomic
    values ('telemetry_refuses_strange_triggers'::name, 'ddl_command_end', '{CREATE TRIGGER}'::text[], 'refuse_strange_trigger'),
           ('telemetry_refuses_strange_foreign_keys', 'ddl_command_end', '{CREATE TABLE,ALTER TABLE,CREATE SCHEMA}', 'refuse_strange_foreign_key'),
           ('telemetry_follows_altered_tables', 'ddl_command_end', '{ALTER TABLE}', 'follow_altered_table'),
           ('telemetry_follows_dropped_triggers', 'sql_drop', '{DROP TRIGGER}', 'follow_dropped_trigger'),
           ('telemetry_follows_subscriptions', 'ddl_command_end', '{CREATE SUBSCRIPTION,ALTER SUBSCRIPTION}', 'follow_subscription'),
           ('telemetry_holds_partitions', 'ddl_command_start', '{DROP TABLE,ALTER TABLE}', 'hold_partitions');
end;

-- Returns partitions of the log that protect_partition() was not called for, or that lost what it gave them. It reads
-- only the tables of the catalog and calls no function that opens a relation: thousands of partitions cost tens of
-- milliseconds.
create function telemetry_private.unprotected_partitions()
returns table (partition regclass, has_row_security boolean, has_guards boolean, grants integer)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with guarded as (
        select t.tgrelid
          from pg_trigger t
         where t.tgenabled = 'A'
           and (t.tgname = 'append_only_statement' and t.tgfoid = 'telemetry_private.guard_statement()'::regprocedure
                or t.tgfoid = 'telemetry_private.refuse_change()'::regprocedure)
         group by t.tgrelid
        having count(distinct t.tgfoid) = 2
    )
    select c.oid::regclass, c.relrowsecurity, g.tgrelid is not null, coalesce(a.grants, 0)
      from pg_inherits i
      join pg_class c on c.oid = i.inhrelid
      left join guarded g on g.tgrelid = c.oid
      left join lateral (select count(distinct acl.grantee)::integer as grants from aclexplode(c.relacl) acl where acl.grantee <> c.relowner) a on c.relacl is not null
     where i.inhparent = to_regclass('telemetry.events')
       and not (c.relrowsecurity and g.tgrelid is not null and coalesce(a.grants, 0) = 0)
     order by c.relname
$$;

-- Returns the statement that makes an index or key. Where the name is NULL, PostgreSQL chooses one.
create function telemetry_private.index_statement(target regclass, index text, kind text, definition text)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select case kind when 'constraint' then concat_ws(' ', 'alter table', target::text, 'add', 'constraint ' || quote_ident(index), definition)
                     else concat_ws(' ', 'create', kind, quote_ident(index), 'on', target::text, definition) end
$$;

-- Puts back keys and indexes that are missing. A restore that stopped half-way leaves the log's key invalid, with the
-- partitions' own keys beside it: those are attached, not built anew. Where derived tables hold rows twice, derived
-- data is made anew; for other tables it warns and goes on.
create function telemetry_private.init_keys()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set telemetry_private.derives = 'on'
as $$
declare
    broken record;
begin
    for broken in select b.* from telemetry_private.broken_indexes() b loop
        begin
            if broken.found is not null then
                continue when telemetry_private.complete_index(broken.found, broken.kind, broken.definition);
                if broken.kind = 'constraint' then
                    execute format('alter table %s drop constraint %I', broken.relation,
                        (select c.conname from pg_constraint c where c.conindid = broken.found and c.conrelid = broken.relation and c.contype in ('p', 'u')));
                else
                    execute format('drop index %s', broken.found);
                end if;
            end if;
            execute telemetry_private.index_statement(broken.relation, broken.index, broken.kind, broken.definition);
        exception
            when unique_violation or not_null_violation then
                if broken.relation::text in ('telemetry.hourly_counts', 'telemetry.timeline_tenants', 'telemetry.timeline_actors', 'telemetry.timeline_chunks') then
                    perform telemetry_private.reset_derived();
                    execute telemetry_private.index_statement(broken.relation, broken.index, broken.kind, broken.definition);
                    continue;
                end if;
                raise warning 'the rows of % do not allow % to be put back', broken.relation, broken.index
                    using errcode = sqlstate, hint = format('Take out those that are there twice, or without a key, then call telemetry.init(): %s.', broken.definition);
        end;
    end loop;
end
$$;

-- Attaches to an index of the partitioned log what its partitions have, and makes what they lack. Returns whether the
-- index is valid then.
create function telemetry_private.complete_index(incomplete regclass, kind text, definition text)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    lacking regclass;
begin
    for lacking in
        select p.inhrelid
          from pg_index parent
          join pg_inherits p on p.inhparent = parent.indrelid and not p.inhdetachpending
         where parent.indexrelid = incomplete
           and not exists (
                select from pg_index i join pg_inherits h on h.inhrelid = i.indexrelid and h.inhparent = incomplete
                 where i.indrelid = p.inhrelid)
    loop
        if not telemetry_private.attach_index(incomplete, lacking) then
            execute telemetry_private.index_statement(lacking, null, complete_index.kind, complete_index.definition);
            perform telemetry_private.attach_index(incomplete, lacking);
        end if;
    end loop;
    return (select i.indisvalid from pg_index i where i.indexrelid = incomplete);
end
$$;

-- Tries one index of a partition after the other: PostgreSQL attaches none but an equal one.
create function telemetry_private.attach_index(incomplete regclass, partition regclass)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    candidate regclass;
begin
    for candidate in
        select i.indexrelid
          from pg_index i
          join pg_index parent on parent.indexrelid = incomplete and parent.indisprimary = i.indisprimary
         where i.indrelid = attach_index.partition and i.indisvalid and not exists (select from pg_inherits h where h.inhrelid = i.indexrelid)
         order by i.indexrelid desc
    loop
        begin
            execute format('alter index %s attach partition %s', incomplete, candidate);
            return true;
        exception
            when invalid_object_definition or object_not_in_prerequisite_state or wrong_object_type then
                null;
        end;
    end loop;
    return false;
end
$$;

-- Puts back the default of a column that takes its numbers from a sequence: dropping the sequence takes the default
-- along.
create function telemetry_private.put_back_default(target regclass, column_name name, numbers regclass)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from pg_attribute a where a.attrelid = target and a.attname = column_name and not a.atthasdef) then
        execute format('alter table %s alter column %I set default nextval(%L)', target, column_name, numbers);
    end if;
end
$$;

-- CREATE EXTENSION makes the event triggers, members of the extension as all of its code is. Later calls put back what
-- is missing, where the caller may.
create function telemetry_private.init_event_triggers()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    missing record;
begin
    for missing in
        select o.event_trigger, o.event, o.tags, o.function, t.oid is not null as is_there
          from telemetry_private.own_event_triggers() o
          left join pg_event_trigger t on t.evtname = o.event_trigger
         where t.evtenabled is distinct from 'A'
    loop
        if not missing.is_there then
            execute format('create event trigger %I on %I when tag in (%s) execute function telemetry_private.%I()', missing.event_trigger, missing.event,
                (select string_agg(quote_literal(t), ', ') from unnest(missing.tags) t), missing.function);
            if exists (
                select from pg_event_trigger t
                 where t.evtname = missing.event_trigger
                   and not exists (select from pg_depend d where d.classid = 'pg_event_trigger'::regclass and d.objid = t.oid and d.deptype = 'e'))
            then
                execute format('alter extension telemetry add event trigger %I', missing.event_trigger);
            end if;
        end if;
        execute format('alter event trigger %I enable always', missing.event_trigger);
    end loop;
end
$$;
