//! Activity by weekday and hour of the local clock. Twin: sql/kpi/activity_heatmap.sql.

mod week;

use crate::calendar::Calendar;
use crate::error::Error;
use crate::ids::{Band, BandOf, TenantId};
use crate::jsonb::JsonbArg;
use crate::memory::Memory;
use crate::readers::activity::{Activity, MOST_ACTORS};
use crate::readers::arguments::names;
use crate::readers::each_event::each_event;
use crate::readers::listing::{Listing, uuid};
use crate::readers::marking::{MarkedBand, numbers_of};
use crate::readers::scope::Scope;
use crate::source::Source;
use crate::source::count::Count;
use crate::source::question::{Piece, Reader};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use week::{HOURS, Week, weekday_and_hour};

/// Contract: see the COMMENT in sql/kpi/activity_heatmap.sql.
#[pg_extern(stable, parallel_restricted)]
fn activity_heatmap(
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    events: Option<Vec<Option<String>>>,
    tz: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
) -> Result<
    TableIterator<'static, (name!(weekday, i32), name!(hour, i32), name!(events, f64), name!(actors, i64))>,
    ErrorReport,
> {
    let calendar = Calendar::of(None, tz, None)?;
    let scope = Scope::of(since, until, tenant, filter)?;
    let class = scope.class(names(events)?);
    // Events of nobody count as well, and only a question without actors gets them.
    let mut source = Source::open(scope.events(vec![class.clone()]))?;
    let mut all = Heat::new(week(&scope, &calendar, &mut source)?, &source.memory, |_| Ok(()))?;
    source.visit(&mut all)?;
    let counts: Vec<f64> = all.counts.iter().map(Count::events).collect();
    let mut actors = vec![0; HOURS];
    let mut source = Source::open(scope.users(vec![class]))?;
    let mut users = Heat::new(all.week, &source.memory, |band| {
        band.activities[0].add_counts(&mut actors);
        Ok(())
    })?;
    source.visit(&mut users)?;
    let rows = counts.into_iter().zip(actors).enumerate().map(|(cell, (events, actors))| {
        let (weekday, hour) = weekday_and_hour(cell);
        (weekday, hour, events, actors)
    });
    Ok(TableIterator::new(rows))
}

/// Contract: see the COMMENT in sql/kpi/activity_heatmap.sql.
#[pg_extern(stable, parallel_restricted)]
fn activity_heatmap_actors(
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    events: Option<Vec<Option<String>>>,
    tz: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
) -> Result<
    TableIterator<
        'static,
        (name!(weekday, i32), name!(hour, i32), name!(tenant_id, pgrx::Uuid), name!(actor_id, pgrx::Uuid)),
    >,
    ErrorReport,
> {
    let calendar = Calendar::of(None, tz, None)?;
    let scope = Scope::of(since, until, tenant, filter)?;
    let mut source = Source::open(scope.users(vec![scope.class(names(events)?)]))?;
    let week = week(&scope, &calendar, &mut source)?;
    let mut listing = Listing::new(&source.memory);
    let mut users = Heat::new(week, &source.memory, |band| {
        for cell in 0..HOURS {
            for number in numbers_of(band, band.activities[0].set(cell)) {
                listing.push(band.tenant, number, cell)?;
            }
        }
        Ok(())
    })?;
    source.visit(&mut users)?;
    let rows = listing.finish(&source)?.into_iter().map(|(tenant, actor, cell)| {
        let (weekday, hour) = weekday_and_hour(cell);
        (weekday, hour, uuid(tenant), uuid(actor))
    });
    Ok(TableIterator::new(rows))
}

/// How local clocks went while the events were.
fn week(scope: &Scope, calendar: &Calendar, source: &mut Source) -> Result<Week, Error> {
    let span = source.span()?;
    Ok(Week::new(match span {
        Some((first, last)) => calendar.offsets(first, last)?,
        None => calendar.offsets(scope.since.unwrap_or(0), scope.since.unwrap_or(0))?,
    }))
}

/// Counts events by hour of the week, weighed by their rates, and marks who had them.
struct Heat<F> {
    week: Week,
    counts: Vec<Count>,
    activity: [Activity; 1],
    at: BandOf,
    done: F,
}

impl<F: FnMut(&MarkedBand<'_>) -> Result<(), Error>> Heat<F> {
    fn new(week: Week, memory: &Memory, done: F) -> Result<Self, Error> {
        memory.check(Activity::would_take(HOURS, MOST_ACTORS))?;
        let counts = vec![Count::default(); HOURS];
        Ok(Heat { week, counts, activity: [Activity::new(HOURS)], at: Default::default(), done })
    }
}

impl<F: FnMut(&MarkedBand<'_>) -> Result<(), Error>> Reader<Error> for Heat<F> {
    fn needs_times(&self, first: i64, last: i64) -> bool {
        !self.week.is_one_hour(first, last)
    }

    fn needs_each(&self) -> bool {
        true
    }

    fn begin_band(&mut self, tenant: TenantId, band: Band, actors: usize) -> Result<(), Error> {
        self.at = (tenant, band);
        self.activity[0].begin_band(actors);
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        let has_actors = !piece.actors.is_empty();
        let Self { week, counts, activity, .. } = self;
        each_event(piece, |event| {
            let cell = week.hour_of(event.time);
            if has_actors {
                activity[0].mark(cell, &[event.actor]);
            } else {
                counts[cell].add(1, event.rate);
            }
        });
        Ok(())
    }

    fn end_band(&mut self) -> Result<(), Error> {
        let (tenant, band) = self.at;
        (self.done)(&MarkedBand { tenant, band, activities: &self.activity, before: &[] })
    }
}
