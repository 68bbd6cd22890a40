//! What is sent of events, byte for byte: each written, and put together to batches. Twin: sql/outbox/bodies.sql.
//!
//! A body is made anew at every attempt and must be the same bytes each time, whatever DateStyle, TimeZone or
//! extra_float_digits say: so nothing of it is made by PostgreSQL but the payload, whose text depends on nothing.

pub mod batches; // several in one request
pub mod writing; // one, as JSON
