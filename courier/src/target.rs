//! Pure: whether a url is one that a courier sends to: https without a user, http only where private receivers are allowed.

use ureq::http::Uri;
use ureq::http::uri::Scheme;

/// Why a url is not sent to. It never quotes the url.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Malformed,
    Scheme,
    User,
}

pub fn read(url: &str, allow_private: bool) -> Result<Uri, Fault> {
    let uri: Uri = url.parse().map_err(|_| Fault::Malformed)?;
    let authority = uri.authority().ok_or(Fault::Malformed)?;
    if authority.as_str().contains('@') {
        return Err(Fault::User);
    }
    if authority.host().is_empty() {
        return Err(Fault::Malformed);
    }
    match uri.scheme() {
        Some(scheme) if *scheme == Scheme::HTTPS => Ok(uri),
        Some(scheme) if *scheme == Scheme::HTTP && allow_private => Ok(uri),
        _ => Err(Fault::Scheme),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn https_alone_unless_private_is_allowed() {
        assert!(read("https://example.org/hook?x=1", false).is_ok());
        assert_eq!(read("http://example.org/hook", false), Err(Fault::Scheme));
        assert!(read("http://127.0.0.1:8080/hook", true).is_ok());
        for url in ["ftp://example.org/", "file:///etc/passwd", "gopher://127.0.0.1:25/_", "unix:///run/docker.sock"] {
            assert!(read(url, true).is_err(), "{url}");
        }
    }

    #[test]
    fn no_user_and_no_nonsense() {
        assert_eq!(read("https://example.org@127.0.0.1/", false), Err(Fault::User));
        assert_eq!(read("https://user:word@example.org/", false), Err(Fault::User));
        for url in [
            "",
            "/hook",
            "example.org",
            "https://",
            "https:///hook",
            "https://exa mple.org/",
            "https://example.org\r\nX: y/",
        ] {
            assert!(read(url, true).is_err(), "{url:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}") {
            let _ = read(&text, true);
        }
    }
}
