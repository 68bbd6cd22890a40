-- A log of :tenants tenants whose sizes follow a long tail, about :events events of 2025, in order of time as they
-- would have arrived. The tenant of rank r has a share of 1/r of most of them, and at least some; sessions of 1 to 15
-- events, a minute apart; 30 sessions a user and year.
create extension telemetry;
create role authenticated;
create role auditor;
select telemetry.grant_access('authenticated', 'writer'), telemetry.grant_access('authenticated', 'analyst'),
       telemetry.grant_access('auditor', 'auditor');
select format('alter database %I set telemetry.multi_tenant = on', current_database()) \gexec
select format('alter database %I set timezone = %L', current_database(), 'UTC') \gexec
select telemetry.register_event(name, '{"promoted_properties": ["plan", "ms"]}')
  from unnest('{viewed,searched,opened,added,bought,shared,failed,rated}'::text[]) name;

create table size as
    select r as rank, md5('tenant ' || r)::uuid as tenant_id,
           ((:events / 5 / :tenants) + :events * 0.8 / r / (select sum(1.0 / n) from generate_series(1, :tenants) n))::integer as events
      from generate_series(1, :tenants) r;
create unique index on size (rank);
grant select on size to public;

select telemetry_private.ensure_partition(at) from generate_series('2025-01-01 00:00Z'::timestamptz, '2026-01-01 00:00Z', '1 day') at;

-- Numbers that look random and are the same in each run.
create function drawn(what text, a bigint, b bigint) returns double precision language sql immutable as $$
    select (hashint8extended(a * 1000003 + b, hashtext(what)) & 1073741823) / 1073741824.0
$$;

insert into telemetry.events (event_ts, event_id, tenant_id, user_id, session_id, event_name, source, payload)
select e.at, gen_random_uuid(), e.tenant_id, e.user_id, e.session_id,
       ('{viewed,viewed,viewed,viewed,searched,searched,opened,opened,added,bought,shared,failed,rated}'::text[])[1 + floor(13 * drawn('name', e.rank, e.session * 16 + e.n))::integer],
       'web',
       jsonb_build_object('plan', ('{free,team,enterprise}'::text[])[1 + e.rank % 3], 'ms', floor(2000 * drawn('ms', e.rank, e.session * 16 + e.n))::integer)
  from (select s.rank, s.tenant_id, s.session, n,
               md5('user ' || s.rank || ' ' || floor(s.users * drawn('user', s.rank, s.session)))::uuid as user_id,
               md5('session ' || s.rank || ' ' || s.session)::uuid as session_id,
               timestamptz '2025-01-01 00:00Z' + drawn('start', s.rank, s.session) * interval '364 days' + n * interval '1 minute' as at
          from (select z.*, greatest(z.events / 240, 3) as users, session
                  from size z, generate_series(1, z.events / 8) session) s,
               generate_series(1, 1 + floor(15 * drawn('length', s.rank, s.session))::integer) n) e
 order by e.at;
vacuum (analyze) telemetry.events;
