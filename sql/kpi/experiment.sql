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
    exposure_filter jsonb default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (
    variant text, is_control boolean, actors bigint, mean double precision, relative_difference double precision,
    interval_low double precision, interval_high double precision, p_value double precision,
    chance_to_win double precision, srm_p_value double precision, srm_flag boolean, multi_variant_actors bigint,
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
    filter jsonb default null)
returns table (
    variant text, tenant_id uuid, actor_id uuid, exposed_at timestamptz, value double precision,
    denominator double precision, value_before double precision, not_numeric bigint)
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
'What the variants of an experiment changed: a row per variant, control first. An actor (a tenant''s user) takes part from its first exposure_event (default experiment_exposed) in [since, until), NULL: all time, whose payload has experiment under experiment_key (default "experiment"), in the variant under variant_key (default "variant"), each a key or a path: experiment.name, experiment.variant; only its events from that moment to until count. Actors exposed to several variants are counted in multi_variant_actors and left out. metric_kind: proportion (default: the share of actors with a metric_event), mean (metric_events per actor, or the sum of value_key), ratio (the sum over all actors of metric_events or value_key by that of denominator_events or denominator_key, which must be the same key where both are given). control: its variant, default "control"; split: shares by variant, default equal; method: frequentist (default) or bayesian; confidence_level: default 0.95; cuped_days: days before the exposure whose metric is taken out, default 0 (none), not for ratios; exposure_filter, filter: what the payloads of exposures and of metric events must contain; tenant: NULL every tenant that the caller may see.
Formulas. relative_difference d = mT/mC - 1, its variance vT/(nT mC^2) + vC mT^2/(nC mC^4), where v is p(1 - p) of a proportion, the sample variance of a mean, and by the delta method of a ratio. Frequentist: Student''s t with the degrees of freedom of Welch and Satterthwaite, two-sided. Bayesian: a flat prior, so N(d, variance); chance_to_win = P(d > 0). CUPED (Deng et al. 2013): from each value theta (before - mean before) is taken, theta = cov(value, before)/var(before) over all variants together; the variance of d is then that of the linear part of d in the means and the means before of all variants, which share the mean before. Where d has no variance, as in a variant whose mean is 0, and where control''s mean is 0, the difference mT - mC is told from chance instead: shares by the pooled z-test, their interval by Wilson''s of both (Donner and Zou 2012), means by Welch''s t; of a control mean of 0 relative_difference and interval are NULL, counts and srm_p_value are there. srm_p_value: chi-square of actors against split; srm_flag: below 0.001, from 100 actors on. not_numeric: metric events whose value is no number, which are left out. Sampled events count 1/sample_rate. NULL: what cannot be told (nobody, one actor, no variance in either group). Nobody exposed: no row without split. Errors: 22004 no experiment or metric_event, 22023 nobody in control, a variant that split does not name, an unknown word, a key with an empty part, arguments that do not go together; 53200 more actors than telemetry.kpi_memory holds.';
comment on function telemetry.experiment_actors is
'The actors behind experiment_results(), with the same arguments: variant (NULL: exposed to several, left out there), first exposure, the metric from then on (for a proportion 0 or 1), a ratio''s denominator, the metric in the cuped_days before. No order. Errors: those of experiment_results(), 53200 a list larger than telemetry.kpi_memory.';
comment on function telemetry.assign_variant is
'The variant of an experiment that an actor gets: always the same for the same arguments, in every release. weights: shares of any sum, default equal. The algorithm: h = the first 13 hexadecimal digits of SHA-256 over "experiment:actor" in UTF-8, the uuid in lower case; the first variant whose cumulated weight is above h / 2^52 * the sum of weights. A variant keeps its actors while those before it keep their weights. Errors: 22004 a NULL, 22023 no variants, weights that are negative, all 0 or not as many.';
