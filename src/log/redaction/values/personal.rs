//! Personal values: e-mail addresses and telephone numbers.

use super::{is_word, national, starts_token};
use std::ops::Range;

/// Finds an e-mail address, also one with the @ escaped for a URL (%40).
pub fn email(text: &str, mut from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let floor = from;
    loop {
        let (at, length) = separator(bytes, from)?;
        from = at + length;
        if let (Some(start), Some(end)) = (local_start(text, floor, at), domain_end(text, from))
            && &bytes[start..at] != b"git"
            && !is_login(bytes, start, end)
            && !is_handle(bytes, start)
        {
            return Some(start..end);
        }
    }
}

/// Says whether this is the user and the host of a URL, `ssh://deploy@host.example.org`. An address as the user has
/// another @ behind it.
fn is_login(bytes: &[u8], start: usize, end: usize) -> bool {
    bytes[..start].ends_with(b"://")
        && !bytes[end..].iter().take(256).take_while(|byte| !b"/?# \n\"".contains(byte)).any(|byte| *byte == b'@')
}

/// Says whether this is `@user@host.example`, as the fediverse names people. With a letter before its first @ it is the
/// end of something else.
fn is_handle(bytes: &[u8], start: usize) -> bool {
    let before = bytes[..start].strip_suffix(b"@").or_else(|| bytes[..start].strip_suffix(b"%40"));
    before.is_some_and(|before| before.last().is_none_or(|last| !is_word(*last)))
}

/// Returns the domain of a text that is one e-mail address and nothing else.
pub fn email_domain(text: &str) -> Option<&str> {
    let text = text.trim();
    let whole = email(text, 0)?;
    let (at, length) = separator(text.as_bytes(), whole.start)?;
    (whole == (0..text.len())).then(|| &text[at + length..])
}

/// Returns where the next @ or %40 is, and how long it is.
fn separator(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    (from..bytes.len()).find_map(|at| match bytes[at] {
        b'@' => Some((at, 1)),
        b'%' if bytes[at + 1..].starts_with(b"40") => Some((at, 3)),
        _ => None,
    })
}

/// So many characters are read before an @ at most; the standard has 64.
const LONGEST_LOCAL: usize = 128;
const LONGEST_QUOTED: usize = 66;
const LONGEST_DOMAIN: usize = 253;

/// Says whether a character is a letter or digit of an alphabet. Scripts without spaces do not count, because all the
/// text before would belong.
fn is_letter(character: char) -> bool {
    character.is_ascii_alphanumeric() || (character.is_alphanumeric() && character < '\u{2e80}')
}

fn local_start(text: &str, floor: usize, at: usize) -> Option<usize> {
    if let Some(quoted) = text[floor..at].strip_suffix('"') {
        // "first last"@example.org
        let tail = &quoted.as_bytes()[quoted.len().saturating_sub(LONGEST_QUOTED)..];
        let length = tail.iter().rev().take_while(|byte| byte.is_ascii_graphic() || **byte == b' ');
        let length = length.take_while(|byte| **byte != b'"').count();
        let is_opened = length > 0 && tail.len() > length && tail[tail.len() - length - 1] == b'"';
        return is_opened.then(|| floor + quoted.len() - length - 1);
    }
    let mut start = None;
    for (place, character) in text[floor..at].char_indices().rev().take(LONGEST_LOCAL) {
        let rest = &text[floor + place + character.len_utf8()..at];
        // Of the escapes in a URL only that of + can belong to an address.
        let is_escaped_plus = rest.get(..2).is_some_and(|escape| escape.eq_ignore_ascii_case("2b"));
        if is_letter(character) || matches!(character, '_' | '+') {
            start = Some(floor + place);
        } else if !(matches!(character, '.' | '-' | '\'') || character == '%' && is_escaped_plus) {
            return start.map(|start| after_escape(text, floor, start, character, at));
        }
    }
    start
}

/// Skips the hexadecimal digits of an escape that ends what can belong to an address, as in `to%3Ajoe%40x.org`.
fn after_escape(text: &str, floor: usize, start: usize, stop: char, at: usize) -> usize {
    let is_escape = stop == '%'
        && start > floor
        && text.get(start..start + 2).is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    if is_escape && start + 2 < at { start + 2 } else { start }
}

/// Endings of files and packages that are no top-level domain: `icon@2x.png`, `render@main.js`.
const FILE_ENDINGS: [&str; 28] = [
    "js", "mjs", "cjs", "jsx", "ts", "tsx", "css", "scss", "html", "htm", "json", "map", "vue", "php", "png", "jpg",
    "jpeg", "gif", "svg", "webp", "avif", "pdf", "txt", "xml", "yml", "yaml", "wasm", "lock",
];

fn domain_end(text: &str, start: usize) -> Option<usize> {
    let domain = &text[start..];
    let length = domain
        .char_indices()
        .take(LONGEST_DOMAIN)
        .find(|(_, character)| !(is_letter(*character) || matches!(character, '-' | '.')))
        .map_or_else(|| domain.char_indices().nth(LONGEST_DOMAIN).map_or(domain.len(), |(at, _)| at), |(at, _)| at);
    let mut labels = domain[..length].split('.');
    let first = labels.next().filter(|label| is_label(label))?;
    let mut end = first.len();
    let mut last = None;
    for (place, label) in labels.take_while(|label| is_label(label)).enumerate() {
        end += 1 + label.len();
        // A version: the package react@18.2.0-rc.one.
        let is_version = place == 0 && is_digits(first.trim_start_matches('v')) && is_digits(label);
        if is_version {
            return None;
        }
        if is_top_level(label) {
            last = Some(end);
        }
    }
    last.map(|end| start + end)
}

fn is_label(label: &str) -> bool {
    !label.is_empty() && !label.starts_with('-')
}

fn is_digits(label: &str) -> bool {
    !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_top_level(label: &str) -> bool {
    let is_name = label.chars().all(char::is_alphabetic) || label.starts_with("xn--");
    is_name && (2..=63).contains(&label.chars().count()) && !FILE_ENDINGS.contains(&label.to_ascii_lowercase().as_str())
}

/// Finds a telephone number as E.164 has it: +, a country code that is assigned, 8 to 15 digits in all.
pub fn phone(text: &str, from: usize, countries: u32) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    (from..bytes.len()).find_map(|at| {
        let start = match bytes[at] {
            b'+' => after_plus(bytes, at)?,
            b'0'..=b'9' | b'(' if countries != 0 => return national::number(bytes, at, countries),
            b'%' if bytes[at + 1..].starts_with(b"2B") || bytes[at + 1..].starts_with(b"2b") => at + 3,
            _ => return None,
        };
        if !bytes.get(start).is_some_and(u8::is_ascii_digit) || !starts_token(bytes, at) || follows_sign(bytes, at) {
            return None;
        }
        // Apart from its plus sign a round number is a sum: + 250 000 000.
        let is_sum = |end: &usize| start > at + 1 && bytes[at] == b'+' && bytes[..*end].ends_with(b"000");
        phone_end(bytes, start).filter(|end| !is_sum(end)).map(|end| at..end)
    })
}

/// Returns the first digit after a plus sign: `+49`, `+ 49`, `+(49)`. A plus with a space behind it and an operand
/// before it adds.
fn after_plus(bytes: &[u8], at: usize) -> Option<usize> {
    let gap = bytes[at + 1..].iter().take(2).take_while(|byte| matches!(byte, b' ' | b'(')).count();
    let operand = bytes[..at].iter().rev().take(4).find(|byte| **byte != b' ');
    let adds = gap > 0 && operand.is_some_and(|byte| byte.is_ascii_digit() || b")]=+-*/%".contains(byte));
    (!adds).then_some(at + 1 + gap)
}

/// Says whether this is a sum or base64 rather than a prefix.
fn follows_sign(bytes: &[u8], at: usize) -> bool {
    at > 0 && matches!(bytes[at - 1], b'+' | b')' | b'_')
}

fn phone_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut digits = [0u8; 15];
    let (mut count, mut groups, mut dots, mut others) = (0, 0, 0, 0);
    let mut at = start;
    let mut end = None;
    loop {
        let group = at;
        while at < bytes.len() && bytes[at].is_ascii_digit() {
            if count == digits.len() {
                // A first run that is too long is something else; a later one is the text that follows.
                return end;
            }
            digits[count] = bytes[at];
            count += 1;
            at += 1;
        }
        groups += 1;
        // The second group may be one digit: +33 6 12 34 56 78, +49 (0)30 123456, and one after (0): +39 (0)6 6982 1234.
        if at - group == 1 && &bytes[group - 1..=group] == b"(0" {
            groups -= 1;
        } else if groups > 2 && at - group < 2 {
            return end;
        }
        let is_decimal = dots > 0 && (others > 0 || dots == 1);
        if !is_decimal && is_number(&digits[..count]) && !is_amount(&digits[..count], groups) && ends_number(bytes, at)
        {
            end = Some(at);
        }
        let gap = match bytes[at..] {
            [b'_', next, ..] if next.is_ascii_digit() => 1,
            _ => gap_length(&bytes[at..]),
        };
        if gap == 0 {
            return end;
        }
        if bytes[at] == b'.' {
            dots += 1;
        } else {
            others += 1;
        }
        at += gap;
    }
}

/// Says whether one run of digits is rather a sum: it is too short for a whole number of most countries, or round.
fn is_amount(digits: &[u8], groups: usize) -> bool {
    groups == 1 && (digits.len() < 9 || digits.ends_with(b"00000"))
}

/// Returns the length of what may stand between two groups of digits, 0 where the number ends.
pub fn gap_length(bytes: &[u8]) -> usize {
    let length = match bytes {
        [b' ' | b'-', b'(', ..] | [b')', b' ' | b'-', ..] => 2,
        [b' ' | b'-' | b'.' | b'/' | b'(' | b')', ..] => 1,
        _ => 0,
    };
    if bytes.get(length).is_some_and(u8::is_ascii_digit) { length } else { 0 }
}

pub fn ends_number(bytes: &[u8], at: usize) -> bool {
    match bytes[at..] {
        // An extension: +1 415 555 2671x12.
        [b'x', next, ..] => next.is_ascii_digit(),
        [next, ..] => !(next.is_ascii_alphanumeric() || next == b'_'),
        [] => true,
    }
}

/// Says whether the digits are a number: country codes are assigned, and for two of them the length is fixed.
pub fn is_number(digits: &[u8]) -> bool {
    if digits.len() < 8 {
        return false;
    }
    match (digits[0], digits[1], digits[2]) {
        (b'1', b'2'..=b'9', _) => digits.len() == 11,
        (b'7', ..) => digits.len() == 11,
        (b'2', b'0' | b'7', _) => true,
        (b'2', b'1', b'1'..=b'3' | b'6' | b'8') => true,
        (b'2', b'2'..=b'6', _) => true,
        (b'2', b'9', b'0' | b'1' | b'7'..=b'9') => true,
        (b'3', b'0'..=b'4' | b'6' | b'9', _) => true,
        (b'3', b'5' | b'7' | b'8', _) => true,
        (b'4', b'2', b'0' | b'1' | b'3') => true,
        (b'4', b'0' | b'1' | b'3'..=b'9', _) => true,
        (b'5', b'1'..=b'8', _) => true,
        (b'5', b'0' | b'9', _) => true,
        (b'6', b'0'..=b'6', _) => true,
        (b'6', b'7', b'0' | b'2'..=b'9') => true,
        (b'6', b'8' | b'9', _) => true,
        (b'8', b'1' | b'2' | b'4' | b'6', _) => true,
        (b'8', b'0', b'0' | b'8') => true,
        (b'8', b'5', b'0' | b'2' | b'3' | b'5' | b'6') => true,
        (b'8', b'7' | b'8', _) => true,
        (b'9', b'0'..=b'5' | b'8', _) => true,
        (b'9', b'6' | b'7' | b'9', _) => true,
        _ => false,
    }
}
