//! Separators: spaces, hyphens and digits of other alphabets within numbers are read as the plain ones. A non-breaking
//! space separates too, and `４` is a 4.

use super::{Rule, Rules};
use std::ops::Range;

/// A text in which every separator is an ASCII one, with the way back to the text as it was given.
pub struct Plain(Option<(String, Vec<usize>)>);

impl Plain {
    /// Reads a text. It does not allocate where the text is ASCII or no number is suspected.
    pub fn of(text: &str, suspected: Rules) -> Plain {
        let is_wanted = [Rule::Card, Rule::Iban, Rule::Phone].into_iter().any(|rule| suspected.has(rule));
        let has_foreign = || !text.is_ascii() && text.chars().any(|character| plain(character).is_some());
        if !is_wanted || !(has_foreign() || escaped(text.as_bytes())) {
            return Plain(None);
        }
        let mut places = Vec::with_capacity(text.len() + 1);
        let mut written = String::with_capacity(text.len());
        let mut characters = text.char_indices();
        while let Some((place, character)) = characters.next() {
            let before = written.len();
            match (plain(character), character) {
                (Some(separator), _) => written.extend(separator),
                (None, '%' | '+') if separates(text.as_bytes(), place) => {
                    written.push(' ');
                    if character == '%' {
                        characters.nth(1);
                    }
                }
                _ => written.push(character),
            }
            places.extend((0..written.len() - before).map(|offset| place + offset));
        }
        places.push(text.len());
        Plain(Some((written, places)))
    }

    pub fn text_for<'a>(&'a self, rule: Rule, text: &'a str) -> &'a str {
        match (&self.0, rule) {
            (Some((plain, _)), Rule::Card | Rule::Iban | Rule::Phone) => plain,
            _ => text,
        }
    }

    /// Returns where a hit in [`Plain::text_for`] lies in the text as it was given.
    pub fn original(&self, rule: Rule, hit: Range<usize>) -> Range<usize> {
        match (&self.0, rule) {
            (Some((_, places)), Rule::Card | Rule::Iban | Rule::Phone) => places[hit.start]..places[hit.end],
            _ => hit,
        }
    }
}

/// Says whether a space between digits is escaped for a URL or a form, as `%20` or `+`.
fn escaped(bytes: &[u8]) -> bool {
    (1..bytes.len()).any(|at| separates(bytes, at))
}

/// Says whether the sign at `at` is such a space.
pub fn separates(bytes: &[u8], at: usize) -> bool {
    let next = match &bytes[at..] {
        [b'+', next, ..] | [b'%', b'2', b'0', next, ..] => *next,
        _ => return false,
    };
    at > 0 && (bytes[at - 1].is_ascii_digit() || bytes[at - 1] == b')') && (next.is_ascii_digit() || next == b'(')
}

/// Returns the plain separator; None where the character is none, and Some(None) where it has no width and goes.
fn plain(character: char) -> Option<Option<char>> {
    match character {
        '\u{a0}'
        | '\u{1680}'
        | '\u{2000}'..='\u{200a}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{202f}'
        | '\u{205f}'
        | '\u{3000}' => Some(Some(' ')),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}' => Some(Some('-')),
        '\u{b7}' | '\u{2024}' | '\u{2027}' | '\u{30fb}' => Some(Some('.')),
        '\u{ff0b}' => Some(Some('+')),
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => Some(None),
        _ => digit(character).map(Some),
    }
}

/// Reads full-width, Arabic and Persian, Devanagari and Bengali digits.
fn digit(character: char) -> Option<char> {
    const ZEROS: [u32; 5] = [0xff10, 0x660, 0x6f0, 0x966, 0x9e6];
    let place = |zero: &u32| u32::from(character).checked_sub(*zero).filter(|place| *place < 10);
    ZEROS.iter().find_map(place).and_then(|place| char::from_digit(place, 10))
}

/// Returns the digit, or the plus sign, that the bytes start with where it is one of those.
pub fn foreign_digit(bytes: &[u8]) -> Option<u8> {
    let length = match bytes[0] {
        0xd9 | 0xdb => 2,
        0xe0 | 0xef => 3,
        _ => return None,
    };
    let character = std::str::from_utf8(bytes.get(..length)?).ok()?.chars().next()?;
    if character == '\u{ff0b}' { Some(b'+') } else { digit(character).map(|digit| digit as u8) }
}
