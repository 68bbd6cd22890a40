-- What a monitoring system asks for: counters and gauges of the log, as rows and in the text format of Prometheus.
-- Twin: src/metrics.rs, which writes the text.
--
-- A tenant is told of its own events only. Cursors, sizes and tenants are shown to whoever sees the whole log.

-- What a function of this type returns, PostgREST sends as it is, whatever the request accepts.
create domain telemetry."*/*" as bytea;

create function telemetry_private.metric_families()
returns table (metric text, metric_type text, help text)
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    values ('telemetry_build_info', 'gauge', 'Always 1; which telemetry and PostgreSQL answer.'),
           ('telemetry_events', 'gauge', 'Events that the log has, as event_volume() counts them: a sampled event stands for 1/sample_rate. Less where events are erased or expire.'),
           ('telemetry_rejections', 'gauge', 'Events refused and kept, see rejection_summary(). Less where forget_expired() lets old ones go.'),
           ('telemetry_replays', 'gauge', 'Kept rejections that replay_rejections() brought to an end.'),
           ('telemetry_recent_events', 'gauge', 'Events of the last hour by what became of them, see ingestion_stats().'),
           ('telemetry_recent_call_seconds', 'gauge', 'Duration of logging calls of the last hour (of this year), by quantile, without commit, see ingestion_stats().'),
           ('telemetry_alert_value', 'gauge', 'What ingestion_alerts() measured in the last hour; absent where that is not known.'),
           ('telemetry_alert_firing', 'gauge', '1 where ingestion_alerts() fires, else 0.'),
           ('telemetry_alerts_firing', 'gauge', 'Instances of registered alerts that fire, see alert_status().'),
           ('telemetry_alerts_failing', 'gauge', 'Registered alerts that cannot be evaluated, see alert_status().'),
           ('telemetry_notifications_total', 'counter', 'Messages about alerts that destinations were sent, see notification_history().'),
           ('telemetry_event_types', 'gauge', 'Versions of event definitions by status.'),
           ('telemetry_cursor_lag_events', 'gauge', 'Events that are not yet in what is derived, at most; KPIs read them one by one.'),
           ('telemetry_cursor_lag_seconds', 'gauge', 'Since when what is derived was last complete.'),
           ('telemetry_cursor_held_back_seconds', 'gauge', 'Age of the oldest transaction that holds the cursor back, 0 without one.'),
           ('telemetry_partitions', 'gauge', 'Partitions of the log.'),
           ('telemetry_size_bytes', 'gauge', 'Size on disk with indexes: the log (its older partitions as of their last VACUUM or ANALYZE), what is derived from it, rejections.'),
           ('telemetry_events_overdue', 'gauge', 'Events whose time is up, see expiry_report(); 0 after each round of expiry.'),
           ('telemetry_events_removed_total', 'counter', 'Events that left the log with a receipt, by the function that took them.'),
           ('telemetry_last_expiry_timestamp_seconds', 'gauge', 'When events went last because their time was up.'),
           ('telemetry_health', 'gauge', 'Each check of health(): 0 ok, 1 warning, 2 error.'),
           ('telemetry_tenants', 'gauge', 'Tenants that set_tenant() knows, by status.'),
           ('telemetry_destination_lag_events', 'gauge', 'Events that a destination has not had, at most.'),
           ('telemetry_destination_lag_seconds', 'gauge', 'How long ago the first event happened that a destination has not had.'),
           ('telemetry_destination_down', 'gauge', '1 where a destination is down, 0 where it is not or is paused.'),
           ('telemetry_dead_letters', 'gauge', 'Deliveries that were given up, see telemetry.dead_letters.'),
           ('telemetry_deliveries_total', 'counter', 'Attempts to deliver, by what came of them, see settle_delivery().'),
           ('telemetry_export_lag_events', 'gauge', 'Events that are in no file of an export yet, at most.'),
           ('telemetry_export_lag_seconds', 'gauge', 'How long ago the first event happened that waits to be exported.'),
           ('telemetry_export_most_age_seconds', 'gauge', 'How long an event of an export waits at most for others.'),
           ('telemetry_export_files_total', 'counter', 'Files of an export, see export_manifest().'),
           ('telemetry_export_rows_total', 'counter', 'Events in files of an export.'),
           ('telemetry_export_bytes_total', 'counter', 'Size of the files of an export.'),
           ('telemetry_kpi_value', 'gauge', 'The value of a KPI in the window of its definition, which ends now.'),
           ('telemetry_kpi_n', 'gauge', 'What the value is of: the denominator of a ratio, the events of a percentile; of a count the count itself.'),
           ('telemetry_kpi_target', 'gauge', 'The target of a KPI, with the labels of its value; target_is says whether it is a least or a most.'),
           ('telemetry_kpi_answered', 'gauge', '1 where a KPI could be answered, else 0: kpi() says why not.')
$$;

create function telemetry_private.metric_samples(tenant uuid)
returns table (metric text, labels jsonb, value double precision)
language sql
stable
parallel restricted
set search_path = pg_catalog, pg_temp
rows 100
as $$
    with installation as materialized (
        -- This is true where the caller asks for the whole installation and may see it.
        select metric_samples.tenant is null and telemetry.log_visibility() = 'everything' as is_whole
    ),
    recent as (
        select s.* from telemetry.ingestion_stats(statement_timestamp() - interval '1 hour', statement_timestamp(), 'year', 'UTC', tenant => metric_samples.tenant) s
    ),
    alerts as (
        select a.* from telemetry.ingestion_alerts(until => statement_timestamp(), tenant => metric_samples.tenant) a
    ),
    cursors as (
        select c.* from installation i, telemetry.cursors c where i.is_whole
    ),
    -- To ask for the size of a table opens it with all that belongs to it, which takes seconds and a gigabyte of memory
    -- for thousands of partitions. So that is done for the partitions of the present and for the 16 that were last
    -- made. The others hardly change: their size is what VACUUM or ANALYZE last found.
    partition as materialized (
        select c.oid, row_number() over (order by c.oid desc) <= 16
                      or c.relname in (select to_char(date_trunc(w, statement_timestamp(), 'UTC') at time zone 'UTC', '"events_"YYYYMMDD') from unnest('{day,week,month}'::text[]) w) as is_new
          from installation i, pg_inherits h
          join pg_class c on c.oid = h.inhrelid
         where i.is_whole and h.inhparent = 'telemetry.events'::regclass
    ),
    older as materialized (
        select p.oid from partition p where not p.is_new
         union all
        select c.reltoastrelid from pg_class c where c.reltoastrelid <> 0 and c.oid in (select p.oid from partition p where not p.is_new)
    ),
    stored as (
        select t.part, t.relations, t.bytes
          from installation i,
               lateral (select 'events', (select count(*) from partition),
                               coalesce((select sum(pg_total_relation_size(p.oid::regclass)) from partition p where p.is_new), 0)
                               + (select coalesce(sum(c.relpages), 0) * current_setting('block_size')::numeric
                                    from pg_class c
                                    left join pg_index x on x.indexrelid = c.oid
                                   where coalesce(x.indrelid, c.oid) in (select o.oid from older o))
                         union all
                        select 'derived', null, sum(pg_total_relation_size(d.relation::regclass))
                          from unnest('{telemetry.hourly_counts,telemetry.timeline_tenants,telemetry.timeline_actors,telemetry.timeline_chunks}'::text[]) d (relation)
                         union all
                        select 'rejections', null, pg_total_relation_size('telemetry.rejections'::regclass)) t (part, relations, bytes)
         where i.is_whole
    )
    select 'telemetry_build_info', jsonb_build_object('version', e.extversion, 'postgresql', current_setting('server_version')), 1
      from pg_extension e where e.extname = 'telemetry'
     union all
    select 'telemetry_events', jsonb_build_object('event_name', v.event_name), sum(v.events)
      from telemetry.event_volume(grain => 'year', tz => 'UTC', tenant => metric_samples.tenant) v
     where v.event_name is not null
     group by v.event_name
     union all
    select 'telemetry_rejections', jsonb_build_object('reason', r.reason), count(*)
      from telemetry.rejections r
     where metric_samples.tenant is null or r.tenant_id = metric_samples.tenant
     group by r.reason
     union all
    select 'telemetry_replays', jsonb_build_object('outcome', r.outcome), count(*)
      from telemetry.replays r
     where metric_samples.tenant is null or r.tenant_id = metric_samples.tenant
     group by r.outcome
     union all
    select 'telemetry_recent_events', jsonb_build_object('outcome', o.outcome), o.events
      from (select sum(r.events_stored) as stored, sum(r.rejected) as rejected, sum(r.duplicates) as duplicates from recent r) s,
           lateral (values ('stored', s.stored), ('rejected', s.rejected), ('duplicate', s.duplicates)) o (outcome, events)
     union all
    select 'telemetry_recent_call_seconds', jsonb_build_object('quantile', q.quantile), q.milliseconds / 1000
      from (select r.* from recent r order by r.bucket desc limit 1) s,
           lateral (values ('0.5', s.latency_p50_ms), ('0.95', s.latency_p95_ms), ('0.99', s.latency_p99_ms)) q (quantile, milliseconds)
     union all
    select m.metric, jsonb_build_object('alert', a.alert), m.value
      from alerts a,
           lateral (values ('telemetry_alert_value', a.value), ('telemetry_alert_firing', a.is_firing::integer)) m (metric, value)
     union all
    select 'telemetry_alerts_firing', jsonb_build_object('alert', a.name, 'severity', a.severity), count(s.fingerprint)
      from installation i, telemetry.alerts a
      left join telemetry.alert_states s on s.alert = a.name and s.status = 'firing'
     where i.is_whole
     group by a.name, a.severity
     union all
    select 'telemetry_alerts_failing', '{}', (select count(*) from telemetry.alert_states s where s.status = 'error')
      from installation i where i.is_whole
     union all
    select 'telemetry_notifications_total', jsonb_build_object('kind', n.kind), count(*)
      from installation i, telemetry.notifications n
     where i.is_whole
     group by n.kind
     union all
    select 'telemetry_event_types', jsonb_build_object('status', t.status), count(*)
      from telemetry.event_types t
     group by t.status
     union all
    select m.metric, jsonb_build_object('consumer', c.consumer), m.value
      from cursors c,
           lateral (values ('telemetry_cursor_lag_events', c.lag_events::double precision), ('telemetry_cursor_lag_seconds', c.lag_seconds),
                           ('telemetry_cursor_held_back_seconds', coalesce(extract(epoch from clock_timestamp() - c.held_back_since)::double precision, 0))) m (metric, value)
     union all
    select 'telemetry_partitions', '{}', s.relations from stored s where s.relations is not null
     union all
    select 'telemetry_size_bytes', jsonb_build_object('part', s.part), s.bytes from stored s
     union all
    select 'telemetry_tenants', jsonb_build_object('status', t.status), count(*)
      from installation i, telemetry.tenants t
     where i.is_whole
     group by t.status
     union all
    select m.metric, jsonb_build_object('destination', d.name), m.value
      from installation i, telemetry.destination_status() d,
           lateral (values ('telemetry_destination_lag_events', d.lag_events::double precision), ('telemetry_destination_lag_seconds', d.lag_seconds),
                           ('telemetry_destination_down', (d.status = 'down')::integer), ('telemetry_dead_letters', d.dead_letters)) m (metric, value)
     where i.is_whole
     union all
    select 'telemetry_deliveries_total', jsonb_build_object('destination', c.destination, 'outcome', c.outcome), sum(c.deliveries)
      from installation i, telemetry.delivery_counts c
     where i.is_whole and c.outcome <> 'events'
     group by c.destination, c.outcome
     union all
    select m.metric, jsonb_build_object('export', e.name), m.value
      from installation i, telemetry.export_status() e,
           lateral (values ('telemetry_export_lag_events', e.lag_events::double precision), ('telemetry_export_lag_seconds', e.lag_seconds), ('telemetry_export_most_age_seconds', extract(epoch from e.most_age)::double precision),
                           ('telemetry_export_files_total', e.files),
                           ('telemetry_export_rows_total', e.rows), ('telemetry_export_bytes_total', e.bytes)) m (metric, value)
     where i.is_whole
$$;

create function telemetry.metric_samples(tenant uuid default null)
returns table (metric text, metric_type text, labels jsonb, value double precision, help text)
language sql
stable
parallel unsafe
rows 100
begin atomic
    select f.metric, f.metric_type, s.labels, s.value, f.help
      from telemetry_private.metric_families() with ordinality f (metric, metric_type, help, place)
      join (select m.metric, m.labels, m.value from telemetry_private.metric_samples(tenant) m
             union all
            select 'telemetry_health', jsonb_build_object('check', h.check_name), h.value
              from telemetry_private.health_samples(tenant is null and telemetry.log_visibility() = 'everything') h
             union all
            select x.metric, x.labels, x.value from telemetry_private.expiry_samples(tenant is null and telemetry.log_visibility() = 'everything') x
             union all
            select k.metric, k.labels, k.value from telemetry_private.kpi_samples(tenant) k) s on s.metric = f.metric
     where s.value is not null
     order by f.place, s.labels;
end;

create function telemetry.metrics(tenant uuid default null)
returns telemetry."*/*"
language sql
stable
parallel unsafe
begin atomic
    select convert_to(telemetry_private.exposition(coalesce(jsonb_agg(to_jsonb(s)), '[]')), 'UTF8')::telemetry."*/*"
      from telemetry.metric_samples(tenant) s
     where set_config('response.headers', '[{"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}]', true) is not null;
end;

comment on domain telemetry."*/*" is
'A body that PostgREST (12 and later) sends as it is, whatever the Accept header of the request
says: see "Media Type Handlers" in https://docs.postgrest.org.';
comment on function telemetry.metric_samples is
'Returns what a monitoring system asks for: counters and gauges of the log, one row per sample.

Arguments
  tenant  the tenant whose events are counted; NULL: every tenant that the caller may see; of a
          tenant that the log does not know, counts are missing or 0
Columns
  metric       the name by the conventions of Prometheus: base units, and _total for counters
  metric_type  counter or gauge
  labels       an object of texts; {} for none
  value        the number; never NULL, since what is not known has no row
  help         what the metric means, one sentence
Errors
  22023  what event_volume() and ingestion_stats() raise
Notes
  Rows are in the order of metrics().
  Everybody gets events, rejections, replays, the outcomes, durations and alerts of the last hour,
    event definitions, and the KPIs whose definition has a metric, see register_kpi(). Who sees the
    whole log, and asks for no tenant, also gets the lag of cursors, partitions, sizes, health(),
    tenants, destinations, exports, alerts and what was told of them.
  Counters count from the beginning of the log, and never fall unless rows are removed.
  Sizes are those of this moment. Of partitions that are neither of the present nor among the 16
    last made, the size is what VACUUM or ANALYZE last found.
  It reads the hourly counts, the rows above their cursor, all rejections, and what the KPIs with a
    metric read of their windows.';
comment on function telemetry.metrics is
'Returns the samples of metric_samples() in the text format of Prometheus, version 0.0.4, in UTF-8.

Arguments
  tenant  the tenant whose events are counted; NULL: every tenant that the caller may see
Returns
  the text as bytes, with one HELP and one TYPE line per metric and label values escaped; never NULL
Errors
  22023  what metric_samples() raises
Notes
  Through PostgREST (GET or POST /rpc/metrics) it is the body as it is, with its Content-Type,
    whatever the request accepts. In SQL it is read by convert_from(telemetry.metrics(), ''UTF8'').';
