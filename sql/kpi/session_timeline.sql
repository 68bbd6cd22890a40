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
'The events of a session in order of time, then of arrival, with the seconds since its first event and since the one before (NULL for the first): navigation, answers, pauses. session: the session_id that they were logged with; tenant: NULL every tenant that the caller may see. No such session: no row. Errors: 22004 session NULL.';
