//! A forecast continues a straight line with a level for each weekday, and tells when it reaches a target. Twin:
//! sql/kpi/forecast.sql.

mod linear;

use crate::calendar::timestamp;
use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::readers::arguments::{asked_confidence, bad};
use crate::readers::series::{Point, Seasons};
use linear::{Line, TooFew};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

const MOST_BUCKETS: i32 = 1000;
/// A target is looked for this far ahead: ten years of days.
const FARTHEST: usize = 3653;

/// Gives what forecast() draws from the numbers of its events. Contract: see the COMMENTs in sql/kpi/forecast.sql.
#[pg_extern(sql = false)]
fn series_forecast(call: Call<'_>) -> Answer<Drawn> {
    let target = call.number("target")?;
    let drawn = drawn(&call, call.flags("complete")?, target)?.map_err(refused)?;
    call.rows(drawn)
}

/// Contract: see the COMMENTs in sql/kpi/forecast.sql.
#[pg_extern(sql = false)]
fn forecast_of(call: Call<'_>) -> Answer<Drawn> {
    let target = call.number("target")?;
    let drawn = drawn(&call, None, target)?.map_err(refused)?;
    call.rows(drawn)
}

/// A row: the bucket, the number expected in it, the ends of the range in which a new number lies, and when the target
/// is reached: by what is expected, at the earliest, at the latest.
pub type Drawn = (TimestampWithTimeZone, Option<f64>, Option<f64>, Option<f64>, Reached, Reached, Reached);

type Reached = Option<TimestampWithTimeZone>;

fn refused(_: TooFew) -> Error {
    bad(
        "too few complete buckets for a forecast",
        "It takes two more than there are seasons: 9 days with seasonality weekly, 3 buckets with none.",
    )
}

/// Continues the line of a series. `complete` says of each time whether its bucket is complete; without it all are.
pub fn drawn(
    call: &Call<'_>,
    complete: Option<Vec<Option<bool>>>,
    target: Option<f64>,
) -> Result<Result<Vec<Drawn>, TooFew>, Error> {
    let confidence = asked_confidence(call)?;
    let horizon = call.integer("horizon")?.unwrap_or(14);
    if !(1..=MOST_BUCKETS).contains(&horizon) {
        return Err(bad(
            &format!("horizon must be from 1 to {MOST_BUCKETS}"),
            "It is a number of buckets after the last complete one.",
        ));
    }
    let seasons = Seasons::asked(call)?;
    let mut points = seasons.points(call, complete)?;
    points.retain(|point| point.is_complete);
    let seen: Vec<linear::Point> = points
        .iter()
        .map(|point| linear::Point { place: point.place as f64, season: point.season, value: point.value })
        .collect();
    let line = match Line::fit(&seen) {
        Ok(line) => line,
        Err(few) => return Ok(Err(few)),
    };
    let Some(last) = points.last() else { return Ok(Err(TooFew { values: 0 })) };
    let errors = line.errors(confidence);
    let comes_from_below = target.is_some_and(|target| line.level(last.place as f64) <= target);
    let mut reaching = Reaching { target, comes_from_below, ..Reaching::default() };
    let mut rows = Vec::new();
    let mut ahead = Ahead { seasons: &seasons, at: *last };
    for n in 0..FARTHEST.max(horizon as usize) {
        let is_shown = n < horizon as usize;
        if !is_shown && reaching.is_over() {
            break;
        }
        check_for_interrupts!();
        let (start, place, season) = ahead.next()?;
        let expected = line.at(place, season);
        let around = expected.zip(line.error(place, season).map(|error| error * errors));
        let (lower, upper) = (around.map(|(at, reach)| at - reach), around.map(|(at, reach)| at + reach));
        reaching.see(start, expected, lower, upper);
        if is_shown {
            rows.push((start, expected, lower, upper));
        }
    }
    let reached = |at: Option<i64>| at.map(timestamp).transpose();
    let (expected_at, earliest, latest) =
        (reached(reaching.expected)?, reached(reaching.earliest)?, reached(reaching.latest)?);
    let mut answer = Vec::with_capacity(rows.len());
    for (start, expected, lower, upper) in rows {
        answer.push((timestamp(start)?, expected, lower, upper, expected_at, earliest, latest));
    }
    Ok(Ok(answer))
}

/// The first buckets in which the expected number and the ends of its range reach the target.
#[derive(Default)]
struct Reaching {
    target: Option<f64>,
    comes_from_below: bool,
    expected: Option<i64>,
    earliest: Option<i64>,
    latest: Option<i64>,
}

impl Reaching {
    fn see(&mut self, start: i64, expected: Option<f64>, lower: Option<f64>, upper: Option<f64>) {
        let Some(target) = self.target else { return };
        let from_below = self.comes_from_below;
        let is_there = |number: Option<f64>| {
            number.is_some_and(|number| if from_below { number >= target } else { number <= target })
        };
        let (first, last) = if from_below { (upper, lower) } else { (lower, upper) };
        for (into, number) in [(&mut self.expected, expected), (&mut self.earliest, first), (&mut self.latest, last)] {
            if into.is_none() && is_there(number) {
                *into = Some(start);
            }
        }
    }

    /// Tells whether nothing more is to be found.
    fn is_over(&self) -> bool {
        self.target.is_none() || (self.expected.is_some() && self.earliest.is_some() && self.latest.is_some())
    }
}

/// The buckets that come after a point of the series.
struct Ahead<'a> {
    seasons: &'a Seasons,
    at: Point,
}

impl Ahead<'_> {
    /// Gives the start, the place and the season of the next bucket.
    fn next(&mut self) -> Result<(i64, f64, i64), Error> {
        self.at.start = self.seasons.calendar.start_after(self.at.start)?;
        self.at.place += 1;
        Ok((self.at.start, self.at.place as f64, self.seasons.season_of(self.at.start)?))
    }
}
