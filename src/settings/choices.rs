//! The settings that choose one of some words.

use pgrx::guc::PostgresGucEnum;

/// What becomes of an event that breaks its rules; an event's own attribute comes first.
#[derive(PostgresGucEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Enforcement {
    #[name = c"reject"]
    Reject,
    #[name = c"quarantine"]
    Quarantine,
    #[name = c"warn"]
    Warn,
    #[name = c"accept"]
    Accept,
}

#[derive(PostgresGucEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum PartitionInterval {
    #[name = c"day"]
    Day,
    #[name = c"week"]
    Week,
    #[name = c"month"]
    Month,
}

#[derive(PostgresGucEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum CreateTables {
    #[name = c"auto"]
    Auto,
    #[name = c"on"]
    On,
    #[name = c"off"]
    Off,
}

#[derive(PostgresGucEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum KpiSource {
    #[name = c"auto"]
    Auto,
    #[name = c"raw"]
    Raw,
}

#[derive(PostgresGucEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnknownEvents {
    #[name = c"error"]
    Error,
    #[name = c"empty"]
    Empty,
}
