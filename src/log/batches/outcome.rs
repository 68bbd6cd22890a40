//! Pure: what a batch says of its rejected events, in a small answer.

use crate::violation::Violation;
use serde_json::{Value, json};

/// An answer has at most so many distinct reasons.
const MOST: usize = 5;

/// The first distinct reasons of a batch, each with its first element and how often it came.
#[derive(Default)]
pub struct Reasons {
    seen: Vec<Seen>,
}

struct Seen {
    reason: &'static str,
    message: String,
    hint: String,
    element: usize,
    count: u32,
}

impl Reasons {
    /// Returns one reason for all of a batch.
    pub fn of_all(violation: &Violation, count: usize) -> Reasons {
        let mut reasons = Reasons::default();
        reasons.add(violation, 0);
        reasons.seen.iter_mut().for_each(|seen| seen.count = count as u32);
        reasons
    }

    /// `index` is the element's place in the batch, counted from 0.
    pub fn add(&mut self, violation: &Violation, index: usize) {
        let reason = violation.reason.label();
        if let Some(seen) = self.seen.iter_mut().find(|seen| seen.reason == reason && seen.message == violation.message)
        {
            seen.count += 1;
        } else if self.seen.len() < MOST {
            let (message, hint) = (violation.message.clone(), violation.hint());
            self.seen.push(Seen { reason, message, hint, element: index + 1, count: 1 });
        }
    }

    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// Returns [{"reason", "message", "hint", "element", "count"}], with elements counted from 1.
    pub fn sample(&self) -> Value {
        let entry = |seen: &Seen| {
            json!({"reason": seen.reason, "message": seen.message, "hint": seen.hint, "element": seen.element,
                   "count": seen.count})
        };
        Value::Array(self.seen.iter().map(entry).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::violation::Reason;

    #[test]
    fn the_same_reason_is_said_once_and_five_at_most() {
        let mut reasons = Reasons::default();
        for index in 0..20 {
            reasons.add(&Violation::new(Reason::MissingKey, format!("key {}", index % 7)), index);
        }
        let sample = reasons.sample();
        let counts: Vec<_> = sample.as_array().expect("an array").iter().map(|entry| entry["count"].clone()).collect();
        assert_eq!(counts, [3, 3, 3, 3, 3]);
        assert_eq!(sample[1]["element"], 2);
    }

    #[test]
    fn no_rejection_no_reason() {
        assert_eq!(Reasons::default().sample(), json!([]));
    }
}
