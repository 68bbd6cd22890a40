//! A batch from its elements to its rows: each is read and admitted, ids are claimed for all at once, what is new is stored,
//! and the call is accounted for. log_events() and import_events() differ in what they do with what is not stored.

use super::{Outcome, claims, names};
use crate::error::Error;
use crate::jsonb::container::Item;
use crate::log::accounting::{Call, Tally};
use crate::log::admission::{Admission, Admitted, Intake, Refused};
use crate::log::events::{recall, warn, warn_of_stored};
use crate::log::idempotency::{self, Claim};
use crate::log::incoming::{self, Clock, Event, Names};
use crate::log::storing::EventRow;
use crate::log::{rejections, storing};
use crate::time::MINUTE;
use crate::violation::Violation;
use pgrx::check_for_interrupts;
use std::rc::Rc;

/// An imported event may lie so far ahead of the server's clock, because clocks differ.
const FUTURE_TOLERANCE: i64 = 5 * MINUTE;

/// So many events are stored at once: read and admitted they are still in the processor's cache when they are stored.
const STORED_AT_ONCE: usize = 256;

/// A call warns of so many events at most.
const MOST_WARNINGS: usize = 5;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Events that happen now. What cannot be stored is kept as a rejection, and the others are stored.
    Logged,
    /// Events that say when they happened. One that cannot be stored is an error, but for one in quarantine.
    Imported,
}

pub struct Batch<'a> {
    kind: Kind,
    intake: Intake,
    names: Rc<Names>,
    now: i64,
    /// What is not stored yet.
    admitted: Vec<(usize, Admitted<'a>)>,
    /// Whether what is admitted is stored while the batch is still read.
    stores_early: bool,
    outcome: Outcome,
    /// How many events were warned of.
    warned: usize,
    /// Events that the caller is told are new, though its user had logged them before.
    known_of_users: i32,
}

impl<'a> Batch<'a> {
    pub fn of(kind: Kind, intake: Intake, now: i64) -> Result<Batch<'a>, Error> {
        // What an ownership check of a client's event reads does not depend on the batch that the event is in.
        let stores_early = !intake.caller.is_client();
        Ok(Batch {
            kind,
            intake,
            names: names()?,
            now,
            admitted: Vec::new(),
            stores_early,
            outcome: Outcome::default(),
            warned: 0,
            known_of_users: 0,
        })
    }

    /// Takes every element through all phases. `source` is that of the events that name none.
    pub fn run(
        mut self,
        elements: impl ExactSizeIterator<Item = Item<'a>>,
        source: Option<&'a str>,
        call: &Call<'_>,
    ) -> Result<Outcome, Error> {
        let count = elements.len();
        self.outcome.tally.events = count as i32;
        self.admitted.reserve(count.min(STORED_AT_ONCE));
        for (index, element) in elements.enumerate() {
            check_for_interrupts!();
            // The server's clock; a microsecond apart, so that the order within the batch is kept.
            let apart = if self.kind == Kind::Logged { count - 1 - index } else { 0 };
            self.admit(index, element, self.now - apart as i64, source)?;
            if self.stores_early && self.admitted.len() >= STORED_AT_ONCE {
                self.store()?;
            }
        }
        self.store()?;
        // What the caller is told is new though a user's is counted as it is.
        let Tally { accepted, duplicates, .. } = self.outcome.tally;
        let (accepted, duplicates) = (accepted - self.known_of_users, duplicates + self.known_of_users);
        call.end_batch(&self.intake, Tally { accepted, duplicates, ..self.outcome.tally })?;
        Ok(self.outcome)
    }

    /// Stores what is admitted and not stored yet.
    fn store(&mut self) -> Result<(), Error> {
        let rows = self.settle()?;
        storing::insert_events(&rows)
    }

    fn admit(&mut self, index: usize, element: Item<'a>, event_ts: i64, source: Option<&'a str>) -> Result<(), Error> {
        let clock = match self.kind {
            Kind::Logged => Clock::Server,
            Kind::Imported => Clock::Element { until: self.now + FUTURE_TOLERANCE },
        };
        let event = match incoming::read(element, &self.names, clock, event_ts) {
            Ok(event) => Event { source: event.source.or(source), ..event },
            Err(violation) => {
                self.go_on_after(index, &violation)?;
                let Intake { caller, redactions, .. } = &mut self.intake;
                rejections::keep_unreadable(element, &self.names, &violation, event_ts, caller, redactions)?;
                self.reject(index, &violation);
                return Ok(());
            }
        };
        match self.intake.admit(event)? {
            Admission::Admitted(event) => {
                // Ids are claimed together, in an order of their own: from here on all is stored at the end.
                self.stores_early &= event.event.event_id.is_none();
                self.admitted.push((index, event));
            }
            Admission::SampledOut => {
                self.outcome.tally.accepted += 1;
                self.outcome.tally.sampled_out += 1;
            }
            Admission::Refused(refused) => self.refuse(index, &refused)?,
        }
        Ok(())
    }

    fn refuse(&mut self, index: usize, refused: &Refused<'_>) -> Result<(), Error> {
        if self.kind == Kind::Logged && recall(refused, &self.intake.caller)?.is_some() {
            self.outcome.tally.duplicates += 1;
            return Ok(());
        }
        if !refused.is_quarantined {
            self.go_on_after(index, &refused.violation)?;
        }
        rejections::keep(refused, &self.intake.caller)?;
        if self.kind == Kind::Imported {
            warn(
                &refused.violation,
                "The event was not imported but kept in telemetry.rejections: its enforcement is \"quarantine\".",
            );
        }
        self.reject(index, &refused.violation);
        Ok(())
    }

    /// An event that cannot be stored is kept, and the call goes on; an import ends with it. Error: that of the violation.
    fn go_on_after(&self, index: usize, violation: &Violation) -> Result<(), Error> {
        match self.kind {
            Kind::Logged => Ok(()),
            Kind::Imported => Err(Error::Violation { violation: violation.clone(), element: Some(index + 1) }),
        }
    }

    fn reject(&mut self, index: usize, violation: &Violation) {
        self.outcome.tally.rejected += 1;
        self.outcome.reasons.add(violation, index);
    }

    /// Claims the ids of what was admitted; returns the rows to store.
    fn settle(&mut self) -> Result<Vec<EventRow<'a>>, Error> {
        let room = self.admitted.len();
        let admitted = std::mem::replace(&mut self.admitted, Vec::with_capacity(room));
        let claims = claims::claim(&admitted, &self.intake.caller, self.kind == Kind::Imported)?;
        let mut rows = Vec::with_capacity(admitted.len());
        for ((index, event), claim) in admitted.into_iter().zip(claims) {
            match claim {
                Claim::Duplicate => self.outcome.tally.duplicates += 1,
                Claim::OfAUser if self.kind == Kind::Imported => self.outcome.tally.duplicates += 1,
                Claim::OfAUser => {
                    self.warn_of(index, &event);
                    self.outcome.tally.accepted += 1;
                    self.known_of_users += 1;
                }
                Claim::New => {
                    self.warn_of(index, &event);
                    self.outcome.tally.accepted += 1;
                    event.count_new()?;
                    rows.push(event.row);
                }
                Claim::Conflict => {
                    let refused = event.refused(idempotency::conflict(event.row.event_name));
                    self.go_on_after(index, &refused.violation)?;
                    rejections::keep(&refused, &self.intake.caller)?;
                    self.reject(index, &refused.violation);
                }
            }
        }
        Ok(rows)
    }

    fn warn_of(&mut self, index: usize, event: &Admitted<'_>) {
        if let Some(violation) = &event.warning {
            self.warned += 1;
            if self.warned <= MOST_WARNINGS {
                warn_of_stored(violation);
            }
            self.outcome.warnings.add(violation, index);
        }
    }
}
