-- Registers alerts. What can be wrong with a rule is found here, not when it is to fire.

-- What register_alert() takes, with the name: the attributes of telemetry.alerts.
create type telemetry_private.alert_definition as (
    name text, kpi text, each_event jsonb, within interval, grain text, fires text, threshold double precision, compare_with interval, change text,
    recovers_at double precision, recovers_after interval, fires_after interval, min_count double precision, confidence double precision,
    no_data text, every interval, delay interval, severity text, by_tenant boolean, max_instances integer, destinations text[],
    repeat_after interval, labels jsonb, runbook text, description text);

-- Raises where an attribute of a definition has the wrong type; later errors then quote nothing of it.
create function telemetry_private.check_alert_types(name text, definition jsonb)
returns void
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    types constant jsonb := '{"kpi": "string", "each_event": "object", "within": "interval", "grain": "string", "fires": "string", "threshold": "number",
        "compare_with": "interval", "change": "string", "recovers_at": "number", "recovers_after": "interval", "fires_after": "interval",
        "min_count": "number", "confidence": "number", "no_data": "string", "every": "interval", "delay": "interval", "severity": "string",
        "by_tenant": "boolean", "max_instances": "number", "destinations": "array", "repeat_after": "interval", "labels": "object",
        "runbook": "string", "description": "string"}';
    attribute record;
    length interval;
begin
    for attribute in select d.key, d.value, types ->> d.key as type from jsonb_each(definition) d order by types ? d.key, d.key loop
        if attribute.type is null then
            raise exception 'alert "%" has no attribute "%"', left(name, 63), left(attribute.key, 63)
                using errcode = '22023', hint = format('The attributes are: %s.', (select string_agg(k, ', ' order by k) from jsonb_object_keys(types) k));
        end if;
        continue when attribute.value = 'null';
        if jsonb_typeof(attribute.value) <> replace(attribute.type, 'interval', 'string') then
            raise exception 'the definition of alert "%" has the attribute "%" of the wrong type', left(name, 63), attribute.key
                using errcode = '22023', hint = format('It is a JSON %s.', case attribute.type when 'interval' then 'string with an interval, such as "15 minutes"' else attribute.type end);
        end if;
        if attribute.type = 'interval' then
            -- PostgreSQL takes a bare number for seconds.
            if attribute.value #>> '{}' ~ '^[-+. 0-9]+$' and attribute.value #>> '{}' !~ '^0+$' then
                raise exception 'the definition of alert "%" has the interval "%" without a unit', left(name, 63), attribute.key
                    using errcode = '22023', hint = format('For example: "%s": "15 minutes".', attribute.key);
            end if;
            begin
                length := cast(attribute.value #>> '{}' as interval);
                if extract(year from length) <> 0 or extract(month from length) <> 0 or extract(epoch from length) < 0 or extract(epoch from length) > 366 * 86400 then
                    raise exception using errcode = '22008';
                end if;
            exception
                when invalid_datetime_format or datetime_field_overflow or interval_field_overflow then
                    raise exception 'the definition of alert "%" has in "%" no interval that an alert can have', left(name, 63), attribute.key
                        using errcode = '22023', hint = 'It is from 0 to 366 days, in weeks, days, hours, minutes and seconds: a month is not always as long.';
            end;
        end if;
    end loop;
    if exists (select from jsonb_array_elements(nullif(definition -> 'destinations', 'null')) d where jsonb_typeof(d) <> 'string') then
        raise exception 'the definition of alert "%" has a destination that is no name', left(name, 63)
            using errcode = '22023', hint = 'It is a JSON array of names: "destinations": ["ops"].';
    end if;
    if exists (select from jsonb_each(nullif(definition -> 'labels', 'null')) l where jsonb_typeof(l.value) <> 'string' or l.key !~ '^[a-zA-Z_][a-zA-Z0-9_]*$') then
        raise exception 'the definition of alert "%" has a label that is no name with a text', left(name, 63)
            using errcode = '22023', hint = 'For example: "labels": {"team": "checkout"}.';
    end if;
    if jsonb_typeof(definition -> 'each_event') = 'object' then
        if exists (select from jsonb_object_keys(definition -> 'each_event') k where k not in ('events', 'filter', 'fingerprint')) then
            raise exception 'alert "%" has in each_event something else than events, filter and fingerprint', left(name, 63)
                using errcode = '22023', hint = 'For example: {"each_event": {"events": ["error_logged"], "filter": {"severity": "SEV1"}, "fingerprint": ["service"]}}.';
        end if;
        if jsonb_typeof(definition #> '{each_event,events}') is distinct from 'array' or definition #> '{each_event,events}' = '[]'
           or exists (select from jsonb_array_elements(definition #> '{each_event,events}') e where jsonb_typeof(e) <> 'string') then
            raise exception 'alert "%" does not say at which events it fires', left(name, 63)
                using errcode = '22023', hint = 'For example: {"each_event": {"events": ["error_logged"]}}.';
        end if;
        if jsonb_typeof(definition #> '{each_event,fingerprint}') not in ('array', 'null')
           or exists (select from jsonb_array_elements(case when jsonb_typeof(definition #> '{each_event,fingerprint}') = 'array' then definition #> '{each_event,fingerprint}' else '[]' end) e where jsonb_typeof(e) <> 'string') then
            raise exception 'alert "%" has a fingerprint that is no list of payload keys', left(name, 63)
                using errcode = '22023', hint = 'For example: "fingerprint": ["service", "code"].';
        end if;
    end if;
end
$$;

-- Raises where the attributes say nothing together; `rule` is what alert_rule() makes of them.
create function telemetry_private.check_alert(alert telemetry_private.alert_definition, kpi jsonb, rule jsonb)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    name constant text := left(alert.name, 63);
    every constant bigint := extract(epoch from alert.every) * 1000000;
    problem text;
    advice text;
begin
    select p.column2, p.column3 into problem, advice
      from (values
        (alert.each_event is not null and num_nonnulls(alert.fires, alert.threshold, alert.compare_with, alert.recovers_at, alert.min_count, alert.confidence) > 0,
         'fires at each event, and has no threshold, min_count and the like', 'Leave them out, or name a KPI that counts the events.'),
        (rule ->> 'fires' is null, 'does not say on which side of the threshold it fires', 'Say "fires": "above" or "below": the KPI has no target.'),
        (rule ->> 'threshold' is null, 'has no threshold', 'Give one: the KPI has no target that is a number, or it is compared with an earlier range.'),
        (abs(alert.threshold) = 'infinity' or alert.threshold = 'nan' or abs(alert.recovers_at) = 'infinity' or alert.recovers_at = 'nan',
         'has a threshold that is no finite number', 'Give a number, in the unit of the KPI.'),
        (case rule ->> 'fires' when 'above' then (rule ->> 'recovers_at')::double precision > (rule ->> 'threshold')::double precision
                               else (rule ->> 'recovers_at')::double precision < (rule ->> 'threshold')::double precision end,
         'recovers on the wrong side of its threshold', 'Of a rule that fires above, recovers_at is at most the threshold; of one that fires below, at least.'),
        (every not between 10000000 and 86400000000 or 86400000000 % greatest(every, 1) <> 0,
         'is evaluated at no part of a day', '"every" is from 10 seconds to 1 day and divides a day: 1 minute, 5 minutes, 1 hour.'),
        ((rule ->> 'fires_after')::bigint % greatest(every, 1) <> 0, 'has a fires_after that is no multiple of every', 'It is seen at points of the grid alone: "fires_after": "10 minutes", "every": "1 minute".'),
        ((rule ->> 'recovers_after')::bigint % greatest(every, 1) <> 0, 'has a recovers_after that is no multiple of every', 'It is seen at points of the grid alone: "recovers_after": "10 minutes", "every": "1 minute".'),
        (alert.within <= '0' or alert.compare_with <= '0', 'looks at a range of no length', 'Give within, or compare_with, a length above 0: "15 minutes".'),
        (alert.repeat_after <= '0', 'is repeated without a pause', 'Give repeat_after a length above 0, such as "1 hour", or leave it out.'),
        (alert.confidence is not null and (rule ->> 'measure' <> 'share' or alert.compare_with is not null),
         'has a confidence, and no share of which one could be sure', 'It is for ratios and rates of errors, not for counts and comparisons: use min_count.'),
        (coalesce(alert.min_count, 0) > 0 and not (rule ->> 'has_count')::boolean, 'has a min_count, and its KPI does not say of how many it is', format('n of kpi(%L) is always NULL: leave min_count out.', alert.kpi)),
        (alert.by_tenant and (kpi #>> '{parameters,tenant}' is not null
            or not exists (select from pg_proc p where p.pronamespace = 'telemetry'::regnamespace and p.proname = kpi ->> 'kind' and 'tenant' = any (p.proargnames))),
         'is by tenant, and its KPI is of one tenant or knows none', 'Leave by_tenant out.')) p
     where p.column1
     limit 1;
    if found then
        raise exception 'alert "%" %', name, problem using errcode = '22023', hint = advice;
    end if;
end
$$;

-- Writes a definition. What `definition` does not name stays as it is; a JSON null means the default.
create function telemetry_private.alert_of(name text, definition jsonb, base jsonb)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    defaults constant jsonb := '{"change": "relative", "fires_after": "0", "no_data": "keep", "every": "1 minute", "delay": "0", "severity": "sev2", "by_tenant": false, "max_instances": 100, "labels": {}}';
    given jsonb;
    broken text;
    alert telemetry_private.alert_definition;
    kpi jsonb;
    rule jsonb;
begin
    perform telemetry_private.check_definition_size(definition);
    if name is null or jsonb_typeof(definition) is distinct from 'object' then
        raise exception 'an alert needs a name and a definition that is a JSON object'
            using errcode = '22023', hint = 'For example: telemetry.register_alert(''checkout_errors'', ''{"kpi": "checkout_error_rate", "within": "15 minutes", "threshold": 0.05}'').';
    end if;
    perform telemetry_private.check_alert_types(name, definition);
    select coalesce(jsonb_object_agg(d.key, d.value) filter (where d.value <> 'null'), '{}') into given from jsonb_each(definition) d;
    -- One of a pair takes the place of the other.
    base := coalesce(base, '{}') - coalesce((select array_agg(d.key) from jsonb_each(definition) d where d.value = 'null'), '{}')
        - case when given ? 'within' and not given ? 'grain' then 'grain' when given ? 'grain' and not given ? 'within' then 'within' else '' end;
    given := defaults || jsonb_strip_nulls(base) || given || jsonb_build_object('name', name);
    begin
        alert := jsonb_populate_record(null::telemetry_private.alert_definition, given);
    exception
        when numeric_value_out_of_range or invalid_text_representation then
            raise exception 'the definition of alert "%" has a number that is none', left(name, 63)
                using errcode = '22023', hint = 'Give numbers that a double holds; max_instances is a whole one.';
    end;
    select r.column2 into broken
      from (values
        (name !~ '^[a-z][a-z0-9_]*$' or octet_length(name) > 63, 'name is snake_case of at most 63 bytes'),
        (num_nonnulls(alert.kpi, alert.each_event) <> 1, 'it is about either a "kpi" or "each_event"'),
        (num_nonnulls(alert.within, alert.grain) <> case when alert.kpi is null then 0 else 1 end, 'a rule over a KPI has either "within" or "grain", one at each event neither'),
        (alert.fires not in ('above', 'below'), '"fires" is above or below'),
        (alert.change not in ('relative', 'absolute'), '"change" is relative or absolute'),
        (alert.no_data not in ('keep', 'fire', 'recover'), '"no_data" is keep, fire or recover'),
        (alert.severity not in ('sev1', 'sev2', 'sev3'), '"severity" is sev1, sev2 or sev3'),
        (alert.confidence not between 0.8 and 0.999, '"confidence" is from 0.8 to 0.999'),
        (alert.min_count < 0, '"min_count" is not negative'),
        (alert.max_instances not between 1 and 1000, '"max_instances" is from 1 to 1000')) r
     where r.column1
     limit 1;
    if found then
        raise exception 'the definition of alert "%" breaks a rule: %', left(name, 63), broken
            using errcode = '22023', hint = 'The comment on telemetry.register_alert() says what each attribute takes.';
    end if;
    given := to_jsonb(alert);
    kpi := telemetry_private.alert_kpi(given);
    rule := telemetry_private.alert_rule(given, kpi);
    perform telemetry_private.check_alert(alert, kpi, rule);
    -- Raises where the KPI cannot be asked so, or the calendar has no such grain.
    perform telemetry_private.kpi_statement(kpi, null, now(), now(), coalesce(alert.grain, 'range'), null, null, null);
    perform from telemetry.time_buckets(now() - interval '1 microsecond', now(), coalesce(alert.grain, 'day'), tz => rule ->> 'tz');
    if alert.grain = 'range' then
        raise exception 'alert "%" looks at all of time as one bucket', left(name, 63)
            using errcode = '22023', hint = 'Name a grain of the calendar, such as day; or the length of a sliding range: "within".';
    end if;
    if alert.each_event is not null then
        -- Raises where there is no such event, payload key or filter.
        perform from telemetry_private.kpi_rows(kpi, now(), now() + interval '1 microsecond', 'range', null, null, null);
    end if;
    return given;
end
$$;

-- Raises where a rule names a destination that would not tell anybody.
create function telemetry_private.check_alert_destinations(name text, destinations jsonb)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    wrong text;
begin
    select t.value into wrong
      from jsonb_array_elements_text(case when jsonb_typeof(destinations) = 'array' then destinations else '[]' end) t
     where not exists (select from telemetry.destinations d where d.name = t.value and d.sends = 'alerts')
     limit 1;
    if found then
        raise exception 'alert "%" names the destination "%", which sends no alerts', left(name, 63), left(wrong, 63)
            using errcode = '22023', hint = 'Those that do: select name from telemetry.destinations where sends = ''alerts''; add one with telemetry.register_destination(), "sends": "alerts".';
    end if;
end
$$;

create function telemetry_private.put_alert(name text, definition jsonb, pack text)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    base jsonb;
    merged jsonb;
begin
    select to_jsonb(a) into base from telemetry.alerts a where a.name = put_alert.name;
    merged := telemetry_private.alert_of(name, definition, base - '{pack,created_at,updated_at}'::text[])
        || jsonb_build_object('pack', coalesce(pack, base ->> 'pack'), 'created_at', coalesce(base -> 'created_at', to_jsonb(now())), 'updated_at', now());
    perform telemetry_private.check_alert_destinations(name, definition -> 'destinations');
    delete from telemetry.alerts a where a.name = put_alert.name;
    insert into telemetry.alerts select r.* from jsonb_populate_record(null::telemetry.alerts, merged) r;
    return base is null;
end
$$;

create function telemetry_private.register_alert(name text, definition jsonb)
returns boolean
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    select telemetry_private.put_alert(name, definition, null)
$$;

-- Ends what is open of an alert, and forgets its states.
-- Nobody evaluates meanwhile, so that transitions appear in the order of their ids: whoever tells people reads them by id.
create function telemetry_private.close_alert(name text)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    select from telemetry.alert_rounds r where r.place = 'all' for update;
    insert into telemetry.alert_transitions (at, fingerprint, alert, tenant_id, breakdown_value, is_other, from_status, to_status, cause, severity, notifies)
    select now(), s.fingerprint, s.alert, s.tenant_id, s.breakdown_value, s.is_other, s.status, 'quiet', 'dropped',
           coalesce((select a.severity from telemetry.alerts a where a.name = close_alert.name), 'sev2'), s.was_told
      from telemetry.alert_states s
     where s.alert = close_alert.name and s.status <> 'quiet'
     order by s.fingerprint;
    delete from telemetry.alert_states s where s.alert = close_alert.name;
    delete from telemetry.silences s where s.alert = close_alert.name
$$;

create function telemetry_private.drop_alert(name text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (select from telemetry.alerts a where a.name = drop_alert.name) then
        raise exception 'alert "%" is not registered', coalesce(left(name, 63), '')
            using errcode = '22023', hint = 'Those that are: select name, kpi from telemetry.alerts.';
    end if;
    perform telemetry_private.close_alert(name);
    delete from telemetry.alerts a where a.name = drop_alert.name;
end
$$;

create function telemetry.register_alert(name text, definition jsonb)
returns boolean
language sql
begin atomic
    select telemetry_private.register_alert(name, definition);
end;

create function telemetry.drop_alert(name text)
returns void
language sql
begin atomic
    select telemetry_private.drop_alert(name);
end;

comment on function telemetry.register_alert is
'Gives a rule a name: that a KPI is beyond a threshold, or that an event came. Or changes one. From
the next round of evaluate_alerts() on it is judged, at each point of a grid of times.

Arguments
  name        the alert''s name: snake_case, at most 63 bytes
  definition  an object with any of the attributes that the notes tell; what is absent stays as it
              was, JSON null means the default
Returns
  Whether it is new.
Errors
  22023  no name; an unknown attribute, KPI, grain or word; an attribute of the wrong type; an
         interval without a unit, or with months; not either of kpi and each_event, or of within and
         grain; a KPI that has no answer by that grain; no threshold or side where the KPI has no
         target; recovers_at on the wrong side; fires_after or recovers_after that is no multiple of
         every; every that divides no day; confidence of what is no share; min_count where nobody
         knows n; by_tenant of a KPI of one tenant, or that knows none; a number out of its range
Notes
  kpi: a name of telemetry.kpis, of any kind. Each row of its answer is an instance, which fires and
    recovers by itself: a value of a breakdown, a fraction of percentiles. Of a KPI with target_for
    it is the rows that the target is for.
  within: the length of the range that is judged at a time g, [g - within - delay, g - delay); or
    grain: the last bucket of that grain that was over at g - delay, in the zone of the KPI or UTC.
  fires: above or below; default the side of the KPI''s target that misses it. threshold: default
    the target. It fires beyond the threshold, not at it; what differs by less than 1e-9,
    relatively, is at it.
  compare_with: an interval; then the number is that of now against the one of so long before:
    now / then - 1, or now - then where change is absolute (default relative).
  fires_after: how long the breach must go on, from its first point to this one; till then it is
    pending. recovers_at, recovers_after: how far, and how long without interruption, it must be
    back to be over; default the threshold, and 0.
  min_count: with a smaller n nothing is known, and the status stays. Default 20 of a share, as many
    as a percentile needs to be one value (20 for 0.95, 100 for 0.99), none of a count, else 1.
    confidence: 0.8 to 0.999, in place of min_count: it fires where the share is beyond the
    threshold with this confidence (Wilson).
  no_data: what NULL is: keep (default): the status stays; fire; recover. A count is 0 where nothing
    happens, and never NULL. A value of a breakdown that does not occur is judged while it is not
    quiet, and then as NULL, or 0 of a count.
  every: the grid, multiples from midnight UTC; 10 seconds to 1 day, dividing a day; default 1
    minute. delay: how long events may be under way; default 0. Events that come later do not change
    what was judged.
  each_event: {"events": [names], "filter": {}, "fingerprint": [payload keys]}, in place of kpi: it
    fires where such an event came since the last point, for each value of the fingerprint by
    itself, and is over after recovers_after (then 15 minutes by default) without one.
  severity: sev1, sev2 (default) or sev3, of which nobody is told at once. by_tenant: an instance of
    each tenant. max_instances: of more than so many at a time (default 100) nobody is told one by
    one; an instance $too_many stands for the others.
  destinations: names of destinations that send alerts; default: each whose severities have that of
    the rule. repeat_after: how long after a message it is told again while it fires and nobody has
    acknowledged it; default 1 hour of sev1, 4 hours of sev2; of sev3 nobody is told but by digest.
    labels, runbook, description are told with it. None of the five changes what is judged.';
comment on function telemetry.drop_alert is
'Forgets an alert. What is open of it ends, with the cause dropped; its history stays.

Arguments
  name  the alert''s name
Errors
  22023  an unknown alert';
