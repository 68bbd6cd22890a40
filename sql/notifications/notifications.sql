-- What people were told: each message that alerts made, for each destination. The message itself goes out as a delivery, by the
-- machine that sends events (sql/outbox). Who is told what is planned in planning.sql.

create function telemetry_private.init_notifications()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    target text;
begin
    if to_regclass('telemetry.notifications') is null then
        create table telemetry.notifications (
            notification_id uuid primary key,
            made_at         timestamptz not null,
            destination     text collate "C" not null,
            tenant_id       uuid not null,
            kind            text collate "C" not null,
            alert           text collate "C",
            severity        text collate "C",
            transition_ids  bigint[] not null default '{}',
            body            jsonb not null,
            local_date      date,
            constraint kind_is_known check (kind in ('firing', 'recovered', 'repeated', 'digest', 'error', 'down', 'test'))
        );
        create index notifications_by_time on telemetry.notifications (made_at, destination);
        create unique index notifications_digest_once on telemetry.notifications (destination, local_date) where local_date is not null;
        comment on table telemetry.notifications is 'What people were told, one row for each message and destination. Rows are only added. Read it by telemetry.notification_history().';
        comment on column telemetry.notifications.notification_id is 'The message is the delivery of this id with ntf_ before it.';
        comment on column telemetry.notifications.tenant_id is 'Whose destination it is; the nil UUID: one of the whole installation.';
        comment on column telemetry.notifications.transition_ids is 'Which rows of telemetry.alert_transitions it tells.';
        comment on column telemetry.notifications.local_date is 'Of a digest the day that it is about, in the zone of the destination.';
    end if;
    if to_regclass('telemetry.notification_positions') is null then
        create table telemetry.notification_positions (
            destination    text collate "C" primary key,
            "position"     bigint not null,
            digested_until date,
            down_since     timestamptz
        ) with (fillfactor = 50);
        comment on table telemetry.notification_positions is 'Up to which transition of alerts each destination was told.';
        comment on column telemetry.notification_positions.digested_until is 'Up to which local day its digests are made.';
        comment on column telemetry.notification_positions.down_since is 'Since when it is down, where others were told so. NULL: it is not, or nobody was told.';
    end if;
    if to_regclass('telemetry.notification_states') is null then
        create table telemetry.notification_states (
            destination     text collate "C" not null,
            fingerprint     uuid not null,
            alert           text collate "C" not null,
            is_error        boolean not null,
            tenant_id       uuid not null,
            breakdown_value text,
            told            jsonb,
            untold          jsonb not null default '[]',
            told_at         timestamptz,
            next_at         timestamptz,
            primary key (destination, fingerprint)
        );
        create index notification_states_due on telemetry.notification_states (destination, next_at);
        comment on table telemetry.notification_states is 'What a destination knows of an instance of an alert, while it has to hear more of it. Times within are microseconds since 1970.';
        comment on column telemetry.notification_states.told is 'The firing that it was told, and not that it is over.';
        comment on column telemetry.notification_states.untold is 'Firings that wait: for the end of a silence, or to be told together.';
        comment on column telemetry.notification_states.told_at is 'When it was told of the instance last.';
        comment on column telemetry.notification_states.next_at is 'When there may be something to tell; NULL: nothing by itself.';
    end if;
    perform telemetry_private.protect_table('telemetry.notifications', false);
    perform telemetry_private.set_row_security('telemetry.notification_positions');
    perform telemetry_private.set_row_security('telemetry.notification_states');
    foreach target in array '{notifications,notification_states}'::text[] loop
        if not exists (select from pg_policy p where p.polrelid = format('telemetry.%I', target)::regclass and p.polname = 'tenant_reads_own_notifications') then
            execute format('create policy tenant_reads_own_notifications on telemetry.%I for select using (tenant_id = (select telemetry.current_tenant()))', target);
        end if;
    end loop;
    if not exists (select from pg_policy p where p.polrelid = 'telemetry.notification_positions'::regclass and p.polname = 'tenant_sees_own_destinations') then
        create policy tenant_sees_own_destinations on telemetry.notification_positions for select
            using (exists (select from telemetry.destinations d where d.name = destination));
    end if;
end
$$;

-- Makes a notification: writes it down, and puts it where a courier finds it. `data` lacks what every message has.
create function telemetry_private.put_notification(
    d telemetry_private.destination,
    kind text,
    type text,
    data jsonb,
    at_time timestamptz,
    alert text default null,
    severity text default null,
    transition_ids bigint[] default '{}',
    local_date date default null)
returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    id constant uuid := telemetry_private.notification_id(at_time);
    message constant jsonb := telemetry_private.message_text(jsonb_build_object(
        'type', type, 'timestamp', telemetry_private.message_time(at_time),
        'data', data || jsonb_build_object('notification_id', id, 'database', current_database())))::jsonb;
begin
    insert into telemetry.notifications (notification_id, made_at, destination, tenant_id, kind, alert, severity, transition_ids, body, local_date)
    values (id, at_time, d.name, coalesce(d.tenant_id, '00000000-0000-0000-0000-000000000000'), kind, alert, severity, transition_ids, message, local_date);
    -- Messages about one alert come in their order.
    insert into telemetry.deliveries (destination, delivery_id, body, order_key, status, made_at, next_attempt_at)
    values (d.name, 'ntf_' || id, telemetry_private.notification_body(d, message), case when d.ordering = 'strict' then '' else alert end, 'retrying', at_time, at_time);
    if d.wakes then
        perform pg_notify('telemetry_outbound', d.name);
    end if;
    return id;
end
$$;
