//! Network addresses are an option: by them a household is known, and an operator's logs hold them all.

use super::{is_word, run_end};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

/// Says whether the dot at `at` may be one of an address.
pub fn may_be_ip(bytes: &[u8], at: usize) -> bool {
    at > 0 && bytes[at - 1].is_ascii_digit() && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
}

/// Finds an address of either version, without its port.
pub fn ip(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let belongs = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':');
    let mut at = from;
    while at < bytes.len() {
        if !belongs(bytes[at]) {
            at += 1;
            continue;
        }
        // The colon after a name: ip:10.0.0.1.
        if bytes[at] == b':' && bytes.get(at + 1) != Some(&b':') {
            at += 1;
            continue;
        }
        let end = run_end(bytes, at, belongs);
        let is_part = at > 0 && (is_word(bytes[at - 1]) || bytes[at - 1] == b'_')
            || bytes.get(end).is_some_and(|next| is_word(*next) || *next == b'_');
        if !is_part && let Some(hit) = address(&text[at..end]) {
            return Some(at + hit.start..at + hit.end);
        }
        at = end;
    }
    None
}

fn address(run: &str) -> Option<Range<usize>> {
    // The longest address of version 6 has 45 characters; a colon or dot may stand around.
    if !(7..=64).contains(&run.len()) && !run.contains("::") || run.len() > 64 {
        return None;
    }
    let start = if run.starts_with("::") { 0 } else { run.len() - run.trim_start_matches([':', '.']).len() };
    let inner = run[start..].trim_end_matches('.');
    let inner = if inner.ends_with("::") { inner } else { inner.trim_end_matches(':') };
    let host = inner.split_once(':').map_or(inner, |(host, _)| host);
    if host.parse::<Ipv4Addr>().is_ok() {
        return Some(start..start + host.len());
    }
    let is_six = inner.parse::<Ipv6Addr>().is_ok() && inner.bytes().any(|byte| byte.is_ascii_digit());
    is_six.then(|| start..start + inner.len())
}
