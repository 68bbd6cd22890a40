-- What a tenant takes along: pages that follow each other, what was defined for it, and proof that they are all there.
\set SHOW_CONTEXT never
begin;
\set ON_ERROR_ROLLBACK on
set local time zone 'UTC';
\pset format unaligned
create role leaving_analyst;
create role leaving_member;
select telemetry.grant_access('leaving_analyst', 'analyst'), telemetry.grant_access('leaving_member', 'own_events');
\set shop '\'00000000-0000-4000-8000-00000000000a\''
\set cafe '\'00000000-0000-4000-8000-00000000000b\''
select telemetry.register_event('page_read', '{"description": "Somebody read a page."}'), telemetry.register_event('page_rated', '{"required_keys": ["stars"]}'), telemetry.register_event('never_seen');
-- 25 events of the shop among 50 of the cafe.
select telemetry.import_events(jsonb_agg(jsonb_build_object(
           'event_name', 'page_read', 'event_ts', timestamptz '2026-03-01 00:00Z' + n * interval '7 hours', 'event_id', telemetry.as_id('leaving ' || n), 'user_id', telemetry.as_id('user ' || n % 4),
           'tenant_id', case n % 3 when 0 then :shop else :cafe end, 'payload', jsonb_build_object('n', n)) order by n))
  from generate_series(1, 75) n;
select rejected from telemetry.log_events(jsonb_build_array(jsonb_build_object('event_name', 'page_rated', 'tenant_id', :shop)));
select telemetry.set_tenant(:shop, status => 'suspended'), telemetry.set_redaction('{"keys": {"seat": "drop"}}', tenant_id => :shop);
select telemetry.register_destination('shop_crm', format('{"kind": "webhook", "url": "https://example.com", "tenant_id": "%s"}', :shop)::jsonb);
select telemetry.register_destination('cafe_crm', format('{"kind": "webhook", "url": "https://example.com", "tenant_id": "%s"}', :cafe)::jsonb);

-- A page after the other, each with the numbers that the last line of the one before gives.
create function pg_temp.pages(tenant uuid, most integer) returns table (page integer, line jsonb) language plpgsql as $$
declare
    next jsonb := '{}';
    text text;
begin
    page := 0;
    while next <> 'null' loop
        page := page + 1;
        text := convert_from(telemetry.tenant_data(tenant, (next ->> 'after_id')::bigint, most, (next ->> 'until_id')::bigint), 'UTF8');
        if encode(sha256(convert_to(substr(text, 1, strpos(text, '{"line":"end"') - 1), 'UTF8')), 'hex') <> substring(text from '"sha256":"([0-9a-f]*)"}\n$') then
            raise exception 'page % is not whole', page;
        end if;
        for line in select l::jsonb from string_to_table(rtrim(text, E'\n'), E'\n') l loop
            return next;
        end loop;
        next := line -> 'next';
    end loop;
end
$$;
select page, line ->> 'line' as line, count(*) from pg_temp.pages(:shop, 10) group by 1, 2 order by 1, 2;
-- Together they are the tenant's events, in order of arrival, whatever the size of a page.
select most, count(*) = 25 and array_agg(p.n order by page, (p.line ->> 'ingest_id')::bigint) = (select array_agg((payload ->> 'n')::integer order by ingest_id) from telemetry.events where tenant_id = :shop) as is_all
  from unnest('{1,3,24,25,26,1000000}'::integer[]) most, lateral (select page, line, (line #>> '{payload,n}')::integer as n from pg_temp.pages(:shop, most) where line ->> 'line' = 'event') p group by 1 order by 1;
select max((line ->> 'events_of_all_pages')::integer) as events_of_all_pages from pg_temp.pages(:shop, 10);
-- What was defined for it, and nothing of the other tenant's.
select line ->> 'line' as line, coalesce(line ->> 'event_name', line ->> 'name', line ->> 'status', line ->> 'policy') as what from pg_temp.pages(:shop, 1000) where line ->> 'line' not in ('event', 'about', 'end') order by 1;
select count(*) as lines_of_others from pg_temp.pages(:shop, 10) where line::text ~ (:cafe || '|cafe_crm|never_seen');
-- What arrives meanwhile belongs to no page.
select (telemetry.tenant_data(:cafe, null, 10)::bytea is not null) as first_page, coalesce(max(ingest_id), 0) as until_id from telemetry.events \gset
select telemetry.log_event('page_read', tenant_id => :cafe) is not null as logged;
select (l::jsonb ->> 'events')::integer as events, (l::jsonb ->> 'events_of_all_pages')::integer as all_events from string_to_table(rtrim(convert_from(telemetry.tenant_data(:cafe, null, 100, :until_id), 'UTF8'), E'\n'), E'\n') l where l ~ '^{"line":"end"';
-- It is a download.
select header ->> 'Content-Disposition' as file from jsonb_array_elements(current_setting('response.headers')::jsonb) header where header ? 'Content-Disposition';

-- An analyst gets its tenant. Another one is as one that never came, but for its name and what the words of a page mean.
select set_config('request.jwt.claims', '{"role": "authenticated", "sub": "u", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000a"}}', true) is not null as request_of_the_shop;
set local role leaving_analyst;
select line ->> 'line' as line, count(*) from pg_temp.pages(:shop, 1000) group by 1 order by 1;
select line ->> 'line' as line, line -> 'events' as events, line -> 'events_of_all_pages' as all_events from pg_temp.pages(:cafe, 1000);
select (select array_agg(line - '{tenant_id,sha256}'::text[]) from pg_temp.pages(:cafe, 10)) = (select array_agg(line - '{tenant_id,sha256}'::text[]) from pg_temp.pages(telemetry.as_id('never'), 10)) as tells_nothing;
reset role;
-- Who sees own events alone may not call it.
set local role leaving_member;
select telemetry.tenant_data(:shop);
reset role;
select set_config('request.jwt.claims', '', true) = '' as no_request;

-- Bad input.
select telemetry.tenant_data(null);
select telemetry.tenant_data(:shop, most => 0);
select telemetry.tenant_data(:shop, most => 1000001);
rollback;
