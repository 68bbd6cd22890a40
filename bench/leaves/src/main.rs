//! Nanoseconds of validation and redaction, medians of 21 runs. See bench/README.md.

// What only the extension calls.
#![allow(dead_code)]

#[path = "../../../src/jsonb"]
mod jsonb {
    pub mod container;
    pub mod size;
}
#[path = "../../../src/log"]
mod log {
    pub mod redaction {
        pub mod policy;
        mod values;
        pub mod walk;
        mod words;
    }
    pub mod taxonomy {
        pub mod rules;
    }
}
#[path = "../../../src/spelling.rs"]
mod spelling;
#[path = "../../../src/violation.rs"]
mod violation;

use jsonschema_value::jsonb::encode::encode;
use log::redaction::policy::Policy;
use log::taxonomy::rules::{EventType, Given, PayloadLimits, Rules};
use serde_json::{Value, json};
use std::hint::black_box;
use std::time::Instant;

fn main() {
    let three_keys = encode(&json!({"position": 3, "from_index": 1, "to_index": 2}));
    let rules = rules();
    let limits = PayloadLimits { depth: 32 };
    report("validation of an event with three keys", 2_000.0, || {
        rules.check(black_box(&three_keys), Given::default(), true, &limits).is_ok()
    });
    let policy = Policy::standard();
    report("redaction of that payload, nothing found", 10_000.0, || {
        log::redaction::walk::redact(black_box(&three_keys), &policy).is_none()
    });
    let clean = encode(&one_kilobyte("see the notes of last week"));
    println!("the payload of 1 KB has {} bytes", clean.len());
    report("redaction of 1 KB, nothing found", 10_000.0, || {
        log::redaction::walk::redact(black_box(&clean), &policy).is_none()
    });
    let found = encode(&one_kilobyte("mail joe@example.org about it"));
    report("redaction of 1 KB, one email found", 10_000.0, || {
        log::redaction::walk::redact(black_box(&found), &policy).is_some()
    });
}

fn rules() -> Rules {
    let definition = json!({
        "event_name": "ANSWER_CHANGED", "event_version": 1, "status": "active",
        "required_keys": ["position", "from_index", "to_index"],
        "properties": {
            "position": {"type": "integer", "minimum": 0}, "from_index": {"type": "integer", "minimum": 0},
            "to_index": {"type": "integer", "minimum": 0}
        },
        "additional_properties": true, "json_schema": null, "required_arguments": [], "payload_limit": 4096,
        "enforcement": null, "logged_by": "client", "sampling_rate": 1.0, "daily_budget": null, "redaction": {},
        "replaced_by": null
    });
    let event_type: EventType = serde_json::from_value(definition).expect("a row of telemetry.event_types");
    Rules::compile(event_type).expect("a good definition")
}

/// What a page sends: ids, times, a path, an agent, a text, numbers.
fn one_kilobyte(note: &str) -> Value {
    json!({
        "page": "/courses/sql/lessons/joins?tab=exercises&step=3",
        "referrer": "https://learn.example.com/courses/sql",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
        "request_id": "018f3a5c-7a4b-7cde-8f00-1234567890ab", "trace": "4bf92f3577b34da6a3ce929d0e0e4736",
        "viewport": {"width": 1440, "height": 900, "scale": 2}, "build": "2026.11.21-rc.3", "locale": "de-DE",
        "started_at": "2026-11-21T09:30:00.123Z", "loaded_ms": 1432, "sent": 1763717400123i64,
        "steps": [{"id": 1, "kind": "read", "seconds": 41.5}, {"id": 2, "kind": "write", "seconds": 120.25},
                  {"id": 3, "kind": "run", "seconds": 8.125}],
        "experiment": {"name": "new-navigation", "variant": "treatment"}, "tags": ["sql", "joins", "beginner"],
        "note": note, "query": "select c.name, count(*) from customers c join orders o on o.customer_id = c.id group by 1",
        "result": "12 rows in 3.2 ms", "score": 0.875, "plan": "pro", "is_mobile": false, "previous": null,
        "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    })
}

fn report(what: &str, most: f64, mut work: impl FnMut() -> bool) {
    const CALLS: u32 = 20_000;
    let mut times: Vec<f64> = (0..21)
        .map(|_| {
            let began = Instant::now();
            for _ in 0..CALLS {
                assert!(black_box(work()));
            }
            began.elapsed().as_nanos() as f64 / f64::from(CALLS)
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{what}: {:.0} ns (at most {most:.0})", times[times.len() / 2]);
}
