//! Signatures of witnesses over HTTP, as c2sp.org/tlog-witness says: a head that others saw as well cannot be shown to one person in
//! another way than to the next.

use std::time::Duration;

use ureq::Agent;
use ureq::http::Uri;

use super::key::VerifyingKey;
use super::note::{Note, Signature, read_signatures};
use crate::{http, target};

const TIMEOUT: Duration = Duration::from_secs(15);
/// A proof of a log of 2^63 entries is not longer.
const MOST_HASHES: usize = 63;

/// A witness that somebody else runs.
#[derive(Debug, Clone)]
pub struct Cosigner {
    pub key: VerifyingKey,
    url: Uri,
}

impl Cosigner {
    /// Reads `name+id+base64,https://witness.example/prefix`.
    pub fn read(text: &str, allow_private: bool) -> Result<Cosigner, String> {
        let (key, url) = text.split_once(',').ok_or("a witness is its public key, a comma, and its address")?;
        let key = VerifyingKey::read(key).map_err(|fault| format!("the key of the witness: {fault}"))?;
        let url = format!("{}/add-checkpoint", url.trim_end_matches('/'));
        let url = target::read(&url, allow_private).map_err(|_| {
            "the address of a witness begins with https://; http:// and private ones need --allow-private".to_owned()
        })?;
        Ok(Cosigner { key, url })
    }

    /// Has it sign. `before` is the size of the head that it signed last, as far as is known; it answers with the right one where
    /// it was another, and then is asked once more. `proof` gives the hashes from a size to that of the note.
    pub fn sign(
        &self,
        agent: &Agent,
        note: &Note,
        before: u64,
        mut proof: impl FnMut(u64) -> Result<Vec<String>, String>,
    ) -> Result<Signature, String> {
        let mut before = before;
        for attempt in 0..2 {
            let body = request(before, &if before == 0 { Vec::new() } else { proof(before)? }, note)?;
            let (status, answer) = http::exchange(agent, &self.url, body.as_bytes(), TIMEOUT)
                .map_err(|failure| format!("it was not reached: {}", failure.word()))?;
            match status {
                200 => return self.own(&answer, note),
                409 if attempt == 0 => {
                    before =
                        answer.trim_end().parse().map_err(|_| "it says that it signed another head of this size")?;
                }
                403 => return Err("it does not know the key of this log".to_owned()),
                404 => return Err("it does not know this log".to_owned()),
                409 => return Err("it signed another head meanwhile".to_owned()),
                422 => return Err("it says that the log is not consistent with what it signed".to_owned()),
                status => return Err(format!("it answered {status}")),
            }
        }
        Err("it does not say what it signed last".to_owned())
    }

    /// The signature of this very key among the lines, where it is one.
    fn own(&self, answer: &str, note: &Note) -> Result<Signature, String> {
        let signatures = read_signatures(answer).map_err(|_| "its answer is none")?;
        let own = signatures.into_iter().find(|own| own.name == self.key.name() && own.id == self.key.id());
        let own = own.ok_or("its answer has no signature of its key")?;
        let signed = Note { text: note.text.clone(), signatures: vec![own.clone()] };
        signed.signers(std::slice::from_ref(&self.key)).map_err(|fault| format!("its answer: {fault}"))?;
        Ok(own)
    }
}

fn request(before: u64, proof: &[String], note: &Note) -> Result<String, String> {
    if proof.len() > MOST_HASHES {
        return Err("the proof is too long".to_owned());
    }
    let hashes: String = proof.iter().map(|hash| format!("{hash}\n")).collect();
    Ok(format!("old {before}\n{hashes}\n{}", note.written()))
}

#[cfg(test)]
mod tests {
    use super::super::key::SigningKey;
    use super::*;

    #[test]
    fn what_is_asked() {
        let key = SigningKey::new("example.com/log", [1; 32]).unwrap();
        let note = Note::signed("example.com/log\n2\nAAAA\n", &key);
        let asked = request(1, &["PROOF".to_owned()], &note).unwrap();
        assert!(asked.starts_with("old 1\nPROOF\n\nexample.com/log\n2\nAAAA\n\n\u{2014} example.com/log "), "{asked}");
        assert!(asked.ends_with('\n') && !asked.ends_with("\n\n"));
        assert!(request(1, &vec![String::new(); 64], &note).is_err());
    }

    #[test]
    fn addresses() {
        let key = SigningKey::new("example.com/w", [1; 32]).unwrap().verifying_key();
        assert!(Cosigner::read(&format!("{key},https://example.com/w/"), false).is_ok());
        assert!(Cosigner::read(&format!("{key},http://127.0.0.1:1"), true).is_ok());
        for text in [
            format!("{key}"),
            format!("{key},http://example.com"),
            format!("{key},ftp://x"),
            ",https://example.com".to_owned(),
        ] {
            assert!(Cosigner::read(&text, false).is_err(), "{text}");
        }
    }
}
