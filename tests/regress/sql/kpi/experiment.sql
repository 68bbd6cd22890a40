-- experiment_results() and its actors, and assign_variant(). `:both` asks rows and timeline, see the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
-- Statistics are the same to the digits that a test needs, not to the last bit of every processor.
set extra_float_digits = -3;
\set ON_ERROR_ROLLBACK on
begin;
select telemetry.register_event('experiment_exposed', '{"promoted_properties": ["experiment", "variant"]}') \g /dev/null
select telemetry.register_event(name, '{"promoted_properties": ["amount"]}') from unnest('{purchase,visit}'::text[]) name \g /dev/null
-- Nobody exposed.
select * from telemetry.experiment_results('checkout', 'purchase');
select variant, is_control, actors, mean, srm_p_value, srm_flag from telemetry.experiment_results('checkout', 'purchase', split => '{"control": 1, "new": 1}');

create temp table seen (who text, name text, at timestamptz, payload jsonb);
insert into seen values
    -- ann buys before and after her exposure, bob only before, cyd at the moment of hers; dee sees both variants.
    ('ann', 'purchase', '2020-01-01 08:00', '{"amount": 7}'), ('ann', 'experiment_exposed', '2020-01-02', '{"experiment": "checkout", "variant": "new"}'), ('ann', 'purchase', '2020-01-03', '{"amount": 10}'), ('ann', 'purchase', '2020-01-04', '{"amount": 2.5}'),
    ('ann', 'experiment_exposed', '2020-01-05', '{"experiment": "checkout", "variant": "new"}'),
    ('bob', 'purchase', '2020-01-01 09:00', '{"amount": 3}'), ('bob', 'experiment_exposed', '2020-01-02', '{"experiment": "checkout", "variant": "new"}'), ('bob', 'visit', '2020-01-02 10:00', '{}'),
    ('cyd', 'experiment_exposed', '2020-01-02', '{"experiment": "checkout", "variant": "control"}'), ('cyd', 'purchase', '2020-01-02', '{"amount": 4}'), ('cyd', 'purchase', '2020-01-06', '{"amount": "much"}'), ('cyd', 'visit', '2020-01-07', '{}'),
    ('dee', 'experiment_exposed', '2020-01-02', '{"experiment": "checkout", "variant": "control"}'), ('dee', 'experiment_exposed', '2020-01-03', '{"experiment": "checkout", "variant": "new"}'), ('dee', 'purchase', '2020-01-04', '{"amount": 100}'),
    ('eve', 'experiment_exposed', '2020-01-02', '{"experiment": "checkout", "variant": "control"}'), ('eve', 'visit', '2020-01-03', '{}'), ('eve', 'visit', '2020-01-04', '{}'),
    -- Another experiment, whose variants are numbers; fay was never exposed.
    ('ann', 'experiment_exposed', '2020-01-02', '{"experiment": "colour", "variant": 1}'), ('bob', 'experiment_exposed', '2020-01-02', '{"experiment": "colour", "variant": 2}'), ('fay', 'purchase', '2020-01-04', '{"amount": 50}');
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', name, 'event_ts', at, 'user_id', telemetry.as_id(who), 'payload', payload))) from seen;

select variant, is_control, actors, mean, relative_difference, p_value, srm_p_value, srm_flag, multi_variant_actors from telemetry.experiment_results('checkout', 'purchase') :both
select who, variant, exposed_at, value from telemetry.experiment_actors('checkout', 'purchase') join unnest('{ann,bob,cyd,dee,eve,fay}'::text[]) who on telemetry.as_id(who) = actor_id order by 1 :both
-- Purchases per actor, money per actor (a value that is no number is counted and left out), and per visit.
select variant, mean, relative_difference from telemetry.experiment_results('checkout', 'purchase', 'mean') :both
select variant, mean, relative_difference, not_numeric from telemetry.experiment_results('checkout', 'purchase', 'mean', 'amount') :both
select variant, mean, relative_difference from telemetry.experiment_results('checkout', 'purchase', 'ratio', 'amount', 'visit') :both
select who, value, denominator from telemetry.experiment_actors('checkout', 'visit', 'ratio', null, 'purchase', 'amount') join unnest('{ann,bob,cyd,dee,eve,fay}'::text[]) who on telemetry.as_id(who) = actor_id order by 1 :both
-- What was bought in the day before: bob's purchase is 15 hours old, ann's 16.
select who, value, value_before from telemetry.experiment_actors('checkout', 'purchase', 'mean', 'amount', cuped_days => 1) join unnest('{ann,bob,cyd,dee,eve}'::text[]) who on telemetry.as_id(who) = actor_id order by 1 :both
-- Only exposures of the range count, and metric events until its end.
select variant, actors, mean, multi_variant_actors from telemetry.experiment_results('checkout', 'purchase', 'mean', since => '2020-01-02', until => '2020-01-03') :both
select who, variant, exposed_at, value, value_before from telemetry.experiment_actors('checkout', 'purchase', 'mean', cuped_days => 10, since => '2020-01-03') join unnest('{ann,bob,cyd,dee,eve}'::text[]) who on telemetry.as_id(who) = actor_id order by 1 :both
-- Filters; numbers as variants; another control.
select who, value from telemetry.experiment_actors('checkout', 'purchase', 'mean', filter => '{"amount": 10}') join unnest('{ann,bob,cyd,dee,eve}'::text[]) who on telemetry.as_id(who) = actor_id where value > 0 :both
select variant, actors from telemetry.experiment_results('colour', 'purchase', control => '1') :both
select variant, is_control, actors, mean, relative_difference from telemetry.experiment_results('checkout', 'purchase', control => 'new') :both

-- Random actors: the moments of experiment_actors() in SQL give the same comparison, for each kind of metric.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'experiment_exposed', 'event_ts', timestamptz '2021-01-10Z' + n * interval '1 minute', 'user_id', telemetry.as_id('r' || n),
           'payload', jsonb_build_object('experiment', 'big', 'variant', telemetry.assign_variant('big', telemetry.as_id('r' || n), '{control,b,c}')))))
  from generate_series(1, 600) n \g /dev/null
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', case when n % 3 = 0 then 'visit' else 'purchase' end, 'event_ts', timestamptz '2021-01-01Z' + abs(hashint4(n)) % 1728000 * interval '1 second',
           'user_id', telemetry.as_id('r' || abs(hashint4(n * 7)) % 700), 'payload', jsonb_build_object('amount', abs(hashint4(n * 11)) % 1000 / 10.0))))
  from generate_series(1, 4000) n \g /dev/null
create temp view moments as
    select a.variant, count(*)::float8 as n, avg(value) as m, var_samp(value) as v,
           (var_samp(value) - 2 * sum(value) / nullif(sum(denominator), 0) * covar_samp(value, denominator) + (sum(value) / nullif(sum(denominator), 0)) ^ 2 * var_samp(denominator)) / nullif(avg(denominator), 0) ^ 2 as rv,
           sum(value) / nullif(sum(denominator), 0) as r
      from telemetry.experiment_actors('big', 'purchase', 'ratio', 'amount', 'visit') a group by 1;
select r.variant, r.actors, r.relative_difference, abs(r.relative_difference - (t.m / c.m - 1)) < 1e-12 as difference, abs((r.interval_high - r.interval_low) / 2 / 1.6448536269514722 - sqrt(t.v / t.n / c.m ^ 2 + c.v / c.n * t.m ^ 2 / c.m ^ 4)) < 1e-12 as error
  from telemetry.experiment_results('big', 'purchase', 'mean', 'amount', method => 'bayesian', confidence_level => 0.9) r join moments t using (variant) join moments c on c.variant = 'control' where not is_control :both
select r.variant, r.p_value, abs(r.relative_difference - (t.r / c.r - 1)) < 1e-12 as difference
  from telemetry.experiment_results('big', 'purchase', 'ratio', 'amount', 'visit') r join moments t using (variant) join moments c on c.variant = 'control' where not is_control :both
select variant, mean, relative_difference, p_value, srm_p_value from telemetry.experiment_results('big', 'purchase') :both
-- CUPED shrinks the interval; theta is the slope of a regression over all actors.
select r.variant, abs(r.mean - x.mean) < 1e-10 as is_adjusted, r.interval_high - r.interval_low < p.interval_high - p.interval_low as is_narrower
  from telemetry.experiment_results('big', 'purchase', 'mean', 'amount', cuped_days => 9) r
  join telemetry.experiment_results('big', 'purchase', 'mean', 'amount') p using (variant)
  join (select a.variant, avg(a.value - t.theta * (a.value_before - t.before)) as mean
          from telemetry.experiment_actors('big', 'purchase', 'mean', 'amount', cuped_days => 9) a,
               (select regr_slope(value, value_before) as theta, avg(value_before) as before from telemetry.experiment_actors('big', 'purchase', 'mean', 'amount', cuped_days => 9)) t
         group by 1) x using (variant) order by 1 :both
-- The difference in the metric's own unit, and what is valid at every look: wider than what is valid at one.
select r.variant, abs(r.difference - (t.m - c.m)) < 1e-12 as difference, abs(r.standard_error - sqrt(t.v / t.n + c.v / c.n)) < 1e-12 as error,
       r.difference_low < r.difference and r.difference < r.difference_high as is_inside, r.sequential_low < r.difference_low and r.difference_high < r.sequential_high as is_wider, r.sequential_p_value >= r.p_value as is_later
  from telemetry.experiment_results('big', 'purchase', 'mean', 'amount') r join moments t using (variant) join moments c on c.variant = 'control' where not is_control :both
select variant, mean, difference, difference_low, difference_high, standard_error, p_value, sequential_p_value, sequential_low, sequential_high from telemetry.experiment_results('big', 'purchase', expected_actors => 400) :both
select variant, difference, difference_low, difference_high, sequential_p_value from telemetry.experiment_results('big', 'purchase', method => 'bayesian') where not is_control :both
-- CUPED of a ratio: by its linear part, and that of the ratio before.
select r.variant, r.mean <> p.mean as is_adjusted, r.standard_error <> p.standard_error as has_another_error
  from telemetry.experiment_results('big', 'purchase', 'ratio', 'amount', 'visit', cuped_days => 9) r join telemetry.experiment_results('big', 'purchase', 'ratio', 'amount', 'visit') p using (variant) order by 1 :both
select who, value, denominator, value_before, denominator_before from telemetry.experiment_actors('checkout', 'purchase', 'ratio', 'amount', 'visit', cuped_days => 10, since => '2020-01-03') join unnest('{ann,bob,cyd,dee,eve}'::text[]) who on telemetry.as_id(who) = actor_id order by 1 :both
-- A split that is not what was seen.
select variant, actors, srm_p_value < 0.001 as mismatch, srm_flag from telemetry.experiment_results('big', 'purchase', split => '{"control": 8, "b": 1, "c": 1}') :both

-- The same actor gets the same variant, by a published algorithm, which a client may repeat.
select telemetry.assign_variant('checkout', '6ba7b810-9dad-11d1-80b4-00c04fd430c8', '{control,treatment}') as variant,
       left(encode(sha256('checkout:6ba7b810-9dad-11d1-80b4-00c04fd430c8'), 'hex'), 13) as digits;
select v, count(*) from generate_series(1, 10000) n, telemetry.assign_variant('a', telemetry.as_id(n::text), '{x,y,z}', '{0.5,0,1.5}') v group by 1 order by 1;
-- Independent between experiments.
select count(*) filter (where telemetry.assign_variant('a', telemetry.as_id(n::text), '{x,y}') = telemetry.assign_variant('b', telemetry.as_id(n::text), '{x,y}')) between 4800 and 5200 as independent from generate_series(1, 10000) n;

-- 0 of 1000 against 300 of 1000 is no chance (z is -18.8), whichever is control; of a control of nothing there is no ratio, but
-- there are counts. A mean of nothing likewise, and a variant in which all do the same.
savepoint never;
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', e.name, 'event_ts', timestamptz '2022-01-10Z' + n * interval '1 minute' + e.later, 'user_id', telemetry.as_id('n' || n), 'payload', e.payload)))
  from generate_series(1, 2000) n, lateral (values ('experiment_exposed', interval '0', jsonb_build_object('experiment', 'never', 'variant', case when n % 2 = 0 then 'none' else 'some' end)),
                                                   ('purchase', interval '1 hour', jsonb_build_object('amount', n % 7 + 1))) e (name, later, payload)
 where e.name <> 'purchase' or (n % 2 = 1 and n <= 600) \g /dev/null
select variant, actors, mean, relative_difference, interval_low, interval_high, p_value < 1e-75 as is_no_chance, srm_flag from telemetry.experiment_results('never', 'purchase', control => 'some') :both
select variant, actors, mean, relative_difference, interval_low, p_value < 1e-75 as is_no_chance, srm_p_value, srm_flag from telemetry.experiment_results('never', 'purchase', control => 'none') :both
select variant, difference, difference_low, difference_high, standard_error, sequential_p_value from telemetry.experiment_results('never', 'purchase', control => 'none') :both
select variant, mean, relative_difference, chance_to_win from telemetry.experiment_results('never', 'purchase', control => 'none', method => 'bayesian') :both
select variant, mean, relative_difference, interval_low, interval_high, p_value < 1e-30 as is_no_chance from telemetry.experiment_results('never', 'purchase', 'mean', 'amount', control => 'some') :both
select variant, mean, relative_difference, p_value < 1e-30 as is_no_chance from telemetry.experiment_results('never', 'purchase', 'mean', 'amount', control => 'none') :both
rollback to never;

-- What cannot be answered is an error.
select * from telemetry.experiment_results();
select * from telemetry.experiment_results('checkout');
select * from telemetry.experiment_results('checkout', 'purchase', 'median');
select * from telemetry.experiment_results('checkout', 'purchase', 'proportion', 'amount');
select * from telemetry.experiment_results('checkout', 'purchase', 'ratio');
select * from telemetry.experiment_results('checkout', 'purchase', 'mean', denominator_event => 'visit');
select * from telemetry.experiment_results('checkout', 'purchase', 'ratio', 'amount', 'visit', 'minutes');
select * from telemetry.experiment_results('checkout', 'purchase', expected_actors => 1);
select * from telemetry.experiment_results('checkout', 'purchase', cuped_days => -1);
select * from telemetry.experiment_results('checkout', 'purchase', method => 'tarot');
select * from telemetry.experiment_results('checkout', 'purchase', confidence_level => 95);
select * from telemetry.experiment_results('checkout', 'purchase', control => 'contrl');
select * from telemetry.experiment_results('checkout', 'purchase', split => '{"control": 1}');
select * from telemetry.experiment_results('checkout', 'purchase', split => '{"control": 0, "new": 1}');
select * from telemetry.experiment_results('checkout', 'purchase', split => '[1]');
-- The control group bought nothing.
select * from telemetry.experiment_results('colour', 'visit', control => '1');
select telemetry.assign_variant('a', null, '{x,y}');
select telemetry.assign_variant('a', telemetry.as_id('u'), '{}');
select telemetry.assign_variant('a', telemetry.as_id('u'), '{x,y}', '{1}');
select telemetry.assign_variant('a', telemetry.as_id('u'), '{x,y}', '{1,-1}');
select telemetry.assign_variant('a', telemetry.as_id('u'), '{x,y}', '{0,0}');
select telemetry.assign_variant('a', telemetry.as_id('u'), '{x,y}', '{nan,1}');
rollback;
