//! Pure: whether a browser says that a form stands on a page of this site. The token of the form is asked for besides.

use hyper::HeaderMap;
use hyper::header::{HOST, ORIGIN};

/// By `Sec-Fetch-Site`, which browsers send to https and to this machine and no page can write; else by `Origin`, whose host is then the
/// one that was asked. A request that says neither comes from no browser's form.
pub fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: &str| -> Option<Option<&str>> {
        let mut all = headers.get_all(name).iter();
        let first = all.next()?;
        // Twice is not an answer.
        Some(if all.next().is_some() { None } else { first.to_str().ok() })
    };
    if let Some(site) = text("sec-fetch-site") {
        return site == Some("same-origin");
    }
    match (text(ORIGIN.as_str()), text(HOST.as_str())) {
        (Some(Some(origin)), Some(Some(host))) => {
            let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            !host.is_empty() && authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
        }
        _ => false,
    }
}

/// Whether the name that was asked for is that of this machine: a page of the internet whose name is made to lead here asks by its own.
pub fn is_this_machine(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next().and_then(|host| host.to_str().ok()), hosts.next()) else { return false };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        all.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn forms_of_this_site() {
        assert!(is_own(&headers(&[("sec-fetch-site", "same-origin"), ("origin", "null")])));
        assert!(is_own(&headers(&[("origin", "https://telemetry.example"), ("host", "telemetry.example")])));
        assert!(is_own(&headers(&[("origin", "http://127.0.0.1:8417"), ("host", "127.0.0.1:8417")])));
    }

    #[test]
    fn forms_of_others() {
        for foreign in [
            &[][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "cross-site"), ("origin", "http://a"), ("host", "a")],
            &[("host", "a")],
            &[("origin", "null"), ("host", "a")],
            &[("origin", "http://b"), ("host", "a")],
            &[("origin", "http://a.b"), ("host", "a")],
            &[("origin", "http://a:81"), ("host", "a")],
            &[("origin", "file://a"), ("host", "a")],
            &[("origin", "http://"), ("host", "")],
        ] {
            assert!(!is_own(&headers(foreign)), "{foreign:?}");
        }
        let mut twice = headers(&[("origin", "http://a"), ("host", "a")]);
        twice.append("origin", HeaderValue::from_static("http://b"));
        assert!(!is_own(&twice));
    }

    #[test]
    fn names_of_this_machine() {
        for host in ["localhost", "LOCALHOST:1", "127.0.0.1:8417", "127.1.2.3", "[::1]:8417", "[::1]"] {
            assert!(is_this_machine(&headers(&[("host", host)])), "{host}");
        }
        for host in ["", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "192.0.2.1", "a:b:c"] {
            assert!(!is_this_machine(&headers(&[("host", host)])), "{host}");
        }
        assert!(!is_this_machine(&headers(&[])));
    }
}
