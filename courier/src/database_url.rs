//! Pure: the address of the database, and whether the way to it is encrypted.
//!
//! Where TLS is spoken the server's certificate is always verified, `sslmode=require` included: a courier carries events.

/// An address as the client library reads it, and the TLS that goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    /// Without `sslmode` and `sslrootcert`.
    pub address: String,
    pub tls: Tls,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// `sslmode=disable`.
    Plain,
    /// `require`, `verify-ca`, `verify-full`: with a file of root certificates, or by those of the system.
    Verified(Option<String>),
    /// Nothing was said: verified, but plain to this very machine.
    Unsaid(Option<String>),
}

/// Takes `sslmode` and `sslrootcert` out of a url or of a list of `keyword=value`.
pub fn read(text: &str) -> Result<DatabaseUrl, String> {
    let is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
    let (before, options, separator) = match text.split_once('?') {
        Some((before, options)) if is_url => (Some(before), options, "&"),
        _ if is_url => (Some(text), "", "&"),
        _ => (None, text, " "),
    };
    let mut mode = None;
    let mut roots = None;
    let mut kept = Vec::new();
    for option in options.split(separator).filter(|option| !option.is_empty()) {
        match option.split_once('=') {
            Some(("sslmode", value)) => mode = Some(value.to_owned()),
            Some(("sslrootcert", "system")) => {}
            Some(("sslrootcert", value)) => {
                roots = Some(if is_url { decoded(value) } else { value.trim_matches('\'').to_owned() })
            }
            _ => kept.push(option),
        }
    }
    let kept = kept.join(separator);
    let address = match before {
        Some(before) if kept.is_empty() => before.to_owned(),
        Some(before) => format!("{before}?{kept}"),
        None => kept,
    };
    let tls = match mode.as_deref() {
        None => Tls::Unsaid(roots),
        Some("disable") => Tls::Plain,
        Some("require" | "verify-ca" | "verify-full") => Tls::Verified(roots),
        Some(other) => return Err(format!("sslmode {other:?} is none of disable, require, verify-ca, verify-full")),
    };
    Ok(DatabaseUrl { address, tls })
}

/// Percent-encoding undone; what is no encoding stays as it is.
fn decoded(value: &str) -> String {
    let bytes = value.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = bytes.get(at + 1..at + 3).and_then(|code| std::str::from_utf8(code).ok());
        match code.filter(|_| byte == b'%').and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(code) => {
                out.push(code);
                at += 3;
            }
            None => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> (String, Tls) {
        let url = read(text).unwrap();
        (url.address, url.tls)
    }

    #[test]
    fn a_url() {
        assert_eq!(of("postgres://u:p@h/d"), ("postgres://u:p@h/d".to_owned(), Tls::Unsaid(None)));
        assert_eq!(
            of("postgres://u:p@h/d?sslmode=verify-full&connect_timeout=5&sslrootcert=%2Fetc%2Fca.pem"),
            ("postgres://u:p@h/d?connect_timeout=5".to_owned(), Tls::Verified(Some("/etc/ca.pem".to_owned())))
        );
        assert_eq!(of("postgresql://h/d?sslmode=disable"), ("postgresql://h/d".to_owned(), Tls::Plain));
        assert_eq!(of("postgresql://h/d?sslrootcert=system&sslmode=require").1, Tls::Verified(None));
    }

    #[test]
    fn keywords() {
        assert_eq!(of("host=h dbname=d sslmode=require"), ("host=h dbname=d".to_owned(), Tls::Verified(None)));
        assert_eq!(of("host=h sslrootcert='/ca.pem'"), ("host=h".to_owned(), Tls::Unsaid(Some("/ca.pem".to_owned()))));
    }

    #[test]
    fn modes_that_do_not_say_what_happens() {
        for mode in ["prefer", "allow", "on", ""] {
            assert!(read(&format!("postgres://h/d?sslmode={mode}")).is_err(), "{mode}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}") {
            let _ = read(&text);
            let _ = read(&format!("postgres://h/d?sslrootcert={text}"));
        }
    }
}
