//! Pure: puts objects, which are what events are about, into buckets. An object's first event of a bucket stands for it
//! there, and what came after that decides what became of it.
//!
//! An object with events in several buckets has an entry for each, in order of time. What comes after an entry comes
//! after each one before it, so the first such moments ascend as well: who enters a moment going backwards may stop where
//! an earlier one stands already.

use super::due::{Due, Moment};
use crate::ids::{SubjectId, TenantId};
use foldhash::HashMap;

/// The number that stands for no user.
pub const NOBODY: u32 = u32::MAX;

pub const NEVER: Moment = (i64::MAX, i64::MAX);

/// An object in one of its buckets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub bucket: u32,
    /// The number of the breakdown value of the event that stands for the object.
    pub value: u32,
    pub at: Moment,
    /// The time of the first event of the numerator from there on, whenever that is; i64::MAX where there is none.
    pub reached_at: i64,
    /// While objects are gathered: the object's entry of another bucket.
    next: u32,
}

/// The users of an entry, which it has where users are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who {
    /// The moment of the first event there that has a user; `user` is that user's number.
    at: Moment,
    pub user: u32,
    /// The moment of the first loss from there on, whenever that is; `lost_by` is the user of that event.
    pub lost_at: Moment,
    pub lost_by: u32,
}

/// When an object falls due, where that decides on its bucket. Such an object has one entry, which begins with the
/// event that set the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dated {
    /// The time of the object's first event.
    pub first_at: i64,
    /// When the object falls due; None where no event sets a time, or what the last one sets is none.
    pub due_at: Option<i64>,
    /// The last moment at which something still counts for the object.
    pub settled_at: i64,
    pub standing: Standing,
}

/// Whether an object counts, is not due yet, or has no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    Counted,
    NotYetDue,
    Undated,
}

/// Objects while they are gathered, tenant by tenant.
pub struct Gathering {
    has_users: bool,
    tenants: Vec<Tenant>,
    /// The entry of each object that was met last.
    heads: Vec<u32>,
    entries: Vec<Entry>,
    whos: Vec<Who>,
}

struct Tenant {
    id: TenantId,
    numbers: HashMap<SubjectId, u32>,
}

const NONE: u32 = u32::MAX;

/// The bucket of an entry that lies in none.
const NOWHERE: u32 = u32::MAX;

impl Gathering {
    pub fn new(has_users: bool) -> Gathering {
        Gathering { has_users, tenants: Vec::new(), heads: Vec::new(), entries: Vec::new(), whos: Vec::new() }
    }

    /// Begins the objects of a tenant. Tenants must ascend; one may be begun any number of times.
    pub fn begin(&mut self, tenant: TenantId) {
        if self.tenants.last().is_none_or(|last| last.id != tenant) {
            self.tenants.push(Tenant { id: tenant, numbers: HashMap::default() });
        }
    }

    /// Gives the number of an object of the tenant; a new one where it has none, for which add() must be called.
    pub fn number(&mut self, id: SubjectId) -> u32 {
        let Some(tenant) = self.tenants.last_mut() else { return NONE };
        *tenant.numbers.entry(id).or_insert_with(|| {
            self.heads.push(NONE);
            self.heads.len() as u32 - 1
        })
    }

    pub fn add(&mut self, object: u32, bucket: u32, at: Moment, value: u32, user: u32) {
        let place = self.entry_of(object, bucket);
        let entry = &mut self.entries[place];
        if at < entry.at {
            (entry.at, entry.value) = (at, value);
        }
        if self.has_users && user != NOBODY && at < self.whos[place].at {
            (self.whos[place].at, self.whos[place].user) = (at, user);
        }
    }

    /// Gives the entry of an object in a bucket, and brings it to the front: the next event is likely of the same
    /// bucket.
    fn entry_of(&mut self, object: u32, bucket: u32) -> usize {
        let head = self.heads[object as usize];
        let (mut before, mut place) = (NONE, head);
        while place != NONE && self.entries[place as usize].bucket != bucket {
            (before, place) = (place, self.entries[place as usize].next);
        }
        if place == NONE {
            place = self.entries.len() as u32;
            self.entries.push(Entry { bucket, value: 0, at: NEVER, reached_at: i64::MAX, next: head });
            if self.has_users {
                self.whos.push(Who { at: NEVER, user: NOBODY, lost_at: NEVER, lost_by: NOBODY });
            }
        } else if before != NONE {
            self.entries[before as usize].next = self.entries[place as usize].next;
            self.entries[place as usize].next = head;
        }
        self.heads[object as usize] = place;
        place as usize
    }

    /// Tells about how many bytes it holds; an id in a hash table takes some 40.
    pub fn memory(&self) -> usize {
        self.tenants.iter().map(|tenant| tenant.numbers.capacity() * 40).sum::<usize>()
            + self.heads.capacity() * 4
            + self.entries.capacity() * size_of::<Entry>()
            + self.whos.capacity() * size_of::<Who>()
    }

    /// Tells how many bytes finish() takes in passing.
    pub fn memory_to_finish(&self) -> usize {
        if self.is_in_order() { 0 } else { self.entries.len() * (size_of::<Entry>() + size_of::<Who>() + 8) }
    }

    /// Tells whether each object has one entry, of its own number.
    fn is_in_order(&self) -> bool {
        self.entries.len() == self.heads.len()
    }

    /// Brings the entries of each object together, in order of time.
    pub fn finish(mut self) -> Objects {
        let starts: Vec<u32> = if self.is_in_order() {
            (0..=self.heads.len() as u32).collect()
        } else {
            let (mut starts, mut order) = (vec![0], Vec::with_capacity(self.entries.len()));
            for head in &self.heads {
                let start = order.len();
                let mut place = *head;
                while place != NONE {
                    order.push(place);
                    place = self.entries[place as usize].next;
                }
                order[start..].sort_unstable_by_key(|place| self.entries[*place as usize].bucket);
                starts.push(order.len() as u32);
            }
            self.entries = order.iter().map(|place| self.entries[*place as usize].clone()).collect();
            if self.has_users {
                self.whos = order.iter().map(|place| self.whos[*place as usize]).collect();
            }
            starts
        };
        let Gathering { tenants, entries, whos, .. } = self;
        Objects { tenants, at: 0, starts, entries, whos, excluded_at: Vec::new(), dates: Vec::new() }
    }
}

/// The objects, and what became of them as far as that is known.
pub struct Objects {
    tenants: Vec<Tenant>,
    /// The place of the tenant at hand.
    at: usize,
    /// Where the entries of each object begin, and the end of the last.
    starts: Vec<u32>,
    pub entries: Vec<Entry>,
    /// The users of each entry; empty where users were not asked for.
    pub whos: Vec<Who>,
    /// When each entry falls due; empty where its own event decides on its bucket.
    pub dates: Vec<Dated>,
    /// The time of each object's last exclusion; empty where no object was excluded.
    excluded_at: Vec<i64>,
}

impl Objects {
    /// Turns to the objects of a tenant; false where it has none.
    pub fn begin(&mut self, tenant: TenantId) -> bool {
        let place = self.tenants.binary_search_by_key(&tenant, |tenant| tenant.id);
        self.at = place.unwrap_or(self.tenants.len());
        place.is_ok()
    }

    pub fn number(&self, id: SubjectId) -> Option<u32> {
        self.tenants.get(self.at)?.numbers.get(&id).copied()
    }

    /// Dates the objects, which have one entry each. `dues` has the time that decides for each object.
    pub fn date(&mut self, dues: Vec<Option<Due>>, now: i64) {
        let dates = self.entries.iter_mut().zip(dues).map(|(entry, due)| {
            let first_at = entry.at.0;
            entry.at = due.map_or(entry.at, |due| due.set_at);
            let due_at = due.and_then(|due| due.due_at);
            let standing = match due_at {
                None => Standing::Undated,
                Some(due_at) if due_at > now => Standing::NotYetDue,
                Some(_) => Standing::Counted,
            };
            let settled_at = due.map_or(i64::MAX, |due| due.settled_at);
            Dated { first_at, due_at, settled_at, standing }
        });
        self.dates = dates.collect();
    }

    /// Puts each entry into the bucket of its time, which when() gives.
    pub fn place(&mut self, bucket_of: impl Fn(i64) -> Option<u32>) {
        for place in 0..self.entries.len() {
            self.entries[place].bucket = bucket_of(self.when(place)).unwrap_or(NOWHERE);
        }
    }

    /// Gives the time that decides on an entry's bucket: when it falls due, or else its first event.
    pub fn when(&self, entry: usize) -> i64 {
        let dated = self.dates.get(entry).map(|dated| dated.due_at.unwrap_or(dated.first_at));
        dated.unwrap_or(self.entries[entry].at.0)
    }

    pub fn first_at(&self, entry: usize) -> i64 {
        self.dates.get(entry).map_or(self.entries[entry].at.0, |dated| dated.first_at)
    }

    pub fn standing(&self, entry: usize) -> Standing {
        self.dates.get(entry).map_or(Standing::Counted, |dated| dated.standing)
    }

    pub fn reach(&mut self, object: u32, time: i64) {
        for entry in self.before(object, time).rev() {
            if self.entries[entry].reached_at <= time {
                return;
            }
            self.entries[entry].reached_at = time;
        }
    }

    pub fn lose(&mut self, object: u32, moment: Moment, user: u32) {
        for entry in self.before(object, moment.0).rev() {
            if self.whos[entry].lost_at <= moment {
                return;
            }
            (self.whos[entry].lost_at, self.whos[entry].lost_by) = (moment, user);
        }
    }

    pub fn exclude(&mut self, object: u32, time: i64) {
        let dated = self.dates.get(self.starts[object as usize] as usize);
        if dated.is_some_and(|dated| time > dated.settled_at) {
            return;
        }
        if self.excluded_at.is_empty() {
            self.excluded_at.resize(self.starts.len(), i64::MIN);
        }
        let last = &mut self.excluded_at[object as usize];
        *last = time.max(*last);
    }

    /// Gives the entries of an object that are not after a time.
    fn before(&self, object: u32, time: i64) -> std::ops::Range<usize> {
        let start = self.starts[object as usize] as usize;
        let entries = &self.entries[start..self.starts[object as usize + 1] as usize];
        start..start + entries.partition_point(|entry| entry.at.0 <= time)
    }

    /// Gives each entry that lies in a bucket and is not excluded: its tenant, the id of its object, and its place.
    pub fn kept(&self) -> impl Iterator<Item = (TenantId, SubjectId, usize)> + '_ {
        self.tenants.iter().flat_map(move |tenant| {
            let objects = tenant.numbers.iter();
            objects.flat_map(move |(id, object)| self.kept_of(*object).map(move |entry| (tenant.id, *id, entry)))
        })
    }

    fn kept_of(&self, object: u32) -> impl Iterator<Item = usize> + '_ {
        let excluded_at = self.excluded_at.get(object as usize).copied().unwrap_or(i64::MIN);
        let entries = self.starts[object as usize] as usize..self.starts[object as usize + 1] as usize;
        entries.filter(move |entry| {
            let entry = &self.entries[*entry];
            entry.at.0 > excluded_at && entry.bucket != NOWHERE
        })
    }

    /// Gives the same entries as kept(), in order and without ids.
    pub fn kept_entries(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.starts.len() as u32 - 1).flat_map(|object| self.kept_of(object))
    }

    /// Gives the tenants, and the range of the entries of each.
    pub fn tenants(&self) -> impl Iterator<Item = (TenantId, std::ops::Range<usize>)> + '_ {
        let mut objects = 0;
        self.tenants.iter().map(move |tenant| {
            let start = self.starts[objects];
            objects += tenant.numbers.len();
            (tenant.id, start as usize..self.starts[objects] as usize)
        })
    }

    pub fn memory(&self) -> usize {
        self.tenants.iter().map(|tenant| tenant.numbers.capacity() * 40).sum::<usize>()
            + (self.starts.capacity() + 2 * self.excluded_at.capacity()) * 4
            + self.dates.capacity() * size_of::<Dated>()
            + self.entries.capacity() * size_of::<Entry>()
            + self.whos.capacity() * size_of::<Who>()
    }
}

impl Who {
    /// Tells whose loss it was: that of the user of the event, or else of the object.
    pub fn loser(&self) -> u32 {
        if self.lost_by == NOBODY { self.user } else { self.lost_by }
    }
}
