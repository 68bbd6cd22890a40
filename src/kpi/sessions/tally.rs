//! Adds up what is told about sessions, by the bucket that they begin in and the group of their value of a breakdown.

use crate::calendar::{Bucket, Edges, edges};
use crate::error::Error;
use crate::ids::{ActorNumber, TenantId};
use crate::memory::Memory;
use crate::parts::additive::Additive;
use crate::parts::format::Damaged;
use crate::readers::breakdown::Groups;
use crate::readers::durations::Durations;
use crate::source::Source;
use serde::{Deserialize, Serialize};

/// An actor: its tenant, and its number in it.
type Actor = (TenantId, ActorNumber);

/// What counts of a session.
pub struct Session {
    actor: Actor,
    pub started: i64,
    pub ended: i64,
    events: u32,
    /// The number of the first value of the breakdown among its events; 0: none has one.
    pub value: u32,
}

impl Session {
    /// Reads a session of at least one event, each with its value of the breakdown.
    pub fn of(actor: Actor, events: &[(i64, u32)]) -> Session {
        let value = events.iter().map(|(_, value)| *value).find(|value| *value != 0).unwrap_or(0);
        let (started, ended) = (events[0].0, events[events.len() - 1].0);
        Session { actor, started, ended, events: events.len() as u32, value }
    }
}

/// Finds the values with the most sessions that begin in the buckets.
pub fn groups_of(source: &Source, sessions: &[Session], buckets: &[Bucket], most: usize) -> Groups {
    let edges = edges(buckets);
    let texts: Vec<String> = (1..).map_while(|number| source.value(number)).map(str::to_string).collect();
    let mut sizes = vec![0_u64; texts.len() + 1];
    for session in sessions.iter().filter(|session| edges.bucket_of(session.started).is_some()) {
        sizes[session.value as usize] += 1;
    }
    Groups::largest(&sizes, &texts, most)
}

pub struct Tally {
    edges: Edges,
    width: usize,
    /// Bucket after bucket, with the groups of each.
    pub cells: Vec<Cell>,
    /// The actor of each group that was counted last, and in which bucket.
    counted: Vec<Option<(Actor, usize)>>,
    left: usize,
}

#[derive(Default, Clone, Serialize, Deserialize)]
pub struct Cell {
    pub durations: Durations,
    pub actors: i64,
    pub events: i64,
    /// How many sessions have one event.
    pub bounces: i64,
    /// Whether some session may still get more events.
    pub is_open: bool,
}

impl Additive for Cell {
    fn add_up(&mut self, other: Cell) -> Result<(), Damaged> {
        self.durations.add_up(other.durations)?;
        self.actors.add_up(other.actors)?;
        self.events.add_up(other.events)?;
        self.bounces.add_up(other.bounces)?;
        self.is_open.add_up(other.is_open)
    }

    fn is_nothing(&self) -> bool {
        self.durations.is_nothing()
    }
}

impl Tally {
    /// Error: 53200 so many buckets and groups do not fit.
    pub fn new(buckets: &[Bucket], width: usize, memory: &Memory) -> Result<Tally, Error> {
        let cells = buckets.len() * width;
        memory.check(cells.saturating_mul(size_of::<Cell>()))?;
        let left = memory.left() - cells * size_of::<Cell>();
        let cells = vec![Cell::default(); cells];
        Ok(Tally { edges: edges(buckets), width, cells, counted: vec![None; width], left })
    }

    /// Adds a session. An actor's sessions must come one after the other, in order of time.
    pub fn add(&mut self, session: &Session, group: usize, is_open: bool) -> Result<(), Error> {
        let Some(bucket) = self.edges.bucket_of(session.started) else { return Ok(()) };
        let cell = &mut self.cells[bucket * self.width + group];
        // A list that grows holds up to twice what it needs.
        self.left = self.left.checked_sub(2 * size_of::<i64>()).ok_or_else(Memory::exceeded)?;
        cell.durations.push(session.ended - session.started);
        cell.actors += i64::from(self.counted[group] != Some((session.actor, bucket)));
        cell.events += i64::from(session.events);
        cell.bounces += i64::from(session.events == 1);
        cell.is_open |= is_open;
        self.counted[group] = Some((session.actor, bucket));
        Ok(())
    }
}
