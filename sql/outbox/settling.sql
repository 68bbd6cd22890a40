-- What became of a delivery is settled here, by the rules of src/outbox/settling/rules.rs. Only the worker that holds the
-- lease of a destination settles its deliveries, so that of two couriers one moves the position.

-- Has a message of the log wait by itself, with those behind it that have its key, so that others go on. Returns their ids.
create function telemetry_private.set_aside(d telemetry_private.destination, s telemetry_private.destination_state, id bigint, next_attempt_at timestamptz, at_time timestamptz, status_code integer, error text)
returns bigint[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    own record;
    behind bigint[];
begin
    select o.event_id, o.order_key into own from telemetry_private.outbound_events(d, id - 1, id) o;
    insert into telemetry.deliveries (destination, delivery_id, after_id, last_id, events, order_key, status, attempts, made_at, first_attempt_at, next_attempt_at, last_status_code, last_error)
        values (d.name, 'evt_' || own.event_id, id - 1, id, 1, own.order_key, 'retrying', s.failures + 1, s.made_at, at_time, set_aside.next_attempt_at, status_code, error);
    if own.order_key is not null then
        with parked as (
            insert into telemetry.deliveries (destination, delivery_id, after_id, last_id, events, order_key, status, made_at, next_attempt_at)
            select d.name, 'evt_' || o.event_id, o.ingest_id - 1, o.ingest_id, 1, o.order_key, 'parked', s.made_at, at_time
              from telemetry_private.outbound_events(d, id, s.last_id) o
             where o.order_key = own.order_key and not o.ingest_id = any (s.done_ids)
             order by o.ingest_id
            returning last_id)
        select array_agg(p.last_id) into behind from parked p;
    end if;
    return id || coalesce(behind, '{}');
end
$$;

-- Cuts a delivery of several events into two. Returns where the first ends, and NULL where it cannot be cut.
create function telemetry_private.middle_of(d telemetry_private.destination, after_id bigint, last_id bigint, first_half integer)
returns bigint
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select o.ingest_id
      from telemetry_private.outbound_events(d, middle_of.after_id, middle_of.last_id) o
     where octet_length(o.body) <= telemetry_private.largest_event(d) and o.ingest_id < middle_of.last_id
     order by o.ingest_id
    offset first_half - 1 limit 1
$$;

-- Settles one delivery, and returns the state of its destination as it is then.
create function telemetry_private.settle_one(d telemetry_private.destination, inout s telemetry_private.destination_state, ticket text, status_code integer, error text, retry_after_seconds integer, at_time timestamptz, out outcome text)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    parts constant text[] := string_to_array(ticket, ':');
    is_exception constant boolean := parts[2] like 'd%';
    is_sink constant boolean := d.kind in ('posthog', 'segment');
    -- What its receiver refuses it refuses for good, but for webhooks, whose receivers are people's own programs.
    is_final constant boolean := d.kind <> 'webhook';
    is_keyed constant boolean := is_exception or d.ordering <> 'strict';
    after bigint;
    last bigint;
    events integer;
    failed integer;
    word text;
    wait interval;
    middle bigint;
    e telemetry_private.delivery;
    v record;
    scope text := 'message';
    goes_down boolean := false;
    answers boolean := true;
    place integer;
begin
    outcome := 'stale';
    if is_exception then
        select x.* into e from telemetry.deliveries x where x.number = substr(parts[2], 2)::bigint and x.destination = d.name and x.status in ('retrying', 'parked') and x.next_attempt_at <= at_time for update;
        if not found then
            return;
        end if;
        events := greatest(e.events, 1);
        failed := e.attempts;
    else
        after := parts[2]::bigint;
        last := parts[3]::bigint;
        events := parts[4]::integer;
        failed := s.failures;
        -- Neither settled before, nor cut anew since.
        if s.last_id is null or s.out_rows <= 0
            or (case when is_sink then s.position <> after or s.ends[1] is distinct from last
                     when d.ordering = 'strict' then s.position <> after or last > s.last_id
                     else last <= s.position or last > s.last_id or last = any (s.done_ids) end) then
            -- Parked meanwhile, behind one with its key that failed: it is not out any more.
            if error = 'unsent' and d.ordering = 'by_key' and s.out_rows > 0 and last = any (s.done_ids) then
                outcome := 'released';
                s.out_rows := s.out_rows - 1;
                if s.out_rows <= 0 and s.out_messages <= 0 then
                    s := telemetry_private.without_lease(s);
                end if;
            end if;
            return;
        end if;
    end if;
    if error is null and status_code between 200 and 299 then
        outcome := 'delivered';
        place := 1;
    else
        select j.* into v
          from telemetry_private.settlement(status_code, error, retry_after_seconds, events, is_final, is_keyed, s.has_succeeded, s.status = 'down', failed,
                   array(select extract(epoch from w)::double precision from unnest(d.retry_after) w)) j;
        if v.outcome = 'split' then
            middle := telemetry_private.middle_of(d, coalesce(e.after_id, after), coalesce(e.last_id, last), v.first_half);
        end if;
        outcome := v.outcome;
        scope := v.scope;
        goes_down := v.goes_down;
        answers := v.answers;
        place := array_position('{delivered,events,retry,split,dead,down}', outcome);
        word := coalesce(error, case when status_code between 300 and 399 then 'redirected' else 'status' end);
        wait := v.wait_seconds * (1 + random() * telemetry_private.setting('telemetry.retry_jitter')::integer / 100.0) * interval '1 second';
    end if;
    s.out_rows := s.out_rows - (not is_exception)::integer;
    s.out_messages := s.out_messages - is_exception::integer;
    s.leased_until := at_time + interval '60 seconds';
    if place is not null then
        s.counts[place] := s.counts[place] + 1;
    end if;
    if outcome not in ('delivered', 'released') then
        s.last_status_code := status_code;
        s.last_error := word;
    end if;

    -- The receiver is there.
    if answers and s.status = 'down' then
        s.status := 'active';
        update telemetry.deliveries x set attempts = 0 where x.destination = d.name and x.status = 'retrying' and x.attempts > 0 and x.number is distinct from e.number;
    end if;
    if outcome = 'delivered' then
        s.counts[2] := s.counts[2] + events;
        s.last_success_at := at_time;
        s.has_succeeded := true;
        if s.failures > 0 or s.failing_since is not null then
            s.failures := 0;
            s.failing_since := null;
            s.next_attempt_at := null;
        end if;
    end if;

    -- The message.
    if is_exception then
        if outcome = 'split' and middle is not null then
            update telemetry.deliveries x
               set last_id = middle, events = v.first_half, delivery_id = telemetry_private.halves_id(d, e.after_id, middle, v.first_half), attempts = 0, next_attempt_at = at_time
             where x.number = e.number;
            insert into telemetry.deliveries (destination, delivery_id, after_id, last_id, events, status, made_at, first_attempt_at, next_attempt_at, requeued_at)
                values (d.name, telemetry_private.halves_id(d, middle, e.last_id, e.events - v.first_half), middle, e.last_id, e.events - v.first_half, 'retrying', e.made_at, e.first_attempt_at, at_time, e.requeued_at);
        elsif outcome in ('delivered', 'retry', 'split', 'dead') then
            update telemetry.deliveries x
               set status = case outcome when 'delivered' then 'delivered' when 'retry' then 'retrying' else 'dead' end,
                   body = case outcome when 'delivered' then null else x.body end,
                   attempts = x.attempts + 1,
                   first_attempt_at = coalesce(x.first_attempt_at, at_time),
                   next_attempt_at = case outcome when 'retry' then at_time + wait end,
                   ended_at = case when outcome <> 'retry' then at_time end,
                   last_status_code = settle_one.status_code,
                   last_error = word
             where x.number = e.number;
        end if;
    elsif outcome = 'delivered' then
        s := telemetry_private.moved_past(d, s, array[last]);
    elsif outcome = 'split' and middle is not null then
        s.ends := middle || s.ends;
        s.failures := 0;
        s.next_attempt_at := null;
    elsif outcome in ('dead', 'split') then
        insert into telemetry.deliveries (destination, delivery_id, after_id, last_id, events, status, attempts, made_at, first_attempt_at, last_status_code, last_error, ended_at)
            values (d.name, telemetry_private.halves_id(d, after, last, events), case when events = 1 then last - 1 else after end, last, events, 'dead', s.failures + 1, s.made_at, s.made_at, status_code, word, at_time);
        s := telemetry_private.moved_past(d, s, array[last]);
        s.failures := 0;
        s.next_attempt_at := null;
    elsif outcome = 'retry' and scope = 'message' then
        s := telemetry_private.moved_past(d, s, telemetry_private.set_aside(d, s, last, at_time + wait, at_time, status_code, word));
    end if;

    -- The destination. What failed together, because it was out together, is one failure.
    if scope = 'destination' then
        s.failing_since := coalesce(s.failing_since, at_time);
        if not (outcome = 'retry' and is_keyed and s.failures > 0 and s.next_attempt_at > at_time) then
            s.failures := s.failures + (outcome = 'retry')::integer;
            s.next_attempt_at := at_time + wait;
        end if;
    end if;
    if goes_down and s.status <> 'paused' then
        s.status := 'down';
    end if;
    -- Behind what failed nothing that has to keep its order is sent.
    if goes_down or outcome <> 'delivered' and not is_keyed then
        s.out_rows := 0;
    end if;
    if s.out_rows <= 0 and s.out_messages <= 0 then
        s := telemetry_private.without_lease(s);
    end if;
end
$$;

-- The identity of a delivery of the log: of one event its own, whatever it was cut out of.
create function telemetry_private.halves_id(d telemetry_private.destination, after_id bigint, last_id bigint, events integer)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select case when d.kind = 'webhook' then (select 'evt_' || max(o.event_id::text) from telemetry_private.outbound_events(d, halves_id.last_id - 1, halves_id.last_id) o)
                else telemetry_private.batch_id(d.name, halves_id.after_id, halves_id.last_id) end
$$;

create function telemetry_private.settle_deliveries(worker text, results jsonb)
returns table (ticket text, outcome text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    at_time constant timestamptz := telemetry_private.outbound_clock();
    most constant integer := 10000;
    d telemetry_private.destination;
    s telemetry_private.destination_state;
    at_once telemetry_private.destination_state;
    given record;
    settled record;
    tickets text[];
    outcomes text[];
    destination_name text;
begin
    if worker is null or results is null then
        raise exception 'worker and results must not be null'
            using errcode = '22004', hint = 'For example: telemetry.settle_deliveries(''host 1 4711'', ''[{"ticket": "crm:0:1:1", "status_code": 200}]'').';
    end if;
    if jsonb_typeof(results) <> 'array' or jsonb_array_length(results) > most or jsonb_path_exists(results, '$[*] ? (@.type() != "object")') then
        raise exception 'results must be an array of at most % objects', most using errcode = '22023', hint = 'Each has a ticket, and a status_code or an error.';
    end if;
    begin
        tickets := array(select r.value ->> 'ticket' from jsonb_array_elements(results) with ordinality r (value, n) order by r.n);
        perform from jsonb_to_recordset(results) r (ticket text, status_code integer, error text, retry_after_seconds integer)
          where r.status_code + r.retry_after_seconds is null;
    exception
        when data_exception then
            raise exception 'status_code and retry_after_seconds are whole numbers' using errcode = '22023', hint = 'For example: {"ticket": "crm:0:1:1", "status_code": 200}.';
    end;
    if exists (select from unnest(tickets) t where t is null or t !~ '^[a-z][a-z0-9_]{0,62}:(d[0-9]{1,18}|[0-9]{1,18}:[0-9]{1,18}:[0-9]{1,9})$') then
        raise exception 'there is no such ticket' using errcode = '22023', hint = 'Give it as claim_deliveries() gave it.';
    end if;
    outcomes := array_fill('stale'::text, array[cardinality(tickets)]);
    -- Always in one order, so that two couriers do not wait for each other.
    for destination_name in select distinct split_part(t, ':', 1) from unnest(tickets) t order by 1 loop
        select k.* into s from telemetry.destination_states k where k.destination = destination_name for update;
        select k.* into d from telemetry.destinations k where k.name = destination_name;
        continue when s.leased_by is distinct from worker or d.name is null;
        s := telemetry_private.counting_hour(s, at_time);
        at_once := telemetry_private.settle_delivered(d, s, results, at_time);
        if at_once.destination is not null then
            s := at_once;
            outcomes := array(select case when split_part(o.ticket, ':', 1) = destination_name then 'delivered' else o.outcome end
                                from unnest(tickets, outcomes) with ordinality o (ticket, outcome, n) order by o.n);
        else
            for given in
                select r.n, r.value ->> 'ticket' as ticket, (r.value ->> 'status_code')::integer as status_code, r.value ->> 'error' as error, (r.value ->> 'retry_after_seconds')::integer as retry_after_seconds
                  from jsonb_array_elements(results) with ordinality r (value, n)
                 where split_part(r.value ->> 'ticket', ':', 1) = destination_name
                 order by r.n
            loop
                exit when s.leased_by is null;
                settled := telemetry_private.settle_one(d, s, given.ticket, given.status_code, given.error, given.retry_after_seconds, at_time);
                s := settled.s;
                outcomes[given.n] := settled.outcome;
            end loop;
        end if;
        update telemetry.destination_states t
           set (position, last_id, ends, done_ids, window_events, leased_by, leased_until, out_rows, out_messages, has_succeeded, failures, next_attempt_at, status, failing_since, last_status_code, last_error, last_success_at, counted_hour, counts)
             = (s.position, s.last_id, s.ends, s.done_ids, s.window_events, s.leased_by, s.leased_until, s.out_rows, s.out_messages, s.has_succeeded, s.failures, s.next_attempt_at, s.status, s.failing_since, s.last_status_code, s.last_error, s.last_success_at, s.counted_hour, s.counts)
         where t.destination = destination_name;
    end loop;
    return query select * from unnest(tickets, outcomes);
end
$$;

create function telemetry.settle_deliveries(worker text, results jsonb)
returns table (ticket text, outcome text)
language sql
begin atomic
    select * from telemetry_private.settle_deliveries(worker, results);
end;

create function telemetry.settle_delivery(ticket text, worker text, status_code integer default null, error text default null, retry_after_seconds integer default null)
returns text
language sql
begin atomic
    select r.outcome from telemetry_private.settle_deliveries(worker,
        jsonb_build_array(jsonb_build_object('ticket', ticket, 'status_code', status_code, 'error', error, 'retry_after_seconds', retry_after_seconds))) r;
end;

comment on function telemetry.settle_deliveries is
'Tells what became of deliveries that claim_deliveries() gave, many at the price of one.

Arguments
  worker   the name under which they were claimed
  results  an array of objects with ticket, status_code, error and retry_after_seconds as of
           settle_delivery(), in the order in which they were claimed
Columns
  ticket   as given
  outcome  as of settle_delivery()
Errors
  22004  worker or results is NULL
  22023  no array of objects, more than 10000 of them, or what settle_delivery() raises
Notes
  There is one row per result, in their order.
  Settle at least every 20 seconds while rows are out: it renews the lease.';
comment on function telemetry.settle_delivery is
'Tells what became of a delivery that claim_deliveries() gave, and answers what happens next.

Arguments
  ticket               as claim_deliveries() gave it
  worker               the name under which it was claimed
  status_code          the HTTP status, 100 to 599
  error                where there was none: connect, tls, timeout, reset, redirected,
                       blocked_address, too_large, no_secret, rejected; or unsent: it is given back
  retry_after_seconds  what Retry-After said; it lengthens the wait, to 6 hours at most
Returns
  delivered; retry: it comes again by the schedule; split: the batch comes again as two halves;
    dead: it is a dead letter; down: the destination is, and is asked every 6 hours whether it is
    there; released: it was unsent; stale: another worker has it, or it was settled before
Errors
  22004  worker is NULL
  22023  an unknown ticket, error or status_code; both or none of the two
Notes
  2xx delivers. 400, 413 and 422 are about the message: a batch is halved until the event is found
    that the receiver refuses, and that alone is a dead letter; a webhook''s is tried again by the
    schedule first. Everything else may be about any message, so the destination waits by the
    schedule. After the last retry one message is a dead letter and the destination is down, and no
    further message is spent. 410 means down at once.';
