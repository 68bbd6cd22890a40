-- Bad input to KPIs: a SQLSTATE that a web client sees as 4xx, a message that names the argument but never a value of a
-- payload, and a hint with the next step. Unknown events: the book unknown_events.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
begin;
select telemetry.register_event(name) from unnest('{seen,paid,experiment_exposed}'::text[]) name \g /dev/null
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', name, 'event_ts', '2020-01-01T00:00:00Z'::timestamptz + n * interval '1 minute', 'user_id', telemetry.as_id(n::text),
       'payload', jsonb_build_object('experiment', 'x', 'variant', 'v' || n % 2, 'amount', case n % 3 when 0 then to_jsonb('hunter2'::text) when 1 then '3' else '{"hunter2": 1}' end, 'worth', n % 2))))
  from generate_series(1, 12) n, unnest('{experiment_exposed,seen,paid}'::text[]) name \g /dev/null
create table public.assignments (id uuid, hunter2 text);

create function pg_temp.outcome(call text, out code text, out message text, out hint text, out detail text) language plpgsql as $$
begin
    execute 'select count(*) from telemetry.' || call;
    code := '00000';
exception when others then
    get stacked diagnostics code = returned_sqlstate, message = message_text, hint = pg_exception_hint, detail = pg_exception_detail;
end $$;
create temp table attempts (place serial, call text);
insert into attempts (call)
select replace(call, 'FUNNEL', f.name) from unnest('{funnel,funnel_actors,funnel_trend,funnel_trend_actors,funnel_times,funnel_times_actors}'::text[]) f (name), (values
    ($$FUNNEL(null)$$),
    ($$FUNNEL('[]')$$),
    ($$FUNNEL('{}')$$),
    ($$FUNNEL('seen')$$),
    ($$FUNNEL('["seen", ')$$),
    ($$FUNNEL('{seen,null}')$$),
    ($$FUNNEL('{seen,hunter2}', exclude => 'paid')$$),
    ($$FUNNEL('["seen", 7]')$$),
    ($$FUNNEL('[{"where": {"hunter2": 1}}]')$$),
    ($$FUNNEL((select jsonb_agg('seen'::text)::text from generate_series(1, 65)))$$),
    ($$FUNNEL('["seen", "paid"]', '-1 second')$$),
    ($$FUNNEL('["seen", "paid"]', '1 month')$$),
    ($$FUNNEL('["seen", "paid"]', '1 year')$$),
    ($$FUNNEL('["seen", "paid"]', since => '2020-01-02', until => '2020-01-01')$$),
    ($$FUNNEL('["seen", "paid"]', ordering => 'hunter2')$$),
    ($$FUNNEL('["seen", "paid"]', ordering => 'strict', ties => 'strict')$$),
    ($$FUNNEL('["seen", "paid"]', exclude => '[{"event": "seen", "after_step": 2, "before_step": 1}]')$$),
    ($$FUNNEL('["seen", "paid"]', attribution => 'first_touch')$$),
    ($$FUNNEL('["seen", "paid"]', breakdown => 'amount', top_n => 1001)$$),
    ($$FUNNEL('[{"event": "seen", "optional": true}, "paid"]')$$),
    ($$FUNNEL('["seen", {"event": "paid", "optional": "hunter2"}]')$$),
    ($$FUNNEL('["seen", {"event": "paid", "optional": true}]', ordering => 'unordered')$$)) v (call);
insert into attempts (call) values
    ($$funnel_times('["seen", "paid"]', bins => 0)$$),
    ($$funnel_times('["seen", "paid"]', from_step => 2, to_step => 1)$$),
    ($$retention('seen', 'paid', kind => 'hunter2')$$),
    ($$retention('seen', 'paid', rolling => true, grain => 'quarter')$$),
    ($$retention('seen', 'paid', periods => -1)$$),
    ($$lifecycle(grain => 'hunter2')$$),
    ($$stickiness(min_occurrences => 0)$$),
    ($$dau_mau(averaged_grain => 'month', grain => 'day')$$),
    ($$paths(max_steps => 1)$$),
    ($$paths(start_event => 'seen', exclude => '{seen}')$$),
    ($$next_events('{}')$$),
    ($$next_events('{seen}', 'backward', 'head')$$),
    ($$user_sessions(timeout => '-1 minute')$$),
    ($$user_sessions(timeout => '2 days')$$),
    ($$session_stats(timeout => '1 minute', by => 'session_id')$$),
    ($$time_to_first('seen', 'paid', within => '-1 day')$$),
    ($$time_to_first('seen', 'paid', percentiles => '{1.5}')$$),
    ($$top_values(null)$$),
    ($$top_values('amount', top_n => 0)$$),
    ($$percentiles('amount', '{2}')$$),
    ($$percentiles(null)$$),
    ($$sum_of('amount', breakdown => 'variant', top_n => 0)$$),
    ($$event_volume(filter => '{"amount": {"$gt": "hunter2"}}')$$),
    ($$event_volume(filter => '{"amount": {"$above": 1}}')$$),
    ($$event_ratio('paid', 'seen', numerator_filter => '{"amount": {"$in": {"hunter2": 1}}}')$$),
    ($$rate_of_errors('{seen}', breakdown => 'variant', by_user => true)$$),
    ($$object_ratio('paid', 'seen', within => '-1 day')$$),
    ($$object_ratio('paid', 'seen', recovery_from => 'seen')$$),
    ($$backlog('seen', 'seen')$$),
    ($$feature_adoption(null)$$),
    ($$user_engagement(weights => '{1}')$$),
    ($$experiment_results('x', 'paid', value_key => 'amount')$$),
    ($$experiment_results('x', 'paid', 'ratio')$$),
    ($$experiment_results('x', 'paid', 'ratio', denominator_event => 'seen', cuped_days => 3)$$),
    ($$experiment_results('x', 'paid', 'mean', value_key => 'worth', control => 'v0')$$),
    ($$experiment_results('x', 'paid', control => 'hunter3')$$),
    ($$anomalies('seen', threshold => -1)$$),
    ($$forecast('seen', since => '2020-01-01', until => '2020-01-03')$$),
    ($$forecast('seen', horizon => 0)$$),
    ($$market_supply()$$),
    ($$time_to_fill('public.assignments')$$),
    ($$click_through('public.nothing_here')$$),
    ($$event_volume(since => 'infinity')$$),
    ($$active_users(grain => 'week', rolling_days => 7)$$);
\pset format unaligned
\pset fieldsep ' | '
create temp table outcomes as select a.place, a.call, o.* from attempts a, lateral pg_temp.outcome(a.call) o;
-- What one function of a family says, all of it say.
select regexp_replace(call, '^funnel(_trend|_times)?(_actors)?\(', 'FUNNEL(') as call, code, message, hint from outcomes group by 1, 2, 3, 4 order by min(place), 1;
-- Nothing but 4xx, no value echoed where it is a payload's, a hint everywhere, nothing answered.
select call, code from outcomes where code !~ '^(22|23|42|0A)' order by place;
select call from outcomes where concat(message, hint, detail) ~ 'hunter2' and call !~ 'ordering => .hunter2|kind => .hunter2|grain => .hunter2' order by place;
select call from outcomes where coalesce(hint, '') = '' order by place;
\pset format aligned
-- Values that are no number are counted, not guessed at.
select value, events, not_numeric from telemetry.sum_of('amount', since => '2020-01-01', until => '2020-01-02', events => '{paid}');
select value, events, not_numeric from telemetry.percentiles('amount', '{0.5}', since => '2020-01-01', until => '2020-01-02', events => '{paid}');
rollback;
