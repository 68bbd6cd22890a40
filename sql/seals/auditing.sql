-- What an auditor needs beside an export to compare it with a checkpoint, without the database: courier/src/verify_log.rs.
--
-- A leaf hides what is personal under the secret of the person. Without the secrets nobody can make the leaf of a row, and a
-- payload could be changed unnoticed; whoever has the rows learns nothing from them that the rows do not say.

create function telemetry_private.audit_secrets(visibility text)
returns setof jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform telemetry_private.check_sees_everything(visibility, 'Call telemetry.audit_secrets()');
    return query
        select jsonb_build_object('tenant_id', k.tenant_id, 'user_id', nullif(k.user_id, '00000000-0000-0000-0000-000000000000'), 'secret', encode(k.secret, 'base64'))
          from telemetry_private.person_keys k
         order by k.tenant_id, k.user_id;
    -- The first leaf that was kept of an event is the one in the tree.
    return query
        select jsonb_build_object('ingest_id', k.ingest_id, 'leaf', encode(k.leaf, 'base64'))
          from (select distinct on (k.ingest_id) k.ingest_id, k.leaf from telemetry.kept_leaves k order by k.ingest_id, k.kept_id) k;
    return query
        select jsonb_build_object('page', p.page, 'groups', translate(encode(p.groups, 'base64'), E'\n', ''))
          from telemetry.seal_pages p
         order by p.page;
    return query
        select jsonb_build_object('first_group', k.first_group, 'last_group', k.last_group, 'leaves', translate(encode(k.leaves, 'base64'), E'\n', ''))
          from telemetry.kept_groups k
         order by k.first_group;
    return query
        select jsonb_build_object('tail', translate(encode(s.tail, 'base64'), E'\n', ''))
          from telemetry_private.seal_states s
         where s.log = 'events' and s.tail <> '';
end
$$;

create function telemetry.audit_secrets()
returns setof jsonb
language sql
stable
begin atomic
    select a from telemetry_private.audit_secrets(telemetry.log_visibility()) a;
end;

comment on function telemetry.audit_secrets is
'Hands out what an auditor needs beside an export to compare it with a checkpoint, without the
database: telemetry-courier verify-log. It is as personal as the export itself.

Returns
  one object a row: the secret of each person (tenant_id, user_id, secret), by which the leaf of a
    row is computed; the leaf of each event that was erased or changed (ingest_id, leaf); what is
    kept of each 256 events that were sealed (page, groups; tail); groups whose events expired
    (first_group, last_group, leaves). No row where nothing was ever sealed
Errors
  42501  the caller sees only some rows of the log
Notes
  A leaf hides user, session, subject, client_ts, seq and payload under the secret of the person, so
    that nobody guesses them once person and secret are erased. Whoever has the rows learns nothing
    from the secrets that the rows do not say.
  psql -XAtc ''select telemetry.audit_secrets()'' >audit.jsonl writes the file.';
