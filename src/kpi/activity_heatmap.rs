//! Activity by weekday and hour of the local clock. Twin: sql/kpi/activity_heatmap.sql.

mod week;

use crate::calendar::Calendar;
use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::ids::{Band, BandOf, TenantId};
use crate::memory::Memory;
use crate::parts;
use crate::readers::activity::{Activity, MOST_ACTORS};
use crate::readers::arguments::{asked_events, of_asked_actors};
use crate::readers::each_event::each_event;
use crate::readers::listing::{Listing, uuid};
use crate::readers::marking::{MarkedBand, numbers_of};
use crate::readers::scope::Scope;
use crate::source::Source;
use crate::source::count::Count;
use crate::source::question::{Class, Piece, Question, Reader};
use pgrx::prelude::*;
use week::{HOURS, Week, weekday_and_hour};

/// Contract: see the COMMENT in sql/kpi/activity_heatmap.sql.
#[pg_extern(sql = false)]
fn activity_heatmap(call: Call<'_>) -> Answer<(i32, i32, f64, i64)> {
    let Asked { calendar, scope, class, actors: question } = Asked::of(&call)?;
    // Events of nobody count as well, and only a question without actors gets them.
    let mut source = Source::open(scope.events(vec![class]))?;
    let mut all = Heat::new(week(&scope, &calendar, &mut source)?, &source.memory, |_| Ok(()))?;
    source.visit(&mut all)?;
    let mut counts = all.counts;
    let mut actors = vec![0; HOURS];
    let mut source = Source::open(question)?;
    let mut users = Heat::new(all.week, &source.memory, |band| {
        band.activities[0].add_counts(&mut actors);
        Ok(())
    })?;
    source.visit(&mut users)?;
    if let Some(of_all_logs) = parts::exchange("hours", || (counts.clone(), actors.clone()))? {
        (counts, actors) = of_all_logs;
        counts.resize(HOURS, Count::default());
        actors.resize(HOURS, 0);
    }
    let counts: Vec<f64> = counts.iter().map(Count::events).collect();
    let rows = counts.into_iter().zip(actors).enumerate().map(|(cell, (events, actors))| {
        let (weekday, hour) = weekday_and_hour(cell);
        (weekday, hour, events, actors)
    });
    call.rows(rows)
}

/// Contract: see the COMMENT in sql/kpi/activity_heatmap.sql.
#[pg_extern(sql = false)]
fn activity_heatmap_actors(call: Call<'_>) -> Answer<(i32, i32, pgrx::Uuid, pgrx::Uuid)> {
    let Asked { calendar, scope, actors: question, .. } = Asked::of(&call)?;
    let mut source = Source::open(question)?;
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
    call.rows(rows)
}

/// The arguments of activity_heatmap() and activity_heatmap_actors(), read and checked.
struct Asked {
    calendar: Calendar,
    scope: Scope,
    /// The events that count; of them those of actors.
    class: Class,
    actors: Question,
}

impl Asked {
    fn of(call: &Call<'_>) -> Result<Asked, Error> {
        let calendar = Calendar::of(None, call.text("tz")?, None)?;
        let scope = Scope::asked(call)?;
        let class = scope.class(asked_events(call)?);
        let actors = of_asked_actors(call, scope.users(vec![class.clone()]))?;
        Ok(Asked { calendar, scope, class, actors })
    }
}

/// Finds how far local clocks were ahead of UTC while the events happened.
fn week(scope: &Scope, calendar: &Calendar, source: &mut Source) -> Result<Week, Error> {
    let span = source.span()?;
    Ok(Week::new(match span {
        Some((first, last)) => calendar.offsets(first, last)?,
        None => calendar.offsets(scope.since.unwrap_or(0), scope.since.unwrap_or(0))?,
    }))
}

/// Counts events by hour of the week, weighed by their rates, and marks which users had them.
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
