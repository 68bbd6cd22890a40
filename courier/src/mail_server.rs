//! Pure: the address of a mail server: `smtp://host` begins in the clear and goes over to TLS at once, `smtps://host` speaks TLS from
//! the start, and `smtp://host?tls=none` never does, where private receivers are allowed.

use ureq::http::Uri;

use crate::target::Fault;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// By STARTTLS.
    Upgraded,
    FromTheStart,
    None,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
}

pub fn read(url: &str, allow_private: bool) -> Result<MailServer, Fault> {
    let uri: Uri = url.parse().map_err(|_| Fault::Malformed)?;
    let authority = uri.authority().ok_or(Fault::Malformed)?;
    if authority.as_str().contains('@') {
        return Err(Fault::User);
    }
    let host = authority.host().trim_matches(['[', ']']);
    if host.is_empty() || !matches!(uri.path(), "" | "/") {
        return Err(Fault::Malformed);
    }
    let (tls, port) = match (uri.scheme_str(), uri.query()) {
        (Some("smtp"), None) => (Tls::Upgraded, 587),
        (Some("smtps"), None) => (Tls::FromTheStart, 465),
        (Some("smtp"), Some("tls=none")) if allow_private => (Tls::None, 25),
        _ => return Err(Fault::Scheme),
    };
    Ok(MailServer { host: host.to_owned(), port: authority.port_u16().unwrap_or(port), tls })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_unless_it_is_said_and_allowed() {
        let server = |url| read(url, true).map(|server| (server.host, server.port, server.tls));
        assert_eq!(server("smtp://mail.example.com"), Ok(("mail.example.com".to_owned(), 587, Tls::Upgraded)));
        assert_eq!(server("smtps://mail.example.com/"), Ok(("mail.example.com".to_owned(), 465, Tls::FromTheStart)));
        assert_eq!(server("smtp://[::1]:2525?tls=none"), Ok(("::1".to_owned(), 2525, Tls::None)));
        assert_eq!(read("smtp://mail.example.com?tls=none", false), Err(Fault::Scheme));
    }

    #[test]
    fn no_user_and_no_nonsense() {
        assert_eq!(read("smtp://u:p@mail.example.com", true), Err(Fault::User));
        for url in [
            "",
            "mail.example.com",
            "smtp://",
            "https://mail.example.com",
            "smtp://h/path",
            "smtp://h?tls=opportunistic",
        ] {
            assert!(read(url, true).is_err(), "{url:?}");
        }
    }
}
