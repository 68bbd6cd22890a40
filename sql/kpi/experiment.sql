-- Experiments: who gets which variant, and what a variant changed. Twin: src/kpi/experiment.rs.

create function telemetry.experiment_results(
    experiment text default null,
    metric_event text default null,
    metric_kind text default null,
    value_key text default null,
    denominator_event text default null,
    denominator_key text default null,
    since timestamptz default null,
    until timestamptz default null,
    exposure_event text default null,
    experiment_key text default null,
    variant_key text default null,
    control text default null,
    split jsonb default null,
    method text default null,
    confidence_level double precision default null,
    cuped_days integer default null,
    expected_actors integer default null,
    exposure_filter jsonb default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (
    variant text, is_control boolean, actors bigint, mean double precision, relative_difference double precision,
    interval_low double precision, interval_high double precision, difference double precision,
    difference_low double precision, difference_high double precision, standard_error double precision,
    p_value double precision, chance_to_win double precision, sequential_p_value double precision,
    sequential_low double precision, sequential_high double precision, srm_p_value double precision, srm_flag boolean, multi_variant_actors bigint,
    not_numeric bigint)
language c
stable
parallel restricted
rows 3
as 'MODULE_PATHNAME', 'experiment_results_wrapper';

create function telemetry.experiment_actors(
    experiment text default null,
    metric_event text default null,
    metric_kind text default null,
    value_key text default null,
    denominator_event text default null,
    denominator_key text default null,
    since timestamptz default null,
    until timestamptz default null,
    exposure_event text default null,
    experiment_key text default null,
    variant_key text default null,
    cuped_days integer default null,
    exposure_filter jsonb default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (
    variant text, tenant_id uuid, actor_id uuid, exposed_at timestamptz, value double precision,
    denominator double precision, value_before double precision, denominator_before double precision, not_numeric bigint)
language c
stable
parallel restricted
rows 10000
as 'MODULE_PATHNAME', 'experiment_actors_wrapper';

-- Which variant an actor gets. The algorithm is a promise: a client in any language may compute the same. The first 13
-- hexadecimal digits are 52 bits, which a double (and so JavaScript's parseInt) holds exactly.
create function telemetry.assign_variant(
    experiment text default null,
    actor uuid default null,
    variants text[] default null,
    weights double precision[] default null)
returns text
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    whole double precision := 0;
    passed double precision := 0;
    place double precision;
begin
    if experiment is null or actor is null or variants is null then
        raise exception 'experiment, actor and variants must not be null'
            using errcode = '22004',
                  hint = 'For example: telemetry.assign_variant(''new_checkout'', user_id, ''{control,treatment}'').';
    end if;
    if cardinality(variants) = 0 or array_position(variants, null) is not null then
        raise exception 'variants must be names'
            using errcode = '22023', hint = 'For example: variants => ''{control,treatment}''.';
    end if;
    weights := coalesce(weights, array_fill(1::double precision, array[cardinality(variants)]));
    if cardinality(weights) <> cardinality(variants) then
        raise exception 'weights must be as many as variants'
            using errcode = '22023', hint = 'For one of ten actors in the treatment: weights => ''{0.9,0.1}''.';
    end if;
    for n in 1 .. cardinality(weights) loop
        if weights[n] is null or not weights[n] >= 0 or weights[n] = 'infinity' or weights[n] = 'nan' then
            raise exception 'weights must not be negative'
                using errcode = '22023', hint = 'A variant with weight 0 gets nobody.';
        end if;
        whole := whole + weights[n];
    end loop;
    if not whole > 0 then
        raise exception 'weights must not all be 0'
            using errcode = '22023', hint = 'Leave weights out for equal shares.';
    end if;

    place := ('x' || left(encode(sha256(convert_to(experiment || ':' || actor::text, 'UTF8')), 'hex'), 13))::bit(52)::bigint
             / 4503599627370496::double precision * whole;
    for n in 1 .. cardinality(weights) loop
        passed := passed + weights[n];
        if place < passed then
            return variants[n];
        end if;
    end loop;
    -- Rounding can lift the place to the sum of all weights.
    for n in reverse cardinality(weights) .. 1 loop
        if weights[n] > 0 then
            return variants[n];
        end if;
    end loop;
end
$$;

comment on function telemetry.experiment_results is
'What the variants of an experiment changed: one row per variant, control first, each compared with
control.

Arguments
  experiment        its name, as the payload of an exposure holds it
  metric_event      the event that is measured
  metric_kind       proportion (default): the share of actors with a metric_event; mean: metric
                    events per actor, or the sum of value_key; ratio: over all actors, the sum of
                    metric events or of value_key by that of denominator events or of
                    denominator_key
  value_key         the payload key of the number that is summed; default NULL: events are counted
  denominator_event, denominator_key  what a ratio divides by; the keys must be the same where both
                    value_key and denominator_key are given
  exposure_event    the event that says who got which variant; default experiment_exposed
  experiment_key    the key or path of the experiment''s name in its payload (experiment.name);
                    default experiment
  variant_key       the key or path of the variant in its payload (experiment.variant); default
                    variant
  control           the variant that the others are compared with; default control
  split             the share of each variant, as in {"control": 0.5, "treatment": 0.5}; default
                    NULL: equal shares
  method            frequentist (default) or bayesian
  confidence_level  of the interval, between 0 and 1; default 0.95
  cuped_days        the days before the exposure whose metric is taken out; default 0: none
  expected_actors   how many actors control and a variant are to have together when the experiment
                    is decided: there the always-valid interval is narrowest. Set it before the
                    first look and do not change it; default 5000
  since, until, last, tenant: common arguments
  exposure_filter   what the payload of an exposure must hold; default NULL: anything
  filter            what the payload of a metric event must hold; default NULL: anything
Columns
  variant                      the variant
  is_control                   whether it is control
  actors                       how many take part in it
  mean                         its proportion, mean or ratio
  relative_difference          d = mT/mC - 1, T being this variant and C control
  interval_low, interval_high  where d lies with confidence_level
  difference                   mT - mC, in the unit of the metric
  difference_low, difference_high  where difference lies with confidence_level
  standard_error               of difference
  p_value                      of the frequentist method, two-sided, of one look at the end; else
                               NULL
  chance_to_win                of the bayesian method: P(d > 0); else NULL
  sequential_p_value           a p-value of difference that is valid at every look: one may look
                               each day and stop at the first below 0.05. NULL below 100 actors in
                               either group, where all of a group are alike, and of the bayesian
                               method
  sequential_low, sequential_high  where difference lies with confidence_level, at every look; NULL
                               as sequential_p_value
  srm_p_value                  of the chi-square test of actors against split
  srm_flag                     whether srm_p_value is below 0.001, from 100 actors on: the split was
                               not kept, so distrust the result
  multi_variant_actors         actors that were exposed to several variants and are left out
  not_numeric                  metric events whose value is no number, which are left out
Errors
  22004  no experiment or metric_event
  22023  nobody is in control; split does not name a variant; an unknown word or event; a key with
         an empty part; arguments that do not go together
  53200  there are more actors than telemetry.kpi_memory holds
Notes
  An actor is a tenant''s user. It takes part from its first exposure in the range; only its events
    from that moment to until count. A sampled event counts 1/sample_rate.
  What cannot be told is NULL: nobody, one actor, no variance in either group. Where nobody was
    exposed there is no row, unless split is given.
  The variance of d is vT/(nT mC^2) + vC mT^2/(nC mC^4), where v is p(1 - p) of a proportion, the
    sample variance of a mean, and that by the delta method of a ratio.
  Frequentist: Student''s t with the degrees of freedom of Welch and Satterthwaite. Bayesian: a flat
    prior, so that d is distributed as N(d, variance).
  CUPED (Deng et al. 2013): theta (before - mean before) is taken from each value, where theta =
    cov(value, before)/var(before) over all variants together. The variance of d is then that of the
    linear part of d in the means and the means before of all variants, which share the mean before.
    Of a ratio before is the ratio before, and both are taken by their linear parts (delta method:
    Deng, Knoblich and Lu 2018); a variant nobody of which has a denominator before is not
    adjusted, nor are the others.
  The interval of difference is Welch''s, of shares of which one is 0 or 1 Newcombe''s (1998, method
    10).
  The always-valid p-value is that of a mixture sequential probability ratio test with a normal
    mixture (Johari, Koomen, Pekelis and Walsh 2015, 2022), its interval the asymptotic confidence
    sequence of Waudby-Smith et al. (2024, theorem 2.2): it is wider than that of one look.
  Where d has no variance, as in a variant whose mean is 0, and where the mean of control is 0, the
    difference mT - mC is told from chance instead: shares by the pooled z-test, their interval by
    Wilson''s of both (Donner and Zou 2012), means by Welch''s t. Of a control mean of 0
    relative_difference and the interval are NULL; counts and srm_p_value are there.';
comment on function telemetry.experiment_actors is
'The actors behind experiment_results(): one row per actor that was exposed.

Arguments
  the arguments of experiment_results()
Columns
  variant              the variant; NULL where the actor was exposed to several, and is left out of
                       the results
  tenant_id, actor_id  the actor
  exposed_at           its first exposure
  value                the metric from then on; 0 or 1 of a proportion
  denominator          a ratio''s denominator; 0 of other kinds
  value_before         the metric in the cuped_days before the exposure
  denominator_before   a ratio''s denominator in that time; 0 of other kinds
  not_numeric          metric events whose value is no number
Errors
  the errors of experiment_results()
  53200  the list is larger than telemetry.kpi_memory
Notes
  The rows have no order.';
comment on function telemetry.assign_variant is
'Which variant of an experiment an actor gets: always the same one for the same arguments, in every
release.

Arguments
  experiment  its name
  actor       the id of the user, or whoever is assigned
  variants    the names of the variants
  weights     their shares, of any sum, none negative; default NULL: equal shares
Returns
  One of variants.
Errors
  22004  experiment, actor or variants is NULL
  22023  no variants; weights that are negative, all 0, or not as many as variants
Notes
  A variant keeps its actors while those before it keep their weights. A variant of weight 0 gets
    nobody.
  The algorithm, for clients that compute it themselves: h is the first 13 hexadecimal digits of
    SHA-256 over "experiment:actor" in UTF-8, with the uuid in lower case; the answer is the first
    variant whose cumulated weight is above h / 2^52 * the sum of weights.';
