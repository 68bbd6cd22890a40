//! Pure: the classes of events that are read at once. A label has a bit for each, and there are as many conditions at most.

use super::asked::{Events, Numbers};
use crate::ids::TenantId;
use crate::source::question::{Class, Condition, Labels, Question};
use std::ops::Range;

/// A label has so many bits.
const MOST: usize = u64::BITS as usize;

/// Whose events are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    All,
    One(TenantId),
    /// Those of all tenants, each of which has numbers of its own.
    Each,
}

/// Classes of events that are asked for in one question, each once.
pub struct Batch {
    pub whose: Whose,
    classes: Vec<Events>,
    conditions: Vec<Condition>,
}

impl Batch {
    pub fn new(whose: Whose) -> Batch {
        Batch { whose, classes: Vec::new(), conditions: Vec::new() }
    }

    /// Tells whether the events of a row of a KPI have room in this batch. What the timeline cannot test is by itself:
    /// it would have everything read from the rows.
    pub fn takes(&self, whose: Whose, numbers: &Numbers) -> bool {
        let sides = [&numbers.numerator, &numbers.denominator];
        let classes = sides.iter().filter(|events| !self.classes.contains(events)).count();
        let conditions = || sides.iter().flat_map(|events| &events.conditions);
        let added = conditions().filter(|condition| !self.conditions.contains(condition)).count();
        let is_nested = |condition: &Condition| condition.tests.is_none();
        self.whose == whose
            && self.conditions.iter().any(is_nested) == conditions().any(is_nested)
            && self.classes.len() + classes <= MOST
            && self.conditions.len() + added <= MOST
    }

    pub fn add(&mut self, numbers: &Numbers) {
        for events in [&numbers.numerator, &numbers.denominator] {
            for condition in &events.conditions {
                if !self.conditions.contains(condition) {
                    self.conditions.push(condition.clone());
                }
            }
            if !self.classes.contains(events) {
                self.classes.push(events.clone());
            }
        }
    }

    /// Gives the class of events that were added.
    pub fn class_of(&self, events: &Events) -> usize {
        self.classes.iter().position(|known| known == events).unwrap_or_default()
    }

    /// Asks for all classes within a range of time.
    pub fn question(&self, range: Range<i64>) -> Question {
        let place = |condition: &Condition| self.conditions.iter().position(|known| known == condition);
        let class = |events: &Events| Class {
            names: events.names.clone(),
            conditions: events.conditions.iter().filter_map(place).collect(),
        };
        Question {
            range,
            tenant: if let Whose::One(tenant) = self.whose { Some(tenant) } else { None },
            needs_rates: true,
            labels: Labels::Classes { classes: self.classes.iter().map(class).collect(), keeps_others: false },
            conditions: self.conditions.clone(),
            ..Question::default()
        }
    }
}
