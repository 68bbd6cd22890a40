-- What arguments and cells mean that several KPIs have: lists without a name, the first weekday, breakdowns of numbers, sums that
-- no double holds, what lies in the future. `:both` asks rows and timeline, see the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
set telemetry.unknown_events = 'empty';
\set ON_ERROR_ROLLBACK on
begin;
set local telemetry.enforcement = 'accept';

-- A function called with what it needs, and one argument more.
create function pg_temp.says(asked regproc, more text) returns text language plpgsql as $$
declare
    given constant jsonb := '{"steps": "[\"a\", \"b\"]", "anchor": "a", "target": "b", "first_event": "a", "next_event": "b", "opened": "a", "closed": "b", "payload_key": "k", "due_key": "k", "error_events": "{a}", "feature_event": "a",
                              "numerator": "a", "sequence": "{a}", "since": "2024-01-01", "until": "2024-01-02", "times": "{2024-01-01}", "numbers": "{1}", "event_name": "a"}';
    arguments text;
begin
    select string_agg(format('%I => %L', a.name, given ->> a.name), ', ') into arguments
      from pg_proc p, unnest(p.proargnames[:p.pronargs], p.proargtypes::oid[]) a (name, type)
     where p.oid = asked and given ? a.name and more not like a.name || ' =>%' and not (a.name = 'target' and a.type = 'float8'::regtype) and not (a.name in ('first_event', 'last_event') and a.type = 'timestamptz'::regtype)
       and not (a.name in ('numerator', 'denominator') and more like a.name || '_events =>%');
    execute format('select * from %s(%s)', asked, concat_ws(', ', arguments, more));
    return 'answers';
exception
    when others then
        return sqlerrm;
end $$;
-- Lists of events, of every function: empty is an error, one that excludes nothing is none.
select a.name, s.says, count(*)
  from pg_proc p, unnest(p.proargnames[:p.pronargs], p.proargtypes::oid[]) a (name, type), lateral (select pg_temp.says(p.oid::regproc, format('%I => %L', a.name, '{}')) as says) s
 where p.pronamespace = 'telemetry'::regnamespace and a.type = 'text[]'::regtype and p.prorettype <> 'void'::regtype and p.proname !~ '^(register|explain|log|import|hold|scrub)' and p.proargnames && '{since}'
 group by 1, 2 order by 1, 2;
-- A week begins where it is said, wherever there are weeks.
select p.proname from pg_proc p where p.pronamespace = 'telemetry'::regnamespace and 'grain' = any (p.proargnames[:p.pronargs]) and 'tz' = any (p.proargnames[:p.pronargs]) and not 'week_start' = any (p.proargnames[:p.pronargs]) order by 1;
select s.says, count(*)
  from pg_proc p, lateral (select pg_temp.says(p.oid::regproc, 'week_start => ''someday''') as says) s
 where p.pronamespace = 'telemetry'::regnamespace and 'week_start' = any (p.proargnames[:p.pronargs]) and p.proname not in ('kpi', 'kpi_details', 'dashboard', 'dashboard_page', 'kpi_chart', 'show', 'forecast_kpi', 'compare_periods') group by 1 order by 1;

-- Sunday the 3rd and Monday the 4th of March 2024: one week from Sunday on.
select telemetry.register_event(name, '{"promoted_properties": ["amount", "country"]}') from unnest('{a,b}'::text[]) name \g /dev/null
select telemetry.import_events('[{"event_name": "a", "event_ts": "2024-03-03T10:00:00Z", "user_id": "00000000-0000-4000-8000-000000000001", "payload": {"amount": 1}},
                                 {"event_name": "b", "event_ts": "2024-03-04T10:00:00Z", "user_id": "00000000-0000-4000-8000-000000000001", "payload": {"amount": 2}}]') \g /dev/null
select day, array_agg(events) from unnest('{monday,sunday,saturday}'::text[]) day, telemetry.event_volume('{a,b}', '2024-03-02', '2024-03-09', 'week', week_start => day) where events > 0 group by 1 order by 1 :both
select bucket::date, actors from telemetry.active_users(since => '2024-03-03', until => '2024-03-10', grain => 'week', week_start => 'sunday') :both
select bucket::date, numerator, denominator from telemetry.actor_ratio('b', 'a', since => '2024-03-03', until => '2024-03-10', grain => 'week', week_start => 'sunday') :both
select bucket::date, value from telemetry.sum_of('amount', since => '2024-03-03', until => '2024-03-10', grain => 'week', week_start => 'sunday') :both
select bucket::date, step, actors from telemetry.funnel_trend('["a", "b"]', since => '2024-03-03', until => '2024-03-10', grain => 'week', week_start => 'sunday') :both
select telemetry.register_kpi('weekly', '{"kind": "event_volume", "parameters": {"events": ["a"], "grain": "week"}}') as is_new;
select bucket::date, value from telemetry.kpi('weekly', '2024-03-03', '2024-03-10', week_start => 'sunday');
select telemetry.register_kpi('weekly', '{"parameters": {"week_start": "saturday"}}') as is_new;
select bucket::date, value from telemetry.kpi('weekly', '2024-03-02', '2024-03-09');
select bucket::date, value from telemetry.kpi('weekly', '2024-03-02', '2024-03-09', week_start => 'sunday');
select telemetry.register_dashboard('weeks', '{weekly}') as is_new;
select bucket::date, value from telemetry.dashboard('weeks', '2024-03-02', '2024-03-09', week_start => 'sunday');
select telemetry.register_kpi('weekly', '{"parameters": {"week_start": "someday"}}');

-- Most events are of DE, most numbers of FR, the largest sum is of IT, and the largest loss of ES. GB has texts alone.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'b', 'event_ts', timestamptz '2024-04-01Z' + n * interval '1 minute', 'payload', jsonb_build_object('country', country) || case when amount is not null then jsonb_build_object('amount', amount) else '{}' end)))
  from (values ('DE', null::jsonb, 50), ('DE', '1', 1), ('FR', '2', 5), ('IT', '100', 2), ('ES', '-250', 2), ('GB', '"some"', 20), ('PT', '1e30', 1)) v (country, amount, times), generate_series(1, times) n \g /dev/null
select breakdown_value, is_other, value, events, not_numeric from telemetry.sum_of('amount', since => '2024-04-01', until => '2024-05-01', grain => 'month', breakdown => 'country', top_n => 3) :both
select breakdown_value, is_other, value, events, not_numeric from telemetry.avg_of('amount', since => '2024-04-01', until => '2024-05-01', grain => 'month', breakdown => 'country', top_n => 3) :both
select breakdown_value, is_other, value, events, not_numeric from telemetry.percentiles('amount', '{0.5}', since => '2024-04-01', until => '2024-05-01', grain => 'month', breakdown => 'country', top_n => 3) :both
select breakdown_value, is_other, events, not_numeric from telemetry.percentiles_sketched('amount', '{0.5}', since => '2024-04-01', until => '2024-05-01', grain => 'month', breakdown => 'country', top_n => 3) :both

-- A sum that no double holds is an error, not Infinity; what one holds is right to the last digit.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'a', 'event_ts', '2024-05-01T00:00:00Z', 'payload', jsonb_build_object('amount', amount)))) from unnest('{1e308,1.5e308}'::numeric[]) amount \g /dev/null
select value from telemetry.sum_of('amount', since => '2024-05-01', until => '2024-05-02') :both
select value from telemetry.avg_of('amount', since => '2024-05-01', until => '2024-05-02') :both
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'a', 'event_ts', '2024-05-01T00:00:00Z', 'payload', jsonb_build_object('amount', amount)))) from unnest('{-1.5e308,-1e308,0.25}'::numeric[]) amount \g /dev/null
select value from telemetry.sum_of('amount', since => '2024-05-01', until => '2024-05-02') :both
select fraction, value from telemetry.percentiles('amount', '{0,0.4,0.5,1}', since => '2024-05-01', until => '2024-05-02') :both
select fraction, value from telemetry.percentiles('amount', '{0.125}', since => '2024-05-01', until => '2024-05-02', filter => '{"amount": {"$gte": -1.5e308}}') :both

-- A cell of a period that has not begun is NULL: nobody can be in it.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'a', 'event_ts', date_trunc('day', now()) - n * interval '1 day', 'user_id', telemetry.as_id('r')))) from generate_series(0, 2) n \g /dev/null
select cohort::date - current_date as cohort, cohort_size, period, actors, rate from telemetry.retention('a', 'a', date_trunc('day', now()) - interval '1 day', date_trunc('day', now()) + interval '2 days') :both
select cohort::date - current_date as cohort, cohort_size, period, actors, rate from telemetry.retention('a', 'a', date_trunc('day', now()) - interval '1 day', date_trunc('day', now()) + interval '3 days', mode => 'brackets 1,2', rolling => true) where cohort < now() :both
select bool_and((actors is null) = (cohort + period * interval '1 day' > now())) as as_time_says from telemetry.retention('a', 'a', date_trunc('day', now()) - interval '9 days', date_trunc('day', now()) + interval '9 days', mode => 'on_or_after') :both

-- A number without a unit is no interval.
select telemetry.register_cohort('lately', '{"event": "a", "within": "7"}');
select telemetry.register_cohort('lately', '{"event": "a", "within": 7}');
rollback;
