-- Tenancy: whose request it is. Twin: src/access/tenancy.rs, which reads the claims that PostgREST puts into
-- request.jwt.claims.

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
'Returns the tenant whose data the present caller reads. Row-level policies compare with it.

Returns
  the tenant, or NULL where the caller reads nothing
Errors
  0A000  a node of Citus is asked by another node, and does not know the caller
Notes
  The JWT claim at the first path of telemetry.tenant_claim that holds a uuid decides (default
    app_metadata.tenant_id; a path through user_metadata is passed over, since users can edit it).
  Without claims the setting telemetry.tenant_id decides. Where nothing names a tenant it is the nil
    UUID, or NULL where telemetry.multi_tenant is on.
  For a client role the setting does not count. A client role without a tenant gets NULL where
    telemetry.multi_tenant is on, and one without a user (sub) gets NULL everywhere.';
comment on function telemetry.current_user_id is
'Returns the user of the present request. The policy of the access level own_events compares with
it.

Returns
  the claim sub of the JWT, made a uuid by as_id() where it is none; NULL without claims or sub, and
    without a tenant
Errors
  0A000  a node of Citus is asked by another node, and does not know the caller';
comment on function telemetry.as_id is
'Makes a uuid of a text or integer id of the application. The same text gives the same uuid for
ever.

Arguments
  id         the id as a text
  tenant_id  the tenant whose id it is; default the caller''s, see current_tenant()
Returns
  a UUID v5 (RFC 9562) of the text, with the tenant as its namespace; NULL where id is NULL, or
    there is no tenant';
