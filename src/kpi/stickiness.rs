//! Stickiness tells in how many periods of a range actors were active. Twin: sql/kpi/stickiness.sql.

use crate::calendar::{Bucket, Calendar, edges};
use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::parts;
use crate::readers::arguments::{asked_events, asked_word, between, of_asked_actors};
use crate::readers::listing::{Listing, uuid};
use crate::readers::marking::{MarkedBand, Marking};
use crate::readers::occurrences::Occurrences;
use crate::readers::periods::periods_of;
use crate::readers::scope::Scope;
use crate::source::Source;
use pgrx::prelude::*;

/// Contract: see the COMMENT in sql/kpi/stickiness.sql.
#[pg_extern(sql = false)]
fn stickiness(call: Call<'_>) -> Answer<(i32, i64, Option<f64>, bool)> {
    let mut asked = Asked::of(&call)?;
    let count_as = asked_word(
        &call,
        "count_as",
        &[("exactly", CountAs::Exactly), ("at_least", CountAs::AtLeast), ("at_most", CountAs::AtMost)],
    )?;
    let mut counts = vec![0_i64; asked.buckets.len() + 1];
    asked.visit(|band| {
        for periods in periods_of(&band.activities[0], |_| true) {
            counts[periods as usize] += 1;
        }
        Ok(())
    })?;
    // Who was active in none is nobody's actor.
    counts[0] = 0;
    if let Some(of_all_logs) = parts::exchange("periods", || counts.clone())? {
        counts = of_all_logs;
        counts.resize(asked.buckets.len() + 1, 0);
    }
    let all: i64 = counts.iter().sum();
    match count_as {
        CountAs::Exactly => {}
        CountAs::AtLeast => (1..counts.len()).rev().for_each(|periods| counts[periods - 1] += counts[periods]),
        CountAs::AtMost => (1..counts.len()).for_each(|periods| counts[periods] += counts[periods - 1]),
    }
    let is_complete = asked.buckets.iter().all(|bucket| bucket.is_complete);
    let rate = move |actors: i64| (all > 0).then(|| actors as f64 / all as f64);
    let rows = counts.into_iter().enumerate().skip(1);
    call.rows(rows.map(move |(periods, actors)| (periods as i32, actors, rate(actors), is_complete)))
}

/// Contract: see the COMMENT in sql/kpi/stickiness.sql.
#[pg_extern(sql = false)]
fn stickiness_actors(call: Call<'_>) -> Answer<(i32, pgrx::Uuid, pgrx::Uuid)> {
    let mut asked = Asked::of(&call)?;
    let mut listing = Listing::new(&asked.source.memory);
    asked.visit(|band| {
        let periods = periods_of(&band.activities[0], |_| true);
        for (place, periods) in periods.into_iter().enumerate().filter(|(_, periods)| *periods > 0) {
            listing.push(band.tenant, band.number(place as u16), periods as i32)?;
        }
        Ok(())
    })?;
    let rows = listing.finish(&asked.source)?;
    call.rows(rows.into_iter().map(|(tenant, actor, periods)| (periods, uuid(tenant), uuid(actor))))
}

/// Which actors count for a number of periods: those who were active in just so many, in more too, or in fewer too.
#[derive(Clone, Copy)]
enum CountAs {
    Exactly,
    AtLeast,
    AtMost,
}

/// The arguments of stickiness() and stickiness_actors(), read and checked, and the source of their events.
struct Asked {
    source: Source,
    buckets: Vec<Bucket>,
    min_occurrences: u32,
}

impl Asked {
    fn of(call: &Call<'_>) -> Result<Asked, Error> {
        let calendar = Calendar::asked(call)?;
        let scope = Scope::asked(call)?;
        let min_occurrences = between("min_occurrences", call.integer("min_occurrences")?, 1, 1, 1_000_000)? as u32;
        let question = scope.users(vec![scope.class(asked_events(call)?)]);
        let (source, buckets) = scope.open(of_asked_actors(call, question)?, &calendar)?;
        Ok(Asked { source, buckets, min_occurrences })
    }

    /// Calls `done` with who was active in which period, band by band.
    fn visit(&mut self, done: impl FnMut(&MarkedBand<'_>) -> Result<(), Error>) -> Result<(), Error> {
        let edges = edges(&self.buckets);
        if self.min_occurrences > 1 {
            let mut reader = Occurrences::new(edges, self.min_occurrences, &self.source.memory, done)?;
            return self.source.visit(&mut reader);
        }
        let mut reader = Marking::new(edges, 1, false, &self.source.memory, done)?;
        self.source.visit(&mut reader)
    }
}
