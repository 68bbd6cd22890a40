//! Finds the dense numbers of users, which the timeline gave them, and the users of numbers.

use crate::db::Value;
use crate::db::plans::Planning;
use crate::db::session;
use crate::db::stream::{self, Snapshot, stream, stream_planned};
use crate::error::Error;
use crate::ids::{ActorId, ActorNumber, TenantId};
use foldhash::HashMap;
use pgrx::pg_sys::{INT4ARRAYOID, INT4OID, UUIDARRAYOID, UUIDOID};
use std::cell::RefCell;

/// Up to so many users are looked up in the table; for more, the tenant's numbers are loaded and kept in the backend.
const LOOKED_UP: usize = 500;

/// The most numbers that a backend keeps (some 100 MB); a tenant with more is not kept.
const MOST_KEPT: i32 = 4_000_000;

/// The numbers of one tenant, which never change within an epoch.
struct Known {
    tenant: TenantId,
    epoch: i32,
    /// All numbers below this were loaded.
    until: i32,
    numbers: HashMap<ActorId, ActorNumber>,
}

thread_local! {
    static KNOWN: RefCell<Option<Known>> = const { RefCell::new(None) };
}

/// The state of a tenant in the timeline.
#[derive(Debug, Clone, Copy)]
pub struct Tenant {
    pub actors: i32,
    pub epoch: i32,
}

/// Finds the number of each id; ids that have none get the next ones, in order.
pub fn numbers_of(tenant: TenantId, state: Tenant, ids: &[ActorId]) -> Result<Vec<ActorNumber>, Error> {
    let mut fresh = state.actors as u32;
    let mut number = |known: Option<&ActorNumber>| {
        known.copied().unwrap_or_else(|| {
            fresh += 1;
            ActorNumber::new(fresh - 1)
        })
    };
    if ids.len() <= LOOKED_UP || state.actors > MOST_KEPT {
        let known = look_up(tenant, ids)?;
        return Ok(ids.iter().map(|id| number(known.get(id))).collect());
    }
    with_known(tenant, state, |known| ids.iter().map(|id| number(known.get(id))).collect())
}

/// Finds the ids of numbers that are given as bits.
pub fn ids_among(tenant: TenantId, state: Tenant, bits: &[u64]) -> Result<Vec<ActorId>, Error> {
    let is_among =
        |number: &ActorNumber| bits.get(number.index() / 64).is_some_and(|word| word >> (number.get() % 64) & 1 == 1);
    let among = bits.iter().map(|word| word.count_ones() as usize).sum::<usize>();
    if among <= LOOKED_UP || state.actors > MOST_KEPT {
        let numbers: Vec<ActorNumber> = (0..bits.len() as u32 * 64).map(ActorNumber::new).filter(is_among).collect();
        return Ok(ids_of(tenant, &numbers)?.into_iter().flatten().collect());
    }
    with_known(tenant, state, |known| known.iter().filter(|(_, number)| is_among(number)).map(|(id, _)| *id).collect())
}

/// Hands over all numbers of a tenant, which are loaded where the backend does not have them yet.
fn with_known<T>(
    tenant: TenantId,
    state: Tenant,
    work: impl FnOnce(&HashMap<ActorId, ActorNumber>) -> T,
) -> Result<T, Error> {
    // Taken out, so that nothing is kept of what fails halfway.
    let kept = KNOWN
        .take()
        .filter(|known| known.tenant == tenant && known.epoch == state.epoch && known.until <= state.actors);
    let mut known = kept.unwrap_or_else(|| Known { tenant, epoch: state.epoch, until: 0, numbers: HashMap::default() });
    if known.until < state.actors {
        load(&mut known)?;
        known.until = state.actors;
    }
    let done = work(&known.numbers);
    // Numbers that this transaction gave itself go when it rolls back.
    if !session::has_written() {
        KNOWN.set(Some(known));
    }
    Ok(done)
}

fn load(known: &mut Known) -> Result<(), Error> {
    let sql = "select a.user_id, a.actor_number from telemetry.timeline_actors a \
        where a.tenant_id operator(pg_catalog.=) $1 and a.actor_number operator(pg_catalog.>=) $2";
    let arguments = [(UUIDOID, stream::uuid(known.tenant)), (INT4OID, Value::Integer(known.until))];
    let numbers = &mut known.numbers;
    stream(sql, &arguments, Snapshot::OfStatement, |row| {
        if let (Some(id), Some(number)) = (row.uuid(0), row.integer(1)) {
            numbers.insert(id, ActorNumber::new(number as u32));
        }
        Ok(())
    })
}

fn look_up(tenant: TenantId, ids: &[ActorId]) -> Result<HashMap<ActorId, ActorNumber>, Error> {
    let sql = "select a.user_id, a.actor_number from telemetry.timeline_actors a \
        where a.tenant_id operator(pg_catalog.=) $1 and a.user_id operator(pg_catalog.=) any ($2)";
    let mut numbers = HashMap::default();
    for ids in ids.chunks(100_000) {
        let arguments = [(UUIDOID, stream::uuid(tenant)), (UUIDARRAYOID, stream::uuids(ids))];
        stream_planned(sql, &arguments, Planning::Once, |row| {
            if let (Some(id), Some(number)) = (row.uuid(0), row.integer(1)) {
                numbers.insert(id, ActorNumber::new(number as u32));
            }
            Ok(())
        })?;
    }
    Ok(numbers)
}

/// Finds the ids of numbers, in the order asked; None for a number that nobody has.
pub fn ids_of(tenant: TenantId, numbers: &[ActorNumber]) -> Result<Vec<Option<ActorId>>, Error> {
    let sql = "select a.user_id, a.actor_number from telemetry.timeline_actors a \
        where a.tenant_id operator(pg_catalog.=) $1 and a.actor_number operator(pg_catalog.=) any ($2)";
    let mut ids = HashMap::default();
    for numbers in numbers.chunks(100_000) {
        let wanted: Vec<i32> = numbers.iter().map(|number| number.get() as i32).collect();
        let arguments = [(UUIDOID, stream::uuid(tenant)), (INT4ARRAYOID, stream::array(wanted))];
        stream_planned(sql, &arguments, Planning::Once, |row| {
            if let (Some(id), Some(number)) = (row.uuid(0), row.integer(1)) {
                ids.insert(ActorNumber::new(number as u32), id);
            }
            Ok(())
        })?;
    }
    Ok(numbers.iter().map(|number| ids.get(number).copied()).collect())
}
