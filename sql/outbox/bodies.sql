-- What is sent: events of the log in order of arrival, one by one or put together to batches. Twin: src/outbox/bodies.rs.

-- Puts the events of a range together to the body of one request, whose bounds were cut before. NULL where there are none.
-- Events that are too large are left out.
create function telemetry_private.batch_body(d telemetry_private.destination, after_id bigint, until_id bigint, made_at timestamptz,
                                             out body text, out events integer, out last_id bigint)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select b.body, b.events, b.last_id
      from telemetry_private.outbound_batches(d.name, telemetry_private.form_of(d), d.tenant_id, d.events, d.test, d.keys, after_id, until_id,
               1, d.batch_rows, null, telemetry_private.largest_event(d), null, made_at) b
$$;

-- The identity of a batch: of the destination and the bounds, which never change.
create function telemetry_private.batch_id(destination text, after_id bigint, last_id bigint)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select 'bat_' || telemetry_private.as_id(concat_ws(' ', destination, after_id + 1, last_id), '00000000-0000-0000-0000-000000000000')
$$;
