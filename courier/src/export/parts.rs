//! The rows of a range on their way into files: one file, or one a day. What waits in memory is bounded by its size; the
//! fullest day goes out first, so that the same rows give the same bytes.
//!
//! Rows are compressed in a thread of their own while the next ones are read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::chunk::{Cell, Chunk};
use super::columns::{self, Column};
use super::lines;
use super::parquet_file::{MOST_ROWS_IN_A_GROUP, ParquetFile};
use super::staged::{Hashed, temporary};

/// What may wait in memory. Two more of these are on their way through the compressing thread.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// A file is closed when it has as many rows, or as many bytes, at the end of a row group.
const MOST_ROWS_IN_A_FILE: i64 = 1024 * 1024;
const MOST_BYTES_IN_A_FILE: i64 = 128 * 1024 * 1024;
const MICROS_OF_A_DAY: i64 = 86_400_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Parquet,
    JsonLines,
    Csv,
}

impl Format {
    pub fn read(name: &str) -> Result<Format, String> {
        match name {
            "parquet" => Ok(Format::Parquet),
            "jsonl" => Ok(Format::JsonLines),
            "csv" => Ok(Format::Csv),
            other => Err(format!("this courier does not know the format {other:?}; it is older than the database")),
        }
    }
}

/// A finished file without a name yet, and what is in it.
pub struct Part {
    /// Days since 1970, where there is a file a day.
    pub day: Option<i64>,
    pub file: File,
    pub rows: i64,
    pub bytes: i64,
    pub sha256: String,
    pub span: Span,
}

/// The first and last ids and times of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub first_id: i64,
    pub last_id: i64,
    pub min_ts: i64,
    pub max_ts: i64,
}

impl Span {
    fn with(self, other: Span) -> Span {
        Span {
            first_id: self.first_id.min(other.first_id),
            last_id: self.last_id.max(other.last_id),
            min_ts: self.min_ts.min(other.min_ts),
            max_ts: self.max_ts.max(other.max_ts),
        }
    }
}

struct Waiting {
    chunk: Chunk,
    span: Span,
}

type Sent = (Option<i64>, Waiting);

pub struct Parts {
    columns: Vec<Column>,
    id: usize,
    ts: usize,
    by_day: bool,
    waiting: BTreeMap<Option<i64>, Waiting>,
    bytes: usize,
    sender: SyncSender<Sent>,
    encoder: JoinHandle<Result<Vec<Part>, String>>,
}

impl Parts {
    pub fn new(columns: Vec<Column>, format: Format, by_day: bool) -> Result<Parts, String> {
        let position = |name| columns::position(&columns, name).ok_or_else(|| format!("the columns lack {name}"));
        let (id, ts) = (position("ingest_id")?, position("event_ts")?);
        let (sender, receiver) = sync_channel(0);
        let encoded = columns.clone();
        let encoder = std::thread::spawn(move || encode(&encoded, format, &receiver));
        Ok(Parts { columns, id, ts, by_day, waiting: BTreeMap::new(), bytes: 0, sender, encoder })
    }

    /// Adds the next row in the order of ingest_id.
    pub fn push(&mut self, cells: &[Cell<'_>]) -> Result<(), String> {
        let (Some(Cell::Integer(id)), Some(Cell::Time(ts))) = (cells.get(self.id), cells.get(self.ts)) else {
            return Err("a row without ingest_id or event_ts".to_owned());
        };
        let span = Span { first_id: *id, last_id: *id, min_ts: *ts, max_ts: *ts };
        let day = self.by_day.then(|| ts.div_euclid(MICROS_OF_A_DAY));
        let waiting = self.waiting.entry(day).or_insert_with(|| Waiting { chunk: Chunk::new(&self.columns), span });
        let before = waiting.chunk.bytes;
        waiting.chunk.push(cells.iter().copied());
        waiting.span = waiting.span.with(span);
        self.bytes += waiting.chunk.bytes - before;
        if waiting.chunk.rows >= MOST_ROWS_IN_A_GROUP {
            return self.send(day);
        }
        if self.bytes >= MOST_BYTES {
            let fullest = self.waiting.iter().max_by_key(|(_, waiting)| waiting.chunk.bytes).map(|(day, _)| *day);
            return fullest.map_or(Ok(()), |day| self.send(day));
        }
        Ok(())
    }

    fn send(&mut self, day: Option<i64>) -> Result<(), String> {
        let Some(waiting) = self.waiting.remove(&day) else { return Ok(()) };
        self.bytes -= waiting.chunk.bytes;
        self.sender.send((day, waiting)).map_err(|_| "the files could not be written".to_owned())
    }

    /// The files, ordered by day and then as they were filled.
    pub fn finish(mut self) -> Result<Vec<Part>, String> {
        let days: Vec<Option<i64>> = self.waiting.keys().copied().collect();
        let sent = days.into_iter().try_for_each(|day| self.send(day));
        drop(self.sender);
        let parts = self.encoder.join().map_err(|_| "the thread that writes files ended".to_owned())?;
        parts.and_then(|parts| sent.map(|()| parts))
    }
}

enum Writer {
    Parquet(Box<ParquetFile<Hashed<File>>>),
    Lines(std::io::BufWriter<Hashed<File>>),
}

struct Open {
    writer: Writer,
    rows: i64,
    span: Span,
}

fn encode(columns: &[Column], format: Format, receiver: &Receiver<Sent>) -> Result<Vec<Part>, String> {
    let mut open: BTreeMap<Option<i64>, Open> = BTreeMap::new();
    let mut parts = Vec::new();
    for (day, waiting) in receiver {
        let mut file = match open.remove(&day) {
            Some(file) => file,
            None => Open { writer: Writer::new(columns, format)?, rows: 0, span: waiting.span },
        };
        file.rows += i64::try_from(waiting.chunk.rows).unwrap_or_default();
        file.span = file.span.with(waiting.span);
        file.writer.write(columns, format, waiting.chunk)?;
        if file.rows >= MOST_ROWS_IN_A_FILE || file.writer.bytes() >= MOST_BYTES_IN_A_FILE {
            parts.push(file.finish(day)?);
        } else {
            open.insert(day, file);
        }
    }
    for (day, file) in open {
        parts.push(file.finish(day)?);
    }
    parts.sort_by_key(|part: &Part| (part.day, part.span.first_id));
    Ok(parts)
}

impl Writer {
    fn new(columns: &[Column], format: Format) -> Result<Writer, String> {
        let file = Hashed::new(temporary()?);
        if format == Format::Parquet {
            return Ok(Writer::Parquet(Box::new(ParquetFile::new(columns, file)?)));
        }
        let mut out = std::io::BufWriter::new(file);
        if format == Format::Csv {
            lines::write_csv_header(columns, &mut out)?;
        }
        Ok(Writer::Lines(out))
    }

    fn write(&mut self, columns: &[Column], format: Format, chunk: Chunk) -> Result<(), String> {
        match self {
            Writer::Parquet(file) => file.write(chunk),
            Writer::Lines(out) if format == Format::Csv => lines::write_csv(&chunk, out),
            Writer::Lines(out) => lines::write_json(columns, &chunk, out),
        }
    }

    fn bytes(&self) -> i64 {
        match self {
            Writer::Parquet(file) => file.bytes(),
            Writer::Lines(out) => out.get_ref().bytes(),
        }
    }
}

impl Open {
    fn finish(self, day: Option<i64>) -> Result<Part, String> {
        let mut hashed = match self.writer {
            Writer::Parquet(file) => file.finish()?,
            Writer::Lines(out) => out.into_inner().map_err(|error| error.to_string())?,
        };
        hashed.flush().map_err(|error| error.to_string())?;
        let (file, bytes, sha256) = hashed.finish();
        Ok(Part { day, file, rows: self.rows, bytes, sha256, span: self.span })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Seek as _};

    use super::super::columns::{Kind, Source};
    use super::*;

    fn columns() -> Vec<Column> {
        [("ingest_id", Kind::Int8), ("event_ts", Kind::Time), ("payload", Kind::Json)]
            .map(|(name, kind)| Column { name: name.to_owned(), kind, source: Source::Log })
            .to_vec()
    }

    fn parts_of(format: Format, by_day: bool, rows: i64, payload: &str) -> Vec<Part> {
        let mut parts = Parts::new(columns(), format, by_day).unwrap();
        for id in 1..=rows {
            parts.push(&[Cell::Integer(id), Cell::Time((id % 3) * MICROS_OF_A_DAY), Cell::Json(payload)]).unwrap();
        }
        parts.finish().unwrap()
    }

    #[test]
    fn the_same_rows_give_the_same_bytes() {
        for format in [Format::Parquet, Format::JsonLines, Format::Csv] {
            let hashes = |parts: Vec<Part>| parts.into_iter().map(|part| part.sha256).collect::<Vec<_>>();
            let payload = format!("{{\"text\": \"{}\"}}", "x".repeat(5_000));
            assert_eq!(
                hashes(parts_of(format, true, 20_000, &payload)),
                hashes(parts_of(format, true, 20_000, &payload))
            );
        }
    }

    #[test]
    fn a_file_a_day() {
        let parts = parts_of(Format::Csv, true, 10, "{}");
        let days: Vec<_> =
            parts.iter().map(|part| (part.day, part.rows, part.span.first_id, part.span.last_id)).collect();
        assert_eq!(days, [(Some(0), 3, 3, 9), (Some(1), 4, 1, 10), (Some(2), 3, 2, 8)]);
    }

    #[test]
    fn what_is_counted_is_what_is_written() {
        let mut parts = parts_of(Format::JsonLines, false, 1000, "{}");
        let mut text = String::new();
        parts[0].file.rewind().unwrap();
        parts[0].file.read_to_string(&mut text).unwrap();
        assert_eq!((text.lines().count(), text.len()), (1000, usize::try_from(parts[0].bytes).unwrap()));
    }

    #[test]
    fn parquet_comes_back_as_it_went_in() {
        let list = serde_json::json!([
            {"name": "ingest_id", "type": "int8", "source": "column"},
            {"name": "event_ts", "type": "timestamptz", "source": "column"},
            {"name": "payload", "type": "json", "source": "column"}
        ]);
        let parts = parts_of(Format::Parquet, false, 300_000, "{\"a\": 1}");
        let mut next = 0;
        for part in parts {
            let (_, rows) = super::super::reading::rows_of_parquet(part.file, &list).unwrap();
            for chunk in rows {
                chunk
                    .unwrap()
                    .each_row(|row| {
                        next += 1;
                        assert_eq!(
                            row,
                            [Cell::Integer(next), Cell::Time((next % 3) * MICROS_OF_A_DAY), Cell::Json("{\"a\": 1}")]
                        );
                        Ok(())
                    })
                    .unwrap();
            }
        }
        assert_eq!(next, 300_000);
    }
}
