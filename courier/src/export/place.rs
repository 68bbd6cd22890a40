//! Where files go: a folder of this machine, or a bucket of S3 and what speaks it.

mod bucket;
mod folder;
mod http;

use std::fs::File;

use crate::vault::Vault;

/// What became of a file that was put where none may be overwritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    Written,
    /// One of this name was there, and it is the same.
    Equal,
    /// One of this name was there, and it is another.
    Different,
}

/// Files below one folder. Paths use `/` and never begin with it.
pub trait Place {
    /// Puts a file whose content has this hash, whole or not at all, where none of this name is.
    fn put(&self, path: &str, file: &mut File, sha256: &str) -> Result<Put, String>;

    fn has(&self, path: &str) -> Result<bool, String>;

    /// A small document, and a mark of this very version of it. None where there is none.
    fn read(&self, path: &str) -> Result<Option<(Vec<u8>, Option<String>)>, String>;

    /// Replaces a document, where its mark is still this one; None: where there is none. Whether it was.
    fn swap(&self, path: &str, mark: Option<&str>, content: &[u8]) -> Result<bool, String>;

    /// Copies a file into another. How many bytes it has and their hash; None where there is none.
    fn fetch(&self, path: &str, into: &mut File) -> Result<Option<(i64, String)>, String>;

    /// The paths of all files.
    fn list(&self) -> Result<Vec<String>, String>;

    fn remove(&self, path: &str) -> Result<(), String>;
}

/// Opens the folder below a URI: `s3://bucket/folder`, `file:///folder` or a path.
pub fn open(uri: &str, below: &str, vault: &Vault) -> Result<Box<dyn Place>, String> {
    let joined = |root: &str| match (root.trim_end_matches('/'), below) {
        (root, "") => root.to_owned(),
        ("", below) if !root.starts_with('/') => below.to_owned(),
        (root, below) => format!("{root}/{below}"),
    };
    if let Some(rest) = uri.strip_prefix("s3://") {
        let (name, folder) = rest.split_once('/').unwrap_or((rest, ""));
        if name.is_empty() || name.contains(['@', ':', '?']) {
            return Err(
                "the address of a bucket is s3://bucket/folder; keys come from the environment or from secrets"
                    .to_owned(),
            );
        }
        return Ok(Box::new(bucket::Bucket::open(name, &joined(folder), vault)?));
    }
    let path = uri.strip_prefix("file://").unwrap_or(uri);
    if path.is_empty() || path.contains("://") {
        return Err(format!("{uri:?} is neither s3://bucket/folder nor file:///folder nor a path"));
    }
    Ok(Box::new(folder::Folder::open(&joined(path))))
}
