//! Pure: finds an actor's anchors, each with the first target behind it.

use std::ops::Range;

/// The bits of an event: it may be an anchor, a target, or both.
pub const ANCHOR: u32 = 1;
pub const TARGET: u32 = 2;

/// Which anchors count, and how far away a target may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The range of time in which anchors count.
    pub range: Range<i64>,
    /// The most microseconds from an anchor to its target, inclusive; None where there is no limit.
    pub within: Option<i64>,
    /// Only the actor's first anchor in the range counts.
    pub first_only: bool,
}

/// An anchor, and when its target was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    pub anchored_at: i64,
    pub reached_at: Option<i64>,
}

/// Gives the pairs of an actor's events, which are in order: the last anchor first. A target lies behind its anchor in
/// that order, so no event is its own target; several anchors may have the same target.
pub fn pairs<'a>(definition: &'a Definition, events: &'a [(i64, u32)]) -> impl Iterator<Item = Pair> + 'a {
    let is_anchor = |(time, bits): &(i64, u32)| bits & ANCHOR != 0 && definition.range.contains(time);
    let first = events.iter().position(is_anchor).unwrap_or(events.len());
    let mut reached_at = None;
    events[first..].iter().enumerate().rev().filter_map(move |(place, event)| {
        let counts = is_anchor(event) && (place == 0 || !definition.first_only);
        let in_time = reached_at.filter(|reached| definition.within.is_none_or(|within| reached - event.0 <= within));
        let pair = counts.then_some(Pair { anchored_at: event.0, reached_at: in_time });
        if event.1 & TARGET != 0 {
            reached_at = Some(event.0);
        }
        pair
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: Definition = Definition { range: 0..1_000, within: None, first_only: false };
    const BOTH: u32 = ANCHOR | TARGET;

    fn found(definition: &Definition, events: &[(i64, u32)]) -> Vec<(i64, Option<i64>)> {
        let mut found: Vec<_> = pairs(definition, events).map(|pair| (pair.anchored_at, pair.reached_at)).collect();
        found.reverse();
        found
    }

    #[test]
    fn each_anchor_has_the_next_target() {
        let events = [(1, TARGET), (2, ANCHOR), (3, ANCHOR), (5, TARGET), (6, TARGET), (7, ANCHOR)];
        assert_eq!(found(&ALL, &events), [(2, Some(5)), (3, Some(5)), (7, None)]);
        assert_eq!(found(&Definition { first_only: true, ..ALL }, &events), [(2, Some(5))]);
        assert_eq!(found(&Definition { within: Some(2), ..ALL }, &events), [(2, None), (3, Some(5)), (7, None)]);
        assert_eq!(found(&Definition { range: 3..7, ..ALL }, &events), [(3, Some(5))]);
        assert_eq!(found(&Definition { range: 8..9, ..ALL }, &events), []);
    }

    #[test]
    fn an_event_is_not_its_own_target() {
        assert_eq!(found(&ALL, &[(4, BOTH)]), [(4, None)]);
        assert_eq!(found(&ALL, &[(4, BOTH), (4, BOTH), (9, BOTH)]), [(4, Some(4)), (4, Some(9)), (9, None)]);
    }

    proptest! {
        #[test]
        fn a_pair_is_what_looking_for_it_finds(
            events in prop::collection::vec((0_i64..20, 0_u32..4), 0..20),
            since in 0_i64..10, length in 1_i64..20, within in prop::option::of(0_i64..8), first_only: bool,
        ) {
            let mut events = events;
            events.sort_by_key(|(time, _)| *time);
            let definition = Definition { range: since..since + length, within, first_only };
            let mut expected = Vec::new();
            for (place, (time, bits)) in events.iter().enumerate() {
                let is_asked_for = !first_only || expected.is_empty();
                if bits & ANCHOR != 0 && definition.range.contains(time) && is_asked_for {
                    let target = events[place + 1..].iter().find(|(_, bits)| bits & TARGET != 0).map(|(at, _)| *at);
                    expected.push((*time, target.filter(|at| within.is_none_or(|within| at - time <= within))));
                }
            }
            prop_assert_eq!(found(&definition, &events), expected);
        }
    }
}
