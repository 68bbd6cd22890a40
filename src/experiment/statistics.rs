//! Pure: what the groups of an experiment say about each other. The definitions and their sources are in
//! sql/kpi/experiment.sql.

use crate::distributions::{chi_square_above, normal_below, normal_quantile, t_above, t_quantile};

/// What an actor did: the metric, the denominator of a ratio, and the metric before the exposure.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Outcome {
    pub value: f64,
    pub denominator: f64,
    pub before: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Values are 0 or 1.
    Proportion,
    Mean,
    /// The sum of values by the sum of denominators.
    Ratio,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Frequentist,
    Bayesian,
}

/// The mean of a group, and the variance of one actor's part in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub actors: u64,
    /// None: nobody is there, or the denominators sum up to 0.
    pub mean: Option<f64>,
    /// None: it takes more actors.
    pub variance: Option<f64>,
}

/// The estimate of each group. `adjusts`: by CUPED, what actors did before is taken out of what they did after.
pub fn estimates(groups: &mut [Vec<Outcome>], kind: Kind, adjusts: bool) -> Vec<Estimate> {
    for group in groups.iter_mut() {
        // The order of addition must not depend on where the events came from.
        group.sort_by(|one, other| {
            let key = |outcome: &Outcome| [outcome.value, outcome.denominator, outcome.before];
            key(one)
                .iter()
                .zip(key(other))
                .map(|(one, other)| one.total_cmp(&other))
                .find(|o| o.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
    }
    let theta = if adjusts { theta(groups) } else { 0.0 };
    let all = groups.iter().flatten();
    let before = mean(all.clone().map(|outcome| outcome.before), all.count());
    groups.iter().map(|group| estimate(group, kind, theta, before)).collect()
}

/// Pooled cov(value, before) / var(before) over all groups together; 0 where nothing differs before.
fn theta(groups: &[Vec<Outcome>]) -> f64 {
    let all: Vec<Outcome> = groups.iter().flatten().copied().collect();
    let spread = covariance(&all, |outcome| outcome.before, |outcome| outcome.before);
    if spread == 0.0 { 0.0 } else { covariance(&all, |outcome| outcome.value, |outcome| outcome.before) / spread }
}

/// `before`: the mean before, of all groups.
fn estimate(group: &[Outcome], kind: Kind, theta: f64, before: f64) -> Estimate {
    let actors = group.len() as u64;
    let nothing = Estimate { actors, mean: None, variance: None };
    if group.is_empty() {
        return nothing;
    }
    let adjusted = |outcome: &Outcome| outcome.value - theta * (outcome.before - before);
    let count = group.len() as f64;
    // A proportion's variance is p (1 - p), that of the population.
    let scale = if kind == Kind::Proportion { 1.0 / count } else { 1.0 / (count - 1.0) };
    let of_sample = |sum: f64| (kind == Kind::Proportion || group.len() > 1).then_some(sum * scale);
    let value = mean(group.iter().map(adjusted), group.len());
    if kind != Kind::Ratio {
        return Estimate { actors, mean: Some(value), variance: of_sample(covariance(group, adjusted, adjusted)) };
    }
    let denominator = mean(group.iter().map(|outcome| outcome.denominator), group.len());
    if denominator == 0.0 {
        return nothing;
    }
    let ratio = value / denominator;
    // The delta method: the variance of value - ratio * denominator, by the square of the mean denominator.
    let rest = |outcome: &Outcome| outcome.value - ratio * outcome.denominator;
    let variance = of_sample(covariance(group, rest, rest)).map(|variance| variance / (denominator * denominator));
    Estimate { actors, mean: Some(ratio), variance }
}

fn mean(values: impl Iterator<Item = f64> + Clone, count: usize) -> f64 {
    let rough = values.clone().sum::<f64>() / count as f64;
    // What rounding took is put back.
    rough + values.map(|value| value - rough).sum::<f64>() / count as f64
}

/// The sum of products of deviations from the means.
fn covariance(group: &[Outcome], one: impl Fn(&Outcome) -> f64, other: impl Fn(&Outcome) -> f64) -> f64 {
    let (mean_one, mean_other) =
        (mean(group.iter().map(&one), group.len()), mean(group.iter().map(&other), group.len()));
    group.iter().map(|outcome| (one(outcome) - mean_one) * (other(outcome) - mean_other)).sum()
}

/// A group against the control group.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Comparison {
    /// mean / control's mean - 1.
    pub difference: Option<f64>,
    pub interval: Option<(f64, f64)>,
    /// Frequentist: two-sided.
    pub p_value: Option<f64>,
    /// Bayesian: that the difference is above 0.
    pub chance_to_win: Option<f64>,
}

/// The control group's mean is 0: nothing is relative to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlIsZero;

pub fn compare(
    treatment: &Estimate,
    control: &Estimate,
    method: Method,
    confidence: f64,
) -> Result<Comparison, ControlIsZero> {
    let Some((of_treatment, of_control)) = treatment.mean.zip(control.mean) else { return Ok(Comparison::default()) };
    if of_control == 0.0 {
        return Err(ControlIsZero);
    }
    let difference = of_treatment / of_control - 1.0;
    let mut comparison = Comparison { difference: Some(difference), ..Comparison::default() };
    let Some((var_treatment, var_control)) = treatment.variance.zip(control.variance) else { return Ok(comparison) };
    let (in_treatment, in_control) = (var_treatment / treatment.actors as f64, var_control / control.actors as f64);
    let square = of_control * of_control;
    let error = (in_treatment / square + in_control * of_treatment * of_treatment / (square * square)).sqrt();
    if error == 0.0 {
        return Ok(comparison);
    }
    let tail = (1.0 + confidence) / 2.0;
    let reach = match method {
        Method::Bayesian => {
            comparison.chance_to_win = Some(normal_below(difference / error));
            error * normal_quantile(tail)
        }
        Method::Frequentist => {
            let part = |variance: f64, actors: u64| variance * variance / (actors as f64 - 1.0);
            let freedom = (in_treatment + in_control).powi(2)
                / (part(in_treatment, treatment.actors) + part(in_control, control.actors));
            comparison.p_value = finite(2.0 * t_above((difference / error).abs(), freedom));
            error * t_quantile(tail, freedom)
        }
    };
    comparison.interval = finite(reach).map(|reach| (difference - reach, difference + reach));
    Ok(comparison)
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// From how many exposures on a mismatch can be told from chance.
const ENOUGH_EXPOSURES: u64 = 100;
const MISMATCH: f64 = 0.001;

/// Sample-ratio mismatch: the p-value of the chi-square test of counts against shares (positive, of any sum), and whether
/// it tells of one. None: fewer than two groups, or nobody.
pub fn mismatch(counts: &[u64], shares: &[f64]) -> Option<(f64, bool)> {
    let (exposures, whole) = (counts.iter().sum::<u64>(), shares.iter().sum::<f64>());
    if counts.len() < 2 || exposures == 0 {
        return None;
    }
    let squares = counts.iter().zip(shares).map(|(count, share)| {
        let expected = exposures as f64 * share / whole;
        (*count as f64 - expected).powi(2) / expected
    });
    let p_value = chi_square_above(squares.sum(), counts.len() as f64 - 1.0);
    Some((p_value, exposures >= ENOUGH_EXPOSURES && p_value < MISMATCH))
}

#[cfg(test)]
mod tests;
