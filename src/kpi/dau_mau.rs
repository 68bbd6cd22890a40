//! DAU/MAU: how many users are active on an average day of a month, compared with the users active in that month; or
//! the same of other periods. Twin: sql/kpi/dau_mau.sql.

mod cells;

use crate::calendar::{Bucket, Calendar, timestamp};
use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::readers::activity::sets;
use crate::readers::adding::exchange_cells;
use crate::readers::arguments::{asked_events, of_asked_actors};
use crate::readers::listing::{Listing, uuid};
use crate::readers::marking::{Marking, numbers_of};
use crate::readers::periods::periods_of;
use crate::readers::scope::Scope;
use crate::source::Source;
use cells::Cells;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

/// Contract: see the COMMENT in sql/kpi/dau_mau.sql.
#[pg_extern(sql = false)]
fn dau_mau(call: Call<'_>) -> Answer<(TimestampWithTimeZone, Option<f64>, i64, Option<f64>, i32, bool)> {
    let mut asked = Asked::of(&call)?;
    let cells = &asked.cells;
    let mut actors = vec![0; asked.buckets.len()];
    let mut sums = vec![0; asked.buckets.len()];
    let mut marking = Marking::new(cells.edges.clone(), 1, false, &asked.source.memory, |band| {
        let mut any = Vec::new();
        for bucket in 0..actors.len() {
            any.clear();
            for cell in cells.of(bucket) {
                let set = band.activities[0].set(cell);
                sets::unite(&mut any, set);
                if cells.is_averaged(cell) {
                    sums[bucket] += sets::count(set);
                }
            }
            actors[bucket] += sets::count(&any);
        }
        Ok(())
    })?;
    asked.source.visit(&mut marking)?;
    let counts = actors.into_iter().zip(sums).collect();
    let counts: Vec<(i64, i64)> = exchange_cells("actors", &asked.buckets, counts)?;
    let mut rows = Vec::new();
    for (place, (bucket, (actors, sum))) in asked.buckets.iter().zip(counts).enumerate() {
        let periods = asked.cells.of(place).filter(|cell| asked.cells.is_averaged(*cell)).count();
        let average = (periods > 0).then(|| sum as f64 / periods as f64);
        let ratio = average.filter(|_| actors > 0).map(|average| average / actors as f64);
        let start = timestamp(bucket.start)?;
        rows.push((start, average, actors, ratio, periods as i32, bucket.is_complete));
    }
    call.rows(rows)
}

/// Contract: see the COMMENT in sql/kpi/dau_mau.sql.
#[pg_extern(sql = false)]
fn dau_mau_actors(call: Call<'_>) -> Answer<(TimestampWithTimeZone, pgrx::Uuid, pgrx::Uuid, i32)> {
    let mut asked = Asked::of(&call)?;
    let (cells, buckets) = (&asked.cells, asked.buckets.len());
    let mut listing = Listing::new(&asked.source.memory);
    let mut marking = Marking::new(cells.edges.clone(), 1, false, &asked.source.memory, |band| {
        let activity = &band.activities[0];
        let mut any = Vec::new();
        for bucket in 0..buckets {
            any.clear();
            cells.of(bucket).for_each(|cell| sets::unite(&mut any, activity.set(cell)));
            let periods = periods_of(activity, |cell| cells.of(bucket).contains(&cell) && cells.is_averaged(cell));
            for (place, number) in sets::users(&any).zip(numbers_of(band, &any)) {
                let active = periods.get(usize::from(place)).copied().unwrap_or(0);
                listing.push(band.tenant, number, (bucket, active as i32))?;
            }
        }
        Ok(())
    })?;
    asked.source.visit(&mut marking)?;
    let mut rows = Vec::new();
    for (tenant, actor, (bucket, active_periods)) in listing.finish(&asked.source)? {
        rows.push((timestamp(asked.buckets[bucket].start)?, uuid(tenant), uuid(actor), active_periods));
    }
    call.rows(rows)
}

/// The two calendars of a call: the one that rows are shown by, and the finer one that is averaged over.
struct Calendars {
    shown: Calendar,
    averaged: Calendar,
}

impl Calendars {
    fn asked(call: &Call<'_>) -> Result<Calendars, Error> {
        let (tz, week_start) = (call.text("tz")?, call.text("week_start")?);
        let shown = Calendar::of(Some(call.text("grain")?.unwrap_or("month")), tz, week_start)?;
        let averaged = Calendar::of(call.text("averaged_grain")?, tz, week_start)?;
        if averaged.is_finer_than(&shown) {
            return Ok(Calendars { shown, averaged });
        }
        Err(Error::BadArgument {
            problem: format!("averaged_grain \"{}\" is not finer than grain \"{}\"", averaged.grain(), shown.grain()),
            hint: "telemetry.dau_mau() is by month and day; grain => 'week' gives DAU/WAU, averaged_grain => 'week' WAU/MAU.".into(),
        })
    }
}

/// The arguments of dau_mau() and dau_mau_actors(), read and checked, and the source of their events.
struct Asked {
    source: Source,
    buckets: Vec<Bucket>,
    cells: Cells,
}

impl Asked {
    fn of(call: &Call<'_>) -> Result<Asked, Error> {
        let calendars = Calendars::asked(call)?;
        let scope = Scope::asked_by(call, "month")?;
        let question = scope.users(vec![scope.class(asked_events(call)?)]);
        let mut source = Source::open(of_asked_actors(call, question)?)?;
        let span = scope.span(&mut source)?;
        let buckets = scope.buckets(&calendars.shown, span)?;
        // All time has whole buckets: the days of the first month before the first event are averaged over as well.
        let since = scope.since.or(buckets.first().map(|bucket| bucket.start));
        let averaged = match since {
            Some(_) => calendars.averaged.buckets(since, scope.until, None, span.map(|span| span.1))?,
            None => Vec::new(),
        };
        let cells = Cells::between(&buckets, &averaged);
        Ok(Asked { source, buckets, cells })
    }
}
