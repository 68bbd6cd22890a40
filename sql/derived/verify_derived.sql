-- verify_derived() tells whether derived data is what the log says.

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
'Compares the hourly counts and the timeline with the log, event by event, up to the position of
each cursor. What it finds wrong rebuild_derived() mends.

Arguments
  since   only events from this time on; NULL: from the beginning
  until   only events before this time; NULL: to the end; of the hourly counts, the hours that lie
          whole in the range are compared
  tenant  the tenant that is compared; NULL: every tenant that the caller may see
Columns
  derived    timeline, hourly_counts or provenance
  tenant_id  the tenant; NULL for provenance
  expected   how many events are in the log; NULL for provenance
  found      how many events are in what is derived; NULL for provenance
  is_equal   whether these are the same events, with the same time, name, user, source, sampling
             rate and promoted values; false for provenance
  problem    what is wrong; NULL where nothing is
Errors
  22023  since is not before until
  42501  the caller sees only some rows of the log
  53200  there are more users than telemetry.kpi_memory has room for
Notes
  There is one row per derived thing and tenant. A row for provenance comes only where KPIs do not
    read derived data at present: its problem says why, and what to call.
  It reads everything in the range.';
