//! Pure: keeps of each row its time and the conditions that held. The body of a state has 12 bytes for each row, in the
//! order in which the rows came.

use super::conditions::Held;
use crate::aggregates::state::{Fault, Kind, Shape, State, View};

const RECORD: usize = 12;

/// The mark of a state that keeps the rows without any condition too: another event between two steps matters there.
const KEEPS_OTHERS: u8 = 1;

/// The conditions of the row: bit k is set where condition k+1 holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub time: i64,
    pub bits: u32,
}

impl Moment {
    /// Gives the key that rows are sorted by: their time, and at one time the first condition that holds, where rows
    /// without any come first. So the meaning of several rows of one time does not depend on the order in which they
    /// came.
    fn place(&self) -> (i64, u32, u32) {
        (self.time, (self.bits.trailing_zeros() + 1) % 33, self.bits)
    }
}

/// Adds a row. Rows without a time, and those without a condition unless `keeps_others`, leave the state as it is.
pub fn add<'a>(
    kept: Option<State<'a>>,
    parameter: &[u8],
    difference: &'static str,
    time: Option<i64>,
    held: Held,
    keeps_others: bool,
) -> Result<State<'a>, Fault> {
    let shape = Shape { kind: Kind::Sequence, detail: held.conditions, parameter };
    let mut state = State::open(kept, shape, if keeps_others { KEEPS_OTHERS } else { 0 }, difference)?;
    if let Some(time) = time
        && (held.bits != 0 || keeps_others)
    {
        let mut record = [0; RECORD];
        record[..8].copy_from_slice(&time.to_le_bytes());
        record[8..].copy_from_slice(&held.bits.to_le_bytes());
        state.append(&record)?;
    }
    Ok(state)
}

/// Gives the rows of a state in the order of [`Moment::place`].
pub fn in_order(view: &View<'_>) -> Result<Vec<Moment>, Fault> {
    let (records, rest) = view.body.as_chunks::<RECORD>();
    if !rest.is_empty() || view.shape.detail == 0 || view.shape.detail > 32 {
        return Err(Fault::NotAState);
    }
    let known = u32::MAX >> (32 - view.shape.detail);
    let mut moments: Vec<Moment> = records
        .iter()
        .map(|[t0, t1, t2, t3, t4, t5, t6, t7, bits @ ..]| Moment {
            time: i64::from_le_bytes([*t0, *t1, *t2, *t3, *t4, *t5, *t6, *t7]),
            bits: u32::from_le_bytes(*bits) & known,
        })
        .collect();
    if !moments.is_sorted_by_key(Moment::place) {
        moments.sort_unstable_by_key(Moment::place);
    }
    Ok(moments)
}

/// Gives the body of a state that has these rows.
pub fn body(moments: &[Moment]) -> Vec<u8> {
    let mut body = Vec::with_capacity(moments.len() * RECORD);
    for moment in moments {
        body.extend_from_slice(&moment.time.to_le_bytes());
        body.extend_from_slice(&moment.bits.to_le_bytes());
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_any_order() {
        let rows = [(5, 0b10), (5, 0b1), (3, 0b100), (5, 0b11), (5, 0)];
        let state_of = |rows: &[(i64, u32)]| {
            let mut state = None;
            for (time, bits) in rows {
                let held = Held { conditions: 3, bits: *bits };
                state = Some(add(state, b"", "", Some(*time), held, true).unwrap());
            }
            in_order(&state.unwrap().view().unwrap()).unwrap()
        };
        let found = state_of(&rows);
        let places: Vec<_> = found.iter().map(|moment| (moment.time, moment.bits)).collect();
        assert_eq!(places, [(3, 0b100), (5, 0), (5, 0b1), (5, 0b11), (5, 0b10)]);
        let mut reversed = rows;
        reversed.reverse();
        assert_eq!(state_of(&reversed), found);
    }

    #[test]
    fn rows_without_time_or_condition_are_left_out() {
        let held = |bits| Held { conditions: 2, bits };
        let mut state = add(None, b"", "", None, held(1), false).unwrap();
        state = add(Some(state), b"", "", Some(1), held(0), false).unwrap();
        assert!(state.body().is_empty());
        state = add(Some(state), b"", "", Some(1), held(2), false).unwrap();
        assert_eq!(in_order(&state.view().unwrap()).unwrap(), [Moment { time: 1, bits: 2 }]);
        assert!(add(Some(state), b"", "", Some(1), Held { conditions: 3, bits: 1 }, false).is_err());
    }
}
