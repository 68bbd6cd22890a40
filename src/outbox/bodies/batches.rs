//! Pure: puts events together to the bodies of requests, as many in each as its limits allow.

use super::writing::Form;
use crate::time::HOUR;

/// Room for what stands around the events of a batch, the courier's key included.
const AROUND: usize = 100;
/// What one reading holds in memory.
const MOST_BYTES: usize = 16 << 20;
/// PostHog treats what is older as history.
const HISTORY: i64 = 48 * HOUR;

#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub batches: usize,
    pub rows: usize,
    /// None: one batch, whatever it holds; its bounds were cut before.
    pub bytes: Option<usize>,
    /// A larger event is left out.
    pub largest: usize,
    /// With so many events no further batch is begun.
    pub events: Option<f64>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// None where it holds no event.
    pub body: Option<String>,
    pub events: usize,
    pub last_id: Option<i64>,
    /// What was left out up to last_id, or at all where there is no event.
    pub too_large: Vec<i64>,
}

/// Batches while they are made.
pub struct Batches {
    form: Form,
    limits: Limits,
    made_at: i64,
    done: Vec<Batch>,
    events: usize,
    bytes: usize,
    /// Of the batch that is being filled; without what stands around the events.
    body: String,
    open: Batch,
    is_history: bool,
    /// What was left out since the last event.
    skipped: Vec<i64>,
    is_full: bool,
}

impl Batches {
    pub fn new(form: Form, limits: Limits, made_at: i64) -> Batches {
        Batches {
            form,
            limits,
            made_at,
            done: Vec::new(),
            events: 0,
            bytes: 0,
            body: String::new(),
            open: Batch::default(),
            is_history: true,
            skipped: Vec::new(),
            is_full: false,
        }
    }

    /// Takes the next event. False: it was not taken, and no other will be.
    pub fn take(&mut self, id: i64, event_ts: i64, body: String) -> bool {
        if self.is_full {
            return false;
        }
        if body.len() > self.limits.largest {
            self.skipped.push(id);
            return true;
        }
        if let Some(bytes) = self.limits.bytes
            && self.open.events > 0
            && (self.open.events >= self.limits.rows || self.body.len() + 1 + body.len() + AROUND > bytes)
        {
            self.close();
            self.is_full = self.done.len() >= self.limits.batches
                || self.bytes >= MOST_BYTES
                || self.limits.events.is_some_and(|most| self.events as f64 >= most);
            if self.is_full {
                return false;
            }
        }
        if self.open.events > 0 {
            self.body.push(',');
        }
        self.body.push_str(&body);
        self.open.events += 1;
        self.open.last_id = Some(id);
        self.open.too_large.append(&mut self.skipped);
        self.is_history &= event_ts < self.made_at - HISTORY;
        true
    }

    fn close(&mut self) {
        let events = std::mem::take(&mut self.body);
        let body = match self.form {
            Form::PostHog => format!("{{\"historical_migration\":{},\"batch\":[{events}]}}", self.is_history),
            Form::Segment => format!("{{\"batch\":[{events}]}}"),
            Form::Webhook | Form::Thin => events,
        };
        self.events += self.open.events;
        self.bytes += body.len();
        self.is_history = true;
        self.done.push(Batch { body: Some(body), ..std::mem::take(&mut self.open) });
    }

    /// All batches; one without an event where there is none.
    pub fn end(mut self) -> Vec<Batch> {
        if self.open.events > 0 {
            self.close();
        }
        if self.done.is_empty() {
            self.done.push(Batch { too_large: self.skipped, ..Batch::default() });
        }
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits { batches: 3, rows: 2, bytes: Some(1000), largest: 800, events: None };

    fn ends(limits: Limits, lengths: &[usize]) -> Vec<(usize, Option<i64>, Vec<i64>)> {
        let mut batches = Batches::new(Form::Segment, limits, 0);
        for (place, length) in lengths.iter().enumerate() {
            batches.take(place as i64 + 1, 0, "x".repeat(*length));
        }
        batches.end().into_iter().map(|batch| (batch.events, batch.last_id, batch.too_large)).collect()
    }

    #[test]
    fn cut_by_rows_and_by_bytes() {
        assert_eq!(ends(LIMITS, &[1, 1, 1]), [(2, Some(2), vec![]), (1, Some(3), vec![])]);
        assert_eq!(ends(LIMITS, &[500, 500, 1]), [(1, Some(1), vec![]), (2, Some(3), vec![])]);
        assert_eq!(ends(LIMITS, &[1; 9]), [(2, Some(2), vec![]), (2, Some(4), vec![]), (2, Some(6), vec![])]);
    }

    #[test]
    fn what_is_too_large_is_told_with_the_events_behind_it() {
        assert_eq!(ends(LIMITS, &[1, 801, 1, 801]), [(2, Some(3), vec![2])]);
        assert_eq!(ends(LIMITS, &[801, 900]), [(0, None, vec![1, 2])]);
        assert_eq!(ends(LIMITS, &[]), [(0, None, vec![])]);
    }

    #[test]
    fn no_batch_is_begun_beyond_the_events_of_a_second() {
        assert_eq!(ends(Limits { events: Some(2.0), ..LIMITS }, &[1; 9]), [(2, Some(2), vec![])]);
    }

    #[test]
    fn history_is_what_is_old_as_a_whole() {
        let limits = Limits { bytes: None, ..LIMITS };
        let body = |times: &[i64]| {
            let mut batches = Batches::new(Form::PostHog, limits, HISTORY);
            times.iter().for_each(|time| assert!(batches.take(1, *time, "{}".into())));
            batches.end()[0].body.clone().unwrap_or_default()
        };
        assert_eq!(body(&[-1, -2]), r#"{"historical_migration":true,"batch":[{},{}]}"#);
        assert_eq!(body(&[-1, 0, -2]), r#"{"historical_migration":false,"batch":[{},{},{}]}"#);
    }

    proptest! {
        /// Whatever is taken is in one batch, in order, and none is larger than its limits.
        #[test]
        fn nothing_is_lost(lengths in proptest::collection::vec(1..900_usize, 0..60), rows in 1..7_usize, batches in 1..9_usize) {
            let limits = Limits { rows, batches, ..LIMITS };
            let mut made = Batches::new(Form::Webhook, limits, 0);
            let mut taken = Vec::new();
            for (place, length) in lengths.iter().enumerate() {
                if !made.take(place as i64, 0, "x".repeat(*length)) {
                    break;
                }
                taken.push(*length);
            }
            let made = made.end();
            prop_assert!(made.len() <= batches);
            let sendable: Vec<usize> = taken.iter().copied().filter(|length| *length <= 800).collect();
            let sent: Vec<usize> = made.iter().filter_map(|b| b.body.as_deref()).flat_map(|b| b.split(',')).map(str::len).collect();
            prop_assert_eq!(sent, sendable);
            for batch in made.iter().filter(|batch| batch.body.is_some()) {
                prop_assert!(batch.events <= rows);
                prop_assert!(batch.body.as_ref().is_some_and(|body| body.len() <= 1000 - AROUND));
            }
        }
    }
}
