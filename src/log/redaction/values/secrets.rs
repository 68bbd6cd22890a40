//! Secrets that are known by their syntax: PEM private keys, JSON Web Tokens, HTTP credentials and passwords in URLs.

use super::checksums::base64;
use super::{is_mask, run_end, starts_token};
use std::ops::Range;

/// Finds a PEM block of a private key, to the end of the text where its END line was cut off. PuTTY's files have their
/// own form.
pub fn private_key(text: &str, mut from: usize) -> Option<Range<usize>> {
    const PUTTY: &[u8] = b"PuTTY-User-Key-File-";
    let bytes = text.as_bytes();
    let mut has_lines = true;
    while from < bytes.len() {
        let rest = &bytes[from..];
        if rest.starts_with(BEGIN.as_bytes()) {
            from += BEGIN.len();
            let label = &text[from..from + text[from..].find(DASHES)?];
            if label.len() <= 64 && is_private(label) {
                let end = text[from..].find(END).map(|at| from + at + END.len());
                let closed = end.and_then(|end| text[end..].find(DASHES).map(|at| end + at + DASHES.len()));
                return Some(from - BEGIN.len()..closed.unwrap_or(text.len()));
            }
        } else if has_lines && rest.starts_with(PUTTY) {
            match putty_lines(text, from) {
                Some(lines) if !text[lines.clone()].trim_start().starts_with("[redacted:") => return Some(lines),
                Some(lines) => from = lines.end,
                // Nor are there any further on.
                None => has_lines = false,
            }
        } else {
            from += 1;
        }
    }
    None
}

const BEGIN: &str = "-----BEGIN";
const END: &str = "-----END";
const DASHES: &str = "-----";

/// Finds the private lines of PuTTY's file.
fn putty_lines(text: &str, from: usize) -> Option<Range<usize>> {
    const LINES: &str = "Private-Lines:";
    let start = from + text[from..].find(LINES)? + LINES.len();
    let end = text[start..].find("Private-MAC:").map_or(text.len(), |at| start + at);
    Some(start..end)
}

/// Says whether the label of a block names a private key, as it is or escaped for a form.
fn is_private(label: &str) -> bool {
    let label = label.replace("%20", " ").replace('+', " ");
    label.ends_with("PRIVATE KEY") || label.ends_with("PRIVATE KEY BLOCK")
}

/// The longest header that is decoded; one with a certificate chain has some kilobytes.
const LONGEST_HEADER: usize = 16 * 1024;

/// Finds a JSON Web Token, signed, unsigned, encrypted or cut off within its claims: its header is JSON with "alg".
pub fn jwt(text: &str, mut from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let belongs = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    loop {
        let start = from + text.get(from..)?.find("eyJ")?;
        if !starts_token(bytes, start) {
            from = start + 3;
            continue;
        }
        let header = run_end(bytes, start, belongs);
        // Resumes after the run: what starts within it has the same end, and all of them would take quadratic time.
        from = header;
        if bytes.get(header) != Some(&b'.') || header - start > LONGEST_HEADER {
            continue;
        }
        let Some(fields) = base64(&bytes[start..header])
            .and_then(|json| serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&json).ok())
        else {
            continue;
        };
        if fields.contains_key("alg") && (bytes[header + 1..].starts_with(b"eyJ") || fields.contains_key("enc")) {
            let end = run_end(bytes, header, |byte| belongs(byte) || byte == b'.');
            let trailing = bytes[header..end].iter().rev().take_while(|byte| **byte == b'.').count();
            return Some(start..end - trailing);
        }
    }
}

/// Says whether the bytes start with the name of an HTTP authentication scheme that carries its secret as it is.
pub fn is_scheme(bytes: &[u8]) -> bool {
    scheme(bytes).is_some()
}

/// Returns the length of the scheme's name, and whether it is Basic.
fn scheme(bytes: &[u8]) -> Option<(usize, bool)> {
    let starts = |name: &[u8]| bytes.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    if starts(b"bearer") {
        Some((6, false))
    } else if starts(b"basic") {
        Some((5, true))
    } else {
        None
    }
}

/// Finds the credentials after `Bearer ` or `Basic `, without the scheme.
pub fn bearer(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        let Some((length, is_basic)) = scheme(&bytes[at..]).filter(|_| starts_token(bytes, at)) else {
            at += 1;
            continue;
        };
        let start = after_gap(bytes, at + length);
        let end = run_end(bytes, start, |byte| byte.is_ascii_alphanumeric() || b"._~+/=-".contains(&byte));
        let credentials = &bytes[start..end];
        if start > at + length && if is_basic { is_basic_pair(credentials) } else { is_opaque(credentials) } {
            return Some(start..end);
        }
        at += length;
    }
    None
}

/// Skips white space, as it is or escaped for a URL; at most eight, as no one writes more.
fn after_gap(bytes: &[u8], mut at: usize) -> usize {
    for _ in 0..8 {
        match &bytes[at..] {
            [b' ' | b'\t' | b'\r' | b'\n' | b'+', ..] => at += 1,
            [b'%', b'2', b'0', ..] => at += 3,
            _ => break,
        }
    }
    at
}

/// Says whether this is a token rather than words ("bearer authentication-required", "Bearer RFC6750") or another field
/// ("bearer expires_in=3600"): it has a digit among 8 characters, mixed case among 16, or no break for 16.
fn is_opaque(token: &[u8]) -> bool {
    let has = |belongs: fn(&u8) -> bool| token.iter().any(belongs);
    let padding = token.iter().rev().take_while(|byte| **byte == b'=').count();
    let is_field = token[..token.len() - padding].contains(&b'=');
    token.len() >= 8 && has(u8::is_ascii_digit) && !is_field
        || token.len() >= 16
            && (token.iter().skip(1).any(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase)
                || token.split(|byte| !byte.is_ascii_alphanumeric()).any(|run| run.len() >= 16))
}

/// Says whether this is base64 of `user:password`.
fn is_basic_pair(credentials: &[u8]) -> bool {
    credentials.len() >= 8
        && base64(credentials)
            .and_then(|pair| String::from_utf8(pair).ok())
            .is_some_and(|pair| pair.contains(':') && !pair.contains(char::is_control))
}

/// Finds the password alone of a URL's `user:password@`, of Oracle's `thin:user/password@` and of Go's
/// `user:password@tcp(`.
pub fn url_password(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let found = if rest.starts_with(b"://") {
            // Never further than the authority, so that the texts read for all URLs do not overlap.
            let (found, end) = userinfo(bytes, at + 3);
            at = end;
            found
        } else {
            at += 1;
            match rest[0] {
                b':' if bytes[..at].ends_with(b"jdbc:oracle:") => oracle_login(bytes, at),
                b'@' if rest.starts_with(b"@tcp(") || rest.starts_with(b"@unix(") => go_login(bytes, from, at - 1),
                _ => None,
            }
        };
        if let Some(password) = found
            && !password.is_empty()
            && text.get(password.clone()).is_some_and(|password| !is_mask(password))
        {
            return Some(password);
        }
    }
    None
}

/// Returns the password of the authority that starts at `start`, and where that ends.
fn userinfo(bytes: &[u8], start: usize) -> (Option<Range<usize>>, usize) {
    let ends = |byte: u8| byte.is_ascii_whitespace() || b"/?#\"<>\\`".contains(&byte);
    let end = run_end(bytes, start, |byte| !ends(byte));
    // Browsers and drivers take the last @ as the end of the credentials.
    let password = bytes[start..end].iter().rposition(|byte| *byte == b'@').and_then(|at| {
        let colon = bytes[start..start + at].iter().position(|byte| *byte == b':')?;
        Some(start + colon + 1..start + at)
    });
    (password, end)
}

/// A connection string without `://` has at most so much before its @.
const LONGEST_LOGIN: usize = 256;

fn oracle_login(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let limit = bytes.len().min(start + LONGEST_LOGIN);
    let end = run_end(&bytes[..limit], start, |byte| byte.is_ascii_graphic() && byte != b'@');
    let slash = bytes[start..end].iter().position(|byte| *byte == b'/')?;
    (bytes.get(end) == Some(&b'@')).then_some(start + slash + 1..end)
}

fn go_login(bytes: &[u8], from: usize, at: usize) -> Option<Range<usize>> {
    let before = bytes[from..at].iter().rev().take(LONGEST_LOGIN);
    let start = at - before.take_while(|byte| byte.is_ascii_graphic() && !b"\"'".contains(byte)).count();
    let colon = bytes[start..at].iter().position(|byte| *byte == b':')?;
    Some(start + colon + 1..at)
}
