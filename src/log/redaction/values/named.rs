//! Named secrets stand after their name within a text: in the query or the fragment of a URL, in a form's body, in JSON
//! within a string, in a header, in a connection string. options.rs finds those after an option of a command line.

use super::{is_mask, options, run_end};
use crate::log::redaction::words::{self, Secret};
use std::ops::Range;

/// Finds the value after a name, without its quotes.
pub fn named_secret(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    (from..bytes.len()).find_map(|at| {
        if bytes[at] == b'-' {
            return options::value(text, at).filter(|hit| hit.start >= from);
        }
        let length = sign_length(bytes, at)?;
        if !may_follow_name(bytes, at) {
            return None;
        }
        let (name, is_quoted) = name_before(text, at)?;
        // What a name says of its value is lost where the name was masked before this sign.
        let may_be_url = name.end == at && bytes[at] != b':';
        let secret = match meaning(bytes, &name, may_be_url) {
            Some(secret) => secret,
            None if may_be_url && is_url_key(bytes, &name) => return key_value(text, at + length),
            None if is_quoted => meaning_of_pair(text, &name)?,
            None => return None,
        };
        value(text, at + length, &text[name], secret, bytes[at] == b':', is_quoted).filter(|hit| hit.start >= from)
    })
}

/// Returns the length of `=`, `:` or `%3D`, None where no value follows.
fn sign_length(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes[at] {
        // A comparison: password == null.
        b'=' if bytes.get(at + 1) == Some(&b'=') => None,
        b'=' | b':' => Some(1),
        b'%' if bytes[at + 1..].starts_with(b"3D") || bytes[at + 1..].starts_with(b"3d") => Some(3),
        _ => None,
    }
}

/// Says whether the sign at `at` may stand after a secret's name, by a look at the byte before it.
pub fn may_follow_name(bytes: &[u8], at: usize) -> bool {
    at >= 3
        && bytes.len() - at > 2
        && match bytes[at - 1] {
            // A URL: http://, and a time.
            byte if bytes[at] == b':' && (bytes[at + 1] == b'/' || byte.is_ascii_digit()) => false,
            byte => byte.is_ascii_alphanumeric() || byte >= 0x80 || matches!(byte, b'"' | b'\'' | b' ' | b']' | b'_'),
        }
}

const LONGEST_NAME: usize = 96;

/// The first = of a cookie is at most so far from its name, and so much of a value that is not certain is read before
/// it is one.
const FARTHEST_PAIR: usize = 256;
const LONGEST_WORD: usize = 64;

/// Words that stand between a name and its value in a sentence.
const COPULAS: [&str; 12] = ["is", "was", "ist", "lautet", "est", "es", "é", "è", "jest", "är", "er", "este"];

/// Returns the name that ends before `at`, and whether it stands in quotes.
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
    let belongs = |byte: &&u8| {
        byte.is_ascii_alphanumeric() || **byte >= 0x80 || matches!(byte, b'_' | b'-' | b'.' | b'[' | b']' | b'%')
    };
    let length = bytes[..end].iter().rev().take(LONGEST_NAME).take_while(belongs).count();
    let start = text.ceil_char_boundary(end - length);
    if !is_quoted && COPULAS.contains(&&text[start..end]) && start > 1 && bytes[start - 1] == b' ' {
        // "The password is: ..."; no further than one word.
        let end = start - 1;
        let length = bytes[..end].iter().rev().take(LONGEST_NAME).take_while(belongs).count();
        let start = text.ceil_char_boundary(end - length);
        return (end - start >= 3).then_some((start..end, false));
    }
    (end - start >= 3).then_some((start..end, is_quoted))
}

/// Names that are secret in a URL or form only: elsewhere a code is that of an article.
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
    let text = text.as_bytes();
    let is_signature = text.len() >= 10 && text[text.len() - 10..].eq_ignore_ascii_case(b"-signature");
    let is_of_urls = is_signature || OF_URLS.iter().any(|name| name.eq_ignore_ascii_case(text));
    let name_of = if text.eq_ignore_ascii_case(b"code") { "code" } else { "token" };
    (is_of_urls && may_be_url && is_field(bytes, name)).then_some(Secret::named(name_of))
}

/// Says whether the name is a field of a URL or a form.
fn is_field(bytes: &[u8], name: &Range<usize>) -> bool {
    match name.start.checked_sub(1) {
        Some(before) => matches!(bytes[before], b'?' | b'&' | b'#' | b';' | b'/'),
        None => bytes.contains(&b'&'),
    }
}

/// `?key=` and `?appid=` hold a secret or anything else: a secret is told by its form.
fn is_url_key(bytes: &[u8], name: &Range<usize>) -> bool {
    const KEYS: [&[u8]; 4] = [b"key", b"appid", b"app_key", b"license_key"];
    KEYS.iter().any(|key| key.eq_ignore_ascii_case(&bytes[name.clone()])) && is_field(bytes, name)
}

/// Finds a key by its form: 20 letters and digits, 16 of them in a row with both. An id with hyphens is none.
fn key_value(text: &str, at: usize) -> Option<Range<usize>> {
    const LONGEST_KEY: usize = 256;
    let bytes = text.as_bytes();
    let limit = bytes.len().min(at + LONGEST_KEY);
    let end = run_end(&bytes[..limit], at, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let value = &bytes[at..end];
    let has = |run: &[u8], belongs: fn(&u8) -> bool| run.iter().any(belongs);
    let is_mixed = |run: &[u8]| has(run, u8::is_ascii_digit) && has(run, u8::is_ascii_alphabetic);
    // Shorter ones where capitals, small letters and digits alternate as by chance.
    let class = |byte: u8| (byte.is_ascii_digit(), byte.is_ascii_uppercase());
    let turns = value.windows(2).filter(|pair| class(pair[0]) != class(pair[1])).count();
    let has_both_cases = has(value, u8::is_ascii_uppercase) && has(value, u8::is_ascii_lowercase);
    let is_short_key = value.len() >= 10 && turns * 2 > value.len() && is_mixed(value) && has_both_cases;
    let is_key = is_short_key
        || value.len() >= 20 && value.split(|byte| *byte == b'_').any(|run| run.len() >= 16 && is_mixed(run));
    is_key.then_some(at..end)
}

/// Returns what the `"name": "X-Api-Key"` right before it says of `"value"`, in a pair within a text.
fn meaning_of_pair(text: &str, name: &Range<usize>) -> Option<Secret> {
    const LONGEST_PAIR: usize = 160;
    if !matches!(&text[name.clone()], "value" | "val" | "content" | "Value") {
        return None;
    }
    let is_sign = |letter: char| matches!(letter, '"' | '\'' | '\\' | ' ' | '\n' | '\t');
    let before = &text[text.ceil_char_boundary(name.start.saturating_sub(LONGEST_PAIR))..name.start];
    let before = before.trim_end_matches(is_sign).strip_suffix(',')?.trim_end_matches(is_sign);
    let (start, named) = before.rsplit_once(['"', '\''])?;
    let key = start.trim_end_matches(is_sign).strip_suffix(':')?.trim_end_matches(is_sign);
    let is_name = ["name", "key", "header", "field", "param", "Name", "Key"]
        .iter()
        .any(|end| key.strip_suffix(end).is_some_and(|rest| rest.ends_with(['"', '\''])));
    if is_name { words::secret(named) } else { None }
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
    if quote.is_some() {
        return accepted(text, quoted(text, at)?, secret, true);
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
    // A scheme stands before what is secret: Authorization: Token abc, or before several: Digest username="anna", ...
    if secret.name == "authorization"
        && bytes.get(end) == Some(&b' ')
        && bytes[at..end].iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    {
        at = end + 1;
        end = run_end(bytes, at, |byte| !ends(byte));
        let name = run_end(bytes, at, |byte| byte.is_ascii_alphabetic() || byte == b'_');
        if is_colon
            && name > at
            && bytes.get(name) == Some(&b'=')
            && bytes.get(name + 1).is_some_and(|next| *next != b'=')
        {
            return Some(at..run_end(whole, at, |byte| !matches!(byte, b'\r' | b'\n' | b'\'')));
        }
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

/// Returns what stands in the quotes that open at `at`. The same quote with as many slashes closes it; where none does
/// the text was cut off.
pub fn quoted(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let slashes = bytes[at..].iter().take(8).take_while(|byte| **byte == b'\\').count();
    let quote = bytes.get(at + slashes).copied().filter(|byte| matches!(byte, b'"' | b'\''))?;
    let start = at + slashes + 1;
    let mut end = start;
    let mut seen = 0;
    while end < bytes.len() && !(bytes[end] == quote && seen <= slashes) {
        seen = if bytes[end] == b'\\' { seen + 1 } else { 0 };
        end += 1;
    }
    let end = if end < bytes.len() { end - seen } else { end };
    Some(start..end.max(start))
}

pub fn accepted(text: &str, range: Range<usize>, secret: Secret, is_certain: bool) -> Option<Range<usize>> {
    let value = text.get(range.clone())?;
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    let is_harmless = is_mask(value)
        || words::is_harmless_value(secret.name, value)
        || secret.is_plural && is_number
        // Of an answer rather than of a grant: ?code=404, ?code=not_found.
        || secret.name == "code" && (value.len() < 4 || value.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
        || matches!(value, "undefined" | "nil" | "None" | "{" | "[" | "***");
    // Of an everyday word in a text too little is certain.
    (!is_harmless && (is_certain && !secret.is_everyday || is_opaque(value))).then_some(range)
}

/// Says whether a value is rather a secret than a word of a sentence: it has a digit, a sign or a capital within.
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
