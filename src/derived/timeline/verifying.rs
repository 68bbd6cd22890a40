//! Verifies that the timeline holds exactly the events below its cursor: sums of a hash of each event, in whatever
//! order and chunk they lie, equal those of the rows.

use super::scalar;
use crate::db::Value;
use crate::db::clauses::Clauses;
use crate::db::stream::{Row, Snapshot, stream};
use crate::derived::provenance;
use crate::error::Error;
use crate::ids::{ActorId, ActorNumber, Band, SubjectId, TenantId};
use crate::jsonb::key_path::{KeyPath, each_value};
use crate::log::partitions;
use crate::memory::Memory;
use pgrx::pg_sys::INT8OID;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use telemetry_chunks::{Codes, Header, Property, Segment, Subjects, removed_users, user_of_each};

/// The events that are to be verified: of a tenant, or of all, in a range of time.
pub struct Section {
    pub tenant: Option<TenantId>,
    pub range: Range<i64>,
}

/// The number of a tenant's events, and the sum of their hashes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Digest {
    pub events: i64,
    sum: u64,
}

impl Digest {
    fn add(&mut self, hash: u64) {
        self.sum = self.sum.wrapping_add(hash);
    }
}

pub struct Verified {
    pub rows: BTreeMap<TenantId, Digest>,
    pub timeline: BTreeMap<TenantId, Digest>,
    pub problems: BTreeMap<TenantId, String>,
}

/// The arrivals of events, by tenant, name and key, whose values chunks do not keep: they cannot be compared.
type Unkept = HashMap<(TenantId, String, String), HashSet<i64>>;

pub fn verify(section: &Section, memory: &mut Memory) -> Result<Verified, Error> {
    let mut verified = Verified { rows: BTreeMap::new(), timeline: BTreeMap::new(), problems: BTreeMap::new() };
    let keys = keys_of(section, &mut verified)?;
    let users = users(section, memory)?;
    let mut unkept = Unkept::new();
    let columns = "c.tenant_id, c.band, c.chunk_id, c.header, c.body, c.first_ts, c.last_ts, c.events, c.first_ingest_id, \
                   c.last_ingest_id, c.removed";
    let chunks = of_chunks(columns, section);
    stream(&chunks.sql, &chunks.arguments, Snapshot::OfStatement, |row| {
        let tenant = row.uuid(0).unwrap_or_default();
        if let Err(problem) = add_chunk(row, section, &keys, &users, &mut unkept, &mut verified) {
            verified.problems.insert(tenant, problem);
        }
        memory.check(unkept.values().map(|arrivals| 16 * arrivals.capacity()).sum())
    })?;
    add_rows(section, &keys, &unkept, &mut verified)?;
    check_numbers(section, &mut verified)?;
    Ok(verified)
}

/// Checks that every actor's number lies below the next one that its tenant would give.
fn check_numbers(section: &Section, verified: &mut Verified) -> Result<(), Error> {
    let mut numbers = Clauses::after(
        "select a.tenant_id from telemetry.timeline_actors a left join telemetry.timeline_tenants t on t.tenant_id operator(pg_catalog.=) a.tenant_id where true",
    );
    numbers.tenant("a", section.tenant);
    numbers.sql += " group by a.tenant_id having not coalesce(pg_catalog.max(a.actor_number) operator(pg_catalog.<) pg_catalog.max(t.actors), false)";
    stream(&numbers.sql, &numbers.arguments, Snapshot::OfStatement, |row| {
        let problem = "an actor has a number that its tenant has not given".to_string();
        verified.problems.insert(row.uuid(0).unwrap_or_default(), problem);
        Ok(())
    })
}

/// Collects the keys that any chunk knows, by name. A header that cannot be read is a problem of its tenant.
fn keys_of(section: &Section, verified: &mut Verified) -> Result<HashMap<String, Vec<KeyPath>>, Error> {
    let chunks = of_chunks("c.tenant_id, c.chunk_id, c.header", section);
    let mut keys: HashMap<String, Vec<KeyPath>> = HashMap::new();
    stream(&chunks.sql, &chunks.arguments, Snapshot::OfStatement, |row| {
        match Header::read(row.bytes(2).unwrap_or_default()) {
            Ok(header) => {
                for segment in header.segments {
                    let known = keys.entry(segment.name).or_default();
                    for (key, _) in segment.properties {
                        if !known.iter().any(|known| known.as_str() == key) {
                            known.push(KeyPath::kept(&key));
                        }
                    }
                }
            }
            Err(damage) => {
                let problem = format!("chunk {} is damaged: {damage}", row.big(1).unwrap_or_default());
                verified.problems.insert(row.uuid(0).unwrap_or_default(), problem);
            }
        }
        Ok(())
    })?;
    Ok(keys)
}

/// Reads the users by tenant and number.
fn users(section: &Section, memory: &mut Memory) -> Result<HashMap<(TenantId, ActorNumber), ActorId>, Error> {
    let mut users = HashMap::new();
    let mut numbers =
        Clauses::after("select a.tenant_id, a.actor_number, a.user_id from telemetry.timeline_actors a where true");
    numbers.tenant("a", section.tenant);
    stream(&numbers.sql, &numbers.arguments, Snapshot::OfStatement, |row| {
        let number = ActorNumber::new(row.integer(1).unwrap_or_default() as u32);
        users.insert((row.uuid(0).unwrap_or_default(), number), row.uuid(2).unwrap_or_default());
        memory.check(users.capacity() * 48)
    })?;
    memory.take(users.capacity() * 48)?;
    Ok(users)
}

fn add_chunk(
    row: &Row<'_>,
    section: &Section,
    keys: &HashMap<String, Vec<KeyPath>>,
    users: &HashMap<(TenantId, ActorNumber), ActorId>,
    unkept: &mut Unkept,
    verified: &mut Verified,
) -> Result<(), String> {
    let (tenant, band) = (row.uuid(0).unwrap_or_default(), Band::new(row.integer(1).unwrap_or_default()));
    let chunk = row.big(2).unwrap_or_default();
    let damaged = |damage| format!("chunk {chunk} is damaged: {damage}");
    let header = Header::read(row.bytes(3).unwrap_or_default()).map_err(damaged)?;
    let body = row.bytes(4).unwrap_or_default();
    let said = [row.big(5), row.big(6), row.integer(7).map(i64::from), row.big(8), row.big(9)];
    let is = [header.since, header.last, header.events as i64, header.first_arrival, header.last_arrival];
    if said != is.map(Some) {
        return Err(format!("the row and the header of chunk {chunk} differ"));
    }
    let removed = removed_users(row.bytes(10));
    let mut everyone = Vec::new();
    header.everyone.of(body).and_then(|bytes| header.read_everyone(bytes, &mut everyone)).map_err(damaged)?;
    let mut seen = BTreeSet::new();
    for segment in &header.segments {
        let columns = Columns::read(segment, body).map_err(damaged)?;
        seen.extend(columns.actors.iter().copied());
        let known = keys.get(&segment.name).map_or(&[][..], Vec::as_slice);
        let digest = verified.timeline.entry(tenant).or_default();
        let in_range: Vec<usize> =
            (0..segment.events).filter(|event| section.range.contains(&columns.times[*event])).collect();
        let is_there = |event: &usize| removed.binary_search(&columns.users[*event]).is_err();
        let in_range: Vec<usize> = in_range.into_iter().filter(is_there).collect();
        for event in &in_range {
            let user = match band.actor(columns.users[*event]) {
                None => None,
                Some(number) => {
                    Some(*users.get(&(tenant, number)).ok_or(format!("chunk {chunk} has a user without an id"))?)
                }
            };
            digest.events += 1;
            digest.add(hash_of(
                columns.arrivals[*event],
                columns.times[*event],
                segment.name.as_bytes(),
                user,
                columns.sources.value(*event).as_deref().unwrap_or_default(),
                columns.rates.value(*event).as_deref().unwrap_or_default(),
                columns.subjects.of(*event).map(SubjectId::new),
            ));
        }
        for key in known.iter().map(KeyPath::as_str) {
            let kept = segment.properties.iter().enumerate().find_map(|(place, (name, property))| match property {
                Property::Kept(column) if name == key => Some((place, column)),
                _ => None,
            });
            let Some((place, column)) = kept else {
                let arrivals = unkept.entry((tenant, segment.name.clone(), key.to_string())).or_default();
                arrivals.extend(in_range.iter().map(|event| columns.arrivals[*event]));
                continue;
            };
            let mut codes = Codes::default();
            column.of(body).and_then(|bytes| segment.read_property(place, bytes, &mut codes)).map_err(damaged)?;
            for event in &in_range {
                if let Some(value) = codes.value(*event) {
                    digest.add(hash_of_value(columns.arrivals[*event], key, &value));
                }
            }
        }
    }
    if header.everyone.length > 0 && !seen.iter().eq(&everyone) {
        return Err(format!("chunk {chunk} lists other users than its events have"));
    }
    Ok(())
}

struct Columns {
    /// The users, each once.
    actors: Vec<u16>,
    /// The user of each event.
    users: Vec<u16>,
    times: Vec<i64>,
    arrivals: Vec<i64>,
    sources: Codes,
    rates: Codes,
    subjects: Subjects,
}

impl Columns {
    fn read(segment: &Segment, body: &[u8]) -> Result<Columns, telemetry_chunks::Damage> {
        let mut columns = Columns {
            actors: Vec::new(),
            users: Vec::new(),
            times: Vec::new(),
            arrivals: Vec::new(),
            sources: Codes::default(),
            rates: Codes::default(),
            subjects: Subjects::default(),
        };
        let mut ends = Vec::new();
        segment.read_users(segment.users.of(body)?, &mut columns.actors)?;
        segment.read_ends(segment.runs.of(body)?, &mut ends)?;
        columns.users = user_of_each(&columns.actors, &ends, segment.events);
        segment.read_times(segment.times.of(body)?, &mut columns.times)?;
        segment.read_arrivals(segment.arrivals.of(body)?, &columns.times, &mut columns.arrivals)?;
        segment.read_sources(segment.sources.of(body)?, &mut columns.sources)?;
        segment.read_rates(segment.rates.of(body)?, &mut columns.rates)?;
        segment.read_subjects(segment.subjects.of(body)?, &mut columns.subjects)?;
        Ok(columns)
    }
}

fn add_rows(
    section: &Section,
    keys: &HashMap<String, Vec<KeyPath>>,
    unkept: &Unkept,
    verified: &mut Verified,
) -> Result<(), Error> {
    let position = provenance::standing("timeline")?.position;
    let mut add = |row: &Row<'_>| {
        let tenant = row.uuid(0).unwrap_or_default();
        let (time, arrival) = (row.big(2).unwrap_or_default(), row.big(3).unwrap_or_default());
        let name = row.text(4).unwrap_or_default();
        let rate = row.real(6).map(f32::to_le_bytes);
        let digest = verified.rows.entry(tenant).or_default();
        digest.events += 1;
        let rate = rate.as_ref().map_or(&[][..], |rate| &rate[..]);
        let source = row.bytes(5).unwrap_or_default();
        digest.add(hash_of(arrival, time, name.as_bytes(), row.uuid(1), source, rate, row.uuid(8)));
        let keys = keys.get(name).filter(|keys| !keys.is_empty());
        let Some((keys, payload)) = keys.zip(row.bytes(7)) else { return Ok(()) };
        each_value(payload, keys, |place, item| {
            let key = keys[place].as_str();
            let is_unkept =
                || unkept.get(&(tenant, name.to_string(), key.to_string())).is_some_and(|of| of.contains(&arrival));
            if !is_unkept()
                && let Some(value) = scalar::stored(item)
            {
                digest.add(hash_of_value(arrival, key, &value));
            }
        });
        Ok(())
    };
    partitions::each_window(vec![section.range.clone()], |window| {
        let mut below = Clauses::after(super::building::rows_where("true"));
        below.compare("e.ingest_id", "<=", INT8OID, Value::Big(position));
        below.sql += &partitions::condition(window, &mut below.arguments);
        below.tenant("e", section.tenant);
        stream(&below.sql, &below.arguments, Snapshot::OfStatement, &mut add)
    })
}

/// Makes a query of the chunks that may hold events of the section.
fn of_chunks(columns: &str, section: &Section) -> Clauses<'static> {
    let mut clauses = Clauses::after(format!("select {columns} from telemetry.timeline_chunks c where true"));
    clauses.tenant("c", section.tenant);
    clauses.range(("c.first_ts", "c.last_ts"), &section.range);
    clauses
}

fn hash_of(
    arrival: i64,
    time: i64,
    name: &[u8],
    user: Option<ActorId>,
    source: &[u8],
    rate: &[u8],
    subject: Option<SubjectId>,
) -> u64 {
    let mut hasher = DefaultHasher::new();
    (arrival, time, name, user, source, rate, subject).hash(&mut hasher);
    hasher.finish()
}

fn hash_of_value(arrival: i64, key: &str, value: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (arrival, key, value).hash(&mut hasher);
    hasher.finish()
}
