//! The manifest beside the files: what the database has committed is written there, each range once, and then the pointer moves.

use std::io::Write as _;

use postgres::Client;

use super::calls;
use super::manifest::{Latest, RangeManifest, written};
use super::place::{Place, Put};
use super::reading;
use super::staged::{Hashed, temporary};

/// Publishes the ranges that the database has and the manifest has not.
pub fn publish(client: &mut Client, export: &str, place: &dyn Place) -> Result<(), String> {
    loop {
        let before = reading::latest(place)?;
        if let Some((latest, _)) = &before
            && latest.export != export
        {
            return Err(format!("the folder holds the export {:?}, not {export:?}", latest.export));
        }
        let since = before.as_ref().map(|(latest, _)| latest.number);
        let ranges = calls::manifest(client, export, since)?;
        let (Some(first), Some(last)) = (ranges.first(), ranges.last()) else { return Ok(()) };
        let after = before.as_ref().map(|(latest, _)| latest);
        if after.is_some_and(|latest| latest.until_id != first.after_id || latest.number + 1 != first.number) {
            return Err(format!(
                "the manifest ends at {:?} and the database goes on at {}: the folder belongs to another database or to an \
                 earlier export of this name; export to an empty folder",
                after.map(|latest| latest.until_id),
                first.after_id
            ));
        }
        for range in &ranges {
            are_there(place, range)?;
            write_once(place, &RangeManifest::path(range.number), &written(range)?)?;
        }
        let latest = Latest {
            export: export.to_owned(),
            first: after.map_or(first.number, |latest| latest.first),
            number: last.number,
            until_id: last.until_id,
            rows: after.map_or(0, |latest| latest.rows) + ranges.iter().map(RangeManifest::rows).sum::<i64>(),
            chain: last.files.last().and_then(|file| file.chain.clone()).unwrap_or_default(),
            compactions: after.map_or(0, |latest| latest.compactions),
        };
        let mark = before.as_ref().and_then(|(_, mark)| mark.as_deref());
        if place.swap(Latest::PATH, mark, &written(&latest)?)? {
            return Ok(());
        }
        // Another courier or a compaction replaced it: read it again.
    }
}

/// A manifest names no file that is not there: these were written to another place.
fn are_there(place: &dyn Place, range: &RangeManifest) -> Result<(), String> {
    for file in &range.files {
        if !place.has(&file.path)? {
            return Err(format!(
                "{} was exported and is not here: copy the files of {} from where it went, or register another export for this place",
                file.path, range.export
            ));
        }
    }
    Ok(())
}

/// A document that is never changed: another content under its name is an error.
pub fn write_once(place: &dyn Place, path: &str, content: &[u8]) -> Result<(), String> {
    let mut hashed = Hashed::new(temporary()?);
    hashed.write_all(content).map_err(|error| error.to_string())?;
    let (mut file, _, sha256) = hashed.finish();
    match place.put(path, &mut file, &sha256)? {
        Put::Written | Put::Equal => Ok(()),
        Put::Different => Err(format!(
            "{path} is there with another content: another program writes to this folder at the moment, or it belongs to another \
             database; start again, or take an empty folder"
        )),
    }
}
