//! Turns events into objects, by readers of a source. Each pass reads the events of some classes alone.

use super::due::Setting;
use super::recovery::Losses;
use crate::error::Error;
use crate::ids::{ActorNumber, Band, BandOf, TenantId};
use crate::kpi::object_ratio::objects::{Gathering, NOBODY, Objects};
use crate::memory::Memory;
use crate::source::question::{Piece, Reader};

/// The classes of events, a bit for each.
pub const DENOMINATOR: u64 = 1;
pub const NUMERATOR: u64 = 1 << 1;
pub const EXCLUDED: u64 = 1 << 2;
pub const LOST: u64 = 1 << 3;
pub const RECOVERY: u64 = 1 << 4;
/// The class of the events that set another time at which the object falls due.
pub const DUE: u64 = 1 << 5;

/// The buckets in which events of the denominator count.
pub struct Places {
    /// Where the bucket before the range begins.
    pub before: Option<i64>,
    /// Where the buckets of the range begin.
    pub starts: Vec<i64>,
    pub since: i64,
    pub until: i64,
}

impl Places {
    /// Makes one bucket for all time.
    pub fn anywhere() -> Places {
        Places { before: None, starts: vec![i64::MIN], since: i64::MIN, until: i64::MAX }
    }

    /// Gives the place of a time: 0 in the bucket before the range, else the place of its bucket from 1. None where the
    /// time does not count.
    pub fn of(&self, time: i64) -> Option<u32> {
        if time >= self.until {
            return None;
        }
        if time >= self.since {
            return Some(self.starts.partition_point(|start| *start <= time) as u32).filter(|place| *place > 0);
        }
        // What lies between the start of a bucket and the range that cuts it is nowhere.
        let is_before = self.before? <= time && time < *self.starts.first()?;
        is_before.then_some(0)
    }
}

/// A reader that finds the first and the last time of an event of the denominator.
#[derive(Default)]
pub struct Extent {
    pub found: Option<(i64, i64)>,
}

impl Reader<Error> for Extent {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        true
    }

    fn needs(&self, labels: u64, first: i64, last: i64) -> bool {
        let widens = self.found.is_none_or(|(known_first, known_last)| first < known_first || last > known_last);
        labels & DENOMINATOR != 0 && widens
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        about_something(piece, DENOMINATOR, |_, event, _| {
            let time = piece.times[event];
            let (first, last) = self.found.unwrap_or((time, time));
            self.found = Some((first.min(time), last.max(time)));
        });
        Ok(())
    }
}

/// A reader that finds the objects.
pub struct Finding<'a> {
    pub places: &'a Places,
    pub objects: Gathering,
    /// How many bytes the objects may take.
    pub left: usize,
    band: Band,
    /// The object of each id of the piece at hand.
    known: Vec<u32>,
}

/// Marks an id that was not looked up yet; `NONE` marks one that is of no object.
const UNKNOWN: u32 = u32::MAX;
const NONE: u32 = u32::MAX - 1;

impl<'a> Finding<'a> {
    pub fn new(places: &'a Places, has_users: bool, memory: &Memory) -> Finding<'a> {
        Finding {
            places,
            objects: Gathering::new(has_users),
            left: memory.left(),
            band: Band::NOBODYS,
            known: Vec::new(),
        }
    }
}

impl Reader<Error> for Finding<'_> {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        true
    }

    fn needs(&self, labels: u64, first: i64, _: i64) -> bool {
        labels & DENOMINATOR != 0 && first < self.places.until
    }

    fn needs_each(&self) -> bool {
        true
    }

    fn begin_band(&mut self, tenant: TenantId, band: Band, _: usize) -> Result<(), Error> {
        self.band = band;
        self.objects.begin(tenant);
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        let ids = piece.subjects.map_or(&[][..], |subjects| &subjects.ids);
        self.known.clear();
        self.known.resize(ids.len(), UNKNOWN);
        about_something(piece, DENOMINATOR, |user, event, id| {
            let time = piece.times[event];
            let Some(bucket) = self.places.of(time) else { return };
            if self.known[id] == UNKNOWN {
                self.known[id] = self.objects.number(ids[id].into());
            }
            let moment = (time, piece.arrivals.get(event).copied().unwrap_or(0));
            let value = piece.values.get(event).copied().unwrap_or(0);
            self.objects.add(self.known[id], bucket, moment, value, number(self.band, user));
        });
        if self.objects.memory() > self.left { Err(Memory::exceeded()) } else { Ok(()) }
    }
}

/// A reader that finds the times that events set for the objects.
pub struct Dating<'a> {
    objects: &'a mut Objects,
    pub settings: Vec<Setting>,
    /// How many bytes the times may take.
    left: usize,
    known: Vec<u32>,
}

impl<'a> Dating<'a> {
    pub fn new(objects: &'a mut Objects, memory: &Memory) -> Dating<'a> {
        let left = memory.left().saturating_sub(objects.memory());
        Dating { objects, settings: Vec::new(), left, known: Vec::new() }
    }
}

impl Reader<Error> for Dating<'_> {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        true
    }

    fn needs(&self, labels: u64, _: i64, _: i64) -> bool {
        labels & (DENOMINATOR | DUE) != 0
    }

    fn needs_each(&self) -> bool {
        true
    }

    fn begin_band(&mut self, tenant: TenantId, _: Band, _: usize) -> Result<(), Error> {
        self.objects.begin(tenant);
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        let ids = piece.subjects.map_or(&[][..], |subjects| &subjects.ids);
        self.known.clear();
        self.known.resize(ids.len(), UNKNOWN);
        about_something(piece, DENOMINATOR | DUE, |_, event, id| {
            let text = piece.groups.get(event).copied().unwrap_or(0);
            if text == 0 {
                return;
            }
            if self.known[id] == UNKNOWN {
                self.known[id] = self.objects.number(ids[id].into()).unwrap_or(NONE);
            }
            if self.known[id] != NONE {
                let at = (piece.times[event], piece.arrivals.get(event).copied().unwrap_or(0));
                self.settings.push(Setting { object: self.known[id], at, text });
            }
        });
        if self.settings.capacity() * size_of::<Setting>() > self.left { Err(Memory::exceeded()) } else { Ok(()) }
    }
}

/// A reader that finds what became of the objects.
pub struct Following<'a> {
    pub objects: &'a mut Objects,
    /// The classes to read, a bit for each: those that are asked for of the ones that matter here.
    pub labels: u64,
    band: Band,
    known: Vec<u32>,
}

impl<'a> Following<'a> {
    pub fn new(objects: &'a mut Objects, labels: u64) -> Following<'a> {
        Following { objects, labels, band: Band::NOBODYS, known: Vec::new() }
    }
}

impl Reader<Error> for Following<'_> {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        true
    }

    fn needs(&self, labels: u64, _: i64, _: i64) -> bool {
        labels & self.labels != 0
    }

    fn needs_each(&self) -> bool {
        true
    }

    fn begin_band(&mut self, tenant: TenantId, band: Band, _: usize) -> Result<(), Error> {
        self.band = band;
        self.objects.begin(tenant);
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        let ids = piece.subjects.map_or(&[][..], |subjects| &subjects.ids);
        self.known.clear();
        self.known.resize(ids.len(), UNKNOWN);
        about_something(piece, self.labels, |user, event, id| {
            if self.known[id] == UNKNOWN {
                self.known[id] = self.objects.number(ids[id].into()).unwrap_or(NONE);
            }
            let object = self.known[id];
            if object == NONE {
                return;
            }
            let (label, time) = (piece.labels.of(event) & self.labels, piece.times[event]);
            if label & NUMERATOR != 0 {
                self.objects.reach(object, time);
            }
            if label & EXCLUDED != 0 {
                self.objects.exclude(object, time);
            }
            if label & LOST != 0 {
                let arrival = piece.arrivals.get(event).copied().unwrap_or(0);
                self.objects.lose(object, (time, arrival), number(self.band, user));
            }
        });
        Ok(())
    }
}

/// A reader that finds who came back.
pub struct Recovering<'a> {
    pub losses: &'a mut Losses,
    pub at: BandOf,
}

impl Reader<Error> for Recovering<'_> {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        true
    }

    fn needs(&self, labels: u64, _: i64, _: i64) -> bool {
        labels & RECOVERY != 0
    }

    fn needs_each(&self) -> bool {
        true
    }

    fn begin_band(&mut self, tenant: TenantId, band: Band, _: usize) -> Result<(), Error> {
        self.at = (tenant, band);
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        let (tenant, band) = self.at;
        for (user, events) in piece.runs() {
            let own = self.losses.of(tenant, number(band, user));
            if own.is_empty() {
                continue;
            }
            for event in events.filter(|event| piece.labels.of(*event) & RECOVERY != 0) {
                self.losses.recover(own.clone(), piece.times[event]);
            }
        }
        Ok(())
    }
}

/// Calls `visit` for each event with one of these labels and a subject: with its user's place in the band, its own
/// place, and that of its id.
fn about_something(piece: &Piece<'_>, labels: u64, mut visit: impl FnMut(u16, usize, usize)) {
    let Some(subjects) = piece.subjects else { return };
    let mut visit = |user: u16, event: usize| {
        if let Some(id) = subjects.codes.get(event).and_then(|code| (*code as usize).checked_sub(1))
            && piece.labels.of(event) & labels != 0
        {
            visit(user, event, id);
        }
    };
    if piece.ends.is_empty() {
        (0..piece.events).for_each(|event| visit(0, event));
    } else {
        piece.each().for_each(|(user, event)| visit(user, event));
    }
}

/// Gives a user's number by its place in a band; [`NOBODY`] where there is no user.
fn number(band: Band, place: u16) -> u32 {
    band.actor(place).map_or(NOBODY, ActorNumber::get)
}
