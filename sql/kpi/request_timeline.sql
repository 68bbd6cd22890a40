-- Request timelines: what happened in one request, in order, across the services that it went through.

create function telemetry.request_timeline(
    correlation_id text,
    since timestamptz default null,
    until timestamptz default null,
    tenant uuid default null)
returns table (
    place bigint, event_ts timestamptz, event_name text, service text, level text, user_id uuid, session_id uuid, subject_id uuid, payload jsonb,
    seconds_from_start double precision, seconds_from_previous double precision)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan -- so that partitions outside the range are not opened
rows 100
as $$
begin
    if correlation_id is null then
        raise exception 'correlation_id must not be null'
            using errcode = '22004', hint = 'Give the correlation_id that the events of the request have in their payload.';
    elsif octet_length(correlation_id) not between 1 and 200 then
        raise exception 'correlation_id must have 1 to 200 bytes'
            using errcode = '22023', hint = 'Events with a longer one are found by their session: telemetry.session_timeline().';
    end if;
    return query
        select row_number() over in_order, e.event_ts, e.event_name, e.payload ->> 'service', e.payload ->> 'level', e.user_id, e.session_id, e.subject_id, e.payload,
               extract(epoch from e.event_ts - first_value(e.event_ts) over in_order)::double precision,
               extract(epoch from e.event_ts - lag(e.event_ts) over in_order)::double precision
          from telemetry.events e
         where telemetry.correlation_of(e.payload) = request_timeline.correlation_id
           and (since is null or e.event_ts >= since) and (until is null or e.event_ts < until)
           and (request_timeline.tenant is null or e.tenant_id = request_timeline.tenant)
        window in_order as (order by e.event_ts, e.ingest_id)
         order by e.event_ts, e.ingest_id;
end
$$;

comment on function telemetry.request_timeline is
'What happened in one request: all events with its correlation_id in order of time, then of arrival,
with the time between them.

Arguments
  correlation_id  what the events of the request have under the payload key correlation_id: a text
                  of 1 to 200 bytes
  since, until, tenant: common arguments
Columns
  place                  counted from 1
  event_ts, event_name, user_id, session_id, subject_id, payload  the event
  service, level         the payload keys of these names: which service logged it, and how grave it
                         is
  seconds_from_start     the time since the request''s first event
  seconds_from_previous  the time since the event before; NULL for the first one
Errors
  22004  correlation_id is NULL
  22023  it has no or more than 200 bytes
Notes
  An index finds the events, also under row-level security. Where the log has hundreds of partitions
    since and until keep it from looking into each of them.
  Where there is no such request there is no row.';
