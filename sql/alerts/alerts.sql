-- Alerts as data: a rule over a KPI, or over single events. Tables are told here, registering is in registering.sql.

create function telemetry_private.init_alerts()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.alerts') is null then
        create table telemetry.alerts (
            name           text collate "C" primary key,
            pack           text collate "C",
            kpi            text collate "C",
            each_event     jsonb,
            within         interval,
            grain          text,
            fires          text,
            threshold      double precision,
            compare_with   interval,
            change         text not null default 'relative',
            recovers_at    double precision,
            recovers_after interval,
            fires_after    interval not null default '0',
            min_count      double precision,
            confidence     double precision,
            no_data        text not null default 'keep',
            every          interval not null default '1 minute',
            delay          interval not null default '0',
            severity       text not null default 'sev2',
            by_tenant      boolean not null default false,
            max_instances  integer not null default 100,
            destinations   text[],
            repeat_after   interval,
            labels         jsonb not null default '{}',
            runbook        text,
            description    text,
            created_at     timestamptz not null default now(),
            updated_at     timestamptz not null default now(),
            constraint name_is_snake_case check (name ~ '^[a-z][a-z0-9_]*$' and octet_length(name) <= 63),
            constraint it_is_about_a_kpi_or_each_event check (num_nonnulls(kpi, each_event) = 1),
            constraint a_kpi_has_either_within_or_grain check (num_nonnulls(within, grain) = case when kpi is null then 0 else 1 end),
            constraint fires_is_above_or_below check (fires in ('above', 'below')),
            constraint change_is_relative_or_absolute check (change in ('relative', 'absolute')),
            constraint no_data_is_keep_or_fire_or_recover check (no_data in ('keep', 'fire', 'recover')),
            constraint severity_is_sev1_or_sev2_or_sev3 check (severity in ('sev1', 'sev2', 'sev3')),
            constraint confidence_is_from_0_8_to_0_999 check (confidence between 0.8 and 0.999),
            constraint min_count_is_not_negative check (min_count >= 0),
            constraint max_instances_is_from_1_to_1000 check (max_instances between 1 and 1000),
            constraint labels_is_an_object check (jsonb_typeof(labels) = 'object')
        );
        comment on table telemetry.alerts is 'Rules that say when a KPI, or an event, is an alert. Change them with telemetry.register_alert() and drop_alert(), whose comment describes each attribute.';
        comment on column telemetry.alerts.name is 'Stable name in snake_case, at most 63 bytes.';
        comment on column telemetry.alerts.pack is 'The pack that brought it; null: registered by hand.';
        comment on column telemetry.alerts.threshold is 'null: the target of the KPI.';
        comment on column telemetry.alerts.fires is 'null: the side of the KPI''s target that misses it.';
        comment on column telemetry.alerts.min_count is 'null: as register_alert() says.';
    end if;
    if to_regclass('telemetry.alert_states') is null then
        create table telemetry.alert_states (
            fingerprint     uuid primary key,
            alert           text collate "C" not null,
            tenant_id       uuid not null,
            breakdown_value text,
            is_other        boolean not null default false,
            status          text not null,
            since           timestamptz,
            breached_since  timestamptz,
            cleared_since   timestamptz,
            firings         timestamptz[] not null default '{}',
            is_flapping     boolean not null default false,
            told_at         timestamptz,
            was_told        boolean not null default false,
            evaluated_until timestamptz,
            error           text,
            acknowledged_at timestamptz,
            acknowledged_by uuid,
            note            text,
            constraint status_is_known check (status in ('quiet', 'pending', 'firing', 'error'))
        );
        create index alert_states_by_alert on telemetry.alert_states (alert);
        comment on table telemetry.alert_states is 'How each instance of an alert stands that is not quiet, or was not within the last 30 days. Read it by telemetry.alert_status().';
        comment on column telemetry.alert_states.fingerprint is 'The UUID v5 that as_id() makes of the name of the alert and the breakdown value: the same on every database, whatever is changed in the rule.';
        comment on column telemetry.alert_states.tenant_id is 'Whose number it is; the nil UUID: that of all tenants together.';
        comment on column telemetry.alert_states.since is 'When the status began.';
        comment on column telemetry.alert_states.breached_since is 'The first point of the breach that goes on.';
        comment on column telemetry.alert_states.cleared_since is 'While it fires, the first point since which it is clear without interruption.';
        comment on column telemetry.alert_states.firings is 'When it began to fire lately, by which flapping is known.';
        comment on column telemetry.alert_states.evaluated_until is 'Of a rule that fails, up to where it was evaluated: what was missed is made up for.';
    end if;
    if to_regclass('telemetry.alert_transitions') is null then
        create table telemetry.alert_transitions (
            transition_id   bigint generated by default as identity primary key,
            at              timestamptz not null,
            recorded_at     timestamptz not null default clock_timestamp(),
            fingerprint     uuid not null,
            alert           text collate "C" not null,
            tenant_id       uuid not null,
            breakdown_value text,
            is_other        boolean not null default false,
            from_status     text not null,
            to_status       text not null,
            value           double precision,
            n               double precision,
            threshold       double precision,
            range_since     timestamptz,
            range_until     timestamptz,
            cause           text not null,
            severity        text not null,
            notifies        boolean not null default false,
            message         text,
            constraint cause_is_known check (cause in ('threshold', 'no_data', 'event', 'error', 'dropped', 'too_many'))
        );
        create index alert_transitions_by_time on telemetry.alert_transitions (at, alert);
        -- By this an erasure finds a person: only what is as long as an id can be one.
        create index alert_transitions_by_user on telemetry.alert_transitions (breakdown_value) where octet_length(breakdown_value) = 36;
        comment on table telemetry.alert_transitions is 'Each change of the status of an alert. Rows are only added. Read it by telemetry.alert_history().';
        comment on column telemetry.alert_transitions.at is 'The time of the grid that was judged, whenever that was done.';
        comment on column telemetry.alert_transitions.range_since is 'Where the range begins whose number was judged.';
        comment on column telemetry.alert_transitions.notifies is 'Whether somebody is to be told of it: a firing, unless it flaps, and its end.';
        comment on column telemetry.alert_transitions.message is 'Of an error what it says.';
    end if;
    if to_regclass('telemetry.alert_rounds') is null then
        create table telemetry.alert_rounds (
            place           text collate "C" primary key,
            evaluated_until timestamptz not null
        ) with (fillfactor = 50);
        comment on table telemetry.alert_rounds is 'Up to where alerts were evaluated: one row.';
    end if;
    insert into telemetry.alert_rounds (place, evaluated_until) values ('all', now()) on conflict do nothing;
    if to_regclass('telemetry.silences') is null then
        create table telemetry.silences (
            silence_id      uuid primary key default gen_random_uuid(),
            alert           text collate "C" not null,
            breakdown_value text,
            tenant_id       uuid,
            since           timestamptz not null,
            until           timestamptz not null,
            reason          text,
            made_by         uuid,
            constraint silence_is_a_range check (since <= until)
        );
        comment on table telemetry.silences is 'When nobody is told of an alert. See telemetry.silence_alert().';
        comment on column telemetry.silences.breakdown_value is 'Of which value; null: of every one.';
        comment on column telemetry.silences.tenant_id is 'Of which tenant; null: of every one.';
    end if;
    -- After a restore or a change of servers the numbers go on behind those that are there.
    perform setval(pg_get_serial_sequence('telemetry.alert_transitions', 'transition_id'), m.last)
       from (select max(t.transition_id) as last from telemetry.alert_transitions t) m
      where m.last > coalesce(pg_sequence_last_value(pg_get_serial_sequence('telemetry.alert_transitions', 'transition_id')::regclass), 0);
    perform telemetry_private.protect_catalog('telemetry.alerts', 'name');
    perform telemetry_private.protect_catalog('telemetry.alert_rounds', 'place');
    perform telemetry_private.set_row_security('telemetry.alert_states');
    perform telemetry_private.protect_table('telemetry.alert_transitions', false);
    perform telemetry_private.set_row_security('telemetry.silences');
    if not exists (select from pg_policy where polrelid = 'telemetry.alert_states'::regclass and polname = 'tenant_reads_own_alerts') then
        create policy tenant_reads_own_alerts on telemetry.alert_states for select using (tenant_id = (select telemetry.current_tenant()));
    end if;
    if not exists (select from pg_policy where polrelid = 'telemetry.alert_transitions'::regclass and polname = 'tenant_reads_own_alerts') then
        create policy tenant_reads_own_alerts on telemetry.alert_transitions for select using (tenant_id = (select telemetry.current_tenant()));
    end if;
    if not exists (select from pg_policy where polrelid = 'telemetry.silences'::regclass and polname = 'tenant_reads_own_silences') then
        create policy tenant_reads_own_silences on telemetry.silences for select
            using (coalesce(tenant_id, (select telemetry.current_tenant())) = (select telemetry.current_tenant()));
    end if;
end
$$;

-- Who an instance of an alert is, on every database and for ever. The separators occur in no name of an alert.
create function telemetry_private.alert_fingerprint(alert text, breakdown_value text, is_other boolean, tenant_id uuid)
returns uuid
language sql
stable
begin atomic
    select telemetry_private.as_id(
        alert || case when is_other then chr(30) || coalesce(breakdown_value, '') else coalesce(chr(31) || breakdown_value, '') end,
        coalesce(tenant_id, '00000000-0000-0000-0000-000000000000'));
end;
