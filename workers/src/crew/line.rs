//! The jobs of one kind that were made and not taken yet, in the order in which they were made.

use super::{Desk, Failure, Job, held, run};
use std::collections::VecDeque;
use std::sync::Mutex;

/// A line of jobs of some kind, as a thread sees it.
pub(super) trait Work: Send + Sync {
    /// Does the first job that nobody has begun. False where there is none.
    fn do_one(&self, desk: &mut Desk) -> bool;

    /// Tells whether the first job of all is done.
    fn is_first_done(&self) -> bool;
}

pub(super) struct Line<J>(Mutex<Entries<J>>);

struct Entries<J> {
    /// The number of the first entry.
    first: usize,
    entries: VecDeque<Entry<J>>,
}

enum Entry<J> {
    Waiting(J),
    Running,
    Done(J, Result<(), Failure>),
}

/// What becomes of the first job.
pub(super) enum Front<J> {
    Done(J, Result<(), Failure>),
    Pending,
    Empty,
}

impl<J> Default for Line<J> {
    fn default() -> Self {
        Line(Mutex::new(Entries { first: 0, entries: VecDeque::new() }))
    }
}

impl<J> Line<J> {
    pub fn push(&self, job: J) {
        held(&self.0).entries.push_back(Entry::Waiting(job));
    }

    pub fn len(&self) -> usize {
        held(&self.0).entries.len()
    }

    /// Gives the first job away, if it is done.
    pub fn front(&self) -> Front<J> {
        let mut line = held(&self.0);
        match line.entries.pop_front() {
            Some(Entry::Done(job, result)) => {
                line.first += 1;
                Front::Done(job, result)
            }
            Some(other) => {
                line.entries.push_front(other);
                Front::Pending
            }
            None => Front::Empty,
        }
    }

    /// Takes the first job that nobody has begun, with its number.
    fn begin(&self) -> Option<(usize, J)> {
        let mut line = held(&self.0);
        let place = line.entries.iter().position(|entry| matches!(entry, Entry::Waiting(_)))?;
        let number = line.first + place;
        match std::mem::replace(&mut line.entries[place], Entry::Running) {
            Entry::Waiting(job) => Some((number, job)),
            other => {
                line.entries[place] = other;
                None
            }
        }
    }
}

impl<J: Job> Work for Line<J> {
    fn do_one(&self, desk: &mut Desk) -> bool {
        let Some((number, mut job)) = self.begin() else { return false };
        let result = run(&mut job, desk);
        let mut line = held(&self.0);
        // What runs stays in the line, so its place is there.
        let place = number - line.first;
        line.entries[place] = Entry::Done(job, result);
        true
    }

    fn is_first_done(&self) -> bool {
        matches!(held(&self.0).entries.front(), Some(Entry::Done(..)))
    }
}
