//! Finds who is in the cohorts that a question asks about, with the caller's rights, once a call. Twin:
//! sql/kpi/cohorts.sql.

pub mod definition;
mod events;
pub mod registered;
mod relation;

use crate::error::Error;
use crate::ids::{ActorId, ActorNumber, BandOf, TenantId};
use crate::memory::Memory;
use crate::source::actors::{self, Tenant};
use crate::source::cohorts::definition::{Definition, Relation};
use crate::source::cohorts::registered::definition_of;
use crate::source::question::{CohortTest, Condition};
use foldhash::HashSet;
use std::collections::BTreeMap;

/// The cohorts that some conditions ask for, by name.
#[derive(Default)]
pub struct Cohorts {
    known: Vec<(String, Members)>,
    /// The last tenant whose members were named.
    named: Option<TenantId>,
}

/// The members of a cohort.
#[derive(Default)]
pub struct Members {
    pub tenants: BTreeMap<TenantId, Of>,
    /// The members of a cohort that knows no tenants: they are in it in every tenant.
    pub everywhere: HashSet<ActorId>,
    /// These are those who are not in it: every other user is.
    pub is_rest: bool,
}

/// The members of one tenant.
#[derive(Default)]
pub struct Of {
    /// The members as bits: one for each number that the timeline gave.
    numbers: Vec<u64>,
    pub ids: HashSet<ActorId>,
    /// The state of the tenant, as long as some members are known by number alone.
    unnamed: Option<Tenant>,
}

/// The bytes that an id takes in a hash table, about.
const ID: usize = 40;

impl Cohorts {
    /// Finds the members of all cohorts in these conditions. Errors: 22023 no such cohort, 53200 more members than fit.
    pub fn of(conditions: &[Condition], tenant: Option<TenantId>, memory: &mut Memory) -> Result<Cohorts, Error> {
        let mut cohorts = Cohorts::default();
        for test in conditions.iter().flat_map(|condition| &condition.cohorts) {
            if cohorts.members(&test.cohort).is_none() {
                let members = members_of(&test.cohort, tenant, memory)?;
                cohorts.known.push((test.cohort.clone(), members));
            }
        }
        Ok(cohorts)
    }

    fn members(&self, cohort: &str) -> Option<&Members> {
        self.known.iter().find(|(name, _)| name == cohort).map(|(_, members)| members)
    }

    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Marks members by the numbers that the timeline gave them.
    pub fn number(&mut self, tenants: &BTreeMap<TenantId, Tenant>) -> Result<(), Error> {
        for (_, members) in &mut self.known {
            for (tenant, state) in tenants {
                let of = members.tenants.get(tenant);
                let ids: Vec<ActorId> =
                    of.into_iter().flat_map(|of| &of.ids).chain(&members.everywhere).copied().collect();
                if ids.is_empty() {
                    continue;
                }
                let numbers = actors::numbers_of(*tenant, *state, &ids)?;
                let of = members.tenants.entry(*tenant).or_default();
                numbers
                    .into_iter()
                    .filter(|number| number.get() < state.actors as u32)
                    .for_each(|number| of.add(number));
            }
        }
        Ok(())
    }

    /// Makes sure that hold() knows the members of a tenant. Error: 53200 more than fit.
    pub fn name(&mut self, tenant: TenantId, memory: &mut Memory) -> Result<(), Error> {
        if self.named == Some(tenant) {
            return Ok(());
        }
        for (_, members) in &mut self.known {
            if let Some(of) = members.tenants.get_mut(&tenant) {
                of.name(tenant, memory)?;
            }
        }
        self.named = Some(tenant);
        Ok(())
    }

    /// Whether a user passes all tests; name() has made the members of its tenant known.
    pub fn hold(&self, tests: &[CohortTest], tenant: TenantId, user: Option<ActorId>) -> bool {
        tests.iter().all(|test| {
            let members = self.members(&test.cohort);
            let is_in = |members: &Members, user: &ActorId| {
                members.everywhere.contains(user)
                    || members.tenants.get(&tenant).is_some_and(|of| of.ids.contains(user))
            };
            let is_member = members.zip(user).is_some_and(|(members, user)| is_in(members, &user) != members.is_rest);
            is_member == test.is_member
        })
    }

    /// Marks the events of a segment whose user fails some test. `actors` and `ends`: the users and where the events of
    /// each end; events without a user are in a band of their own.
    pub fn mark_failing(
        &self,
        tests: &[CohortTest],
        (tenant, band): BandOf,
        actors: &[u16],
        ends: &[u32],
        fails: &mut [bool],
    ) {
        for test in tests {
            if band.is_nobodys() {
                fails.iter_mut().for_each(|fails| *fails |= test.is_member);
                continue;
            }
            let members = self.members(&test.cohort);
            let is_rest = members.is_some_and(|members| members.is_rest);
            let of = members.and_then(|members| members.tenants.get(&tenant));
            let mut begin = 0;
            for (place, end) in actors.iter().zip(ends) {
                let is_member = of.is_some_and(|of| of.has(band.number(*place))) != is_rest;
                if is_member != test.is_member
                    && let Some(events) = fails.get_mut(begin..*end as usize)
                {
                    events.fill(true);
                }
                begin = *end as usize;
            }
        }
    }
}

impl Of {
    /// Finds the ids of members that are known by number alone. Error: 53200 more than fit.
    pub fn name(&mut self, tenant: TenantId, memory: &mut Memory) -> Result<(), Error> {
        let Some(state) = self.unnamed.take() else { return Ok(()) };
        memory.take(self.numbers.iter().map(|bits| bits.count_ones() as usize).sum::<usize>() * ID)?;
        self.ids.extend(actors::ids_among(tenant, state, &self.numbers)?);
        Ok(())
    }

    fn add(&mut self, number: ActorNumber) {
        let word = number.index() / 64;
        if word >= self.numbers.len() {
            self.numbers.resize(word + 1, 0);
        }
        self.numbers[word] |= 1 << (number.get() % 64);
    }

    fn has(&self, number: ActorNumber) -> bool {
        self.numbers.get(number.index() / 64).is_some_and(|word| word >> (number.get() % 64) & 1 == 1)
    }
}

/// The name of a relation that a cohort may be read from, quoted, with its schema where the search_path does not find
/// it.
pub fn relation_of(cohort: &str, relation: &Relation) -> Result<String, Error> {
    Ok(relation::find(cohort, relation)?.name)
}

/// Finds the members of one cohort, each by id; only those of one tenant where it is given.
pub fn listed(cohort: &str, tenant: Option<TenantId>, memory: &mut Memory) -> Result<Members, Error> {
    let mut members = members_of(cohort, tenant, memory)?;
    members.tenants.iter_mut().try_for_each(|(tenant, of)| of.name(*tenant, memory))?;
    if !members.is_rest {
        return Ok(members);
    }
    let mut rest = events::everybody(tenant, memory)?;
    for (tenant, of) in &mut rest.tenants {
        of.name(*tenant, memory)?;
        if let Some(others) = members.tenants.get(tenant) {
            of.ids.retain(|id| !others.ids.contains(id));
        }
    }
    Ok(rest)
}

/// Finds the members of one cohort; only those of one tenant where it is given.
pub fn members_of(cohort: &str, tenant: Option<TenantId>, memory: &mut Memory) -> Result<Members, Error> {
    let members = match definition_of(cohort)? {
        Definition::Events(events) => events::members(&events, tenant, memory)?,
        Definition::Relation(relation) => relation::members(cohort, &relation, tenant, memory)?,
    };
    let of_tenants = members.tenants.values().map(|of| of.numbers.len() * 8 + of.ids.len() * ID).sum::<usize>();
    memory.take(of_tenants + members.everywhere.len() * ID)?;
    Ok(members)
}
