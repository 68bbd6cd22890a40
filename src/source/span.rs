//! A reader that finds the earliest and the latest time of an event.

use super::question::{Piece, Reader};
use crate::error::Error;

#[derive(Default)]
pub struct Span {
    pub found: Option<(i64, i64)>,
}

impl Reader<Error> for Span {
    fn needs_times(&self, first: i64, last: i64) -> bool {
        // What cannot widen the span need not be read in detail.
        self.found.is_none_or(|(known_first, known_last)| first < known_first || last > known_last)
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        let (first, last) = self.found.unwrap_or((piece.first, piece.last));
        self.found = Some((first.min(piece.first), last.max(piece.last)));
        Ok(())
    }
}
