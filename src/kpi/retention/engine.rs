//! Pure: finds who came back, by cohort. n(c, k) is the number of actors of cohort c that returned in k; n(c, 0) is the
//! size of the cohort, whatever returned.
//!
//! Cohorts are calendar periods of the range, numbered 0..periods by the caller. k is a distance from the start, in
//! calendar periods or in rolling windows of a fixed width, or the number of a bracket of such distances. A return at
//! distance 0 is never asked for: that the start event is itself a return event changes nothing in its own cohort.
//!
//! This engine reads one actor after the other. What sets of actors can answer is read by `matrix`, into the same
//! counts.

use std::ops::Range;

/// The retention to look for. `min_occurrences` and the widths of brackets are at least 1, `rolling` at least a
/// microsecond; the caller refuses less, the engine reads less as 1.
#[derive(Clone, Debug)]
pub struct Definition {
    pub kind: Kind,
    pub mode: Mode,
    /// The width of a rolling window in microseconds: k = floor((t - t0) / width), t0 being the actor's first start
    /// event in the cohort's period. None stands for calendar periods.
    pub rolling: Option<i64>,
    /// How many calendar periods the range has.
    pub periods: usize,
    /// How many return events one period (one rolling window, one bracket) must have.
    pub min_occurrences: u32,
}

impl Definition {
    /// Tells whether sets of actors per period can answer it: neither times nor numbers of events matter, nor which of
    /// an actor's events came first in a period. What else is asked needs [`CohortCounts::add`]. (Where the start has
    /// no filter, `FirstEver` is `FirstTime`: the caller may ask for that instead.)
    pub fn fits_matrix(&self) -> bool {
        self.kind != Kind::FirstEver && self.rolling.is_none() && self.min_occurrences <= 1
    }

    /// Tells whether the order of events of one time matters, because it decides which of them was the first ever.
    pub fn needs_arrivals(&self) -> bool {
        self.kind == Kind::FirstEver
    }
}

/// Which cohorts an actor is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The actor is in the cohort of every period with a start event.
    Recurring,
    /// The actor is in the cohort of its first start event over all history; in none where that is before the range.
    FirstTime,
    /// The actor is in the cohort of its first event of the start's name over all history; in none where that is before
    /// the range or is not itself a start event.
    FirstEver,
}

/// Which returns count for k.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Returns at distance k count.
    On,
    /// Returns at distance k or more, inside the range, count.
    OnOrAfter,
    /// Returns in bracket k count. The list has the widths of brackets 1, 2, ..., of which the first begins at distance
    /// 1: widths 1, 2, 4 are the distances 1, 2-3, 4-7.
    Brackets(Vec<u32>),
}

/// One event of one actor.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// The time in microseconds, which is read for rolling windows only.
    pub time: i64,
    /// The number of the calendar period. It is negative before the range; `periods` or more after it. Outside the
    /// range only what precedes the first start event matters.
    pub period: i32,
    pub start: Start,
    /// Whether the event has a return's name and passes its filter.
    pub is_return: bool,
}

/// Whether an event is a start event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    No,
    /// The event has the start's name and does not pass its filter. This matters to `FirstEver` only, and may be `No`
    /// elsewhere.
    NameOnly,
    Yes,
}

/// One number n(cohort, k), with the size of the cohort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    pub cohort: usize,
    pub cohort_size: i64,
    pub k: usize,
    pub actors: i64,
}

/// The counts of actors in all cells.
#[derive(Clone, Debug)]
pub struct CohortCounts {
    retention: Retention,
    /// The number of actors by cohort and k.
    actors: Vec<Vec<i64>>,
}

impl CohortCounts {
    /// Makes empty counts. It allocates 8 bytes per cell: the caller refuses first what has too many, see
    /// [`Retention::cells`].
    pub fn new(definition: Definition) -> Self {
        let retention = Retention::new(definition);
        let actors = (0..retention.definition.periods).map(|cohort| vec![0; retention.columns(cohort)]).collect();
        Self { retention, actors }
    }

    /// Makes counts of the numbers of actors by cohort and k. What has no cell is left out.
    pub fn of(definition: Definition, mut actors: Vec<Vec<i64>>) -> Self {
        let retention = Retention::new(definition);
        actors.resize(retention.definition.periods, Vec::new());
        actors.iter_mut().enumerate().for_each(|(cohort, row)| row.resize(retention.columns(cohort), 0));
        Self { retention, actors }
    }

    /// Gives the numbers of actors by cohort and k.
    pub fn into_actors(self) -> Vec<Vec<i64>> {
        self.actors
    }

    /// Counts one actor, whose events are sorted by (time, arrival). Each actor is added once.
    #[cfg(test)]
    pub fn add(&mut self, events: &[Event]) {
        let Self { retention, actors } = self;
        let Ok(()) = retention.visit(events, |cohort, k| {
            actors[cohort][k] += 1;
            Ok::<(), std::convert::Infallible>(())
        });
    }

    /// Gives what to look for, and the counts by cohort and k, to code that counts many actors at once.
    pub(super) fn parts(&mut self) -> (&Retention, &mut [Vec<i64>]) {
        (&self.retention, &mut self.actors)
    }

    /// Adds the counts of other actors under the same definition.
    #[cfg(test)]
    pub fn merge(&mut self, other: &Self) {
        for (row, others) in self.actors.iter_mut().zip(&other.actors) {
            row.iter_mut().zip(others).for_each(|(actors, others)| *actors += others);
        }
    }

    /// Gives every cell by cohort and k, those of empty cohorts included.
    pub fn cells(&self) -> impl Iterator<Item = Cell> + '_ {
        self.actors.iter().enumerate().flat_map(|(cohort, row)| {
            let cohort_size = row.first().copied().unwrap_or(0);
            row.iter().enumerate().map(move |(k, &actors)| Cell { cohort, cohort_size, k, actors })
        })
    }

    pub fn retention(&self) -> &Retention {
        &self.retention
    }
}

/// A definition made ready to look at one actor after the other; keeps its buffers between them.
#[derive(Clone, Debug)]
pub struct Retention {
    definition: Definition,
    /// The first distance beyond each bracket; bracket 0 is the distance 0. It is empty where there are no brackets.
    bracket_ends: Vec<usize>,
    starts: Vec<(usize, i64)>,
    returns: Vec<Returns>,
}

/// The return events of one period; for rolling windows, one event.
#[derive(Clone, Copy, Debug)]
struct Returns {
    time: i64,
    period: usize,
    count: u32,
}

impl Retention {
    pub fn new(definition: Definition) -> Self {
        let bracket_ends = match &definition.mode {
            Mode::On | Mode::OnOrAfter => Vec::new(),
            Mode::Brackets(widths) => std::iter::once(1)
                .chain(widths.iter().scan(1usize, |end, &width| {
                    *end = end.saturating_add(width.max(1) as usize);
                    Some(*end)
                }))
                .collect(),
        };
        Self { definition, bracket_ends, starts: Vec::new(), returns: Vec::new() }
    }

    /// Tells how many k a cohort has, 0 among them: as many as there are periods from its own to the last, or the
    /// brackets that begin by then. Rolling windows have as many as calendar periods.
    pub fn columns(&self, cohort: usize) -> usize {
        let distances = self.definition.periods.saturating_sub(cohort);
        match self.definition.mode {
            Mode::On | Mode::OnOrAfter => distances,
            Mode::Brackets(_) if distances == 0 => 0,
            Mode::Brackets(_) => {
                (1 + self.bracket_ends.partition_point(|&end| end < distances)).min(self.bracket_ends.len())
            }
        }
    }

    /// Tells how many cells there are in all.
    pub fn cells(&self) -> usize {
        (0..self.definition.periods).fold(0, |cells: usize, cohort| cells.saturating_add(self.columns(cohort)))
    }

    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// Gives the distances that bracket k, at least 1, stands for.
    pub(super) fn bracket(&self, k: usize) -> Range<usize> {
        self.bracket_ends[k - 1]..self.bracket_ends[k]
    }

    /// Calls the visitor for each (cohort, k) that the actor is in, once each, k ascending within a cohort. This is
    /// what [`CohortCounts::add`] counts and what a list of the actors of (cohort, k) selects by. The events are sorted by
    /// (time, arrival); without events, or without a start, nothing is visited.
    pub fn visit<E>(
        &mut self,
        events: &[Event],
        mut visitor: impl FnMut(usize, usize) -> Result<(), E>,
    ) -> Result<(), E> {
        self.read_starts(events);
        if self.starts.is_empty() {
            return Ok(());
        }
        self.read_returns(events);
        for &(cohort, start_time) in &self.starts {
            let columns = self.columns(cohort);
            visitor(cohort, 0)?;
            let mut last = 0;
            self.visit_returns(cohort, start_time, |k| {
                match self.definition.mode {
                    Mode::OnOrAfter => last = k,
                    Mode::On | Mode::Brackets(_) if k < columns => visitor(cohort, k)?,
                    Mode::On | Mode::Brackets(_) => {}
                }
                Ok(())
            })?;
            // Windows shorter than the calendar's periods leave room for a return beyond the last column.
            (1..=last.min(columns - 1)).try_for_each(|k| visitor(cohort, k))?;
        }
        Ok(())
    }

    /// Calls the visitor for each k > 0 with enough returns, ascending.
    fn visit_returns<E>(
        &self,
        cohort: usize,
        start_time: i64,
        mut visitor: impl FnMut(usize) -> Result<(), E>,
    ) -> Result<(), E> {
        let enough = self.definition.min_occurrences.max(1);
        let after = match self.definition.rolling {
            Some(_) => self.returns.partition_point(|returns| returns.time < start_time),
            None => self.returns.partition_point(|returns| returns.period <= cohort),
        };
        let (mut current, mut found) = (0, 0u32);
        for returns in &self.returns[after..] {
            let distance = match self.definition.rolling {
                Some(width) => (returns.time.saturating_sub(start_time).max(0) / width.max(1)) as usize,
                None => returns.period.saturating_sub(cohort),
            };
            let Some(k) = self.k_of(distance) else { break };
            if k != current {
                (current, found) = (k, 0);
            }
            let before = found;
            found = found.saturating_add(returns.count);
            if k > 0 && before < enough && found >= enough {
                visitor(k)?;
            }
        }
        Ok(())
    }

    /// Gives the k of a distance; None where it lies beyond the last bracket.
    fn k_of(&self, distance: usize) -> Option<usize> {
        match self.definition.mode {
            Mode::On | Mode::OnOrAfter => Some(distance),
            Mode::Brackets(_) => Some(self.bracket_ends.partition_point(|&end| end <= distance))
                .filter(|&bracket| bracket < self.bracket_ends.len()),
        }
    }

    /// Reads the actor's cohorts and, in each, the time of the first start event.
    fn read_starts(&mut self, events: &[Event]) {
        self.starts.clear();
        let periods = self.definition.periods;
        let start_of = |event: &Event| period_in_range(event, periods).map(|period| (period, event.time));
        match self.definition.kind {
            Kind::Recurring => {
                let starts = events.iter().filter(|event| event.start == Start::Yes);
                self.starts.extend(starts.filter_map(start_of));
                self.starts.dedup_by_key(|(period, _)| *period);
            }
            Kind::FirstTime => {
                let first = events.iter().find(|event| event.start == Start::Yes);
                self.starts.extend(first.and_then(start_of));
            }
            Kind::FirstEver => {
                let first = events.iter().find(|event| event.start != Start::No);
                self.starts.extend(first.filter(|event| event.start == Start::Yes).and_then(start_of));
            }
        }
    }

    /// Reads the return events inside the range; by period, where the calendar decides.
    fn read_returns(&mut self, events: &[Event]) {
        self.returns.clear();
        let (periods, by_period) = (self.definition.periods, self.definition.rolling.is_none());
        for event in events.iter().filter(|event| event.is_return) {
            let Some(period) = period_in_range(event, periods) else { continue };
            match self.returns.last_mut() {
                Some(last) if by_period && last.period == period => last.count = last.count.saturating_add(1),
                _ => self.returns.push(Returns { time: event.time, period, count: 1 }),
            }
        }
    }

    /// Tells whether (cohort, k) was seen whole: its cohort's period lies in `seen`, which is [since, until or now,
    /// whichever is earlier), and so does what k stands for, for every actor of the cohort. `bounds` are the starts of
    /// the periods and the end of the last; false for a cell beyond them. With k = 0 the cohort's period is enough.
    /// With `OnOrAfter` it is the period at distance k that is over: later periods of a longer range may still add to
    /// it. A rolling window is over for the actor that started last; that of the last k never is.
    pub fn is_over(&self, bounds: &[i64], cohort: usize, k: usize, seen: &Range<i64>) -> bool {
        let (Some(&begin), Some(&next)) = (bounds.get(cohort), bounds.get(cohort.saturating_add(1))) else {
            return false;
        };
        if begin < seen.start || next > seen.end || k >= self.columns(cohort) {
            return false;
        }
        let distances = match self.definition.mode {
            _ if k == 0 => return true,
            Mode::On | Mode::OnOrAfter => k + 1,
            Mode::Brackets(_) => self.bracket_ends[k],
        };
        let end = match self.definition.rolling {
            Some(width) => {
                let distances = i64::try_from(distances).unwrap_or(i64::MAX);
                Some(next.saturating_add(width.max(1).saturating_mul(distances)))
            }
            None => bounds.get(cohort.saturating_add(distances)).copied(),
        };
        end.is_some_and(|end| end <= seen.end)
    }

    /// Tells whether what (cohort, k) stands for has begun by `now`, for an actor of the cohort: before that nobody can
    /// be in it.
    pub fn has_begun(&self, bounds: &[i64], cohort: usize, k: usize, now: i64) -> bool {
        let distances = match self.definition.mode {
            _ if k == 0 => 0,
            Mode::On | Mode::OnOrAfter => k,
            Mode::Brackets(_) => self.bracket(k).start,
        };
        let begin = match (self.definition.rolling, bounds.get(cohort)) {
            (_, None) => return false,
            (Some(width), Some(begin)) => {
                let distances = i64::try_from(distances).unwrap_or(i64::MAX);
                begin.saturating_add(width.max(1).saturating_mul(distances))
            }
            (None, Some(_)) => bounds.get(cohort.saturating_add(distances)).copied().unwrap_or(i64::MAX),
        };
        begin <= now
    }
}

/// Gives the period of an event; None where it is outside the range.
fn period_in_range(event: &Event, periods: usize) -> Option<usize> {
    usize::try_from(event.period).ok().filter(|&period| period < periods)
}

#[cfg(test)]
mod tests;
