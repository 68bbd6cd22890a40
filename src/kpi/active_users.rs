//! Active users: distinct actors per calendar bucket, or over a rolling number of days. Twin: sql/kpi/active_users.sql.

use crate::calendar::{Bucket, Calendar, edges, timestamp};
use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::readers::activity::sets;
use crate::readers::adding::{Gathered, exchange};
use crate::readers::arguments::{asked_actor, asked_events, bad};
use crate::readers::breakdown::{Breakdown, Group, by_actors};
use crate::readers::listing::{Listing, uuid};
use crate::readers::marking::by_group::groups_by_actors;
use crate::readers::marking::{Marking, numbers_of};
use crate::readers::scope::Scope;
use crate::source::Source;
use crate::source::question::Question;
use crate::time::DAY;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

/// Contract: see the COMMENT in sql/kpi/active_users.sql.
#[pg_extern(sql = false)]
fn active_users(call: Call<'_>) -> Answer<(TimestampWithTimeZone, Option<String>, i64, bool, bool)> {
    let mut asked = Asked::of(&call)?;
    let read = asked.buckets(asked.read.0)?;
    let groups = groups_by_actors(&mut asked.source, asked.breakdown.as_ref(), 1)?;
    let mut counts = vec![vec![0; read.len()]; groups.names.len()];
    let days = asked.days;
    let mut marking = Marking::by_group(edges(&read), 1, &groups, &asked.source.memory, |band| {
        let of_groups = band.activities.iter().zip(&mut counts);
        of_groups.for_each(|(activity, counts)| activity.add_rolling_counts(days, counts));
        Ok(())
    })?;
    asked.source.visit(&mut marking)?;
    let shown = asked.buckets(asked.shown_since)?;
    let hidden = read.len() - shown.len();
    let cells = (hidden..read.len()).flat_map(|place| counts.iter().map(move |counts| counts[place])).collect();
    let gathered = Gathered::of_actors(groups, cells);
    let (groups, cells) = exchange("actors", &shown, gathered, &by_actors(asked.breakdown.as_ref(), true))?;
    let mut rows = Vec::with_capacity(cells.len());
    for (bucket, counts) in shown.iter().zip(cells.chunks(groups.len())) {
        for (Group { text, is_other }, actors) in groups.iter().zip(counts) {
            rows.push((timestamp(bucket.start)?, text.clone(), *actors, bucket.is_complete, *is_other));
        }
    }
    call.rows(rows)
}

/// Contract: see the COMMENT in sql/kpi/active_users.sql.
#[pg_extern(sql = false)]
fn active_users_actors(
    call: Call<'_>,
) -> Answer<(TimestampWithTimeZone, Option<String>, pgrx::Uuid, pgrx::Uuid, bool)> {
    let mut asked = Asked::of(&call)?;
    let read = asked.buckets(asked.read.0)?;
    let hidden = read.len() - asked.buckets(asked.shown_since)?.len();
    let days = asked.days;
    let groups = groups_by_actors(&mut asked.source, asked.breakdown.as_ref(), 1)?;
    let mut listing = Listing::new(&asked.source.memory);
    let mut marking = Marking::by_group(edges(&read), 1, &groups, &asked.source.memory, |band| {
        for (group, activity) in band.activities.iter().enumerate() {
            for last in hidden..read.len() {
                let mut active = Vec::new();
                for bucket in last.saturating_sub(days - 1)..=last {
                    sets::unite(&mut active, activity.set(bucket));
                }
                for number in numbers_of(band, &active) {
                    listing.push(band.tenant, number, (last, group))?;
                }
            }
        }
        Ok(())
    })?;
    asked.source.visit(&mut marking)?;
    let mut rows = Vec::new();
    for (tenant, actor, (bucket, group)) in listing.finish(&asked.source)? {
        let (start, Group { text, is_other }) = (timestamp(read[bucket].start)?, groups.names[group].clone());
        rows.push((start, text, uuid(tenant), uuid(actor), is_other));
    }
    call.rows(rows)
}

/// The arguments of active_users() and active_users_actors(), read and checked, and the source of their events.
struct Asked {
    calendar: Calendar,
    source: Source,
    /// The times from which and until which events are read.
    read: (Option<i64>, Option<i64>),
    /// The time from which buckets are shown: a rolling window begins before the day that it is shown at.
    shown_since: Option<i64>,
    days: usize,
    span: Option<(i64, i64)>,
    breakdown: Option<Breakdown>,
}

impl Asked {
    fn of(call: &Call<'_>) -> Result<Asked, Error> {
        let (actor, object_key) = asked_actor(call)?;
        let rolling_days = call.integer("rolling_days")?;
        if rolling_days.is_some_and(|days| !(1..=3_660).contains(&days)) {
            return Err(bad(
                "rolling_days must be between 1 and 3660",
                "telemetry.active_users(rolling_days => 28) counts the actors of 28 days at each day.",
            ));
        }
        let calendar = Calendar::asked(call)?;
        if rolling_days.is_some() && calendar.grain() != "day" {
            return Err(bad(
                "rolling_days needs the grain \"day\"",
                "Leave grain or rolling_days of telemetry.active_users() out.",
            ));
        }
        let scope = Scope::asked(call)?;
        let (since, until) = (scope.since, scope.until);
        let days = rolling_days.unwrap_or(1) as usize;
        let (mut shown_since, mut read_since) = (since, since);
        if let Some(since) = since.filter(|_| rolling_days.is_some()) {
            let before = calendar.buckets(Some(since - (days as i64 + 1) * DAY), Some(since + 1), None, None)?;
            shown_since = before.last().map(|bucket| bucket.start);
            read_since = before.iter().rev().nth(days - 1).map(|bucket| bucket.start);
        }
        let range = read_since.unwrap_or(i64::MIN)..until.unwrap_or(i64::MAX);
        let users = scope.users(vec![scope.class(asked_events(call)?)]);
        let breakdown = Breakdown::asked(call)?;
        let touches = breakdown.as_ref().map(|breakdown| breakdown.keys.clone());
        let question = Question { range, actor, object_key, touches, ..users };
        let mut source = Source::open(question)?;
        let span = scope.span(&mut source)?;
        Ok(Asked { calendar, source, read: (read_since, until), shown_since, days, span, breakdown })
    }

    fn buckets(&self, since: Option<i64>) -> Result<Vec<Bucket>, Error> {
        self.calendar.buckets(since, self.read.1, self.span.map(|span| span.0), self.span.map(|span| span.1))
    }
}
