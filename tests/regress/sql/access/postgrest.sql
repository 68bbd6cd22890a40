-- PostgREST's own statements, as versions 12 and 16 send them, with callers that take turns on one connection: the pool
-- prepares a statement for one role and runs it as the next. Each caller sees its own tenant and writes for itself.
-- A database of its own, because requests commit. Needs no PostgREST; tests/e2e asks a real one.
\set SHOW_CONTEXT never
set client_min_messages = warning;
select current_database() as home \gset
create database postgrest_replay;
\c postgrest_replay
set datestyle = iso;
set time zone 'UTC';
create extension telemetry;
create role replay_anon nologin noinherit;
create role replay_authenticated nologin noinherit;
create role replay_service nologin noinherit bypassrls;
create role replay_authenticator login noinherit;
grant replay_anon, replay_authenticated, replay_service to replay_authenticator;
select telemetry.grant_access('replay_anon', 'writer'), telemetry.grant_access('replay_authenticated', 'writer'),
       telemetry.grant_access('replay_authenticated', 'analyst'), telemetry.grant_access('replay_service', 'admin') \g /dev/null
set telemetry.server_roles = 'replay_service';

-- Tenant A has three events, tenant B one; two of A's and B's are in the timeline, one of A's only in the log.
\set tenant_a '00000000-0000-4000-8000-00000000000a'
\set tenant_b '00000000-0000-4000-8000-00000000000b'
select telemetry.register_event('seen'), telemetry.register_event('logged') \g /dev/null
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'seen', 'tenant_id', tenant, 'user_id', tenant, 'event_ts', at)))
  from (values (:'tenant_a', '2025-03-03T08:00:00Z'), (:'tenant_a', '2025-03-04T08:00:00Z'), (:'tenant_b', '2025-03-04T09:00:00Z')) v (tenant, at);
call telemetry.tick();
select telemetry.import_events(jsonb_build_array(jsonb_build_object('event_name', 'seen', 'tenant_id', :'tenant_a', 'user_id', :'tenant_b', 'event_ts', '2025-03-05T08:00:00Z')));
\set claims_anon '{"role":"replay_anon"}'
\set claims_a '{"app_metadata":{"tenant_id":"00000000-0000-4000-8000-00000000000a"},"role":"replay_authenticated","sub":"00000000-0000-4000-8000-0000000000a1"}'
\set claims_b '{"app_metadata":{"tenant_id":"00000000-0000-4000-8000-00000000000b"},"role":"replay_authenticated","sub":"00000000-0000-4000-8000-0000000000b1"}'
\set claims_service '{"role":"replay_service"}'

-- What the pool prepares, in its first requests. Every request begins with the first.
set session authorization replay_authenticator;
prepare request (text, text) as
select set_config('search_path', '"telemetry", "public"', true), set_config('role', $1, true), set_config('request.jwt.claims', $2, true), set_config('request.method', 'POST', true), set_config('request.path', '/rpc/x', true), set_config('request.headers', '{"authorization":"Bearer x","content-profile":"telemetry"}', true), set_config('request.cookies', '{}', true);
begin isolation level read committed read write;
execute request('replay_service', :'claims_service') \g /dev/null
prepare log_event_v12 (json) as
WITH pgrst_source AS (SELECT pgrst_call.pgrst_scalar FROM (SELECT $1 AS json_data) pgrst_payload, LATERAL (SELECT CASE WHEN json_typeof(pgrst_payload.json_data) = 'array' THEN pgrst_payload.json_data ELSE json_build_array(pgrst_payload.json_data) END AS val) pgrst_uniform_json, LATERAL (SELECT "event_name", "payload", "event_id" FROM json_to_recordset(pgrst_uniform_json.val) AS _("event_name" text, "payload" jsonb, "event_id" uuid) LIMIT 1) pgrst_body , LATERAL (SELECT "telemetry"."log_event"("event_name" := pgrst_body."event_name", "payload" := pgrst_body."payload", "event_id" := pgrst_body."event_id") pgrst_scalar) pgrst_call) SELECT null::bigint AS total_result_set, 1 AS page_total, coalesce(json_agg(_postgrest_t.pgrst_scalar)->0, 'null') AS body, nullif(current_setting('response.headers', true), '') AS response_headers, nullif(current_setting('response.status', true), '') AS response_status, '' AS response_inserted FROM (SELECT "log_event".* FROM "pgrst_source" AS "log_event"     ) _postgrest_t;
prepare log_events_v12 (json) as
WITH pgrst_source AS (SELECT "pgrst_call".* FROM (SELECT $1 AS json_data) pgrst_payload, LATERAL (SELECT CASE WHEN json_typeof(pgrst_payload.json_data) = 'array' THEN pgrst_payload.json_data ELSE json_build_array(pgrst_payload.json_data) END AS val) pgrst_uniform_json, LATERAL (SELECT "events" FROM json_to_recordset(pgrst_uniform_json.val) AS _("events" jsonb) LIMIT 1) pgrst_body , LATERAL "telemetry"."log_events"("events" := pgrst_body."events") pgrst_call) SELECT null::bigint AS total_result_set, 1 AS page_total, coalesce(json_agg(_postgrest_t)->0, 'null') AS body, nullif(current_setting('response.headers', true), '') AS response_headers, nullif(current_setting('response.status', true), '') AS response_status, '' AS response_inserted FROM (SELECT "batch_outcome".* FROM "pgrst_source" AS "batch_outcome"     ) _postgrest_t;
prepare event_volume_v12 (json, bigint, bigint, bigint, bigint) as
WITH pgrst_source AS (SELECT "pgrst_call".* FROM (SELECT $1 AS json_data) pgrst_payload, LATERAL (SELECT CASE WHEN json_typeof(pgrst_payload.json_data) = 'array' THEN pgrst_payload.json_data ELSE json_build_array(pgrst_payload.json_data) END AS val) pgrst_uniform_json, LATERAL (SELECT "since", "until", "grain" FROM json_to_recordset(pgrst_uniform_json.val) AS _("since" timestamp with time zone, "until" timestamp with time zone, "grain" text) LIMIT 1) pgrst_body , LATERAL "telemetry"."event_volume"("since" := pgrst_body."since", "until" := pgrst_body."until", "grain" := pgrst_body."grain") pgrst_call) , pgrst_source_count AS (SELECT 1 FROM "pgrst_source" AS "record" WHERE  "record"."events" > $2)SELECT (SELECT pg_catalog.count(*) FROM pgrst_source_count) AS total_result_set, pg_catalog.count(_postgrest_t) AS page_total, coalesce(json_agg(_postgrest_t), '[]') AS body, nullif(current_setting('response.headers', true), '') AS response_headers, nullif(current_setting('response.status', true), '') AS response_status, '' AS response_inserted FROM (SELECT "record".* FROM "pgrst_source" AS "record"  WHERE  "record"."events" > $3  ORDER BY "record"."events" DESC  LIMIT $4 OFFSET $5) _postgrest_t;

prepare log_event_v16 (json) as
WITH pgrst_source AS (SELECT pgrst_call.pgrst_scalar FROM (SELECT $1 AS json_data) pgrst_payload, LATERAL (SELECT "event_name", "payload", "event_id" FROM json_to_record(pgrst_payload.json_data) AS _("event_name" text, "payload" jsonb, "event_id" uuid) LIMIT 1) pgrst_body , LATERAL (SELECT "telemetry"."log_event"("event_name" := pgrst_body."event_name", "payload" := pgrst_body."payload", "event_id" := pgrst_body."event_id") pgrst_scalar) pgrst_call) SELECT null::bigint AS total_result_set, 1 AS page_total, coalesce(json_agg(_postgrest_t.pgrst_scalar)->0, 'null') AS body, nullif(current_setting('response.headers', true), '') AS response_headers, nullif(current_setting('response.status', true), '') AS response_status, '' AS response_inserted FROM (SELECT "log_event".* FROM "pgrst_source" AS "log_event"     ) _postgrest_t;
prepare log_events_v16 (json) as
WITH pgrst_source AS (SELECT "pgrst_call".* FROM (SELECT $1 AS json_data) pgrst_payload, LATERAL (SELECT "events" FROM json_to_record(pgrst_payload.json_data) AS _("events" jsonb) LIMIT 1) pgrst_body , LATERAL "telemetry"."log_events"("events" := pgrst_body."events") pgrst_call) SELECT null::bigint AS total_result_set, 1 AS page_total, coalesce(json_agg(_postgrest_t)->0, 'null') AS body, nullif(current_setting('response.headers', true), '') AS response_headers, nullif(current_setting('response.status', true), '') AS response_status, '' AS response_inserted FROM (SELECT "batch_outcome".* FROM "pgrst_source" AS "batch_outcome"     ) _postgrest_t;
prepare event_volume_v16 (json, bigint, bigint, bigint, bigint) as
WITH pgrst_source AS (SELECT "pgrst_call".* FROM (SELECT $1 AS json_data) pgrst_payload, LATERAL (SELECT "since", "until", "grain" FROM json_to_record(pgrst_payload.json_data) AS _("since" timestamp with time zone, "until" timestamp with time zone, "grain" text) LIMIT 1) pgrst_body , LATERAL "telemetry"."event_volume"("since" := pgrst_body."since", "until" := pgrst_body."until", "grain" := pgrst_body."grain") pgrst_call) , pgrst_source_count AS (SELECT 1 FROM "pgrst_source" AS "record" WHERE  "record"."events" > $2)SELECT (SELECT pg_catalog.count(*) FROM pgrst_source_count) AS total_result_set, pg_catalog.count(_postgrest_t) AS page_total, coalesce(json_agg(_postgrest_t), '[]') AS body, nullif(current_setting('response.headers', true), '') AS response_headers, nullif(current_setting('response.status', true), '') AS response_status, '' AS response_inserted FROM (SELECT "record".* FROM "pgrst_source" AS "record"  WHERE  "record"."events" > $3  ORDER BY "record"."events" DESC  LIMIT $4 OFFSET $5) _postgrest_t;

-- A GET of version 13 and later gives the arguments as they are.
prepare active_users_get (timestamptz, timestamptz, text, text[]) as
WITH pgrst_source AS (SELECT "pgrst_call".* FROM "telemetry"."active_users"("since" := $1::timestamp with time zone, "until" := $2::timestamp with time zone, "grain" := $3::text, "events" := $4::text[]) pgrst_call) SELECT null::bigint AS total_result_set, pg_catalog.count(_postgrest_t) AS page_total, coalesce(json_agg(_postgrest_t), '[]') AS body, nullif(current_setting('response.headers', true), '') AS response_headers, nullif(current_setting('response.status', true), '') AS response_status, '' AS response_inserted FROM (SELECT "record".* FROM "pgrst_source" AS "record"     ) _postgrest_t;
prepare current_tenant_get as
WITH pgrst_source AS (SELECT pgrst_call.pgrst_scalar FROM (SELECT "telemetry"."current_tenant"() pgrst_scalar) pgrst_call) SELECT null::bigint AS total_result_set, 1 AS page_total, coalesce(json_agg(_postgrest_t.pgrst_scalar)->0, 'null') AS body, nullif(current_setting('response.headers', true), '') AS response_headers, nullif(current_setting('response.status', true), '') AS response_status, '' AS response_inserted FROM (SELECT "current_tenant".* FROM "pgrst_source" AS "current_tenant"     ) _postgrest_t;
prepare events_get (text, bigint, bigint) as
WITH pgrst_source AS ( SELECT "telemetry"."events"."tenant_id", "telemetry"."events"."payload" FROM "telemetry"."events"  WHERE  "telemetry"."events"."event_name" = $1  ORDER BY "telemetry"."events"."ingest_id" LIMIT $2 OFFSET $3 )  SELECT null::bigint AS total_result_set, pg_catalog.count(_postgrest_t) AS page_total, coalesce(json_agg(_postgrest_t), '[]') AS body, nullif(current_setting('response.headers', true), '') AS response_headers, nullif(current_setting('response.status', true), '') AS response_status, '' AS response_inserted FROM ( SELECT * FROM pgrst_source ) _postgrest_t;
prepare null_arguments (json) as
WITH pgrst_source AS (SELECT "pgrst_call".* FROM (SELECT $1 AS json_data) pgrst_payload, LATERAL (SELECT "since", "until", "grain", "events", "tz", "tenant", "filter" FROM json_to_record(pgrst_payload.json_data) AS _("since" timestamp with time zone, "until" timestamp with time zone, "grain" text, "events" text[], "tz" text, "tenant" uuid, "filter" jsonb) LIMIT 1) pgrst_body , LATERAL "telemetry"."event_volume"("since" := pgrst_body."since", "until" := pgrst_body."until", "grain" := pgrst_body."grain", "events" := pgrst_body."events", "tz" := pgrst_body."tz", "tenant" := pgrst_body."tenant", "filter" := pgrst_body."filter") pgrst_call) SELECT null::bigint AS total_result_set, pg_catalog.count(_postgrest_t) AS page_total, coalesce(json_agg(_postgrest_t), '[]') AS body, nullif(current_setting('response.headers', true), '') AS response_headers, nullif(current_setting('response.status', true), '') AS response_status, '' AS response_inserted FROM (SELECT "record".* FROM "pgrst_source" AS "record"     ) _postgrest_t;
commit;
\pset format unaligned
\pset tuples_only on

-- Each in turn: writing, all four; reading, those who may.
begin isolation level read committed read write;
execute request('replay_anon', :'claims_anon') \g /dev/null
execute log_event_v12('{"event_name":"logged","payload":{"by":"anon"},"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000001"}');
execute log_event_v16('{"event_name":"logged","payload":{"by":"anon"},"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000002"}');
execute log_events_v12('{"events":[{"event_name":"logged","payload":{"by":"anon"}},{"event_name":"nowhere"}]}');
execute log_events_v16('{"events":[{"event_name":"logged","payload":{"by":"anon"}},{"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000002","event_name":"logged","payload":{"by":"anon"}}]}');
commit;
begin isolation level read committed read write;
execute request('replay_authenticated', :'claims_a') \g /dev/null
execute log_event_v12('{"event_name":"logged","payload":{"by":"a"},"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000004"}');
execute log_event_v16('{"event_name":"logged","payload":{"by":"a"},"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000005"}');
execute log_events_v12('{"events":[{"event_name":"logged","payload":{"by":"a"}},{"event_name":"nowhere"}]}');
execute log_events_v16('{"events":[{"event_name":"logged","payload":{"by":"a"}},{"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000005","event_name":"logged","payload":{"by":"a"}}]}');
commit;
begin isolation level read committed read write;
execute request('replay_authenticated', :'claims_b') \g /dev/null
execute log_event_v12('{"event_name":"logged","payload":{"by":"b"},"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000007"}');
execute log_event_v16('{"event_name":"logged","payload":{"by":"b"},"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000008"}');
execute log_events_v12('{"events":[{"event_name":"logged","payload":{"by":"b"}},{"event_name":"nowhere"}]}');
execute log_events_v16('{"events":[{"event_name":"logged","payload":{"by":"b"}},{"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000008","event_name":"logged","payload":{"by":"b"}}]}');
commit;
begin isolation level read committed read write;
execute request('replay_service', :'claims_service') \g /dev/null
execute log_event_v12('{"event_name":"logged","payload":{"by":"service"},"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000010"}');
execute log_event_v16('{"event_name":"logged","payload":{"by":"service"},"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000011"}');
execute log_events_v12('{"events":[{"event_name":"logged","payload":{"by":"service"}},{"event_name":"nowhere"}]}');
execute log_events_v16('{"events":[{"event_name":"logged","payload":{"by":"service"}},{"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000011","event_name":"logged","payload":{"by":"service"}}]}');
commit;
begin isolation level read committed read only;
execute request('replay_authenticated', :'claims_a') \g /dev/null
execute event_volume_v12('{"since":"2025-03-03","until":"2025-03-06","grain":"month"}', 0, 0, 10, 0);
execute event_volume_v16('{"since":"2025-03-03","until":"2025-03-06","grain":"month"}', 0, 0, 10, 0);
execute active_users_get('2025-03-03', '2025-03-06', 'month', '{seen}');
execute events_get('seen', 10, 0);
execute current_tenant_get;
commit;
begin isolation level read committed read only;
execute request('replay_authenticated', :'claims_b') \g /dev/null
execute event_volume_v12('{"since":"2025-03-03","until":"2025-03-06","grain":"month"}', 0, 0, 10, 0);
execute event_volume_v16('{"since":"2025-03-03","until":"2025-03-06","grain":"month"}', 0, 0, 10, 0);
execute active_users_get('2025-03-03', '2025-03-06', 'month', '{seen}');
execute events_get('seen', 10, 0);
execute current_tenant_get;
commit;
begin isolation level read committed read only;
execute request('replay_service', :'claims_service') \g /dev/null
execute event_volume_v12('{"since":"2025-03-03","until":"2025-03-06","grain":"month"}', 0, 0, 10, 0);
execute event_volume_v16('{"since":"2025-03-03","until":"2025-03-06","grain":"month"}', 0, 0, 10, 0);
execute active_users_get('2025-03-03', '2025-03-06', 'month', '{seen}');
execute events_get('seen', 10, 0);
execute current_tenant_get;
commit;
begin isolation level read committed read only;
execute request('replay_authenticated', :'claims_b') \g /dev/null
execute event_volume_v12('{"since":"2025-03-03","until":"2025-03-06","grain":"month"}', 0, 0, 10, 0);
execute event_volume_v16('{"since":"2025-03-03","until":"2025-03-06","grain":"month"}', 0, 0, 10, 0);
execute active_users_get('2025-03-03', '2025-03-06', 'month', '{seen}');
execute events_get('seen', 10, 0);
execute current_tenant_get;
commit;
begin isolation level read committed read only;
execute request('replay_authenticated', :'claims_a') \g /dev/null
execute event_volume_v12('{"since":"2025-03-03","until":"2025-03-06","grain":"month"}', 0, 0, 10, 0);
execute event_volume_v16('{"since":"2025-03-03","until":"2025-03-06","grain":"month"}', 0, 0, 10, 0);
execute active_users_get('2025-03-03', '2025-03-06', 'month', '{seen}');
execute events_get('seen', 10, 0);
execute current_tenant_get;
commit;
-- anon runs what the others prepared, and gets nothing.
begin isolation level read committed read only;
execute request('replay_anon', :'claims_anon') \g /dev/null
execute event_volume_v12('{"since":"2025-03-03","until":"2025-03-06","grain":"month"}', 0, 0, 10, 0);
rollback;
begin isolation level read committed read only;
execute request('replay_anon', :'claims_anon') \g /dev/null
execute events_get('seen', 10, 0);
rollback;

-- The same with plans that know neither arguments nor roles.
set plan_cache_mode = force_generic_plan;
begin isolation level read committed read write;
execute request('replay_service', :'claims_service') \g /dev/null
execute log_event_v12('{"event_name":"logged","payload":{"by":"service"},"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000013"}');
execute log_event_v16('{"event_name":"logged","payload":{"by":"service"},"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000014"}');
execute log_events_v12('{"events":[{"event_name":"logged","payload":{"by":"service"}},{"event_name":"nowhere"}]}');
execute log_events_v16('{"events":[{"event_name":"logged","payload":{"by":"service"}},{"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000014","event_name":"logged","payload":{"by":"service"}}]}');
commit;
begin isolation level read committed read write;
execute request('replay_authenticated', :'claims_a') \g /dev/null
execute log_event_v12('{"event_name":"logged","payload":{"by":"a"},"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000016"}');
execute log_event_v16('{"event_name":"logged","payload":{"by":"a"},"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000017"}');
execute log_events_v12('{"events":[{"event_name":"logged","payload":{"by":"a"}},{"event_name":"nowhere"}]}');
execute log_events_v16('{"events":[{"event_name":"logged","payload":{"by":"a"}},{"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000017","event_name":"logged","payload":{"by":"a"}}]}');
commit;
begin isolation level read committed read write;
execute request('replay_anon', :'claims_anon') \g /dev/null
execute log_event_v12('{"event_name":"logged","payload":{"by":"anon"},"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000019"}');
execute log_event_v16('{"event_name":"logged","payload":{"by":"anon"},"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000020"}');
execute log_events_v12('{"events":[{"event_name":"logged","payload":{"by":"anon"}},{"event_name":"nowhere"}]}');
execute log_events_v16('{"events":[{"event_name":"logged","payload":{"by":"anon"}},{"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000020","event_name":"logged","payload":{"by":"anon"}}]}');
commit;
begin isolation level read committed read write;
execute request('replay_authenticated', :'claims_b') \g /dev/null
execute log_event_v12('{"event_name":"logged","payload":{"by":"b"},"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000022"}');
execute log_event_v16('{"event_name":"logged","payload":{"by":"b"},"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000023"}');
execute log_events_v12('{"events":[{"event_name":"logged","payload":{"by":"b"}},{"event_name":"nowhere"}]}');
execute log_events_v16('{"events":[{"event_name":"logged","payload":{"by":"b"}},{"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000023","event_name":"logged","payload":{"by":"b"}}]}');
commit;
begin isolation level read committed read only;
execute request('replay_authenticated', :'claims_b') \g /dev/null
execute event_volume_v12('{"since":"2025-03-03","until":"2025-03-06","grain":"month"}', 0, 0, 10, 0);
execute event_volume_v16('{"since":"2025-03-03","until":"2025-03-06","grain":"month"}', 0, 0, 10, 0);
execute active_users_get('2025-03-03', '2025-03-06', 'month', '{seen}');
execute events_get('seen', 10, 0);
execute current_tenant_get;
commit;
begin isolation level read committed read only;
execute request('replay_authenticated', :'claims_a') \g /dev/null
execute event_volume_v12('{"since":"2025-03-03","until":"2025-03-06","grain":"month"}', 0, 0, 10, 0);
execute event_volume_v16('{"since":"2025-03-03","until":"2025-03-06","grain":"month"}', 0, 0, 10, 0);
execute active_users_get('2025-03-03', '2025-03-06', 'month', '{seen}');
execute events_get('seen', 10, 0);
execute current_tenant_get;
commit;
begin isolation level read committed read only;
execute request('replay_service', :'claims_service') \g /dev/null
execute event_volume_v12('{"since":"2025-03-03","until":"2025-03-06","grain":"month"}', 0, 0, 10, 0);
execute event_volume_v16('{"since":"2025-03-03","until":"2025-03-06","grain":"month"}', 0, 0, 10, 0);
execute active_users_get('2025-03-03', '2025-03-06', 'month', '{seen}');
execute events_get('seen', 10, 0);
execute current_tenant_get;
commit;
begin isolation level read committed read only;
execute request('replay_authenticated', :'claims_a') \g /dev/null
execute event_volume_v12('{"since":"2025-03-03","until":"2025-03-06","grain":"month"}', 0, 0, 10, 0);
execute event_volume_v16('{"since":"2025-03-03","until":"2025-03-06","grain":"month"}', 0, 0, 10, 0);
execute active_users_get('2025-03-03', '2025-03-06', 'month', '{seen}');
execute events_get('seen', 10, 0);
execute current_tenant_get;
commit;
begin isolation level read committed read only;
execute request('replay_authenticated', :'claims_b') \g /dev/null
execute event_volume_v12('{"since":"2025-03-03","until":"2025-03-06","grain":"month"}', 0, 0, 10, 0);
execute event_volume_v16('{"since":"2025-03-03","until":"2025-03-06","grain":"month"}', 0, 0, 10, 0);
execute active_users_get('2025-03-03', '2025-03-06', 'month', '{seen}');
execute events_get('seen', 10, 0);
execute current_tenant_get;
commit;
begin isolation level read committed read only;
execute request('replay_anon', :'claims_anon') \g /dev/null
execute event_volume_v16('{"since":"2025-03-03","until":"2025-03-06","grain":"month"}', 0, 0, 10, 0);
rollback;
begin isolation level read committed read only;
execute request('replay_anon', :'claims_anon') \g /dev/null
execute events_get('seen', 10, 0);
rollback;
select name, generic_plans > 0 as is_generic from pg_prepared_statements where name <> 'request' order by name;

-- What PostgREST hands on: explicit nulls are arguments left out; an array given to log_event is its first element; a
-- request that is read only stores nothing; a forged tenant in the body is refused.
begin isolation level read committed read only;
execute request('replay_authenticated', :'claims_a') \g /dev/null
execute null_arguments('{"since":null,"until":null,"grain":null,"events":null,"tz":null,"tenant":null,"filter":null}') \g /dev/null
execute null_arguments('{"since":"2025-03-03","until":"2025-03-06","grain":"month","events":null,"tz":null,"tenant":null,"filter":null}');
execute null_arguments('{"since":"2025-03-03","until":"2025-03-06","grain":"month","tenant":"00000000-0000-4000-8000-00000000000b"}');
commit;
begin isolation level read committed read write;
execute request('replay_authenticated', :'claims_a') \g /dev/null
execute log_event_v12('[{"event_name":"logged","payload":{"by":"array"},"event_id":"3c7d2a52-6f3e-4f0e-9d55-000000000025"},{"event_name":"logged"}]');
commit;
begin isolation level read committed read only;
execute request('replay_authenticated', :'claims_a') \g /dev/null
execute log_event_v16('{"event_name":"logged"}');
rollback;
begin isolation level read committed read write;
execute request('replay_authenticated', :'claims_b') \g /dev/null
execute log_events_v16('{"events":[{"event_name":"logged","tenant_id":"00000000-0000-4000-8000-00000000000a"}]}');
commit;

-- Between requests the connection is nobody: no role, no claims, no tenant of the last caller.
select current_user, current_setting('role'), current_setting('request.jwt.claims') = '' as no_claims;
reset session authorization;
select telemetry.current_tenant();

-- What is in the log: everybody wrote for himself.
select tenant_id, user_id, payload ->> 'by' as by, count(*) from telemetry.events where event_name = 'logged' group by 1, 2, 3 order by 1, 2, 3;
select tenant_id, reason, count(*) from telemetry.rejections group by 1, 2 order by 1, 2;
\c :home
drop database postgrest_replay;
drop role replay_authenticator, replay_anon, replay_authenticated, replay_service;
