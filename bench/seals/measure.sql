create extension telemetry;
select telemetry.register_event('seen', '{}') \g /dev/null
select telemetry_private.ensure_partition(date_trunc('month', now()) - interval '20 days') \g /dev/null
-- What is measured is sealing: how the rows came does not matter to it.
set telemetry_private.derives = on;
insert into telemetry.events (event_ts, event_id, tenant_id, user_id, session_id, subject_id, client_ts, seq, event_name, source, payload)
select t, gen_random_uuid(), '00000000-0000-0000-0000-000000000000', md5((n % 200000)::text)::uuid, md5((n / 20)::text)::uuid, md5((n % 1000)::text)::uuid, t, n, 'seen', 'web',
       jsonb_build_object('page', 'pricing', 'ms', n % 4000, 'country', 'NL', 'plan', jsonb_build_array('pro', n % 7))
  from (select n, date_trunc('month', now()) - interval '20 days' + n * interval '0.1 second' as t from generate_series(1, :events) n) e;
reset telemetry_private.derives;
call telemetry.tick(36000);
vacuum (analyze) telemetry.events;
set telemetry.seals = on;

create function processor_seconds() returns double precision language sql as $$
    select (p[12]::bigint + p[13]::bigint) / 100.0
      from regexp_split_to_array(regexp_replace(pg_read_file('/proc/self/stat'), '^.*\) ', ''), ' ') p $$;
-- How long a statement takes, of which so many events are the work.
create procedure measure(title text, statement text, events bigint) language plpgsql as $$
declare
    begun constant timestamptz := clock_timestamp();
    processor constant double precision := processor_seconds();
    seconds double precision;
begin
    execute statement;
    seconds := extract(epoch from clock_timestamp() - begun);
    raise notice '%: % s, % events a second; % us of processor time each', title, round(seconds::numeric, 3), round(events / seconds),
        round(((processor_seconds() - processor) / events * 1e6)::numeric, 2);
end $$;
do $$
declare
    begun constant timestamptz := clock_timestamp();
    processor constant double precision := processor_seconds();
    events bigint;
    seconds double precision;
begin
    while telemetry_private.seal_unit(250000) > 0 loop
        commit;
    end loop;
    seconds := extract(epoch from clock_timestamp() - begun);
    select max(s.size) into events from telemetry.seals s where s.log = 'events';
    raise notice 'sealing % events: % s, % events a second; % us of processor time each', events, round(seconds::numeric, 2), round(events / seconds),
        round(((processor_seconds() - processor) / events * 1e6)::numeric, 2);
    raise notice 'kept: % bytes an event, and % bytes a user', round(((pg_total_relation_size('telemetry.seal_pages') + pg_total_relation_size('telemetry.seals')) / events::numeric), 3),
        (select round(pg_total_relation_size('telemetry_private.person_keys') / count(*)::numeric, 1) from telemetry_private.person_keys);
end $$;
vacuum (analyze) telemetry_private.person_keys, telemetry.seal_pages;
call measure('verify_seals()', 'select from telemetry.verify_seals()', :events);
select event_id from telemetry.events limit 1 \gset
select min(size) as first_size from telemetry.seals where log = 'events' \gset
call measure('inclusion_proof()', format('select from telemetry.inclusion_proof(%L)', :'event_id'), 1);
call measure('consistency_proof()', format('select from telemetry.consistency_proof(%s)', :first_size), 1);
select 'differences: ' || count(*) from telemetry.verify_seals() where not ok;
