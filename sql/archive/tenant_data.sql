-- What a tenant takes along when it leaves, a page at a time. Twin: src/archive/tenant_data.rs, which writes the lines.
--
-- It runs with the caller's rights, and has what the caller may see.

create function telemetry.tenant_data(
    tenant uuid,
    after_id bigint default null,
    most integer default null,
    until_id bigint default null)
returns telemetry."*/*"
language sql
stable
parallel unsafe
begin atomic
    select telemetry_private.download(
               telemetry_private.tenant_lines(tenant, after_id, most, until_id),
               format('tenant-%s-%s.jsonl', tenant, to_char(coalesce(after_id, 0), 'FM000000000000')));
end;

comment on function telemetry.tenant_data is
'Hands out everything that the log has of a tenant, as JSON lines, a page at a time: for a customer
who leaves, or moves to another database.

Arguments
  tenant    the tenant; the nil UUID in an installation of one tenant
  after_id  the page begins behind this ingest_id; NULL: it is the first page
  most      how many events a page has at most: 1 to 1000000, default 100000
  until_id  the ingest_id with which the last page ends; NULL: the last one that was drawn
Returns
  lines as bytes in UTF-8; never NULL. The first is {"line": "about"}: what each event, key and
    column means. Events follow in order of arrival, {"line": "event"}. The last line is
    {"line": "end"}: how many events there are, next, which has the after_id and until_id of the
    next page and is null on the last one, and the sha256 of all bytes before it
Errors
  22004  tenant is NULL
  22023  most is out of its range; the page has more than 1 GB: ask for fewer events
Notes
  The first page has what was defined, a line for each: event_type (each version of the events that
    occur), tenant, redaction_policy, destination, and kpi, alert and alert_transition of the alerts
    that there were for the tenant. The last page has each rejection, and events_of_all_pages.
  To get it whole, suspend the tenant first, see set_tenant(), then ask for pages until next is
    null, each with the numbers of the one before. What arrives later belongs to no page.
  It has what the caller may see: analyst gets its own tenant, auditor every tenant. Of another one
    there are no events, as of a tenant that never came.
  import_export() reads pages back into another database.
  Through PostgREST (GET /rpc/tenant_data?tenant=...) it is a download.';
