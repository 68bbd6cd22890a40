//! Pure: what a KPI asks of the log, and the pieces that it gets.

use super::value_test::ValueTest;
use crate::derived::timeline::chunk::{Decimal, Subjects};
use crate::ids::{Band, TenantId};
use crate::jsonb::key_path::KeyPath;
use std::ops::Range;

/// Which events a KPI reads and what it wants to know of each.
#[derive(Debug, Clone)]
pub struct Question {
    /// Microseconds since 2000-01-01 UTC; i64::MIN and i64::MAX where an end is open.
    pub range: Range<i64>,
    pub tenant: Option<TenantId>,
    pub actor: Actor,
    /// Events without an actor are of no use.
    pub needs_actors: bool,
    /// The order of events of one time matters.
    pub needs_arrivals: bool,
    pub needs_rates: bool,
    pub labels: Labels,
    /// What payloads must contain, for [`Class::conditions`].
    pub conditions: Vec<Condition>,
    /// A payload key of which each event's value is wanted.
    pub touches: Option<KeyPath>,
    /// Another such key, by whose values the events are grouped.
    pub groups_by: Option<KeyPath>,
    /// Values of the touched key that are numbers may be handed as such, see [`IS_DECIMAL`].
    pub takes_decimals: bool,
    /// Events without a value of the touched key are of no use.
    pub needs_value: bool,
    /// What the events are about is wanted, see [`OfSubjects`].
    pub subjects: Option<OfSubjects>,
    /// The payload key whose value is what an event is about, as as_id() makes it an id; None: subject_id.
    pub object_key: Option<KeyPath>,
}

/// A question about what events are about, beside who had them: then events without an actor are of use in any case. The
/// bits are those of classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfSubjects {
    /// Classes of which an event without a subject is of no use; of the others the subject need not be known.
    pub needed: u64,
    /// Classes of which the value of the touched key is wanted; of the others it need not be known.
    pub touched: u64,
    /// The same of the key that groups.
    pub grouped: u64,
}

/// The number of a value that is among the decimals of its piece.
pub const IS_DECIMAL: u32 = u32::MAX;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    User,
    Session,
    Subject,
    Tenant,
}

/// What an event's label says.
#[derive(Debug, Clone)]
pub enum Labels {
    /// Bit n: the event is of class n, of at most 64. Events of no class are left out, or kept with the label 0.
    Classes { classes: Vec<Class>, keeps_others: bool },
    /// The number of its name, in order of appearance: see Source::names(). Only these names, None: all.
    Names { names: Option<Vec<String>>, conditions: Vec<usize> },
}

#[derive(Debug, Clone)]
pub struct Class {
    /// None: every name.
    pub names: Option<Vec<String>>,
    /// Each must hold: places in [`Question::conditions`].
    pub conditions: Vec<usize>,
}

/// That the payload contains an object and meets a path, and that the user is in cohorts, or not.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The object as jsonb, without varlena header: keys of the payload itself.
    pub container: Vec<u8>,
    /// What is to be contained at paths.
    pub contained_at: Vec<ContainedAt>,
    /// A jsonpath that must be true of the payload.
    pub path: Option<String>,
    /// The same as all three, key by key: what promoted properties can answer. None where the object holds one, or a list.
    pub tests: Option<Vec<(KeyPath, Vec<ValueTest>)>>,
    /// Each must hold.
    pub cohorts: Vec<CohortTest>,
}

/// That the value at a path contains another, which as an object around it is what the payload contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainedAt {
    pub key: KeyPath,
    /// As the value of a key of the payload that is spelt like the path, without varlena header.
    pub as_key: Vec<u8>,
    /// As the value within objects.
    pub as_path: Vec<u8>,
}

/// That the user of an event is a member of a cohort, or is not: an event without a user is nobody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CohortTest {
    pub cohort: String,
    pub is_member: bool,
}

impl PartialEq for Condition {
    fn eq(&self, other: &Condition) -> bool {
        self.container == other.container
            && self.contained_at == other.contained_at
            && self.path == other.path
            && self.cohorts == other.cohorts
    }
}

/// Events of one band of actors, sorted by actor, time and arrival. Slices are empty where they were not asked for.
#[derive(Debug)]
pub struct Piece<'a> {
    pub events: usize,
    /// The earliest and the latest time.
    pub first: i64,
    pub last: i64,
    /// Places in the band, each once, ascending. Empty also where the question needs no actors: then the events are in
    /// any order.
    pub actors: &'a [u16],
    /// Where each actor's events end. Empty where nothing that was asked for tells them apart.
    pub ends: &'a [u32],
    /// Empty where the reader said that they make no difference.
    pub times: &'a [i64],
    pub arrivals: &'a [i64],
    pub labels: LabelsOf<'a>,
    /// Numbers of values of the touched key: see Source::values(). 0: none.
    pub values: &'a [u32],
    /// Of the events whose value is [`IS_DECIMAL`]. Empty where none is.
    pub decimals: &'a [Decimal],
    /// As values, of the key that groups.
    pub groups: &'a [u32],
    /// Probabilities with which the events were kept. Empty: every event was.
    pub rates: &'a [f32],
    /// None where they were not asked for; an id may stand there twice.
    pub subjects: Option<&'a Subjects>,
}

impl Piece<'_> {
    /// Each actor and the places of its events. Nothing where `ends` are empty.
    pub fn runs(&self) -> impl Iterator<Item = (u16, Range<usize>)> + '_ {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        let runs = begins.zip(self.ends).map(|(begin, end)| begin as usize..*end as usize);
        self.actors.iter().copied().zip(runs)
    }

    /// Each event with its actor. Nothing where `ends` are empty.
    pub fn each(&self) -> impl Iterator<Item = (u16, usize)> + '_ {
        self.runs().flat_map(|(actor, events)| events.map(move |event| (actor, event)))
    }

    /// The actor of each event.
    pub fn actor_of_each(&self, into: &mut Vec<u16>) {
        into.clear();
        into.reserve(self.events);
        for (actor, events) in self.runs() {
            into.resize(events.end, actor);
        }
    }
}

/// One label for all, or a code into the table for each.
#[derive(Debug, Clone, Copy)]
pub enum LabelsOf<'a> {
    Same(u64),
    Each { codes: &'a [u16], table: &'a [u64] },
}

impl LabelsOf<'_> {
    pub fn of(&self, event: usize) -> u64 {
        match self {
            LabelsOf::Same(label) => *label,
            LabelsOf::Each { codes, table } => table[codes[event] as usize],
        }
    }
}

/// What a KPI does with its events: band after band, the pieces of a band chunk by chunk in order of their first event.
pub trait Reader<E> {
    /// Whether the times of events between these two matter (both inside the range).
    fn needs_times(&self, first: i64, last: i64) -> bool;

    /// Whether events between these two times with labels of these bits are of use; else they may be left unread.
    fn needs(&self, _labels: u64, _first: i64, _last: i64) -> bool {
        true
    }

    /// Whether it matters how many events an actor has, or which: else, where nothing else tells them apart, a piece only
    /// says who has one.
    fn needs_each(&self) -> bool {
        false
    }

    /// `actors`: how many places of the band are taken. [`Band::NOBODYS`]: events without an actor.
    fn begin_band(&mut self, tenant: TenantId, band: Band, actors: usize) -> Result<(), E>;

    /// From here on no event of the band lies before `first`; only pieces that are read before the first chunk may be of
    /// any time.
    fn begin_chunk(&mut self, _first: i64) -> Result<(), E> {
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), E>;

    fn end_band(&mut self) -> Result<(), E>;
}

impl Question {
    pub fn asks_cohorts(&self) -> bool {
        self.conditions.iter().any(|condition| !condition.cohorts.is_empty())
    }

    /// Whether events without an actor are of no use.
    pub fn drops_nobodys(&self) -> bool {
        self.needs_actors && self.subjects.is_none()
    }

    /// Whether the value of the touched key is wanted of events that may have these labels.
    pub fn touches_any_of(&self, labels: u64) -> bool {
        self.touches.is_some() && self.subjects.is_none_or(|subjects| subjects.touched & labels != 0)
    }

    /// Whether the value of the key that groups is wanted of events that may have these labels.
    pub fn groups_any_of(&self, labels: u64) -> bool {
        self.groups_by.is_some() && self.subjects.is_none_or(|subjects| subjects.grouped & labels != 0)
    }

    /// Whether the subject is wanted of events that may have these labels.
    pub fn asks_subjects_of(&self, labels: u64) -> bool {
        self.subjects.is_some_and(|subjects| subjects.needed & labels != 0)
    }

    /// Whether events of these labels are of no use without a subject.
    pub fn needs_subjects_of(&self, labels: u64) -> bool {
        self.subjects.is_some_and(|subjects| labels & !subjects.needed == 0)
    }

    /// The bits of all classes.
    pub fn labels(&self) -> u64 {
        match &self.labels {
            Labels::Names { .. } => 1,
            Labels::Classes { classes, .. } => classes.iter().enumerate().fold(0, |bits, (class, _)| bits | 1 << class),
        }
    }

    /// The names of the events to read; None: all.
    pub fn names(&self) -> Option<Vec<&str>> {
        match &self.labels {
            Labels::Names { names, .. } => names.as_ref().map(|names| names.iter().map(String::as_str).collect()),
            Labels::Classes { keeps_others: true, .. } => None,
            Labels::Classes { classes, .. } => {
                let mut all = Vec::new();
                for class in classes {
                    all.extend(class.names.as_ref()?.iter().map(String::as_str));
                }
                all.sort_unstable();
                all.dedup();
                Some(all)
            }
        }
    }

    /// What events of a name are asked.
    pub fn tests_of(&self, name: &str) -> Tests {
        let named = |names: &Option<Vec<String>>| names.as_ref().is_none_or(|names| names.iter().any(|n| n == name));
        match &self.labels {
            Labels::Names { names, conditions } => Tests {
                is_read: named(names),
                keeps_others: false,
                classes: if named(names) { vec![(1, mask(conditions))] } else { Vec::new() },
            },
            Labels::Classes { classes, keeps_others } => {
                let classes: Vec<(u64, u64)> = classes
                    .iter()
                    .enumerate()
                    .filter(|(_, class)| named(&class.names))
                    .map(|(n, class)| (1 << n, mask(&class.conditions)))
                    .collect();
                Tests { is_read: *keeps_others || !classes.is_empty(), keeps_others: *keeps_others, classes }
            }
        }
    }
}

fn mask(conditions: &[usize]) -> u64 {
    conditions.iter().fold(0, |mask, condition| mask | 1 << condition)
}

/// What decides on the label of an event of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tests {
    /// Whether any event of the name can be wanted.
    pub is_read: bool,
    pub keeps_others: bool,
    /// Bits of a class, and the conditions that must all hold for it.
    pub classes: Vec<(u64, u64)>,
}

impl Tests {
    /// The label of an event for which these conditions hold; None: it is left out.
    pub fn label(&self, holding: u64) -> Option<u64> {
        let bits = self
            .classes
            .iter()
            .filter(|(_, conditions)| conditions & !holding == 0)
            .fold(0, |bits, (class, _)| bits | class);
        (bits != 0 || self.keeps_others).then_some(bits)
    }

    /// The bits that some event of the name may have.
    pub fn labels(&self) -> u64 {
        self.classes.iter().fold(0, |bits, (class, _)| bits | class)
    }

    /// The conditions that make a difference.
    pub fn conditions(&self) -> u64 {
        self.classes.iter().fold(0, |all, (_, conditions)| all | conditions)
    }
}
