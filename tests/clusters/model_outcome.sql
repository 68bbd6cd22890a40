-- What must become of each event beside what came of it.

select 1 from (select set_config('search_path', 'model, pg_catalog', false)) s \g /dev/null
call send();
-- A sampled user is kept or not: which is the extension's choice, that it is all of a user or none the property.
create table kept_user as select distinct user_id from telemetry.events where event_name = 'sampled';

-- The first event that may be stored has the id; the same again is a duplicate, another one a conflict. An event that
-- breaks the rules is a duplicate where an earlier batch stored what it is once redacted. Ids of clients are per user.
alter table judged add owner text;
update judged j set owner = case when c.is_client then coalesce(j.user_id::text, 'nobody') else 'server' end from caller c where c.caller = j.caller;
create table claimed as
select distinct on (tenant_id, owner, event->>'event_id') tenant_id, owner, event->>'event_id' as event_id, n, batch,
       event - '{tenant_id,user_id}'::text[] as content, user_id
  from judged
 where reasons is null and event ? 'event_id' and (event_name <> 'sampled' or user_id in (select k.user_id from kept_user k))
 order by tenant_id, owner, event->>'event_id', n;
analyze judged;
analyze claimed;

create table expected as
select j.n, j.batch, j.index, j.caller, j.element, j.is_readable, j.event, j.to_keep, j.event_name, j.tenant_id, j.user_id, j.event_version, j.warning,
       case
           when j.reasons is null and j.event_name = 'sampled' and j.user_id not in (select k.user_id from kept_user k) then 'sampled_out'
           when j.reasons is null and (c.n is null or c.n = j.n) then 'stored'
           when s.is_same and (j.reasons is null or c.batch < j.batch and not j.reasons && '{not_yours,not_allowed,out_of_range,sensitive_value}' and j.is_readable and j.user_id is not distinct from c.user_id) then 'duplicate'
           else 'rejected'
       end as must,
       case when j.reasons is null and c.n <> j.n and not s.is_same then '{conflicting_id}' else j.reasons end as reasons
  from judged j
  left join claimed c on j.is_readable and c.tenant_id = j.tenant_id and c.owner = j.owner and c.event_id = j.event->>'event_id',
       lateral (select j.is_readable and c.content = (case when j.is_readable then j.event end) - '{tenant_id,user_id}'::text[] and c.user_id is not distinct from j.user_id as is_same) s;

-- The transaction says of which batch a row is, the distance to the call's time at which place.
create table outcome as
select x.*, v.event_ts as event_row, v.event_id as stored_id, v.stored, r.rejection_id, r.reason, r.kept,
       case when v.event_id is not null and r.rejection_id is null then 'stored' when r.rejection_id is not null and v.event_id is null then 'rejected' when r.rejection_id is not null then 'both' end as came,
       coalesce(v.tenant_id, r.tenant_id) as tenant, case when v.event_id is not null then v.user_id else r.user_id end as row_user,
       case x.must
           when 'stored' then jsonb_strip_nulls(x.event - '{event_name,payload,event_id}'::text[] || jsonb_build_object(
               'event_id', x.event->'event_id', 'event_name', x.event_name, 'tenant_id', x.tenant_id, 'user_id', x.user_id, 'event_version', coalesce(x.event_version, 1),
               'sample_rate', case when x.event_name = 'sampled' then 0.5 end)) || jsonb_build_object('payload', coalesce(x.event->'payload', '{}'))
           when 'rejected' then jsonb_build_object('event_name', x.event_name, 'event_version', x.event_version, 'tenant_id', x.tenant_id, 'user_id', x.user_id,
               'is_client', (select c.is_client from caller c where c.caller = x.caller), 'event', x.to_keep)
       end as expected_row
  from expected x
  join batch b using (batch)
  left join (select e.xmin as xid, c.call_at, c.events, e.*,
                    jsonb_strip_nulls(jsonb_build_object('event_id', case when o.is_own then e.event_id end, 'event_name', e.event_name, 'tenant_id', e.tenant_id, 'user_id', e.user_id,
                        'session_id', e.session_id, 'subject_id', e.subject_id, 'source', e.source, 'seq', e.seq, 'event_version', e.event_version, 'sample_rate', e.sample_rate,
                        'client_ts', to_char(e.client_ts at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))) || jsonb_build_object('payload', e.payload) as stored,
                    c.events - 1 - round(extract(epoch from c.call_at - e.event_ts) * 1000000)::integer as place
               from telemetry.events e join telemetry.ingestion_calls c on c.xmin = e.xmin,
                    -- An id of the server's making is a UUIDv7; those sent here are MD5 sums.
                    lateral (select substr(e.event_id::text, 1, 8) <> substr(lpad(to_hex(floor(extract(epoch from e.event_ts) * 1000)::bigint), 12, '0'), 1, 8) as is_own) o) v
    on v.xid = b.xid and v.place = x.index
  left join (select r.xmin as xid, r.*, c.events - 1 - round(extract(epoch from c.call_at - r.rejected_at) * 1000000)::integer as place,
                    jsonb_build_object('event_name', r.event_name, 'event_version', r.event_version, 'tenant_id', r.tenant_id, 'user_id', r.user_id, 'is_client', r.is_client, 'event', r.event) as kept
               from telemetry.rejections r join telemetry.ingestion_calls c on c.xmin = r.xmin) r
    on r.xid = b.xid and r.place = x.index;
create index on outcome (event_row, stored_id);
create index on outcome (rejection_id);
analyze outcome;
