-- feature_adoption(): the share of active users who used a feature, and who did for the first time. `:both` asks rows
-- and timeline, see the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
-- Names that nobody logged: see the book unknown_events.
set telemetry.unknown_events = 'empty';
begin;
\set ON_ERROR_ROLLBACK on
set local telemetry.enforcement = 'accept';
-- Nothing logged: all time has no bucket, a given range has its buckets, empty, and no rate.
select * from telemetry.feature_adoption('export');
select * from telemetry.feature_adoption('export', since => '2020-01-01', until => '2020-01-03') :both

-- Ann exported before the range, bob begins on the 2nd, cyd on the 3rd, dee only looks.
savepoint start;
select logs(person, times::timestamptz[], name) from (values ('ann', '{2019-12-31 12:00,2020-01-02 12:00}', 'export'), ('ann', '{2020-01-01 12:00}', 'open'), ('bob', '{2020-01-02 12:00,2020-01-02 13:00,2020-01-04 12:00}', 'export'),
                                  ('cyd', '{2020-01-01 12:00}', 'open'), ('cyd', '{2020-01-03 12:00}', 'export'), ('dee', '{2020-01-01 12:00,2020-01-02 12:00,2020-01-03 12:00}', 'open')) v (person, times, name) \g /dev/null
select bucket::date, active_actors, feature_actors, round(rate::numeric, 6) as rate, new_adopters, cumulative_adopters, is_complete from telemetry.feature_adoption('export', since => '2020-01-01', until => '2020-01-06') :both
select bucket::date, person, used_feature, is_new_adopter from telemetry.feature_adoption_actors('export', since => '2020-01-01', until => '2020-01-06') join unnest('{ann,bob,cyd,dee}'::text[]) person on telemetry.as_id(person) = actor_id order by 1, 2 :both
select bucket, active_actors, feature_actors, rate, new_adopters, cumulative_adopters from telemetry.feature_adoption('export', since => '2019-12-30', until => '2020-01-06', grain => 'week') :both
select week_start, bucket::date, new_adopters, cumulative_adopters from unnest('{monday,wednesday}'::text[]) week_start, telemetry.feature_adoption('export', since => '2020-01-01', until => '2020-01-08', grain => 'week', week_start => week_start) order by 1, 2 :both
-- What precedes the range is before it, also within its first bucket: bob adopted at noon.
select bucket::date, active_actors, feature_actors, new_adopters, cumulative_adopters, is_complete from telemetry.feature_adoption('export', since => '2020-01-02 12:30', until => '2020-01-03 12:30') :both
-- The share alone is actor_ratio()'s.
select count(*), count(*) filter (where (f.feature_actors, f.active_actors, f.rate) is distinct from (r.numerator, r.denominator, r.ratio)) as differences
  from telemetry.feature_adoption('export', since => '2020-01-01', until => '2020-01-06') f join telemetry.actor_ratio('export', null, since => '2020-01-01', until => '2020-01-06') r using (bucket) :both
-- Activity may be named; using the feature is activity as well.
select bucket::date, active_actors, feature_actors, rate from telemetry.feature_adoption('export', since => '2020-01-01', until => '2020-01-04', events => '{open}') :both
select bucket::date, active_actors, feature_actors, rate from telemetry.feature_adoption('export', since => '2020-01-01', until => '2020-01-04', events => '{}') :both
-- All time: everybody adopts once.
select sum(new_adopters), max(cumulative_adopters) from telemetry.feature_adoption('export') :both
select sum(new_adopters), max(cumulative_adopters) from telemetry.feature_adoption('never') :both
rollback to start;

-- A feature may be a value of a payload; filter holds for all events, feature_filter for those of the feature.
select logs('ann', '{2020-01-01 10:00}', 'export', '{"format": "pdf", "plan": "pro"}') \g /dev/null
select logs('bob', '{2020-01-01 10:00}', 'export', '{"format": "csv", "plan": "pro"}') \g /dev/null
select logs('cyd', '{2020-01-01 10:00}', 'export', '{"format": "pdf", "plan": "free"}') \g /dev/null
select logs('dee', '{2020-01-01 10:00}', 'open', '{"plan": "free"}') \g /dev/null
select format, plan, active_actors, feature_actors, new_adopters, cumulative_adopters from unnest('{null,"{\"format\": \"pdf\"}"}'::jsonb[]) format, unnest('{null,"{\"plan\": \"pro\"}"}'::jsonb[]) plan, telemetry.feature_adoption('export', since => '2020-01-01', until => '2020-01-02', feature_filter => format, filter => plan) order by 1, 2 :both
select person, used_feature from telemetry.feature_adoption_actors('export', since => '2020-01-01', until => '2020-01-02', feature_filter => '{"format": "pdf"}') join unnest('{ann,bob,cyd,dee}'::text[]) person on telemetry.as_id(person) = actor_id order by 1 :both
-- Local days.
select bucket, active_actors from telemetry.feature_adoption('export', since => '2019-12-31 11:00Z', until => '2020-01-02 11:00Z', tz => 'Pacific/Auckland') :both
-- A user id in two tenants is two actors; events without a user are nobody's.
select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('event_name', 'export', 'event_ts', '2025-01-01T00:00:00Z', 'user_id', u, 'tenant_id', tenant))))
  from (values ('44444444-4444-4444-4444-444444444444', telemetry.as_id('x')), ('55555555-5555-5555-5555-555555555555', telemetry.as_id('x')), ('55555555-5555-5555-5555-555555555555', null)) v (tenant, u) \g /dev/null
select active_actors, new_adopters from telemetry.feature_adoption('export', since => '2025-01-01', until => '2025-01-02') :both
select active_actors, new_adopters from telemetry.feature_adoption('export', since => '2025-01-01', until => '2025-01-02', tenant => '44444444-4444-4444-4444-444444444444') :both
rollback to start;

-- Random events: what plain SQL says; the list is as long as the counts.
select logs('u' || u, array_agg(timestamptz '2025-10-20' + (hashint4(u * 1000 + n) & 2147483647) % 1728000 * interval '1 second'), case u % 3 when 0 then 'open' else 'export' end)
  from generate_series(1, 90) u, generate_series(1, 1 + u % 7) n group by u \g /dev/null
select logs('u' || u, array[timestamptz '2025-10-20' + (hashint4(u) & 2147483647) % 1728000 * interval '1 second'], 'open') from generate_series(1, 60) u \g /dev/null
create view days as
    select user_id, day, used, min(day) filter (where used) over (partition by user_id) as first
      from (select user_id, event_ts::date as day, bool_or(event_name = 'export') as used from telemetry.events group by 1, 2) d;
select count(*) as buckets, sum(f.active_actors) as active, sum(f.feature_actors) as users, sum(f.new_adopters) as new,
       count(*) filter (where (f.active_actors, f.feature_actors, f.new_adopters, f.cumulative_adopters) is distinct from (p.active, p.used, p.new, p.ever)) as differences,
       count(*) filter (where (f.active_actors, f.feature_actors, f.new_adopters) is distinct from (l.active, l.used, l.new)) as not_listed
  from telemetry.feature_adoption('export', since => '2025-10-24', until => '2025-11-06') f,
       lateral (select count(*) filter (where day = f.bucket) as active, count(*) filter (where day = f.bucket and used) as used, count(*) filter (where day = f.bucket and used and first = day) as new, count(distinct user_id) filter (where day <= f.bucket and used) as ever from days) p,
       lateral (select count(*) as active, count(*) filter (where used_feature) as used, count(*) filter (where is_new_adopter) as new from telemetry.feature_adoption_actors('export', since => '2025-10-24', until => '2025-11-06') a where a.bucket = f.bucket) l :both

-- What cannot be answered is an error.
select * from telemetry.feature_adoption();
select * from telemetry.feature_adoption_actors();
select * from telemetry.feature_adoption('export', grain => 'fortnight');
select * from telemetry.feature_adoption('export', tz => 'Mars/Olympus');
select * from telemetry.feature_adoption('export', week_start => 'someday');
select * from telemetry.feature_adoption('export', since => '2020-01-02', until => '2020-01-01');
set local telemetry.kpi_memory = '1MB';
select * from telemetry.feature_adoption('export', since => '2019-01-01', until => '2021-01-01', grain => 'hour');
rollback;
