//! Pure: Ed25519 keys of signed notes, in the texts that the tools of transparency logs read and write: a private key is
//! `PRIVATE+KEY+name+id+base64`, a public one `name+id+base64`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};

const PRIVATE: &str = "PRIVATE+KEY+";
pub const SEED_BYTES: usize = 32;
const PUBLIC_BYTES: usize = 32;
pub const SIGNATURE_BYTES: usize = 64;

/// What a signature of a key says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Of the log: it signs the text.
    Log,
    /// Of a witness: it signs the text and the time.
    Witness,
}

impl Kind {
    fn byte(self) -> u8 {
        match self {
            Kind::Log => 1,
            Kind::Witness => 4,
        }
    }
}

/// The first bytes of a hash of name and key: with the name it tells which key a signature is of.
pub type KeyId = [u8; 4];

/// Why a text is no key. It never quotes the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Form,
    Name,
    Kind,
    Length,
    Id,
}

pub struct SigningKey {
    name: String,
    seed: [u8; SEED_BYTES],
    pair: Ed25519KeyPair,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    name: String,
    kind: Kind,
    bytes: [u8; PUBLIC_BYTES],
}

impl SigningKey {
    /// The key of this name that 32 random bytes give.
    pub fn new(name: &str, seed: [u8; SEED_BYTES]) -> Result<SigningKey, Fault> {
        if !is_name(name) {
            return Err(Fault::Name);
        }
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| Fault::Length)?;
        Ok(SigningKey { name: name.to_owned(), seed, pair })
    }

    pub fn read(text: &str) -> Result<SigningKey, Fault> {
        let (name, id, kind, bytes) = parts(text.trim().strip_prefix(PRIVATE).ok_or(Fault::Form)?)?;
        if kind != Kind::Log {
            return Err(Fault::Kind);
        }
        let key = SigningKey::new(name, bytes)?;
        if key.verifying_key().id() == id { Ok(key) } else { Err(Fault::Id) }
    }

    /// The secret itself: it goes to a file of secrets and nowhere else.
    pub fn secret_text(&self) -> String {
        format!("{PRIVATE}{}", joined(&self.name, self.verifying_key().id(), Kind::Log, &self.seed))
    }

    pub fn verifying_key(&self) -> VerifyingKey {
        let mut bytes = [0; PUBLIC_BYTES];
        bytes.copy_from_slice(self.pair.public_key().as_ref());
        VerifyingKey { name: self.name.clone(), kind: Kind::Log, bytes }
    }

    pub fn sign(&self, text: &str) -> Vec<u8> {
        self.pair.sign(text.as_bytes()).as_ref().to_vec()
    }
}

impl VerifyingKey {
    pub fn read(text: &str) -> Result<VerifyingKey, Fault> {
        let (name, id, kind, bytes) = parts(text.trim())?;
        let key = VerifyingKey { name: name.to_owned(), kind, bytes };
        if key.id() == id { Ok(key) } else { Err(Fault::Id) }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn id(&self) -> KeyId {
        let mut hash = Sha256::new();
        hash.update(self.name.as_bytes());
        hash.update(b"\n");
        hash.update([self.kind.byte()]);
        hash.update(self.bytes);
        let hash: [u8; 32] = hash.finalize().into();
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// Whether this key signed the message.
    pub fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.bytes).verify(message, signature).is_ok()
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&joined(&self.name, self.id(), self.kind, &self.bytes))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.name)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::Form => "it has not the form of a key: PRIVATE+KEY+name+id+base64, or name+id+base64 of a public one",
            Fault::Name => "the name of a key has no space, control character or +, and is not empty, such as example.com/telemetry",
            Fault::Kind => "it is no Ed25519 key of a log, or of a witness",
            Fault::Length => "an Ed25519 key has 32 bytes",
            Fault::Id => "its id does not fit its name and bytes: a character was changed",
        })
    }
}

pub fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|letter: char| letter.is_whitespace() || letter.is_control() || letter == '+')
}

fn joined(name: &str, id: KeyId, kind: Kind, bytes: &[u8]) -> String {
    let mut typed = vec![kind.byte()];
    typed.extend_from_slice(bytes);
    format!("{name}+{:08x}+{}", u32::from_be_bytes(id), STANDARD.encode(typed))
}

/// Name, id, kind and 32 bytes. The base64 may have a plus itself.
fn parts(text: &str) -> Result<(&str, KeyId, Kind, [u8; 32]), Fault> {
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(bytes)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(Fault::Form);
    };
    if !is_name(name) {
        return Err(Fault::Name);
    }
    if id.len() != 8 || !id.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(Fault::Form);
    }
    let id = u32::from_str_radix(id, 16).map_err(|_| Fault::Form)?.to_be_bytes();
    let bytes = STANDARD.decode(bytes).map_err(|_| Fault::Form)?;
    let (kind, bytes) = bytes.split_first().ok_or(Fault::Length)?;
    let kind = match kind {
        1 => Kind::Log,
        4 => Kind::Witness,
        _ => return Err(Fault::Kind),
    };
    Ok((name, id, kind, bytes.try_into().map_err(|_| Fault::Length)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The example of Go's package golang.org/x/mod/sumdb/note.
    const SECRET: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    #[test]
    fn texts_of_others() {
        let key = SigningKey::read(SECRET).unwrap();
        assert_eq!(key.verifying_key().to_string(), PUBLIC);
        assert_eq!(key.secret_text(), SECRET);
        assert_eq!(VerifyingKey::read(PUBLIC).unwrap(), key.verifying_key());
    }

    #[test]
    fn what_is_no_key() {
        for (text, fault) in [
            ("", Fault::Form),
            ("whsec_abc", Fault::Form),
            ("a+c74f20a3", Fault::Form),
            ("PeterNeumann+c74f20a3+!!!", Fault::Form),
            ("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", Fault::Id),
            ("Peter+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", Fault::Id),
            ("PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", Fault::Kind),
            ("PeterNeumann+c74f20a3+ARpc", Fault::Length),
            ("+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", Fault::Name),
        ] {
            assert_eq!(VerifyingKey::read(text), Err(fault), "{text}");
        }
        assert_eq!(SigningKey::read(PUBLIC).unwrap_err(), Fault::Form);
    }

    proptest! {
        #[test]
        fn a_key_comes_back_and_is_not_shown(seed: [u8; 32]) {
            let key = SigningKey::new("example.com/telemetry", seed).unwrap();
            let text = key.secret_text();
            prop_assert_eq!(SigningKey::read(&text).unwrap().verifying_key(), key.verifying_key());
            let secret = &text[text.len() - 30..];
            let shown = format!("{key:?} {}", key.verifying_key());
            prop_assert!(!shown.contains(secret));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,120}") {
            let _ = SigningKey::read(&text);
            let _ = VerifyingKey::read(&text);
        }
    }
}
