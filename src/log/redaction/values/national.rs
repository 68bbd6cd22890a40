//! National numbers: telephone numbers as a country writes them within its borders. They are an option by country,
//! because elsewhere the same digits are an order's.

use super::starts_token;
use crate::log::redaction::values::personal::{ends_number, gap_length, is_number};
use std::ops::Range;

/// A country: its ISO code, the first digits of its numbers, and how many digits they have, the 0 before them included.
type Country = (&'static str, &'static [u8], usize, usize);

/// The countries as `phone_countries` names them.
pub const COUNTRIES: [Country; 31] = [
    ("AT", b"0", 8, 13),
    ("AU", b"0", 10, 10),
    ("BE", b"0", 9, 10),
    ("BR", b"123456789", 10, 11),
    ("CA", b"23456789", 10, 10),
    ("CH", b"0", 10, 10),
    ("CN", b"1", 11, 11),
    ("CZ", b"234567", 9, 9),
    ("DE", b"0", 8, 12),
    ("DK", b"23456789", 8, 8),
    ("ES", b"6789", 9, 9),
    ("FI", b"0", 8, 12),
    ("FR", b"0", 10, 10),
    ("GB", b"0", 10, 11),
    ("GR", b"26", 10, 10),
    ("IE", b"0", 9, 10),
    ("IN", b"06789", 10, 11),
    ("IT", b"03", 9, 11),
    ("JP", b"0", 10, 11),
    ("MX", b"123456789", 10, 10),
    ("NL", b"0", 10, 10),
    ("NO", b"23456789", 8, 8),
    ("NZ", b"0", 9, 11),
    ("PL", b"123456789", 9, 9),
    ("PT", b"29", 9, 9),
    ("RO", b"0", 10, 10),
    ("SE", b"0", 8, 10),
    ("TR", b"0", 11, 11),
    ("UA", b"0", 10, 10),
    ("US", b"23456789", 10, 10),
    ("ZA", b"0", 10, 10),
];

/// Any national number has at least so many digits.
pub const FEWEST_DIGITS: usize = 8;

/// Returns the place of a country in [`COUNTRIES`].
pub fn country(code: &str) -> Option<usize> {
    COUNTRIES.iter().position(|(known, ..)| *known == code)
}

/// Reads a number that starts at `start`, a digit or an opening parenthesis.
pub fn number(bytes: &[u8], start: usize, countries: u32) -> Option<Range<usize>> {
    if !starts_token(bytes, start) || start > 0 && b"+.-_#".contains(&bytes[start - 1]) {
        return None;
    }
    // The rest of a longer number.
    let is_continued =
        start >= 2 && matches!(bytes[start - 1], b'/' | b',' | b':') && bytes[start - 2].is_ascii_digit();
    if is_continued && bytes[start - 1] != b',' {
        return None;
    }
    let mut digits = [0u8; 15];
    let (mut count, mut at, mut end) = (0, start, None);
    let mut lengths = [0usize; 8];
    let mut groups = 0;
    if bytes[at] == b'(' {
        at += 1;
    }
    loop {
        let group = at;
        while at < bytes.len() && bytes[at].is_ascii_digit() {
            if count == digits.len() {
                return end;
            }
            digits[count] = bytes[at];
            count += 1;
            at += 1;
        }
        if groups == lengths.len() || at == group {
            return end;
        }
        lengths[groups] = at - group;
        groups += 1;
        let is_date = matches!(&lengths[..groups], [4, 2, 2] | [2, 2, 4] | [4, 2, 2, ..]);
        let is_whole = ends_number(bytes, at) && gap_length(&bytes[at..]) == 0;
        if is_whole && !is_date && fits(&digits[..count], groups > 1 || bytes[start] == b'(', countries) {
            end = Some(start..at);
        }
        let gap = gap_length(&bytes[at..]);
        // 0.5 is a fraction.
        if gap == 0 || bytes[at] == b'.' && groups == 1 && lengths[0] < 2 {
            return end;
        }
        at += gap;
    }
}

fn fits(digits: &[u8], is_grouped: bool, countries: u32) -> bool {
    if digits.len() < FEWEST_DIGITS {
        return false;
    }
    // 00 and the code of a country, from wherever it is dialled.
    if let Some(abroad) = digits.strip_prefix(b"00") {
        return countries != 0 && is_number(abroad);
    }
    COUNTRIES.iter().enumerate().filter(|(place, _)| countries & 1 << place != 0).any(
        |(_, (code, first, least, most))| {
            // North America's 1 before the area.
            let digits = if matches!(*code, "US" | "CA") && digits.len() == 11 {
                digits.strip_prefix(b"1").unwrap_or(digits)
            } else {
                digits
            };
            // A run of digits without a 0 before it is any number.
            first.contains(&digits[0])
                && (*least..=*most).contains(&digits.len())
                && (is_grouped || digits[0] == b'0' || (*code == "CN" && matches!(digits[1], b'3'..=b'9')))
        },
    )
}
