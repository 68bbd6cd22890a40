//! Reads from the arguments of a KPI what is to be measured.

use crate::db::call::Call;
use crate::error::Error;
use crate::jsonb::key_path::KeyPath;
use crate::readers::arguments::{asked_events, asked_key};
use crate::readers::breakdown::Breakdown;
use crate::readers::scope::Scope;

/// The arguments of a KPI that measures the values of a payload key in some events, read and checked.
pub struct Asked {
    pub key: KeyPath,
    pub scope: Scope,
    pub names: Option<Vec<String>>,
    pub breakdown: Option<Breakdown>,
}

impl Asked {
    /// Reads payload_key, events, breakdown, top_n and what a scope has. Errors: 22004 no payload_key, 22023 a key that
    /// is no path, top_n or the range.
    pub fn of(call: &Call<'_>) -> Result<Asked, Error> {
        let scope = Scope::asked(call)?;
        Ok(Asked {
            key: asked_key(call, "payload_key")?.ok_or(Error::NullArgument {
                argument: "payload_key",
                hint: "Name the payload key that holds the number: payload_key => 'duration_ms'.",
            })?,
            scope,
            names: asked_events(call)?,
            breakdown: Breakdown::asked(call)?,
        })
    }
}
