//! Lines for people and machines on the standard error: a word for the level, what happened, then `name=value`. They carry
//! destinations, ids and statuses, never a url, a body or a secret.

use std::fmt::{Display, Write as _};
use std::io::Write as _;
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};

pub fn info(what: &str, fields: &[(&str, &dyn Display)]) {
    write("info", what, fields);
}

pub fn warn(what: &str, fields: &[(&str, &dyn Display)]) {
    write("warn", what, fields);
}

fn write(level: &str, what: &str, fields: &[(&str, &dyn Display)]) {
    let line = line(level, what, fields);
    // Nobody is left to be told where the standard error is closed.
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}

fn line(level: &str, what: &str, fields: &[(&str, &dyn Display)]) -> String {
    let mut line = format!("{} {level} {what}", now());
    for (name, value) in fields {
        let value = value.to_string();
        let _ = if value.is_empty()
            || value.contains(|letter: char| letter.is_whitespace() || letter == '"' || letter.is_control())
        {
            write!(line, " {name}={value:?}")
        } else {
            write!(line, " {name}={value}")
        };
    }
    line.push('\n');
    line
}

fn now() -> String {
    DateTime::<Utc>::from(SystemTime::now()).to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_forge_a_line() {
        let line = line("info", "delivered", &[("destination", &"a\nwarn b=c"), ("rows", &3)]);
        assert_eq!(line.matches('\n').count(), 1);
        assert!(line.ends_with(" info delivered destination=\"a\\nwarn b=c\" rows=3\n"));
    }
}
