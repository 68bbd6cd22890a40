-- Redaction: what must not be stored. Twin: src/log/redaction.rs, which finds it. The standard policy applies to every
-- event; over it the event's attribute `redaction`, then the rows of telemetry.redaction_policies.

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
        comment on table telemetry.redaction_policies is 'Redaction by tenant, by event, or both; later ones over earlier ones: all, an event, a tenant, a tenant''s event. Change it with set_redaction().';
        comment on column telemetry.redaction_policies.tenant_id is 'Null: every tenant.';
        comment on column telemetry.redaction_policies.event_name is 'Null: every event.';
    end if;
    alter table telemetry.redaction_policies enable row level security;
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
comment on type telemetry.redacted_payload is 'What redact() would store, and what it found.';

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
'Shows what would be stored of a payload, and how often which rule hit: {"email": 2, "key:password": 1}, never a value. With event_name and tenant_id by their policies, else by the standard one and the caller''s tenant. Best effort: what has the form of a secret is found, names and postal addresses are not. NULL for NULL. Errors: 22023 a policy that cannot be used.';
comment on function telemetry.set_redaction is
'Lays a policy over the standard one, for all events and tenants, an event, a tenant, or a tenant''s event; NULL takes it away. policy: an object with any of values (true, false, or a list of rules), keys ({"ssn": "drop", "name": "mask", "email": "keep_domain", "pin": "off"}), allow_only (a list: other keys of the payload are dropped), except (keys whose values are not scanned), action (mask, or reject: such an event is refused), emails (mask, or keep_domain: [redacted]@example.org in every text), phone_countries (a list of ISO codes, whose national numbers are phones too: ["DE", "US"]; default none), ip_addresses (true: they are masked; default false). Errors: 22023 a wrong policy, an unknown attribute or country, or an unknown event.';
comment on function telemetry.redaction_rules is
'The standard policy: the rules for values, in the order in which they are applied, and the names of keys whose values are masked (compared without case, _ and -; a key that has password, secret, token and the like as one of its words follows the rule of that name). The rule ip is an option: see set_redaction(). version grows with every change of the set.';
