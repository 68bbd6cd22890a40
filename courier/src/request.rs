//! Pure: what a courier adds to a delivery of each kind: a signature, a key, or nothing. The body of a webhook is sent as it is.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ureq::http::Uri;

use crate::delivery::Delivery;
use crate::outcome::Failure;
use crate::secret::Secret;
use crate::signature::signatures;

/// The kinds that this courier serves: email by SMTP, the others by POST.
pub const KINDS: [&str; 6] = ["webhook", "posthog", "segment", "slack", "alertmanager", "email"];

pub struct Request<'a> {
    pub url: Cow<'a, str>,
    pub headers: Vec<(String, String)>,
    pub body: Cow<'a, [u8]>,
}

/// `timestamp` is the attempt's, in seconds, so that a receiver that refuses old signatures takes a late attempt.
pub fn request<'a>(delivery: &'a Delivery, secret: Option<&Secret>, timestamp: u64) -> Result<Request<'a>, Failure> {
    let mut headers = delivery.headers.clone();
    let body = delivery.body.as_bytes();
    let as_it_is = |headers| Ok(Request { url: Cow::Borrowed(&delivery.url), headers, body: Cow::Borrowed(body) });
    match (delivery.kind.as_str(), secret) {
        ("webhook", _) => {
            headers.push(("webhook-timestamp".to_owned(), timestamp.to_string()));
            match secret {
                Some(Secret::Signing(keys)) => {
                    headers.push((
                        "webhook-signature".to_owned(),
                        signatures(keys, &delivery.delivery_id, timestamp, body),
                    ));
                }
                Some(Secret::Token(_)) => return Err(Failure::NoSecret),
                None if delivery.secret_name.is_some() => return Err(Failure::NoSecret),
                None => {}
            }
            as_it_is(headers)
        }
        ("posthog", Some(Secret::Token(token))) => {
            let rest = body.strip_prefix(b"{").ok_or(Failure::Rejected)?;
            let key = serde_json::Value::from(token.text()).to_string();
            let body = [format!("{{\"api_key\":{key},").as_bytes(), rest].concat();
            Ok(Request { url: Cow::Borrowed(&delivery.url), headers, body: Cow::Owned(body) })
        }
        ("segment", Some(Secret::Token(token))) => {
            headers
                .push(("authorization".to_owned(), format!("Basic {}", STANDARD.encode(format!("{}:", token.text())))));
            as_it_is(headers)
        }
        // Whoever knows the address may post, so that it is the secret; the url says to which server.
        ("slack", Some(Secret::Token(token))) if is_at(token.text(), &delivery.url) => {
            Ok(Request { url: Cow::Owned(token.text().to_owned()), headers, body: Cow::Borrowed(body) })
        }
        ("alertmanager", Some(Secret::Token(token))) => {
            headers.push(("authorization".to_owned(), authorization(token.text())));
            as_it_is(headers)
        }
        ("alertmanager", None) if delivery.secret_name.is_none() => as_it_is(headers),
        ("posthog" | "segment" | "slack" | "alertmanager", _) => Err(Failure::NoSecret),
        _ => Err(Failure::Rejected),
    }
}

/// USER:PASSWORD, or a token.
fn authorization(secret: &str) -> String {
    if secret.contains(':') { format!("Basic {}", STANDARD.encode(secret)) } else { format!("Bearer {secret}") }
}

/// Whether an address is one of a server: scheme, name and port are the same.
pub fn is_at(address: &str, server: &str) -> bool {
    let parts = |url: &str| {
        let uri: Uri = url.parse().ok()?;
        Some((uri.scheme()?.clone(), uri.authority()?.clone()))
    };
    parts(address).is_some_and(|of| parts(server).is_some_and(|server| of == server))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn delivery(kind: &str, secret_name: Option<&str>, body: &str) -> Delivery {
        Delivery {
            ticket: "t".to_owned(),
            delivery_id: "evt_1".to_owned(),
            destination: "d".to_owned(),
            kind: kind.to_owned(),
            url: "https://example.org/".to_owned(),
            secret_name: secret_name.map(str::to_owned),
            order_key: None,
            headers: vec![("webhook-id".to_owned(), "evt_1".to_owned())],
            body: body.to_owned(),
            attempt: 1,
            timeout: Duration::from_secs(15),
            lease: Duration::from_secs(60),
        }
    }

    fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
        request.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn signing() -> Secret {
        Secret::read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()
    }

    #[test]
    fn a_webhook_is_signed_and_its_body_untouched() {
        let delivery = delivery("webhook", Some("hook"), "{\"ä\": 1.10}");
        let request = request(&delivery, Some(&signing()), 7).unwrap();
        assert_eq!(&*request.body, delivery.body.as_bytes());
        assert_eq!(header(&request, "webhook-timestamp"), Some("7"));
        assert!(header(&request, "webhook-signature").unwrap().starts_with("v1,"));
    }

    #[test]
    fn a_webhook_without_a_secret_is_sent_unsigned_and_one_whose_secret_is_missing_is_not_sent() {
        let unsigned = delivery("webhook", None, "{}");
        assert_eq!(header(&request(&unsigned, None, 7).unwrap(), "webhook-signature"), None);
        let missing = delivery("webhook", Some("hook"), "{}");
        assert_eq!(request(&missing, None, 7).err(), Some(Failure::NoSecret));
        assert_eq!(request(&missing, Some(&Secret::read("phc_token").unwrap()), 7).err(), Some(Failure::NoSecret));
    }

    #[test]
    fn posthog_gets_its_key_as_a_json_string() {
        let delivery = delivery("posthog", Some("ph"), "{\"historical_migration\":false,\"batch\":[]}");
        let request = request(&delivery, Some(&Secret::read("phc_\"x\\").unwrap()), 7).unwrap();
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body["api_key"], "phc_\"x\\");
        assert!(request.body.ends_with(b",\"historical_migration\":false,\"batch\":[]}"));
    }

    #[test]
    fn segment_gets_its_key_as_a_user() {
        let delivery = delivery("segment", Some("sg"), "{\"batch\":[]}");
        let request = request(&delivery, Some(&Secret::read("abc").unwrap()), 7).unwrap();
        assert_eq!(header(&request, "authorization"), Some("Basic YWJjOg=="));
    }

    #[test]
    fn slack_is_sent_to_its_secret_at_the_server_that_is_named() {
        let mut delivery = delivery("slack", Some("chat"), "{\"text\":\"x\"}");
        delivery.url = "https://hooks.slack.com".to_owned();
        let secret = Secret::read("https://hooks.slack.com/services/T0/B0/x").unwrap();
        assert_eq!(request(&delivery, Some(&secret), 7).unwrap().url, "https://hooks.slack.com/services/T0/B0/x");
        for elsewhere in [
            "https://hooks.slack.com.evil.example/services/x",
            "http://hooks.slack.com/services/x",
            "https://hooks.slack.com:8443/x",
            "xoxb-token",
        ] {
            let secret = Secret::read(elsewhere).unwrap();
            assert_eq!(request(&delivery, Some(&secret), 7).err(), Some(Failure::NoSecret), "{elsewhere}");
        }
    }

    #[test]
    fn alertmanager_gets_what_it_is_told_to() {
        let open = delivery("alertmanager", None, "[]");
        assert_eq!(header(&request(&open, None, 7).unwrap(), "authorization"), None);
        let guarded = delivery("alertmanager", Some("am"), "[]");
        for (secret, sent) in [("u:p", "Basic dTpw"), ("abc", "Bearer abc")] {
            let secret = Secret::read(secret).unwrap();
            assert_eq!(header(&request(&guarded, Some(&secret), 7).unwrap(), "authorization"), Some(sent));
        }
        assert_eq!(request(&guarded, None, 7).err(), Some(Failure::NoSecret));
    }

    #[test]
    fn a_service_without_its_token_is_not_sent_to() {
        for kind in ["posthog", "segment"] {
            let delivery = delivery(kind, Some("x"), "{}");
            assert_eq!(request(&delivery, None, 7).err(), Some(Failure::NoSecret));
            assert_eq!(request(&delivery, Some(&signing()), 7).err(), Some(Failure::NoSecret));
        }
        assert_eq!(request(&delivery("pigeon", None, "{}"), None, 7).err(), Some(Failure::Rejected));
    }
}
