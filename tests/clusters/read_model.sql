-- A world for the read model: random events come, ticks take some of them, promotions change, derived data is thrown away;
-- in between random questions are asked. Read in this order: step, question, asked, run(). What must be answered:
-- read_model_naive.sql.
set client_min_messages = warning;
set check_function_bodies = off;
create schema model;
set search_path = model, pg_catalog;

-- The setting seed decides on everything but the clock.
create function chance(p double precision) returns boolean language sql volatile as $$ select random() < p $$;
create function below(n integer) returns integer language sql volatile as $$ select floor(random() * n)::integer $$;
create function pick(variadic list text[]) returns text language sql volatile as $$ select list[1 + floor(random() * cardinality(list))::integer] $$;
create function id(kind text, n integer) returns uuid language sql immutable as $$ select case when kind = 'tenant' and n = 0 then '00000000-0000-0000-0000-000000000000' else md5(kind || n)::uuid end $$;
create function names() returns text[] language sql immutable as $$ select '{open,view,start,answer,pay,share,close,note}'::text[] $$;
create function keys() returns text[] language sql immutable as $$ select '{plan,n,flag,ms,at}'::text[] $$;

-- Moments at which buckets begin or clocks change, and the equal times of many events.
create function moment() returns timestamptz language sql volatile as $$
    select case model.below(12)
        when 0 then model.pick('2025-03-09 06:00', '2025-03-09 07:00', '2025-11-02 05:00', '2025-11-02 06:00', '2025-04-24 22:00', '2025-04-24 21:00', '2025-10-30 21:00', '2025-10-30 22:00', '2025-09-27 14:00', '2025-04-05 14:00', '2025-11-02 04:00', '2025-10-26 00:00')::timestamp at time zone 'UTC'
                    + model.below(6) * interval '20 minutes'
        when 1 then (date '2025-03-01' + model.below(60)) at time zone model.pick('UTC', 'Asia/Kolkata', 'America/New_York', 'Africa/Cairo', 'America/Havana') - model.below(2) * interval '1 microsecond'
        when 2 then timestamptz '2025-03-03 00:00+00' + model.below(24 * 14) * interval '1 hour' - model.below(2) * interval '1 microsecond'
        when 3 then timestamptz '2025-02-01 00:00+00' + random() * interval '280 days'
        when 4 then timestamptz '2025-02-01 00:00+00' + model.below(6800) * interval '1 hour'
        when 5 then case when model.chance(0.1) then now() + (4 - model.below(90)) * interval '1 minute' else timestamptz '2025-12-31 23:00+00' + random() * interval '2 hours' end
        when 6 then timestamptz '2025-03-10 10:00+00' + model.below(60) * interval '1 minute'
        else timestamptz '2025-03-05 00:00+00' + model.below(12) * interval '1 day' + model.below(20000) * interval '1 second'
    end
$$;

create function value(key text) returns jsonb language sql volatile as $$
    select case
        when key = 'plan' then model.pick('"pro"', '"pro"', '"free"', '"free"', '"Free"', '""', 'null', '{"a": 1}', '["pro"]', '1', to_jsonb(repeat('long ', 60 + model.below(3)))::text, '"ünï \" \\ \n"')
        when key = 'n' then model.pick('1', '1.0', '1.00', '1.50', '1.5', '1e3', '1000', '0', '-0.0', '-1', '"1"', 'true', 'null', '12345678901234567890.123', '0.00000012', '100', '10')
        when key = 'ms' then case when model.chance(0.9) then case model.below(3) when 0 then model.below(400)::text when 1 then (model.below(4000) / 8.0)::text else to_char(model.below(900) / 10.0 - 20, 'FM990.000') end else model.pick('"12"', 'true', 'null', '1e30') end
        when key = 'flag' then model.pick('true', 'false', 'true', 'false', 'null', '"true"', '[]', '{}')
        when key = 'at' then case when model.chance(0.9) then to_jsonb(to_char(model.moment() at time zone 'UTC', model.pick('YYYY-MM-DD"T"HH24:MI:SS.US"Z"', 'YYYY-MM-DD HH24:MI"+00"', 'YYYY-MM-DD"T"HH24:MI:SS"-05:30"', 'YYYY-MM-DD"T"HH24:MI:SS')))::text else model.pick('"soon"', 'null', '12', '"1969-12-31T00:00:00Z"') end
        else model.pick('"x"', '"y"', '{"b": [1, 2]}', '7')
    end::jsonb
$$;

-- Objects and lists come in one name only: one of them in a chunk, and the key is not kept for that name there.
create function payload(event_name text) returns jsonb language plpgsql volatile as $$
declare
    made jsonb := '{}';
    one jsonb;
    key text;
begin
    foreach key in array model.keys() || '{extra}'::text[] loop
        if model.chance(0.6) then
            one := model.value(key);
            if jsonb_typeof(one) not in ('object', 'array') or key = 'extra' or event_name = 'close' and model.chance(0.1) then
                made := made || jsonb_build_object(key, one);
            end if;
        end if;
    end loop;
    return made;
end
$$;

create function tenant() returns integer language sql volatile as $$ select case when random() < 0.75 then 1 when random() < 0.9 then 2 else 0 end $$;
create function user_of(tenant integer, evenly boolean default false) returns uuid language sql volatile as $$
    select case when random() < 0.9 then model.id('user', floor(power(random(), case when evenly then 1 else 2 end) * case tenant when 1 then case when evenly then 3000 else 900 end when 2 then 40 else 6 end)::integer) end
$$;
-- Of names that no definition promotes keys for, one tenant alone has events.
create function name_of(tenant integer) returns text language sql volatile as $$
    select case when random() > 0.1 then model.pick(variadic model.names()) when tenant = 2 and random() < 0.3 then 'loose_' || model.below(20) else 'rare_' || model.below(60) end
$$;

-- As the owner, who alone may; what log_event() and import_events() write is rows too.
create procedure add_events(events integer, tenant integer default null, evenly boolean default false) language plpgsql as $$
declare
    t integer;
    at_time timestamptz;
    actor uuid;
    name text;
    -- Clients whose clocks tell whole seconds, and whose events share them.
    is_coarse constant boolean := model.chance(0.25);
begin
    for i in 1..events loop
        -- Some at one time, some of those of one actor.
        if at_time is null or model.chance(0.6) then
            at_time := case when is_coarse then timestamptz '2025-03-12 09:00+00' + model.below(20) * interval '1 second' else model.moment() end;
        end if;
        if t is null or model.chance(0.8) then
            t := coalesce(tenant, model.tenant());
            actor := model.user_of(t, evenly);
        end if;
        name := model.name_of(t);
        insert into telemetry.events (event_id, tenant_id, event_ts, user_id, session_id, subject_id, event_name, source, sample_rate, payload)
        values (md5(random()::text)::uuid, model.id('tenant', t), at_time, actor,
                case when model.chance(0.7) then model.id('session', model.below(150)) end, case when model.chance(0.3) then model.id('subject', model.below(20)) end,
                name, case when model.chance(0.6) then model.pick('web', 'mobile', 'backend') end, case when model.chance(0.1) then model.pick('0.5', '0.25', '0.1', '0.8', '1')::real end,
                case when model.chance(0.9) then model.payload(name) else '{}' end);
    end loop;
    -- What the logging functions note of old events.
    perform telemetry_private.note_late_arrivals('-infinity', 'infinity', 1, s.last_value) from telemetry_private.ingest_id s;
end
$$;

create procedure import_events(events integer) language plpgsql as $$
begin
    perform telemetry.import_events((
        select jsonb_agg(jsonb_build_object('event_name', n, 'event_ts', model.moment() - interval '3 minutes', 'tenant_id', model.id('tenant', t),
                                            'user_id', model.user_of(t), 'payload', model.payload(n)))
          from (select model.tenant() as t, model.pick(variadic model.names()) as n from generate_series(1, events)) x));
end
$$;

create procedure promote() language plpgsql as $$
begin
    perform telemetry.update_event(model.pick(variadic model.names()), jsonb_build_object('promoted_properties', (
        select coalesce(jsonb_agg(key), '[]') from unnest(model.keys() || case when model.chance(0.2) then '{extra}' else '{}' end::text[]) key where model.chance(0.8))));
end
$$;

-- As after a restore without what is derived: later ticks make all of it anew. Numbers of actors may begin anywhere: with 65,400
-- actors before them, those of one tenant are of two bands.
create procedure forget_derived(actors integer) language plpgsql as $$
begin
    -- Before any other lock of it: a procedure in SQL takes those of all its statements when it begins, and two of them deadlock.
    lock telemetry.cursor_positions in exclusive mode;
    delete from telemetry.timeline_chunks;
    delete from telemetry.timeline_actors;
    update telemetry.timeline_tenants set actors = forget_derived.actors, epoch = epoch + 1;
    delete from telemetry.hourly_counts;
    update telemetry.cursor_positions set position = 0, safe_until = 0 where consumer in ('timeline', 'hourly_counts');
end
$$;

-- One thing that happens to the log or to what is derived of it.
create procedure step() language plpgsql as $$
declare
    s constant double precision := random();
begin
    if s < 0.35 then
        call model.add_events(1 + model.below(case when model.chance(0.1) then 600 else 60 end));
    elsif s < 0.45 then
        call model.import_events(1 + model.below(30));
    elsif s < 0.80 then
        for i in 1..1 + model.below(12) loop
            perform telemetry.tick_unit(1 + model.below(case when model.chance(0.3) then 700 else 40 end));
            commit;
        end loop;
    elsif s < 0.85 then
        call telemetry.tick();
    elsif s < 0.88 then
        call model.promote();
        if model.chance(0.8) then
            perform telemetry.rebuild_derived();
        end if;
    elsif s < 0.90 then
        perform telemetry.rebuild_derived((x->>'since')::timestamptz, (x->>'until')::timestamptz, (x->>'tenant')::uuid)
           from (select model.some_tenant() || model.some_range(40)) r (x) where (x->>'since')::timestamptz < (x->>'until')::timestamptz;
    elsif s < 0.96 then
        -- Numbers that were given in a transaction that never was; asked within it and after it.
        call model.add_events(1 + model.below(50));
        perform telemetry.tick_unit(1 + model.below(100));
        call model.ask(2);
        rollback;
    elsif s < 0.98 then
        insert into model.failure (who, what, question, surplus)
        select 'postgres', 'verified', 'verify_derived()', array_agg(v::text) from telemetry.verify_derived() v where not v.is_equal having count(*) > 0;
    else
        call model.forget_derived(model.below(2) * 65400);
    end if;
    commit;
end
$$;

-- ---- questions ----

-- Arguments are an object of texts; one that is null is left out.
create function argument(name text, value text) returns jsonb language sql immutable as $$
    select case when value is null then '{}' else jsonb_build_object(name, value) end
$$;
create function call_of(function text, arguments jsonb) returns text language sql immutable as $$
    select format('%s(%s)', function, string_agg(format('%s => %L', key, value), ', ')) from jsonb_each_text(arguments)
$$;

-- Most that are asked for are promoted; `plain`: all.
create function condition(plain boolean default false) returns text language sql volatile as $$
    select case case when not plain then model.below(30) end
        when 0 then '{}' when 1 then '{"extra": "x"}' when 2 then '{"extra": {"b": [1]}}' when 3 then '{"plan": {"a": 1}}' when 4 then '{"plan": null}'
        when 5 then '{"flag": true}' when 6 then '{"n": 1, "plan": "pro"}' when 7 then '{"missing": 1}' when 8 then '{"flag": []}'
        else (select jsonb_build_object(key, model.value(key))::text from (select model.pick('plan', 'n', 'n', 'flag') as key) k)
    end
$$;

create function some_filter() returns jsonb language sql volatile as $$
    select model.argument('filter', nullif(c.of_payload || c.of_cohort, '{}')::text)
      from (select case when random() < 0.35 then model.condition()::jsonb else '{}' end as of_payload,
                   case when random() < 0.15 then jsonb_build_object(model.pick('$cohort', '$cohort', '$not_cohort'), model.pick('payers', 'often', 'pros', 'listed', 'anywhere', 'never', 'seldom', 'newcomers')) else '{}' end as of_cohort) c
$$;
create function some_tenant() returns jsonb language sql volatile as $$ select case when random() < 0.6 then model.argument('tenant', model.id('tenant', case when random() < 0.05 then 9 else model.tenant() end)::text) else '{}' end $$;
create function some_name() returns text language sql volatile as $$
    select case when random() < 0.15 then model.pick('rare_', 'rare_', 'loose_') || model.below(60) when random() < 0.03 then 'never' else model.pick(variadic model.names()) end
$$;
create function some_match(plain boolean) returns jsonb language sql volatile as $$
    select case when random() < 0.4 then model.argument('match', model.pick(variadic case when plain then '{"{plan}","{n}","{flag,plan}"}' else '{"{plan}","{n}","{flag,plan,n}","{extra}","{missing}"}' end::text[])) else '{}' end
$$;
create function zone() returns text language sql volatile as $$ select model.pick(null, 'UTC', 'Asia/Kolkata', 'America/New_York', 'Africa/Cairo', 'Pacific/Chatham', 'America/Havana', 'Atlantic/Azores') $$;

-- since and until; `days`: at most so many apart and neither open, null: as it comes.
create function some_range(days integer) returns jsonb language plpgsql volatile as $$
declare
    a timestamptz := case when model.chance(0.4) then (select event_ts from telemetry.events order by event_ts offset model.below(2000) limit 1) end;
    b timestamptz;
begin
    a := coalesce(a, model.moment());
    b := case when days is null then model.moment() else a + case when model.chance(0.5) then random() else 1 end * make_interval(days => days) end;
    if model.chance(0.2) then a := date_trunc('month', a); end if;
    if model.chance(0.3) then a := date_trunc('day', a); end if;
    if model.chance(0.3) then b := date_trunc('day', b); end if;
    if a >= b and model.chance(0.95) then b := a + interval '3 days 1 hour'; end if;
    return model.argument('since', case when days is not null or model.chance(0.7) then a::text end) || model.argument('until', case when days is not null or model.chance(0.7) then b::text end);
end
$$;

create type asked_for as (kpi text, arguments jsonb, has_oracle boolean);

create function question() returns model.asked_for language plpgsql volatile as $$
declare
    kpi text := model.pick('event_volume', 'active_users', 'active_users', 'event_ratio', 'actor_ratio', 'retention', 'retention', 'funnel', 'funnel', 'funnel', 'object_ratio', 'object_ratio', 'lifecycle', 'session_stats', 'top_values', 'top_values', 'time_between', 'paths', 'next_events');
    grain text := model.pick(null, 'hour', 'day', 'week', 'week', 'month', 'month', 'quarter', 'year');
    arguments jsonb := model.argument('tz', model.zone()) || model.some_tenant() || model.some_filter();
    has_oracle boolean := true;
    plain constant boolean := model.chance(0.5);
    steps jsonb;
    options record;
begin
    if current_setting('model.asks_all', true) = 'on' then
        return case when model.chance(0.4) then ('active_users', '{"grain": "month"}', true)::model.asked_for
                    when model.chance(0.3) then ('event_volume', jsonb_build_object('grain', 'month', 'filter', '{"$cohort": "often"}'), true)::model.asked_for
                    else ('retention', '{"grain": "month", "kind": "first_time"}', true)::model.asked_for end;
    end if;
    if kpi in ('paths', 'next_events') then
        return (kpi, (arguments - 'tz') || model.some_range(null) || model.argument('actor', model.pick(null, null, 'user', 'session', 'subject', 'tenant'))
                || case kpi when 'paths' then model.argument('max_steps', model.pick(null, '2', '20')) || model.argument('start_event', case when model.chance(0.3) then model.some_name() end)
                   else model.argument('sequence', array[model.some_name()]::text) || model.argument('direction', model.pick(null, 'forward', 'backward')) end, false);
    end if;
    if kpi in ('event_volume', 'active_users') and model.chance(0.5) then
        arguments := arguments || model.argument('events', (select array_agg(case when model.chance(0.95) then model.some_name() end) from generate_series(1, model.below(5)))::text);
    end if;
    if kpi = 'active_users' and model.chance(0.4) then
        grain := case when model.chance(0.5) then 'day' end;
        arguments := arguments || model.argument('rolling_days', model.pick('1', '2', '7', '28', '40'));
    elsif kpi in ('event_ratio', 'actor_ratio') then
        arguments := arguments || model.argument('numerator', case when model.chance(0.8) then model.some_name() end) || model.argument('denominator', case when model.chance(0.8) then model.some_name() end);
    elsif kpi = 'object_ratio' then
        arguments := arguments || model.argument('numerator', case when model.chance(0.8) then model.some_name() end) || model.argument('denominator', case when model.chance(0.9) then model.some_name() end)
            || model.argument('breakdown', model.pick(null, null, 'plan', 'n', 'flag', 'extra', 'missing', '{plan,flag}')) || model.argument('within', model.pick(null, '0', '1 hour', '2 days', '1 month'))
            || model.argument('exclude_event', case when model.chance(0.3) then model.some_name() end)
            || case when model.chance(0.5) then model.argument('recovery_event', model.some_name()) || model.argument('recovery_from', case when model.chance(0.6) then model.some_name() end)
                                                || model.argument('recovery_within', model.pick(null, '0', '3 hours', '10 days')) else '{}' end
            || model.argument('object_key', model.pick(null, null, null, null, 'n', 'plan', 'extra'))
            || case when model.chance(0.4) then model.argument('due_key', model.pick('at', 'at', 'at', 'plan', 'extra')) || model.argument('due_events', case when model.chance(0.6) then array[model.some_name(), model.some_name()]::text end) else '{}' end;
    elsif kpi = 'retention' then
        arguments := arguments || model.argument('start_event', case when model.chance(0.7) then model.some_name() end) || model.argument('return_event', case when model.chance(0.7) then model.some_name() end)
            || model.argument('periods', model.pick(null, null, null, '0', '1', '3', '12')) || model.argument('kind', model.pick(null, 'recurring', 'first_time', 'first_ever', 'first_ever'))
            || model.argument('mode', model.pick(null, 'on', 'on_or_after', 'on_or_after', 'brackets 1,2,4', 'brackets 3, 1')) || model.argument('rolling', model.pick(null, null, 'true', 'false'))
            || model.argument('min_occurrences', model.pick(null, null, '1', '2', '3')) || model.argument('show', model.pick(null, null, 'mean', 'both')) || model.argument('week_start', model.pick(null, null, 'sunday', 'wednesday')) || model.some_match(plain);
    elsif kpi = 'time_between' then
        arguments := arguments || model.argument('first_event', case when model.chance(0.9) then model.some_name() end) || model.argument('next_event', case when model.chance(0.8) then model.some_name() end)
            || model.argument('within', model.pick(null, '0', '1 hour', '2 days', '1 month')) || model.some_match(plain);
    end if;
    if kpi = 'top_values' then
        return (kpi, (arguments - 'tz') || model.argument('payload_key', model.pick('plan', 'n', 'missing', '{plan,n}', '{extra,flag}', 'plan[]', 'extra[]')) || model.argument('by', model.pick(null, 'actors'))
                || model.argument('events', case when model.chance(0.5) then array[model.some_name(), model.some_name()]::text end) || model.argument('top_n', model.pick(null, '1', '3')) || model.some_range(null), true);
    end if;
    if kpi in ('event_volume', 'active_users', 'event_ratio', 'actor_ratio', 'lifecycle', 'session_stats', 'retention') and model.chance(0.5) then
        arguments := arguments || model.argument('breakdown', model.pick('plan', 'plan', 'n', 'flag', 'extra', 'missing', '{plan,n}', '{flag,missing}', '{extra,plan}')) || model.argument('top_n', model.pick(null, '1', '2', '1000'));
    end if;
    if kpi in ('active_users', 'actor_ratio', 'retention') then
        arguments := arguments || model.argument('actor', model.pick(null, null, 'user', 'tenant', 'tenant', 'session', 'subject'));
    end if;
    if kpi <> 'funnel' then
        return (kpi, arguments || model.argument('grain', grain)
                || model.some_range(case when coalesce(grain, 'day') = 'hour' then case kpi when 'retention' then 3 else 12 end when coalesce(grain, 'day') = 'day' and kpi = 'retention' then 45 end), true);
    end if;

    select jsonb_agg(case when model.chance(0.6) then to_jsonb(name) else jsonb_build_object('event', name, 'where', model.condition(plain)::jsonb) end) into steps
      from (select case when model.chance(0.7) then model.pick('open', 'view', 'pay') else model.some_name() end as name from generate_series(1, 1 + model.below(4))) n;
    select model.pick(null, 'ordered', 'strict', 'unordered') as ordering, model.pick(null, 'latest', 'first') as entry, model.pick(null, 'any', 'any', 'strict') as ties,
           case when model.chance(0.4) then case when plain then model.pick('plan', 'n', 'flag', '{plan,n}') else model.pick('plan', 'n', 'extra', 'missing', '{extra,n}') end end as breakdown,
           model.pick(null, 'first_touch', 'last_touch', 'step 1', 'step 1', 'all_steps') as attribution, case when not plain then model.pick('user', 'session', 'subject', 'tenant') end as actor, model.some_match(plain) as match, model.pick(null, null, 'actors', 'entries') as count,
           case when model.chance(0.25) and jsonb_array_length(steps) > 1
                then (select jsonb_agg(jsonb_build_object('event', model.some_name()) || case when model.chance(0.3) then jsonb_build_object('where', model.condition()::jsonb) else '{}' end
                                       || case when model.chance(0.5) then '{"after_step": 1, "before_step": 2}' else '{}' end::jsonb) from generate_series(1, 1 + model.below(2))) end as exclude
      into options;
    if model.chance(0.6) then
        options.ordering := null;
    end if;
    has_oracle := options.exclude is null and options.ordering is distinct from 'strict'
        and (options.breakdown is null or (options.attribution is null or options.attribution like '%touch') and options.match = '{}' and options.count is distinct from 'entries');
    arguments := model.argument('steps', steps::text) || model.some_tenant() || case when plain then '{}' else model.some_filter() end || model.some_range(null)
        || model.argument('within', model.pick(null, null, '0', '1 hour', '1 day', '30 days', '2 minutes'))
        || model.argument('ordering', options.ordering) || model.argument('entry', options.entry) || model.argument('ties', case when coalesce(options.ordering, 'ordered') = 'ordered' then options.ties end)
        || model.argument('exclude', options.exclude::text) || model.argument('exclusion', case when options.exclude is not null then model.pick(null, 'drop_from_here', 'drop_actor') end)
        || model.argument('breakdown', options.breakdown) || model.argument('attribution', case when options.breakdown is not null then options.attribution end)
        -- Plain SQL leaves actors with many events out, so it cannot tell which values are the largest.
        || model.argument('top_n', case when options.breakdown is not null then case when has_oracle then '1000' else model.pick(null, '1', '3') end end) || model.argument('actor', options.actor) || options.match || model.argument('count', options.count);
    return (kpi, arguments, has_oracle);
end
$$;

-- ---- answers ----

-- The rows, sorted; or the error. `source`: of telemetry.kpi_source. Rows are read with one thread, the timeline with one or more, as the
-- question decides.
create function answer(question text, source text default 'auto') returns text[] language plpgsql volatile as $$
declare
    rows text[];
    message text;
begin
    perform set_config('telemetry.kpi_source', source, true),
            set_config('telemetry.kpi_threads', case source when 'raw' then '1' else (array['1', '2', '3', '16'])[1 + abs(hashtext(question) % 4)] end, true);
    execute format('select coalesce(array_agg(r::text order by r::text collate "C"), ''{}'') from (%s) r', question) into rows;
    return rows;
exception
    when others then
        get stacked diagnostics message = message_text;
        return array['error ' || sqlstate || ': ' || message];
end
$$;

create table failure (n bigserial, who text, what text, question text, missing text[], surplus text[]);
create table tally (kpi text, what text, rows bigint);
grant usage on schema model to public;

create function rows_of(one text[], without text[]) returns text[] language sql immutable as $$
    select array(select r from (select r from unnest(one) r except all select r from unnest(without) r) d order by r limit 8)
$$;

-- What is to be compared for a question: name, the question, and the question with the same answer ('raw': the same question on raw rows).
create function comparisons(kpi text, arguments jsonb, has_oracle boolean) returns table (what text, question text, other text) language sql stable as $$
    with calls as (
        select model.call_of('telemetry.' || kpi, arguments) as call, model.call_of('model.' || kpi, arguments) as naive,
               model.call_of('telemetry.' || kpi, arguments - 'show') as counting,
               model.call_of('telemetry.' || kpi || case kpi when 'object_ratio' then '_objects' else '_actors' end, arguments - 'show') as list, model.call_of('model.' || kpi || '_actors', arguments) as naive_list)
    select 'raw', 'select * from ' || c.call, 'raw' from calls c
    union all
    select 'naive', 'select * from ' || c.call, 'select * from ' || c.naive from calls c where kpi not in ('funnel', 'object_ratio', 'lifecycle', 'session_stats', 'top_values', 'time_between', 'paths', 'next_events')
    union all
    select 'naive', format(t.rows, c.call), format(t.rows, c.naive) from calls c, (values ('select rank, value, events, actors, round(share::numeric, 9), is_other from %s')) t (rows) where kpi = 'top_values'
    union all
    select 'list raw', 'select * from ' || c.list, 'raw' from calls c where kpi not in ('event_volume', 'event_ratio', 'session_stats')
    union all
    select 'list counted', format(l.counted, c.list), format(l.counts, c.counting)
      from calls c,
           (values ('lifecycle', 'select bucket, breakdown_value, is_other, status, count(*) from %s group by 1, 2, 3, 4', 'select bucket, breakdown_value, is_other, status, abs(actors) from %s where actors <> 0'),
                   ('top_values', 'select rank, value, is_other, count(*) from %s group by 1, 2, 3', 'select rank, value, is_other, actors from %s where actors > 0'),
                   ('active_users', 'select bucket, breakdown_value, is_other, count(distinct (tenant_id, actor_id)), count(*) from %s group by 1, 2, 3', 'select bucket, breakdown_value, is_other, actors, actors from %s where actors > 0'),
                   ('actor_ratio', 'select bucket, breakdown_value, is_other, count(*) filter (where is_in_numerator), count(distinct (tenant_id, actor_id)) from %s group by 1, 2, 3', 'select bucket, breakdown_value, is_other, numerator, denominator from %s where denominator > 0'),
                   ('object_ratio', 'select bucket, count(is_in_numerator), count(*) - count(is_in_numerator), count(*) filter (where is_in_numerator), count(*) filter (where is_lost), count(*) filter (where is_recovered) from %s group by 1',
                                    'select bucket, sum(in_denominator), coalesce(sum(not_yet_due + undated), 0), sum(in_numerator), coalesce(sum(lost), 0), coalesce(sum(recovered), 0) from %s group by 1 having sum(in_denominator + coalesce(not_yet_due + undated, 0)) > 0'),
                   ('retention', 'select cohort, breakdown_value, is_other, period, count(distinct (tenant_id, actor_id)), count(*) from %s group by 1, 2, 3, 4', 'select cohort, breakdown_value, is_other, period, actors, actors from %s where actors > 0'),
                   ('funnel', 'select breakdown_value, step, count(*), round(avg(extract(epoch from reached[step] - reached[step - 1])), 3) from %s, generate_series(1, depth) step group by 1, 2',
                              'select breakdown_value, step, coalesce(entries, actors), round(avg_seconds::numeric, 3) from %s where actors > 0'),
                   ('paths', 'select step, source_name, target_name, count(*) from %s group by 1, 2, 3', 'select step, source_name, target_name, actors from %s'),
                   ('next_events', 'select event_name, count(*) from %s group by 1', 'select event_name, actors from %s'),
                   ('time_between', 'select bucket, count(*), count(next_at) from %s group by 1', 'select bucket, events, followed from %s where events > 0')) l (kpi, counted, counts)
     where l.kpi = comparisons.kpi
    union all
    select 'list naive', 'select bucket, breakdown_value, tenant_id, actor_id, is_other from ' || c.list, 'select bucket, breakdown_value, tenant_id, actor_id, is_other from ' || c.naive_list from calls c where kpi = 'active_users'
    union all
    select 'list naive', format('select n.*, coalesce(f.depth, 0), f.reached[1], f.reached[f.depth], case when n.depth > 0 then f.breakdown_value end from %s n left join %s f using (tenant_id, actor_id)', c.naive_list, c.list),
           format('select n.*, n.depth, n.began, n.ended, case when n.depth > 0 then n.breakdown_value end from %s n', c.naive_list)
      from calls c where kpi = 'funnel' and has_oracle and arguments ->> 'count' is distinct from 'entries'
    union all
    select 'list naive', format('select f.tenant_id, f.actor_id, f.depth, f.reached[1], f.reached[f.depth] from %s f where (tenant_id, actor_id) in (select n.tenant_id, n.actor_id from %s n)', c.list, c.naive_list),
           format('select n.tenant_id, n.actor_id, n.depth, n.began, n.ended from %s n where n.depth > 0', c.naive_list)
      from calls c where kpi = 'funnel' and has_oracle and arguments ->> 'count' = 'entries'
    union all
    select 'list naive', 'select * from ' || c.list, 'select * from ' || c.naive_list from calls c where kpi = 'time_between'
$$;

-- Asks as somebody: the owner, the analyst of a tenant, or one who sees own rows only. Nothing is written before all is asked.
create procedure ask(questions integer) language plpgsql as $$
declare
    failures model.failure[] := '{}';
    tallies model.tally[] := '{}';
    found text[];
    must text[];
    asked model.asked_for;
    compared record;
    who text;
    t integer;
begin
    perform set_config('TimeZone', coalesce(model.zone(), 'UTC'), true);
    for i in 1..questions loop
        asked := model.question();
        who := model.pick('postgres', 'postgres', 'postgres', 'model_analyst', 'model_own_rows');
        t := model.tenant();
        perform set_config('request.jwt.claims', case when who = 'postgres' then '' else jsonb_build_object('role', 'authenticated', 'app_metadata', jsonb_build_object('tenant_id', model.id('tenant', t)))::text end, true);
        perform set_config('role', who, true);
        found := model.answer(format('select source, reason from telemetry.explain_kpi(%L, %L)', asked.kpi, asked.arguments));
        perform set_config('role', 'none', true);
        tallies := tallies || row(asked.kpi, who || ' source ' || found[1], 1)::model.tally;
        for compared in select * from model.comparisons(asked.kpi, asked.arguments, asked.has_oracle) loop
            perform set_config('role', who, true);
            found := model.answer(compared.question);
            must := case compared.other when 'raw' then model.answer(compared.question, 'raw') else model.answer(compared.other) end;
            perform set_config('role', 'none', true);
            if found is distinct from must and not (found[1] like 'error %' and compared.what like '%naive') then
                failures := failures || row(0, who || ' of ' || t, compared.what, compared.question, model.rows_of(must, found), model.rows_of(found, must))::model.failure;
            end if;
            if compared.what = 'raw' and who = 'model_analyst' and not asked.arguments ? 'tenant' then
                must := model.answer('select * from ' || model.call_of('telemetry.' || asked.kpi, asked.arguments || model.argument('tenant', model.id('tenant', t)::text)));
                if found is distinct from must then
                    failures := failures || row(0, who || ' of ' || t, 'owner', compared.question, model.rows_of(must, found), model.rows_of(found, must))::model.failure;
                end if;
            end if;
            tallies := tallies || row(asked.kpi, who || ' ' || compared.what || case when found[1] like 'error %' then ' ' || found[1] else '' end, cardinality(found))::model.tally;
        end loop;
    end loop;
    insert into model.failure select nextval('model.failure_n_seq'), f.who, f.what, f.question, f.missing, f.surplus from unnest(failures) f;
    insert into model.tally select t.kpi, t.what, t.rows from unnest(tallies) t;
end
$$;

-- More actors above the cursor than are looked up one by one: a backend keeps their numbers. Meanwhile numbers are
-- given, given in a transaction that never was, and given anew.
create procedure ask_of_many() language plpgsql as $$
begin
    perform set_config('model.asks_all', 'on', false);
    call telemetry.tick();
    call model.add_events(1000, 1, true);
    commit;
    call model.ask(3);
    commit;
    perform telemetry.tick_unit(200);
    call model.add_events(300, 1, true);
    commit;
    call model.ask(3);
    commit;
    call telemetry.tick();
    -- Others get the numbers that these get here.
    call model.add_events(200, 1, true);
    perform telemetry.tick_unit();
    call model.add_events(1000, 1, true);
    call model.ask(3);
    rollback;
    call model.add_events(300, 1, true);
    perform telemetry.tick_unit();
    commit;
    call model.add_events(1000, 1, true);
    commit;
    call model.ask(3);
    commit;
    call model.forget_derived(70000);
    perform telemetry.tick_unit();
    commit;
    call model.add_events(1000, 1, true);
    commit;
    call model.ask(3);
    commit;
    perform set_config('model.asks_all', 'off', false);
end
$$;

-- A world from nothing, and a step and some questions at a time.
create procedure run(rounds integer, questions integer) language plpgsql as $$
begin
    insert into telemetry.timeline_tenants (tenant_id, actors) values (model.id('tenant', 1), 65400);
    call model.add_events(10, 0);
    call model.add_events(300, 2);
    call model.add_events(1500, 1);
    commit;
    for round in 1..rounds loop
        call model.step();
        call model.ask(questions);
        commit;
    end loop;
    call model.ask_of_many();
    call model.forget_derived(65400);
    commit;
    call telemetry.tick();
    call model.ask(questions);
    insert into model.tally select 'timeline', 'band ' || c.band, count(*) from telemetry.timeline_chunks c group by c.band;
end
$$;

-- What other sessions do meanwhile.
create procedure disturb(seconds double precision) language plpgsql as $$
declare
    until constant timestamptz := clock_timestamp() + make_interval(secs => seconds);
begin
    while clock_timestamp() < until loop
        if model.chance(0.4) then
            call model.add_events(1 + model.below(10));
        elsif model.chance(0.02) then
            call model.forget_derived(model.below(2) * 65400);
        else
            perform telemetry.tick_unit(1 + model.below(30));
        end if;
        commit;
    end loop;
end
$$;

-- In transactions that each see one moment, all answers to a question are of that moment.
create procedure ask_meanwhile(seconds double precision) language plpgsql as $$
declare
    until constant timestamptz := clock_timestamp() + make_interval(secs => seconds);
begin
    while clock_timestamp() < until loop
        commit;
        set transaction isolation level repeatable read;
        call model.ask(2);
        commit;
    end loop;
end
$$;

create role model_analyst;
create role model_own_rows;
select telemetry.grant_access('model_analyst', 'analyst'), telemetry.grant_access('model_own_rows', 'analyst') \g /dev/null
create table listed (user_id uuid, tenant_id uuid);
insert into listed select model.id('user', n), case when n % 5 > 0 then model.id('tenant', n % 3) end from generate_series(0, 400, 3) n;
grant select on listed to model_analyst, model_own_rows;
create view listed_anywhere as select user_id from listed;
grant select on listed_anywhere to model_analyst, model_own_rows;
select telemetry.register_cohort('payers', '{"event": "pay"}'), telemetry.register_cohort('often', '{"events": ["open", "view"], "at_least": 3, "at_most": 8}'),
       telemetry.register_cohort('never', '{"event": "pay", "at_most": 0}'), telemetry.register_cohort('seldom', '{"events": ["open", "view"], "where": {"plan": "pro"}, "at_least": 0, "at_most": 1}'),
       telemetry.register_cohort('newcomers', '{"event": "open", "first": true, "since": "2025-03-09T12:00:00Z", "until": "2025-07-01T00:00:00Z"}'),
       telemetry.register_cohort('pros', '{"event": "open", "where": {"plan": "pro"}}'), telemetry.register_cohort('listed', '{"relation": "model.listed"}'),
       telemetry.register_cohort('anywhere', '{"relation": "model.listed_anywhere"}') \g /dev/null
create policy only_own_rows on telemetry.events as restrictive for select to model_own_rows
    using (user_id in (select model.id('user', n) from generate_series(0, 30) n) or event_name = 'note' and user_id is null);

set timezone = 'UTC';
select telemetry_private.ensure_partition(m) from generate_series(timestamptz '2025-02-01 00:00+00', '2026-01-01 00:00+00', '1 month') m \g /dev/null
select telemetry.register_event(n, jsonb_build_object('promoted_properties', model.keys()))
  from (select unnest(model.names()) union all select 'rare_' || generate_series(0, 59)) n (n) \g /dev/null
