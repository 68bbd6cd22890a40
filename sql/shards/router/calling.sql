-- How a call gets to its shard, and the answer back. An error of the shard arrives with its SQLSTATE, message, DETAIL and HINT.

-- Asks for one value, as text. What may be done twice is tried once more where the connection is lost: what reads, and an event
-- that has its id.
create function telemetry_private.value_of(caller text, shard text, call text, is_repeatable boolean)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    statement constant text := telemetry_private.as_caller(caller) || call;
    connection text := 'telemetry.' || shard;
    answer text;
begin
    for attempt in 1 .. 2 loop
        -- Where a call may come again, the call itself finds out whether the connection still stands.
        if attempt = 2 or not is_repeatable or (connection = any (telemetry_private.dblink_get_connections())) is not true then
            connection := telemetry_private.connection_to(shard);
        end if;
        begin
            select t.answer into answer from telemetry_private.dblink(connection, statement) as t (answer text);
            return answer;
        exception
            when others then
                if not telemetry_private.is_lost(connection, sqlstate, sqlerrm) then
                    perform telemetry_private.raise_no_member(caller, sqlstate, sqlerrm);
                    raise;
                end if;
        end;
        exit when not is_repeatable;
    end loop;
    perform telemetry_private.raise_lost(shard);
end
$$;

-- Gives a document of a shard, and hands on the headers that PostgREST is to send with it. One that says which shards are missing stays.
create function telemetry_private.handed_on(document bytea, headers text)
returns bytea
language sql
set search_path = pg_catalog, pg_temp
as $$
    select document
     where coalesce(headers, '') = ''
        or set_config('response.headers', (
               coalesce((select jsonb_agg(h) from jsonb_array_elements(nullif(current_setting('response.headers', true), '')::jsonb) h where h ? 'Telemetry-Missing-Shards'), '[]')
               || headers::jsonb)::text, true) is not null
$$;

-- Asks for rows, of columns that are given as in a column definition list.
create function telemetry_private.rows_of(caller text, shard text, call text, columns text)
returns setof record
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    statement constant text := telemetry_private.as_caller(caller) || call;
    connection text := 'telemetry.' || shard;
begin
    for attempt in 1 .. 2 loop
        if attempt = 2 or (connection = any (telemetry_private.dblink_get_connections())) is not true then
            connection := telemetry_private.connection_to(shard);
        end if;
        begin
            return query execute format('select * from telemetry_private.dblink($1, $2) as t (%s)', columns) using connection, statement;
            return;
        exception
            when others then
                if not telemetry_private.is_lost(connection, sqlstate, sqlerrm) then
                    perform telemetry_private.raise_no_member(caller, sqlstate, sqlerrm);
                    raise;
                end if;
        end;
    end loop;
    perform telemetry_private.raise_lost(shard);
end
$$;

-- Has several shards do something together, each in a transaction that is committed when all of them have succeeded. So an error
-- of one leaves nothing on any. A shard that goes away while it is told to commit is the one case in which others have it.
create function telemetry_private.together(caller text, shards text[], calls text[])
returns text[]
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    prefix constant text := telemetry_private.as_caller(caller);
    connections constant text[] := array(select telemetry_private.connection_to(s) from unnest(shards) with ordinality u (s, place) order by place);
    answers text[] := '{}';
    committed text[] := '{}';
    at_work integer := 1;
    is_lost boolean;
begin
    begin
        for place in 1 .. cardinality(shards) loop
            at_work := place;
            perform telemetry_private.dblink_exec(connections[place], 'begin');
            answers := answers || (select t.answer from telemetry_private.dblink(connections[place], prefix || calls[place]) as t (answer text));
        end loop;
        for place in 1 .. cardinality(shards) loop
            at_work := place;
            perform telemetry_private.dblink_exec(connections[place], 'commit');
            committed := committed || shards[place];
        end loop;
        return answers;
    exception
        when others or query_canceled then
            is_lost := telemetry_private.means_lost(sqlstate, sqlerrm);
            for place in cardinality(committed) + 1 .. cardinality(shards) loop
                if is_lost and place = at_work then
                    perform telemetry_private.dblink_disconnect(connections[place]);
                else
                    perform telemetry_private.dblink_exec(connections[place], 'rollback', false);
                end if;
            end loop;
            if is_lost and committed = '{}' then
                perform telemetry_private.raise_lost(shards[at_work]);
            end if;
            if committed <> '{}' then
                raise exception 'the shard "%" was lost during the commit', shards[at_work]
                    using errcode = '08006', detail = format('These shards have committed: %s.', array_to_string(committed, ', ')),
                          hint = 'Call again when it is back: what a shard has already is not done twice, for events where they have an event_id.';
            end if;
            perform telemetry_private.raise_no_member(caller, sqlstate, sqlerrm);
            raise;
    end;
end
$$;

-- What is registered is registered on every shard.
create function telemetry_private.everywhere(caller text, call text)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    shards constant text[] := array(select s.name from telemetry.shards s order by s.name);
begin
    if shards = '{}' then
        perform telemetry_private.connection_to(null);
    end if;
    return (telemetry_private.together(caller, shards, array_fill(call, array[cardinality(shards)])))[1];
end
$$;

-- Whether one of the shards says so. One that cannot be asked might be it, so that the answer is an error unless another one is.
create function telemetry_private.somewhere(caller text, call text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    shard text;
    missing text;
begin
    for shard in select s.name from telemetry.shards s order by s.name loop
        begin
            if telemetry_private.value_of(caller, shard, call, true)::boolean then
                return true;
            end if;
        exception
            when connection_exception then missing := shard;
        end;
    end loop;
    if missing is not null or shard is null then
        perform telemetry_private.value_of(caller, missing, call, true);
    end if;
    return false;
end
$$;
