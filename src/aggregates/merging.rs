//! Pure: merges two states into one, and turns a state into the bytes that are stored. These are the same for the same
//! rows, however the rows were ordered and divided.

use super::values::Width;
use super::{keys, moments};
use crate::aggregates::retention_flags::flags;
use crate::aggregates::sequence_next_node::next_node;
use crate::aggregates::state::{Fault, Kind, State, View, stored};
use crate::aggregates::uniq::sketch;

/// Adds a state to another; both must be of one kind, with the same conditions and parameter.
pub fn merge<'a>(kept: Option<State<'a>>, other: &View<'_>) -> Result<State<'a>, Fault> {
    let difference = "states with different parameters cannot be merged";
    let mut state = match kept {
        None => State::new(other.shape, if other.shape.kind == Kind::Uniq { 0 } else { other.marks })?,
        kept => State::open(kept, other.shape, other.marks, difference)?,
    };
    match other.shape.kind {
        Kind::Sequence if state.marks() != other.marks => return Err(Fault::Unlike(difference)),
        Kind::Sequence | Kind::Nodes => state.append(other.body)?,
        Kind::Retention => flags::add_bits(&mut state, flags::bits(other)?)?,
        Kind::Uniq => sketch::merge(&mut state, other)?,
        Kind::UniqExact => {
            let width = Width::of(other.shape.detail).ok_or(Fault::NotAState)?;
            keys::each(other.body, width, |key| keys::insert(&mut state, width, key))?;
        }
    }
    Ok(state)
}

/// Gives the bytes to store for a state.
pub fn canonical(view: &View<'_>) -> Result<Vec<u8>, Fault> {
    let (marks, body) = match view.shape.kind {
        Kind::Sequence => (view.marks, moments::body(&moments::in_order(view)?)),
        Kind::Nodes => (view.marks, next_node::body(&next_node::in_order(view)?)),
        Kind::Retention => (view.marks, flags::bits(view)?.to_le_bytes().to_vec()),
        Kind::Uniq => sketch::canonical(view)?,
        Kind::UniqExact => {
            let width = Width::of(view.shape.detail).ok_or(Fault::NotAState)?;
            (view.marks, keys::distinct(view.body, width)?.0)
        }
    };
    Ok(stored(view, marks, &body))
}

#[cfg(test)]
mod tests {
    use super::super::conditions::Held;
    use super::super::state::Shape;
    use super::super::values::Value;
    use super::*;
    use proptest::prelude::*;

    /// A row of a test: its time, its conditions and a name.
    type Row = (i64, u32, u8);

    fn add<'a>(kind: Kind, kept: Option<State<'a>>, row: &Row) -> State<'a> {
        let (time, bits, name) = *row;
        let held = Held { conditions: 3, bits };
        let text = format!("name {name}");
        let value = Value::Text(text.as_bytes());
        let shape = Shape { kind, detail: value.kind(), parameter: b"" };
        match kind {
            Kind::Sequence => moments::add(kept, b"p", "", Some(time), held, false).unwrap(),
            Kind::Nodes => {
                let node = (name > 0).then_some(text.as_bytes());
                next_node::add(kept, &[0, 0], Some(time), node, name > 1, held).unwrap()
            }
            Kind::Retention => flags::add(kept, held).unwrap(),
            Kind::Uniq => {
                let mut state = State::open(kept, shape, 0, "").unwrap();
                sketch::insert(&mut state, sketch::hash(&value)).unwrap();
                state
            }
            Kind::UniqExact => {
                let mut state = State::open(kept, shape, 0, "").unwrap();
                value.with_key(|key| keys::insert(&mut state, value.width(), key)).unwrap();
                state
            }
        }
    }

    fn state_of(kind: Kind, rows: &[Row]) -> Option<Vec<u8>> {
        let mut kept: Option<Vec<u8>> = None;
        for row in rows {
            let moved = add(kind, kept.as_mut().map(|bytes| State::kept(bytes).unwrap()), row).into_moved();
            kept = moved.or(kept);
        }
        kept
    }

    const KINDS: [Kind; 5] = [Kind::Sequence, Kind::Nodes, Kind::Retention, Kind::Uniq, Kind::UniqExact];

    proptest! {
        #[test]
        fn parts_and_order_change_nothing(
            rows in prop::collection::vec((0_i64..9, 0_u32..8, 0_u8..6), 1..60),
            places in prop::collection::vec(0_usize..4, 60),
            rotation in 0_usize..60,
        ) {
            for kind in KINDS {
                let whole = canonical(&View::read(&state_of(kind, &rows).unwrap()).unwrap()).unwrap();
                let mut merged: Option<Vec<u8>> = None;
                for part in 0..4 {
                    let mut own: Vec<Row> =
                        rows.iter().zip(&places).filter(|(_, place)| **place == part).map(|(row, _)| *row).collect();
                    let by = rotation.checked_rem(own.len()).unwrap_or(0);
                    own.rotate_left(by);
                    let Some(bytes) = state_of(kind, &own) else { continue };
                    // Partial results are merged as they are and as they would be stored.
                    let bytes =
                        if part % 2 == 0 { bytes } else { canonical(&View::read(&bytes).unwrap()).unwrap() };
                    let kept = merged.as_mut().map(|bytes| State::kept(bytes).unwrap());
                    merged = merge(kept, &View::read(&bytes).unwrap()).unwrap().into_moved().or(merged);
                }
                let merged = merged.unwrap();
                prop_assert_eq!(&canonical(&View::read(&merged).unwrap()).unwrap(), &whole);
                // What is stored is stored the same again.
                prop_assert_eq!(&canonical(&View::read(&whole).unwrap()).unwrap(), &whole);
            }
        }

        #[test]
        fn damaged_states_are_errors(
            rows in prop::collection::vec((0_i64..9, 0_u32..8, 0_u8..6), 1..20),
            place in 0_usize..400,
            byte: u8,
        ) {
            for kind in KINDS {
                let whole = canonical(&View::read(&state_of(kind, &rows).unwrap()).unwrap()).unwrap();
                let mut damaged = whole.clone();
                let place = place % damaged.len();
                damaged[place] = byte;
                for bytes in [&damaged[..], &whole[..place]] {
                    let Ok(view) = View::read(bytes) else { continue };
                    let _ = canonical(&view);
                    let _ = merge(None, &view).map(|state| state.into_moved());
                    let mut mine = whole.clone();
                    let _ = merge(Some(State::kept(&mut mine).unwrap()), &view);
                }
            }
        }
    }

    #[test]
    fn states_that_do_not_belong_together() {
        let rows = [(1, 1, 1)];
        let mut sequence = state_of(Kind::Sequence, &rows).unwrap();
        let uniq = state_of(Kind::Uniq, &rows).unwrap();
        let kept = State::kept(&mut sequence).unwrap();
        let fault = merge(Some(kept), &View::read(&uniq).unwrap()).unwrap_err();
        assert_eq!(fault.to_string(), "state is one of sequence_state(), not of uniq_state()");
    }
}
