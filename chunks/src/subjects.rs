//! Pure: a column of what the events of a segment are about: it holds ids of 16 bytes, each once, and which event has
//! which.
//!
//! ```text
//! 4 times the count of ids, plus 2 where one comes again, plus 1 where an event has none | ids |
//!     codes or presence, packed
//! ```
//! The ids are in the order of their first event. Where one comes again, codes say which each event has: 0 for none, or
//! counted from the first where every event has one. Where each comes once they follow from the order, and a bit says
//! which events have one, if some have none. No bytes at all where no event has one.

use crate::packed::{length_of, pack, unpack_short, width_of};
use crate::varint::{Cursor, write_number};
use foldhash::HashMap;

const SOME_WITHOUT: usize = 1;
const SOME_AGAIN: usize = 2;

/// The ids of a column: `codes[i]` is 0 where the segment's event i has no subject, else that is `ids[codes[i] - 1]`.
/// Every id is that of some event, and no two are the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subjects {
    pub ids: Vec<[u8; 16]>,
    pub codes: Vec<u32>,
}

impl Subjects {
    pub fn clear(&mut self) {
        self.ids.clear();
        self.codes.clear();
    }

    pub fn of(&self, event: usize) -> Option<[u8; 16]> {
        let code = *self.codes.get(event)?;
        self.ids.get((code as usize).checked_sub(1)?).copied()
    }
}

/// Appends a column. `subjects`: one of each event, at most [`super::MOST_EVENTS`].
pub fn write(subjects: impl ExactSizeIterator<Item = Option<[u8; 16]>>, into: &mut Vec<u8>) {
    let events = subjects.len();
    let (mut ids, mut codes) = (Vec::new(), Vec::with_capacity(events));
    let mut codes_of_ids: HashMap<[u8; 16], u64> = HashMap::default();
    for subject in subjects {
        codes.push(subject.map_or(0, |id| {
            *codes_of_ids.entry(id).or_insert_with(|| {
                ids.push(id);
                ids.len() as u64
            })
        }));
    }
    if ids.is_empty() {
        return;
    }
    let with = codes.iter().filter(|code| **code > 0).count();
    let (some_without, some_again) = (with < events, ids.len() < with);
    write_number((ids.len() << 2 | usize::from(some_again) << 1 | usize::from(some_without)) as u64, into);
    into.extend_from_slice(ids.as_flattened());
    let first = u64::from(!some_without);
    if some_again {
        pack(codes.iter().map(|code| code - first), width_of(ids.len() as u64 - first), into);
    } else if some_without {
        pack(codes.iter().map(|code| u64::from(*code > 0)), 1, into);
    }
}

/// Reads the column of `events` events. None: it is not one; `into` is then of no use.
pub fn read(bytes: &[u8], events: usize, into: &mut Subjects) -> Option<()> {
    into.clear();
    if bytes.is_empty() {
        into.codes.resize(events, 0);
        return Some(());
    }
    let mut bytes = Cursor(bytes);
    let head = bytes.count(events << 2 | SOME_AGAIN | SOME_WITHOUT)?;
    let (count, some_again, some_without) = (head >> 2, head & SOME_AGAIN > 0, head & SOME_WITHOUT > 0);
    if count == 0 || count > events {
        return None;
    }
    into.ids.extend_from_slice(bytes.take(count * 16)?.as_chunks().0);
    if !some_again && !some_without {
        into.codes.extend(1..=count as u32);
        return (count == events && bytes.0.is_empty()).then_some(());
    }
    let first = usize::from(some_again && !some_without);
    let highest = if some_again { count - first } else { 1 };
    let width = width_of(highest as u64);
    let mut codes = vec![0; events];
    if !unpack_short(bytes.take(length_of(events, width))?, width, &mut codes) || !bytes.0.is_empty() {
        return None;
    }
    if some_again {
        into.codes.extend(codes.iter().map(|code| u32::from(*code) + first as u32));
        return codes.iter().all(|code| usize::from(*code) <= highest).then_some(());
    }
    let mut met = 0;
    into.codes.extend(codes.iter().map(|has_one| {
        met += u32::from(*has_one);
        u32::from(*has_one) * met
    }));
    (met as usize == count).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(subjects: &[Option<[u8; 16]>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(subjects.iter().copied(), &mut bytes);
        bytes
    }

    fn back(bytes: &[u8], events: usize) -> Option<Vec<Option<[u8; 16]>>> {
        let mut subjects = Subjects { ids: vec![[7; 16]], codes: vec![7] };
        read(bytes, events, &mut subjects)?;
        assert_eq!(subjects.codes.len(), events);
        Some((0..events).map(|event| subjects.of(event)).collect())
    }

    #[test]
    fn what_follows_takes_no_bits() {
        let (one, other) = (Some([1; 16]), Some([2; 16]));
        assert!(written(&[None; 1000]).is_empty());
        assert_eq!(back(&[], 2), Some(vec![None, None]));
        assert_eq!(written(&[one, other]).len(), 1 + 32, "each its own");
        assert_eq!(written(&[one; 1000]).len(), 1 + 16, "all the same");
        assert_eq!(written(&[one, None, other]).len(), 1 + 32 + 1, "a bit for each");
        assert_eq!(written(&[one, None, other, one]).len(), 1 + 32 + 1, "two bits for each");
    }

    #[test]
    fn as_many_as_a_segment_has_events() {
        let id = |n: u32| Some(u128::from(n).to_le_bytes());
        let mut subjects: Vec<_> = (0..65_536).map(id).collect();
        assert_eq!(back(&written(&subjects), 65_536), Some(subjects.clone()));
        subjects[65_535] = None;
        assert_eq!(back(&written(&subjects), 65_536), Some(subjects.clone()));
        subjects[65_535] = id(0);
        assert_eq!(back(&written(&subjects), 65_536), Some(subjects.clone()));
        subjects[65_534] = None;
        assert_eq!(back(&written(&subjects), 65_536), Some(subjects));
    }

    proptest! {
        #[test]
        fn comes_back(subjects in prop::collection::vec(prop::option::of((0_u8..9).prop_map(|id| [id; 16])), 1..300)) {
            let mut bytes = written(&subjects);
            prop_assert_eq!(back(&bytes, subjects.len()), Some(subjects.clone()));
            if !bytes.is_empty() {
                prop_assert_eq!(back(&bytes, subjects.len() + 64), None);
                bytes.push(0);
                prop_assert_eq!(back(&bytes, subjects.len()), None);
            }
        }

        #[test]
        fn any_bytes_are_a_column_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80), events in 1_usize..9) {
            back(&bytes, events);
        }
    }
}
