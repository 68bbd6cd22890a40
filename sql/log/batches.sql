-- log_events() and import_events() take many events in one call. Twin: src/log/batches.rs.

-- log_events() returns this type: it is one object through PostgREST, and it has a name for typed clients, which do not
-- know OUT arguments.
create type telemetry.batch_outcome as (
    accepted integer,
    rejected integer,
    duplicates integer,
    rejected_reasons_sample jsonb,
    warnings_sample jsonb
);
comment on type telemetry.batch_outcome is 'What log_events() returns: how many events of a batch were stored, refused or known already, and what was wrong with them.';

-- One row, not a set of one: so a call of log_events() becomes a call of this, and nothing is planned for it.
create function telemetry_private.log_batch(events jsonb, source text)
returns telemetry.batch_outcome
language c
as 'MODULE_PATHNAME', 'log_batch_wrapper';

create function telemetry.log_events(events jsonb, source text default null)
returns telemetry.batch_outcome
language sql
begin atomic
    select telemetry_private.log_batch(events, source);
end;

create function telemetry.import_events(events jsonb default null)
returns bigint
language sql
begin atomic
    select telemetry_private.import_events(events);
end;

comment on function telemetry.log_events is
'Logs many events in one call: the good ones are stored, the bad ones are kept in
telemetry.rejections, and one bad event never fails the others.

Arguments
  events  a JSON array of objects, whose keys are the names of log_event()''s arguments or their
          aliases (telemetry.event_aliases); a JSON null counts as absent; for NULL and [] nothing
          is logged
  source  where the events come from that name no source themselves: a label of
          telemetry.event_source; default NULL
Columns
  accepted                 how many events were valid and new; those that were sampled out are among
                           them
  rejected                 how many events were refused and kept
  duplicates               how many events were stored before under the same event_id; the three
                           numbers add up to the events that were sent, and are 0 without events
  rejected_reasons_sample  at most 5 distinct reasons for rejections, as [{"reason", "message",
                           "hint", "element", "count"}]; element is the place of the first such
                           event in the array, counted from 1; [] where nothing was rejected
  warnings_sample          the same of events that were stored all the same: they break rules whose
                           enforcement is warn, or they lost a client_ts that cannot be read or a
                           source that telemetry.event_source does not have
Notes
  Through PostgREST the body of the request is {"events": [...]}.
  The events get the server''s time, a microsecond apart in the order of the array.
  A batch that is no array (not_a_batch) or has too many events (batch_too_large) is rejected as a
    whole, and kept as one rejection without its events. The limit is telemetry.batch_limit (50) for
    client roles and telemetry.server_batch_limit (10000) for others.
  While telemetry.enabled is off nothing is logged and all numbers are 0.';
comment on function telemetry.import_events is
'Stores past events, all of them or none, and returns how many. Each event is checked as log_event()
checks it.

Arguments
  events  a JSON array of objects, whose keys are the names of log_event()''s arguments or their
          aliases, event_ts and sample_rate; NULL and [] store nothing
Returns
  how many events were stored; events that were known already, sampled out or quarantined are not
    counted; 0 for NULL, for [], and while telemetry.enabled is off
Errors
  22004, 22023, 23505, 23514, 42501  what log_event() raises for one event; the message names the
         element, counted from 1
  22023  events is no array; an event_ts more than 5 minutes ahead of the server''s clock; a
         sample_rate that is not in (0, 1]
  22004  an event without event_ts
  22P02  an id or a time that cannot be read
Notes
  Every event needs its event_ts: a date (year first, or the month by name), a time and an offset,
    as RFC 3339 and PostgreSQL write them.
  An event with a sample_rate stands for 1/sample_rate events.
  An event whose event_id and content are known is not stored again.';
