//! A source gives the events of a KPI: from the timeline and the raw rows above its cursor, or from raw rows alone. One
//! statement's snapshot holds both, so the answer is exact at any moment. Twin: sql/source/source.sql.

pub mod count; // how many events there were
pub mod hourly_counts; // events counted by the hour
pub mod unknown_events; // what a KPI does not take for an event

pub mod payload_sql;
pub mod question;

mod actors;
mod by_tenant;
mod choice;
mod chunks;
pub mod cohorts;
mod comparison;
mod condition;
pub mod explanation; // what explain_kpi() says
mod nothing;
mod raw;
mod some_users;
mod span;
mod texts;
mod value_test;

use crate::access::tenancy;
use crate::access::visibility::Visibility;
use crate::db::distribution;
use crate::db::plans::Planning;
use crate::db::stream::{self, stream_planned};
use crate::derived::provenance::{self, Standing};
use crate::error::Error;
use crate::ids::{ActorId, ActorNumber, Band, BandOf, TenantId};
use crate::parts;
use crate::settings;
use crate::threads::{self, Threads};
use actors::Tenant;
use by_tenant::ByTenant;
use choice::{Choice, Reason, Wish};
use chunks::{Asked, ChunkOf, Found, Scratch};
use pgrx::pg_sys::UUIDOID;
use question::{Question, Reader, Unread};
use raw::{RawEvents, RawTenant, Rows};
use span::Span;
use std::collections::{BTreeMap, BTreeSet};
use telemetry_workers::ALONE;
use telemetry_workers::crew::Crew;

use crate::memory::Memory;
pub use cohorts::{Cohorts, Members, listed, relation_of};
pub use condition::{condition, contains};
pub use explanation::{Explanation, explain, is_explaining, note_hours, note_rows};
pub use texts::Texts;

/// The events of a question, ready to be read as often as wanted.
pub struct Source {
    question: Question,
    /// The actors are tenants: events are read without actors, and handed on by [`ByTenant`].
    is_by_tenant: bool,
    choice: Choice,
    chunks: Vec<ChunkOf>,
    raw: RawEvents,
    cohorts: Cohorts,
    /// The tenants with the numbers that the timeline gave to their actors; what is numbered higher is known to this
    /// call alone.
    tenants: BTreeMap<TenantId, Tenant>,
    names: Vec<String>,
    values: Texts,
    pub memory: Memory,
}

impl Source {
    /// Chooses the source, finds the chunks and reads the raw rows. Errors: 53200 more raw events than fit, XX001 a
    /// damaged chunk.
    pub fn open(question: Question) -> Result<Source, Error> {
        Source::open_within(question, Memory::of_call())
    }

    pub fn open_within(mut question: Question, mut memory: Memory) -> Result<Source, Error> {
        if parts::is_finishing() {
            return Ok(Source::of_nothing(question, memory));
        }
        some_users::refuse_others(&question)?;
        let visibility = visibility_of_derived()?;
        narrow(&mut question, visibility);
        let is_by_tenant = question.forget_tenants();
        let cohorts = Cohorts::of(&question.conditions, question.tenant, &mut memory)?;
        let standing = provenance::standing("timeline")?;
        let mut source = Source {
            choice: choice::choose(&question, wish(), visibility, standing),
            question,
            is_by_tenant,
            chunks: Vec::new(),
            raw: RawEvents::default(),
            cohorts,
            tenants: BTreeMap::new(),
            names: Vec::new(),
            values: Texts::default(),
            memory,
        };
        let mut which = vec![Rows::All];
        if source.choice == Choice::Timeline {
            match chunks::find(&source.question, &mut source.names, &mut source.memory)? {
                Found::Chunks(chunks) => {
                    source.chunks = chunks;
                    which = vec![above(standing)?];
                }
                Found::Partly(chunks, names) => {
                    source.choice = Choice::Partly;
                    source.chunks = chunks;
                    which = vec![above(standing)?, Rows::Below(standing.position, names)];
                }
                Found::NotKept => source.choice = Choice::Raw(Reason::NotPromoted),
            }
        }
        if is_explaining() {
            let counts = which.iter().map(|which| raw::count(&source.question, which));
            explanation::note(&source, counts.sum::<Result<i64, Error>>()?);
            return Ok(source);
        }
        let Source { question, raw, names, values, cohorts, memory, .. } = &mut source;
        which.iter().try_for_each(|which| raw::read(question, which, raw, (names, values), cohorts, memory))?;
        if !source.chunks.is_empty() || source.choice == Choice::Timeline {
            source.tenants = tenants(&source.question)?;
            source.cohorts.number(&source.tenants)?;
        }
        if is_by_tenant {
            source.chunks.sort_by_key(|chunk| (chunk.tenant, chunk.first()));
        }
        for (tenant, events) in &mut source.raw.tenants {
            let numbers = match source.tenants.get(tenant) {
                Some(state) => actors::numbers_of(*tenant, *state, &events.actor_ids)?,
                None => (0..events.actor_ids.len() as u32).map(ActorNumber::new).collect(),
            };
            let before = events.memory();
            events.number_actors(numbers);
            source.memory.take(events.memory().saturating_sub(before))?;
        }
        Ok(source)
    }

    /// Hands every event to a reader, tenant by tenant and band by band.
    pub fn visit<R: Reader<Error>>(&mut self, reader: &mut R) -> Result<(), Error> {
        self.visit_bands_of_actors(None, reader)
    }

    /// Hands every event over as visit() does, and has the threads of a crew read chunks.
    pub fn visit_by<R: Reader<Error>>(&mut self, crew: &Crew<'_, '_>, reader: &mut R) -> Result<(), Error> {
        self.visit_bands_of_actors(Some(crew), reader)
    }

    fn visit_bands_of_actors<R: Reader<Error>>(&mut self, crew: Option<&Crew>, reader: &mut R) -> Result<(), Error> {
        match self.is_by_tenant {
            _ if is_explaining() => Ok(()),
            true => self.visit_bands(crew, &mut ByTenant::new(reader)),
            false => self.visit_bands(crew, reader),
        }
    }

    /// Hands every event over, whatever the actors are.
    fn visit_bands<R: Reader<Error>>(&mut self, crew: Option<&Crew>, reader: &mut R) -> Result<(), Error> {
        // The source itself stays as it is while a reader may come back to its chunks.
        let mut values = std::mem::take(&mut self.values);
        let visited = self.visit_each_band(crew, reader, &mut values);
        self.values = values;
        visited
    }

    /// Hands the events over band by band. Where tenants are actors, all events of one are of nobody's band.
    fn visit_each_band<R: Reader<Error>>(
        &self,
        crew: Option<&Crew>,
        reader: &mut R,
        values: &mut Texts,
    ) -> Result<(), Error> {
        let is_by_tenant = self.is_by_tenant;
        let at = |chunk: &ChunkOf| (chunk.tenant, if is_by_tenant { Band::NOBODYS } else { chunk.band });
        let mut bands: BTreeSet<BandOf> = self.chunks.iter().map(at).collect();
        for (tenant, events) in &self.raw.tenants {
            bands.extend(events.bands().map(|band| (*tenant, band)));
        }
        let crew = crew.filter(|crew| crew.most() > 1);
        let alone = crew.map_or(0, |_| ALONE.min(threads::from_events()));
        let mut scratch = Scratch::default();
        let mut rest = self.chunks.as_slice();
        for (tenant, band) in bands {
            reader.begin_band(tenant, band, self.actors_in(tenant, band))?;
            let own = rest.iter().take_while(|chunk| at(chunk) == (tenant, band)).count();
            let (now, later) = rest.split_at(own);
            if let Some(events) = self.raw.tenants.get(&tenant) {
                events.visit(band, self.raw.table(), reader)?;
            }
            let Self { question, cohorts, .. } = self;
            let asked_of = |chunk: &ChunkOf| Asked { question, cohorts, actors: self.actors_in(tenant, chunk.band) };
            let events = now.iter().map(ChunkOf::events).sum();
            reader.expect(events);
            if let Some(crew) = crew
                && events >= alone
            {
                let check = |values: &Texts| self.memory.check(values.memory());
                chunks::visit_ahead(now, asked_of, crew, (values, &mut scratch), reader, check)?;
            } else {
                for (place, chunk) in now.iter().enumerate() {
                    reader.begin_chunk(chunk.first())?;
                    chunk.visit(&asked_of(chunk), values, reader, &mut scratch, place)?;
                    self.memory.check(values.memory())?;
                }
            }
            rest = later;
            let asked = Asked { question, cohorts, actors: self.actors_in(tenant, band) };
            reader.end_band_asking(&mut |at: Unread, times, into| {
                now[at.chunk].read_arrivals_of(at.segment, times, &asked, values, &mut scratch)?;
                std::mem::swap(into, &mut scratch.columns.arrivals);
                self.memory.check(values.memory())
            })?;
        }
        Ok(())
    }

    fn actors_in(&self, tenant: TenantId, band: Band) -> usize {
        let raw = self.raw.tenants.get(&tenant).map_or(0, |events| events.actor_ids.len());
        let known = self.tenants.get(&tenant).map_or(0, |state| state.actors as usize);
        // New actors come after the known ones; which of the raw ones are new does not matter for the size.
        (known + raw).saturating_sub(band.number(0).index()).min(Band::ACTORS)
    }

    /// Tells whether most events come from chunks, in order of time.
    pub fn is_mostly_chunks(&self) -> bool {
        self.raw_events() < self.chunked_events()
    }

    fn chunked_events(&self) -> usize {
        self.chunks.iter().map(ChunkOf::events).sum()
    }

    fn raw_events(&self) -> usize {
        self.raw.tenants.values().map(RawTenant::events).sum()
    }

    /// Asks for threads to follow the actors of the events. Where the call is explained, it notes how many it would get.
    pub fn ask_for_threads(&self) -> Threads {
        if !is_explaining() {
            return Threads::of_events(self.chunked_events() + self.raw_events());
        }
        explanation::note_threads();
        Threads::alone()
    }

    pub fn needs_arrivals(&self) -> bool {
        self.question.needs_arrivals
    }

    /// Tells whether events have to have the same values of some keys.
    pub fn is_matching(&self) -> bool {
        !self.question.matches.is_empty()
    }

    /// Gives the earliest and the latest time of an event of the question; none where there are no events. Where rows are
    /// made of parts, it is those of all parts.
    pub fn span(&mut self) -> Result<Option<(i64, i64)>, Error> {
        let mut span = Span::default();
        self.visit_without_values(&mut span)?;
        Ok(parts::span(span.found))
    }

    /// Hands over events as visit() does, but nothing need be told of the keys that are touched and that group.
    pub fn visit_without_values<R: Reader<Error>>(&mut self, reader: &mut R) -> Result<(), Error> {
        let touches = self.question.touches.take();
        let visited = self.visit_without_groups(reader);
        self.question.touches = touches;
        visited
    }

    /// Hands over events as visit() does, but nothing need be told of the key that groups.
    pub fn visit_without_groups<R: Reader<Error>>(&mut self, reader: &mut R) -> Result<(), Error> {
        let groups_by = self.question.groups_by.take();
        let visited = self.visit(reader);
        self.question.groups_by = groups_by;
        visited
    }

    /// Hands over events as visit() does, but nothing need be told of the key that is touched.
    pub fn visit_groups<R: Reader<Error>>(&mut self, reader: &mut R) -> Result<(), Error> {
        let touches = self.question.touches.take();
        let visited = self.visit(reader);
        self.question.touches = touches;
        visited
    }

    /// Gives the names by number, where the labels of events are names.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Gives the number of a name; none where no event of the question has it.
    pub fn number_of(&self, name: &str) -> Option<u32> {
        self.names.iter().position(|known| known == name).map(|place| place as u32)
    }

    /// Gives the text of a value of the touched key; none for the number 0.
    pub fn value(&self, number: u32) -> Option<&str> {
        let place = (number as usize).checked_sub(1)?;
        self.values.texts.get(place).map(String::as_str)
    }

    /// Gives the ids behind numbers of actors of a tenant.
    pub fn ids_of(&self, tenant: TenantId, numbers: &[ActorNumber]) -> Result<Vec<Option<ActorId>>, Error> {
        if self.is_by_tenant {
            return Ok(vec![Some(tenant.cast()); numbers.len()]);
        }
        let known = self.tenants.get(&tenant).map_or(0, |state| state.actors as u32);
        let known = ActorNumber::new(known);
        let (old, new): (Vec<ActorNumber>, Vec<ActorNumber>) = numbers.iter().partition(|number| **number < known);
        let mut ids: BTreeMap<ActorNumber, ActorId> = BTreeMap::new();
        for (number, id) in old.iter().zip(actors::ids_of(tenant, &old)?) {
            ids.extend(id.map(|id| (*number, id)));
        }
        if !new.is_empty()
            && let Some(events) = self.raw.tenants.get(&tenant)
        {
            ids.extend(events.numbered_ids().filter(|(number, _)| *number >= known));
        }
        Ok(numbers.iter().map(|number| ids.get(number).copied()).collect())
    }
}

fn wish() -> Wish {
    match settings::KPI_SOURCE.get() {
        settings::KpiSource::Auto => Wish::Auto,
        settings::KpiSource::Raw => Wish::Raw,
    }
}

/// Tells whether the timeline would answer. Where it does not, a KPI may read rows by a shorter way than a source.
pub fn is_in_timeline(question: &Question) -> Result<bool, Error> {
    Ok(parts::is_finishing() || matches!(found_in_timeline(question)?, Found::Chunks(_)))
}

/// Tells whether the timeline would answer for some names of events at least.
pub fn is_partly_in_timeline(question: &Question) -> Result<bool, Error> {
    Ok(parts::is_finishing() || !matches!(found_in_timeline(question)?, Found::NotKept))
}

fn found_in_timeline(question: &Question) -> Result<Found, Error> {
    let choice = choice::choose(question, wish(), visibility_of_derived()?, provenance::standing("timeline")?);
    if choice != Choice::Timeline {
        return Ok(Found::NotKept);
    }
    chunks::find(question, &mut Vec::new(), &mut Memory::of_call())
}

/// Tells what the caller may see of the log by way of derived data; that is nothing where the caller asks for raw rows.
pub fn visibility_of_derived() -> Result<Visibility, Error> {
    distribution::refuse_filtered_reader()?;
    if wish() == Wish::Raw { Ok(Visibility::Rows) } else { Visibility::of_caller() }
}

/// Names in the question the tenant that row-level security shows anyway, where it shows one whole. The size of that
/// tenant decides how its rows are found best, and the planner knows no value of a policy's expression.
pub fn narrow(question: &mut Question, visibility: Visibility) {
    if visibility == Visibility::Tenant && question.tenant.is_none() {
        question.tenant = tenancy::readers_tenant().map(TenantId::from);
    }
}

fn above(standing: Standing) -> Result<Rows, Error> {
    Ok(Rows::Above(standing.position, standing.tail("timeline")?))
}

fn tenants(question: &Question) -> Result<BTreeMap<TenantId, Tenant>, Error> {
    let mut tenants = BTreeMap::new();
    let mut sql = String::from("select t.tenant_id, t.actors, t.epoch from telemetry.timeline_tenants t");
    let mut arguments = Vec::new();
    if let Some(tenant) = question.tenant {
        arguments.push((UUIDOID, stream::uuid(tenant)));
        sql += " where t.tenant_id operator(pg_catalog.=) $1";
    }
    stream_planned(&sql, &arguments, Planning::Once, |row| {
        let state = Tenant { actors: row.integer(1).unwrap_or_default(), epoch: row.integer(2).unwrap_or_default() };
        tenants.insert(row.uuid(0).unwrap_or_default(), state);
        Ok(())
    })?;
    Ok(tenants)
}
