-- A dashboard as a page and a KPI as a picture: what is on it, what it is sent with, whose events it tells of.
\set SHOW_CONTEXT never
begin;
\set ON_ERROR_ROLLBACK on
set local time zone 'UTC';
select telemetry.register_event(name, '{}') from unnest('{page_visit,page_order}'::text[]) name;
create function pg_temp.page(variadic arguments text[]) returns text language plpgsql as $$
declare page text;
begin
    execute format('select convert_from(telemetry.dashboard_page(%s), ''UTF8'')', array_to_string(arguments, ', ')) into page;
    return page;
end
$$;
create function pg_temp.all_of(page text, pattern text) returns text language sql as $$ select string_agg(m[1], ' | ') from regexp_matches(page, pattern, 'g') m $$;
select telemetry.register_kpi('page_visits', '{"kind": "event_volume", "parameters": {"events": ["page_visit"], "grain": "day"}, "question": "How many visit?", "target": 5}');
select telemetry.register_kpi('page_orders', '{"kind": "event_ratio", "parameters": {"numerator": "page_order", "denominator": "page_visit", "grain": "day"}, "question": "How many order?"}');
select telemetry.register_dashboard('page_board', '{page_visits,page_orders}', 'Visits and orders.');
select telemetry.register_dashboard('page_other', '{page_orders}');

\pset format unaligned
-- Nothing was logged: what to do next.
select pg_temp.all_of(pg_temp.page('''page_board''', 'first_day => ''2025-03-03'', last_day => ''2025-03-05'''), '<(?:h1|h2|pre)>(?:<code>)?([^<]*)');

select telemetry.import_events((
    select jsonb_agg(jsonb_build_object('event_name', case n % 4 when 0 then 'page_order' else 'page_visit' end, 'user_id', telemetry.as_id('page user ' || n % 5), 'source', 'web',
                                        'tenant_id', case when n > 24 then '00000000-0000-4000-8000-00000000000b' end, 'event_ts', '2025-03-03 01:00Z'::timestamptz + n * interval '2 hours'))
      from generate_series(0, 35) n));
-- The days of the zone, both of them.
select pg_temp.all_of(page, '<h[12]>([^<]*)') as headings, pg_temp.all_of(page, 'name="(?:first_day|last_day|tz)" value="([^"]*)"') as form, pg_temp.all_of(page, ' href="([^"]*)"') as links
  from pg_temp.page('''page_board''', 'first_day => ''2025-03-03'', last_day => ''2025-03-05''', 'tz => ''America/New_York''') page;
-- The rows of the first table are those of kpi().
select pg_temp.all_of((regexp_match(pg_temp.page('''page_board''', 'first_day => ''2025-03-03'', last_day => ''2025-03-05'''), '<tbody>(.*?)</tbody>'))[1], '>([^<]+)<') as page;
select string_agg(value::text, ' | ' order by bucket) as kpi from telemetry.kpi('page_visits', '2025-03-03', '2025-03-06');
-- Fields that were left empty are not given; a period may be given by its length.
select pg_temp.page('''page_board''', 'first_day => '''', last_day => '''', grain => '''', tz => '''', last => ''7 days''') = pg_temp.page('''page_board''', 'last => ''7 days''') as the_same;
-- On a wall, and in a file.
select page ~ '<meta http-equiv="refresh" content="60">' as is_renewed, page ~ '<form' as has_form from pg_temp.page('''page_board''', 'refresh_seconds => 60') page;
select pg_temp.all_of(page, ' href="([^"#][^"]*)"') as links, page ~ '<form' as has_form from pg_temp.page('''page_board''', 'as_file => true') page;
-- A tenant that is asked for.
select pg_temp.page('''page_board''', 'first_day => ''2025-03-03'', last_day => ''2025-03-05'', tenant => ''00000000-0000-4000-8000-00000000000b''') ~ 'to the tenant 00000000-0000-4000-8000-00000000000b' as is_said;

-- What it is sent with.
set transaction read only;
select left(convert_from(telemetry.dashboard_page('page_board'), 'UTF8'), 15) as page, current_setting('response.headers') as headers;
select left(convert_from(telemetry.kpi_chart('page_visits', first_day => '2025-03-03', last_day => '2025-03-05'), 'UTF8'), 4) as chart, current_setting('response.headers')::jsonb -> 0 as headers;

-- What is wrong with the question.
select telemetry.dashboard_page('page_boards');
select telemetry.dashboard_page('page_board', first_day => '2025-02-30');
select telemetry.dashboard_page('page_board', last_day => 'today');
select telemetry.dashboard_page('page_board', since => '2025-03-03', first_day => '2025-03-03');
select telemetry.dashboard_page('page_board', first_day => '2025-03-03', last => '7 days');
select telemetry.dashboard_page('page_board', first_day => '2025-03-03', last_day => '2025-03-02');
select telemetry.dashboard_page('page_board', refresh_seconds => 1);
select telemetry.dashboard_page('page_board', tz => 'browser');
select telemetry.kpi_chart('page_visit');
rollback;
