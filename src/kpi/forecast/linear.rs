//! Pure: fits a straight line with a level for each season by least squares, and tells how far off a new value may be.
//!
//! With a level per season the normal equations separate: the slope is found from the deviations within the seasons, each
//! level is its season's mean less the slope's part. Seber and Lee, "Linear Regression Analysis", chapter 3.

use crate::readers::distributions::t_quantile;
use std::collections::BTreeMap;

/// A value that was seen at a place of the time axis.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    pub place: f64,
    pub season: i64,
    pub value: f64,
}

#[derive(Debug, Clone)]
pub struct Line {
    slope: f64,
    seasons: BTreeMap<i64, Season>,
    /// The sum of squares of places within the seasons.
    spread: f64,
    /// The variance of a value around the line.
    variance: f64,
    freedom: f64,
}

#[derive(Debug, Clone, Copy)]
struct Season {
    count: f64,
    place: f64,
    value: f64,
}

/// There are too few values for a line and an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooFew {
    pub values: usize,
}

impl std::fmt::Display for TooFew {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            to,
            "too few complete buckets with a value: {}, and it takes two more than there are seasons (9 days with weekly seasons, 3 buckets with none)",
            self.values
        )
    }
}

impl Line {
    /// Fits the line. There must be two more values than seasons, and they must differ in place within a season.
    pub fn fit(points: &[Point]) -> Result<Line, TooFew> {
        let mut grouped: BTreeMap<i64, Vec<&Point>> = BTreeMap::new();
        for point in points {
            grouped.entry(point.season).or_default().push(point);
        }
        let (mut spread, mut product) = (0.0, 0.0);
        let mut seasons = BTreeMap::new();
        for (season, members) in &grouped {
            let count = members.len() as f64;
            let place = members.iter().map(|point| point.place).sum::<f64>() / count;
            let value = members.iter().map(|point| point.value).sum::<f64>() / count;
            seasons.insert(*season, Season { count, place, value });
            for point in members {
                spread += (point.place - place).powi(2);
                product += (point.place - place) * (point.value - value);
            }
        }
        let freedom = points.len() as f64 - seasons.len() as f64 - 1.0;
        if freedom < 1.0 || spread == 0.0 {
            return Err(TooFew { values: points.len() });
        }
        let mut line = Line { slope: product / spread, seasons, spread, variance: 0.0, freedom };
        let rest = |point: &Point| point.value - line.at(point.place, point.season).unwrap_or(point.value);
        line.variance = points.iter().map(|point| rest(point).powi(2)).sum::<f64>() / freedom;
        Ok(line)
    }

    /// Gives what is expected at a place; none for a season that was never seen.
    pub fn at(&self, place: f64, season: i64) -> Option<f64> {
        let season = self.seasons.get(&season)?;
        Some(season.value + self.slope * (place - season.place))
    }

    /// Gives where the line lies at a place, on average over the seasons that were seen.
    pub fn level(&self, place: f64) -> f64 {
        let levels = self.seasons.values().map(|season| season.value + self.slope * (place - season.place));
        levels.sum::<f64>() / self.seasons.len() as f64
    }

    /// Tells by how many errors one new value may be off to either side, with this confidence.
    pub fn errors(&self, confidence: f64) -> f64 {
        t_quantile(f64::midpoint(1.0, confidence), self.freedom)
    }

    /// Gives the error of one new value at a place; none for a season that was never seen.
    pub fn error(&self, place: f64, season: i64) -> Option<f64> {
        let season = self.seasons.get(&season)?;
        let leverage = 1.0 / season.count + (place - season.place).powi(2) / self.spread;
        Some((self.variance * (1.0 + leverage)).sqrt())
    }
}

#[cfg(test)]
mod tests;
