//! Pure: what is recognised in a text or a number, by its form alone.
//!
//! Each string is read once for the bytes that a rule cannot do without ([`suspects`]); only then the finders of the
//! suspected rules run. They are written by hand, not as regexes: they look at neighbours and check digits, which
//! regexes cannot. Each takes linear time: how far it reads ahead is bounded, or it resumes where it stopped reading.

mod checksums;
mod meaning;
mod named;
mod national;
mod network;
mod options;
mod payment;
mod personal;
mod providers;
mod secrets;
mod separators;

use separators::Plain;
use std::collections::BTreeMap;
use std::ops::Range;

pub use named::is_opaque;
pub use national::{COUNTRIES, country};
pub use payment::is_card_number;
pub use personal::email_domain;

/// The labels in the order of application. The last one is an option, see `ip_addresses`.
pub const VALUE_RULES: [&str; 11] = [
    "private_key",
    "jwt",
    "bearer",
    "url_password",
    "provider_key",
    "named_secret",
    "card",
    "iban",
    "email",
    "phone",
    "ip",
];

/// The rules in the order of application: where two overlap, the earlier one is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    PrivateKey,
    Jwt,
    Bearer,
    UrlPassword,
    ProviderKey,
    NamedSecret,
    Card,
    Iban,
    Email,
    Phone,
    Ip,
}

impl Rule {
    pub const ALL: [Rule; VALUE_RULES.len()] = [
        Rule::PrivateKey,
        Rule::Jwt,
        Rule::Bearer,
        Rule::UrlPassword,
        Rule::ProviderKey,
        Rule::NamedSecret,
        Rule::Card,
        Rule::Iban,
        Rule::Email,
        Rule::Phone,
        Rule::Ip,
    ];

    pub fn label(self) -> &'static str {
        VALUE_RULES[self as usize]
    }

    /// Returns the first hit at or after `from`, which is the end of the previous hit or 0.
    fn find(self, text: &str, from: usize, key: Option<&str>, rules: Rules) -> Option<Range<usize>> {
        match self {
            Rule::PrivateKey => secrets::private_key(text, from),
            Rule::Jwt => secrets::jwt(text, from),
            Rule::Bearer => secrets::bearer(text, from),
            Rule::UrlPassword => secrets::url_password(text, from),
            Rule::ProviderKey => providers::key(text, from),
            Rule::NamedSecret => named::named_secret(text, from),
            Rule::Card => payment::card(text, from, key),
            Rule::Iban => payment::iban(text, from),
            Rule::Email => personal::email(text, from),
            Rule::Phone => personal::phone(text, from, rules.countries),
            Rule::Ip => network::ip(text, from),
        }
    }
}

/// A set of rules, one bit each, and their options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    rules: u16,
    /// Countries whose national numbers are phones, one bit each of [`COUNTRIES`].
    pub countries: u32,
    /// The domain of an e-mail address in a text stays.
    pub keeps_domain: bool,
}

impl Rules {
    pub const NONE: Rules = Rules { rules: 0, countries: 0, keeps_domain: false };
    /// The standard rules are all but that for IP addresses.
    pub const STANDARD: Rules = Rules { rules: (1 << Rule::Ip as u16) - 1, ..Rules::NONE };

    pub const fn with(self, rule: Rule) -> Rules {
        Rules { rules: self.rules | (1 << rule as u16), ..self }
    }

    pub const fn without(self, rule: Rule) -> Rules {
        Rules { rules: self.rules & !(1 << rule as u16), ..self }
    }

    pub const fn has(self, rule: Rule) -> bool {
        self.rules & (1 << rule as u16) != 0
    }

    pub const fn is_empty(self) -> bool {
        self.rules == 0
    }

    fn of(self, suspected: Rules) -> Rules {
        Rules { rules: self.rules & suspected.rules, ..self }
    }
}

/// A masked text is searched again so often, since a mask can uncover what its neighbour hid.
const ROUNDS: usize = 8;

/// Says whether a rule hits in the text, the value of `key`. It does not allocate where nothing is suspected.
pub fn has_hit(text: &str, rules: Rules, key: Option<&str>) -> bool {
    let suspected = rules.of(suspects(text.as_bytes(), rules));
    if suspected.is_empty() {
        return false;
    }
    let plain = Plain::of(text, suspected);
    Rule::ALL
        .into_iter()
        .any(|rule| suspected.has(rule) && rule.find(plain.text_for(rule, text), 0, key, rules).is_some())
}

/// Returns the text with each hit replaced by its mask, and counts the hits; None where nothing hits. The result has no
/// further hit: a text that would still have one after [`ROUNDS`] is masked as a whole.
pub fn masked(text: &str, rules: Rules, key: Option<&str>, counts: &mut BTreeMap<String, u32>) -> Option<String> {
    let mut current = masked_once(text, rules, key, counts)?;
    for _ in 1..ROUNDS {
        match masked_once(&current, rules, key, counts) {
            Some(next) => current = next,
            None => return Some(current),
        }
    }
    Some(match hits(&current, rules, key).first() {
        Some((_, rule)) => mask(*rule),
        None => current,
    })
}

/// Returns what stands in the place of a hit.
pub fn mask(rule: Rule) -> String {
    format!("[redacted:{}]", rule.label())
}

/// Says whether the text is nothing but a mask.
pub fn is_mask(text: &str) -> bool {
    text.strip_prefix("[redacted:")
        .and_then(|rest| rest.strip_suffix(']'))
        .is_some_and(|label| label == "key" || label == "too_deep" || VALUE_RULES.contains(&label))
}

fn masked_once(text: &str, rules: Rules, key: Option<&str>, counts: &mut BTreeMap<String, u32>) -> Option<String> {
    let hits = hits(text, rules, key);
    if hits.is_empty() {
        return None;
    }
    let mut masked = String::with_capacity(text.len());
    let mut from = 0;
    for (range, rule) in hits {
        masked.push_str(&text[from..range.start]);
        match kept_domain(&text[range.clone()], rule, rules) {
            Some(domain) => masked.push_str(&format!("{DOMAIN_MASK}{domain}")),
            None => masked.push_str(&mask(rule)),
        }
        *counts.entry(rule.label().to_owned()).or_default() += 1;
        from = range.end;
    }
    masked.push_str(&text[from..]);
    Some(masked)
}

/// What stands before the domain that an address kept.
pub const DOMAIN_MASK: &str = "[redacted]@";

fn kept_domain(hit: &str, rule: Rule, rules: Rules) -> Option<&str> {
    if rule == Rule::Email && rules.keeps_domain { email_domain(hit) } else { None }
}

/// Returns all hits in the order of the text. Of hits that overlap it returns that of the earlier rule.
fn hits(text: &str, rules: Rules, key: Option<&str>) -> Vec<(Range<usize>, Rule)> {
    let suspected = rules.of(suspects(text.as_bytes(), rules));
    let mut hits: Vec<(Range<usize>, Rule)> = Vec::new();
    let plain = Plain::of(text, suspected);
    for rule in Rule::ALL.into_iter().filter(|rule| suspected.has(*rule)) {
        let mut from = 0;
        let mut own = Vec::new();
        while let Some(range) = rule.find(plain.text_for(rule, text), from, key, rules) {
            from = range.end;
            own.push((plain.original(rule, range), rule));
        }
        let mut earlier = hits.iter().map(|(range, _)| range).peekable();
        own.retain(|(range, _)| {
            while earlier.next_if(|before| before.end <= range.start).is_some() {}
            earlier.peek().is_none_or(|next| next.start >= range.end)
        });
        hits.extend(own);
        hits.sort_by_key(|(range, _)| range.start);
    }
    hits
}

/// The shortest text that any rule can hit is a@b.de.
const SHORTEST: usize = 6;

/// The rules that a byte may be a sign of; most bytes are a sign of none and have 0.
const SIGNS: [u8; 256] = {
    let mut signs = [0; 256];
    let mut digit = b'0';
    while digit <= b'9' {
        signs[digit as usize] = b'0';
        digit += 1;
    }
    let others = b" -_./=@%+JAbB:()\t";
    let mut at = 0;
    while at < others.len() {
        signs[others[at] as usize] = others[at];
        at += 1;
    }
    signs
};

/// Finds the rules that may hit, in one pass: never too few, seldom too many.
fn suspects(bytes: &[u8], rules: Rules) -> Rules {
    let mut found = Rules::NONE;
    if bytes.len() < SHORTEST {
        return found;
    }
    // Digits so far, where only spaces and hyphens stand between.
    let mut digits = 0;
    let fewest = if rules.countries == 0 { usize::MAX } else { national::FEWEST_DIGITS };
    for (at, byte) in bytes.iter().enumerate() {
        let sign = SIGNS[usize::from(*byte)];
        if sign == 0 {
            // Separators of other scripts stand between digits as well, and there are digits of other scripts.
            if *byte < 0x80 {
                digits = 0;
            } else if let Some(digit) = separators::foreign_digit(&bytes[at..]) {
                digits += 1;
                if digit == b'+' || digits == fewest {
                    found = found.with(Rule::Phone);
                } else if digits == 13 {
                    found = found.with(Rule::Card);
                }
            }
            continue;
        }
        if sign == b'0' {
            digits += 1;
            if digits == fewest {
                found = found.with(Rule::Phone);
            }
            if digits == 2 && payment::starts_iban(bytes, at - 1) {
                found = found.with(Rule::Iban);
            } else if digits == 13 {
                found = found.with(Rule::Card);
            }
            continue;
        }
        if matches!(sign, b' ' | b'\t' | b'(' | b')') {
            continue;
        }
        if !matches!(sign, b'-' | b'.' | b'/' | b'_') && !separators::separates(bytes, at) {
            digits = 0;
        }
        let rest = &bytes[at + 1..];
        match sign {
            b'-' | b'_' | b'.' | b'/' | b'=' => {
                if sign == b'.' && network::may_be_ip(bytes, at) {
                    found = found.with(Rule::Ip);
                }
                if sign == b'=' && named::may_follow_name(bytes, at) {
                    found = found.with(Rule::NamedSecret);
                }
                if providers::may_end_prefix(bytes, at) {
                    found = found.with(Rule::ProviderKey);
                } else if sign == b'-' {
                    found = after_hyphen(found, bytes, at);
                }
            }
            b'@' => found = found.with(Rule::Email).with(Rule::UrlPassword),
            b'%' if rest.starts_with(b"40") => found = found.with(Rule::Email),
            b'%' if rest.starts_with(b"2B") || rest.starts_with(b"2b") => found = found.with(Rule::Phone),
            b'+' if rest.first().is_some_and(|next| next.is_ascii_digit() || *next >= 0x80 || b" (".contains(next)) => {
                found = found.with(Rule::Phone);
            }
            b'J' if bytes[..at].ends_with(b"ey") => found = found.with(Rule::Jwt),
            b'b' | b'B' if secrets::is_scheme(&bytes[at..]) => found = found.with(Rule::Bearer),
            b'A' if providers::starts_aws_like(&bytes[at..]) => found = found.with(Rule::ProviderKey),
            b'%' if rest.starts_with(b"3D") || rest.starts_with(b"3d") => found = found.with(Rule::NamedSecret),
            b':' => {
                if rest.starts_with(b"AA") {
                    found = found.with(Rule::ProviderKey);
                }
                if named::may_follow_name(bytes, at) {
                    found = found.with(Rule::NamedSecret);
                }
                if rules.has(Rule::Ip) {
                    found = found.with(Rule::Ip);
                }
            }
            _ => {}
        }
    }
    found
}

/// Adds the rules that a hyphen may be a sign of besides the end of a prefix.
fn after_hyphen(found: Rules, bytes: &[u8], at: usize) -> Rules {
    let rest = &bytes[at + 1..];
    if rest.starts_with(b"----BEGIN") || rest.starts_with(b"User-Key-File-") {
        found.with(Rule::PrivateKey)
    } else if options::starts(bytes, at) {
        found.with(Rule::NamedSecret)
    } else if providers::is_data_center(bytes, at) {
        found.with(Rule::ProviderKey)
    } else {
        found
    }
}

/// Says whether a token may start at `at`: no letter or digit stands before it, unless it ends a %XX escape.
fn starts_token(bytes: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|before| bytes[before]) else {
        return true;
    };
    let is_escape = at >= 3 && bytes[at - 3] == b'%' && bytes[at - 2..at].iter().all(u8::is_ascii_hexdigit);
    is_escape || !is_word(before)
}

/// Says whether a byte is a letter or digit. Bytes of other scripts count too, as they cannot be told apart here.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// Returns the end of the run of bytes from `at` on that `belongs` accepts.
fn run_end(bytes: &[u8], at: usize, belongs: impl Fn(u8) -> bool) -> usize {
    bytes[at..].iter().position(|byte| !belongs(*byte)).map_or(bytes.len(), |length| at + length)
}
