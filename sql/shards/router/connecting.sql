-- One connection a session and shard, opened at its first call and kept. The shard authenticates the router, and each call
-- carries the role and the claims of whoever called the router: the shard decides what they may do.

-- Opens the connection, or opens it anew where it is lost. Returns its name.
create function telemetry_private.connection_to(shard text)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    connection constant text := 'telemetry.' || shard;
begin
    if shard is null then
        raise exception 'no shard is registered'
            using errcode = '08000', hint = 'The owner of the router registers one: select telemetry.register_shard(name).';
    end if;
    if connection = any (telemetry_private.dblink_get_connections()) then
        -- Each reads what the shard sent meanwhile, without asking it: its last words first, then that it is gone.
        perform telemetry_private.dblink_is_busy(connection);
        perform telemetry_private.dblink_is_busy(connection);
        if telemetry_private.dblink_error_message(connection) = 'OK' then
            return connection;
        end if;
        perform telemetry_private.dblink_disconnect(connection);
    end if;
    begin
        perform telemetry_private.dblink_connect(connection, shard);
        -- Warnings of a shard would land in the log of the router. Dates and numbers are written as everybody reads them.
        perform telemetry_private.dblink_exec(connection, 'set client_min_messages = error; set datestyle = iso; set intervalstyle = postgres; set extra_float_digits = 1');
    exception
        when sqlclient_unable_to_establish_sqlconnection or connection_exception then
            raise exception 'the shard "%" cannot be reached', shard
                using errcode = '08001', detail = 'Its tenants cannot be asked about, and nothing is stored for them. Those of other shards are not concerned.',
                      hint = 'The log of the router says more, and so does telemetry.shard_status().';
    end;
    return connection;
end
$$;

create function telemetry_private.any_shard()
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    shard text;
begin
    for shard in select s.name from telemetry.shards s order by s.name loop
        begin
            perform telemetry_private.connection_to(shard);
            return shard;
        exception
            when sqlclient_unable_to_establish_sqlconnection then null;
        end;
    end loop;
    raise exception 'no shard can be reached'
        using errcode = '08001', hint = 'telemetry.shard_status() lists them.';
end
$$;

-- What the session has set about the answers of KPIs. A default is not sent: a server that preloads the library has it everywhere, and
-- a shard may have another.
create function telemetry_private.own_settings()
returns text
language sql
stable
begin atomic
    select coalesce('set local telemetry.unknown_events to ' || quote_literal(nullif(nullif(current_setting('telemetry.unknown_events', true), ''), 'error')) || '; ', '')
        || coalesce('set local telemetry.kpi_source to ' || quote_literal(nullif(nullif(current_setting('telemetry.kpi_source', true), ''), 'auto')) || '; ', '')
        || coalesce('set local telemetry.kpi_memory to ' || quote_literal(nullif(nullif(current_setting('telemetry.kpi_memory', true), ''), '256MB')) || '; ', '')
        || coalesce('set local telemetry.kpi_threads to ' || quote_literal(nullif(nullif(current_setting('telemetry.kpi_threads', true), ''), '0')) || '; ', '')
        || coalesce('set local telemetry.kpi_threads_events to ' || quote_literal(nullif(nullif(current_setting('telemetry.kpi_threads_events', true), ''), '500000')) || '; ', '');
end;

-- What comes before the statement of a call: it gives the shard, for this one transaction, the role of the caller, its claims
-- and what else its session says. `caller` is given by the function that was called, whose caller cannot choose it.
create function telemetry_private.as_caller(caller text)
returns text
language sql
stable
begin atomic
    select format('set local role %I; set local timezone to %L; ', caller, current_setting('TimeZone'))
        || coalesce('set local "request.jwt.claims" to ' || quote_literal(nullif(current_setting('request.jwt.claims', true), '')) || '; ', '')
        || coalesce('set local "telemetry.tenant_id" to ' || quote_literal(nullif(current_setting('telemetry.tenant_id', true), '')) || '; ', '')
        || case when current_setting('statement_timeout') <> '0' then format('set local statement_timeout to %L; ', current_setting('statement_timeout')) else '' end
        || case when current_setting('transaction_read_only') = 'on' then 'set local transaction_read_only to on; ' else '' end
        || telemetry_private.own_settings();
end;

-- A value as it is sent: read alike whatever the session of the caller has set for dates, intervals and numbers.
create function telemetry_private.as_sent(value anyelement)
returns text
language sql
stable
strict
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set extra_float_digits = 1
as $$
    select value::text
$$;

-- Whether an error means that the connection is lost, so that nobody knows what became of the call.
create function telemetry_private.means_lost(state text, message text)
returns boolean
language sql
immutable
begin atomic
    select state like '08%' or state in ('57P01', '57P02', '57P03') or state = 'XX000' and message like 'could not send query%';
end;

-- The same after a call. Where the connection is not lost, the error is the shard's answer, and it is made ready for the next call.
create function telemetry_private.is_lost(connection text, state text, message text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if telemetry_private.means_lost(state, message) then
        perform telemetry_private.dblink_disconnect(connection);
        return true;
    end if;
    perform telemetry_private.dblink_exec(connection, 'reset role', false);
    return false;
end
$$;

-- Says what to do about a role that the router may not take on a shard. Returns where the error is another one.
create function telemetry_private.raise_no_member(caller text, state text, message text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if state = '42501' and message = format('permission denied to set role "%s"', caller) then
        raise exception 'the router may not call as the role "%"', caller
            using errcode = '42501', hint = 'Set role to one that the router''s role is a member of on every shard. To admit another: grant it to that role there, but never a superuser.';
    end if;
end
$$;

create function telemetry_private.raise_lost(shard text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception 'the connection to the shard "%" was lost during the call', shard
        using errcode = '08006', detail = 'Whether the shard has done what it was asked for is not known.',
              hint = 'Events that have an event_id may be sent again: each is stored once.';
end
$$;
