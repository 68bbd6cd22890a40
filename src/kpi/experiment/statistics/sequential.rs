//! Pure: p-values and intervals that hold at every look at an experiment, however often one looks and whenever one stops.
//!
//! They are those of the mixture sequential probability ratio test with a normal mixture (Robbins 1970; Johari, Koomen,
//! Pekelis and Walsh 2015 and 2022, "Always valid inference"), with the variance that was estimated: so they are the
//! asymptotic confidence sequences of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024, "Time-uniform central limit
//! theory and asymptotic confidence sequences", theorem 2.2. With n actors of both groups, a difference d of standard error
//! s, and a mixture of variance r per actor,
//!
//!   p = min(1, sqrt(n r + 1) exp(-(d / s)^2 n r / (2 (n r + 1)))),
//!   d +- s sqrt(2 (n r + 1) / (n r) ln(sqrt(n r + 1) / alpha)).

use super::{Estimate, Estimates, finite};

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sequential {
    pub p_value: f64,
    pub interval: (f64, f64),
}

/// With fewer actors in a group the sequence of differences is not yet near the normal one that the test takes it for.
const ENOUGH_ACTORS: u64 = 100;

/// The number of actors of both groups at which the interval is narrowest, where nobody says another one.
pub const DEFAULT_ACTORS: i32 = 5000;

impl Estimates {
    /// Compares the group at a place with control, which is at 0. `expected_actors`: of both groups, when the interval
    /// shall be narrowest. None where a group has fewer than 100 actors, or they are all alike.
    pub fn sequential(&self, place: usize, confidence: f64, expected_actors: f64) -> Option<Sequential> {
        let (treatment, control) = (&self.groups[place], &self.groups[0]);
        let difference = treatment.mean? - control.mean?;
        let is_enough = |group: &&Estimate| group.actors >= ENOUGH_ACTORS && group.variance > Some(0.0);
        if ![treatment, control].iter().all(is_enough) {
            return None;
        }
        let error = self.variance_of_difference(place, 1.0).sqrt();
        let actors = (treatment.actors + control.actors) as f64;
        always_valid(difference, error, actors, 1.0 - confidence, expected_actors)
    }
}

fn always_valid(difference: f64, error: f64, actors: f64, alpha: f64, expected_actors: f64) -> Option<Sequential> {
    let mixed = actors * mixture(alpha, expected_actors);
    let statistic = difference / error;
    let p_value = ((mixed + 1.0).ln() / 2.0 - statistic * statistic * mixed / (2.0 * (mixed + 1.0))).exp().min(1.0);
    let reach = error * (2.0 * (mixed + 1.0) / mixed * ((mixed + 1.0).ln() / 2.0 - alpha.ln())).sqrt();
    Some(Sequential { p_value: finite(p_value)?, interval: (finite(difference - reach)?, finite(difference + reach)?) })
}

/// Gives the variance of the mixture with which the interval is about narrowest at this number of actors (Waudby-Smith et
/// al. 2024, appendix B.2).
fn mixture(alpha: f64, actors: f64) -> f64 {
    let twice = -2.0 * alpha.ln();
    (twice + (twice + 1.0).ln()) / actors
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, Outcome, estimates};
    use super::*;
    use crate::readers::distributions::normal_quantile;
    use proptest::prelude::*;

    proptest! {
        /// 0 lies outside of the interval just where the p-value is below alpha.
        #[test]
        fn test_and_interval_agree(difference in -3.0f64..3.0, error in 0.01f64..2.0, actors in 200.0f64..1e6, alpha in 0.001f64..0.5) {
            let found = always_valid(difference, error, actors, alpha, 5000.0).expect("there is one");
            let is_outside = found.interval.0 > 0.0 || found.interval.1 < 0.0;
            prop_assert!((found.p_value - alpha).abs() < 1e-9 || is_outside == (found.p_value < alpha));
        }

        /// What holds at every look is wider than what holds at one, and narrowest near the number that was expected.
        #[test]
        fn always_costs_width(error in 0.01f64..2.0, expected in 200.0f64..1e5, alpha in 0.001f64..0.2) {
            let width = |actors: f64| {
                let (low, high) = always_valid(0.0, error, actors, alpha, expected).expect("there is one").interval;
                high - low
            };
            let at_one_look = 2.0 * error * normal_quantile(1.0 - alpha / 2.0);
            prop_assert!(width(expected) > at_one_look);
            prop_assert!(width(expected) < width(expected * 5.0) && width(expected) < width(expected / 5.0));
        }
    }

    /// Where nothing differs, one who looks after every ten actors and stops at the first p-value below 5 % is wrong in at
    /// most 5 % of experiments; with the usual p-value in several times as many.
    #[test]
    fn looking_often_does_no_harm() {
        let runs = 1000;
        let (mut fooled, mut fooled_by_one_look) = (0, 0);
        for run in 0..runs {
            let mut chance = super::super::coverage::Chance::seeded(run);
            let (mut ones, mut always, mut once) = ([0.0; 2], false, false);
            for actors in 1..=1500 {
                ones.iter_mut().for_each(|ones| *ones += f64::from(u8::from(chance.next() < 0.3)));
                if actors % 10 == 0 && actors >= 100 {
                    let n = f64::from(actors);
                    let [control, treatment] = ones.map(|ones| ones / n);
                    let error = ((control * (1.0 - control) + treatment * (1.0 - treatment)) / n).sqrt();
                    let found = always_valid(treatment - control, error, 2.0 * n, 0.05, 2000.0).expect("there is one");
                    always |= found.p_value < 0.05;
                    once |= ((treatment - control) / error).abs() > normal_quantile(0.975);
                }
            }
            fooled += u32::from(always);
            fooled_by_one_look += u32::from(once);
        }
        // Three standard errors above 5 %.
        assert!(f64::from(fooled) < 0.071 * runs as f64, "{fooled}");
        assert!(f64::from(fooled_by_one_look) > 0.15 * runs as f64, "{fooled_by_one_look}");
    }

    #[test]
    fn few_actors_tell_nothing() {
        let group = |actors: usize| -> Vec<Outcome> {
            (0..actors).map(|n| Outcome { value: (n % 3) as f64, ..Outcome::default() }).collect()
        };
        let told = |control, treatment| {
            estimates(&mut [group(control), group(treatment)], Kind::Mean, false).sequential(1, 0.95, 5000.0)
        };
        assert_eq!((told(99, 5000), told(5000, 99)), (None, None));
        assert!(told(100, 100).is_some());
        let alike = vec![Outcome::default(); 200];
        assert_eq!(estimates(&mut [alike.clone(), alike], Kind::Mean, false).sequential(1, 0.95, 5000.0), None);
    }
}
