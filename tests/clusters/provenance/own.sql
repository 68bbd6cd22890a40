-- A database that has gone its own way: other events in other months, some of them derived.
select telemetry.register_event(n, '{"promoted_properties": ["page"]}') from unnest('{opened,viewed,bought,closed}'::text[]) n \g /dev/null
select telemetry.import_events(jsonb_agg(jsonb_build_object(
           'event_name', ('{opened,viewed,closed}'::text[])[1 + n % 3],
           'tenant_id', format('00000000-0000-4000-8000-00000000000%s', 2 + n % 2),
           'user_id', md5(format('user %s', 50 - n % 25))::uuid,
           'event_ts', now() - n * interval '16 hours',
           'payload', jsonb_build_object('page', format('page %s', n % 3)))))
  from generate_series(1, 100) n \g /dev/null
call telemetry.tick(60);
select telemetry.log_event('opened', '{"page": "page 1"}', user_id => md5('user 3')::uuid, tenant_id => '00000000-0000-4000-8000-000000000002') from generate_series(1, 5) \g /dev/null
