//! Pure: finds the first of many values, by a number of each; among equals by their bytes.

use std::cmp::Reverse;
use std::collections::HashMap;

/// The slots of values: those of the first values in order, and one more for all the others if there are any.
#[derive(Debug)]
pub struct Ranking {
    first: Vec<String>,
    slots: HashMap<String, usize>,
    has_others: bool,
}

impl Ranking {
    /// Ranks distinct values, and keeps the first `top_n`.
    pub fn of(mut scored: Vec<(String, i64)>, top_n: usize) -> Ranking {
        scored.sort_unstable_by(|(one, score), (other, other_score)| {
            (Reverse(score), one).cmp(&(Reverse(other_score), other))
        });
        let has_others = scored.len() > top_n;
        let first: Vec<String> = scored.into_iter().take(top_n).map(|(value, _)| value).collect();
        let slots = first.iter().cloned().zip(0..).collect();
        Ranking { first, slots, has_others }
    }

    pub fn slots(&self) -> usize {
        self.first.len() + usize::from(self.has_others)
    }

    pub fn slot_of(&self, value: &str) -> usize {
        self.slots.get(value).copied().unwrap_or(self.first.len())
    }

    /// Gives the rank of a slot; None for the slot of all the others.
    pub fn rank_of(&self, slot: usize) -> Option<i32> {
        self.value_of(slot).map(|_| slot as i32 + 1)
    }

    /// Gives the value of a slot; None for the slot of all the others.
    pub fn value_of(&self, slot: usize) -> Option<&str> {
        self.first.get(slot).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranked(top_n: usize) -> Ranking {
        let scored = [("b", 2), ("a", 2), ("Z", 2), ("last", 0), ("most", 9)];
        Ranking::of(scored.map(|(value, score)| (value.to_string(), score)).into(), top_n)
    }

    #[test]
    fn the_rest_is_one() {
        let ranking = ranked(3);
        let values: Vec<Option<&str>> = (0..ranking.slots()).map(|slot| ranking.value_of(slot)).collect();
        assert_eq!(values, [Some("most"), Some("Z"), Some("a"), None]);
        assert_eq!(["a", "b", "last"].map(|value| ranking.slot_of(value)), [2, 3, 3]);
    }

    #[test]
    fn without_a_rest_there_is_none() {
        assert_eq!((ranked(5).slots(), ranked(6).slots(), Ranking::of(Vec::new(), 3).slots()), (5, 5, 0));
        assert_eq!(ranked(5).value_of(4), Some("last"));
    }
}
