//! Secrets that stand after their name within a text: in the query or the fragment of a URL, in a form's body, in JSON
//! within a string, in a header, in a connection string.

use super::super::policy::words::{self, Secret};
use super::{is_mask, run_end};
use std::ops::Range;

/// The value after a name, without its quotes.
pub fn named_secret(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    (from..bytes.len()).find_map(|at| {
        let length = sign_length(bytes, at)?;
        if !may_follow_name(bytes, at) {
            return None;
        }
        let (name, is_quoted) = name_before(text, at)?;
        // What a name says of its value is lost where the name was masked before this sign.
        let secret = meaning(bytes, &name, name.end == at && bytes[at] != b':')?;
        value(text, at + length, &text[name], secret, bytes[at] == b':', is_quoted).filter(|hit| hit.start >= from)
    })
}

/// Of `=`, `:` or `%3D`; None where no value follows.
fn sign_length(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes[at] {
        // A comparison: password == null.
        b'=' if bytes.get(at + 1) == Some(&b'=') => None,
        b'=' | b':' => Some(1),
        b'%' if bytes[at + 1..].starts_with(b"3D") || bytes[at + 1..].starts_with(b"3d") => Some(3),
        _ => None,
    }
}

/// Whether the sign at `at` may stand after a secret's name, by a look at the byte before it.
pub fn may_follow_name(bytes: &[u8], at: usize) -> bool {
    at >= 3
        && bytes.len() - at > 2
        && match bytes[at - 1] {
            // A URL: http://, and a time.
            byte if bytes[at] == b':' && (bytes[at + 1] == b'/' || byte.is_ascii_digit()) => false,
            byte => byte.is_ascii_alphanumeric() || matches!(byte, b'"' | b'\'' | b' ' | b']' | b'D' | b'_'),
        }
}

const LONGEST_NAME: usize = 96;

/// How far a cookie's first = is from its name, and how much of a value that is not
/// certain is read before it is one.
const FARTHEST_PAIR: usize = 256;
const LONGEST_WORD: usize = 64;

/// The name that ends before `at`, and whether it stands in quotes.
fn name_before(text: &str, at: usize) -> Option<(Range<usize>, bool)> {
    let bytes = text.as_bytes();
    let mut end = at;
    if bytes[end - 1] == b' ' {
        end -= 1;
    }
    let is_quoted = end > 0 && matches!(bytes[end - 1], b'"' | b'\'');
    if is_quoted {
        end -= 1;
        while end > 0 && bytes[end - 1] == b'\\' && at - end < 16 {
            end -= 1;
        }
    }
    let belongs = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'[' | b']' | b'%');
    let length = bytes[..end].iter().rev().take(LONGEST_NAME).take_while(belongs).count();
    (length >= 3).then_some((end - length..end, is_quoted))
}

/// Names that are secret in a URL or form only: elsewhere a code is one of an article.
const OF_URLS: [&[u8]; 15] = [
    b"code",
    b"sig",
    b"signature",
    b"auth",
    b"pass",
    b"hmac",
    b"ticket",
    b"samlresponse",
    b"x-amz-credential",
    b"sid",
    b"jsessionid",
    b"phpsessid",
    b"oauth_verifier",
    b"code_verifier",
    b"bearer",
];

fn meaning(bytes: &[u8], name: &Range<usize>, may_be_url: bool) -> Option<Secret> {
    let text = std::str::from_utf8(&bytes[name.clone()]).ok()?;
    if let Some(secret) = words::secret(text) {
        return Some(secret);
    }
    let is_field = may_be_url
        && match name.start.checked_sub(1) {
            Some(before) => matches!(bytes[before], b'?' | b'&' | b'#' | b';' | b'/'),
            None => bytes.contains(&b'&'),
        };
    let text = text.as_bytes();
    let is_signature = text.len() >= 10 && text[text.len() - 10..].eq_ignore_ascii_case(b"-signature");
    (is_field && (is_signature || OF_URLS.iter().any(|name| name.eq_ignore_ascii_case(text))))
        .then_some(Secret { name: "token", is_plural: false })
}

fn value(
    text: &str,
    mut at: usize,
    name: &str,
    secret: Secret,
    is_colon: bool,
    is_quoted_name: bool,
) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let spaces = bytes[at..].iter().take(4).take_while(|byte| **byte == b' ').count();
    at += spaces;
    // The first of a list.
    if is_quoted_name && bytes.get(at) == Some(&b'[') {
        at += 1;
    }
    let slashes = bytes[at..].iter().take(8).take_while(|byte| **byte == b'\\').count();
    let quote = bytes.get(at + slashes).copied().filter(|byte| matches!(byte, b'"' | b'\''));
    let is_certain = quote.is_some() || !(is_colon || spaces > 0 || is_quoted_name);
    if let Some(quote) = quote {
        at += slashes + 1;
        // The same quote with as many slashes closes it; where none does the text was cut off.
        let mut end = at;
        let mut seen = 0;
        while end < bytes.len() && !(bytes[end] == quote && seen <= slashes) {
            seen = if bytes[end] == b'\\' { seen + 1 } else { 0 };
            end += 1;
        }
        let end = if end < bytes.len() { end - seen } else { end };
        return accepted(text, at..end.max(at), secret, true);
    }
    if secret.name == "cookie" && is_colon {
        let start = &bytes[at..bytes.len().min(at + FARTHEST_PAIR)];
        let line = &start[..run_end(start, 0, |byte| !matches!(byte, b'\r' | b'\n' | b'"'))];
        // Before the line is read to its end: many names in one line would else take quadratic time.
        if !line.contains(&b'=') {
            return None;
        }
        return Some(at..run_end(bytes, at, |byte| !matches!(byte, b'\r' | b'\n' | b'"')));
    }
    let ends = |byte: u8| byte.is_ascii_whitespace() || b"&;\"'<>,`#\\".contains(&byte);
    // What is certain is a hit, however long; of the rest many names in one run would else take quadratic time.
    let whole = bytes;
    let bytes = if is_certain { bytes } else { &bytes[..text.floor_char_boundary(at + LONGEST_WORD)] };
    let mut end = run_end(bytes, at, |byte| !ends(byte));
    if let Some(escape) = bytes[at..end].windows(3).position(|part| part == b"%26") {
        end = at + escape;
    }
    // A scheme stands before what is secret: Authorization: Token abc.
    if secret.name == "authorization"
        && bytes.get(end) == Some(&b' ')
        && bytes[at..end].iter().all(u8::is_ascii_alphabetic)
    {
        at = end + 1;
        end = run_end(bytes, at, |byte| !ends(byte));
    }
    let trailing = bytes[at..end].iter().rev().take_while(|byte| matches!(byte, b')' | b'}' | b'.' | b'?')).count();
    let end = end - trailing;
    // A call in source text: token = getToken().
    if name.is_empty() || (!is_certain && bytes[at..end].contains(&b'(')) {
        return None;
    }
    let hit = accepted(text, at..end, secret, is_certain)?;
    let is_cut = !is_certain && end == bytes.len();
    Some(if is_cut { hit.start..run_end(whole, end, |byte| !ends(byte)) } else { hit })
}

fn accepted(text: &str, range: Range<usize>, secret: Secret, is_certain: bool) -> Option<Range<usize>> {
    let value = text.get(range.clone())?;
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    let is_harmless = is_mask(value)
        || words::is_harmless_value(secret.name, value)
        || secret.is_plural && is_number
        || matches!(value, "undefined" | "nil" | "None" | "{" | "[" | "***");
    (!is_harmless && (is_certain || is_opaque(value))).then_some(range)
}

/// Rather a secret than a word of a sentence: a digit, a sign or a capital within.
pub fn is_opaque(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.len() >= 3
        && bytes[0] != b'['
        && (bytes.iter().any(u8::is_ascii_digit)
            || bytes.iter().any(|byte| b"!$%^*+=@#~".contains(byte))
            || bytes.len() >= 8
                && bytes[1..].iter().any(u8::is_ascii_uppercase)
                && bytes.iter().any(u8::is_ascii_lowercase))
}
