-- What people write first, and what they are told where it is not quite right. Where PostgreSQL reads an argument before
-- telemetry does (a uuid, a list, a time), the words are PostgreSQL's; below each such call stands the one that answers.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
set timezone = 'UTC';
\set ON_ERROR_ROLLBACK on
begin;
select telemetry.register_event(name) = 1 as registered from unnest('{user_signed_up,order_placed,order_paid}'::text[]) name;
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', name, 'event_ts', at || 'Z', 'user_id', telemetry.as_id(who))))
  from (values ('ann', 'user_signed_up', '2025-03-03 09:00'), ('ann', 'order_placed', '2025-03-03 09:05'), ('bob', 'user_signed_up', '2025-03-04 10:00')) v (who, name, at);

-- A user's id is a uuid; as_id() makes one of any other id, always the same.
select telemetry.log_event('order_placed', user_id => 'customer-42');
select telemetry.log_event('order_placed', user_id => 42);
select telemetry.log_event('order_placed', user_id => telemetry.as_id('customer-42')) is not null as logged;
select r -> 'message' as message, r -> 'hint' as hint
  from telemetry.log_events('[{"event_name": "order_placed", "user_id": "customer-42"}, {"event_name": "order_placed", "user_id": 42}]') o, jsonb_array_elements(o.rejected_reasons_sample) r;
select line from telemetry.help('log_event') line where line ~ 'user_id';

-- A name that is misspelt, and one that nobody knows.
select telemetry.log_event('order_plcaed');
select telemetry.register_event('Order Placed');
select * from telemetry.event_volume('{order_plcaed}');

-- The whole body of a request, to SQL.
select r -> 'message' as message, r -> 'hint' as hint
  from telemetry.log_events('{"source": "web", "events": [{"event_name": "order_placed"}]}') o, jsonb_array_elements(o.rejected_reasons_sample) r;
select o.accepted from telemetry.log_events('[{"event_name": "order_placed"}]', 'web') o;

-- The log is written by its functions alone.
insert into telemetry.events (event_name) values ('order_placed');
\set VERBOSITY terse
insert into telemetry.events (event_ts, event_name) values ('2025-03-03 00:00Z', 'order_placed');
\set VERBOSITY default

-- Events are a list, because several are asked about together.
select * from telemetry.event_volume('order_placed');
select * from telemetry.event_volume(events => 'order_placed');
select sum(events) as events from telemetry.event_volume('{order_placed}', until => '2025-04-01');
select * from telemetry.paths('user_signed_up');
-- A grain has its name.
select * from telemetry.active_users('week');
select * from telemetry.active_users(grain => 'weekly');
select bucket::date, actors from telemetry.active_users(grain => 'week', until => '2025-03-10');
select * from telemetry.percentiles('amount', '0.5');
select * from telemetry.event_volume(since => '7 days');
select count(*) as days from telemetry.event_volume('{order_placed}', last => '7 days');
select count(*) from telemetry.event_volume('{order_placed}', last => '7');

-- Steps are such a list too, and JSON where a step says more than its name.
select step, event_name, actors from telemetry.funnel('{user_signed_up,order_placed}', '7 days');
select step, event_name, actors from telemetry.funnel('["user_signed_up", {"event": "order_placed", "optional": true}]', '7 days');
select * from telemetry.funnel('user_signed_up');
select * from telemetry.funnel('user_signed_up,order_placed');
select * from telemetry.funnel(array['user_signed_up', 'order_placed'], '7 days');
select * from telemetry.funnel('{user_signed_up,order_placed}', 7);
select step, actors from telemetry.funnel_trend('{user_signed_up,order_placed}', grain => 'month', until => '2025-04-01');
select bin, actors from telemetry.funnel_times('{user_signed_up,order_placed}');

-- A KPI is a question with a name. A part of its definition changes, and the rest stays.
select telemetry.register_kpi('orders', '{"parameters": {"grain": "week"}}');
select telemetry.register_kpi('orders', '{"kind": "event_ratio", "parameters": {"grain": "week"}}');
select telemetry.register_kpi('orders', '{"kind": "event_volume", "parameters": {"events": ["order_placed"], "grain": "month"}}') as is_new;
select telemetry.register_kpi('orders', '{"parameters": {"grain": "week"}}') as is_new;
select bucket::date, value from telemetry.kpi('orders', until => '2025-03-10');
select telemetry.register_kpi('conversion', '{"kind": "funnel", "parameters": {"steps": "{user_signed_up,order_placed}"}}') as is_new;
select breakdown_value, value from telemetry.kpi('conversion', until => '2025-03-10');
select * from telemetry.kpi('order');
select * from telemetry.dashboard('orders');
select * from telemetry.help('order');

-- A view that was made before its reader was granted anything.
create role first_analyst;
create schema shop;
grant usage on schema shop to first_analyst;
select telemetry.install_pack('tutor');
select telemetry.install_pack('tutoring') as events;
select telemetry.create_compatibility_views('tutoring', 'shop');
select telemetry.grant_access('first_analyst', 'analyst');
set local role first_analyst;
select count(*) from shop.analytics_events;
reset role;

-- What was registered lies in tables; what telemetry knows by itself, functions answer.
select count(*) from telemetry.kpis();
select count(*) > 0 as are_there from telemetry.kpis;
select count(*) from telemetry.kpi_kinds;
select count(*) > 0 as are_there from telemetry.kpi_kinds();
rollback;
