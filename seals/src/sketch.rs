//! A sketch of a set of leaves, by which one is found that was changed, taken out or put in. The hash of a subtree says only
//! that something in it differs.
//!
//! It holds sums of powers over the field of 2^61 - 1: of each leaf its fingerprint (the beginning of its hash), multiplied
//! by powers of its id. The difference between two such sums is that of the leaves that differ alone, and where these are
//! at most [`MOST`], their ids and fingerprints follow from it, as errors do from the syndromes of a Reed-Solomon code.

use crate::hash::Hash;

/// How many differing leaves are found.
pub const MOST: usize = 3;

const SUMS: usize = 2 * MOST;
pub const BYTES: usize = 8 * SUMS;

/// 2^61 - 1, a prime.
const FIELD: u64 = (1 << 61) - 1;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sketch([u64; SUMS]);

/// A leaf in which two sets differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    pub id: i64,
    /// The fingerprint in the one set less that in the other; a leaf that a set has not counts 0.
    fingerprint: u64,
}

impl Difference {
    /// The fingerprint that the leaf has in the other set, by that in this one.
    pub fn other(&self, here: Fingerprint) -> Fingerprint {
        Fingerprint(minus(here.0, self.fingerprint))
    }
}

/// The beginning of a leaf's hash, as a number of the field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// That of a leaf which is not there.
    pub const NONE: Fingerprint = Fingerprint(0);

    pub fn of(leaf: &Hash) -> Fingerprint {
        let [a, b, c, d, e, f, g, h, ..] = *leaf;
        Fingerprint(u64::from_be_bytes([a, b, c, d, e, f, g, h]) % FIELD)
    }
}

impl Sketch {
    /// Puts a leaf in.
    pub fn add(&mut self, id: i64, leaf: &Hash) {
        let place = place(id);
        let mut term = Fingerprint::of(leaf).0;
        for sum in &mut self.0 {
            *sum = plus(*sum, term);
            term = times(term, place);
        }
    }

    /// Finds the leaves in which this set differs from another one, among some ids; None where they are more than
    /// [`MOST`], or others.
    pub fn differences(&self, other: &Sketch, ids: impl IntoIterator<Item = i64>) -> Option<Vec<Difference>> {
        let mut sums = self.0;
        sums.iter_mut().zip(other.0).for_each(|(sum, other)| *sum = minus(*sum, other));
        if sums == [0; SUMS] {
            return Some(Vec::new());
        }
        let locator = locator(&sums)?;
        let mut found = Vec::new();
        for id in ids {
            if value(&locator, place(id)) == 0 {
                found.push(id);
                if found.len() == locator.len() - 1 {
                    break;
                }
            }
        }
        if found.len() + 1 != locator.len() {
            return None;
        }
        let places: Vec<u64> = found.iter().map(|id| place(*id)).collect();
        let fingerprints = weights(&places, &sums)?;
        Some(found.into_iter().zip(fingerprints).map(|(id, fingerprint)| Difference { id, fingerprint }).collect())
    }

    pub fn to_bytes(self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        bytes.as_chunks_mut().0.iter_mut().zip(self.0).for_each(|(bytes, sum)| *bytes = sum.to_be_bytes());
        bytes
    }

    pub fn from_bytes(bytes: &[u8; BYTES]) -> Sketch {
        let mut sums = [0; SUMS];
        sums.iter_mut().zip(bytes.as_chunks().0).for_each(|(sum, bytes)| *sum = u64::from_be_bytes(*bytes) % FIELD);
        Sketch(sums)
    }
}

fn place(id: i64) -> u64 {
    id.rem_euclid(FIELD as i64) as u64
}

fn plus(one: u64, other: u64) -> u64 {
    let sum = one + other;
    if sum >= FIELD { sum - FIELD } else { sum }
}

fn minus(one: u64, other: u64) -> u64 {
    plus(one, FIELD - other) % FIELD
}

fn times(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    plus((product as u64) & FIELD, (product >> 61) as u64)
}

/// The number by which a number is to be multiplied to give 1; 0 has none and gives 0.
fn inverse(number: u64) -> u64 {
    let (mut result, mut power, mut exponent) = (1, number, FIELD - 2);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = times(result, power);
        }
        power = times(power, power);
        exponent >>= 1;
    }
    result
}

/// The polynomial whose zeros are the places, its highest coefficient first (Berlekamp and Massey); None where more than
/// [`MOST`] are needed.
fn locator(sums: &[u64; SUMS]) -> Option<Vec<u64>> {
    let (mut present, mut before) = (vec![1], vec![1]);
    let (mut length, mut since, mut last) = (0, 1, 1);
    for n in 0..SUMS {
        let off =
            (1..=length).fold(sums[n], |off, i| plus(off, times(present.get(i).copied().unwrap_or(0), sums[n - i])));
        if off == 0 {
            since += 1;
            continue;
        }
        let kept = present.clone();
        let factor = times(off, inverse(last));
        present.resize(present.len().max(before.len() + since), 0);
        for (i, coefficient) in before.iter().enumerate() {
            present[i + since] = minus(present[i + since], times(factor, *coefficient));
        }
        if 2 * length <= n {
            (length, before, last, since) = (n + 1 - length, kept, off, 1);
        } else {
            since += 1;
        }
    }
    present.resize(length + 1, 0);
    (length <= MOST).then_some(present)
}

fn value(polynomial: &[u64], at: u64) -> u64 {
    polynomial.iter().fold(0, |value, coefficient| plus(times(value, at), *coefficient))
}

/// How much each place weighs, so that the sums are theirs; None where no weights give all of the sums.
fn weights(places: &[u64], sums: &[u64; SUMS]) -> Option<Vec<u64>> {
    let weights: Vec<u64> = (0..places.len())
        .map(|which| {
            // The polynomial that is 1 at this place and 0 at the others, its lowest coefficient first: as it weighs the
            // powers of this place, so it weighs the sums.
            let mut basis = vec![1];
            let mut scale = 1;
            for (n, place) in places.iter().enumerate().filter(|(n, _)| *n != which) {
                debug_assert!(n < MOST);
                let mut product = vec![0; basis.len() + 1];
                for (power, coefficient) in basis.iter().enumerate() {
                    product[power + 1] = plus(product[power + 1], *coefficient);
                    product[power] = minus(product[power], times(*coefficient, *place));
                }
                basis = product;
                scale = times(scale, minus(places[which], *place));
            }
            let sum =
                basis.iter().zip(sums).fold(0, |sum, (coefficient, power)| plus(sum, times(*coefficient, *power)));
            times(sum, inverse(scale))
        })
        .collect();
    let mut terms = weights.clone();
    for sum in sums {
        if terms.iter().fold(0, |total, term| plus(total, *term)) != *sum {
            return None;
        }
        terms.iter_mut().zip(places).for_each(|(term, place)| *term = times(*term, *place));
    }
    Some(weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::leaf_hash;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn sketch(leaves: &BTreeMap<i64, Hash>) -> Sketch {
        let mut sketch = Sketch::default();
        leaves.iter().for_each(|(id, leaf)| sketch.add(*id, leaf));
        sketch
    }

    fn leaf(id: i64, version: u8) -> Hash {
        leaf_hash(&[id.to_be_bytes().as_slice(), &[version]].concat())
    }

    proptest! {
        #[test]
        fn what_differs_is_found(
            ids in prop::collection::btree_set(1_000i64..2_000, 4..256),
            picks in prop::collection::vec((any::<prop::sample::Index>(), 0u8..3), 0..4),
        ) {
            let ids: Vec<i64> = ids.into_iter().collect();
            let sealed: BTreeMap<i64, Hash> = ids.iter().map(|id| (*id, leaf(*id, 0))).collect();
            let mut present = sealed.clone();
            let mut expected = BTreeMap::new();
            for (pick, kind) in picks {
                let id = ids[pick.index(ids.len())];
                // An id that is not among them, to be added.
                let free = (id..).find(|id| !sealed.contains_key(id)).unwrap_or_default();
                match kind {
                    0 => { present.insert(id, leaf(id, 1)); expected.insert(id, Fingerprint::of(&leaf(id, 0))); }
                    1 => { present.remove(&id); expected.insert(id, Fingerprint::of(&leaf(id, 0))); }
                    _ => { present.insert(free, leaf(free, 1)); expected.insert(free, Fingerprint::NONE); }
                }
            }
            let found = sketch(&present).differences(&sketch(&sealed), 1_000..3_000).expect("few enough");
            let found: BTreeMap<i64, Fingerprint> = found.iter().map(|difference| {
                let here = present.get(&difference.id).map_or(Fingerprint::NONE, Fingerprint::of);
                (difference.id, difference.other(here))
            }).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn more_than_it_can_tell_are_no_answer(changed in 4usize..40) {
            let sealed: BTreeMap<i64, Hash> = (1..=256).map(|id| (id, leaf(id, 0))).collect();
            let mut present = sealed.clone();
            (1..=changed as i64).for_each(|id| { present.insert(id, leaf(id, 1)); });
            prop_assert_eq!(sketch(&present).differences(&sketch(&sealed), 1..=256), None);
        }

        #[test]
        fn it_is_kept_as_bytes(ids in prop::collection::vec(any::<i64>(), 0..20)) {
            let mut sketch = Sketch::default();
            ids.iter().for_each(|id| sketch.add(*id, &leaf(*id, 0)));
            prop_assert_eq!(Sketch::from_bytes(&sketch.to_bytes()), sketch);
        }

        #[test]
        fn the_field_is_one(one in 0..FIELD, other in 1..FIELD) {
            prop_assert_eq!(times(times(one, other), inverse(other)), one);
            prop_assert_eq!(minus(plus(one, other), other), one);
            prop_assert_eq!(u128::from(times(one, other)), u128::from(one) * u128::from(other) % u128::from(FIELD));
        }
    }

    #[test]
    fn an_id_of_zero_is_found_too() {
        let sealed: BTreeMap<i64, Hash> = (0..5).map(|id| (id, leaf(id, 0))).collect();
        let mut present = sealed.clone();
        present.remove(&0);
        let found = sketch(&present).differences(&sketch(&sealed), 0..5).expect("one");
        assert_eq!((found.len(), found[0].id), (1, 0));
    }
}
