//! Names and values come from clients: here they lose what could drive a terminal, turn the line around or hide. What is left is
//! plain text in one line; HTML and SVG still have to escape it.

use unicode_width::UnicodeWidthChar;

/// Accents, vowel signs and the like that may stand on one character; more of them grow out of the line.
const MOST_MARKS: usize = 4;

/// `text` in one line of at most `most_columns` columns, ended by `…` where it was longer. Line ends and other white space become one
/// space; control characters, whole escape sequences, marks of direction and characters without a width of their own go.
/// A text of nothing else is empty afterwards.
pub fn label(text: &str, most_columns: usize) -> String {
    shorten(&one_line(text), most_columns)
}

/// How many columns a terminal takes for it: two for a Chinese character, none for an accent.
pub fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// What `label()` says of a text that is clean already.
pub fn shorten(text: &str, most_columns: usize) -> String {
    if width(text) <= most_columns {
        return text.to_owned();
    }
    let mut kept = 0;
    let mut columns = 0;
    for (at, character) in text.char_indices() {
        columns += char_width(character);
        if columns >= most_columns {
            break;
        }
        kept = at + character.len_utf8();
    }
    let kept = text[..kept].trim_end();
    if most_columns == 0 { String::new() } else { format!("{kept}…") }
}

fn char_width(character: char) -> usize {
    character.width().unwrap_or(0)
}

fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    let mut marks = 0;
    while let Some(character) = characters.next() {
        if character == '\u{1b}' || character == '\u{9b}' || is_string_control(character) {
            skip_sequence(character, &mut characters);
        } else if character.is_whitespace() {
            if !line.is_empty() && !line.ends_with(' ') {
                line.push(' ');
            }
        } else if !is_dropped(character) {
            marks = if char_width(character) == 0 { marks + 1 } else { 0 };
            // A mark needs something to stand on: at the start of a line it would stand on what is before it.
            if marks == 0 || (marks <= MOST_MARKS && !line.is_empty() && !line.ends_with(' ')) {
                line.push(character);
            }
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// DCS, SOS, OSC, PM and APC of one byte: a string follows, up to its end.
fn is_string_control(character: char) -> bool {
    matches!(character, '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}')
}

/// Takes what belongs to an escape character: `ESC [ 31 m`, `ESC ] 0 ; title BEL`, `ESC c`. One that never ends takes nothing but
/// itself, so that a stray character does not hide what follows.
fn skip_sequence(first: char, characters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    let mut ahead = characters.clone();
    let kind = if first == '\u{1b}' { ahead.next() } else { Some(first) };
    let is_whole = match kind {
        Some('[' | '\u{9b}') => skip_control_sequence(&mut ahead),
        Some(']' | 'P' | 'X' | '^' | '_') => skip_string(&mut ahead),
        Some(kind) if is_string_control(kind) => skip_string(&mut ahead),
        // ESC, intermediates, one final character.
        Some(' '..='/') => ahead.find(|c| !(' '..='/').contains(c)).is_some_and(|c| ('0'..='~').contains(&c)),
        Some('0'..='~') => true,
        _ => false,
    };
    if is_whole {
        *characters = ahead;
    }
}

fn skip_control_sequence(ahead: &mut std::iter::Peekable<std::str::Chars<'_>>) -> bool {
    ahead.find(|c| !(' '..='?').contains(c)).is_some_and(|c| ('@'..='~').contains(&c))
}

fn skip_string(ahead: &mut std::iter::Peekable<std::str::Chars<'_>>) -> bool {
    while let Some(character) = ahead.next() {
        match character {
            '\u{7}' | '\u{9c}' => return true,
            '\u{1b}' => return ahead.next_if_eq(&'\\').is_some(),
            _ => (),
        }
    }
    false
}

fn is_dropped(character: char) -> bool {
    character.is_control()
        || matches!(character,
            // The soft hyphen, the joiner of graphemes and what fills a place without being seen.
            '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}'
            // Direction.
            | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}'
            // No width: joiners, invisible operators, byte order mark, variation selectors, annotations, tags.
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{feff}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
            // What no font has: private use and what is no character.
            | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' | '\u{fdd0}'..='\u{fdef}')
        || (character as u32) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escape_sequences_go_whole() {
        assert_eq!(label("\u{1b}[31mred\u{1b}[0m", 50), "red");
        assert_eq!(label("a\u{1b}[2J\u{1b}[H\u{1b}[1;1Hb", 50), "ab");
        assert_eq!(label("\u{1b}]0;title\u{7}shown", 50), "shown");
        assert_eq!(label("\u{1b}]8;;http://a.example\u{1b}\\link\u{1b}]8;;\u{1b}\\", 50), "link");
        assert_eq!(label("\u{9b}31mred\u{9d}0;title\u{9c}.", 50), "red.");
        assert_eq!(label("\u{1b}Pq#0\u{1b}\\x\u{1b}cy\u{1b}(Bz", 50), "xyz");
    }

    #[test]
    fn a_stray_escape_hides_nothing() {
        assert_eq!(label("a\u{1b}]and so on", 50), "a]and so on");
        assert_eq!(label("a\u{1b}[12", 50), "a[12");
        assert_eq!(label("a\u{1b}é\u{1b}", 50), "aé");
    }

    #[test]
    fn controls_direction_and_the_invisible_go() {
        assert_eq!(label("a\u{0}\u{7}\u{8}b\u{7f}\u{85}c\u{8d}", 50), "ab c");
        assert_eq!(label("user\u{202e}gpj.exe\u{202c}\u{2066}\u{2069}\u{200f}", 50), "usergpj.exe");
        assert_eq!(label("ad\u{200b}m\u{feff}in\u{2060}\u{ad}\u{e0041}", 50), "admin");
        assert_eq!(label("\u{200b}\u{202e}\n", 50), "");
    }

    #[test]
    fn lines_become_one() {
        assert_eq!(label("  one\r\n\ttwo\u{2028}three \u{3000} four\u{a0} ", 50), "one two three four");
    }

    #[test]
    fn accents_stay_and_do_not_pile_up() {
        assert_eq!(label("e\u{301}té", 50), "e\u{301}té");
        assert_eq!(label(&format!("Z{}algo", "\u{335}".repeat(90)), 50), "Z\u{335}\u{335}\u{335}\u{335}algo");
        assert_eq!(label("\u{301}a \u{301}b", 50), "a b");
    }

    #[test]
    fn length_is_counted_in_columns() {
        assert_eq!(label("abcdef", 6), "abcdef");
        assert_eq!(label("abcdefg", 6), "abcde…");
        assert_eq!(label("abcd efgh", 6), "abcd…");
        assert_eq!(label("日本語の名前", 6), "日本…");
        assert_eq!(label("日本語", 6), "日本語");
        assert_eq!(label("ab", 1), "…");
        assert_eq!(label("ab", 0), "");
        assert_eq!(width("日本e\u{301}"), 5);
    }

    #[test]
    fn right_to_left_text_stays() {
        assert_eq!(label("שלום עולם", 50), "שלום עולם");
    }

    proptest! {
        #[test]
        fn what_is_left_is_plain(text in "(?s).{0,60}", most in 0_usize..40) {
            let cleaned = label(&text, most);
            prop_assert!(width(&cleaned) <= most);
            let is_plain = |c: char| !is_dropped(c) && (!c.is_whitespace() || c == ' ');
            prop_assert!(cleaned.chars().all(is_plain), "{:?}", cleaned);
            prop_assert_eq!(label(&cleaned, most), cleaned.clone());
            prop_assert_eq!(cleaned.trim(), cleaned.as_str());
        }

        #[test]
        fn escapes_never_survive(parts in prop::collection::vec("\u{1b}|\\[|\\]|[0-9;]|m|\u{7}|\u{9b}|\\\\|é|\u{202e}|\n", 0..30)) {
            let cleaned = label(&parts.concat(), 200);
            let is_clean = !cleaned.contains(|c: char| c.is_control() || c == '\u{202e}');
            prop_assert!(is_clean, "{:?}", cleaned);
        }
    }
}
