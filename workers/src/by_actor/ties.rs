//! Puts events of one time in order of their arrivals. Those that differ in nothing need no order, so only the
//! arrivals of pieces with others are asked for.

use super::ReadArrivals;
use super::pieces::Pieces;
use super::places::Placed;
use crate::Full;

/// Tells whether two events of one time differ. `events`: those of an actor, by time.
pub(super) fn has_any<P: PartialEq>(events: &[Placed<P>]) -> bool {
    events.array_windows().any(|[one, next]| one.time == next.time && one.payload != next.payload)
}

/// Sorts the events of an actor, which are sorted by time, by arrival where they have one time and differ. `tied`: a
/// buffer.
pub(super) fn resolve<P: Copy + PartialEq, E: From<Full>>(
    events: &mut [Placed<P>],
    pieces: &Pieces<P>,
    arrivals: &mut Arrivals,
    tied: &mut Vec<(i64, Placed<P>)>,
    read: &mut ReadArrivals<'_, E>,
) -> Result<(), E> {
    for events in events.chunk_by_mut(|one, next| one.time == next.time) {
        if !has_any(events) {
            continue;
        }
        tied.clear();
        for event in events.iter() {
            tied.push((arrivals.of(event.origin as usize, pieces, read)?, *event));
        }
        tied.sort_by_key(|(arrival, _)| *arrival);
        events.iter_mut().zip(tied.iter()).for_each(|(event, (_, sorted))| *event = *sorted);
    }
    Ok(())
}

/// The arrivals that were asked for.
pub(super) struct Arrivals {
    /// By piece; None: nobody needed those of it.
    read: Vec<Option<Vec<i64>>>,
    /// The bytes that they may still take.
    spare: usize,
}

impl Arrivals {
    pub fn new(spare: usize) -> Self {
        Self { read: Vec::new(), spare }
    }

    /// Finds the arrival of an event, which is told by its place among all of them; asks for those of its piece if need
    /// be.
    fn of<P: Copy, E: From<Full>>(
        &mut self,
        event: usize,
        pieces: &Pieces<P>,
        read: &mut ReadArrivals<'_, E>,
    ) -> Result<i64, E> {
        let (number, first, times, given) = pieces.piece_of(event);
        let place = event - first;
        if let Some(given) = given {
            return Ok(given.get(place).copied().unwrap_or_default());
        }
        if self.read.len() <= number {
            self.read.resize(number + 1, None);
        }
        let arrivals = match &mut self.read[number] {
            Some(arrivals) => arrivals,
            none => {
                let mut arrivals = Vec::with_capacity(times.len());
                self.spare = self.spare.checked_sub(size_of_val(times)).ok_or(Full)?;
                read(number, times, &mut arrivals)?;
                none.insert(arrivals)
            }
        };
        Ok(arrivals.get(place).copied().unwrap_or_default())
    }
}
