//! Pure: chains of events that match a pattern.
//!
//! A chain takes one event for each event of the pattern, each later in the order than the one before, with what the
//! pattern allows between them. It does not have to begin or end with the sequence. Of several chains the first is the
//! one whose first event comes first, of these the one whose second comes first, and so on.
//!
//! ClickHouse looks for that chain by trying; here each event is asked once, from the last to the first, which events of
//! the pattern it may serve in a chain that can be completed behind it: O(n k) for n events and k of the pattern, whatever
//! the pattern is.

use super::moments::Moment;
use crate::aggregates::sequence_match::pattern::{Gap, Pattern};

/// Tells whether there is a chain. `moments` must be in order, each with a condition that holds.
pub fn has_match(pattern: &Pattern, moments: &[Moment]) -> bool {
    serviceable(pattern, moments).iter().any(|events| events & 1 == 1)
}

/// Counts chains that do not overlap: the first, then the first of those that begin behind its end, and so on.
pub fn count(pattern: &Pattern, moments: &[Moment]) -> u64 {
    let serviceable = serviceable(pattern, moments);
    let (mut chains, mut at) = (0, 0);
    while let Some(skipped) = serviceable[at..].iter().position(|events| events & 1 == 1) {
        at += skipped;
        for (nth, event) in pattern.events.iter().enumerate().skip(1) {
            let from = moments[at].time;
            at += 1;
            // There is one, within the time: else the event before would not serve.
            if let Gap::Time { least, .. } = event.gap {
                while at < moments.len()
                    && (moments[at].time.saturating_sub(from) < least || serviceable[at] >> nth & 1 == 0)
                {
                    at += 1;
                }
            }
        }
        chains += 1;
        at = (at + 1).min(moments.len());
    }
    chains
}

/// Finds for each moment which events of the pattern it serves in a chain that can be completed behind it. Bit k stands
/// for the pattern's event k+1.
fn serviceable(pattern: &Pattern, moments: &[Moment]) -> Vec<u64> {
    let mut found = vec![0_u64; moments.len()];
    let mut followers = vec![Followers { from: moments.len(), first: None }; pattern.events.len()];
    for at in (0..moments.len()).rev() {
        let mut events = 0;
        for (nth, event) in pattern.events.iter().enumerate() {
            if moments[at].bits & event.bits == 0 {
                continue;
            }
            let follows = match pattern.events.get(nth + 1).map(|next| next.gap) {
                None => true,
                Some(Gap::Nothing) => found.get(at + 1).is_some_and(|events| events >> (nth + 1) & 1 == 1),
                Some(Gap::Time { least, most }) => {
                    followers[nth].look(moments, &found, at, nth + 1, least);
                    followers[nth].first.is_some_and(|next| since(moments, at, next) <= most)
                }
            };
            events |= u64::from(follows) << nth;
        }
        found[at] = events;
    }
    found
}

fn since(moments: &[Moment], from: usize, to: usize) -> i64 {
    moments[to].time.saturating_sub(moments[from].time)
}

/// The moments that may follow another one: `from` is the first that is far enough behind it in time, `first` the first
/// of these that serves the pattern's next event. While the search goes back, both move to earlier moments only.
#[derive(Clone, Copy)]
struct Followers {
    from: usize,
    first: Option<usize>,
}

impl Followers {
    fn look(&mut self, moments: &[Moment], found: &[u64], at: usize, next: usize, least: i64) {
        while self.from > at + 1 && since(moments, at, self.from - 1) >= least {
            self.from -= 1;
            if found[self.from] >> next & 1 == 1 {
                self.first = Some(self.from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SECOND;
    use proptest::prelude::*;

    fn moments(rows: &[(i64, u32)]) -> Vec<Moment> {
        rows.iter().map(|(second, bits)| Moment { time: second * SECOND, bits: *bits }).collect()
    }

    fn answer(pattern: &str, rows: &[(i64, u32)]) -> u64 {
        let (pattern, moments) = (Pattern::parse(pattern, 3).unwrap(), moments(rows));
        let chains = count(&pattern, &moments);
        assert_eq!(has_match(&pattern, &moments), chains > 0);
        chains
    }

    #[test]
    fn the_examples_of_clickhouse() {
        // Numbers 1, 3, 2; the conditions are number = 1, number = 2 and, in the third case, number = 3.
        assert_eq!(answer("(?1)(?2)", &[(1, 1), (3, 2)]), 1);
        assert_eq!(answer("(?1)(?2)", &[(1, 1), (2, 4), (3, 2)]), 0);
        assert_eq!(answer("(?1).*(?2)", &[(1, 1), (2, 4), (3, 2)]), 1);
        // 1, 3, 2, 1, 3, 2.
        assert_eq!(answer("(?1).*(?2)", &[(1, 1), (3, 2), (4, 1), (6, 2)]), 2);
    }

    #[test]
    fn time_is_between_two_events() {
        let rows = [(0, 1), (10, 2), (20, 2)];
        assert_eq!(answer("(?1)(?t<10)(?2)", &rows), 0);
        assert_eq!(answer("(?1)(?t<=10)(?2)", &rows), 1);
        assert_eq!(answer("(?1)(?t>10)(?2)", &rows), 1);
        assert_eq!(answer("(?1)(?t>20)(?2)", &rows), 0);
        assert_eq!(answer("(?1)(?t==20)(?2)", &rows), 1);
        assert_eq!(answer("(?1)(?t==15)(?2)", &rows), 0);
        assert_eq!(answer("(?1)(?t>=5)(?t<=15)(?2)", &rows), 1);
        // The first of the two that are near enough is the later one.
        assert_eq!(answer("(?1)(?t<=10)(?2)", &[(0, 1), (15, 1), (25, 2)]), 1);
        // Events of one time come in the order of their conditions.
        assert_eq!(answer("(?1)(?2)(?3)", &[(7, 1), (7, 2), (7, 4)]), 1);
    }

    #[test]
    fn edges() {
        assert_eq!(answer("(?1)", &[]), 0);
        assert_eq!(answer(".", &[(1, 1), (2, 2), (2, 4)]), 3);
        assert_eq!(answer("..", &[(1, 1), (2, 2), (2, 4)]), 1);
        // One event serves the pattern once.
        assert_eq!(answer("(?1)(?1)", &[(1, 1)]), 0);
        assert_eq!(answer("(?1)(?2)", &[(1, 3)]), 0);
        assert_eq!(answer("(?1)(?2)", &[(1, 3), (2, 3), (3, 3)]), 1);
        let far = [Moment { time: i64::MIN + 1, bits: 1 }, Moment { time: i64::MAX - 1, bits: 2 }];
        assert_eq!(count(&Pattern::parse("(?1)(?t>1000000)(?2)", 2).unwrap(), &far), 1);
    }

    /// Finds a chain by the definition, word by word: the first one behind `chosen`.
    fn first_chain(pattern: &Pattern, moments: &[Moment], chosen: &mut Vec<usize>, begin: usize) -> bool {
        let Some(event) = pattern.events.get(chosen.len()) else { return true };
        for at in begin..moments.len() {
            let allowed = match (chosen.last(), event.gap) {
                (None, _) => true,
                (Some(before), Gap::Nothing) => at == before + 1,
                (Some(before), Gap::Time { least, most }) => {
                    (least..=most).contains(&(moments[at].time - moments[*before].time))
                }
            };
            if allowed && moments[at].bits & event.bits != 0 {
                chosen.push(at);
                if first_chain(pattern, moments, chosen, at + 1) {
                    return true;
                }
                chosen.pop();
            }
        }
        false
    }

    fn part() -> impl Strategy<Value = String> {
        let event = prop_oneof![3 => (1..4).prop_map(|n| format!("(?{n})")), 1 => Just(".".to_string())];
        let time = (prop_oneof![Just("<="), Just("<"), Just(">="), Just(">"), Just("==")], 0..6)
            .prop_map(|(comparison, seconds)| format!("(?t{comparison}{seconds})"));
        let gap = prop_oneof![2 => Just(String::new()), 2 => Just(".*".to_string()), 3 => time];
        (event, gap).prop_map(|(event, gap)| event + &gap)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn as_the_definition_says(
            parts in prop::collection::vec(part(), 1..5),
            rows in prop::collection::vec((0_i64..12, 1_u32..8), 0..14),
        ) {
            let pattern = Pattern::parse(&(parts.concat() + "."), 3).unwrap();
            let mut moments = moments(&rows);
            moments.sort_by_key(|moment| moment.time);
            let (mut chains, mut begin) = (0, 0);
            loop {
                let mut chosen = Vec::new();
                if !first_chain(&pattern, &moments, &mut chosen, begin) {
                    break;
                }
                chains += 1;
                begin = chosen.last().unwrap() + 1;
            }
            prop_assert_eq!(count(&pattern, &moments), chains);
            prop_assert_eq!(has_match(&pattern, &moments), chains > 0);
        }
    }
}
