//! Pure: the difference of two groups in the metric's own unit, with its standard error and its interval.

use super::{Estimate, Estimates, Kind, Method, finite, wilson};
use crate::readers::distributions::{normal_quantile, t_quantile};

/// The difference mean - control's mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Absolute {
    pub difference: f64,
    /// None where it cannot be told: a group of one, or nobody who differs from anybody.
    pub standard_error: Option<f64>,
    pub interval: Option<(f64, f64)>,
}

impl Estimates {
    /// Compares the group at a place with control, which is at 0. None where one of them has no mean. The interval is
    /// Welch's (1947), by the Bayesian method that of a flat prior; of two shares of which one is 0 or 1, where an error
    /// of 0 would be none, Newcombe's (1998, method 10).
    pub fn absolute(&self, place: usize, method: Method, confidence: f64) -> Option<Absolute> {
        let (treatment, control) = (&self.groups[place], &self.groups[0]);
        let difference = treatment.mean? - control.mean?;
        let unknown = Absolute { difference, standard_error: None, interval: None };
        let Some((one, other)) = treatment.variance.zip(control.variance) else { return Some(unknown) };
        let error = self.variance_of_difference(place, 1.0).sqrt();
        let standard_error = finite(error).filter(|error| *error > 0.0);
        let tail = f64::midpoint(1.0, confidence);
        if self.kind == Kind::Proportion && self.theta == 0.0 && (one == 0.0 || other == 0.0) {
            let interval = Some(difference_of_shares(treatment, control, normal_quantile(tail)));
            return Some(Absolute { difference, standard_error, interval });
        }
        let quantile = match method {
            Method::Bayesian => normal_quantile(tail),
            Method::Frequentist => t_quantile(tail, self.freedom(place)),
        };
        let reach = standard_error.and_then(|error| finite(error * quantile));
        let interval = reach.map(|reach| (difference - reach, difference + reach));
        Some(Absolute { difference, standard_error, interval })
    }
}

/// Gives the interval of the difference of two shares from Wilson's (1927) of both: Newcombe 1998, "Interval estimation for
/// the difference between independent proportions", method 10.
fn difference_of_shares(treatment: &Estimate, control: &Estimate, quantile: f64) -> (f64, f64) {
    let ((one, low, high), (other, low_of_other, high_of_other)) =
        (wilson(treatment, quantile), wilson(control, quantile));
    let difference = one - other;
    (difference - (one - low).hypot(high_of_other - other), difference + (high - one).hypot(other - low_of_other))
}

#[cfg(test)]
mod tests {
    use super::super::{Outcome, estimates};
    use super::*;

    fn shares(ones: usize, all: usize) -> Vec<Outcome> {
        (0..all).map(|n| Outcome { value: f64::from(u8::from(n < ones)), ..Outcome::default() }).collect()
    }

    fn means(values: &[f64]) -> Vec<Outcome> {
        values.iter().map(|value| Outcome { value: *value, ..Outcome::default() }).collect()
    }

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} for {expected}");
    }

    fn of(control: Vec<Outcome>, treatment: Vec<Outcome>, kind: Kind) -> Absolute {
        estimates(&mut [control, treatment], kind, false)
            .absolute(1, Method::Frequentist, 0.95)
            .expect("both have a mean")
    }

    const WELCH: [f64; 2] = [0.3266694318605019, 8.839997234806164];
    const NEWCOMBE: [f64; 2] = [-0.16217091688838173, 0.03606625607875302];

    /// SciPy 1.17.1: ttest_ind([3, 5, 8, 9], [1, 2, 2], equal_var=False).confidence_interval().
    #[test]
    fn means_as_scipy_says() {
        let found = of(means(&[1.0, 2.0, 2.0]), means(&[3.0, 5.0, 8.0, 9.0]), Kind::Mean);
        close(found.difference, 6.25 - 5.0 / 3.0);
        close(found.standard_error.expect("one"), 1.4166666666666665);
        let (low, high) = found.interval.expect("one");
        close(low, WELCH[0]);
        close(high, WELCH[1]);
    }

    /// statsmodels 0.15.0: confint_proportions_2indep(0, 40, 3, 50, method="newcomb").
    #[test]
    fn shares_of_nobody_as_statsmodels_says() {
        let found = of(shares(3, 50), shares(0, 40), Kind::Proportion);
        let (low, high) = found.interval.expect("one");
        close(low, NEWCOMBE[0]);
        close(high, NEWCOMBE[1]);
        // Nobody in both: that they do not differ much is known, an error is not.
        let nobody = of(shares(0, 9), shares(0, 9), Kind::Proportion);
        assert_eq!((nobody.difference, nobody.standard_error), (0.0, None));
        let (low, high) = nobody.interval.expect("one");
        close(low, -high);
        assert!(high > 0.25 && high < 0.35);
    }

    #[test]
    fn what_cannot_be_told_is_none() {
        let alone = of(means(&[1.0]), means(&[2.0, 3.0]), Kind::Mean);
        assert_eq!((alone.difference, alone.standard_error, alone.interval), (1.5, None, None));
        let alike = of(means(&[1.0, 1.0]), means(&[2.0, 2.0]), Kind::Mean);
        assert_eq!((alike.difference, alike.standard_error, alike.interval), (1.0, None, None));
        let nobody = estimates(&mut [Vec::new(), means(&[1.0])], Kind::Mean, false);
        assert_eq!(nobody.absolute(1, Method::Frequentist, 0.95), None);
    }
}
