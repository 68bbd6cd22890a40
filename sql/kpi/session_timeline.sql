-- Session timelines: what happened in one session, in order.

create function telemetry.session_timeline(session uuid, tenant uuid default null)
returns table (
    place bigint, event_ts timestamptz, event_name text, subject_id uuid, payload jsonb, seconds_from_start double precision,
    seconds_from_previous double precision)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan -- so that partitions outside the range are not opened
rows 100
as $$
begin
    if session is null then
        raise exception 'session must not be null'
            using errcode = '22004', hint = 'Give the session_id that the events were logged with; telemetry.as_id(''...'') of a text.';
    end if;
    return query
        select row_number() over in_order, e.event_ts, e.event_name, e.subject_id, e.payload,
               extract(epoch from e.event_ts - first_value(e.event_ts) over in_order)::double precision,
               extract(epoch from e.event_ts - lag(e.event_ts) over in_order)::double precision
          from telemetry.events e
         where e.session_id = session and (session_timeline.tenant is null or e.tenant_id = session_timeline.tenant)
        window in_order as (order by e.event_ts, e.ingest_id)
         order by e.event_ts, e.ingest_id;
end
$$;

comment on function telemetry.session_timeline is
'What happened in a session: its events in order of time, then of arrival, with the pauses between
them.

Arguments
  session  the session_id that the events were logged with
  tenant: common arguments
Columns
  place                  counted from 1
  event_ts, event_name, subject_id, payload  the event
  seconds_from_start     the time since the session''s first event
  seconds_from_previous  the time since the event before; NULL for the first one
Errors
  22004  session is NULL
Notes
  Where there is no such session there is no row.';
