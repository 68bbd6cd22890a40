-- verify_derived(): whether what is derived is what the log says.

create function telemetry.verify_derived(since timestamptz default null, until timestamptz default null, tenant uuid default null)
returns table (derived text, tenant_id uuid, expected bigint, found bigint, is_equal boolean, problem text)
language sql
stable
parallel restricted
rows 10
begin atomic
    select 'timeline', t.tenant_id, t.expected, t.found, t.is_equal, t.problem
      from telemetry_private.verify_timeline(tenant, since, until) t
    union all
    select 'hourly_counts', h.tenant_id, h.expected, h.found, h.is_equal, h.problem
      from telemetry_private.verify_hourly_counts(tenant, since, until) h
    union all
    select 'provenance', null, null, null, false, d.reason
      from telemetry_private.derived_doubt() d
     where d.doubt <> 'detaching';
end;

comment on function telemetry.verify_derived is
'Compares what is derived with the log, event by event, up to each cursor''s position: one row per derived thing and tenant. tenant: NULL every tenant that the caller may see; since, until: events of [since, until), NULL all time, for hourly counts the hours that lie in it whole. expected: events in the log; found: events in what is derived; is_equal: they are the same events, with the same time, name, user, source, sampling rate and promoted values; problem: what is wrong, NULL where nothing is. A row of derived = provenance, without tenant and numbers, says why KPIs do not read what is derived at present, and what to call. Reads everything. What it finds wrong rebuild_derived() mends. Errors: 42501 a caller who sees only some rows, 53200 more users than telemetry.kpi_memory holds.';
