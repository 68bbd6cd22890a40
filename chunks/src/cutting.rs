//! Pure: decides which events of a draft make a chunk.

use super::draft::{Draft, Drafted};
use super::encode::Encoder;
use super::{Chunk, MOST_EVENTS};
use crate::{DAY, HOUR};

impl Draft {
    /// Makes chunks of at most `most` events each, at most [`MOST_EVENTS`] and at least 1, in the order of time and
    /// arrival: the events of a chunk all come before those of the next. The same events give the same bytes whatever
    /// order they were pushed in. All but the last have at least an eighth of `most`, see [`cut`], but where a chunk
    /// would be too large otherwise, see [`super::encode`].
    pub fn encode(mut self, most: usize) -> Vec<Chunk> {
        let mut events = std::mem::take(&mut self.events);
        events.sort_unstable_by_key(|event| (event.time, event.arrival));
        let mut encoder = Encoder::new(&self);
        let mut chunks = Vec::new();
        let (most, mut rest) = (most.clamp(1, MOST_EVENTS), events.as_slice());
        while !rest.is_empty() {
            let (now, later) = rest.split_at(cut(rest, most));
            encoder.encode(now, &mut chunks);
            rest = later;
        }
        chunks
    }
}

/// The first Monday, on which weeks begin; times count from a Saturday.
const FIRST_MONDAY: i64 = 2 * DAY;

/// Returns how many of these events, which are in order of time, the next chunk takes. They are those before a week
/// (UTC) that begins in what fits, if they are an eighth of it at least, and so are those after it; else all where they
/// fit; else those before a day or an hour that begins in the second half of what fits.
fn cut(events: &[Drafted], most: usize) -> usize {
    let before = |unit: i64, least: usize, end: usize| {
        let (first, last) = (events.get(least)?, events.get(end)?);
        let since_a_start = last.time.wrapping_sub(FIRST_MONDAY).rem_euclid(unit);
        let start = last.time.checked_sub(since_a_start).filter(|start| *start > first.time)?;
        Some(events.partition_point(|event| event.time < start))
    };
    let least = most / 8;
    let end = most.min(events.len().saturating_sub(least.max(1)));
    before(7 * DAY, least, end).unwrap_or_else(|| {
        if events.len() <= most {
            return events.len();
        }
        before(DAY, most / 2, most).or_else(|| before(HOUR, most / 2, most)).unwrap_or(most)
    })
}
