-- What a shard does for a router that moves a tenant: it hands out what it has of the tenant, takes in what another one had, and
-- erases what has gone. admit_router() grants it to the role of the router alone.

-- Whoever takes a tenant in holds this lock until it is known whether the tenant has come.
create function telemetry_private.arrival_of(tenant uuid)
returns bigint
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select hashtextextended('telemetry: arrival of ' || tenant::text, 0)
$$;

-- Whether the tenant has events here, after whatever is on its way has come or is given up.
create function telemetry_private.has_events_of(tenant uuid)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pg_advisory_xact_lock_shared(telemetry_private.arrival_of(tenant));
    return exists (select from telemetry.events e where e.tenant_id = has_events_of.tenant);
end
$$;

-- Whether the transaction that takes the tenant in was committed. Of one that is forgotten, or that this server never had because it
-- was restored from before, whether there are events tells.
create function telemetry_private.has_arrived(tenant uuid, arrival text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    is_there constant boolean := telemetry_private.has_events_of(tenant);
begin
    return is_there and coalesce(pg_xact_status(arrival::xid8) = 'committed', true);
exception
    when invalid_parameter_value then
        return is_there;
end
$$;

-- Since when a transaction that is still open may have noted something. Error: 42501 a hold keeps events of the tenant.
create function telemetry_private.may_leave(tenant uuid)
returns timestamptz
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform telemetry_private.refuse_held((
        select h.hold_name
          from telemetry.holds h
         where h.tenant_id = may_leave.tenant
            or h.tenant_id is null
           and exists (
               select from telemetry.events e
                where e.tenant_id = may_leave.tenant
                  and (h.user_id is null or e.user_id = h.user_id)
                  and (h.since is null or e.event_ts >= h.since)
                  and (h.until is null or e.event_ts < h.until)
                  and (h.events is null or e.event_name = any (h.events)))
         order by h.hold_name
         limit 1));
    return (select least(min(a.xact_start), now()) from pg_stat_activity a where a.datname = current_database());
end
$$;

-- The last ingest_id up to which every event is there or never comes. It waits for those who write at this moment.
create function telemetry_private.settled_id()
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    drawn constant bigint := (select case when s.is_called then s.last_value else s.last_value - 1 end from telemetry_private.ingest_id s);
begin
    if drawn > 0 and not telemetry_private.writers_are_done(10000) then
        raise exception 'a transaction that logs has been open for ten seconds'
            using errcode = '55P03', hint = 'Move the tenant when it is over: select pid, xact_start, query from pg_stat_activity order by xact_start.';
    end if;
    return drawn;
end
$$;

-- A page of tenant_data(), of every tenant. Error: 0A000 history of KPIs is kept of the tenant, which does not move.
create function telemetry_private.leaving_page(tenant uuid, after_id bigint, until_id bigint, most integer)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from telemetry.kpi_history h where h.tenant_id = leaving_page.tenant) then
        raise exception 'history of KPIs is kept of the tenant, and does not move'
            using errcode = '0A000', hint = 'Its buckets are in telemetry.kpi_history. Where they are not needed, delete them as the owner and drop keep_history from the KPI.';
    end if;
    return convert_from(telemetry_private.tenant_lines(tenant, after_id, most, until_id), 'UTF8');
end
$$;

-- What is kept of a tenant beside its events and moves with it, as JSON by table: by the ids of events a retry is recognised.
-- noted_since: what was noted before has been handed out already.
create function telemetry_private.leaving_rows(tenant uuid, relation text, after_id uuid, noted_since timestamptz)
returns jsonb
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    case relation
        when 'event_ids' then
            return (select jsonb_agg(to_jsonb(p)) from (
                        select i.* from telemetry.event_ids i
                         where i.tenant_id = leaving_rows.tenant and (leaving_rows.after_id is null or i.event_id > leaving_rows.after_id)
                           and (leaving_rows.noted_since is null or i.logged_at >= leaving_rows.noted_since)
                         order by i.event_id limit 50000) p);
        when 'rejections' then
            return (select jsonb_agg(to_jsonb(p)) from (
                        select r.* from telemetry.rejections r
                         where r.tenant_id = leaving_rows.tenant and (leaving_rows.after_id is null or r.rejection_id > leaving_rows.after_id)
                           and (leaving_rows.noted_since is null or r.rejected_at >= leaving_rows.noted_since)
                         order by r.rejection_id limit 1000) p);
        when 'tenants' then
            return (select jsonb_agg(to_jsonb(t)) from telemetry.tenants t where t.tenant_id = leaving_rows.tenant);
        when 'kept_counts' then
            return (select jsonb_agg(to_jsonb(k)) from telemetry.kept_counts k where k.tenant_id = leaving_rows.tenant);
    end case;
end
$$;

-- Stores a page of events that another shard had. Nothing is left out because of a receipt: a tenant may come back.
create function telemetry_private.arriving_page(tenant uuid, page text)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    events bigint;
begin
    perform pg_advisory_xact_lock(telemetry_private.arrival_of(tenant));
    perform telemetry_private.adopt_taxonomy(telemetry_private.definitions_of(page));
    select s.stored + s.known into events from telemetry_private.store_lines(page, true) s;
    return events;
end
$$;

create function telemetry_private.arriving_rows(tenant uuid, relation text, rows jsonb)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    case relation
        when 'event_ids' then
            insert into telemetry.event_ids select r.* from jsonb_populate_recordset(null::telemetry.event_ids, rows) r on conflict do nothing;
        when 'rejections' then
            insert into telemetry.rejections select r.* from jsonb_populate_recordset(null::telemetry.rejections, rows) r on conflict do nothing;
        when 'tenants' then
            delete from telemetry.tenants t where t.tenant_id = arriving_rows.tenant;
            insert into telemetry.tenants select r.* from jsonb_populate_recordset(null::telemetry.tenants, rows) r;
        when 'kept_counts' then
            delete from telemetry.kept_counts k where k.tenant_id = arriving_rows.tenant;
            insert into telemetry.kept_counts select r.* from jsonb_populate_recordset(null::telemetry.kept_counts, rows) r;
    end case;
end
$$;

-- Erases a tenant that another shard has taken in. Returns how many events went, and the receipt.
create function telemetry_private.left_for(tenant uuid, shard text, out events bigint, out receipt_id uuid)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    select r.events, r.receipt_id into events, receipt_id
      from telemetry_private.erase_tenant(tenant, format('moved to the shard "%s"', left(shard, 63)), jsonb_build_object('moved_to', shard)) r;
end
$$;
