//! `compact`: the small files of a day become one. What was written stays as it is: a compaction adds a file and a document that
//! names what it replaces, and the pointer puts it in force, for every reader at one moment.
//!
//! Files are of one day where the export is partitioned by day, else where they were committed on one day. The current day is
//! left alone. `--remove` takes away the files that a compaction of an earlier run replaced.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};

use chrono::Utc;

use super::columns;
use super::days;
use super::lines;
use super::manifest::{Compaction, FileEntry, Group, Latest, written};
use super::parts::{Format, Part, Parts};
use super::place::{self, Place, Put};
use super::publishing::write_once;
use super::reading::{self, Export, Held};
use super::staged::{Hashed, temporary};
use crate::log;
use crate::vault::Vault;

/// How the name of a compacted file begins.
pub const MARK: &str = "compact";
/// A file of as many rows or bytes is not small. Two that are nearly so make one that is still within a file's bounds.
const MANY_ROWS: i64 = 512 * 1024;
const MANY_BYTES: i64 = 48 * 1024 * 1024;

/// How many files became how many.
pub fn compact(uri: &str, vault: &Vault, remove: bool) -> Result<(usize, usize), String> {
    let place = place::open(uri, "", vault)?;
    let Some(export) = reading::open(&*place)? else { return Err("nothing is published there".to_owned()) };
    if remove {
        remove_replaced(&*place, &export)?;
    }
    let mut groups = Vec::new();
    let number = export.latest.compactions + 1;
    // An earlier run that was killed may have come so far.
    let started = match place.read(&Compaction::path(number))? {
        Some(_) => Some(reading::document::<Compaction>(&*place, &Compaction::path(number))?),
        None => None,
    };
    let compaction = match started {
        Some(compaction) => compaction,
        None => {
            for files in small_files(&export, &Utc::now().date_naive().to_string()) {
                groups.push(merge(&*place, &files)?);
            }
            if groups.is_empty() {
                return Ok((0, 0));
            }
            let compaction = Compaction { export: export.latest.export.clone(), number, groups };
            write_once(&*place, &Compaction::path(number), &written(&compaction)?)?;
            compaction
        }
    };
    put_in_force(&*place, number)?;
    let before = compaction.groups.iter().map(|group| group.replaces.len()).sum();
    log::info("compacted", &[("export", &compaction.export), ("files", &before), ("into", &compaction.groups.len())]);
    Ok((before, compaction.groups.len()))
}

/// The pointer moves; an export that moved it meanwhile has its say too.
fn put_in_force(place: &dyn Place, number: i64) -> Result<(), String> {
    loop {
        let (latest, mark) = reading::latest(place)?.ok_or("the pointer is gone")?;
        if latest.compactions >= number {
            return Ok(());
        }
        let next = Latest { compactions: number, ..latest };
        if place.swap(Latest::PATH, mark.as_deref(), &written(&next)?)? {
            return Ok(());
        }
    }
}

/// Files to be merged, day by day, at least two each, in the order of ids.
fn small_files(export: &Export, today: &str) -> Vec<Vec<Held>> {
    let mut groups: BTreeMap<(String, i32, i64), Vec<Held>> = BTreeMap::new();
    let mut filled: BTreeMap<(String, i32), (i64, i64, i64)> = BTreeMap::new();
    for held in export.files() {
        let day = match held.file.path.strip_prefix("day=").and_then(|path| path.split_once('/')) {
            Some((day, _)) if days::is_name(day) => day.to_owned(),
            _ => held.committed_on.clone().unwrap_or_default(),
        };
        if day.is_empty() || day.as_str() >= today || is_large(held.file.rows, held.file.bytes) {
            continue;
        }
        // A new file is begun when one has enough.
        let (nth, rows, bytes) = filled.entry((day.clone(), held.schema_version)).or_insert((0, 0, 0));
        *rows += held.file.rows;
        *bytes += held.file.bytes;
        groups.entry((day, held.schema_version, *nth)).or_default().push(held);
        if is_large(*rows, *bytes) {
            (*nth, *rows, *bytes) = (*nth + 1, 0, 0);
        }
    }
    groups.into_values().filter(|files| files.len() > 1).collect()
}

fn is_large(rows: i64, bytes: i64) -> bool {
    rows >= MANY_ROWS || bytes >= MANY_BYTES
}

fn merge(place: &dyn Place, files: &[Held]) -> Result<Group, String> {
    let (Some(first), Some(last)) = (files.first(), files.last()) else { return Err("nothing to compact".to_owned()) };
    let mut part = if first.format == "parquet" { merge_parquet(place, files)? } else { merge_lines(place, files)? };
    let expected: i64 = files.iter().map(|held| held.file.rows).sum();
    if part.rows != expected {
        return Err(format!("{} rows became {}: the compaction stops", expected, part.rows));
    }
    let folder = first.file.path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let path = format!(
        "{folder}{MARK}-{:012}-{:012}-{}.{}",
        first.file.first_id,
        last.file.last_id,
        &part.sha256[..8],
        first.format
    );
    if place.put(&path, &mut part.file, &part.sha256)? == Put::Different {
        return Err(format!("{path} is there with another content; no manifest names it: remove it and start again"));
    }
    let file = FileEntry {
        part: 1,
        path,
        rows: part.rows,
        bytes: part.bytes,
        sha256: part.sha256,
        first_id: files.iter().map(|held| held.file.first_id).min().unwrap_or_default(),
        last_id: files.iter().map(|held| held.file.last_id).max().unwrap_or_default(),
        min_event_ts: files.iter().map(|held| held.file.min_event_ts.clone()).min().unwrap_or_default(),
        max_event_ts: files.iter().map(|held| held.file.max_event_ts.clone()).max().unwrap_or_default(),
        chain: None,
    };
    Ok(Group {
        file,
        format: first.format.clone(),
        schema_version: first.schema_version,
        columns: first.columns.clone(),
        replaces: files.iter().map(|held| held.file.path.clone()).collect(),
    })
}

fn merge_parquet(place: &dyn Place, files: &[Held]) -> Result<Part, String> {
    let Some(first) = files.first() else { return Err("nothing to compact".to_owned()) };
    let mut parts = Parts::new(columns::read(&first.columns)?, Format::Parquet, false)?;
    for held in files {
        let (_, chunks) = reading::rows_of_parquet(reading::fetch(place, &held.file)?, &held.columns)?;
        for chunk in chunks {
            chunk?.each_row(|row| parts.push(row))?;
        }
    }
    let mut parts = parts.finish()?;
    match (parts.pop(), parts.is_empty()) {
        (Some(part), true) => Ok(part),
        _ => Err("the files of a day became several".to_owned()),
    }
}

/// One after the other; the first line of CSV once.
fn merge_lines(place: &dyn Place, files: &[Held]) -> Result<Part, String> {
    let told = |error: std::io::Error| error.to_string();
    let mut out = Hashed::new(temporary()?);
    let mut rows = 0;
    for (index, held) in files.iter().enumerate() {
        let mut file = BufReader::new(reading::fetch(place, &held.file)?);
        if held.format == "csv" {
            let mut header = Vec::new();
            lines::write_csv_header(&columns::read(&held.columns)?, &mut header)?;
            let mut line = Vec::new();
            file.read_until(b'\n', &mut line).map_err(told)?;
            if line != header {
                return Err(format!("{} does not begin with the names of its columns", held.file.path));
            }
            if index == 0 {
                out.write_all(&line).map_err(told)?;
            }
        }
        std::io::copy(&mut file, &mut out).map_err(told)?;
        rows += held.file.rows;
    }
    let (file, bytes, sha256) = out.finish();
    let span = super::parts::Span { first_id: 0, last_id: 0, min_ts: 0, max_ts: 0 };
    Ok(Part { day: None, file, rows, bytes, sha256, span })
}

/// Files that no reader of today's pointer opens.
fn remove_replaced(place: &dyn Place, export: &Export) -> Result<(), String> {
    let held = export.files();
    let kept: BTreeSet<&str> = held.iter().map(|held| held.file.path.as_str()).collect();
    let replaced =
        export.compactions.iter().flat_map(|compaction| &compaction.groups).flat_map(|group| &group.replaces);
    let mut removed = 0;
    for path in replaced.filter(|path| !kept.contains(path.as_str())) {
        place.remove(path)?;
        removed += 1;
    }
    log::info("removed", &[("export", &export.latest.export), ("files", &removed)]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::manifest::RangeManifest;
    use super::*;

    fn range(number: i64, committed_at: &str, schema_version: i32, files: &[(&str, i64, i64)]) -> RangeManifest {
        let files = files
            .iter()
            .map(|(path, rows, bytes)| FileEntry {
                part: 1,
                path: (*path).to_owned(),
                rows: *rows,
                bytes: *bytes,
                sha256: String::new(),
                first_id: number * 10,
                last_id: number * 10 + 9,
                min_event_ts: String::new(),
                max_event_ts: String::new(),
                chain: None,
            })
            .collect();
        RangeManifest {
            export: "warehouse".to_owned(),
            number,
            after_id: number * 10 - 1,
            until_id: number * 10 + 9,
            format: "parquet".to_owned(),
            schema_version,
            columns: serde_json::Value::Null,
            committed_at: committed_at.to_owned(),
            files,
        }
    }

    fn merged(ranges: Vec<RangeManifest>) -> Vec<Vec<String>> {
        let latest = Latest {
            export: "warehouse".to_owned(),
            first: 1,
            number: 9,
            until_id: 99,
            rows: 0,
            chain: String::new(),
            compactions: 0,
        };
        let export = Export { latest, ranges, compactions: Vec::new() };
        let paths = |files: Vec<Held>| files.into_iter().map(|held| held.file.path).collect();
        small_files(&export, "2026-11-29").into_iter().map(paths).collect()
    }

    #[test]
    fn by_the_day_of_events_or_of_the_commit() {
        let ranges = vec![
            range(1, "2026-11-28T10:00:00Z", 1, &[("a", 5, 5), ("day=2026-11-27/a", 5, 5)]),
            range(2, "2026-11-28T11:00:00Z", 1, &[("b", 5, 5), ("day=2026-11-27/b", 5, 5)]),
            range(3, "2026-11-29T00:00:00Z", 1, &[("today", 5, 5), ("day=2026-11-29/today", 5, 5)]),
        ];
        assert_eq!(merged(ranges), [vec!["day=2026-11-27/a", "day=2026-11-27/b"], vec!["a", "b"]]);
    }

    #[test]
    fn large_files_other_schemas_and_single_files_stay() {
        let at = "2026-11-28T10:00:00Z";
        let ranges = vec![
            range(1, at, 1, &[("large", MANY_ROWS, 5)]),
            range(2, at, 1, &[("heavy", 5, MANY_BYTES)]),
            range(3, at, 1, &[("one", 5, 5)]),
            range(4, at, 2, &[("other", 5, 5)]),
        ];
        assert_eq!(merged(ranges), Vec::<Vec<String>>::new());
    }

    #[test]
    fn a_new_file_when_one_has_enough() {
        let at = "2026-11-28T10:00:00Z";
        let half = MANY_ROWS / 2;
        let paths = ["1", "2", "3", "4", "5"];
        let ranges = paths.iter().zip(1..).map(|(path, number)| range(number, at, 1, &[(path, half, 5)])).collect();
        assert_eq!(merged(ranges), [vec!["1", "2"], vec!["3", "4"]]);
    }
}
