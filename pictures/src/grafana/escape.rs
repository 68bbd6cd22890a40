//! Texts that nobody may take for more than texts. Grafana replaces `$name`, `${name}` and `[[name]]` in titles, descriptions and
//! statements by what a viewer chose, and `$__name()` in statements; descriptions are Markdown with HTML in it.

/// Stands between the characters that would begin a variable, and is not seen: a word joiner.
const JOINER: char = '\u{2060}';

/// A text for a title: on one line, without variables.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            plain.push(' ');
        } else {
            plain.push(c);
        }
        if matches!(c, '$' | '[') {
            plain.push(JOINER);
        }
    }
    plain
}

/// A text for a description: every character that Markdown, HTML or a variable could begin with becomes an entity, which Markdown
/// takes for the character and nothing else.
pub fn markdown(text: &str) -> String {
    let mut markdown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '$' | '[' | ']' | '<' | '>' | '&' | '*' | '_' | '`' | '#' | '|' | '~' | '\\' | '!' => {
                markdown.push_str(&format!("&#{};", u32::from(c)));
            }
            c if c.is_control() => markdown.push(' '),
            c => markdown.push(c),
        }
    }
    markdown
}

/// A text as a constant of SQL, in a statement that Grafana reads first.
pub fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if !quoted.contains(['\\', '$', '[']) {
        return format!("'{quoted}'");
    }
    format!("E'{}'", quoted.replace('\\', "\\\\").replace('$', "\\x24").replace('[', "\\x5b"))
}
