//! A forecast continues a straight line with a level for each weekday, and tells when it reaches a target. Twin:
//! sql/kpi/forecast.sql.

mod linear;

use crate::calendar::timestamp;
use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::readers::arguments::asked_confidence;
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
    let drawn = drawn(&call, call.flags("complete")?)?;
    call.rows(drawn)
}

/// Contract: see the COMMENTs in sql/kpi/forecast.sql.
#[pg_extern(sql = false)]
fn forecast_of(call: Call<'_>) -> Answer<Drawn> {
    let drawn = drawn(&call, None)?;
    call.rows(drawn)
}

/// A row: the bucket, the number expected in it, the ends of the range in which a new number lies, and when the target
/// is reached.
type Drawn = (TimestampWithTimeZone, Option<f64>, Option<f64>, Option<f64>, Option<TimestampWithTimeZone>);

/// Continues the line of a series. `complete` says of each time whether its bucket is complete; without it all are.
fn drawn(call: &Call<'_>, complete: Option<Vec<Option<bool>>>) -> Result<Vec<Drawn>, Error> {
    let confidence = asked_confidence(call)?;
    let horizon = call.integer("horizon")?.unwrap_or(14);
    if !(1..=MOST_BUCKETS).contains(&horizon) {
        return Err(Error::BadArgument {
            problem: format!("horizon must be from 1 to {MOST_BUCKETS}"),
            hint: "It is a number of buckets after the last complete one.".into(),
        });
    }
    let target = call.number("target")?;
    let seasons = Seasons::asked(call)?;
    let mut points = seasons.points(call, complete)?;
    points.retain(|point| point.is_complete);
    let seen: Vec<linear::Point> = points
        .iter()
        .map(|point| linear::Point { place: point.place as f64, season: point.season, value: point.value })
        .collect();
    let line = Line::fit(&seen).map_err(|TooFew| Error::BadArgument {
        problem: "too few complete buckets for a forecast".into(),
        hint: "It takes two more than there are seasons: 9 days with seasonality weekly, 3 buckets with none.".into(),
    })?;
    let last = points.last().copied().ok_or_else(|| Error::Spi("a line without points".into()))?;
    let mut reached = None;
    let mut rows = Vec::new();
    let mut ahead = Ahead { seasons: &seasons, at: last };
    for n in 0..FARTHEST.max(horizon as usize) {
        let is_shown = n < horizon as usize;
        if !is_shown && (target.is_none() || reached.is_some()) {
            break;
        }
        check_for_interrupts!();
        let (start, place, season) = ahead.next()?;
        let expected = line.at(place, season);
        if let (Some(target), Some(expected), None) = (target, expected, reached)
            && if line.rises() { expected >= target } else { expected <= target }
        {
            reached = Some(start);
        }
        if is_shown {
            let reach = line.reach(place, season, confidence);
            rows.push((start, expected, expected.zip(reach)));
        }
    }
    let reaches_at = reached.map(timestamp).transpose()?;
    let mut answer = Vec::with_capacity(rows.len());
    for (start, expected, around) in rows {
        let lower = around.map(|(expected, reach)| expected - reach);
        let upper = around.map(|(expected, reach)| expected + reach);
        answer.push((timestamp(start)?, expected, lower, upper, reaches_at));
    }
    Ok(answer)
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
