-- What must hold of a database that was moved, restored or broken; a line for whatever does not. After guards.sql and the
-- guards of a fresh installation, with the variables `repair` (what the owner does first: tick or init) and `least` (as
-- many events must be there).
--
-- "problem": wrong. "said": an error that says what to do, which will do until the owner did it.
set client_min_messages = error;

create temp table questions (question text, per_tenant boolean);
insert into questions values
    ($q$select string_agg(v::text, ' ' order by v.bucket, v.event_name) from telemetry.event_volume(grain => 'day', tenant => $1) v$q$, true),
    ($q$select string_agg(v::text, ' ' order by v.bucket, v.event_name)
          from telemetry.event_volume(since => date_trunc('hour', now()) - interval '33 days 17 minutes', grain => 'week', tenant => $1) v$q$, false),
    ($q$select string_agg(v::text, ' ' order by v.bucket) from telemetry.active_users(grain => 'week', tenant => $1) v$q$, true),
    ($q$select md5(string_agg(v::text, ' ' order by v.bucket, v.tenant_id, v.actor_id)) from telemetry.active_users_actors(grain => 'month', tenant => $1) v$q$, false),
    ($q$select string_agg(v::text, ' ' order by v.breakdown_value, v.step) from telemetry.funnel('["opened", "viewed", "bought"]', interval '20 days', breakdown => 'page', tenant => $1) v$q$, false),
    ($q$select string_agg(v::text, ' ' order by v.cohort, v.period) from telemetry.retention('opened', 'bought', grain => 'week', periods => 4, tenant => $1) v$q$, true),
    ($q$select string_agg(v::text, ' ' order by v.value) from telemetry.top_values('page', tenant => $1) v$q$, false),
    ($q$select md5(string_agg(v::text, ' ' order by v::text)) from telemetry.user_sessions(tenant => $1) v$q$, false);

-- The error of a command, with its hint; NULL where it has none.
create function pg_temp.attempt(command text)
returns text
language plpgsql
as $$
declare
    message text;
    hint text;
begin
    execute command;
    return null;
exception
    when others then
        get stacked diagnostics message = message_text, hint = pg_exception_hint;
        return format('error %s %s%s', sqlstate, message, ' HINT: ' || nullif(hint, ''));
end
$$;

-- As a role that sees one tenant, where `analyst` is one.
create function pg_temp.answer(question text, tenant uuid, source text, analyst name)
returns text
language plpgsql
as $$
declare
    answer text;
    message text;
    hint text;
begin
    perform set_config('telemetry.kpi_source', source, false), set_config('role', analyst, false), set_config('telemetry.tenant_id', '00000000-0000-4000-8000-000000000001', false);
    execute question into answer using tenant;
    perform set_config('role', 'none', false), set_config('telemetry.tenant_id', '', false);
    return answer;
exception
    when others then
        get stacked diagnostics message = message_text, hint = pg_exception_hint;
        return format('error %s %s%s', sqlstate, message, ' HINT: ' || nullif(hint, ''));
end
$$;

-- `settled`: the owner did what there is to do, so no error is good enough.
create function pg_temp.told(phase text, what text, error text, settled boolean)
returns text
language sql
strict
as $$
    select format('%s %s: %s: %s', case when not settled and error like '% HINT: %' then 'said' else 'problem' end, phase, what, error)
$$;

-- What comes after the place where two texts part, so that a line shows the difference.
create function pg_temp.parted(one text, other text)
returns text
language sql
as $$
    select substring(one from greatest(1, n - 20) for 90)
      from generate_series(1, length(one) + 1) n
     where left(one, n) is distinct from left(other, n) or n > length(one)
     order by n
     limit 1
$$;

create function pg_temp.wrong_answers(phase text, settled boolean)
returns setof text
language plpgsql
as $$
declare
    asked record;
    auto text;
    raw text;
    wrong text[] := '{}';
    first text;
begin
    for asked in
        select q.question, substring(q.question from 'telemetry\.(\w+)') as kpi, t.tenant, t.analyst
          from questions q
         cross join (values (null::uuid, 'none', false), ('00000000-0000-4000-8000-000000000001', 'none', true), (null, 'moves_analyst', true)) t (tenant, analyst, is_tenant)
         where (q.per_tenant or not t.is_tenant)
           and (t.analyst = 'none' or has_schema_privilege(t.analyst, 'telemetry', 'usage'))
    loop
        raw := pg_temp.answer(asked.question, asked.tenant, 'raw', asked.analyst);
        auto := pg_temp.answer(asked.question, asked.tenant, 'auto', asked.analyst);
        if auto like 'error %' and auto is distinct from raw or settled and raw like 'error %' and asked.analyst = 'none' then
            return next pg_temp.told(phase, asked.kpi, auto, settled);
        elsif auto is distinct from raw then
            wrong := wrong || asked.kpi;
            first := coalesce(first, format('auto ..%s.. raw ..%s..', pg_temp.parted(auto, raw), pg_temp.parted(raw, auto)));
        end if;
    end loop;
    perform set_config('telemetry.kpi_source', 'auto', false);
    if first is not null then
        return next format('problem %s: auto is not raw: %s; %s', phase, array_to_string(wrong, ' '), first);
    end if;
end
$$;

create function pg_temp.wrong_state(phase text, ticked boolean)
returns setof text
language plpgsql
as $$
begin
    -- Where the owner dropped the cursors, init() comes first.
    if to_regclass('telemetry.cursor_positions') is null and not ticked then
        return;
    end if;
    return query
    select format('problem %s: lag of %s is %s', phase, c.consumer, c.lag_events) from telemetry.cursors c where c.lag_events < 0 or ticked and c.lag_events <> 0;
    if ticked then
        return query
        select format('problem %s: cursors are %s', phase, string_agg(c.consumer, ' ')) from telemetry.cursors c having count(*) <> 2
        union all
        select format('problem %s: verify_derived() %s', phase, v) from telemetry.verify_derived() v where v.is_equal is distinct from true
        union all
        select format('problem %s: hourly counts hold %s events, the log %s', phase, h.events, l.events)
          from (select coalesce(sum(events), 0) as events from telemetry.hourly_counts) h, (select count(*) as events from telemetry.events) l
         where h.events <> l.events
        union all
        select format('problem %s: the sequence stands at %s, the log at %s', phase, s.last_value, l.last)
          from telemetry_private.ingest_id s, (select max(ingest_id) as last from telemetry.events) l where s.last_value < l.last;
    end if;
exception
    when others then
        return next format('problem %s: error %s %s', phase, sqlstate, sqlerrm);
end
$$;

-- Three events, of a user that is known, of one that is not, of nobody.
create function pg_temp.log_three(phase text, settled boolean)
returns setof text
language plpgsql
as $$
declare
    before bigint := (select count(*) from telemetry.events);
    logged integer := 0;
    error text;
begin
    perform telemetry.register_event(n, '{"promoted_properties": ["page"]}') from unnest('{opened,viewed,bought}'::text[]) n
      where not exists (select from telemetry.event_types t where t.event_name = n);
    for error in
        select pg_temp.attempt(format('select telemetry.log_event(%L, %L, user_id => %L, tenant_id => %L)', e.name, '{"page": "page 1"}', e.user_id, e.tenant))
          from (values ('opened', md5('user 1')::uuid, '00000000-0000-4000-8000-000000000001'), ('viewed', gen_random_uuid(), '00000000-0000-4000-8000-000000000002'),
                       ('bought', null, '00000000-0000-4000-8000-000000000001')) e (name, user_id, tenant)
    loop
        if error is null then
            logged := logged + 1;
        else
            return next pg_temp.told(phase, 'log_event()', error, settled);
        end if;
    end loop;
    if (select count(*) from telemetry.events) <> before + logged then
        return next format('problem %s: %s events and %s logged are %s', phase, before, logged, (select count(*) from telemetry.events));
    end if;
exception
    when others then
        return next format('problem %s: logging: error %s %s', phase, sqlstate, sqlerrm);
end
$$;

-- What health() calls an error when all is over: the detaching that only its owner may end, and nothing else.
create function pg_temp.ailments()
returns setof text
language plpgsql
as $$
begin
    return query execute $q$
        select format('problem health(): %s is %s: %s', h.check_name, h.severity, h.problem)
          from telemetry.health() h
         where (h.severity = 'error') <> (h.check_name = 'pending_detach' and exists (select from pg_inherits i where i.inhdetachpending)) $q$;
end
$$;

select format('problem at once: the log has %s events, not %s', count(*), :least) from telemetry.events having count(*) < :least;
select pg_temp.wrong_answers('at once', false);
select pg_temp.wrong_state('at once', false);
select pg_temp.log_three('logged', false);
select pg_temp.wrong_answers('logged', false);
select pg_temp.wrong_state('logged', false);

\if :init_first
select pg_temp.told('init', 'init()', pg_temp.attempt('select telemetry.init()'), true);
select pg_temp.wrong_answers('init', true);
\endif
call telemetry.tick(60);
\if :ERROR
select pg_temp.told('ticked', 'tick()', pg_temp.attempt('call telemetry.tick(60)'), :'init_first');
\else
select pg_temp.wrong_answers('ticked', :'init_first');
select pg_temp.wrong_state('ticked', true);
\endif
\if :init_first
\else
select pg_temp.told('init', 'init()', pg_temp.attempt('select telemetry.init()'), true);
select pg_temp.wrong_answers('init', true);
\endif
select format('problem guards: %s', g.problem) from pg_temp.missing_guards() g limit 12;
select pg_temp.log_three('again', true);
select pg_temp.wrong_answers('again', true);
call telemetry.tick(60);
\if :ERROR
select pg_temp.told('again', 'tick()', pg_temp.attempt('call telemetry.tick(60)'), true);
\endif
select pg_temp.wrong_answers('ticked again', true);
select pg_temp.wrong_state('ticked again', true);
select pg_temp.ailments() where to_regprocedure('telemetry.health()') is not null;
\echo checked
