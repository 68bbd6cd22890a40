//! What ticks make from the log: the cursor that says how far they have come, events as columns, and the check that
//! both still belong together.

pub mod cursor; // how far what is derived has come
pub mod tick; // a worker that keeps it going
pub mod timeline; // events as columns
pub mod provenance; // whether what is derived belongs to this log
