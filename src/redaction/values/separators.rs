//! Spaces and hyphens of other alphabets within numbers, read as the plain ones: a non-breaking space separates too.

use super::{Rule, Rules};
use std::ops::Range;

/// A text in which every separator is an ASCII one, with the way back to the text as it was given.
pub struct Plain(Option<(String, Vec<usize>)>);

impl Plain {
    /// Does not allocate where the text is ASCII or no number is suspected.
    pub fn of(text: &str, suspected: Rules) -> Plain {
        let is_wanted = [Rule::Card, Rule::Iban, Rule::Phone].into_iter().any(|rule| suspected.has(rule));
        if !is_wanted || text.is_ascii() || !text.chars().any(|character| plain(character).is_some()) {
            return Plain(None);
        }
        let mut places = Vec::with_capacity(text.len() + 1);
        let mut written = String::with_capacity(text.len());
        for (place, character) in text.char_indices() {
            let before = written.len();
            match plain(character) {
                Some(separator) => written.extend(separator),
                None => written.push(character),
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

    /// Where a hit in [`Plain::text_for`] lies in the text as it was given.
    pub fn original(&self, rule: Rule, hit: Range<usize>) -> Range<usize> {
        match (&self.0, rule) {
            (Some((_, places)), Rule::Card | Rule::Iban | Rule::Phone) => places[hit.start]..places[hit.end],
            _ => hit,
        }
    }
}

/// None: no separator. Some(None): one without width, which goes.
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
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => Some(None),
        _ => None,
    }
}
