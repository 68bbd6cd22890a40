//! The pure leaves of the extension under the module names that they have there, so that they build without pgrx and a
//! server; and the properties, which the extension's own tests call as well. Nothing is written twice.

// What only the extension calls.
#![allow(dead_code)]

#[path = "../../src/jsonb"]
pub mod jsonb {
    pub mod container;
    pub mod size;
}
#[path = "../../src/log"]
pub mod log {
    pub mod incoming;
    pub mod instant;
    pub mod redaction {
        pub mod policy;
        mod values;
        pub mod walk;
        mod words;
    }
    pub mod taxonomy {
        pub mod rules;
    }
}
#[path = "../../src/properties"]
pub mod properties {
    pub mod chunk;
    pub mod container;
    mod drawn;
    pub mod redact;
    pub mod validate;
}
#[path = "../../src/spelling.rs"]
pub mod spelling;
#[path = "../../src/time.rs"]
pub mod time;
#[path = "../../src/violation.rs"]
pub mod violation;
