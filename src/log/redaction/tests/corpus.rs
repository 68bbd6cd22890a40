//! Recall on seeded secrets in realistic surroundings, and false positives on realistic telemetry. The same payloads
//! in each run; the secrets are made up.

mod secrets;
mod telemetry;

use super::super::walk::redact;
use crate::log::redaction::policy::Policy;
use crate::log::redaction::values::VALUE_RULES;
use jsonschema_value::jsonb::encode::encode;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// SplitMix64: small, and the same everywhere.
pub struct Random(u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }

    /// A text of `length` characters of an alphabet.
    pub fn text(&mut self, alphabet: &str, length: usize) -> String {
        (0..length).map(|_| char::from(self.pick(alphabet.as_bytes()))).collect()
    }
}

pub const DIGITS: &str = "0123456789";
pub const HEX: &str = "0123456789abcdef";
pub const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
pub const BASE62: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
pub const BASE64URL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The secret where an application would leave it.
fn surrounded(random: &mut Random, secret: &str, rule: &str) -> Value {
    if rule == "card"
        && random.below(4) == 0
        && let Ok(number) = secret.parse::<u64>()
    {
        return json!({"step": 2, "form": {"fields": [{"name": "number", "value": number}]}});
    }
    match random.below(8) {
        0 => json!({ "value": secret }),
        1 => json!({"message": format!("Request failed for {secret}, retrying (attempt 2 of 3)")}),
        2 => json!({"error": {"context": [{"input": format!("\"{secret}\"")}], "code": 422}}),
        3 => json!({"list": ["a", format!("<{secret}>"), 3]}),
        4 => json!({"url": format!("https://app.example.com/search?page=2&q={secret}&lang=de")}),
        5 => json!({"note": format!("{secret}\nplease check, thanks")}),
        6 => json!({ secret: 1 }),
        _ => json!({"log": format!("2026-11-21T08:40:57Z INFO form.submit value={secret}; ms=12")}),
    }
}

#[test]
fn at_least_99_of_100_secrets_are_found() {
    let policy = Policy::layered(&[json!({"ip_addresses": true})]).expect("a good policy");
    let mut random = Random(25);
    let mut found: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    let mut missed = Vec::new();
    for rule in VALUE_RULES {
        for _ in 0..500 {
            let secret = secrets::of(&mut random, rule);
            let payload = surrounded(&mut random, &secret.whole, rule);
            let redacted = redact(&encode(&payload), &policy);
            let is_gone = redacted.is_some_and(|redacted| {
                assert!(serde_json::from_str::<Value>(&redacted.text).is_ok());
                redacted.counts.contains_key(rule) && !redacted.text.contains(&secret.canary)
            });
            let (gone, all) = found.entry(rule).or_default();
            *gone += u32::from(is_gone);
            *all += 1;
            if !is_gone {
                missed.push(payload);
            }
        }
    }
    println!("recall: {found:?}");
    missed.iter().take(20).for_each(|payload| println!("missed: {payload}"));
    for (rule, (gone, all)) in found {
        assert!(gone * 100 >= all * 99, "{rule}: {gone} of {all}");
    }
}

#[test]
fn test_numbers_of_the_networks_and_the_iban_registry_are_found() {
    for number in secrets::TEST_CARDS {
        let compact: String = number.chars().filter(char::is_ascii_digit).collect();
        for payload in [
            json!({ "value": number }),
            json!({ "value": compact }),
            json!({"value": compact.parse::<u64>().expect("a number")}),
        ] {
            let counts = redact(&encode(&payload), &Policy::standard()).map(|redacted| redacted.counts);
            assert_eq!(counts, Some(BTreeMap::from([("card".to_owned(), 1)])), "{payload}");
        }
    }
    for iban in secrets::IBANS {
        let grouped = iban.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ");
        for text in [iban.to_owned(), iban.to_lowercase(), grouped] {
            let redacted = redact(&encode(&json!({"value": format!("to {text}.")})), &Policy::standard());
            assert_eq!(
                redacted.map(|redacted| redacted.text),
                Some(r#"{"value":"to [redacted:iban]."}"#.into()),
                "{text}"
            );
        }
    }
}

#[test]
fn at_most_one_of_1000_telemetry_values_is_hit() {
    let policy = Policy::standard();
    let mut random = Random(1000);
    let mut hits: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    let (mut hit, mut all) = (0, 0);
    for _ in 0..1_000 {
        for (kind, payload) in telemetry::values(&mut random) {
            all += 1;
            if redact(&encode(&payload), &policy).is_some() {
                hit += 1;
                hits.entry(kind).or_default().push(payload);
            }
        }
    }
    println!("false positives: {hit} of {all}");
    for (kind, payloads) in &hits {
        println!("{kind}: {}, as {}", payloads.len(), payloads[0]);
    }
    assert!(all >= 20_000 && hit * 1000 <= all, "{hit} of {all}");
}
