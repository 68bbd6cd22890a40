-- top_values(): the values of a payload key, ranked by events or users. `:both` asks rows and timeline, see the book
-- both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
set local telemetry.enforcement = 'accept';
select telemetry.register_event(name, '{"promoted_properties": ["lesson"]}') from unnest('{started,completed}'::text[]) name \g /dev/null
-- A person's events of one name, one of each of these lessons, a minute apart.
create function learn(person text, lessons text[], event_name text default 'completed', since timestamptz default '2024-03-04') returns void language sql as $$
    select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('event_name', learn.event_name, 'event_ts', since + place * interval '1 minute', 'user_id', telemetry.as_id(person), 'payload', jsonb_build_object('lesson', lesson)))))
      from unnest(lessons) with ordinality l (lesson, place)
$$;
-- Nothing logged: no value.
select * from telemetry.top_values('lesson');
select * from telemetry.top_values('lesson', since => '2024-03-04', until => '2024-03-05') :both

-- Ann does loops again and again, three people do joins. Events without a lesson are left out.
savepoint start;
select learn('ann', '{loops,loops,loops,loops,joins,views}') \g /dev/null
select learn('bob', '{joins,types,null}') \g /dev/null
select learn('cyd', '{joins}') \g /dev/null
select learn(null, '{views,sets}') \g /dev/null
select * from telemetry.top_values('lesson') :both
select * from telemetry.top_values('lesson', by => 'actors') :both
-- What is below the top is one row; its users are counted once, its rank is NULL.
select * from telemetry.top_values('lesson', top_n => 2) :both
select * from telemetry.top_values('lesson', by => 'actors', top_n => 1) :both
select rank, value, person from telemetry.top_values_actors('lesson', by => 'actors', top_n => 1) join unnest('{ann,bob,cyd}'::text[]) person on telemetry.as_id(person) = actor_id order by 1, 2, 3 :both
select rank, value, person from telemetry.top_values_actors('lesson', top_n => 2) join unnest('{ann,bob,cyd}'::text[]) person on telemetry.as_id(person) = actor_id order by 1, 2, 3 :both
-- A value may be called so as well: it has a rank.
select learn('dee', array_fill('$other'::text, '{9}')) \g /dev/null
select * from telemetry.top_values('lesson', top_n => 1) :both
-- Half-open ranges, names, filter.
select learn('ann', '{sets,sets}', 'started', '2024-03-05') \g /dev/null
select value, events, actors from telemetry.top_values('lesson', since => '2024-03-05', until => '2024-03-05 00:02') :both
select value, events, actors from telemetry.top_values('lesson', events => '{started}') :both
select value, events, actors from telemetry.top_values('lesson', filter => '{"lesson": "sets"}') :both
select count(*) from telemetry.top_values('lesson', events => '{}');
-- What is there only without a user has events and no actor.
select * from telemetry.top_values('lesson', events => '{completed}', filter => '{"lesson": "sets"}', by => 'actors') :both
-- The source of a key that is promoted, and of one that is not.
call telemetry.tick();
select source, reason from telemetry.explain_kpi('top_values', '{"payload_key": "lesson"}');
select source, reason from telemetry.explain_kpi('top_values', '{"payload_key": "other"}');
rollback to start;

-- Values are what ->> shows, of any type; a sampled event stands for several, a user for one.
select telemetry.import_events('[{"event_name": "completed", "event_ts": "2024-03-04T00:00:00Z", "payload": {"lesson": 7}}, {"event_name": "completed", "event_ts": "2024-03-04T00:00:00Z", "payload": {"lesson": "7"}},
    {"event_name": "completed", "event_ts": "2024-03-04T00:00:00Z", "payload": {"lesson": true}}, {"event_name": "completed", "event_ts": "2024-03-04T00:00:00Z", "payload": {"lesson": null}}, {"event_name": "completed", "event_ts": "2024-03-04T00:00:00Z"}]') \g /dev/null
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'completed', 'event_ts', '2024-03-04T20:00:00Z', 'user_id', telemetry.as_id('cyd'), 'sample_rate', 0.25, 'payload', '{"lesson": "often"}'::jsonb))) from generate_series(1, 3) \g /dev/null
select * from telemetry.top_values('lesson') :both
select value, events from telemetry.top_values('lesson', filter => '{"lesson": {}}') :both
-- A user id in two tenants is two actors.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'completed', 'event_ts', '2025-01-01T00:00:00Z', 'user_id', telemetry.as_id('x'), 'tenant_id', tenant, 'payload', '{"lesson": "x"}'::jsonb))) from unnest('{44444444-4444-4444-4444-444444444444,55555555-5555-5555-5555-555555555555}'::uuid[]) tenant \g /dev/null
select * from telemetry.top_values('lesson', since => '2025-01-01', until => '2025-01-02') :both
select * from telemetry.top_values('lesson', since => '2025-01-01', until => '2025-01-02', tenant => '44444444-4444-4444-4444-444444444444') :both
rollback to start;

-- Random events: what plain SQL says; the list is as long as the counts.
select learn('u' || u, array_agg('lesson ' || (hashint4(u * 1000 + n) & 2147483647) % 30 * ((hashint4(u * 999 + n) & 2147483647) % 4) order by n))
  from generate_series(1, 60) u, generate_series(1, 1 + u % 20) n group by u \g /dev/null
create view asked as select by, top_n from unnest('{events,actors}'::text[]) by, unnest('{1,5,100}'::int[]) top_n;
create view plain as
    select by, value, events, actors, row_number() over (partition by by order by case by when 'events' then events else actors end desc, value collate "C") as place
      from unnest('{events,actors}'::text[]) by, (select payload ->> 'lesson' as value, count(*) as events, count(distinct user_id) as actors from telemetry.events group by 1) v;
create view rest as select by, top_n, count(*) as events, count(distinct user_id) as actors from asked join plain using (by) join telemetry.events e on e.payload ->> 'lesson' = value where place > top_n group by 1, 2;
create view listed as select by, top_n, rank, count(*) as actors from asked, telemetry.top_values_actors('lesson', by => by, top_n => top_n) group by 1, 2, 3;
select t.by, t.top_n, count(*) as rows, sum(t.events) as events, round(sum(t.share)::numeric, 6) >= 1 as shares,
       count(*) filter (where rank is not null and (t.rank, t.events, t.actors) is distinct from (p.place, p.events, p.actors)) as differences,
       count(*) filter (where rank is null and (t.events, t.actors) is distinct from (r.events, r.actors)) as wrong_rest,
       count(*) filter (where t.actors is distinct from l.actors) as not_listed
  from (select * from asked, telemetry.top_values('lesson', by => by, top_n => top_n)) t
       left join plain p using (by, value) left join rest r using (by, top_n) left join (select by, top_n, coalesce(rank, 0) as place, actors from listed) l on (l.by, l.top_n, l.place) = (t.by, t.top_n, coalesce(t.rank, 0))
 group by 1, 2 order by 1 desc, 2 :both

-- What cannot be answered is an error.
select * from telemetry.top_values();
select * from telemetry.top_values_actors(by => 'events');
select * from telemetry.top_values('lesson', by => 'fame');
select * from telemetry.top_values('lesson', top_n => 0);
select * from telemetry.top_values('lesson', top_n => 10001);
select * from telemetry.top_values('lesson', since => '2020-01-02', until => '2020-01-01');
set local telemetry.kpi_memory = '1MB';
select learn('ann', array_agg('lesson ' || n)) from generate_series(1, 5000) n \g /dev/null
select * from telemetry.top_values('lesson');
rollback;
