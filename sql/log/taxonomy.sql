-- The taxonomy says which events exist and what each must look like. Twin: src/log/taxonomy.rs, which compiles a
-- definition once per backend and is told of every change at commit.
--
-- A definition is never edited in place where that would change what logged events meant: update_event() adds a
-- version. Among the versions of an event, `active` ones are tried newest first for callers that name no version.

create function telemetry_private.init_taxonomy()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.event_types') is null then
        create table telemetry.event_types (
            event_name            text collate "C" not null,
            event_version         smallint not null default 1,
            status                text not null default 'active',
            pack                  text collate "C",
            domain                text,
            description           text,
            required_keys         text[] not null default '{}',
            properties            jsonb not null default '{}',
            additional_properties boolean not null default true,
            json_schema           jsonb,
            required_arguments    text[] not null default '{}',
            payload_limit         integer not null default 4096,
            enforcement           text,
            logged_by             text not null default 'client',
            sampling_rate         real not null default 1,
            daily_budget          integer,
            retention_class       text not null default 'kept',
            redaction             jsonb not null default '{}',
            promoted_properties   text[] not null default '{}',
            replaced_by           text,
            created_at            timestamptz not null default now(),
            updated_at            timestamptz not null default now(),
            primary key (event_name, event_version),
            constraint name_is_snake_or_upper_case check (event_name ~ '^([a-z][a-z0-9_]*|[A-Z][A-Z0-9_]*)$' and octet_length(event_name) <= 63),
            constraint version_is_positive check (event_version > 0),
            constraint status_is_known check (status in ('active', 'superseded', 'deprecated')),
            constraint properties_is_object check (jsonb_typeof(properties) = 'object'),
            constraint json_schema_is_object check (jsonb_typeof(json_schema) = 'object'),
            constraint redaction_is_object check (jsonb_typeof(redaction) = 'object'),
            constraint required_arguments_are_known check (required_arguments <@ '{payload,user_id,session_id,subject_id,tenant_id,source,client_ts,seq,event_version,event_id}'),
            constraint payload_limit_is_sane check (payload_limit between 2 and 1048576),
            constraint enforcement_is_known check (enforcement in ('reject', 'quarantine', 'warn', 'accept')),
            constraint logged_by_is_known check (logged_by in ('client', 'server')),
            constraint daily_budget_is_positive check (daily_budget > 0),
            constraint sampling_rate_is_probability check (sampling_rate > 0 and sampling_rate <= 1)
        );
        comment on table telemetry.event_types is 'The taxonomy: one row per event and version. register_event(), update_event() and deprecate_event() change it.';
        comment on column telemetry.event_types.event_name is 'The name of the event, which never changes: snake_case or UPPER_CASE, at most 63 bytes.';
        comment on column telemetry.event_types.event_version is 'The version of this definition, counted from 1.';
        comment on column telemetry.event_types.status is 'Whether the version is in use: a label of telemetry.event_status.';
        comment on column telemetry.event_types.pack is 'The pack that brought it; NULL: it was registered by hand.';
        comment on column telemetry.event_types.domain is 'The group in the catalog that the event belongs to.';
        comment on column telemetry.event_types.required_keys is 'The payload keys that must be there and not null.';
        comment on column telemetry.event_types.properties is 'An object: payload key to the JSON Schema of its value.';
        comment on column telemetry.event_types.additional_properties is 'Whether payload keys that properties does not name are allowed.';
        comment on column telemetry.event_types.json_schema is 'A JSON Schema (2020-12) of the whole payload, which is checked besides the rest.';
        comment on column telemetry.event_types.required_arguments is 'The arguments of log_event() that must not be NULL.';
        comment on column telemetry.event_types.payload_limit is 'The largest payload, in bytes of its jsonb value, uncompressed.';
        comment on column telemetry.event_types.enforcement is 'What happens to an event that breaks its rules: a label of telemetry.enforcement; NULL: what the setting telemetry.enforcement says.';
        comment on column telemetry.event_types.logged_by is 'Who may log the event: a label of telemetry.logged_by.';
        comment on column telemetry.event_types.sampling_rate is 'The probability with which an event is kept. It is decided by user, without a user by session, without either by event.';
        comment on column telemetry.event_types.daily_budget is 'How many events a day (UTC) and tenant are kept in full; beyond it each further quarter of it halves the rate. NULL: there is no budget.';
        comment on column telemetry.event_types.retention_class is 'How long the event is kept: a class of telemetry.retention_classes. That of the newest version counts for all events of the name.';
        comment on column telemetry.event_types.redaction is 'The redaction policy of the event, which lies over the standard one: values, keys, allow_only, except, action; see telemetry.set_redaction().';
        comment on column telemetry.event_types.promoted_properties is 'The payload keys, or paths to members of objects (experiment.variant), that the timeline keeps for filters and breakdowns.';
        comment on column telemetry.event_types.replaced_by is 'The event to log instead of a deprecated one.';
    end if;
    perform telemetry_private.protect_catalog('telemetry.event_types', 'event_name');

    perform telemetry_private.watch_taxonomy('telemetry.event_types');
end
$$;

-- Has every backend hear at commit that a table of the taxonomy has changed, so that it forgets what it compiled or
-- read of it.
create function telemetry_private.watch_taxonomy(target regclass)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform telemetry_private.set_guard(target, 'taxonomy_changed',
        format('after insert or update or delete or truncate on %s for each statement execute function telemetry_private.taxonomy_changed()', target));
end
$$;

-- Checks the attributes of a definition that register_event() and update_event() take. Its errors name the attribute.
create function telemetry_private.check_attributes(event_name text, attributes jsonb)
returns void
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    known constant text[] := '{domain,description,required_keys,properties,additional_properties,json_schema,required_arguments,payload_limit,enforcement,logged_by,sampling_rate,daily_budget,retention_class,redaction,promoted_properties}';
    unknown text;
begin
    if attributes is null then
        return;
    end if;
    if jsonb_typeof(attributes) <> 'object' then
        raise exception 'attributes of event "%" must be a JSON object', event_name
            using errcode = '22023', hint = 'For example: telemetry.register_event(''page_viewed'', ''{"required_keys": ["page"]}'').';
    end if;
    select k into unknown from jsonb_object_keys(attributes) k where k <> all (known) limit 1;
    if found then
        raise exception 'event "%" has no attribute "%"', event_name, left(unknown, 63)
            using errcode = '22023', hint = format('The attributes are: %s.', array_to_string(known, ', '));
    end if;
end
$$;

-- Writes one version of a definition. What `attributes` does not name comes from `base`, and a JSON null means the
-- default.
create function telemetry_private.put_event_type(event_name text, event_version integer, attributes jsonb, base jsonb, pack text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    broken text;
    given jsonb := coalesce(attributes, '{}');
    defaults constant jsonb := jsonb_build_object(
        'required_keys', '{}'::text[], 'properties', '{}'::jsonb, 'additional_properties', true,
        'required_arguments', '{}'::text[], 'logged_by', 'client', 'sampling_rate', 1, 'retention_class', 'kept',
        'redaction', '{}'::jsonb, 'promoted_properties', '{}'::text[], 'payload_limit', telemetry_private.setting('telemetry.payload_limit')::integer);
begin
    perform telemetry_private.check_definition_size(given);
    perform telemetry_private.check_attributes(event_name, given);
    if event_version > 32767 then
        raise exception 'event "%" has used up its versions', event_name
            using errcode = '22023', hint = 'Register it under a new name with telemetry.register_event().';
    end if;
    insert into telemetry.event_types
    -- (jsonb_populate_record(...)).* would read the definition once a column.
    select r.*
      from jsonb_populate_record(
               null::telemetry.event_types,
               defaults
               || (coalesce(base, '{}') - coalesce((select array_agg(key) from jsonb_each(given) where value = 'null'), '{}'))
               || coalesce((select jsonb_object_agg(key, value) from jsonb_each(given) where value <> 'null'), '{}')
               || jsonb_build_object('event_name', event_name, 'event_version', event_version, 'status', 'active', 'pack', pack,
                                     'replaced_by', null, 'created_at', now(), 'updated_at', now())) r;
    perform telemetry_private.check_redaction(given->'redaction');
    perform telemetry_private.check_payload_keys(given->'promoted_properties');
    perform telemetry_private.check_definition(event_name);
    perform telemetry_private.check_retention_class(event_name, (
        select t.retention_class from telemetry.event_types t where t.event_name = put_event_type.event_name and t.event_version = put_event_type.event_version));
exception
    when check_violation then
        get stacked diagnostics broken = constraint_name;
        raise exception 'definition of event "%" breaks the rule "%"', left(event_name, 80), replace(broken, '_', ' ')
            using errcode = '22023',
                  hint = case broken when 'name_is_snake_or_upper_case' then 'Write it with underscores, as order_placed or ORDER_PLACED, in at most 63 bytes.'
                                     else 'The comments on the columns of telemetry.event_types say what each attribute takes.' end;
    when invalid_text_representation or numeric_value_out_of_range or datatype_mismatch then
        raise exception 'definition of event "%" has an attribute of the wrong type', left(event_name, 80)
            using errcode = '22023', hint = 'The comments on the columns of telemetry.event_types say what each attribute takes.';
end
$$;

create function telemetry_private.register_event(event_name text, attributes jsonb)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    if event_name is null then
        raise exception 'event_name must not be null' using errcode = '22004', hint = 'Call telemetry.register_event(''page_viewed'').';
    end if;
    lock table telemetry.event_types in share row exclusive mode;
    if exists (select from telemetry.event_types t where t.event_name = register_event.event_name) then
        raise exception 'event "%" is registered already', event_name
            using errcode = '23505', hint = 'Change it with telemetry.update_event().';
    end if;
    perform telemetry_private.put_event_type(event_name, 1, attributes, null, null);
    return 1;
end
$$;

create function telemetry_private.update_event(event_name text, attributes jsonb)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    latest jsonb;
    next_version integer;
begin
    lock table telemetry.event_types in share row exclusive mode;
    latest := telemetry_private.latest_event_type(event_name);
    next_version := (latest->>'event_version')::integer + 1;
    perform telemetry_private.check_attributes(event_name, attributes);
    if latest || coalesce(attributes, '{}') = latest then
        return next_version - 1;
    end if;
    perform telemetry_private.put_event_type(event_name, next_version, attributes, latest, latest->>'pack');
    update telemetry.event_types t
       set status = 'superseded', updated_at = now()
     where t.event_name = update_event.event_name
       and t.event_version = next_version - 1
       and t.status = 'active';
    return next_version;
end
$$;

create function telemetry_private.deprecate_event(event_name text, replaced_by text)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    latest jsonb;
begin
    lock table telemetry.event_types in share row exclusive mode;
    latest := telemetry_private.latest_event_type(event_name);
    if replaced_by is not null then
        perform telemetry_private.latest_event_type(replaced_by);
    end if;
    update telemetry.event_types t
       set status = 'deprecated', replaced_by = deprecate_event.replaced_by, updated_at = now()
     where t.event_name = deprecate_event.event_name
       and (t.status <> 'deprecated' or t.replaced_by is distinct from deprecate_event.replaced_by);
    return (latest->>'event_version')::integer;
end
$$;

-- Returns the newest version of an event as jsonb. An unknown name is an error.
create function telemetry_private.latest_event_type(event_name text)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    latest jsonb;
begin
    if event_name is null then
        raise exception 'event_name must not be null'
            using errcode = '22004', hint = 'List the events with telemetry.event_catalog().';
    end if;
    select to_jsonb(t) into latest
      from telemetry.event_types t
     where t.event_name = latest_event_type.event_name
     order by t.event_version desc
     limit 1;
    if not found then
        raise exception 'event "%" is not registered', left(event_name, 80)
            using errcode = '22023', hint = 'Register it with telemetry.register_event(), or see telemetry.event_catalog().';
    end if;
    return latest;
end
$$;

create function telemetry.register_event(event_name text, attributes jsonb default null)
returns integer
language sql
begin atomic
    select telemetry_private.register_event(event_name, attributes);
end;

create function telemetry.update_event(event_name text, attributes jsonb default null)
returns integer
language sql
begin atomic
    select telemetry_private.update_event(event_name, attributes);
end;

create function telemetry.deprecate_event(event_name text, replaced_by text default null)
returns integer
language sql
begin atomic
    select telemetry_private.deprecate_event(event_name, replaced_by);
end;

create function telemetry.event_catalog()
returns table (
    event_name text, event_version smallint, status text, pack text, domain text, description text,
    required_keys text[], properties jsonb, required_arguments text[], payload_limit integer, enforcement text,
    logged_by text, sampling_rate real, daily_budget integer, retention_class text, redaction jsonb, replaced_by text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select t.event_name, t.event_version, t.status, t.pack, t.domain, t.description, t.required_keys, t.properties,
           t.required_arguments, t.payload_limit, t.enforcement,
           t.logged_by, t.sampling_rate, t.daily_budget, t.retention_class, t.redaction, t.replaced_by
      from telemetry.event_types t
     order by t.pack nulls first, t.domain nulls first, t.event_name, t.event_version
$$;

comment on function telemetry.register_event is
'Adds an event to the taxonomy, so that it can be logged.

Arguments
  event_name  a name in snake_case or UPPER_CASE, at most 63 bytes
  attributes  an object with any of domain, description, required_keys, properties (key to JSON
              Schema), additional_properties, json_schema, required_arguments, payload_limit
              (bytes), enforcement, logged_by, sampling_rate (more than 0, at most 1), daily_budget
              (events a day and tenant), retention_class, redaction, promoted_properties (payload
              keys, or paths to members of objects); what is absent or null gets the default
Returns
  the version of the event: 1
Errors
  22004  event_name is NULL
  22023  a wrong name or attribute, a retention class that is not registered, a promoted property
         with an empty part, a keyword that JSON Schema does not know, or a definition of more than
         64 kB, 64 levels, 1000 schemas, 50 patterns or 100000 parts of them as compiled
  23505  the event is registered already
Notes
  The comments on the columns of telemetry.event_types say what each attribute means.';
comment on function telemetry.update_event is
'Changes the definition of an event by adding a version of it. The version before is superseded: it
is used only where log_event() names it.

Arguments
  event_name  the event
  attributes  an object as register_event() takes it; what is absent stays as it is, and a JSON null
              means the default
Returns
  the number of the new version; that of the present one where nothing changes
Errors
  22004  event_name is NULL
  22023  an unknown event, or a wrong attribute';
comment on function telemetry.deprecate_event is
'Refuses an event from now on, in all its versions. update_event() revives it.

Arguments
  event_name   the event
  replaced_by  the event to log instead, which the hint of the error names; default NULL: none
Returns
  the number of its newest version
Errors
  22004  event_name is NULL
  22023  an unknown event';
comment on function telemetry.event_catalog is
'Lists the taxonomy: one row per event and version, by pack, domain and name.

Columns
  event_name, event_version  the event and the version of its definition
  status              active, superseded or deprecated
  pack                the pack that brought it; NULL: it was registered by hand
  domain              the group that it belongs to, or NULL
  description         what it means, or NULL
  required_keys       the payload keys that it must have
  properties          an object: payload key to the JSON Schema of its value
  required_arguments  the arguments of log_event() that must not be NULL
  payload_limit       the largest payload, in bytes
  enforcement         what happens to an event that breaks its rules; NULL: what the setting
                      telemetry.enforcement says
  logged_by           who may log it: client or server
  sampling_rate       the probability with which it is kept
  daily_budget        how many a day and tenant are kept in full; NULL: no budget
  retention_class     its class of telemetry.retention_classes, which says how long it is kept
  redaction           its redaction policy over the standard one
  replaced_by         the event to log instead of a deprecated one, or NULL
Notes
  Without events there are no rows.';
