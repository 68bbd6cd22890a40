-- Ingestion runs: how many went wrong, and what they did. Reads two tables of the application: runs, and the progress of
-- each.

create function telemetry_private.ingestion_run_errors(runs_of regclass, progress_of regclass, since timestamptz, until timestamptz, grain text, tz text, week_start text)
returns table (
    bucket timestamptz, runs bigint, ok_runs bigint, bad_runs bigint, bad_run_rate double precision, errors bigint,
    scanned bigint, inserted bigint, updated bigint, error_rate double precision, is_complete boolean)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
rows 100
as $$
begin
    return query execute format($query$
        with buckets as materialized (
            select b.bucket, b.is_complete, row_number() over (order by b.bucket) as place
              from telemetry.time_buckets($1, $2, $3,
                       (select min(t.started_at)::timestamptz from %1$s t where $1 is null),
                       (select max(t.started_at)::timestamptz from %1$s t where $1 is null or $2 is null), $4, $5) b
        ),
        asked as materialized (
            select t.id, t.status, width_bucket(t.started_at::timestamptz, array(select b.bucket from buckets b order by b.place)) as place
              from %1$s t
             where ($1 is null or t.started_at >= $1) and ($2 is null or t.started_at < $2)
        ),
        ran as (
            select a.place, count(*) as runs, count(*) filter (where a.status = 'ok') as ok_runs, count(*) filter (where a.status <> 'ok') as bad_runs
              from asked a
             group by 1
        ),
        done as (
            select a.place, sum(p.error_count)::bigint as errors, sum(p.scanned_count)::bigint as scanned, sum(p.inserted_count)::bigint as inserted, sum(p.updated_count)::bigint as updated
              from asked a join %2$s p on p.run_id = a.id
             group by 1
        )
        select b.bucket, coalesce(r.runs, 0), coalesce(r.ok_runs, 0), coalesce(r.bad_runs, 0), r.bad_runs::double precision / nullif(r.runs, 0),
               coalesce(d.errors, 0), coalesce(d.scanned, 0), coalesce(d.inserted, 0), coalesce(d.updated, 0), d.errors::double precision / nullif(d.scanned, 0), b.is_complete
          from buckets b left join ran r using (place) left join done d using (place)
         order by b.bucket
    $query$, runs_of, progress_of) using since, until, grain, tz, week_start;
end
$$;

create function telemetry.ingestion_run_errors(
    table_name text default null,
    progress_table_name text default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    tz text default null,
    week_start text default null,
    last text default null)
returns table (
    bucket timestamptz, runs bigint, ok_runs bigint, bad_runs bigint, bad_run_rate double precision, errors bigint,
    scanned bigint, inserted bigint, updated bigint, error_rate double precision, is_complete boolean)
language sql
stable
rows 100
begin atomic
    select r.bucket, r.runs, r.ok_runs, r.bad_runs, r.bad_run_rate, r.errors, r.scanned, r.inserted, r.updated, r.error_rate, r.is_complete
      from telemetry.period(since, until, grain, tz, week_start, last) a,
           telemetry_private.ingestion_run_errors(
               telemetry_private.trusted_relation(telemetry_private.checked_table(coalesce(table_name, 'public.ingestion_runs'), '{id,started_at,status}', 'ingestion_run_errors')::text)::regclass,
               telemetry_private.trusted_relation(telemetry_private.checked_table(coalesce(progress_table_name, 'public.ingestion_run_progress'), '{run_id,error_count,scanned_count,inserted_count,updated_count}', 'ingestion_run_errors', 'progress_table_name')::text)::regclass,
               a.range_since, a.range_until, grain, tz, week_start) r;
end;

comment on function telemetry.ingestion_run_errors is
'How many ingestion runs went wrong, and what they did, per day or other calendar bucket, from two
tables of the application.

Arguments
  table_name           a table or view of runs with the columns id, started_at and status, read with
                       the caller''s rights; default public.ingestion_runs
  progress_table_name  a table or view with the columns run_id, error_count, scanned_count,
                       inserted_count and updated_count, read with the caller''s rights; default
                       public.ingestion_run_progress
  since, until         runs whose started_at lies at or after since and before until count; default
                       NULL: all
  last: common arguments
  grain, tz, week_start: common arguments
Columns
  bucket             the start of the bucket that started_at lies in
  runs               how many runs; one counts once, however many rows of progress it has
  ok_runs, bad_runs  those with the status ok, and those with another one
  bad_run_rate       bad_runs / runs; NULL where there was none
  errors, scanned, inserted, updated  the sums over all progress rows of these runs, 0 where there
                     is none
  error_rate         errors / scanned; NULL where nothing was scanned
  is_complete        whether the bucket is over and not cut by since or until
Errors
  22023  a column is missing; an unknown grain, zone or week_start; since is not before until
  42P01  there is no such table
  42501  the caller may not read one, or would run code of somebody that it does not trust';
