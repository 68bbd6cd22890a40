//! What the database found: the rows of a KPI with its definition, and the dashboard that they belong to. Times are local to the
//! asked zone, so that nothing here needs to know about zones.

use chrono::NaiveDateTime;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A dashboard with the answers of its KPIs.
#[derive(Debug, Clone, Deserialize)]
pub struct Board {
    pub name: String,
    pub description: Option<String>,
    pub range: Range,
    /// The grain that was asked for; none: each KPI's own.
    pub grain: Option<String>,
    /// All dashboards that can be opened, this one among them, in the order in which they are listed.
    pub dashboards: Vec<Link>,
    pub kpis: Vec<Answer>,
    /// Whether the caller's log is that of one tenant, or one was asked for.
    pub tenant: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Link {
    pub name: String,
    pub description: Option<String>,
}

/// What was asked about, in local times of `tz`; `until` is exclusive.
#[derive(Debug, Clone, Deserialize)]
pub struct Range {
    pub since: Option<NaiveDateTime>,
    pub until: Option<NaiveDateTime>,
    pub tz: String,
    /// Now, local to `tz`.
    pub now: NaiveDateTime,
    /// How the range was asked for, `30 days`, where it was by its length.
    pub last: Option<String>,
}

/// A KPI's definition and answer.
#[derive(Debug, Clone, Deserialize)]
pub struct Answer {
    pub name: String,
    /// The question that it answers, as a person asks it; none: made of the definition.
    pub question: Option<String>,
    pub description: Option<String>,
    /// The function that answers it, of `kpi_kinds()`.
    pub kind: String,
    pub parameters: Map<String, Value>,
    /// The column of the function that is the value.
    pub value_column: String,
    pub is_complement: bool,
    pub unit: Option<String>,
    pub target: Option<f64>,
    pub target_is: Option<Bound>,
    pub target_for: Option<String>,
    pub range: Range,
    /// The grain by which it was answered; none: the range as a whole.
    pub grain: Option<String>,
    pub rows: Vec<Row>,
    /// The one number that stands for the range, beside the one before.
    pub headline: Option<Headline>,
    /// Why it could not be answered.
    pub error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    AtLeast,
    AtMost,
}

/// A row of `kpi()`, with the row of the function behind it.
#[derive(Debug, Clone, Deserialize)]
pub struct Row {
    pub bucket: Option<NaiveDateTime>,
    pub breakdown_value: Option<String>,
    pub value: Option<f64>,
    pub n: Option<f64>,
    pub target: Option<f64>,
    pub is_met: Option<bool>,
    pub is_complete: Option<bool>,
    #[serde(default)]
    pub is_other: bool,
    /// The columns of the function's own row: `median_seconds` of a funnel's step, `lower` and `upper` of a forecast.
    #[serde(default)]
    pub details: Map<String, Value>,
}

/// What `kpi_status()` says of a KPI.
#[derive(Debug, Clone, Deserialize)]
pub struct Headline {
    pub breakdown_value: Option<String>,
    pub value: Option<f64>,
    pub previous_value: Option<f64>,
    pub n: Option<f64>,
    pub target: Option<f64>,
    pub is_met: Option<bool>,
    pub is_complete: Option<bool>,
}
