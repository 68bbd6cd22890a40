//! Engagement: a score for each user by a published formula, the highest first. Twin: sql/kpi/user_engagement.sql.

mod gathering;
mod score;

use crate::calendar::{Calendar, edges};
use crate::db::call::{Answer, Call};
use crate::db::session;
use crate::error::Error;
use crate::readers::arguments::{asked_events, between, of_asked_actors};
use crate::readers::listing::{Listing, uuid};
use crate::readers::scope::Scope;
use crate::source::Source;
use crate::source::question::{Labels, Question};
use gathering::{Gathering, Known, events_of};
use pgrx::prelude::*;
use score::{Facts, Weights, highest};

/// Contract: see the COMMENT in sql/kpi/user_engagement.sql.
#[pg_extern(sql = false)]
fn user_engagement(call: Call<'_>) -> Answer<(pgrx::Uuid, pgrx::Uuid, f64, i32, i32, i32, f64)> {
    let calendar = Calendar::of(None, call.text("tz")?, None)?;
    let scope = Scope::asked(&call)?;
    let top_n = between("top_n", call.integer("top_n")?, 100, 1, 1_000_000)?;
    let weights = weights_of(call.numbers("weights")?)?;
    let class = scope.class(asked_events(&call)?);
    let labels = Labels::Names { names: class.names.clone(), conditions: class.conditions.clone() };
    let users = of_asked_actors(&call, scope.users(vec![class]))?;
    let mut source = Source::open(Question { labels, needs_rates: true, ..users })?;
    let span = scope.span(&mut source)?;
    let now = session::transaction_clock();
    // Days that have not begun are nobody's to be active on.
    let days: Vec<_> = scope.buckets(&calendar, span)?.into_iter().filter(|day| day.start <= now).collect();
    let mut gathering = Gathering::new(edges(&days), source.names().len(), &source.memory)?;
    source.visit(&mut gathering)?;
    let all_names = gathering.names_met();
    let score = |known: &Known| {
        weights.score(Facts {
            days: days.len() as u32,
            active_days: known.active_days,
            days_since_last: days.len() as u32 - 1 - known.last_day,
            all_names,
            event_names: known.names,
            events: events_of(known.weight),
        })
    };
    let mut listing = Listing::new(&source.memory);
    let scored: Vec<(f64, Known)> = gathering.known.into_iter().map(|known| (score(&known), known)).collect();
    for (score, known) in highest(scored, top_n) {
        listing.push(known.tenant, known.number, (score, known))?;
    }
    let mut rows = listing.finish(&source)?;
    rows.sort_by(|(tenant, actor, (score, _)), (other_tenant, other, (other_score, _))| {
        other_score.total_cmp(score).then_with(|| (tenant, actor).cmp(&(other_tenant, other)))
    });
    rows.truncate(top_n);
    let days = days.len() as u32;
    call.rows(rows.into_iter().map(move |(tenant, actor, (score, known))| {
        let since_last = days - 1 - known.last_day;
        let events = events_of(known.weight);
        (uuid(tenant), uuid(actor), score, known.active_days as i32, since_last as i32, known.names as i32, events)
    }))
}

fn weights_of(given: Option<Vec<Option<f64>>>) -> Result<Weights, Error> {
    let Some(given) = given else { return Ok(Weights::default()) };
    let given: Vec<f64> = given.into_iter().map(|weight| weight.unwrap_or(f64::NAN)).collect();
    Weights::of(&given).ok_or_else(|| Error::BadArgument {
        problem: "weights must be four numbers, none negative, not all 0".into(),
        hint: "They weigh days, recency, breadth and intensity: '{0.4,0.3,0.2,0.1}' unless given.".into(),
    })
}
