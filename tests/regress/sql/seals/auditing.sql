-- An auditor compares an export with a signed checkpoint, without the database. What is needed beside the rows is handed out by
-- audit_secrets(), a line each; telemetry-courier verify-log reads it.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
set client_min_messages = warning;
begin;
-- Nothing was sealed before: there is nothing to hand out.
create function pg_temp.handed() returns table (line text) language sql as $$
    select distinct string_agg(k.name, ', ' order by k.name)
      from telemetry.audit_secrets() with ordinality a (line, place), jsonb_object_keys(a.line) k (name)
     group by a.place
     order by 1
$$;
select * from pg_temp.handed();
set local telemetry.seals = on;
create function pg_temp.tick() returns void language plpgsql as $$
begin
    while telemetry.tick_unit() > 0 loop
    end loop;
end
$$;
select telemetry.register_event('audited', '{}') is not null as is_registered;
-- 5000 events of three users and of nobody: a page of 16 groups of 256, three more groups, and some events behind them.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'audited', 'event_id', telemetry.as_id('audit ' || n), 'event_ts', timestamptz '2024-03-01 00:00Z' + n * interval '1 second',
           'payload', jsonb_build_object('n', n)) || case when n % 4 > 0 then jsonb_build_object('user_id', telemetry.as_id('user ' || n % 4)) else '{}' end order by n))
  from generate_series(1, 5000) n;
select pg_temp.tick();
select * from pg_temp.handed();
-- A secret is 32 bytes, one for each person, and one for the events without a user.
select count(*) as secrets, bool_and(octet_length(decode(a ->> 'secret', 'base64')) = 32) as are_whole
  from telemetry.audit_secrets() a
 where a ? 'secret' and (a ->> 'user_id')::uuid in (telemetry.as_id('user 1'), telemetry.as_id('user 2'), telemetry.as_id('user 3'));
select count(*) > 0 as has_that_of_nobody from telemetry.audit_secrets() a where a ? 'secret' and jsonb_typeof(a -> 'user_id') = 'null';
-- A group is its first id, its root and a sketch, in 88 bytes.
select octet_length(decode(a ->> 'groups', 'base64')) / 88 as groups from telemetry.audit_secrets() a where a -> 'page' = '0';

-- What is erased leaves its leaf, and nothing else.
select (telemetry.erase_events(array[telemetry.as_id('audit 7'), telemetry.as_id('audit 8')], 'a test')).events;
select * from pg_temp.handed();
select count(*) as leaves, bool_and(octet_length(decode(a ->> 'leaf', 'base64')) = 32) as are_whole
  from telemetry.audit_secrets() a, (select min(ingest_id) as first_id from telemetry.events where event_name = 'audited') e
 where a ? 'leaf' and (a -> 'ingest_id')::bigint > e.first_id;

-- Whoever sees only some rows of the log gets no secret, and who reads none gets none either.
create role audit_reader;
create role audit_analyst;
select telemetry.grant_access('audit_reader', 'own_events'), telemetry.grant_access('audit_analyst', 'analyst');
set local role audit_reader;
select telemetry.audit_secrets();
reset role;
set local role audit_analyst;
select telemetry.audit_secrets();
reset role;
create role audit_auditor;
select telemetry.grant_access('audit_auditor', 'auditor');
set local role audit_auditor;
select count(*) > 0 as gets_them from telemetry.audit_secrets();
reset role;
rollback;
