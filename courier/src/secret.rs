//! Pure: what a secret may look like. Signing secrets begin with `whsec_` and hold 24 to 64 bytes in base64; other secrets are
//! tokens of a service, taken as they are.

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const PREFIX: &str = "whsec_";
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// With or without padding, as generators of secrets differ in it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The key of an HMAC. It is never shown: `Debug` says how long it is.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey(Vec<u8>);

/// A token of a service, such as a project's API key. It is never shown either.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// One or two keys: two while a secret is being changed.
    Signing(Vec<SigningKey>),
    Token(Token),
}

/// Why a text is no secret. It never quotes the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    Empty,
    NotBase64,
    Length(usize),
    TooMany(usize),
    Mixed,
}

impl Secret {
    /// Values stand apart by white space. One `whsec_` value makes all of them signing secrets.
    pub fn read(text: &str) -> Result<Secret, Fault> {
        let values: Vec<&str> = text.split_whitespace().collect();
        match values.iter().filter(|value| value.starts_with(PREFIX)).count() {
            0 => match values[..] {
                [] => Err(Fault::Empty),
                [value] => Ok(Secret::Token(Token(value.to_owned()))),
                _ => Err(Fault::TooMany(values.len())),
            },
            signing if signing < values.len() => Err(Fault::Mixed),
            signing if signing > 2 => Err(Fault::TooMany(signing)),
            _ => values.into_iter().map(SigningKey::read).collect::<Result<_, _>>().map(Secret::Signing),
        }
    }

    /// What it is, for people: never its value.
    pub fn describe(&self) -> String {
        match self {
            Secret::Signing(keys) => {
                let lengths: Vec<String> = keys.iter().map(|key| format!("{} bytes", key.0.len())).collect();
                format!("signing secret of {}", lengths.join(" and "))
            }
            Secret::Token(_) => "token of a service".to_owned(),
        }
    }
}

impl SigningKey {
    fn read(value: &str) -> Result<SigningKey, Fault> {
        let encoded = value.strip_prefix(PREFIX).ok_or(Fault::Mixed)?;
        let bytes = BASE64.decode(encoded).map_err(|_| Fault::NotBase64)?;
        if LENGTHS.contains(&bytes.len()) { Ok(SigningKey(bytes)) } else { Err(Fault::Length(bytes.len())) }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Token {
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({} bytes)", self.0.len())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Empty => f.write_str("it is empty"),
            Fault::NotBase64 => f.write_str("what follows whsec_ is not base64"),
            Fault::Length(bytes) => write!(f, "it holds {bytes} bytes, and a signing secret holds 24 to 64"),
            Fault::TooMany(values) => {
                write!(f, "it holds {values} values; a signing secret has one or two, a token one")
            }
            Fault::Mixed => f.write_str("one of its values begins with whsec_ and another does not"),
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    fn whsec(bytes: usize) -> String {
        format!("whsec_{}", STANDARD.encode(vec![7_u8; bytes]))
    }

    #[test]
    fn lengths() {
        assert_eq!(Secret::read(&whsec(23)), Err(Fault::Length(23)));
        assert!(matches!(Secret::read(&whsec(24)), Ok(Secret::Signing(keys)) if keys.len() == 1));
        assert!(Secret::read(&whsec(64)).is_ok());
        assert_eq!(Secret::read(&whsec(65)), Err(Fault::Length(65)));
    }

    #[test]
    fn rotation_is_two_values() {
        let (new, old) = (whsec(24), whsec(32));
        assert!(matches!(Secret::read(&format!("{new} {old}\n")), Ok(Secret::Signing(keys)) if keys.len() == 2));
        assert_eq!(Secret::read(&format!("{new} {old} {new}")), Err(Fault::TooMany(3)));
        assert_eq!(Secret::read(&format!("{new} other")), Err(Fault::Mixed));
    }

    #[test]
    fn padding_may_be_left_out() {
        let padded = whsec(25);
        assert_eq!(Secret::read(padded.trim_end_matches('=')), Secret::read(&padded));
    }

    #[test]
    fn what_is_no_secret() {
        assert_eq!(Secret::read(" \n"), Err(Fault::Empty));
        assert_eq!(Secret::read("whsec_"), Err(Fault::Length(0)));
        assert_eq!(Secret::read("whsec_!!!"), Err(Fault::NotBase64));
        assert_eq!(Secret::read("a b"), Err(Fault::TooMany(2)));
    }

    proptest! {
        /// Nothing that people may see shows any part of the value.
        #[test]
        fn never_shown(value in "[A-Za-z0-9]{12,40}") {
            for text in [value.clone(), format!("whsec_{value}")] {
                let shown = match Secret::read(&text) {
                    Ok(secret) => format!("{secret:?} {}", secret.describe()),
                    Err(fault) => format!("{fault:?} {fault}"),
                };
                prop_assert!(!shown.contains(&value));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            let _ = Secret::read(&text);
        }
    }
}
