-- Click-through: assignments that were clicked in broadcasts, by their last click. Reads a table of the application.

create function telemetry_private.click_through(target regclass, since timestamptz, until timestamptz, grain text, tz text, week_start text)
returns table (bucket timestamptz, assignments_with_clicks bigint, total_clicks bigint, is_complete boolean)
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
                       (select min(t.last_click_at)::timestamptz from %1$s t where $1 is null),
                       (select max(t.last_click_at)::timestamptz from %1$s t where $1 is null or $2 is null), $4, $5) b
        ),
        counted as (
            select width_bucket(t.last_click_at::timestamptz, array(select b.bucket from buckets b order by b.place)) as place, count(*) as assignments_with_clicks, sum(t.clicks)::bigint as total_clicks
              from %1$s t
             where t.last_click_at is not null and ($1 is null or t.last_click_at >= $1) and ($2 is null or t.last_click_at < $2)
             group by 1
        )
        select b.bucket, coalesce(c.assignments_with_clicks, 0), coalesce(c.total_clicks, 0), b.is_complete
          from buckets b left join counted c using (place)
         order by b.bucket
    $query$, target) using since, until, grain, tz, week_start;
end
$$;

create function telemetry.click_through(
    table_name text default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    tz text default null,
    week_start text default null,
    last text default null)
returns table (bucket timestamptz, assignments_with_clicks bigint, total_clicks bigint, is_complete boolean)
language sql
stable
rows 100
begin atomic
    select c.bucket, c.assignments_with_clicks, c.total_clicks, c.is_complete
      from telemetry.period(since, until, grain, tz, week_start, last) r,
           telemetry_private.click_through(telemetry_private.trusted_relation(telemetry_private.checked_table(coalesce(table_name, 'public.assignment_clicks'), '{last_click_at,clicks}', 'click_through')::text)::regclass, r.range_since, r.range_until, grain, tz, week_start) c;
end;

comment on function telemetry.click_through is
'How many assignments were clicked in broadcasts, per day or other calendar bucket, from a table of
the application.

Arguments
  table_name    a table or view with the columns last_click_at and clicks, read with the caller''s
                rights; default public.assignment_clicks
  since, until  rows whose last_click_at lies at or after since and before until count; default
                NULL: all
  last: common arguments
  grain, tz, week_start: common arguments
Columns
  bucket                   the start of the bucket that last_click_at lies in
  assignments_with_clicks  how many assignments
  total_clicks             the sum of all their clicks, which is counted where the last of them was
  is_complete              whether the bucket is over and not cut by since or until
Errors
  22023  a column is missing; an unknown grain, zone or week_start; since is not before until
  42P01  there is no such table
  42501  the caller may not read it, or would run code of somebody that it does not trust
Notes
  There is one row per bucket, with 0 where nothing was clicked, and none where since is NULL and
    the table is empty.';
