//! `import`: the files of an export, read back into the log of another database. The manifest says which files there are; the
//! database stores each event once, and knows which files it has.

use std::fs::File;
use std::io::{BufRead as _, BufReader};

use postgres::types::Type;
use postgres::{Client, Transaction};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::columns::{self, Column, Source};
use super::lines;
use super::manifest::{FileEntry, RangeManifest};
use super::parts::Format;
use super::place::{self, Place};
use super::reading::{self, Export, Held};
use super::verifying;
use crate::database::{Database, describe};
use crate::log;
use crate::vault::Vault;

/// A call brings lines of about so many bytes: memory stays bounded, here and there.
const PIECE: usize = 8 << 20;

/// What came of an import.
#[derive(Debug, Default)]
pub struct Imported {
    pub files: u64,
    /// Files that the database had already.
    pub skipped: u64,
    pub events: Counts,
}

/// What became of events: how many were new, how many the log had, and how many it left out, because they were erased there.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    pub stored: i64,
    pub known: i64,
    pub erased: i64,
}

impl Counts {
    fn add(&mut self, more: Counts) {
        self.stored += more.stored;
        self.known += more.known;
        self.erased += more.erased;
    }
}

/// A file, and by what the database is to know it.
struct Piecewise<'a> {
    name: String,
    number: i64,
    part: i32,
    file: &'a FileEntry,
    /// The file's row of the manifest; none where its chain begins elsewhere.
    manifest: Option<Value>,
    taxonomy: Option<&'a str>,
    with_erased: bool,
}

/// Reads everything that is published, in order. `name` is what the export is called in this database; by default as it is called
/// in its own.
pub fn import(
    uri: &str,
    name: Option<&str>,
    taxonomy: Option<&str>,
    with_erased: bool,
    vault: &Vault,
    database: &Database,
) -> Result<Imported, String> {
    let place = place::open(uri, "", vault)?;
    let export = reading::open(&*place)?.ok_or("nothing is published there: _manifest/latest.json is missing")?;
    if !verifying::chain_holds(&export) {
        return Err("the manifest was changed: nothing is imported".to_owned());
    }
    let mut client = database.connect().map_err(|error| describe(&error))?;
    let name = name.unwrap_or(&export.latest.export);
    let mut imported = Imported::default();
    for held in export.files() {
        let piecewise = known_as(&export, &held, name, taxonomy, with_erased)?;
        imported.files += 1;
        match store(&mut client, &*place, &held, &piecewise)? {
            None => imported.skipped += 1,
            Some(events) => {
                let Counts { stored, known, erased } = events;
                log::info(
                    "imported",
                    &[("path", &held.file.path), ("stored", &stored), ("known", &known), ("erased", &erased)],
                );
                imported.events.add(events);
            }
        }
    }
    Ok(imported)
}

/// A file of a range goes by its number and part. One that a compaction wrote has numbers of its own: its events are compared one by
/// one where they came in by the files that it replaced.
fn known_as<'a>(
    export: &'a Export,
    held: &'a Held,
    name: &str,
    taxonomy: Option<&'a str>,
    with_erased: bool,
) -> Result<Piecewise<'a>, String> {
    let file = &held.file;
    let is_whole = export.compactions.is_empty() && export.latest.first == 1;
    for range in &export.ranges {
        if let Some(own) = range.files.iter().find(|own| own.path == file.path) {
            let manifest = is_whole.then(|| manifest_row(range, own));
            return Ok(Piecewise {
                name: name.to_owned(),
                number: range.number,
                part: own.part,
                file,
                manifest,
                taxonomy,
                with_erased,
            });
        }
    }
    for compaction in &export.compactions {
        if let Some(place) = compaction.groups.iter().position(|group| group.file.path == file.path) {
            let part = i32::try_from(place + 1).unwrap_or(i32::MAX);
            let name = format!("{name}/compaction");
            return Ok(Piecewise {
                name,
                number: compaction.number,
                part,
                file,
                manifest: None,
                taxonomy,
                with_erased,
            });
        }
    }
    Err(format!("{}: no manifest names it", file.path))
}

fn manifest_row(range: &RangeManifest, file: &FileEntry) -> Value {
    json!({
        "export": range.export, "number": range.number, "part": file.part, "after_id": range.after_id, "until_id": range.until_id,
        "first_id": file.first_id, "last_id": file.last_id, "rows": file.rows, "bytes": file.bytes, "sha256": file.sha256,
        "path": file.path, "min_event_ts": file.min_event_ts, "max_event_ts": file.max_event_ts,
        "schema_version": range.schema_version, "chain": file.chain,
    })
}

/// Stores a file in one transaction. What became of its events; none where the database has the file.
fn store(
    client: &mut Client,
    place: &dyn Place,
    held: &Held,
    piecewise: &Piecewise<'_>,
) -> Result<Option<Counts>, String> {
    let told = |error| describe(&error);
    let file = reading::fetch(place, piecewise.file)?;
    let mut transaction = client.transaction().map_err(told)?;
    let mut sent = Sent { transaction: &mut transaction, piecewise, events: Counts::default() };
    let mut piece = String::with_capacity(PIECE + (1 << 20));
    let is_there = each_line(file, held, |line| {
        piece.push_str(line);
        piece.push('\n');
        if piece.len() < PIECE {
            return Ok(false);
        }
        let is_there = sent.send(&piece, true)?;
        piece.clear();
        Ok(is_there)
    })?;
    if is_there || sent.send(&piece, false)? {
        return Ok(None);
    }
    let events = sent.events;
    let rows = events.stored + events.known + events.erased;
    if rows != piecewise.file.rows {
        return Err(format!("{}: it has {rows} rows, its manifest says {}", piecewise.file.path, piecewise.file.rows));
    }
    transaction.commit().map_err(told)?;
    Ok(Some(events))
}

struct Sent<'a, 'b> {
    transaction: &'a mut Transaction<'b>,
    piecewise: &'a Piecewise<'a>,
    events: Counts,
}

impl Sent<'_, '_> {
    /// Whether the database had the whole file before.
    fn send(&mut self, rows: &str, more: bool) -> Result<bool, String> {
        let Piecewise { name, number, part, file, manifest, taxonomy, with_erased } = self.piecewise;
        let manifest = manifest.as_ref().map(Value::to_string);
        let row = self
            .transaction
            .query_typed_one(
                "select i.stored, i.known, i.erased, i.was_imported from telemetry.import_export(name => $1, number => $2, rows => $3, part => $4, \
                     sha256 => $5, more => $6, manifest => $7::text::jsonb, taxonomy => $8::text::jsonb, with_erased => $9) i",
                &[
                    (name, Type::TEXT),
                    (number, Type::INT8),
                    (&rows, Type::TEXT),
                    (part, Type::INT4),
                    (&file.sha256, Type::TEXT),
                    (&more, Type::BOOL),
                    (&manifest, Type::TEXT),
                    (taxonomy, Type::TEXT),
                    (with_erased, Type::BOOL),
                ],
            )
            .map_err(|error| describe(&error))?;
        self.events.add(Counts { stored: row.get(0), known: row.get(1), erased: row.get(2) });
        Ok(row.get(3))
    }
}

/// Hands on each row as a line of JSON with the columns of the log, until `each` says that it is enough. Whether it did.
pub fn each_line(file: File, held: &Held, mut each: impl FnMut(&str) -> Result<bool, String>) -> Result<bool, String> {
    let of_log: Vec<Column> =
        columns::read(&held.columns)?.into_iter().filter(|column| column.source == Source::Log).collect();
    match Format::read(&held.format)? {
        Format::Parquet => {
            let own = held.columns.as_array().into_iter().flatten().filter(|column| column["source"] == "column");
            let own = own.cloned().collect();
            let (columns, chunks) = reading::rows_of_parquet(file, &own)?;
            for chunk in chunks {
                let mut text = Vec::new();
                lines::write_json(&columns, &chunk?, &mut text)?;
                let text = String::from_utf8(text).map_err(|_| "a text is not UTF-8".to_owned())?;
                for line in text.split_terminator('\n') {
                    if each(line)? {
                        return Ok(true);
                    }
                }
            }
        }
        Format::JsonLines => {
            let has_others = held.columns.as_array().is_some_and(|all| all.len() > of_log.len());
            for line in BufReader::new(file).lines() {
                let line = line.map_err(|error| error.to_string())?;
                let line = if has_others { without_others(&line, &of_log)? } else { line };
                if each(&line)? {
                    return Ok(true);
                }
            }
        }
        Format::Csv => {
            return Err(format!(
                "{}: CSV is not read back, for an empty text and NULL are one for most programs that touch it; export as parquet or jsonl",
                held.file.path
            ));
        }
    }
    Ok(false)
}

/// The line without promoted properties, which are in the payload as well. Each value stays as it was written.
fn without_others(line: &str, of_log: &[Column]) -> Result<String, String> {
    let row: std::collections::BTreeMap<String, Box<RawValue>> =
        serde_json::from_str(line).map_err(|error| format!("a line is no JSON object: {error}"))?;
    let members: Vec<String> = of_log
        .iter()
        .filter_map(|column| {
            row.get(&column.name).map(|value| format!("{}:{value}", Value::from(column.name.as_str())))
        })
        .collect();
    Ok(format!("{{{}}}", members.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_loses_promoted_properties_and_no_digit() {
        let list = json!([
            {"name": "ingest_id", "type": "int8", "source": "column"}, {"name": "event_ts", "type": "timestamptz", "source": "column"},
            {"name": "payload", "type": "json", "source": "column"},
            {"name": "amount", "type": "float8", "source": "payload", "key": "amount", "events": ["paid"]}
        ]);
        let mut of_log = columns::read(&list).unwrap();
        of_log.retain(|column| column.source == Source::Log);
        let line =
            r#"{"ingest_id":7,"event_ts":null,"payload":{"amount": 1.50, "id": 12345678901234567890123},"amount":1.5}"#;
        assert_eq!(
            without_others(line, &of_log).unwrap(),
            r#"{"ingest_id":7,"event_ts":null,"payload":{"amount": 1.50, "id": 12345678901234567890123}}"#
        );
        assert!(without_others("{", &of_log).is_err());
    }
}
