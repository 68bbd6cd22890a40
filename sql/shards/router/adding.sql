-- Questions over all tenants: each shard counts what it has, and what all of them counted adds up to the answer of one database.

-- What is done where a shard does not answer: the question ends with an error, or its answer is without that shard. A request of
-- PostgREST may ask for it in a header.
create function telemetry_private.leaves_out_missing_shards()
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    asked constant text := lower(coalesce(
        nullif(nullif(current_setting('request.headers', true), '')::jsonb ->> 'telemetry-missing-shards', ''),
        nullif(current_setting('telemetry.missing_shards', true), ''),
        'refuse'));
begin
    if asked not in ('refuse', 'leave out') then
        raise exception 'telemetry.missing_shards is neither refuse nor leave out'
            using errcode = '22023', hint = 'set telemetry.missing_shards = ''leave out'' gives the answer of those shards that can be reached.';
    end if;
    return asked = 'leave out';
end
$$;

-- Says which shard is missing in an answer: by a warning, and to a client of PostgREST by a header of the response.
create function telemetry_private.tell_missing(shards text[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    names constant text := array_to_string(shards, ', ');
begin
    raise warning 'the answer is without what these shards have: %', names
        using errcode = '01000', hint = 'telemetry.missing_shards says that a shard that cannot be reached is left out.';
    if nullif(current_setting('request.headers', true), '') is not null then
        perform set_config('response.headers',
            (coalesce(nullif(current_setting('response.headers', true), '')::jsonb, '[]') || jsonb_build_object('Telemetry-Missing-Shards', names))::text,
            true);
    end if;
end
$$;

-- What one shard says to a call that was sent to it: the last of its answers, those before it being of settings.
create function telemetry_private.received(connection text)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    answer text;
    next_answer text;
    n bigint;
begin
    loop
        select count(*), min(t.answer) into n, next_answer from telemetry_private.dblink_get_result(connection) as t (answer text);
        exit when n = 0;
        answer := next_answer;
    end loop;
    return answer;
end
$$;

-- The parts of a KPI's answer, one of each of these shards; NULL: of all, for a question over all tenants. All of them count at the
-- same time. A shard whose connection is lost is asked once more.
create function telemetry_private.parts_of(caller text, kpi text, arguments jsonb, shards text[])
returns bytea[]
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Of a spread tenant each shard has some of the users.
    divided_by constant text := case when shards is not null or exists (select from telemetry.spread_tenants) then 'user' else 'tenant' end;
    call constant text := format(
        'select case when %s then telemetry.kpi_parts(%L::text, %L::jsonb, %L::timestamptz, %L::text)::text else '''' end',
        case when shards is null then 'telemetry.log_visibility() = ''everything''' else 'true' end,
        kpi, arguments, telemetry_private.as_sent(now()), divided_by);
    statement constant text := telemetry_private.as_caller(caller) || call;
    leaves_out constant boolean := telemetry_private.leaves_out_missing_shards();
    shard text;
    connection text;
    asked jsonb := '{}';
    part text;
    parts bytea[] := '{}';
    missing text[] := '{}';
begin
    if shards is null then
        perform telemetry_private.refuse_doubled();
    end if;
    begin
        for shard in select s.name from telemetry.shards s where shards is null or s.name = any (shards) order by s.name loop
            begin
                connection := telemetry_private.connection_to(shard);
                perform telemetry_private.dblink_send_query(connection, statement);
                asked := asked || jsonb_build_object(shard, connection);
            exception
                when connection_exception then
                    if not leaves_out then
                        raise;
                    end if;
                    missing := missing || shard;
            end;
        end loop;
        for shard, connection in select a.key, a.value from jsonb_each_text(asked) a order by a.key loop
            begin
                begin
                    part := telemetry_private.received(connection);
                exception
                    when others then
                        if not telemetry_private.means_lost(sqlstate, sqlerrm) then
                            raise;
                        end if;
                        part := null;
                end;
                if part is null then
                    perform telemetry_private.dblink_disconnect(connection);
                    part := telemetry_private.value_of(caller, shard, call, true);
                end if;
                asked := asked - shard;
                if part = '' then
                    raise exception 'the caller reads every tenant on some shards, and on the shard "%" not', shard
                        using errcode = '42501', hint = 'Give the role the same access level on all shards: select telemetry.grant_access(role, ''auditor'').';
                end if;
                parts := parts || part::bytea;
            exception
                when connection_exception then
                    asked := asked - shard;
                    if not leaves_out then
                        raise;
                    end if;
                    missing := missing || shard;
            end;
        end loop;
    exception
        when others or query_canceled then
            -- The others need not go on counting.
            for shard, connection in select a.key, a.value from jsonb_each_text(asked) a loop
                perform telemetry_private.dblink_cancel_query(connection);
                perform telemetry_private.dblink_disconnect(connection);
            end loop;
            perform telemetry_private.raise_no_member(caller, sqlstate, sqlerrm);
            raise;
    end;
    if parts = '{}' then
        perform telemetry_private.any_shard();
    end if;
    if missing <> '{}' then
        perform telemetry_private.tell_missing(missing);
    end if;
    return parts;
end
$$;

-- Whether that is a shard's word for a caller who reads every tenant.
create function telemetry_private.means_every_tenant(message text)
returns boolean
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select message = 'the caller reads every tenant, and one shard does not have them all'
$$;

-- The parts of a tenant whose users are spread. Who reads every tenant and names none asks about all of them.
create function telemetry_private.parts_of_spread(caller text, tenant uuid, shards text[], is_named boolean, kpi text, arguments jsonb)
returns bytea[]
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if not is_named then
        begin
            perform telemetry_private.value_of(caller, telemetry_private.any_shard(), format('select telemetry.reads_only(%L::uuid)', tenant), true);
        exception
            when feature_not_supported then
                if not telemetry_private.means_every_tenant(sqlerrm) then
                    raise;
                end if;
                return telemetry_private.parts_of(caller, kpi, arguments, null);
        end;
    end if;
    return telemetry_private.parts_of(caller, kpi, arguments || jsonb_build_object('tenant', tenant), shards);
end
$$;

-- The statement that makes the rows of an answer of its parts. What is a document comes with its headers.
create function telemetry_private.call_of_parts(kpi text, arguments jsonb, parts bytea[], columns text, is_document boolean)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select format(
        'select t.* from telemetry.kpi_of_parts(%L::text, %L::jsonb, %L::bytea[]) with ordinality as r (answer, place), lateral %s order by r.place',
        kpi, arguments, parts,
        case when is_document then format('(select r.answer ->> %L, pg_catalog.current_setting(''response.headers'', true)) as t', kpi)
             else format('pg_catalog.jsonb_to_record(r.answer) as t (%s)', columns) end)
$$;

-- Asks a KPI that has parts. The shard of the caller's tenant answers, where the caller reads that one alone.
create function telemetry_private.rows_of_kpi(caller text, tenant uuid, call text, columns text, kpi text, arguments jsonb, is_document boolean default false)
returns setof record
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    own constant uuid := coalesce(tenant, telemetry_private.tenant_of_caller());
    spread constant text[] := telemetry_private.spread_over(own);
    asked constant text := format('select * from telemetry_private.rows_of($1, $2, $3, $4) as t (%s)', columns);
    -- A picture names the tenant that it is of.
    named constant jsonb := arguments || jsonb_strip_nulls(jsonb_build_object('tenant', tenant));
    parts bytea[];
begin
    if spread is not null then
        return query execute asked using caller, telemetry_private.any_shard(),
            telemetry_private.call_of_parts(kpi, named, telemetry_private.parts_of_spread(caller, own, spread, tenant is not null, kpi, arguments), columns, is_document), columns;
        return;
    end if;
    if tenant is not null then
        return query execute asked using caller, telemetry_private.shard_for(own), call, columns;
        return;
    end if;
    begin
        return query execute asked
            using caller, telemetry_private.shard_for(own), call || format(' where telemetry.reads_only(%L::uuid)', own), columns;
        return;
    exception
        when feature_not_supported then
            if not telemetry_private.means_every_tenant(sqlerrm) then
                raise;
            end if;
        when connection_exception then
            if not telemetry_private.leaves_out_missing_shards()
                or telemetry_private.value_of(caller, telemetry_private.any_shard(), 'select telemetry.log_visibility()', true) <> 'everything'
            then
                raise;
            end if;
    end;
    parts := telemetry_private.parts_of(caller, kpi, arguments, null);
    return query execute asked using caller, telemetry_private.any_shard(), telemetry_private.call_of_parts(kpi, arguments, parts, columns, is_document), columns;
end
$$;
