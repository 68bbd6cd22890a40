-- Events of a year in order of time, of two million users of whom some come much more often, in sessions of eight events.
create extension telemetry;
create schema large;
create table large.times (tenth integer, what text, seconds double precision);
select format($f$create or replace function large.events() returns bigint language sql immutable as 'select %s::bigint'$f$, :'events') \gexec
select telemetry.register_event(name, '{"properties": {"plan": {"type": "string"}, "amount": {"type": "number"}, "page": {"type": "string"}}, "promoted_properties": ["plan", "amount"]}')
  from unnest('{page_viewed,signed_up,searched,item_added,checked_out,paid,shared,left}'::text[]) name;

create function large.batch(first bigint) returns jsonb language sql volatile as $$
    select jsonb_agg(jsonb_build_object(
               'event_name', (array['page_viewed', 'page_viewed', 'page_viewed', 'searched', 'item_added', 'checked_out', 'paid', 'shared', 'left', 'signed_up'])[1 + (n * 7919 % 10)],
               'event_ts', timestamptz '2025-01-01 00:00Z' + n * (interval '365 days' / large.events()),
               'user_id', md5((2e6 * power((hashint8(n / 8) & 1048575) / 1048576.0, 2))::bigint::text)::uuid,
               'session_id', md5('s' || n / 8)::uuid,
               'payload', jsonb_build_object('plan', (array['free', 'basic', 'pro', 'team'])[1 + n % 4], 'amount', n % 997 / 10.0, 'page', '/page/' || n % 200)))
      from generate_series(first, first + 9999) n
$$;

-- Logs the batches of a tenth that are this session's, of so many sessions that share them.
create procedure large.log(tenth integer, session integer, sessions integer) language plpgsql as $$
declare
    size constant bigint := large.events() / 10;
begin
    for place in session .. size / 10000 - 1 by sessions loop
        perform telemetry.import_events(large.batch((tenth - 1) * size + place * 10000));
        commit;
    end loop;
end $$;

create procedure large.tick(tenth integer) language plpgsql as $$
declare
    began timestamptz := clock_timestamp();
begin
    call telemetry.tick(7200);
    insert into large.times values (tenth, 'tick', extract(epoch from clock_timestamp() - began));
end $$;
