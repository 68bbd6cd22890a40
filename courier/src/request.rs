//! Pure: what a courier adds to a delivery of each kind: a signature, a key, or nothing. The body of a webhook is sent as it is.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::delivery::Delivery;
use crate::outcome::Failure;
use crate::secret::Secret;
use crate::signature::signatures;

/// The kinds that are sent by POST.
pub const KINDS: [&str; 3] = ["webhook", "posthog", "segment"];

pub struct Request<'a> {
    pub headers: Vec<(String, String)>,
    pub body: Cow<'a, [u8]>,
}

/// `timestamp` is the attempt's, in seconds, so that a receiver that refuses old signatures takes a late attempt.
pub fn request<'a>(delivery: &'a Delivery, secret: Option<&Secret>, timestamp: u64) -> Result<Request<'a>, Failure> {
    let mut headers = delivery.headers.clone();
    let body = delivery.body.as_bytes();
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
            Ok(Request { headers, body: Cow::Borrowed(body) })
        }
        ("posthog", Some(Secret::Token(token))) => {
            let rest = body.strip_prefix(b"{").ok_or(Failure::Rejected)?;
            let key = serde_json::Value::from(token.text()).to_string();
            let body = [format!("{{\"api_key\":{key},").as_bytes(), rest].concat();
            Ok(Request { headers, body: Cow::Owned(body) })
        }
        ("segment", Some(Secret::Token(token))) => {
            headers
                .push(("authorization".to_owned(), format!("Basic {}", STANDARD.encode(format!("{}:", token.text())))));
            Ok(Request { headers, body: Cow::Borrowed(body) })
        }
        ("posthog" | "segment", _) => Err(Failure::NoSecret),
        _ => Err(Failure::Rejected),
    }
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
    fn a_service_without_its_token_is_not_sent_to() {
        for kind in ["posthog", "segment"] {
            let delivery = delivery(kind, Some("x"), "{}");
            assert_eq!(request(&delivery, None, 7).err(), Some(Failure::NoSecret));
            assert_eq!(request(&delivery, Some(&signing()), 7).err(), Some(Failure::NoSecret));
        }
        assert_eq!(request(&delivery("pigeon", None, "{}"), None, 7).err(), Some(Failure::Rejected));
    }
}
