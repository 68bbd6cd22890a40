//! Measures how often the intervals hold the true relative difference: it simulates experiments of every kind of
//! metric, at lifts of 0, 5, 50 and 100 %. A short run is part of every test run; the figures of docs/kpis/experiments.md
//! are of the long one: `cargo test -- --ignored --nocapture intervals_hold`.

use super::*;

/// SplitMix64: the same numbers on every machine.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn seeded(seed: u64) -> Chance {
        Chance(seed << 32)
    }

    pub(super) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.next()).ln()).sqrt() * (std::f64::consts::TAU * self.next()).cos()
    }

    fn exponential(&mut self) -> f64 {
        -(1.0 - self.next()).ln()
    }
}

#[derive(Debug, Clone, Copy)]
enum Metric {
    Proportion,
    Mean,
    Ratio,
    /// A metric that is correlated with itself before, by about 0.8.
    Cuped,
    /// Whether somebody converts; those who did before are likelier to.
    CupedProportion,
    /// A ratio whose actors have it higher or lower, before as after.
    CupedRatio,
}

const METRICS: [Metric; 6] =
    [Metric::Proportion, Metric::Mean, Metric::Ratio, Metric::Cuped, Metric::CupedProportion, Metric::CupedRatio];
const LIFTS: [f64; 4] = [0.0, 0.05, 0.5, 1.0];
const ACTORS: usize = 1000;

impl Metric {
    fn kind(self) -> Kind {
        match self {
            Metric::Proportion | Metric::CupedProportion => Kind::Proportion,
            Metric::Mean | Metric::Cuped => Kind::Mean,
            Metric::Ratio | Metric::CupedRatio => Kind::Ratio,
        }
    }

    fn adjusts(self) -> bool {
        matches!(self, Metric::Cuped | Metric::CupedProportion | Metric::CupedRatio)
    }

    fn one(self, lift: f64, chance: &mut Chance) -> Outcome {
        let times = 1.0 + lift;
        let is = |happens: bool| f64::from(u8::from(happens));
        match self {
            Metric::Proportion => Outcome { value: is(chance.next() < 0.2 * times), ..Outcome::default() },
            Metric::Mean => Outcome { value: times * chance.exponential(), ..Outcome::default() },
            Metric::Ratio => {
                let denominator = 1.0 + (4.0 * chance.next()).floor();
                let value = times * denominator * (0.5 + chance.next()) + chance.normal();
                Outcome { value, denominator, ..Outcome::default() }
            }
            Metric::Cuped => {
                let before = 10.0 + 3.0 * chance.normal();
                Outcome { value: times * (0.8 * before + 2.0 + 1.8 * chance.normal()), before, ..Outcome::default() }
            }
            Metric::CupedProportion => {
                let before = is(chance.next() < 0.5);
                let value = is(chance.next() < times * (0.1 + 0.2 * before));
                Outcome { value, before, ..Outcome::default() }
            }
            Metric::CupedRatio => {
                let habit = 0.5 + chance.next();
                let visits = |chance: &mut Chance| 1.0 + (4.0 * chance.next()).floor();
                let (denominator, denominator_before) = (visits(chance), visits(chance));
                let value = times * denominator * habit + 0.3 * chance.normal();
                let before = denominator_before * habit + 0.3 * chance.normal();
                Outcome { value, denominator, before, denominator_before }
            }
        }
    }
}

/// Gives the share of `runs` experiments, with `groups` variants besides control, whose 95 % interval holds the lift.
fn coverage(metric: Metric, lift: f64, groups: usize, runs: usize) -> f64 {
    let mut chance = Chance(u64::from(metric as u32) << 32 | (lift * 100.0) as u64 | (groups as u64) << 48);
    let held = (0..runs).filter(|_| {
        let mut all: Vec<Vec<Outcome>> = (0..=groups)
            .map(|group| {
                let lift = if group == 0 { 0.0 } else { lift };
                (0..ACTORS / (1 + group % 2)).map(|_| metric.one(lift, &mut chance)).collect()
            })
            .collect();
        let found = estimates(&mut all, metric.kind(), metric.adjusts());
        let (low, high) = found.compare(1, Method::Frequentist, 0.95).interval.expect("there is one");
        low <= lift && lift <= high
    });
    held.count() as f64 / runs as f64
}

#[test]
fn intervals_hold_what_they_say() {
    for metric in METRICS {
        for lift in LIFTS {
            let share = coverage(metric, lift, 1, 100);
            // Four standard errors of 100 runs below 95 %.
            assert!(share >= 0.863, "{metric:?} at {lift}: {share}");
        }
    }
}

#[test]
#[ignore = "takes minutes"]
fn intervals_hold_what_they_say_in_full() {
    for metric in METRICS {
        for groups in [1, 2] {
            let shares = LIFTS.map(|lift| coverage(metric, lift, groups, 10_000));
            println!("{metric:?}, {groups} variants: {shares:?}");
            assert!(shares.iter().all(|share| (0.93..=0.97).contains(share)), "{metric:?}: {shares:?}");
        }
    }
}
