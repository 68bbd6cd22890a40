//! Proves that a log is what it was. A seal is the root of a Merkle tree (RFC 6962, RFC 9162) over the events of a log in
//! order of arrival; a checkpoint (C2SP tlog-checkpoint) is the text that somebody outside keeps of it. Whoever has a
//! checkpoint and the log tells whether anything was changed since, without trusting the database.
//!
//! It knows nothing of PostgreSQL: the extension uses it, and the courier, which verifies exports without a database.

#![forbid(unsafe_code)]

pub mod checkpoint; // what is kept outside: origin, size and root
pub mod event; // the leaf of an event, and what commits to a person's data
pub mod frontier; // a tree that grows at its end
pub mod groups; // what is kept of each 256 leaves, by which a changed one is found
pub mod hash; // leaves and nodes, as RFC 6962 has them
pub mod payload; // JSON as bytes that are equal where the values are
pub mod proof; // inclusion and consistency, made and verified
pub mod sketch; // finds which of 256 leaves differ
