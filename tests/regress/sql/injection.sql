-- SQL in every argument that takes text, of every function: it is a value, and nothing else. An answer, or an error that a
-- web client sees as 4xx; never a syntax error of a statement that took it in, and nothing that it asked for happens.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres;
begin;
set local time zone 'UTC';
\getenv here PG_ABS_SRCDIR
\set every_call :here /include/every_call.sql
\i :every_call
create role reader;

-- What the attacker hopes that somebody runs. Its SQLSTATE cannot be taken for another's.
create function attack.hit() returns text language plpgsql as $$ begin raise sqlstate 'HIT00' using message = 'hit'; end $$;
create table attack.attempt (place serial, given text);
insert into attack.attempt (given) values
    ($s$'; select attack.hit(); --$s$), ($s$' || attack.hit() || '$s$), ($s$" || attack.hit() || "$s$), ($s$attack.hit()$s$), ($s$x') union select attack.hit() --$s$),
    ($s$"; select attack.hit(); --$s$), ($s$$$ || attack.hit() || $$$s$), ($s$%1$I %2$L %s %n %%$s$), ($s$$1$s$),
    ($s$attack.hit$s$), ($s$pg_catalog.pg_authid$s$), ($s$"$s$), ($s$\$s$), (''),
    ($s${}$s$), (E'\x01\n\t\r'), (U&'\FEFF\202E\00e9'), (repeat('(', 5000)), (repeat('hunter2', 20000));

create table attack.outcome (proname text, argument text, attempt integer, code text, message text);
set client_min_messages = error;
do $$
declare
    line record;
    got record;
begin
    for line in
        select f.oid, f.proname, p.proargnames[a.n] as argument, a.n::integer, a.t, t.place, t.given
          from attack.functions f
          join pg_proc p using (oid), unnest(p.proargtypes) with ordinality a (t, n), attack.attempt t
         where a.t in ('text'::regtype, 'text[]'::regtype, 'jsonb'::regtype)
         order by f.proname, a.n, t.place
    loop
        got := attack.answer(attack.call(line.oid, line.n, case line.t when 'text'::regtype then line.given when 'text[]'::regtype then array[line.given]::text else to_jsonb(line.given)::text end));
        insert into attack.outcome values (line.proname, line.argument, line.place, got.code, case when got.code <> '00000' then got.answer end);
        if line.t = 'jsonb'::regtype then
            -- As a key, as a value under a key that is known, in a list.
            got := attack.answer(attack.call(line.oid, line.n, jsonb_build_object(line.given, line.given)::text));
            insert into attack.outcome values (line.proname, line.argument || ' (key)', line.place, got.code, case when got.code <> '00000' then got.answer end);
            got := attack.answer(attack.call(line.oid, line.n, (select case jsonb_typeof(j) when 'array' then jsonb_build_array(line.given)
                                                                           else j || (select jsonb_object_agg(k, line.given) from jsonb_object_keys(j) k) end
                       from (select coalesce(attack.literal(line.proname, line.argument, 'jsonb'), '{"k": 1}')::jsonb) m (j))::text));
            insert into attack.outcome values (line.proname, line.argument || ' (values)', line.place, got.code, case when got.code <> '00000' then got.answer end);
        end if;
    end loop;
end $$;
reset client_min_messages;
select count(*) > 5000 as calls, count(*) filter (where code = '00000') > 1500 as answers, count(distinct proname) > 90 as functions from attack.outcome;
-- Nothing was run, nothing was taken into a statement.
select * from attack.outcome where code = 'HIT00' or message ~ 'syntax error|unterminated|hit\(\) does not exist' order by 1, 2, 3;
-- No error but 4xx.
select proname, argument, code, count(*), left(min(message), 100) as message from attack.outcome
 where code !~ '^(00|22|23|42|0A|2B|3F)' or code = '42601' group by 1, 2, 3 order by 1, 2, 3;
-- No message is as long as what was sent.
select proname, argument, max(length(message)) from attack.outcome group by 1, 2 having max(length(message)) > 1000 order by 1, 2;
select count(*) from telemetry.events where event_ts < '2024-03-01';
rollback;
