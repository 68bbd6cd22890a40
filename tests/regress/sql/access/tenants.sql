-- Tenants with limits and suspended ones; where claims hold the tenant.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres;
begin;
\set ON_ERROR_ROLLBACK on
set local time zone 'UTC';
\set shop '\'00000000-0000-4000-8000-00000000000a\''
\set cafe '\'00000000-0000-4000-8000-00000000000b\''
select telemetry.register_event('seen');
create role web;
select telemetry.grant_access('web', 'writer');
select telemetry.grant_access('web', 'analyst');

-- Suspended: nobody logs for it, also no server; other tenants do; what it logged stays readable.
select telemetry.log_event('seen', tenant_id => :shop) is not null as logged;
select telemetry.set_tenant(:shop, status => 'suspended');
select telemetry.log_event('seen', tenant_id => :shop);
select telemetry.log_event('seen', tenant_id => :cafe) is not null as logged;
select telemetry.try_log_event('seen', tenant_id => :shop);
select telemetry.import_events(jsonb_build_array(jsonb_build_object('event_name', 'seen', 'event_ts', '2020-01-01T00:00:00Z', 'tenant_id', :shop)));
select accepted, rejected, rejected_reasons_sample from telemetry.log_events(jsonb_build_array(jsonb_build_object('event_name', 'seen', 'tenant_id', :shop), jsonb_build_object('event_name', 'seen', 'tenant_id', :cafe)));
select set_config('request.jwt.claims', '{"role": "authenticated", "sub": "u", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000a"}}', true) is not null as request_of_the_shop;
set local role web;
select telemetry.log_event('seen');
select sum(events) as still_reads from telemetry.event_volume();
-- It sees its own row, and nobody else's.
reset role;
select telemetry.set_tenant(:cafe, payload_limit => 20);
set local role web;
select tenant_id, status, events_per_day, payload_limit from telemetry.tenants;
reset role;
select set_config('request.jwt.claims', '', true) = '' as no_request;
select tenant_id, reason, event_name, message from telemetry.rejections order by rejection_id;
-- Active again, in the same session at once: what was kept is stored.
select telemetry.set_tenant(:shop, status => 'active');
select telemetry.log_event('seen', tenant_id => :shop) is not null as logged;
select * from telemetry.replay_rejections('{"reason": "tenant_suspended"}');
-- A change that is rolled back holds no longer.
savepoint before;
select telemetry.set_tenant(:shop, status => 'suspended');
select telemetry.log_event('seen', tenant_id => :shop);
rollback to before;
select telemetry.log_event('seen', tenant_id => :shop) is not null as logged;

-- Payloads: the tenant's limit beside the event's own.
select telemetry.log_event('seen', '{"a": 1}', tenant_id => :cafe);
select telemetry.log_event('seen', tenant_id => :cafe) is not null as logged;
select telemetry.log_event('seen', '{"a": 1}', tenant_id => :shop) is not null as logged;
select telemetry.set_tenant(:cafe, payload_limit => -1);
select telemetry.log_event('seen', '{"a": 1}', tenant_id => :cafe) is not null as logged;

-- So many events a day. Up to 1000 the count is exact; one call cannot pass the limit.
select telemetry.set_tenant(:cafe, events_per_day => 5);
select accepted, rejected, rejected_reasons_sample from telemetry.log_events((select jsonb_agg(jsonb_build_object('event_name', 'seen', 'tenant_id', :cafe)) from generate_series(1, 7)));
select telemetry.log_event('seen', tenant_id => :cafe);
select telemetry.try_log_event('seen', tenant_id => :cafe);
select telemetry.import_events(jsonb_build_array(jsonb_build_object('event_name', 'seen', 'event_ts', '2020-01-01T00:00:00Z', 'tenant_id', :cafe)));
select tenant_id, status, events, events_per_day, remaining from telemetry.tenant_usage();
select * from telemetry.tenant_usage('2001-01-01');
select * from telemetry.sampling_rates();
-- Ids of its own: counted once they turn out to be new, and a batch cannot pass the limit either.
select telemetry.set_tenant(:cafe, events_per_day => 8);
select accepted, rejected, duplicates from telemetry.log_events((select jsonb_agg(jsonb_build_object('event_name', 'seen', 'tenant_id', :cafe, 'event_id', telemetry.as_id('e' || n))) from generate_series(1, 5) n));
-- A retry of what was stored stays harmless beyond the limit.
select accepted, rejected, duplicates from telemetry.log_events((select jsonb_agg(jsonb_build_object('event_name', 'seen', 'tenant_id', :cafe, 'event_id', telemetry.as_id('e' || n))) from generate_series(1, 2) n));
select telemetry.log_event('seen', tenant_id => :cafe, event_id => telemetry.as_id('e1')) = telemetry.as_id('e1') as same_id;
select events, remaining from telemetry.tenant_usage();
select count(*) from telemetry.events where tenant_id = :cafe;
-- Nothing is lost in silence: what was refused is kept, and stored once there is room.
select reason, count(*) from telemetry.rejections where tenant_id = :cafe group by 1 order by 1;
select telemetry.set_tenant(:cafe, events_per_day => 10);
select * from telemetry.replay_rejections('{"reason": "daily_limit"}');
select events, remaining from telemetry.tenant_usage();
-- What is sampled out is not stored and does not count.
select telemetry.set_tenant(:cafe, events_per_day => 12);
select telemetry.register_event('scrolled', '{"sampling_rate": 0.000001}');
select accepted, rejected from telemetry.log_events((select jsonb_agg(jsonb_build_object('event_name', 'scrolled', 'tenant_id', :cafe)) from generate_series(1, 50)));
select events, remaining from telemetry.tenant_usage();
select telemetry.set_tenant(:cafe, events_per_day => -1);
select telemetry.log_event('seen', tenant_id => :cafe) is not null as logged;
-- A large limit is counted by a sample: right to about 3 %.
select telemetry.set_tenant(:shop, events_per_day => 20000);
select sum(l.accepted) between 17000 and 23000 as about_20000 from generate_series(1, 3) b, lateral telemetry.log_events((select jsonb_agg(jsonb_build_object('event_name', 'seen', 'tenant_id', :shop, 'seq', n + b)) from generate_series(1, 8000) n)) l;
select abs(events - (select count(*) from telemetry.events where tenant_id = :shop)) < 3000 as is_about_right from telemetry.tenant_usage();

-- Errors.
select telemetry.set_tenant(null);
select telemetry.set_tenant(:shop, status => 'asleep');
select telemetry.set_tenant(:shop, events_per_day => 0);
select telemetry.set_tenant(:shop, payload_limit => 1);
set local role web;
select telemetry.set_tenant(:shop);
reset role;

-- The tenant's claim: several paths, the first that holds a uuid; a list, another text and what users can edit are none.
set local telemetry.multi_tenant = on;
set local telemetry.tenant_claim = 'app_metadata.tenant_id, org, orgs, user_metadata.tenant_id';
select claims->>'name' as claims, set_config('request.jwt.claims', claims::text, true) is not null as set, telemetry.current_tenant()
  from unnest(array['{"name": "first", "org": "00000000-0000-4000-8000-00000000000b", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000a"}, "sub": "u"}',
                    '{"name": "second", "org": "00000000-0000-4000-8000-00000000000b", "app_metadata": {"tenant_id": "a shop"}, "sub": "u"}',
                    '{"name": "a list", "orgs": ["00000000-0000-4000-8000-00000000000a"], "sub": "u"}',
                    '{"name": "editable", "user_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000a"}, "sub": "u"}']::jsonb[]) claims;
-- In an installation of one tenant a request without a user logs, but does not read as everybody.
set local telemetry.multi_tenant = off;
select set_config('request.jwt.claims', '{"role": "anon"}', true) is not null as request_of_nobody;
select telemetry.current_tenant() is null as reads_nothing, telemetry.current_user_id() is null as is_nobody;
set local role web;
select telemetry.log_event('seen') is not null as logged;
select count(*) from telemetry.events;
reset role;
select set_config('request.jwt.claims', '{"role": "authenticated", "sub": "firebase|42"}', true) is not null as request;
select telemetry.current_tenant(), telemetry.current_user_id() = telemetry.as_id('firebase|42') as user_from_text;

-- A claim whose name holds dots, as namespaced claims do, stands in double quotes; user_metadata stays out, quoted or not.
reset telemetry.multi_tenant;
set local telemetry.tenant_claim = 'org, "https://shop.example/tenant", "app.metadata"."tenant,id", "user_metadata".tenant';
select set_config('request.jwt.claims', '{"role": "authenticated", "https://shop.example/tenant": "00000000-0000-4000-8000-00000000000a"}', true) is not null as request;
select telemetry.current_tenant();
select set_config('request.jwt.claims', '{"role": "authenticated", "app.metadata": {"tenant,id": "00000000-0000-4000-8000-00000000000b"}}', true) is not null as request;
select telemetry.current_tenant();
select set_config('request.jwt.claims', '{"role": "authenticated", "sub": "a", "user_metadata": {"tenant": "00000000-0000-4000-8000-00000000000b"}}', true) is not null as request;
select telemetry.current_tenant();
rollback;
