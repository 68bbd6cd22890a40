//! Pure: the documents beside the files. They say which files belong to the export, and what is in them; the chain makes it
//! evident when a line of them was changed.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A file, as the database and the manifest know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    pub part: i32,
    /// Below the folder of the export.
    pub path: String,
    pub rows: i64,
    pub bytes: i64,
    /// In hexadecimal.
    pub sha256: String,
    pub first_id: i64,
    pub last_id: i64,
    pub min_event_ts: String,
    pub max_event_ts: String,
    /// The hash of the chain up to this file. Files of compactions have none: what they replace has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
}

/// A range of arrival and its files: `_manifest/00000042.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeManifest {
    pub export: String,
    pub number: i64,
    pub after_id: i64,
    pub until_id: i64,
    pub format: String,
    pub schema_version: i32,
    pub columns: serde_json::Value,
    pub committed_at: String,
    pub files: Vec<FileEntry>,
}

/// How far readers may read: `_manifest/latest.json`, the one document that is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latest {
    pub export: String,
    /// The ranges from `first` to `number` are published.
    pub first: i64,
    pub number: i64,
    pub until_id: i64,
    pub rows: i64,
    pub chain: String,
    /// The compactions 1 to this one are in force.
    pub compactions: i64,
}

/// Files that hold together what many held before: `_manifest/compaction-00000003.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compaction {
    pub export: String,
    pub number: i64,
    pub groups: Vec<Group>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub file: FileEntry,
    pub format: String,
    pub schema_version: i32,
    pub columns: serde_json::Value,
    /// The paths of the files whose rows it holds.
    pub replaces: Vec<String>,
}

impl RangeManifest {
    pub fn path(number: i64) -> String {
        format!("_manifest/{number:08}.json")
    }

    pub fn rows(&self) -> i64 {
        self.files.iter().map(|file| file.rows).sum()
    }
}

impl Latest {
    pub const PATH: &str = "_manifest/latest.json";
}

impl Compaction {
    pub fn path(number: i64) -> String {
        format!("_manifest/compaction-{number:08}.json")
    }
}

/// The hash that follows `previous`, which is empty before the first file.
pub fn chain(previous: &str, range: &RangeManifest, file: &FileEntry) -> String {
    let line = [
        range.export.as_str(),
        &range.number.to_string(),
        &file.part.to_string(),
        &range.after_id.to_string(),
        &range.until_id.to_string(),
        &file.first_id.to_string(),
        &file.last_id.to_string(),
        &file.rows.to_string(),
        &file.bytes.to_string(),
        &file.sha256,
        &file.min_event_ts,
        &file.max_event_ts,
        &range.schema_version.to_string(),
        &file.path,
    ]
    .join("|");
    hexadecimal(&Sha256::digest(format!("{previous}\n{line}").as_bytes()))
}

pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A document as it is written: the same content gives the same bytes.
pub fn written(document: &impl Serialize) -> Result<Vec<u8>, String> {
    let mut bytes = serde_json::to_vec_pretty(document).map_err(|error| error.to_string())?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_is_the_one_of_the_database() {
        let file = FileEntry {
            part: 1,
            path: "00000001-000000000001-000000000010.parquet".to_owned(),
            rows: 10,
            bytes: 1234,
            sha256: "ab".repeat(32),
            first_id: 1,
            last_id: 10,
            min_event_ts: "2026-11-28T00:00:00.000000Z".to_owned(),
            max_event_ts: "2026-11-28T01:00:00.000000Z".to_owned(),
            chain: None,
        };
        let range = RangeManifest {
            export: "warehouse".to_owned(),
            number: 1,
            after_id: 0,
            until_id: 10,
            format: "parquet".to_owned(),
            schema_version: 1,
            columns: serde_json::json!([]),
            committed_at: "2026-11-28T01:00:01.000000Z".to_owned(),
            files: vec![file.clone()],
        };
        let line = format!(
            "\nwarehouse|1|1|0|10|1|10|10|1234|{}|2026-11-28T00:00:00.000000Z|2026-11-28T01:00:00.000000Z|1|{}",
            file.sha256, file.path
        );
        assert_eq!(chain("", &range, &file), hexadecimal(&Sha256::digest(line.as_bytes())));
        assert_ne!(chain("", &range, &file), chain("a", &range, &file));
    }

    /// Documents as 0.1.0 writes them: a file beside an export is read for ever, and written again it has the same bytes.
    #[test]
    fn documents_of_the_first_release_are_read() {
        let file = r#"{
      "part": 1,
      "path": "00000001-000000000001-000000000010.parquet",
      "rows": 10,
      "bytes": 1234,
      "sha256": "abab",
      "first_id": 1,
      "last_id": 10,
      "min_event_ts": "2026-11-28T00:00:00.000000Z",
      "max_event_ts": "2026-11-28T01:00:00.000000Z",
      "chain": "cdcd"
    }"#;
        let range = format!(
            r#"{{
  "export": "warehouse",
  "number": 1,
  "after_id": 0,
  "until_id": 10,
  "format": "parquet",
  "schema_version": 1,
  "columns": [],
  "committed_at": "2026-11-28T01:00:01.000000Z",
  "files": [
    {file}
  ]
}}
"#
        );
        let read: RangeManifest = serde_json::from_str(&range).expect("a document");
        assert_eq!((read.rows(), read.files[0].chain.as_deref()), (10, Some("cdcd")));
        assert_eq!(String::from_utf8(written(&read).expect("it is written")).expect("text"), range);

        let latest = r#"{
  "export": "warehouse",
  "first": 1,
  "number": 7,
  "until_id": 70,
  "rows": 65,
  "chain": "efef",
  "compactions": 2
}
"#;
        let read: Latest = serde_json::from_str(latest).expect("a document");
        assert_eq!((read.number, read.compactions), (7, 2));
        assert_eq!(String::from_utf8(written(&read).expect("it is written")).expect("text"), latest);

        let group = r#"{"export": "warehouse", "number": 1, "groups": [{"file": FILE, "format": "parquet",
            "schema_version": 1, "columns": [], "replaces": ["a.parquet"]}]}"#;
        let read: Compaction = serde_json::from_str(&group.replace("FILE", file)).expect("a document");
        assert_eq!(read.groups[0].replaces, ["a.parquet"]);
    }
}
