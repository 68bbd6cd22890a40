//! Reads a series of numbers by calendar bucket, and the season of each: anomalies and forecasts are found in such a
//! series.

use crate::calendar::{Calendar, edges};
use crate::db::call::Call;
use crate::error::Error;
use crate::spelling::shown;
use crate::time::{DAY, HOUR};

/// A bucket that has a number, with that number.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    pub start: i64,
    /// The number of buckets since the first one.
    pub place: usize,
    pub season: i64,
    pub value: f64,
    pub is_complete: bool,
}

/// The calendar of a series, and how its buckets divide into seasons.
pub struct Seasons {
    pub calendar: Calendar,
    /// The calendars of weeks and of days; None: there is only one season.
    weekly: Option<(Calendar, Calendar)>,
}

impl Seasons {
    /// Reads grain, tz, week_start and seasonality: weekly (default for hours and days) or none. Error: 22023 another
    /// word, or weeks of longer buckets.
    pub fn asked(call: &Call<'_>) -> Result<Seasons, Error> {
        let calendar = Calendar::asked(call)?;
        let divides_weeks = matches!(calendar.grain(), "hour" | "day");
        let is_weekly = match call.text("seasonality")? {
            None => divides_weeks,
            Some("none") => false,
            Some("weekly") if divides_weeks => true,
            Some("weekly") => {
                return Err(Error::BadArgument {
                    problem: "seasonality weekly needs buckets of an hour or a day".into(),
                    hint: "Leave seasonality out, or say grain => 'day'.".into(),
                });
            }
            Some(word) => {
                return Err(Error::UnknownWord {
                    argument: "seasonality",
                    word: shown(word),
                    known: "weekly, none".into(),
                });
            }
        };
        let tz = call.text("tz")?;
        let of = |grain| Calendar::of(Some(grain), tz, None);
        let weekly = if is_weekly { Some((of("week")?, of("day")?)) } else { None };
        Ok(Seasons { calendar, weekly })
    }

    /// The season of a bucket: its weekday, for hours also the hour on the clock: what people do at nine they do at
    /// nine also on days when clocks change. An hour that comes twice has one season.
    pub fn season_of(&self, start: i64) -> Result<i64, Error> {
        let Some((weeks, days)) = &self.weekly else { return Ok(0) };
        let midnight = days.start_of(start)?;
        // Where clocks change a local midnight is an hour off the multiple of 24 hours.
        let weekday = (midnight - weeks.start_of(start)? + 12 * HOUR) / DAY;
        Ok(if self.calendar.grain() == "day" { weekday } else { weekday * 32 + self.calendar.hour_of(start)? })
    }

    /// Reads times and numbers into points in order of their buckets; several in one bucket count as their mean.
    /// `is_complete`: whether each is, None: all are. Errors: 22004, 22023 arrays that do not fit together.
    pub fn points(&self, call: &Call<'_>, is_complete: Option<Vec<Option<bool>>>) -> Result<Vec<Point>, Error> {
        let null =
            |argument| Error::NullArgument { argument, hint: "Give a number for each time, as from array_agg()." };
        let (times, numbers) =
            (call.times("times")?.ok_or(null("times"))?, call.numbers("numbers")?.ok_or(null("numbers"))?);
        if times.len() != numbers.len() || is_complete.as_ref().is_some_and(|complete| complete.len() != times.len()) {
            return Err(Error::BadArgument {
                problem: "times and numbers must be as many".into(),
                hint: "Give a number for each time, as from array_agg().".into(),
            });
        }
        let mut given = Vec::new();
        for (place, pair) in times.into_iter().zip(numbers).enumerate() {
            // A gap of a gauge.
            let (Some(time), Some(number)) = pair else { continue };
            if !number.is_finite() {
                return Err(Error::BadArgument {
                    problem: "numbers must be finite".into(),
                    hint: "Leave out what is not known, or give NULL.".into(),
                });
            }
            let is_complete = is_complete.as_ref().is_none_or(|complete| complete[place].unwrap_or(false));
            given.push((i64::from(time), number, is_complete));
        }
        given.sort_by(|one, other| one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)));
        let (Some(first), Some(last)) = (given.first(), given.last()) else { return Ok(Vec::new()) };
        let buckets = self.calendar.buckets(Some(first.0), Some(last.0.saturating_add(1)), None, None)?;
        let edges = edges(&buckets);
        let place_of = |time: i64| edges.bucket_of(time).unwrap_or_default();
        let mut points = Vec::new();
        for members in given.chunk_by(|one, other| place_of(one.0) == place_of(other.0)) {
            let place = place_of(members[0].0);
            let start = buckets[place].start;
            points.push(Point {
                start,
                place,
                season: self.season_of(start)?,
                value: members.iter().map(|(_, number, _)| number).sum::<f64>() / members.len() as f64,
                is_complete: members.iter().all(|(_, _, is_complete)| *is_complete),
            });
        }
        Ok(points)
    }
}
