-- health() says what a DBA has to mend, and with which statement. Twin: src/health.rs.
--
-- Each check is a row, also where all is well. The functions of sql/health/ return one finding per object, and health()
-- gathers them. It reads the catalog and the cursors but no events, writes nothing and takes only the locks of a
-- reader. So it may be scraped, also on a standby, and it runs where half of the tables are gone.

create type telemetry.health_severity as enum ('ok', 'warning', 'error');
comment on type telemetry.health_severity is
'How bad a finding of health() is. ok: there is nothing to do. warning: everything is right, but it is slower or will not go well for ever. error: events may be lost, unguarded or unseen.';

create function telemetry_private.health_checks()
returns setof text
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select unnest('{version,tables,ownership,strangers,members,columns,keys,indexes,unlogged,row_level_security,policies,guards,event_triggers,rules,partition_grants,public_functions,logging,partitions_ahead,default_partition,pending_detach,held_partitions,locks,sequence,cursor_rows,subscriptions,derived,cursor_held,tick,worker,expiry,alert_destinations,exports,tracking}'::text[])
$$;

create function telemetry_private.health()
returns table (check_name text, severity text, problem text, mend text)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set intervalstyle = 'postgres'
set jit = off
set plan_cache_mode = force_generic_plan -- to be planned once in a session
rows 30
as $$
declare
    own constant oid[] := telemetry_private.own_relations();
begin
    return query
    with findings as (
        select f.check_name, f.severity, f.problem, f.mend, row_number() over () as place
          from (select s.* from telemetry_private.health_of_server() s
                 union all
                select s.* from telemetry_private.health_of_structure(own) s
                 union all
                select g.* from telemetry_private.health_of_guards(own) g
                 union all
                select p.* from telemetry_private.health_of_partitions() p
                 union all
                select o.* from telemetry_private.health_of_holds() o
                 union all
                select c.* from telemetry_private.health_of_cursors('15 minutes', '1 hour') c
                 union all
                select x.* from telemetry_private.health_of_expiry('1 day') x
                 union all
                select a.* from telemetry_private.health_of_alert_destinations() a
                 union all
                select e.* from telemetry_private.health_of_exports('1 hour') e
                 union all
                select t.* from telemetry_private.health_of_tracking() t) f
    ),
    mends as (
        select m.check_name, string_agg(m.mend, E';\n' order by m.place) as statements
          from (select f.check_name, f.mend, min(f.place) as place from findings f group by 1, 2) m
         group by 1
    )
    select c.name, coalesce(max(f.severity::telemetry.health_severity), 'ok')::text,
           string_agg(f.problem, '; ' order by f.place) filter (where f.nth <= 3)
               || case when count(f.nth) > 3 then format('; and %s more', count(f.nth) - 3) else '' end,
           m.statements
      from telemetry_private.health_checks() with ordinality c (name, place)
      left join (select f.*, row_number() over (partition by f.check_name order by f.place) as nth from findings f) f on f.check_name = c.name
      left join mends m on m.check_name = c.name
     group by c.name, c.place, m.statements
     order by c.place;
end
$$;

create function telemetry.health()
returns table (check_name text, severity text, problem text, mend text)
language sql
stable
parallel restricted
rows 30
begin atomic
    select h.check_name, h.severity, h.problem, h.mend from telemetry_private.health() h;
end;

create function telemetry.health_summary()
returns table (healthy boolean, severity text, errors integer, warnings integer, reasons text[])
language sql
stable
parallel restricted
rows 1
begin atomic
    select count(*) filter (where h.severity = 'error') = 0,
           coalesce(max(h.severity::telemetry.health_severity), 'ok')::text,
           (count(*) filter (where h.severity = 'error'))::integer,
           (count(*) filter (where h.severity = 'warning'))::integer,
           coalesce(array_agg(format('%s: %s', h.check_name, h.problem) order by h.severity::telemetry.health_severity desc, h.check_name)
                        filter (where h.severity <> 'ok'), '{}')
      from telemetry_private.health() h;
end;

-- metric_samples() calls this, which anybody with metrics may call: it returns nothing unless it is told that the
-- caller sees the whole log.
create function telemetry_private.health_samples(is_whole boolean)
returns table (check_name text, value double precision)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if is_whole then
        return query
        select h.check_name, array_position('{ok,warning,error}', h.severity) - 1::double precision
          from telemetry_private.health() h;
    end if;
end
$$;

comment on function telemetry.health is
'Checks the installation: what is wrong with it, and which statement mends that. There is one row
per check, also where all is well.

Columns
  check_name  what is checked; see the notes
  severity    ok, warning or error, see telemetry.health_severity
  problem     which objects it is about: the first three, and how many more; NULL where severity is
              ok
  mend        the statement or statements that mend all of them, for the owner to run; a comment
              where there is none; NULL where severity is ok
Notes
  It checks the version of the library against that of the script.
  It checks the tables: whether they are there, whose they are, whether strangers'' code runs on
    them, whether they are members of the extension, their columns, keys and indexes, and whether
    they are unlogged.
  It checks what guards them: row-level security and policies, triggers and event triggers, rules,
    grants on partitions, and functions that PUBLIC may call.
  It checks the log: whether telemetry.enabled is on, whether partitions are there ahead, whether
    there is a default partition or one whose detaching has not ended, and whether there is room for
    locks.
  It checks what is derived: the sequence and the cursors, whether derived data belongs to the log,
    subscriptions, what holds ticks back, ticks that nobody runs or that an error stops, and a
    worker that is not at work; and expiry that is on and does not go on.
  It checks what leaves the database: alerts that only destinations which were dropped are told of,
    and exports that nobody writes.
  It reads no events and takes milliseconds, so that it may be scraped, see metrics(). It runs on a
    standby and in a READ ONLY transaction too.
  It is for the owner, and for the access levels auditor and admin. It raises no errors of its own.';

comment on function telemetry.health_summary is
'Whether the log is healthy, in one row, and why it is not: what an endpoint such as /api/health
answers with.

Columns
  healthy           whether no check finds an error; warnings leave it healthy
  severity          the worst that a check finds: ok, warning or error
  errors, warnings  how many checks find an error, and a warning
  reasons           what they find, errors first, each as check: problem; health() says how to mend
                    it
Notes
  The row is always there. It costs what health() costs, and is for those who may call that.';
