-- What no tick has taken yet: events of now, and some that arrive late.
select telemetry.log_events(jsonb_agg(jsonb_build_object(
           'event_name', ('{opened,viewed,bought}'::text[])[1 + n % 3],
           'tenant_id', format('00000000-0000-4000-8000-00000000000%s', 1 + n % 2),
           'user_id', md5(format('user %s', n))::uuid,
           'payload', jsonb_build_object('page', format('page %s', n % 5)))))
  from generate_series(20, 49) n \g /dev/null
select telemetry.import_events(jsonb_agg(jsonb_build_object(
           'event_name', ('{opened,viewed,bought}'::text[])[1 + n % 3],
           'tenant_id', format('00000000-0000-4000-8000-00000000000%s', 1 + n % 2),
           'user_id', md5(format('user %s', n))::uuid,
           'event_ts', now() - n * interval '1 day',
           'payload', jsonb_build_object('page', format('page %s', n % 5)))))
  from generate_series(1, 20) n \g /dev/null
