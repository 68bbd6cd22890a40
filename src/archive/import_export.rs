//! Rows of an export, stored in this log as they are: ids, times and tenants stay, and they get new numbers of arrival in the old
//! order. Twin: sql/archive/import_export.sql, which knows which files were imported.
//!
//! An event is stored once: one that is there under its tenant, time and id, with the same content, counts as known, and one with
//! other content is an error. So a file that was imported in part may come again. What was erased in this log is left out.

mod batch;
mod erased;
mod line;

use super::sheet::{FORMAT, sha256};
use crate::error::Error;
use crate::jsonb::Jsonb;
use batch::{Batch, MOST_ROWS, Outcome};
use erased::Erased;
use line::Line;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Stores the events of JSON lines. Contract: see the COMMENT on telemetry.import_export.
#[pg_extern(volatile)]
#[allow(clippy::type_complexity)]
fn store_lines(
    rows: &str,
    with_erased: bool,
) -> Result<
    TableIterator<'static, (name!(stored, i64), name!(known, i64), name!(erased, i64), name!(sha256, String))>,
    ErrorReport,
> {
    let mut outcome = Outcome::default();
    let mut batch = Batch::new(if with_erased { Erased::nothing() } else { Erased::in_this_log()? });
    let mut end = None;
    let mut offset = 0;
    for (index, text) in rows.split_inclusive('\n').enumerate() {
        let read = Line::read(text.trim_end()).map_err(|problem| problem.on_line(index + 1));
        match read? {
            Line::Nothing | Line::Other => (),
            Line::About(format) if format == FORMAT => (),
            Line::About(_) => Err(Error::BadArgument {
                problem: format!("line {}: the archive has another format than \"{FORMAT}\"", index + 1),
                hint: "Read it with the version of telemetry that wrote it, or a newer one.".into(),
            })?,
            Line::End(claimed) => end = Some((claimed, offset)),
            Line::Event(event) => {
                batch.add(index + 1, *event)?;
                if batch.len() == MOST_ROWS {
                    batch.store(&mut outcome)?;
                }
            }
        }
        offset += text.len();
    }
    if let Some((claimed, offset)) = end
        && claimed != sha256(&rows.as_bytes()[..offset])
    {
        Err(Error::BadArgument {
            problem: "the archive is not what its last line says: its sha256 is another one".into(),
            hint: "It was changed or cut on the way. Fetch it again.".into(),
        })?;
    }
    batch.store(&mut outcome)?;
    Ok(TableIterator::once((outcome.stored, outcome.known, outcome.erased, sha256(rows.as_bytes()))))
}

/// The definitions of events that an archive brings in its first lines, as a JSON array; [] of rows without any.
#[pg_extern(immutable, parallel_safe)]
fn definitions_of(rows: &str) -> Result<Option<Jsonb>, ErrorReport> {
    let definitions: Vec<&str> = rows
        .lines()
        .take_while(|text| text.starts_with("{\"line\":\"") && !text.starts_with("{\"line\":\"event\""))
        .filter(|text| text.starts_with("{\"line\":\"event_type\""))
        .collect();
    Ok(Jsonb::parse(&format!("[{}]", definitions.join(","))))
}
