-- sequence_gaps(): numbers that a client gave and the log never got.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
begin;
set local time zone 'UTC';
select telemetry.register_event('click');

-- Session a1: numbers 1, 2, 3, 6, 7, 10, one a minute from 12:00 on. Two holes of two numbers each. What is missing
-- before the first number or after the last, nobody can know.
create function pg_temp.log(session_id text, numbers integer[], since timestamptz, tenant_id uuid default null)
returns bigint
language sql
begin atomic
    select telemetry.import_events(jsonb_agg(jsonb_build_object(
               'event_name', 'click', 'session_id', '00000000-0000-4000-8000-0000000000' || session_id, 'seq', n.number,
               'event_ts', since + (n.place - 1) * interval '1 minute', 'tenant_id', tenant_id)))
      from unnest(numbers) with ordinality n (number, place);
end;
select pg_temp.log('a1', '{1,2,3,6,7,10}', '2020-01-01 12:00');
select * from telemetry.sequence_gaps('2020-01-01', '2020-01-02');

-- Session a2: 3 came before 2, and 2 came twice. Nothing is missing.
select pg_temp.log('a2', '{1,3,2,2,4}', '2020-01-02 12:00');
select * from telemetry.sequence_gaps('2020-01-02', '2020-01-03');

-- Session a3: 5 came before 3, and 4 never.
select pg_temp.log('a3', '{1,2,5,3}', '2020-01-03 12:00');
select after_seq, before_seq, missing, after_ts, before_ts from telemetry.sequence_gaps('2020-01-03', '2020-01-04');

-- Session a4: from 52 the client went on with 1, as after a reload. The step down is no hole, the 3 is one.
select pg_temp.log('a4', '{50,51,52,1,2,4}', '2020-01-04 12:00');
select after_seq, before_seq, missing from telemetry.sequence_gaps('2020-01-04', '2020-01-05');

-- Session a5: the second run has the 3 and lacks the 5; together they lack nothing but the 6, which neither has.
select pg_temp.log('a5', '{1,2,4,5,1,2,3,4,7}', '2020-01-05 12:00');
select after_seq, before_seq, missing from telemetry.sequence_gaps('2020-01-05', '2020-01-06');

-- Numbers without a session, and sessions without numbers, are left out.
select telemetry.import_events('[
    {"event_name": "click", "event_ts": "2020-01-06T12:00:00Z", "seq": 1},
    {"event_name": "click", "event_ts": "2020-01-06T12:01:00Z", "seq": 9},
    {"event_name": "click", "event_ts": "2020-01-06T12:00:00Z", "session_id": "00000000-0000-4000-8000-0000000000a6"},
    {"event_name": "click", "event_ts": "2020-01-06T12:01:00Z", "session_id": "00000000-0000-4000-8000-0000000000a6", "seq": 4}]');
select * from telemetry.sequence_gaps('2020-01-06', '2020-01-07');

-- The largest hole of all.
select pg_temp.log('a7', '{-2147483648,2147483647}', '2020-01-07 12:00');
select after_seq, before_seq, missing from telemetry.sequence_gaps('2020-01-07', '2020-01-08');

-- An event that is sampled leaves holes where no client lost anything.
select telemetry.register_event('scroll', '{"sampling_rate": 0.000001}');
select telemetry.import_events('[
    {"event_name": "click", "event_ts": "2020-01-08T12:00:00Z", "session_id": "00000000-0000-4000-8000-0000000000a8", "seq": 1},
    {"event_name": "scroll", "event_ts": "2020-01-08T12:01:00Z", "session_id": "00000000-0000-4000-8000-0000000000a8", "seq": 2},
    {"event_name": "click", "event_ts": "2020-01-08T12:02:00Z", "session_id": "00000000-0000-4000-8000-0000000000a8", "seq": 3}]');
select after_seq, before_seq, missing from telemetry.sequence_gaps('2020-01-08', '2020-01-09');

-- The same time for all, as in old imports: then their order of arrival counts. Downwards is a restart at each number.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'click', 'event_ts', '2020-01-09T12:00:00Z', 'seq', n,
           'session_id', '00000000-0000-4000-8000-0000000000' || case when n > 10 then 'a9' else 'b9' end) order by place))
  from unnest('{11,14,12,4,2}'::integer[]) with ordinality v (n, place);
select session_id, after_seq, before_seq, missing from telemetry.sequence_gaps('2020-01-09', '2020-01-10');

-- Only what lies in the range is looked at: from 12:03 on session a1 has 6, 7 and 10; until 12:03 it has 1, 2 and 3.
select after_seq, before_seq, missing from telemetry.sequence_gaps('2020-01-01 12:03', '2020-01-02');
select after_seq, before_seq, missing from telemetry.sequence_gaps('2020-01-01', '2020-01-01 12:03');

-- A session is a tenant's: another tenant's session of the same id is another one.
select pg_temp.log('a1', '{2,9}', '2020-01-01 12:00', '44444444-4444-4444-4444-444444444444');
select tenant_id, session_id, after_seq, before_seq, missing from telemetry.sequence_gaps('2020-01-01', '2020-01-02');
select after_seq, before_seq, missing from telemetry.sequence_gaps('2020-01-01', '2020-01-02', '44444444-4444-4444-4444-444444444444');

-- Without arguments: all time. Nine holes: two of a1, one of each a3, a4, a5, a7, a8, a9, and one of the other tenant.
select count(*) as holes, sum(missing) as missing from telemetry.sequence_gaps();
select count(*) as holes, sum(missing) as missing from telemetry.sequence_gaps(null, null, null);

-- Row-level security: an analyst sees the holes of the own tenant, whatever is asked for.
create role observer;
select telemetry.grant_access('observer', 'analyst');
set local role observer;
set local telemetry.tenant_id = '44444444-4444-4444-4444-444444444444';
select after_seq, before_seq, missing from telemetry.sequence_gaps();
select * from telemetry.sequence_gaps(tenant => '00000000-0000-0000-0000-000000000000');
reset telemetry.tenant_id;
reset role;

-- No events, no rows; no range, an error.
select * from telemetry.sequence_gaps('2019-01-01', '2019-02-01');
select * from telemetry.sequence_gaps('2020-01-02', '2020-01-01');
select * from telemetry.sequence_gaps('2020-01-01', '2020-01-01');
rollback;

-- Reading needs no transaction id and works in a READ ONLY transaction.
begin read only;
select count(*) >= 0 as reads from telemetry.sequence_gaps();
select pg_current_xact_id_if_assigned() is null as no_transaction_id;
rollback;
