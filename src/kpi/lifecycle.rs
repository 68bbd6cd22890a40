//! Lifecycle tells who is new, returning, resurrecting or dormant, period by period. Twin: sql/kpi/lifecycle.sql.

mod status;

use crate::calendar::{Bucket, Calendar, Edges, edges, timestamp};
use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::readers::activity::sets;
use crate::readers::adding::{Gathered, exchange};
use crate::readers::arguments::{asked_events, of_asked_actors};
use crate::readers::breakdown::{Breakdown, Group, by_actors};
use crate::readers::listing::{Listing, uuid};
use crate::readers::marking::by_group::groups_by_actors;
use crate::readers::marking::{Marking, numbers_of};
use crate::readers::scope::Scope;
use crate::source::Source;
use crate::source::question::Question;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use status::Status;

/// Contract: see the COMMENT in sql/kpi/lifecycle.sql.
#[pg_extern(sql = false)]
fn lifecycle(call: Call<'_>) -> Answer<(TimestampWithTimeZone, Option<String>, &'static str, i64, bool, bool)> {
    let mut asked = Asked::of(&call)?;
    let groups = groups_by_actors(&mut asked.source, asked.breakdown.as_ref(), 1)?;
    let width = groups.names.len();
    let mut counts = vec![[0; Status::ALL.len()]; asked.buckets.len() * width];
    let (edges, hidden) = asked.edges()?;
    let mut marking = Marking::ever_by_group(edges, 1, true, &groups, &asked.source.memory, |band| {
        let mut activities = band.activities.iter().enumerate();
        activities.try_for_each(|(group, activity)| {
            status::visit(activity, hidden, band.before_of(group, width), |period, status, set| {
                counts[period * width + group][status as usize] += sets::count(set);
                Ok(())
            })
        })
    })?;
    asked.source.visit(&mut marking)?;
    let gathered = Gathered::of_actors(groups, counts);
    let (groups, counts) = exchange("statuses", &asked.buckets, gathered, &by_actors(asked.breakdown.as_ref(), true))?;
    let mut rows = Vec::new();
    for (bucket, counts) in asked.buckets.iter().zip(counts.chunks(groups.len())) {
        for (Group { text, is_other }, counts) in groups.iter().zip(counts) {
            for status in Status::ALL {
                let (start, actors) = (timestamp(bucket.start)?, status.sign() * counts[status as usize]);
                rows.push((start, text.clone(), status.name(), actors, bucket.is_complete, *is_other));
            }
        }
    }
    call.rows(rows)
}

/// Contract: see the COMMENT in sql/kpi/lifecycle.sql.
#[pg_extern(sql = false)]
fn lifecycle_actors(
    call: Call<'_>,
) -> Answer<(TimestampWithTimeZone, Option<String>, &'static str, pgrx::Uuid, pgrx::Uuid, bool)> {
    let mut asked = Asked::of(&call)?;
    let groups = groups_by_actors(&mut asked.source, asked.breakdown.as_ref(), 1)?;
    let width = groups.names.len();
    let mut listing = Listing::new(&asked.source.memory);
    let (edges, hidden) = asked.edges()?;
    let mut marking = Marking::ever_by_group(edges, 1, true, &groups, &asked.source.memory, |band| {
        let mut activities = band.activities.iter().enumerate();
        activities.try_for_each(|(group, activity)| {
            status::visit(activity, hidden, band.before_of(group, width), |period, status, set| {
                let mut numbers = numbers_of(band, set).into_iter();
                numbers.try_for_each(|number| listing.push(band.tenant, number, (period, group, status)))
            })
        })
    })?;
    asked.source.visit(&mut marking)?;
    let mut rows = Vec::new();
    for (tenant, actor, (period, group, status)) in listing.finish(&asked.source)? {
        let (start, Group { text, is_other }) = (asked.buckets[period].start, groups.names[group].clone());
        rows.push((timestamp(start)?, text, status.name(), uuid(tenant), uuid(actor), is_other));
    }
    call.rows(rows)
}

/// The arguments of lifecycle() and lifecycle_actors(), read and checked, and the source of their events.
struct Asked {
    calendar: Calendar,
    source: Source,
    since: Option<i64>,
    buckets: Vec<Bucket>,
    breakdown: Option<Breakdown>,
}

impl Asked {
    fn of(call: &Call<'_>) -> Result<Asked, Error> {
        let calendar = Calendar::asked(call)?;
        let scope = Scope::asked(call)?;
        // Whether somebody is new is a matter of all history.
        let question = scope.users_ever(vec![scope.class(asked_events(call)?)]);
        let breakdown = Breakdown::asked(call)?;
        let touches = breakdown.as_ref().map(|breakdown| breakdown.keys.clone());
        let (source, buckets) = scope.open(Question { touches, ..of_asked_actors(call, question)? }, &calendar)?;
        Ok(Asked { calendar, source, since: scope.since, buckets, breakdown })
    }

    /// Gives the edges between which events are counted, and how many of the sets of actors precede the range. These
    /// are none, that of the period before the first one, or that and the set of what the range leaves out of the first
    /// one. Before a range that is the one period lies as much time.
    fn edges(&self) -> Result<(Edges, usize), Error> {
        let edges = edges(&self.buckets);
        let (Some(first), Some(since)) = (edges.times().first().copied(), self.since) else { return Ok((edges, 0)) };
        let mut before = vec![match self.buckets.first() {
            Some(range) if self.calendar.is_range() => first.saturating_sub(range.next - range.start),
            _ => self.calendar.start_of(first - 1)?,
        }];
        if first < since {
            before.push(first);
        }
        let hidden = before.len();
        let shown = edges.cut_at(self.since);
        Ok((Edges::new(before.into_iter().chain(shown.times().iter().copied()).collect()), hidden))
    }
}
