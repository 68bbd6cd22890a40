//! Visits the events of a piece one by one, for readers that look at every event.

use crate::source::question::Piece;
use std::convert::Infallible;
use std::ops::Range;

/// The fields of an event that a reader may use. One that the question did not ask for is 0; the rate is then 1.
pub struct EachEvent {
    pub actor: u16,
    pub time: i64,
    pub label: u64,
    /// The number of the event's value of the touched key.
    pub value: u32,
    pub rate: f32,
}

/// Visits the events actor by actor, or in any order where the question needs none. Where the reader said that times
/// make no difference, each time is the first of the piece. A reader that needs the actors says so by
/// `Reader::needs_each`.
pub fn each_event(piece: &Piece<'_>, mut visitor: impl FnMut(EachEvent)) {
    let Ok(()) = try_each_event(piece, |event| {
        visitor(event);
        Ok::<(), Infallible>(())
    });
}

/// Does what [`each_event`] does, until the visitor returns an error.
pub fn try_each_event<E>(piece: &Piece<'_>, mut visitor: impl FnMut(EachEvent) -> Result<(), E>) -> Result<(), E> {
    let mut visit = |actor: u16, events: Range<usize>| {
        for event in events {
            visitor(EachEvent {
                actor,
                time: piece.times.get(event).copied().unwrap_or(piece.first),
                label: piece.labels.of(event),
                value: piece.values.get(event).copied().unwrap_or(0),
                rate: piece.rates.get(event).copied().unwrap_or(1.0),
            })?;
        }
        Ok(())
    };
    if piece.ends.is_empty() {
        visit(0, 0..piece.events)
    } else {
        piece.runs().try_for_each(|(actor, events)| visit(actor, events))
    }
}
