-- Filters: what payloads must contain, and how values of theirs compare. Cohorts in them: the book cohorts.
\set SHOW_CONTEXT never
set datestyle = iso; set timezone = 'UTC';
\set both '\\; call both_sources(current_query());'
begin;
set local telemetry.enforcement = 'accept';
select telemetry.register_event(name, '{"promoted_properties": ["status", "ms", "plan"]}') from unnest('{requested,answered}'::text[]) name \g /dev/null
-- Requests of an API: most have a status, some as a text, one as a list. What is not promoted: path, and the odd key.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'requested', 'event_ts', timestamptz '2020-01-01T00:00:00Z' + n * interval '1 hour',
           'user_id', telemetry.as_id((n % 3)::text, '00000000-0000-0000-0000-000000000000'), 'subject_id', telemetry.as_id(n::text, '00000000-0000-0000-0000-000000000000'), 'payload', payload::jsonb) order by n))
  from (values (1, '{"status": 200, "ms": 12.5, "plan": "pro", "path": "/a"}'), (2, '{"status": 404, "ms": 12.50, "plan": "free", "path": "/b"}'), (3, '{"status": 500, "ms": 900, "plan": "pro"}'),
               (4, '{"status": 503.0, "ms": 899.999999999999999999, "plan": null}'), (5, '{"status": "500", "ms": -1}'), (6, '{"ms": 0}'), (7, '{"status": null, "ms": 123456789012345678901234.5}'),
               (8, '{"status": true, "plan": "pro", "odd \"key\"": 7}'), (9, '{"status": 599, "plan": "trial", "size": {"kb": 5}}')) v (n, payload) \g /dev/null
create function pg_temp.events(filter jsonb) returns bigint language sql as $$ select coalesce(sum(events), 0) from telemetry.event_volume(since => '2020-01-01', until => '2020-01-02', filter => filter) $$;

-- Bounds are for numbers, exact by their digits. A text, a boolean, a null or nothing is no number, whatever it looks like.
select pg_temp.events('{"status": {"$gte": 500}}') as failed, pg_temp.events('{"status": {"$gt": 500}}') as above, pg_temp.events('{"status": {"$lt": 500}}') as below, pg_temp.events('{"status": {"$lte": 500}}') as up_to :both
select pg_temp.events('{"status": {"$gte": 500, "$lt": 600, "$ne": 503}}') as joined, pg_temp.events('{"status": {"$gt": 404}, "plan": "pro"}') as with_a_key :both
select pg_temp.events('{"ms": {"$lt": 900}}') as below, pg_temp.events('{"ms": {"$gte": 899.999999999999999999}}') as up_to_the_digit, pg_temp.events('{"ms": {"$gt": 899.9999999999999999990001}}') as beyond, pg_temp.events('{"ms": {"$gt": 123456789012345678901234.49}}') as long, pg_temp.events('{"ms": {"$lte": -0.5}}') as negative :both

-- One of several values, each by its type; not one; there or not. $ne and {"$exists": false} hold where there is no value.
select pg_temp.events('{"status": {"$in": [500, 503, 12]}}') as numbers, pg_temp.events('{"status": {"$in": ["500", true, null]}}') as others, pg_temp.events('{"ms": {"$in": [12.500]}}') as equal_ones :both
select pg_temp.events('{"status": {"$ne": 500}}') as not_500, pg_temp.events('{"plan": {"$ne": "pro"}}') as not_pro, pg_temp.events('{"plan": {"$ne": null}}') as not_null, pg_temp.events('{"plan": {"$ne": "pro", "$exists": true}}') as of_another_plan :both
select pg_temp.events('{"status": {"$exists": true}}') as there, pg_temp.events('{"status": {"$exists": false}}') as missing, pg_temp.events('{"plan": {"$exists": false}, "ms": {"$lt": 0}}') as joined :both

-- Of a key that is not promoted, and beside what is nested, the rows answer.
select pg_temp.events('{"path": {"$in": ["/a", "/b"]}}') as not_promoted, pg_temp.events('{"odd \"key\"": {"$gte": 7}}') as odd, pg_temp.events('{"size": {"kb": 5}, "status": {"$gt": 500}}') as nested, pg_temp.events('{"size": {"$gt": 1}}') as of_an_object, pg_temp.events('{"size": {"$exists": true}}') as there, pg_temp.events('{"a\" == 1 || true || $.\"b": {"$gt": 1}}') as hostile :both
select source, reason from telemetry.explain_kpi('event_volume', '{"filter": {"status": {"$gte": 500}}}');
call telemetry.tick();
select source, reason, derived_events, raw_events from telemetry.explain_kpi('event_volume', '{"filter": {"status": {"$gte": 500}, "plan": {"$ne": "pro"}}}');

-- Wherever a filter is taken.
select count(*) from telemetry.active_users_actors(since => '2020-01-01', until => '2020-01-02', filter => '{"status": {"$gte": 500}}') :both
select step, actors from telemetry.funnel('["requested", {"event": "requested", "where": {"status": {"$gte": 500}}}]') :both
select breakdown_value, errors, events from telemetry.rate_of_errors('{requested}', breakdown => 'plan', since => '2020-01-01', until => '2020-01-02', filter => '{"ms": {"$gt": 0}}') :both
select fraction, value, events from telemetry.percentiles('ms', '{0.5}', since => '2020-01-01', until => '2020-01-02', filter => '{"status": {"$gt": 0}}') :both
select event_name, users from telemetry.sum_of('ms', since => '2020-01-01', until => '2020-01-02', breakdown => 'path', filter => '{"status": {"$lt": 500}}') s, lateral (values (s.breakdown_value, s.events)) v (event_name, users) :both
select in_numerator, in_denominator from telemetry.object_ratio('requested', 'requested', '2020-01-01', '2020-01-02', filter => '{"status": {"$gte": 500, "$lt": 599}}') :both
select sum(sessions) from telemetry.session_stats('2020-01-01', '2020-01-02', filter => '{"status": {"$gte": 500}}') :both
select telemetry.register_cohort('unlucky', '{"event": "requested", "where": {"status": {"$gte": 500}}, "at_least": 2}');
select count(*) from telemetry.cohort_actors('unlucky') :both
select telemetry.register_kpi('failed_requests', '{"kind": "event_volume", "parameters": {"events": ["requested"], "filter": {"status": {"$gte": 500}}}}');
select sum(value) from telemetry.kpi('failed_requests', '2020-01-01', '2020-01-02') :both

-- What is no operator, stands where none is read, or has no operand is an error: never a filter that nothing meets.
\set ON_ERROR_ROLLBACK on
select pg_temp.events('[{"status": 500}]');
select pg_temp.events('"{\"status\": 500}"');
select pg_temp.events('{"status": {"$greater": 500}}');
select pg_temp.events('{"$status": 500}');
select pg_temp.events('{"size": {"kb": {"$gt": 1}}}');
select pg_temp.events('{"tags": [{"$in": [1]}]}');
select pg_temp.events('{"status": {"$gte": 500, "code": 7}}');
select pg_temp.events('{"status": {"$gte": "500"}}');
select pg_temp.events('{"status": {"$in": 500}}');
select pg_temp.events('{"status": {"$in": [[500]]}}');
select pg_temp.events(jsonb_build_object('status', jsonb_build_object('$in', (select jsonb_agg(n) from generate_series(1, 1001) n))));
select pg_temp.events('{"status": {"$ne": []}}');
select pg_temp.events('{"status": {"$exists": "yes"}}');
select * from telemetry.funnel('["requested", {"event": "requested", "where": {"status": {"$eq": 500}}}]');
select * from telemetry.object_ratio('requested', 'requested', filter => '{"status": {"$eq": 500}}');
select telemetry.register_cohort('broken', '{"event": "requested", "where": {"status": {"$eq": 500}}}');

-- Drawn filters over drawn payloads, of dictionaries and of columns of numbers: both sources say what plain SQL says.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'answered', 'event_ts', timestamptz '2021-01-01T00:00:00Z' + n * interval '1 second', 'user_id', telemetry.as_id((n % 40)::text),
           'payload', case when n % 11 = 0 then '{}'::jsonb else jsonb_build_object('ms', case n % 50 when 7 then to_jsonb(n::text) when 8 then 'null' when 9 then 'true' else to_jsonb(round((n * 7919 % 10007 - 5000) / 8.0, n % 4)) end) end
                   || case when n % 13 = 0 then '{}' else jsonb_build_object('status', case n % 17 when 3 then to_jsonb((n % 7)::text) when 5 then 'null' else to_jsonb((n % 9 - 3) / 2.0) end) end)))
  from generate_series(1, 6000) n \g /dev/null
call telemetry.tick();
create function pg_temp.drawn(filters integer) returns table (filter jsonb, by_timeline bigint, by_rows bigint, by_sql bigint) language plpgsql as $$
declare
    key text;
    operator text;
    value jsonb;
    condition text;
    conditions text;
begin
    perform setseed(0.42);
    for n in 1..filters loop
        filter := '{}';
        conditions := 'true';
        for m in 1..1 + floor(random() * 3)::integer loop
            key := (array['ms', 'status'])[1 + floor(random() * 2)::integer];
            operator := (array['$gt', '$gte', '$lt', '$lte', '$in', '$ne', '$exists'])[1 + floor(random() * 7)::integer];
            continue when filter -> key ? operator;
            value := to_jsonb(case key when 'ms' then round((random() * 1300 - 650)::numeric, floor(random() * 4)::integer) else floor(random() * 18 - 8) / 2.0 end);
            if operator in ('$in', '$ne') and random() < 0.4 then
                value := (array['null', 'true', '"3"', '"17"', '"x"']::jsonb[])[1 + floor(random() * 5)::integer];
            end if;
            case operator
                when '$in' then
                    value := jsonb_build_array(value, 0.5, '3', (select e.payload -> key from telemetry.events e where e.event_name = 'answered' and e.payload ? key order by e.event_ts offset floor(random() * 5000)::integer limit 1));
                    condition := format('coalesce(e.payload -> %L in (select v from jsonb_array_elements(%L) v), false)', key, value);
                when '$ne' then
                    condition := format('e.payload -> %L is distinct from %L::jsonb', key, value);
                when '$exists' then
                    value := to_jsonb(random() < 0.5);
                    condition := format('(e.payload ? %L) = %L', key, value);
                else
                    condition := format('coalesce(case when jsonb_typeof(e.payload -> %1$L) = ''number'' then (e.payload ->> %1$L)::numeric %2$s %3$L::numeric end, false)',
                                        key, case operator when '$gt' then '>' when '$gte' then '>=' when '$lt' then '<' else '<=' end, value);
            end case;
            filter := filter || jsonb_build_object(key, coalesce(filter -> key, '{}') || jsonb_build_object(operator, value));
            conditions := conditions || ' and ' || condition;
        end loop;
        execute format('select count(*) from telemetry.events e where e.event_name = ''answered'' and %s', conditions) into by_sql;
        set local telemetry.kpi_source = auto;
        select coalesce(sum(v.events), 0) into by_timeline from telemetry.event_volume('{answered}', '2021-01-01', '2022-01-01', 'year', filter => drawn.filter) v;
        set local telemetry.kpi_source = raw;
        select coalesce(sum(v.events), 0) into by_rows from telemetry.event_volume('{answered}', '2021-01-01', '2022-01-01', 'year', filter => drawn.filter) v;
        return next;
    end loop;
end $$;
select count(*) as filters, count(*) filter (where by_sql > 0) as met, count(*) filter (where by_timeline <> by_sql or by_rows <> by_sql) as differences from pg_temp.drawn(300);
rollback;
