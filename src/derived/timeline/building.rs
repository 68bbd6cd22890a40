//! Turns rows of the log into chunks of the timeline.

use super::scalar;
use crate::db::stream::{self, Row};
use crate::db::{Access, Statement, run};
use crate::derived::timeline::storing::{self, Held};
use crate::error::Error;
use crate::ids::{ActorId, ActorNumber, Band, BandOf, SubjectId, TenantId};
use crate::jsonb::key_path::{KeyPath, each_value};
use std::collections::{BTreeMap, HashMap};
use telemetry_chunks::{Draft, Entry, MOST_EVENTS, UNKEPT};

/// The number of drafted events after which their chunks are made and stored, be they of one tenant or of thousands.
const STORED_AT_ONCE: i64 = 65_536;

/// The query of the rows that meet a condition, with the columns that [`Building::push`] reads.
pub fn rows_where(condition: &str) -> String {
    format!(
        "select e.tenant_id, e.user_id, e.event_ts, e.ingest_id, e.event_name, e.source, e.sample_rate, e.payload, e.subject_id \
         from telemetry.events e where {condition}"
    )
}

/// Events on their way into the timeline.
pub struct Building {
    promoted: Promoted,
    names: Interned,
    /// The promoted keys of each name.
    keys: Vec<Vec<KeyPath>>,
    texts: Interned,
    properties: Vec<u32>,
    subjects: Vec<SubjectId>,
    tenants: BTreeMap<TenantId, Vec<Pending>>,
    events: i64,
}

struct Pending {
    user: Option<ActorId>,
    time: i64,
    arrival: i64,
    name: u32,
    source: u32,
    rate: Option<f32>,
    /// The place in `properties` where its values begin, one for each key of its name.
    properties: usize,
    /// The number of its subject, 0 for none: subject n is `subjects[n - 1]` of the building.
    subject: usize,
}

#[derive(Default)]
struct Interned {
    numbers: HashMap<Box<[u8]>, u32>,
    texts: Vec<Box<[u8]>>,
}

impl Interned {
    fn number(&mut self, bytes: &[u8]) -> u32 {
        if let Some(number) = self.numbers.get(bytes) {
            return *number;
        }
        let number = self.texts.len() as u32;
        self.texts.push(bytes.into());
        self.numbers.insert(bytes.into(), number);
        number
    }
}

/// The keys that chunks keep, by event name.
struct Promoted {
    keys: HashMap<String, Vec<KeyPath>>,
    /// A checksum of names and keys: equal keys have the same, and chunks of other keys are not merged.
    version: i64,
}

impl Promoted {
    fn load() -> Result<Promoted, Error> {
        let rows = run(Statement::PromotedKeys, &[], Access::ReadLatest, |row| {
            (row.get::<String>(1).unwrap_or_default(), row.get::<Vec<String>>(2).unwrap_or_default())
        })?;
        // Kept in the table: it must not change with the compiler.
        let mut version = crc32fast::Hasher::new();
        for (name, keys) in &rows {
            for text in std::iter::once(name).chain(keys) {
                version.update(text.as_bytes());
                version.update(b"\0");
            }
            version.update(b"\0");
        }
        let paths = |keys: Vec<String>| keys.iter().map(|key| KeyPath::kept(key)).collect();
        let keys = rows.into_iter().map(|(name, keys)| (name, paths(keys))).collect();
        Ok(Promoted { version: i64::from(version.finalize()), keys })
    }
}

impl Building {
    pub fn begin() -> Result<Building, Error> {
        Ok(Building {
            promoted: Promoted::load()?,
            names: Interned::default(),
            keys: Vec::new(),
            texts: Interned::default(),
            properties: Vec::new(),
            subjects: Vec::new(),
            tenants: BTreeMap::new(),
            events: 0,
        })
    }

    /// Takes one row of [`rows_where`].
    pub fn push(&mut self, row: &Row<'_>) {
        let name = self.names.number(row.bytes(4).unwrap_or_default());
        if name as usize == self.keys.len() {
            let keys = self.promoted.keys.get(row.text(4).unwrap_or_default());
            self.keys.push(keys.cloned().unwrap_or_default());
        }
        let properties = self.properties.len();
        let keys = &self.keys[name as usize];
        if !keys.is_empty() {
            // Number 0 is kept for none.
            self.properties.resize(properties + keys.len(), 0);
            if let Some(payload) = row.bytes(7) {
                each_value(payload, keys, |place, item| {
                    self.properties[properties + place] =
                        scalar::stored(item).map_or(UNKEPT, |value| self.texts.number(&value) + 1);
                });
            }
        }
        let subject: Option<SubjectId> = row.uuid(8);
        self.subjects.extend(subject);
        let pending = Pending {
            user: row.uuid(1),
            time: row.big(2).unwrap_or_default(),
            arrival: row.big(3).unwrap_or_default(),
            name,
            source: row.bytes(5).map_or(0, |source| self.texts.number(source) + 1),
            rate: row.real(6),
            properties,
            subject: subject.map_or(0, |_| self.subjects.len()),
        };
        self.tenants.entry(row.uuid(0).unwrap_or_default()).or_default().push(pending);
        self.events += 1;
    }

    /// Numbers the users, and stores the events for which `is_wanted(tenant, band, time)` holds; returns how many.
    /// `takes_back`: small chunks that lie beside them are taken back and stored together with them.
    pub fn finish(mut self, takes_back: bool, is_wanted: impl Fn(TenantId, Band, i64) -> bool) -> Result<i64, Error> {
        let mut tenants = std::mem::take(&mut self.tenants);
        // Numbers are given in order of arrival.
        tenants.values_mut().for_each(|events| events.sort_unstable_by_key(|event| event.arrival));
        let numbers = number_users(&tenants)?;
        let (mut stored, mut drafted, mut drafts) = (0, 0, Vec::new());
        for (tenant, events) in tenants {
            let mut bands: BTreeMap<Band, BandDraft> = BTreeMap::new();
            for event in &events {
                let number = event.user.and_then(|user| numbers.get(&(tenant, user)));
                let band = number.map_or(Band::NOBODYS, |number| number.band());
                if is_wanted(tenant, band, event.time) {
                    let draft = bands.entry(band).or_insert_with(|| BandDraft::new(band));
                    draft.push(&self, event, number.map_or(0, |number| number.place()))?;
                    drafted += 1;
                }
            }
            drafts.extend(bands.into_iter().map(|(band, draft)| ((tenant, band), draft)));
            if drafted >= STORED_AT_ONCE {
                stored += drafted;
                drafted = 0;
                self.store(&mut drafts, takes_back)?;
            }
        }
        self.store(&mut drafts, takes_back)?;
        Ok(stored + drafted)
    }

    fn store(&self, drafts: &mut Vec<(BandOf, BandDraft)>, takes_back: bool) -> Result<(), Error> {
        let promoted = self.promoted.version;
        if takes_back {
            let mut held: Vec<(BandOf, &mut Held)> =
                drafts.iter_mut().map(|(band, draft)| (*band, &mut draft.held)).collect();
            storing::take_back(&mut held, promoted)?;
        }
        let bands = drafts.iter().map(|(band, _)| *band).collect();
        let mut chunks = Vec::new();
        for (band, draft) in drafts.drain(..) {
            chunks.extend(draft.held.draft.encode(MOST_EVENTS).into_iter().map(|chunk| (band, chunk, promoted)));
        }
        storing::store(&chunks)?;
        storing::merge(bands)
    }
}

/// Finds the numbers of the users of events, by tenant and user; a user who has none yet gets one.
fn number_users(
    tenants: &BTreeMap<TenantId, Vec<Pending>>,
) -> Result<HashMap<(TenantId, ActorId), ActorNumber>, Error> {
    let mut numbers: HashMap<(TenantId, ActorId), ActorNumber> = HashMap::new();
    let (mut whose, mut users) = (Vec::new(), Vec::new());
    for (tenant, events) in tenants {
        for user in events.iter().filter_map(|event| event.user) {
            numbers.entry((*tenant, user)).or_insert_with(|| {
                whose.push(*tenant);
                users.push(user);
                ActorNumber::default()
            });
        }
    }
    if users.is_empty() {
        return Ok(numbers);
    }
    let arguments = [stream::uuids(&whose), stream::uuids(&users)];
    let given = run(Statement::NumberActors, &arguments, Access::Write, |row| {
        (row.get::<pgrx::Uuid>(1), row.get::<pgrx::Uuid>(2), row.get::<i32>(3).unwrap_or_default())
    })?;
    for (tenant, user, number) in given {
        if let (Some(tenant), Some(user)) = (tenant, user) {
            let actor = (TenantId::new(*tenant.as_bytes()), ActorId::new(*user.as_bytes()));
            numbers.insert(actor, ActorNumber::new(number as u32));
        }
    }
    Ok(numbers)
}

/// The draft of a band, with its own numbers for the names and texts of the building.
struct BandDraft {
    held: Held,
    names: HashMap<u32, u16>,
    texts: HashMap<u32, u32>,
}

impl BandDraft {
    fn new(band: Band) -> BandDraft {
        BandDraft {
            held: Held { draft: Draft::of_band(band.get()), events: 0, first: i64::MAX, last: i64::MIN },
            names: HashMap::new(),
            texts: HashMap::new(),
        }
    }

    fn push(&mut self, building: &Building, event: &Pending, user: u16) -> Result<(), Error> {
        let keys = &building.keys[event.name as usize];
        let name = match self.names.get(&event.name) {
            Some(name) => *name,
            None => {
                let text = String::from_utf8_lossy(&building.names.texts[event.name as usize]);
                let name = self.held.draft.name(&text, keys).ok_or(Error::TooManyLabels)?;
                self.names.insert(event.name, name);
                name
            }
        };
        let source = self.text(building, event.source);
        let values = &building.properties[event.properties..event.properties + keys.len()];
        let values: Vec<u32> = values.iter().map(|value| self.text(building, *value)).collect();
        let subject = event.subject.checked_sub(1).map(|place| *building.subjects[place].as_bytes());
        let Pending { time, arrival, rate, .. } = *event;
        let entry = Entry { time, arrival, name, user, source, rate, subject };
        let held = &mut self.held;
        held.draft.push(entry, &values);
        held.events += 1;
        (held.first, held.last) = (held.first.min(event.time), held.last.max(event.time));
        Ok(())
    }

    /// Translates the number of a text of the building, which begins at 1, into the draft's.
    fn text(&mut self, building: &Building, number: u32) -> u32 {
        if number == 0 || number == UNKEPT {
            return number;
        }
        let draft = &mut self.held.draft;
        *self.texts.entry(number).or_insert_with(|| draft.value(&building.texts.texts[number as usize - 1]))
    }
}
