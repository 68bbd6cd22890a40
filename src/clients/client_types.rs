//! client_types(): the taxonomy as types of a language. Twin: sql/clients/client_types.sql, which reads the taxonomy.

mod python;
mod remark;
mod shape;
#[cfg(test)]
mod tests;
mod typescript;
mod vocabulary;

use crate::error::Error;
use crate::spelling::beginning;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use vocabulary::{Definition, Vocabulary};

/// The languages by name, each with what writes it.
const LANGUAGES: [(&str, fn(&Vocabulary) -> String); 2] = [("typescript", typescript::text), ("python", python::text)];

/// Gives the source text. `definitions` are the active rows of event_types and `aliases` the rows of event_aliases, each as
/// the text of a JSON array, in any order.
#[pg_extern(immutable, parallel_safe)]
fn written_types(language: Option<&str>, definitions: &str, aliases: &str) -> Result<String, ErrorReport> {
    let language = language.ok_or(Error::NullArgument {
        argument: "language",
        hint: "Call telemetry.client_types('typescript') or telemetry.client_types('python').",
    })?;
    let (_, write) = LANGUAGES.iter().find(|(name, _)| *name == language).ok_or_else(|| Error::UnknownWord {
        argument: "language",
        word: beginning(language, 63),
        known: LANGUAGES.map(|(name, _)| name).join(", "),
    })?;
    let definitions: Vec<Definition> = serde_json::from_str(definitions).map_err(|_| unreadable())?;
    let aliases = serde_json::from_str(aliases).map_err(|_| unreadable())?;
    Ok(write(&Vocabulary::new(definitions, aliases)))
}

fn unreadable() -> Error {
    Error::BadArgument {
        problem: "the definitions are not rows of telemetry.event_types".into(),
        hint: "Call telemetry.client_types().".into(),
    }
}
