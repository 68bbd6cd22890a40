-- :events events of :tenants tenants over :days days up to :until, in order of time: requests of 20 endpoints, of which one in 50
-- fails, with how long each took.
create extension telemetry;
select format('alter database %I set timezone = %L', current_database(), 'UTC') \gexec
select telemetry.register_event(name, '{"promoted_properties": ["endpoint", "ms", "ok"]}')
  from unnest('{request_done,request_failed,page_viewed,searched,item_added,item_bought,job_done,job_failed}'::text[]) name;
select telemetry_private.ensure_partition(at)
  from generate_series(timestamptz :'until' - make_interval(days => :days + 1), timestamptz :'until', '1 day') at;

-- Numbers that look random and are the same in each run.
create function drawn(what text, n bigint) returns double precision language sql immutable as $$
    select (hashint8extended(n, hashtext(what)) & 1073741823) / 1073741824.0
$$;

insert into telemetry.events (event_ts, event_id, tenant_id, user_id, event_name, source, payload)
select timestamptz :'until' - make_interval(days => :days) + (n * (86400.0 * :days / :events)) * interval '1 second', gen_random_uuid(),
       md5('tenant ' || floor(:tenants * drawn('tenant', n)))::uuid, md5('user ' || floor(50000 * drawn('user', n)))::uuid,
       case when drawn('fails', n) < 0.02 then 'request_failed'
            else ('{request_done,request_done,request_done,page_viewed,page_viewed,searched,item_added,item_bought,job_done,job_failed}'::text[])[1 + floor(10 * drawn('name', n))::integer] end,
       'web', jsonb_build_object('endpoint', '/e' || floor(20 * drawn('endpoint', n)), 'ms', floor(2000 * drawn('ms', n))::integer, 'ok', drawn('ok', n) > 0.02)
  from generate_series(1, :events) n;
