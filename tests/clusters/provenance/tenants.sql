-- An installation of many tenants, whose analysts ask for themselves.
alter database DATABASE set telemetry.multi_tenant = on;
select telemetry.grant_access('moves_analyst', 'analyst') \g /dev/null
select telemetry.set_tenant('00000000-0000-4000-8000-000000000001', events_per_day => 1000000) \g /dev/null
select telemetry.set_tenant('00000000-0000-4000-8000-000000000002', status => 'active') \g /dev/null
