//! Pure: reads the COMMENT of a function into its sections.
//!
//! ```text
//! One sentence that a stranger understands alone. More sentences after it.
//!
//! Arguments
//!   steps          1 to 32 names
//!   since, until: common arguments
//! Columns
//!   the columns of funnel() but step
//! Errors
//!   22004  no steps
//! Notes
//!   A note ends with its sentence; the next line of two spaces begins another one.
//! ```
//! An entry begins with two spaces, what continues it with more. A blank line stands before the first heading, nowhere else.

use std::fmt;

/// A line has at most this many columns.
const WIDTH: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heading {
    Arguments,
    Columns,
    Returns,
    Errors,
    Notes,
}

impl Heading {
    const ALL: [Heading; 5] = [Heading::Arguments, Heading::Columns, Heading::Returns, Heading::Errors, Heading::Notes];

    /// Tells whether the entries of the section have names; in the others they are sentences alone.
    fn is_of_names(self) -> bool {
        !matches!(self, Heading::Returns | Heading::Notes)
    }

    fn of(line: &str) -> Option<Heading> {
        Heading::ALL.into_iter().find(|heading| heading.to_string() == line)
    }
}

impl fmt::Display for Heading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    Named {
        names: Vec<String>,
        text: String,
    },
    /// Arguments that mean the same wherever they stand.
    Common {
        names: Vec<String>,
    },
    /// The entries of the same section of another function, but without those named in `but`.
    Of {
        function: String,
        but: Vec<String>,
    },
    Note(String),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comment {
    pub summary: String,
    pub sections: Vec<(Heading, Vec<Entry>)>,
    /// What is wrong with the comment, each fault with its line. A reader gets what could be read all the same.
    pub faults: Vec<String>,
}

impl Comment {
    pub fn section(&self, heading: Heading) -> &[Entry] {
        self.sections.iter().find(|(known, _)| *known == heading).map_or(&[], |(_, entries)| entries)
    }

    pub fn first_sentence(&self) -> &str {
        end_of_sentence(&self.summary).map_or(self.summary.as_str(), |end| &self.summary[..end])
    }
}

/// Reads a comment. Any text can be read; what does not follow the form is told by `faults`.
pub fn read(text: &str) -> Comment {
    let mut comment = Comment::default();
    let mut lines: Vec<&str> = Vec::new();
    let mut is_blank_before = false;
    for (number, line) in text.lines().enumerate().map(|(n, line)| (n + 1, line)) {
        let mut fault = |problem: &str| comment.faults.push(format!("line {number} {problem}"));
        if line.chars().count() > WIDTH {
            fault("is longer than 100 columns");
        }
        if line.trim_end() != line || line.contains('\t') {
            fault("ends with a space or holds a tab");
        }
        let begins_section = is_blank_before && comment.sections.is_empty();
        is_blank_before = line.is_empty();
        match Heading::of(line) {
            _ if line.is_empty() && (!comment.sections.is_empty() || number == 1) => {
                fault("is blank where no first heading follows")
            }
            Some(heading) => {
                if comment.sections.is_empty() && !begins_section {
                    fault("is a first heading without a blank line before it");
                }
                if comment.sections.last().is_some_and(|(last, _)| *last >= heading) {
                    fault("is a heading out of order: Arguments, Columns, Returns, Errors, Notes");
                }
                keep(&mut comment, &lines);
                lines.clear();
                comment.sections.push((heading, Vec::new()));
            }
            None if begins_section => fault("follows a blank line and is no heading"),
            None if !comment.sections.is_empty() && !line.starts_with("  ") => {
                fault("is no heading and has no two spaces before it")
            }
            None if !line.is_empty() => lines.push(line),
            None => {}
        }
    }
    if is_blank_before {
        comment.faults.push("it ends with a blank line".into());
    }
    keep(&mut comment, &lines);
    if comment.summary.is_empty() {
        comment.faults.push("it says nothing before its first heading".into());
    } else if end_of_sentence(&comment.summary).is_none() {
        comment.faults.push("its first sentence does not end".into());
    }
    comment
}

/// Puts lines where they belong: into the last section, or into the summary where there is no section yet.
fn keep(comment: &mut Comment, lines: &[&str]) {
    let Some((heading, entries)) = comment.sections.last_mut() else {
        comment.summary = joined(lines);
        return;
    };
    let mut pieces: Vec<Vec<&str>> = Vec::new();
    for line in lines {
        let begins = match pieces.last().and_then(|piece| piece.last()) {
            None => true,
            // Sentences that are wrapped without a deeper indentation belong together as well.
            Some(before) if !heading.is_of_names() => {
                !line.starts_with("   ") && before.ends_with(['.', ':', '?', ')'])
            }
            Some(_) => !line.starts_with("   "),
        };
        match pieces.last_mut() {
            Some(piece) if !begins => piece.push(line),
            _ => pieces.push(vec![line]),
        }
    }
    for piece in pieces {
        if !heading.is_of_names() {
            entries.push(reference(&joined(&piece), *heading).unwrap_or_else(|| Entry::Note(joined(&piece))));
            continue;
        }
        match entry(&piece, *heading) {
            Some(entry) => entries.push(entry),
            None => comment.faults.push(format!("\"{}\" names nothing", piece[0].trim())),
        }
    }
    if entries.is_empty() {
        comment.faults.push(format!("section {heading} is empty"));
    }
}

/// Reads an entry; None where it names nothing.
fn entry(lines: &[&str], heading: Heading) -> Option<Entry> {
    let whole = joined(lines);
    if let Some(entry) = reference(&whole, heading) {
        return Some(entry);
    }
    if let Some(names) = whole.strip_suffix(": common arguments") {
        return Some(Entry::Common { names: names_of(names)? });
    }
    let first = lines[0].trim();
    let (names, text) = first.split_once("  ").unwrap_or((first, ""));
    let text = joined(&[&[text], &lines[1..]].concat());
    (!text.is_empty()).then_some(Entry::Named { names: names_of(names)?, text })
}

/// Reads a reference like "the columns of funnel() but step, actors", which must be of the section that it stands in.
fn reference(text: &str, heading: Heading) -> Option<Entry> {
    let section = match heading {
        Heading::Returns => "result".into(),
        heading => heading.to_string().to_lowercase(),
    };
    let rest = text.strip_prefix("the ")?.strip_prefix(&section)?.strip_prefix(" of ")?;
    let (function, rest) = rest.split_once("()")?;
    let but = match rest.strip_prefix(" but ") {
        Some(names) => names_of(&names.replace(" and ", ", "))?,
        None if rest.is_empty() => Vec::new(),
        None => return None,
    };
    is_name(function).then(|| Entry::Of { function: function.to_string(), but })
}

fn names_of(text: &str) -> Option<Vec<String>> {
    let names: Vec<String> = text.trim_end_matches(',').split(',').map(|name| name.trim().to_string()).collect();
    names.iter().all(|name| is_name(name)).then_some(names)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn joined(lines: &[&str]) -> String {
    lines.iter().flat_map(|line| line.split_whitespace()).collect::<Vec<_>>().join(" ")
}

/// Finds the place behind the full stop of the first sentence.
fn end_of_sentence(text: &str) -> Option<usize> {
    const SHORT: [&str; 4] = ["e.g.", "i.e.", "vs.", "..."];
    let is_end = |place: usize| {
        let (sentence, rest) = (&text[..place], &text[place..]);
        (rest.is_empty() || rest.starts_with(' ')) && !SHORT.iter().any(|short| sentence.ends_with(short))
    };
    text.match_indices(['.', '?']).map(|(place, _)| place + 1).find(|place| is_end(*place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn named(names: &[&str], text: &str) -> Entry {
        Entry::Named { names: names.iter().map(|name| name.to_string()).collect(), text: text.to_string() }
    }

    #[test]
    fn a_comment_is_a_summary_and_sections() {
        let comment = read(
            "How many actors get\nhow far. At most 1.5 times, e.g. twice.\n\nArguments\n  steps      1 to 32 names, or\n             {\"event\"}\n  since, until,\n    tz: common arguments\nColumns\n  the columns of paths() but step and actors\nErrors\n  22004, 22023  no steps\nNotes\n  The order is\n  open.\n  So is this: no,\n    not at all.",
        );
        assert_eq!(comment.faults, [""; 0]);
        assert_eq!(comment.first_sentence(), "How many actors get how far.");
        assert_eq!(
            comment.section(Heading::Arguments),
            [
                named(&["steps"], "1 to 32 names, or {\"event\"}"),
                Entry::Common { names: vec!["since".into(), "until".into(), "tz".into()] }
            ]
        );
        assert_eq!(
            comment.section(Heading::Columns),
            [Entry::Of { function: "paths".into(), but: vec!["step".into(), "actors".into()] }]
        );
        assert_eq!(comment.section(Heading::Errors), [named(&["22004", "22023"], "no steps")]);
        assert_eq!(
            comment.section(Heading::Notes),
            [Entry::Note("The order is open.".into()), Entry::Note("So is this: no, not at all.".into())]
        );
    }

    #[test]
    fn a_sentence_alone_is_a_comment() {
        let comment = read("What the time is.");
        assert_eq!((comment.first_sentence(), comment.faults.len()), ("What the time is.", 0));
    }

    #[test]
    fn an_abbreviation_ends_no_sentence() {
        assert_eq!(read("Sums, e.g. of 1.5, are kept. More.").first_sentence(), "Sums, e.g. of 1.5, are kept.");
    }

    #[test]
    fn faults_are_told_with_their_lines() {
        let faults = |text: &str| read(text).faults.join("; ");
        assert_eq!(faults("No end"), "its first sentence does not end");
        assert_eq!(faults("A.\nArguments\n  a  b"), "line 2 is a first heading without a blank line before it");
        assert_eq!(faults("A.\n\nArgument\n  a  b"), "line 3 follows a blank line and is no heading");
        assert_eq!(
            faults("A.\n\nErrors\n  a  b\nArguments\n  a  b"),
            "line 5 is a heading out of order: Arguments, Columns, Returns, Errors, Notes"
        );
        assert_eq!(
            faults("A.\n\nArguments\n  some text without a name"),
            "\"some text without a name\" names nothing; section Arguments is empty"
        );
        assert_eq!(faults("A.\n\nErrors\n  a  b\n\nNotes\n  C."), "line 5 is blank where no first heading follows");
        assert_eq!(faults("A.\n\nErrors\nNotes\n  C."), "section Errors is empty");
        assert!(faults(&format!("{}.", "a".repeat(100))).contains("longer than 100 columns"));
    }

    proptest! {
        #[test]
        fn any_text_can_be_read(text in "(Arguments|Notes|  a  b|  c|d[.]| |\n|ä){0,30}") {
            read(&text);
        }
    }
}
