-- kpi_status(): one row per KPI, which is what somebody reads in the morning. It asks what kpi() asks, with the caller's rights.

-- The rows of kpi_status(). It names no private function, for it runs with the caller's rights. `moment` counts as now. `gives_part`:
-- one of several logs is asked for its part of the answer, so that what depends on the answer is asked too.
create function telemetry_private.kpis_as_they_stand(
    dashboard text, since timestamptz, until timestamptz, tz text, week_start text, tenant uuid, last text, moment timestamptz, gives_part boolean)
returns table (
    kpi text, breakdown_value text, value double precision, previous_value double precision, change double precision, n double precision,
    unit text, target double precision, target_is text, is_met boolean, unmet_for interval, is_complete boolean, error text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
rows 100
as $$
declare
    asked_last constant text := case when since is null and last is null then '30 days' else last end;
    zone constant text := coalesce(tz, current_setting('TimeZone'));
    range_since timestamptz;
    range_until timestamptz;
    before_since timestamptz;
    before_until timestamptz;
    definition jsonb;
    has_buckets boolean;
    own_grain text;
    headline record;
    advice text;
begin
    if kpis_as_they_stand.dashboard is not null and not exists (select from telemetry.dashboards d where d.name = kpis_as_they_stand.dashboard) then
        raise exception 'dashboard "%" is not registered', left(kpis_as_they_stand.dashboard, 63)
            using errcode = '22023', hint = 'Those that are: select name, description from telemetry.dashboards; without one every KPI is told.';
    end if;
    select r.range_since, coalesce(r.range_until, moment) into range_since, range_until
      from telemetry.period(since, until, 'range', tz, kpis_as_they_stand.week_start, asked_last) r;
    if range_since >= range_until then
        raise exception 'since must be before until' using errcode = '22023', hint = 'Without until the range ends now.';
    end if;
    -- The period before: as many units of the calendar, of which as much as of this one is over.
    select r.range_since into before_since from telemetry.period(null, range_since, 'range', tz, kpis_as_they_stand.week_start, asked_last) r;
    before_since := coalesce(before_since, range_since - (range_until - range_since));
    before_until := least(range_since, case when range_until <= moment then range_since
                                            else (before_since at time zone zone + (moment at time zone zone - range_since at time zone zone)) at time zone zone end);
    for definition, has_buckets, own_grain in
        select to_jsonb(k), b.bucket_kind is not null, coalesce(k.parameters ->> 'grain', b.own_grain)
          from telemetry.kpis k
          join telemetry.kpi_kinds() b on b.kind = k.kind
          left join telemetry.dashboards d on d.name = kpis_as_they_stand.dashboard
         where kpis_as_they_stand.dashboard is null or k.name = any (d.kpis)
         order by array_position(d.kpis, k.name), k.pack, k.name
    loop
        kpi := definition ->> 'name';
        unit := definition ->> 'unit';
        -- In a subtransaction: a KPI that cannot be answered is one row that says why.
        begin
            select h.* into headline from telemetry.kpi(kpi, range_since, range_until, tz => tz, week_start => kpis_as_they_stand.week_start, tenant => tenant, headline => true) h;
            breakdown_value := headline.breakdown_value;
            value := headline.value;
            n := headline.n;
            target := headline.target;
            target_is := headline.target_is;
            is_met := headline.is_met;
            is_complete := headline.is_complete;
            previous_value := null;
            if before_since < before_until then
                select h.value into previous_value
                  from telemetry.kpi(kpi, before_since, before_until, tz => tz, week_start => kpis_as_they_stand.week_start, tenant => tenant, headline => true) h
                 where h.breakdown_value is not distinct from headline.breakdown_value
                   -- A part is not compared with a whole.
                   and (h.is_complete or not headline.is_complete);
            end if;
            change := (value - previous_value) / nullif(abs(previous_value), 0);
            unmet_for := case when is_met then interval '0' end;
            if has_buckets and (not is_met or gives_part and coalesce(definition ->> 'target', definition ->> 'target_change') is not null) then
                select least(moment, range_until) - max(e.next_bucket) into unmet_for
                  from (select max(a.bucket)
                          from telemetry.kpi(kpi, range_since - 12 * (range_until - range_since), range_until, own_grain, tz, kpis_as_they_stand.week_start, tenant) a
                         where a.is_met and a.is_complete and (headline.breakdown_value is null or a.breakdown_value = headline.breakdown_value)) m (bucket),
                       telemetry.time_buckets(m.bucket, m.bucket + interval '1 microsecond', own_grain, tz => coalesce(tz, definition #>> '{parameters,tz}'),
                                              week_start => coalesce(kpis_as_they_stand.week_start, definition #>> '{parameters,week_start}')) e;
            end if;
            error := null;
            return next;
        exception
            -- Not a cancelled statement, which OTHERS leaves out.
            when others then
                -- The transaction must be tried again, or the server is going down: no answer of a KPI.
                if sqlstate ~ '^(40|57)' then
                    raise;
                end if;
                get stacked diagnostics advice = pg_exception_hint;
                return query
                    select kpis_as_they_stand.kpi, null::text, null::double precision, null::double precision, null::double precision, null::double precision, kpis_as_they_stand.unit,
                           null::double precision, null::text, null::boolean, null::interval, null::boolean, concat_ws('. ', sqlerrm, nullif(advice, ''));
        end;
    end loop;
end
$$;

create function telemetry.kpi_status(
    dashboard text default null,
    since timestamptz default null,
    until timestamptz default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    last text default null)
returns table (
    kpi text, breakdown_value text, value double precision, previous_value double precision, change double precision, n double precision,
    unit text, target double precision, target_is text, is_met boolean, unmet_for interval, is_complete boolean, error text)
language sql
stable
rows 100
begin atomic
    select k.kpi, k.breakdown_value, k.value, k.previous_value, k.change, k.n, k.unit, k.target, k.target_is, k.is_met, k.unmet_for, k.is_complete, k.error
      from telemetry_private.kpis_as_they_stand(
               kpi_status.dashboard, since, until, tz, week_start, tenant, last, telemetry_private.moment(), telemetry_private.gives_part()) k;
end;

comment on function telemetry.kpi_status is
'How every KPI stands, one row each: its value in a period, the one of the period before, and whether
the target is met.

Arguments
  dashboard  the KPIs of this dashboard, in its order; default NULL: all, by pack and name
  since, until, last, tz, week_start, tenant: common arguments
Columns
  kpi              the KPI''s name
  breakdown_value  which row of the KPI is told, where it has several; else NULL
  value            the one number of the period, as kpi() tells it with grain range
  previous_value   that of the period before, as long as this one; of a period that is not over yet,
                   of as much of the one before; NULL where events of it left the log and it was not
                   kept, see keep_history of register_kpi()
  change           (value - previous_value) / |previous_value|; NULL where previous_value is 0
  n                what the value is of, see kpi()
  unit, target, target_is  those of the definition
  is_met           whether the value meets the target; NULL where there is none, or no value
  unmet_for        how long ago, at the end of the period or now, the last bucket of the KPI''s own
                   grain ended that met the target;
                   0 where the value meets it; NULL where none did in this period and as many as 12
                   before it, and of kinds without an answer by bucket
  is_complete      whether the period is over, and the window of what began in it
  error            why the KPI could not be answered: message and hint; else NULL
Errors
  22023  an unknown dashboard, zone or week_start; since is not before until; a text that is no
         period
Notes
  Without since and last it is the last 30 days, as last => ''30 days'' says.
  The row of a KPI is what kpi() answers with headline.';
