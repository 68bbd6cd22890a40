//! Reads when the events of a segment arrived: with its other columns, or later, for a reader that asks.

use super::scratch::fetched;
use super::{Asked, ChunkOf, Needed, Scratch, broken};
use crate::error::Error;
use crate::source::texts::Texts;
use pgrx::check_for_interrupts;
use telemetry_chunks::{Damage, Presence, Segment, Wanted};

impl ChunkOf {
    /// Reads the arrivals of a piece that was handed on without them. `segment`: its place among those of the chunk;
    /// `times`: those of the piece.
    pub fn read_arrivals_of(
        &self,
        segment: usize,
        times: &[i64],
        asked: &Asked<'_>,
        values: &mut Texts,
        scratch: &mut Scratch,
    ) -> Result<(), Error> {
        check_for_interrupts!();
        let of = &self.segments[segment];
        if times.len() == of.segment.events {
            // Nothing was left out, so these times are what was read of the segment.
            return self.read_arrivals_at(&of.segment, times, &mut scratch.columns.arrivals);
        }
        let users = self.reads_users(asked);
        let wanted = Wanted { users, ends: users, times: true };
        let needed = Needed { of, place: segment, each: true, wanted, arrivals: true };
        self.fetch(std::slice::from_ref(&needed), scratch);
        let mut presence = Presence::default();
        let read = presence.read(&of.segment, wanted, &scratch.slots);
        read.map_err(|damage| broken(self.chunk_id, damage))?;
        self.read_segment(&needed, &mut presence, asked, values, scratch)?;
        let is_same = scratch.columns.instants == times;
        is_same
            .then_some(())
            .ok_or_else(|| broken(self.chunk_id, Damage::Bytes("its events changed while they were read")))
    }

    pub(super) fn read_arrivals(&self, needed: &Needed<'_>, scratch: &mut Scratch) -> Result<(), Error> {
        let segment = &needed.of.segment;
        let mut times = Vec::new();
        if !needed.wanted.times {
            segment
                .read_times(fetched(&self.body, segment.times).of(segment.times), &mut times)
                .map_err(|damage| broken(self.chunk_id, damage))?;
        }
        let times = if needed.wanted.times { &scratch.columns.instants } else { &times };
        self.read_arrivals_at(segment, times, &mut scratch.columns.arrivals)
    }

    fn read_arrivals_at(&self, segment: &Segment, times: &[i64], into: &mut Vec<i64>) -> Result<(), Error> {
        let bytes = fetched(&self.body, segment.arrivals);
        let read = segment.read_arrivals(bytes.of(segment.arrivals), times, into);
        read.map_err(|damage| broken(self.chunk_id, damage))
    }
}
