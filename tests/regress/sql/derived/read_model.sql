-- The read model: what tick() derives from the log, who may read it, and that no answer depends on it.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
-- Names that nobody logged: see the book unknown_events.
set telemetry.unknown_events = 'empty';
-- What is spoiled by hand here passes for the work of a tick; what happens else is told in the book provenance.
set telemetry_private.derives = 'on';
begin;
\set ON_ERROR_ROLLBACK on
select telemetry.register_event(name, '{"promoted_properties": ["plan", "price"]}') from unnest('{signed_up,visited,ordered}'::text[]) name \g /dev/null
create function import(person text, at text, event_name text, payload jsonb default null, tenant text default 'a', sample_rate real default null) returns bigint language sql as $$
    select telemetry.import_events(jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
        'event_name', event_name, 'event_ts', '2025-' || at || 'Z', 'user_id', telemetry.as_id(person), 'payload', payload,
        'tenant_id', '00000000-0000-4000-8000-00000000000' || tenant, 'sample_rate', sample_rate))))
$$;
-- Two tenants; four people in the first, two in the second, one of them known to both; a crawler that is nobody.
select sum(import(p, t, e, o, tenant, r))
  from (values ('ann', '01-01T10:00:00', 'signed_up', '{"plan": "pro"}'::jsonb, 'a', null::real), ('bob', '01-01T11:00:00', 'signed_up', '{"plan": "free"}', 'a', null), ('cyd', '01-02T09:00:00', 'signed_up', '{"plan": "free"}', 'a', null),
               ('ann', '01-01T10:30:00', 'visited', null, 'a', null), ('ann', '01-02T10:00:00', 'visited', null, 'a', null), ('bob', '01-02T12:00:00', 'visited', null, 'a', 0.5), ('dee', '01-03T08:00:00', 'visited', null, 'a', 0.5),
               ('ann', '01-02T10:05:00', 'ordered', '{"plan": "pro", "price": 1.50, "coupon": "X"}', 'a', null), ('bob', '01-03T12:00:00', 'ordered', '{"plan": "free", "price": 3, "coupon": "Y"}', 'a', null),
               (null, '01-02T13:00:00', 'visited', '{"plan": null}', 'a', null),
               ('ann', '01-01T20:00:00', 'signed_up', '{"plan": "pro"}', 'b', null), ('eve', '01-02T20:00:00', 'signed_up', '{"plan": "pro"}', 'b', null), ('eve', '01-02T21:00:00', 'ordered', '{"plan": "pro", "price": 2}', 'b', null)) v (p, t, e, o, tenant, r);

-- Without a tick everything is answered from the rows.
create table asked (kpi text primary key, arguments jsonb);
insert into asked values
    ('event_volume', '{"since": "2025-01-01", "until": "2025-01-04"}'), ('active_users', '{"since": "2025-01-01", "until": "2025-01-04"}'), ('active_users_actors', '{"since": "2025-01-01", "until": "2025-01-04"}'),
    ('event_ratio', '{"numerator": "ordered", "denominator": "visited", "since": "2025-01-01", "until": "2025-01-04"}'), ('actor_ratio', '{"numerator": "ordered", "denominator": "visited", "since": "2025-01-01", "until": "2025-01-04"}'), ('actor_ratio_actors', '{"numerator": "ordered", "denominator": "visited", "since": "2025-01-01", "until": "2025-01-04"}'),
    ('funnel', '{"steps": ["signed_up", "visited", "ordered"]}'), ('funnel_actors', '{"steps": ["signed_up", "visited", "ordered"]}'),
    ('retention', '{"start_event": "signed_up", "since": "2025-01-01", "until": "2025-01-04"}'), ('retention_actors', '{"start_event": "signed_up", "since": "2025-01-01", "until": "2025-01-04"}');
select kpi, e.* from asked, telemetry.explain_kpi(kpi, arguments) e order by kpi;
select * from telemetry.hourly_counts;
select * from telemetry.verify_derived();

-- The answers, to be compared at each moment below; and one of them.
create view answers as
    select kpi, array_agg(answer order by answer) as answer
      from (select 'event_volume' as kpi, a::text as answer from telemetry.event_volume(since => '2025-01-01', until => '2025-01-04') a union all
            select 'active_users', a::text from telemetry.active_users(since => '2025-01-01', until => '2025-01-04') a union all
            select 'active_users_actors', a::text from telemetry.active_users_actors(since => '2025-01-01', until => '2025-01-04') a union all
            select 'event_ratio', a::text from telemetry.event_ratio('ordered', 'visited', since => '2025-01-01', until => '2025-01-04') a union all
            select 'actor_ratio', a::text from telemetry.actor_ratio('ordered', 'visited', since => '2025-01-01', until => '2025-01-04') a union all
            select 'actor_ratio_actors', a::text from telemetry.actor_ratio_actors('ordered', 'visited', since => '2025-01-01', until => '2025-01-04') a union all
            select 'funnel', a::text from telemetry.funnel('["signed_up", "visited", "ordered"]') a union all
            select 'funnel_actors', a::text from telemetry.funnel_actors('["signed_up", "visited", "ordered"]') a union all
            select 'retention', a::text from telemetry.retention('signed_up', null, '2025-01-01', '2025-01-04') a union all
            select 'retention_actors', a::text from telemetry.retention_actors('signed_up', null, '2025-01-01', '2025-01-04') a) x
     group by kpi;
create table moments as select 'before' as moment, * from answers;
select bucket::date, event_name, events from telemetry.event_volume(since => '2025-01-01', until => '2025-01-04') order by 1, 2;
select step, event_name, actors from telemetry.funnel('["signed_up", "visited", "ordered"]') :both

-- tick() in small units: so many new ids at most, each consumer once. Within a transaction it cannot commit.
select telemetry.may_commit();
select consumer, lag_events > 0 as lags, lag_seconds > 0 as since_before, held_back_by from telemetry.cursors order by 1;
select telemetry.tick_unit((select min(ingest_id) + 4 - max(position) from telemetry.events, telemetry.cursors)) > 0 as took;
insert into moments select 'after five events', * from answers;
select kpi, source, derived_events, raw_events from asked, telemetry.explain_kpi(kpi, arguments) e order by kpi;
call telemetry.tick();
insert into moments select 'after the tick', * from answers;
set local telemetry.kpi_source = raw;
insert into moments select 'asked for rows', * from answers;
reset telemetry.kpi_source;
select consumer, position = (select max(ingest_id) from telemetry.events) as has_all, lag_events, lag_seconds, held_back_by from telemetry.cursors order by 1;
select kpi, source, reason, derived_events, raw_events from asked, telemetry.explain_kpi(kpi, arguments) e order by kpi;
-- Nothing more to do; and doing it changes nothing.
select telemetry.tick_unit();
call telemetry.tick(0);
call telemetry.tick(null);

-- What is derived: counts by hour, dense numbers of actors, chunks of one tenant and band (-1: events of nobody).
select right(tenant_id::text, 1) as tenant, hour, event_name, source, sample_rate, events from telemetry.hourly_counts order by 1, 2, 3 limit 8;
select right(tenant_id::text, 1) as tenant, actors from telemetry.timeline_tenants order by 1;
select right(tenant_id::text, 1) as tenant, actor_number, user_id = telemetry.as_id('ann') as is_ann from telemetry.timeline_actors order by 1, 2;
select right(tenant_id::text, 1) as tenant, band, sum(events), min(first_ts), max(last_ts) from telemetry.timeline_chunks group by 1, 2 order by 1, 2;
select derived, right(tenant_id::text, 1) as tenant, expected, found, is_equal, problem from telemetry.verify_derived() order by 1, 2;
-- It compares what KPIs could read, whether they do or not.
set local telemetry.kpi_source = raw;
select count(*), bool_and(is_equal) from telemetry.verify_derived();
reset telemetry.kpi_source;

-- What was committed a moment ago is in the answer: rows above the cursor are read one by one. Here the past is
-- imported, the 1st of January; dee, who is known, and fay, who is new.
select import('dee', '01-01T06:00:00', 'signed_up', '{"plan": "pro"}'), import('fay', '01-01T07:00:00', 'signed_up'), import(null, '01-01T08:00:00', 'visited');
select kpi, source, derived_events, raw_events from asked, telemetry.explain_kpi(kpi, arguments) e where kpi in ('funnel', 'active_users', 'event_volume') order by kpi;
select bucket::date, actors from telemetry.active_users(since => '2025-01-01', until => '2025-01-04', tenant => '00000000-0000-4000-8000-00000000000a') :both
select step, actors from telemetry.funnel('["signed_up", "visited", "ordered"]') :both
select consumer, lag_events, lag_seconds > 0 as lags from telemetry.cursors order by 1;
insert into moments select 'with an import', * from answers;
call telemetry.tick();
insert into moments select 'with an import, after the tick', * from answers;
select kpi, count(*) filter (where moment not like 'with%') as moments, count(distinct answer) filter (where moment not like 'with%') as answers,
       count(*) filter (where moment like 'with%') as moments_later, count(distinct answer) filter (where moment like 'with%') as answers_later from moments group by 1 order by 1;

-- A tick takes a chunk beside it that is not larger into its own, and merges small chunks, eight of about the same size.
-- So many small ticks leave few small chunks.
select import('ann', format('02-01T00:00:%s', 10 + n), 'visited') from generate_series(1, 24) n \g /dev/null
select count(telemetry.tick_unit(1)) from generate_series(1, 24);
select count(*) < 8 as merged from telemetry.timeline_chunks where right(tenant_id::text, 1) = 'a' and band = 0;
select bool_and(is_equal) from telemetry.verify_derived();

-- Filters. The timeline keeps the promoted properties of an event, as they are: texts, numbers, booleans, null.
select filter, source, reason from unnest('{null,"{}","{\"plan\": \"pro\"}","{\"price\": 1.5, \"plan\": \"pro\"}","{\"coupon\": \"X\"}","{\"plan\": [\"pro\"]}"}'::jsonb[]) filter, telemetry.explain_kpi('event_volume', jsonb_build_object('events', '{ordered}'::text[], 'filter', filter, 'since', '2025-01-01', 'until', '2025-02-01'));
select bucket::date, event_name, events from telemetry.event_volume(since => '2025-01-01', until => '2025-01-04', filter => '{"plan": "pro"}') where events > 0 order by 1, 2 :both
select sum(events) from telemetry.event_volume(since => '2025-01-01', until => '2025-01-04', filter => '{"price": 1.5}') :both
select sum(events) from telemetry.event_volume(since => '2025-01-01', until => '2025-01-04', filter => '{"price": "1.5"}') :both
select sum(events) from telemetry.event_volume(since => '2025-01-01', until => '2025-01-04', filter => '{"plan": null}') :both
select step, actors from telemetry.funnel('["signed_up", {"event": "ordered", "where": {"plan": "pro"}}]') :both
select breakdown_value, step, actors from telemetry.funnel('["signed_up", "ordered"]', breakdown => 'plan') order by 1, 2 :both
select breakdown_value, step, actors from telemetry.funnel('["ordered"]', breakdown => 'price') order by 1, 2 :both
-- A key that is not promoted is read from the rows, whoever asks. Promoted now, it is known of the events to come; of
-- the older ones once they are derived anew.
select sum(events) from telemetry.event_volume(since => '2025-01-01', until => '2025-01-04', filter => '{"coupon": "X"}') :both
select telemetry.update_event(name, '{"promoted_properties": ["plan", "price", "coupon"]}') from unnest('{signed_up,visited,ordered}'::text[]) name;
call telemetry.tick();
select source, reason from telemetry.explain_kpi('funnel', '{"steps": ["signed_up", "ordered"], "breakdown": "coupon"}');
select telemetry.rebuild_derived() = count(*) as took_all from telemetry.events;
select source, reason from telemetry.explain_kpi('funnel', '{"steps": ["signed_up", "ordered"], "breakdown": "coupon"}');
select breakdown_value, step, actors from telemetry.funnel('["ordered"]', breakdown => 'coupon') order by 1, 2 :both
select bool_and(is_equal) from telemetry.verify_derived();
-- Other questions for the rows: other actors than users, and ranges that cut hours are not for hourly counts.
select source, reason from telemetry.explain_kpi('funnel', '{"steps": ["signed_up"], "actor": "session"}');
select since, source, reason from unnest('{2025-01-01 06:00,2025-01-01 06:30}'::text[]) since, telemetry.explain_kpi('event_volume', jsonb_build_object('since', since));
-- The hours of India begin at half past.
select tz, source, derived_events from unnest('{America/New_York,Asia/Kolkata}'::text[]) tz, telemetry.explain_kpi('event_volume', jsonb_build_object('since', '2025-01-01', 'tz', tz));
select tz, sum(events), count(*) from unnest('{America/New_York,Asia/Kolkata}'::text[]) tz, telemetry.event_volume(since => '2025-01-01', until => '2025-01-04', events => '{visited}', tz => tz) group by 1 order by 1;
-- What cannot be explained.
select * from telemetry.explain_kpi(null);
select * from telemetry.explain_kpi('log_event');
select * from telemetry.explain_kpi('funnel');
select * from telemetry.explain_kpi('funnel', '{"stops": []}');
select * from telemetry.explain_kpi('retention', '{"kind": "forever"}');

-- Who may. An analyst asks the timeline, and has the answers of its own tenant; of others it sees nothing derived.
create role app_writer;
create role app_analyst;
create role app_admin;
select telemetry.grant_access('app_writer', 'writer'), telemetry.grant_access('app_analyst', 'analyst'), telemetry.grant_access('app_admin', 'admin') \g /dev/null
set local telemetry.tenant_id = '00000000-0000-4000-8000-00000000000b';
set local role app_analyst;
select telemetry.log_visibility();
select source, derived_events, raw_events from telemetry.explain_kpi('funnel', '{"steps": ["signed_up", "ordered"]}');
select step, actors from telemetry.funnel('["signed_up", "ordered"]');
select step, actors from telemetry.funnel('["signed_up", "ordered"]', tenant => '00000000-0000-4000-8000-00000000000a');
select sum(actors) from telemetry.active_users(since => '2025-01-01', until => '2025-01-04');
select sum(events) from telemetry.event_volume(since => '2025-01-01', until => '2025-01-04');
select array_agg(actors order by period) from telemetry.retention('signed_up', null, '2025-01-01', '2025-01-03') group by cohort order by cohort;
select 'hourly_counts' as derived, count(*), count(distinct tenant_id) as tenants, min(right(tenant_id::text, 1)) as tenant from telemetry.hourly_counts union all
select 'timeline_chunks', count(*), count(distinct tenant_id), min(right(tenant_id::text, 1)) from telemetry.timeline_chunks union all
select 'timeline_actors', count(*), count(distinct tenant_id), min(right(tenant_id::text, 1)) from telemetry.timeline_actors union all
select 'timeline_tenants', count(*), count(distinct tenant_id), min(right(tenant_id::text, 1)) from telemetry.timeline_tenants order by 1;
select right(tenant_id::text, 1) as tenant, derived, expected, found, is_equal from telemetry.verify_derived() order by 2;
select consumer, lag_events from telemetry.cursors order by 1;
-- It cannot tick, and a writer neither, who sees nothing at all; an admin can.
call telemetry.tick();
select telemetry.tick_unit();
select telemetry.rebuild_derived();
update telemetry.hourly_counts set events = 0;
delete from telemetry.cursor_positions;
reset role;
set local role app_writer;
call telemetry.tick();
select telemetry.tick_unit();
select * from telemetry.hourly_counts;
select * from telemetry.timeline_chunks;
select * from telemetry.cursors;
select * from telemetry.explain_kpi('event_volume');
select telemetry.log_visibility();
reset role;
set local role app_admin;
select import('gil', '01-03T00:00:00', 'signed_up', tenant => 'b');
call telemetry.tick();
select telemetry.tick_unit();
select step, actors from telemetry.funnel('["signed_up", "ordered"]');
select telemetry.rebuild_derived() > 0 as rebuilt;
update telemetry.timeline_chunks set band = 7;
reset role;

-- A policy of your own on the log decides row by row, which derived data cannot: then rows answer, and what is derived
-- shows nothing.
select import('hal', '01-03T01:00:00', 'signed_up', '{"plan": "pro"}', 'b');
call telemetry.tick();
create policy only_pro on telemetry.events as restrictive for select using (payload->>'plan' = 'pro');
set local role app_analyst;
select telemetry.log_visibility();
select source, reason, raw_events from telemetry.explain_kpi('funnel', '{"steps": ["signed_up", "ordered"]}');
select step, actors from telemetry.funnel('["signed_up", "ordered"]');
select sum(events) from telemetry.event_volume(since => '2025-01-01', until => '2025-01-04');
select (select count(*) from telemetry.hourly_counts), (select count(*) from telemetry.timeline_chunks), (select count(*) from telemetry.timeline_actors), (select count(*) from telemetry.timeline_tenants);
select * from telemetry.verify_derived();
reset role;
drop policy only_pro on telemetry.events;
-- One that shows more is no different; one for somebody else does not matter.
create policy admins_see_all on telemetry.events for select to app_admin using (true);
set local role app_admin;
select telemetry.log_visibility(), (select count(*) from telemetry.timeline_chunks) as chunks, sum(events) from telemetry.event_volume(since => '2025-01-01', until => '2025-01-04');
reset role;
set local role app_analyst;
select telemetry.log_visibility(), (select count(*) from telemetry.timeline_chunks) > 0 as chunks, sum(events) from telemetry.event_volume(since => '2025-01-01', until => '2025-01-04');
reset role;
drop policy admins_see_all on telemetry.events;
reset telemetry.tenant_id;

-- A damaged chunk is never read: the answer is an error that names it. rebuild_derived() mends it, the log is whole.
create function attempt(statement text) returns text language plpgsql as $$
declare
    hint text;
begin
    execute statement;
    return 'no error';
exception
    when others then
        get stacked diagnostics hint = pg_exception_hint;
        return format('%s: %s (%s)', sqlstate, regexp_replace(sqlerrm, 'chunk \d+', 'chunk N'), hint);
end
$$;
insert into moments select 'healthy', * from answers;
savepoint healthy;
update telemetry.timeline_chunks set body = set_byte(body, 0, get_byte(body, 0) # 1) where (tenant_id, band) = ('00000000-0000-4000-8000-00000000000b', 0);
select attempt('select * from telemetry.funnel(''["signed_up", "ordered"]'')');
select attempt('select * from telemetry.active_users()');
-- Other tenants are not concerned, nor is who asks for rows.
select step, actors from telemetry.funnel('["signed_up", "ordered"]', tenant => '00000000-0000-4000-8000-00000000000a');
set local telemetry.kpi_source = raw;
select step, actors from telemetry.funnel('["signed_up", "ordered"]');
reset telemetry.kpi_source;
select derived, right(tenant_id::text, 1) as tenant, expected, found, is_equal, regexp_replace(problem, 'chunk \d+', 'chunk N') as problem from telemetry.verify_derived() order by 1, 2;
select telemetry.rebuild_derived(tenant => '00000000-0000-4000-8000-00000000000b');
select derived, right(tenant_id::text, 1) as tenant, expected, found, is_equal, problem from telemetry.verify_derived() order by 1, 2;
select step, actors from telemetry.funnel('["signed_up", "ordered"]') :both
rollback to healthy;
-- Ticks go on beside it: they neither take it back nor merge it, and warn; other tenants' small chunks are merged.
select import('ann', format('02-03T00:00:%s', 10 + n), 'visited', tenant => tenant) from generate_series(1, 48) n, unnest('{a,b}'::text[]) tenant \g /dev/null
select count(telemetry.tick_unit(2)) from generate_series(1, 48);
update telemetry.timeline_chunks set body = set_byte(body, 0, get_byte(body, 0) # 1) where first_ts >= '2025-02-03' and right(tenant_id::text, 1) = 'b';
select import('bob', '02-03T00:01:00', 'visited', tenant => tenant) from unnest('{a,b}'::text[]) tenant \g /dev/null
set local client_min_messages = error;
call telemetry.tick();
select right(tenant_id::text, 1) as tenant, count(*) >= 8 as many_small_chunks from telemetry.timeline_chunks where first_ts >= '2025-02-03' group by 1 order by 1;
select max(lag_events) as lag_events from telemetry.cursors;
select right(tenant_id::text, 1) as tenant, is_equal, regexp_replace(problem, 'chunk \d+', 'chunk N') as problem from telemetry.verify_derived() where derived = 'timeline' order by 1;
rollback to healthy;
-- A header, a body cut short, a chunk that is gone, one that is there twice, a count that is wrong: all are found, and mended.
update telemetry.timeline_chunks set header = set_byte(header, length(header) - 1, get_byte(header, length(header) - 1) # 1) where (tenant_id, band) = ('00000000-0000-4000-8000-00000000000b', 0);
select attempt('select * from telemetry.funnel(''["signed_up", "ordered"]'')');
rollback to healthy;
update telemetry.timeline_chunks set body = substr(body, 1, length(body) - 1) where (tenant_id, band) = ('00000000-0000-4000-8000-00000000000b', 0);
select attempt('select * from telemetry.funnel(''["signed_up", "ordered"]'', breakdown => ''plan'')');
select derived, right(tenant_id::text, 1) as tenant, is_equal, regexp_replace(problem, 'chunk \d+', 'chunk N') as problem from telemetry.verify_derived() where not is_equal;
rollback to healthy;
delete from telemetry.timeline_chunks where (tenant_id, band) = ('00000000-0000-4000-8000-00000000000b', 0);
select derived, right(tenant_id::text, 1) as tenant, expected, found, is_equal, problem from telemetry.verify_derived() where not is_equal;
select telemetry.rebuild_derived();
select count(*), bool_and(is_equal) from telemetry.verify_derived();
insert into telemetry.timeline_chunks select tenant_id, band, 1, first_ts, last_ts, first_ingest_id, last_ingest_id, events, promoted, header, body from telemetry.timeline_chunks where (tenant_id, band) = ('00000000-0000-4000-8000-00000000000b', 0) limit 1;
update telemetry.hourly_counts set events = events + 1 where event_name = 'ordered' and hour = '2025-01-02 21:00';
select derived, right(tenant_id::text, 1) as tenant, expected, found, is_equal, problem from telemetry.verify_derived() where not is_equal order by 1;
select telemetry.rebuild_derived('2025-01-01', '2025-02-01', '00000000-0000-4000-8000-00000000000b') > 0 as rebuilt;
select count(*), bool_and(is_equal) from telemetry.verify_derived();
select telemetry.rebuild_derived(since => '2025-02-01', until => '2025-01-01');
rollback to healthy;
-- Nothing derived at all: rows answer, as before the first tick.
truncate telemetry.timeline_chunks, telemetry.timeline_actors, telemetry.timeline_tenants, telemetry.hourly_counts;
update telemetry.cursor_positions set position = 0, safe_until = 0;
select source, reason from telemetry.explain_kpi('active_users');
call telemetry.tick();
select count(*), bool_and(is_equal) from telemetry.verify_derived();
select count(*) as other_answers from (table answers except select kpi, answer from moments where moment = 'healthy') x;
rollback to healthy;

-- No call takes more than telemetry.kpi_memory.
set local telemetry.kpi_memory = '1MB';
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'visited', 'event_ts', timestamptz '2025-03-01' + n * interval '1 minute', 'user_id', telemetry.as_id((n % 1000)::text)))) from generate_series(1, 40000) n;
select attempt('select * from telemetry.active_users(since => ''2025-03-01'', until => ''2025-03-29'')');
call telemetry.tick();
select attempt('select * from telemetry.active_users(since => ''2025-03-01'', until => ''2025-03-29'')');
select sum(actors) from telemetry.active_users(since => '2025-03-01', until => '2025-03-29');
select attempt('select * from telemetry.active_users_actors(since => ''2025-03-01'', until => ''2025-03-29'', grain => ''hour'')');
select attempt('select * from telemetry.retention(since => ''2025-03-01'', until => ''2025-04-01'', grain => ''hour'')');
reset telemetry.kpi_memory;
select count(*) from telemetry.active_users_actors(since => '2025-03-01', until => '2025-03-29', grain => 'hour');
rollback;

-- Reading writes nothing, and works in a READ ONLY transaction; a tick needs to see what others commit.
begin read only;
select count(*) >= 0 as reads from telemetry.funnel('["a", "b"]');
select count(*) >= 0 as reads from telemetry.retention();
select count(*) >= 0 as reads from telemetry.event_ratio('a', 'b');
select count(*) >= 0 as reads from telemetry.funnel_trend('["a", "b"]');
select count(*) >= 0 as reads from telemetry.funnel_times('["a", "b"]');
select count(*) >= 0 as reads from telemetry.paths();
select count(*) >= 0 as reads from telemetry.next_events('{a}');
select count(*) >= 0 as reads from telemetry.time_to_first('a', 'b');
select count(*) >= 0 as reads from telemetry.time_between('a', 'b');
select count(*) >= 0 as reads from telemetry.user_sessions();
select count(*) >= 0 as reads from telemetry.session_stats();
select count(*) = 2 as reads from telemetry.cursors;
select count(*) >= 0 as reads from telemetry.explain_kpi('retention');
select count(*) >= 0 as reads from telemetry.verify_derived();
select pg_current_xact_id_if_assigned() is null as no_transaction_id;
rollback;
begin isolation level repeatable read;
call telemetry.tick();
rollback;
begin isolation level serializable;
select telemetry.tick_unit();
rollback;
begin isolation level repeatable read;
select telemetry.rebuild_derived();
rollback;
-- Outside of a transaction each unit is committed by itself, whatever the session's isolation level is.
set default_transaction_isolation = 'repeatable read';
call telemetry.tick();
reset default_transaction_isolation;
select consumer, lag_events from telemetry.cursors order by 1;
