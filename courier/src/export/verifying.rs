//! `verify-export`: whether the files are what was exported. It reads the manifest and every file, and compares with the
//! database where it may. A file that was lost, doubled, altered, exchanged or renamed is found.

use std::collections::{BTreeMap, BTreeSet};

use super::manifest::{FileEntry, Latest, RangeManifest, chain};
use super::place::{self, Place};
use super::reading::{self, Export};
use super::{calls, staged};
use crate::database::{Database, describe};
use crate::vault::Vault;

struct Report {
    findings: usize,
}

impl Report {
    fn bad(&mut self, line: &str) {
        self.findings += 1;
        println!("not ok  {line}");
    }
}

/// Prints what it finds. Whether nothing is wrong.
pub fn verify(uri: &str, vault: &Vault, database: Option<&Database>) -> Result<bool, String> {
    let place = place::open(uri, "", vault)?;
    let export = reading::open(&*place)?;
    let export = export.ok_or("nothing is published there: _manifest/latest.json is missing")?;
    let mut report = Report { findings: 0 };
    check_chain(&export, &mut report);
    check_compactions(&export, &mut report);
    let bytes = check_files(&*place, &export, &mut report)?;
    if let Some(database) = database {
        check_database(database, &export, &mut report)?;
    }
    let compared = if database.is_some() { ", compared with the database" } else { "" };
    if report.findings == 0 {
        println!(
            "ok      {}: {} events in {} files, {bytes} bytes, up to ingest_id {}{compared}",
            export.latest.export,
            export.latest.rows,
            export.files().len(),
            export.latest.until_id
        );
    }
    Ok(report.findings == 0)
}

/// Whether the manifest is one; prints where it is not.
pub fn chain_holds(export: &Export) -> bool {
    let mut report = Report { findings: 0 };
    check_chain(export, &mut report);
    check_compactions(export, &mut report);
    report.findings == 0
}

/// Ranges follow each other, and the chain is the one that their lines give.
fn check_chain(export: &Export, report: &mut Report) {
    let mut previous = String::new();
    let mut until = None;
    for (range, number) in export.ranges.iter().zip(export.latest.first..) {
        let name = RangeManifest::path(number);
        if range.number != number || range.export != export.latest.export {
            report.bad(&format!("{name}: it is the manifest of number {} of {:?}", range.number, range.export));
        }
        if until.is_some_and(|until| until != range.after_id) {
            report.bad(&format!(
                "{name}: a hole: it begins after {}, the one before ends at {}",
                range.after_id,
                until.unwrap_or(0)
            ));
        }
        until = Some(range.until_id);
        for (file, part) in range.files.iter().zip(1..) {
            let expected = chain(&previous, range, file);
            if file.part != part || file.chain.as_deref() != Some(&expected) {
                report.bad(&format!("{name}: the chain breaks at part {part}: a line was changed, or one is missing"));
            }
            if file.first_id <= range.after_id || file.last_id > range.until_id {
                report.bad(&format!("{name}: part {part} holds ids beyond its range"));
            }
            // Each break is told once.
            previous = file.chain.clone().unwrap_or_default();
        }
    }
    let rows: i64 = export.ranges.iter().map(RangeManifest::rows).sum();
    if export.latest.chain != previous || Some(export.latest.until_id) != until || export.latest.rows != rows {
        report.bad(&format!("{}: it does not say what the ranges say", Latest::PATH));
    }
}

/// A compaction holds as many rows as what it replaces, from the same ids and times.
fn check_compactions(export: &Export, report: &mut Report) {
    let mut known: BTreeMap<&str, &FileEntry> =
        export.ranges.iter().flat_map(|range| &range.files).map(|file| (file.path.as_str(), file)).collect();
    for compaction in &export.compactions {
        for group in &compaction.groups {
            let replaced: Vec<&FileEntry> =
                group.replaces.iter().filter_map(|path| known.remove(path.as_str())).collect();
            let same = replaced.len() == group.replaces.len()
                && replaced.iter().map(|file| file.rows).sum::<i64>() == group.file.rows
                && replaced.iter().map(|file| file.first_id).min() == Some(group.file.first_id)
                && replaced.iter().map(|file| file.last_id).max() == Some(group.file.last_id);
            if !same {
                report.bad(&format!("compaction {}: {} is not what it replaces", compaction.number, group.file.path));
            }
            known.insert(&group.file.path, &group.file);
        }
    }
}

/// Each file is as its manifest says, and there is no other. How many bytes they have.
fn check_files(place: &dyn Place, export: &Export, report: &mut Report) -> Result<i64, String> {
    let mut bytes = 0;
    let held = export.files();
    let mut sink = staged::temporary()?;
    for file in held.iter().map(|held| &held.file) {
        bytes += file.bytes;
        sink.set_len(0).map_err(|error| error.to_string())?;
        match place.fetch(&file.path, &mut sink)? {
            None => report.bad(&format!("{}: missing", file.path)),
            Some((bytes, _)) if bytes != file.bytes => {
                report.bad(&format!("{}: {bytes} bytes instead of {}", file.path, file.bytes));
            }
            Some((_, sha256)) if sha256 != file.sha256 => report.bad(&format!("{}: altered", file.path)),
            Some(_) => {}
        }
    }
    let mut known: BTreeSet<&str> = held.iter().map(|held| held.file.path.as_str()).collect();
    known.extend(export.ranges.iter().flat_map(|range| &range.files).map(|file| file.path.as_str()));
    known.extend(
        export.compactions.iter().flat_map(|compaction| &compaction.groups).map(|group| group.file.path.as_str()),
    );
    for path in place.list()? {
        if path.starts_with("_manifest/") || known.contains(path.as_str()) || is_on_its_way(&path, export.latest.number)
        {
            continue;
        }
        report.bad(&format!("{path}: no manifest names it"));
    }
    Ok(bytes)
}

/// A file of the next range, which a courier writes just now or will find when it starts again; or of a compaction that is not
/// in force yet.
fn is_on_its_way(path: &str, number: i64) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let first = name.split('-').next().unwrap_or_default();
    first.parse::<i64>().is_ok_and(|first| first == number + 1) || first == super::compacting::MARK
}

fn check_database(database: &Database, export: &Export, report: &mut Report) -> Result<(), String> {
    let mut client = database.connect().map_err(|error| describe(&error))?;
    let name = &export.latest.export;
    let committed = calls::manifest(&mut client, name, None)?;
    let by_number: BTreeMap<i64, &RangeManifest> = committed.iter().map(|range| (range.number, range)).collect();
    for range in &export.ranges {
        match by_number.get(&range.number) {
            Some(same) if *same == range => {}
            Some(_) => report.bad(&format!("{}: the database says otherwise", RangeManifest::path(range.number))),
            None => report.bad(&format!("{}: the database does not know it", RangeManifest::path(range.number))),
        }
    }
    let unpublished = committed.iter().filter(|range| range.number > export.latest.number).count();
    if unpublished > 0 {
        report
            .bad(&format!("{unpublished} ranges are committed and not published: run telemetry-courier export {name}"));
    }
    for finding in calls::verify(&mut client, name)? {
        let line = format!("{}: the database says {}", RangeManifest::path(finding.number), finding.told());
        // The files have what the log no longer has: that is what an archive is for.
        if ["erased", "partition_gone"].contains(&finding.finding.as_str()) {
            println!("note    {line}");
        } else {
            report.bad(&line);
        }
    }
    Ok(())
}
