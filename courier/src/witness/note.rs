//! Pure: a signed note: a text, an empty line, and lines of signatures, as C2SP's signed-note and tlog-cosignature have them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::key::{KeyId, Kind, SIGNATURE_BYTES, SigningKey, VerifyingKey};

const MARK: &str = "\u{2014} ";
/// More signatures and longer notes are not read.
const MOST_SIGNATURES: usize = 64;
const MOST_BYTES: usize = 64 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// With its last line feed.
    pub text: String,
    pub signatures: Vec<Signature>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub name: String,
    pub id: KeyId,
    pub bytes: Vec<u8>,
}

/// Why a note is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Form,
    /// None of the keys signed it.
    Unsigned,
    /// A signature that names a known key is not of it.
    Forged,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Fault::Form => "it is no signed note",
            Fault::Unsigned => "no known key signed it",
            Fault::Forged => "a signature on it is forged, or the text was changed",
        })
    }
}

impl Note {
    /// A text, signed by the key of the log. The same text has the same signature.
    pub fn signed(text: &str, key: &SigningKey) -> Note {
        let public = key.verifying_key();
        let signature = Signature { name: public.name().to_owned(), id: public.id(), bytes: key.sign(text) };
        Note { text: text.to_owned(), signatures: vec![signature] }
    }

    pub fn read(note: &str) -> Result<Note, Fault> {
        if note.len() > MOST_BYTES || note.contains(|letter: char| letter < ' ' && letter != '\n') {
            return Err(Fault::Form);
        }
        let at = note.rfind("\n\n").ok_or(Fault::Form)?;
        let (text, lines) = (&note[..=at], &note[at + 2..]);
        let signatures = read_signatures(lines)?;
        if signatures.is_empty() { Err(Fault::Form) } else { Ok(Note { text: text.to_owned(), signatures }) }
    }

    /// Which of the keys signed it. Signatures of others are passed over; one that claims a known key must be of it.
    pub fn signers<'a>(&self, keys: &'a [VerifyingKey]) -> Result<Vec<&'a VerifyingKey>, Fault> {
        let mut signers = Vec::new();
        for signature in &self.signatures {
            for key in keys.iter().filter(|key| key.name() == signature.name && key.id() == signature.id) {
                if !signature.is_of(key, &self.text) {
                    return Err(Fault::Forged);
                }
                if !signers.contains(&key) {
                    signers.push(key);
                }
            }
        }
        if signers.is_empty() { Err(Fault::Unsigned) } else { Ok(signers) }
    }

    pub fn written(&self) -> String {
        let lines: String = self.signatures.iter().map(Signature::line).collect();
        format!("{}\n{lines}", self.text)
    }
}

impl Signature {
    fn is_of(&self, key: &VerifyingKey, text: &str) -> bool {
        match key.kind() {
            Kind::Log => key.signed(text.as_bytes(), &self.bytes),
            Kind::Witness => match self.bytes.split_first_chunk::<8>() {
                Some((time, signature)) if signature.len() == SIGNATURE_BYTES => {
                    let message = format!("cosignature/v1\ntime {}\n{text}", u64::from_be_bytes(*time));
                    key.signed(message.as_bytes(), signature)
                }
                _ => false,
            },
        }
    }

    fn line(&self) -> String {
        let mut bytes = self.id.to_vec();
        bytes.extend_from_slice(&self.bytes);
        format!("{MARK}{} {}\n", self.name, STANDARD.encode(bytes))
    }
}

/// Lines of signatures, as a note ends with them and a witness answers them.
pub fn read_signatures(lines: &str) -> Result<Vec<Signature>, Fault> {
    if !lines.is_empty() && !lines.ends_with('\n') {
        return Err(Fault::Form);
    }
    let signatures: Vec<Signature> = lines.split_terminator('\n').map(read_signature).collect::<Result<_, _>>()?;
    if signatures.len() > MOST_SIGNATURES { Err(Fault::Form) } else { Ok(signatures) }
}

fn read_signature(line: &str) -> Result<Signature, Fault> {
    let (name, bytes) = line.strip_prefix(MARK).and_then(|rest| rest.split_once(' ')).ok_or(Fault::Form)?;
    let bytes = STANDARD.decode(bytes).map_err(|_| Fault::Form)?;
    match bytes.split_first_chunk::<4>() {
        Some((id, rest)) if super::key::is_name(name) && !rest.is_empty() => {
            Ok(Signature { name: name.to_owned(), id: *id, bytes: rest.to_vec() })
        }
        _ => Err(Fault::Form),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The example of Go's package golang.org/x/mod/sumdb/note.
    const SECRET: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const TEXT: &str =
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\
                        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn key() -> SigningKey {
        SigningKey::read(SECRET).unwrap()
    }

    #[test]
    fn the_note_of_others() {
        assert_eq!(Note::signed(TEXT, &key()).written(), NOTE);
        let note = Note::read(NOTE).unwrap();
        assert_eq!(note.text, TEXT);
        assert_eq!(note.signers(&[key().verifying_key()]).unwrap(), [&key().verifying_key()]);
    }

    #[test]
    fn other_keys_are_passed_over_and_forgeries_are_not() {
        let other = SigningKey::new("PeterNeumann", [7; 32]).unwrap();
        let mut note = Note::signed(TEXT, &other);
        assert_eq!(note.signers(&[key().verifying_key()]), Err(Fault::Unsigned));
        note.signatures.extend(Note::signed(TEXT, &key()).signatures);
        assert_eq!(note.signers(&[key().verifying_key()]).unwrap().len(), 1);
        note.text = note.text.replace("cryptography", "a database");
        assert_eq!(note.signers(&[key().verifying_key()]), Err(Fault::Forged));
    }

    /// The example of c2sp.org/tlog-cosignature; its keys are not published, so that only its form is looked at.
    #[test]
    fn lines_of_a_witness() {
        let note = Note::read(concat!(
            "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n",
            "\u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n",
            "\u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
        ))
        .unwrap();
        assert_eq!(note.signatures[1].bytes.len(), 8 + SIGNATURE_BYTES);
    }

    #[test]
    fn what_is_no_note() {
        for note in [
            "",
            "text\n",
            "text\n\n",
            "text\n\n\u{2014} name\n",
            "text\n\n- name AAAAAAAA\n",
            "te\txt\n\n\u{2014} n AAAAAAAA\n",
        ] {
            assert_eq!(Note::read(note), Err(Fault::Form), "{note:?}");
        }
        assert_eq!(Note::read(NOTE.trim_end()), Err(Fault::Form));
    }

    proptest! {
        #[test]
        fn a_note_comes_back(text in "([ -~]{0,30}\n){1,4}") {
            let note = Note::signed(&text, &key());
            prop_assert_eq!(Note::read(&note.written()).unwrap(), note);
        }

        /// Whatever is changed in text or signature, it is not believed.
        #[test]
        fn a_flipped_bit_is_found(at in 0..NOTE.len(), bit in 0..7_u32) {
            let mut bytes = NOTE.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            let believed = String::from_utf8(bytes).ok().and_then(|text| Note::read(&text).ok())
                .is_some_and(|note| note.signers(&[key().verifying_key()]).is_ok());
            prop_assert!(!believed);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "(.|\n){0,200}") {
            let _ = Note::read(&text);
        }
    }
}
