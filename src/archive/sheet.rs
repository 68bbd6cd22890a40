//! Pure: the lines of an archive. The last one says how many there are of a kind, and the sha256 of all bytes before it, so that
//! a receiver knows that nothing is missing.

use sha2::{Digest, Sha256};
use std::fmt::Write;

/// An answer of PostgreSQL has less than 1 GB.
const MOST_BYTES: usize = 1_000_000_000;

/// The format that the first line names. What reads archives refuses another one.
pub const FORMAT: &str = "telemetry archive 1";

/// Lines that are being gathered. They may come to more than an answer can hold, which [`Sheet::push`] says.
pub struct Sheet {
    lines: Vec<u8>,
    most: usize,
}

/// There are more bytes than one answer can hold.
#[derive(Debug, PartialEq, Eq)]
pub struct TooLarge;

impl Sheet {
    pub fn new() -> Sheet {
        Sheet { lines: Vec::new(), most: MOST_BYTES }
    }

    /// Adds lines, each with its line feed.
    pub fn push(&mut self, lines: &[u8]) -> Result<(), TooLarge> {
        if self.lines.len() + lines.len() > self.most {
            return Err(TooLarge);
        }
        self.lines.extend_from_slice(lines);
        Ok(())
    }

    /// Adds a row that is a JSON object already, with the name of what it is a row of.
    pub fn row(&mut self, kind: &str, object: &str) -> Result<(), TooLarge> {
        let mut line = format!("{{\"line\":\"{kind}\"");
        let members = object.trim_start().strip_prefix('{').unwrap_or("}");
        if !members.starts_with('}') {
            line.push_str(", ");
        }
        line.push_str(members);
        line.push('\n');
        self.push(line.as_bytes())
    }

    /// The lines that are there so far.
    pub fn text(&self) -> &[u8] {
        &self.lines
    }

    /// Ends the archive: `facts` are members of the last line, JSON each.
    pub fn end(mut self, facts: &[(&str, String)]) -> Result<Vec<u8>, TooLarge> {
        let mut line = String::from("{\"line\":\"end\"");
        for (name, json) in facts {
            // Writing to a String does not fail.
            let _ = write!(line, ",\"{name}\":{json}");
        }
        let _ = writeln!(line, ",\"sha256\":\"{}\"}}", sha256(&self.lines));
        self.push(line.as_bytes())?;
        Ok(self.lines)
    }
}

/// The sha256 of bytes, in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_proves_those_before_it() {
        let mut sheet = Sheet::new();
        sheet.push(b"{\"line\":\"about\"}\n").expect("room");
        sheet.row("alert", "{\"name\": \"a\"}").expect("room");
        sheet.row("tenant", "{}").expect("room");
        let text = String::from_utf8(sheet.end(&[("events", "2".into())]).expect("room")).expect("a text");
        let (before, last) = text.split_at(text.rfind("{\"line\":\"end\"").expect("an end"));
        assert_eq!(before, "{\"line\":\"about\"}\n{\"line\":\"alert\", \"name\": \"a\"}\n{\"line\":\"tenant\"}\n");
        assert_eq!(last, format!("{{\"line\":\"end\",\"events\":2,\"sha256\":\"{}\"}}\n", sha256(before.as_bytes())));
    }

    #[test]
    fn what_is_too_large_is_said_and_not_cut() {
        let mut sheet = Sheet { lines: Vec::new(), most: 4 };
        assert_eq!(sheet.push(b"1234"), Ok(()));
        assert_eq!(sheet.push(b"5"), Err(TooLarge));
        assert_eq!(sheet.end(&[]), Err(TooLarge), "the end needs room as well");
    }

    #[test]
    fn the_digest_is_that_of_the_standard() {
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
