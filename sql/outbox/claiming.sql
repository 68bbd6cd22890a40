-- A courier claims what is due. Each destination is handed to one worker at a time, under a lease; the bounds of batches are
-- written down before they are handed out, so that another attempt is the same request, byte for byte.

create function telemetry_private.claimed_row(d telemetry_private.destination, ticket text, delivery_id text, order_key text, body text, failures integer, is_requeued boolean, leased_until timestamptz)
returns table (ticket text, delivery_id text, destination text, kind text, url text, secret_name text, order_key text,
               headers jsonb, body text, attempt integer, timeout_seconds integer, leased_until timestamptz)
language sql
immutable
begin atomic
    select ticket, delivery_id, d.name, d.kind, d.url, d.secret_name, order_key,
           jsonb_build_object('content-type', 'application/json', 'webhook-id', delivery_id) || case when is_requeued then '{"telemetry-requeued": "1"}' else '{}' end::jsonb,
           body, failures + 1, d.timeout_seconds, leased_until;
end;

-- Writes down which events of a range are too large for their destination: they are dead letters that nobody tried to send.
-- Returns their ids.
create function telemetry_private.bury_too_large(d telemetry_private.destination, after_id bigint, until_id bigint, at_time timestamptz)
returns bigint[]
language sql
set search_path = pg_catalog, pg_temp
as $$
    with dead as (
        insert into telemetry.deliveries (destination, delivery_id, after_id, last_id, events, status, made_at, ended_at, last_error)
        select d.name, 'evt_' || o.event_id, o.ingest_id - 1, o.ingest_id, 1, 'dead', at_time, at_time, 'too_large'
          from telemetry_private.outbound_events(d, bury_too_large.after_id, until_id) o
         where octet_length(o.body) > telemetry_private.largest_event(d)
           and not exists (select from telemetry.deliveries k where k.destination = d.name and k.status = 'dead' and k.last_error = 'too_large' and k.last_id = o.ingest_id)
        returning last_id)
    select coalesce(array_agg(dead.last_id), '{}') from dead
$$;

-- Moves the window of a destination whose events go out one by one: cuts a new one where there is none, and takes out
-- what has to wait for an earlier event with its key. Returns the state as it is then, and the events of the window that are not
-- settled.
create function telemetry_private.cut_window(d telemetry_private.destination, inout s telemetry_private.destination_state, frontier bigint, most integer, at_time timestamptz,
                                             out rows telemetry_private.outbound_event[])
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    parked bigint[];
begin
    for round in 1..20 loop
        if s.last_id is null then
            rows := array(select n from telemetry_private.next_events(d, s.position, frontier, least(most, d.batch_rows)) n);
            if rows[1].body is null then
                s.position := coalesce(rows[1].ingest_id, s.position);
                rows := '{}';
                return;
            end if;
            s.window_events := cardinality(rows);
            s.last_id := rows[s.window_events].ingest_id;
            s.made_at := at_time;
        else
            rows := array(select o from telemetry_private.outbound_events(d, s.position, s.last_id) o where o.ingest_id <> all (s.done_ids));
        end if;
        if d.ordering = 'by_key' and exists (select from telemetry.deliveries k where k.destination = d.name and k.status in ('retrying', 'parked') and k.order_key is not null) then
            with parked as (
                insert into telemetry.deliveries (destination, delivery_id, after_id, last_id, events, order_key, status, made_at, next_attempt_at)
                select d.name, 'evt_' || o.event_id, o.ingest_id - 1, o.ingest_id, 1, o.order_key, 'parked', at_time, at_time
                  from unnest(rows) o
                 where o.order_key is not null
                   and exists (select from telemetry.deliveries k where k.destination = d.name and k.order_key = o.order_key and k.status in ('retrying', 'parked'))
                 order by o.ingest_id
                returning last_id)
            select coalesce(array_agg(p.last_id), '{}') into parked from parked p;
            s.done_ids := s.done_ids || parked;
            rows := array(select o from unnest(rows) o where o.ingest_id <> all (parked));
        end if;
        exit when cardinality(s.done_ids) < s.window_events;
        s.position := s.last_id;
        s.last_id := null;
        s.done_ids := '{}';
        s.window_events := 0;
        rows := '{}';
    end loop;
end
$$;

-- Whether something waits for itself that is due, and first of its key.
create function telemetry_private.has_messages_due(destination text, at_time timestamptz)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select from telemetry.deliveries x
         where x.destination = has_messages_due.destination and x.status in ('retrying', 'parked') and x.next_attempt_at <= at_time
           and not exists (select from telemetry.deliveries y
                            where y.destination = x.destination and y.order_key = x.order_key and y.number < x.number and y.status in ('retrying', 'parked')))
$$;

-- Claims what is due of one destination, whose state the caller has locked.
create function telemetry_private.claim_of(d telemetry_private.destination, s telemetry_private.destination_state, worker text, frontier bigint, most integer, at_time timestamptz)
returns table (ticket text, delivery_id text, destination text, kind text, url text, secret_name text, order_key text,
               headers jsonb, body text, attempt integer, timeout_seconds integer, leased_until timestamptz)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    most_parked constant integer := 10000;
    most_batches constant integer := 8;
    until_time constant timestamptz := at_time + interval '60 seconds';
    is_sink constant boolean := d.kind in ('posthog', 'segment');
    was constant telemetry_private.destination_state := s;
    -- A destination that is down is asked with one request whether it is there.
    wanted integer := case when s.status = 'down' then 1 when d.max_per_second is null then most else least(most, greatest(ceil(d.max_per_second), 1)::integer) end;
    largest constant integer := telemetry_private.largest_event(d);
    sent_events bigint := 0;
    rows_out integer := 0;
    of_the_log integer;
    content text;
    too_large bigint[];
    batch record;
    cut record;
    bound bigint;
    after bigint;
    e record;
begin
    if d.sends = 'events' then
        s := telemetry_private.marked(s);
    end if;
    -- Who claims little at a time would never get to what waits for itself, where there is always something of the log.
    if wanted <= 4 and s.status = 'active' and s.failures = 0 and s.counts[1] % 4 = 3 and telemetry_private.has_messages_due(d.name, at_time) then
        null;
    elsif d.sends = 'events' and is_sink then
        after := s.position;
        -- What was cut before goes out as it was cut.
        foreach bound in array s.ends loop
            exit when rows_out >= wanted;
            batch := telemetry_private.batch_body(d, after, bound, s.made_at);
            if batch.events > 0 then
                return query select * from telemetry_private.claimed_row(d, concat_ws(':', d.name, after, bound, batch.events), telemetry_private.batch_id(d.name, after, bound), '', batch.body, s.failures, false, until_time);
                rows_out := rows_out + 1;
                sent_events := sent_events + batch.events;
                after := bound;
            elsif rows_out = 0 then
                -- Its events are not in the log any more.
                s.position := bound;
                s.ends := s.ends[2:];
                after := bound;
            else
                exit;
            end if;
        end loop;
        if s.ends = '{}' then
            s.last_id := null;
            while rows_out = 0 and after < frontier loop
                for batch in select * from telemetry_private.next_batches(d, after, frontier, least(wanted, most_batches), at_time) loop
                    if batch.too_large <> '{}' then
                        s.counts[5] := s.counts[5] + cardinality(telemetry_private.bury_too_large(d, after, batch.reached, at_time));
                    end if;
                    if batch.events > 0 then
                        return query select * from telemetry_private.claimed_row(d, concat_ws(':', d.name, after, batch.reached, batch.events),
                            telemetry_private.batch_id(d.name, after, batch.reached), '', batch.body, s.failures, false, until_time);
                        rows_out := rows_out + 1;
                        sent_events := sent_events + batch.events;
                        s.ends := s.ends || batch.reached;
                        s.made_at := at_time;
                    else
                        s.position := batch.reached;
                    end if;
                    after := batch.reached;
                end loop;
                exit when batch.too_large = '{}';
            end loop;
            s.last_id := s.ends[cardinality(s.ends)];
        end if;
    elsif d.sends = 'events' then
        cut := telemetry_private.cut_window(d, s, frontier, wanted, at_time);
        s := cut.s;
        if s.last_id is not null then
            return query
                select c.*
                  from (select o.*, lag(o.ingest_id, 1, s.position) over (order by o.ingest_id) as after_id
                          from unnest(cut.rows) o
                         where octet_length(o.body) <= largest) o,
                       lateral telemetry_private.claimed_row(d, concat_ws(':', d.name, o.after_id, o.ingest_id, 1), 'evt_' || o.event_id,
                           case d.ordering when 'strict' then '' when 'by_key' then o.order_key end, o.body, s.failures, false, until_time) c
                 order by o.ingest_id
                 limit wanted;
            get diagnostics rows_out = row_count;
            sent_events := rows_out;
            -- Some are too large, or not in the log any more.
            if rows_out < least(wanted, s.window_events - cardinality(s.done_ids)) then
                too_large := telemetry_private.bury_too_large(d, s.position, s.last_id, at_time);
                s.counts[5] := s.counts[5] + cardinality(too_large);
                s.done_ids := s.done_ids || too_large;
                s.window_events := cardinality(s.done_ids) + rows_out;
            end if;
            if rows_out = 0 then
                s.position := s.last_id;
                s.last_id := null;
                s.done_ids := '{}';
                s.window_events := 0;
            end if;
        end if;
    end if;
    of_the_log := rows_out;
    -- What waits for itself does not go out while the destination fails, or an outage would spend it.
    if rows_out < wanted and (rows_out = 0 or s.failures = 0) then
        for e in
            select x.*
              from telemetry.deliveries x
             where x.destination = d.name and x.status in ('retrying', 'parked') and x.next_attempt_at <= at_time
               and not exists (select from telemetry.deliveries y
                                where y.destination = x.destination and y.order_key = x.order_key and y.number < x.number and y.status in ('retrying', 'parked'))
             order by x.next_attempt_at, x.number
             limit wanted - rows_out
        loop
            content := e.body;
            if content is null then
                batch := telemetry_private.batch_body(d, e.after_id, e.last_id, e.made_at);
                if batch.events is distinct from e.events then
                    update telemetry.deliveries x set status = 'dead', last_error = case x.last_error when 'too_large' then 'too_large' else 'gone' end, ended_at = at_time where x.number = e.number;
                    s.counts[5] := s.counts[5] + 1;
                    continue;
                end if;
                content := batch.body;
            end if;
            return query select * from telemetry_private.claimed_row(d, concat_ws(':', d.name, 'd' || e.number), e.delivery_id, e.order_key, content, e.attempts, e.requeued_at is not null, until_time);
            rows_out := rows_out + 1;
            sent_events := sent_events + greatest(e.events, 1);
        end loop;
    end if;
    if d.ordering = 'by_key' and s.status = 'active'
        and (select count(*) from telemetry.deliveries x where x.destination = d.name and x.status = 'parked') > most_parked then
        s.status := 'down';
        s.failing_since := coalesce(s.failing_since, at_time);
    end if;
    if rows_out > 0 then
        if s.last_id is null then
            s.made_at := at_time;
        end if;
        s.leased_by := worker;
        s.leased_until := until_time;
        s.out_rows := of_the_log;
        s.out_messages := rows_out - of_the_log;
        -- What the receiver took of a window speaks for it as long as the rest of that window is tried.
        s.has_succeeded := s.has_succeeded and s.last_id is not null and s.last_id is not distinct from was.last_id;
        s.next_attempt_at := at_time + sent_events / d.max_per_second * interval '1 second';
    end if;
    if s is distinct from was then
        update telemetry.destination_states t
           set (position, last_id, ends, done_ids, window_events, made_at, leased_by, leased_until, out_rows, out_messages, has_succeeded, next_attempt_at, status, failing_since, counts, drawn_since, mark_id, mark_at)
             = (s.position, s.last_id, s.ends, s.done_ids, s.window_events, s.made_at, s.leased_by, s.leased_until, s.out_rows, s.out_messages, s.has_succeeded, s.next_attempt_at, s.status, s.failing_since, s.counts, s.drawn_since, s.mark_id, s.mark_at)
         where t.destination = d.name;
    end if;
end
$$;

create function telemetry_private.claim_deliveries(worker text, most integer, kinds text[])
returns table (ticket text, delivery_id text, destination text, kind text, url text, secret_name text, order_key text,
               headers jsonb, body text, attempt integer, timeout_seconds integer, leased_until timestamptz)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set max_parallel_workers_per_gather = 0 -- a few rows of a narrow range: to start workers takes longer, whatever the planner thinks of a log without statistics
as $$
#variable_conflict use_column
declare
    at_time constant timestamptz := telemetry_private.outbound_clock();
    known bigint;
    frontier bigint;
    rest integer := coalesce(most, 1000);
    more integer;
    d telemetry_private.destination;
    s telemetry_private.destination_state;
begin
    if worker is null then
        raise exception 'worker must not be null' using errcode = '22004', hint = 'Give a name of this run of the courier: host, process id and time of start.';
    end if;
    if worker = '' or octet_length(worker) > 200 then
        raise exception 'worker must have 1 to 200 bytes' using errcode = '22023', hint = 'Give a name of this run of the courier: host, process id and time of start.';
    end if;
    if rest not between 1 and 10000 then
        raise exception 'most must be between 1 and 10000' using errcode = '22023', hint = 'Claim again for more.';
    end if;
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'deliveries cannot be claimed in a transaction that keeps its snapshot' using errcode = '25001', hint = 'Call it under READ COMMITTED, as a statement of its own.';
    end if;
    known := coalesce((select f.safe_until from telemetry.outbound_frontier f where f.name = 'outbound'), 0);
    frontier := telemetry_private.frontier();
    perform telemetry_private.notify_outbound(known, frontier, at_time);
    if kinds is null or 'alertmanager' = any (kinds) then
        perform telemetry_private.post_alerts(at_time);
    end if;
    for s in
        select t.*
          from telemetry.destination_states t
          join telemetry.destinations k on k.name = t.destination and (kinds is null or k.kind = any (kinds))
         where t.status <> 'paused'
           and (t.next_attempt_at is null or t.next_attempt_at <= at_time)
           and (t.leased_until is null or t.leased_until <= at_time)
           and (t.last_id is not null or t.position < frontier and k.sends = 'events'
                or exists (select from telemetry.deliveries x where x.destination = t.destination and x.status in ('retrying', 'parked') and x.next_attempt_at <= at_time))
         -- Whoever has waited longest, so that one with much to send leaves something to the others.
         order by t.made_at nulls first, t.destination
           for update of t skip locked
    loop
        exit when rest <= 0;
        select k.* into d from telemetry.destinations k where k.name = s.destination;
        continue when not found;
        return query select c.* from telemetry_private.claim_of(d, s, worker, frontier, rest, at_time) c;
        get diagnostics more = row_count;
        rest := rest - more;
    end loop;
end
$$;

create function telemetry.claim_deliveries(worker text, most integer default null, kinds text[] default null)
returns table (ticket text, delivery_id text, destination text, kind text, url text, secret_name text, order_key text,
               headers jsonb, body text, attempt integer, timeout_seconds integer, leased_until timestamptz)
language sql
begin atomic
    select * from telemetry_private.claim_deliveries(worker, most, kinds);
end;

comment on function telemetry.claim_deliveries is
'Hands out what is due at the destinations, for a courier to send, under a lease of 60 seconds.

Arguments
  worker  a name of this run of the courier, at most 200 bytes, that no other process uses
  most    how many rows are returned at most, 1 to 10000; default 1000
  kinds   the kinds of destinations that the courier serves; default all
Columns
  ticket           what settle_delivery() takes
  delivery_id      the identity of the message, the same at every attempt
  destination      the name of the destination
  kind             webhook, posthog, segment, slack, email or alertmanager
  url              where to send it by POST, or the mail server
  secret_name      the name of the secret; NULL: none
  order_key        rows of a destination with the same key are sent one after the other, and none
                   after one that failed; NULL: at once
  headers          an object of texts, to send as they are
  body             the bytes to send, in UTF-8
  attempt          1 at the first attempt
  timeout_seconds  how long to wait for the answer
  leased_until     until then nobody else gets these rows
Errors
  22004  no worker
  22023  a worker or most out of range
  25001  the transaction is REPEATABLE READ or SERIALIZABLE
Notes
  docs/outbound.md says what a courier does, and what it adds to each kind.
  A destination goes to one worker at a time, and to nobody again until all its rows are settled,
    one failed or the lease ran out. There are no rows where nothing is due.
  Events go out once no running transaction can add one before them.';
