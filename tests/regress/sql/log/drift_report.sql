-- drift_report(): where the log drifts away from its taxonomy and from its own past.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
begin;
set local time zone 'UTC';

-- Here the range is the week from 8 to 15 January; the period before it is the week from 1 to 8 January.
create function pg_temp.log(event_name text, times integer, day date, payload jsonb default '{}', sample_rate real default null, tenant_id uuid default null)
returns bigint
language sql
begin atomic
    select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', event_name, 'event_ts', (day + i * interval '1 minute') at time zone 'UTC',
                                                                'payload', payload, 'sample_rate', sample_rate, 'tenant_id', tenant_id)))
      from generate_series(1, times) i;
end;
select * from telemetry.drift_report('2020-01-08', '2020-01-15');

-- unknown_event: a name that no definition has, kept as a rejection, or stored because enforcement let it pass.
insert into telemetry.rejections (rejection_id, rejected_at, tenant_id, reason, message, event_name, caller, is_client)
select gen_random_uuid(), v.rejected_at, '00000000-0000-0000-0000-000000000000', v.reason, 'as log_event() would have said it', v.event_name, 'app', true
  from (values (timestamptz '2020-01-07 23:00', 'unknown_event', 'ordr'),
               ('2020-01-08 00:00', 'unknown_event', 'ordr'),
               ('2020-01-09 12:00', 'unknown_event', 'ordr'),
               ('2020-01-10 12:00', 'wrong_type', 'order'),
               ('2020-01-15 00:00', 'unknown_event', 'ordr')) v (rejected_at, reason, event_name);
set local telemetry.enforcement = 'accept';
select pg_temp.log('stray', 3, '2020-01-09');
set local telemetry.enforcement = 'reject';
select * from telemetry.drift_report('2020-01-08', '2020-01-15');

-- type_conflict: a key that is a number here and a string there; null is no type, and last week is past.
select telemetry.register_event('priced');
select pg_temp.log('priced', 1, '2020-01-02', '{"amount": 5, "currency": 978}');
select pg_temp.log('priced', 2, '2020-01-09', '{"amount": 5, "currency": "EUR"}');
select pg_temp.log('priced', 1, '2020-01-10', '{"amount": "5", "currency": null}');
select * from telemetry.drift_report('2020-01-08', '2020-01-15') where event_name = 'priced';

-- vanished_key and new_key: 10 of 100 views had a referrer last week, and 9 a campaign; none of 100 has now. One has
-- the new key ref.
select telemetry.register_event('viewed');
select pg_temp.log('viewed', 81, '2020-01-02', '{"page": "home"}'), pg_temp.log('viewed', 10, '2020-01-03', '{"page": "home", "referrer": "mail"}'), pg_temp.log('viewed', 9, '2020-01-04', '{"page": "home", "campaign": "spring"}');
select pg_temp.log('viewed', 98, '2020-01-09', '{"page": "home"}'), pg_temp.log('viewed', 1, '2020-01-10', '{"page": "home", "ref": "mail"}');
-- Of 99 views nothing is said to have vanished; with the 100th it has.
select * from telemetry.drift_report('2020-01-08', '2020-01-15') where event_name = 'viewed';
select pg_temp.log('viewed', 1, '2020-01-11', '{"page": "home"}');
select * from telemetry.drift_report('2020-01-08', '2020-01-15') where event_name = 'viewed';

-- silent_event: logged last week, not any more. Below 10 events it may be chance. A deprecated event may be silent.
select telemetry.register_event(name) from unnest('{exported,printed,faxed}'::text[]) name;
select pg_temp.log('exported', 10, '2020-01-02'), pg_temp.log('printed', 9, '2020-01-02'), pg_temp.log('faxed', 10, '2020-01-02');
select telemetry.deprecate_event('faxed');
select * from telemetry.drift_report('2020-01-08', '2020-01-15') where finding = 'silent_event';

-- volume_jump: more than three times as many, or less than a third. Three times is no jump; nor is what 12 of 120
-- events are that were sampled with 0.1; nor a handful.
select telemetry.register_event(name) from unnest('{risen,fallen,tripled,thinned,rare}'::text[]) name;
select pg_temp.log('risen', 33, '2020-01-02'), pg_temp.log('fallen', 100, '2020-01-02'), pg_temp.log('tripled', 34, '2020-01-02'), pg_temp.log('thinned', 120, '2020-01-02'), pg_temp.log('rare', 2, '2020-01-02');
select pg_temp.log('risen', 100, '2020-01-09'), pg_temp.log('fallen', 33, '2020-01-09'), pg_temp.log('tripled', 102, '2020-01-09'), pg_temp.log('thinned', 12, '2020-01-09', sample_rate => 0.1), pg_temp.log('rare', 99, '2020-01-09');
select * from telemetry.drift_report('2020-01-08', '2020-01-15') where finding = 'volume_jump';

-- high_cardinality: over 1000 different strings, and in more than half of the events with the key. A key whose
-- definition declares a format is meant to differ.
select telemetry.register_event('searched', '{"properties": {"query": {"type": "string"}, "kind": {"type": "string"}, "at": {"type": "string", "format": "date-time"}}}');
select telemetry.register_event('asked');
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'searched', 'event_ts', timestamptz '2020-01-09' + i * interval '1 second',
           'payload', jsonb_build_object('query', 'q' || i, 'kind', 'k' || i % 1000, 'at', timestamptz '2020-01-09' + i * interval '1 second'))))
  from generate_series(1, 1001) i;
-- 1001 different ones, each twice, are no more than half.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'asked', 'event_ts', timestamptz '2020-01-09' + i * interval '1 second',
           'payload', jsonb_build_object('question', 'q' || i % 1001))))
  from generate_series(1, 2002) i;
select * from telemetry.drift_report('2020-01-08', '2020-01-15') where event_name in ('searched', 'asked');

-- many_keys: an event that has data for keys is one finding; keys of its are not compared.
select telemetry.register_event('sprawled', '{"properties": {"k1": {"type": "integer"}}}');
select telemetry.import_events(jsonb_build_array(jsonb_build_object('event_name', 'sprawled', 'event_ts', timestamptz '2020-01-09', 'payload', jsonb_object_agg('k' || i, i))))
  from generate_series(1, 201) i;
select * from telemetry.drift_report('2020-01-08', '2020-01-15') where event_name = 'sprawled';

-- undeclared_key: what the version that was logged does not name, in properties, required_keys or json_schema. Where
-- a definition names no key, every key is welcome.
select telemetry.register_event('ordered', '{"properties": {"total": {"type": "number"}}, "required_keys": ["plan"], "json_schema": {"properties": {"note": {"type": "string"}}}}');
select pg_temp.log('ordered', 2, '2020-01-09', '{"total": 1, "plan": "pro", "note": "now", "totl": 1, "coupon": "x"}');
select telemetry.update_event('ordered', '{"properties": {"total": {"type": "number"}, "coupon": {"type": "string"}}}');
select pg_temp.log('ordered', 3, '2020-01-10', '{"total": 1, "plan": "pro", "totl": 1, "coupon": "x"}');
select * from telemetry.drift_report('2020-01-08', '2020-01-15') where event_name = 'ordered';

-- Members of objects are keys as well, by their paths. They are compared among the events that have the object: one that
-- comes or goes with it is no finding, and in an object that is described without members each is welcome.
select telemetry.register_event('offered', '{"properties": {"experiment": {"type": "object", "properties": {"name": {"type": "string"}, "variant": {"type": "string"}}}, "filters": {"type": "object"}, "counts": {"type": "object"}}, "payload_limit": 65536}');
select pg_temp.log('offered', 100, '2020-01-02', '{"experiment": {"name": "button", "variant": "a"}, "filters": {"rate": 20}}');
select pg_temp.log('offered', 100, '2020-01-09', '{"experiment": {"name": "button", "arm": "a"}, "filters": {"rate": "20"}, "page": {"depth": 1}}');
select pg_temp.log('offered', 3, '2020-01-10', '{"experiment": {"name": "button", "arm": "a"}, "filters": {"rate": 20}}');
select telemetry.import_events(jsonb_build_array(jsonb_build_object('event_name', 'offered', 'event_ts', timestamptz '2020-01-11', 'payload', jsonb_build_object('counts', jsonb_object_agg('k' || i, jsonb_build_object('n', i))))))
  from generate_series(1, 201) i;
select * from telemetry.drift_report('2020-01-08', '2020-01-15') where event_name = 'offered';

-- All of it, the gravest first.
select severity, finding, event_name, payload_key from telemetry.drift_report('2020-01-08', '2020-01-15');

-- Another range, other findings: the week after has only silence, the week before nothing to be compared with.
select severity, finding, event_name from telemetry.drift_report('2020-01-15', '2020-01-22') where event_name in ('exported', 'fallen', 'priced', 'stray');
select severity, finding, event_name, payload_key, details from telemetry.drift_report('2020-01-01', '2020-01-08');

-- One tenant of several; and row-level security: an analyst sees the drift of the own tenant, whatever is asked for.
select pg_temp.log('printed', 12, '2020-01-02', tenant_id => '44444444-4444-4444-4444-444444444444');
select * from telemetry.drift_report('2020-01-08', '2020-01-15', '44444444-4444-4444-4444-444444444444');
create role observer;
select telemetry.grant_access('observer', 'analyst');
set local role observer;
set local telemetry.tenant_id = '44444444-4444-4444-4444-444444444444';
select * from telemetry.drift_report('2020-01-08', '2020-01-15');
select * from telemetry.drift_report('2020-01-08', '2020-01-15', '00000000-0000-0000-0000-000000000000');
reset telemetry.tenant_id;
reset role;

-- Without a range: the last 168 hours, against those before. NULL equals omitted.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'exported', 'event_ts', now() - interval '169 hours'))) from generate_series(1, 10);
select finding, event_name, details->'events_before' as events_before, severity from telemetry.drift_report() where finding = 'silent_event';
select finding, event_name, details->'events_before' as events_before, severity from telemetry.drift_report(null, null, null) where finding = 'silent_event';
select finding, event_name, details->'events_before' as events_before, severity from telemetry.drift_report(now() - interval '100 hours') where finding = 'silent_event';
-- until without since: the 168 hours before it.
select count(*) > 0 as found, (select jsonb_agg(d) from telemetry.drift_report(until => '2020-01-15') d) = jsonb_agg(d) as same from telemetry.drift_report('2020-01-08', '2020-01-15') d;

-- The periods are as long as each other where clocks change: what was logged 167.5 hours before since is in the period before.
set local time zone 'America/New_York';
select telemetry.import_events('[{"event_name": "printed", "event_ts": "2020-03-02T04:30:00Z"}, {"event_name": "printed", "event_ts": "2020-03-02T03:30:00Z"}]');
select finding, event_name, details from telemetry.drift_report('2020-03-09', '2020-03-16');

-- No range, an error.
select * from telemetry.drift_report('2020-01-02', '2020-01-01');
rollback;

-- Reading needs no transaction id and works in a READ ONLY transaction.
begin read only;
select count(*) >= 0 as reads from telemetry.drift_report();
select pg_current_xact_id_if_assigned() is null as no_transaction_id;
rollback;
