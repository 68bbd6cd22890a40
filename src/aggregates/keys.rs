//! Pure: a set of keys. The body of a state is the list of keys, each once or more. Where there is no room left the
//! keys are put in order and repeated ones dropped; more room is taken only where more than half of it is full then, so
//! that n keys cost O(n log n).
//!
//! A key of varied width has its length before it: one byte, and where that byte is 255, four more.

use super::values::Width;
use crate::aggregates::state::{Fault, State};

const LONG: u8 = u8::MAX;

pub fn insert(state: &mut State<'_>, width: Width, key: &[u8]) -> Result<(), Fault> {
    if width != Width::Varied {
        make_room(state, width, key.len())?;
        return state.append(key);
    }
    let length = u32::try_from(key.len()).map_err(|_| Fault::TooLarge)?;
    let mut head = [LONG; 5];
    let head = if key.len() < usize::from(LONG) {
        head[0] = length as u8;
        &head[..1]
    } else {
        head[1..].copy_from_slice(&length.to_le_bytes());
        &head[..]
    };
    make_room(state, width, head.len() + key.len())?;
    state.append(head)?;
    state.append(key)
}

fn make_room(state: &mut State<'_>, width: Width, bytes: usize) -> Result<(), Fault> {
    if state.has_room(bytes) {
        return Ok(());
    }
    settle(state, width)?;
    make_settled_room(state, bytes)
}

/// Makes room for more bytes behind keys that were just put in order.
fn make_settled_room(state: &mut State<'_>, bytes: usize) -> Result<(), Fault> {
    let (length, room) = (state.body().len(), state.room());
    if length + bytes > room / 2 { state.reserve(room - length + bytes) } else { Ok(()) }
}

/// Adds a key of a fixed width, as [`insert`] does, right after [`settle`].
pub fn insert_settled(state: &mut State<'_>, key: &[u8]) -> Result<(), Fault> {
    make_settled_room(state, key.len())?;
    state.append(key)
}

/// Puts the keys in order and drops repeated ones; returns how many are left.
pub fn settle(state: &mut State<'_>, width: Width) -> Result<u64, Fault> {
    let (body, keys) = distinct(state.body(), width)?;
    state.replace(&body)?;
    Ok(keys)
}

/// Gives the keys in order, each once, and how many they are.
pub fn distinct(body: &[u8], width: Width) -> Result<(Vec<u8>, u64), Fault> {
    // What is in order already is found by the stable sort as one run, and merged with the rest.
    match width {
        Width::Eight => {
            let (keys, rest) = body.as_chunks::<8>();
            let mut keys: Vec<u64> = keys.iter().map(|key| u64::from_be_bytes(*key)).collect();
            keys.sort();
            keys.dedup();
            whole(rest, keys.iter().flat_map(|key| key.to_be_bytes()).collect(), keys.len())
        }
        Width::Sixteen => {
            let (keys, rest) = body.as_chunks::<16>();
            let mut keys: Vec<u128> = keys.iter().map(|key| u128::from_be_bytes(*key)).collect();
            keys.sort();
            keys.dedup();
            whole(rest, keys.iter().flat_map(|key| key.to_be_bytes()).collect(), keys.len())
        }
        Width::Varied => {
            let mut keys = Vec::new();
            let mut rest = body;
            while !rest.is_empty() {
                let key;
                (key, rest) = read(rest).ok_or(Fault::NotAState)?;
                keys.push(key);
            }
            keys.sort_by_key(|key| key.bytes);
            keys.dedup_by_key(|key| key.bytes);
            let mut ordered = Vec::with_capacity(body.len());
            for Key { record, .. } in &keys {
                ordered.extend_from_slice(record);
            }
            whole(rest, ordered, keys.len())
        }
    }
}

fn whole(rest: &[u8], body: Vec<u8>, keys: usize) -> Result<(Vec<u8>, u64), Fault> {
    if rest.is_empty() { Ok((body, keys as u64)) } else { Err(Fault::NotAState) }
}

/// A key of varied width.
struct Key<'a> {
    /// The key with its length before it, as the body holds it.
    record: &'a [u8],
    bytes: &'a [u8],
}

/// Reads the key that comes first, and gives what is behind it too.
fn read(bytes: &[u8]) -> Option<(Key<'_>, &[u8])> {
    let (first, behind) = bytes.split_first()?;
    let (head, length) = if *first == LONG {
        (5, u32::from_le_bytes(*behind.first_chunk()?) as usize)
    } else {
        (1, usize::from(*first))
    };
    let (record, rest) = bytes.split_at_checked(head + length)?;
    Some((Key { record, bytes: &record[head..] }, rest))
}

/// Calls `take` with each key of a body, as it was inserted.
pub fn each(body: &[u8], width: Width, mut take: impl FnMut(&[u8]) -> Result<(), Fault>) -> Result<(), Fault> {
    let mut rest = body;
    while !rest.is_empty() {
        let key;
        (key, rest) = match width {
            Width::Eight => rest.split_at_checked(8),
            Width::Sixteen => rest.split_at_checked(16),
            Width::Varied => read(rest).map(|(key, rest)| (key.bytes, rest)),
        }
        .ok_or(Fault::NotAState)?;
        take(key)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::state::{Kind, Shape};
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn set_of(width: Width, keys: &[Vec<u8>]) -> (Vec<u8>, u64) {
        let shape = Shape { kind: Kind::UniqExact, detail: 3, parameter: b"" };
        let mut bytes = State::new(shape, 0).unwrap().into_moved().unwrap();
        for key in keys {
            let mut state = State::kept(&mut bytes).unwrap();
            insert(&mut state, width, key).unwrap();
            if let Some(moved) = state.into_moved() {
                bytes = moved;
            }
        }
        distinct(State::kept(&mut bytes).unwrap().body(), width).unwrap()
    }

    proptest! {
        #[test]
        fn counts_each_key_once(keys in prop::collection::vec(0_u64..300, 0..900)) {
            for (width, digits) in [(Width::Eight, 8), (Width::Sixteen, 16), (Width::Varied, 0)] {
                let key = |number: &u64| match digits {
                    0 => "k".repeat(*number as usize).into_bytes(),
                    digits => format!("{number:0digits$}").into_bytes(),
                };
                let inserted: Vec<Vec<u8>> = keys.iter().map(key).collect();
                let (body, count) = set_of(width, &inserted);
                let expected: BTreeSet<Vec<u8>> = inserted.iter().cloned().collect();
                prop_assert_eq!(count, expected.len() as u64);
                let mut found = Vec::new();
                each(&body, width, |key| { found.push(key.to_vec()); Ok(()) }).unwrap();
                prop_assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn few_keys_take_little_room() {
        let keys: Vec<Vec<u8>> = (0..10_000_u64).map(|n| (n % 5).to_be_bytes().to_vec()).collect();
        let shape = Shape { kind: Kind::UniqExact, detail: 1, parameter: b"" };
        let mut state = State::new(shape, 0).unwrap();
        for key in &keys {
            insert(&mut state, Width::Eight, key).unwrap();
        }
        assert_eq!(state.into_moved().unwrap().len(), 124);
    }

    #[test]
    fn damaged_bodies_are_refused() {
        assert_eq!(distinct(&[0; 9], Width::Eight), Err(Fault::NotAState));
        assert_eq!(distinct(&[0; 17], Width::Sixteen), Err(Fault::NotAState));
        for body in [&[5, 1][..], &[255, 1, 0][..], &[255, 255, 255, 255, 255][..]] {
            assert_eq!(distinct(body, Width::Varied), Err(Fault::NotAState));
            assert_eq!(each(body, Width::Varied, |_| Ok(())), Err(Fault::NotAState));
        }
    }
}
