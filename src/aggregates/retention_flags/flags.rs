//! Pure: tells which conditions held at least once. The body of a state is a bit for each of these.

use crate::aggregates::conditions::Held;
use crate::aggregates::state::{Fault, Kind, Shape, State, View};

pub fn add<'a>(kept: Option<State<'a>>, held: Held) -> Result<State<'a>, Fault> {
    let shape = Shape { kind: Kind::Retention, detail: held.conditions, parameter: b"" };
    let mut state = State::open(kept, shape, 0, "")?;
    add_bits(&mut state, held.bits)?;
    Ok(state)
}

pub fn add_bits(state: &mut State<'_>, bits: u32) -> Result<(), Fault> {
    if state.body().is_empty() {
        return state.append(&bits.to_le_bytes());
    }
    for (mine, theirs) in state.body_mut().iter_mut().zip(bits.to_le_bytes()) {
        *mine |= theirs;
    }
    Ok(())
}

pub fn bits(view: &View<'_>) -> Result<u32, Fault> {
    match view.body {
        [] => Ok(0),
        body => Ok(u32::from_le_bytes(body.try_into().map_err(|_| Fault::NotAState)?)),
    }
}

/// Gives for each condition 1 where both it and the first one held, else 0.
pub fn flags(view: &View<'_>) -> Result<Vec<i32>, Fault> {
    let bits = bits(view)?;
    let is_in_cohort = bits & 1;
    if view.shape.detail > 32 {
        return Err(Fault::NotAState);
    }
    Ok((0..view.shape.detail).map(|condition| (is_in_cohort & bits >> condition) as i32).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_condition_is_the_cohort() {
        let flags_of = |rows: &[u32]| {
            let mut state = None;
            for bits in rows {
                state = Some(add(state, Held { conditions: 3, bits: *bits }).unwrap());
            }
            flags(&state.unwrap().view().unwrap()).unwrap()
        };
        assert_eq!(flags_of(&[0b001, 0b100]), [1, 0, 1]);
        assert_eq!(flags_of(&[0b100, 0b001]), [1, 0, 1]);
        assert_eq!(flags_of(&[0b110]), [0, 0, 0]);
        assert_eq!(flags_of(&[0b111]), [1, 1, 1]);
        assert_eq!(flags_of(&[0, 0]), [0, 0, 0]);
        let state = add(None, Held { conditions: 3, bits: 1 }).unwrap();
        assert!(add(Some(state), Held { conditions: 2, bits: 1 }).is_err());
    }
}
