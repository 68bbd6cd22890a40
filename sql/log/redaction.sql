-- Redaction keeps out of the log what must not be stored. Twin: src/log/redaction.rs, which finds it. The standard
-- policy applies to every event; over it lie the event's attribute `redaction`, then the rows of
-- telemetry.redaction_policies.

create function telemetry_private.init_redaction()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.redaction_policies') is null then
        create table telemetry.redaction_policies (
            policy_id  uuid primary key default gen_random_uuid(),
            tenant_id  uuid,
            event_name text collate "C",
            policy     jsonb not null,
            created_at timestamptz not null default now(),
            constraint one_policy_each unique nulls not distinct (tenant_id, event_name)
        );
        comment on table telemetry.redaction_policies is 'Redaction policies by tenant, by event, or both. They lie over each other in this order: for all events, for an event, for a tenant, for a tenant''s event. set_redaction() changes it.';
        comment on column telemetry.redaction_policies.tenant_id is 'The tenant that the policy is for; NULL: every tenant.';
        comment on column telemetry.redaction_policies.event_name is 'The event that the policy is for; NULL: every event.';
    end if;
    perform telemetry_private.set_row_security('telemetry.redaction_policies');
    if not exists (select from pg_policy where polrelid = 'telemetry.redaction_policies'::regclass and polname = 'tenant_reads_own_policies') then
        create policy tenant_reads_own_policies on telemetry.redaction_policies for select
            using (tenant_id is null or tenant_id = (select telemetry.current_tenant()));
    end if;
    perform telemetry_private.watch_taxonomy('telemetry.redaction_policies');
end
$$;

create function telemetry_private.set_redaction(policy jsonb, event_name text, tenant_id uuid)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    perform telemetry_private.check_definition_size(policy);
    perform telemetry_private.check_redaction(policy);
    if event_name is not null then
        perform telemetry_private.latest_event_type(event_name);
    end if;
    if policy is null then
        delete from telemetry.redaction_policies p
         where p.event_name is not distinct from set_redaction.event_name
           and p.tenant_id is not distinct from set_redaction.tenant_id;
        return;
    end if;
    insert into telemetry.redaction_policies (tenant_id, event_name, policy)
    values (tenant_id, event_name, policy)
        on conflict on constraint one_policy_each do update set policy = excluded.policy, created_at = now();
end
$$;

create function telemetry.set_redaction(policy jsonb, event_name text default null, tenant_id uuid default null)
returns void
language sql
begin atomic
    select telemetry_private.set_redaction(policy, event_name, tenant_id);
end;

create type telemetry.redacted_payload as (
    redacted jsonb,
    found jsonb
);
comment on type telemetry.redacted_payload is 'What redact() returns: the payload as it would be stored, and how often which rule hit.';

create function telemetry.redact(payload jsonb, event_name text default null, tenant_id uuid default null)
returns telemetry.redacted_payload
language sql
stable
begin atomic
    select r.redacted, r.found from telemetry_private.redact(payload, event_name, tenant_id) r;
end;

create function telemetry.redaction_rules()
returns table (rule text, kind text, version integer)
language sql
immutable
begin atomic
    select r.rule, r.kind, r.version from telemetry_private.redaction_rules() r;
end;

comment on function telemetry.redact is
'Shows what would be stored of a payload, and which redaction rules hit. Redaction is best effort:
it finds what has the form of a secret, and no names or postal addresses.

Arguments
  payload     the payload, a JSON value; NULL: both columns are NULL
  event_name  the event by whose policies it is redacted; NULL: by the policies for all events
  tenant_id   the tenant by whose policies it is redacted; NULL: the caller''s own
Columns
  redacted  the payload as it would be stored
  found     how often which rule hit, for instance {"email": 2, "key:password": 1}, and never a
            value; {} where none did
Errors
  22023  a policy cannot be used
  42501  the tenant is not the caller''s own
Notes
  It redacts also while telemetry.redaction is off, when payloads are stored as they come.';
comment on function telemetry.set_redaction is
'Sets what else must not be stored, or may be, by a policy that lies over the standard one: for all
events, an event, a tenant, or a tenant''s event.

Arguments
  policy      an object with any of the keys that the notes explain; NULL takes the policy away
  event_name  the event that it is for; NULL: all events
  tenant_id   the tenant that it is for; NULL: all tenants
Errors
  22023  a wrong policy, an unknown attribute or country, or an unknown event
Notes
  values says which rules for values apply: true, false, or a list of rules.
  keys says what happens to the values of payload keys: {"ssn": "drop", "name": "mask", "email":
    "keep_domain", "pin": "off"}.
  allow_only lists the payload keys that are stored; all others are dropped.
  except lists the keys whose values are not scanned.
  action is mask, or reject: then an event with a sensitive value is refused.
  emails is mask, or keep_domain: then an email becomes [redacted]@example.org in every text.
  phone_countries lists ISO codes of countries whose national numbers are phones too, for instance
    ["DE", "US"]; without it there are none.
  ip_addresses is true, and then IP addresses are masked, or false (default).';
comment on function telemetry.redaction_rules is
'Lists the standard redaction policy: the rules for values, in the order in which they are applied,
and the names of the payload keys whose values are masked.

Columns
  rule     the name of a rule for values, or of a payload key
  kind     value or key
  version  a number that grows with every change of the set
Notes
  Names of keys are compared without case, _ and -. A key that has password, secret, token and the
    like as one of its words follows the rule of that name.
  The rule ip applies only where a policy asks for it, see set_redaction().';
