use super::*;
use serde_json::{Value, json};

const NOW: &str = "2026-03-04T10:32:30.000000Z";

fn message(of: Value, instances: Value) -> Alert {
    let mut given = json!({"notification_id": "1", "alert": "checkout_fails", "database": "shop", "kpi": "checkout_failures", "unit": "ratio", "fires": "above", "instances": instances});
    given.as_object_mut().unwrap().extend(of.as_object().unwrap().clone());
    serde_json::from_value(given).unwrap()
}

fn one(of: Value) -> Value {
    let mut given = json!({"fingerprint": "f", "status": "firing", "since": "2026-03-04T10:05:00.000000Z", "value": 0.2, "n": 90, "threshold": 0.05, "cause": "threshold"});
    given.as_object_mut().unwrap().extend(of.as_object().unwrap().clone());
    given
}

#[test]
fn it_says_what_how_much_out_of_how_many_since_when() {
    let said = |kind: &str, of: Value, instances: Value| of_alert(kind, NOW, &message(of, instances));
    assert_eq!(
        said("alert.firing", json!({}), json!([one(json!({}))])),
        "checkout_failures is 20 % of 90, above 5 %, since 10:05 UTC"
    );
    assert_eq!(
        said("alert.repeated", json!({}), json!([one(json!({"since": "2026-03-03T23:50:00.000000Z"}))])),
        "checkout_failures still fires: 20 % of 90, above 5 %, since 2026-03-03 23:50 UTC"
    );
    assert_eq!(
        said(
            "alert.recovered",
            json!({}),
            json!([one(json!({"status": "recovered", "value": 0.044, "until": "2026-03-04T10:32:00.000000Z"}))])
        ),
        "checkout_failures is over: 4.4 % of 90; it fired from 10:05 to 10:32 UTC"
    );
    assert_eq!(
        said(
            "alert.recovered",
            json!({}),
            json!([one(
                json!({"status": "recovered", "value": null, "cause": "dropped", "until": "2026-03-04T10:32:00.000000Z"})
            )])
        ),
        "checkout_failures is over, since its rule was dropped; it fired from 10:05 to 10:32 UTC"
    );
    assert_eq!(
        said(
            "alert.firing",
            json!({"unit": "seconds", "kpi": "slow_api"}),
            json!([one(json!({"value": 1.38, "threshold": 1, "breakdown_value": "0.95", "n": 200}))])
        ),
        "slow_api (0.95) is 1.38 s of 200, above 1 s, since 10:05 UTC"
    );
    assert_eq!(
        said(
            "alert.firing",
            json!({"unit": "events", "kpi": "signups", "fires": "below"}),
            json!([one(json!({"value": 0, "n": 0, "threshold": 1}))])
        ),
        "signups is 0, below 1, since 10:05 UTC"
    );
    assert_eq!(
        said(
            "alert.firing",
            json!({"kpi": null, "unit": "events"}),
            json!([one(json!({"value": 1, "n": 1, "threshold": 0, "cause": "event", "breakdown_value": "api"}))])
        ),
        "checkout_fails (api): 1 event, since 10:05 UTC"
    );
    assert_eq!(
        said(
            "alert.firing",
            json!({"fires": "below", "compare_with": "7 days"}),
            json!([one(json!({"value": -0.12, "threshold": -0.1}))])
        ),
        "checkout_failures changed by −12 % of 90 against 7 days before, below −10 %, since 10:05 UTC"
    );
    assert_eq!(
        said("alert.firing", json!({}), json!([one(json!({"value": null, "cause": "no_data"}))])),
        "checkout_failures has no value, since 10:05 UTC"
    );
    assert_eq!(
        said("alert.error", json!({}), json!([one(json!({"value": null, "cause": "error"}))])),
        "Alert checkout_fails cannot be evaluated, since 10:05 UTC"
    );
    assert_eq!(
        said("alert.firing", json!({"is_flapping": true}), json!([one(json!({}))])),
        "checkout_failures is 20 % of 90, above 5 %, since 10:05 UTC; it goes to and fro, so it is told once an hour"
    );
}

#[test]
fn several_are_counted_and_the_worst_is_named() {
    let instances = json!([
        one(json!({"breakdown_value": "card"})),
        one(json!({"breakdown_value": "bank", "value": 0.5})),
        one(json!({"breakdown_value": "cash"}))
    ]);
    assert_eq!(
        of_alert("alert.firing", NOW, &message(json!({"more": 7}), instances.clone())),
        "checkout_failures: 10 instances fire, the worst 50 % of 90, above 5 % (bank)"
    );
    assert_eq!(
        of_alert("alert.recovered", NOW, &message(json!({}), instances)),
        "checkout_failures: 3 instances are over"
    );
}

#[test]
fn nothing_that_comes_from_outside_breaks_the_sentence() {
    let instances = json!([one(json!({"breakdown_value": "a\r\nBcc: x\u{202e}\u{1b}[31m"}))]);
    let said = of_alert("alert.firing", NOW, &message(json!({}), instances));
    assert!(!said.chars().any(char::is_control) && !said.contains('\u{202e}'), "{said}");
}

#[test]
fn a_digest_names_what_fired() {
    let fired =
        |alert: &str, firings: u64| json!({"alert": alert, "fingerprint": "f", "firings": firings, "is_firing": false});
    let digest = json!({"notification_id": "1", "local_date": "2026-03-29", "tz": "Europe/Berlin", "severities": [], "database": "shop",
        "alerts": [fired("a", 1), fired("b", 2), fired("b", 1), fired("c", 0)]});
    let digest: Digest = serde_json::from_value(digest).unwrap();
    assert_eq!(of_digest(&digest), "Alerts of 2026-03-29 (Europe/Berlin): a once, b 3 times, c from the day before on");
}

#[test]
fn an_export_that_is_behind_says_since_when() {
    let given = json!({"notification_id": "1", "export": "warehouse", "behind_since": "2026-03-04T09:05:00.000000Z", "lag_events": 7, "database": "shop"});
    let export: Export = serde_json::from_value(given).unwrap();
    assert_eq!(
        of_export("export.behind", NOW, &export),
        "Export warehouse is behind: its oldest event that is in no file is of 09:05 UTC"
    );
    assert_eq!(of_export("export.recovered", NOW, &export), "Export warehouse has caught up");
}

#[test]
fn a_destination_that_is_down_says_why() {
    let down = |of: Value| {
        let mut given = json!({"notification_id": "1", "destination": "crm", "kind": "webhook", "failing_since": "2026-03-04T10:05:00.000000Z", "database": "shop"});
        given.as_object_mut().unwrap().extend(of.as_object().unwrap().clone());
        of_destination("destination.down", NOW, &serde_json::from_value(given).unwrap())
    };
    assert_eq!(
        down(json!({"last_error": "status", "last_status_code": 503})),
        "Destination crm is down, since 10:05 UTC: it answers 503"
    );
    assert_eq!(down(json!({"last_error": "no_secret"})), "Destination crm is down, since 10:05 UTC: no secret");
}
