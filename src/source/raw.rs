//! Reads events from the rows themselves, with the caller's rights: all that a question asks for, or those above the
//! timeline's cursor.

mod query;

use super::cohorts::Cohorts;
use super::texts::Texts;
use crate::access::tenancy::id_meant;
use crate::db::stream::Row;
use crate::error::Error;
use crate::ids::{ActorId, ActorNumber, Band, SubjectId, TenantId};
use crate::memory::Memory;
use crate::source::question::{Actor, LabelsOf, Piece, Question, Reader, Tests};
use foldhash::HashMap;
use pgrx::check_for_interrupts;
use query::{
    COLUMN_ACTOR, COLUMN_ARRIVAL, COLUMN_GROUP, COLUMN_NAME, COLUMN_OBJECT, COLUMN_RATE, COLUMN_SUBJECT, COLUMN_TENANT,
    COLUMN_TIME, COLUMN_VALUE, FIRST_CONDITION,
};
use std::collections::BTreeMap;
use telemetry_chunks::Subjects;

pub use query::Rows;

/// This number stands for the actor of an event that has none.
const NOBODY: u32 = u32::MAX;

/// The events that were read, tenant by tenant.
#[derive(Default)]
pub struct RawEvents {
    pub tenants: BTreeMap<TenantId, RawTenant>,
    /// The labels by their codes.
    table: Vec<u64>,
    labels: LabelCodes,
}

#[derive(Default)]
pub struct RawTenant {
    /// The actors in order of appearance.
    pub actor_ids: Vec<ActorId>,
    places: HashMap<ActorId, u32>,
    numbers: Vec<ActorNumber>,
    /// The actor of each event: a place in `actor_ids`; after number_actors() the actor's number. [`NOBODY`] where it
    /// has none.
    actors: Vec<u32>,
    times: Vec<i64>,
    arrivals: Vec<i64>,
    codes: Vec<u16>,
    values: Vec<u32>,
    groups: Vec<u32>,
    matched: Vec<u32>,
    rates: Vec<f32>,
    subjects: Vec<Option<SubjectId>>,
    /// The events of each band, by their places in the columns.
    bands: BTreeMap<Band, Vec<u32>>,
}

/// Reads the rows of a question, and adds their events to those that were read before.
pub fn read(
    question: &Question,
    which: &Rows,
    events: &mut RawEvents,
    (names, values): (&mut Vec<String>, &mut Texts),
    cohorts: &mut Cohorts,
    memory: &mut Memory,
) -> Result<(), Error> {
    let before: usize = events.tenants.values().map(RawTenant::memory).sum();
    let mut tests: HashMap<Box<str>, (Tests, u64)> = HashMap::default();
    let mut last: Option<TenantId> = None;
    let mut of_last = RawTenant::default();
    let mut rows = 0_u32;
    let named = matches!(question.labels, super::question::Labels::Names { .. });
    let each = |row: &Row<'_>| {
        let name = row.text(COLUMN_NAME).unwrap_or_default();
        let (asked, number) = match tests.get(name) {
            Some(known) => known,
            None => {
                let asked = question.tests_of(name);
                let number = if named && asked.is_read { number_of(names, name) as u64 } else { 0 };
                tests.entry(name.into()).or_insert((asked, number))
            }
        };
        let tenant = row.uuid(COLUMN_TENANT).unwrap_or_default();
        if !cohorts.is_empty() {
            cohorts.name(tenant, memory)?;
        }
        let Some(bits) = asked.label(holding(row, question, tenant, cohorts)) else { return Ok(()) };
        let label = if named { *number } else { bits };
        let code = events.labels.code(label, &mut events.table)?;
        if last != Some(tenant) {
            if let Some(last) = last {
                events.tenants.insert(last, std::mem::take(&mut of_last));
            }
            of_last = events.tenants.remove(&tenant).unwrap_or_default();
            last = Some(tenant);
        }
        of_last.push(row, question, (code, bits), values);
        rows += 1;
        if rows.is_multiple_of(65_536) {
            let others: usize = events.tenants.values().map(RawTenant::memory).sum();
            memory.check((others + of_last.memory()).saturating_sub(before) + values.memory())?;
        }
        Ok(())
    };
    query::read(question, which, each)?;
    events.tenants.extend(last.map(|tenant| (tenant, of_last)));
    memory.take(events.tenants.values().map(RawTenant::memory).sum::<usize>().saturating_sub(before))?;
    memory.check(values.memory())
}

/// Counts the rows that read() would go through.
pub fn count(question: &Question, which: &Rows) -> Result<i64, Error> {
    let mut rows = 0;
    query::read(question, which, |_| {
        rows += 1;
        Ok(())
    })?;
    Ok(rows)
}

fn holding(row: &Row<'_>, question: &Question, tenant: TenantId, cohorts: &Cohorts) -> u64 {
    // Behind the conditions stands the user, where cohorts are asked for.
    let user = (!cohorts.is_empty()).then(|| row.uuid(FIRST_CONDITION + question.conditions.len())).flatten();
    question.conditions.iter().enumerate().fold(0, |holding, (n, condition)| {
        let holds = row.flag(FIRST_CONDITION + n) && cohorts.hold(&condition.cohorts, tenant, user);
        holding | u64::from(holds) << n
    })
}

/// The id that a value stands for, if its key says what an event is about.
pub fn object_of(text: &str, tenant: TenantId) -> SubjectId {
    id_meant(text, tenant.uuid()).into()
}

/// Finds the place of a name in a list; a new name is appended.
pub fn number_of(names: &mut Vec<String>, name: &str) -> usize {
    names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_string());
        names.len() - 1
    })
}

/// Gives labels short codes, as few combinations of classes occur.
#[derive(Default)]
pub struct LabelCodes {
    codes: HashMap<u64, u16>,
}

impl LabelCodes {
    pub fn code(&mut self, label: u64, table: &mut Vec<u64>) -> Result<u16, Error> {
        if let Some(code) = self.codes.get(&label) {
            return Ok(*code);
        }
        let code = u16::try_from(table.len()).map_err(|_| Error::TooManyLabels)?;
        table.push(label);
        self.codes.insert(label, code);
        Ok(code)
    }
}

impl RawTenant {
    fn push(&mut self, row: &Row<'_>, question: &Question, (code, bits): (u16, u64), values: &mut Texts) {
        if question.needs_actors {
            let actor = match question.actor {
                Actor::Subject => subject_of(row, question, COLUMN_ACTOR).map(SubjectId::cast),
                _ => row.uuid(COLUMN_ACTOR),
            };
            self.actors.push(actor.map_or(NOBODY, |id| {
                *self.places.entry(id).or_insert_with(|| {
                    self.actor_ids.push(id);
                    self.actor_ids.len() as u32 - 1
                })
            }));
        }
        self.times.push(row.big(COLUMN_TIME).unwrap_or_default());
        self.codes.push(code);
        if question.needs_arrivals {
            self.arrivals.push(row.big(COLUMN_ARRIVAL).unwrap_or_default());
        }
        let rate = row.real(COLUMN_RATE).unwrap_or(1.0);
        if rate != 1.0 && self.rates.is_empty() {
            // Most logs hold no sampled event.
            self.rates.resize(self.times.len() - 1, 1.0);
        }
        if rate != 1.0 || !self.rates.is_empty() {
            self.rates.push(rate);
        }
        if question.touches.is_some() {
            let text = row.text(COLUMN_VALUE).filter(|_| question.touches_any_of(bits));
            self.values.push(text.map_or(0, |text| values.number(text)));
        }
        if question.groups_by.is_some() {
            let text = row.text(COLUMN_GROUP).filter(|_| question.groups_any_of(bits));
            self.groups.push(text.map_or(0, |text| values.number(text)));
        }
        if !question.matches.is_empty() {
            self.matched.push(query::matched(row, question, values));
        }
        if question.subjects.is_some() {
            self.subjects.push(subject_of(row, question, COLUMN_SUBJECT));
        }
    }

    pub fn memory(&self) -> usize {
        // A place in a hash table of ids takes some 40 bytes.
        self.actor_ids.capacity() * 60
            + self.actors.capacity() * 4
            + (self.times.capacity() + self.arrivals.capacity()) * 8
            + self.codes.capacity() * 2
            + self.subjects.capacity() * size_of::<Option<SubjectId>>()
            + (self.values.capacity() + self.groups.capacity() + self.matched.capacity() + self.rates.capacity()) * 4
            + self.bands.values().map(|band| band.capacity() * 4).sum::<usize>()
    }

    pub fn events(&self) -> usize {
        self.times.len()
    }

    /// Sorts the events into bands; `number_of`: the number of each of `actor_ids`.
    pub fn number_actors(&mut self, number_of: Vec<ActorNumber>) {
        self.places = HashMap::default();
        // Lists that grew hold up to twice what they need: room for the bands.
        self.actors.shrink_to_fit();
        self.times.shrink_to_fit();
        self.arrivals.shrink_to_fit();
        self.codes.shrink_to_fit();
        self.subjects.shrink_to_fit();
        let mut sizes: BTreeMap<Band, usize> = BTreeMap::new();
        for actor in &mut self.actors {
            *actor = number_of.get(*actor as usize).map_or(NOBODY, |number| number.get());
            *sizes.entry(band_of(*actor)).or_default() += 1;
        }
        self.bands = sizes.into_iter().map(|(band, size)| (band, Vec::with_capacity(size))).collect();
        for (event, actor) in self.actors.iter().enumerate() {
            if let Some(band) = self.bands.get_mut(&band_of(*actor)) {
                band.push(event as u32);
            }
        }
        self.numbers = number_of;
    }

    /// Actors with their numbers, known after number_actors().
    pub fn numbered_ids(&self) -> impl Iterator<Item = (ActorNumber, ActorId)> + '_ {
        self.numbers.iter().copied().zip(self.actor_ids.iter().copied())
    }

    /// The bands that have events. Where no actors were asked for, all events are in the band of nobody.
    pub fn bands(&self) -> impl Iterator<Item = Band> + '_ {
        let nobodys = (self.actors.is_empty() && !self.times.is_empty()).then_some(Band::NOBODYS);
        self.bands.keys().copied().chain(nobodys)
    }

    /// Hands the events of a band to a reader.
    pub fn visit<R: Reader<Error>>(&self, band: Band, table: &[u64], reader: &mut R) -> Result<(), Error> {
        let mut columns = Columns::default();
        if self.actors.is_empty() && band.is_nobodys() {
            let places: Vec<u32> = (0..self.times.len() as u32).collect();
            for places in places.chunks(Band::ACTORS) {
                check_for_interrupts!();
                columns.fill(self, places);
                reader.read(&columns.piece(table))?;
            }
        }
        for places in self.bands.get(&band).into_iter().flat_map(|places| places.chunks(Band::ACTORS)) {
            check_for_interrupts!();
            let arrival = |place: u32| self.arrivals.get(place as usize).copied().unwrap_or(0);
            let mut sorted: Vec<(u32, i64, i64, u32)> = places
                .iter()
                .map(|place| (self.actors[*place as usize], self.times[*place as usize], arrival(*place), *place))
                .collect();
            sorted.sort_unstable();
            let sorted: Vec<u32> = sorted.into_iter().map(|(.., place)| place).collect();
            columns.fill(self, &sorted);
            reader.read(&columns.piece(table))?;
        }
        Ok(())
    }
}

impl RawEvents {
    pub fn table(&self) -> &[u64] {
        &self.table
    }
}

/// The id of what an event is about: `column` holds its subject_id.
fn subject_of(row: &Row<'_>, question: &Question, column: usize) -> Option<SubjectId> {
    if question.object_key.is_none() {
        return row.uuid(column);
    }
    let tenant = row.uuid(COLUMN_TENANT).unwrap_or_default();
    row.text(COLUMN_OBJECT).map(|text| object_of(text, tenant))
}

/// The band of an actor, or the one of events without an actor.
fn band_of(actor: u32) -> Band {
    if actor == NOBODY { Band::NOBODYS } else { ActorNumber::new(actor).band() }
}

/// Some events of a band, column by column.
#[derive(Default)]
struct Columns {
    actors: Vec<u16>,
    ends: Vec<u32>,
    times: Vec<i64>,
    arrivals: Vec<i64>,
    codes: Vec<u16>,
    values: Vec<u32>,
    groups: Vec<u32>,
    matched: Vec<u32>,
    rates: Vec<f32>,
    subjects: Option<Subjects>,
}

impl Columns {
    /// Copies the events at these places, which are sorted by actor where there are actors.
    fn fill(&mut self, tenant: &RawTenant, places: &[u32]) {
        fn gather<T: Copy>(into: &mut Vec<T>, from: &[T], places: &[u32]) {
            into.clear();
            if !from.is_empty() {
                into.extend(places.iter().map(|place| from[*place as usize]));
            }
        }
        self.actors.clear();
        self.ends.clear();
        let actor = |place: &u32| tenant.actors.get(*place as usize).copied().unwrap_or(NOBODY);
        // Nobody's events are by themselves.
        if places.first().is_some_and(|place| actor(place) != NOBODY) {
            let mut end = 0;
            for run in places.chunk_by(|one, next| actor(one) == actor(next)) {
                end += run.len() as u32;
                self.actors.push(ActorNumber::new(actor(&run[0])).place());
                self.ends.push(end);
            }
        }
        gather(&mut self.times, &tenant.times, places);
        gather(&mut self.arrivals, &tenant.arrivals, places);
        gather(&mut self.codes, &tenant.codes, places);
        gather(&mut self.values, &tenant.values, places);
        gather(&mut self.groups, &tenant.groups, places);
        gather(&mut self.matched, &tenant.matched, places);
        gather(&mut self.rates, &tenant.rates, places);
        self.subjects = (!tenant.subjects.is_empty()).then(|| {
            let mut subjects = Subjects::default();
            for place in places {
                let subject = tenant.subjects[*place as usize];
                subjects.ids.extend(subject.map(|subject| *subject.as_bytes()));
                subjects.codes.push(subject.map_or(0, |_| subjects.ids.len() as u32));
            }
            subjects
        });
    }

    fn piece<'a>(&'a self, table: &'a [u64]) -> Piece<'a> {
        Piece {
            events: self.times.len(),
            first: self.times.iter().copied().min().unwrap_or_default(),
            last: self.times.iter().copied().max().unwrap_or_default(),
            actors: &self.actors,
            ends: &self.ends,
            each: &[],
            times: &self.times,
            arrivals: &self.arrivals,
            unread: None,
            labels: LabelsOf::Each { codes: &self.codes, table },
            values: &self.values,
            decimals: &[],
            groups: &self.groups,
            matched: &self.matched,
            rates: &self.rates,
            subjects: self.subjects.as_ref(),
        }
    }
}
