-- Time to fill: from an assignment's creation to the reports that it is filled. Joins the log with a table of the
-- application.

create function telemetry_private.time_to_fill(target regclass, since timestamptz, until timestamptz, grain text, first_report_only boolean, event text, tz text, tenant uuid, week_start text)
returns table (bucket timestamptz, p50_hours double precision, p90_hours double precision, reports bigint, is_complete boolean)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan -- so that partitions outside the range are not opened
rows 100
as $$
begin
    return query execute format($query$
        with buckets as materialized (
            select b.bucket, b.is_complete, row_number() over (order by b.bucket) as place
              from telemetry.time_buckets($1, $2, coalesce($3, 'week'),
                       (select min(t.created_at)::timestamptz from %1$s t where $1 is null),
                       (select max(t.created_at)::timestamptz from %1$s t where $1 is null or $2 is null), $4, $8) b
        ),
        reported as (
            select e.tenant_id, e.subject_id, e.event_ts, row_number() over (partition by e.tenant_id, e.subject_id order by e.event_ts, e.ingest_id) as nth
              from telemetry.events e
             where e.event_name = $5 and e.subject_id is not null and ($6 is null or e.tenant_id = $6)
        ),
        filled as (
            select width_bucket(t.created_at::timestamptz, array(select b.bucket from buckets b order by b.place)) as place,
                   extract(epoch from (r.event_ts - t.created_at)) / 3600.0 as hours
              from %2$s
             where (r.nth = 1 or not $7)
               and ($1 is null or t.created_at >= $1) and ($2 is null or t.created_at < $2)
        ),
        summed as (
            select f.place, percentile_cont(0.5) within group (order by f.hours) as p50_hours, percentile_cont(0.9) within group (order by f.hours) as p90_hours, count(*) as reports
              from filled f
             group by 1
        )
        select b.bucket, s.p50_hours, s.p90_hours, coalesce(s.reports, 0), b.is_complete
          from buckets b left join summed s using (place)
         order by b.bucket
    $query$, target,
        -- Ids that are no uuids are known to the log as as_id() of their text.
        case (select a.atttypid from pg_attribute a where a.attrelid = target and a.attname = 'id')
            when 'uuid'::regtype then format('reported r join %s t on t.id = r.subject_id', target)
            else format('(select distinct tenant_id from reported) x cross join %s t join reported r on r.tenant_id = x.tenant_id and r.subject_id = telemetry.as_id(t.id::text, x.tenant_id)', target)
        end) using since, until, grain, tz, event, tenant, coalesce(first_report_only, false), week_start;
end
$$;

create function telemetry.time_to_fill(
    table_name text default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    first_report_only boolean default null,
    event text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    last text default null)
returns table (bucket timestamptz, p50_hours double precision, p90_hours double precision, reports bigint, is_complete boolean)
language sql
stable
rows 100
begin atomic
    select f.bucket, f.p50_hours, f.p90_hours, f.reports, f.is_complete
      from telemetry.period(since, until, coalesce(grain, 'week'), tz, week_start, last) r,
           telemetry_private.time_to_fill(telemetry_private.trusted_relation(telemetry_private.checked_table(coalesce(table_name, 'public.assignments'), '{id,created_at}', 'time_to_fill')::text)::regclass, r.range_since, r.range_until, grain, first_report_only, coalesce(telemetry_private.known_event(event), 'assignment_filled_report'), tz, tenant, week_start) f;
end;

comment on function telemetry.time_to_fill is
'How many hours it takes until an assignment is reported filled, per week or other calendar bucket:
median and 90th percentile, from a table of the application and the log.

Arguments
  table_name         a table or view with the columns id and created_at, read with the caller''s
                     rights; default public.assignments
  since, until       assignments whose created_at lies at or after since and before until count;
                     default NULL: all
  last: common arguments
  grain              the width of a bucket: minute, 5 minutes, 10 minutes, 15 minutes, hour, day,
                     week (default), month, quarter or year; range: one bucket, from since to until
  first_report_only  true: of each assignment the first report alone; default false: all
  event              the name of the report; default assignment_filled_report
  tz, week_start, tenant: common arguments
Columns
  bucket                the start of the bucket that created_at lies in
  p50_hours, p90_hours  the hours from created_at to the report, as percentile_cont(); NULL where
                        there is none
  reports               how many reports
  is_complete           whether the bucket is over and not cut by since or until; reports may still
                        come
Errors
  22023  a column is missing; an unknown grain, zone, week_start or event; since is not before until
  42P01  there is no such table
  42501  the caller may not read it, or would run code of somebody that it does not trust
Notes
  The subject_id of an event is the assignment''s id, or as_id() of it where that is no uuid.';
