//! Pure: the distributions behind p-values and intervals. They come from the crate statrs, but for Student's t of many
//! degrees of freedom, where its incomplete beta function loses digits: there the expansions in 1/freedom are exact to
//! 1e-13.

use statrs::distribution::{ChiSquared, ContinuousCDF, Normal, StudentsT};

/// The degrees of freedom from which the expansions are used. At 1000 their first term left out is below 1e-14.
const MANY: f64 = 1000.0;

/// Returns P(Z <= z) of the standard normal distribution.
pub fn normal_below(z: f64) -> f64 {
    Normal::standard().cdf(z)
}

/// Returns the z with P(Z <= z) = probability, which lies between 0 and 1.
pub fn normal_quantile(probability: f64) -> f64 {
    Normal::standard().inverse_cdf(probability)
}

/// Returns P(T > t) of Student's distribution, for t from 0 and `freedom` above 0. NaN where that is not so.
pub fn t_above(t: f64, freedom: f64) -> f64 {
    if freedom < MANY {
        return StudentsT::new(0.0, 1.0, freedom).map_or(f64::NAN, |distribution| distribution.sf(t));
    }
    // G. W. Hill, Algorithm 395, Communications of the ACM 13 (1970): t as a normal deviate.
    let a = freedom - 0.5;
    let b = 48.0 * a * a;
    let y = a * (t * t / freedom).ln_1p();
    let bend = (((-0.4 * y - 3.3) * y - 24.0) * y - 85.5) / (0.8 * y * y + 100.0 + b) + y + 3.0;
    normal_below(-(bend / b + 1.0) * y.sqrt())
}

/// Returns the t with P(T <= t) = probability, which is at least 0.5 and below 1.
pub fn t_quantile(probability: f64, freedom: f64) -> f64 {
    if freedom < MANY {
        return StudentsT::new(0.0, 1.0, freedom)
            .map_or(f64::NAN, |distribution| distribution.inverse_cdf(probability));
    }
    // Abramowitz and Stegun 26.7.5.
    let z = normal_quantile(probability);
    let s = z * z;
    let terms = [
        z * (s + 1.0) / 4.0,
        z * ((5.0 * s + 16.0) * s + 3.0) / 96.0,
        z * (((3.0 * s + 19.0) * s + 17.0) * s - 15.0) / 384.0,
        z * ((((79.0 * s + 776.0) * s + 1482.0) * s - 1920.0) * s - 945.0) / 92_160.0,
    ];
    terms.iter().rev().fold(0.0, |sum, term| (sum + term) / freedom) + z
}

/// Returns P(X > x) of the chi-square distribution.
pub fn chi_square_above(x: f64, freedom: f64) -> f64 {
    ChiSquared::new(freedom).map_or(f64::NAN, |distribution| distribution.sf(x))
}

#[cfg(test)]
mod tests;
