//! `witness`: keeps the proof outside the database. It fetches the head of each sealed log, compares it with the last one that it
//! signed, and signs it where everything that was signed is still in it. The database never sees the key.
//!
//! ```text
//! key, note                 Ed25519 keys, and texts that are signed by them
//! judging                   whether a head may follow another
//! heads                     where signed heads and evidence are kept
//! calls                     what the database is asked
//! cosigning                 witnesses of others, over HTTP
//! receipts                  what was erased, to be erased again after a restore
//! measures                  what a monitor may ask
//! ```

mod calls;
mod cosigning;
mod heads;
mod judging;
pub mod key;
mod measures;
pub mod note;
mod receipts;

use std::process::ExitCode;
use std::sync::Arc;

use chrono::{SecondsFormat, Utc};
use postgres::Client;
use telemetry_seals::checkpoint::{self, Checkpoint};
use telemetry_seals::hash::{EMPTY_ROOT, Hash};
use telemetry_seals::proof::verify_consistency;
use ureq::Agent;

use self::cosigning::Cosigner;
use self::heads::{Heads, Signed};
use self::judging::{Refusal, Step};
use self::key::{SigningKey, VerifyingKey};
use self::measures::Measures;
use self::note::Note;
use crate::arguments;
use crate::database::{Database, describe};
use crate::export::place::{self, Place};
use crate::secret::Secret;
use crate::stop::Bell;
use crate::vault::Vault;
use crate::{http, log, monitor};

/// The exit status where a log is not what was signed. 1 is what could not be done this time.
const REFUSED: u8 = 3;

pub struct Witness {
    database: Database,
    place: Box<dyn Place>,
    logs: Vec<String>,
    key: SigningKey,
    /// The own key and those that signed before it.
    keys: Vec<VerifyingKey>,
    cosigners: Vec<Cosigner>,
    agent: Agent,
    measures: Arc<Measures>,
}

/// What came of one log.
enum Came {
    Empty,
    Same(u64),
    Signed { before: Option<u64>, size: u64 },
    Refused,
}

impl Witness {
    pub fn new(told: &arguments::Witness, vault: &Vault) -> Result<Witness, String> {
        let key = match vault.secret(&told.key) {
            None => Err("there is none; telemetry-courier witness-key makes one".to_owned()),
            Some(Secret::Signing(_)) => Err("it is a signing secret of webhooks".to_owned()),
            Some(Secret::Token(token)) => SigningKey::read(token.text()).map_err(|fault| fault.to_string()),
        };
        let key = key.map_err(|why| format!("the secret {}: {why}", told.key))?;
        let mut keys = vec![key.verifying_key()];
        for text in &told.trust {
            keys.push(VerifyingKey::read(text).map_err(|fault| format!("--trust: {fault}"))?);
        }
        let cosigners = told.witness.iter().map(|text| Cosigner::read(text, told.allow_private));
        let patience = told.every.map_or(0, |every| i64::try_from(every.as_secs()).unwrap_or(i64::MAX / 4) * 2 + 60);
        Ok(Witness {
            database: Database::new(&told.database_url)?,
            place: place::open(&told.to, "", vault)?,
            logs: told.log.clone(),
            key,
            keys,
            cosigners: cosigners.collect::<Result<_, _>>()?,
            agent: http::agent(told.allow_private),
            measures: Arc::new(Measures::new(patience).map_err(|error| error.to_string())?),
        })
    }

    /// Once: the exit status says what came of it.
    pub fn once(&self) -> Result<ExitCode, String> {
        Ok(if self.attend()? { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) })
    }

    /// Until it is told to stop. A log that was rewritten stays so: it ends with an error, and a service manager tells somebody.
    pub fn forever(&self, told: &arguments::Witness, every: std::time::Duration) -> Result<ExitCode, String> {
        let bell = Bell::hung()?;
        if let Some(address) = told.metrics {
            let monitored: Arc<dyn monitor::Monitored> = Arc::clone(&self.measures) as _;
            monitor::start(address, monitored)?;
        }
        while !bell.is_stopping() {
            match self.attend() {
                Ok(true) => {}
                Ok(false) => return Ok(ExitCode::from(REFUSED)),
                // What cannot be reached now is tried again.
                Err(error) => log::warn("not witnessed", &[("error", &error)]),
            }
            bell.wait(every);
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Every log, and the receipts. Whether all of them are what was signed: one that is not keeps no other from being signed.
    fn attend(&self) -> Result<bool, String> {
        let mut client = self.database.connect().map_err(|error| describe(&error))?;
        let (mut is_well, mut failed) = (true, None);
        for log in &self.logs {
            match self.attend_to(&mut client, log) {
                Ok(came) => is_well &= self.tell(log, &came),
                Err(error) => failed = Some(format!("{log}: {error}")),
            }
        }
        match receipts::keep(&mut client, &*self.place) {
            Ok(0) => {}
            Ok(count) => log::info("receipts kept", &[("receipts", &count)]),
            Err(error) => failed = Some(format!("receipts: {error}")),
        }
        match failed {
            Some(error) if is_well => Err(error),
            Some(error) => {
                log::warn("not witnessed", &[("error", &error)]);
                Ok(false)
            }
            None => {
                self.measures.last.set(monitor::unix_now());
                Ok(is_well)
            }
        }
    }

    fn tell(&self, name: &str, came: &Came) -> bool {
        self.measures.refused.with_label_values(&[name]).set(i64::from(matches!(came, Came::Refused)));
        match came {
            Came::Empty => log::info("nothing is sealed yet", &[("log", &name)]),
            Came::Same(size) => log::info("nothing new", &[("log", &name), ("size", size)]),
            Came::Signed { before: None, size } => {
                log::info("signed, as the first head of this folder", &[("log", &name), ("size", size)]);
            }
            Came::Signed { before: Some(before), size } => {
                log::info("signed", &[("log", &name), ("size", size), ("before", before)]);
            }
            Came::Refused => {}
        }
        if let Came::Signed { size, .. } | Came::Same(size) = came {
            self.measures.size.with_label_values(&[name]).set(i64::try_from(*size).unwrap_or(i64::MAX));
        }
        !matches!(came, Came::Refused)
    }

    fn attend_to(&self, client: &mut Client, log: &str) -> Result<Came, String> {
        let heads = Heads { place: &*self.place, log, keys: &self.keys };
        let last = heads.last()?;
        let Some(found) = calls::head(client, log)? else {
            let Some(last) = last else { return Ok(Came::Empty) };
            let origin = last.head.origin.clone();
            let empty = Checkpoint { origin, size: 0, root: EMPTY_ROOT, extensions: Vec::new() };
            let refusal = Refusal::Behind { was: last.head.size, is: 0 };
            return self.refuse(&heads, &last, &empty, &[], &refusal);
        };
        let step = match (judging::step(last.as_ref().map(|last| &last.head), &found), &last) {
            (Ok(step), _) => step,
            (Err(refusal), Some(last)) => return self.refuse(&heads, last, &found, &[], &refusal),
            (Err(refusal), None) => return Err(refusal.to_string()),
        };
        if let (Step::Grown, Some(last)) = (step, &last) {
            let Some(proof) = calls::proof(client, log, last.head.size, found.size)? else {
                return self.refuse(&heads, last, &found, &[], &Refusal::Unknown { was: last.head.size });
            };
            let hashes = hashes(&proof)?;
            let (older, newer) = ((last.head.size, &last.head.root), (found.size, &found.root));
            if verify_consistency(older, newer, &hashes).is_err() {
                let refusal = Refusal::Inconsistent { was: last.head.size, is: found.size };
                return self.refuse(&heads, last, &found, &proof, &refusal);
            }
        }
        if let Some(last) = &last {
            // One that was killed may have kept it as the last one only.
            heads.file(&last.note, &last.head)?;
        }
        let before = last.as_ref().map(|last| last.head.size);
        let mut note = match (step, &last) {
            (Step::Same, Some(last)) => last.note.clone(),
            _ => Note::signed(&found.text(), &self.key),
        };
        let mut mark = last.and_then(|last| last.mark);
        if step != Step::Same {
            // Kept before anybody sees it: whatever happens then, nothing else is ever signed for these entries.
            heads.keep(&note, mark.as_deref())?;
            mark = heads.last()?.and_then(|last| last.mark);
            self.measures.signed.with_label_values(&[log]).inc();
        }
        if self.cosign(client, log, &mut note, before.unwrap_or(0), found.size) {
            heads.keep(&note, mark.as_deref())?;
        }
        heads.file(&note, &found)?;
        Ok(if step == Step::Same { Came::Same(found.size) } else { Came::Signed { before, size: found.size } })
    }

    /// Asks the witnesses whose signatures the note lacks. Whether it has more of them now. One that does not answer is asked again
    /// next time.
    fn cosign(&self, client: &mut Client, log: &str, note: &mut Note, before: u64, size: u64) -> bool {
        let mut has_more = false;
        for cosigner in &self.cosigners {
            let (name, id) = (cosigner.key.name(), cosigner.key.id());
            if note.signatures.iter().any(|signature| signature.name == name && signature.id == id) {
                continue;
            }
            let proof = |from| {
                calls::proof(client, log, from, size)?
                    .ok_or_else(|| "it signed a head that the log never had".to_owned())
            };
            let signed = cosigner.sign(&self.agent, note, before, proof);
            let result = match signed {
                Ok(signature) => {
                    note.signatures.push(signature);
                    has_more = true;
                    "signed"
                }
                Err(error) => {
                    log::warn("not signed by a witness", &[("log", &log), ("witness", &name), ("error", &error)]);
                    "failed"
                }
            };
            self.measures.cosigned.with_label_values(&[name, result]).inc();
        }
        has_more
    }

    fn refuse(
        &self,
        heads: &Heads<'_>,
        last: &Signed,
        found: &Checkpoint,
        proof: &[String],
        refusal: &Refusal,
    ) -> Result<Came, String> {
        let at = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
        let evidence = heads.accuse(&last.note, found, proof, &refusal.to_string(), &at);
        let evidence = evidence.unwrap_or_else(|error| format!("nowhere: {error}"));
        log::warn("refused", &[("log", &heads.log), ("why", refusal), ("evidence", &evidence)]);
        Ok(Came::Refused)
    }
}

fn hashes(proof: &[String]) -> Result<Vec<Hash>, String> {
    let hashes: Option<_> = proof.iter().map(|hash| checkpoint::decode(hash)).collect();
    hashes.ok_or_else(|| "the database's proof holds something that is no hash".to_owned())
}

/// Makes a key of this name: the secret goes into a file that only its owner reads, and the public key is given back.
pub fn make_key(name: &str, file: &std::path::Path) -> Result<VerifyingKey, String> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut seed = [0; key::SEED_BYTES];
    getrandom::fill(&mut seed).map_err(|error| error.to_string())?;
    let key = SigningKey::new(name, seed).map_err(|fault| fault.to_string())?;
    let told = |error: std::io::Error| format!("{}: {error}", file.display());
    let mut made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).map_err(told)?;
    writeln!(made, "{}", key.secret_text()).and_then(|()| made.sync_all()).map_err(told)?;
    Ok(key.verifying_key())
}
