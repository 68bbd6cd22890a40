//! Pure: the events of one time, and the runs of consecutive steps that they serve.

use super::{Definition, Event, MOST_STEPS, Outcome, Ties};

/// All events of one time; `first` is the index of the first of them.
#[derive(Clone, Copy)]
pub(super) struct Instant<'a> {
    pub first: usize,
    pub time: i64,
    pub events: &'a [Event],
}

impl<'a> Instant<'a> {
    /// Gives the instant of the event at `first`, which must be the first of its time; none beyond the last event.
    pub fn at(events: &'a [Event], first: usize) -> Option<Instant<'a>> {
        let time = events.get(first)?.time;
        let size = events[first..].iter().take_while(|event| event.time == time).count();
        Some(Instant { first, time, events: &events[first..first + size] })
    }

    pub fn next(&self) -> usize {
        self.first + self.events.len()
    }

    pub fn exclusions(&self) -> u32 {
        self.events.iter().fold(0, |bits, event| bits | event.exclusions)
    }
}

/// The runs of an instant: from which level to which level different events of it can take a chain. A run's every part
/// is a run too, so the furthest level says all.
#[derive(Default)]
pub(super) struct Runs {
    shape: Shape,
    /// A bit for each step that some event matches.
    steps: u32,
    /// The furthest level that can be reached from each level, for a mixed instant.
    furthest: [usize; MOST_STEPS],
    /// The first events that match each step, as many as there are steps, for a mixed instant. That is enough: a
    /// matching that uses a later one leaves one of these free.
    candidates: [[usize; MOST_STEPS]; MOST_STEPS],
    counts: [usize; MOST_STEPS],
    /// The event that serves each step.
    serving: [usize; MOST_STEPS],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Shape {
    /// There is one event, or ties are strict.
    #[default]
    Step,
    /// Each event matches one step at most: different steps have different events.
    Plain,
    /// Events compete for steps.
    Mixed,
}

impl Runs {
    /// Reads the events of an instant. It costs O(events), except for mixed instants.
    pub fn read(&mut self, definition: &Definition, instant: &Instant<'_>) {
        let bits = definition.step_bits();
        self.steps = instant.events.iter().fold(0, |steps, event| steps | event.steps) & bits;
        self.shape = if instant.events.len() == 1 || definition.ties == Ties::Strict {
            Shape::Step
        } else if instant.events.iter().all(|event| (event.steps & bits).count_ones() <= 1) {
            Shape::Plain
        } else {
            self.list_candidates(definition.steps, bits, instant);
            self.match_all(definition.steps);
            Shape::Mixed
        };
    }

    /// Gives the furthest level that a chain at `level` comes to; `level` itself where no event helps it.
    pub fn furthest(&self, level: usize) -> usize {
        if level >= MOST_STEPS {
            return level;
        }
        match self.shape {
            Shape::Step => level + (self.steps >> level & 1) as usize,
            Shape::Plain => level + (self.steps >> level).trailing_ones() as usize,
            Shape::Mixed => self.furthest[level].max(level),
        }
    }

    /// Takes `outcome` from its depth to `level`, which must not lie beyond [`Runs::furthest`] of it.
    pub fn take(&mut self, instant: &Instant<'_>, level: usize, outcome: &mut Outcome) {
        let from = outcome.depth;
        if self.shape == Shape::Mixed {
            (from..level).for_each(|step| {
                self.serve(from, step, step, &mut 0);
            });
        }
        for step in from..level {
            let event = match self.shape {
                Shape::Mixed => self.serving[step],
                _ => instant.events.iter().position(|event| event.steps >> step & 1 == 1).unwrap_or_default(),
            };
            outcome.reach(instant.first + event, instant.time);
        }
    }

    fn list_candidates(&mut self, steps: usize, bits: u32, instant: &Instant<'_>) {
        self.counts = [0; MOST_STEPS];
        for (index, event) in instant.events.iter().enumerate() {
            let mut pending = event.steps & bits;
            while pending != 0 {
                let step = pending.trailing_zeros() as usize;
                pending &= pending - 1;
                if self.counts[step] < steps {
                    self.candidates[step][self.counts[step]] = index;
                    self.counts[step] += 1;
                }
            }
        }
    }

    /// Matches events with steps from every level, in one sweep: the matching for a level, less its first step, is one
    /// to start with for the next level.
    fn match_all(&mut self, steps: usize) {
        let mut to = 0;
        for from in 0..steps {
            to = to.max(from);
            while to < steps && self.serve(from, to, to, &mut 0) {
                to += 1;
            }
            self.furthest[from] = to;
        }
    }

    /// Finds an event for `step` while `from..to` keep one each. It looks for an augmenting path, and tries each step
    /// at most once.
    fn serve(&mut self, from: usize, to: usize, step: usize, tried: &mut u32) -> bool {
        for candidate in 0..self.counts[step] {
            let event = self.candidates[step][candidate];
            if !self.serving[from..to].contains(&event) {
                self.serving[step] = event;
                return true;
            }
        }
        for candidate in 0..self.counts[step] {
            let event = self.candidates[step][candidate];
            let Some(owner) = (from..to).find(|owner| self.serving[*owner] == event) else { continue };
            if owner == step || *tried >> owner & 1 == 1 {
                continue;
            }
            *tried |= 1 << owner;
            if self.serve(from, to, owner, tried) {
                self.serving[step] = event;
                return true;
            }
        }
        false
    }
}
