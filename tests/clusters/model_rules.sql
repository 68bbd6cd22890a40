-- The model: docs/ingestion.md and docs/taxonomy.md once more, one statement a step; nothing of the extension is
-- called. read -> asked -> version -> judged.

-- Masks an address and the values of secret keys, in any text of JSON; "nick" is secret in the event "masked" only.
create function redacted(given jsonb, event_name text) returns jsonb language sql immutable as $$
    select regexp_replace(regexp_replace(given::text, 'joe[0-9]*@example\.org', '[redacted:email]', 'g'),
                          case event_name when 'masked' then '"(password|nick)": "[^"]*"' else '"(password)": "[^"]*"' end, '"\1": "[redacted:key]"', 'g')::jsonb
$$;

-- What a payload_limit counts: pg_column_size() of the plain value; no number here prints longer than it is stored.
create function size(given jsonb) returns integer language sql immutable as $$
    select pg_column_size(given || case jsonb_typeof(given) when 'object' then '{}' else '[]' end::jsonb)
$$;

-- Each member of each element: which argument it is, and why it cannot be read. JSON null is absent; a time that cannot
-- be read is left out.
create table member as
select m.n, m.position, m.argument, m.value, m.kind, m.said,
       m.argument like '%\_ts' and (m.kind <> 'string' or m.said !~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$') as is_no_time,
       case
           when m.argument <> all ('{event_name,payload,user_id,session_id,subject_id,tenant_id,source,client_ts,seq,event_version,event_id,event_ts}') then 'unknown_argument'
           when m.kind = 'null' then null
           when m.times > 1 then 'ambiguous_argument'
           when m.argument = 'payload' then case when m.kind not in ('object', 'array') then 'payload_not_object' end
           when m.argument in ('seq', 'event_version') then
               case when m.kind <> 'number' or m.said::numeric % 1 <> 0 then 'unreadable_argument'
                    when m.said::numeric not between -2147483648 and 2147483647 then 'out_of_range' end
           when m.argument like '%\_ts' then null
           when m.kind <> 'string' then 'unreadable_argument'
           when m.argument like '%\_id' and m.said !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then 'unreadable_argument'
       end as fault
  from (select e.n, m.position, coalesce(a.argument, m.key) as argument, m.value, jsonb_typeof(m.value) as kind, m.value #>> '{}' as said,
               count(*) filter (where m.value <> 'null') over (partition by e.n, coalesce(a.argument, m.key) order by m.position) as times
          from event e, jsonb_each(case jsonb_typeof(e.element) when 'object' then e.element else '{}' end) with ordinality m (key, value, position)
          left join alias a on a.alias = m.key) m;
create index on member (n);
analyze member;

-- What an element says by the arguments' own names, or the first reason why it cannot be read.
create table read as
select e.n, e.batch, e.index, e.caller, e.element, m.said_name, m.said_tenant, coalesce(m.has_no_time and not m.event ?| '{client_ts,event_ts}', false) as is_unreadable_time,
       case when jsonb_typeof(e.element) <> 'object' then 'not_an_object'
            when m.fault is not null then m.fault
            when coalesce(m.event->>'event_name', '') = '' then 'missing_argument' end as unreadable,
       -- What a client calls event_ts is its own clock; the batch names the source of those that name none.
       jsonb_strip_nulls(jsonb_build_object('source', b.source, 'client_ts', m.event->'event_ts')) || (m.event - 'event_ts') as event
  from event e
  join batch b using (batch)
  left join (select n, (array_agg(fault order by position) filter (where fault is not null))[1] as fault,
                    (array_agg(said order by position) filter (where argument = 'event_name' and kind = 'string'))[1] as said_name,
                    (array_agg(said order by position) filter (where argument = 'tenant_id' and kind = 'string' and said ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'))[1]::uuid as said_tenant,
                    bool_or(is_no_time and kind <> 'null') as has_no_time,
                    coalesce(jsonb_object_agg(argument, case when argument like '%\_id' then to_jsonb(lower(said))
                                                    when argument like '%\_ts' then to_jsonb(to_char(said::timestamptz at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
                                                    else value end) filter (where fault is null and kind <> 'null' and not is_no_time), '{}') as event
               from member group by n) m using (n);

-- Whose it is: a client acts for itself. Under which tenant and user it is kept, and why it may not be asked at all. An
-- event that may be asked goes without a source that nobody knows.
create table asked as
select r.n, r.batch, r.index, r.caller, r.element, r.said_name, r.unreadable, r.is_unreadable_time, c.is_client, r.event->>'event_name' as event_name, wanted,
       coalesce(r.event->'payload', '{}') as payload,
       coalesce(case when not c.is_client then asked_tenant end, own_tenant, '00000000-0000-0000-0000-000000000000') as tenant_id,
       case when c.is_client or r.unreadable is not null then c.user_id else asked_user end as user_id,
       not_asked, not_asked is null and is_unknown_source as is_unknown_source,
       case when not_asked is null and is_unknown_source then r.event - 'source' else r.event end as event
  from read r
  join caller c using (caller),
       lateral (select case when r.unreadable is null then (r.event->>'tenant_id')::uuid else r.said_tenant end as asked_tenant, case when r.unreadable is null then (r.event->>'user_id')::uuid end as asked_user,
                       case when r.unreadable is null then (r.event->>'event_version')::integer end as wanted,
                       coalesce(c.tenant_id, case when not c.is_multi_tenant then '00000000-0000-0000-0000-000000000000'::uuid end) as own_tenant,
                       coalesce(r.event->>'source', 'web') not in ('web', 'mobile') as is_unknown_source) a,
       lateral (select case when r.unreadable is not null then r.unreadable
                            when asked_tenant is null and own_tenant is null then 'missing_argument'
                            when c.is_client and (asked_tenant is not null and asked_tenant is distinct from own_tenant or asked_user <> c.user_id) then 'not_yours'
                            when wanted not between -32768 and 32767 then 'out_of_range' end as not_asked) b;
analyze asked;

create function levels(payload jsonb) returns integer language sql immutable as $$
    select 1 + length(substring(coalesce(payload->>'deep', '') from '^\[*'))
$$;

-- Each event against each version that it is held to: null, or the reasons of which one is given. Which of several
-- faults of a payload is named first is nobody's promise.
create table version as
select a.n, d.event_version, d.rules,
       case
           when d.status = 'deprecated' then '{deprecated_event}'
           when exists (select from jsonb_array_elements_text(d.rules->'required_arguments') r where case r when 'user_id' then a.user_id is null else not a.event ? r end) then '{missing_argument}'
           when size(a.payload) > coalesce((d.rules->>'payload_limit')::integer, 4096) then '{payload_too_large}'
           when jsonb_typeof(a.payload) <> 'object' then '{payload_not_object}'
           when levels(a.payload) > 32 then '{payload_too_deep}'
           else (select array_agg(fault) filter (where fault is not null)
                   from (select case when not a.payload ? key or a.payload->key = 'null' and not coalesce(d.rules->'properties'->key, '{}') ?| '{type,enum}' then 'missing_key' end as fault
                           from jsonb_array_elements_text(d.rules->'required_keys') key
                         union all
                         select unnest(array[
                                    case when jsonb_typeof(v.value) <> replace(p.rule->>'type', 'integer', 'number') or p.rule->>'type' = 'integer' and v.number % 1 <> 0 then 'wrong_type' end,
                                    case when p.rule ? 'enum' and not p.rule->'enum' @> v.value then 'wrong_value' end,
                                    case when v.number < (p.rule->>'minimum')::numeric or v.number > (p.rule->>'maximum')::numeric then 'wrong_value' end,
                                    case when jsonb_typeof(v.value) = 'string' and length(v.value #>> '{}') > (p.rule->>'maxLength')::integer then 'wrong_value' end])
                           from jsonb_each(d.rules->'properties') p (key, rule),
                                lateral (select a.payload->p.key as value, case when jsonb_typeof(a.payload->p.key) = 'number' then (a.payload->>p.key)::numeric end as number) v
                          where a.payload ? p.key
                         union all
                         select 'unexpected_key' from jsonb_object_keys(case d.rules->>'additional_properties' when 'false' then a.payload else '{}' end) key
                          where not d.rules->'properties' ? key) f)
       end as reasons
  from asked a
  join definition d using (event_name)
 where a.not_asked is null and (d.event_version = a.wanted or a.wanted is null and d.status <> 'superseded');

-- What becomes of an element before its event_id is looked at: stored as a version where reasons is null. Of several
-- versions the newest that it meets counts, else the newest. What was left out of one that is stored is its warning, where
-- it breaks no rule of the mode warn.
create table judged as
select a.n, a.batch, a.index, a.caller, a.element, a.unreadable is null as is_readable, a.tenant_id, a.user_id, j.reasons,
       case when v.reasons is not null and w.mode = 'warn' then null when a.is_unknown_source then 'unknown_source' when a.is_unreadable_time then 'unreadable_argument' end as warning,
       case when a.unreadable is null then a.event_name else a.said_name end as event_name,
       v.event_version,
       e.event,
       -- What a rejection keeps of it.
       case when w.is_left_out then to_jsonb(format('[left out: %s bytes]', size(a.element)))
            when a.unreadable is null and size(a.payload) > w.most then e.event || jsonb_build_object('payload', format('[left out: %s bytes]', size(a.payload)))
            else e.event end as to_keep
  from asked a
  left join (select distinct on (n) * from version order by n, reasons is null desc, event_version desc) v using (n),
       lateral (select coalesce(max(coalesce((d.rules->>'payload_limit')::integer, 4096)), 4096) as most from definition d where d.event_name = a.said_name) l,
       lateral (select coalesce(v.rules->>'enforcement', 'reject') as mode, redacted(a.payload, a.event_name) as redacted, l.most,
                       -- An element that cannot be read is kept if its payload is within its event's limit, and all of it within 4096 bytes more.
                       a.unreadable is not null and jsonb_typeof(a.element) in ('object', 'array')
                       and (size(a.element) > l.most + 4096
                            or exists (select from member m where m.n = a.n and m.argument = 'payload'
                                          and case when m.kind in ('object', 'array') then size(m.value) when m.kind = 'string' then octet_length(m.said) else 0 end > l.most)) as is_left_out) w,
       lateral (select case when a.unreadable is not null then nullif(redacted(a.element, a.said_name), 'null')
                            when a.event ? 'payload' then a.event || jsonb_build_object('payload', w.redacted)
                            else a.event end as event) e,
       lateral (select case
                    when a.not_asked is not null then array[a.not_asked]
                    when not exists (select from definition d where d.event_name = a.event_name) then '{unknown_event}'
                    when a.is_client and exists (select from definition d where d.event_name = a.event_name and d.rules->>'logged_by' = 'server') then '{not_allowed}'
                    when v.n is null then '{unknown_version}'
                    when v.reasons is not null and w.mode in ('reject', 'quarantine') then v.reasons
                    -- The modes warn and accept store what breaks the rules, unless the log cannot hold it.
                    when jsonb_typeof(a.payload) <> 'object' then '{payload_not_object}'
                    when levels(a.payload) > 32 then '{payload_too_deep}'
                    when a.event_name = 'strict' and w.redacted <> a.payload then '{sensitive_value}' end::text[] as reasons) j;
