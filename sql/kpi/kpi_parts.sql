-- Answers over several logs: each gives a part, and the parts add up. Twins: src/kpi/kpi_parts.rs, src/parts.rs.

create function telemetry.kpi_parts(kpi text, arguments jsonb default null, moment timestamptz default null, divided_by text default null)
returns bytea
language sql
stable
parallel restricted
begin atomic
    select telemetry_private.kpi_parts(kpi, arguments, moment, divided_by);
end;

create function telemetry.kpi_of_parts(kpi text, arguments jsonb, parts bytea[])
returns setof jsonb
language sql
stable
parallel restricted
rows 100
begin atomic
    select p from telemetry_private.kpi_of_parts(kpi, arguments, parts) p;
end;

comment on function telemetry.kpi_parts is
'What a KPI counted in this log, as bytes that kpi_of_parts() adds up with those of other logs. For
an application whose tenants, or whose users, are spread over several databases.

Arguments
  kpi         the function''s name; kpi, kpi_details, forecast_kpi or compare_periods for a
              registered KPI, whose name is among the arguments: {"name": "daily_signups"};
              dashboard or kpi_status for several; show, kpi_chart or dashboard_page for their
              pictures
  arguments   its arguments by name, such as {"steps": ["a", "b"], "since": "2026-01-01"}; default
              NULL: none
  moment      the time that counts as now, the same for all parts, so that a range such as the last
              7 days is the same in each; default NULL: now
  divided_by  how events are spread: tenant (default), each tenant is whole in one log; or user,
              each user is whole in one log
Returns
  The part. It holds counts, times and durations, never the id of an actor; with a breakdown, and of
  top_values(), every value with its counts, whatever top_n says.
Errors
  0A000  the KPI, or the kind of a registered one, has no parts; the hint names those that have;
         sessions, subjects, objects or tenants are counted where users are divided; events in the
         range of a registered one left the log by their age. Of several KPIs and of pictures that
         is told in the place of the KPI
  22004  no kpi
  22023  an unknown KPI or argument; whatever else the KPI refuses
  53200  more values of a breakdown than telemetry.kpi_memory holds
Notes
  It counts what the KPI would count for the caller, and reads what that reads. Pictures are without
    the times when alerts fired, for each log has alerts of its own.
  The same counts at the same moment make the same bytes. Later releases read them.
  No actor may be in two parts. An actor belongs to its tenant, so a tenant that is whole in one log
    has all its actors there. Where users are divided, the question has to be about users or events.';

comment on function telemetry.kpi_of_parts is
'The answer of a KPI over several logs, made of the parts that kpi_parts() gave in each. It is the
answer of one log that holds all their events, byte for byte, in whatever order the parts are.

Arguments
  kpi, arguments  those that the parts were made with; the argument tenant may differ
  parts           one of each log
Returns
  One JSON object per row, by the names of the KPI''s columns, in the KPI''s order.
Errors
  0A000  the KPI has no parts; actors of values that top_n does not show apart: one actor may have
         several of these; a part that a later release made
  22004  no kpi; no parts, or one that is NULL
  22023  an unknown KPI or argument; a part of another KPI, definition, other arguments, time zone
         or range; what is no part, or a damaged one
  53200  the answer does not fit into telemetry.kpi_memory
Notes
  It reads no table: any database with the extension may be asked.
  What is complete is told as of when the earliest part was made.';
