//! The receipts of what was erased, beside the heads, as lines of JSON: after a restore from an older backup they say what has to be
//! erased again. `receipts/00000001.jsonl` and so on are written once; `receipts/latest.json` says how many there are.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use postgres::Client;
use serde::{Deserialize, Serialize};

use super::calls::{self, Receipt};
use super::heads::put;
use crate::export::manifest::written;
use crate::export::place::{Place, Put};

const LATEST: &str = "receipts/latest.json";
/// A transaction that erases is open for less than this: its receipt may come in behind later ones.
const LONGEST: TimeDelta = TimeDelta::days(1);

#[derive(Debug, Default, Serialize, Deserialize)]
struct Latest {
    files: u64,
    receipts: u64,
    /// The time of the last receipt.
    until: Option<DateTime<Utc>>,
    /// The receipts of the day before: they are found again, and not written again.
    recent: BTreeSet<String>,
}

/// Writes the receipts that are not there yet. How many.
pub fn keep(client: &mut Client, place: &dyn Place) -> Result<usize, String> {
    let before = place.read(LATEST)?;
    let mark = before.as_ref().and_then(|(_, mark)| mark.clone());
    let mut latest: Latest = match &before {
        None => Latest::default(),
        Some((bytes, _)) => {
            serde_json::from_slice(bytes).map_err(|error| format!("{LATEST} is not readable: {error}"))?
        }
    };
    // What a witness wrote that was killed before it said so.
    let next = |files: u64| format!("receipts/{:08}.jsonl", files + 1);
    let mut adopted = 0;
    while let Some((bytes, _)) = place.read(&next(latest.files))? {
        let lines = read(&next(latest.files), &bytes)?;
        adopted += lines.len();
        latest.add(&lines)?;
    }
    let since = latest.until.map(|until| (until - LONGEST).to_rfc3339());
    let mut new = calls::receipts(client, since.as_deref())?;
    new.retain(|receipt| !latest.recent.contains(&receipt.id));
    if !new.is_empty() {
        let path = next(latest.files);
        let lines: String = new.iter().map(|receipt| format!("{}\n", receipt.text)).collect();
        if put(place, &path, lines.as_bytes())? == Put::Different {
            return Err(format!("{path} was written meanwhile: another witness writes there; start again"));
        }
        latest.add(&new)?;
    }
    if new.len() + adopted > 0 && !place.swap(LATEST, mark.as_deref(), &written(&latest)?)? {
        return Err(format!("{LATEST} was replaced meanwhile: another witness writes there; start again"));
    }
    Ok(new.len() + adopted)
}

impl Latest {
    fn add(&mut self, receipts: &[Receipt]) -> Result<(), String> {
        let mut times = Vec::with_capacity(receipts.len());
        for receipt in receipts {
            let at = DateTime::parse_from_rfc3339(&receipt.at)
                .map_err(|error| format!("the time of receipt {}: {error}", receipt.id))?;
            times.push((at.with_timezone(&Utc), &receipt.id));
        }
        let newest = times.iter().map(|(at, _)| *at).max();
        if newest > self.until.map(|until| until + LONGEST) {
            self.recent.clear();
        }
        self.until = self.until.max(newest);
        // Older ones are not asked for again.
        let asked = self.until.map(|until| until - LONGEST);
        self.recent.extend(times.into_iter().filter(|(at, _)| Some(*at) >= asked).map(|(_, id)| id.clone()));
        self.files += 1;
        self.receipts += receipts.len() as u64;
        Ok(())
    }
}

fn read(path: &str, bytes: &[u8]) -> Result<Vec<Receipt>, String> {
    let unreadable = |what: &dyn std::fmt::Display| format!("{path} is not readable: {what}");
    let text = std::str::from_utf8(bytes).map_err(|error| unreadable(&error))?;
    let line = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).map_err(|error| unreadable(&error))?;
        let of = |key: &str| value[key].as_str().map(str::to_owned).ok_or_else(|| unreadable(&format!("no {key}")));
        Ok(Receipt { id: of("receipt_id")?, at: of("at")?, text: line.to_owned() })
    };
    text.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt(id: &str, at: &str) -> Receipt {
        Receipt { id: id.to_owned(), at: at.to_owned(), text: String::new() }
    }

    #[test]
    fn only_the_last_day_is_remembered() {
        let mut latest = Latest::default();
        latest.add(&[receipt("a", "2026-11-01T10:00:00+00:00"), receipt("b", "2026-11-01T12:00:00+00:00")]).unwrap();
        assert_eq!(latest.recent.iter().collect::<Vec<_>>(), ["a", "b"]);
        latest.add(&[receipt("c", "2026-11-05T10:00:00+01:00")]).unwrap();
        assert_eq!(latest.recent.iter().collect::<Vec<_>>(), ["c"]);
        // One that comes in late is remembered too, and the time does not go back.
        latest.add(&[receipt("d", "2026-11-05T08:00:00+00:00")]).unwrap();
        assert_eq!(latest.recent.iter().collect::<Vec<_>>(), ["c", "d"]);
        assert_eq!(latest.until.unwrap().to_rfc3339(), "2026-11-05T09:00:00+00:00");
        assert_eq!((latest.files, latest.receipts), (3, 4));
    }

    #[test]
    fn lines_come_back() {
        let lines = read("x", b"{\"receipt_id\": \"a\", \"at\": \"2026-11-01T10:00:00+00:00\"}\n").unwrap();
        assert_eq!(lines[0].id, "a");
        assert!(read("x", b"{}\n").is_err());
        assert!(read("x", b"\xff\n").is_err());
    }
}
