//! Who asks: the name in a trusted proxy's header, a name and a password, or nobody in particular.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, HeaderName};
use ipnet::IpNet;

use super::fault::Fault;
use super::options::Serve;
use super::passwords::{Passwords, Verdict};
use crate::log;

const LONGEST_NAME: usize = 200;

pub enum Login {
    Open,
    Header { name: HeaderName, from: Vec<IpNet> },
    Passwords(Box<Passwords>),
}

impl Login {
    pub fn new(options: &Serve) -> Result<Login, String> {
        if let Some(path) = &options.passwords {
            return Ok(Login::Passwords(Box::new(Passwords::open(path.clone())?)));
        }
        Ok(match &options.trust_header {
            Some(name) => Login::Header { name: name.clone(), from: options.trust_from.clone() },
            None => Login::Open,
        })
    }

    /// The user's name; None where nobody is asked for one.
    pub async fn user(&self, peer: IpAddr, headers: &HeaderMap) -> Result<Option<String>, Fault> {
        match self {
            Login::Open => Ok(None),
            Login::Header { name, from } => named_by_proxy(peer, headers, name, from).map(Some),
            Login::Passwords(passwords) => {
                let Some((name, password)) = credentials(headers) else { return Err(Fault::Login) };
                match passwords.judge(peer, &name, &password).await {
                    Verdict::Right => Ok(Some(name)),
                    Verdict::Wrong => {
                        log::warn("a wrong password", &[("from", &peer)]);
                        Err(Fault::Login)
                    }
                    Verdict::Wait(wait) => Err(Fault::TooMany(wait + Duration::from_secs(1))),
                }
            }
        }
    }
}

fn named_by_proxy(peer: IpAddr, headers: &HeaderMap, header: &HeaderName, from: &[IpNet]) -> Result<String, Fault> {
    let peer = peer.to_canonical();
    if !from.iter().any(|network| network.contains(&peer)) {
        return Err(Fault::Forbidden(
            "Pages are shown through the proxy that asks who you are, and to nobody beside it.",
        ));
    }
    let mut values = headers.get_all(header).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => std::str::from_utf8(value.as_bytes())
            .ok()
            .map(str::trim)
            .filter(|name| is_name(name))
            .map(str::to_owned)
            .ok_or(Fault::Bad("The proxy sent a name that cannot be one.")),
        (None, _) => Err(Fault::Forbidden("The proxy did not say who you are.")),
        // A proxy that adds its header to one that a client sent lets the client choose.
        _ => Err(Fault::Bad("The proxy sent more than one name: it must remove the header that a client sends.")),
    }
}

fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, code) = value.to_str().ok()?.split_once(' ')?;
    let text = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(code.trim()).ok())??;
    let (name, password) = std::str::from_utf8(&text).ok()?.split_once(':')?;
    is_name(name).then(|| (name.to_owned(), password.to_owned()))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= LONGEST_NAME && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    const HEADER: HeaderName = HeaderName::from_static("x-forwarded-user");

    fn asked(peer: &str, names: &[&str]) -> Result<String, u16> {
        let headers = names.iter().map(|name| (HEADER, HeaderValue::from_bytes(name.as_bytes()).unwrap())).collect();
        let from = ["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        named_by_proxy(peer.parse().unwrap(), &headers, &HEADER, &from).map_err(|fault| fault.status().as_u16())
    }

    #[test]
    fn a_proxy_is_believed_and_nobody_else() {
        assert_eq!(asked("127.0.0.1", &["ada"]), Ok("ada".to_owned()));
        assert_eq!(asked("::ffff:10.1.2.3", &["ada@example.com"]), Ok("ada@example.com".to_owned()));
        for peer in ["127.0.0.2", "11.0.0.1", "::1", "2001:db8::1"] {
            assert_eq!(asked(peer, &["ada"]), Err(403), "{peer}");
        }
    }

    #[test]
    fn one_name_and_one_that_can_be_shown() {
        assert_eq!(asked("127.0.0.1", &[]), Err(403));
        let long = "a".repeat(201);
        for names in [&["ada", "bob"][..], &[""], &["  "], &["a\tb"], &[long.as_str()]] {
            assert_eq!(asked("127.0.0.1", names), Err(400), "{names:?}");
        }
    }

    #[test]
    fn basic_credentials() {
        let of =
            |value: &str| credentials(&[(AUTHORIZATION, HeaderValue::from_str(value).unwrap())].into_iter().collect());
        let code = STANDARD.encode("ada:pass:word");
        let ada = Some(("ada".to_owned(), "pass:word".to_owned()));
        assert_eq!(of(&format!("Basic {code}")), ada);
        assert_eq!(of(&format!("bAsIc  {code}")), ada);
        for wrong in [
            "",
            "Basic",
            "Basic %",
            "Bearer abc",
            &format!("Bearer {code}"),
            &format!("Basic {}", STANDARD.encode("nocolon")),
        ] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read_or_refused(bytes in proptest::collection::vec(32_u8..=255, 0..80)) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let _ = credentials(&[(AUTHORIZATION, value)].into_iter().collect());
            }
        }
    }
}
