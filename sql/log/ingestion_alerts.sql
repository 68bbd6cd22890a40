-- What about ingestion should wake somebody up: ingestion_stats() of a range against fixed thresholds.

create function telemetry.ingestion_alerts(
    since timestamptz default null,
    until timestamptz default null,
    tenant uuid default null)
returns table (alert text, value double precision, threshold double precision, is_firing boolean)
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
rows 4
as $$
#variable_conflict use_column
declare
    -- Fewer batches have a mean that jumps by chance.
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
        select sum(s.client_batches) as batches, sum(s.flush_size_avg * s.client_batches) as events
          from telemetry.ingestion_stats(before_since, range_since, 'year', 'UTC', tenant => ingestion_alerts.tenant) s
    ),
    measured as (
        select n.rejected / n.arrived as rejection_rate, n.failed_inserts / n.arrived as insert_failure_rate,
               case when least(n.batches, p.batches) >= enough_batches
                    then (n.events / n.batches::float8) / nullif(p.events / p.batches::float8, 0)
               end as flush_size_ratio
          from present n, past p
    )
    select v.alert, v.value, v.threshold,
           coalesce(case v.fires_above when true then v.value > v.threshold else v.value < v.threshold end, false)
      from measured m,
           lateral (values (1, 'rejection_rate', m.rejection_rate, 0.05::float8, true),
                           (2, 'insert_failure_rate', m.insert_failure_rate, 0.01, true),
                           (3, 'flush_size_rise', m.flush_size_ratio, 2, true),
                           (4, 'flush_size_fall', m.flush_size_ratio, 0.5, false)) v (place, alert, value, threshold, fires_above)
     order by v.place;
end
$$;

comment on function telemetry.ingestion_alerts is
'Whether ingestion of [since, until), as far as the caller may see it, should alarm. until NULL: now; since NULL: an hour before until; tenant NULL: every tenant, counted together. Always four rows: rejection_rate fires above 0.05 and insert_failure_rate (reason storage_error) above 0.01, both of stored + rejected + duplicates; flush_size_rise above 2 and flush_size_fall below 0.5, the mean batch of client roles divided by that of the period of the same length before since, of at least 20 batches each. value NULL, and nothing fires, where that is not known. Counts as in ingestion_stats(). Errors: 22023 since not before until.';
