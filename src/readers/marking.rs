//! Marks who was active in which bucket, class by class: a reader for every KPI that asks for distinct actors. Nothing
//! here knows the order of events.

pub mod by_group;

use crate::calendar::Edges;
use crate::error::Error;
use crate::ids::{ActorNumber, Band, BandOf, TenantId};
use crate::memory::Memory;
use crate::readers::activity::{Activity, MOST_ACTORS, sets};
use crate::readers::breakdown::Groups;
use crate::source::question::{LabelsOf, Piece, Reader};

/// The activities of a band, once all of its events were read.
pub struct MarkedBand<'a> {
    pub tenant: TenantId,
    pub band: Band,
    /// The activity of each class, by bucket; with a breakdown the classes of each group side by side.
    pub activities: &'a [Activity],
    /// The actors that had an event of class 0 before the first bucket; with a breakdown those of each group side by side.
    pub before: &'a [u64],
}

impl MarkedBand<'_> {
    /// The actors of a group that had an event of class 0 before the first bucket.
    pub fn before_of(&self, group: usize, groups: usize) -> &[u64] {
        let words = self.before.len() / groups.max(1);
        &self.before[group * words..(group + 1) * words]
    }

    /// The number of an actor within its tenant.
    pub fn number(&self, place: u16) -> ActorNumber {
        self.band.number(place)
    }
}

/// Reads bands, and calls `done` with each.
pub struct Marking<F> {
    edges: Edges,
    /// How many classes there are.
    classes: usize,
    activities: Vec<Activity>,
    /// The group of each value of the touched key, for a breakdown.
    groups: Vec<u32>,
    before: Vec<u64>,
    keeps_before: bool,
    at: BandOf,
    done: F,
}

impl<F: FnMut(&MarkedBand<'_>) -> Result<(), Error>> Marking<F> {
    /// Makes a reader for so many classes. `keeps_before`: what precedes the first bucket matters. Error: 53200 where
    /// so many buckets do not fit.
    pub fn new(edges: Edges, classes: usize, keeps_before: bool, memory: &Memory, done: F) -> Result<Self, Error> {
        let buckets = edges.buckets();
        memory.check(classes * Activity::would_take(buckets, MOST_ACTORS))?;
        let activities = (0..classes).map(|_| Activity::new(buckets)).collect();
        let (groups, before, at) = (vec![0], Vec::new(), Default::default());
        Ok(Marking { edges, classes, activities, groups, before, keeps_before, at, done })
    }

    /// Makes a reader that marks an actor in the group of each value of the touched key that its events have. Error:
    /// 53200 where so many buckets and groups do not fit.
    pub fn by_group(edges: Edges, classes: usize, groups: &Groups, memory: &Memory, done: F) -> Result<Self, Error> {
        Marking::ever_by_group(edges, classes, false, groups, memory, done)
    }

    /// Makes a reader as by_group() does. `keeps_before`: what precedes the first bucket matters.
    pub fn ever_by_group(
        edges: Edges,
        classes: usize,
        keeps_before: bool,
        groups: &Groups,
        memory: &Memory,
        done: F,
    ) -> Result<Self, Error> {
        let (buckets, count) = (edges.buckets(), classes * groups.names.len());
        memory.check(count.saturating_mul(Activity::would_take(buckets, MOST_ACTORS)))?;
        let activities = (0..count).map(|_| Activity::new(buckets)).collect();
        Ok(Marking {
            activities,
            groups: groups.of_values(),
            ..Marking::new(edges, classes, keeps_before, memory, done)?
        })
    }

    /// Marks the events of a piece in the groups of their values.
    fn read_values(&mut self, piece: &Piece<'_>) {
        let first = self.edges.place_of(piece.first);
        for (actor, events) in piece.runs() {
            let (mut place, mut marked) = (first, None);
            for event in events {
                if let Some(time) = piece.times.get(event)
                    && !self.edges.is_in(place, *time)
                {
                    place = self.edges.place_of(*time);
                }
                let (label, value) = (piece.labels.of(event), piece.values[event]);
                if marked != Some((place, label, value)) {
                    self.mark(place, label, self.groups[value as usize] as usize, &[actor]);
                    marked = Some((place, label, value));
                }
            }
        }
    }

    /// Marks that these actors have an event with this label and of this group in this place.
    fn mark(&mut self, place: usize, label: u64, group: usize, actors: &[u16]) {
        if place == 0 {
            let words = self.before.len() * self.classes / self.activities.len().max(1);
            // A value without a place among the groups has none here.
            if self.keeps_before
                && label & 1 != 0
                && let Some(before) = self.before.get_mut(group * words..(group + 1) * words)
            {
                for actor in actors {
                    before[usize::from(actor >> 6)] |= 1 << (actor & 63);
                }
            }
        } else if let Some(bucket) = self.edges.bucket_in(place) {
            let of_group = self.activities.iter_mut().skip(group * self.classes).take(self.classes);
            for (class, activity) in of_group.enumerate() {
                if label & 1 << class != 0 {
                    activity.mark(bucket, actors);
                }
            }
        }
    }
}

impl<F: FnMut(&MarkedBand<'_>) -> Result<(), Error>> Reader<Error> for Marking<F> {
    fn needs_times(&self, first: i64, last: i64) -> bool {
        self.edges.part(first, last)
    }

    fn begin_band(&mut self, tenant: TenantId, band: Band, actors: usize) -> Result<(), Error> {
        self.at = (tenant, band);
        self.activities.iter_mut().for_each(|activity| activity.begin_band(actors));
        self.before.clear();
        self.before.resize(actors.div_ceil(64) * self.activities.len() / self.classes.max(1), 0);
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        let (first, last) = (self.edges.place_of(piece.first), self.edges.place_of(piece.last));
        let without = self.groups[0] as usize;
        if !piece.values.is_empty() {
            self.read_values(piece);
            return Ok(());
        }
        match piece.labels {
            LabelsOf::Same(label) if first == last => self.mark(first, label, without, piece.actors),
            labels => {
                for (actor, events) in piece.runs() {
                    if let LabelsOf::Same(label) = labels
                        && let [earliest, .., latest] = &piece.times[events.clone()]
                        && let place = self.edges.place_of(*earliest)
                        && self.edges.is_in(place, *latest)
                    {
                        self.mark(place, label, without, &[actor]);
                        continue;
                    }
                    let mut marked = None;
                    for event in events {
                        let place = match (piece.times.get(event), marked) {
                            (None, _) => first,
                            (Some(time), Some((place, _))) if self.edges.is_in(place, *time) => place,
                            (Some(time), _) => self.edges.place_of(*time),
                        };
                        let label = labels.of(event);
                        if marked != Some((place, label)) {
                            self.mark(place, label, without, &[actor]);
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

/// Converts the actors of a set of a band into numbers within the tenant.
pub fn numbers_of(band: &MarkedBand<'_>, set: &[u64]) -> Vec<ActorNumber> {
    sets::users(set).map(|place| band.number(place)).collect()
}
