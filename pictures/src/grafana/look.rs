//! How panels look, in Grafana's words. Two colours, which colour-blind people can tell apart: blue where a target is met, orange
//! where it is missed.

use serde_json::{Value, json};

use super::unit::{self, Unit};
use super::{Kpi, ask};
use crate::answer::Bound;

const MET: &str = "blue";
const MISSED: &str = "orange";

/// What a panel is beside its title and statement.
pub struct Look {
    pub kind: &'static str,
    pub options: Value,
    pub defaults: Value,
    pub overrides: Vec<Value>,
    pub transformations: Vec<Value>,
}

/// Rates, durations and averages over time.
pub fn lines(kpi: &Kpi, unit: &Unit) -> Look {
    let dashed = json!({"dash": [6, 6], "fill": "dash"});
    let mut overrides = vec![incomplete(kpi, ("custom.lineStyle", dashed.clone()))];
    if kpi.target_change.is_some() {
        let color = json!({"mode": "fixed", "fixedColor": MISSED});
        overrides.push(override_of("byName", ask::TARGET, &[("custom.lineStyle", dashed), ("color", color)]));
    }
    let mut defaults = series(kpi, unit);
    set(
        &mut defaults,
        "custom",
        json!({
            "drawStyle": "line", "lineInterpolation": "linear", "lineWidth": 2, "fillOpacity": 0, "showPoints": "auto", "pointSize": 5,
            "spanNulls": false, "axisLabel": things(unit), "thresholdsStyle": {"mode": line_of(kpi)},
        }),
    );
    time_series(defaults, overrides)
}

/// Counts and sums over time, on top of each other.
pub fn bars(kpi: &Kpi, unit: &Unit) -> Look {
    let mut defaults = series(kpi, unit);
    set(
        &mut defaults,
        "custom",
        json!({
            "drawStyle": "bars", "lineWidth": 1, "fillOpacity": 70, "showPoints": "never", "stacking": {"mode": "normal", "group": "A"},
            "axisLabel": things(unit), "thresholdsStyle": {"mode": line_of(kpi)},
        }),
    );
    time_series(defaults, vec![incomplete(kpi, ("custom.fillOpacity", json!(15)))])
}

/// What was, what was to be expected, and a point where they differ more than by chance.
pub fn anomalies() -> Look {
    let defaults = json!({
        "unit": "short", "color": {"mode": "palette-classic"},
        "custom": {"drawStyle": "line", "lineWidth": 2, "fillOpacity": 0, "showPoints": "never", "spanNulls": false},
    });
    let point = json!({"mode": "fixed", "fixedColor": MISSED});
    time_series(
        defaults,
        vec![
            override_of("byName", "expected", &[("custom.lineStyle", json!({"dash": [6, 6], "fill": "dash"}))]),
            override_of(
                "byName",
                "unusual",
                &[
                    ("custom.drawStyle", json!("points")),
                    ("custom.pointSize", json!(10)),
                    ("custom.showPoints", json!("always")),
                    ("color", point),
                ],
            ),
        ],
    )
}

/// What is to come, in the band in which it is expected. It lies after the dashboard's time, so it is drawn by how far ahead.
pub fn forecast(unit: &Unit) -> Look {
    let edge = [("custom.lineWidth", json!(0))];
    let band =
        [("custom.lineWidth", json!(0)), ("custom.fillBelowTo", json!("lower")), ("custom.fillOpacity", json!(20))];
    Look {
        kind: "trend",
        options: json!({"legend": legend(), "tooltip": {"mode": "multi", "sort": "none"}, "xField": "ahead"}),
        defaults: json!({
            "unit": unit.id, "color": {"mode": "palette-classic"},
            "custom": {"drawStyle": "line", "lineWidth": 2, "fillOpacity": 0, "showPoints": "never", "spanNulls": false, "axisLabel": things(unit)},
        }),
        overrides: vec![
            override_of("byName", "ahead", &[("unit", json!("none"))]),
            override_of("byName", "lower", &edge),
            override_of("byName", "upper", &band),
        ],
        transformations: vec![],
    }
}

/// One number, with what it was before as a line behind it.
pub fn number(kpi: &Kpi, unit: &Unit) -> Look {
    let mut defaults = series(kpi, unit);
    set(&mut defaults, "color", json!({"mode": "thresholds"}));
    if let Some(things) = &unit.things {
        set(&mut defaults, "unit", json!(format!("suffix: {things}")));
    }
    Look {
        kind: "stat",
        options: json!({
            "colorMode": "value", "graphMode": "area", "justifyMode": "auto", "orientation": "auto", "textMode": "value",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": false},
        }),
        defaults,
        overrides: vec![],
        transformations: vec![],
    }
}

/// A bar a step, of the first one.
pub fn steps(kpi: &Kpi, unit: &Unit) -> Look {
    let mut defaults = series(kpi, unit);
    set(&mut defaults, "color", json!({"mode": "thresholds"}));
    if unit.is_share() {
        set(&mut defaults, "max", json!(1));
    }
    Look {
        kind: "bargauge",
        options: json!({
            "displayMode": "basic", "orientation": "horizontal", "valueMode": "color", "showUnfilled": true, "minVizWidth": 8, "minVizHeight": 16,
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "/^value$/", "values": true},
        }),
        defaults,
        overrides: vec![],
        transformations: vec![],
    }
}

/// A row a cohort, a column a period, a cell the darker the more came back.
pub fn triangle(value_column: &str, unit: &Unit) -> Look {
    let mut look = cells(&unit.id);
    look.transformations.push(json!({
        "id": "groupingToMatrix",
        "options": {"rowField": "cohort", "columnField": "period", "valueField": value_column, "emptyValue": "null"},
    }));
    look.overrides.push(heading("cohort\\period"));
    look
}

/// A row a weekday, a column an hour, a cell the darker the more happens.
pub fn week() -> Look {
    let mut look = cells("short");
    look.overrides.push(heading("weekday"));
    look
}

/// Bars over what is no time.
pub fn distribution(across: &str, unit: &Unit) -> Look {
    Look {
        kind: "barchart",
        options: json!({
            "xField": across, "orientation": "auto", "stacking": "none", "showValue": "auto", "barWidth": 0.9, "groupWidth": 0.7,
            "barRadius": 0, "fullHighlight": false, "xTickLabelRotation": 0, "xTickLabelMaxLength": 0, "xTickLabelSpacing": 0,
            "legend": hidden_legend(), "tooltip": {"mode": "single", "sort": "none"},
        }),
        defaults: json!({
            "unit": unit.id, "min": 0, "color": {"mode": "palette-classic"},
            "custom": {"lineWidth": 1, "fillOpacity": 80, "axisLabel": things(unit)},
        }),
        overrides: vec![],
        transformations: vec![],
    }
}

/// Rows as they are, with a bar behind the value.
pub fn table(kpi: &Kpi, unit: &Unit) -> Look {
    const COLUMNS: [&str; 7] = [
        "share",
        "relative_difference",
        "interval_low",
        "interval_high",
        "chance_to_win",
        "avg_seconds",
        "median_seconds",
    ];
    let mut overrides: Vec<Value> = COLUMNS
        .into_iter()
        .filter_map(|column| Some(override_of("byName", column, &[("unit", json!(unit::of_column(column)?))])))
        .collect();
    let mut value = vec![("unit", json!(unit.id))];
    if !matches!(kpi.kind.as_str(), "experiment_results" | "student_report" | "item_statistics") {
        value.push(("custom.cellOptions", json!({"type": "gauge", "mode": "basic", "valueDisplayMode": "text"})));
        value.push(("min", json!(0)));
    }
    overrides.push(override_of("byName", &kpi.value_column, &value));
    Look {
        kind: "table",
        options: table_options(),
        defaults: json!({
            "unit": "short", "color": {"mode": "thresholds"}, "thresholds": plain_thresholds(),
            "custom": {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": false},
        }),
        overrides,
        transformations: vec![],
    }
}

fn time_series(defaults: Value, overrides: Vec<Value>) -> Look {
    Look {
        kind: "timeseries",
        options: json!({"legend": legend(), "tooltip": {"mode": "multi", "sort": "desc"}}),
        defaults,
        overrides,
        transformations: vec![],
    }
}

/// A table whose cells are coloured by their numbers.
fn cells(unit: &str) -> Look {
    Look {
        kind: "table",
        options: table_options(),
        defaults: json!({
            "unit": unit, "color": {"mode": "continuous-blues"}, "thresholds": plain_thresholds(),
            "custom": {"align": "center", "cellOptions": {"type": "color-background", "mode": "basic"}, "inspect": false, "minWidth": 50},
        }),
        overrides: vec![],
        transformations: vec![],
    }
}

/// The first column of coloured cells, which is a name and no number.
fn heading(column: &str) -> Value {
    let properties = [
        ("custom.cellOptions", json!({"type": "auto"})),
        ("custom.align", json!("left")),
        ("custom.width", json!(180)),
    ];
    override_of("byName", column, &properties)
}

fn series(kpi: &Kpi, unit: &Unit) -> Value {
    let color = if kpi.is_one_series() {
        json!({"mode": "fixed", "fixedColor": MET})
    } else {
        json!({"mode": "palette-classic"})
    };
    let mut defaults = json!({"unit": unit.id, "color": color, "thresholds": thresholds(kpi)});
    if unit.id != "none" {
        set(&mut defaults, "min", json!(0));
    }
    defaults
}

/// The target as a threshold, which a time series draws as a line.
fn thresholds(kpi: &Kpi) -> Value {
    let Some(target) = kpi.target else { return plain_thresholds() };
    let (below, above) = match kpi.target_is {
        Some(Bound::AtMost) => (MET, MISSED),
        _ => (MISSED, MET),
    };
    json!({"mode": "absolute", "steps": [{"color": below, "value": null}, {"color": above, "value": target}]})
}

fn plain_thresholds() -> Value {
    json!({"mode": "absolute", "steps": [{"color": MET, "value": null}]})
}

fn line_of(kpi: &Kpi) -> &'static str {
    if kpi.target.is_some() { "dashed" } else { "off" }
}

fn things(unit: &Unit) -> &str {
    unit.things.as_deref().unwrap_or_default()
}

fn override_of(matcher: &str, options: &str, properties: &[(&str, Value)]) -> Value {
    let properties: Vec<Value> = properties.iter().map(|(id, value)| json!({"id": id, "value": value})).collect();
    json!({"matcher": {"id": matcher, "options": options}, "properties": properties})
}

/// Buckets that are not over: of one series as it is, of several grey, since a series has its colour by its place.
fn incomplete(kpi: &Kpi, style: (&str, Value)) -> Value {
    let mut properties = vec![style, ("custom.hideFrom", json!({"legend": true, "tooltip": false, "viz": false}))];
    if !kpi.is_one_series() {
        properties.push(("color", json!({"mode": "fixed", "fixedColor": "#808080"})));
    }
    override_of("byRegexp", ask::incomplete_series(), &properties)
}

fn legend() -> Value {
    json!({"showLegend": true, "displayMode": "list", "placement": "bottom", "calcs": []})
}

fn hidden_legend() -> Value {
    json!({"showLegend": false, "displayMode": "list", "placement": "bottom", "calcs": []})
}

fn table_options() -> Value {
    json!({"showHeader": true, "cellHeight": "sm", "frameIndex": 0})
}

fn set(object: &mut Value, key: &str, value: Value) {
    object[key] = value;
}
