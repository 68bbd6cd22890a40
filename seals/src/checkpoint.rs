//! A checkpoint as c2sp.org/tlog-checkpoint has it: the origin of the log, its size and its root in base64, a line each.

use crate::hash::Hash;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log it is of.
    pub origin: String,
    /// How many leaves its tree has.
    pub size: u64,
    pub root: Hash,
    /// Lines that others added; none is empty.
    pub extensions: Vec<String>,
}

/// Why a text is no checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    Origin,
    Size,
    Root,
    End,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unreadable::Origin => "its first line names no log",
            Unreadable::Size => "its second line is no size",
            Unreadable::Root => "its third line is no root of 32 bytes in base64",
            Unreadable::End => "its last line does not end",
        })
    }
}

impl Checkpoint {
    /// Reads the text of a checkpoint, or of a signed note that holds one: then the signatures are not looked at.
    pub fn parse(text: &str) -> Result<Checkpoint, Unreadable> {
        let body = text.split_once("\n\n").map_or(text, |(body, _)| body);
        let body = if body.len() < text.len() { body } else { body.strip_suffix('\n').ok_or(Unreadable::End)? };
        let mut lines = body.split('\n');
        let origin = lines.next().filter(|line| !line.is_empty()).ok_or(Unreadable::Origin)?;
        let size = lines.next().and_then(size_of).ok_or(Unreadable::Size)?;
        let root = lines.next().and_then(decode).ok_or(Unreadable::Root)?;
        Ok(Checkpoint { origin: origin.into(), size, root, extensions: lines.map(String::from).collect() })
    }

    /// Writes it: what a note signs.
    pub fn text(&self) -> String {
        let Checkpoint { origin, size, root, extensions } = self;
        let mut text = format!("{origin}\n{size}\n{}\n", encode(root));
        for line in extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

/// Reads a size in decimal, without leading zeros.
fn size_of(line: &str) -> Option<u64> {
    let size: u64 = line.parse().ok()?;
    (size.to_string() == line).then_some(size)
}

/// Writes a hash in base64, as checkpoints and proofs have it.
pub fn encode(hash: &Hash) -> String {
    BASE64_STANDARD.encode(hash)
}

/// Reads a hash in base64; None where it is none of 32 bytes.
pub fn decode(text: &str) -> Option<Hash> {
    BASE64_STANDARD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::EMPTY_ROOT;

    const EMPTY: &str = "example.com/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";

    #[test]
    fn the_empty_log_has_one() {
        let checkpoint = Checkpoint::parse(EMPTY).expect("a checkpoint");
        assert_eq!(
            checkpoint,
            Checkpoint { origin: "example.com/log".into(), size: 0, root: EMPTY_ROOT, extensions: vec![] }
        );
        assert_eq!(checkpoint.text(), EMPTY);
    }

    #[test]
    fn a_signed_note_holds_one() {
        let note = format!("{EMPTY}\n\u{2014} example.com/log AAAA\n");
        assert_eq!(Checkpoint::parse(&note), Checkpoint::parse(EMPTY));
    }

    #[test]
    fn lines_of_others_are_kept() {
        let text = format!("{EMPTY}more\nlines\n");
        let checkpoint = Checkpoint::parse(&text).expect("a checkpoint");
        assert_eq!(checkpoint.extensions, ["more", "lines"]);
        assert_eq!(checkpoint.text(), text);
    }

    #[test]
    fn what_is_none_is_refused() {
        let root = EMPTY.rsplit('\n').nth(1).expect("a root");
        for (text, problem) in [
            ("".to_string(), Unreadable::End),
            ("\n".into(), Unreadable::Origin),
            (format!("\n0\n{root}\n"), Unreadable::Origin),
            ("a\n".into(), Unreadable::Size),
            (format!("a\n01\n{root}\n"), Unreadable::Size),
            (format!("a\n+1\n{root}\n"), Unreadable::Size),
            (format!("a\n-1\n{root}\n"), Unreadable::Size),
            ("a\n1\n".into(), Unreadable::Root),
            ("a\n1\nAAAA\n".into(), Unreadable::Root),
            (format!("a\n1\n{}\n", root.trim_end_matches('=')), Unreadable::Root),
            (format!("a\n1\n{root}"), Unreadable::End),
        ] {
            assert_eq!(Checkpoint::parse(&text), Err(problem), "{text:?}");
        }
    }
}
