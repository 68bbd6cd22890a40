//! Words: a name may say secret by one of its words, as in `user.password`, `password2`, `githubToken`,
//! `user[password]`.
//!
//! A name is split at humps, punctuation and digits. It says secret if a word does and no later word says that it is
//! about a secret and does not hold it: `password_changed_at`, `token_count`.

mod fields;
mod languages;
mod states;

use std::borrow::Cow;

pub use fields::is_field;
pub use states::is_harmless_value;

/// What a name says by its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Secret {
    /// The standard name whose rule it follows.
    pub name: &'static str,
    /// Numbers under `tokens` are counts.
    pub is_plural: bool,
    /// The name is a word of everyday life as well, `clave` and `parola`: only what looks like a secret is one.
    pub is_everyday: bool,
}

impl Secret {
    pub const fn named(name: &'static str) -> Secret {
        Secret { name, is_plural: false, is_everyday: false }
    }
}

/// The longest name that is read. Of a longer one only the end is read.
const LONGEST: usize = 128;
const MOST_WORDS: usize = 32;

/// The last words that say secret, and whose rule their names follow.
const WORDS: [(&[u8], &str); 18] = [
    (b"password", "password"),
    (b"passwd", "passwd"),
    (b"pwd", "pwd"),
    (b"passphrase", "passphrase"),
    (b"passcode", "passcode"),
    (b"secret", "secret"),
    (b"token", "token"),
    (b"jwt", "token"),
    (b"apikey", "api_key"),
    (b"authorization", "authorization"),
    (b"cookie", "cookie"),
    (b"credential", "credentials"),
    (b"ssn", "ssn"),
    (b"cvv", "cvv"),
    (b"cvc", "cvc"),
    (b"pin", "pin"),
    (b"otp", "otp"),
    (b"totp", "totp"),
];

/// Those of these words that say secret also where a longer word ends in them: `dbpassword`, `githubtoken`.
const ENDINGS: [(&[u8], &str); 7] = [
    (b"password", "password"),
    (b"passwd", "passwd"),
    (b"passphrase", "passphrase"),
    (b"secret", "secret"),
    (b"token", "token"),
    (b"apikey", "api_key"),
    (b"secretkey", "secret_key"),
];

/// Words that stand before `key` where it opens something.
const KEYS: [&[u8]; 16] = [
    b"api",
    b"access",
    b"secret",
    b"private",
    b"encryption",
    b"signing",
    b"account",
    b"shared",
    b"master",
    b"ssh",
    b"auth",
    b"subscription",
    b"hmac",
    b"role",
    b"storage",
    b"deploy",
];

/// Words that stand before `pass` where it is a password, and no ticket or result.
const PASSES: [&[u8]; 9] = [b"db", b"user", b"smtp", b"mysql", b"root", b"admin", b"ftp", b"login", b"mail"];

/// Words that stand before `token` where it is a place in a list or a colour.
const HARMLESS_BEFORE: [&[u8]; 7] = [b"page", b"design", b"continuation", b"sync", b"max", b"min", b"cancellation"];

/// Words after a secret's that make the name one about it.
const HARMLESS_AFTER: [&[u8]; 91] = [
    b"change",
    b"index",
    b"name",
    b"id",
    b"color",
    b"position",
    b"level",
    b"symbol",
    b"language",
    b"manager",
    b"remaining",
    b"hint",
    b"at",
    b"on",
    b"date",
    b"time",
    b"day",
    b"days",
    b"age",
    b"count",
    b"counts",
    b"counter",
    b"used",
    b"usage",
    b"length",
    b"len",
    b"size",
    b"strength",
    b"policy",
    b"changed",
    b"updated",
    b"created",
    b"type",
    b"kind",
    b"method",
    b"methods",
    b"expires",
    b"expiry",
    b"expired",
    b"expiration",
    b"ttl",
    b"enabled",
    b"required",
    b"set",
    b"valid",
    b"invalid",
    b"status",
    b"state",
    b"visible",
    b"shown",
    b"hidden",
    b"score",
    b"limit",
    b"limits",
    b"max",
    b"min",
    b"total",
    b"budget",
    b"attempts",
    b"attempt",
    b"failures",
    b"error",
    b"errors",
    b"consent",
    b"banner",
    b"settings",
    b"preferences",
    b"present",
    b"exists",
    b"verified",
    b"rotated",
    b"issued",
    b"santa",
    b"version",
    b"format",
    b"field",
    b"label",
    b"cost",
    b"price",
    b"rate",
    b"per",
    b"channel",
    b"sent",
    b"page",
    b"accepted",
    b"file",
    b"path",
    b"stdin",
    b"endpoint",
    b"uri",
    b"arn",
];

/// Returns None where the words of the name say nothing of a secret. It does not allocate but for a name that holds a
/// mask.
pub fn secret(name: &str) -> Option<Secret> {
    let name = languages::plain(name);
    if name.is_ascii() && !may_be_secret(name.as_bytes()) {
        return None;
    }
    let name = without_masks(&name);
    let bytes = &name.as_bytes()[name.len().saturating_sub(LONGEST)..];
    let mut letters = [0; LONGEST];
    for (letter, byte) in letters.iter_mut().zip(bytes) {
        *letter = byte.to_ascii_lowercase();
    }
    let mut words: [&[u8]; MOST_WORDS] = [&[]; MOST_WORDS];
    let mut count = 0;
    let mut start = 0;
    for at in 0..=bytes.len() {
        let ends = at == bytes.len() || !is_letter(bytes[at]) || starts_hump(bytes, at);
        if !ends {
            continue;
        }
        if at > start {
            words[count % MOST_WORDS] = &letters[start..at];
            count += 1;
        }
        start = if at < bytes.len() && is_letter(bytes[at]) { at } else { at + 1 };
    }
    // Of more words than that the last ones, in a ring that is put in order.
    if count > MOST_WORDS {
        words.rotate_left(count % MOST_WORDS);
    }
    last_secret(&words[..count.min(MOST_WORDS)])
}

fn last_secret(words: &[&[u8]]) -> Option<Secret> {
    if words == [b"pass"] {
        return Some(Secret { is_plural: true, ..Secret::named("password") });
    }
    for (place, word) in words.iter().enumerate().rev() {
        if HARMLESS_AFTER.contains(word) || languages::HARMLESS_AFTER.contains(word) {
            return None;
        }
        let before = place.checked_sub(1).map_or(&b""[..], |before| words[before]);
        if let Some(secret) = secret_word(word, before) {
            return (!HARMLESS_BEFORE.contains(&before) && !languages::HARMLESS_BEFORE.contains(&before))
                .then_some(secret);
        }
    }
    None
}

fn secret_word(word: &[u8], before: &[u8]) -> Option<Secret> {
    let singular = word.strip_suffix(b"s").filter(|word| word.len() > 2);
    for (word, is_plural) in [(Some(word), false), (singular, true)] {
        let Some(word) = word else { continue };
        let whole = || WORDS.iter().chain(&languages::WORDS).find(|(secret, _)| *secret == word);
        let ending = || ENDINGS.iter().chain(&languages::ENDINGS).find(|(ending, _)| word.ends_with(ending));
        if let Some((_, name)) = whole().or_else(ending) {
            return Some(Secret { is_plural, ..Secret::named(name) });
        }
        if word == b"key" && KEYS.contains(&before) {
            let name = if before == b"api" { "api_key" } else { "secret_key" };
            return Some(Secret { is_plural, ..Secret::named(name) });
        }
        if word == b"pass" && PASSES.contains(&before) {
            return Some(Secret::named("password"));
        }
    }
    if languages::PAIRS.contains(&(before, word)) {
        return Some(Secret::named("password"));
    }
    languages::EVERYDAY.contains(&word).then_some(Secret { is_everyday: true, ..Secret::named("password") })
}

/// Says whether a byte is a letter. Those of other scripts count too, which have no humps here.
fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte >= 0x80
}

/// Says whether a hump starts here: the `T` of `githubToken`, the `K` of `APIKey`.
fn starts_hump(bytes: &[u8], at: usize) -> bool {
    at > 0
        && bytes[at].is_ascii_uppercase()
        && (bytes[at - 1].is_ascii_lowercase()
            || (bytes[at - 1].is_ascii_uppercase() && bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase)))
}

/// Three letters that a secret's name cannot do without, mostly the first ones. A name without them, as most are, is
/// not split.
const SIGNS: [&[u8; 3]; 35] = [
    b"pas", b"pwd", b"sec", b"tok", b"jwt", b"key", b"aut", b"coo", b"cre", b"ssn", b"cvv", b"cvc", b"pin", b"otp",
    // Of languages::WORDS and the like, the rarest in names of other things.
    b"ras", b"mdp", b"nnw", b"htw", b"nha", b"egr", b"ehe", b"asl", b"eno", b"gsk", b"kod", b"sal", b"esl", b"lsz",
    b"ozi", b"ifr", b"lav", b"ola", b"zod", b"zug", b"jet",
];

/// For each first letter (five bits of it), one bit for each second one.
const PAIRS: [u32; 32] = {
    let mut pairs = [0; 32];
    let mut at = 0;
    while at < SIGNS.len() {
        pairs[(SIGNS[at][0] & 31) as usize] |= 1 << (SIGNS[at][1] & 31);
        at += 1;
    }
    pairs
};

fn may_be_secret(bytes: &[u8]) -> bool {
    bytes.windows(3).any(|part| {
        PAIRS[usize::from(part[0] & 31)] >> (part[1] & 31) & 1 != 0
            && SIGNS.iter().any(|sign| sign.eq_ignore_ascii_case(part))
    })
}

/// A masked name says nothing but what stands beside the masks.
pub fn without_masks(name: &str) -> Cow<'_, str> {
    let Some((before, rest)) = name.split_once("[redacted:") else {
        return Cow::Borrowed(name);
    };
    let kept = rest.split("[redacted:").filter_map(|part| part.split_once(']')).map(|(_, after)| after);
    Cow::Owned(std::iter::once(before).chain(kept).collect())
}
