-- Whose request it is. Twin: src/access/tenancy.rs, which reads the claims that PostgREST puts into request.jwt.claims.

create function telemetry.current_tenant()
returns uuid
language sql
stable
parallel safe
begin atomic
    select telemetry_private.current_tenant();
end;

create function telemetry.current_user_id()
returns uuid
language sql
stable
parallel safe
begin atomic
    select telemetry_private.current_user_id();
end;

create function telemetry.as_id(id text, tenant_id uuid default null)
returns uuid
language sql
stable
parallel safe
begin atomic
    select telemetry_private.as_id(id, tenant_id);
end;

comment on function telemetry.current_tenant is
'The tenant that the present caller reads: the JWT claim at the first path of telemetry.tenant_claim that holds a uuid (default app_metadata.tenant_id; a path through user_metadata is passed over); without claims the setting telemetry.tenant_id; else the nil UUID, or NULL where telemetry.multi_tenant is on. A client role without a tenant gets NULL in a multi-tenant installation, and without a user (sub) everywhere: it reads nothing. Row-level policies compare with it.';
comment on function telemetry.current_user_id is
'The user of the present request: the JWT''s sub, as as_id() makes it a uuid where it is none. NULL without claims or sub. The policy of the access level own_events compares with it.';
comment on function telemetry.as_id is
'The uuid of a text or integer id of the application: a UUID v5 (RFC 9562) of the text, with the tenant (default current_tenant()) as its namespace; the same text gives the same uuid for ever. NULL for NULL.';
