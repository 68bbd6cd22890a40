//! What a terminal shows: words in so many columns, at the left or the right edge, wrapped, and in ASCII where it has nothing else.

use super::Options;
use crate::clean::{self, width};

impl Options {
    /// Words from outside, clean and in one line of at most `most` columns.
    pub(super) fn say(&self, words: &str, most: usize) -> String {
        let words = clean::label(words, usize::MAX);
        if !self.ascii {
            return clean::shorten(&words, most);
        }
        let words = clean::label(&transliterated(&words), usize::MAX);
        if words.len() <= most {
            words
        } else if most > 3 {
            format!("{}...", words[..most - 3].trim_end())
        } else {
            ".".repeat(most)
        }
    }

    /// One text at the left and one at the right edge; where they do not fit into one row, the right is below the left, which has two rows at
    /// most.
    pub(super) fn spread(&self, left: &str, right: &str) -> Vec<String> {
        let right = self.say(right, self.width);
        let mut lines = self.wrap(&self.say(left, self.width * 2 - 10), 0);
        let last = lines.pop().unwrap_or_default();
        let used = width(&last) + width(&right);
        if right.is_empty() {
            lines.push(last);
        } else if used + 2 <= self.width {
            lines.push(format!("{last}{}{right}", " ".repeat(self.width - used)));
        } else {
            lines.push(last);
            lines.push(format!("{}{right}", " ".repeat(self.width - width(&right))));
        }
        lines
    }

    /// Words in as many rows as they need, each indented; a word that is longer than a row is cut into several.
    pub(super) fn wrap(&self, words: &str, indent: usize) -> Vec<String> {
        let room = self.width - indent;
        let mut lines: Vec<String> = Vec::new();
        let mut line = String::new();
        for word in self.say(words, usize::MAX).split(' ') {
            for part in parts_of(word, room) {
                if !line.is_empty() && width(&line) + 1 + width(part) > room {
                    lines.push(std::mem::take(&mut line));
                }
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(part);
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
        lines.into_iter().map(|line| format!("{}{line}", " ".repeat(indent))).collect()
    }

    /// Parts beside each other, in a second row where one is not enough.
    pub(super) fn beside(&self, parts: impl IntoIterator<Item = String>) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for part in parts {
            match lines.last_mut() {
                Some(line) if width(line) + 3 + width(&part) <= self.width => *line = format!("{line}   {part}"),
                _ => lines.push(format!("  {part}")),
            }
        }
        lines
    }

    /// Holds every row to what is promised, whatever was drawn.
    pub(super) fn finish(&self, lines: Vec<String>) -> Vec<String> {
        let held = |line: String| {
            let line = if self.ascii && !line.is_ascii() { ascii_only(&line) } else { line };
            let line = line.trim_end();
            if width(line) <= self.width {
                line.to_owned()
            } else if self.ascii {
                format!("{}...", line[..self.width - 3].trim_end())
            } else {
                clean::shorten(line, self.width)
            }
        };
        lines.into_iter().map(held).collect()
    }
}

/// Filled up with spaces at the right.
pub(super) fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Filled up with spaces at the left.
pub(super) fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The widest of them.
pub(super) fn widest<'a>(texts: impl IntoIterator<Item = &'a String>) -> usize {
    texts.into_iter().map(|text| width(text)).max().unwrap_or(0)
}

/// A word in parts of at most `room` columns.
fn parts_of(word: &str, room: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut columns = 0;
    for (at, character) in word.char_indices() {
        let more = width(character.encode_utf8(&mut [0; 4]));
        if columns + more > room {
            parts.push(&word[start..at]);
            (start, columns) = (at, 0);
        }
        columns += more;
    }
    parts.push(&word[start..]);
    parts
}

/// The signs of our own sentences first, for which there are better words than a dictionary has.
fn transliterated(words: &str) -> String {
    let mut text = String::with_capacity(words.len());
    for character in words.chars() {
        match character {
            '…' => text.push_str("..."),
            '−' | '–' | '—' => text.push('-'),
            '▲' => text.push('^'),
            '▼' => text.push('v'),
            '≥' => text.push_str(">="),
            '≤' => text.push_str("<="),
            '×' => text.push('x'),
            'µ' | 'μ' => text.push('u'),
            '→' => text.push_str("->"),
            '✓' => text.push('+'),
            '✗' => text.push('!'),
            _ if character.is_ascii() => text.push(character),
            _ => text.push_str(deunicode::deunicode_char(character).unwrap_or("?")),
        }
    }
    ascii_only(&text)
}

fn ascii_only(text: &str) -> String {
    text.chars().map(|character| if matches!(character, ' '..='~') { character } else { '?' }).collect()
}
