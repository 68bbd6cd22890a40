-- The same 200,000 events as batches of JSON and as CSV rows: a pack's event with three validated keys, a random user and
-- session each, all at one time, as a batch is stored.
create table batches (size integer, n integer, body text, primary key (size, n));
alter table batches alter body set storage external;
create unlogged table drawn as
select g.n, p.user_id, p.session_id,
       format('{"position": %s, "from_index": %s, "to_index": %s}', g.n % 40, g.n % 5, (g.n + 1) % 5) as payload
  from generate_series(1, 200000) g (n)
  join people p on p.n = (hashint8(g.n) & 2147483647) % 10000;
insert into batches
select size, n / size, format('[%s]', string_agg(format(
           '{"event_name":"ANSWER_CHANGED","user_id":"%s","session_id":"%s","seq":%s,"source":"web","payload":%s}',
           user_id, session_id, n, payload), ',' order by n))
  from (select size, n - 1 as n, user_id, session_id, payload from drawn, unnest('{1000,50}'::integer[]) size) d
 group by 1, 2;
vacuum analyze batches;
create temp table as_rows as
select now() as event_ts, gen_random_uuid() as event_id, '00000000-0000-0000-0000-000000000000'::uuid as tenant_id, user_id, session_id,
       n as seq, 1 as event_version, 'ANSWER_CHANGED' as event_name, 'web' as source, payload
  from drawn order by n;
copy as_rows to :'csv' (format csv);
-- One row a call, median times in bench/log_events.
create procedure log_batches(batch_size integer)
language plpgsql as $$
declare
    batch record;
    answer record;
    accepted bigint := 0;
    began timestamptz := clock_timestamp();
begin
    for batch in select body from batches where size = batch_size order by n loop
        select * into answer from telemetry.log_events(batch.body::jsonb);
        accepted := accepted + answer.accepted;
    end loop;
    if accepted <> 200000 then
        raise exception 'only % of 200000 accepted', accepted;
    end if;
    perform set_config('bench.seconds', extract(epoch from clock_timestamp() - began)::text, false);
end $$;
