//! What is to be measured, from the arguments of a KPI.

use crate::db::call::Call;
use crate::error::Error;
use crate::jsonb::key_path::KeyPath;
use crate::readers::arguments::{asked_events, asked_key};
use crate::readers::scope::Scope;

/// The values of a payload key in some events.
pub struct Asked {
    pub key: KeyPath,
    pub scope: Scope,
    pub names: Option<Vec<String>>,
    pub breakdown: Option<KeyPath>,
    pub most_groups: usize,
}

/// Reads payload_key, events, breakdown, top_n and what a scope has. Errors: 22004 no payload_key, 22023 a key that is no
/// path, top_n or the range.
pub fn asked(call: &Call<'_>) -> Result<Asked, Error> {
    let scope = Scope::asked(call)?;
    Ok(Asked {
        key: asked_key(call, "payload_key")?.ok_or(Error::NullArgument {
            argument: "payload_key",
            hint: "Name the payload key that holds the number: payload_key => 'duration_ms'.",
        })?,
        scope,
        names: asked_events(call)?,
        breakdown: asked_key(call, "breakdown")?,
        most_groups: checked_top_n(call.integer("top_n")?)?,
    })
}

const MOST_GROUPS: i32 = 1000;

/// How many values of a breakdown are shown apart, default 10.
pub fn checked_top_n(top_n: Option<i32>) -> Result<usize, Error> {
    let most = top_n.unwrap_or(10);
    if (1..=MOST_GROUPS).contains(&most) {
        Ok(most as usize)
    } else {
        Err(Error::BadArgument {
            problem: format!("top_n must be from 1 to {MOST_GROUPS}"),
            hint: "The values with the most events are shown, the others together as $other.".into(),
        })
    }
}
