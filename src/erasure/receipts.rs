//! Receipts: their ids, and the keyed hash by which a receipt knows a person and nobody can list who it was. Twin:
//! sql/erasure/receipts.sql.

use crate::db::session;
use crate::log::instant;
use hmac::{Hmac, KeyInit as _, Mac as _};
use pgrx::prelude::*;
use sha2::Sha256;
use uuid::Builder;

fn keyed(key: &[u8], parts: &[&[u8; 16]]) -> [u8; 32] {
    // A key of any length is one: what is longer than a block is hashed first.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(*part);
    }
    mac.finalize().into_bytes().into()
}

/// A UUIDv7 of this moment.
#[pg_extern(volatile)]
fn new_receipt_id() -> pgrx::Uuid {
    pgrx::Uuid::from_bytes(*instant::uuid_at(session::clock()).as_bytes())
}

/// HMAC-SHA256 of a tenant and a user, under the secret of the installation: as which a receipt knows a person.
pub fn person(secret: &[u8], tenant: &[u8; 16], user: &[u8; 16]) -> [u8; 32] {
    keyed(secret, &[tenant, user])
}

/// What [`person`] gives.
#[pg_extern(immutable, parallel_safe)]
fn person_hash(secret: &[u8], tenant: pgrx::Uuid, user_id: pgrx::Uuid) -> Vec<u8> {
    person(secret, tenant.as_bytes(), user_id.as_bytes()).to_vec()
}

/// Another id for an id: the same under the same key, and unrelated to it for whoever does not have the key.
#[pg_extern(immutable, parallel_safe)]
fn fresh_id(key: &[u8], id: pgrx::Uuid) -> pgrx::Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&keyed(key, &[id.as_bytes()])[..16]);
    pgrx::Uuid::from_bytes(*Builder::from_random_bytes(bytes).into_uuid().as_bytes())
}
