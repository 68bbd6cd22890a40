//! Has threads read the columns of chunks that say whose events are whose and when they were. A chunk is a job.

use crate::crew::{Failure, Job};
use std::ops::Deref;
use std::sync::Arc;
use telemetry_chunks::{Damage, Presence, Segment, Slots, Wanted};

/// The bytes that chunks may take for each thread, from when they are fetched until they were read.
const OF_A_THREAD: usize = 2 << 20;

/// The segments of a chunk that are read.
#[derive(Debug)]
pub struct Decoding<S> {
    segments: Vec<(Arc<Segment>, Wanted)>,
    slots: Slots<S>,
    /// Whether the actor of each event is told as well.
    tells_each: bool,
    /// What was read of each segment; behind that may be what an earlier job left.
    read: Vec<Presence>,
    damage: Option<Damage>,
}

impl<S: Deref<Target = [u8]> + Send + 'static> Decoding<S> {
    /// Makes a job of segments, which are told in their order. `fetch` gets the place of a slice of the chunk's body and
    /// its length; `read` is what an earlier job left.
    pub fn new(
        segments: Vec<(Arc<Segment>, Wanted)>,
        read: Vec<Presence>,
        fetch: impl FnMut(u32, u32) -> S,
    ) -> Decoding<S> {
        let mut slots = Slots::default();
        slots.fetch(segments.iter().map(|(segment, wanted)| (segment.as_ref(), *wanted)), fetch);
        Decoding { segments, slots, tells_each: false, read, damage: None }
    }

    /// Tells the actor of each event as well.
    pub fn telling_each(self, tells_each: bool) -> Self {
        Self { tells_each, ..self }
    }

    /// What was read of each segment; behind that may be what an earlier job left. Error: one of them is damaged.
    pub fn into_read(self) -> Result<Vec<Presence>, Damage> {
        self.damage.map_or(Ok(self.read), Err)
    }
}

impl<S: Deref<Target = [u8]> + Send + 'static> Job for Decoding<S> {
    type Scratch = ();

    fn run(&mut self, (): &mut ()) -> Result<(), Failure> {
        let Self { segments, slots, tells_each, read, damage } = self;
        read.resize_with(read.len().max(segments.len()), Presence::default);
        for ((segment, wanted), read) in segments.iter().zip(read) {
            read.reserve(segment, *wanted).map_err(|_| Failure::NoMemory)?;
            *damage = read.read(segment, *wanted, slots).err();
            if damage.is_some() {
                break;
            }
            if *tells_each {
                read.tell_each().map_err(|_| Failure::NoMemory)?;
            }
        }
        Ok(())
    }
}

/// How many chunks so many threads may be given at once, of which the largest needs so many bytes.
pub fn window(threads: usize, largest: usize) -> usize {
    (threads * OF_A_THREAD / largest.max(1)).clamp(2, 2 * threads)
}

#[cfg(test)]
mod tests;
