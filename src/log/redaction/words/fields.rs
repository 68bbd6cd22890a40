//! Fields: names of fields and headers, as they stand in a list of names beside that of a secret: `["pin",
//! "confirm2"]`.

/// Words that forms number: `confirm2`, `address_line1`.
const OF_FORMS: [&str; 34] = [
    "confirm",
    "confirmation",
    "repeat",
    "retype",
    "again",
    "check",
    "new",
    "old",
    "step",
    "field",
    "form",
    "line",
    "address",
    "street",
    "phone",
    "email",
    "mail",
    "name",
    "user",
    "username",
    "login",
    "contact",
    "question",
    "answer",
    "hint",
    "page",
    "tab",
    "item",
    "input",
    "option",
    "section",
    "column",
    "col",
    "row",
];

/// Says whether the text is rather the name of a field or a header than a secret.
pub fn is_field(text: &str) -> bool {
    is_numbered_field(text) || is_header(text)
}

/// Says whether the text is one of the words of forms with a number of one or two digits.
fn is_numbered_field(text: &str) -> bool {
    let stem = text.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let stem_end = stem.trim_end_matches(['_', '-']);
    let last = stem_end.rsplit(['_', '-', '.']).next().unwrap_or_default();
    text.len() - stem.len() <= 2 && OF_FORMS.iter().any(|word| word.eq_ignore_ascii_case(last))
}

/// Says whether the text is a header, `X-Request-Id` or `Content-Type`: capitalised words with hyphens, and no digit.
fn is_header(text: &str) -> bool {
    text.contains('-')
        && text.split('-').all(|word| {
            let mut letters = word.bytes();
            letters.next().is_some_and(|letter| letter.is_ascii_uppercase())
                && letters.all(|letter| letter.is_ascii_lowercase())
        })
}
