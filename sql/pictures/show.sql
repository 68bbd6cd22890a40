-- show(): a dashboard or a KPI as rows of text, to be looked at where one asks. Twin: src/pictures/show.rs, which draws them. What is
-- gathered for them: answers.sql.
--
-- It runs with the caller's rights and shows what the caller may see.

-- The names that can be shown. In plpgsql, for the tables are made after the functions.
create function telemetry_private.shown_names()
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return jsonb_build_object(
        'dashboards', coalesce((select jsonb_agg(d.name order by d.name) from telemetry.dashboards d), '[]'),
        'kpis', coalesce((select jsonb_agg(k.name order by k.name) from telemetry.kpis k), '[]'));
end
$$;

create function telemetry.show(
    name text,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    width integer default 100,
    ascii boolean default false,
    charts boolean default false,
    last text default null)
returns table (line text)
language sql
stable
parallel unsafe
rows 20
begin atomic
    select l.line
      from telemetry_private.what_is_shown(name, width, telemetry_private.shown_names()::text) w (is_board),
           lateral (select case when w.is_board then telemetry_private.board(name, since, until, grain, tz, week_start, tenant, last)
                                else telemetry_private.answer(name, since, until, grain, tz, week_start, tenant, last) end) f (found),
           lateral telemetry_private.drawn_text(f.found::text, w.is_board, width, ascii, charts) l (line);
end;

comment on function telemetry.show is
'Draws a dashboard or a KPI in text: a dashboard as a row a KPI with its value, its course and its
target, a KPI as its chart, with what it says in words.

Arguments
  name        the name of a dashboard or of a KPI; a name that is both: the dashboard
  since, until, last, tz, tenant: common arguments
  grain       the width of a bucket, as dashboard() and kpi() take it, but that funnels and other
              KPIs of a dashboard without an answer by bucket keep their picture; default NULL: each
              KPI''s own
  week_start  the first day of a week, as dashboard() takes it
  width       how many columns a row has at most: 60 to 200; default 100
  ascii       whether to use nothing but printable ASCII, for a terminal that has no blocks: names
              are spelled in Latin letters; default false
  charts      of a dashboard: whether the chart of each KPI follows the overview; default false
Columns
  line  a row of the picture, without a space at its end; they come in order, and an empty one
        stands between parts
Errors
  22004  no name
  22023  a name that is neither a dashboard nor a KPI: the hint has the nearest names; a width that
         is too small or too large; what dashboard() and kpi() raise
Notes
  Without since and last it is the last 30 days.
  Without the heading of psql: psql -XAtc "select telemetry.show(''NAME'')", or \pset tuples_only.
  A KPI that cannot be answered says why in its place.
  Names and values are shown without control characters, escape sequences and marks of direction,
    so that nothing in the log can drive a terminal.';
