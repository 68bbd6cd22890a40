//! The correlation_id of a payload, by which an index finds the events of one request. Twin: sql/log/correlation.sql.

use crate::jsonb::Sent;
use crate::jsonb::container::{Item, member};
use pgrx::prelude::*;

/// A longer text is no id: an entry of the index has room for some 2,700 bytes, and a row must not be refused for it.
const LONGEST: usize = 200;

/// Gives the text under the key correlation_id, if it has 1 to 200 bytes. It raises no error, whatever the payload is:
/// SQL declares it as leakproof.
#[pg_extern(immutable, parallel_safe, sql = false)]
fn correlation_of(payload: Option<Sent>) -> Option<String> {
    in_payload(payload?.0.container()).map(str::to_string)
}

/// What correlation_of() gives of a payload.
pub fn in_payload(payload: &[u8]) -> Option<&str> {
    match member(payload, "correlation_id")? {
        Item::Text(text) if (1..=LONGEST).contains(&text.len()) => Some(text),
        _ => None,
    }
}
