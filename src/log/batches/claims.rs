//! The ids that callers gave are claimed for a whole batch.

use crate::access::tenancy::Caller;
use crate::error::Error;
use crate::log::admission::Admitted;
use crate::log::idempotency::{Claim, Identity};
use std::collections::HashMap;
use uuid::Uuid;

/// Claims the ids in the order of their keys, then settles them in the order of the keys without a user, so that two
/// batches never wait for each other in a ring. An id that comes twice within the batch is its first event's.
pub fn claim(admitted: &[(usize, Admitted<'_>)], caller: &Caller, is_import: bool) -> Result<Vec<Claim>, Error> {
    let mut claims = vec![Claim::New; admitted.len()];
    let mut identified: Vec<usize> = (0..admitted.len()).filter(|n| admitted[*n].1.event.event_id.is_some()).collect();
    let identities: HashMap<usize, Identity> = identified
        .iter()
        .map(|n| {
            let Admitted { row, event, .. } = &admitted[*n].1;
            (*n, Identity::of(event, row.event_id, row.tenant_id, row.user_id, caller, is_import))
        })
        .collect();
    let key = |n: usize| (identities[&n].tenant_id, identities[&n].key);
    identified.sort_by_key(|n| key(*n));
    let mut first: Option<((Uuid, Uuid), Uuid, Claim)> = None;
    for n in &identified {
        let identity = &identities[n];
        claims[*n] = match &first {
            Some((known, said, claim)) if *known == key(*n) => match claim {
                Claim::Conflict => identity.known()?.unwrap_or(Claim::New),
                _ if *said == identity.content => Claim::Duplicate,
                _ => Claim::Conflict,
            },
            _ => {
                let claim = identity.claim()?;
                first = Some((key(*n), identity.content, claim));
                claim
            }
        };
    }
    identified.sort_by_key(|n| (identities[n].tenant_id, identities[n].key_without_user()));
    for n in identified {
        claims[n] = identities[&n].settle(claims[n])?;
    }
    Ok(claims)
}
