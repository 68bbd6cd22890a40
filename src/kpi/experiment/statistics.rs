//! Pure: compares the groups of an experiment. The definitions and their sources are in sql/kpi/experiment.sql.

use crate::readers::distributions::{chi_square_above, normal_below, normal_quantile, t_above, t_quantile};

mod absolute;
mod sequential;

pub use sequential::DEFAULT_ACTORS;

/// What an actor did: the metric, the denominator of a ratio, and both before the exposure.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Outcome {
    pub value: f64,
    pub denominator: f64,
    pub before: f64,
    pub denominator_before: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The metric is whether something happened: values are 0 or 1.
    Proportion,
    Mean,
    /// The metric is the sum of values, divided by the sum of denominators.
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
    /// The mean; None where nobody is there, or the denominators sum up to 0.
    pub mean: Option<f64>,
    /// The variance; None where there are too few actors for one.
    pub variance: Option<f64>,
    /// What the variance is made of, for CUPED.
    spread: Spread,
    /// How much of what all groups did before is this group's: its share of the actors, of a ratio that of the
    /// denominators before.
    weight: f64,
}

/// The variance of one actor's metric, that of the metric before, and their covariance.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Spread {
    value: f64,
    before: f64,
    both: f64,
}

/// The estimates of all groups, control first.
pub struct Estimates {
    pub groups: Vec<Estimate>,
    kind: Kind,
    /// How much of what actors did before CUPED takes out of the metric; 0 without CUPED.
    theta: f64,
}

/// Estimates each group. With `adjusts`, what actors did before is taken out of what they did after, by CUPED.
pub fn estimates(groups: &mut [Vec<Outcome>], kind: Kind, adjusts: bool) -> Estimates {
    for group in groups.iter_mut() {
        // The order of addition must not depend on where the events came from.
        group.sort_by(|one, other| {
            let key =
                |outcome: &Outcome| [outcome.value, outcome.denominator, outcome.before, outcome.denominator_before];
            key(one)
                .iter()
                .zip(key(other))
                .map(|(one, other)| one.total_cmp(&other))
                .find(|o| o.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
    }
    let past = if adjusts { Past::of(groups, kind) } else { Past::default() };
    let all: f64 = groups.iter().flatten().map(|outcome| past.weight_of(outcome, kind)).sum();
    let with_weight = |group: &Vec<Outcome>| {
        let weight = group.iter().map(|outcome| past.weight_of(outcome, kind)).sum::<f64>() / all;
        Estimate { weight: finite(weight).unwrap_or(0.0), ..estimate(group, kind, past) }
    };
    Estimates { groups: groups.iter().map(with_weight).collect(), kind, theta: past.theta }
}

/// What CUPED knows of the time before: nothing where theta is 0.
#[derive(Debug, Clone, Copy, Default)]
struct Past {
    /// How much of a difference before is taken out of the difference after.
    theta: f64,
    /// The mean before of all groups together; of a ratio the ratio before.
    before: f64,
}

impl Past {
    /// Gives cov(value, before) / var(before) over all groups together (Deng, Xu, Kohavi and Walker 2013), of a ratio that of
    /// its linear part and that of the ratio before, by the delta method (Deng, Knoblich and Lu 2018). Theta is 0 where
    /// nothing differs before, or a group has no denominator before.
    fn of(groups: &[Vec<Outcome>], kind: Kind) -> Past {
        let all: Vec<Outcome> = groups.iter().flatten().copied().collect();
        let (after, earlier) = match kind {
            Kind::Ratio => (Linear::after(&all), Linear::before(&all)),
            _ => (Some(Linear::MEAN), Some(Linear::MEAN)),
        };
        let has_past = |group: &Vec<Outcome>| group.is_empty() || Linear::before(group).is_some();
        let (Some(after), Some(earlier)) = (after, earlier) else { return Past::default() };
        if kind == Kind::Ratio && !groups.iter().all(has_past) {
            return Past::default();
        }
        let after = |outcome: &Outcome| after.part(outcome.value, outcome.denominator);
        let before = |outcome: &Outcome| earlier.part(outcome.before, outcome.denominator_before);
        let spread = covariance(&all, before, before);
        if spread == 0.0 {
            return Past::default();
        }
        let mean_before = mean(all.iter().map(|outcome| outcome.before), all.len());
        let before_of_all = if kind == Kind::Ratio { earlier.ratio } else { mean_before };
        Past { theta: covariance(&all, after, before) / spread, before: before_of_all }
    }

    fn weight_of(&self, outcome: &Outcome, kind: Kind) -> f64 {
        if kind == Kind::Ratio { outcome.denominator_before } else { 1.0 }
    }
}

/// The linear part of a ratio of sums in what one actor adds, by the delta method: (value - ratio * denominator) / mean
/// denominator. Of a mean it is the value itself.
#[derive(Debug, Clone, Copy)]
struct Linear {
    ratio: f64,
    denominator: f64,
}

impl Linear {
    const MEAN: Linear = Linear { ratio: 0.0, denominator: 1.0 };

    /// Linearises the metric after the exposure; None where the denominators sum up to 0.
    fn after(group: &[Outcome]) -> Option<Linear> {
        Linear::of(group, |outcome| (outcome.value, outcome.denominator))
    }

    /// Linearises the metric before the exposure; None where the denominators sum up to 0.
    fn before(group: &[Outcome]) -> Option<Linear> {
        Linear::of(group, |outcome| (outcome.before, outcome.denominator_before))
    }

    fn of(group: &[Outcome], both: impl Fn(&Outcome) -> (f64, f64)) -> Option<Linear> {
        let value = mean(group.iter().map(|outcome| both(outcome).0), group.len());
        let denominator = mean(group.iter().map(|outcome| both(outcome).1), group.len());
        (denominator != 0.0 && !group.is_empty()).then(|| Linear { ratio: value / denominator, denominator })
    }

    fn part(self, value: f64, denominator: f64) -> f64 {
        (value - self.ratio * denominator) / self.denominator
    }
}

/// Estimates one group.
fn estimate(group: &[Outcome], kind: Kind, past: Past) -> Estimate {
    let actors = group.len() as u64;
    let nothing = Estimate { actors, mean: None, variance: None, spread: Spread::default(), weight: 0.0 };
    if group.is_empty() {
        return nothing;
    }
    let theta = past.theta;
    let count = group.len() as f64;
    // A proportion's variance is p (1 - p), that of the population.
    let scale = if kind == Kind::Proportion { 1.0 / count } else { 1.0 / (count - 1.0) };
    let of_sample = |sum: f64| (kind == Kind::Proportion || group.len() > 1).then_some(sum * scale);
    let (after, earlier, value) = match kind {
        Kind::Ratio => {
            let Some(after) = Linear::after(group) else { return nothing };
            match Linear::before(group) {
                Some(earlier) if theta != 0.0 => (after, earlier, after.ratio - theta * (earlier.ratio - past.before)),
                _ => (after, Linear::MEAN, after.ratio),
            }
        }
        _ => {
            let adjusted = |outcome: &Outcome| outcome.value - theta * (outcome.before - past.before);
            (Linear::MEAN, Linear::MEAN, mean(group.iter().map(adjusted), group.len()))
        }
    };
    let after = |outcome: &Outcome| after.part(outcome.value, outcome.denominator);
    let before = |outcome: &Outcome| earlier.part(outcome.before, outcome.denominator_before);
    let adjusted = |outcome: &Outcome| after(outcome) - theta * before(outcome);
    let variance = of_sample(covariance(group, adjusted, adjusted));
    let spread = match theta {
        0.0 => Spread { value: variance.unwrap_or(0.0), ..Spread::default() },
        _ => Spread {
            value: covariance(group, after, after) * scale,
            before: covariance(group, before, before) * scale,
            both: covariance(group, after, before) * scale,
        },
    };
    Estimate { actors, mean: Some(value), variance, spread, weight: 0.0 }
}

fn mean(values: impl Iterator<Item = f64> + Clone, count: usize) -> f64 {
    let rough = values.clone().sum::<f64>() / count as f64;
    // What rounding took is put back.
    rough + values.map(|value| value - rough).sum::<f64>() / count as f64
}

/// Gives the sum of products of deviations from the means.
fn covariance(group: &[Outcome], one: impl Fn(&Outcome) -> f64, other: impl Fn(&Outcome) -> f64) -> f64 {
    let (mean_one, mean_other) =
        (mean(group.iter().map(&one), group.len()), mean(group.iter().map(&other), group.len()));
    group.iter().map(|outcome| (one(outcome) - mean_one) * (other(outcome) - mean_other)).sum()
}

/// The result of comparing a group with the control group.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Comparison {
    /// The relative difference: mean / control's mean - 1. None where control's mean is 0: nothing is relative to it.
    pub difference: Option<f64>,
    pub interval: Option<(f64, f64)>,
    /// The two-sided p-value, where the method is frequentist.
    pub p_value: Option<f64>,
    /// The chance that the difference is above 0, where the method is Bayesian.
    pub chance_to_win: Option<f64>,
}

impl Estimates {
    /// Compares the group at a place with control, which is at 0.
    pub fn compare(&self, place: usize, method: Method, confidence: f64) -> Comparison {
        let (treatment, control) = (&self.groups[place], &self.groups[0]);
        let mut comparison = Comparison::default();
        let Some((of_treatment, of_control)) = treatment.mean.zip(control.mean) else { return comparison };
        let ratio = of_treatment / of_control;
        comparison.difference = (of_control != 0.0).then_some(ratio - 1.0);
        if treatment.variance.is_none() || control.variance.is_none() {
            return comparison;
        }
        let error = self.variance_of_difference(place, ratio).sqrt() / of_control.abs();
        let tail = (1.0 + confidence) / 2.0;
        // Of a mean of 0 the relative difference has no error, or there is none: then the difference itself is told from
        // chance.
        let (statistic, reach, freedom) = match comparison.difference {
            Some(difference) if error > 0.0 => (difference / error, error, self.freedom(place)),
            _ => {
                let is_share = self.kind == Kind::Proportion && self.theta == 0.0;
                let (error, freedom) = match is_share {
                    true => (pooled_error(treatment, control), f64::INFINITY),
                    false => (self.variance_of_difference(place, 1.0).sqrt(), self.freedom(place)),
                };
                let reach = if is_share { f64::NAN } else { error / of_control.abs() };
                ((of_treatment - of_control) / error, reach, freedom)
            }
        };
        let quantile = match method {
            Method::Bayesian => {
                comparison.chance_to_win = finite(normal_below(statistic));
                normal_quantile(tail)
            }
            Method::Frequentist => {
                let is_normal = freedom == f64::INFINITY;
                let above = if is_normal { normal_below(-statistic.abs()) } else { t_above(statistic.abs(), freedom) };
                comparison.p_value = finite(2.0 * above);
                if is_normal { normal_quantile(tail) } else { t_quantile(tail, freedom) }
            }
        };
        comparison.interval = comparison.difference.and_then(|difference| match finite(reach * quantile) {
            Some(reach) => Some((difference - reach, difference + reach)),
            None if statistic.is_finite() => interval_of_shares(treatment, control, normal_quantile(tail)),
            None => None,
        });
        comparison
    }

    /// Gives the variance of mean - ratio * control's mean. With CUPED every group's mean before is in both, by the
    /// mean before of all: what a group's mean and its mean before contribute is counted together, for each group.
    fn variance_of_difference(&self, place: usize, ratio: f64) -> f64 {
        let part = |(at, group): (usize, &Estimate)| {
            let (own, control) = (f64::from(u8::from(at == place)), f64::from(u8::from(at == 0)));
            let weight = group.weight;
            let of_value = own - ratio * control;
            let of_before = self.theta * (ratio * (control - weight) - (own - weight));
            let Spread { value, before, both } = group.spread;
            let variance =
                of_value * of_value * value + of_before * of_before * before + 2.0 * of_value * of_before * both;
            if group.actors == 0 { 0.0 } else { variance / group.actors as f64 }
        };
        self.groups.iter().enumerate().map(part).sum::<f64>().max(0.0)
    }

    /// Gives the degrees of freedom by Welch and Satterthwaite.
    fn freedom(&self, place: usize) -> f64 {
        let part = |group: &Estimate| group.variance.unwrap_or(0.0) / group.actors as f64;
        let square = |group: &Estimate| match part(group) {
            0.0 => 0.0,
            part => part * part / (group.actors as f64 - 1.0),
        };
        let (treatment, control) = (&self.groups[place], &self.groups[0]);
        (part(treatment) + part(control)).powi(2) / (square(treatment) + square(control))
    }
}

/// Gives the error of a difference of two shares as if there were none: the error of both groups as one.
fn pooled_error(one: &Estimate, other: &Estimate) -> f64 {
    let (n, m) = (one.actors as f64, other.actors as f64);
    let share = (one.mean.unwrap_or(0.0) * n + other.mean.unwrap_or(0.0) * m) / (n + m);
    (share * (1.0 - share) * (1.0 / n + 1.0 / m)).sqrt()
}

/// Gives the interval of one share divided by another, less 1, from the intervals of both (Wilson 1927; Donner and Zou
/// 2012).
fn interval_of_shares(treatment: &Estimate, control: &Estimate, quantile: f64) -> Option<(f64, f64)> {
    let ((share, low, high), (of_control, low_of_control, high_of_control)) =
        (wilson(treatment, quantile), wilson(control, quantile));
    let product = share * of_control;
    let end = |own: f64, other: f64, sign: f64| {
        let (own, other) = (own * (2.0 * share - own), other * (2.0 * of_control - other));
        (product + sign * (product * product - own * other).max(0.0).sqrt()) / other - 1.0
    };
    let low = if low == 0.0 { -1.0 } else { end(low, high_of_control, -1.0) };
    Some((low, finite(end(high, low_of_control, 1.0))?))
}

/// Gives a share and the ends of its interval (Wilson 1927).
fn wilson(group: &Estimate, quantile: f64) -> (f64, f64, f64) {
    let (n, share, square) = (group.actors as f64, group.mean.unwrap_or(0.0), quantile * quantile);
    let middle = (share + square / (2.0 * n)) / (1.0 + square / n);
    let reach = quantile / (1.0 + square / n) * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt();
    (share, (middle - reach).max(0.0), (middle + reach).min(1.0))
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// With fewer exposures than this a mismatch cannot be told from chance.
const ENOUGH_EXPOSURES: u64 = 100;
const MISMATCH: f64 = 0.001;

/// Tests for a sample-ratio mismatch: gives the p-value of the chi-square test of counts against shares (positive, of
/// any sum), and whether it tells of one. None where there are fewer than two groups, or nobody.
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

#[cfg(test)]
mod coverage;
