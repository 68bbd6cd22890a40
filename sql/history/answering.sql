-- How kpi() answers where events left the log: from the buckets that were kept. A bucket that was not kept is answered from what is
-- left, and is not complete.

-- The kept rows of a question that the caller may read, one row for a bucket without any. is_range: of the one bucket from since to
-- until; else of those of the grain that lie between them whole. Nobody who sees single events only reads values of groups.
create function telemetry_private.kept_rows(kpi text, question uuid, grain text, since timestamptz, until timestamptz, tenant uuid, is_range boolean)
returns table (
    bucket timestamptz, next_bucket timestamptz, has_rows boolean, place integer, breakdown_value text, value double precision, n double precision, is_other boolean, details jsonb)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
rows 100
as $$
declare
    visibility constant text := telemetry.log_visibility();
    tenant_asked constant uuid := coalesce(kept_rows.tenant, case when visibility = 'tenant' then telemetry.current_tenant() end);
begin
    if visibility = 'rows' or not (has_table_privilege('telemetry.kpi_history', 'select') and has_table_privilege('telemetry.kpi_history_buckets', 'select')) then
        return;
    end if;
    return query
        select b.bucket, b.next_bucket, h.entry_id is not null, h.place, h.breakdown_value, h.value, h.n, h.is_other, h.details
          from telemetry.kpi_history_buckets b
          left join telemetry.kpi_history h
                 on h.kpi = b.kpi and h.question = b.question and h.grain = b.grain and h.bucket = b.bucket
                and (h.tenant_id = tenant_asked or h.tenant_id is null and tenant_asked is null)
         where b.kpi = kept_rows.kpi and b.question = kept_rows.question
           and case when is_range then b.bucket = kept_rows.since and b.next_bucket = kept_rows.until
                    else b.grain = kept_rows.grain and b.bucket >= coalesce(kept_rows.since, '-infinity') and b.next_bucket <= coalesce(kept_rows.until, 'infinity') end;
end
$$;

-- The grain of the buckets that an answer has; NULL: it is one for the whole range.
create function telemetry_private.answered_grain(definition jsonb, grain text)
returns text
language sql
stable
begin atomic
    select nullif(case when k.bucket_column is not null then coalesce(answered_grain.grain, definition #>> '{parameters,grain}', k.own_grain) else answered_grain.grain end, 'range')
      from telemetry.kpi_kinds() k
     where k.kind = definition ->> 'kind';
end;

-- The rows of a definition: those of buckets that were kept, and of the others what the log says. is_cut: its events are not all in
-- the log any more, and it was not kept.
create function telemetry_private.kept_or_live(
    definition jsonb, since timestamptz, until timestamptz, grain text, tz text, week_start text, tenant uuid, is_detailed boolean, gone tstzmultirange)
returns table (
    bucket timestamptz, place bigint, breakdown_value text, value double precision, has_target boolean, is_complete boolean, is_other boolean, n double precision, details jsonb,
    from_history boolean, is_cut boolean)
language sql
stable
rows 100
begin atomic
    with asked as materialized (
        select telemetry_private.answered_grain(definition, grain) as grain, telemetry_private.kpi_window(definition) as window_after, definition ->> 'target_for' as target_for,
               coalesce(tz, definition #>> '{parameters,tz}') as tz, coalesce(week_start, definition #>> '{parameters,week_start}') as week_start
    ),
    kept as materialized (
        select k.*
          from asked q,
               lateral telemetry_private.kept_rows(
                   definition ->> 'name', cast(md5(cast(telemetry_private.kpi_question(definition) as text)) as uuid), q.grain, since, until,
                   coalesce(tenant, cast(definition #>> '{parameters,tenant}' as uuid)), q.grain is null) k
         where tstzrange(k.bucket, k.next_bucket + q.window_after) && gone
    ),
    live as materialized (
        select a.*, row_number() over () as place
          from telemetry_private.kpi_statement(definition, telemetry_private.kpi_grain(definition, null), since, until, grain, tz, tenant, week_start, is_detailed) s (statement),
               telemetry_private.answer_kpi(s.statement, definition -> 'parameters', since, until, grain, tz, tenant, week_start) a
    ),
    live_buckets as materialized (
        select l.bucket, exists (select from kept k where k.bucket = l.bucket) as is_kept, exists (select from kept k where k.bucket = l.bucket and k.has_rows) as is_told,
               tstzrange(l.bucket, case when q.grain is null then until
                                        else (select b.next_bucket from telemetry.time_buckets(l.bucket, l.bucket + interval '1 microsecond', q.grain, tz => q.tz, week_start => q.week_start) b) end
                                   + q.window_after) && gone as is_gone
          from (select distinct v.bucket from live v) l, asked q
    )
    select r.bucket, r.place, r.breakdown_value, r.value, r.has_target, r.is_complete, r.is_other, r.n, r.details, r.from_history, r.is_cut
      from (select k.bucket, k.place::bigint, k.breakdown_value, k.value,
                   q.target_for is null or coalesce(q.target_for = any (k.breakdown_value || string_to_array(k.breakdown_value, ' / ')), false),
                   true, k.is_other, k.n, case when is_detailed then k.details end, true, false
              from kept k, asked q
             where k.has_rows
             union all
            select l.bucket, l.place, l.breakdown_value, l.value, l.has_target, l.is_complete and (b.is_kept or not b.is_gone), l.is_other, l.n, l.details, b.is_kept, b.is_gone and not b.is_kept
              from live l
              join live_buckets b on b.bucket is not distinct from l.bucket
             where not b.is_told) r (bucket, place, breakdown_value, value, has_target, is_complete, is_other, n, details, from_history, is_cut);
end;

-- How the value of a bucket follows from those of the buckets in it: sum, min, max, or mean, each as heavy as what it is of. NULL: it
-- does not, as of distinct actors; nor with a breakdown, which tells nothing of a bucket without events.
create function telemetry_private.adds_up_by(definition jsonb)
returns text
language sql
stable
begin atomic
    select case when q.question ->> 'kind' in ('event_volume', 'sum_of') and q.column_asked in ('events', 'value') and not q.is_complement
                  or q.question ->> 'kind' = 'event_ratio' and q.column_asked in ('numerator', 'denominator') and not q.is_complement then 'sum'
                when q.question ->> 'kind' = 'max_of' and q.column_asked = 'value' and not q.is_complement then 'max'
                when q.question ->> 'kind' = 'min_of' and q.column_asked = 'value' and not q.is_complement then 'min'
                when (q.question ->> 'kind', q.column_asked) in (('event_ratio', 'ratio'), ('avg_of', 'value'))
                  or (q.question ->> 'kind', q.column_asked) = ('rate_of_errors', 'rate') and coalesce(definition #>> '{parameters,by_user}', 'false') = 'false' then 'mean' end
      from (select a.question, a.question ->> 'value_column', cast(a.question ->> 'is_complement' as boolean)
              from telemetry_private.kpi_question(definition) a (question)) q (question, column_asked, is_complement)
     where q.question #>> '{parameters,breakdown}' is null;
end;

-- The rows of a definition of whose events some are gone. What adds up is put together of the KPI's own buckets, kept or not, where
-- the bucket that was asked for was not kept.
create function telemetry_private.rows_with_history(
    definition jsonb, since timestamptz, until timestamptz, grain text, tz text, week_start text, tenant uuid, is_detailed boolean, gone tstzmultirange)
returns table (bucket timestamptz, breakdown_value text, value double precision, has_target boolean, is_complete boolean, is_other boolean, n double precision, details jsonb, from_history boolean)
language sql
stable
set jit = off -- with a setting it is planned where it is called, not with every kpi()
rows 100
begin atomic
    with answer as materialized (
        select a.* from telemetry_private.kept_or_live(definition, since, until, grain, tz, week_start, tenant, is_detailed, gone) a
    ),
    asked as materialized (
        select telemetry_private.answered_grain(definition, grain) as grain, k.own as own_grain, telemetry_private.adds_up_by(definition) as how,
               coalesce(tz, definition #>> '{parameters,tz}') as tz, coalesce(week_start, definition #>> '{parameters,week_start}') as week_start
          from (select (telemetry_private.kept_grains(definition))[1]) k (own)
         where since is not null and exists (select from answer a where a.is_cut)
    ),
    parts as materialized (
        select p.*, w.bucket as whole, w.bucket >= since and w.next_bucket <= coalesce(until, 'infinity') as is_whole, q.how
          from asked q,
               lateral telemetry_private.kept_or_live(definition, since, until, q.own_grain, tz, week_start, tenant, false, gone) p,
               lateral (select since, until where q.grain is null
                         union all
                        select b.bucket, b.next_bucket from telemetry.time_buckets(p.bucket, p.bucket + interval '1 microsecond', q.grain, tz => q.tz, week_start => q.week_start) b where q.grain is not null) w (bucket, next_bucket)
         where q.how is not null and q.own_grain is distinct from q.grain and q.own_grain not in ('week', 'month', 'quarter', 'year')
    ),
    -- A range without its first days, or with values that are told together in some of its days, cannot be put together.
    merged as (
        select p.whole as bucket, p.breakdown_value, min(p.place) as place, bool_or(p.has_target) as has_target, bool_and(p.is_complete and p.is_whole) as is_complete, sum(p.n) as n,
               case min(p.how) when 'sum' then sum(p.value) when 'max' then max(p.value) when 'min' then min(p.value) else sum(p.value * p.n) / nullif(sum(p.n), 0) end as value
          from parts p
         where not exists (select from parts o where o.whole = p.whole and (o.is_cut or o.is_other))
         group by p.whole, p.breakdown_value
    )
    select r.bucket, r.breakdown_value, r.value, r.has_target, r.is_complete, r.is_other, r.n, r.details, r.from_history
      from (select a.bucket, a.place, a.breakdown_value, a.value, a.has_target, a.is_complete, a.is_other, a.n, a.details, a.from_history
              from answer a
             where not (a.is_cut and exists (select from merged m where m.bucket = a.bucket))
             union all
            select m.bucket, m.place, m.breakdown_value, m.value, m.has_target, m.is_complete, false, m.n, null::jsonb, true
              from merged m
             where exists (select from answer a where a.is_cut and a.bucket = m.bucket)
               -- Buckets without any event have no name of one.
               and not (m.value = 0 and m.breakdown_value is null and exists (select from merged o where o.bucket = m.bucket and o.breakdown_value is not null))) r
     order by r.bucket, r.place;
end;
