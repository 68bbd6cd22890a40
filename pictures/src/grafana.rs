//! A dashboard as Grafana reads it: a panel a KPI, each asking the database by a statement of SQL.
//!
//! ```text
//! grafana  the dashboard: title, variables, links, where panels stand
//! panel    which panel shows which kind of KPI
//! look     how panels look: lines, bars, tables ... in Grafana's words
//! ask      the statement behind a panel
//! unit     the unit of a KPI, in Grafana's words
//! escape   texts that Grafana or PostgreSQL must not take for more than texts
//! ```

mod ask;
mod escape;
mod look;
mod panel;
mod unit;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{answer::Bound, reading};
use panel::Panel;

const PLUGIN: &str = "grafana-postgresql-datasource";
/// The version of the format; a later Grafana migrates it when it is opened.
const SCHEMA_VERSION: u32 = 39;
const COLUMNS: u32 = 24;
/// The grains that can be chosen; the first leaves each KPI its own.
const GRAINS: [&str; 8] = ["own", "minute", "15 minutes", "hour", "day", "week", "month", "quarter"];

/// A dashboard with the definitions of its KPIs.
#[derive(Debug, Clone, Deserialize)]
pub struct Board {
    pub name: String,
    pub pack: Option<String>,
    pub description: Option<String>,
    /// The data source of all panels; none: it is chosen on the dashboard.
    pub datasource_uid: Option<String>,
    pub kpis: Vec<Kpi>,
}

/// A KPI's definition, with what is known of its function.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Kpi {
    pub name: String,
    pub pack: Option<String>,
    pub question: Option<String>,
    pub description: Option<String>,
    pub kind: String,
    pub parameters: Map<String, Value>,
    pub value_column: String,
    pub unit: Option<String>,
    pub target: Option<f64>,
    pub target_is: Option<Bound>,
    pub target_for: Option<String>,
    pub target_change: Option<f64>,
    /// Whether twice the time has twice as much of it, as of events.
    pub is_amount: bool,
    pub is_complement: bool,
    /// Whether the function can answer by bucket, and its grain where none is asked for.
    pub has_buckets: bool,
    pub own_grain: Option<String>,
    /// The arguments of the function with their types.
    pub arguments: BTreeMap<String, String>,
}

impl Kpi {
    pub fn title(&self) -> String {
        let named = || {
            let pack = self.pack.as_ref().map(|pack| format!("{pack}_")).unwrap_or_default();
            reading::humanised(self.name.strip_prefix(&pack).unwrap_or(&self.name))
        };
        self.question.as_deref().map_or_else(named, escape::plain)
    }

    /// Whether there is one value a bucket.
    fn is_one_series(&self) -> bool {
        let count = |name: &str| self.parameters.get(name).and_then(Value::as_array).map(Vec::len);
        let is_set = |name: &str| self.parameters.get(name).is_some_and(|value| !value.is_null());
        let is_one = match self.kind.as_str() {
            "event_volume" => count("events") == Some(1),
            "percentiles" | "percentiles_sketched" => count("fractions") == Some(1),
            "funnel_trend" => count("steps") == Some(2),
            "lifecycle" | "extraction_outcomes" => false,
            _ => true,
        };
        is_one && !is_set("breakdown") && !is_set("by_user")
    }
}

/// Writes the dashboard.
pub fn dashboard(board: &Board) -> Value {
    let panels = placed(board.kpis.iter().map(panel::of).collect());
    let uid = board.datasource_uid.clone().unwrap_or_else(|| "${datasource}".into());
    let panels: Vec<Value> =
        panels.into_iter().zip(1..).map(|((panel, place), id)| panel.written(id, place, &uid)).collect();
    let mut tags = vec!["telemetry"];
    tags.extend(board.pack.as_deref());
    json!({
        "uid": uid_of(&board.name),
        "title": reading::humanised(&board.name),
        "description": escape::plain(board.description.as_deref().unwrap_or_default()),
        "tags": tags,
        "schemaVersion": SCHEMA_VERSION,
        "editable": true,
        "graphTooltip": 1,
        "timezone": "browser",
        "time": {"from": since(board), "to": "now"},
        "templating": {"list": variables(board)},
        "annotations": {"list": annotations(board, &uid)},
        "links": [{
            "type": "dashboards", "title": "Dashboards", "tags": ["telemetry"], "asDropdown": true, "includeVars": true,
            "keepTime": true, "targetBlank": false, "icon": "external link", "tooltip": "",
        }],
        "panels": panels,
    })
}

/// When alerts about its KPIs fired: a mark on every panel over time. It can be switched off on the dashboard.
fn annotations(board: &Board, uid: &str) -> Vec<Value> {
    if board.kpis.is_empty() {
        return Vec::new();
    }
    vec![json!({
        "name": "Alerts",
        "datasource": {"type": PLUGIN, "uid": uid},
        "enable": true,
        "hide": false,
        "iconColor": "red",
        "target": {
            "refId": "Anno", "editorMode": "code", "format": "table", "rawQuery": true, "rawSql": ask::alerts(&board.kpis),
        },
    })]
}

/// At most 40 of Grafana's characters: of a long name the begin and a checksum.
fn uid_of(name: &str) -> String {
    const LONGEST: usize = 40;
    let uid = format!("telemetry-{name}");
    if uid.len() <= LONGEST { uid } else { format!("{}-{:08x}", &uid[..LONGEST - 9], checksum(name)) }
}

/// FNV-1a of 32 bits.
fn checksum(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// As much time as the coarsest of the KPIs needs for a handful of buckets.
fn since(board: &Board) -> &'static str {
    let is_by = |grain: &str| {
        board.kpis.iter().any(|kpi| {
            let own = kpi.parameters.get("grain").and_then(Value::as_str).or(kpi.own_grain.as_deref());
            kpi.has_buckets && own == Some(grain)
        })
    };
    if is_by("quarter") || is_by("year") {
        "now-2y/y"
    } else if is_by("month") {
        "now-6M/M"
    } else if is_by("week") {
        "now-8w/w"
    } else {
        "now-30d/d"
    }
}

fn variables(board: &Board) -> Vec<Value> {
    let own = |name, label, description| {
        json!({
            "type": "textbox", "name": name, "label": label, "description": description, "query": "", "hide": 0,
            "skipUrlSync": false, "current": {"text": "", "value": ""}, "options": [],
        })
    };
    let chosen = |grain: &str| json!({"text": grain, "value": grain, "selected": grain == GRAINS[0]});
    let source = json!({
        "type": "datasource", "name": "datasource", "label": "Data source", "query": PLUGIN, "regex": "", "hide": 0,
        "refresh": 1, "multi": false, "includeAll": false, "skipUrlSync": false, "options": [],
    });
    let grain = json!({
        "type": "custom", "name": "grain", "label": "Bucket", "query": GRAINS.join(","), "hide": 0, "multi": false,
        "description": "The width of a bucket, for KPIs whose definition does not name one; own: each KPI's own.",
        "includeAll": false, "skipUrlSync": false, "current": chosen(GRAINS[0]), "options": GRAINS.map(chosen),
    });
    let mut list = vec![
        grain,
        own("tz", "Time zone", "Of days and weeks, for example Europe/Berlin; empty: that of the database session."),
        own("tenant", "Tenant", "The id of a tenant; empty: every tenant that the data source may see."),
    ];
    if board.datasource_uid.is_none() {
        list.insert(0, source);
    }
    list
}

/// Where a panel stands, in units of Grafana's grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    x: u32,
    y: u32,
    w: u32,
    h: u32,
}

/// From left to right, row by row; the last of a row takes what is left of it.
fn placed(panels: Vec<Panel>) -> Vec<(Panel, Place)> {
    let mut rows: Vec<Vec<Panel>> = Vec::new();
    let mut left = 0;
    for panel in panels {
        let width = panel.size.0;
        match rows.last_mut() {
            Some(row) if width <= left => row.push(panel),
            _ => {
                rows.push(vec![panel]);
                left = COLUMNS;
            }
        }
        left -= width;
    }
    let mut y = 0;
    let mut all = Vec::new();
    for row in rows {
        let h = row.iter().map(|panel| panel.size.1).max().unwrap_or_default();
        let last = row.len() - 1;
        let mut x = 0;
        for (n, panel) in row.into_iter().enumerate() {
            let w = if n == last { COLUMNS - x } else { panel.size.0 };
            all.push((panel, Place { x, y, w, h }));
            x += w;
        }
        y += h;
    }
    all
}

#[cfg(test)]
mod tests;
