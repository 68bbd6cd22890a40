//! Pure: tests whether two periods differ by more than chance.
//!
//! Two shares: the pooled z-test, and where fewer than 5 are expected of anything Fisher's exact test (Fisher 1935). Other
//! numbers, by the values of their buckets: the test of Mann and Whitney (1947), exact for up to 20 buckets in each period
//! without ties, else by the normal approximation with the correction for ties and for continuity (Lehmann 1975, section
//! 1.4). All are two-sided.

use crate::readers::distributions::normal_below;
use statrs::function::gamma::ln_gamma;

/// So many of so many.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    pub part: f64,
    pub whole: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    TwoProportions,
    Fisher,
    MannWhitney,
}

impl Test {
    pub fn name(self) -> &'static str {
        match self {
            Test::TwoProportions => "two proportions",
            Test::Fisher => "Fisher",
            Test::MannWhitney => "Mann-Whitney",
        }
    }
}

/// Why there is no test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untold {
    /// A share of nobody.
    Nobody,
    FewBuckets(usize, usize),
    /// All that is compared is the same.
    Alike,
}

impl std::fmt::Display for Untold {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Untold::Nobody => write!(to, "there is nobody in one of the periods"),
            Untold::FewBuckets(before, after) => write!(
                to,
                "there are {before} complete buckets with a value before and {after} after: it takes {LEAST_BUCKETS} of each"
            ),
            Untold::Alike => write!(to, "nothing differs, neither between the periods nor within them"),
        }
    }
}

/// With fewer buckets in a period not even the greatest difference would be told from chance.
const LEAST_BUCKETS: usize = 4;
/// The largest periods, in buckets, whose arrangements are counted.
const MOST_COUNTED: usize = 20;
/// With fewer expected in a cell the z-test is not near enough (Cochran 1954).
const LEAST_EXPECTED: f64 = 5.0;

/// Compares two shares.
pub fn shares(one: Share, other: Share) -> Result<(Test, f64), Untold> {
    if !(one.whole >= 1.0 && other.whole >= 1.0) {
        return Err(Untold::Nobody);
    }
    let whole = one.whole + other.whole;
    let (part, rest) = (one.part + other.part, whole - one.part - other.part);
    if part == 0.0 || rest == 0.0 {
        return Err(Untold::Alike);
    }
    if one.whole.min(other.whole) * part.min(rest) / whole < LEAST_EXPECTED {
        return Ok((Test::Fisher, fisher(one, other)));
    }
    let pooled = part / whole;
    let error = (pooled * (1.0 - pooled) * (1.0 / one.whole + 1.0 / other.whole)).sqrt();
    let statistic = (other.part / other.whole - one.part / one.whole) / error;
    Ok((Test::TwoProportions, 2.0 * normal_below(-statistic.abs())))
}

/// Adds up the chances of all tables with these margins that are at most as likely as the one that was seen.
fn fisher(one: Share, other: Share) -> f64 {
    let (part, whole) = (one.part + other.part, one.whole + other.whole);
    let choose = |all: f64, of: f64| ln_gamma(all + 1.0) - ln_gamma(of + 1.0) - ln_gamma(all - of + 1.0);
    let chance = |k: f64| (choose(one.whole, k) + choose(other.whole, part - k) - choose(whole, part)).exp();
    let seen = chance(one.part);
    let (first, last) = ((part - other.whole).max(0.0), one.whole.min(part));
    let tables = (0..=(last - first) as u64).map(|n| chance(first + n as f64));
    // Equal chances may differ by rounding.
    tables.filter(|chance| *chance <= seen * (1.0 + 1e-7)).sum::<f64>().min(1.0)
}

/// Compares the values of buckets before and after.
pub fn buckets(before: &[f64], after: &[f64]) -> Result<(Test, f64), Untold> {
    let (n, m) = (before.len(), after.len());
    if n < LEAST_BUCKETS || m < LEAST_BUCKETS {
        return Err(Untold::FewBuckets(n, m));
    }
    let mut all: Vec<(f64, bool)> = before.iter().map(|value| (*value, true)).collect();
    all.extend(after.iter().map(|value| (*value, false)));
    all.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (mut ranks, mut ties, mut passed) = (0.0, 0.0, 0.0);
    for alike in all.chunk_by(|one, other| one.0 == other.0) {
        let count = alike.len() as f64;
        let rank = passed + f64::midpoint(1.0, count);
        ranks += rank * alike.iter().filter(|(_, is_before)| *is_before).count() as f64;
        ties += count * count * count - count;
        passed += count;
    }
    let (n, m) = (n as f64, m as f64);
    let statistic = ranks - n * (n + 1.0) / 2.0;
    let larger = statistic.max(n * m - statistic);
    if ties == 0.0 && before.len() <= MOST_COUNTED && after.len() <= MOST_COUNTED {
        let p_value = 2.0 * at_least(before.len(), after.len(), larger as usize);
        return Ok((Test::MannWhitney, p_value.min(1.0)));
    }
    let all = n + m;
    let variance = n * m / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)));
    if variance <= 0.0 {
        return Err(Untold::Alike);
    }
    let deviation = (larger - n * m / 2.0 - 0.5) / variance.sqrt();
    Ok((Test::MannWhitney, (2.0 * normal_below(-deviation)).min(1.0)))
}

/// Gives the chance that the statistic of n and m values is at least so large where nothing differs, of all arrangements
/// of the values.
fn at_least(n: usize, m: usize, statistic: usize) -> f64 {
    // Of i values before and j after, the number of arrangements by statistic: the largest value is one of either.
    let mut rows: Vec<Vec<f64>> = vec![vec![1.0]; m + 1];
    for _ in 1..=n {
        let mut next: Vec<Vec<f64>> = vec![vec![1.0]];
        for j in 1..=m {
            let (with_before, with_after) = (&rows[j], &next[j - 1]);
            let mut counts = vec![0.0; (with_before.len() + j).max(with_after.len())];
            with_before.iter().enumerate().for_each(|(u, count)| counts[u + j] += count);
            with_after.iter().enumerate().for_each(|(u, count)| counts[u] += count);
            next.push(counts);
        }
        rows = next;
    }
    let all: f64 = rows[m].iter().sum();
    rows[m].iter().skip(statistic).sum::<f64>() / all
}

#[cfg(test)]
mod tests;
