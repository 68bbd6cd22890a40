//! How long actors take through a funnel: a histogram of the time between two of its steps. Twin:
//! sql/kpi/funnel_times.sql.

mod histogram;

use crate::arguments::bad;
use crate::durations;
use crate::error::Error;
use crate::funnel::definition::{Asked, Given};
use crate::funnel::gathering::{Reached, gather};
use crate::funnel::streaming;
use crate::jsonb::JsonbArg;
use crate::listing::{Listing, uuid};
use crate::source::{Memory, Source};
use histogram::Bins;
use pgrx::datum::{Interval, TimestampWithTimeZone};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

const MOST_BINS: i32 = 1_000;

/// Contract: see the COMMENT in sql/kpi/funnel_times.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(stable, parallel_restricted)]
fn funnel_times(
    steps: Option<JsonbArg>,
    within: Option<Interval>,
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    bins: Option<i32>,
    from_step: Option<i32>,
    to_step: Option<i32>,
    ordering: Option<&str>,
    entry: Option<&str>,
    ties: Option<&str>,
    exclude: Option<JsonbArg>,
    exclusion: Option<&str>,
    actor: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
) -> Result<
    TableIterator<'static, (name!(bin, i32), name!(from_seconds, f64), name!(until_seconds, f64), name!(actors, i64))>,
    ErrorReport,
> {
    let count = bins.unwrap_or(10);
    if !(1..=MOST_BINS).contains(&count) {
        Err(bad(
            &format!("bins must be between 1 and {MOST_BINS}"),
            "It is how many rows there are; the default is 10.",
        ))?;
    }
    let given = Given {
        steps,
        within,
        since,
        until,
        ordering,
        entry,
        ties,
        exclude,
        exclusion,
        breakdown: None,
        attribution: None,
        actor,
        tenant,
        filter,
    };
    let asked = given.read()?;
    asked.refuse_optional_steps()?;
    let span = Span::of(from_step, to_step, asked.definition.steps)?;
    let mut source = Source::open(asked.question.clone())?;
    // A list that grows holds up to twice what it needs.
    let most = source.memory.left() / (2 * size_of::<i64>());
    let durations = reached(
        &mut source,
        &asked,
        |_| Vec::new(),
        |durations, reached| {
            if durations.len() >= most {
                return Err(Memory::exceeded());
            }
            durations.extend(span.of_times(reached.times));
            Ok(())
        },
    )?;
    let mut rows = Vec::new();
    if let Some(bins) = Bins::over(&durations, count as usize) {
        for (place, actors) in bins.counts(&durations).into_iter().enumerate() {
            let (from, until) = bins.edges(place);
            rows.push((place as i32 + 1, durations::seconds(from), durations::seconds(until), actors));
        }
    }
    Ok(TableIterator::new(rows))
}

/// Contract: see the COMMENT in sql/kpi/funnel_times.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(stable, parallel_restricted)]
fn funnel_times_actors(
    steps: Option<JsonbArg>,
    within: Option<Interval>,
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    from_step: Option<i32>,
    to_step: Option<i32>,
    ordering: Option<&str>,
    entry: Option<&str>,
    ties: Option<&str>,
    exclude: Option<JsonbArg>,
    exclusion: Option<&str>,
    actor: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
) -> Result<
    TableIterator<'static, (name!(tenant_id, pgrx::Uuid), name!(actor_id, pgrx::Uuid), name!(seconds, f64))>,
    ErrorReport,
> {
    let given = Given {
        steps,
        within,
        since,
        until,
        ordering,
        entry,
        ties,
        exclude,
        exclusion,
        breakdown: None,
        attribution: None,
        actor,
        tenant,
        filter,
    };
    let asked = given.read()?;
    asked.refuse_optional_steps()?;
    let span = Span::of(from_step, to_step, asked.definition.steps)?;
    let mut source = Source::open(asked.question.clone())?;
    let new = |source: &Source| Listing::new(&source.memory);
    let listing = reached(&mut source, &asked, new, |listing, reached| match span.of_times(reached.times) {
        Some(micros) => listing.push(reached.tenant, reached.number, micros),
        None => Ok(()),
    })?;
    let mut rows = Vec::new();
    for (tenant, actor, micros) in listing.finish(&source)? {
        rows.push((uuid(tenant), uuid(actor), durations::seconds(micros)));
    }
    Ok(TableIterator::new(rows))
}

/// The steps between which time is taken, counted from 0.
#[derive(Clone, Copy)]
struct Span {
    from: usize,
    to: usize,
}

impl Span {
    /// From the first step to the last one by default.
    fn of(from_step: Option<i32>, to_step: Option<i32>, steps: usize) -> Result<Span, Error> {
        let (from, to) = (from_step.unwrap_or(1), to_step.unwrap_or(steps as i32));
        if from < 1 || from >= to || to > steps as i32 {
            return Err(bad(
                &format!("from_step {from} and to_step {to} are not two steps of {steps}, one before the other"),
                "Steps are counted from 1; the time is that from from_step to to_step.",
            ));
        }
        Ok(Span { from: from as usize - 1, to: to as usize - 1 })
    }

    /// None where the actor did not reach the later step.
    fn of_times(self, times: &[i64]) -> Option<i64> {
        times.get(self.to).map(|reached| reached - times[self.from])
    }
}

/// Adds every actor that entered the funnel to a new state.
fn reached<S>(
    source: &mut Source,
    asked: &Asked,
    new: impl Fn(&Source) -> S,
    add: impl Fn(&mut S, Reached<'_>) -> Result<(), Error>,
) -> Result<S, Error> {
    let mut state = new(source);
    let is_streamed = streaming::fits(source, asked)
        && streaming::stream(source, asked, |reached| add(&mut state, reached))?.is_some();
    if !is_streamed {
        state = new(source);
        gather(source, asked, |reached| add(&mut state, reached))?;
    }
    Ok(state)
}
