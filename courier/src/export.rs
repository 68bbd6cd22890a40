//! `export`: the log in files. The database says which range is next and keeps count; the courier writes its rows as files,
//! tells the database, and then publishes the range in the manifest beside the files.
//!
//! Whatever is killed in between, the range is the same again, its files have the same names and bytes, and what is there
//! already is taken for what it is. A reader goes by the manifest, which only ever names what the database committed.

mod calls;
mod chunk;
mod columns;
mod compacting;
mod days;
mod importing;
mod lines;
pub mod manifest;
mod parquet_file;
mod parts;
pub mod place;
mod promoted;
mod publishing;
pub mod reading;
pub mod staged;
mod verifying;

use std::time::{Duration, Instant};

use postgres::Client;

use self::calls::Claim;
use self::manifest::FileEntry;
use self::parts::{Format, Part, Parts};
use self::place::{Place, Put};
use crate::database::{Database, describe};
use crate::log;
use crate::stop::Bell;
use crate::vault::Vault;

pub use self::compacting::compact;
pub use self::importing::{each_line, import};
pub use self::verifying::{chain_holds, verify};

/// A lease of five minutes is renewed this often.
const RENEWAL: Duration = Duration::from_secs(100);
/// Days that are written in one pass over the rows of a range: each holds a file open.
const DAYS_AT_ONCE: usize = 200;

pub struct Exporter<'a> {
    pub database: &'a Database,
    pub export: &'a str,
    pub worker: String,
    place: Box<dyn Place>,
}

impl<'a> Exporter<'a> {
    pub fn new(database: &'a Database, vault: &Vault, export: &'a str, uri: &str) -> Result<Exporter<'a>, String> {
        // It names a folder too.
        if export.is_empty() || export.starts_with(['.', '_']) || export.contains(['/', '\\']) {
            return Err(format!("{export:?} is no name of an export"));
        }
        Ok(Exporter { database, export, worker: worker(), place: place::open(uri, export, vault)? })
    }

    /// Writes everything that is due. How many ranges and rows.
    pub fn once(&self, bell: &Bell) -> Result<(u64, i64), String> {
        let mut client = self.database.connect().map_err(|error| describe(&error))?;
        // What an earlier courier committed and did not come to publish.
        publishing::publish(&mut client, self.export, &*self.place)?;
        let (mut ranges, mut rows) = (0, 0);
        while !bell.is_stopping()
            && let Some(claim) = calls::claim(&mut client, self.export, &self.worker)?
        {
            let written = self.write(&mut client, &claim)?;
            publishing::publish(&mut client, self.export, &*self.place)?;
            log::info("exported", &[("export", &self.export), ("number", &claim.number), ("rows", &written)]);
            ranges += 1;
            rows += written;
        }
        Ok((ranges, rows))
    }

    fn write(&self, client: &mut Client, claim: &Claim) -> Result<i64, String> {
        let columns = columns::read(&claim.columns)?;
        let format = Format::read(&claim.format)?;
        let groups: Vec<Option<(i64, i64)>> = if claim.by_day {
            let days = calls::days(client, self.export, claim.number)?;
            days.chunks(DAYS_AT_ONCE).filter_map(|days| Some(Some((*days.first()?, *days.last()?)))).collect()
        } else {
            vec![None]
        };
        let mut lease = Lease { exporter: self, renewed: Instant::now() };
        let mut files = Vec::new();
        for days in groups {
            let mut parts = Parts::new(columns.clone(), format, claim.by_day)?;
            let streamed = calls::rows(client, self.export, claim.number, days, &columns, |row| {
                lease.keep()?;
                parts.push(row)
            });
            // What the writing thread says is the cause of what the stream says.
            let parts = parts.finish()?;
            streamed?;
            for part in parts.into_iter().filter(|part| part.rows > 0) {
                lease.keep()?;
                files.push(self.put(claim, part, &files)?);
            }
        }
        let rows = files.iter().map(|file| file.rows).sum();
        if !calls::commit(client, self.export, claim.number, &self.worker, &files)? {
            log::info("committed before", &[("export", &self.export), ("number", &claim.number)]);
        }
        Ok(rows)
    }

    fn put(&self, claim: &Claim, mut part: Part, before: &[FileEntry]) -> Result<FileEntry, String> {
        let path = path(claim, &part, before);
        match self.place.put(&path, &mut part.file, &part.sha256)? {
            Put::Written | Put::Equal => {}
            Put::Different => {
                return Err(format!(
                    "{path} is there with another content, and nothing is overwritten; no manifest names it: remove it when no \
                     other program has to do with it, and start again"
                ));
            }
        }
        Ok(FileEntry {
            part: i32::try_from(before.len() + 1).unwrap_or(i32::MAX),
            path,
            rows: part.rows,
            bytes: part.bytes,
            sha256: part.sha256,
            first_id: part.span.first_id,
            last_id: part.span.last_id,
            min_event_ts: lines::time(part.span.min_ts),
            max_event_ts: lines::time(part.span.max_ts),
            chain: None,
        })
    }
}

/// The name that the database gave, below the folder of its day where there is one; -2 and so on where a day has several files.
fn path(claim: &Claim, part: &Part, before: &[FileEntry]) -> String {
    let name = claim.file_name.rsplit('/').next().unwrap_or_default();
    let (stem, extension) = name.split_once('.').unwrap_or((name, ""));
    let folder = part.day.map_or(String::new(), |day| format!("day={}/", days::name(day)));
    let same = before.iter().filter(|file| file.path.starts_with(&format!("{folder}{stem}"))).count();
    let nth = if same == 0 { String::new() } else { format!("-{}", same + 1) };
    format!("{folder}{stem}{nth}.{extension}")
}

/// A range is this courier's for five minutes; a long one is claimed again meanwhile.
struct Lease<'a> {
    exporter: &'a Exporter<'a>,
    renewed: Instant,
}

impl Lease<'_> {
    fn keep(&mut self) -> Result<(), String> {
        if self.renewed.elapsed() < RENEWAL {
            return Ok(());
        }
        self.renewed = Instant::now();
        let mut client = self.exporter.database.connect().map_err(|error| describe(&error))?;
        calls::claim(&mut client, self.exporter.export, &self.exporter.worker).map(drop)
    }
}

/// The same after a restart on the same machine, so that it goes on at once instead of waiting for the end of its own lease. Two
/// at a time under one name do the same work twice, and nothing twice: names and bytes are the same.
fn worker() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    format!("export@{}", if name.is_empty() { "courier" } else { name })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(day: Option<i64>) -> Part {
        let span = parts::Span { first_id: 1, last_id: 2, min_ts: 0, max_ts: 0 };
        Part { day, file: staged::temporary().unwrap(), rows: 1, bytes: 1, sha256: String::new(), span }
    }

    #[test]
    fn names_of_files() {
        let claim = Claim {
            number: 42,
            file_name: "warehouse/00000042-000000000001-000000000002.parquet".to_owned(),
            format: "parquet".to_owned(),
            columns: serde_json::Value::Null,
            by_day: true,
        };
        assert_eq!(path(&claim, &part(None), &[]), "00000042-000000000001-000000000002.parquet");
        let first = path(&claim, &part(Some(20_420)), &[]);
        assert_eq!(first, "day=2025-11-28/00000042-000000000001-000000000002.parquet");
        let entry = FileEntry {
            part: 1,
            path: first,
            rows: 1,
            bytes: 1,
            sha256: String::new(),
            first_id: 1,
            last_id: 2,
            min_event_ts: String::new(),
            max_event_ts: String::new(),
            chain: None,
        };
        assert_eq!(
            path(&claim, &part(Some(20_420)), &[entry]),
            "day=2025-11-28/00000042-000000000001-000000000002-2.parquet"
        );
    }
}
