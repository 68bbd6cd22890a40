//! Visits each actor with its journeys, for the KPIs that may ask that events have the same value of a key.

use crate::error::Error;
use crate::ids::{ActorNumber, TenantId};
use crate::readers::each_actor::{Order, Seen, each_actor, each_actor_seen};
use crate::readers::journeys::{Journeys, Splitting};
use crate::source::Source;
use telemetry_workers::by_actor::Payload;

/// Calls `done` as each_actor() does, with the actor's events journey by journey: where keys match, those of each value
/// by themselves. Error: 53200 as there.
pub fn each_journey<P: Payload>(
    source: &mut Source,
    order: Order,
    keep: impl Fn(u64, u32) -> Option<P>,
    mut done: impl FnMut(TenantId, ActorNumber, Journeys<'_, (i64, P)>) -> Result<(), Error>,
) -> Result<(), Error> {
    if !source.is_matching() {
        return each_actor(source, order, keep, |tenant, number, events| done(tenant, number, Journeys::one(events)));
    }
    let mut splitting = Splitting::new();
    let keep = |Seen { label, value, matched }: Seen| keep(label, value).map(|kept| (kept, matched));
    each_actor_seen(source, order, keep, |tenant, number, events| {
        let journeys = splitting.split(events, |(time, (kept, matched))| ((*time, *kept), *matched));
        done(tenant, number, journeys)
    })
}
