//! Shares the work of one call among threads. It knows nothing of PostgreSQL, which stands only one thread: whatever
//! runs in another one is of this crate, so the compiler refuses what would call the server there.

#![forbid(unsafe_code)]

pub mod by_actor; // the events of a band, actor by actor in order of time
pub mod crew; // the threads of one call, and how they share jobs
pub mod decoding; // the columns of chunks
pub mod funnel; // how far each actor of a band gets in a funnel
pub mod in_order; // the events of a band, as chunks come

/// Events need more memory than there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// A band with fewer events is read by the caller alone: 2 ms are no work to share.
pub const ALONE: usize = 100_000;
