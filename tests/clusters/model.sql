-- So many random events as :events says, in random batches for telemetry.log_events(). Read in this order: definition, caller,
-- batch, event, send(); then the model in model_rules.sql, and the comparison in model_outcome.sql and model.sh.
-- Of the events that are stored all the same, of which there are thousands.
set client_min_messages = error;
set jit = off;
set max_parallel_workers_per_gather = 0;
create schema model;
set search_path = model, pg_catalog;
select setseed(0.42) \g /dev/null

-- What is registered, and what the model reads of it.
create table definition (event_name text, event_version integer, status text, rules jsonb, primary key (event_name, event_version));
insert into definition values
    ('purchase', 1, 'active', '{"required_keys": ["total"], "properties": {"total": {"type": "number", "minimum": 0}, "plan": {"enum": ["free", "pro"]}}, "additional_properties": false}'),
    ('note', 1, 'active', '{"properties": {"text": {"type": "string", "maxLength": 40}}, "payload_limit": 160}'),
    ('quiz', 1, 'active', '{"required_keys": ["score"], "properties": {"score": {"type": "integer", "minimum": 0, "maximum": 10}}, "required_arguments": ["user_id", "session_id"]}'),
    ('rated', 1, 'active', '{"required_keys": ["stars"], "properties": {"stars": {"minimum": 1}}}'),
    ('payout', 1, 'active', '{"logged_by": "server", "required_keys": ["amount"], "properties": {"amount": {"type": "integer"}}}'),
    ('lesson', 1, 'superseded', '{"required_keys": ["course"]}'),
    ('lesson', 2, 'active', '{"required_keys": ["course", "lesson"]}'),
    ('message', 1, 'active', '{"required_keys": ["text"], "properties": {"text": {"type": "string"}}}'),
    ('message', 2, 'active', '{"required_keys": ["body"], "properties": {"body": {"type": "string"}}, "additional_properties": false}'),
    ('old', 1, 'deprecated', '{}'),
    ('warned', 1, 'active', '{"enforcement": "warn", "required_keys": ["n"], "properties": {"n": {"type": "integer"}}}'),
    ('accepted', 1, 'active', '{"enforcement": "accept", "required_keys": ["n"], "properties": {"n": {"type": "integer"}}}'),
    ('apart', 1, 'active', '{"enforcement": "quarantine", "required_keys": ["n"], "properties": {"n": {"type": "integer"}}}'),
    ('sampled', 1, 'active', '{"sampling_rate": 0.5, "required_arguments": ["user_id"]}'),
    ('strict', 1, 'active', '{"redaction": {"action": "reject"}}'),
    ('masked', 1, 'active', '{"redaction": {"keys": {"nick": "mask"}}}');
create table alias (alias text primary key, argument text);
insert into alias values ('trackName', 'event_name'), ('meta', 'payload'), ('at', 'event_ts');

select telemetry.register_event(event_name, rules) from definition where event_version = 1 order by 1 \g /dev/null
-- Everything that the next version does not name it would inherit.
select telemetry.update_event(event_name, '{"required_keys": null, "properties": null}' || rules) from definition where event_version = 2 \g /dev/null
-- As two packs with one name leave it.
update telemetry.event_types set status = 'active' where event_name = 'message';
select telemetry.deprecate_event('old') \g /dev/null
select telemetry.add_alias(alias, argument) from alias \g /dev/null

-- Who calls: servers without claims and with, clients of three tenants and of none.
create function id(kind text, n integer) returns uuid language sql immutable as $$ select md5(kind || n)::uuid $$;
create table caller (caller integer primary key, is_client boolean, tenant_id uuid, user_id uuid, is_multi_tenant boolean);
insert into caller values
    (0, false, null, null, false), (1, false, id('tenant', 1), null, false), (2, false, null, null, true),
    (3, true, id('tenant', 1), id('user', 1), false), (4, true, id('tenant', 1), id('user', 2), true),
    (5, true, id('tenant', 2), id('user', 3), false), (6, true, id('tenant', 3), id('user', 1), true),
    (7, true, null, id('user', 4), false), (8, true, null, id('user', 5), true);

create table batch (batch serial primary key, caller integer, source text, size integer, accepted integer, rejected integer, duplicates integer, warnings jsonb, xid xid);
insert into batch (caller, source, size)
select caller, case when s < 0.5 then 'web' when s < 0.53 then 'nowhere' end, 1 + floor(r * case when caller < 3 then 1000 else 50 end)
  from (select case when random() < 0.4 then floor(random() * 3) else floor(3 + random() * 6) end::integer as caller, random() as s, random() as r
          from generate_series(1, 2000)) b;
-- Exactly so many events.
delete from batch where batch > (select min(batch) from (select batch, sum(size) over (order by batch) as sent from batch) b where sent >= :events);
update batch set size = size - ((select sum(size) from batch) - :events) where batch = (select max(batch) from batch);

-- A payload that meets the definition of its event, more often than not.
create function payload(event_name text, r double precision, n integer) returns jsonb language sql immutable as $$
    select case event_name
        when 'purchase' then jsonb_build_object('total', (n % 1000 / 10.0)::numeric(6, 3), 'plan', case when r < 0.5 then 'free' else 'pro' end)
        when 'note' then jsonb_build_object('text', case when r < 0.4 then 'mail joe' || n % 100 || '@example.org' when r < 0.6 then repeat('é', n % 60) else 'note ' || n end)
        when 'quiz' then jsonb_build_object('score', n % 12)
        when 'rated' then jsonb_build_object('stars', case when r < 0.2 then null else n % 6 end)
        when 'payout' then jsonb_build_object('amount', n)
        when 'lesson' then jsonb_build_object('course', 'sql') || case when r < 0.6 then jsonb_build_object('lesson', n) else '{}' end
        when 'message' then jsonb_build_object(case when r < 0.5 then 'body' else 'text' end, 'hello joe' || n % 100 || '@example.org')
        when 'strict' then jsonb_build_object('t', case when r < 0.3 then 'joe@example.org' else 'nothing' end)
        when 'masked' then jsonb_build_object('nick', 'secret-nick', 'n', n)
        else jsonb_build_object('n', case when r < 0.3 then '"x"'::jsonb else to_jsonb(n % 7) end)
    end
$$;

-- What is wrong with a payload; most are left as they are.
create function damaged(payload jsonb, r double precision, n integer) returns jsonb language sql immutable as $$
    select case floor(r * 100)
        when 0 then '[1]' when 1 then '"text joe@example.org"' when 2 then 'null' when 3 then '7' when 4 then '{}'
        when 5 then payload || '{"total": "lots", "score": 1.5, "n": null, "text": 7, "body": null}'
        when 6 then payload || '{"total": -1, "score": -1, "plan": "gold", "stars": 0}'
        when 7 then payload || '{"other": true}'
        when 8 then payload || '{"password": "hunter2-hunter2"}'
        when 9 then payload || jsonb_build_object('pad', repeat('p', n % 300))
        when 10 then payload || jsonb_build_object('deep', (repeat('[', n % 45 + 1) || repeat(']', n % 45 + 1))::jsonb)
        when 11 then payload || '{"total": null, "score": null, "course": null, "stars": null}'
        else payload
    end
$$;

create table event (n integer primary key, batch integer, index integer, caller integer, element jsonb, r real[]);
insert into event
select row_number() over (order by b.batch, i.index), b.batch, i.index, b.caller, null, array[random(), random(), random(), random(), random(), random(), random(), random(), random(), random(), random(), random(), random()]
  from batch b, generate_series(0, b.size - 1) i (index);

create table kind as
select event_name, n - 1 as kind
  from unnest('{purchase,note,quiz,rated,payout,lesson,message,old,warned,accepted,apart,sampled,strict,masked,never_heard_of,""}'::text[]) with ordinality k (event_name, n);

-- An element with the names of log_event()'s arguments; a client names itself or nobody, mostly.
update event e
   set element = jsonb_strip_nulls(jsonb_build_object(
           case when r[1] < 0.1 then 'trackName' else 'event_name' end, k.event_name,
           'user_id', case when not c.is_client and r[3] < 0.9 then id('user', n % 60) when c.is_client and r[3] < 0.3 then c.user_id when r[3] between 0.9 and 0.91 then id('user', 7) end,
           'session_id', case when r[4] < 0.8 then upper(id('session', n % 30)::text) end,
           'subject_id', case when r[4] < 0.1 then id('subject', n % 9) end,
           'tenant_id', case when not c.is_client and r[5] < 0.6 then id('tenant', n % 4) when r[5] < 0.1 then c.tenant_id when r[5] > 0.98 then id('tenant', 2) end,
           'source', case when r[6] < 0.3 then 'mobile' when r[6] < 0.32 then 'fax' end,
           'event_version', case when r[7] < 0.1 then 1 when r[7] < 0.15 then 2 when r[7] < 0.16 then 9 when r[7] < 0.165 then 40000 end,
           'seq', case when r[8] < 0.3 then n % 5 end,
           'event_id', case when r[9] < 0.6 then id('event', n) end,
           case when r[10] < 0.5 then 'client_ts' else 'at' end, case when r[10] between 0.4 and 0.6 then '2026-01-02T03:04:05.' || n % 1000 || '+01:00' end))
       || case when r[13] < 0.97 then jsonb_build_object(case when r[1] < 0.2 then 'meta' else 'payload' end, damaged(payload(k.event_name, r[12], n), r[11], n)) else '{}' end
  from caller c, kind k
 where c.caller = e.caller and k.kind = floor(r[2] * 16);
-- Elements that cannot be read.
update event set r = array(select random() from generate_series(1, 5 + sign(n)::integer));
update event
   set element = case floor(r[1] * 300)
           when 0 then '"joe@example.org"' when 1 then '7' when 2 then 'null' when 3 then '[1, "joe@example.org"]' when 4 then 'true' when 5 then '{}'
           when 6 then element || '{"sent_at": 1}' when 7 then element || '{"user_id": "joe@example.org"}' when 8 then element || '{"event_name": "note", "trackName": "note"}'
           when 9 then element || '{"seq": 1.5}' when 10 then element || '{"seq": 3000000000}' when 11 then element || '{"client_ts": "yesterday"}'
           when 12 then element || '{"event_name": 7}' when 13 then element || '{"source": 7}' when 14 then element || '{"sample_rate": 0.5}'
           when 15 then element || '{"event_id": 7, "session_id": null}' when 16 then element || '{"seq": "1"}' when 17 then element || '{"at": "2026-01-02"}'
           -- On both sides of what is kept of an element: of its payload, and of all of it.
           when 18 then element || jsonb_build_object('event_name', 'note', 'sent_at', 1, 'payload', jsonb_build_object('text', repeat('x', n % 300)))
           when 19 then element || jsonb_build_object('sent_at', repeat('x', n % 16000))
           else element
       end
 where r[1] < 20 / 300.0;
-- Retries: an earlier event of the same caller, or of anybody (another tenant's id); the same, or with other content.
create table repeated as
select n, case when r[3] < 0.7 then lag(n, 1 + floor(r[4] * 300)::integer) over (partition by caller order by n) else n - 1 - floor(r[4] * 5000)::integer end as first
  from event;
update event e
   set element = case when e.r[5] < 0.3 and jsonb_typeof(o.element) = 'object' then o.element || jsonb_build_object('seq', 100 + e.n % 3) else o.element end
  from repeated p, event o
 where p.n = e.n and o.n = p.first and e.r[2] < 0.25;
alter table event drop column r;
analyze event;

-- Each batch in a transaction of its own, whose id finds again what it stored.
create procedure send() language plpgsql as $$
declare
    b record;
    sent jsonb;
begin
    for b in select * from batch join caller using (caller) order by batch loop
        select jsonb_agg(element order by index) into sent from event where batch = b.batch;
        if b.is_client or b.tenant_id is not null then
            perform set_config('request.jwt.claims', jsonb_build_object('role', case when b.is_client then 'authenticated' else 'service_role' end, 'sub', b.user_id,
                               'app_metadata', jsonb_build_object('tenant_id', b.tenant_id))::text, true);
        end if;
        perform set_config('telemetry.multi_tenant', b.is_multi_tenant::text, true);
        update batch set (accepted, rejected, duplicates, warnings) = (select l.accepted, l.rejected, l.duplicates, l.warnings_sample from telemetry.log_events(sent, b.source) l),
                         xid = pg_current_xact_id()::xid
         where batch = b.batch;
        commit;
    end loop;
end
$$;
