//! The heads that were signed, outside the database: `events/latest.checkpoint` is the last one, which the next one is compared with,
//! and `events/000000012345.checkpoint` is the one of 12,345 entries. Heads of a size are never overwritten. What was refused is
//! kept in `events/refused/`.

use std::io::Write as _;

use serde_json::json;
use sha2::{Digest as _, Sha256};
use telemetry_seals::checkpoint::Checkpoint;

use super::key::VerifyingKey;
use super::note::Note;
use crate::export::manifest::hexadecimal;
use crate::export::place::{Place, Put};
use crate::export::staged::{Hashed, temporary};

pub struct Heads<'a> {
    pub place: &'a dyn Place,
    /// Which log of the database: a folder of this name.
    pub log: &'a str,
    /// The keys that may have signed the last head.
    pub keys: &'a [VerifyingKey],
}

/// A head that was signed.
pub struct Signed {
    pub note: Note,
    pub head: Checkpoint,
    /// Of this very version of the document, which only is replaced.
    pub mark: Option<String>,
}

impl Heads<'_> {
    /// The last head. A folder that has heads and no last one was tampered with, or is another's: that is an error.
    pub fn last(&self) -> Result<Option<Signed>, String> {
        let path = self.latest();
        let Some((bytes, mark)) = self.place.read(&path)? else {
            let below = format!("{}/", self.log);
            return match self.place.list()?.into_iter().find(|path| path.starts_with(&below)) {
                None => Ok(None),
                Some(other) => Err(format!(
                    "{path} is missing though {other} is there: put the newest head back under that name, or begin in an empty folder"
                )),
            };
        };
        let (note, head) = self.believed(&path, bytes)?;
        Ok(Some(Signed { note, head, mark }))
    }

    /// Makes it the last head, where the last one is still that which it was compared with.
    pub fn keep(&self, note: &Note, mark: Option<&str>) -> Result<(), String> {
        if self.place.swap(&self.latest(), mark, note.written().as_bytes())? {
            return Ok(());
        }
        Err(format!("{} was replaced meanwhile: another witness writes there; start again", self.latest()))
    }

    /// Keeps a head under its size. One that is there already is left as it is: it may have other signatures, and no other root.
    pub fn file(&self, note: &Note, head: &Checkpoint) -> Result<(), String> {
        let path = format!("{}/{:012}.checkpoint", self.log, head.size);
        if self.put(&path, note.written().as_bytes())? != Put::Different {
            return Ok(());
        }
        let (bytes, _) = self.place.read(&path)?.ok_or_else(|| format!("{path} was there and is gone"))?;
        match Note::read(&String::from_utf8_lossy(&bytes)) {
            Ok(there) if there.text == note.text => Ok(()),
            _ => Err(format!(
                "{path} is there with another head of the same size: somebody changed it, or another log has this folder"
            )),
        }
    }

    /// Keeps both heads, so that anybody can see it. Where it is. Once for each pair.
    pub fn accuse(
        &self,
        last: &Note,
        found: &Checkpoint,
        proof: &[String],
        why: &str,
        at: &str,
    ) -> Result<String, String> {
        let pair = Sha256::digest(format!("{}\n{}", last.text, found.text()).as_bytes());
        let path = format!("{}/refused/{:012}-{}.json", self.log, found.size, &hexadecimal(&pair)[..16]);
        if !self.place.has(&path)? {
            let evidence =
                json!({"why": why, "seen_at": at, "signed": last.written(), "found": found.text(), "proof": proof});
            self.put(&path, format!("{evidence:#}\n").as_bytes())?;
        }
        Ok(path)
    }

    fn believed(&self, path: &str, bytes: Vec<u8>) -> Result<(Note, Checkpoint), String> {
        let text = String::from_utf8(bytes).map_err(|_| format!("{path} is not UTF-8"))?;
        let note = Note::read(&text).map_err(|fault| format!("{path}: {fault}"))?;
        note.signers(self.keys).map_err(|fault| {
            format!("{path}: {fault}: if the key was changed, name the public key of before with --trust")
        })?;
        let head = Checkpoint::parse(&note.text).map_err(|fault| format!("{path}: {fault}"))?;
        Ok((note, head))
    }

    fn latest(&self) -> String {
        format!("{}/latest.checkpoint", self.log)
    }

    fn put(&self, path: &str, content: &[u8]) -> Result<Put, String> {
        put(self.place, path, content)
    }
}

/// Puts a small document where none of its name is.
pub fn put(place: &dyn Place, path: &str, content: &[u8]) -> Result<Put, String> {
    let mut hashed = Hashed::new(temporary()?);
    hashed.write_all(content).map_err(|error| error.to_string())?;
    let (mut file, _, sha256) = hashed.finish();
    place.put(path, &mut file, &sha256)
}
