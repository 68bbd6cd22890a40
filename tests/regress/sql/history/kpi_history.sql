-- Values of KPIs that outlive their events: what kpi() said before they left the log, it says afterwards, to the digit.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
begin;
set local time zone 'UTC';
select telemetry.register_event(name) from unnest('{asked,answered,failed}'::text[]) name;
-- Hourly questions of ten weeks, by two tenants and one without events in the first month.
select telemetry.import_events((
    select jsonb_agg(jsonb_build_object(
               'event_name', case when n % 7 = 0 then 'failed' when n % 3 = 0 then 'answered' else 'asked' end, 'event_ts', timestamptz '2021-01-01Z' + n * interval '1 hour',
               'user_id', telemetry.as_id((n % 11)::text), 'payload', jsonb_build_object('ms', n % 97, 'page', chr(97 + n % 4)),
               'tenant_id', format('00000000-0000-4000-8000-00000000000%s', case when n % 5 = 0 then 'b' when n > 900 and n % 5 = 1 then 'c' else 'a' end)))
      from generate_series(0, 1799) n)) as imported;

-- Every kind that may keep its history does. The zone of its days and weeks has to be said.
select telemetry.register_kpi('questions', '{"kind": "event_volume", "parameters": {"events": ["asked"]}, "keep_history": true}');
select telemetry.register_kpi(name, jsonb_build_object('kind', kind, 'keep_history', true, 'unit', 'x') || definition || jsonb_build_object('parameters', '{"tz": "Europe/Berlin"}'::jsonb || (definition -> 'parameters'))) as is_new, name
  from (values ('questions', 'event_volume', '{"parameters": {"events": ["asked"]}, "target": 10}'::jsonb), ('by_event', 'event_volume', '{"parameters": {"events": ["asked", "failed"]}}'),
               ('by_page', 'event_volume', '{"parameters": {"events": ["asked"], "breakdown": "page", "top_n": 2, "grain": "week"}}'),
               ('people', 'active_users', '{"parameters": {"events": ["asked", "answered"]}}'), ('by_week', 'active_users', '{"parameters": {"grain": "week"}}'),
               ('ratio', 'event_ratio', '{"parameters": {"numerator": "answered", "denominator": "asked"}, "is_complement": true}'),
               ('share', 'actor_ratio', '{"parameters": {"numerator": "answered", "denominator": "asked", "breakdown": "page", "grain": "week"}}'),
               ('errors', 'rate_of_errors', '{"parameters": {"error_events": ["failed"], "all_events": ["asked", "answered", "failed"]}}'),
               ('total', 'sum_of', '{"parameters": {"payload_key": "ms"}}'), ('average', 'avg_of', '{"parameters": {"payload_key": "ms", "events": ["asked"]}}'),
               ('longest', 'max_of', '{"parameters": {"payload_key": "ms", "events": ["asked"]}}'), ('shortest', 'min_of', '{"parameters": {"payload_key": "ms", "events": ["asked"]}}'),
               ('slow', 'percentiles', '{"parameters": {"payload_key": "ms", "fractions": [0.5, 0.95]}, "target_for": "0.95", "target": 80}'), ('sketched', 'percentiles_sketched', '{"parameters": {"payload_key": "ms"}}'),
               ('stay', 'dau_mau', '{"parameters": {"events": ["asked"]}}'), ('way', 'funnel_trend', '{"parameters": {"steps": ["asked", "answered"], "within": "1 day"}}'),
               ('trend', 'funnel_trend', '{"parameters": {"steps": ["asked", "failed", "answered"], "within": "2 days", "grain": "week"}}')) k (name, kind, definition);
select kind from telemetry.kpi_kinds() where keeps_history except select kind from telemetry.kpis where keep_history;

-- What each says of eight weeks, by each grain that it keeps, whoever asks for whatever tenant.
create function pg_temp.answers() returns table (kpi text, grain text, tenant uuid, bucket timestamptz, breakdown_value text, value double precision, n double precision, target double precision, is_met boolean, is_complete boolean, is_other boolean, details jsonb, from_history boolean)
language sql as $$
    select k.name, g.grain, t.tenant, a.bucket, a.breakdown_value, a.value, a.n, a.target, a.is_met, a.is_complete, a.is_other, a.details, a.from_history
      from telemetry.kpis k, unnest(telemetry_private.kept_grains(to_jsonb(k))) g (grain), unnest('{00000000-0000-4000-8000-00000000000a,00000000-0000-4000-8000-00000000000c,NULL}'::uuid[]) t (tenant),
           -- Which values a breakdown shows apart depends on the range: there each bucket is asked for by itself.
           lateral (select b.bucket, b.next_bucket from telemetry.time_buckets('2021-01-03 23:00Z', '2021-02-28 23:00Z', g.grain, tz => 'Europe/Berlin') b where k.parameters ? 'breakdown' and b.is_complete
                     union all select '2021-01-03 23:00Z', '2021-02-28 23:00Z' where not k.parameters ? 'breakdown') r (since, until),
           lateral telemetry.kpi_details(k.name, r.since, r.until, g.grain, tenant => t.tenant) a
     where k.keep_history and g.grain in ('day', 'week', 'month') and (g.grain = 'week' or not k.parameters ? 'breakdown')
$$;
create table pg_temp.said as select * from pg_temp.answers();
select count(*) as rows, count(distinct kpi) as kpis, count(*) filter (where from_history) as from_history from pg_temp.said;

-- The events of January go. Expiry keeps first what depends on them, then removes them.
select telemetry_private.keep_kpi_history('2021-01-01', '2021-02-01') as buckets;
select telemetry_private.keep_kpi_history('2021-01-01', '2021-02-01') as buckets_again;
-- Where its events are there still, what was kept says the same.
select count(*) from (select kpi, grain, tenant, bucket, breakdown_value, value, n, target, is_met, is_complete, is_other, details from pg_temp.answers()
                      except select kpi, grain, tenant, bucket, breakdown_value, value, n, target, is_met, is_complete, is_other, details from pg_temp.said where is_complete) d where d.is_complete;
drop table telemetry_private.events_20210101;

-- Nothing has changed, to the digit, but whence it comes.
create table pg_temp.says as select * from pg_temp.answers();
select kpi, grain, count(*), count(*) filter (where v.value is distinct from s.value or v.n is distinct from s.n or v.target is distinct from s.target or v.is_met is distinct from s.is_met or v.details is distinct from s.details) as different
  from pg_temp.said s left join pg_temp.says v using (kpi, grain, bucket)
 where s.is_complete and v.tenant is not distinct from s.tenant and v.breakdown_value is not distinct from s.breakdown_value and v.is_other = s.is_other
 group by kpi, grain having count(*) <> count(*) filter (where v.is_complete) or count(*) filter (where v.value is distinct from s.value or v.n is distinct from s.n or v.target is distinct from s.target or v.is_met is distinct from s.is_met or v.details is distinct from s.details) > 0
 order by kpi, grain;
select count(*) as lost from (select kpi, grain, tenant, bucket, breakdown_value, value, n, is_other from pg_temp.said where is_complete except select kpi, grain, tenant, bucket, breakdown_value, value, n, is_other from pg_temp.says where is_complete) d;
select from_history, min(bucket), max(bucket), count(*) from pg_temp.says where is_complete and grain = 'day' and kpi = 'questions' and tenant is null group by 1 order by 2;

-- So looks what a user sees: the last rows of January and the first of February, by kpi(), and on a dashboard.
select bucket, value, target, is_met, is_complete, from_history from telemetry.kpi('questions', '2021-01-29 23:00Z', '2021-02-02 23:00Z');
select telemetry.register_dashboard('board', '{questions,people,way}') as is_new;
select kpi, bucket, breakdown_value, value, n, previous_value, is_complete, from_history from telemetry.dashboard('board', '2020-12-31 23:00Z', '2021-02-28 23:00Z', 'month') where breakdown_value is distinct from '1 / asked';
-- A range is that of its bucket where it is one; what adds up is put together of the buckets that were kept; else it is not complete.
select value, n, is_complete, from_history from telemetry.kpi('people', '2020-12-31 23:00Z', '2021-01-31 23:00Z', 'range');
select value, n, is_complete, from_history from telemetry.kpi('questions', '2021-01-09 23:00Z', '2021-02-09 23:00Z', 'range');
select value, is_complete, from_history from telemetry.kpi('longest', '2021-01-09 23:00Z', '2021-02-09 23:00Z', 'range');
select round(value::numeric, 4) as value, n, is_complete, from_history from telemetry.kpi('ratio', '2021-01-09 23:00Z', '2021-02-09 23:00Z', headline => true);
select value < (select count(*) from generate_series(1, 11)) as is_of_what_is_left, is_complete, from_history from telemetry.kpi('people', '2021-01-09 23:00Z', '2021-02-02 23:00Z', 'range');
select sum(value) as by_day, (select value from telemetry.kpi('questions', '2020-12-31 23:00Z', '2021-01-31 23:00Z', 'month')) as by_month from telemetry.kpi('questions', '2020-12-31 23:00Z', '2021-01-31 23:00Z');
-- A bucket that since cuts is not the one that was kept.
select bucket, value, is_complete, from_history from telemetry.kpi('questions', '2021-01-10 12:00Z', '2021-01-12 23:00Z');
-- The headline of a KPI with a breakdown is kept too.
select value, is_complete, from_history from telemetry.kpi('by_page', '2020-12-31 23:00Z', '2021-01-31 23:00Z', headline => true);
-- What draws, compares and foresees reads the same rows.
select line from telemetry.show('questions', '2021-01-03 23:00Z', '2021-02-07 23:00Z', 'week', width => 60, ascii => true) limit 12;
select value_before, value_after, is_complete from telemetry.compare_periods('questions', '2021-02-01 23:00Z', '10 days');
select kpi, value, previous_value, is_complete from telemetry.kpi_status('board', '2021-01-31 23:00Z', '2021-02-28 23:00Z');

-- A KPI that keeps nothing says that its bucket is not whole; one about other events is none the worse.
select telemetry.register_kpi('unkept', '{"kind": "event_volume", "parameters": {"events": ["asked"], "grain": "month"}}') as is_new;
select bucket, value, is_complete, from_history from telemetry.kpi('unkept', '2021-01-01', '2021-03-01');

-- Another question under the same name has no history yet; the first one has its own again.
select telemetry.register_kpi('questions', '{"parameters": {"events": ["failed"]}}') as is_new;
select bucket, value, is_complete, from_history from telemetry.kpi('questions', '2021-01-30 23:00Z', '2021-02-01 23:00Z');
select telemetry.register_kpi('questions', '{"parameters": {"events": ["asked"]}, "target": 12}') as is_new;
select bucket, value, target, is_complete, from_history from telemetry.kpi('questions', '2021-01-30 23:00Z', '2021-02-01 23:00Z');

-- Events that come late to a time that is gone are logged, and change nothing that was kept; they go with the next expiry.
select telemetry.import_events('[{"event_name": "asked", "event_ts": "2021-01-30T12:00Z"}]');
select bucket, value, from_history from telemetry.kpi('questions', '2021-01-29 23:00Z', '2021-01-30 23:00Z');

-- Expiry goes on, by names: buckets that these events lie in are kept, others not. One that is not over yet is not kept.
select telemetry_private.keep_kpi_history('2021-02-01', '2021-02-10', '{failed}') > 0 as has_kept;
select kpi, max(bucket) as last from telemetry.kpi_history_buckets where kpi in ('questions', 'total', 'by_event') and grain = 'day' group by kpi order by kpi;
select telemetry_private.keep_kpi_history(now() + interval '1 day', now() + interval '2 days') as of_buckets_to_come;
select telemetry_private.keep_kpi_history(null, '2021-02-01');
select telemetry_private.keep_kpi_history('2021-02-01', '2021-02-01') as nothing;

-- Everybody reads what they may: a tenant its own, who sees single events nothing, an auditor everything.
create role regress_tenant; create role regress_own; create role regress_auditor;
select telemetry.grant_access('regress_tenant', 'analyst'), telemetry.grant_access('regress_own', 'own_events'), telemetry.grant_access('regress_auditor', 'auditor');
set local request.jwt.claims = '{"sub": "00000000-0000-4000-8000-000000000001", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000b"}}';
set local role regress_tenant;
select count(distinct tenant_id) as tenants, min(tenant_id::text) as tenant_id from telemetry.kpi_history;
select bucket, value, from_history from telemetry.kpi('questions', '2021-01-30 23:00Z', '2021-02-01 23:00Z');
select count(*) from telemetry.kpi('questions', '2021-01-30 23:00Z', '2021-02-01 23:00Z', tenant => '00000000-0000-4000-8000-00000000000a') where value > 0;
insert into telemetry.kpi_history (kpi, question, grain, bucket, place, is_other) values ('questions', telemetry.as_id('1'), 'day', now(), 1, false);
set local role regress_own;
select count(*) from telemetry.kpi_history;
select bucket, value, is_complete, from_history from telemetry.kpi('questions', '2021-01-30 23:00Z', '2021-02-01 23:00Z');
set local role regress_auditor;
select count(distinct tenant_id) as tenants, bool_or(tenant_id is null) as has_all_together from telemetry.kpi_history;
select bucket, value, from_history from telemetry.kpi('questions', '2021-01-30 23:00Z', '2021-02-01 23:00Z');
reset role;
-- Nobody changes it.
update telemetry.kpi_history set value = 0;
delete from telemetry.kpi_history;
truncate telemetry.kpi_history_buckets;

-- What cannot be kept is refused.
select telemetry.register_kpi('bad', jsonb_build_object('keep_history', true) || definition)
  from (values ('{"kind": "retention", "parameters": {"tz": "UTC"}}'::jsonb)) v (definition);
select telemetry.register_kpi('bad', '{"keep_history": true, "kind": "user_engagement"}');
select telemetry.register_kpi('bad', '{"keep_history": true, "kind": "active_users", "parameters": {"tz": "UTC", "rolling_days": 7}}');
select telemetry.register_kpi('bad', '{"keep_history": true, "kind": "event_volume", "parameters": {"tz": "UTC", "grain": "range"}}');
select telemetry.register_kpi('bad', '{"keep_history": true, "kind": "funnel_trend", "parameters": {"tz": "UTC", "steps": ["asked", "answered"], "entry": "first"}}');
select telemetry.register_kpi('bad', '{"keep_history": true, "kind": "funnel_trend", "parameters": {"tz": "UTC", "steps": ["asked", "answered"], "breakdown": "page"}}');
select telemetry.register_kpi('bad', '{"keep_history": true, "kind": "funnel", "parameters": {"steps": ["asked", "answered"]}}');
select telemetry.register_cohort('askers', '{"events": ["asked"]}') is not null as is_registered;
select telemetry.register_kpi('bad', '{"keep_history": true, "kind": "event_volume", "parameters": {"tz": "UTC", "filter": {"$cohort": "askers"}}}');
select telemetry.register_kpi('bad', '{"keep_history": "often", "kind": "event_volume", "parameters": {"tz": "UTC"}}');
rollback;
