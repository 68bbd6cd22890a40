//! What the database found: the rows of a KPI with its definition, and the dashboard that they belong to. Times are local to the
//! asked zone, so that nothing here needs to know about zones.

use chrono::NaiveDateTime;
use serde::{Deserialize, Deserializer};
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
    /// The pack that brought it: its name begins with that, and its label does not.
    pub pack: Option<String>,
    /// The question that it answers, as a person asks it; none: made of the definition.
    pub question: Option<String>,
    pub description: Option<String>,
    /// The function that answers it, of `kpi_kinds()`.
    pub kind: String,
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// The column of the function that is the value.
    pub value_column: String,
    #[serde(default)]
    pub is_complement: bool,
    pub unit: Option<String>,
    #[serde(default, deserialize_with = "number")]
    pub target: Option<f64>,
    pub target_is: Option<Bound>,
    pub target_for: Option<String>,
    pub range: Range,
    /// The grain by which it was answered; none: the range as a whole.
    pub grain: Option<String>,
    #[serde(default)]
    pub rows: Vec<Row>,
    /// How many rows there are besides: of what has buckets earlier ones, else later ones.
    #[serde(default)]
    pub left_out: usize,
    /// The rows of as much time before the range as is over of it, where the range is answered as a whole.
    #[serde(default)]
    pub previous: Vec<Row>,
    /// Names of the people who are rows, by their id.
    #[serde(default)]
    pub names: Map<String, Value>,
    /// When alerts about this KPI fired within the range, in order.
    #[serde(default)]
    pub incidents: Vec<Incident>,
    /// Why it could not be answered.
    pub error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    AtLeast,
    AtMost,
}

/// A time in which an alert fired.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Incident {
    /// The name of the alert.
    pub alert: String,
    pub breakdown_value: Option<String>,
    pub since: NaiveDateTime,
    /// None: it still fires.
    pub until: Option<NaiveDateTime>,
}

/// A row of `kpi()`, with the row of the function behind it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Row {
    #[serde(default)]
    pub bucket: Option<NaiveDateTime>,
    #[serde(default)]
    pub breakdown_value: Option<String>,
    #[serde(default, deserialize_with = "number")]
    pub value: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    pub n: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    pub target: Option<f64>,
    #[serde(default)]
    pub is_met: Option<bool>,
    #[serde(default)]
    pub is_complete: Option<bool>,
    #[serde(default, deserialize_with = "truth")]
    pub is_other: bool,
    /// The columns of the function's own row: `median_seconds` of a funnel's step, `lower` and `upper` of a forecast.
    #[serde(default)]
    pub details: Map<String, Value>,
}

impl Row {
    /// A number of the function's row; none where it is none, or not finite.
    pub fn number(&self, column: &str) -> Option<f64> {
        self.details.get(column).and_then(finite)
    }

    pub fn text(&self, column: &str) -> Option<&str> {
        self.details.get(column).and_then(Value::as_str)
    }
}

/// jsonb has no NaN: it comes as a text.
fn finite(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| number.is_finite())
}

fn number<'de, D: Deserializer<'de>>(source: D) -> Result<Option<f64>, D::Error> {
    Ok(Option::<Value>::deserialize(source)?.as_ref().and_then(finite))
}

fn truth<'de, D: Deserializer<'de>>(source: D) -> Result<bool, D::Error> {
    Ok(Option::<bool>::deserialize(source)?.unwrap_or(false))
}
