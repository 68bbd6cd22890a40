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
use crate::source::hourly_counts;
use crate::source::question::{Class, Piece, Question, Reader};
use crate::time::HOUR;
use pgrx::prelude::*;
use week::{HOURS, Week, weekday_and_hour};

/// Contract: see the COMMENT in sql/kpi/activity_heatmap.sql.
#[pg_extern(sql = false)]
fn activity_heatmap(call: Call<'_>) -> Answer<(i32, i32, f64, i64)> {
    let Asked { calendar, scope, class, actors: question } = Asked::of(&call)?;
    // Events of nobody count as well, and only a question without actors gets them.
    let events = scope.events(vec![class]);
    let (week, mut counts) = match by_hour(&events, &calendar)? {
        Some(counted) => counted,
        None => by_event(events, &scope, &calendar)?,
    };
    let mut actors = vec![0; HOURS];
    let mut source = Source::open(question)?;
    let mut users = Heat::new(week, &source.memory, |band| {
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

/// Counts events by the hour of the week from the hourly counts; None where they cannot tell, as where a clock's hour is
/// not one of UTC.
fn by_hour(question: &Question, calendar: &Calendar) -> Result<Option<(Week, Vec<Count>)>, Error> {
    let Some(counted) = hourly_counts::by_hour(question)? else { return Ok(None) };
    let hours = &counted.counts;
    let (Some((first, _)), Some((last, _))) = (hours.first_key_value(), hours.last_key_value()) else {
        return Ok(None);
    };
    let week = Week::new(calendar.offsets(*first, last + HOUR - 1)?);
    if !week.keeps_hours() {
        return Ok(None);
    }
    counted.answers();
    let mut counts = vec![Count::default(); HOURS];
    hours.iter().for_each(|(hour, count)| counts[week.shown_at(*hour).hour].merge(count));
    Ok(Some((week, counts)))
}

/// Counts events one by one.
fn by_event(question: Question, scope: &Scope, calendar: &Calendar) -> Result<(Week, Vec<Count>), Error> {
    let mut source = Source::open(question)?;
    let mut all = Heat::new(week(scope, calendar, &mut source)?, &source.memory, |_| Ok(()))?;
    source.visit(&mut all)?;
    Ok((all.week, all.counts))
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
        let Self { week, counts, activity, .. } = self;
        let mut shown = week.shown_at(piece.first);
        if piece.actors.is_empty() {
            each_event(piece, |event| {
                if !shown.holds(event.time) {
                    shown = week.shown_at(event.time);
                }
                counts[shown.hour].add(1, event.rate);
            });
            return Ok(());
        }
        for (actor, events) in piece.runs() {
            let mut is_marked = false;
            for event in events {
                if let Some(time) = piece.times.get(event)
                    && !shown.holds(*time)
                {
                    shown = week.shown_at(*time);
                    is_marked = false;
                }
                if !is_marked {
                    activity[0].mark(shown.hour, &[actor]);
                    is_marked = true;
                }
            }
        }
        Ok(())
    }

    fn end_band(&mut self) -> Result<(), Error> {
        let (tenant, band) = self.at;
        (self.done)(&MarkedBand { tenant, band, activities: &self.activity, before: &[] })
    }
}
