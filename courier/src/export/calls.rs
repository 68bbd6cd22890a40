//! What an export asks of the database: a range, its rows as a stream, that its files are there, and what is published.

use postgres::binary_copy::BinaryCopyOutIter;
use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::{FromSql, Type};
use postgres::{Client, Row};
use serde_json::Value;

use super::chunk::Cell;
use super::columns::{Column, Kind, Source};
use super::manifest::{FileEntry, RangeManifest};
use super::promoted;
use crate::database::describe;

/// Microseconds from 1970 to 2000, where PostgreSQL begins to count.
const EPOCH: i64 = 946_684_800_000_000;

/// A range that is this courier's to write.
#[derive(Debug, Clone)]
pub struct Claim {
    pub number: i64,
    /// With the name of the export before it.
    pub file_name: String,
    pub format: String,
    pub columns: Value,
    pub by_day: bool,
}

pub fn claim(client: &mut Client, export: &str, worker: &str) -> Result<Option<Claim>, String> {
    let row = client
        .query_typed_opt(
            "select number, file_name, format, file_columns::text, partition_by from telemetry.claim_export($1, $2)",
            &[(&export, Type::TEXT), (&worker, Type::TEXT)],
        )
        .map_err(|error| describe(&error))?;
    row.map(|row| read_claim(&row)).transpose()
}

fn read_claim(row: &Row) -> Result<Claim, String> {
    Ok(Claim {
        number: get(row, 0)?,
        file_name: get(row, 1)?,
        format: get(row, 2)?,
        columns: json(&get::<String>(row, 3)?)?,
        by_day: get::<Option<String>>(row, 4)?.is_some(),
    })
}

/// The UTC days of a range's rows, as days since 1970, in their order.
pub fn days(client: &mut Client, export: &str, number: i64) -> Result<Vec<i64>, String> {
    let rows = client
        .query_typed(
            "select distinct (r.event_ts at time zone 'UTC')::date - date '1970-01-01' as day from telemetry.export_rows($1, $2) r order by 1",
            &[(&export, Type::TEXT), (&number, Type::INT8)],
        )
        .map_err(|error| describe(&error))?;
    rows.iter().map(|row| get::<i32>(row, 0).map(i64::from)).collect()
}

/// Gives each row of a range, or of some of its days, to `each`, in the order of ingest_id.
pub fn rows(
    client: &mut Client,
    export: &str,
    number: i64,
    days: Option<(i64, i64)>,
    columns: &[Column],
    mut each: impl FnMut(&[Cell<'_>]) -> Result<(), String>,
) -> Result<(), String> {
    let of_the_log: Vec<&Column> = columns.iter().filter(|column| column.source == Source::Log).collect();
    let names: Vec<String> = of_the_log.iter().map(|column| format!("r.{}", quoted(&column.name, '"'))).collect();
    let within = days.map_or(String::new(), |(first, last)| {
        format!(
            " where r.event_ts >= (date '1970-01-01' + {first})::timestamp at time zone 'UTC' \
             and r.event_ts < (date '1970-01-01' + {last} + 1)::timestamp at time zone 'UTC'"
        )
    });
    // COPY takes no parameters.
    let statement = format!(
        "copy (select {} from telemetry.export_rows({}, {number}) r{within}) to stdout (format binary)",
        names.join(", "),
        quoted(export, '\'')
    );
    let types: Vec<Type> = of_the_log.iter().map(|column| type_of(column.kind)).collect();
    let stream = client.copy_out(&statement).map_err(|error| describe(&error))?;
    let mut stream = BinaryCopyOutIter::new(stream, &types);
    let event_name = of_the_log.iter().position(|column| column.name == "event_name");
    let payload = of_the_log.iter().position(|column| column.name == "payload");
    let promoted: Vec<(&Column, &str, &[String])> = columns
        .iter()
        .filter_map(|column| match &column.source {
            Source::Payload { key, events } => Some((column, key.as_str(), events.as_slice())),
            Source::Log => None,
        })
        .collect();
    let mut texts = vec![String::new(); promoted.len()];
    while let Some(row) = stream.next().map_err(|error| describe(&error))? {
        let mut cells = Vec::with_capacity(columns.len());
        for (index, column) in of_the_log.iter().enumerate() {
            let raw: Option<Raw<'_>> = row.try_get(index).map_err(|error| describe(&error))?;
            cells.push(raw.map_or(Ok(Cell::Null), |raw| cell(column.kind, raw.0))?);
        }
        if !promoted.is_empty() {
            let name = event_name.and_then(|at| match cells[at] {
                Cell::Text(name) => Some(name),
                _ => None,
            });
            let is_wanted = |events: &[String]| name.is_some_and(|name| events.iter().any(|event| event == name));
            let document = match payload.map(|at| cells[at]) {
                Some(Cell::Json(text)) if promoted.iter().any(|(_, _, events)| is_wanted(events)) => json(text)?,
                _ => Value::Null,
            };
            for ((column, key, events), text) in promoted.iter().zip(&mut texts) {
                let value = if is_wanted(events) { promoted::find(&document, key) } else { None };
                cells.push(promoted::cell(value, column.kind, text));
            }
            each(&cells)?;
        } else {
            each(&cells)?;
        }
    }
    Ok(())
}

/// Whether this call committed it; false: somebody had, with the same files.
pub fn commit(
    client: &mut Client,
    export: &str,
    number: i64,
    worker: &str,
    files: &[FileEntry],
) -> Result<bool, String> {
    let files = serde_json::to_string(files).map_err(|error| error.to_string())?;
    let row = client
        .query_typed_one(
            "select telemetry.commit_export($1, $2, $3, $4::text::jsonb)",
            &[(&export, Type::TEXT), (&number, Type::INT8), (&worker, Type::TEXT), (&files, Type::TEXT)],
        )
        .map_err(|error| describe(&error))?;
    get(&row, 0)
}

/// The ranges after this number, as the database has them.
pub fn manifest(client: &mut Client, export: &str, since: Option<i64>) -> Result<Vec<RangeManifest>, String> {
    let rows = client
        .query_typed(
            "select number, part, after_id, until_id, first_id, last_id, rows, bytes, sha256, path, min_event_ts, max_event_ts, \
                    schema_version, committed_at, chain, format, file_columns::text \
             from telemetry.export_manifest($1, $2) order by number, part",
            &[(&export, Type::TEXT), (&since, Type::INT8)],
        )
        .map_err(|error| describe(&error))?;
    let mut ranges: Vec<RangeManifest> = Vec::new();
    for row in &rows {
        let number = get(row, 0)?;
        if ranges.last().is_none_or(|range| range.number != number) {
            ranges.push(RangeManifest {
                export: export.to_owned(),
                number,
                after_id: get(row, 2)?,
                until_id: get(row, 3)?,
                format: get(row, 15)?,
                schema_version: get(row, 12)?,
                columns: json(&get::<String>(row, 16)?)?,
                committed_at: moment(row, 13)?,
                files: Vec::new(),
            });
        }
        let file = FileEntry {
            part: get(row, 1)?,
            path: get(row, 9)?,
            rows: get(row, 6)?,
            bytes: get(row, 7)?,
            sha256: get(row, 8)?,
            first_id: get(row, 4)?,
            last_id: get(row, 5)?,
            min_event_ts: moment(row, 10)?,
            max_event_ts: moment(row, 11)?,
            chain: Some(get(row, 14)?),
        };
        if let Some(range) = ranges.last_mut() {
            range.files.push(file);
        }
    }
    Ok(ranges)
}

/// What the database finds when it compares what it committed with the log.
pub struct Finding {
    pub number: i64,
    pub finding: String,
    expected: Option<i64>,
    found: Option<i64>,
}

impl Finding {
    /// The word, and the numbers that it is about.
    pub fn told(&self) -> String {
        match (self.expected, self.found) {
            (Some(expected), Some(found)) => format!("{}: {found} instead of {expected}", self.finding),
            _ => self.finding.clone(),
        }
    }
}

pub fn verify(client: &mut Client, export: &str) -> Result<Vec<Finding>, String> {
    let rows = client
        .query_typed(
            "select number, finding, expected, found from telemetry.verify_export($1)",
            &[(&export, Type::TEXT)],
        )
        .map_err(|error| describe(&error))?;
    rows.iter()
        .map(|row| {
            Ok(Finding { number: get(row, 0)?, finding: get(row, 1)?, expected: get(row, 2)?, found: get(row, 3)? })
        })
        .collect()
}

fn get<'a, T: FromSql<'a>>(row: &'a Row, index: usize) -> Result<T, String> {
    row.try_get(index).map_err(|error| describe(&error))
}

fn moment(row: &Row, index: usize) -> Result<String, String> {
    match cell(Kind::Time, get::<Raw<'_>>(row, index)?.0)? {
        Cell::Time(micros) => Ok(super::lines::time(micros)),
        _ => Ok(String::new()),
    }
}

fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("the database's JSON: {error}"))
}

fn quoted(text: &str, mark: char) -> String {
    format!("{mark}{}{mark}", text.replace(mark, &format!("{mark}{mark}")))
}

fn type_of(kind: Kind) -> Type {
    match kind {
        Kind::Int2 => Type::INT2,
        Kind::Int4 => Type::INT4,
        Kind::Int8 => Type::INT8,
        Kind::Float4 => Type::FLOAT4,
        Kind::Float8 => Type::FLOAT8,
        Kind::Bool => Type::BOOL,
        Kind::Uuid => Type::UUID,
        Kind::Time => Type::TIMESTAMPTZ,
        Kind::Text => Type::TEXT,
        Kind::Json => Type::JSONB,
    }
}

/// The bytes of a value as the server sends them.
struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Raw<'a>, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Raw(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A value in PostgreSQL's binary form.
fn cell(kind: Kind, raw: &[u8]) -> Result<Cell<'_>, String> {
    let read = match kind {
        Kind::Int2 => raw.try_into().ok().map(|raw| Cell::Integer(i64::from(i16::from_be_bytes(raw)))),
        Kind::Int4 => raw.try_into().ok().map(|raw| Cell::Integer(i64::from(i32::from_be_bytes(raw)))),
        Kind::Int8 => raw.try_into().ok().map(|raw| Cell::Integer(i64::from_be_bytes(raw))),
        Kind::Float4 => raw.try_into().ok().map(|raw| Cell::Float4(f32::from_be_bytes(raw))),
        Kind::Float8 => raw.try_into().ok().map(|raw| Cell::Float8(f64::from_be_bytes(raw))),
        Kind::Bool => raw.first().map(|byte| Cell::Bool(*byte != 0)),
        Kind::Uuid => raw.try_into().ok().map(Cell::Uuid),
        // A time that a client claims may be infinite, which no file knows.
        Kind::Time => {
            raw.try_into().ok().map(|raw| i64::from_be_bytes(raw).checked_add(EPOCH).map_or(Cell::Null, time))
        }
        Kind::Text => std::str::from_utf8(raw).ok().map(Cell::Text),
        // Its first byte is the version of the form.
        Kind::Json => raw.split_first().and_then(|(_, text)| std::str::from_utf8(text).ok()).map(Cell::Json),
    };
    read.ok_or_else(|| format!("a value of the type {kind:?} is not as the server writes it"))
}

fn time(micros: i64) -> Cell<'static> {
    if micros == i64::MIN + EPOCH { Cell::Null } else { Cell::Time(micros) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_the_server_sends_them() {
        assert_eq!(cell(Kind::Int2, &[0xff, 0xfe]), Ok(Cell::Integer(-2)));
        assert_eq!(cell(Kind::Time, &0_i64.to_be_bytes()), Ok(Cell::Time(EPOCH)));
        assert_eq!(cell(Kind::Time, &i64::MAX.to_be_bytes()), Ok(Cell::Null));
        assert_eq!(cell(Kind::Time, &i64::MIN.to_be_bytes()), Ok(Cell::Null));
        assert_eq!(cell(Kind::Json, b"\x01{}"), Ok(Cell::Json("{}")));
        assert!(cell(Kind::Int8, &[1]).is_err());
    }

    #[test]
    fn names_are_quoted() {
        assert_eq!(quoted("a'b", '\''), "'a''b'");
        assert_eq!(quoted("a\"b", '"'), "\"a\"\"b\"");
    }
}
