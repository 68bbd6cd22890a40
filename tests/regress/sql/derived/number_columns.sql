-- A promoted key whose values are numbers stays in the timeline whatever the number of its values: as digits. `:both` asks rows
-- and timeline, see the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
\set ON_ERROR_ROLLBACK on
begin;
select telemetry.register_event(name, '{"promoted_properties": ["ms", "price", "path"]}') from unnest('{timed,shown}'::text[]) name \g /dev/null
select telemetry.register_event('loose') \g /dev/null

-- More different numbers than a dictionary holds, of all sizes and spellings; some events without one, some with what is none.
create temp table made as
    select n, case when n % 50 = 0 then '"fast"' when n % 50 = 1 then 'true' when n % 50 = 2 then 'null' when n % 50 = 3 then '"17"' when n % 50 = 4 then '123456789012345678901234.5'
                   when n % 3 = 0 then (n * 7 % 9973)::text when n % 3 = 1 then to_char(n / 8.0, 'FM99990.00') else (-n / 7.0)::text end::jsonb as ms
      from generate_series(1, 9000) n;
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'timed', 'event_ts', timestamptz '2023-01-01Z' + n * interval '1 minute', 'user_id', telemetry.as_id((n % 40)::text),
           'payload', jsonb_build_object('path', '/' || n % 4, 'price', n / 100.0) || case when n % 50 = 5 then '{}' else jsonb_build_object('ms', ms) end))) from made \g /dev/null
select count(distinct payload ->> 'ms') as different, count(*) filter (where jsonb_typeof(payload -> 'ms') = 'number') as numbers from telemetry.events where event_name = 'timed';

-- The sources agree to the last digit, filters take 1.50 for 1.5, and a text is no number to them.
select * from telemetry.percentiles('ms', '{0,0.5,0.99,1}', '{timed}', '2023-01-01', '2023-01-04', 'day') :both
select bucket, breakdown_value, fraction, round(value::numeric, 3) as value, events, not_numeric from telemetry.percentiles('ms', '{0.5}', since => '2023-01-01', until => '2024-01-01', grain => 'year', breakdown => 'path') :both
select * from telemetry.percentiles_sketched('price', '{0.1,0.9}', since => '2023-01-01', until => '2024-01-01', grain => 'year') :both
select * from telemetry.sum_of('ms', since => '2023-01-01', until => '2024-01-01', grain => 'year', breakdown => 'path', top_n => 2) :both
select * from telemetry.avg_of('price', since => '2023-01-01', until => '2023-01-08', grain => 'week') :both
select s.value = (select sum((payload ->> 'price')::numeric) from telemetry.events where event_name = 'timed')::float8 as is_exact from telemetry.sum_of('price', '{timed}', '2023-01-01', '2024-01-01', 'year') s :both
select events from telemetry.event_volume('{timed}', '2023-01-01', '2024-01-01', 'year', filter => '{"ms": 17}') :both
select events from telemetry.event_volume('{timed}', '2023-01-01', '2024-01-01', 'year', filter => '{"ms": "17"}') :both
select events from telemetry.event_volume('{timed}', '2023-01-01', '2024-01-01', 'year', filter => '{"ms": 3.5}') :both
select events from telemetry.event_volume('{timed}', '2023-01-01', '2024-01-01', 'year', filter => '{"ms": 123456789012345678901234.50}') :both
select events from telemetry.event_volume('{timed}', '2023-01-01', '2024-01-01', 'year', filter => '{"price": 0.01}') :both
-- As a breakdown a number is its text.
select * from telemetry.top_values('ms', '{timed}', '2023-01-01', '2024-01-01', top_n => 3) :both
select breakdown_value, errors, events from telemetry.rate_of_errors('{timed}', '{timed}', breakdown => 'ms', since => '2023-01-01', until => '2024-01-01', grain => 'year', top_n => 2) :both
select step, breakdown_value, actors from telemetry.funnel('["timed", "timed"]', breakdown => 'ms', since => '2023-01-01', until => '2023-01-01T00:10:00Z') order by 1, 2 :both

-- The derived data is what the rows say; merged chunks and chunks made anew answer the same.
create function told() returns table (answer text) language sql as $$
    select p::text from telemetry.percentiles('ms', '{0.25,0.75}', '{timed}', '2023-01-01', '2024-01-01', 'month') p union all
    select s::text from telemetry.sum_of('ms', '{timed}', '2023-01-01', '2024-01-01', 'month') s union all
    select v::text from telemetry.event_volume('{timed}', '2023-01-01', '2024-01-01', 'year', filter => '{"ms": 3.5}') v
$$;
set local telemetry.kpi_source = raw;
create temp table by_rows as select * from told();
reset telemetry.kpi_source;
do $$ begin for i in 1..20 loop perform telemetry.tick_unit(700); end loop; while telemetry.tick_unit() > 0 loop end loop; end $$;
select bool_and(is_equal) as is_equal, count(problem) as problems from telemetry.verify_derived();
select count(*) as differences from (select * from told() except select * from by_rows) d;
select telemetry.rebuild_derived() > 0 as made_anew;
select bool_and(is_equal) as is_equal, count(problem) as problems from telemetry.verify_derived();
select count(*) as differences from (select * from told() except select * from by_rows) d;
-- Where the values of a breakdown have too many buckets to collect the numbers of each, the events are read twice: for the groups,
-- then for their numbers. The answer is the same: 4 values in 744 hours do not fit into a quarter of a megabyte.
create function pg_temp.by_hour() returns table (answer text) language sql as $$
    select s::text from telemetry.sum_of('ms', '{timed}', '2023-01-01', '2023-02-01', 'hour', breakdown => 'path', top_n => 1) s union all
    select m::text from telemetry.max_of('ms', '{timed}', '2023-01-01', '2023-02-01', 'hour', breakdown => 'path', top_n => 1) m union all
    select p::text from telemetry.percentiles('price', '{0.5}', '{timed}', '2023-01-01', '2023-02-01', 'hour', breakdown => 'path', top_n => 1) p
$$;
create temp table at_once as select * from pg_temp.by_hour();
set local telemetry.kpi_memory = '1MB';
create temp table read_twice as select * from pg_temp.by_hour();
reset telemetry.kpi_memory;
set local telemetry.kpi_source = raw;
create temp table hours_by_rows as select * from pg_temp.by_hour();
reset telemetry.kpi_source;
select count(*) as rows, count(*) filter (where a.answer = t.answer and a.answer = r.answer) as equal
  from (select answer, row_number() over () as n from at_once) a
  join (select answer, row_number() over () as n from read_twice) t using (n)
  join (select answer, row_number() over () as n from hours_by_rows) r using (n);
-- A damaged column is refused, never a wrong number.
savepoint sound;
set local telemetry_private.derives = 'on';
update telemetry.timeline_chunks set body = set_byte(body, length(body) - 1, get_byte(body, length(body) - 1) # 1) where events > 1000;
\set VERBOSITY sqlstate
select count(*) from telemetry.avg_of('price', '{timed}', '2023-01-01', '2024-01-01', 'year');
\set VERBOSITY default
rollback to sound;

-- Names of which some do not promote the key: their rows are read, and only theirs.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', case when n % 3 = 0 then 'loose' else 'shown' end, 'event_ts', timestamptz '2023-02-01Z' + n * interval '1 minute', 'user_id', telemetry.as_id((n % 40)::text),
           'payload', case when n % 5 = 0 then '{}' else jsonb_build_object('path', '/' || n % 7) end))) from generate_series(1, 90) n \g /dev/null
select * from telemetry.top_values('path', since => '2023-02-01', until => '2023-03-01', top_n => 2) :both
select * from telemetry.top_values('path', since => '2023-02-01', until => '2023-03-01', by => 'actors', top_n => 2) :both
select breakdown_value, errors, events from telemetry.rate_of_errors('{loose}', breakdown => 'path', since => '2023-02-01', until => '2023-03-01', grain => 'year', top_n => 2) :both
select count(*) as listed from telemetry.top_values_actors('path', since => '2023-02-01', until => '2023-03-01') :both
call telemetry.tick();
select distinct source, reason, derived_events, raw_events from telemetry.explain_kpi('top_values', '{"payload_key": "path", "since": "2023-02-01", "until": "2023-03-01"}');
select distinct source, reason from telemetry.explain_kpi('top_values', '{"payload_key": "path", "since": "2023-02-01", "until": "2023-03-01", "events": ["loose"]}');

-- By user: those with the most errors, the others as one, whose events are many.
select row_number() over () as place, breakdown_value = '$other' as is_rest, errors, events from telemetry.rate_of_errors('{loose}', '{loose,shown}', by_user => true, since => '2023-02-01', until => '2023-03-01', grain => 'year', top_n => 3) :both

-- Who was there at all is read from a chunk at once, over all names.
select actors from telemetry.active_users(since => '2023-01-01', until => '2024-01-01', grain => 'year') :both

-- A tick does not take chunks of other promoted keys into its own.
select count(*) as chunks from telemetry.timeline_chunks where last_ts >= '2023-02-01';
select telemetry.update_event('shown', '{"promoted_properties": ["path", "ms", "plan"]}') \g /dev/null
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'shown', 'event_ts', timestamptz '2023-02-01T00:30:00Z' + n * interval '1 minute', 'user_id', telemetry.as_id('1'), 'payload', jsonb_build_object('ms', n)))) from generate_series(1, 90) n \g /dev/null
call telemetry.tick();
select count(*) as chunks from telemetry.timeline_chunks where last_ts >= '2023-02-01';
select sum(events) from telemetry.event_volume(since => '2023-02-01', until => '2023-03-01', grain => 'year', filter => '{"ms": 7}') :both
select bool_and(is_equal) as is_equal from telemetry.verify_derived();

-- More rows of a band than a piece holds: an actor's events come in two of them.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', case when n % 6 < 3 then 'loose' else 'shown' end, 'event_ts', timestamptz '2023-05-01Z' + n * interval '1 second', 'user_id', telemetry.as_id((n % 3)::text)))) from generate_series(1, 70000) n \g /dev/null
select step, actors from telemetry.funnel('["loose", "shown", "loose"]', since => '2023-05-01', until => '2023-06-01') :both
select bucket::date, actors from telemetry.active_users(since => '2023-05-01', until => '2023-06-01', grain => 'month') :both

-- A call has one account of memory: for the values of a breakdown and what is made of them, for a list and the times in it.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'loose', 'event_ts', timestamptz '2023-03-01Z' + n * interval '1 minute', 'payload', jsonb_build_object('ms', n, 'path', '/' || n)))) from generate_series(1, 5000) n \g /dev/null
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'shown', 'event_ts', timestamptz '2023-03-10Z' + n * interval '1 second', 'user_id', telemetry.as_id((n % 4000)::text)))) from generate_series(1, 20000) n \g /dev/null
call telemetry.tick();
set local telemetry.kpi_memory = '1MB';
\set VERBOSITY sqlstate
select count(*) from telemetry.percentiles('ms', '{0.5}', '{loose}', '2023-03-01', '2023-03-08', 'week', 'path');
select count(*) from telemetry.funnel_actors('["shown", "shown", "shown", "shown", "shown"]', since => '2023-03-10', until => '2023-03-11');
set local telemetry.kpi_memory = '2MB';
select count(*) from telemetry.percentiles('ms', '{0.5}', '{loose}', '2023-03-01', '2023-03-08', 'week', 'path');
set local telemetry.kpi_memory = '8MB';
select count(*) from telemetry.funnel_actors('["shown", "shown", "shown", "shown", "shown"]', since => '2023-03-10', until => '2023-03-11');
rollback;
