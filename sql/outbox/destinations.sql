-- A destination is a position in the log, and a definition of what is sent from there on: the log itself is the queue, so
-- that nothing is stored for each message. Rows are written for exceptions alone: what waits for another attempt, what is a
-- dead letter. Twin: src/outbox/filters.rs.

-- Rows of the three tables, under types of their own: functions that take or return one are there before the tables are.
create type telemetry_private.destination as (
    name             text,
    kind             text,
    url              text,
    secret_name      text,
    sender           text,
    recipients       text[],
    sends            text,
    events           text[],
    filter           jsonb,
    test             jsonb,
    tenant_id        uuid,
    keys             text[],
    thin             boolean,
    ordering         text,
    order_key        text,
    batch_rows       integer,
    batch_bytes      integer,
    max_per_second   double precision,
    timeout_seconds  integer,
    retry_after      interval[],
    wakes            boolean,
    severities       text[],
    group_within     interval,
    digest_at        text,
    tz               text,
    description      text,
    created_at       timestamptz,
    updated_at       timestamptz
);

create type telemetry_private.destination_state as (
    destination      text,
    "position"       bigint,
    last_id          bigint,
    ends             bigint[],
    done_ids         bigint[],
    window_events    integer,
    made_at          timestamptz,
    leased_by        text,
    leased_until     timestamptz,
    out_rows         integer,
    out_messages     integer,
    has_succeeded    boolean,
    failures         integer,
    next_attempt_at  timestamptz,
    status           text,
    failing_since    timestamptz,
    last_status_code integer,
    last_error       text,
    last_success_at  timestamptz,
    counted_hour     timestamptz,
    counts           bigint[],
    drawn_since      timestamptz,
    mark_id          bigint,
    mark_at          timestamptz
);

create type telemetry_private.delivery as (
    number           bigint,
    destination      text,
    delivery_id      text,
    after_id         bigint,
    last_id          bigint,
    events           integer,
    body             text,
    content          uuid,
    idempotency_key  text,
    order_key        text,
    status           text,
    attempts         integer,
    made_at          timestamptz,
    first_attempt_at timestamptz,
    next_attempt_at  timestamptz,
    last_status_code integer,
    last_error       text,
    requeued_at      timestamptz,
    ended_at         timestamptz
);

create function telemetry_private.init_destinations()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    target text;
begin
    if to_regclass('telemetry.destinations') is null then
        create table telemetry.destinations (
            name            text collate "C" primary key,
            kind            text collate "C" not null,
            url             text not null,
            secret_name     text collate "C",
            sender          text,
            recipients      text[],
            sends           text collate "C" not null default 'events',
            events          text[] collate "C",
            filter          jsonb,
            test            jsonb,
            tenant_id       uuid,
            keys            text[] collate "C",
            thin            boolean not null default false,
            ordering        text collate "C" not null default 'strict',
            order_key       text collate "C",
            batch_rows      integer not null,
            batch_bytes     integer not null,
            max_per_second  double precision,
            timeout_seconds integer not null default 15,
            retry_after     interval[] not null default '{00:01,00:05,00:15,01:00,06:00}',
            wakes           boolean not null default false,
            severities      text[] collate "C",
            group_within    interval not null default '30 seconds',
            digest_at       text not null default '09:00',
            tz              text not null default 'UTC',
            description     text,
            created_at      timestamptz not null default now(),
            updated_at      timestamptz not null default now(),
            constraint name_is_snake_case check (name ~ '^[a-z][a-z0-9_]*$' and octet_length(name) <= 63),
            constraint kind_is_known check (kind in ('webhook', 'posthog', 'segment', 'slack', 'email', 'alertmanager')),
            constraint sends_is_known check (sends in ('events', 'messages', 'alerts')),
            constraint ordering_is_known check (ordering in ('strict', 'by_key', 'none')),
            constraint order_key_is_known check (order_key in ('user', 'session', 'subject', 'tenant'))
        );
        comment on table telemetry.destinations is 'Where events and alerts are sent. Change it with telemetry.register_destination() and drop_destination(); see how it goes with destination_status().';
        comment on column telemetry.destinations.kind is 'The form of what is sent: webhook, posthog or segment, or for alerts slack, email or alertmanager.';
        comment on column telemetry.destinations.secret_name is 'The name by which the courier knows the secret. The secret itself is never in the database.';
        comment on column telemetry.destinations.sender is 'The address that its mail is from.';
        comment on column telemetry.destinations.recipients is 'The addresses that its mail goes to.';
        comment on column telemetry.destinations.sends is 'events: those of the log, and messages of enqueue(); messages: those alone; alerts: what alerts tell people.';
        comment on column telemetry.destinations.severities is 'Of which alerts it is told; NULL: of all.';
        comment on column telemetry.destinations.digest_at is 'At which local time of tz it is told what happened the day before; none: never.';
        comment on column telemetry.destinations.test is 'The filter as it is asked of each payload.';
        comment on column telemetry.destinations.tenant_id is 'The tenant whose events it gets; NULL: those of every tenant.';
        comment on column telemetry.destinations.keys is 'The payload keys that are sent; NULL: all.';
        comment on column telemetry.destinations.batch_rows is 'How many events are in one request at most; of a webhook, how many are handed out at once.';
        comment on column telemetry.destinations.batch_bytes is 'How large a body is at most.';
    end if;
    if to_regclass('telemetry.destination_states') is null then
        create table telemetry.destination_states (
            destination      text collate "C" primary key,
            position         bigint not null,
            last_id          bigint,
            ends             bigint[] not null default '{}',
            done_ids         bigint[] not null default '{}',
            window_events    integer not null default 0,
            made_at          timestamptz,
            leased_by        text,
            leased_until     timestamptz,
            out_rows         integer not null default 0,
            out_messages     integer not null default 0,
            has_succeeded    boolean not null default false,
            failures         integer not null default 0,
            next_attempt_at  timestamptz,
            status           text collate "C" not null default 'active',
            failing_since    timestamptz,
            last_status_code integer,
            last_error       text collate "C",
            last_success_at  timestamptz,
            counted_hour     timestamptz,
            counts           bigint[] not null default '{0,0,0,0,0,0}',
            drawn_since      timestamptz,
            mark_id          bigint,
            mark_at          timestamptz,
            constraint status_is_known check (status in ('active', 'down', 'paused')),
            constraint the_window_is_ahead check (last_id >= position)
        ) with (fillfactor = 50);
        comment on table telemetry.destination_states is 'How far each destination has come, one row each. Read it by telemetry.destination_status().';
        comment on column telemetry.destination_states.position is 'Every event up to this ingest_id is delivered, a row of telemetry.deliveries, or not for this destination.';
        comment on column telemetry.destination_states.last_id is 'Up to which event deliveries are cut that are not all settled yet.';
        comment on column telemetry.destination_states.ends is 'Where the batches of those end: they are the same ones after a crash.';
        comment on column telemetry.destination_states.made_at is 'When those were cut, or something else was handed out.';
        comment on column telemetry.destination_states.done_ids is 'Which of those are settled, where others may go on before one.';
        comment on column telemetry.destination_states.out_rows is 'How many deliveries of the log are out that the lease is for; out_messages: how many others.';
        comment on column telemetry.destination_states.counts is 'Of counted_hour: delivered, events in them, retry, split, dead, down. Earlier hours are in telemetry.delivery_hours.';
        comment on column telemetry.destination_states.drawn_since is 'Every ingest_id above the position was drawn after this time; NULL where nobody knows.';
        comment on column telemetry.destination_states.mark_id is 'Every ingest_id above this one was drawn after mark_at, which becomes drawn_since when the position has come here.';
    end if;
    if to_regclass('telemetry.deliveries') is null then
        create table telemetry.deliveries (
            number           bigint generated by default as identity primary key,
            destination      text collate "C" not null,
            delivery_id      text collate "C" not null,
            after_id         bigint,
            last_id          bigint,
            events           integer not null default 0,
            body             text,
            content          uuid,
            idempotency_key  text collate "C",
            order_key        text collate "C",
            status           text collate "C" not null,
            attempts         integer not null default 0,
            made_at          timestamptz not null,
            first_attempt_at timestamptz,
            next_attempt_at  timestamptz,
            last_status_code integer,
            last_error       text collate "C",
            requeued_at      timestamptz,
            ended_at         timestamptz,
            constraint status_is_known check (status in ('retrying', 'parked', 'dead', 'delivered'))
        );
        create index deliveries_due on telemetry.deliveries (destination, next_attempt_at) where status in ('retrying', 'parked');
        create index deliveries_by_key on telemetry.deliveries (destination, order_key, number) where status in ('retrying', 'parked') and order_key is not null;
        create index deliveries_dead on telemetry.deliveries (destination, number) where status = 'dead';
        create unique index deliveries_once on telemetry.deliveries (destination, idempotency_key) where idempotency_key is not null;
        comment on table telemetry.deliveries is 'Deliveries that are exceptions: those that wait for another attempt, dead letters, and messages of enqueue(). What is delivered at once has no row here.';
        comment on column telemetry.deliveries.delivery_id is 'The identity of the message, the same at every attempt: its header webhook-id.';
        comment on column telemetry.deliveries.after_id is 'It consists of the events above this ingest_id, up to last_id. NULL: of none, it has a body.';
        comment on column telemetry.deliveries.content is 'What tells the body from others under the same idempotency_key, once the body is gone.';
        comment on column telemetry.deliveries.status is 'retrying; parked: it waits for an earlier one with its order_key; dead: a dead letter; delivered.';
        comment on column telemetry.deliveries.last_error is 'Why the last attempt failed, a word of a closed list; status: see last_status_code. No response is ever kept.';
    end if;
    if to_regclass('telemetry.delivery_hours') is null then
        create table telemetry.delivery_hours (
            destination text collate "C" not null,
            hour        timestamptz not null,
            counts      bigint[] not null,
            primary key (destination, hour)
        );
        comment on table telemetry.delivery_hours is 'What became of deliveries in past hours. Read it by the view telemetry.delivery_counts.';
    end if;
    -- A tenant sees its own destinations. Whoever sees the whole log sees all.
    foreach target in array '{destinations,destination_states,deliveries,delivery_hours}'::text[] loop
        perform telemetry_private.set_row_security(format('telemetry.%I', target)::regclass);
        if not exists (select from pg_policy p where p.polrelid = format('telemetry.%I', target)::regclass and p.polname = 'tenant_sees_own_destinations') then
            execute format('create policy tenant_sees_own_destinations on telemetry.%I for select using (%s)', target,
                case target when 'destinations' then '(select telemetry.log_visibility()) = ''everything'' or tenant_id = (select telemetry.current_tenant())'
                            else 'exists (select from telemetry.destinations d where d.name = destination)' end);
        end if;
    end loop;
end
$$;

-- Whether a payload passes a filter, of which src/outbox/filters.rs made the test.
create function telemetry_private.payload_passes(payload jsonb, test jsonb)
returns boolean
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select payload @> (test -> 'contains')
       and (test ->> 'path' is null or coalesce(payload @@ (test ->> 'path')::jsonpath, false))
       and not exists (select from jsonb_array_elements(test -> 'at') a
                        where not case when payload ? (a ->> 0) then payload @> (a -> 1) else payload @> (a -> 2) end)
$$;

-- What every definition is held to before its attributes are read: its name, its form, and that each attribute is known. `what`
-- is how it is called, `call` and `example` stand in hints. Errors: 22004 no name or definition; 22023 anything else.
create function telemetry_private.check_definition(what text, name text, definition jsonb, known text[], call text, example text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    unknown text;
begin
    if name is null or definition is null then
        raise exception 'name and definition must not be null' using errcode = '22004', hint = format('For example: %s.', call);
    end if;
    if name !~ '^[a-z][a-z0-9_]*$' or octet_length(name) > 63 then
        raise exception 'the name of % "%" is not snake_case of at most 63 bytes', what, left(name, 63)
            using errcode = '22023', hint = format('For example: %s.', call);
    end if;
    perform telemetry_private.check_definition_size(definition);
    if jsonb_typeof(definition) <> 'object' then
        raise exception 'the definition of % "%" is no JSON object', what, name using errcode = '22023', hint = format('For example: %s.', example);
    end if;
    select k into unknown from jsonb_object_keys(definition) k where k <> all (known) limit 1;
    if found then
        raise exception '% "%" has no attribute "%"', what, name, left(unknown, 63)
            using errcode = '22023', hint = format('The attributes are: %s.', array_to_string(known, ', '));
    end if;
end
$$;

-- Returns a destination that the caller may change: its own tenant's, or any where it sees the whole log. Error: 22023 there
-- is none, or it is another's, which it does not tell.
create function telemetry_private.own_destination(name text, visibility text, tenant uuid)
returns telemetry_private.destination
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    found_one record;
begin
    if name is null then
        raise exception 'the name of a destination must not be null'
            using errcode = '22004', hint = 'Those that are: select name, kind, url from telemetry.destinations.';
    end if;
    select d.* into found_one from telemetry.destinations d
     where d.name = own_destination.name and (visibility = 'everything' or d.tenant_id = tenant);
    if not found then
        raise exception 'destination "%" is not registered', left(name, 63)
            using errcode = '22023', hint = 'Those that are: select name, kind, url from telemetry.destinations; add one with telemetry.register_destination().';
    end if;
    return found_one;
end
$$;
