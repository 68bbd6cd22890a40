//! Pure: the question that a KPI asks of the log. `pieces` are what it gets for an answer.

mod pieces;

pub use pieces::{IS_DECIMAL, LabelsOf, Owned, Piece, ReadArrivals, Reader, Unread};

use super::value_test::ValueTest;
use crate::ids::TenantId;
use crate::jsonb::key_path::KeyPath;
use crate::jsonb::keys::Keys;
use std::ops::Range;

/// The events that a KPI reads, and what it wants to know of each.
#[derive(Debug, Clone)]
pub struct Question {
    /// The range of time, in microseconds since 2000-01-01 UTC; i64::MIN and i64::MAX where an end is open.
    pub range: Range<i64>,
    pub tenant: Option<TenantId>,
    pub actor: Actor,
    /// Events without an actor are of no use.
    pub needs_actors: bool,
    /// The order of events of one time matters.
    pub needs_arrivals: bool,
    pub needs_rates: bool,
    pub labels: Labels,
    /// The conditions that [`Class::conditions`] name by place.
    pub conditions: Vec<Condition>,
    /// A payload key of which each event's value is wanted, the touched key; or several.
    pub touches: Option<Keys>,
    /// Another such key, by whose values the events are grouped.
    pub groups_by: Option<Keys>,
    /// Payload keys whose values an event must all have; which values these are is wanted as one number.
    pub matches: Vec<KeyPath>,
    /// Values of the touched key that are numbers may be handed as such, see [`IS_DECIMAL`].
    pub takes_decimals: bool,
    /// Events without a value of the touched key are of no use.
    pub needs_value: bool,
    /// It is wanted what the events are about, see [`OfSubjects`].
    pub subjects: Option<OfSubjects>,
    /// The payload key whose value says what an event is about, by the id that as_id() makes of it; None: its
    /// subject_id does.
    pub object_key: Option<KeyPath>,
}

/// The default asks for every event of all time and wants nothing of it: a question changes what it names.
impl Default for Question {
    fn default() -> Question {
        Question {
            range: i64::MIN..i64::MAX,
            tenant: None,
            actor: Actor::User,
            needs_actors: false,
            needs_arrivals: false,
            needs_rates: false,
            labels: Labels::Names { names: None, conditions: Vec::new() },
            conditions: Vec::new(),
            touches: None,
            groups_by: None,
            matches: Vec::new(),
            takes_decimals: false,
            needs_value: false,
            subjects: None,
            object_key: None,
        }
    }
}

/// Says for which classes a question wants to know what events are about, beside who had them: then events without an
/// actor are of use in any case. The bits are those of classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfSubjects {
    /// The classes of which an event without a subject is of no use; of the others the subject need not be known.
    pub needed: u64,
    /// The classes of which the value of the touched key is wanted; of the others it need not be known.
    pub touched: u64,
    /// The classes of which the value of the key that groups is wanted; of the others it need not be known.
    pub grouped: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Actor {
    #[default]
    User,
    Session,
    Subject,
    Tenant,
}

/// The meaning of an event's label.
#[derive(Debug, Clone)]
pub enum Labels {
    /// Bit n says that the event is of class n, of at most 64. Events of no class are left out, or kept with the label
    /// 0.
    Classes { classes: Vec<Class>, keeps_others: bool },
    /// The label is the number of the event's name, in order of appearance: see Source::names(). Only events of these
    /// names are read; None: of all.
    Names { names: Option<Vec<String>>, conditions: Vec<usize> },
}

#[derive(Debug, Clone)]
pub struct Class {
    /// The names of its events; None: every name.
    pub names: Option<Vec<String>>,
    /// The conditions that must all hold: places in [`Question::conditions`].
    pub conditions: Vec<usize>,
}

/// A condition on an event: its payload contains an object and meets a path, and its user is in cohorts, or not.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The object that the payload must contain, as jsonb without varlena header: keys of the payload itself.
    pub container: Vec<u8>,
    /// The values that must be contained at paths.
    pub contained_at: Vec<ContainedAt>,
    /// A jsonpath that must be true of the payload.
    pub path: Option<String>,
    /// The same as all three, key by key, for promoted properties. None where the object holds an object or a list.
    pub tests: Option<Vec<(KeyPath, Vec<ValueTest>)>>,
    /// The tests of the user, each of which must hold.
    pub cohorts: Vec<CohortTest>,
}

/// A condition that the value at a path contains another; the payload then contains that value with the path's objects
/// around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainedAt {
    pub key: KeyPath,
    /// The value in an object under a key that is spelt like the path, without varlena header.
    pub as_key: Vec<u8>,
    /// The value within the objects of the path.
    pub as_path: Vec<u8>,
}

/// A condition that the user of an event is a member of a cohort, or is not. An event without a user is in no cohort.
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

impl Question {
    pub fn asks_cohorts(&self) -> bool {
        self.conditions.iter().any(|condition| !condition.cohorts.is_empty())
    }

    /// Asks without actors where they are tenants: each event tells its tenant anyway. Returns whether they were.
    pub fn forget_tenants(&mut self) -> bool {
        let is_by_tenant = self.actor == Actor::Tenant && self.needs_actors && self.subjects.is_none();
        self.needs_actors &= !is_by_tenant;
        is_by_tenant
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

    /// The bits of all classes of the question.
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

    /// Selects what is asked of the events of a name.
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

/// The tests that decide on the label of an event of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tests {
    /// Whether any event of the name can be wanted.
    pub is_read: bool,
    pub keeps_others: bool,
    /// The bit of each class, and the conditions that must all hold for it.
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
