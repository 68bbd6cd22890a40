//! Pure: what a schema says to a reader, in one line, and how lines are broken.

use serde_json::Value;

/// Keywords with a number, and the words for it.
const NUMBERS: [(&str, &str, &str); 9] = [
    ("minimum", "at least ", ""),
    ("exclusiveMinimum", "more than ", ""),
    ("maximum", "at most ", ""),
    ("exclusiveMaximum", "less than ", ""),
    ("multipleOf", "a multiple of ", ""),
    ("minLength", "length at least ", ""),
    ("maxLength", "length at most ", ""),
    ("minItems", "at least ", " elements"),
    ("maxItems", "at most ", " elements"),
];

/// The description, and in parentheses what the type beside it cannot say.
pub fn remark(schema: &Value) -> String {
    let mut limits = Vec::new();
    if mentions(&schema["type"], "integer") {
        limits.push("integer".to_string());
    }
    for (keyword, before, after) in NUMBERS {
        if let Value::Number(number) = &schema[keyword] {
            limits.push(format!("{before}{number}{after}"));
        }
    }
    for keyword in ["format", "pattern"] {
        if let Value::String(word) = &schema[keyword] {
            limits.push(format!("{keyword} {word}"));
        }
    }
    let description = schema["description"].as_str().unwrap_or_default();
    let parts =
        [description.to_string(), if limits.is_empty() { String::new() } else { format!("({})", limits.join(", ")) }];
    one_line(&parts.join(" "))
}

fn mentions(kinds: &Value, kind: &str) -> bool {
    kinds == kind || kinds.as_array().is_some_and(|kinds| kinds.iter().any(|known| known == kind))
}

/// The words of a text with single spaces, without characters that are not seen: they could break a comment, or show another
/// text than the compiler reads.
pub fn one_line(text: &str) -> String {
    let seen: String = text.chars().map(|c| if is_seen(c) { c } else { ' ' }).collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Control characters, separators of lines, and marks that change the direction of writing are not seen.
fn is_seen(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

/// Lines of at most `width` characters, but for words that are longer; none of an empty text.
pub fn lines(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}
