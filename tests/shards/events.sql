-- Events of forty tenants, :events in all, with ids and times of their own, so that two databases that get them say the same. As a server that names
-- tenants, in batches over all of them and one by one.
-- A router does not hand on the warnings of its shards.
set client_min_messages = error;
set role shards_admin;
create temporary table drawn as
    select jsonb_build_object(
               'event_name', (array['viewed', 'paid', 'signed_up'])[1 + n % 3],
               'payload', case n % 3 when 1 then jsonb_build_object('amount', n % 97 + 0.5, 'plan', (array['basic', 'pro', 'team', 'café "x"'])[1 + n % 4])
                                     when 2 then jsonb_build_object('experiment', 'button', 'variant', (array['round', 'square'])[1 + n % 2]) else '{}' end,
               'tenant_id', format('00000000-0000-4000-8000-%s', lpad((1 + n % 40)::text, 12, '0')),
               'user_id', md5(format('user %s', (n::bigint * n) % 211))::uuid,
               'session_id', md5(format('session %s', n / 7))::uuid,
               'event_id', md5(format('event %s', n))::uuid,
               'event_ts', timestamptz '2026-01-05 00:00Z' + (n::bigint * n % 40319) * interval '1 minute') as event, n
      from generate_series(1, :events) n;
-- Past events, in batches whose events are of all tenants.
select sum(telemetry.import_events(b.batch)) from (select jsonb_agg(event order by n) as batch from drawn group by n / 1000) b;
-- Known already.
select telemetry.import_events((select jsonb_agg(event order by n) from drawn where n < 100));
grant select on drawn to shards_app;
reset role;
set role shards_app;
-- A batch with mistakes: the places are those in the batch.
select o.accepted, o.rejected, o.duplicates, jsonb_pretty(o.rejected_reasons_sample), o.warnings_sample
  from telemetry.log_events((
      select jsonb_agg(case n % 10
                           when 3 then event - 'event_ts' || '{"event_name": "unheard"}'
                           when 6 then event - 'event_ts' || '{"event_name": "paid", "payload": {}}'
                           when 8 then jsonb_set(event - 'event_ts', '{event_name}', '"viewed"') || '{"source": "nowhere"}'
                           else event - 'event_ts' end
                       || jsonb_build_object('event_id', md5(format('later %s', n))::uuid) order by n)
        from drawn where n <= 60)) o;
-- The same again: those that were stored are known.
select o.accepted, o.rejected, o.duplicates
  from telemetry.log_events((select jsonb_agg(event - 'event_ts' || jsonb_build_object('event_id', md5(format('later %s', n))::uuid) order by n) from drawn where n <= 60 and n % 10 = 1)) o;
select telemetry.log_events('[]'), telemetry.log_events(null), (telemetry.log_events('{}')).rejected;
-- One by one, once with each id.
select bool_and(telemetry.log_event('viewed', '{}', tenant_id => format('00000000-0000-4000-8000-%s', lpad((1 + n % 40)::text, 12, '0'))::uuid, event_id => md5(format('single %s', n))::uuid) = md5(format('single %s', n))::uuid)
  from generate_series(1, 20) n, generate_series(1, 2);
select telemetry.try_log_event('unheard', tenant_id => '00000000-0000-4000-8000-000000000002') is null,
       telemetry.try_log_event('viewed', tenant_id => '00000000-0000-4000-8000-000000000002') is not null;
