-- A person is erased: from the log, from what is derived of it, and from what is kept beside it; a receipt says so, and not who.
\set SHOW_CONTEXT never
set timezone = 'UTC'; set datestyle = iso; set client_min_messages = warning;
begin;
\set ON_ERROR_ROLLBACK on
\set shop '\'00000000-0000-4000-8000-00000000000a\''
\set cafe '\'00000000-0000-4000-8000-00000000000b\''
\set ann '\'00000000-0000-4000-8000-0000000000a1\''
\set bob '\'00000000-0000-4000-8000-0000000000a2\''
select telemetry.register_event(name, '{"promoted_properties": ["page"]}') is not null as is_registered from unnest('{page_read,page_rated}'::text[]) name;
select telemetry.register_event('page_bought', '{"required_keys": ["price"]}') is not null as is_registered;
-- The same people in two shops; Ann and Bob take turns, some events are nobody's.
create function pg_temp.fill(people uuid[]) returns bigint language sql as $$
    select telemetry.import_events(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
               'event_name', case n % 3 when 0 then 'page_rated' else 'page_read' end, 'event_ts', '2026-03-01T00:00:00Z'::timestamptz + n * interval '7 hours',
               'event_id', telemetry.as_id('event ' || n, '00000000-0000-4000-8000-00000000000a'), 'tenant_id', case n % 5 when 4 then '00000000-0000-4000-8000-00000000000b' else '00000000-0000-4000-8000-00000000000a' end,
               'user_id', people[1 + n % cardinality(people)], 'source', case n % 2 when 0 then 'web' end, 'sample_rate', case n % 7 when 0 then 0.5 end,
               'payload', jsonb_build_object('page', '/' || n % 11, 'note', 'canary of ' || coalesce(people[1 + n % cardinality(people)]::text, 'nobody'))))))
      from generate_series(1, 200) n
     where people[1 + n % cardinality(people)] is distinct from '00000000-0000-4000-8000-0000000000ff'
$$;
create temp view answers as
    select 'volume' as kpi, v::text as answer from telemetry.event_volume(since => '2026-03-01', until => '2026-06-01', grain => 'week', tenant => '00000000-0000-4000-8000-00000000000a') v
    union all select 'active', a::text from telemetry.active_users(since => '2026-03-01', until => '2026-06-01', grain => 'week', tenant => '00000000-0000-4000-8000-00000000000a') a
    union all select 'funnel', f::text from telemetry.funnel('["page_read", "page_rated"]', tenant => '00000000-0000-4000-8000-00000000000a') f
    union all select 'retention', r::text from telemetry.retention('page_read', since => '2026-03-01', until => '2026-06-01', tenant => '00000000-0000-4000-8000-00000000000a') r
    union all select 'pages', t::text from telemetry.top_values('page', '{page_read}', tenant => '00000000-0000-4000-8000-00000000000a') t;

-- What the answers would be if Ann had never come.
savepoint without_ann;
select pg_temp.fill(array['00000000-0000-4000-8000-0000000000ff', :bob, null]::uuid[]) as logged;
call telemetry.tick();
select array_agg(kpi || ' ' || answer order by kpi, answer)::text as never from answers \gset
rollback to without_ann;

-- She came, and part of it is derived already, part is not.
select pg_temp.fill(array[:ann, :bob, null]::uuid[]) as logged;
call telemetry.tick();
select (r).rejected from (select telemetry.log_events(jsonb_build_array(jsonb_build_object('event_name', 'page_bought', 'user_id', :ann, 'tenant_id', :shop), jsonb_build_object('event_name', 'page_bought', 'user_id', :bob, 'tenant_id', :shop))) r) x;
select telemetry.import_events(jsonb_build_array(jsonb_build_object('event_name', 'page_read', 'event_ts', '2026-05-20T00:00:00Z', 'user_id', :ann, 'tenant_id', :shop, 'payload', '{"page": "/canary"}'::jsonb))) as logged;
select array_agg(kpi || ' ' || answer order by kpi, answer)::text <> :'never' as is_another_log from answers;
select tenant_id, count(*) from telemetry.events where user_id = :ann group by 1 order by 1;

-- One call, and a receipt.
select kind, tenant_id, reason, events, counts, since, until, details from telemetry.erase_user(:ann, :shop, 'request 4711');
-- She is in nothing of the shop, and still in the cafe.
select tenant_id, count(*) from telemetry.events where user_id = :ann group by 1 order by 1;
select user_id from telemetry.timeline_actors where tenant_id = :shop;
select count(*) from telemetry.event_ids i where i.tenant_id = :shop and not exists (select from telemetry.events e where e.tenant_id = i.tenant_id and e.event_id = i.event_id);
select r.event ->> 'user_id' as user_id from telemetry.rejections r where r.tenant_id = :shop order by 1;
-- The answers are those of a log that never had her, from derived data that is what the log says.
select array_agg(kpi || ' ' || answer order by kpi, answer)::text = :'never' as is_as_if_she_never_came from answers;
select derived, tenant_id, expected, found, is_equal, problem from telemetry.verify_derived() order by 1, 2;
call telemetry.tick();
select array_agg(kpi || ' ' || answer order by kpi, answer)::text = :'never' as is_as_if_she_never_came from answers;
select bool_and(is_equal) as is_equal from telemetry.verify_derived();

-- Who it was the receipt does not say, but it knows her.
select kind, tenant_id, done_by = current_user as is_ours, user_id, reason, events, last_id - first_id > 100 as has_range, octet_length(person) as person, details from telemetry.erasures where at >= now();
select telemetry.was_erased(:ann, :shop) as ann, telemetry.was_erased(:bob, :shop) as bob, telemetry.was_erased(:ann, :cafe) as ann_of_the_cafe;
select e::text like '%' || :ann || '%' as names_her from telemetry.erasures e;

-- Twice is no harm, and neither is somebody whom nobody knows.
select kind, events, counts, since from telemetry.erase_user(:ann, tenant => :shop);
select kind, events, counts, since from telemetry.erase_user(telemetry.as_id('nobody', :shop), tenant => :shop);
-- Without a tenant it is the caller's own, of which she was no user.
select tenant_id, events from telemetry.erase_user(:ann);
-- Who comes back is a new user, with a number of her own.
select telemetry.import_events(jsonb_build_array(jsonb_build_object('event_name', 'page_read', 'event_ts', '2026-05-21T00:00:00Z', 'user_id', :ann, 'tenant_id', :shop))) as logged;
call telemetry.tick();
select bool_and(is_equal) as is_equal from telemetry.verify_derived();
select user_id, actor_number from telemetry.timeline_actors where tenant_id = :shop order by 2;
-- A tenant goes as a whole.
select kind, tenant_id, events, counts from telemetry.erase_tenant(:cafe, 'closed');
select bool_and(is_equal) as is_equal, count(*) filter (where tenant_id = :cafe) as of_the_cafe from telemetry.verify_derived();

-- The log is what it was to everybody else.
delete from telemetry.events where user_id = :bob;
update telemetry.erasures set reason = 'none';
delete from telemetry.erasures;

-- Who may: the admin of a tenant for that tenant, a privacy officer for every one, and nobody else.
create role regress_admin; create role regress_officer; create role regress_analyst;
select telemetry.grant_access('regress_admin', 'admin'), telemetry.grant_access('regress_officer', 'privacy_officer'), telemetry.grant_access('regress_analyst', 'analyst');
set local telemetry.multi_tenant = on;
select set_config('request.jwt.claims', '{"role": "service", "sub": "00000000-0000-4000-8000-0000000000a9", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000b"}}', true) is not null as as_of_the_cafe;
set local role regress_admin;
select events from telemetry.erase_user(:bob, tenant => :shop);
select telemetry.was_erased(:bob, :shop);
select events from telemetry.erase_tenant(:shop);
select events from telemetry.erase_events('{00000000-0000-4000-8000-000000000001}', tenant => :shop);
select events from telemetry.scrub_payload(keys => '{note}', tenant => :shop);
select * from telemetry.reapply_erasures('[]');
select tenant_id, events from telemetry.erase_user(:bob);
select kind, tenant_id, events from telemetry.erasures order by at;
select r ->> 'kind' as kind, r ->> 'tenant_id' as tenant_id from telemetry.erasure_receipts() r;
reset role;
-- An admin whose session has no tenant erases for none.
select set_config('request.jwt.claims', '{"role": "service", "sub": "00000000-0000-4000-8000-0000000000a9"}', true) is not null as without_a_tenant;
set local role regress_admin;
select events from telemetry.erase_user(:bob, tenant => :shop);
select events from telemetry.erase_tenant(:shop);
select events from telemetry.scrub_payload(keys => '{note}', tenant => :shop);
reset role;
select set_config('request.jwt.claims', '{"role": "service", "sub": "00000000-0000-4000-8000-0000000000a9", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000b"}}', true) is not null as as_of_the_cafe;
set local role regress_analyst;
select events from telemetry.erase_user(:bob, tenant => :cafe);
select telemetry.was_erased(:bob, :cafe);
select count(*) from telemetry.erasures;
reset role;
set local role regress_officer;
select kind, tenant_id, events from telemetry.erase_user(:bob, tenant => :shop);
select count(*) from telemetry.erasures;
reset role;
reset request.jwt.claims;

-- Arguments that name nothing.
select telemetry.erase_user(null, tenant => :shop);
select telemetry.erase_user(:bob);
select telemetry.was_erased(null, :shop);
select telemetry.erase_tenant(null);
rollback;
-- Not under a snapshot that is older than what a tick did.
begin isolation level repeatable read;
select telemetry.erase_user(telemetry.as_id('nobody'));
rollback;
