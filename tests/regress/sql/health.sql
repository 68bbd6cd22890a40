-- health(): each state that a DBA's mistake or an odd restore leaves is red, the statement beside it mends it, and all is
-- green again.
\set SHOW_CONTEXT never
set datestyle = iso;
set client_min_messages = warning;
set timezone = 'UTC';
set telemetry.partitions_back = 1000; -- months, however long ago
call telemetry.tick();

-- All is well: one row a check.
select check_name, severity from telemetry.health();
select count(*) as not_ok from telemetry.health() where severity <> 'ok' or problem is not null or mend is not null;
-- In one row, for an endpoint.
select * from telemetry.health_summary();
-- What is declared is what init() makes: tables, keys, policies, triggers, indexes, event triggers.
select c.relname, k.conname, p.policies, t.triggers
  from pg_class c
  left join lateral (select string_agg(a.attname, ', ' order by n) as columns, min(k.conname) as conname from pg_constraint k, unnest(k.conkey) with ordinality u (attnum, n) join pg_attribute a using (attnum)
                      where k.conrelid = c.oid and k.contype = 'p' and a.attrelid = c.oid) k on true
  left join lateral (select array_agg(p.polname) as policies from pg_policy p where p.polrelid = c.oid) p on true
  left join lateral (select array_agg(t.tgname order by t.tgname) as triggers from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal) t on true
  left join telemetry_private.own_tables() o on o.relation = c.relname
 where c.relnamespace = 'telemetry'::regnamespace and c.relkind in ('r', 'p')
   and (o.relation, o.key_columns, array[o.policy], o.triggers) is distinct from (c.relname, k.columns, p.policies, t.triggers);
select i.indexrelid::regclass
  from pg_index i join pg_class c on c.oid = i.indrelid join pg_class n on n.oid = i.indexrelid
 where c.relnamespace = 'telemetry'::regnamespace and c.relkind in ('r', 'p')
   and (c.relname, n.relname) not in (select o.relation, o.index from telemetry_private.own_indexes() o);
select e.evtname from pg_event_trigger e where e.evtname ~ '^telemetry' and e.evtname not in (select o.event_trigger from telemetry_private.own_event_triggers() o);

begin;
\set ON_ERROR_ROLLBACK on
select telemetry.register_event('health_seen') as registered;
select telemetry.log_event('health_seen') is not null as logged from generate_series(1, 3);
-- What is put back is what was there.
create table as_made as
    select i.indexrelid::regclass::text as index, pg_get_indexdef(i.indexrelid) as definition, pg_get_constraintdef(k.oid) as key
      from pg_index i join pg_class c on c.oid = i.indrelid left join pg_constraint k on k.conindid = i.indexrelid and k.conrelid = i.indrelid
     where c.relnamespace = 'telemetry'::regnamespace and c.relkind in ('r', 'p');
call telemetry.tick();

-- Breaks, tells what is red, mends with the statement that is said, tells what is red then.
create function red() returns table (check_name text, severity text, problem text, mend text) language sql set timezone = 'UTC' as $$
    select h.check_name, h.severity, regexp_replace(regexp_replace(h.problem, '\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00', '<time>', 'g'), '^\d+ events', 'N events'), h.mend from telemetry.health() h where h.severity <> 'ok' $$;
create function mend() returns text language plpgsql as $$
declare statement text;
begin
    for statement in select r.mend from red() r loop
        if statement ~ '^call telemetry.tick' then
            perform telemetry.create_partitions();
            while telemetry.tick_unit() > 0 loop end loop;
        else
            execute statement;
        end if;
    end loop;
    return (select coalesce(string_agg(r.check_name, ', '), 'green') from red() r);
end $$;
create function breaks(statements text) returns table (check_name text, severity text, problem text, mend text, afterwards text) language plpgsql as $$
begin
    execute statements;
    return query select r.*, null::text from red() r;
    afterwards := mend(); check_name := null; severity := null; problem := null; mend := null;
    return next;
end $$;
\pset format unaligned
\pset tuples_only on
-- Names of partitions as of a month, so that the answers are the same every month.
select telemetry_private.ensure_partition('2020-01-15Z') is not null, telemetry_private.ensure_partition('2020-02-15Z') is not null;

-- Tables and what belongs to them.
select * from breaks('drop sequence telemetry_private.chunk_id cascade');
select last_value >= (select max(chunk_id) from telemetry.timeline_chunks) as goes_on from telemetry_private.chunk_id;
select * from breaks('alter table telemetry.timeline_chunks alter chunk_id drop default');
select * from breaks('drop table telemetry.hourly_counts, telemetry.dashboards');
create role health_owner;
grant all on schema telemetry, telemetry_private to health_owner;
select * from breaks('alter table telemetry_private.events_20200101 owner to health_owner; alter table telemetry.kpis owner to health_owner; alter sequence telemetry_private.ingest_id owner to health_owner');
select * from breaks('alter extension telemetry add table telemetry.event_types; alter extension telemetry add sequence telemetry_private.ingest_id');
select * from breaks('set local role health_owner; create table telemetry.planted (n integer); reset role');
create function health_trigger() returns trigger language plpgsql as 'begin return null; end';
alter function health_trigger() owner to health_owner;
select * from breaks('create trigger planted after insert on telemetry.events execute function health_trigger()');
create table health_child (consumer text collate "C" references telemetry.cursor_positions);
select * from breaks('alter table health_child owner to health_owner');
select * from breaks('alter table telemetry.hourly_counts set unlogged; alter table telemetry_private.events_20200101 set unlogged');

-- Keys and indexes: missing, and invalid as a restore that stopped half-way leaves them, with the partitions' own beside.
select * from breaks('alter table telemetry.events drop constraint events_pkey');
select * from breaks('alter table telemetry.events drop constraint events_pkey; alter table only telemetry.events add primary key (tenant_id, event_ts, event_id);
                      alter table telemetry_private.events_20200101 add primary key (tenant_id, event_ts, event_id);
                      alter index telemetry.events_pkey attach partition telemetry_private.events_20200101_pkey');
select * from breaks('alter table telemetry.hourly_counts drop constraint hourly_counts_pkey; alter table telemetry.redaction_policies drop constraint one_policy_each;
                      alter table telemetry.timeline_chunks drop constraint timeline_chunks_pkey');
select * from breaks('drop index telemetry.events_by_user, telemetry.events_by_correlation, telemetry.events_by_arrival, telemetry.rejections_by_time, telemetry.event_ids_by_time, telemetry.timeline_actors_by_number, telemetry.timeline_small_chunks');
select * from breaks('drop index telemetry.events_by_session; create index events_by_session on only telemetry.events (session_id, event_ts) where session_id is not null');
select * from breaks('create index half_built on telemetry.hourly_counts (hour); update pg_index set indisvalid = false where indexrelid = ''telemetry.half_built''::regclass');
select count(*) as lost
  from as_made a
  left join pg_index i on i.indexrelid = to_regclass(a.index)
  left join pg_constraint k on k.conindid = i.indexrelid and k.conrelid = i.indrelid
 where (pg_get_indexdef(i.indexrelid), pg_get_constraintdef(k.oid)) is distinct from (a.definition, a.key);
-- Rows that the key does not allow: what is derived is made anew, of others it says so and goes on with the rest.
savepoint before;
do $$ begin while telemetry.tick_unit() > 0 loop end loop; end $$;
select * from breaks('alter table telemetry.hourly_counts drop constraint hourly_counts_pkey; insert into telemetry.hourly_counts select * from telemetry.hourly_counts');
alter table telemetry.cohorts drop constraint cohorts_pkey;
insert into telemetry.cohorts (cohort, definition) values ('twice', '{}'), ('twice', '{}');
drop policy catalog_is_readable on telemetry.dashboards;
select telemetry.init();
select * from red();
rollback to before;
-- Columns: what logging writes, and nothing else.
savepoint before;
select * from breaks('alter table telemetry.events alter payload drop not null; alter table telemetry.events alter ingest_id drop default');
select * from breaks('alter table telemetry.events add column region text not null default ''eu''; alter table telemetry.events alter region drop default');
select * from breaks('drop index telemetry.events_by_session; alter table telemetry.events drop column session_id');
rollback to before;

-- Guards.
select * from breaks('alter table telemetry.tenants disable row level security; alter table telemetry_private.events_20200101 disable row level security; alter table telemetry.cohorts force row level security');
select * from breaks('drop policy tenant_reads_own_events on telemetry.events; drop policy nobody_reads_ids on telemetry.event_ids; drop policy catalog_is_readable on telemetry.kpis');
-- pg_restore --data-only --disable-triggers ends with ENABLE TRIGGER ALL, which is not ALWAYS.
select * from breaks('alter table telemetry.events disable trigger all; alter table telemetry.events enable trigger all; alter table telemetry.event_types disable trigger all; alter table telemetry.event_types enable trigger all');
select * from breaks('drop trigger append_only on telemetry.events; drop trigger append_only_statement on telemetry.rejections; drop trigger tenants_changed on telemetry.tenants; drop trigger changed_by_functions on telemetry.event_ids');
select * from breaks('create or replace trigger append_only_statement before truncate on telemetry.replays execute function health_trigger()');
select * from breaks('alter table telemetry_private.events_20200101 disable trigger append_only; drop trigger append_only_statement on telemetry_private.events_20200201');
-- As a partition out of a dump comes, attached by hand.
select * from breaks('create table telemetry_private.old (like telemetry.events including defaults); alter table telemetry.events attach partition telemetry_private.old for values from (''2019-01-01Z'') to (''2019-02-01Z'')');
select * from breaks('grant select on telemetry_private.old to health_owner, public; grant insert on telemetry_private.events_20200101 to health_owner');
drop table telemetry_private.old;
select * from breaks('alter event trigger telemetry_follows_altered_tables disable; alter event trigger telemetry_refuses_strange_triggers enable');
select * from breaks('alter extension telemetry drop event trigger telemetry_follows_subscriptions; drop event trigger telemetry_follows_subscriptions');
select count(*) as members from pg_depend d join pg_event_trigger t on d.classid = 'pg_event_trigger'::regclass and d.objid = t.oid where d.deptype = 'e' and t.evtname ~ '^telemetry';
select * from breaks('create rule lost as on insert to telemetry.rejections do instead nothing');
select * from breaks('revoke execute on function telemetry.current_tenant() from public; grant execute on function telemetry.rebuild_derived, telemetry_private.rebuild_derived to public');

-- What goes on.
select * from breaks('update pg_extension set extversion = ''99.0'' where extname = ''telemetry''; select 1');
update pg_extension set extversion = '0.0.1' where extname = 'telemetry';
select * from red();
update pg_extension set extversion = telemetry_private.library_version() where extname = 'telemetry';
set telemetry.enabled = off;
select * from breaks('select 1');
savepoint before;
do $$ declare p regclass; begin
    for p in select b.partition from telemetry_private.partition_bounds() b where b.until > now() loop execute format('drop table %s', p); end loop;
end $$;
select check_name, severity, problem, mend from red();
select mend();
rollback to before;
do $$ declare p regclass; begin
    for p in select b.partition from telemetry_private.partition_bounds() b where b.since > now() loop execute format('drop table %s', p); end loop;
end $$;
select check_name, severity, problem, mend from red();
select mend();
rollback to before;
-- Events in a default partition become part of the log again.
select * from breaks('create table telemetry_private.others partition of telemetry.events default;
                      insert into telemetry.events (event_ts, event_id, tenant_id, event_name) values (''2018-05-05Z'', gen_random_uuid(), ''00000000-0000-0000-0000-000000000000'', ''health_seen'')');
select tableoid::regclass, event_ts from telemetry.events where event_ts < '2019-01-01Z';
rollback to before;
select * from breaks('update pg_inherits set inhdetachpending = true where inhrelid = ''telemetry_private.events_20200101''::regclass');
-- As on a server that is sure of few locks.
create or replace function telemetry_private.lock_room() returns bigint language sql as 'select 10::bigint';
select check_name, severity, regexp_replace(problem, '\d+ locks', 'N locks'), regexp_replace(mend, '\d+', 'N') from red();
rollback to before;

-- What is derived, changed by hand, or without a partition that came by hand.
select * from breaks('delete from telemetry.hourly_counts');
select * from breaks('create table telemetry_private.old (like telemetry.events including defaults); alter table telemetry.events attach partition telemetry_private.old for values from (''2019-01-01Z'') to (''2019-02-01Z'')');
rollback to before;
-- A sequence that hoards; rows of the cursor, which a dump without data does not bring.
select * from breaks('alter sequence telemetry_private.ingest_id cache 20');
select * from breaks('set local telemetry_private.derives = on; delete from telemetry.cursor_positions where consumer = ''timeline''; set local telemetry_private.derives = off');
rollback to before;
set local client_min_messages = error;
create subscription health_subscription connection '' publication nothing with (connect = false, slot_name = none);
select * from breaks('insert into pg_subscription_rel select s.oid, ''telemetry.events''::regclass, ''r'', null from pg_subscription s where s.subname = ''health_subscription''');
reset client_min_messages;
-- Nobody called tick() for hours.
select * from breaks('select telemetry.log_event(''health_seen''); set local telemetry_private.derives = on; update telemetry.cursor_positions set complete_at = now() - interval ''2 hours''; set local telemetry_private.derives = off');
rollback to before;

-- An alert whose destinations were dropped.
select telemetry.register_destination('pager', '{"kind": "webhook", "url": "https://example.com/pager", "sends": "alerts"}') as is_new;
select telemetry.register_kpi('health_calls', '{"kind": "event_volume", "parameters": {"events": ["health_seen"]}, "target": 0, "target_is": "at_most"}') as is_new;
select telemetry.register_alert('health_alert', '{"kpi": "health_calls", "within": "1 hour", "destinations": ["pager"]}') as is_new;
select telemetry.drop_destination('pager') as dropped;
select * from red();
rollback to before;

-- A worker that is not at work, and one that an error stops.
create or replace function telemetry_private.tick_state() returns table (method text, every interval, is_alive boolean) language plpgsql as $$ begin
    return query values ('background worker', interval '30 seconds', false); end $$;
select * from red();
create or replace function telemetry_private.tick_state() returns table (method text, every interval, is_alive boolean) language plpgsql as $$ begin
    return query values ('background worker', interval '30 seconds', true); end $$;
select * from red();
select * from breaks('set local telemetry_private.derives = on; update telemetry.cursor_positions set complete_at = now() - interval ''16 minutes''; set local telemetry_private.derives = off');
rollback to before;
-- A sequence behind what is derived, as logical replication leaves it. (Its value outlives a rollback.)
select last_value as drawn from telemetry_private.ingest_id \gset
select setval('telemetry_private.ingest_id', 2);
select check_name, severity, regexp_replace(problem, 'before \d+', 'before N'), mend from red();
select setval('telemetry_private.ingest_id', :drawn) = :drawn as is_back;
select * from red();
rollback to before;
-- Many at once are counted, the first three named.
create table many as select telemetry_private.ensure_partition(m) as partition from generate_series(timestamptz '2010-01-01Z', '2011-12-01Z', '1 month') m;
do $$ declare p regclass; begin for p in select m.partition from many m loop execute format('grant select on %s to health_owner', p); end loop; end $$;
select * from red();
select mend();

-- Half of the tables are gone: it still answers, and one statement brings them back.
savepoint before;
drop table telemetry.events, telemetry.cursor_positions cascade;
drop sequence telemetry_private.ingest_id cascade;
select check_name, severity, problem, mend from red() where check_name in ('tables', 'cursor_rows', 'partitions_ahead');
select mend();
rollback to before;

-- Who may ask: an auditor, an admin; what metrics() says of it, to who sees the whole log. READ ONLY as well.
create role health_analyst;
create role health_auditor;
select telemetry.grant_access('health_analyst', 'analyst'), telemetry.grant_access('health_auditor', 'auditor');
alter table telemetry.tenants disable row level security;
drop policy catalog_is_readable on telemetry.kpis;
set transaction read only;
set local role health_auditor;
select count(*), count(*) filter (where severity <> 'ok') as red from telemetry.health();
select labels, value from telemetry.metric_samples() where metric = 'telemetry_health' and value > 0;
select line from regexp_split_to_table(convert_from(telemetry.metrics(), 'UTF8'), E'\n') line where line ~ 'telemetry_health.*(HELP|TYPE|"policies"|"row_level_security")';
select count(*) from telemetry.metric_samples(tenant => '00000000-0000-0000-0000-000000000000') where metric = 'telemetry_health';
set local role health_analyst;
select count(*) from telemetry.metric_samples() where metric = 'telemetry_health';
select count(*) from telemetry.health();
reset role;
rollback;
\pset format aligned
\pset tuples_only off
