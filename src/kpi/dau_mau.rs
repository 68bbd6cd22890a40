//! DAU/MAU: average active users of the days of a month, of those of the month; or of other periods. Twin:
//! sql/kpi/dau_mau.sql.

mod cells;

use crate::calendar::{Bucket, Calendar, timestamp};
use crate::error::Error;
use crate::jsonb::JsonbArg;
use crate::readers::activity::sets;
use crate::readers::arguments::names;
use crate::readers::listing::{Listing, uuid};
use crate::readers::marking::{Marking, numbers_of};
use crate::readers::periods::periods_of;
use crate::readers::scope::Scope;
use crate::source::Source;
use cells::Cells;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Contract: see the COMMENT in sql/kpi/dau_mau.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(stable, parallel_restricted)]
fn dau_mau(
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    grain: Option<&str>,
    averaged_grain: Option<&str>,
    events: Option<Vec<Option<String>>>,
    tz: Option<&str>,
    week_start: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(bucket, TimestampWithTimeZone),
            name!(average_actors, Option<f64>),
            name!(actors, i64),
            name!(ratio, Option<f64>),
            name!(periods, i32),
            name!(is_complete, bool),
        ),
    >,
    ErrorReport,
> {
    let calendars = Calendars::of(grain, averaged_grain, tz, week_start)?;
    let mut asked = ask(Scope::of(since, until, tenant, filter)?, &calendars, events)?;
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
    let mut rows = Vec::new();
    for (place, bucket) in asked.buckets.iter().enumerate() {
        let periods = asked.cells.of(place).filter(|cell| asked.cells.is_averaged(*cell)).count();
        let average = (periods > 0).then(|| sums[place] as f64 / periods as f64);
        let ratio = average.filter(|_| actors[place] > 0).map(|average| average / actors[place] as f64);
        let start = timestamp(bucket.start)?;
        rows.push((start, average, actors[place], ratio, periods as i32, bucket.is_complete));
    }
    Ok(TableIterator::new(rows))
}

/// Contract: see the COMMENT in sql/kpi/dau_mau.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(stable, parallel_restricted)]
fn dau_mau_actors(
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    grain: Option<&str>,
    averaged_grain: Option<&str>,
    events: Option<Vec<Option<String>>>,
    tz: Option<&str>,
    week_start: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(bucket, TimestampWithTimeZone),
            name!(tenant_id, pgrx::Uuid),
            name!(actor_id, pgrx::Uuid),
            name!(active_periods, i32),
        ),
    >,
    ErrorReport,
> {
    let calendars = Calendars::of(grain, averaged_grain, tz, week_start)?;
    let mut asked = ask(Scope::of(since, until, tenant, filter)?, &calendars, events)?;
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
    Ok(TableIterator::new(rows))
}

/// What is shown by, and what is averaged over.
struct Calendars {
    shown: Calendar,
    averaged: Calendar,
}

impl Calendars {
    fn of(
        grain: Option<&str>,
        averaged_grain: Option<&str>,
        tz: Option<&str>,
        week_start: Option<&str>,
    ) -> Result<Calendars, Error> {
        let shown = Calendar::of(Some(grain.unwrap_or("month")), tz, week_start)?;
        let averaged = Calendar::of(averaged_grain, tz, week_start)?;
        if averaged.is_finer_than(&shown) {
            return Ok(Calendars { shown, averaged });
        }
        Err(Error::BadArgument {
            problem: format!("averaged_grain \"{}\" is not finer than grain \"{}\"", averaged.grain(), shown.grain()),
            hint: "telemetry.dau_mau() is by month and day; grain => 'week' gives DAU/WAU, averaged_grain => 'week' WAU/MAU.".into(),
        })
    }
}

/// What both functions are asked.
struct Asked {
    source: Source,
    buckets: Vec<Bucket>,
    cells: Cells,
}

fn ask(scope: Scope, calendars: &Calendars, events: Option<Vec<Option<String>>>) -> Result<Asked, Error> {
    let mut source = Source::open(scope.users(vec![scope.class(names(events)?)]))?;
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
