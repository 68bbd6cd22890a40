-- A dashboard for Grafana. Twin: src/pictures/grafana.rs; the crate pictures writes it.

-- The dashboard with the definitions of its KPIs, as pictures/src/grafana.rs reads it.
create function telemetry_private.grafana_board(name text, datasource_uid text)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    missing text;
    board jsonb;
begin
    if datasource_uid !~ '^[a-zA-Z0-9_-]{1,40}$' then
        raise exception 'datasource_uid is no uid of Grafana'
            using errcode = '22023', hint = 'It has 1 to 40 letters, digits, _ and -, and stands in the address of the data source''s page. Without one the data source is chosen on the dashboard.';
    end if;
    select jsonb_build_object('name', d.name, 'pack', d.pack, 'description', d.description, 'datasource_uid', datasource_uid, 'kpis', k.definitions), k.missing into board, missing
      from telemetry.dashboards d,
           lateral (select min(p.name) filter (where k.name is null),
                           jsonb_agg(to_jsonb(k) || jsonb_build_object(
                               'value_column', coalesce(k.value_column, b.value_columns[1]), 'has_buckets', b.bucket_kind is not null, 'own_grain', b.own_grain,
                               'is_amount', coalesce(k.kind = 'sum_of' or b.count_column <> 'actors' and coalesce(k.value_column, b.value_columns[1]) = b.count_column, false),
                               'arguments', (select jsonb_object_agg(a.name, format_type(a.type, null)) from pg_proc f, rows from (unnest(f.proargnames), unnest(f.proargtypes::oid[])) a (name, type)
                                              where f.pronamespace = 'telemetry'::regnamespace and f.proname = k.kind and a.type is not null)) order by p.place)
                      from unnest(d.kpis) with ordinality p (name, place)
                      left join telemetry.kpis k on k.name = p.name
                      left join telemetry.kpi_kinds() b on b.kind = k.kind) k (missing, definitions)
     where d.name = grafana_board.name;
    if not found then
        raise exception 'dashboard "%" is not registered', left(name, 63)
            using errcode = '22023', hint = 'Those that are: select name, description from telemetry.dashboards.';
    end if;
    if missing is not null then
        raise exception 'dashboard "%" shows the KPI "%", which is not registered any more', name, missing
            using errcode = '22023', hint = 'Install its pack again, or change the dashboard with telemetry.register_dashboard().';
    end if;
    return board;
end
$$;

create function telemetry.grafana_dashboard(name text, datasource_uid text default null)
returns jsonb
language sql
stable
begin atomic
    select telemetry_private.grafana_json(telemetry_private.grafana_board(name, datasource_uid));
end;

comment on function telemetry.grafana_dashboard is
'Writes a dashboard for Grafana: one panel per KPI, which asks the database through Grafana''s data
source for PostgreSQL.

Arguments
  name            the dashboard''s name
  datasource_uid  the uid of the data source in Grafana; default NULL: it is chosen on the dashboard
Returns
  the dashboard as Grafana imports and provisions it; its uid is telemetry- and the name, so that
  importing it again replaces it
Errors
  22023  an unknown dashboard; it shows a KPI that is not registered any more; a datasource_uid with
         other characters than letters, digits, _ and -, or of more than 40
Notes
  Each KPI has the panel of its kind: a funnel bars, cohorts and the activity of a week tables of
    coloured cells, counts stacked bars, rates and durations lines, a backlog one number with what
    it was before, rankings and experiments tables. A target is a dashed line; a bucket that is not
    over, or is cut by the time range, is dashed or pale.
  When alerts about its KPIs fired is an annotation on every panel over time.
  Variables of the dashboard: datasource, where datasource_uid is NULL; grain, the width of a bucket
    of KPIs whose definition does not name one; tz, empty for that of the session; tenant, an id,
    empty for all that the data source may see.
  Grafana should log in with a role of the level analyst, see grant_access(). The panels call kpi()
    and, where a table has more columns, the KPI''s own function with the arguments of its
    definition: export the dashboard again when that changes.
  A text of a definition that Grafana would take for a variable or for Markdown is written so that
    it is shown as it is.';
