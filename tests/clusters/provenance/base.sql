-- What every database of this suite begins with: 500 events over three months, of two tenants and 30 users; three kinds
-- of events, one with a sampling rate now and then, one in eight of nobody.
create extension telemetry;
select telemetry.register_event(n, '{"promoted_properties": ["page"]}') from unnest('{opened,viewed,bought}'::text[]) n \g /dev/null
select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
           'event_name', ('{opened,viewed,bought}'::text[])[1 + n % 3],
           'tenant_id', format('00000000-0000-4000-8000-00000000000%s', 1 + n % 2),
           'user_id', case when n % 8 > 0 then md5(format('user %s', n * 7 % 30))::uuid end,
           'event_ts', span.since + n * (span.until - span.since) / 501,
           'sample_rate', case when n % 10 = 0 then 0.25 end,
           'payload', jsonb_build_object('page', format('page %s', n % 5))))))
  from generate_series(1, 500) n,
       (select date_trunc('month', now(), 'UTC') - interval '2 months', now()) span (since, until) \g /dev/null
do $$ begin create role moves_analyst; exception when duplicate_object or unique_violation then null; end $$;
