//! States: what stands under a secret's name and is none: the way a code is sent, a state, a time, or what hid it
//! already.

/// Under a password's name words may be passwords. Only what an answer says of a password is none.
const OF_PASSWORDS: [&str; 29] = [
    "true",
    "false",
    "null",
    "yes",
    "no",
    "set",
    "unset",
    "required",
    "missing",
    "empty",
    "blank",
    "invalid",
    "incorrect",
    "wrong",
    "mismatch",
    "weak",
    "too_weak",
    "too_short",
    "too_long",
    "too_common",
    "expired",
    "falsch",
    "ungueltig",
    "incorrecte",
    "incorrecta",
    "incorreta",
    "errata",
    "errada",
    "errado",
];

const STATES: [&str; 44] = [
    "granted", "denied", "revoked", "pending", "active", "inactive", "unknown", "success", "ok", "error", "bearer",
    "basic", "sms", "email", "totp", "hotp", "app", "voice", "call", "phone", "push", "none", "required", "optional",
    "enabled", "disabled", "valid", "invalid", "expired", "missing", "yes", "no", "true", "false", "on", "off", "set",
    "unset", "verified", "sent", "failed", "accepted", "rejected", "null",
];

/// Says whether a text under the standard name is no secret.
pub fn is_harmless_value(name: &str, text: &str) -> bool {
    let text = text.trim();
    if text.is_empty() || is_hidden(text) {
        return true;
    }
    let is_one_of = |states: &[&str]| states.iter().any(|state| state.eq_ignore_ascii_case(text));
    if name.starts_with("pass") || name == "pwd" {
        return is_one_of(&OF_PASSWORDS);
    }
    // Where it is set, sent or shown: {"pin": "map"}.
    if matches!(name, "pin" | "cvv" | "cvc" | "ssn") && !text.chars().any(char::is_numeric) {
        return true;
    }
    is_one_of(&STATES) || is_time(text.as_bytes())
}

/// Says whether this is what others put in the place of a secret: `********`, `[FILTERED]`, `<hidden>`.
fn is_hidden(text: &str) -> bool {
    const MASKS: [&str; 8] = ["redacted", "filtered", "masked", "hidden", "removed", "secret", "protected", "omitted"];
    let is_dots = text.chars().all(|letter| matches!(letter, '*' | '•' | '●' | '·' | '…'));
    let inner = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .or_else(|| text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')));
    is_dots || inner.is_some_and(|inner| MASKS.iter().any(|mask| mask.eq_ignore_ascii_case(inner)))
}

/// Says whether this is 2026-01-02, alone or followed by a time.
fn is_time(text: &[u8]) -> bool {
    let is_date = text.len() >= 10
        && text[..10]
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() });
    is_date && text.len() <= 40 && text[10..].iter().all(|byte| byte.is_ascii_digit() || b"T:.+-Z ".contains(byte))
}
