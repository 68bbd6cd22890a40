//! `verify-log`: whether an export is the log that a checkpoint was signed for, without a database. Leaves are computed from the rows of
//! the export, and their root is compared with that of the checkpoint.
//!
//! What is personal in a leaf is hidden by a secret of the person. The database hands these secrets out for an auditor, who has the
//! rows anyway, together with the leaves of what was erased or changed: `telemetry.audit_secrets()`.

mod comparing;
mod handed;
mod rows;

use std::path::Path;

use telemetry_seals::checkpoint::Checkpoint;

use self::comparing::{Found, compare};
use self::handed::Handed;
use crate::export::place;
use crate::export::{self, reading};
use crate::vault::Vault;
use crate::witness::key::VerifyingKey;
use crate::witness::note::Note;

/// Prints what it finds. Whether the export is the log.
pub fn verify(uri: &str, checkpoint: &Path, keys: &[String], handed: &Path, vault: &Vault) -> Result<bool, String> {
    let head = signed_head(checkpoint, keys)?;
    let handed = Handed::read(handed)?;
    let place = place::open(uri, "", vault)?;
    let export = reading::open(&*place)?.ok_or("nothing is published there: _manifest/latest.json is missing")?;
    if !export::chain_holds(&export) {
        return Err("the manifest of the export was changed".to_owned());
    }
    let rows = rows::read(&*place, &export, &handed)?;
    let found = compare(&rows, &handed, &head)?;
    tell(&found, &head);
    Ok(found.faults.is_empty())
}

/// The checkpoint, where one of the keys signed it.
fn signed_head(path: &Path, keys: &[String]) -> Result<Checkpoint, String> {
    let name = path.display();
    let keys = keys.iter().map(|key| VerifyingKey::read(key).map_err(|fault| format!("--key: {fault}")));
    let keys: Vec<VerifyingKey> = keys.collect::<Result<_, _>>()?;
    let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    let note = Note::read(&text).map_err(|fault| format!("{name}: {fault}"))?;
    note.signers(&keys).map_err(|fault| format!("{name}: {fault}"))?;
    Checkpoint::parse(&note.text).map_err(|fault| format!("{name}: {fault}"))
}

fn tell(found: &Found, head: &Checkpoint) {
    for fault in &found.faults {
        println!("not ok  {fault}");
    }
    if found.faults.is_empty() {
        println!("ok      {}: {} entries are what was signed", head.origin, head.size);
    }
    if found.gone > 0 {
        println!("note    {} of them are not in the export: they were erased, or expired", found.gone);
    }
    if !found.unproved.is_empty() {
        println!(
            "note    {} rows were erased or changed since they were sealed, so that nothing says what they were: {}",
            found.unproved.len(),
            comparing::named(&found.unproved)
        );
    }
}
