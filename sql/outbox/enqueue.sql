-- Messages of the application's own: they are sent by the machine that sends events, with its schedule and its dead letters,
-- and are there exactly if the transaction is that made them.

create function telemetry_private.enqueue(destination text, body jsonb, idempotency_key text, order_key text, visibility text, tenant uuid)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    d constant telemetry_private.destination := telemetry_private.own_destination(destination, visibility, tenant);
    at_time constant timestamptz := telemetry_private.outbound_clock();
    key constant text := case when d.ordering = 'strict' then coalesce(order_key, '') else order_key end;
    digest constant uuid := md5(concat_ws(E'\x1f', body::text, key))::uuid;
    id text := 'msg_' || gen_random_uuid();
    known record;
begin
    if body is null then
        raise exception 'body must not be null' using errcode = '22004', hint = 'For example: telemetry.enqueue(''crm'', ''{"contact": 17}'').';
    end if;
    if d.kind <> 'webhook' then
        raise exception 'destination "%" is of kind "%", whose requests have a form of their own', d.name, d.kind
            using errcode = '22023', hint = 'Messages go to webhooks: register one with "sends": "messages".';
    end if;
    if octet_length(body::text) > d.batch_bytes then
        raise exception 'the message is larger than the % bytes that destination "%" takes', d.batch_bytes, d.name
            using errcode = '22023', hint = 'Send a reference, or raise batch_bytes of the destination.';
    end if;
    if octet_length(idempotency_key) not between 1 and 255 or octet_length(order_key) not between 1 and 255 then
        raise exception 'idempotency_key and order_key have 1 to 255 bytes' using errcode = '22023', hint = 'Leave out what is not needed.';
    end if;
    insert into telemetry.deliveries (destination, delivery_id, body, content, idempotency_key, order_key, status, made_at, next_attempt_at)
        values (d.name, id, body::text, digest, enqueue.idempotency_key, key, 'retrying', at_time, at_time)
        on conflict (destination, idempotency_key) where idempotency_key is not null do nothing;
    if not found then
        select x.delivery_id, x.content into known from telemetry.deliveries x where x.destination = d.name and x.idempotency_key = enqueue.idempotency_key;
        if known.content is distinct from digest then
            raise exception 'destination "%" has another message under this idempotency_key', d.name
                using errcode = '23505', hint = 'A repeated call has the same body and order_key; another message needs a key of its own.';
        end if;
        return known.delivery_id;
    end if;
    if d.wakes then
        perform pg_notify('telemetry_outbound', d.name);
    end if;
    return id;
end
$$;

create function telemetry.enqueue(destination text, body jsonb, idempotency_key text default null, order_key text default null)
returns text
language sql
begin atomic
    select telemetry_private.enqueue(destination, body, idempotency_key, order_key, telemetry.log_visibility(), telemetry.current_tenant());
end;

comment on function telemetry.enqueue is
'Sends a message of the application''s own to a webhook, with the retries and dead letters that events
have. It is sent if the transaction commits, and only then.

Arguments
  destination      the name of a destination of kind webhook
  body             the message: it is sent as it is, as the text of this JSON value
  idempotency_key  a name of the message, at most 255 bytes: the same call again sends nothing
  order_key        messages of a destination with the same key are sent one after the other; NULL:
                   in no order, and of a strict destination all one after the other
Returns
  the id of the message, as the receiver gets it: msg_ and a uuid
Errors
  22004  no destination or body
  22023  an unknown destination, one of another kind, a body that is too large, a key of no bytes
         or of too many
  23505  another message has this idempotency_key
Notes
  Of messages with one key, made by transactions that run at the same time, either may be first.
  An idempotency_key is known for as long as its message is kept: 30 days after it was delivered.';
