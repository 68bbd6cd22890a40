-- Extraction outcomes: how many extractions ended in which status. Reads a table of the application.

create function telemetry_private.extraction_outcomes(target regclass, since timestamptz, until timestamptz, grain text, tz text, week_start text)
returns table (bucket timestamptz, status text, extractions bigint, is_complete boolean)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
rows 1000
as $$
begin
    return query execute format($query$
        with buckets as materialized (
            select b.bucket, b.is_complete, row_number() over (order by b.bucket) as place
              from telemetry.time_buckets($1, $2, $3,
                       (select min(t.created_at)::timestamptz from %1$s t where $1 is null),
                       (select max(t.created_at)::timestamptz from %1$s t where $1 is null or $2 is null), $4, $5) b
        ),
        counted as materialized (
            select width_bucket(t.created_at::timestamptz, array(select b.bucket from buckets b order by b.place)) as place, t.status::text as status, count(*) as extractions
              from %1$s t
             where ($1 is null or t.created_at >= $1) and ($2 is null or t.created_at < $2)
             group by 1, 2
        ),
        statuses as (
            select c.status from counted c
             union
            select null where not exists (select from counted)
        )
        select b.bucket, s.status, coalesce(c.extractions, 0), b.is_complete
          from buckets b cross join statuses s
          left join counted c on c.place = b.place and c.status is not distinct from s.status
         order by b.bucket, s.status
    $query$, target) using since, until, grain, tz, week_start;
end
$$;

create function telemetry.extraction_outcomes(
    table_name text default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    tz text default null,
    week_start text default null,
    last text default null)
returns table (bucket timestamptz, status text, extractions bigint, is_complete boolean)
language sql
stable
rows 1000
begin atomic
    select e.bucket, e.status, e.extractions, e.is_complete
      from telemetry.period(since, until, grain, tz, week_start, last) r,
           telemetry_private.extraction_outcomes(telemetry_private.trusted_relation(telemetry_private.checked_table(coalesce(table_name, 'public.telegram_extractions'), '{created_at,status}', 'extraction_outcomes')::text)::regclass, r.range_since, r.range_until, grain, tz, week_start) e;
end;

comment on function telemetry.extraction_outcomes is
'How many extractions ended in which status, per day or other calendar bucket, from a table of the
application.

Arguments
  table_name    a table or view with the columns created_at and status, read with the caller''s
                rights; default public.telegram_extractions
  since, until  rows whose created_at lies at or after since and before until count; default NULL:
                all
  last: common arguments
  grain, tz, week_start: common arguments
Columns
  bucket       the start of the bucket that created_at lies in
  status       the status; NULL where there is no extraction at all
  extractions  how many, 0 where there was none
  is_complete  whether the bucket is over and not cut by since or until
Errors
  22023  a column is missing; an unknown grain, zone or week_start; since is not before until
  42P01  there is no such table
  42501  the caller may not read it, or would run code of somebody that it does not trust
Notes
  There is one row per bucket and status of the range; without any extraction in it one row per
    bucket; none where since is NULL and the table is empty.';
