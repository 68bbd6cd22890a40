//! Reads a funnel the fast way: the events of a band actor by actor, chunk after chunk, with each actor's state kept
//! beside the others'.

use super::definition::Asked;
use super::gathering::Reached;
use crate::error::Error;
use crate::ids::{Band, BandOf, TenantId};
use crate::kpi::funnel::engine::streaming::{self, Streaming};
use crate::memory::Memory;
use crate::readers::in_order::{Follower, InOrder, TooFar, Turn};
use crate::source::Source;
use crate::source::question::{Labels, LabelsOf, Piece, Reader};
use telemetry_workers::crew::with_crew;

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
    match streaming::size(&asked.definition) {
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
    let mut passing = Passing {
        limit: source.memory.left(),
        room: 0,
        at: Default::default(),
        in_order: InOrder::default(),
        engine: Streaming::<SIZE>::new(&asked.definition),
        is_far: false,
        done,
    };
    // Settings are read and tokens taken: what follows in other threads knows nothing of PostgreSQL.
    let threads = source.ask_for_threads();
    with_crew(threads.got(), |crew| source.visit_by(crew, &mut passing))?;
    Ok((!passing.is_far).then_some(()))
}

struct Passing<const SIZE: usize, F> {
    limit: usize,
    /// How many bytes the events that wait may take, beside the engine.
    room: usize,
    at: BandOf,
    in_order: InOrder,
    engine: Streaming<SIZE>,
    is_far: bool,
    done: F,
}

impl<const SIZE: usize, F> Passing<SIZE, F> {
    fn check(&self) -> Result<(), Error> {
        if self.in_order.memory() > self.room { Err(Memory::exceeded()) } else { Ok(()) }
    }
}

impl<const SIZE: usize, F: FnMut(Reached<'_>) -> Result<(), Error>> Reader<Error> for Passing<SIZE, F> {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        true
    }

    fn begin_band(&mut self, tenant: TenantId, band: Band, actors: usize) -> Result<(), Error> {
        self.room = self.limit.saturating_sub(self.engine.would_take(actors));
        self.check()?;
        self.at = (tenant, band);
        self.in_order.begin_band();
        self.engine.begin_band(actors);
        Ok(())
    }

    fn begin_chunk(&mut self, first: i64) -> Result<(), Error> {
        self.in_order.pass(first, &mut self.engine);
        self.check()
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        let step_of = |label: u64| label.trailing_zeros() as u8;
        let (Piece { actors, ends, times, first, last, .. }, engine) = (piece, &self.engine);
        let span = (*first, *last);
        let is_done = |actor| engine.is_done(actor);
        let added = match piece.labels {
            LabelsOf::Same(label) => self.in_order.add(actors, ends, times, span, step_of(label), is_done),
            labels => self.in_order.add_labelled(actors, ends, times, span, |event| step_of(labels.of(event)), is_done),
        };
        self.is_far |= added == Err(TooFar);
        self.check()
    }

    fn end_band(&mut self) -> Result<(), Error> {
        let Self { in_order, engine, at: (tenant, band), done, .. } = self;
        in_order.end_band(engine);
        engine.visit(|place, times| done(Reached { tenant: *tenant, number: band.number(place), value: 0, times }))
    }
}

impl<const SIZE: usize> Follower for Streaming<SIZE> {
    #[inline]
    fn expect(&mut self, actor: u16) {
        Streaming::expect(self, actor);
    }

    #[inline]
    fn follow(&mut self, actor: u16, turn: &Turn<'_>) {
        self.read(actor, turn);
    }
}
