-- Everything about a database's telemetry that must survive a move, one line each. User policies, indexes and grants
-- are part of it.
select 'events ' || count(*) || ' ' || coalesce(md5(string_agg(e::text, '|' order by e.ingest_id)), '') from telemetry.events e;
select 'partition ' || p.partition || ' ' || p.since || ' ' || p.until from telemetry_private.partition_bounds() p order by 1;
select 'event_types ' || count(*) || ' ' || md5(string_agg(t::text, '|' order by event_name, event_version)) from telemetry.event_types t;
select 'rejections ' || count(*) || ' ' || md5(string_agg(r::text, '|' order by rejection_id)) from telemetry.rejections r;
select 'replays ' || count(*) || ' ' || md5(string_agg(r::text, '|' order by rejection_id)) from telemetry.replays r;
select 'event_ids ' || count(*) || ' ' || md5(string_agg(i::text, '|' order by event_id)) from telemetry.event_ids i;
select 'retention_classes ' || count(*) || ' ' || md5(string_agg(c::text, '|' order by name)) from telemetry.retention_classes c;
select 'event_aliases ' || count(*) || ' ' || md5(string_agg(a::text, '|' order by alias, pack)) from telemetry.event_aliases a;
select 'redaction_policies ' || count(*) || ' ' || md5(string_agg(p::text, '|' order by policy_id)) from telemetry.redaction_policies p;
select 'ownership_checks ' || count(*) || ' ' || md5(string_agg(c::text, '|' order by check_name)) from telemetry.ownership_checks c;
select 'kpis ' || count(*) || ' ' || md5(string_agg(k::text, '|' order by name)) from telemetry.kpis k;
select 'kpi history ' || count(*) || ' ' || coalesce(md5(string_agg(h::text, '|' order by entry_id)), '') from telemetry.kpi_history h;
select 'kept buckets ' || count(*) || ' ' || coalesce(md5(string_agg(h::text, '|' order by h::text)), '') from telemetry.kpi_history_buckets h;
select 'gone events ' || count(*) || ' ' || coalesce(md5(string_agg(g::text, '|' order by g::text)), '') from telemetry.gone_events g;
select 'alerts ' || count(*) || ' ' || md5(string_agg(d::text, '|' order by name)) from telemetry.alerts d;
select 'alert transitions ' || count(*) || ' ' || md5(string_agg(d::text, '|' order by transition_id)) from telemetry.alert_transitions d;
select 'changes ' || count(*) || ' ' || md5(string_agg(c::text, '|' order by change_id)) from telemetry.changes c;
select 'dashboards ' || count(*) || ' ' || md5(string_agg(d::text, '|' order by name)) from telemetry.dashboards d;
select 'compatibility view ' || count(*) from public.analytics_events;
select 'tenants ' || count(*) || ' ' || md5(string_agg(t::text, '|' order by tenant_id)) from telemetry.tenants t;
select 'kept_counts ' || count(*) || ' ' || md5(string_agg(k::text, '|' order by event_id)) from telemetry.kept_counts k;
select 'ingestion_calls ' || count(*) || ' ' || md5(string_agg(c::text, '|' order by call_id)) from telemetry.ingestion_calls c;
select 'cursor ' || c.consumer || ' ' || c.position || ' ' || c.safe_until from telemetry.cursor_positions c order by 1;
select 'hourly_counts ' || count(*) || ' ' || md5(string_agg(c::text, '|' order by c::text)) from telemetry.hourly_counts c;
select 'timeline_chunks ' || count(*) || ' ' || md5(string_agg(c::text, '|' order by chunk_id)) from telemetry.timeline_chunks c;
select 'timeline_actors ' || count(*) || ' ' || md5(string_agg(a::text, '|' order by a::text)) from telemetry.timeline_actors a;
select 'timeline_tenants ' || count(*) || ' ' || md5(string_agg(t::text, '|' order by t::text)) from telemetry.timeline_tenants t;
select 'derived ' || v.derived || ' ' || v.found || ' ' || v.is_equal from telemetry.verify_derived() v where v.derived <> 'provenance' order by 1;
select 'seals ' || count(*) || ' ' || md5(string_agg(s::text, '|' order by log, size)) from telemetry.seals s;
select 'erasures ' || string_agg(e.kind || ' ' || e.events, ', ' order by e.at, e.receipt_id) || ' ' || md5(string_agg(e::text, '|' order by e.at, e.receipt_id)) from telemetry.erasures e;
select 'erased ' || telemetry.was_erased(telemetry.as_id('13')) || ' ' || count(*) from telemetry.events e where e.user_id in (telemetry.as_id('13'), telemetry.as_id('17'));
select 'expired ' || count(*) from telemetry.events e where e.event_name = 'line_written';
select 'verify_seals ' || v.log || ' ' || v.what || ' ' || v.events || ' ' || v.ok from telemetry.verify_seals(telemetry.checkpoint()) v order by 1;
select 'next id ' || (nextval('telemetry_private.ingest_id') > (select max(ingest_id) from telemetry.events));
select 'index ' || indexdef from pg_indexes where schemaname in ('telemetry', 'telemetry_private') order by 1;
select 'trigger ' || t.tgrelid::regclass || ' ' || t.tgname || ' ' || t.tgenabled::text from pg_trigger t
 where t.tgrelid in (select oid from pg_class where relnamespace in ('telemetry'::regnamespace, 'telemetry_private'::regnamespace)) order by 1;
select 'policy ' || p.polrelid::regclass || ' ' || p.polname || ' ' || p.polpermissive || ' ' || p.polroles::regrole[]::text || ' ' || pg_get_expr(p.polqual, p.polrelid) from pg_policy p order by 1;
select 'row security ' || c.oid::regclass || ' ' || c.relrowsecurity from pg_class c
 where c.relnamespace in ('telemetry'::regnamespace, 'telemetry_private'::regnamespace) and c.relkind in ('r', 'p') order by 1;
select 'grant on table ' || c.oid::regclass || ' ' || a.grantee::regrole || ' ' || a.privilege_type from pg_class c, aclexplode(c.relacl) a
 where c.relnamespace in ('telemetry'::regnamespace, 'telemetry_private'::regnamespace) and a.grantee <> c.relowner order by 1;
select 'grant on function ' || p.oid::regprocedure || ' ' || a.grantee::regrole from pg_proc p, aclexplode(p.proacl) a
 where p.pronamespace in ('telemetry'::regnamespace, 'telemetry_private'::regnamespace) and a.grantee not in (0, p.proowner) order by 1;
select 'enum ' || t.oid::regtype || ' ' || count(*) from pg_type t join pg_enum e on e.enumtypid = t.oid where t.typnamespace = 'telemetry'::regnamespace group by t.oid order by 1;
select 'volume ' || sum(events) from telemetry.event_volume(grain => 'month', events => '{assignment_view,assignment_save}');
select 'members that hold data ' || count(*) from pg_depend d join pg_class c on c.oid = d.objid and d.classid = 'pg_class'::regclass
 where d.refclassid = 'pg_extension'::regclass and d.refobjid = (select oid from pg_extension where extname = 'telemetry') and c.relkind in ('r', 'p', 'S');
