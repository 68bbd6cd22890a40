-- Receipts: each removal from the log, and each hold, leaves one. A receipt holds no personal data: of a person it has a keyed
-- hash, by which was_erased() answers and nobody can list who it was. Twin: src/erasure/receipts.rs.

create type telemetry.erasure_receipt as (
    receipt_id uuid,
    at         timestamptz,
    kind       text,
    tenant_id  uuid,
    reason     text,
    events     bigint,
    counts     jsonb,
    since      timestamptz,
    until      timestamptz,
    details    jsonb
);
comment on type telemetry.erasure_receipt is 'What a function returns that takes events out of the log or changes them: the receipt that it left in telemetry.erasures.';

create function telemetry_private.init_erasures()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.erasures') is null then
        create table telemetry.erasures (
            receipt_id uuid primary key,
            at         timestamptz not null default clock_timestamp(),
            kind       text not null,
            tenant_id  uuid,
            done_by    text collate "C" not null,
            user_id    uuid,
            reason     text,
            events     bigint not null,
            counts     jsonb not null default '{}',
            since      timestamptz,
            until      timestamptz,
            first_id   bigint,
            last_id    bigint,
            person     bytea,
            details    jsonb not null default '{}',
            exported   jsonb not null default '[]',
            constraint kind_is_known check (kind in ('erase_user', 'anonymize_user', 'erase_tenant', 'erase_events', 'scrub_payload', 'expire_events', 'hold_events', 'release_hold'))
        );
        create index erasures_by_time on telemetry.erasures (at);
        create index erasures_by_person on telemetry.erasures (person) where person is not null;
        comment on table telemetry.erasures is 'The receipts of what left the log or was changed in it, and of holds. Rows are only added, and hold no personal data.';
        comment on column telemetry.erasures.receipt_id is 'A UUIDv7, which the function returned that did it.';
        comment on column telemetry.erasures.kind is 'What was done: the name of the function.';
        comment on column telemetry.erasures.tenant_id is 'The tenant whose events they were; NULL: of every tenant.';
        comment on column telemetry.erasures.done_by is 'The role that did it, as SET ROLE or the login says.';
        comment on column telemetry.erasures.user_id is 'current_user_id() of the session that did it, where there is one; never of the person whom it is about.';
        comment on column telemetry.erasures.reason is 'Why, in the words of whoever did it.';
        comment on column telemetry.erasures.events is 'How many events it was about.';
        comment on column telemetry.erasures.counts is 'How many rows of each table.';
        comment on column telemetry.erasures.since is 'The time of the first of those events; of a hold, where its range begins.';
        comment on column telemetry.erasures.until is 'The time of the last of those events; of a hold, where its range ends.';
        comment on column telemetry.erasures.first_id is 'The least ingest_id of those events; last_id: the greatest.';
        comment on column telemetry.erasures.person is 'HMAC-SHA256 of the tenant and the user, under a secret of the installation. NULL: it was about no person.';
        comment on column telemetry.erasures.exported is 'Which of those events files of exports hold: export, number and part of the file, how many events, and their ingest_ids, of expired ones not. export_manifest() tells it of each file.';
        comment on column telemetry.erasures.details is 'What else has to be known to do it again: keys, names of events, ids of events, the name of a hold.';
    end if;
    if to_regclass('telemetry_private.erasure_secret') is null then
        create table telemetry_private.erasure_secret (
            is_one boolean primary key default true,
            secret bytea not null,
            constraint there_is_one check (is_one)
        );
        comment on table telemetry_private.erasure_secret is 'The secret under which receipts know persons. Without it nobody can tell of whom a receipt is.';
    end if;
    insert into telemetry_private.erasure_secret (secret)
    select uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
     where not exists (select from telemetry_private.erasure_secret);
    perform telemetry_private.protect_table('telemetry.erasures', false);
    if not exists (select from pg_policy where polrelid = 'telemetry.erasures'::regclass and polname = 'officers_read_receipts') then
        create policy officers_read_receipts on telemetry.erasures for select
            using ((select telemetry.log_visibility()) = 'everything' or tenant_id = (select telemetry.current_tenant()));
    end if;
end
$$;

-- Writes a receipt, once, at the end of what it is about. Its id was drawn before by new_receipt_id(). Counts of nothing are left out.
create function telemetry_private.write_receipt(
    receipt_id uuid,
    kind text,
    tenant uuid,
    reason text,
    events bigint,
    counts jsonb,
    since timestamptz,
    until timestamptz,
    first_id bigint,
    last_id bigint,
    person bytea default null,
    details jsonb default null,
    exported jsonb default null)
returns uuid
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    insert into telemetry.erasures (receipt_id, kind, tenant_id, done_by, user_id, reason, events, counts, since, until, first_id, last_id, person, details, exported)
    values (write_receipt.receipt_id, kind, tenant, coalesce(nullif(current_setting('role', true), 'none'), session_user), telemetry_private.current_user_id(), reason,
            coalesce(events, 0), (select coalesce(jsonb_object_agg(c.key, c.value), '{}') from jsonb_each(counts) c where c.value <> '0'), since, until, first_id, last_id, person, coalesce(details, '{}'), coalesce(exported, '[]'))
    returning erasures.receipt_id
$$;

-- Reads a receipt that was written just now, so it is volatile.
create function telemetry_private.receipt_of(receipt_id uuid)
returns telemetry.erasure_receipt
language sql
set search_path = pg_catalog, pg_temp
as $$
    select e.receipt_id, e.at, e.kind, e.tenant_id, e.reason, e.events, e.counts, e.since, e.until, e.details
      from telemetry.erasures e
     where e.receipt_id = receipt_of.receipt_id
$$;

-- The hash by which receipts know a user of a tenant.
create function telemetry_private.person_of(tenant uuid, user_id uuid)
returns bytea
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select telemetry_private.person_hash(s.secret, tenant, person_of.user_id) from telemetry_private.erasure_secret s
$$;

-- Returns a tenant where the caller may erase for it; NULL stands for every one, unless it says what to do without a tenant. It runs
-- with the caller's rights.
create function telemetry_private.checked_reach(tenant uuid, hint_without text)
returns uuid
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    visibility constant text := telemetry.log_visibility();
begin
    if tenant is null and hint_without is not null then
        raise exception 'tenant must not be null' using errcode = '22004', hint = hint_without;
    end if;
    if visibility = 'everything' or visibility = 'tenant' and coalesce(tenant = telemetry.current_tenant(), false) then
        return tenant;
    end if;
    raise exception 'the caller may not erase for this tenant'
        using errcode = '42501', hint = 'An admin may for the whole of its own tenant, a privacy_officer for every one: see telemetry.grant_access().';
end
$$;

-- The tenant for which the caller may erase: the one that is named, or the caller's own.
create function telemetry_private.tenant_within_reach(tenant uuid)
returns uuid
language sql
stable
begin atomic
    select telemetry_private.checked_reach(coalesce(tenant, telemetry.current_tenant()), 'Name the tenant: tenant => ''...''.');
end;

-- The same, of a function that wants it named: nobody erases a tenant by leaving something out.
create function telemetry_private.named_tenant_within_reach(tenant uuid)
returns uuid
language sql
stable
begin atomic
    select telemetry_private.checked_reach(tenant, 'Nothing is erased of a tenant that is not named.');
end;

-- The same, of a function that is about every tenant where none is named and the caller sees them all: then it is NULL.
create function telemetry_private.tenants_within_reach(tenant uuid)
returns uuid
language sql
stable
begin atomic
    select telemetry_private.checked_reach(case when telemetry.log_visibility() = 'everything' then tenant else coalesce(tenant, telemetry.current_tenant()) end, null);
end;

create function telemetry_private.was_erased(user_id uuid, tenant uuid)
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if user_id is null then
        raise exception 'user_id must not be null' using errcode = '22004', hint = 'For example: telemetry.was_erased(''6f0d...'').';
    end if;
    return exists (
        select from telemetry.erasures e
         where e.person = telemetry_private.person_of(tenant, was_erased.user_id) and e.kind in ('erase_user', 'anonymize_user'));
end
$$;

create function telemetry.was_erased(user_id uuid, tenant uuid default null)
returns boolean
language sql
stable
begin atomic
    select telemetry_private.was_erased(user_id, telemetry_private.tenant_within_reach(tenant));
end;

create function telemetry_private.erasure_receipts(since timestamptz, tenant uuid)
returns setof jsonb
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select to_jsonb(e) from telemetry.erasures e
     where (erasure_receipts.since is null or e.at > erasure_receipts.since)
       and (erasure_receipts.tenant is null or e.tenant_id = erasure_receipts.tenant)
     order by e.at, e.receipt_id
$$;

-- A courier reads no table and gets all; who may read the receipts gets those that it sees.
create function telemetry.erasure_receipts(since timestamptz default null)
returns setof jsonb
language sql
stable
begin atomic
    select r
      from telemetry_private.erasure_receipts(since,
               case when has_table_privilege('telemetry.erasures', 'select') and telemetry.log_visibility() <> 'everything'
                    then coalesce(telemetry.current_tenant(), '00000000-0000-0000-0000-000000000000') end) r;
end;

comment on function telemetry.was_erased is
'Tells whether erase_user() or anonymize_user() was done of a person.

Arguments
  user_id  the user
  tenant   whose user it is; default the caller''s, see current_tenant()
Returns
  true or false
Errors
  22004  user_id is NULL, or there is no tenant
  42501  the caller may not erase for this tenant
Notes
  It compares a keyed hash of the user with those of the receipts, since no receipt says who it was.
  Whoever came back since is told as erased too.';
comment on function telemetry.erasure_receipts is
'Hands out the receipts of telemetry.erasures as reapply_erasures() takes them, in their order, to be
kept outside of the database.

Arguments
  since  only receipts after this time; NULL: all
Returns
  one JSON object per receipt, with the columns of telemetry.erasures
Notes
  A restore from an older backup brings back who was erased since: what is kept outside says who has
    to go again.
  They hold no personal data. Without receipts there are no rows.';
