//! Funnels: how far actors get, step by step. Twin: sql/kpi/funnel.sql, which reads the events with the caller's rights.

mod engine;

use crate::error::Error;
use engine::{Definition, Entry, Event, Exclusion, ExclusionMode, Ordering, Scratch, Ties};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use serde::Deserialize;
use std::cell::RefCell;

/// A definition as sql/kpi/funnel.sql writes it.
#[derive(Deserialize)]
struct Given {
    steps: usize,
    within: i64,
    ordering: String,
    entry: String,
    ties: String,
    exclusion: String,
    exclude: Vec<GivenExclusion>,
}

#[derive(Deserialize)]
struct GivenExclusion {
    after_step: usize,
    before_step: usize,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
    /// The last definition beside its text: one call asks for many actors.
    static LAST: RefCell<Option<(String, Definition)>> = const { RefCell::new(None) };
}

/// How far one actor gets: the steps reached, when, and by which of its events, counted from 1. Times sorted, as many
/// bit sets of steps and of exclusions beside them. Errors: 22023 what the definition cannot mean.
#[pg_extern(immutable, parallel_safe)]
fn funnel_outcome(
    definition: &str,
    times: Vec<TimestampWithTimeZone>,
    steps: Vec<i32>,
    exclusions: Vec<i32>,
) -> Result<
    TableIterator<'static, (name!(depth, i32), name!(reached, Vec<TimestampWithTimeZone>), name!(served, Vec<i32>))>,
    ErrorReport,
> {
    let events: Vec<Event> = times
        .iter()
        .zip(steps.iter().zip(&exclusions))
        .map(|(time, (steps, exclusions))| Event {
            time: i64::from(*time),
            steps: *steps as u32,
            exclusions: *exclusions as u32,
        })
        .collect();
    let outcome = LAST.with_borrow_mut(|last| {
        if last.as_ref().is_none_or(|(text, _)| text != definition) {
            *last = Some((definition.to_string(), read(definition)?));
        }
        let definition = last.as_ref().map(|(_, definition)| definition);
        Ok::<_, Error>(
            definition.map(|definition| SCRATCH.with_borrow_mut(|scratch| engine::run(definition, &events, scratch))),
        )
    })?;
    let outcome = outcome.unwrap_or_default();
    let reached = outcome.events().iter().map(|event| times[*event]).collect();
    let served = outcome.events().iter().map(|event| *event as i32 + 1).collect();
    Ok(TableIterator::once((outcome.depth as i32, reached, served)))
}

fn read(definition: &str) -> Result<Definition, Error> {
    let wrong = |problem: String| Error::BrokenFunnel { problem };
    let given: Given = serde_json::from_str(definition).map_err(|problem| wrong(problem.to_string()))?;
    let unknown = |argument: &str, word: &str, known: &str| {
        wrong(format!("{argument} \"{}\" is none of {known}", word.chars().take(40).collect::<String>()))
    };
    let definition = Definition {
        steps: given.steps,
        within: given.within,
        ordering: match given.ordering.as_str() {
            "ordered" => Ordering::Ordered,
            "strict" => Ordering::Strict,
            "unordered" => Ordering::Unordered,
            word => return Err(unknown("ordering", word, "ordered, strict, unordered")),
        },
        entry: match given.entry.as_str() {
            "latest" => Entry::Latest,
            "first" => Entry::First,
            word => return Err(unknown("entry", word, "latest, first")),
        },
        ties: match given.ties.as_str() {
            "any" => Ties::Any,
            "strict" => Ties::Strict,
            word => return Err(unknown("ties", word, "any, strict")),
        },
        exclusions: given
            .exclude
            .iter()
            .map(|given| Exclusion { after_step: given.after_step, before_step: given.before_step })
            .collect(),
        exclusion: match given.exclusion.as_str() {
            "drop_from_here" => ExclusionMode::DropFromHere,
            "drop_actor" => ExclusionMode::DropActor,
            word => return Err(unknown("exclusion", word, "drop_from_here, drop_actor")),
        },
    };
    definition.check().map_err(wrong)?;
    Ok(definition)
}

/// Refuses a definition before anything is read.
#[pg_extern(immutable)]
fn check_funnel(definition: &str) -> Result<(), ErrorReport> {
    read(definition)?;
    Ok(())
}
