-- The correlation_id of an event: the payload key that follows one request through the services. Twin:
-- src/log/correlation.rs.
--
-- An index by it is on the log, for request_timeline(). An event without one is not in that index and pays for reading
-- its payload's keys alone. The function is leakproof, and declared so: it raises no error and tells nobody of what it
-- read, so that PostgreSQL may use the index under row-level security too, where payload ->> 'correlation_id' would be
-- asked of every row of the tenant.

create function telemetry.correlation_of(payload jsonb)
returns text
language c
immutable
leakproof
parallel safe
as 'MODULE_PATHNAME', 'correlation_of_wrapper';

comment on function telemetry.correlation_of is
'Which request an event belongs to: its correlation_id. An index of the log is by it, so that a
statement of your own with telemetry.correlation_of(payload) = ''...'' is quick, also under row-level
security.

Arguments
  payload  the payload of an event
Returns
  the text under the key correlation_id; NULL where there is none of 1 to 200 bytes';
