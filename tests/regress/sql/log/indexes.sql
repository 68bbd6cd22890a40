-- Indexes of the log: each has an entry for every row that it is about, the log's own and those that an application adds,
-- whether events come one by one, in a batch or by an import.
\set SHOW_CONTEXT never
begin;
select telemetry.register_event('seen');

-- How many rows meet a condition, told by an index and told by the rows; they must be the same.
create function pg_temp.told(condition text, out by_index bigint, out by_rows bigint, out uses_an_index boolean)
language plpgsql as $$
declare
    question text := 'select count(*) from telemetry.events where ' || condition;
    line text;
begin
    uses_an_index := false;
    set local enable_seqscan = off;
    set local enable_bitmapscan = on;
    set local enable_indexscan = on;
    set local enable_indexonlyscan = on;
    execute question into by_index;
    for line in execute 'explain ' || question loop
        uses_an_index := uses_an_index or line ~ 'Index';
    end loop;
    set local enable_seqscan = on;
    set local enable_bitmapscan = off;
    set local enable_indexscan = off;
    set local enable_indexonlyscan = off;
    execute question into by_rows;
end $$;

-- 600 events in one batch, of 7 users and 5 sessions in turn, some without; one in 100 belongs to a request.
create function pg_temp.batch(size integer) returns jsonb language sql as $$
    select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
               'event_name', 'seen', 'seq', n,
               'user_id', telemetry.as_id(nullif((n * 5) % 8, 0)::text),
               'session_id', telemetry.as_id('s' || nullif((n * 7) % 6, 0)),
               'payload', jsonb_build_object('page', '/' || n % 10, 'correlation_id', case when n % 100 = 0 then 'request-' || n end))) order by n)
      from generate_series(1, size) n
$$;
select accepted, rejected from telemetry.log_events(pg_temp.batch(600));
select count(telemetry.log_event('seen', '{"correlation_id": "request-0"}', user_id => telemetry.as_id('single'), session_id => telemetry.as_id('s1')))
  from generate_series(1, 3);
select telemetry.import_events(jsonb_agg(event || '{"event_ts": "2001-05-17T10:00:00Z"}')) from jsonb_array_elements(pg_temp.batch(300)) event;
select condition, (pg_temp.told(condition)).*
  from unnest(array['user_id is not null', 'session_id is not null', 'user_id = telemetry.as_id(''3'')', 'session_id = telemetry.as_id(''s1'')',
                    'telemetry.correlation_of(payload) is not null', 'telemetry.correlation_of(payload) = ''request-0''',
                    'tenant_id = ''00000000-0000-0000-0000-000000000000'' and event_name = ''seen''',
                    'tenant_id = ''00000000-0000-0000-0000-000000000000'' and event_ts > ''2001-01-01''']) condition;

-- The index by arrival keeps the least and the greatest number of each range of pages, of the first one from the start: it
-- takes in what comes later.
select partition as today from telemetry_private.partition_bounds() where now() >= since and now() < until \gset
select max(ingest_id) as before from telemetry.events \gset
select accepted from telemetry.log_events(pg_temp.batch(600));
select telemetry.log_event('seen') is not null as logged;
select by_index, by_rows, uses_an_index from pg_temp.told('ingest_id > ' || :before);

-- One by arrival of some rows alone: these may lie between two that have no entry.
create index app_arrivals_of_users on :today using brin (ingest_id) where user_id is not null;
select max(ingest_id) as before from telemetry.events \gset
select accepted from telemetry.log_events((select jsonb_agg(case when n = 2 then e || jsonb_build_object('user_id', telemetry.as_id('u')) else e - 'user_id' end) from jsonb_array_elements(pg_temp.batch(3)) with ordinality b (e, n)));
drop index telemetry.events_by_user;
select by_index, by_rows, uses_an_index from pg_temp.told('user_id is not null and ingest_id > ' || :before);

-- What came in one call stands in the order in which it was sent, whatever the indexes are by.
select bool_and(seq = n) as in_order from (select seq, row_number() over (order by ingest_id) as n from telemetry.events order by ingest_id limit 600) e;

-- An application's own indexes, on columns, of some rows alone, or of an expression: a batch and a single event are in each.
create index app_by_subject on telemetry.events (subject_id, event_ts) include (seq) where subject_id is not null;
create index app_by_source on telemetry.events (source, seq desc);
select accepted from telemetry.log_events(jsonb_build_array(jsonb_build_object('event_name', 'seen', 'source', 'web', 'subject_id', telemetry.as_id('b'), 'seq', 1001),
                                                            jsonb_build_object('event_name', 'seen', 'subject_id', telemetry.as_id('a')),
                                                            jsonb_build_object('event_name', 'seen', 'source', 'mobile', 'seq', 1002)));
select telemetry.log_event('seen', subject_id => telemetry.as_id('a'), source => 'web') is not null as logged;
select condition, (pg_temp.told(condition)).*
  from unnest(array['subject_id is not null', 'subject_id = telemetry.as_id(''a'')', 'source = ''web''', 'source is null', 'user_id is not null']) condition;
create index app_by_page on telemetry.events ((payload ->> 'page'));
create index app_by_seq on telemetry.events using hash (seq);
create index app_of_late_numbers on telemetry.events (seq) where seq > 500 and user_id is not null;
select accepted from telemetry.log_events(pg_temp.batch(600));
select telemetry.log_event('seen', '{"page": "/5"}', seq => 7) is not null as logged;
select condition, (pg_temp.told(condition)).*
  from unnest(array['payload ->> ''page'' = ''/5''', 'seq = 7', 'seq > 500 and user_id is not null', 'user_id is not null', 'telemetry.correlation_of(payload) is not null']) condition;

-- A unique index of the application refuses a row, without telling what is in it; nothing of the call is stored.
drop index telemetry.app_by_page, telemetry.app_by_seq, telemetry.app_of_late_numbers;
create unique index app_once on :today (subject_id, seq) where subject_id is not null;
savepoint before;
select telemetry.log_event('seen', subject_id => telemetry.as_id('c'), seq => 1) is not null as logged;
savepoint once;
select telemetry.log_event('seen', subject_id => telemetry.as_id('c'), seq => 1);
rollback to once;
select telemetry.log_events(jsonb_build_array(jsonb_build_object('event_name', 'seen', 'subject_id', telemetry.as_id('d'), 'seq', 1),
                                              jsonb_build_object('event_name', 'seen', 'subject_id', telemetry.as_id('d'), 'seq', 1)));
rollback to before;

-- An index that goes is forgotten at once.
drop index telemetry.app_by_subject, telemetry.app_by_source;
select accepted from telemetry.log_events(pg_temp.batch(10));
select condition, (pg_temp.told(condition)).* from unnest(array['user_id is not null', 'session_id is not null']) condition;
rollback;
