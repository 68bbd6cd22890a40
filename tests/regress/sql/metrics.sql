-- What a monitoring system is told: every sample as a row, and the text that Prometheus scrapes; each caller of its own.
\set SHOW_CONTEXT never
call telemetry.tick();
begin;
\set ON_ERROR_ROLLBACK on
set local time zone 'UTC';
create role metrics_analyst;
create role metrics_member;
create role metrics_auditor;
select telemetry.grant_access('metrics_analyst', 'analyst'), telemetry.grant_access('metrics_member', 'own_events'), telemetry.grant_access('metrics_auditor', 'auditor');
-- Before anything was logged: nothing but what is there. (The checks of health() have a book of their own.)
select metric, labels, value from telemetry.metric_samples() where metric !~ '(info|bytes|partitions|health)$';
-- Every partition counts.
select value = (select count(*) from pg_inherits where inhparent = 'telemetry.events'::regclass) as partitions
  from telemetry.metric_samples() where metric = 'telemetry_partitions';

select telemetry.register_event('seen'), telemetry.register_event('bought', '{"required_keys": ["price"]}');
select telemetry.import_events((
    select jsonb_agg(jsonb_build_object('event_name', 'seen', 'event_ts', now() - n * interval '1 day', 'user_id', '00000000-0000-4000-8000-0000000000a1',
                                        'tenant_id', format('00000000-0000-4000-8000-00000000000%s', case when n % 3 = 0 then 'b' else 'a' end)))
      from generate_series(1, 12) n)) as imported;
-- Of tenant a: two events and a rejection of one batch, one of them sent again, which is how retries look.
select set_config('telemetry.tenant_id', '00000000-0000-4000-8000-00000000000a', true) is not null as of_tenant_a;
select accepted, rejected, duplicates
  from telemetry.log_events('[{"event_name": "seen", "event_id": "00000000-0000-4000-8000-0000000000e1"}, {"event_name": "bought"}, {"event_name": "seen"}]');
select accepted, rejected, duplicates
  from telemetry.log_events('[{"event_name": "seen", "event_id": "00000000-0000-4000-8000-0000000000e1"}]');
select telemetry.set_tenant('00000000-0000-4000-8000-00000000000b', status => 'suspended');
select metric, metric_type, labels - 'postgresql' as labels, case when metric !~ '(seconds|bytes|partitions|info)$' then value end as value
  from telemetry.metric_samples() where metric <> 'telemetry_health';
-- Counters reconcile with the log, before and after a tick.
select sum(value) filter (where metric = 'telemetry_events') = (select count(*) from telemetry.events) as events,
       sum(value) filter (where metric = 'telemetry_rejections') = (select count(*) from telemetry.rejections) as rejections
  from telemetry.metric_samples();
select telemetry.tick_unit() > 0 as derived;
select labels, value from telemetry.metric_samples() where metric = 'telemetry_events';
select labels, value from telemetry.metric_samples(tenant => '00000000-0000-4000-8000-00000000000b') where metric ~ '_total$|^telemetry_(events|rejections|replays)$';
-- A replay ends a rejection.
select telemetry.update_event('bought', '{"required_keys": []}');
select replayed from telemetry.replay_rejections();
select metric, labels, value from telemetry.metric_samples() where metric ~ '_(rejections|replays)$';

-- A tenant is told of itself: no cursors, sizes, tenants of the installation. An own-events role is told nothing.
\set a '{"role": "authenticated", "sub": "00000000-0000-4000-8000-0000000000a1", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000a"}}'
select set_config('request.jwt.claims', :'a', true) is not null as request_of_a;
set local role metrics_analyst;
select distinct metric from telemetry.metric_samples() order by metric;
select labels, value from telemetry.metric_samples() where metric ~ '_total$|^telemetry_(events|rejections|replays)$';
-- Another tenant's is not for it, named or not.
select count(*) from telemetry.metric_samples(tenant => '00000000-0000-4000-8000-00000000000b') where metric ~ '_total$|^telemetry_(events|rejections|replays)$' and value > 0;
reset role;
set local role metrics_member;
select * from telemetry.metric_samples();
select telemetry.metrics() is null;
reset role;
-- An auditor is told of everything, or of one tenant.
set local role metrics_auditor;
select labels, value from telemetry.metric_samples() where metric in ('telemetry_events', 'telemetry_tenants');
select count(*) filter (where metric = 'telemetry_size_bytes') as sizes, count(distinct metric) from telemetry.metric_samples();
select count(*) filter (where metric ~ '(size|cursor|tenants)') as installations from telemetry.metric_samples(tenant => '00000000-0000-4000-8000-00000000000b');
reset role;
select set_config('request.jwt.claims', '', true) is not null as no_request;

-- What leaves the log with a receipt is counted elsewhere then: the log has less, both together have what they had.
select sum(value) as events from telemetry.metric_samples() where metric in ('telemetry_events', 'telemetry_events_removed_total');
select events from telemetry.erase_events(array(select event_id from telemetry.events where event_name = 'bought'));
select metric, metric_type, labels, value from telemetry.metric_samples() where metric in ('telemetry_events', 'telemetry_events_removed_total');

-- The text: each metric with its HELP and TYPE, each sample a line, and the header that PostgREST answers with.
set transaction read only;
select line
  from regexp_split_to_table(convert_from(telemetry.metrics(), 'UTF8'), E'\n') line
 where line ~ 'telemetry_events[ {]|telemetry_rejections|firing';
select current_setting('response.headers');
select count(*) filter (where line ~ '^telemetry_[a-z_]+({[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*})? [0-9.e+-]+$') = (select count(*) from telemetry.metric_samples()) as a_line_per_sample,
       count(*) filter (where line ~ '^# TYPE telemetry_[a-z_]+ (counter|gauge)$') = (select count(distinct metric) from telemetry.metric_samples()) as a_type_per_metric,
       count(*) filter (where line !~ '^(#|telemetry_)' and line <> '') as others
  from regexp_split_to_table(convert_from(telemetry.metrics(), 'UTF8'), E'\n') line;
-- A counter's name ends in _total, and nothing else's does.
select distinct metric from telemetry.metric_samples() where (metric_type = 'counter') <> (metric ~ '_total$');
-- A tenant that is none.
select telemetry.metrics(tenant => 'nobody');
select metric, value from telemetry.metric_samples(tenant => '00000000-0000-4000-8000-0000000000ff') where metric ~ 'total|recent_events';
rollback;
