//! Marks who had at least so many events in which bucket: a reader as src/marking.rs, which asks for one event.

use crate::activity::{Activity, MOST_ACTORS};
use crate::each_event::each_event;
use crate::error::Error;
use crate::marking::MarkedBand;
use crate::source::Memory;
use crate::source::question::{Piece, Reader};

/// Calls `done` with each band, whose one activity tells who had enough events. Sampled events count once.
pub struct Occurrences<F> {
    /// Starts of the buckets, and the end of the last.
    edges: Vec<i64>,
    least: u16,
    /// By bucket, then actor; empty until the bucket has events.
    counts: Vec<Vec<u16>>,
    activity: [Activity; 1],
    actors: usize,
    /// Bytes that more counts may take.
    left: usize,
    at: ([u8; 16], i32),
    done: F,
}

impl<F: FnMut(&MarkedBand<'_>) -> Result<(), Error>> Occurrences<F> {
    /// Error: 53200 where so many buckets do not fit.
    pub fn new(edges: Vec<i64>, least: u16, memory: &Memory, done: F) -> Result<Self, Error> {
        let buckets = edges.len().saturating_sub(1);
        let sets = Activity::would_take(buckets, MOST_ACTORS);
        memory.check(sets)?;
        let left = memory.left() - sets;
        let (counts, activity) = (vec![Vec::new(); buckets], [Activity::new(buckets)]);
        Ok(Occurrences { edges, least, counts, activity, actors: 0, left, at: ([0; 16], 0), done })
    }

    /// 0 for before the first bucket, 1 for the first, one more than there are for after the last.
    fn place_of(&self, time: i64) -> usize {
        self.edges.partition_point(|edge| *edge <= time)
    }

    fn counts_of(&mut self, bucket: usize) -> Result<&mut Vec<u16>, Error> {
        let counts = &mut self.counts[bucket];
        if counts.len() < self.actors {
            let more = self.actors.saturating_sub(counts.capacity()) * size_of::<u16>();
            self.left = self.left.checked_sub(more).ok_or_else(Memory::exceeded)?;
            counts.reserve_exact(self.actors - counts.len());
            counts.resize(self.actors, 0);
        }
        Ok(counts)
    }
}

impl<F: FnMut(&MarkedBand<'_>) -> Result<(), Error>> Reader<Error> for Occurrences<F> {
    fn needs_times(&self, first: i64, last: i64) -> bool {
        self.place_of(first) != self.place_of(last)
    }

    fn begin_band(&mut self, tenant: [u8; 16], band: i32, actors: usize) -> Result<(), Error> {
        (self.at, self.actors) = ((tenant, band), actors);
        self.counts.iter_mut().for_each(Vec::clear);
        self.activity[0].begin_band(actors);
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        for place in self.place_of(piece.first).max(1)..=self.place_of(piece.last).min(self.counts.len()) {
            self.counts_of(place - 1)?;
        }
        let Self { edges, least, counts, activity, .. } = self;
        let (mut bucket, mut bounds) = (0, 1..0);
        each_event(piece, |event| {
            if !bounds.contains(&event.time) {
                let place = edges.partition_point(|edge| *edge <= event.time);
                let Some(of_time) = place.checked_sub(1).filter(|_| place < edges.len()) else { return };
                (bucket, bounds) = (of_time, edges[of_time]..edges[place]);
            }
            let count = &mut counts[bucket][usize::from(event.actor)];
            if *count < *least {
                *count += 1;
                if *count == *least {
                    activity[0].mark(bucket, &[event.actor]);
                }
            }
        });
        Ok(())
    }

    fn end_band(&mut self) -> Result<(), Error> {
        let (tenant, band) = self.at;
        (self.done)(&MarkedBand { tenant, band, activities: &self.activity, before: &[] })
    }
}
