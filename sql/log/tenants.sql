-- Tenants may be limited or suspended. A tenant without a row is active and has no limit: rows are for exceptions.
-- Twin: src/log/tenants.rs, which holds events to them.

create function telemetry_private.init_tenants()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.tenants') is null then
        create table telemetry.tenants (
            tenant_id      uuid primary key,
            status         text not null default 'active',
            events_per_day integer,
            payload_limit  integer,
            updated_at     timestamptz not null default now(),
            constraint status_is_known check (status in ('active', 'suspended')),
            constraint events_per_day_is_positive check (events_per_day > 0),
            constraint payload_limit_is_sane check (payload_limit between 2 and 1048576)
        );
        comment on table telemetry.tenants is 'The tenants that are limited or suspended; others need no row. telemetry.set_tenant() changes it.';
        comment on column telemetry.tenants.status is 'Whether the tenant may log: a label of telemetry.tenant_status.';
        comment on column telemetry.tenants.events_per_day is 'How many events are stored a day (UTC, by arrival); NULL: there is no limit.';
        comment on column telemetry.tenants.payload_limit is 'The largest payload in bytes, beside the event''s own limit; NULL: there is no limit.';
    end if;
    perform telemetry_private.set_row_security('telemetry.tenants');
    if not exists (select from pg_policy where polrelid = 'telemetry.tenants'::regclass and polname = 'tenant_reads_itself') then
        create policy tenant_reads_itself on telemetry.tenants for select
            using (tenant_id = (select telemetry.current_tenant()));
    end if;
    perform telemetry_private.set_guard('telemetry.tenants', 'tenants_changed',
        'after insert or update or delete or truncate on telemetry.tenants for each statement execute function telemetry_private.tenants_changed()');
end
$$;

create function telemetry_private.set_tenant(tenant_id uuid, status text, events_per_day integer, payload_limit integer)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    if set_tenant.tenant_id is null then
        raise exception 'tenant_id must not be null'
            using errcode = '22004', hint = 'The nil UUID is the tenant of a single-tenant installation.';
    end if;
    if set_tenant.status not in ('active', 'suspended') then
        raise exception 'unknown status "%"', left(set_tenant.status, 40)
            using errcode = '22023', hint = 'status is ''active'' or ''suspended''.';
    end if;
    if set_tenant.events_per_day < -1 or set_tenant.events_per_day = 0 then
        raise exception 'events_per_day must be positive, or -1 for no limit'
            using errcode = '22023', hint = 'A tenant that may log nothing is suspended: status => ''suspended''.';
    end if;
    if set_tenant.payload_limit <> -1 and set_tenant.payload_limit not between 2 and 1048576 then
        raise exception 'payload_limit must be between 2 and 1048576 bytes, or -1 for no limit'
            using errcode = '22023', hint = 'It is counted on the uncompressed jsonb value.';
    end if;
    insert into telemetry.tenants as t (tenant_id, status, events_per_day, payload_limit)
    values (set_tenant.tenant_id, coalesce(set_tenant.status, 'active'), nullif(set_tenant.events_per_day, -1), nullif(set_tenant.payload_limit, -1))
        on conflict (tenant_id) do update
       set status = coalesce(set_tenant.status, t.status),
           events_per_day = nullif(coalesce(set_tenant.events_per_day, t.events_per_day), -1),
           payload_limit = nullif(coalesce(set_tenant.payload_limit, t.payload_limit), -1),
           updated_at = now();
end
$$;

create function telemetry.set_tenant(tenant_id uuid, status text default null, events_per_day integer default null, payload_limit integer default null)
returns void
language sql
begin atomic
    select telemetry_private.set_tenant(tenant_id, status, events_per_day, payload_limit);
end;

create function telemetry.tenant_usage(day date default null)
returns table (tenant_id uuid, status text, events bigint, events_per_day integer, remaining bigint)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select t.tenant_id, t.status, k.events, t.events_per_day, greatest(t.events_per_day - k.events, 0)
      from telemetry.tenants t
     cross join lateral (select coalesce(sum(k.events), 0)::bigint as events
                           from telemetry.kept_counts k
                          where k.tenant_id = t.tenant_id
                            and k.event_name = ''
                            and k.day = coalesce(tenant_usage.day, (now() at time zone 'UTC')::date)) k
     where t.events_per_day is not null
     order by t.tenant_id
$$;

comment on function telemetry.set_tenant is
'Limits what a tenant may log, or suspends it. A tenant without limits needs no row.

Arguments
  tenant_id       the tenant; the nil UUID in an installation of one tenant
  status          active, or suspended: the tenant logs nothing, whoever calls, and still reads
  events_per_day  how many events are stored a day (UTC, by arrival), imports and replays among
                  them; duplicates and sampled out events do not count
  payload_limit   how many bytes a payload may have, beside the event''s own limit
Errors
  22004  tenant_id is NULL
  22023  a wrong status or limit
Notes
  NULL leaves what there is; -1 takes a limit away.
  Beyond a limit log_event() fails with 42501, with 22023 for a payload. Batches keep rejections as
    tenant_suspended, daily_limit or payload_too_large, which can be replayed.
  The count of the day is exact for limits up to 1000, and beyond that within about 3 %. A session
    sees the events of others as they were a second ago, and a batch whose events have ids is
    counted at its end.';
comment on function telemetry.tenant_usage is
'Shows how many events were stored on a day for each tenant that has a limit of events a day.

Arguments
  day    a day in UTC; NULL: today; days are known for 31 days
Columns
  tenant_id       the tenant
  status          active or suspended
  events          how many events were stored on that day: exact for limits up to 1000, else right
                  to about 3 %
  events_per_day  the limit
  remaining       how many events may still be stored on that day, at least 0
Notes
  There are no rows where no tenant has a limit.';
