//! Marks who was active in which bucket, class by class: a reader for every KPI that asks for distinct actors. Nothing
//! here knows the order of events.

use crate::error::Error;
use crate::memory::Memory;
use crate::readers::activity::{Activity, MOST_ACTORS, sets};
use crate::source::question::{LabelsOf, Piece, Reader};

/// What is known of a band once all of its events were read.
pub struct MarkedBand<'a> {
    pub tenant: [u8; 16],
    pub band: i32,
    /// By class, then bucket.
    pub activities: &'a [Activity],
    /// Who had an event of class 0 before the first bucket.
    pub before: &'a [u64],
}

impl MarkedBand<'_> {
    /// The number of an actor within its tenant.
    pub fn number(&self, place: u16) -> u32 {
        self.band.max(0) as u32 * MOST_ACTORS as u32 + u32::from(place)
    }
}

/// Calls `done` with each band.
pub struct Marking<F> {
    /// Starts of the buckets, and the end of the last.
    edges: Vec<i64>,
    activities: Vec<Activity>,
    before: Vec<u64>,
    keeps_before: bool,
    at: ([u8; 16], i32),
    done: F,
}

impl<F: FnMut(&MarkedBand<'_>) -> Result<(), Error>> Marking<F> {
    /// `keeps_before`: what precedes the first bucket matters. Error: 53200 where so many buckets do not fit.
    pub fn new(edges: Vec<i64>, classes: usize, keeps_before: bool, memory: &Memory, done: F) -> Result<Self, Error> {
        let buckets = edges.len().saturating_sub(1);
        memory.check(classes * Activity::would_take(buckets, MOST_ACTORS))?;
        let activities = (0..classes).map(|_| Activity::new(buckets)).collect();
        Ok(Marking { edges, activities, before: Vec::new(), keeps_before, at: ([0; 16], 0), done })
    }

    /// The bucket of a time: 0 for before the first one, 1 for the first, one more than there are for after the last.
    fn place_of(&self, time: i64) -> usize {
        self.edges.partition_point(|edge| *edge <= time)
    }

    /// These actors have an event with this label in this place.
    fn mark(&mut self, place: usize, label: u64, actors: &[u16]) {
        if place == 0 {
            if self.keeps_before && label & 1 != 0 {
                for actor in actors {
                    self.before[usize::from(actor >> 6)] |= 1 << (actor & 63);
                }
            }
        } else if place < self.edges.len() {
            for (class, activity) in self.activities.iter_mut().enumerate() {
                if label & 1 << class != 0 {
                    activity.mark(place - 1, actors);
                }
            }
        }
    }
}

impl<F: FnMut(&MarkedBand<'_>) -> Result<(), Error>> Reader<Error> for Marking<F> {
    fn needs_times(&self, first: i64, last: i64) -> bool {
        self.place_of(first) != self.place_of(last)
    }

    fn begin_band(&mut self, tenant: [u8; 16], band: i32, actors: usize) -> Result<(), Error> {
        self.at = (tenant, band);
        self.activities.iter_mut().for_each(|activity| activity.begin_band(actors));
        self.before.clear();
        self.before.resize(actors.div_ceil(64), 0);
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        let (first, last) = (self.place_of(piece.first), self.place_of(piece.last));
        match piece.labels {
            LabelsOf::Same(label) if first == last => self.mark(first, label, piece.actors),
            labels => {
                for (actor, events) in piece.runs() {
                    if let LabelsOf::Same(label) = labels
                        && let [earliest, .., latest] = &piece.times[events.clone()]
                        && let place = self.place_of(*earliest)
                        && self.is_in(place, *latest)
                    {
                        self.mark(place, label, &[actor]);
                        continue;
                    }
                    let mut marked = None;
                    for event in events {
                        let place = match (piece.times.get(event), marked) {
                            (None, _) => first,
                            (Some(time), Some((place, _))) if self.is_in(place, *time) => place,
                            (Some(time), _) => self.place_of(*time),
                        };
                        let label = labels.of(event);
                        if marked != Some((place, label)) {
                            self.mark(place, label, &[actor]);
                            marked = Some((place, label));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn end_band(&mut self) -> Result<(), Error> {
        let (tenant, band) = self.at;
        (self.done)(&MarkedBand { tenant, band, activities: &self.activities, before: &self.before })
    }
}

impl<F> Marking<F> {
    fn is_in(&self, place: usize, time: i64) -> bool {
        let since = place.checked_sub(1).map_or(i64::MIN, |before| self.edges[before]);
        let until = self.edges.get(place).copied().unwrap_or(i64::MAX);
        since <= time && time < until
    }
}

/// The actors of a set of a band, as numbers within the tenant.
pub fn numbers_of(band: &MarkedBand<'_>, set: &[u64]) -> Vec<u32> {
    sets::users(set).map(|place| band.number(place)).collect()
}
