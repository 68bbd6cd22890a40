-- Which source answers a KPI. Twins: src/source.rs, which chooses, and src/kpi/explaining.rs.

alter function telemetry_private.explain_kpi_reads rows 1;

create function telemetry.explain_kpi(kpi text, arguments jsonb default null)
returns table (source text, reason text, chunks bigint, derived_events bigint, raw_events bigint,
    threads_asked integer, threads_got integer)
language sql
stable
parallel restricted
rows 1
begin atomic
    select e.source, e.reason, e.chunks, e.derived_events, e.raw_events, e.threads_asked, e.threads_got
      from telemetry_private.explain_kpi_reads(kpi, arguments) e;
end;

comment on function telemetry.explain_kpi is
'What a call of a KPI would read, for the caller and at this moment, without computing it.

Arguments
  kpi        the function''s name
  arguments  its arguments by name, such as {"steps": ["a", "b"], "since": "2026-01-01"}; default
             NULL: none
Columns
  source          timeline, hourly_counts, raw (rows of the log) or table (of the application, with
                  nothing more to say of it)
  reason          why
  chunks          chunks of the timeline that are read
  derived_events  events in the parts of them that are read; of hourly_counts, counts
  raw_events      rows read one by one: those above the cursor or, where source is raw, all
  threads_asked   how many threads the call asks for, the session''s own among them: 1 where it is
                  small, see telemetry.kpi_threads_events, and where the KPI follows no actors
  threads_got     how many of them it would get at this moment, see telemetry.kpi_threads_total
Errors
  22004  no kpi
  22023  an unknown KPI or argument; whatever else the KPI refuses
Notes
  There is one row for each time that something is read; of kpi() and dashboard() there are those of
    all their KPIs. Errors of the KPI come as they are.';
