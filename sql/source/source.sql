-- Which source answers a KPI. Twins: src/source.rs, which chooses, and src/kpi/explaining.rs.

alter function telemetry_private.explain_kpi rows 1;

create function telemetry.explain_kpi(kpi text, arguments jsonb default null)
returns table (source text, reason text, chunks bigint, derived_events bigint, raw_events bigint)
language sql
stable
parallel restricted
rows 1
begin atomic
    select e.source, e.reason, e.chunks, e.derived_events, e.raw_events from telemetry_private.explain_kpi(kpi, arguments) e;
end;

comment on function telemetry.explain_kpi is
'What a call of a KPI would read, for the caller and at this moment, without computing it. kpi: the function''s name; arguments: its arguments by name, e.g. {"steps": ["a", "b"], "since": "2026-01-01"}. source: timeline, hourly_counts, raw or table (of the application, with nothing to say of it); one row for each time that something is read, of kpi() and dashboard() those of all their KPIs; reason: why; chunks: of the timeline; derived_events: events in the parts of them that are read (of hourly_counts: counts); raw_events: rows read one by one, above the cursor or, where the source is raw, all. Errors: 22023 an unknown KPI or argument, 22004 no kpi; those of the KPI.';
