//! Pure: what a message holds, key by key in the order in which they are written.

use serde::{Deserialize, Serialize};
use serde_json::Number;
use std::collections::BTreeMap;

#[derive(Debug, Serialize, Deserialize)]
pub struct Alert {
    pub notification_id: String,
    pub alert: Option<String>,
    pub severity: Option<String>,
    #[serde(default)]
    pub title: String,
    pub description: Option<String>,
    pub runbook: Option<String>,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    pub database: String,
    pub kpi: Option<String>,
    pub unit: Option<String>,
    pub fires: Option<String>,
    pub range_seconds: Option<Number>,
    #[serde(default)]
    pub is_flapping: bool,
    pub instances: Vec<Instance>,
    #[serde(default)]
    pub more: u64,
    /// With what the number is compared; said in the title alone.
    #[serde(default, skip_serializing)]
    pub compare_with: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Instance {
    pub fingerprint: String,
    pub tenant_id: Option<String>,
    pub breakdown_value: Option<String>,
    pub status: String,
    pub since: Option<String>,
    pub until: Option<String>,
    pub value: Option<Number>,
    pub n: Option<Number>,
    pub threshold: Option<Number>,
    pub range_since: Option<String>,
    pub range_until: Option<String>,
    pub cause: Option<String>,
    pub acknowledged_at: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Digest {
    pub notification_id: String,
    #[serde(default)]
    pub title: String,
    pub local_date: String,
    pub tz: String,
    pub severities: Vec<String>,
    pub alerts: Vec<Fired>,
    #[serde(default)]
    pub more: u64,
    pub database: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Fired {
    pub alert: String,
    pub severity: Option<String>,
    pub fingerprint: String,
    pub tenant_id: Option<String>,
    pub breakdown_value: Option<String>,
    pub firings: u64,
    pub first_at: Option<String>,
    pub last_at: Option<String>,
    pub worst_value: Option<Number>,
    pub threshold: Option<Number>,
    pub is_firing: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Destination {
    pub notification_id: String,
    #[serde(default)]
    pub title: String,
    pub destination: String,
    pub kind: String,
    pub failing_since: Option<String>,
    pub last_status_code: Option<i32>,
    pub last_error: Option<String>,
    pub database: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Export {
    pub notification_id: String,
    #[serde(default)]
    pub title: String,
    pub export: String,
    pub behind_since: Option<String>,
    pub lag_events: Option<u64>,
    pub database: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Test {
    pub notification_id: String,
    #[serde(default)]
    pub title: String,
    pub destination: String,
    pub database: String,
}
