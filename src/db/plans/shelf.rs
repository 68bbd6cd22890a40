//! Pure: a shelf of things that are worth keeping while there is room. What was used longest ago goes first, and never
//! what is in use.

/// Lends and keeps values by their keys.
pub struct Shelf<K, V> {
    most: usize,
    most_bytes: usize,
    kept: Vec<Kept<K, V>>,
    /// Each loan has the next number, and so has each value that comes to the shelf.
    loans: u64,
}

struct Kept<K, V> {
    key: K,
    value: V,
    bytes: usize,
    /// The number of the loan by which the value came.
    name: Name,
    /// The number of the latest loan.
    lent_last: u64,
    users: u32,
}

/// Names a value on the shelf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name(u64);

impl<K, V: Copy> Shelf<K, V> {
    /// Makes a shelf for so many values of so many bytes in all.
    pub const fn new(most: usize, most_bytes: usize) -> Shelf<K, V> {
        Shelf { most, most_bytes, kept: Vec::new(), loans: 0 }
    }

    /// Lends the value of a key, until it is given back. None where it is not on the shelf.
    pub fn lend(&mut self, is_key: impl Fn(&K) -> bool) -> Option<(Name, V)> {
        let found = self.kept.iter_mut().find(|kept| is_key(&kept.key))?;
        self.loans += 1;
        found.lent_last = self.loans;
        found.users += 1;
        Some((found.name, found.value))
    }

    /// Puts a value on the shelf and lends it at once.
    pub fn add(&mut self, key: K, value: V) -> Name {
        self.loans += 1;
        let name = Name(self.loans);
        self.kept.push(Kept { key, value, bytes: 0, name, lent_last: self.loans, users: 1 });
        name
    }

    pub fn give_back(&mut self, name: Name) {
        if let Some(kept) = self.named(name) {
            kept.users = kept.users.saturating_sub(1);
        }
    }

    /// Notes how large a value is by now.
    pub fn weigh(&mut self, name: Name, bytes: usize) {
        if let Some(kept) = self.named(name) {
            kept.bytes = bytes;
        }
    }

    /// Takes a value from the shelf for which there is no room. None: there is room, or all the rest is in use.
    pub fn take_surplus(&mut self) -> Option<V> {
        let bytes: usize = self.kept.iter().map(|kept| kept.bytes).sum();
        if self.kept.len() <= self.most && bytes <= self.most_bytes {
            return None;
        }
        let idle = self.kept.iter().enumerate().filter(|(_, kept)| kept.users == 0);
        let (place, _) = idle.min_by_key(|(_, kept)| kept.lent_last)?;
        Some(self.kept.swap_remove(place).value)
    }

    fn named(&mut self, name: Name) -> Option<&mut Kept<K, V>> {
        self.kept.iter_mut().find(|kept| kept.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shelf() -> Shelf<&'static str, u32> {
        Shelf::new(2, 100)
    }

    fn put(shelf: &mut Shelf<&'static str, u32>, key: &'static str, value: u32, bytes: usize) {
        let name = shelf.add(key, value);
        shelf.weigh(name, bytes);
        shelf.give_back(name);
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let mut shelf = shelf();
        put(&mut shelf, "a", 1, 10);
        put(&mut shelf, "b", 2, 10);
        assert_eq!(shelf.take_surplus(), None);
        let (name, value) = shelf.lend(|key| *key == "a").unwrap();
        shelf.give_back(name);
        assert_eq!(value, 1);
        put(&mut shelf, "c", 3, 10);
        assert_eq!((shelf.take_surplus(), shelf.take_surplus()), (Some(2), None));
        assert_eq!(shelf.lend(|key| *key == "b"), None);
    }

    #[test]
    fn large_values_go_too() {
        let mut shelf = shelf();
        put(&mut shelf, "a", 1, 60);
        put(&mut shelf, "b", 2, 60);
        assert_eq!((shelf.take_surplus(), shelf.take_surplus()), (Some(1), None));
        // One that is larger than the shelf does not stay.
        put(&mut shelf, "c", 3, 101);
        assert_eq!((shelf.take_surplus(), shelf.take_surplus()), (Some(2), Some(3)));
    }

    #[test]
    fn what_is_in_use_stays() {
        let mut shelf = shelf();
        let a = shelf.add("a", 1);
        shelf.weigh(a, 1_000);
        // It is used twice, as by a KPI within a KPI.
        let (again, _) = shelf.lend(|key| *key == "a").unwrap();
        assert_eq!(again, a);
        shelf.give_back(again);
        assert_eq!(shelf.take_surplus(), None);
        shelf.give_back(a);
        assert_eq!(shelf.take_surplus(), Some(1));
    }

    proptest! {
        #[test]
        fn a_shelf_without_loans_holds_what_it_may_and_lends_what_it_was_given(
            uses in prop::collection::vec((0u8..12, 0usize..60), 0..200),
        ) {
            let mut shelf: Shelf<u8, u32> = Shelf::new(5, 100);
            let mut given = std::collections::HashMap::new();
            let mut next = 0;
            for (key, bytes) in uses {
                let name = match shelf.lend(|known| *known == key) {
                    Some((name, value)) => {
                        prop_assert_eq!(given.get(&key), Some(&value));
                        name
                    }
                    None => {
                        next += 1;
                        given.insert(key, next);
                        shelf.add(key, next)
                    }
                };
                shelf.weigh(name, bytes);
                // The value that is lent is never taken.
                while let Some(taken) = shelf.take_surplus() {
                    prop_assert_ne!(given.get(&key), Some(&taken));
                    given.retain(|_, value| *value != taken);
                }
                shelf.give_back(name);
                while let Some(taken) = shelf.take_surplus() {
                    given.retain(|_, value| *value != taken);
                }
                prop_assert!(shelf.kept.len() <= 5);
                prop_assert!(shelf.kept.iter().map(|kept| kept.bytes).sum::<usize>() <= 100);
                prop_assert_eq!(shelf.kept.len(), given.len());
            }
        }
    }
}
