//! Payment: cards and bank accounts, the numbers that carry check digits.

use super::{is_word, run_end, starts_token};
use crate::log::redaction::values::checksums::{iban_checks, luhn};
use crate::log::redaction::values::meaning::{Meaning, meaning};
use std::ops::Range;

/// What speaks for a card number besides its digits. Luhn alone lets a tenth of all numbers pass.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// Nothing speaks for it: only the issuers and lengths that are common today count.
    None,
    /// It is written in groups, as on a card, or its key says card: then any length counts that an issuer ever used.
    Written,
}

/// Finds a card number in one run of 13 to 19 digits, or in the groups of a card, separated alike, by spaces, hyphens,
/// dots, slashes or underscores.
pub fn card(text: &str, from: usize, key: Option<&str>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let sign = match key.map(meaning) {
        Some(Meaning::Identifier) if text.trim().bytes().all(|byte| byte.is_ascii_digit()) => return None,
        Some(Meaning::Card) => Sign::Written,
        _ => Sign::None,
    };
    let mut at = from;
    // Of the group of digits before: its end, and whether a card cannot start right after it.
    let mut before = (usize::MAX, false);
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let end = run_end(bytes, at, |byte| byte.is_ascii_digit());
        let is_continued = before.0.checked_add(1) == Some(at) && matches!(bytes[at - 1], b' ' | b'-' | b'_');
        let is_part = !starts_token(bytes, at) || is_fraction(&bytes[..at]);
        // After "DE12 " digits are the middle of something longer.
        if !(is_part || is_continued && before.1) {
            let is_hyphened = is_continued && bytes[at - 1] != b' ';
            let run = if is_hyphened { None } else { run_card(bytes, at, end, sign) };
            // After a number, "2026 4111 ...", only where no further group follows.
            let is_last = |end: &usize| {
                !(is_continued && matches!(bytes[*end..], [b' ' | b'-' | b'_', next, ..] if next.is_ascii_digit()))
            };
            let hit = run.or_else(|| grouped_card(bytes, at).filter(is_last));
            if let Some(end) = hit {
                return Some(at..end);
            }
        }
        before = (end, is_part || is_continued && before.1);
        at = end;
    }
    None
}

/// Says whether these are digits after a decimal point or a plus sign.
fn is_fraction(before: &[u8]) -> bool {
    match before {
        [.., b'+'] => true,
        [.., digit, b'.'] => digit.is_ascii_digit(),
        // A row of CSV has numbers before a comma; "0,5" is a fraction where commas are.
        [.., b'0', b','] => before.len() < 3 || !before[before.len() - 3].is_ascii_digit(),
        _ => false,
    }
}

fn run_card(bytes: &[u8], start: usize, end: usize, sign: Sign) -> Option<usize> {
    let digits = &bytes[start..end];
    let is_clean = match bytes[end..] {
        [b'.' | b'-', next, ..] => !next.is_ascii_digit(),
        [next, ..] => !is_word(next),
        [] => true,
    };
    (is_clean && is_card(digits, sign)).then_some(end)
}

/// The groups in which cards are printed.
const GROUPS: [&[usize]; 5] = [&[4, 4, 4, 4, 3], &[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4], &[4, 3, 3, 3]];

fn grouped_card(bytes: &[u8], start: usize) -> Option<usize> {
    GROUPS.iter().find_map(|groups| {
        let mut digits = [0u8; 19];
        let (mut length, mut at, mut separator) = (0, start, None);
        for group in *groups {
            if length > 0 {
                let end = run_end(&bytes[..bytes.len().min(at + 3)], at, |byte| b" -./_\t".contains(&byte));
                let found = bytes.get(at..end).filter(|found| !found.is_empty())?;
                if *separator.get_or_insert(found) != found {
                    return None;
                }
                at = end;
            }
            let part = bytes.get(at..at + group).filter(|part| part.iter().all(u8::is_ascii_digit))?;
            digits[length..length + group].copy_from_slice(part);
            length += group;
            at += group;
        }
        let is_clean = bytes.get(at).is_none_or(|next| !is_word(*next));
        (is_clean && is_card(&digits[..length], Sign::Written)).then_some(at)
    })
}

/// Says whether an integer of a payload, the value of `key`, is a card number.
pub fn is_card_number(number: u64, key: Option<&str>) -> bool {
    if number < 1_000_000_000_000 {
        return false;
    }
    let mut digits = [0u8; 20];
    let mut left = number;
    let mut start = digits.len();
    while left > 0 {
        start -= 1;
        digits[start] = b'0' + (left % 10) as u8;
        left /= 10;
    }
    let digits = &digits[start..];
    // The key last: of most numbers it need not be asked.
    is_card(digits, Sign::Written)
        && match key.map(meaning) {
            Some(Meaning::Identifier) => false,
            Some(Meaning::Card) => true,
            _ => is_card(digits, Sign::None),
        }
}

fn is_card(digits: &[u8], sign: Sign) -> bool {
    (13..=19).contains(&digits.len())
        && has_issuer(digits, sign)
        && digits.iter().any(|digit| *digit != digits[0])
        && luhn(digits.iter().copied())
}

/// Says whether a known issuer has numbers that start so and are so long.
fn has_issuer(digits: &[u8], sign: Sign) -> bool {
    let prefix = digits[..6].iter().fold(0, |prefix, digit| prefix * 10 + u32::from(digit - b'0'));
    let written = sign == Sign::Written;
    let (two, three, four) = (prefix / 10_000, prefix / 1000, prefix / 100);
    let length = digits.len();
    // 13 digits were issued until the nineties, and are an article's EAN today; 19 are rare.
    let visa = two / 10 == 4 && (length == 16 || (written && matches!(length, 13 | 19)));
    let mastercard = length == 16 && matches!((two, four), (51..=55, _) | (_, 2221..=2720));
    let american_express = length == 15 && matches!(two, 34 | 37);
    let discover = (length == 16 || (length == 19 && written))
        && (four == 6011 || matches!(three, 644..=649) || two == 65 || matches!(prefix, 601_174..=601_179));
    let jcb = (length == 16 || (written && (17..=19).contains(&length))) && matches!(four, 3528..=3589);
    let diners = (length == 14 || (length == 16 && written))
        && (matches!(three, 300..=305) || four == 3095 || matches!(two, 36 | 38 | 39));
    let unionpay = two == 62 && matches!(length, 16..=19) && (matches!(length, 16 | 19) || written);
    let maestro = matches!(four, 5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763)
        && (matches!(length, 16 | 18 | 19) || written);
    // Mir, RuPay, Verve, Troy, Uzcard and Humo.
    let national = length == 16
        && (matches!(four, 2200..=2204 | 5060 | 5061 | 9792 | 8600 | 9860)
            || matches!(prefix, 508_500..=508_999 | 606_985..=608_500));
    visa || mastercard || american_express || discover || jcb || diners || unionpay || maestro || national
}

/// Returns the length of an IBAN of a country, from the SWIFT registry; None where the country has none.
fn iban_length(country: [u8; 2]) -> Option<usize> {
    Some(match &country.map(|letter| letter.to_ascii_uppercase()) {
        b"NO" => 15,
        b"BE" => 16,
        b"DK" | b"FK" | b"FO" | b"FI" | b"GL" | b"NL" | b"SD" => 18,
        b"MK" | b"SI" => 19,
        b"AT" | b"BA" | b"EE" | b"KZ" | b"LT" | b"LU" | b"MN" | b"XK" => 20,
        b"CH" | b"HR" | b"LI" | b"LV" => 21,
        b"BG" | b"BH" | b"CR" | b"DE" | b"GB" | b"GE" | b"IE" | b"ME" | b"RS" | b"VA" => 22,
        b"AE" | b"GI" | b"IL" | b"IQ" | b"OM" | b"SO" | b"TL" => 23,
        b"AD" | b"CZ" | b"ES" | b"MD" | b"PK" | b"RO" | b"SA" | b"SE" | b"SK" | b"TN" | b"VG" => 24,
        b"LY" | b"PT" | b"ST" => 25,
        b"IS" | b"TR" => 26,
        b"BI" | b"DJ" | b"FR" | b"GR" | b"IT" | b"MC" | b"MR" | b"SM" => 27,
        b"AL" | b"AZ" | b"BY" | b"CY" | b"DO" | b"GT" | b"HN" | b"HU" | b"LB" | b"NI" | b"PL" | b"SV" => 28,
        b"BR" | b"EG" | b"PS" | b"QA" | b"UA" => 29,
        b"JO" | b"KW" | b"MU" | b"YE" => 30,
        b"MT" | b"SC" => 31,
        b"LC" => 32,
        b"RU" => 33,
        _ => return None,
    })
}

/// Says whether the digit at `at`, the first of two, may be the first of an IBAN's check digits.
pub fn starts_iban(bytes: &[u8], at: usize) -> bool {
    at >= 2
        && bytes.len() - at >= 13
        && bytes[at].is_ascii_digit()
        && starts_token(bytes, at - 2)
        && iban_length([bytes[at - 2], bytes[at - 1]]).is_some()
}

/// Finds an IBAN in one run or in groups of four, all in one case.
pub fn iban(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    (from + 2..bytes.len().saturating_sub(12)).find_map(|at| {
        let start = at - 2;
        if !starts_iban(bytes, at) || !bytes[at + 1].is_ascii_digit() {
            return None;
        }
        let length = iban_length([bytes[start], bytes[start + 1]])?;
        iban_end(bytes, start, length).map(|end| start..end)
    })
}

fn iban_end(bytes: &[u8], start: usize, length: usize) -> Option<usize> {
    let mut compact = [0u8; 34];
    let separator =
        bytes.get(start + 4).copied().filter(|byte| matches!(byte, b' ' | b'-' | b'.' | b'_' | b'/' | b'\t'));
    let mut at = start;
    for (place, character) in compact[..length].iter_mut().enumerate() {
        if place > 0 && place % 4 == 0 && separator.is_some() {
            if bytes.get(at).copied() != separator {
                return None;
            }
            at += 1;
        }
        *character = bytes.get(at).copied().filter(u8::is_ascii_alphanumeric)?;
        at += 1;
    }
    let found = &compact[..length];
    let is_one_case = !(found.iter().any(u8::is_ascii_lowercase) && found.iter().any(u8::is_ascii_uppercase));
    let is_clean = bytes.get(at).is_none_or(|next| !is_word(*next));
    (is_one_case && is_clean && iban_checks(found)).then_some(at)
}
