//! Lists the actors behind a number: every `_actors()` function returns such a list.

use crate::error::Error;
use crate::ids::{ActorId, ActorNumber, TenantId};
use crate::memory::Memory;
use crate::source::Source;
use std::collections::BTreeMap;

/// Actors with something about each, collected while events are read.
pub struct Listing<T> {
    tenants: BTreeMap<TenantId, Vec<(ActorNumber, T)>>,
    size: usize,
    left: usize,
}

/// A listed actor: its tenant, its id and what is said of it.
pub type Listed<T> = (TenantId, ActorId, T);

/// The bytes that a listed actor takes in the result, beside its number and what is said of it.
const ROW: usize = 64;

impl<T> Listing<T> {
    pub fn new(memory: &Memory) -> Listing<T> {
        Listing { tenants: BTreeMap::new(), size: ROW + size_of::<(ActorNumber, T)>(), left: memory.left() }
    }

    /// Adds an actor. Error: 53200 where the list would be larger than a call may be.
    pub fn push(&mut self, tenant: TenantId, number: ActorNumber, about: T) -> Result<(), Error> {
        self.push_with(tenant, number, about, 0)
    }

    /// Adds an actor as push() does, with something about it that holds so many bytes elsewhere.
    pub fn push_with(&mut self, tenant: TenantId, number: ActorNumber, about: T, held: usize) -> Result<(), Error> {
        self.left = self.left.checked_sub(self.size + held).ok_or_else(Memory::exceeded)?;
        self.tenants.entry(tenant).or_default().push((number, about));
        Ok(())
    }

    /// Finishes the list with the actors' ids, which the source knows.
    pub fn finish(self, source: &Source) -> Result<Vec<Listed<T>>, Error> {
        let mut rows = Vec::new();
        for (tenant, listed) in self.tenants {
            let mut numbers: Vec<ActorNumber> = listed.iter().map(|(number, _)| *number).collect();
            numbers.sort_unstable();
            numbers.dedup();
            let ids = source.ids_of(tenant, &numbers)?;
            for (number, about) in listed {
                let id = numbers.binary_search(&number).ok().and_then(|place| ids[place]);
                rows.push((tenant, id.ok_or(Error::UnknownActor { number: number.get() })?, about));
            }
        }
        Ok(rows)
    }
}

/// Makes a column of a result of an id.
pub fn uuid(id: impl Into<[u8; 16]>) -> pgrx::Uuid {
    pgrx::Uuid::from_bytes(id.into())
}
