-- The words that arguments and columns may have. Enums serve typed clients and listings. Tables that hold user data
-- keep text, because DROP EXTENSION ... CASCADE would drop a column of an extension's type. Arguments are text as well,
-- so that a wrong word gets an error with a HINT instead of the bare one of enum_in.

create type telemetry.event_source as enum ('web', 'mobile', 'api', 'backend', 'bot', 'worker', 'database', 'import');
comment on type telemetry.event_source is 'Where an event was emitted (telemetry.events.source).';

create type telemetry.surface as enum ('website', 'telegram_dm', 'telegram_channel', 'bot', 'email', 'web_push', 'mobile_app', 'backend');
comment on type telemetry.surface is 'The surface on which a person met the application (payload key "surface").';

create type telemetry.severity as enum ('SEV1', 'SEV2', 'SEV3');
comment on type telemetry.severity is 'How bad an incident is. SEV1 is loss of data, SEV2 degradation, and SEV3 cosmetic.';

create type telemetry.log_level as enum ('debug', 'info', 'warn', 'error');
comment on type telemetry.log_level is 'The level of a log record (payload key "level").';

create type telemetry.grain as enum (
    'minute', '5 minutes', '10 minutes', '15 minutes', 'hour', 'day', 'week', 'month', 'quarter', 'year', 'range');
comment on type telemetry.grain is 'The width of a calendar bucket, the argument grain of KPIs. range is the whole of [since, until) as one bucket.';

create type telemetry.event_status as enum ('active', 'superseded', 'deprecated');
comment on type telemetry.event_status is 'Whether a version of an event is in use. active: it is logged by default. superseded: it is used only where its version is asked for. deprecated: it is refused.';

create type telemetry.enforcement as enum ('reject', 'quarantine', 'warn', 'accept');
comment on type telemetry.enforcement is 'What happens to an event that breaks its rules. reject: it is refused with an error. quarantine: it is kept in telemetry.rejections. warn: it is stored with a WARNING. accept: it is stored.';

create type telemetry.logged_by as enum ('client', 'server');
comment on type telemetry.logged_by is 'Who may log an event. client: everybody with access may. server: no client role may.';

create type telemetry.access_level as enum ('writer', 'courier', 'own_events', 'analyst', 'auditor', 'privacy_officer', 'admin');
comment on type telemetry.access_level is 'What grant_access() can give to a role.';

create type telemetry.tenant_status as enum ('active', 'suspended');
comment on type telemetry.tenant_status is 'Whether a tenant may log. active: it may. suspended: it logs no events, and what it logged stays readable.';

create type telemetry.partition_interval as enum ('day', 'week', 'month');
comment on type telemetry.partition_interval is 'The width of a partition of telemetry.events, as the setting telemetry.partition_interval gives it.';

create type telemetry.rejection_reason as enum (
    'unknown_event', 'unknown_version', 'deprecated_event', 'missing_argument', 'missing_key', 'wrong_type',
    'wrong_value', 'unexpected_key', 'payload_not_object', 'payload_too_large', 'payload_too_deep', 'unknown_source',
    'not_allowed', 'invalid_definition', 'not_an_object', 'unreadable_argument', 'unknown_argument',
    'ambiguous_argument', 'out_of_range', 'not_yours', 'not_owned', 'check_failed', 'conflicting_id', 'sensitive_value',
    'storage_error', 'tenant_suspended', 'daily_limit', 'not_a_batch', 'batch_too_large');
comment on type telemetry.rejection_reason is 'Why an event was not stored (telemetry.rejections.reason).';
