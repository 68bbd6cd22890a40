-- Mistakes of who asks over all tenants, with all that an error says.
\set ON_ERROR_STOP off
\set VERBOSITY verbose
\set SHOW_CONTEXT never
set role shards_auditor;
select * from telemetry.event_volume(grain => 'fortnight');
select * from telemetry.event_volume(since => '2026-02-02', until => '2026-01-05');
select * from telemetry.event_volume('{viewd}');
select * from telemetry.event_volume(filter => '{"plan": {"$unheard": 1}}');
select * from telemetry.funnel('{}');
select * from telemetry.funnel(null);
select * from telemetry.retention(start_event => null);
select * from telemetry.top_values(payload_key => null);
select * from telemetry.kpi('unheard');
select * from telemetry.kpi(null);
select * from telemetry.kpi('views', grain => 'fortnight');
select * from telemetry.dashboard('unheard');
select * from telemetry.dashboard('numbers', grain => 'fortnight');
select * from telemetry.kpi_status('unheard');
select * from telemetry.show('unheard');
select * from telemetry.show(null);
select * from telemetry.show('numbers', width => 10);
select telemetry.dashboard_page('unheard');
select telemetry.dashboard_page('numbers', first_day => 'someday');
select telemetry.kpi_chart('unheard');
select * from telemetry.compare_periods('views', null);
select * from telemetry.compare_periods('views', '2026-01-15', '-1 days');
select * from telemetry.kpi_details('buying', week_start => 'someday');
reset role;
set role shards_app;
select * from telemetry.event_volume();
reset role;
set role shards_analyst;
select count(*) from telemetry.event_volume();
