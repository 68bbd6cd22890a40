-- kpi_details(): a KPI with everything that its function says. By the same statement as kpi(), so that the numbers cannot differ.

-- Parallel unsafe: kinds over the application's tables are.
create function telemetry.kpi_details(
    name text,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    last text default null)
returns table (
    bucket timestamptz, breakdown_value text, value double precision, n double precision, unit text, target double precision, target_is text,
    is_met boolean, is_complete boolean, is_other boolean, details jsonb, from_history boolean)
language sql
stable
rows 100
begin atomic
    select a.bucket, a.breakdown_value, a.value, a.n, a.unit, a.target, a.target_is, a.is_met, a.is_complete, a.is_other, a.details, a.from_history
      from telemetry_private.ask_kpi(telemetry_private.kpi_definition(kpi_details.name), since, until, grain, tz, week_start, tenant, last, true) a;
end;

comment on function telemetry.kpi_details is
'Answers a KPI by its name, as kpi() does, with everything else that the function behind it says: the
median time to a step of a funnel, the bounds of a forecast, the interval of an experiment.

Arguments
  the arguments of kpi() but headline
Columns
  the columns of kpi()
  details  the row of the function that the kind of the KPI names, by its columns; NULL where a row
           of the answer is made of several, as the mean of a retention over a range
Errors
  22004, 22023  as kpi()
Notes
  Value, n and target are those of kpi(), for both ask by one statement.
  A time within details is written in the session''s time zone.';
