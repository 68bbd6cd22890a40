//! These tests say what the rules are to hit and to leave alone; the corpus measures how well they do.

mod corpus;
mod kinds;
mod properties;

use super::values::Rule;
use crate::log::redaction::policy::{Policy, SECRET_KEYS};
use crate::log::redaction::values::VALUE_RULES;
use crate::log::redaction::walk::{Redacted, redact, redact_text};
use jsonschema_value::jsonb::encode::{encode, encode_nested_arrays};
use serde_json::{Value, json};

fn redacted(payload: &Value, layers: &[Value]) -> Option<Redacted> {
    redact(&encode(payload), &Policy::layered(layers).expect("a good policy"))
}

fn result(payload: Value, layers: &[Value]) -> Value {
    redacted(&payload, layers).map_or(payload, |redacted| serde_json::from_str(&redacted.text).expect("JSON"))
}

fn standard(payload: Value) -> Value {
    result(payload, &[])
}

fn text(text: &str) -> String {
    redact_text(text, &Policy::standard()).map_or(text.to_owned(), |(masked, _)| masked)
}

#[test]
fn labels_and_rules_are_in_one_order() {
    for (place, rule) in Rule::ALL.into_iter().enumerate() {
        assert_eq!((rule as usize, rule.label()), (place, VALUE_RULES[place]));
    }
}

#[test]
fn a_hit_is_masked_within_its_text() {
    for (given, expected) in [
        ("write to joe.doe+tag@mail.example.co.uk, please", "write to [redacted:email], please"),
        ("https://a.org/?email=joe%40example.org&x=1", "https://a.org/?email=[redacted:email]&x=1"),
        ("mailto%3Ajoe%40example.org", "mailto%3A[redacted:email]"),
        ("<jürgen@exämple.de>", "<[redacted:email]>"),
        ("postgres://app:s3cr3t@db:5432/x", "postgres://app:[redacted:url_password]@db:5432/x"),
        ("redis://:p@ss@cache.internal:6379", "redis://:[redacted:url_password]@cache.internal:6379"),
        ("Authorization: Bearer abcdefghij0123456789", "Authorization: Bearer [redacted:bearer]"),
        ("authorization=bearer%20abcdefghij0123456789", "authorization=[redacted:named_secret]"),
        ("Authorization: Basic dXNlcjpwYXNzd29yZA==", "Authorization: Basic [redacted:bearer]"),
        ("card 4111 1111 1111 1111 12/28", "card [redacted:card] 12/28"),
        ("3782-822463-10005, 3056 930902 5904", "[redacted:card], [redacted:card]"),
        ("2026-01-02 4111-1111-1111-1111", "2026-01-02 [redacted:card]"),
        ("pay to DE89 3704 0044 0532 0130 00 now", "pay to [redacted:iban] now"),
        ("gb29nwbk60161331926819", "[redacted:iban]"),
        ("call +49 (0)30 1234567 or +33 6 12 34 56 78", "call [redacted:phone] or [redacted:phone]"),
        ("tel:+1-415-555-2671;phone=%2B4915123456789", "tel:[redacted:phone];phone=[redacted:phone]"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nrest", "[redacted:private_key]\nrest"),
        ("key: -----BEGIN PRIVATE KEY-----\nMIIE cut off", "key: [redacted:private_key]"),
        ("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl.", "Bearer [redacted:jwt]."),
        ("id AKIAIOSFODNN7EXAMPLE", "id [redacted:provider_key]"),
    ] {
        assert_eq!(text(given), expected);
    }
}

#[test]
fn look_alikes_stay() {
    for given in [
        "git clone git@github.com:owner/name.git",
        "react@18.2.0 and pkg@1.0.0-alpha.beta and icon@2x.png",
        "render@https://app.example.com/static/main.js:10:5",
        "@mention and a@b",
        "2026-01-02T03:04:05+02:00",
        "1.0.0+20130313144700",
        "+40.7128-074.0060/ and +37.774929",
        "WWW-Authenticate: Bearer realm=\"https://api.example.com\"",
        "bearer authentication-required",
        "Basic authentication is off",
        "sk-folding-cube-container-animation",
        "task-0123456789abcdef0123456789",
        "eyJub3QiOiJhIGp3dCJ9.eyJhIjoxfQ.c2ln",
        "https://example.com:8080/@user",
        "9400 1118 9922 3344 5566 77",
        "0.4111111111111111",
        "4111111111111112",
        "x4111111111111111",
        "DE88370400440532013000",
        "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
        "[redacted:email] [redacted:card]",
    ] {
        assert_eq!(text(given), given);
    }
}

#[test]
fn numbers_are_cards_unless_their_key_says_otherwise() {
    assert_eq!(standard(json!({"n": 4111111111111111u64})), json!({"n": "[redacted:card]"}));
    assert_eq!(standard(json!({"a": [1, 378282246310005u64]})), json!({"a": [1, "[redacted:card]"]}));
    for key in ["id", "userId", "orderID", "order_ids", "client_ts", "timestamp", "seq", "Snowflake", "order"] {
        let payload = json!({key: [4111111111111111u64, "4111111111111111"]});
        assert_eq!(standard(payload.clone()), payload);
    }
    let card = json!({"cardId": 4222222222222u64, "paid": 4111111111111111u64, "n": 4222222222222u64});
    assert_eq!(standard(card), json!({"cardId": "[redacted:card]", "paid": "[redacted:card]", "n": 4222222222222u64}));
    assert_eq!(standard(json!({"id": "x 4111111111111111"})), json!({"id": "x [redacted:card]"}));
}

#[test]
fn secret_keys_are_whole_names_in_any_spelling() {
    for key in ["password", "apiKey", "API-KEY", "api_key", "Api Key", "PIN", "Set-Cookie", "X-Api-Key"] {
        assert_eq!(standard(json!({key: {"a": ["s3cr3t"]}})), json!({key: "[redacted:key]"}), "{key}");
        assert_eq!(standard(json!({key: 1234})), json!({key: "[redacted:key]"}), "{key}");
        for kept in [json!({key: null}), json!({key: true})] {
            assert_eq!(standard(kept.clone()), kept);
        }
    }
    for key in ["token_count", "tokens", "secretary", "pinned", "password_strength", "cookie_consent", "spin"] {
        let payload = json!({key: 12});
        assert_eq!(standard(payload.clone()), payload);
    }
    for key in SECRET_KEYS {
        let found = redacted(&json!({ key: "x1" }), &[]).expect("a secret");
        assert_eq!(found.counts.get(&format!("key:{key}")), Some(&1));
    }
}

#[test]
fn rules_of_keys() {
    let keys = json!({"keys": {"email": "keep_domain", "ssn": "drop", "home": "mask", "token": "off"}});
    let payload = json!({
        "a": {"e_mail": "joe@x.org", "SSN": 1, "home": true}, "token": "t", "email": "no address"
    });
    let found = redacted(&payload, std::slice::from_ref(&keys)).expect("hits");
    assert_eq!(
        serde_json::from_str::<Value>(&found.text).expect("JSON"),
        json!({"a": {"e_mail": "[redacted]@x.org", "home": "[redacted:key]"}, "token": "t", "email": "[redacted:key]"})
    );
    let counts: Vec<(&str, u32)> = found.counts.iter().map(|(rule, count)| (rule.as_str(), *count)).collect();
    assert_eq!(counts, [("key:email", 2), ("key:home", 1), ("key:ssn", 1)]);
    let again: Value = serde_json::from_str(&found.text).expect("JSON");
    assert_eq!(redacted(&again, &[keys]), None);
}

#[test]
fn a_mask_in_a_text_does_not_shield_a_secret_value() {
    for secret in ["[redacted:key]s3cr3t", "[redacted]@s3cr3t", "[redacted:s3cr3t]", "[redacted]@x.org s3cr3t"] {
        let payload = json!({"password": secret, "email": secret});
        let found = redacted(&payload, &[json!({"keys": {"email": "keep_domain"}})]).expect("hits");
        assert!(!found.text.contains("s3cr3t"), "{}", found.text);
    }
}

#[test]
fn keys_are_masked_and_none_is_lost() {
    let payload = json!({"joe@x.org": 1, "ann@x.org": 2, "[redacted:email]": 3, "[redacted:email] 2": 4, "a": 5});
    let Value::Object(found) = standard(payload) else { panic!("an object") };
    let mut values: Vec<i64> = found.values().filter_map(Value::as_i64).collect();
    values.sort_unstable();
    assert_eq!(values, [1, 2, 3, 4, 5]);
    assert!(found.keys().all(|key| !key.contains("x.org")));
}

#[test]
fn only_what_is_allowed_stays() {
    let layers = [json!({"allow_only": ["a", "password"]})];
    let found = redacted(&json!({"a": {"b": 1}, "b": 2, "A": 3, "password": "p"}), &layers).expect("hits");
    assert_eq!(
        serde_json::from_str::<Value>(&found.text).expect("JSON"),
        json!({"a": {"b": 1}, "password": "[redacted:key]"})
    );
    assert_eq!(found.counts.get("allow_only"), Some(&2));
    assert_eq!(result(json!({"a": 1}), &[json!({"allow_only": []})]), json!({}));
}

#[test]
fn values_of_excepted_keys_are_not_searched() {
    let payload = json!({"deviceSerial": ["joe@x.org"], "b": {"device_serial": 4111111111111111u64}});
    assert_eq!(result(payload.clone(), &[json!({"except": ["device_serial"]})]), payload);
}

#[test]
fn later_layers_win_per_attribute_and_key() {
    let payload = json!({"m": "joe@x.org", "p": "+4915123456789", "password": "p", "x": 1});
    let layers = [
        json!({"values": ["phone"], "keys": {"x": "drop", "password": "drop"}, "action": "reject"}),
        Value::Null,
        json!({"keys": {"password": "off"}, "action": "mask"}),
    ];
    assert_eq!(result(payload.clone(), &layers), json!({"m": "joe@x.org", "p": "[redacted:phone]", "password": "p"}));
    assert!(Policy::layered(&layers[..1]).expect("a good policy").rejects());
    assert!(!Policy::layered(&layers).expect("a good policy").rejects());
    let off = Policy::layered(&[json!({"values": false, "keys": false})]).expect("a good policy");
    assert!(off.is_off() && Policy::off().is_off() && !Policy::standard().is_off());
    assert_eq!(redact(&encode(&payload), &off), None);
}

#[test]
fn a_faulty_policy_is_an_error_without_its_values() {
    for attribute in
        ["values", "keys", "allow_only", "except", "action", "emails", "phone_countries", "ip_addresses", "valeus"]
    {
        for value in [json!("canary"), json!(["canary", 1]), json!({"k": "canary"}), json!(17)] {
            let problem = Policy::layered(&[json!({ attribute: value })]).expect_err("a problem");
            assert!(problem.contains(attribute) && !problem.contains("canary"), "{problem}");
        }
    }
    assert!(Policy::layered(&[json!([])]).is_err());
}

#[test]
fn options_are_layers_too() {
    let layers = [json!({"ip_addresses": true, "phone_countries": ["DE"], "emails": "keep_domain"})];
    let payload = json!({"a": "joe@x.org, 030 1234567, 10.0.0.1"});
    let expected = json!({"a": "[redacted]@x.org, [redacted:phone], [redacted:ip]"});
    assert_eq!(result(payload.clone(), &layers), expected);
    assert_eq!(result(expected.clone(), &layers), expected);
    let off = json!({"ip_addresses": null, "phone_countries": null, "emails": null});
    let standard = result(payload, &[layers[0].clone(), off]);
    assert_eq!(standard, json!({"a": "[redacted:email], 030 1234567, 10.0.0.1"}));
    assert!(Policy::layered(&[json!({"phone_countries": ["XX"]})]).is_err());
}

#[test]
fn a_word_follows_the_rule_of_its_name_unless_the_key_has_its_own() {
    let layers = [json!({"keys": {"token": "off", "password": "drop", "csrf_token": "mask"}})];
    let payload = json!({"githubToken": "x1", "user.password": "x2", "csrfToken": "x3"});
    assert_eq!(result(payload, &layers), json!({"githubToken": "x1", "csrfToken": "[redacted:key]"}));
    let payload = json!({"session_secret": "x1"});
    assert_eq!(result(payload.clone(), &[json!({"keys": {"session_secret": "off"}})]), payload);
    assert_eq!(result(payload.clone(), &[json!({"keys": false})]), payload);
}

#[test]
fn what_is_not_hit_is_written_as_it_was() {
    let payload: Value =
        serde_json::from_str(r#"{"n": [0.10, -1.5e3, 12345678901234567890], "s": "\u0001\"\\ä\n", "m": "joe@x.org"}"#)
            .expect("JSON");
    let found = redacted(&payload, &[]).expect("a hit");
    assert_eq!(found.text, r#"{"m":"[redacted:email]","n":[0.1,-1500.0,12345678901234567890],"s":"\u0001\"\\ä\n"}"#);
}

#[test]
fn too_deep_is_masked_unseen() {
    let found = redact(&encode_nested_arrays(50_000), &Policy::standard()).expect("too deep");
    assert_eq!(found.text, format!("{}\"[redacted:too_deep]\"{}", "[".repeat(128), "]".repeat(128)));
    assert_eq!(redact(&encode_nested_arrays(127), &Policy::standard()), None);
}

#[test]
fn a_long_key_is_not_read_for_each_of_its_numbers() {
    let numbers = vec![4111111111111111u64; 20_000];
    let started = std::time::Instant::now();
    let payload = json!({ format!("{}_id", "k".repeat(100_000)): numbers });
    assert!(redacted(&payload, &[]).is_some());
    assert!(started.elapsed().as_secs() < 10);
}

#[test]
fn hostile_texts_take_linear_time() {
    let options = json!({"ip_addresses": true, "phone_countries": ["DE", "US"], "emails": "keep_domain"});
    let policy = Policy::layered(&[options]).expect("a good policy");
    for pattern in [
        "a@",
        "eyJ",
        "-eyJ",
        "sk-",
        "4111 ",
        "+49 ",
        "://a:b@",
        "bearer a ",
        "-----BEGIN ",
        "DE89",
        "%40",
        "password=",
        "token:",
        "cookie: ",
        "\"otp\":\"",
        "tokens=1&",
        "a=b;",
        "030 ",
        "::1",
        "4\u{a0}",
        "token=(",
        "://joe@x.org",
        "[redacted:key]",
        "cookie: =",
        "--password ",
        "-u \"a",
        "PuTTY-User-Key-File-",
        "jdbc:oracle:",
        "a:@tcp(",
        "4_",
        "4%20",
        "\"name\":\"a\",\"value\":\"",
        "é is: ",
        "&key=",
        "+ 49 ",
        "٤",
        "\"a\"@",
    ] {
        let started = std::time::Instant::now();
        redact_text(&pattern.repeat(200_000 / pattern.len()), &policy);
        assert!(started.elapsed().as_secs() < 10, "{pattern}");
    }
}
