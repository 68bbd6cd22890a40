//! The log: what happens to an event from the call to the stored row, in the order in which it meets these files.

pub mod incoming; // what a caller sent, read
pub mod instant; // times and ids of events
pub mod tenants; // what a tenant may log
pub mod taxonomy; // the rules of events, compiled once per backend
pub mod packs; // the five taxonomies as data
pub mod redaction; // what must not be stored
pub mod ownership; // the application's own functions on who may refer to what
pub mod sampling; // which share is kept
pub mod admission; // from what a caller sent to what may be stored
pub mod idempotency; // a retry is harmless
pub mod partitions; // which partitions there are
pub mod late_arrivals; // where events above a cursor can lie
pub mod correlation; // which request an event belongs to
pub mod storing; // rows into their partition, as COPY stores them
pub mod rejections; // what was refused is kept
pub mod accounting; // what ingestion leaves about itself
pub mod events; // log_event, try_log_event
pub mod batches; // log_events, import_events, replay_rejections
pub mod doubts; // changes past the functions, told to what is derived
pub mod door; // how events leave it, and change
pub mod immutability; // the triggers that refuse
pub mod demo_events; // what an application of a pack might have logged
