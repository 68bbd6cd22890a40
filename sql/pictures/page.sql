-- A dashboard as an HTML page, and a KPI as an SVG: documents that PostgREST sends as they are. Twin: src/pictures/page.rs, which
-- draws them. What is gathered for them: answers.sql.
--
-- They run with the caller's rights and see what the caller may see.

-- The moments of what a form asks for: days of the zone, both of which count. A field that was left empty is not given.
create function telemetry_private.asked_period(since timestamptz, until timestamptz, first_day text, last_day text, tz text)
returns table (asked_since timestamptz, asked_until timestamptz)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
rows 1
as $$
declare
    zone constant text := coalesce(nullif(tz, ''), current_setting('TimeZone'));
    asked record;
    is_day boolean;
begin
    if since is not null and first_day <> '' or until is not null and last_day <> '' then
        raise exception 'the period is given twice, as moments and as days'
            using errcode = '22023', hint = 'Give since and until, which are moments, or first_day and last_day, which are days of the zone.';
    end if;
    for asked in select d.name, d.day from (values ('first_day', first_day), ('last_day', last_day)) d (name, day) where d.day <> '' loop
        begin
            is_day := asked.day ~ '^\d{4}-\d{2}-\d{2}$' and asked.day::date is not null;
        exception
            when datetime_field_overflow or invalid_datetime_format then
                is_day := false;
        end;
        if not is_day then
            raise exception '% is not a day', asked.name
                using errcode = '22023', hint = format('A day is written as a date: %s => ''2026-11-01''.', asked.name);
        end if;
    end loop;
    return query
        select coalesce(since, nullif(first_day, '')::date::timestamp at time zone zone),
               coalesce(until, (nullif(last_day, '')::date + 1)::timestamp at time zone zone);
end
$$;

create function telemetry_private.asked_refresh(seconds integer)
returns integer
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if seconds not between 5 and 86400 then
        raise exception 'refresh_seconds must be 5 to 86400'
            using errcode = '22023', hint = 'For a screen on the wall: refresh_seconds => 60.';
    end if;
    return seconds;
end
$$;

-- The body of a response with its headers, which PostgREST reads from response.headers: of that type whatever a browser thinks,
-- never stored on the way, and without a right to load or run anything.
create function telemetry_private.document(body text, content_type text)
returns telemetry."*/*"
language sql
volatile
begin atomic
    select convert_to(body, 'UTF8')::telemetry."*/*"
     where set_config('response.headers', jsonb_build_array(
               jsonb_build_object('Content-Type', content_type), jsonb_build_object('X-Content-Type-Options', 'nosniff'), jsonb_build_object('Cache-Control', 'no-store'),
               jsonb_build_object('Referrer-Policy', 'no-referrer'), jsonb_build_object('Content-Security-Policy', telemetry_private.page_policy()))::text, true) is not null;
end;

create function telemetry.dashboard_page(
    name text,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    refresh_seconds integer default null,
    first_day text default null,
    last_day text default null,
    as_file boolean default null,
    last text default null)
returns telemetry."*/*"
language sql
stable
parallel unsafe
begin atomic
    select telemetry_private.document(
               telemetry_private.drawn_page(
                   telemetry_private.board(name, p.asked_since, p.asked_until, nullif(grain, ''), nullif(tz, ''), nullif(week_start, ''), tenant, nullif(last, ''))::text,
                   jsonb_strip_nulls(jsonb_build_object(
                       'refresh_seconds', telemetry_private.asked_refresh(refresh_seconds),
                       'as_file', as_file,
                       'asked', jsonb_build_object(
                           'since', since::text, 'until', until::text, 'first_day', nullif(first_day, ''), 'last_day', nullif(last_day, ''), 'last', nullif(last, ''),
                           'grain', nullif(grain, ''), 'tz', nullif(tz, ''), 'week_start', nullif(week_start, ''), 'tenant', tenant)))::text),
               'text/html; charset=utf-8')
      from telemetry_private.asked_period(since, until, first_day, last_day, tz) p;
end;

create function telemetry.kpi_chart(
    name text,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    first_day text default null,
    last_day text default null,
    last text default null)
returns telemetry."*/*"
language sql
stable
parallel unsafe
begin atomic
    select telemetry_private.document(
               telemetry_private.drawn_chart(
                   telemetry_private.answer(name, p.asked_since, p.asked_until, nullif(grain, ''), nullif(tz, ''), nullif(week_start, ''), tenant, nullif(last, ''))::text),
               'image/svg+xml; charset=utf-8')
      from telemetry_private.asked_period(since, until, first_day, last_day, tz) p;
end;

comment on function telemetry.dashboard_page is
'Draws a dashboard as one HTML page: tiles with the numbers, a chart of each KPI with what it says in
words, its table and its definition. The page has no script and loads nothing.

Arguments
  name             the dashboard''s name
  since, until, last, tz, tenant: common arguments
  grain            as dashboard() takes it; funnels and other KPIs without an answer by bucket keep
                   their picture; default NULL or empty: each KPI''s own
  week_start       the first day of a week, as dashboard() takes it
  refresh_seconds  for a screen on the wall: the page fetches itself anew after 5 to 86400 seconds
                   and has no form; default NULL: it stays as it is
  first_day, last_day  in the place of since and until, as the form of the page sends them: days of
                   the zone such as 2026-11-01, both of which count; empty: not given
  as_file          true: the page is stored in a file beside those of the other dashboards; its
                   links lead to NAME.html, and it has no form
Returns
  the page as bytes in UTF-8; never NULL
Errors
  22023  what dashboard() raises; a day that is none; refresh_seconds that are too few or too
         many
Notes
  Through PostgREST (GET /rpc/dashboard_page?name=...) it is the body as it is, with headers that
    say that it is HTML, must not be stored, and may load and run nothing. A file:
    psql -XAt -c "select convert_from(telemetry.dashboard_page(''NAME''), ''UTF8'')" > page.html
  A KPI that cannot be answered says why in its place.
  What events and definitions hold is shown as text, whatever it is.';
comment on function telemetry.kpi_chart is
'Draws a KPI as an SVG that stands alone, with its question and its finding, in light or dark as the
viewer prefers.

Arguments
  name        the KPI''s name
  since, until, last, tz, tenant: common arguments
  grain       as kpi() takes it; default NULL or empty: the KPI''s own
  week_start  the first day of a week, as kpi() takes it
  first_day, last_day  in the place of since and until: days of the zone, both of which count
Returns
  the SVG as bytes in UTF-8; never NULL
Errors
  22023  an unknown KPI, grain or zone; since is not before until; a day that is none
Notes
  Without since and last it is the last 30 days.
  Through PostgREST (GET /rpc/kpi_chart?name=...) it is the body as it is, as image/svg+xml.
  A KPI that cannot be answered is a picture that says why.';
