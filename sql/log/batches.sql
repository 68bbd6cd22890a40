-- Many events in one call. Twin: src/log/batches.rs.

-- What a call returns: one object through PostgREST, and named for typed clients, to which OUT arguments are unknown.
create type telemetry.batch_outcome as (
    accepted integer,
    rejected integer,
    duplicates integer,
    rejected_reasons_sample jsonb,
    warnings_sample jsonb
);
comment on type telemetry.batch_outcome is 'What log_events() did with a batch.';

create function telemetry.log_events(events jsonb, source text default null)
returns telemetry.batch_outcome
language sql
begin atomic
    select r.accepted, r.rejected, r.duplicates, r.rejected_reasons_sample, r.warnings_sample from telemetry_private.log_events(events, source) r;
end;

create function telemetry.import_events(events jsonb default null)
returns bigint
language sql
begin atomic
    select telemetry_private.import_events(events);
end;

comment on function telemetry.log_events is
'Stores the good events of a batch and keeps the bad ones in telemetry.rejections; one bad event never fails the others. events: an array of objects with the names of log_event()''s arguments or their aliases (telemetry.event_aliases), JSON null as absent; source: of the events that name none. Through PostgREST the body is {"events": [...]}. Returns accepted (valid and new, also those sampled out), rejected, duplicates (stored before under the same event_id), which add up to the events sent, and at most 5 distinct reasons as [{"reason", "message", "hint", "element", "count"}], elements counted from 1; the same of events that were stored all the same: with what breaks their rules where their enforcement is warn, without a client_ts that cannot be read and without a source that telemetry.event_source has not. The events get the server''s time, a microsecond apart in the order of the array. A batch that is no array, or has more than telemetry.batch_limit (client roles, 50) or telemetry.server_batch_limit (10000) events, is rejected as a whole, and kept as one rejection (not_a_batch, batch_too_large) without its events. NULL or []: zeros.';
comment on function telemetry.import_events is
'Stores past events, all or none, and returns how many: a JSON array of objects with the names of log_event()''s arguments or their aliases, event_ts (required, at most 5 minutes ahead: a date, year first or the month by name, a time and an offset, as RFC 3339 and PostgreSQL write them) and sample_rate (0 to 1]. Each is checked as by log_event(); the error names the element, counted from 1. An event whose event_id and content are known is not stored again. Errors: those of log_event(), 22P02 for an id or a time that cannot be read, 22023 for a time in the future. NULL or []: 0.';
