//! Pure: how many actors an experiment needs, and what it can find with those it has.
//!
//! Two-sided tests of a difference. Of two shares p and q: Fleiss, Levin and Paik 2003, "Statistical Methods for Rates and
//! Proportions", section 4.2, with the error of both as one where nothing differs and that of each where it does. Of two
//! means with the same standard deviation: the normal approximation (Chow, Shao and Wang 2008, section 3.2).

use crate::readers::distributions::{normal_below, normal_quantile};

/// What an experiment is to tell apart.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub control: f64,
    pub treatment: f64,
    /// The standard deviation of one actor's number; None: the metric is a share of actors.
    pub deviation: Option<f64>,
    /// 1 - confidence.
    pub alpha: f64,
}

impl Plan {
    /// Gives the actors in control and treatment that find the difference with this power, `share` of all being in
    /// treatment.
    pub fn sizes(&self, power: f64, share: f64) -> (f64, f64) {
        let (alike, apart) = self.errors(1.0 - share, share);
        let reach = self.quantile() * alike + normal_quantile(power) * apart;
        let all = (reach / (self.treatment - self.control)).powi(2);
        // What is whole but for rounding is whole.
        let whole = |actors: f64| (actors * (1.0 - 1e-12)).ceil().max(2.0);
        (whole(all * (1.0 - share)), whole(all * share))
    }

    /// Gives the chance to find the difference with so many actors in control and treatment.
    pub fn power(&self, control: f64, treatment: f64) -> f64 {
        let (alike, apart) = self.errors(control, treatment);
        let difference = (self.treatment - self.control).abs();
        let found = |difference: f64| normal_below((difference - self.quantile() * alike) / apart);
        found(difference) + found(-difference)
    }

    fn quantile(&self) -> f64 {
        normal_quantile(1.0 - self.alpha / 2.0)
    }

    /// Gives the standard error of the difference of so many actors, where there is none, and where it is as planned.
    fn errors(&self, control: f64, treatment: f64) -> (f64, f64) {
        let error = |of_control: f64, of_treatment: f64| (of_control / control + of_treatment / treatment).sqrt();
        if let Some(deviation) = self.deviation {
            let error = error(deviation * deviation, deviation * deviation);
            return (error, error);
        }
        let of = |share: f64| share * (1.0 - share);
        let both = of((self.control * control + self.treatment * treatment) / (control + treatment));
        (error(both, both), error(of(self.control), of(self.treatment)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SHARES: [(f64, f64, f64, f64, (f64, f64)); 5] = [
        (0.2, 0.22, 0.8, 0.5, (6510.0, 6510.0)),
        (0.2, 0.22, 0.9, 0.5, (8714.0, 8714.0)),
        (0.05, 0.04, 0.8, 0.5, (6745.0, 6745.0)),
        (0.2, 0.25, 0.8, 0.2, (2679.0, 670.0)),
        (0.5, 0.55, 0.95, 0.75, (1726.0, 5177.0)),
    ];
    const MEANS: [(f64, f64, f64, (f64, f64)); 3] =
        [(3.0, 0.8, 0.5, (566.0, 566.0)), (3.0, 0.9, 0.5, (757.0, 757.0)), (10.0, 0.8, 0.2, (15698.0, 3925.0))];

    fn shares(control: f64, treatment: f64) -> Plan {
        Plan { control, treatment, deviation: None, alpha: 0.05 }
    }

    /// statsmodels 0.15.0: samplesize_proportions_2indep_onetail(diff, prop2, power, ratio), rounded up, and
    /// NormalIndPower().solve_power(effect_size, None, alpha, power, ratio).
    #[test]
    fn as_statsmodels_says() {
        for (control, treatment, power, share, expected) in SHARES {
            assert_eq!(shares(control, treatment).sizes(power, share), expected);
        }
        for (deviation, power, share, expected) in MEANS {
            let plan = Plan { control: 10.0, treatment: 10.5, deviation: Some(deviation), alpha: 0.05 };
            assert_eq!(plan.sizes(power, share), expected);
        }
    }

    proptest! {
        /// The sizes that are given have the power, and those of one actor less in each group have not; but for what is
        /// found with the wrong sign, which is below 0.00001.
        #[test]
        fn sizes_and_power_agree(control in 0.02f64..0.9, lift in 0.02f64..0.09, power in 0.8f64..0.99, share in 0.1f64..0.9) {
            let plan = shares(control, control * (1.0 + lift));
            let (n, m) = plan.sizes(power, share);
            prop_assert!(plan.power(n, m) >= power - 1e-3 / n.min(m));
            prop_assert!(plan.power(n - 1.0, m - 1.0) < power + 1e-5);
        }
    }
}
