use serde_json::{Value, json};

use super::*;

/// An answer of a kind, with what `definition` says in place of the usual.
pub fn answer(kind: &str, definition: &str) -> Answer {
    let mut whole = json!({
        "name": "pack_kpi_of_mine", "pack": "pack", "kind": kind, "value_column": "value",
        "range": {"since": "2026-10-31T00:00:00", "until": "2026-11-28T00:00:00", "tz": "Europe/Berlin", "now": "2026-11-27T15:00:00"}, "rows": []
    });
    let own: Value = serde_json::from_str(definition).expect("a definition is JSON");
    for (key, value) in own.as_object().expect("a definition is an object") {
        whole[key] = value.clone();
    }
    serde_json::from_value(whole).expect("an answer")
}
