//! Finds the range that a question is about: since and until, or the last so much time.

use super::last::Last;
use super::{Calendar, finite_range, timestamp};
use crate::db::call::{Answer, Call};
use crate::db::session;
use crate::error::Error;
use crate::parts;
use pgrx::check_for_interrupts;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

/// Where a range begins and ends, exclusive; None: it is open.
pub type Range = (Option<i64>, Option<i64>);

/// What is asked: the arguments since, until and last, and those of the calendar that last is counted by.
#[derive(Default)]
pub struct Period<'a> {
    pub since: Option<i64>,
    pub until: Option<i64>,
    pub last: Option<&'a str>,
    pub grain: Option<&'a str>,
    pub tz: Option<&'a str>,
    pub week_start: Option<&'a str>,
}

/// Contract: see the COMMENT in sql/calendar.sql.
#[pg_extern(sql = false)]
fn period(call: Call<'_>) -> Answer<(Option<TimestampWithTimeZone>, Option<TimestampWithTimeZone>)> {
    let asked = Period::asked(&call, "day")?;
    Calendar::of(asked.grain, asked.tz, asked.week_start)?;
    let (since, until) = asked.range()?;
    call.rows([(since.map(timestamp).transpose()?, until.map(timestamp).transpose()?)])
}

impl<'a> Period<'a> {
    /// Reads the arguments that the function has; `grain` is its default.
    pub fn asked(call: &Call<'a>, grain: &'static str) -> Result<Period<'a>, Error> {
        let text = |name: &str| if call.has(name) { call.text(name) } else { Ok(None) };
        Ok(Period {
            since: call.time("since")?.map(i64::from),
            until: call.time("until")?.map(i64::from),
            last: text("last")?,
            grain: if call.has("grain") { Some(call.text("grain")?.unwrap_or(grain)) } else { None },
            tz: text("tz")?,
            week_start: text("week_start")?,
        })
    }

    /// Gives the range. The last n units are the one that until lies behind, now or as given, and the n - 1 before it. It
    /// begins no later than a bucket of the grain does, so that the first one is whole, and without until it ends with
    /// the present unit and bucket. Errors: 22023 an infinite time, since not before until, since beside last, a text
    /// that is no length.
    pub fn range(&self) -> Result<Range, Error> {
        let range = self.found()?;
        parts::note_range(range);
        Ok(range)
    }

    fn found(&self) -> Result<Range, Error> {
        let Some(last) = self.last else { return finite_range(self.since, self.until) };
        if self.since.is_some() {
            return Err(Error::BadArgument {
                problem: "since and last both say where the range begins".into(),
                hint: "Give one of them; until may stand beside either.".into(),
            });
        }
        let last = Last::parse(last).ok_or_else(|| Error::BadArgument {
            problem: "last must be a number and a unit of the calendar".into(),
            hint: "For example last => '30 days'; the units are minute, hour, day, week, month, quarter and year, up to 100000 of them.".into(),
        })?;
        let (_, until) = finite_range(None, self.until)?;
        let units = Calendar::of(Some(last.unit), self.tz, self.week_start)?;
        let moment = until.map_or_else(session::transaction_clock, |until| until - 1);
        let present = units.start_of(moment)?;
        let mut since = present;
        for _ in 1..last.count {
            check_for_interrupts!();
            since = units.start_of(since - 1)?;
        }
        let mut end = units.start_after(present)?;
        let buckets = self.grain.map(|grain| Calendar::of(Some(grain), self.tz, self.week_start)).transpose()?;
        if let Some(buckets) = buckets.filter(|buckets| !buckets.is_range()) {
            since = since.min(buckets.start_of(since)?);
            end = end.max(buckets.start_after(buckets.start_of(end - 1)?)?);
        }
        Ok((Some(since), Some(until.unwrap_or(end))))
    }
}
