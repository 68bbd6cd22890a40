//! Reads a funnel the fast way: the events of a band actor by actor, chunk after chunk, with each actor's state kept
//! beside the others'. Several threads have a part of the actors each.

use super::definition::Asked;
use super::gathering::Reached;
use crate::error::Error;
use crate::ids::{Band, BandOf, TenantId};
use crate::kpi::funnel::engine::streaming;
use crate::memory::Memory;
use crate::source::Source;
use crate::source::question::{Labels, LabelsOf, Owned, Piece, Reader};
use crate::threads;
use std::collections::TryReserveError;
use telemetry_workers::crew::{Crew, with_crew};
use telemetry_workers::funnel::{self, ByPart, Streaming};
use telemetry_workers::in_order::{Events, InOrder, Refused};

/// Tells whether each event matches one step at most and the engine can answer in one pass.
pub fn fits(source: &Source, asked: &Asked) -> bool {
    let Labels::Classes { classes, .. } = &asked.question.labels else { return false };
    let mut names: Vec<&String> = classes.iter().filter_map(|class| class.names.as_ref()).flatten().collect();
    let steps = names.len();
    names.sort_unstable();
    names.dedup();
    names.len() == steps
        && asked.attribution.is_none()
        && asked.question.matches.is_empty()
        && !asked.counts_entries()
        && streaming::fits(&asked.definition)
        && source.is_mostly_chunks()
}

/// Calls `done` for every actor that entered. The result is None where the events lie too far apart: then the calls of
/// `done` were not all.
pub fn stream(
    source: &mut Source,
    asked: &Asked,
    done: impl FnMut(Reached<'_>) -> Result<(), Error>,
) -> Result<Option<()>, Error> {
    match funnel::size(asked.definition.steps) {
        0..=4 => stream_by::<4>(source, asked, done),
        5..=8 => stream_by::<8>(source, asked, done),
        _ => stream_by::<32>(source, asked, done),
    }
}

fn stream_by<const SIZE: usize>(
    source: &mut Source,
    asked: &Asked,
    done: impl FnMut(Reached<'_>) -> Result<(), Error>,
) -> Result<Option<()>, Error> {
    let (steps, within) = (asked.definition.steps, asked.definition.within);
    let limit = source.memory.left();
    let threads = source.ask_for_threads();
    let shared_from = threads::from_events();
    // Settings are read and tokens taken: what follows in other threads knows nothing of PostgreSQL.
    let is_far = with_crew(threads.got(), |crew| {
        let at = Default::default();
        if crew.most() == 1 {
            let (in_order, engine) = (InOrder::default(), Streaming::<SIZE>::new(steps, within));
            let mut alone = Alone { limit, room: 0, at, in_order, engine, is_far: false, done };
            return source.visit(&mut alone).map(|()| alone.is_far);
        }
        let by_part = ByPart::<SIZE>::new(crew.most(), steps, within).shared_from(shared_from);
        let mut shared = Shared { crew, limit, at, by_part, labels: Vec::new(), done };
        source.visit_by(crew, &mut shared).map(|()| shared.by_part.is_far)
    })?;
    Ok((!is_far).then_some(()))
}

/// The thread of the call follows all actors.
struct Alone<const SIZE: usize, F> {
    limit: usize,
    /// How many bytes the events that wait may take, beside the engine.
    room: usize,
    at: BandOf,
    in_order: InOrder,
    engine: Streaming<SIZE>,
    is_far: bool,
    done: F,
}

impl<const SIZE: usize, F> Alone<SIZE, F> {
    fn check(&self) -> Result<(), Error> {
        if self.in_order.memory() > self.room { Err(Memory::exceeded()) } else { Ok(()) }
    }
}

impl<const SIZE: usize, F: FnMut(Reached<'_>) -> Result<(), Error>> Reader<Error> for Alone<SIZE, F> {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        true
    }

    fn begin_band(&mut self, tenant: TenantId, band: Band, actors: usize) -> Result<(), Error> {
        self.room = self.limit.saturating_sub(self.engine.would_take(actors));
        self.check()?;
        self.at = (tenant, band);
        self.in_order.begin_band();
        Ok(self.engine.begin_band(0..actors)?)
    }

    fn begin_chunk(&mut self, first: i64) -> Result<(), Error> {
        self.in_order.pass(first, &mut self.engine)?;
        self.check()
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        let engine = &self.engine;
        let is_done = |actor| engine.is_done(actor);
        let added = match piece.labels {
            LabelsOf::Same(label) => self.in_order.add(events_of(piece), step_of(label), is_done),
            labels => self.in_order.add_labelled(events_of(piece), |event| step_of(labels.of(event)), is_done),
        };
        match added {
            Err(Refused::TooFar) => self.is_far = true,
            Err(Refused::NoMemory(error)) => return Err(error.into()),
            Ok(()) => {}
        }
        self.check()
    }

    fn end_band(&mut self) -> Result<(), Error> {
        let Self { in_order, engine, at, done, .. } = self;
        in_order.end_band(engine)?;
        engine.visit(|place, times| done(reached(*at, place, times)))
    }
}

/// The threads of a crew follow parts of the actors.
struct Shared<'a, 'scope, 'env, const SIZE: usize, F> {
    crew: &'a Crew<'scope, 'env>,
    limit: usize,
    at: BandOf,
    by_part: ByPart<SIZE>,
    /// The step of each event of a piece.
    labels: Vec<u8>,
    done: F,
}

impl<const SIZE: usize, F: FnMut(Reached<'_>) -> Result<(), Error>> Reader<Error> for Shared<'_, '_, '_, SIZE, F> {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        true
    }

    fn begin_band(&mut self, tenant: TenantId, band: Band, actors: usize) -> Result<(), Error> {
        self.at = (tenant, band);
        self.by_part.begin_band(actors, self.limit)
    }

    fn begin_chunk(&mut self, first: i64) -> Result<(), Error> {
        self.by_part.begin_chunk(first, self.crew, threads::check_interrupts)
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        let labels = steps_of(piece.labels, piece.events, &mut self.labels);
        self.by_part.add(&funnel::Piece { events: events_of(piece), labels })
    }

    fn takes_columns(&self) -> bool {
        true
    }

    fn take(&mut self, owned: Owned<'_>) -> Result<(), Error> {
        let Owned { events, first, last, actors, ends, times, labels } = owned;
        let labels = steps_of(labels, events, &mut self.labels);
        self.by_part.take(funnel::Owned { actors, ends, times, span: (first, last), labels })
    }

    fn end_band(&mut self) -> Result<(), Error> {
        let Self { crew, by_part, at, done, .. } = self;
        by_part.end_band(crew, threads::check_interrupts)?;
        by_part.visit(|place, times| done(reached(*at, place, times)))
    }
}

fn step_of(label: u64) -> u8 {
    label.trailing_zeros() as u8
}

/// Gives the steps of events by their labels. `each`: a buffer.
fn steps_of<'a>(labels: LabelsOf<'_>, events: usize, each: &'a mut Vec<u8>) -> funnel::Labels<'a> {
    if let LabelsOf::Same(label) = labels {
        return funnel::Labels::Same(step_of(label));
    }
    each.clear();
    each.extend((0..events).map(|event| step_of(labels.of(event))));
    funnel::Labels::Each(each)
}

fn events_of<'a>(piece: &Piece<'a>) -> Events<'a> {
    let Piece { actors, ends, times, first, last, .. } = *piece;
    Events { actors, ends, begin: 0, times, span: (first, last) }
}

fn reached((tenant, band): BandOf, place: u16, times: &[i64]) -> Reached<'_> {
    Reached { tenant, number: band.number(place), value: 0, times }
}

impl From<TryReserveError> for Error {
    fn from(_: TryReserveError) -> Error {
        Error::NoMemory
    }
}
