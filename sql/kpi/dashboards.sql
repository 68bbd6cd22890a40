-- Dashboards as data: KPIs that are looked at together, answered by one call.

create function telemetry_private.init_dashboards()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.dashboards') is null then
        create table telemetry.dashboards (
            name        text collate "C" primary key,
            pack        text collate "C",
            description text,
            kpis        text[] not null,
            created_at  timestamptz not null default now(),
            updated_at  timestamptz not null default now(),
            constraint name_is_snake_case check (name ~ '^[a-z][a-z0-9_]*$' and octet_length(name) <= 63)
        );
        comment on table telemetry.dashboards is 'KPIs that are shown together. Change them with telemetry.register_dashboard() and drop_dashboard(); ask with dashboard().';
        comment on column telemetry.dashboards.name is 'Stable name in snake_case, at most 63 bytes.';
        comment on column telemetry.dashboards.pack is 'The pack that brought it; null: registered by hand.';
        comment on column telemetry.dashboards.kpis is 'Names in telemetry.kpis, in the order in which they are shown.';
    end if;
    perform telemetry_private.protect_catalog('telemetry.dashboards', 'name');
end
$$;

create function telemetry_private.put_dashboard(name text, kpis text[], description text, pack text)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    unknown text;
    is_new boolean;
begin
    perform telemetry_private.check_definition_size(jsonb_build_array(kpis, description));
    if name is null or cardinality(kpis) > 0 is not true then
        raise exception 'a dashboard needs a name and at least one KPI'
            using errcode = '22023', hint = 'For example: telemetry.register_dashboard(''growth'', ''{daily_signups}'').';
    end if;
    select k into unknown from unnest(put_dashboard.kpis) k where not exists (select from telemetry.kpis d where d.name = k) limit 1;
    if found then
        raise exception 'dashboard "%" shows the KPI "%", which is not registered', left(name, 63), left(unknown, 63)
            using errcode = '22023', hint = 'Register it first with telemetry.register_kpi().';
    end if;
    is_new := not exists (select from telemetry.dashboards d where d.name = put_dashboard.name);
    insert into telemetry.dashboards (name, pack, description, kpis)
    values (put_dashboard.name, put_dashboard.pack, put_dashboard.description, put_dashboard.kpis)
        on conflict (name) do update
           set kpis = excluded.kpis, description = coalesce(excluded.description, dashboards.description), updated_at = now();
    return is_new;
exception
    when check_violation then
        raise exception 'a dashboard cannot be named "%"', left(name, 80)
            using errcode = '22023', hint = 'Names are in snake_case, at most 63 bytes.';
end
$$;

create function telemetry_private.register_dashboard(name text, kpis text[], description text)
returns boolean
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    select telemetry_private.put_dashboard(name, kpis, description, null)
$$;

create function telemetry_private.drop_dashboard(name text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from telemetry.dashboards d where d.name = drop_dashboard.name;
    if not found then
        raise exception 'dashboard "%" is not registered', left(name, 63)
            using errcode = '22023', hint = 'See telemetry.dashboards.';
    end if;
end
$$;

create function telemetry.register_dashboard(name text, kpis text[], description text default null)
returns boolean
language sql
begin atomic
    select telemetry_private.register_dashboard(name, kpis, description);
end;

create function telemetry.drop_dashboard(name text)
returns void
language sql
begin atomic
    select telemetry_private.drop_dashboard(name);
end;

-- Each KPI is asked twice: for the range, and for as much before it as holds the bucket before the first. Each in a
-- subtransaction, which takes no transaction id: one KPI that cannot be answered is one row that says why. Parallel
-- unsafe, for up to PostgreSQL 16 no subtransaction begins beside parallel workers.
create function telemetry.dashboard(
    name text,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    last text default null)
returns table (
    kpi text, bucket timestamptz, breakdown_value text, value double precision, n double precision, unit text, target double precision,
    target_is text, is_met boolean, previous_value double precision, is_complete boolean, error text, is_other boolean, from_history boolean)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
rows 1000
as $$
declare
    missing text;
    shown record;
    asked_last constant text := case when since is null and last is null then '30 days' else last end;
    range_since timestamptz;
    range_until timestamptz;
    before_since timestamptz;
    before_until timestamptz;
    advice text;
begin
    if not exists (select from telemetry.dashboards d where d.name = dashboard.name) then
        raise exception 'dashboard "%" is not registered', left(name, 63)
            using errcode = '22023', hint = 'Those that are: select name, description from telemetry.dashboards.';
    end if;
    select p.name into missing
      from telemetry.dashboards d, unnest(d.kpis) p (name)
     where d.name = dashboard.name and not exists (select from telemetry.kpis k where k.name = p.name)
     limit 1;
    if found then
        raise exception 'dashboard "%" shows the KPI "%", which is not registered any more', name, missing
            using errcode = '22023', hint = 'Install its pack again, or change the dashboard with telemetry.register_dashboard().';
    end if;
    -- What is wrong with the question is no KPI's fault: said once, and raised.
    perform b.bucket
       from telemetry.period(since, until, 'range', tz, dashboard.week_start, asked_last) r,
            telemetry.time_buckets(greatest(r.range_since, r.range_until - interval '1 microsecond'), coalesce(r.range_until, r.range_since + interval '1 microsecond'), grain, tz => tz, week_start => dashboard.week_start) b;
    for shown in
        select k.name, k.unit, k.target, k.target_is, b.bucket_column, b.has_previous, case when k.parameters ->> 'week_start' is null then dashboard.week_start end as asked_week_start,
               g.asked_grain, case when b.bucket_column is not null then coalesce(g.asked_grain, k.parameters ->> 'grain', b.own_grain) else g.asked_grain end as kpi_grain,
               coalesce(k.parameters ->> 'week_start', dashboard.week_start) as kpi_week_start, coalesce(k.parameters ->> 'tz', dashboard.tz) as kpi_tz
          from telemetry.dashboards d, unnest(d.kpis) with ordinality p (name, place), telemetry.kpis k, telemetry.kpi_kinds() b,
               lateral (select case when dashboard.grain = 'range' or k.parameters ->> 'grain' is null and b.bucket_kind is not null then dashboard.grain end) g (asked_grain)
         where d.name = dashboard.name and k.name = p.name and b.kind = k.kind
         order by p.place
    loop
        -- Two of the longest buckets: the one before the first lies in them whole. The range as one bucket: its like before.
        select r.range_since, r.range_until into range_since, range_until
          from telemetry.period(since, until, coalesce(shown.kpi_grain, 'range'), shown.kpi_tz, shown.kpi_week_start, asked_last) r;
        before_since := range_since - case shown.kpi_grain
            when 'minute' then interval '2 minutes' when '5 minutes' then interval '10 minutes' when '10 minutes' then interval '20 minutes'
            when '15 minutes' then interval '30 minutes' when 'hour' then interval '2 hours' when 'day' then interval '52 hours' when 'week' then interval '340 hours'
            when 'month' then interval '1492 hours' when 'quarter' then interval '4420 hours' when 'year' then interval '17572 hours'
            else range_until - range_since end;
        before_until := case when shown.bucket_column = 'cohort' and shown.kpi_grain <> 'range' then range_until else range_since end;
        begin
            return query
                with now_found as materialized (
                    select r.*, row_number() over () as place_in_answer from telemetry.kpi(shown.name, range_since, range_until, shown.asked_grain, tz, shown.asked_week_start, tenant) r
                ),
                found as (
                    select n.*, true as is_shown from now_found n
                     union all
                    select r.*, 0, false from telemetry.kpi(shown.name, before_since, before_until, shown.asked_grain, tz, shown.asked_week_start, tenant) r
                     where shown.has_previous and before_since is not null and r.bucket < (select min(n.bucket) from now_found n)
                ),
                ranked as (
                    select f.*, dense_rank() over (order by f.bucket) as place from found f
                ),
                compared as (
                    select r.*, max(r.value) filter (where r.is_complete) over (partition by r.breakdown_value, r.is_other order by r.place range between 1 preceding and 1 preceding) as value_before
                      from ranked r
                )
                select shown.name, c.bucket, c.breakdown_value, c.value, c.n, c.unit, c.target, c.target_is, c.is_met,
                       case when c.is_complete then c.value_before end, c.is_complete, null::text, c.is_other, c.from_history
                  from compared c
                 where c.is_shown
                 order by c.bucket, c.place_in_answer;
        exception
            -- Not a cancelled statement, which OTHERS leaves out.
            when others then
                -- The transaction must be tried again, or the server is going down: no answer of a KPI.
                if sqlstate ~ '^(40|57)' then
                    raise;
                end if;
                get stacked diagnostics advice = pg_exception_hint;
                return query
                    select shown.name, null::timestamptz, null::text, null::double precision, null::double precision, shown.unit, shown.target, shown.target_is, null::boolean,
                           null::double precision, null::boolean, concat_ws('. ', sqlerrm, nullif(advice, '')), null::boolean, null::boolean;
        end;
    end loop;
end
$$;

comment on function telemetry.register_dashboard is
'Puts KPIs together under a name, in the order given, or changes that.

Arguments
  name         the dashboard''s name: snake_case, at most 63 bytes
  kpis         names of registered KPIs, in the order in which they are shown
  description  what it is for; default NULL: as it was
Returns
  Whether it is new.
Errors
  22023  no name, no KPI, or one that is not registered';
comment on function telemetry.drop_dashboard is
'Forgets a dashboard; its KPIs stay.

Arguments
  name  the dashboard''s name
Errors
  22023  an unknown dashboard';
comment on function telemetry.dashboard is
'Answers every KPI of a dashboard in one call, each value beside the one of the bucket before.

Arguments
  name        the dashboard''s name
  since, until, last, tz, tenant: common arguments
  grain       the width of a bucket for KPIs whose definition does not name one: minute, 5 minutes,
              10 minutes, 15 minutes, hour, day, week, month, quarter or year; range: one number for
              the whole range, of every KPI; default NULL: each KPI''s own
  week_start  the first day of a week for KPIs whose definition does not fix one: monday (default)
              to sunday
Columns
  kpi             the KPI''s name
  the columns of kpi() but is_complete, is_other and from_history
  previous_value  the value of the same breakdown_value in the bucket before, which may lie before
                  since; where the range is one bucket, in the range of the same length before it;
                  NULL where there was none, and where this bucket or that one is not complete, for
                  a part is not compared with a whole
  is_complete     whether the bucket, and the window of what began in it, is over and not cut by
                  since or until
  error           why the KPI could not be answered: message and hint; else NULL
  is_other        whether breakdown_value stands for all values that are not shown apart; a value of
                  the log that is spelled $other does not
  from_history    whether the value was kept before its events left the log, as of kpi()
Errors
  22023  an unknown dashboard, grain or zone; since is not before until; the dashboard shows a KPI
         that is not registered any more
Notes
  Without since and last it is the last 30 days, as last => ''30 days'' says.
  A KPI that cannot be answered has one row with its error, and no bucket, value or is_complete; the
    others answer.
  Kinds without an answer by bucket, see kpi_kinds(), answer for the whole range.
  The rows come as the dashboard shows its KPIs, then by bucket, then as the KPI answers.';
