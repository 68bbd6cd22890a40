-- A person's copy of what the log has of them: JSON lines as a download. Twin: src/archive/user_data.rs, which writes them.
--
-- It runs with the caller's rights, and has what the caller may see.

-- The body of a response that a browser stores as a file. PostgREST reads its headers from response.headers.
create function telemetry_private.download(body bytea, file_name text)
returns telemetry."*/*"
language sql
volatile
begin atomic
    select body::telemetry."*/*"
     where set_config('response.headers', jsonb_build_array(
               jsonb_build_object('Content-Type', 'application/x-ndjson; charset=utf-8'),
               jsonb_build_object('Content-Disposition', format('attachment; filename="%s"', file_name)),
               jsonb_build_object('X-Content-Type-Options', 'nosniff'), jsonb_build_object('Cache-Control', 'no-store'),
               jsonb_build_object('Referrer-Policy', 'no-referrer'))::text, true) is not null;
end;

create function telemetry.user_data(
    user_id uuid default null,
    tenant uuid default null,
    since timestamptz default null,
    until timestamptz default null)
returns telemetry."*/*"
language sql
stable
parallel unsafe
begin atomic
    select telemetry_private.download(
               telemetry_private.user_lines(coalesce(user_id, telemetry.current_user_id()), tenant, since, until),
               format('user-%s.jsonl', coalesce(user_id, telemetry.current_user_id())));
end;

comment on function telemetry.user_data is
'Hands out everything that the log has of a person, as JSON lines: what a person may ask for by
articles 15 and 20 of the GDPR.

Arguments
  user_id       whose copy it is; default the user whose request it is, see current_user_id()
  tenant        the tenant whose events are copied; NULL: every tenant that the caller may see
  since, until  only what happened from this time on, and before that one; NULL: everything
Returns
  lines as bytes in UTF-8; never NULL. The first is {"line": "about"}: what each event, key and
    column means. Then comes each event in order of arrival, {"line": "event"}, then each rejection,
    {"line": "rejection"}. The last is {"line": "end"}, with how many there are of both, and the
    sha256 of all bytes before it
Errors
  22004  user_id is NULL, and the request has no user
  22023  since is not before until; the copy has more than 1 GB: fetch it in parts, by since and
         until
Notes
  An event is the person''s where it has the person as its user_id. Not in the copy are events of
    others in which the person is the subject or is named, for they are data of those others: find
    them by subject_id and payload in telemetry.events.
  A rejection is the person''s where the request was the person''s, or where a server sent an event
    with the person as its user_id.
  It has what the caller may see: the level own_events gets its own copy, analyst that of a user of
    its tenant, auditor everybody''s. Of anybody else there are no events, as of a user who never
    came.
  What is NULL in the log is left out. The same log gives the same bytes.
  Through PostgREST (GET /rpc/user_data) it is a download. Into a file:
    psql -XAt -c "select convert_from(telemetry.user_data(''...''), ''UTF8'')" > copy.jsonl';
