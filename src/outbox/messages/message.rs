//! Pure: the message of a notification, as far as people are told of it. docs/alerts.md shows the whole.

use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
pub struct Message {
    #[serde(rename = "type")]
    pub kind: String,
    pub data: Data,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Data {
    pub title: Option<String>,
    pub alert: Option<String>,
    pub severity: Option<String>,
    pub description: Option<String>,
    pub runbook: Option<String>,
    pub database: Option<String>,
    pub unit: Option<String>,
    pub fires: Option<String>,
    pub is_flapping: Option<bool>,
    pub instances: Vec<Instance>,
    pub alerts: Vec<Digested>,
    /// How many more there are than are listed.
    pub more: Option<u64>,
    pub destination: Option<String>,
    pub failing_since: Option<String>,
    pub last_status_code: Option<i64>,
    pub last_error: Option<String>,
}

/// One instance of an alert: of a tenant, of a breakdown value, or the only one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Instance {
    pub fingerprint: Option<String>,
    pub tenant_id: Option<String>,
    pub breakdown_value: Option<String>,
    pub status: Option<String>,
    pub since: Option<String>,
    pub until: Option<String>,
    pub value: Option<f64>,
    pub n: Option<f64>,
    pub threshold: Option<f64>,
    pub cause: Option<String>,
}

/// What one instance did on the day of a digest.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Digested {
    pub alert: Option<String>,
    pub severity: Option<String>,
    pub tenant_id: Option<String>,
    pub breakdown_value: Option<String>,
    pub firings: Option<u64>,
    pub first_at: Option<String>,
    pub last_at: Option<String>,
    pub worst_value: Option<f64>,
    pub threshold: Option<f64>,
    pub unit: Option<String>,
    pub is_firing: Option<bool>,
}
