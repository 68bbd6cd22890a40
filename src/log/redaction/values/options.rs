//! Options: secrets after an option of a command line, `--password X`, `-token 'X'` and `curl -u user:X`.

use super::{is_word, run_end};
use crate::log::redaction::values::named::{accepted, is_opaque, quoted};
use crate::log::redaction::words::{self, Secret};
use std::ops::Range;

const LONGEST_OPTION: usize = 64;

/// At most so many spaces stand between an option and its value.
const MOST_SPACES: usize = 4;

/// Words that make it a sentence about an option and are not its value: "--password is deprecated".
const PROSE: [&str; 36] = [
    "is",
    "was",
    "are",
    "and",
    "or",
    "to",
    "for",
    "with",
    "option",
    "flag",
    "argument",
    "parameter",
    "must",
    "should",
    "can",
    "cannot",
    "may",
    "if",
    "when",
    "in",
    "on",
    "the",
    "a",
    "an",
    "has",
    "not",
    "instead",
    "as",
    "from",
    "but",
    "at",
    "by",
    "of",
    "which",
    "that",
    "will",
];

/// Says whether an option may start with the hyphen at `at`: one or two hyphens after a space or a quote, then a
/// letter.
pub fn starts(bytes: &[u8], at: usize) -> bool {
    bytes.get(at + 1).is_some_and(|next| next.is_ascii_alphabetic() || *next >= 0x80) && {
        let start = if at > 0 && bytes[at - 1] == b'-' { at - 1 } else { at };
        start == 0 || bytes[start - 1].is_ascii_whitespace() || b"\"'`(,[".contains(&bytes[start - 1])
    }
}

/// Returns the value after the option whose last hyphen is at `at`.
pub fn value(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if !starts(bytes, at) {
        return None;
    }
    let limit = bytes.len().min(at + 1 + LONGEST_OPTION);
    let end = run_end(&bytes[..limit], at + 1, |byte| is_word(byte) || b"-_.".contains(&byte));
    let spaces = bytes[end..].iter().take(MOST_SPACES).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let (name, start) = (text.get(at + 1..end)?, end + spaces);
    if spaces == 0 || start >= bytes.len() || bytes[start] == b'-' || name.ends_with(['-', '.']) {
        return None;
    }
    if matches!(name, "u" | "user" | "proxy-user") {
        return login(text, start);
    }
    let secret = words::secret(name).or((name == "pw").then_some(Secret::named("password")))?;
    let range = quoted(text, start).unwrap_or_else(|| {
        let end = run_end(bytes, start, |byte| !(byte.is_ascii_whitespace() || b"\"'`,;|&<>".contains(&byte)));
        start..end
    });
    let is_prose = PROSE.contains(&text.get(range.clone())?);
    if is_prose { None } else { accepted(text, range, secret, true) }
}

/// Returns the password of `user:password`. Numbers, and twice the same word, are ids of a system.
fn login(text: &str, start: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let whole = quoted(text, start)
        .unwrap_or_else(|| start..run_end(bytes, start, |byte| byte.is_ascii_graphic() && !b"\"'`".contains(&byte)));
    let (user, password) = text.get(whole.clone())?.split_once(':')?;
    let is_secret = !user.is_empty() && is_opaque(password) && !password.bytes().all(|byte| byte.is_ascii_digit());
    is_secret.then_some(whole.end - password.len()..whole.end)
}
