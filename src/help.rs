//! help() tells what the functions of the API are for, from their COMMENTs. Twin: sql/help.sql, which tells what the
//! catalog knows.

mod comment;
mod reference;
mod text;

use crate::error::Error;
use crate::spelling::{beginning, nearest};
use pgrx::JsonB;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use reference::Reference;
use serde::de::DeserializeOwned;
use serde_json::json;

/// A hint offers at most this many names.
const OFFERED: usize = 3;

/// Gives the lines about a function, or, without a name, about all by topic. `name` may be written as in a call. Error:
/// 42883 there is no such function.
#[pg_extern(immutable, parallel_safe)]
fn help(
    name: Option<&str>,
    functions: JsonB,
    common_arguments: JsonB,
    topics: JsonB,
) -> Result<SetOfIterator<'static, String>, ErrorReport> {
    let reference = reference_of(functions, common_arguments)?;
    let lines = match name {
        None => text::of_topics(&reference, &text::with_twins(&reference, read(topics)?)),
        Some(name) => {
            let plain = name.trim().trim_end_matches("()").trim_start_matches("telemetry.").to_lowercase();
            let (function, comment) = reference.function(&plain).ok_or_else(|| Error::UnknownFunction {
                name: beginning(&plain, 64),
                nearest: nearest(&plain, reference.functions().map(|(f, _)| f.name.clone()).collect(), OFFERED),
            })?;
            text::of_function(&reference, function, comment)
        }
    };
    Ok(SetOfIterator::new(lines))
}

/// Gives everything that the pages of docs/functions are written from, and what each COMMENT gets wrong.
#[pg_extern(immutable, parallel_safe)]
fn reference(functions: JsonB, common_arguments: JsonB, topics: JsonB) -> Result<JsonB, ErrorReport> {
    let reference = reference_of(functions, common_arguments)?;
    let functions = reference.functions().map(|(function, comment)| {
        let sections = comment.sections.iter().map(
            |(heading, _)| json!({"heading": heading.to_string(), "entries": reference.section(function, *heading)}),
        );
        json!({
            "name": function.name,
            "syntax": text::syntax(function).join("\n"),
            "first_sentence": comment.first_sentence(),
            "summary": comment.summary,
            "sections": sections.collect::<Vec<_>>(),
            "faults": reference.faults(function, comment),
        })
    });
    let functions: Vec<_> = functions.collect();
    Ok(JsonB(json!({"topics": text::with_twins(&reference, read(topics)?), "functions": functions})))
}

fn reference_of(functions: JsonB, common_arguments: JsonB) -> Result<Reference, Error> {
    Ok(Reference::of(read(functions)?, read(common_arguments)?))
}

fn read<T: DeserializeOwned>(value: JsonB) -> Result<T, Error> {
    serde_json::from_value(value.0).map_err(|_| Error::BadArgument {
        problem: "what the catalog tells of the functions cannot be read".into(),
        hint: "Call telemetry.help().".into(),
    })
}
