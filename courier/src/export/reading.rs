//! An export read back, by its manifest alone: which ranges there are, which files hold them now, and the rows of a file.
//!
//! `_manifest/latest.json` says how far the export is published and how many compactions are in force. Each range has its
//! `_manifest/00000042.json`, each compaction its `_manifest/compaction-00000003.json`; both are written once and never changed.

mod parquet_rows;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Seek as _, SeekFrom};

use super::chunk::Chunk;
use super::columns::{self, Column};
use super::manifest::{Compaction, FileEntry, Latest, RangeManifest};
use super::place::Place;

/// An export as a reader sees it.
pub struct Export {
    pub latest: Latest,
    /// In the order of their numbers.
    pub ranges: Vec<RangeManifest>,
    pub compactions: Vec<Compaction>,
}

/// None where nothing is published.
pub fn open(place: &dyn Place) -> Result<Option<Export>, String> {
    let Some((latest, _)) = latest(place)? else { return Ok(None) };
    let ranges = (latest.first..=latest.number)
        .map(|number| document(place, &RangeManifest::path(number)))
        .collect::<Result<_, _>>()?;
    let compactions =
        (1..=latest.compactions).map(|number| document(place, &Compaction::path(number))).collect::<Result<_, _>>()?;
    Ok(Some(Export { latest, ranges, compactions }))
}

/// The pointer, and the mark by which it is replaced.
pub fn latest(place: &dyn Place) -> Result<Option<(Latest, Option<String>)>, String> {
    let Some((bytes, mark)) = place.read(Latest::PATH)? else { return Ok(None) };
    let latest =
        serde_json::from_slice(&bytes).map_err(|error| format!("{} is not readable: {error}", Latest::PATH))?;
    Ok(Some((latest, mark)))
}

pub fn document<T: serde::de::DeserializeOwned>(place: &dyn Place, path: &str) -> Result<T, String> {
    let (bytes, _) = place.read(path)?.ok_or_else(|| format!("{path} is missing"))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("{path} is not readable: {error}"))
}

/// A file that holds rows now, and what tells its columns.
#[derive(Debug, Clone)]
pub struct Held {
    pub file: FileEntry,
    pub format: String,
    pub columns: serde_json::Value,
    pub schema_version: i32,
    /// The day on which its range was committed, for files that a compaction did not write.
    pub committed_on: Option<String>,
}

impl Export {
    /// The files that hold the rows now, ordered by their first id: those of ranges that no compaction replaced, and those of
    /// compactions.
    pub fn files(&self) -> Vec<Held> {
        let mut held: Vec<Held> = self
            .ranges
            .iter()
            .flat_map(|range| {
                range.files.iter().map(|file| Held {
                    file: file.clone(),
                    format: range.format.clone(),
                    columns: range.columns.clone(),
                    schema_version: range.schema_version,
                    committed_on: Some(range.committed_at.chars().take(10).collect()),
                })
            })
            .collect();
        for group in self.compactions.iter().flat_map(|compaction| &compaction.groups) {
            let replaced: BTreeSet<&str> = group.replaces.iter().map(String::as_str).collect();
            held.retain(|other| !replaced.contains(other.file.path.as_str()));
            held.push(Held {
                file: group.file.clone(),
                format: group.format.clone(),
                columns: group.columns.clone(),
                schema_version: group.schema_version,
                committed_on: None,
            });
        }
        held.sort_by_key(|held| (held.file.first_id, held.file.last_id));
        held
    }
}

/// Fetches a file, and compares it with what its manifest says of it.
pub fn fetch(place: &dyn Place, file: &FileEntry) -> Result<File, String> {
    let mut local = super::staged::temporary()?;
    let Some((bytes, sha256)) = place.fetch(&file.path, &mut local)? else {
        return Err(format!("{} is missing", file.path));
    };
    if bytes != file.bytes || sha256 != file.sha256 {
        return Err(format!("{} is not what its manifest says: {bytes} bytes, sha256 {sha256}", file.path));
    }
    local.seek(SeekFrom::Start(0)).map_err(|error| error.to_string())?;
    Ok(local)
}

/// The rows of a Parquet file that was fetched, some at a time, and its columns.
pub fn rows_of_parquet(
    file: File,
    list: &serde_json::Value,
) -> Result<(Vec<Column>, impl Iterator<Item = Result<Chunk, String>>), String> {
    let columns = columns::read(list)?;
    let rows = parquet_rows::ParquetRows::open(file, columns.clone())?;
    Ok((columns, rows))
}
