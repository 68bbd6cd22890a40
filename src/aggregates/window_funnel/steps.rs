//! Pure: finds how many steps one window holds. It is the funnel engine's answer, over the rows of a state.

use crate::aggregates::moments;
use crate::aggregates::state::{Fault, View};
use crate::kpi::funnel::engine::{Definition, Entry, Event, ExclusionMode, Ordering, Scratch, Ties, run};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Each step comes at or after the one before; rows of one time may be read in either order.
    Ordered,
    /// Each step comes later than the one before.
    StrictIncrease,
    /// Each step is the very next row after the one before.
    StrictOrder,
}

/// Finds the most steps that one window holds. `within` is the most microseconds from the first step to the last,
/// inclusive and not negative.
pub fn depth(view: &View<'_>, within: i64, mode: Mode) -> Result<i32, Fault> {
    let moments = moments::in_order(view)?;
    let events: Vec<Event> =
        moments.iter().map(|moment| Event { time: moment.time, steps: moment.bits, exclusions: 0 }).collect();
    let definition = Definition {
        steps: usize::from(view.shape.detail),
        within,
        ordering: if mode == Mode::StrictOrder { Ordering::Strict } else { Ordering::Ordered },
        entry: Entry::Latest,
        ties: if mode == Mode::StrictIncrease { Ties::Strict } else { Ties::Any },
        exclusions: Vec::new(),
        exclusion: ExclusionMode::DropFromHere,
    };
    Ok(run(&definition, &events, &mut Scratch::default()).depth as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregates::conditions::Held;
    use crate::aggregates::moments::Moment;
    use proptest::prelude::*;

    fn answer(rows: &[(i64, u32)], conditions: u8, within: i64, mode: Mode) -> i32 {
        let mut state = None;
        for (time, bits) in rows {
            let held = Held { conditions, bits: *bits };
            state = Some(moments::add(state, b"", "", Some(*time), held, mode == Mode::StrictOrder).unwrap());
        }
        state.map_or(0, |state| depth(&state.view().unwrap(), within, mode).unwrap())
    }

    #[test]
    fn cases_of_clickhouse() {
        // CH-1: (n, 1000 + n).
        let steps = |names: &[i64]| {
            let rows: Vec<(i64, u32)> = (0..9)
                .map(|n| (n, names.iter().enumerate().map(|(k, name)| u32::from(*name == 1000 + n) << k).sum()))
                .collect();
            (rows, names.len() as u8)
        };
        let ch1 = |names: &[i64], within| {
            let (rows, conditions) = steps(names);
            answer(&rows, conditions, within, Mode::Ordered)
        };
        assert_eq!(ch1(&[1000], 10_000), 1);
        assert_eq!(ch1(&[1000, 1001], 10_000), 2);
        assert_eq!(ch1(&[1000, 1001, 1002], 10_000), 3);
        assert_eq!(ch1(&[1000, 1001, 1002, 1008], 10_000), 4);
        for (within, depth) in [(2, 3), (3, 4), (4, 5)] {
            assert_eq!(ch1(&[1003, 1004, 1005, 1006, 1007], within), depth);
        }
        // CH-2.
        assert_eq!(ch1(&[1001, 1008], 10_000), 2);
        assert_eq!(ch1(&[1008, 1001], 10_000), 1);
        // CH-5: a, b, c, b, d.
        let ch5 = [(1, 1), (2, 2), (3, 4), (4, 2), (5, 8)];
        assert_eq!(answer(&ch5, 4, 10_000, Mode::Ordered), 4);
        assert_eq!(answer(&ch5, 4, 10_000, Mode::StrictOrder), 3);
        // TE-4: one event serves one step.
        assert_eq!(answer(&[(1, 3)], 2, 10, Mode::Ordered), 1);
        // Steps of one time.
        assert_eq!(answer(&[(1, 2), (1, 1)], 2, 0, Mode::Ordered), 2);
        assert_eq!(answer(&[(1, 2), (1, 1)], 2, 0, Mode::StrictIncrease), 1);
        // Another row between two steps.
        assert_eq!(answer(&[(1, 1), (2, 0), (3, 2)], 2, 9, Mode::Ordered), 2);
        assert_eq!(answer(&[(1, 1), (2, 0), (3, 2)], 2, 9, Mode::StrictOrder), 1);
    }

    /// Finds the answer by the definition, word by word: the longest chain that takes rows in an order which times
    /// allow.
    fn longest(rows: &[Moment], conditions: usize, within: i64, mode: Mode, chain: &mut Vec<usize>) -> i32 {
        let step = chain.len();
        let mut longest = step as i32;
        for at in 0..rows.len() {
            if step == conditions || chain.contains(&at) || rows[at].bits >> step & 1 == 0 {
                continue;
            }
            let allowed = match (chain.first(), chain.last()) {
                (Some(first), Some(last)) => {
                    let (first, last, time) = (rows[*first].time, rows[*last].time, rows[at].time);
                    let follows = if mode == Mode::StrictIncrease { time > last } else { time >= last };
                    follows && time - first <= within
                }
                _ => true,
            };
            if allowed {
                chain.push(at);
                longest = longest.max(self::longest(rows, conditions, within, mode, chain));
                chain.pop();
            }
        }
        longest
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn as_the_definition_says(
            rows in prop::collection::vec((0_i64..8, 0_u32..8), 0..8),
            within in 0_i64..8,
            strict_increase: bool,
        ) {
            let mode = if strict_increase { Mode::StrictIncrease } else { Mode::Ordered };
            let moments: Vec<Moment> = rows.iter().map(|(time, bits)| Moment { time: *time, bits: *bits }).collect();
            prop_assert_eq!(answer(&rows, 3, within, mode), longest(&moments, 3, within, mode, &mut Vec::new()));
            // Each row at a time of its own: the rows of a chain are neighbours.
            let apart: Vec<(i64, u32)> = (0..).zip(rows.iter().map(|(_, bits)| *bits)).collect();
            let strict = (0..apart.len()).map(|begin| {
                let steps = apart[begin..].iter().take(within as usize + 1).zip(0..3);
                steps.take_while(|((_, bits), step)| bits >> step & 1 == 1).count() as i32
            });
            prop_assert_eq!(answer(&apart, 3, within, Mode::StrictOrder), strict.max().unwrap_or(0));
            let mut reversed = rows.clone();
            reversed.reverse();
            for mode in [Mode::Ordered, Mode::StrictIncrease, Mode::StrictOrder] {
                prop_assert_eq!(answer(&reversed, 3, within, mode), answer(&rows, 3, within, mode));
            }
        }
    }
}
