//! Pure: finds where a sequence of events is in an actor's events, and what lies beside it.

/// The sequence to look for. Events are told apart by the numbers of their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The names that must follow each other with nothing between them, in order of time in both directions. It is not
    /// empty.
    pub sequence: Vec<u32>,
    pub direction: Direction,
    pub base: Base,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Looks for what comes after the sequence.
    Forward,
    /// Looks for what comes before the sequence.
    Backward,
}

/// Which of an actor's events must be the sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// The actor's very first events must be the sequence.
    Head,
    /// The actor's very last events must be the sequence.
    Tail,
    /// The first events count that are the sequence.
    FirstMatch,
    /// The last events count that are the sequence.
    LastMatch,
}

/// What was found: two places in an actor's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The place of the event of the sequence beside which the next one lies.
    pub matched: usize,
    /// The place of what lies beside the sequence; None where nothing does.
    pub next: Option<usize>,
}

/// Finds the sequence; None where it is not there. `events` must be in order.
pub fn find(definition: &Definition, events: &[(i64, u32)]) -> Option<Found> {
    let Definition { sequence, direction, base } = definition;
    let is_match = |part: &[(i64, u32)]| part.iter().map(|(_, name)| name).eq(sequence);
    let places = events.len().checked_sub(sequence.len())?;
    let mut parts = events.windows(sequence.len());
    let first = match base {
        Base::Head => Some(0).filter(|_| is_match(&events[..sequence.len()])),
        Base::Tail => Some(places).filter(|_| is_match(&events[places..])),
        Base::FirstMatch => parts.position(is_match),
        Base::LastMatch => parts.rposition(is_match),
    }?;
    let last = first + sequence.len() - 1;
    Some(match direction {
        Direction::Forward => Found { matched: last, next: Some(last + 1).filter(|next| *next < events.len()) },
        Direction::Backward => Found { matched: first, next: first.checked_sub(1) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Base::*;
    use Direction::*;

    /// Gives the name of what lies beside the sequence, 0 where nothing does; None where there is no sequence.
    fn next(sequence: &[u32], direction: Direction, base: Base, names: &[u32]) -> Option<u32> {
        let events: Vec<(i64, u32)> = (0..).zip(names.iter().copied()).collect();
        let found = find(&Definition { sequence: sequence.to_vec(), direction, base }, &events)?;
        Some(found.next.map_or(0, |place| names[place]))
    }

    #[test]
    fn a_base_says_which_events_must_match() {
        let names = [1, 2, 5, 1, 2, 6, 1, 2];
        assert_eq!(next(&[1, 2], Forward, Head, &names), Some(5));
        assert_eq!(next(&[2, 5], Forward, Head, &names), None);
        assert_eq!(next(&[1, 2], Backward, Tail, &names), Some(6));
        assert_eq!(next(&[6, 1], Backward, Tail, &names), None);
        assert_eq!(next(&[1, 2], Forward, FirstMatch, &names), Some(5));
        assert_eq!(next(&[1, 2], Forward, LastMatch, &names), Some(0));
        assert_eq!(next(&[1, 2], Backward, FirstMatch, &names), Some(0));
        assert_eq!(next(&[1, 2], Backward, LastMatch, &names), Some(6));
    }

    #[test]
    fn a_sequence_is_consecutive() {
        assert_eq!(next(&[1, 2], Forward, FirstMatch, &[1, 5, 2, 6]), None);
        assert_eq!(next(&[1, 2], Forward, FirstMatch, &[1, 1, 2, 6]), Some(6));
        assert_eq!(next(&[1, 1], Forward, FirstMatch, &[1, 1, 1, 7]), Some(1));
        assert_eq!(next(&[1, 1], Forward, LastMatch, &[1, 1, 1, 7]), Some(7));
        assert_eq!(next(&[1, 2, 3], Forward, Head, &[1, 2]), None);
        assert_eq!(next(&[1], Forward, Head, &[]), None);
    }
}
