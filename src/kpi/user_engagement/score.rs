//! Pure: computes how engaged somebody is, between 0 and 100:
//!
//! 100 * (w1 * active_days / days + w2 * 0.5 ^ (days_since_last / 7) + w3 * event_names / all_names
//!     + w4 * x / (x + 10)), x being events per active day, and the weights adding up to 1.
//!
//! Each part lies between 0 and 1, and nobody's depends on how much others do, but for the names that anybody used.

/// After this many days recency is worth half.
const HALF_LIFE: f64 = 7.0;

/// This many events per active day are worth half.
const HALF_INTENSITY: f64 = 10.0;

#[derive(Debug, Clone, Copy)]
pub struct Facts {
    /// How many days the range has.
    pub days: u32,
    pub active_days: u32,
    pub days_since_last: u32,
    /// How many event names anybody used.
    pub all_names: u32,
    pub event_names: u32,
    pub events: f64,
}

/// The weights of days, recency, breadth and intensity; they add up to 1.
#[derive(Debug, Clone, Copy)]
pub struct Weights([f64; 4]);

impl Default for Weights {
    fn default() -> Self {
        Weights([0.4, 0.3, 0.2, 0.1])
    }
}

impl Weights {
    /// Makes weights of what is given; None unless these are four, finite, not negative and not all 0.
    pub fn of(given: &[f64]) -> Option<Weights> {
        let weights: [f64; 4] = given.try_into().ok()?;
        let sum: f64 = weights.iter().sum();
        let are_good = weights.iter().all(|weight| *weight >= 0.0) && sum > 0.0 && sum.is_finite();
        are_good.then(|| Weights(weights.map(|weight| weight / sum)))
    }

    /// Computes the score of somebody who had an event.
    pub fn score(&self, facts: Facts) -> f64 {
        let per_day = facts.events / f64::from(facts.active_days);
        let parts = [
            f64::from(facts.active_days) / f64::from(facts.days),
            0.5_f64.powf(f64::from(facts.days_since_last) / HALF_LIFE),
            f64::from(facts.event_names) / f64::from(facts.all_names),
            per_day / (per_day + HALF_INTENSITY),
        ];
        100.0 * self.0.iter().zip(parts).map(|(weight, part)| weight * part).sum::<f64>()
    }
}

/// Gives those with the highest scores, in no order: `top_n`, and all that equal the last of them.
pub fn highest<T>(mut scored: Vec<(f64, T)>, top_n: usize) -> Vec<(f64, T)> {
    if scored.len() > top_n {
        let (_, last, _) = scored.select_nth_unstable_by(top_n - 1, |(one, _), (other, _)| other.total_cmp(one));
        let least = last.0;
        scored.retain(|(score, _)| *score >= least);
    }
    scored
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: Facts =
        Facts { days: 30, active_days: 30, days_since_last: 0, all_names: 5, event_names: 5, events: 300.0 };

    #[test]
    fn the_formula() {
        let score = |facts| Weights::default().score(facts);
        assert!((score(ALL) - (40.0 + 30.0 + 20.0 + 5.0)).abs() < 1e-12);
        let some = Facts { active_days: 15, days_since_last: 7, event_names: 1, events: 15.0 * 30.0, ..ALL };
        assert!((score(some) - (20.0 + 15.0 + 4.0 + 7.5)).abs() < 1e-12);
        let recency = Weights::of(&[0.0, 3.0, 0.0, 0.0]).expect("weights");
        assert!((recency.score(Facts { days_since_last: 14, ..some }) - 25.0).abs() < 1e-12);
    }

    #[test]
    fn bad_weights() {
        for bad in [&[1.0, 1.0, 1.0][..], &[0.0; 4], &[-1.0, 2.0, 1.0, 1.0], &[f64::NAN; 4], &[f64::INFINITY; 4], &[]] {
            assert!(Weights::of(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn equals_of_the_last_stay() {
        let mut found: Vec<u32> =
            highest(vec![(1.0, 0), (3.0, 1), (2.0, 2), (2.0, 3)], 2).into_iter().map(|(_, who)| who).collect();
        found.sort_unstable();
        assert_eq!(found, [1, 2, 3]);
        assert_eq!(highest(vec![(1.0, 0)], 2).len(), 1);
    }

    proptest! {
        #[test]
        fn a_score_is_a_share_of_a_hundred(
            (days, active_days, days_since_last) in (1u32..400).prop_flat_map(|days| (Just(days), 1..=days, 0..days)),
            (all_names, event_names) in (1u32..50).prop_flat_map(|names| (Just(names), 1..=names)),
            events in 1.0f64..1e9,
            weights in prop::array::uniform4(0.001f64..9.0),
        ) {
            let facts = Facts { days, active_days, days_since_last, all_names, event_names, events };
            let weights = Weights::of(&weights).expect("weights");
            let score = weights.score(facts);
            prop_assert!(score > 0.0 && score <= 100.0 + 1e-9, "{score}");
            // More events never lower it.
            let more = Facts { events: events + 1.0, ..facts };
            prop_assert!(weights.score(more) >= score);
        }
    }
}
