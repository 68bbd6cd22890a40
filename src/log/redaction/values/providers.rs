//! Keys of service providers are known by the prefix that the provider gave them for this purpose.
//!
//! The CRC32 within GitHub's and npm's tokens is not asked for: prefix, alphabet and length alone have no false
//! positive in the corpus, and a token with a typing error, or of a later format, is still to be hidden.

use super::{run_end, starts_token};
use std::ops::Range;

/// What may follow a prefix.
#[derive(Clone, Copy)]
enum Alphabet {
    Alphanumeric,
    UpperOrDigit,
    Hex,
    /// The key is base64url, with dots where the token has parts.
    Url,
    /// The key is base64 of both alphabets, and paths.
    Standard,
    /// The key is base64url with 16 letters and digits in a row and a digit, because kebab-case names have the same
    /// prefix.
    Unbroken,
}

struct Form {
    prefix: &'static str,
    alphabet: Alphabet,
    shortest: usize,
    longest: usize,
}

const fn form(prefix: &'static str, alphabet: Alphabet, shortest: usize, longest: usize) -> Form {
    Form { prefix, alphabet, shortest, longest }
}

/// The longest token without a set length. It also bounds what each look-alike of a prefix costs.
const ANY: usize = 400;

/// Keys whose prefix ends in one of `_-./=`. No prefix is the end of another one before it.
const FORMS: [Form; 93] = [
    form("ghp_", Alphabet::Alphanumeric, 36, 255),
    form("gho_", Alphabet::Alphanumeric, 36, 255),
    form("ghu_", Alphabet::Alphanumeric, 36, 255),
    form("ghs_", Alphabet::Alphanumeric, 36, 255),
    form("ghr_", Alphabet::Alphanumeric, 36, 255),
    form("github_pat_", Alphabet::Url, 36, 255),
    form("glpat-", Alphabet::Url, 20, 255),
    form("gldt-", Alphabet::Url, 20, 255),
    form("glrt-", Alphabet::Url, 20, 255),
    form("glptt-", Alphabet::Url, 20, 255),
    form("xoxa-", Alphabet::Unbroken, 24, 255),
    form("xoxb-", Alphabet::Unbroken, 24, 255),
    form("xoxp-", Alphabet::Unbroken, 24, 255),
    form("xoxr-", Alphabet::Unbroken, 24, 255),
    form("xoxs-", Alphabet::Unbroken, 24, 255),
    form("xoxe-", Alphabet::Unbroken, 24, 255),
    form("xapp-", Alphabet::Unbroken, 24, 255),
    form("hooks.slack.com/services/", Alphabet::Standard, 24, 255),
    form("discord.com/api/webhooks/", Alphabet::Standard, 17, 255),
    form("sk_live_", Alphabet::Alphanumeric, 16, 255),
    form("sk_test_", Alphabet::Alphanumeric, 16, 255),
    form("rk_live_", Alphabet::Alphanumeric, 16, 255),
    form("rk_test_", Alphabet::Alphanumeric, 16, 255),
    form("whsec_", Alphabet::Standard, 24, 255),
    form("sk-", Alphabet::Unbroken, 20, 255),
    form("sb_secret_", Alphabet::Url, 20, 255),
    form("sbp_", Alphabet::Hex, 40, 64),
    form("npm_", Alphabet::Alphanumeric, 36, 64),
    form("pypi-", Alphabet::Unbroken, 50, ANY),
    form("rubygems_", Alphabet::Hex, 48, 48),
    form("dckr_pat_", Alphabet::Url, 24, 64),
    form("SG.", Alphabet::Url, 60, 80),
    form("ya29.", Alphabet::Url, 20, ANY),
    form("GOCSPX-", Alphabet::Url, 24, 64),
    form("hvs.", Alphabet::Url, 24, ANY),
    form("hvb.", Alphabet::Url, 24, ANY),
    form("hf_", Alphabet::Alphanumeric, 30, 64),
    form("gsk_", Alphabet::Alphanumeric, 40, 64),
    form("xai-", Alphabet::Alphanumeric, 40, 128),
    form("pplx-", Alphabet::Alphanumeric, 40, 64),
    form("nvapi-", Alphabet::Url, 40, 128),
    form("r8_", Alphabet::Alphanumeric, 36, 64),
    form("dop_v1_", Alphabet::Hex, 64, 64),
    form("doo_v1_", Alphabet::Hex, 64, 64),
    form("dor_v1_", Alphabet::Hex, 64, 64),
    form("shpat_", Alphabet::Hex, 32, 64),
    form("shpss_", Alphabet::Hex, 32, 64),
    form("shpca_", Alphabet::Hex, 32, 64),
    form("shppa_", Alphabet::Hex, 32, 64),
    form("lin_api_", Alphabet::Alphanumeric, 32, 64),
    form("ntn_", Alphabet::Alphanumeric, 40, 64),
    form("figd_", Alphabet::Url, 36, 64),
    form("glsa_", Alphabet::Url, 36, 64),
    form("phx_", Alphabet::Alphanumeric, 32, 64),
    form("sntrys_", Alphabet::Standard, 40, ANY),
    form("sntryu_", Alphabet::Hex, 64, 64),
    form("PMAK-", Alphabet::Url, 40, 80),
    form("tskey-auth-", Alphabet::Url, 20, 80),
    form("AGE-SECRET-KEY-", Alphabet::UpperOrDigit, 50, 70),
    form("hooks.slack.com/workflows/", Alphabet::Standard, 24, 255),
    form("hooks.slack.com/triggers/", Alphabet::Standard, 24, 255),
    form("discordapp.com/api/webhooks/", Alphabet::Standard, 17, 255),
    form("webhook.office.com/webhookb2/", Alphabet::Standard, 60, ANY),
    form("hooks.zapier.com/hooks/catch/", Alphabet::Standard, 10, 64),
    form("xoxc-", Alphabet::Unbroken, 24, 255),
    form("xoxd-", Alphabet::Unbroken, 24, ANY),
    form("glsoat-", Alphabet::Url, 20, 64),
    form("glcbt-", Alphabet::Url, 20, 64),
    form("glft-", Alphabet::Url, 20, 64),
    form("glagent-", Alphabet::Url, 20, 100),
    form("key-", Alphabet::Hex, 32, 32),
    form("re_", Alphabet::Unbroken, 20, 64),
    form("pscale_pw_", Alphabet::Url, 32, 64),
    form("pscale_tkn_", Alphabet::Url, 32, 64),
    form("nfp_", Alphabet::Alphanumeric, 36, 64),
    form("sq0atp-", Alphabet::Url, 22, 64),
    form("sq0csp-", Alphabet::Url, 40, 64),
    form("dp.pt.", Alphabet::Alphanumeric, 40, 64),
    form("dp.st.", Alphabet::Url, 40, 80),
    form("pul-", Alphabet::Hex, 40, 40),
    form("NRAK-", Alphabet::UpperOrDigit, 27, 27),
    form("CFPAT-", Alphabet::Url, 43, 43),
    form("rpa_", Alphabet::Alphanumeric, 40, 64),
    form("sgp_", Alphabet::Unbroken, 40, 80),
    form("lsv2_pt_", Alphabet::Url, 40, 64),
    form("lsv2_sk_", Alphabet::Url, 40, 64),
    form("tvly-", Alphabet::Unbroken, 30, 64),
    form("secret_", Alphabet::Alphanumeric, 43, 43),
    form("sl.", Alphabet::Url, 100, ANY),
    form("flwseck_test-", Alphabet::Unbroken, 20, 64),
    form("FLWSECK-", Alphabet::Unbroken, 20, 64),
    form("aio_", Alphabet::Alphanumeric, 28, 28),
    form("AccountKey=", Alphabet::Standard, 80, 100),
];

/// Keys whose prefix is letters only. All of them start with A.
const UNDELIMITED: [Form; 5] = [
    form("AKIA", Alphabet::UpperOrDigit, 16, 16),
    form("ASIA", Alphabet::UpperOrDigit, 16, 16),
    form("AIza", Alphabet::Url, 30, 60),
    form("ATATT3", Alphabet::Url, 100, 255),
    form("ATBB", Alphabet::Alphanumeric, 32, 32),
];

/// The delimiters that may end a prefix, one bit each, by the two bytes before it (six bits of each).
const LAST_LETTERS: [u8; 4096] = {
    let mut ends = [0; 4096];
    let mut at = 0;
    while at < FORMS.len() {
        let prefix = FORMS[at].prefix.as_bytes();
        let last = prefix.len() - 1;
        ends[last_letters(prefix[last - 2], prefix[last - 1])] |= delimiter(prefix[last]);
        at += 1;
    }
    ends
};

const fn last_letters(first: u8, second: u8) -> usize {
    ((first as usize & 63) << 6) | (second as usize & 63)
}

const fn delimiter(byte: u8) -> u8 {
    match byte {
        b'_' => 1,
        b'-' => 2,
        b'.' => 4,
        b'/' => 8,
        b'=' => 16,
        _ => 0,
    }
}

/// Says whether a prefix may end with the byte at `at`, by a look at the two before it and at what is left.
pub fn may_end_prefix(bytes: &[u8], at: usize) -> bool {
    at >= 2
        && bytes.len() - at > 16
        && LAST_LETTERS[last_letters(bytes[at - 2], bytes[at - 1])] & delimiter(bytes[at]) != 0
}

/// Says whether the bytes, which start with A, may be one of [`UNDELIMITED`].
pub fn starts_aws_like(bytes: &[u8]) -> bool {
    bytes.len() >= 20 && matches!(bytes[1], b'K' | b'S' | b'I' | b'T') && matches!(bytes[2], b'I' | b'z' | b'A' | b'B')
}

/// Finds a key with its prefix.
pub fn key(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    (from..bytes.len()).find_map(|at| match bytes[at] {
        b'-' if is_data_center(bytes, at) => mailchimp(bytes, from, at),
        b'_' | b'-' | b'.' | b'/' | b'=' if may_end_prefix(bytes, at) => delimited(bytes, from, at),
        b'A' if starts_aws_like(&bytes[at..]) => {
            UNDELIMITED.iter().find_map(|form| matched(bytes, at, at + form.prefix.len(), form))
        }
        b':' if bytes[at + 1..].starts_with(b"AA") => telegram_bot(bytes, from, at),
        _ => None,
    })
}

/// Returns the key whose prefix ends with the byte at `at`.
fn delimited(bytes: &[u8], from: usize, at: usize) -> Option<Range<usize>> {
    let end = [bytes[at - 2], bytes[at - 1], bytes[at]];
    FORMS.iter().filter(|form| form.prefix.as_bytes().last_chunk() == Some(&end)).find_map(|form| {
        let start = (at + 1).checked_sub(form.prefix.len()).filter(|start| *start >= from)?;
        matched(bytes, start, at + 1, form)
    })
}

fn matched(bytes: &[u8], start: usize, body: usize, form: &Form) -> Option<Range<usize>> {
    if bytes.get(start..body) != Some(form.prefix.as_bytes()) || !starts_token(bytes, start) {
        return None;
    }
    let limit = bytes.len().min(body + form.longest + 1);
    let mut end = run_end(&bytes[..limit], body, |byte| belongs(form.alphabet, byte));
    while bytes[end - 1] == b'.' && end > body {
        end -= 1;
    }
    let length = end - body;
    let fits = length >= form.shortest && length <= form.longest && ends_token(bytes, end);
    (fits && has_structure(form.alphabet, &bytes[body..end])).then_some(start..end)
}

/// Says whether a token ends here: hex and exact lengths would else be found as the start of something longer.
fn ends_token(bytes: &[u8], end: usize) -> bool {
    bytes.get(end).is_none_or(|byte| !byte.is_ascii_alphanumeric())
}

fn belongs(alphabet: Alphabet, byte: u8) -> bool {
    match alphabet {
        Alphabet::Alphanumeric => byte.is_ascii_alphanumeric(),
        Alphabet::UpperOrDigit => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
        Alphabet::Hex => byte.is_ascii_hexdigit(),
        Alphabet::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'),
        Alphabet::Standard => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'_' | b'-'),
        Alphabet::Unbroken => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'),
    }
}

fn has_structure(alphabet: Alphabet, body: &[u8]) -> bool {
    match alphabet {
        Alphabet::Unbroken => {
            body.iter().any(u8::is_ascii_digit)
                && body.split(|byte| !byte.is_ascii_alphanumeric()).any(|run| run.len() >= 16)
        }
        _ => true,
    }
}

/// Says whether the hyphen at `at` may stand before the data center of a Mailchimp key, `us14`.
pub fn is_data_center(bytes: &[u8], at: usize) -> bool {
    at >= 32 && bytes[at + 1..].starts_with(b"us") && bytes[at - 1].is_ascii_hexdigit()
}

/// Reads a key of Mailchimp: 32 hexadecimal digits and the data center.
fn mailchimp(bytes: &[u8], from: usize, at: usize) -> Option<Range<usize>> {
    let start = at.checked_sub(32).filter(|start| *start >= from)?;
    let end = run_end(&bytes[..bytes.len().min(at + 6)], at + 3, |byte| byte.is_ascii_digit());
    let is_key = bytes[start..at].iter().all(u8::is_ascii_hexdigit) && (1..=2).contains(&(end - at - 3));
    (is_key && starts_token(bytes, start) && ends_token(bytes, end)).then_some(start..end)
}

/// Reads the token of a Telegram bot, `123456789:AA...`, whose colon is at `at`.
fn telegram_bot(bytes: &[u8], from: usize, at: usize) -> Option<Range<usize>> {
    let digits = bytes[from..at].iter().rev().take(11).take_while(|byte| byte.is_ascii_digit()).count();
    let end = run_end(&bytes[..bytes.len().min(at + 40)], at + 1, |byte| belongs(Alphabet::Unbroken, byte));
    ((8..=10).contains(&digits) && end - at - 1 == 35).then_some(at - digits..end)
}
