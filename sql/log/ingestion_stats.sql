-- ingestion_stats() tells how ingestion is doing per calendar bucket: throughput, batches, what was refused, retries
-- and latency. It counts over the log, the kept rejections and telemetry.ingestion_calls, as far as the caller may see
-- them.

create function telemetry.ingestion_stats(
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null)
returns table (
    bucket timestamptz,
    events_stored bigint,
    events_per_second double precision,
    batches bigint,
    batches_per_second double precision,
    batch_size_p50 integer,
    batch_size_p95 integer,
    batch_size_max integer,
    events_received bigint,
    rejected bigint,
    rejection_rate double precision,
    duplicates bigint,
    duplicate_rate double precision,
    rejected_by_reason jsonb,
    failed_inserts bigint,
    client_batches bigint,
    retried_batches bigint,
    client_retry_rate double precision,
    flush_size_avg double precision,
    latency_p50_ms double precision,
    latency_p95_ms double precision,
    latency_p99_ms double precision,
    redactions jsonb,
    is_complete boolean)
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan -- so that partitions outside the range are not opened
rows 100
as $$
#variable_conflict use_column
begin
    return query
    with span as materialized (
        -- This is read only where an end of the range is open.
        select min(t.first_event) as first_event, max(t.last_event) as last_event
          from (select min(e.event_ts) as first_event, max(e.event_ts) as last_event
                  from telemetry.events e
                 where (ingestion_stats.since is null or ingestion_stats.until is null)
                   and e.event_ts >= coalesce(ingestion_stats.since, '-infinity')
                   and e.event_ts < coalesce(ingestion_stats.until, 'infinity')
                   and (ingestion_stats.tenant is null or e.tenant_id = ingestion_stats.tenant)
                 union all
                select min(r.rejected_at), max(r.rejected_at)
                  from telemetry.rejections r
                 where (ingestion_stats.since is null or ingestion_stats.until is null)
                   and r.rejected_at >= coalesce(ingestion_stats.since, '-infinity')
                   and r.rejected_at < coalesce(ingestion_stats.until, 'infinity')
                   and (ingestion_stats.tenant is null or r.tenant_id = ingestion_stats.tenant)
                 union all
                select min(c.call_at), max(c.call_at)
                  from telemetry.ingestion_calls c
                 where (ingestion_stats.since is null or ingestion_stats.until is null)
                   and c.call_at >= coalesce(ingestion_stats.since, '-infinity')
                   and c.call_at < coalesce(ingestion_stats.until, 'infinity')
                   and (ingestion_stats.tenant is null or c.tenant_id = ingestion_stats.tenant)) t
    ),
    buckets as materialized (
        -- The seconds are those of the bucket that lie in the range and have passed.
        select b.bucket, b.is_complete, row_number() over (order by b.bucket) as place,
               nullif(greatest(extract(epoch from least(b.next_bucket, ingestion_stats.until, now())
                                                  - greatest(b.bucket, ingestion_stats.since)), 0), 0)::float8 as seconds
          from span,
               telemetry.time_buckets(ingestion_stats.since, ingestion_stats.until, coalesce(ingestion_stats.grain, 'hour'), span.first_event, span.last_event, ingestion_stats.tz, ingestion_stats.week_start) b
    ),
    starts as materialized (
        select array_agg(b.bucket order by b.bucket) as list from buckets b
    ),
    stored as (
        select width_bucket(e.event_ts, (select s.list from starts s)) as place, count(*) as events
          from telemetry.events e
         where e.event_ts >= coalesce(ingestion_stats.since, '-infinity')
           and e.event_ts < coalesce(ingestion_stats.until, 'infinity')
           and (ingestion_stats.tenant is null or e.tenant_id = ingestion_stats.tenant)
           and (select s.list from starts s) is not null
         group by 1
    ),
    reasons as (
        select width_bucket(r.rejected_at, (select s.list from starts s)) as place, r.reason, count(*) as rejections
          from telemetry.rejections r
         where r.rejected_at >= coalesce(ingestion_stats.since, '-infinity')
           and r.rejected_at < coalesce(ingestion_stats.until, 'infinity')
           and (ingestion_stats.tenant is null or r.tenant_id = ingestion_stats.tenant)
           and (select s.list from starts s) is not null
         group by 1, 2
    ),
    refused as (
        select r.place, sum(r.rejections)::bigint as rejections, jsonb_object_agg(r.reason, r.rejections) as by_reason,
               coalesce(sum(r.rejections) filter (where r.reason = 'storage_error'), 0)::bigint as failed_inserts
          from reasons r
         group by r.place
    ),
    calls as materialized (
        select width_bucket(c.call_at, (select s.list from starts s)) as place,
               c.function_name in ('log_events', 'import_events') as is_batch,
               c.function_name in ('log_event', 'try_log_event', 'log_events') as is_logging,
               c.is_client, c.weight, c.events, c.duplicates, c.microseconds, c.redactions
          from telemetry.ingestion_calls c
         where c.call_at >= coalesce(ingestion_stats.since, '-infinity')
           and c.call_at < coalesce(ingestion_stats.until, 'infinity')
           and (ingestion_stats.tenant is null or c.tenant_id = ingestion_stats.tenant)
           and (select s.list from starts s) is not null
    ),
    counted as (
        select c.place, sum(c.duplicates)::bigint as duplicates,
               count(*) filter (where c.is_batch) as batches,
               sum(c.events) filter (where c.is_batch)::bigint as events_received,
               percentile_disc('{0.5,0.95,1}'::float8[]) within group (order by c.events) filter (where c.is_batch) as batch_sizes,
               count(*) filter (where c.is_batch and c.is_client) as client_batches,
               count(*) filter (where c.is_batch and c.is_client and c.duplicates > 0) as retried_batches,
               avg(c.events) filter (where c.is_batch and c.is_client)::float8 as flush_size_avg
          from calls c
         group by c.place
    ),
    ranked as (
        -- `reached` is the weight of a call and of all calls that did not take longer.
        select c.place, c.microseconds / 1000.0::float8 as milliseconds,
               sum(c.weight) over (partition by c.place order by c.microseconds) as reached,
               sum(c.weight) over (partition by c.place) as total
          from calls c
         where c.weight > 0 and c.is_logging
    ),
    latencies as (
        select r.place,
               min(r.milliseconds) filter (where r.reached * 100 >= r.total * 50) as p50,
               min(r.milliseconds) filter (where r.reached * 100 >= r.total * 95) as p95,
               min(r.milliseconds) filter (where r.reached * 100 >= r.total * 99) as p99
          from ranked r
         group by r.place
    ),
    redacted as (
        select r.place, jsonb_object_agg(r.rule, r.hits) as by_rule
          from (select c.place, h.key as rule, sum(h.value::bigint) as hits
                  from calls c, jsonb_each_text(c.redactions) h
                 group by 1, 2) r
         group by r.place
    ),
    known as (
        -- This is every bucket with its counts, which are 0 where nothing happened.
        select b.bucket, b.is_complete, b.seconds, b.place,
               coalesce(s.events, 0) as stored, coalesce(r.rejections, 0) as rejections, coalesce(c.duplicates, 0) as duplicates,
               nullif(coalesce(s.events, 0) + coalesce(r.rejections, 0) + coalesce(c.duplicates, 0), 0)::float8 as arrived,
               coalesce(r.by_reason, '{}') as by_reason, coalesce(r.failed_inserts, 0) as failed_inserts,
               coalesce(c.batches, 0) as batches, coalesce(c.events_received, 0) as events_received, c.batch_sizes,
               coalesce(c.client_batches, 0) as client_batches, coalesce(c.retried_batches, 0) as retried_batches, c.flush_size_avg
          from buckets b
          left join stored s on s.place = b.place
          left join refused r on r.place = b.place
          left join counted c on c.place = b.place
    )
    select k.bucket, k.stored, k.stored / k.seconds, k.batches, k.batches / k.seconds,
           k.batch_sizes[1], k.batch_sizes[2], k.batch_sizes[3], k.events_received,
           k.rejections, k.rejections / k.arrived, k.duplicates, k.duplicates / k.arrived, k.by_reason, k.failed_inserts,
           k.client_batches, k.retried_batches, k.retried_batches / nullif(k.client_batches, 0)::float8, k.flush_size_avg,
           l.p50, l.p95, l.p99, coalesce(d.by_rule, '{}'), k.is_complete
      from known k
      left join latencies l on l.place = k.place
      left join redacted d on d.place = k.place
     order by k.bucket;
end
$$;

comment on function telemetry.ingestion_stats is
'Shows how the ingestion of events did: throughput, batches, rejections, retries and latency, one
row per calendar bucket.

Arguments
  since, until: common arguments
  grain  the width of a bucket: minute, 5 minutes, 10 minutes, 15 minutes, hour (default), day,
         week, month, quarter, year, or range for the whole of [since, until) as one bucket
  tz, week_start, tenant: common arguments
Columns
  bucket              when the bucket begins
  events_stored       rows of telemetry.events by their event_ts, so that imported events count at
                      their own time
  events_per_second   events_stored per second
  batches             calls of log_events() and import_events()
  batches_per_second  batches per second
  batch_size_p50      the median number of events of a batch; NULL without batches
  batch_size_p95      the 95th percentile of that, by nearest rank; NULL without batches
  batch_size_max      the most events that a batch had; NULL without batches
  events_received     the events in all batches
  rejected            rejections that were kept, by their time, replayed ones too; what log_event()
                      refused with an error was kept nowhere
  rejection_rate      the share of rejections in stored, rejected and duplicate events; NULL where
                      there are none of these
  duplicates          events that had been stored before
  duplicate_rate      the share of duplicates in stored, rejected and duplicate events; NULL where
                      there are none of these
  rejected_by_reason  an object: rejections by reason; {} without rejections
  failed_inserts      rejections with the reason storage_error
  client_batches      batches of client roles
  retried_batches     those of client_batches that had a duplicate in them
  client_retry_rate   retried_batches divided by client_batches; NULL without client_batches
  flush_size_avg      the mean number of events in client_batches; NULL without them
  latency_p50_ms      the median of how long log_event(), try_log_event() and log_events() took, in
                      milliseconds, without the commit; NULL without calls
  latency_p95_ms      the 95th percentile of that; NULL without calls
  latency_p99_ms      the 99th percentile of that; NULL without calls
  redactions          an object: how often which redaction rule hit; {} where none did
  is_complete         the bucket is over, and not cut by since or until
Errors
  22023  an unknown grain, time zone or week_start; since is not before until; more than 100000
         buckets
Notes
  It counts what the caller may see. Counts and per-second rates are 0 where nothing happened; where
    since is NULL and there is nothing at all, there are no rows.
  Per second means per second of that part of the bucket which lies in the range and has passed.
  Duplicates, batches, latencies and redactions come from telemetry.ingestion_calls, by the time of
    the call and the caller''s own tenant. They are known for telemetry.ingestion_memory days.
  Latency is by weighted nearest rank: the shortest duration such that calls which took no longer
    have at least 50, 95 or 99 % of the weight of all. A batch weighs 1, a sampled single call
    stands for 64, and a row that only counts weighs 0.';
