//! Pure: the rules by which a delivery is retried, split or given up, and by which a receiver that is down is told from a
//! message that is poison.
//!
//! A receiver that is down fails whatever it is sent: the destination waits, and one message is spent before it counts as
//! down; from then on it is probed, and nothing more is spent. A poisonous message fails alone: a batch is halved until it is
//! found, and it alone becomes a dead letter.

#[cfg(test)]
mod tests;

/// The errors that a courier names where there was no status.
pub const ERRORS: [&str; 10] = [
    "connect",
    "tls",
    "timeout",
    "reset",
    "redirected",
    "blocked_address",
    "no_secret",
    "too_large",
    "rejected",
    "unsent",
];

/// `Retry-After` raises a wait to this many seconds at most.
const LONGEST_RETRY_AFTER: f64 = 6.0 * 3600.0;

/// What one attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    Success,
    /// It is about this message: the receiver is there, and refuses it.
    Refused,
    /// It may be about any message.
    Outage,
    /// The receiver says that it is gone for good.
    Gone,
    /// The courier did not try.
    Unsent,
}

impl Report {
    /// None: neither a status nor an error that is known, or both.
    pub fn of(status: Option<i32>, error: Option<&str>) -> Option<Report> {
        match (status, error) {
            (Some(200..=299), None) => Some(Report::Success),
            (Some(400 | 413 | 422), None) => Some(Report::Refused),
            (Some(410), None) => Some(Report::Gone),
            (Some(100..=599), None) => Some(Report::Outage),
            (None, Some("unsent")) => Some(Report::Unsent),
            (None, Some("too_large" | "rejected")) => Some(Report::Refused),
            (None, Some(error)) if ERRORS.contains(&error) => Some(Report::Outage),
            _ => None,
        }
    }
}

/// What is known when an attempt is judged.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// How many events were sent together.
    pub events: u32,
    /// Whether the destination takes batches, and refuses what it will never take.
    pub is_sink: bool,
    /// Whether others may go on while this one waits.
    pub is_keyed: bool,
    /// Whether the destination took something else since this was handed out.
    pub others_succeed: bool,
    pub is_down: bool,
    /// How many attempts failed before this one.
    pub failures: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Delivered,
    Retry,
    Split,
    Dead,
    Down,
    Released,
}

impl Outcome {
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Delivered => "delivered",
            Outcome::Retry => "retry",
            Outcome::Split => "split",
            Outcome::Dead => "dead",
            Outcome::Down => "down",
            Outcome::Released => "released",
        }
    }
}

/// Who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Destination,
    Message,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    pub outcome: Outcome,
    pub scope: Scope,
    /// In seconds.
    pub wait: f64,
    /// Whether the message is a dead letter from now on.
    pub is_dead: bool,
    pub goes_down: bool,
    /// Whether the receiver was there, which ends its being down.
    pub answers: bool,
    /// How many events make the first half of a batch that is split.
    pub first_half: Option<u32>,
}

impl Verdict {
    fn of(outcome: Outcome, scope: Scope) -> Verdict {
        Verdict { outcome, scope, wait: 0.0, is_dead: false, goes_down: false, answers: false, first_half: None }
    }
}

impl Case {
    /// Judges an attempt. `waits` is the schedule: as many retries as it has members, and its last one between two probes.
    pub fn judge(self, report: Report, waits: &[f64], retry_after: Option<f64>) -> Verdict {
        let raised = |wait: f64| wait.max(retry_after.unwrap_or(0.0).clamp(0.0, LONGEST_RETRY_AFTER));
        let between_probes = raised(waits.last().copied().unwrap_or(LONGEST_RETRY_AFTER));
        let next = waits.get(self.failures).copied().map(raised);
        match report {
            Report::Success => Verdict { answers: true, ..Verdict::of(Outcome::Delivered, Scope::Message) },
            Report::Unsent => Verdict::of(Outcome::Released, Scope::Message),
            Report::Gone => {
                Verdict { wait: between_probes, goes_down: true, ..Verdict::of(Outcome::Down, Scope::Destination) }
            }
            Report::Refused => Verdict { answers: true, ..self.refused(next) },
            Report::Outage if self.is_down => {
                Verdict { wait: between_probes, goes_down: true, ..Verdict::of(Outcome::Down, Scope::Destination) }
            }
            // The receiver takes others: this one is poison that does not say so.
            Report::Outage if self.is_keyed && self.others_succeed => match next {
                Some(wait) => Verdict { wait, ..Verdict::of(Outcome::Retry, Scope::Message) },
                None => Verdict { is_dead: true, ..Verdict::of(Outcome::Dead, Scope::Message) },
            },
            Report::Outage => match next {
                Some(wait) => Verdict { wait, ..Verdict::of(Outcome::Retry, Scope::Destination) },
                None => Verdict {
                    wait: between_probes,
                    is_dead: true,
                    goes_down: true,
                    ..Verdict::of(Outcome::Dead, Scope::Destination)
                },
            },
        }
    }

    fn refused(self, next: Option<f64>) -> Verdict {
        let dead = Verdict { is_dead: true, ..Verdict::of(Outcome::Dead, Scope::Message) };
        if self.events > 1 {
            return Verdict {
                first_half: Some(self.events.div_ceil(2)),
                ..Verdict::of(Outcome::Split, Scope::Message)
            };
        }
        match next {
            Some(wait) if !self.is_sink => {
                let scope = if self.is_keyed { Scope::Message } else { Scope::Destination };
                Verdict { wait, ..Verdict::of(Outcome::Retry, scope) }
            }
            _ => dead,
        }
    }
}
