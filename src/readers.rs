//! What several KPIs do with events: they read them in order, by actor, by bucket and in numbers. The arguments that
//! all KPIs share are read here too.

pub use crate::jsonb::name_list; // {a,b} as a list

pub mod arguments; // what several KPIs are asked
pub mod scope; // which part of the log that is about
pub mod breakdown; // by which payload keys the answer is divided
pub mod activity; // sets of actors, bucket by bucket
pub mod marking; // who was active in which bucket
pub mod each_actor; // each actor's events, in order of time
pub mod journeys; // those events, split by the values of keys that match
pub mod each_journey; // hands these on, actor by actor
pub mod each_event; // a piece's events, one by one
pub mod counting; // how many events there were
pub mod tally; // how many there were of each value of a breakdown
pub mod adding; // what several logs counted, by bucket and value
pub mod distinct; // how many actors each of many values has
pub mod occurrences; // who had so many events in which bucket
pub mod periods; // in how many buckets somebody was active
pub mod measuring; // what payloads say in numbers
pub mod durations; // averages and percentiles of times
pub mod series; // numbers by bucket, with their seasons
pub mod distributions; // of p-values and intervals
pub mod listing; // the actors behind a number
