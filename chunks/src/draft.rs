//! Pure: events of one tenant and band on their way into chunks, in any order; twin of [`super::encode`].

use super::{Damage, Entry, UNKEPT};
use std::collections::HashMap;
use std::rc::Rc;

/// A draft holds events on their way into chunks, and numbers names and values; the numbers of one draft mean nothing
/// to another.
#[derive(Default)]
pub struct Draft {
    pub(super) without_users: bool,
    pub(super) names: Vec<Name>,
    numbers_of_names: HashMap<Rc<str>, u16>,
    /// The different values: number n is `values[n - 1]`.
    pub(super) values: Vec<Rc<[u8]>>,
    numbers_of_values: HashMap<Rc<[u8]>, u32>,
    value_bytes: usize,
    pub(super) events: Vec<Drafted>,
    /// The numbers of the property values of all events, one event after the other.
    pub(super) properties: Vec<u32>,
    pub(super) subjects: Vec<[u8; 16]>,
}

pub(super) struct Name {
    pub name: Rc<str>,
    pub keys: Vec<String>,
}

/// An event of a draft, its rate interned like a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drafted {
    pub time: i64,
    pub arrival: i64,
    pub name: u16,
    pub user: u16,
    pub source: u32,
    pub rate: u32,
    /// The number of its subject, 0 for none: subject n is `subjects[n - 1]` of the draft.
    pub subject: u32,
    /// The place in the draft's properties where its own begin, as many as its name has keys.
    pub properties: usize,
}

impl Draft {
    pub fn new() -> Draft {
        Draft::default()
    }

    /// Makes a draft for a band of events without a user: its chunks have no users.
    pub fn without_users() -> Draft {
        Draft { without_users: true, ..Draft::default() }
    }

    /// Makes a draft for a band. Events without a user are in band -1.
    pub fn of_band(band: i32) -> Draft {
        if band < 0 { Draft::without_users() } else { Draft::new() }
    }

    /// Registers a name with its promoted keys and returns its number; again with the same keys, the same number.
    /// Returns None for a known name with other keys or another order of them, for keys of which two are the same, and
    /// for a name after the 65,536th.
    pub fn name(&mut self, name: &str, keys: &[impl AsRef<str>]) -> Option<u16> {
        self.register(name, keys).ok()
    }

    /// Interns a source or property value and returns its number: the same bytes have the same number, and 0 is none's.
    pub fn value(&mut self, bytes: &[u8]) -> u32 {
        if let Some(number) = self.numbers_of_values.get(bytes) {
            return *number;
        }
        let value: Rc<[u8]> = bytes.into();
        self.values.push(value.clone());
        // Memory ends before the numbers do: a value takes more than 64 bytes.
        let number = u32::try_from(self.values.len()).unwrap_or(UNKEPT);
        self.numbers_of_values.insert(value, number);
        self.value_bytes += bytes.len();
        number
    }

    /// Adds an event. `properties`: for each key of the event's name 0, [`UNKEPT`] or a value's number.
    ///
    /// Panics where a number is not one that this draft gave, or the properties are not as many as the keys: whoever
    /// calls has mixed up events, and nothing that were written could be right.
    pub fn push(&mut self, event: Entry, properties: &[u32]) {
        let Entry { time, arrival, name, user, source, rate, subject } = event;
        let known = |number: u32| number as usize <= self.values.len();
        assert!(known(source), "a source of another draft");
        assert!(properties.iter().all(|number| *number == UNKEPT || known(*number)), "a value of another draft");
        assert_eq!(properties.len(), self.names[usize::from(name)].keys.len(), "other properties than the name has");
        assert!(user == 0 || !self.without_users, "a user in a band without users");

        let rate = rate.map_or(0, |rate| self.value(&rate.to_bits().to_le_bytes()));
        let start = self.properties.len();
        self.properties.extend_from_slice(properties);
        self.subjects.extend(subject);
        // Memory ends before the numbers do.
        let subject = subject.map_or(0, |_| self.subjects.len() as u32);
        self.events.push(Drafted { time, arrival, name, user, source, rate, subject, properties: start });
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The bytes that the draft holds, about: an interned value has two references and a count of them besides itself.
    #[cfg(test)]
    pub fn memory(&self) -> usize {
        self.events.capacity() * size_of::<Drafted>()
            + self.properties.capacity() * size_of::<u32>()
            + self.subjects.capacity() * 16
            + self.values.capacity() * 64
            + self.value_bytes
            + self.names.len() * 256
    }

    pub(super) fn register(&mut self, name: &str, keys: &[impl AsRef<str>]) -> Result<u16, Damage> {
        let given = || keys.iter().map(AsRef::as_ref);
        if let Some(number) = self.numbers_of_names.get(name) {
            let known = &self.names[usize::from(*number)].keys;
            return if given().eq(known.iter()) { Ok(*number) } else { Err(Damage::OtherKeys) };
        }
        let number = u16::try_from(self.names.len()).map_err(|_| Damage::TooManyNames)?;
        let mut sorted: Vec<&str> = given().collect();
        sorted.sort_unstable();
        if !sorted.is_sorted_by(|one, next| one < next) {
            return Err(Damage::OtherKeys);
        }
        let name: Rc<str> = name.into();
        self.names.push(Name { name: name.clone(), keys: given().map(str::to_owned).collect() });
        self.numbers_of_names.insert(name, number);
        Ok(number)
    }

    /// Forgets all names but the first `count`; the forgotten ones have no event.
    pub(super) fn forget_names(&mut self, count: usize) {
        for name in self.names.drain(count..) {
            self.numbers_of_names.remove(&name.name);
        }
    }
}
