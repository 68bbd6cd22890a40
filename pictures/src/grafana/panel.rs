//! Which panel shows which kind of KPI.

use serde_json::{Value, json};

use super::look::{self, Look};
use super::{Kpi, PLUGIN, Place, ask, escape, unit};
use crate::answer::Bound;

/// A panel without its place.
pub struct Panel {
    pub title: String,
    pub description: String,
    /// Width and height in units of Grafana's grid.
    pub size: (u32, u32),
    /// How rows are read: `time_series`, with columns time, metric and value, or `table`.
    pub format: &'static str,
    pub sql: String,
    pub look: Look,
}

impl Panel {
    pub fn written(self, id: u32, place: Place, datasource_uid: &str) -> Value {
        let source = json!({"type": PLUGIN, "uid": datasource_uid});
        json!({
            "id": id,
            "type": self.look.kind,
            "title": self.title,
            "description": self.description,
            "gridPos": {"x": place.x, "y": place.y, "w": place.w, "h": place.h},
            "datasource": source,
            "targets": [{
                "refId": "A", "datasource": source, "format": self.format, "rawQuery": true, "editorMode": "code",
                "rawSql": self.sql,
            }],
            "fieldConfig": {"defaults": self.look.defaults, "overrides": self.look.overrides},
            "options": self.look.options,
            "transformations": self.look.transformations,
        })
    }
}

const HALF: (u32, u32) = (12, 8);
const WHOLE: (u32, u32) = (24, 9);
const SMALL: (u32, u32) = (6, 6);
const SERIES: &str = "time_series";
const TABLE: &str = "table";

pub fn of(kpi: &Kpi) -> Panel {
    let unit = unit::of(kpi);
    let (size, format, sql, look) = match kpi.kind.as_str() {
        "funnel" => (HALF, TABLE, ask::steps(kpi), look::steps(kpi, &unit)),
        "retention" => (WHOLE, TABLE, ask::cohorts(kpi), look::triangle(&kpi.value_column, &unit)),
        "activity_heatmap" => (WHOLE, TABLE, ask::week(kpi), look::week()),
        "backlog" | "queue_state" | "dau_mau" | "feature_adoption" => {
            (SMALL, SERIES, ask::number(kpi), look::number(kpi, &unit))
        }
        "stickiness" => (
            HALF,
            TABLE,
            ask::columns(kpi, &format!("f.periods::text as periods, f.{}", kpi.value_column)),
            look::distribution("periods", &unit),
        ),
        "funnel_times" => (
            HALF,
            TABLE,
            ask::columns(
                kpi,
                "concat_ws(' ', f.breakdown_value, telemetry.shown(f.from_seconds, 'seconds'), 'to', telemetry.shown(f.until_seconds, 'seconds')) as \"time taken\", f.actors",
            ),
            look::distribution("time taken", &unit::Unit { id: "short".into(), things: Some("actors".into()) }),
        ),
        "anomalies" => (
            HALF,
            SERIES,
            ask::columns(
                kpi,
                "f.bucket as \"time\", f.value, f.expected, case when f.is_anomaly then f.value end as unusual",
            ),
            look::anomalies(),
        ),
        "forecast" => (
            HALF,
            TABLE,
            ask::columns(kpi, "row_number() over (order by f.bucket) as ahead, f.expected, f.lower, f.upper"),
            look::forecast(&unit),
        ),
        kind => match columns_of(kind, &kpi.value_column) {
            Some(columns) => {
                let size = if columns.len() > 5 { WHOLE } else { HALF };
                (size, TABLE, ask::columns(kpi, &columns.join(", ")), look::table(kpi, &unit))
            }
            None if kpi.is_amount => (HALF, SERIES, ask::bars(kpi), look::bars(kpi, &unit)),
            None => (HALF, SERIES, ask::lines(kpi), look::lines(kpi, &unit)),
        },
    };
    Panel { title: kpi.title(), description: description(kpi), size, format, sql, look }
}

/// The columns of the kinds whose answer is a table: who or what it is about, the value, and what belongs to it.
fn columns_of(kind: &str, value_column: &str) -> Option<Vec<String>> {
    let (first, others): (&str, &[&str]) = match kind {
        "top_values" => ("f.value", &["events", "actors", "share"]),
        "next_events" => ("f.event_name", &["share", "actors"]),
        "paths" => ("f.step, f.source_name, f.target_name", &["actors", "avg_seconds"]),
        "user_engagement" => (
            "coalesce(telemetry.actor_name(f.actor_id, f.tenant_id), f.actor_id::text) as who",
            &["score", "active_days", "days_since_last", "events"],
        ),
        "student_report" => (
            "coalesce(telemetry.actor_name(f.user_id, f.tenant_id), f.user_id::text) as who",
            &["predicted_score", "predicted_low", "predicted_high", "score", "progress", "answered", "median_seconds"],
        ),
        "item_statistics" => (
            "f.subject_id",
            &["difficulty", "discrimination", "sessions", "answered", "changes_per_answer", "median_seconds"],
        ),
        "experiment_results" => (
            "f.variant",
            &["relative_difference", "interval_low", "interval_high", "p_value", "chance_to_win", "mean", "actors"],
        ),
        _ => return None,
    };
    let mut columns = vec![first.to_string(), format!("f.{value_column}")];
    columns.extend(others.iter().filter(|column| **column != value_column).map(|column| format!("f.{column}")));
    Some(columns)
}

/// What the definition says, and the target in words.
fn description(kpi: &Kpi) -> String {
    let mut sentences = vec![escape::markdown(kpi.description.as_deref().unwrap_or_default())];
    let bound = match kpi.target_is {
        Some(Bound::AtMost) => "at most",
        _ => "at least",
    };
    let amount = |target: f64| match kpi.unit.as_deref() {
        _ if unit::of(kpi).is_share() => format!("{} %", (target * 1000.0).round() / 10.0),
        Some(unit) => format!("{target} {}", escape::markdown(unit)),
        None => target.to_string(),
    };
    let of = kpi.target_for.as_deref().map(|value| format!(" for {}", escape::markdown(value))).unwrap_or_default();
    if let Some(target) = kpi.target {
        sentences.push(format!("Target{of}: {bound} {}.", amount(target)));
    }
    if let Some(change) = kpi.target_change {
        sentences.push(format!("Target{of}: {bound} the baseline and {} %.", (change * 1000.0).round() / 10.0));
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences.join(" ")
}
