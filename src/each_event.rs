//! The events of a piece, one by one: what readers that look at every event share.

use crate::source::question::Piece;

/// What is known of an event. 0, or 1 for the rate, where the question did not ask for it.
pub struct EachEvent {
    pub actor: u16,
    pub time: i64,
    pub label: u64,
    /// The number of the touched key's value.
    pub value: u32,
    pub rate: f32,
}

/// In no particular order. Where the reader said that times make no difference, they are the first of the piece.
pub fn each_event(piece: &Piece<'_>, mut visitor: impl FnMut(EachEvent)) {
    for event in 0..piece.events {
        visitor(EachEvent {
            actor: piece.actors.get(event).copied().unwrap_or(0),
            time: piece.times.get(event).copied().unwrap_or(piece.first),
            label: piece.labels.of(event),
            value: piece.values.get(event).copied().unwrap_or(0),
            rate: piece.rates.get(event).copied().unwrap_or(1.0),
        });
    }
}
