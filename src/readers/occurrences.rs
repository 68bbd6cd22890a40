//! Marks which actors had at least so many events in which bucket: a reader like src/readers/marking.rs, which asks for
//! one event.

mod counters;

use crate::calendar::Edges;
use crate::error::Error;
use crate::ids::{Band, BandOf, TenantId};
use crate::memory::Memory;
use crate::readers::activity::{Activity, MOST_ACTORS};
use crate::readers::each_event::each_event;
use crate::readers::marking::MarkedBand;
use crate::source::question::{Piece, Reader};
use counters::{Counters, Full};

/// Reads bands, and calls `done` with each; its one activity tells who had enough events. Sampled events count once.
pub struct Occurrences<F> {
    edges: Edges,
    full: Full,
    /// The counters of each bucket.
    counters: Vec<Counters>,
    activity: [Activity; 1],
    actors: usize,
    at: BandOf,
    done: F,
}

impl<F: FnMut(&MarkedBand<'_>) -> Result<(), Error>> Occurrences<F> {
    /// Makes a reader that marks actors from `least` events on. Error: 53200 where so many buckets do not fit.
    pub fn new(edges: Edges, least: u32, memory: &Memory, done: F) -> Result<Self, Error> {
        let (buckets, full) = (edges.buckets(), Full::after(least));
        let counters = buckets * (Counters::would_take(full, MOST_ACTORS) + size_of::<Counters>());
        memory.check(counters + Activity::would_take(buckets, MOST_ACTORS))?;
        let (counters, activity) = (vec![Counters::default(); buckets], [Activity::new(buckets)]);
        Ok(Occurrences { edges, full, counters, activity, actors: 0, at: Default::default(), done })
    }
}

impl<F: FnMut(&MarkedBand<'_>) -> Result<(), Error>> Reader<Error> for Occurrences<F> {
    fn needs_times(&self, first: i64, last: i64) -> bool {
        self.edges.part(first, last)
    }

    fn needs_each(&self) -> bool {
        true
    }

    fn begin_band(&mut self, tenant: TenantId, band: Band, actors: usize) -> Result<(), Error> {
        (self.at, self.actors) = ((tenant, band), actors);
        self.counters.iter_mut().for_each(Counters::clear);
        self.activity[0].begin_band(actors);
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        let Self { edges, full, counters, activity, actors, .. } = self;
        let (mut bucket, mut bounds) = (0, 0..0);
        each_event(piece, |event| {
            if !bounds.contains(&event.time) {
                let Some(of_time) = edges.bucket_of(event.time) else { return };
                (bucket, bounds) = (of_time, edges.span_of(of_time));
                counters[bucket].begin(*full, *actors);
            }
            if counters[bucket].add(*full, event.actor) {
                activity[0].mark(bucket, &[event.actor]);
            }
        });
        Ok(())
    }

    fn end_band(&mut self) -> Result<(), Error> {
        let (tenant, band) = self.at;
        (self.done)(&MarkedBand { tenant, band, activities: &self.activity, before: &[] })
    }
}
