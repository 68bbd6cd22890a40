-- Every function of the API, called with arguments that mean something: for the books that attack all of them. Makes the
-- schema `attack` and 400 events of the learning of ten users.
create schema attack;
select telemetry.register_event(e, '{"payload_limit": 100000}') = 1 as registered from unnest('{seen,asked,answered}'::text[]) e;
select telemetry.import_events(jsonb_agg(jsonb_build_object(
           'event_id', md5('event' || n)::uuid, 'event_name', ('{seen,asked,answered}'::text[])[1 + n % 3],
           'event_ts', timestamptz '2024-01-01 00:00Z' + n * interval '3 hours 7 minutes',
           'user_id', md5('user' || n % 10)::uuid, 'session_id', md5('session' || n / 7)::uuid, 'subject_id', md5('subject' || n % 5)::uuid,
           'seq', n, 'payload', jsonb_build_object('n', n % 13, 'k', 'v' || n % 4, 'experiment', 'e1', 'variant', ('{a,b}'::text[])[1 + n % 10 / 5])) order by n)) as imported
  from generate_series(1, 400) n;
select telemetry.register_kpi('asked_daily', '{"kind": "event_volume", "parameters": {"events": ["asked"]}}') as registered;
select telemetry.register_dashboard('board', '{asked_daily}') as registered;
select telemetry.register_kpi('spare', '{"kind": "event_volume"}') as registered;
select telemetry.register_cohort('askers', '{"event": "asked"}') as registered;
select telemetry.register_retention_class('spare_class', '30 days');
select telemetry.register_alert(a, '{"kpi": "asked_daily", "grain": "day", "fires": "below", "threshold": 1}') as registered from unnest('{watched,spare_alert}'::text[]) a;
insert into telemetry.alert_states (fingerprint, alert, tenant_id, status, since) values (md5('fingerprint')::uuid, 'watched', '00000000-0000-0000-0000-000000000000', 'firing', '2024-02-01 00:00Z');
insert into telemetry.alert_transitions (at, recorded_at, fingerprint, alert, tenant_id, from_status, to_status, cause, severity)
values ('2024-02-01 00:00Z', '2024-02-01 00:00Z', md5('fingerprint')::uuid, 'watched', '00000000-0000-0000-0000-000000000000', 'quiet', 'firing', 'threshold', 'sev2');
insert into telemetry.silences (silence_id, alert, since, until) values (md5('silence')::uuid, 'watched', '2024-02-01 00:00Z', now() + interval '90 days');
select telemetry.install_pack('learning') > 0 as installed;
select telemetry.register_destination('crm', '{"kind": "webhook", "url": "https://example.com", "sends": "messages"}') as crm, telemetry.register_destination('shop', '{"kind": "webhook", "url": "https://example.com"}') as shop;
select telemetry.register_export('lake', '{"events": ["asked"]}') as lake, telemetry.register_export('pond', '{}') as pond, (select count(*) from telemetry.claim_export('pond', 'courier 1')) as claimed;
create table attack.things (id uuid, run_id uuid, created_at timestamptz, started_at timestamptz, last_click_at timestamptz, status text, clicks integer, error_count integer,
                            scanned_count integer, inserted_count integer, updated_count integer, correct_index integer);
insert into attack.things select md5('subject' || n)::uuid, md5('subject' || n)::uuid, t, t, t, 'open', n, n, n, n, n, 1 from generate_series(0, 4) n, lateral (select timestamptz '2024-01-02 00:00Z' + n * interval '1 day' as t) at;
select telemetry.register_actor_names('attack.things', 'id', 'status') as registered;
-- The log is sealed, so that there is something to prove.
set telemetry.seals = on;
set telemetry_private.derives = on;
select from telemetry_private.next_range('timeline', 1);
reset telemetry_private.derives;
select telemetry_private.seal_unit(1000000) >= 400 as sealed;
reset telemetry.seals;
create function attack.owns(user_id uuid, session_id uuid, subject_id uuid, tenant_id uuid) returns boolean language sql as 'select true';

-- What an argument is given, by its name and where it matters its type or function; null: its default.
create table attack.meaning (argument text, literal text, type text, function text);
insert into attack.meaning (argument, literal) values
    ('since', '2024-01-01 00:00Z'), ('until', '2024-03-01 00:00Z'), ('tz', 'Europe/Paris'), ('grain', 'week'),
    ('log', 'events'), ('old_size', '0'), ('anchor', 'seen'), ('base', 'seen'), ('opened', 'asked'), ('closed', 'answered'), ('opened_events', '{asked}'), ('closed_events', '{answered}'), ('correlation_id', 'v1'), ('questions', '20'), ('fewest_answers', '10'), ('numerator', 'asked'), ('denominator', 'seen'),
    ('error_events', '{answered}'), ('all_events', '{seen,answered}'), ('event_name', 'asked'), ('experiment', 'e1'),
    ('exposure_event', 'seen'), ('experiment_key', 'experiment'), ('variant_key', 'variant'), ('control', 'a'), ('metric_event', 'asked'),
    ('fractions', '{0.5,0.9}'), ('feature_event', 'asked'), ('next_event', 'asked'), ('show', 'both'), ('count_as', 'at_most'), ('id', 'user-1'), ('kept', '125'),
    ('daily_budget', '100'), ('kpi', 'event_volume'), ('parts', '{}'), ('numbers', '{1,5,2,6,3,7,4,8,5,9}'), ('payload', '{"n": 3, "k": "v1"}'), ('payload_key', 'n'),
    ('times', '{2024-01-01Z,2024-01-02Z,2024-01-03Z,2024-01-04Z,2024-01-05Z,2024-01-06Z,2024-01-07Z,2024-01-08Z,2024-01-09Z,2024-01-10Z}'),
    ('return_event', 'asked'), ('start_event', 'seen'), ('end_event', 'asked'), ('sequence', '{seen,asked}'), ('steps', '["seen", "asked", "answered"]'),
    ('within', '7 days'), ('table_name', 'attack.things'), ('progress_table_name', 'attack.things'), ('variants', '{a,b}'), ('breakdown', 'k'), ('match', '{k}'), ('count', 'entries'),
    ('filter', '{"experiment": "e1"}'), ('exclude_event', 'answered'), ('recovery_event', 'answered'), ('recovery_from', 'asked'),
    ('attributes', '{"description": "attacked"}'), ('definition', '{"kind": "event_volume", "parameters": {}}'), ('kpis', '{asked_daily}'),
    ('events', '[{"event_name": "asked", "payload": {"n": 1}}]'), ('policy', '{"keys": {"seat": "drop"}}'), ('pack', 'learning'), ('access_level', 'writer'), ('baseline', '0.2'), ('minimum_effect', '0.1'), ('control_actors', '3000'), ('treatment_actors', '3000'), ('at', '2024-02-01 00:00Z'), ('width', '14 days'), ('reaches', '100'),
    ('alias', 'what'), ('language', 'typescript'), ('datasource_uid', 'pg'), ('check_name', 'owns'), ('function_name', 'attack.owns'), ('argument', 'event_name'), ('role', 'reader'), ('pattern', '(?1)(?2)'), ('cohort', 'askers'), ('worker', 'courier 1'), ('ticket', 'crm:0:1:1'), ('destination', 'crm'), ('body', '{"n": 1}'), ('number', '1'), ('export', 'nothing'), ('files', '[{"part": 1, "path": "1.csv", "rows": 1, "bytes": 1, "sha256": "00", "first_id": 1, "last_id": 1, "min_event_ts": "2024-01-01Z", "max_event_ts": "2024-01-01Z"}]'), ('results', '[{"ticket": "crm:0:1:1", "status_code": 200}]');
insert into attack.meaning (argument, literal) values ('alert', 'watched'), ('fingerprint', md5('fingerprint')), ('silence_id', md5('silence')), ('as_of', '2024-02-01 00:00Z');
insert into attack.meaning (argument, literal, type, function) values
    ('until', 'tomorrow', null, 'silence_alert'), ('since', 'today', null, 'silence_alert'), ('name', 'more', null, 'register_alert'), ('name', 'spare_alert', null, 'drop_alert'), ('breakdown_value', 'v1', null, 'silence_alert'),
    ('definition', '{"kpi": "asked_daily", "grain": "day", "fires": "below", "threshold": 5}', null, 'register_alert'), ('definition', '{"kpi": "asked_daily", "within": "1 day", "every": "6 hours", "fires": "below", "threshold": 45}', null, 'backtest_alert'),
    ('actor', md5('user1')::uuid::text, 'uuid', null), ('actor_id', md5('subject1')::uuid::text, null, null), ('actors', array[md5('subject1')::uuid]::text, null, null), ('value', '0.42', null, 'shown'), ('unit', 'ratio', null, 'shown'),
    ('relation', 'attack.things', null, null), ('id_column', 'id', null, null), ('name_column', 'status', null, null), ('first_event', 'seen', 'text', null), ('target', 'asked', 'text', null), ('target', '100', 'double precision', null),
    ('name', 'board', null, 'show'), ('name', 'board', null, 'grafana_dashboard'), ('width', '100', 'integer', null),
    ('events', null, 'text[]', null), ('session', md5('session3')::uuid::text, null, null), ('student', md5('user1')::uuid::text, null, null), ('name', 'board', null, 'dashboard'), ('name', 'asked_daily', null, 'kpi'), ('name', 'asked_daily', null, 'kpi_details'), ('name', 'asked_daily', null, 'forecast_kpi'), ('name', 'asked_daily', null, 'compare_periods'), ('name', 'learning', null, 'install_pack'),
    ('name', 'learning', null, 'uninstall_pack'), ('name', 'more', null, 'register_kpi'), ('name', 'more', null, 'register_dashboard'), ('name', 'board', null, 'drop_dashboard'),
    ('name', 'spare', null, 'drop_kpi'), ('exclude', '{answered}', 'text[]', null), ('exclude', '["answered"]', 'text', null), ('event_name', null, null, 'set_redaction'),
    ('events', '{seen,asked,answered}', null, 'paths'), ('events', '{seen,asked,answered}', null, 'paths_actors'), ('grain', 'day', null, 'forecast_of'), ('grain', 'day', null, 'anomalies_of'),
    ('events', '[{"event_name": "asked", "event_ts": "2024-01-01T00:00:00Z", "payload": {"n": 1}}]', null, 'import_events'), ('target_schema', 'attack', null, null),
    ('base', 'first_match', null, 'next_events'), ('base', 'first_match', null, 'next_events_actors'), ('filter', null, null, 'session_timeline'), ('direction', 'forward', null, null), ('base', 'head', null, 'sequence_next_node_of'),
    ('event_name', 'asked', null, 'deprecate_event'), ('event_name', 'told', null, 'register_event'), ('filter', '{"reason": "unknown_event"}', null, 'replay_rejections'),
    ('user_id', md5('nobody'), null, 'erase_user'), ('user_id', md5('nobody'), null, 'anonymize_user'), ('user_id', md5('nobody'), null, 'was_erased'), ('tenant', md5('nobody'), null, 'erase_tenant'), ('event_ids', '{00000000-0000-4000-8000-000000000001}', null, null), ('keys', '{nothing}', null, 'scrub_payload'), ('hold_name', 'case_1', null, null), ('receipts', '[]', null, null),
    ('user_id', md5('user1'), null, 'user_data'), ('tenant', '00000000-0000-0000-0000-000000000000', null, 'tenant_data'), ('most', '5', null, 'tenant_data'), ('until_id', '1000000000', null, 'tenant_data'), ('name', 'old', null, 'import_export'), ('number', '1', null, 'import_export'),
    ('rows', '{"event_ts": "2024-01-01T00:00:00Z", "event_id": "00000000-0000-4000-8000-000000000001", "tenant_id": "00000000-0000-0000-0000-000000000000", "event_name": "asked", "payload": {"n": 1}}', null, 'import_export'),
    ('mapping', '{"event_id": "id", "event_ts": "created_at", "event_name": {"value": "asked"}}', null, null), ('most', '5', null, 'import_table_part'), ('since', null, null, 'import_table_part'), ('until', null, null, 'import_table_part'),
    ('on', '{insert}', null, null), ('when', 'new.clicks > 0', null, null), ('is_strict', 'false', null, null), ('payload', '["clicks"]', null, 'track_table'), ('user_id', 'id', null, 'track_table'), ('session_id', 'run_id', null, 'track_table'),
    ('subject_id', 'id', null, 'track_table'), ('tenant_id', null, null, 'track_table'), ('source', null, null, 'track_table'),
    ('name', 'board', null, 'dashboard_page'), ('name', 'asked_daily', null, 'kpi_chart'),
    -- Of a tenant: of the whole installation sizes and lags are told, which change by themselves.
    ('tenant', '00000000-0000-0000-0000-000000000000', null, 'metric_samples'), ('tenant', '00000000-0000-0000-0000-000000000000', null, 'metrics'),
    ('name', 'more', null, 'register_retention_class'), ('keep', '90 days', null, null), ('name', 'spare_class', null, 'drop_retention_class'), ('definition', '{"event": "asked"}', null, 'register_cohort'), ('definition', '{"kind": "webhook", "url": "https://example.com"}', null, 'register_destination'), ('name', 'more', null, 'register_destination'),
    ('definition', '{"format": "csv"}', null, 'register_export'), ('name', 'more', null, 'register_export'), ('name', 'lake', null, 'drop_export'), ('name', 'lake', null, 'claim_export'), ('name', 'lake', null, 'commit_export'), ('name', 'pond', null, 'export_rows'), ('name', 'pond', null, 'export_manifest'), ('name', 'pond', null, 'verify_export'), ('event_id', md5('event1')::uuid::text, null, 'inclusion_proof'),
    ('destination', 'shop', null, 'replay_deliveries'), ('name', 'crm', null, 'drop_destination'), ('name', 'crm', null, 'pause_destination'), ('name', 'crm', null, 'resume_destination'), ('name', 'crm', null, 'test_destination'), ('tenant_id', '00000000-0000-4000-8000-0000000000aa', null, 'set_tenant');

create function attack.literal(function text, argument text, type text) returns text language sql stable as $$
    select m.literal from attack.meaning m
     where m.argument = literal.argument and coalesce(m.type, literal.type) = literal.type and coalesce(m.function, literal.function) = literal.function
     order by m.function is not null desc, m.type is not null desc limit 1
$$;

-- The call of a function; `place`: the argument that is `given` instead.
create function attack.call(function oid, place integer default null, given text default null) returns text language sql stable as $$
    select format('telemetry.%I(%s)', p.proname, string_agg(
               format('%L::%s', case when n = place then given else attack.literal(p.proname, p.proargnames[n], format_type(t, null)) end, 'pg_catalog.' || quote_ident(y.typname)), ', ' order by n) filter (where n is not null))
      from pg_proc p left join unnest(p.proargtypes) with ordinality a (t, n) on true left join pg_type y on y.oid = a.t where p.oid = call.function group by p.proname
$$;

create view attack.functions as
    select p.oid, p.proname, p.provolatile from pg_proc p
     where p.pronamespace = 'telemetry'::regnamespace and p.prokind = 'f' and p.proname not in ('init', 'tick_unit', 'expire_unit', 'may_commit', 'schedule_tick', 'log_table_changes');

-- What a call answers, or its SQLSTATE and message; nothing of what it did stays. Itself proof against any search_path.
create function attack.answer(call text, out code text, out answer text) language plpgsql as $$
begin
    begin
        execute pg_catalog.concat('select pg_catalog.array_agg(pg_catalog.to_jsonb(q)) from ', call, ' q') into answer;
        raise sqlstate 'UNDO0';
    exception
        when sqlstate 'UNDO0' then code := '00000';
        when others then get stacked diagnostics code = returned_sqlstate, answer = message_text;
    end;
end $$;
