-- Market supply: how many assignments were created, and how many of them are open. Reads a table of the application.

create function telemetry_private.market_supply(target regclass, since timestamptz, until timestamptz, grain text, tz text, week_start text)
returns table (bucket timestamptz, created bigint, open bigint, not_open bigint, is_complete boolean)
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
                       (select min(t.created_at)::timestamptz from %1$s t where $1 is null),
                       (select max(t.created_at)::timestamptz from %1$s t where $1 is null or $2 is null), $4, $5) b
        ),
        counted as (
            select width_bucket(t.created_at::timestamptz, array(select b.bucket from buckets b order by b.place)) as place,
                   count(*) as created,
                   count(*) filter (where t.status = 'open') as open,
                   count(*) filter (where t.status <> 'open') as not_open
              from %1$s t
             where ($1 is null or t.created_at >= $1) and ($2 is null or t.created_at < $2)
             group by 1
        )
        select b.bucket, coalesce(c.created, 0), coalesce(c.open, 0), coalesce(c.not_open, 0), b.is_complete
          from buckets b left join counted c using (place)
         order by b.bucket
    $query$, target) using since, until, grain, tz, week_start;
end
$$;

create function telemetry.market_supply(
    table_name text default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    tz text default null,
    week_start text default null,
    last text default null)
returns table (bucket timestamptz, created bigint, open bigint, not_open bigint, is_complete boolean)
language sql
stable
rows 100
begin atomic
    select s.bucket, s.created, s.open, s.not_open, s.is_complete
      from telemetry.period(since, until, grain, tz, week_start, last) r,
           telemetry_private.market_supply(telemetry_private.trusted_relation(telemetry_private.checked_table(coalesce(table_name, 'public.assignments'), '{created_at,status}', 'market_supply')::text)::regclass, r.range_since, r.range_until, grain, tz, week_start) s;
end;

comment on function telemetry.market_supply is
'How many assignments were created, and how many of them are open now, per day or other calendar
bucket, from a table of the application.

Arguments
  table_name    a table or view with the columns created_at and status, read with the caller''s
                rights; default public.assignments
  since, until  rows whose created_at lies at or after since and before until count; default NULL:
                all
  last: common arguments
  grain, tz, week_start: common arguments
Columns
  bucket          the start of the bucket that created_at lies in
  created         how many were created
  open, not_open  how many of them have the status open now, and how many another one; a status that
                  is NULL is neither
  is_complete     whether the bucket is over and not cut by since or until
Errors
  22023  a column is missing; an unknown grain, zone or week_start; since is not before until
  42P01  there is no such table
  42501  the caller may not read it, or would run code of somebody that it does not trust
Notes
  There is one row per bucket, with 0 where nothing was created, and none where since is NULL and
    the table is empty.';
