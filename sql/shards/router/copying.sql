-- How move_tenant() brings what a shard has of a tenant to another one: over two connections of its own, page by page.

create function telemetry_private.open_for_move(connection text, shard text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform telemetry_private.dblink_connect(connection, shard);
    perform telemetry_private.dblink_exec(connection, 'set client_min_messages = error; set datestyle = iso; set intervalstyle = postgres; set extra_float_digits = 1');
exception
    when connection_exception then
        raise exception 'the shard "%" cannot be reached', shard
            using errcode = '08001', hint = 'The log of the router says more, and so does telemetry.shard_status().';
end
$$;

-- Brings the pages up to an id to the shard that takes in. Returns how many events they had.
create function telemetry_private.copy_pages(tenant uuid, after_id bigint, until_id bigint)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    page text;
    ending jsonb;
    next_id bigint := after_id;
    events bigint := 0;
begin
    while next_id < until_id loop
        page := (select t.page from telemetry_private.dblink('telemetry move from',
            format('select telemetry_private.leaving_page(%L::uuid, %L::bigint, %L::bigint, 20000)', tenant, next_id, until_id)) as t (page text));
        -- The last line says where the next page begins.
        ending := substring(right(page, 1000) from '\{"line":"end"[^\n]*\}\n$')::jsonb;
        events := events + (select t.events from telemetry_private.dblink('telemetry move to',
            format('select telemetry_private.arriving_page(%L::uuid, %L::text)', tenant, page)) as t (events bigint));
        next_id := coalesce((ending #>> '{next,after_id}')::bigint, until_id);
    end loop;
    return events;
end
$$;

-- Brings what is kept beside the events: what was noted since a time, or all; and, where `with_limits`, what is the tenant's own.
create function telemetry_private.copy_rows(tenant uuid, noted_since timestamptz, with_limits boolean)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    relation text;
    after_id uuid;
    rows jsonb;
begin
    foreach relation in array case when with_limits then '{event_ids,rejections,tenants,kept_counts}'::text[] else '{event_ids,rejections}' end loop
        after_id := null;
        loop
            rows := (select t.rows from telemetry_private.dblink('telemetry move from',
                format('select telemetry_private.leaving_rows(%L::uuid, %L::text, %L::uuid, %L::timestamptz)', tenant, relation, after_id, telemetry_private.as_sent(noted_since))) as t (rows jsonb));
            exit when rows is null;
            perform t.done from telemetry_private.dblink('telemetry move to',
                format('select telemetry_private.arriving_rows(%L::uuid, %L::text, %L::jsonb)', tenant, relation, rows)) as t (done text);
            after_id := case relation when 'event_ids' then rows -> -1 ->> 'event_id' when 'rejections' then rows -> -1 ->> 'rejection_id' end;
            exit when after_id is null;
        end loop;
    end loop;
end
$$;
