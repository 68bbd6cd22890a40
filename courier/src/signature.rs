//! Pure: the signature of one attempt by Standard Webhooks 1.0.0, over exactly the bytes that are sent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::secret::SigningKey;

/// The value of `webhook-signature`: one signature for each key, with a space between, so that a receiver that knows the old or the
/// new secret verifies it while the secret is being changed.
///
/// `id` must not hold a dot, which delimits what is signed; the database makes none that does.
pub fn signatures(keys: &[SigningKey], id: &str, timestamp: u64, body: &[u8]) -> String {
    let all: Vec<String> = keys.iter().map(|key| signature(key, id, timestamp, body)).collect();
    all.join(" ")
}

fn signature(key: &SigningKey, id: &str, timestamp: u64, body: &[u8]) -> String {
    // HMAC takes a key of any length, so that there is no error to answer.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.bytes()) else { return String::new() };
    mac.update(id.as_bytes());
    mac.update(b".");
    mac.update(timestamp.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::strategy::ValueTree as _;

    use super::*;
    use crate::secret::Secret;

    fn keys(text: &str) -> Vec<SigningKey> {
        match Secret::read(text).unwrap() {
            Secret::Signing(keys) => keys,
            Secret::Token(_) => panic!("a token"),
        }
    }

    /// The vector of the specification's own reference libraries.
    #[test]
    fn the_specifications_vector() {
        let signed = signatures(
            &keys("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn two_secrets_make_two_signatures() {
        let old = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let new = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
        let both = signatures(&keys(&format!("{new} {old}")), "evt_1", 1, b"{}");
        let apart = [signatures(&keys(new), "evt_1", 1, b"{}"), signatures(&keys(old), "evt_1", 1, b"{}")];
        assert_eq!(both, apart.join(" "));
    }

    proptest! {
        /// The reference library of the specification, which takes UTF-8 alone, verifies what was signed by either secret, and nothing
        /// that was altered.
        #[test]
        fn the_reference_library_verifies(
            key in proptest::collection::vec(any::<u8>(), 24..=64),
            other in proptest::collection::vec(any::<u8>(), 24..=64),
            body in ".{1,2000}",
            flip in any::<(usize, u8)>(),
        ) {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
            let body = body.into_bytes();
            let text = |key: &[u8]| format!("whsec_{}", STANDARD.encode(key));
            let signed = signatures(&keys(&format!("{} {}", text(&key), text(&other))), "evt_1", now, &body);
            let headers: std::collections::HashMap<String, String> = [
                ("webhook-id".to_owned(), "evt_1".to_owned()),
                ("webhook-timestamp".to_owned(), now.to_string()),
                ("webhook-signature".to_owned(), signed),
            ].into();
            let headers = reference_headers(&headers);
            for key in [&key, &other] {
                let reference = standardwebhooks::Webhook::new(&text(key)).unwrap();
                prop_assert!(reference.verify(&body, &headers).is_ok());
                let mut altered = body.clone();
                let at = flip.0 % altered.len();
                altered[at] ^= 1 << (flip.1 % 8);
                prop_assert!(reference.verify(&altered, &headers).is_err());
            }
        }
    }

    /// Written for the reference libraries of other languages, which take JSON alone: COURIER_SIGNATURES=FILE, and how many bodies,
    /// COURIER_BODIES. Their sizes are drawn between 1 byte and 1 MB, small ones as often as large ones.
    #[test]
    fn written_for_other_libraries() {
        use std::io::Write as _;
        let Ok(path) = std::env::var("COURIER_SIGNATURES") else { return };
        let bodies = std::env::var("COURIER_BODIES").ok().and_then(|count| count.parse().ok()).unwrap_or(200);
        let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        for number in 0..bodies {
            let draw =
                ("[\\x00-\\x7fäß€\u{2028}😀]{1,64}", 0.0..20.0_f64, proptest::collection::vec(any::<u8>(), 24..=64));
            let (text, size, key) = draw.new_tree(&mut runner).unwrap().current();
            let size = size.exp2() as usize;
            let body = if size < 3 {
                "7".to_owned()
            } else {
                serde_json::Value::from(text.repeat(size / text.len() + 1)).to_string()
            };
            let secret = format!("whsec_{}", STANDARD.encode(key));
            let id = format!("evt_{number}");
            let signed = signatures(&keys(&secret), &id, now, body.as_bytes());
            let headers = [("webhook-id", id), ("webhook-timestamp", now.to_string()), ("webhook-signature", signed)]
                .map(|(name, value)| (name.to_owned(), value));
            let line = serde_json::json!({
                "secret": secret,
                "body": STANDARD.encode(&body),
                "headers": headers.clone().into_iter().collect::<std::collections::BTreeMap<_, _>>(),
            });
            let reference = standardwebhooks::Webhook::new(&secret).unwrap();
            assert!(reference.verify(body.as_bytes(), &reference_headers(&headers.into())).is_ok(), "{line}");
            writeln!(file, "{line}").unwrap();
        }
    }

    fn reference_headers(headers: &std::collections::HashMap<String, String>) -> ureq::http::HeaderMap {
        headers
            .iter()
            .map(|(name, value)| {
                (ureq::http::HeaderName::try_from(name).unwrap(), ureq::http::HeaderValue::try_from(value).unwrap())
            })
            .collect()
    }
}
