//! How wide a text gets, without a font: browsers draw with the reader's own. The widths are those of DejaVu Sans, the widest of the
//! families that are tried, so that what fits here fits everywhere.

use crate::clean;

/// The sizes of type, as in the style sheet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Type {
    Small,
    Plain,
    Bold,
}

impl Type {
    fn per_percent(self) -> f64 {
        match self {
            Type::Small => 0.115,
            Type::Plain => 0.13,
            // Bold letters are an eighth wider.
            Type::Bold => 0.13 * 1.13,
        }
    }
}

/// Hundredths of the size, from the space to the tilde.
const ASCII: [u8; 95] = [
    32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84,
    84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79, 60, 79, 69, 63, 61, 73, 68, 99, 69,
    61, 69, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63,
    59, 82, 59, 59, 52, 64, 34, 64, 84,
];
/// More is never drawn of one text; what is longer is read in the table.
const MOST_COLUMNS: usize = 300;

pub fn of(text: &str, size: Type) -> f64 {
    text.chars().map(per_cent).sum::<f64>() * size.per_percent()
}

fn per_cent(character: char) -> f64 {
    match character {
        ' '..='~' => ASCII.get(character as usize - ' ' as usize).copied().map_or(100.0, f64::from),
        '·' => 32.0,
        '–' => 50.0,
        '−' | '≤' | '≥' => 84.0,
        '\u{2066}'..='\u{2069}' => 0.0,
        _ => match clean::width(character.encode_utf8(&mut [0; 4])) {
            0 => 0.0,
            // Latin with accents, Cyrillic, Greek, Hebrew, Arabic: 0.55 to 0.69 on average; some letters are wider.
            1 => 78.0,
            columns => 55.0 * columns as f64,
        },
    }
}

/// `label` cleaned, and shortened with … to what is at most so wide.
pub fn fit(label: &str, most: f64, size: Type) -> String {
    let label = clean::label(label, MOST_COLUMNS);
    if of(&label, size) <= most {
        return isolated(label);
    }
    let room = most - of("…", size);
    let mut used = 0.0;
    let kept = label.chars().take_while(|&character| {
        used += per_cent(character) * size.per_percent();
        used <= room
    });
    let kept: String = kept.collect();
    isolated(format!("{}…", kept.trim_end()))
}

/// In lines of at most that width, broken at spaces; what does not fit into `lines` ends with ….
pub fn wrap(text: &str, most: f64, size: Type, lines: usize) -> Vec<String> {
    let text = clean::label(text, MOST_COLUMNS * 4);
    let mut wrapped: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut words = text.split(' ').peekable();
    while let Some(word) = words.next() {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if of(&longer, size) <= most || line.is_empty() {
            line = longer;
        } else if wrapped.len() + 1 == lines {
            let rest = words.fold(format!("{line} {word}"), |rest, word| format!("{rest} {word}"));
            wrapped.push(fit(&rest, most, size));
            return wrapped;
        } else {
            wrapped.push(fit(&line, most, size));
            line = word.to_owned();
        }
    }
    if !line.is_empty() {
        wrapped.push(fit(&line, most, size));
    }
    wrapped
}

/// Text from right to left stands in marks of isolation, so that it does not turn around what is beside it.
fn isolated(text: String) -> String {
    let is_right_to_left = |c: char| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}');
    if text.contains(is_right_to_left) { format!("\u{2068}{text}\u{2069}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wide_writing_is_wide() {
        assert!(of("日本語", Type::Plain) > of("abc", Type::Plain) * 1.6);
        assert_eq!(of("e\u{301}", Type::Plain), of("e", Type::Plain));
        assert!(of("Booked", Type::Bold) > of("Booked", Type::Plain));
    }

    #[test]
    fn what_does_not_fit_is_shortened() {
        assert_eq!(fit("Booked", 100.0, Type::Plain), "Booked");
        assert_eq!(fit("Searched the directory", 80.0, Type::Plain), "Searched…");
        assert_eq!(fit("שלום", 100.0, Type::Plain), "\u{2068}שלום\u{2069}");
    }

    #[test]
    fn lines_break_at_spaces() {
        let text = "Of 303 who registered, 42 % booked";
        assert_eq!(wrap(text, 120.0, Type::Plain, 5), ["Of 303 who", "registered, 42 %", "booked"]);
        assert_eq!(wrap(text, 120.0, Type::Plain, 2), ["Of 303 who", "registered, 42 %…"]);
        assert!(wrap("", 120.0, Type::Plain, 2).is_empty());
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_asked(text in "(?s).{0,80}", most in 20.0_f64..300.0) {
            prop_assert!(of(&fit(&text, most, Type::Plain), Type::Plain) <= most + 1e-6);
            for line in wrap(&text, most, Type::Small, 3) {
                prop_assert!(of(&line, Type::Small) <= most + 1e-6);
            }
        }
    }
}
