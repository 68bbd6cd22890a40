-- ingestion_alerts() tells what about ingestion should wake somebody up: it holds ingestion_stats() of a range against
-- fixed thresholds.

create function telemetry.ingestion_alerts(
    since timestamptz default null,
    until timestamptz default null,
    tenant uuid default null)
returns table (alert text, value double precision, threshold double precision, is_firing boolean, n double precision)
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
rows 4
as $$
#variable_conflict use_column
declare
    -- With fewer batches the mean jumps by chance.
    enough_batches constant integer := 20;
    range_until constant timestamptz := coalesce(ingestion_alerts.until, now());
    range_since constant timestamptz := coalesce(ingestion_alerts.since, range_until - interval '1 hour');
    before_since timestamptz;
begin
    perform from telemetry.time_buckets(range_since, range_until, 'year');
    before_since := range_since - make_interval(secs => extract(epoch from range_until - range_since)::float8);

    return query
    with present as (
        -- A range that touches two years is two buckets.
        select sum(s.rejected) as rejected, sum(s.failed_inserts) as failed_inserts,
               nullif(sum(s.events_stored + s.rejected + s.duplicates), 0)::float8 as arrived,
               sum(s.client_batches) as batches, sum(s.flush_size_avg * s.client_batches) as events
          from telemetry.ingestion_stats(range_since, range_until, 'year', 'UTC', tenant => ingestion_alerts.tenant) s
    ),
    past as (
        -- The other numbers of ingestion_stats() take a reading of the log.
        select count(*) as batches, sum(c.events)::float8 as events
          from telemetry.ingestion_calls c
         where c.call_at >= before_since and c.call_at < range_since and c.is_client and c.function_name in ('log_events', 'import_events')
           and (ingestion_alerts.tenant is null or c.tenant_id = ingestion_alerts.tenant)
    ),
    measured as (
        select n.rejected / n.arrived as rejection_rate, n.failed_inserts / n.arrived as insert_failure_rate,
               case when least(n.batches, p.batches) >= enough_batches
                    then (n.events / n.batches::float8) / nullif(p.events / p.batches::float8, 0)
               end as flush_size_ratio,
               n.arrived, least(n.batches, p.batches)::float8 as batches
          from present n, past p
    )
    select v.alert, v.value, v.threshold,
           coalesce(case v.fires_above when true then v.value > v.threshold else v.value < v.threshold end, false),
           coalesce(v.n, 0)
      from measured m,
           lateral (values (1, 'rejection_rate', m.rejection_rate, 0.05::float8, true, m.arrived),
                           (2, 'insert_failure_rate', m.insert_failure_rate, 0.01, true, m.arrived),
                           (3, 'flush_size_rise', m.flush_size_ratio, 2, true, m.batches),
                           (4, 'flush_size_fall', m.flush_size_ratio, 0.5, false, m.batches)) v (place, alert, value, threshold, fires_above, n)
     order by v.place;
end
$$;

comment on function telemetry.ingestion_alerts is
'Tells whether something about the ingestion of events should wake somebody up: four measures of a
range against fixed thresholds.

Arguments
  since   where the range begins; NULL: an hour before until
  until   where the range ends, exclusive; NULL: now
  tenant  the tenant that is looked at; NULL: every tenant that the caller may see, counted together
Columns
  alert      rejection_rate, insert_failure_rate, flush_size_rise or flush_size_fall: always four
             rows, in this order
  value      what was measured; NULL where it is not known, and then nothing fires
  threshold  from where on it fires: above 0.05, above 0.01, above 2, below 0.5
  is_firing  whether it fires; never NULL
  n          what the value is of: events that arrived, or batches, of the period that has fewer
Errors
  22023  since is not before until
Notes
  rejection_rate is the share of rejections in all that arrived: stored, rejected and duplicate
    events. insert_failure_rate is the share of rejections with the reason storage_error.
  flush_size_rise and flush_size_fall divide the mean size of client roles'' batches by that of the
    period of the same length before since; they are known where both have at least 20 batches.
  Everything is counted as ingestion_stats() counts it.';
