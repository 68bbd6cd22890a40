-- A person's copy: everything of theirs and nothing of anybody else's, with what it means, and proof that it is whole.
\set SHOW_CONTEXT never
begin;
\set ON_ERROR_ROLLBACK on
set local time zone 'UTC';
\pset format unaligned
create role copy_member;
create role copy_analyst;
create role copy_auditor;
select telemetry.grant_access('copy_member', 'own_events'), telemetry.grant_access('copy_analyst', 'analyst'), telemetry.grant_access('copy_auditor', 'auditor');
\set shop '\'00000000-0000-4000-8000-00000000000a\''
\set cafe '\'00000000-0000-4000-8000-00000000000b\''
\set ann '\'00000000-0000-4000-8000-0000000000a1\''
\set bob '\'00000000-0000-4000-8000-0000000000a2\''
select telemetry.register_event('page_read', '{"description": "Somebody read a page.", "domain": "reading", "properties": {"page": {"type": "string", "description": "its address"}, "words": {"type": "integer"}}}');
select telemetry.register_event('page_rated', '{"description": "Somebody gave a page stars.", "required_keys": ["stars"]}');
select telemetry.import_events(jsonb_build_array(
    jsonb_build_object('event_name', 'page_read', 'event_ts', '2026-03-02T10:00:00Z', 'event_id', telemetry.as_id('1'), 'tenant_id', :shop, 'user_id', :ann, 'payload', jsonb_build_object('page', E'a "quoted"\nline', 'words', 120, 'scrolled', 0.50)),
    jsonb_build_object('event_name', 'page_rated', 'event_ts', '2026-03-01T10:00:00Z', 'event_id', telemetry.as_id('2'), 'tenant_id', :shop, 'user_id', :ann, 'subject_id', :bob, 'source', 'web', 'seq', 7, 'client_ts', '2026-03-01T09:59:59Z', 'sample_rate', 0.25, 'payload', '{"stars": 5}'::jsonb),
    jsonb_build_object('event_name', 'page_rated', 'event_ts', '2026-03-03T10:00:00Z', 'event_id', telemetry.as_id('3'), 'tenant_id', :shop, 'user_id', :bob, 'subject_id', :ann, 'payload', '{"stars": 1}'::jsonb),
    jsonb_build_object('event_name', 'page_read', 'event_ts', '2026-03-04T10:00:00Z', 'event_id', telemetry.as_id('4'), 'tenant_id', :cafe, 'user_id', :ann, 'payload', '{"page": "menu"}'::jsonb)));
-- What was refused of hers: a server sent it. The ids and times of rejections are new at each run.
select rejected from telemetry.log_events(jsonb_build_array(jsonb_build_object('event_name', 'page_rated', 'user_id', :ann, 'tenant_id', :shop), jsonb_build_object('event_name', 'page_rated', 'user_id', :bob, 'tenant_id', :shop)));

create function pg_temp.copy(variadic arguments text[]) returns setof text language plpgsql as $$
begin
    return query execute format('select line from string_to_table(rtrim(convert_from(telemetry.user_data(%s), ''UTF8''), E''\n''), E''\n'') line', array_to_string(arguments, ', '));
end
$$;
create function pg_temp.shown(line text) returns text language sql as $$
    select regexp_replace(regexp_replace(line, '"(ingest_id|sha256|rejection_id|rejected_at)": ?("[^"]*"|\d+)', '"\1":"..."', 'g'), '"columns":.*\}$', '"columns":...')
$$;

-- In order of arrival, with NULLs left out and numbers as they were written. The first line says what it means.
select pg_temp.shown(l) from pg_temp.copy(format('%L, tenant => %L', :ann, :shop)) l;
-- What each column means is said, too: every one that a line may have.
select string_agg(key, ' ' order by key) as event_columns from pg_temp.copy(quote_literal(:ann)) with ordinality l (l, n), jsonb_object_keys(l::jsonb #> '{columns,event}') key where n = 1;
-- Without a tenant: of every one that the caller may see.
select l::jsonb ->> 'line' as line, l::jsonb ->> 'tenant_id' as tenant_id, l::jsonb ->> 'event_name' as event_name from pg_temp.copy(quote_literal(:ann)) l;
-- A part, by the time of the events; the parts together are the whole.
select count(*) filter (where l ~ '^{"line":"event"') as events from pg_temp.copy(format('%L, since => ''2026-03-02 00:00Z'', until => ''2026-03-04 00:00Z''', :ann)) l;
-- The last line proves those before it.
select encode(sha256(convert_to(substr(text, 1, strpos(text, '{"line":"end"') - 1), 'UTF8')), 'hex') = substring(text from '"sha256":"([0-9a-f]*)"}\n$') as is_whole
  from (select convert_from(telemetry.user_data(:ann), 'UTF8') as text) t;
-- The same log gives the same bytes, whatever the session's settings are.
select telemetry.user_data(:ann)::bytea as before \gset
set local time zone 'Asia/Kolkata'; set local datestyle = 'German'; set local extra_float_digits = -5;
select telemetry.user_data(:ann)::bytea = :'before' as is_the_same;
set local time zone 'UTC'; set local datestyle = 'ISO'; set local extra_float_digits = 1;
-- Of nobody there is nothing to tell.
select l::jsonb ->> 'line' as line, l::jsonb -> 'events' as events from pg_temp.copy(quote_literal(telemetry.as_id('nobody'))) l;

-- It is a download.
select header from jsonb_array_elements(current_setting('response.headers')::jsonb) header;

-- Ann asks for her own copy: without an argument. She gets her rejection, though she may not read that table.
select set_config('request.jwt.claims', '{"role": "authenticated", "sub": "00000000-0000-4000-8000-0000000000a1", "app_metadata": {"tenant_id": "00000000-0000-4000-8000-00000000000a"}}', true) is not null as request_of_ann;
set local role copy_member;
select count(*) from telemetry.rejections;
select l::jsonb ->> 'line' as line, l::jsonb ->> 'event_name' as event_name from pg_temp.copy('') l;
-- Bob's copy is empty for her, and so is her own in another tenant.
select l::jsonb ->> 'line' as line, l::jsonb -> 'events' as events, l::jsonb -> 'rejections' as rejections from pg_temp.copy(quote_literal(:bob)) l;
select l::jsonb ->> 'line' as line, l::jsonb -> 'events' as events, l::jsonb -> 'rejections' as rejections from pg_temp.copy(format('%L, tenant => %L', :ann, :cafe)) l;
-- An analyst gets the copy of anybody of its tenant, and nothing of another one.
reset role; set local role copy_analyst;
select l::jsonb ->> 'line' as line, l::jsonb ->> 'event_name' as event_name from pg_temp.copy(quote_literal(:bob)) l;
select count(*) as lines from pg_temp.copy(format('%L, tenant => %L', :ann, :cafe)) l;
-- An auditor gets everybody's.
reset role; set local role copy_auditor;
select count(*) filter (where l ~ '^{"line":"event"') as events from pg_temp.copy(quote_literal(:ann)) l;
reset role;
select set_config('request.jwt.claims', '', true) = '' as no_request;

-- Bad input.
select telemetry.user_data();
select telemetry.user_data(:ann, since => '2026-03-02', until => '2026-03-02');
select telemetry.user_data(:ann, since => '-infinity');
rollback;
