-- Events of the shape that applications log: UUIDv7, 5,000 users and their sessions, a payload of four keys.
create extension if not exists telemetry;
select count(telemetry.register_event(name)) from unnest('{seen,opened,answered,left}'::text[]) name \g /dev/null
select telemetry_private.ensure_partition(at) from unnest(array[now() - interval '1 day', now()]) at \g /dev/null
\echo loading :events events
insert into telemetry.events (event_ts, event_id, tenant_id, user_id, session_id, event_name, source, payload)
select at, (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid, '00000000-0000-0000-0000-000000000000', md5('user' || n % 5000)::uuid, md5('session' || n / 20)::uuid,
       (array['seen', 'opened', 'answered', 'left'])[1 + n % 4], 'web',
       jsonb_build_object('plan', (array['free', 'pro', 'team'])[1 + n % 3], 'page', '/course/' || n % 100, 'ms', n * 7919 % 2000, 'correct', n % 5 > 0)
  from generate_series(1::bigint, :events) n, lateral (select now() - interval '1 hour' + n * interval '300 microseconds') t (at);
vacuum analyze telemetry.events;
