//! A funnel tells how far actors get, step by step. `engine` decides about one actor; this file turns events into
//! steps. Twin: sql/kpi/funnel.sql.

pub(crate) mod breakdown;
pub(crate) mod counting;
pub(crate) mod definition;
pub(crate) mod engine;
pub(crate) mod gathering;
pub(crate) mod optional_steps;
pub(crate) mod streaming;
mod tally;

use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::readers::listing::{Listing, uuid};
use crate::source::Source;
use breakdown::Entered;
use definition::Asked;
use gathering::{Reached, gather};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use tally::Tally;

/// Contract: see the COMMENT in sql/kpi/funnel.sql.
#[pg_extern(sql = false)]
fn funnel(call: Call<'_>) -> Answer<tally::Row> {
    let asked = Asked::counting(&call)?;
    let mut source = Source::open(asked.question.clone())?;
    let mut tally = Tally::new(asked.definition.steps, &source.memory);
    if asked.optional != 0 {
        optional_steps::gather(&mut source, &asked, |_, _, steps| tally.add_steps(steps))?;
    } else {
        let is_streamed = streaming::fits(&source, &asked)
            && streaming::stream(&mut source, &asked, |reached| tally.add(&reached))?.is_some();
        if !is_streamed {
            tally = Tally::new(asked.definition.steps, &source.memory);
            gather(&mut source, &asked, |reached| tally.add(&reached))?;
        }
    }
    let groups = tally.entered(&source.memory)?.groups(&source, &asked);
    call.rows(tally.rows(&asked, groups)?)
}

/// Contract: see the COMMENT in sql/kpi/funnel.sql.
#[pg_extern(sql = false)]
fn funnel_actors(
    call: Call<'_>,
) -> Answer<(Option<String>, pgrx::Uuid, pgrx::Uuid, i32, Vec<Option<TimestampWithTimeZone>>, bool)> {
    let asked = Asked::counting(&call)?;
    let mut source = Source::open(asked.question.clone())?;
    let mut listing = Listing::new(&source.memory);
    let list = |listing: &mut Listing<_>, Reached { tenant, number, value, times }: Reached<'_>| {
        let times: Vec<_> = times.iter().copied().map(Some).collect();
        let held = held_by(&times);
        listing.push_with(tenant, number, (value, times), held)
    };
    if asked.optional != 0 {
        optional_steps::gather(&mut source, &asked, |tenant, number, steps| {
            let last = steps.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
            let times: Vec<_> = steps[..last].iter().map(|step| step.map(|step| step.time)).collect();
            let held = held_by(&times);
            listing.push_with(tenant, number, (0, times), held)
        })?;
    } else {
        let is_streamed = streaming::fits(&source, &asked)
            && streaming::stream(&mut source, &asked, |reached| list(&mut listing, reached))?.is_some();
        if !is_streamed {
            listing = Listing::new(&source.memory);
            gather(&mut source, &asked, |reached| list(&mut listing, reached))?;
        }
    }
    let mut entered = Entered::new(&source.memory);
    let listed = listing.finish(&source)?;
    listed.iter().try_for_each(|(_, _, (value, _))| entered.add(*value, 1))?;
    let groups = entered.groups(&source, &asked);
    let mut rows = Vec::with_capacity(listed.len());
    for (tenant, actor, (value, times)) in listed {
        let reached: Result<Vec<_>, Error> =
            times.iter().map(|time| time.map(crate::calendar::timestamp).transpose()).collect();
        let group = groups.names[groups.group_of(value as usize)].clone();
        rows.push((group.text, uuid(tenant), uuid(actor), times.len() as i32, reached?, group.is_other));
    }
    call.rows(rows)
}

/// Tells how many bytes the times of an actor's steps take, in the list and again in its row.
fn held_by(times: &[Option<i64>]) -> usize {
    2 * size_of_val(times) + ALLOCATIONS
}

const ALLOCATIONS: usize = 32;
