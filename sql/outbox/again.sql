-- Sending again: dead letters, a period of the past, and a test message. All of it is written down as exceptions, which go out
-- beside the log, in no order.

create function telemetry_private.requeue_deliveries(destination text, delivery_id text, since timestamptz, until timestamptz, visibility text, tenant uuid)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    at_time constant timestamptz := telemetry_private.outbound_clock();
    requeued bigint;
begin
    perform telemetry_private.own_destination(destination, visibility, tenant);
    update telemetry.deliveries x
       set status = 'retrying', attempts = 0, requeued_at = at_time, next_attempt_at = at_time, ended_at = null, order_key = null
     where x.destination = requeue_deliveries.destination and x.status = 'dead'
       and (requeue_deliveries.delivery_id is null or x.delivery_id = requeue_deliveries.delivery_id)
       and (since is null or x.ended_at >= since) and (until is null or x.ended_at < until);
    get diagnostics requeued = row_count;
    return requeued;
end
$$;

create function telemetry_private.replay_deliveries(destination text, since timestamptz, until timestamptz, visibility text, tenant uuid)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    most constant integer := 100000;
    at_time constant timestamptz := telemetry_private.outbound_clock();
    d constant telemetry_private.destination := telemetry_private.own_destination(destination, visibility, tenant);
    reached bigint;
    replayed bigint;
begin
    if since is null or until is null then
        raise exception 'since and until must not be null' using errcode = '22004', hint = 'Nothing is sent again without a period: since ''2026-01-01'', until ''2026-02-01'' is January.';
    end if;
    if since >= until then
        raise exception 'since must be before until' using errcode = '22023', hint = 'Ranges are half-open: since ''2026-01-01'', until ''2026-02-01'' is January.';
    end if;
    if d.sends <> 'events' then
        raise exception 'destination "%" sends no events of the log', d.name using errcode = '22023', hint = 'What became of its messages: select * from telemetry.dead_letters.';
    end if;
    select s.position into reached from telemetry.destination_states s where s.destination = d.name;
    -- Of a batch, as many ids in a row as are all in the period: then the range of ids says what is in it.
    with picked as (
        select e.ingest_id, e.event_id, e.ingest_id - row_number() over (order by e.ingest_id) as run
          from telemetry.events e
         where e.event_ts >= since and e.event_ts < until and e.ingest_id <= reached
           and (d.tenant_id is null or e.tenant_id = d.tenant_id)
           and (d.events is null or e.event_name = any (d.events))
           and (d.test is null or telemetry_private.payload_passes(e.payload, d.test))
         limit most + 1
    ), numbered as (
        select p.*, (row_number() over (partition by p.run order by p.ingest_id) - 1) / case d.kind when 'webhook' then 1 else d.batch_rows end as part from picked p
    ), made as (
        select min(n.ingest_id) - 1 as after_id, max(n.ingest_id) as last_id, count(*)::integer as events, max(n.event_id::text) as event_id
          from numbered n group by n.run, n.part
    ), written as (
        insert into telemetry.deliveries (destination, delivery_id, after_id, last_id, events, status, made_at, next_attempt_at, requeued_at)
        select d.name, case d.kind when 'webhook' then 'evt_' || m.event_id else telemetry_private.batch_id(d.name, m.after_id, m.last_id) end,
               m.after_id, m.last_id, m.events, 'retrying', at_time, at_time, at_time
          from made m order by m.last_id
        returning events)
    select coalesce(sum(w.events), 0) into replayed from written w;
    if replayed > most then
        raise exception 'the period has more than % events for destination "%"', most, d.name using errcode = '22023', hint = 'Choose a shorter one, or register another destination "from" begin.';
    end if;
    return replayed;
end
$$;

create function telemetry_private.test_destination(name text, visibility text, tenant uuid)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    d constant telemetry_private.destination := telemetry_private.own_destination(name, visibility, tenant);
    at_time constant timestamptz := telemetry_private.outbound_clock();
    shown constant text := telemetry_private.message_time(at_time);
    id constant uuid := gen_random_uuid();
begin
    if d.sends = 'alerts' then
        return 'ntf_' || telemetry_private.put_notification(d, 'test', 'test', jsonb_build_object('destination', d.name), at_time);
    end if;
    insert into telemetry.deliveries (destination, delivery_id, body, status, made_at, next_attempt_at)
        values (d.name, 'ntf_' || id,
            case when d.kind = 'posthog' then format('{"historical_migration":false,"batch":[{"uuid":"%s","event":"telemetry_test","distinct_id":"%s","timestamp":"%s","properties":{"destination":"%s"}}]}', id, id, shown, d.name)
                 when d.kind = 'segment' then format('{"batch":[{"type":"track","messageId":"%s","anonymousId":"%s","event":"telemetry_test","timestamp":"%s","properties":{"destination":"%s"}}]}', id, id, shown, d.name)
                 else format('{"type":"telemetry.test","timestamp":"%s","data":{"destination":"%s"}}', shown, d.name) end,
            'retrying', at_time, at_time);
    return 'ntf_' || id;
end
$$;

create function telemetry.requeue_deliveries(destination text, delivery_id text default null, since timestamptz default null, until timestamptz default null)
returns bigint
language sql
begin atomic
    select telemetry_private.requeue_deliveries(destination, delivery_id, since, until, telemetry.log_visibility(), telemetry.current_tenant());
end;

create function telemetry.replay_deliveries(destination text, since timestamptz, until timestamptz)
returns bigint
language sql
begin atomic
    select telemetry_private.replay_deliveries(destination, since, until, telemetry.log_visibility(), telemetry.current_tenant());
end;

create function telemetry.test_destination(name text)
returns text
language sql
begin atomic
    select telemetry_private.test_destination(name, telemetry.log_visibility(), telemetry.current_tenant());
end;

comment on function telemetry.requeue_deliveries is
'Sends dead letters again, under the same ids and with the same bodies, with all attempts before
them again.

Arguments
  destination  the name of the destination
  delivery_id  one of them; default all
  since        those that were given up from this time on; default all
  until        those that were given up before this time; default all
Returns
  how many
Errors
  22004  no destination
  22023  an unknown destination
Notes
  They go out beside the log, in no order, with the header telemetry-requeued: 1.
  telemetry.dead_letters lists them.';
comment on function telemetry.replay_deliveries is
'Sends the events of a period again that a destination has had: a receiver that lost them gets them
under the same ids.

Arguments
  destination  the name of the destination
  since        from when on the events happened
  until        until when, exclusive
Returns
  how many events
Errors
  22004  no destination, since or until
  22023  an unknown destination, an empty period, or one of more than 100000 events
Notes
  A webhook knows each event by the id that it had. A batch has another id where it has other
    bounds, and the events in it the same.
  They go out beside the log, in no order, with the header telemetry-requeued: 1.';
comment on function telemetry.test_destination is
'Sends one message to a destination that says that it is a test.

Arguments
  name   its name
Returns
  the id of the message
Errors
  22004  no name
  22023  an unknown destination
Notes
  The courier sends it as it sends all else: destination_status() shows what came of it.';
