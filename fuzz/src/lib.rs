//! The pure leaves of the extension under the module names that they have there, so that they build without pgrx and a
//! server; and the properties, which the extension's own tests call as well. Nothing is written twice.

// What only the extension calls.
#![allow(dead_code)]

#[path = "../../src/events"]
pub mod events {
    pub mod incoming;
    pub mod instant;
}
#[path = "../../src/jsonb"]
pub mod jsonb {
    pub mod container;
    pub mod size;
}
#[path = "../../src/properties"]
pub mod properties {
    pub mod chunk;
    pub mod container;
    mod drawn;
    pub mod redact;
    pub mod validate;
}
#[path = "../../src/redaction"]
pub mod redaction {
    pub mod policy;
    mod values;
    pub mod walk;
}
#[path = "../../src/taxonomy"]
pub mod taxonomy {
    pub mod rules;
}
#[path = "../../src/timeline"]
pub mod timeline {
    pub mod chunk;
}
#[path = "../../src/unknown_events"]
pub mod unknown_events {
    pub mod nearest;
}
#[path = "../../src/violation.rs"]
pub mod violation;
