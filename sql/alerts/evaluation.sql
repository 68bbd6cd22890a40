-- Evaluation: every alert at every point of its grid since the last round, and what changed.
--
-- The states that a round leaves are where the next one goes on. So the same history comes out however often rounds are run, as
-- long as a day does not pass between two of them.
--
-- At most points of most alerts nothing changes. So a round first asks which alerts change at all, see changing.sql. Only those are then
-- judged one by one.

-- Whose numbers an alert is about: of one by tenant every tenant that had events lately or has an open instance, else all
-- together, which is NULL. Tenants that are not in the timeline yet are found in the rows above it.
create function telemetry_private.alert_tenants(rule jsonb, since timestamptz, until timestamptz)
returns uuid[]
language sql
stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
    select case when (rule ->> 'by_tenant')::boolean then (
        select coalesce(array_agg(t.tenant_id order by t.tenant_id), '{}')
          from (select t.tenant_id from telemetry.timeline_tenants t
                 union
                select e.tenant_id from telemetry.events e
                 where e.ingest_id > (select c.position from telemetry.cursor_positions c where c.consumer = 'timeline')
                   and e.event_ts >= since and e.event_ts < until
                 union
                select s.tenant_id from telemetry.alert_states s where s.alert = rule ->> 'name' and s.status in ('pending', 'firing')) t)
        else '{null}' end
$$;

-- The range that was judged at a time.
create function telemetry_private.alert_range(rule jsonb, at timestamptz)
returns table (range_since timestamptz, range_until timestamptz)
language sql
stable
rows 1
begin atomic
    select d.until - cast(rule ->> 'within' as interval), d.until
      from (select at - cast(rule ->> 'delay' as interval) as until) d
     where rule ->> 'within' is not null
     union all
    select b.bucket, b.next_bucket
      from telemetry_private.alert_buckets(rule, array[at - cast(rule ->> 'delay' as interval)]) b
     where rule ->> 'grain' is not null;
end;

-- Judges one alert after one time and up to another; returns how many transitions it made.
create function telemetry_private.evaluate_alert(alert jsonb, after timestamptz, until timestamptz)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    kpi constant jsonb := telemetry_private.alert_kpi(alert);
    rule constant jsonb := telemetry_private.alert_rule(alert, kpi);
    at constant timestamptz[] := telemetry_private.alert_grid((alert ->> 'every')::interval, after, until);
    limited constant boolean := (rule ->> 'has_instances')::boolean or (rule ->> 'by_tenant')::boolean;
    nowhere constant boolean[] := array_fill(false, array[cardinality(at)]);
    tenants uuid[];
    made bigint := 0;
    was_open integer;
    had_too_many boolean;
    changed record;
    range record;
    told boolean;
    untold uuid[] := '{}';
begin
    if cardinality(at) = 0 then
        return 0;
    end if;
    if rule ->> 'threshold' is null or rule ->> 'fires' is null then
        raise exception 'KPI "%" has no target any more', kpi ->> 'name'
            using errcode = '22023', hint = 'Give the alert a threshold and a side of its own: telemetry.register_alert().';
    end if;
    tenants := telemetry_private.alert_tenants(rule, at[1] - (alert ->> 'delay')::interval - coalesce(rule ->> 'within', '1 day')::interval, until);
    was_open := (select count(*) from telemetry.alert_states s where s.alert = rule ->> 'name' and s.status = 'firing' and s.fingerprint <> telemetry_private.alert_fingerprint(rule ->> 'name', '$too_many', true, null));
    had_too_many := was_open > (alert ->> 'max_instances')::integer;
    for changed in
        with series as materialized (
            select s.* from telemetry_private.alert_series(kpi, rule, at, tenants) s
        ),
        instances as (
            select coalesce(s.fingerprint, o.fingerprint) as fingerprint, coalesce(s.tenant_id, o.tenant_id) as tenant_id,
                   case when s.fingerprint is null then o.breakdown_value else s.breakdown_value end as breakdown_value,
                   coalesce(s.is_other, o.is_other) as is_other, to_jsonb(o) as state,
                   -- An open one that does not occur at all.
                   coalesce(s.numbers, array_fill((rule ->> 'number_of_none')::double precision, array[cardinality(at)])) as numbers,
                   coalesce(s.counts, array_fill(0::double precision, array[cardinality(at)])) as counts,
                   case when s.fingerprint is null then nowhere else s.present end as present
              from series s
              full join (select o.* from telemetry.alert_states o where o.alert = rule ->> 'name' and o.status <> 'error' and o.breakdown_value is distinct from '$too_many') o on o.fingerprint = s.fingerprint
        )
        select i.fingerprint, i.tenant_id, i.breakdown_value, i.is_other, j.*,
               -- How many fire at the same time, of this transition and those before it.
               was_open + sum(case 'firing' when j.to_status then 1 when j.from_status then -1 else 0 end)
                   over (order by j.changed_at, j.to_status = 'firing', i.fingerprint rows unbounded preceding) as firing,
               lead(j.changed_at) over (order by j.changed_at, j.to_status = 'firing', i.fingerprint) as next_at
          from instances i, telemetry_private.judge_alert(rule, i.state, at, i.numbers, i.counts, i.present) j
         order by j.changed_at, j.to_status = 'firing', i.fingerprint
    loop
        if changed.changed_at is null then
            insert into telemetry.alert_states as t (fingerprint, alert, tenant_id, breakdown_value, is_other, status, since, breached_since, cleared_since, firings, is_flapping, told_at, was_told)
            select changed.fingerprint, rule ->> 'name', changed.tenant_id, changed.breakdown_value, changed.is_other,
                   l.status, l.since, l.breached_since, l.cleared_since, l.firings, l.is_flapping, l.told_at, l.was_told and changed.fingerprint <> all (untold)
              from jsonb_populate_record(null::telemetry.alert_states, changed.state_left) l
                on conflict (fingerprint) do update
               set status = excluded.status, since = excluded.since, breached_since = excluded.breached_since, cleared_since = excluded.cleared_since,
                   firings = excluded.firings, is_flapping = excluded.is_flapping, told_at = excluded.told_at, was_told = excluded.was_told,
                   acknowledged_at = case when excluded.status = 'firing' and t.since = excluded.since then t.acknowledged_at end,
                   acknowledged_by = case when excluded.status = 'firing' and t.since = excluded.since then t.acknowledged_by end,
                   note = case when excluded.status = 'firing' and t.since = excluded.since then t.note end;
            continue;
        end if;
        -- Of more than so many at a time nobody is told one by one, neither of the firing nor of its end.
        told := changed.notifies;
        if limited and changed.to_status = 'firing' and changed.firing > (alert ->> 'max_instances')::integer then
            told := false;
            untold := untold || changed.fingerprint;
        elsif changed.fingerprint = any (untold) then
            told := false;
            untold := array_remove(untold, changed.fingerprint);
        end if;
        select r.* into range from telemetry_private.alert_range(rule, changed.changed_at) r;
        insert into telemetry.alert_transitions (at, fingerprint, alert, tenant_id, breakdown_value, is_other, from_status, to_status, value, n, threshold, range_since, range_until, cause, severity, notifies)
        values (changed.changed_at, changed.fingerprint, rule ->> 'name', changed.tenant_id, changed.breakdown_value, changed.is_other, changed.from_status, changed.to_status,
                changed.value, changed.n, (rule ->> 'threshold')::double precision, range.range_since, range.range_until, changed.cause, alert ->> 'severity', told);
        made := made + 1;
        if limited and changed.next_at is distinct from changed.changed_at and had_too_many <> (changed.firing > (alert ->> 'max_instances')::integer) then
            had_too_many := not had_too_many;
            perform telemetry_private.note_too_many(alert, changed.changed_at, changed.firing::bigint, had_too_many);
            made := made + 1;
        end if;
    end loop;
    return made;
end
$$;

-- More instances fire than are told one by one, or no longer: one instance stands for the others.
create function telemetry_private.note_too_many(alert jsonb, at timestamptz, firing bigint, begins boolean)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    with told as (
        insert into telemetry.alert_transitions (at, fingerprint, alert, tenant_id, breakdown_value, is_other, from_status, to_status, value, threshold, cause, severity, notifies)
        select at, telemetry_private.alert_fingerprint(alert ->> 'name', '$too_many', true, null), alert ->> 'name', '00000000-0000-0000-0000-000000000000', '$too_many', true,
               case when begins then 'quiet' else 'firing' end, case when begins then 'firing' else 'quiet' end, firing, (alert ->> 'max_instances')::double precision, 'too_many', alert ->> 'severity', true
        returning fingerprint, alert, tenant_id, breakdown_value, to_status, at
    )
    insert into telemetry.alert_states (fingerprint, alert, tenant_id, breakdown_value, is_other, status, since, was_told)
    select t.fingerprint, t.alert, t.tenant_id, t.breakdown_value, true, t.to_status, t.at, begins from told t
        on conflict (fingerprint) do update set status = excluded.status, since = excluded.since, was_told = excluded.was_told
$$;

-- An alert that cannot be evaluated: that is told once, and what is open of it stays as it is.
create function telemetry_private.note_alert_error(name text, severity text, after timestamptz, until timestamptz, message text)
returns bigint
language sql
set search_path = pg_catalog, pg_temp
as $$
    with state as (
        insert into telemetry.alert_states as t (fingerprint, alert, tenant_id, status, since, evaluated_until, error, is_other, breakdown_value)
        values (telemetry_private.alert_fingerprint(name, '$error', true, null), name, '00000000-0000-0000-0000-000000000000', 'error', until, after, message, true, '$error')
            on conflict (fingerprint) do nothing
        returning t.fingerprint, t.tenant_id
    ),
    told as (
        insert into telemetry.alert_transitions (at, fingerprint, alert, tenant_id, breakdown_value, is_other, from_status, to_status, range_since, range_until, cause, severity, notifies, message)
        select until, s.fingerprint, name, s.tenant_id, '$error', true, 'quiet', 'error', after, until, 'error', severity, true, message from state s
        returning transition_id
    )
    select count(*) from told
$$;

create function telemetry_private.note_alert_mended(name text, severity text, at timestamptz)
returns bigint
language sql
set search_path = pg_catalog, pg_temp
as $$
    with state as (
        delete from telemetry.alert_states s where s.fingerprint = telemetry_private.alert_fingerprint(name, '$error', true, null)
        returning s.fingerprint, s.tenant_id
    ),
    told as (
        insert into telemetry.alert_transitions (at, fingerprint, alert, tenant_id, breakdown_value, is_other, from_status, to_status, cause, severity, notifies)
        select at, s.fingerprint, name, s.tenant_id, '$error', true, 'error', 'quiet', 'error', severity, true from state s
        returning transition_id
    )
    select count(*) from told
$$;

create function telemetry_private.evaluate_alerts(as_of timestamptz)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set jit = off
as $$
#variable_conflict use_column
declare
    until constant timestamptz := coalesce(as_of, now());
    after timestamptz;
    first timestamptz;
    alert record;
    changing text[];
    made bigint := 0;
begin
    if until > clock_timestamp() then
        raise exception 'as_of is in the future'
            using errcode = '22023', hint = 'Leave it out: then it is now.';
    end if;
    -- The lock is that of the row: anybody could hold the key of an advisory lock.
    select r.evaluated_until into after from telemetry.alert_rounds r where r.place = 'all' for update skip locked;
    if after is null or until <= after then
        return 0;
    end if;
    if after < until - interval '1 day' and exists (select from telemetry.alerts) then
        insert into telemetry.alert_transitions (at, fingerprint, alert, tenant_id, from_status, to_status, range_since, range_until, cause, severity, notifies, message)
        values (until, telemetry_private.alert_fingerprint('', '$error', true, null), '', '00000000-0000-0000-0000-000000000000', 'quiet', 'error', after, until - interval '1 day', 'error', 'sev2', true,
                format('not evaluated from %s to %s', to_char(after, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), to_char(until - interval '1 day', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')));
        made := 1;
    end if;
    changing := telemetry_private.alerts_to_judge(after, until);
    for alert in
        select a.name, a.severity, to_jsonb(a) as definition, coalesce(e.evaluated_until, after) as after, e.fingerprint is not null as has_failed
          from telemetry.alerts a
          left join telemetry.alert_states e on e.alert = a.name and e.status = 'error'
         where a.name = any (changing) or e.fingerprint is not null
         order by a.kpi, a.name
    loop
        first := greatest(alert.after, until - interval '1 day');
        -- In a subtransaction: a rule that fails is one row that says why, and is evaluated from there once it is mended.
        begin
            made := made + telemetry_private.evaluate_alert(alert.definition, first, until);
            if alert.has_failed then
                made := made + telemetry_private.note_alert_mended(alert.name, alert.severity, until);
            end if;
        exception
            when others then
                -- The transaction must be tried again, or the server is going down.
                if sqlstate ~ '^(40|57)' then
                    raise;
                end if;
                made := made + telemetry_private.note_alert_error(alert.name, alert.severity, first, until, sqlerrm);
        end;
    end loop;
    delete from telemetry.alert_states s where s.status = 'quiet' and s.since < until - interval '30 days';
    update telemetry.alert_rounds r set evaluated_until = until where r.place = 'all';
    perform telemetry_private.notify_exports(telemetry_private.outbound_clock());
    perform telemetry_private.notify(telemetry_private.outbound_clock());
    return made;
end
$$;

create function telemetry.evaluate_alerts(as_of timestamptz default null)
returns bigint
language sql
begin atomic
    select telemetry_private.evaluate_alerts(as_of);
end;

comment on function telemetry.evaluate_alerts is
'Judges every alert at every point of its grid since the last round, writes down what changed, and
tells the destinations that send alerts. tick() calls it.

Arguments
  as_of  up to when; default NULL: now
Returns
  How many transitions it made; 0 where another session is at it.
Errors
  22023  as_of is in the future
Notes
  The same transitions come out however often it is called, as long as a day does not pass between
    two calls: it goes back one day at most, and what lies before that is told as one error.
  An alert that cannot be evaluated, since its KPI is gone for instance, has the status error: that
    is told once, what is open of it stays open, and what was missed is made up for.
  A round in which nothing changes writes one row.';
